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

    pub(super) fn guardrail(&self) -> Result<String, Failure> {
        let text = format!(
            r#"// Emergency access is told of each time: what follows is exempt from guardrails.
@id("break-glass-used")
@title("Break-glass access used")
@severity("critical")
@respond("alert")
@advice("If nobody has declared an emergency, somebody else has this access: end its sessions and change its credentials.")
forbid ({}, action in Action::"sign-in", resource);
"#,
            self.scope()
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
@exempts("access-key-issued administrator-key-issued access-key-reactivated access-key-reactivated-after-containment sign-in-from-unknown-network")
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
        format!(
            "# Emergency access is told of, and not stopped.
tests:
- name: a key that break-glass creates is left alone
  sample: key-created-for-another
  set:
{by}  expect:
    violated: []
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
