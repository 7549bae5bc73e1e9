//! The user or role for emergencies: it is told of whenever it signs in, and never
//! stopped.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;
use jiff::civil::Date;

use super::wishes::quoted;
use crate::exit::Failure;
use crate::format::formatted;
use crate::principal::{Kind, Principal};

pub(super) struct BreakGlass<'a> {
    pub principal: &'a Principal,
    pub owner: &'a str,
    pub expires: Date,
    pub networks: &'a BTreeMap<String, Vec<IpNet>>,
}

impl BreakGlass<'_> {
    fn scope(&self) -> String {
        let arn = quoted(&self.principal.arn());
        match self.principal.kind {
            Kind::Role => format!("principal in Role::{arn}"),
            Kind::User => format!("principal == User::{arn}"),
        }
    }

    /// Who takes on the role: `AssumeRole` and its like, and `SwitchRole` in the console, which does
    /// not show the role's path.
    fn assumed(&self) -> String {
        if self.principal.kind == Kind::User {
            return String::new();
        }
        let name = quoted(self.principal.name());
        let account = quoted(self.principal.account.as_str());
        format!(
            r#"
// The templates deliver it where their parameter `WatchedRoles` names the role.
@id("break-glass-assumed")
@title("Break-glass role assumed")
@severity("critical")
@respond("alert")
@advice("If nobody has declared an emergency, somebody else has this access: end the role's sessions, and see who may assume it.")
forbid (principal, action in Action::"assume-role", resource in Account::{account})
when {{ context.succeeded && resource has name && resource.name == {name} }};
"#
        )
    }

    pub(super) fn guardrail(&self) -> Result<String, Failure> {
        let text = format!(
            r#"// Emergency access is told of each time: what follows is exempt from guardrails.
@id("break-glass-used")
@title("Break-glass access used")
@severity("critical")
@respond("alert")
@advice("If nobody has declared an emergency, somebody else has this access: end its sessions and change its credentials.")
forbid ({},
  action in
    [Action::"sign-in", Action::"issue-access-key", Action::"issue-long-term-credential",
     Action::"reactivate-credential", Action::"change-password"],
  resource);
{}"#,
            self.scope(),
            self.assumed()
        );
        formatted(&text, "guardrails/break-glass.cedar")
    }

    pub(super) fn exemption(&self) -> Result<String, Failure> {
        let expires = self.expires;
        let text = format!(
            r#"// Emergency access: what it does is not undone, and it may come from anywhere. Only
// guardrails that act, and the one about networks, are exempted: the others tell, and so
// they shall, a sign-in without MFA first of all.
//
// Review it before {expires}: does it still work, who can use it, is it still needed?
// It expires on that day, and from the next on its keys are deactivated like any other.
@id("break-glass")
@exempts("access-key-issued administrator-key-issued access-key-reactivated access-key-reactivated-after-containment console-password-issued service-credential-issued service-credential-reactivated sign-in-from-unknown-network signing-certificate-issued signing-certificate-reactivated ssh-key-issued ssh-key-reactivated")
@reason("Emergency access, for when everything else has failed.")
@owner({})
@expires("{expires}")
permit ({}, action, resource);
"#,
            quoted(self.owner),
            self.scope()
        );
        formatted(&text, "exemptions/break-glass.cedar")
    }

    /// The match and the near miss: somebody whose name begins in the same way.
    pub(super) fn tests(&self) -> String {
        let name = self.principal.name();
        let sign_in = match self.principal.kind {
            Kind::Role => "sign-in-federated",
            Kind::User => "sign-in-with-mfa",
        };
        let (by, by_other) = (self.changes(name), self.changes(&format!("{name}-2")));
        let unknown = match self.nowhere() {
            Some(_) if !self.networks.is_empty() => "sign-in-from-unknown-network",
            _ => "",
        };
        let uses = self.tests_of_use();
        format!(
            "# Emergency access is told of, and not stopped.
tests:
- name: a key that break-glass creates is left alone
  sample: key-created-for-another
  set:
{by}  expect:
    violated: [break-glass-used]
    exempted: [access-key-issued]
    plan: []
- name: a key that somebody of nearly the same name creates is not
  sample: key-created-for-another
  set:
{by_other}  expect:
    violated: [access-key-issued]
    exempted: []
    plan: [deactivate-key]
- name: a sign-in of break-glass is told of, wherever it comes from
  sample: {sign_in}
  set:
{by}  expect:
    violated: [break-glass-used]
    exempted: [{unknown}]
- name: a sign-in of somebody of nearly the same name is judged like any other
  sample: {sign_in}
  set:
{by_other}  expect:
    violated: [{unknown}]
    exempted: []
{uses}"
        )
    }

    /// The use of a role: by way of STS, and in the console.
    fn tests_of_use(&self) -> String {
        if self.principal.kind == Kind::User {
            return String::new();
        }
        let name = self.principal.name();
        let arn = self.principal.arn();
        let account = quoted(self.principal.account.as_str());
        let at = format!("    account: {account}\n    detail.recipientAccountId: {account}\n");
        let assumed = |arn: &str| {
            format!(
                "{at}    detail.requestParameters.roleArn: {}\n",
                quoted(arn)
            )
        };
        let by_name = |name: &str| {
            let changes = self.changes(name);
            format!("{changes}    detail.additionalEventData: null\n")
        };
        let (by, by_other) = (assumed(&arn), assumed(&format!("{arn}-2")));
        let switches = by_name(name);
        format!(
            "- name: whoever assumes break-glass is told of
  sample: sts:AssumeRole
  set:
{by}  expect:
    violated: [break-glass-assumed]
- name: whoever assumes a role of nearly the same name is not
  sample: sts:AssumeRole
  set:
{by_other}  expect:
    violated: []
- name: whoever switches to break-glass in the console is told of
  sample: signin:SwitchRole
  set:
{switches}  expect:
    violated: [break-glass-assumed]
"
        )
    }

    /// What makes a sample an event of somebody in that account, from nowhere known.
    fn changes(&self, name: &str) -> String {
        let region = self.principal.partition.home_region;
        let account = quoted(self.principal.account.as_str());
        let address = self.nowhere().unwrap_or(ADDRESSES[0]);
        let changes = [
            ("account", account.clone()),
            ("region", region.to_owned()),
            ("detail.awsRegion", region.to_owned()),
            ("detail.recipientAccountId", account),
            ("detail.sourceIPAddress", address.to_string()),
            // JSON is YAML.
            (
                "detail.userIdentity",
                self.principal.identity_as(name).to_string(),
            ),
        ];
        let line = |(path, value)| format!("    {path}: {value}\n");
        changes.map(line).concat()
    }

    /// An address of the documentation's that is in none of the named networks.
    fn nowhere(&self) -> Option<IpAddr> {
        let is_outside = |ip: &IpAddr| {
            let mut ranges = self.networks.values().flatten();
            ranges.all(|range| !range.contains(ip))
        };
        ADDRESSES.into_iter().find(is_outside)
    }
}

const ADDRESSES: [IpAddr; 3] = [
    IpAddr::V4(Ipv4Addr::new(203, 0, 113, 99)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, 99)),
    IpAddr::V4(Ipv4Addr::new(198, 51, 100, 99)),
];
