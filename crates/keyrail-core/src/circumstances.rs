//! Circumstances: what judging an event needs from outside that event. An argument
//! of the pure steps, so that they fetch nothing themselves.

use std::collections::BTreeMap;

use ipnet::IpNet;
use jiff::Timestamp;

use crate::activity::{Activity, Origin, Target};
use crate::bundle::Bundle;
use crate::change::Denial;
use crate::event::Event;
pub use crate::history::{History, PasswordChange, Past};
use crate::lookup::UserFacts;
use crate::taxonomy::TargetKind;
use crate::words::Mode;

/// What is the same for each event of a deployment or of a command.
#[derive(Debug, Clone)]
pub struct Circumstances {
    /// The deployment's mode, where it is set.
    pub mode: Option<Mode>,
    /// The deployment's name, with which the names of its parts begin.
    pub name: String,
    /// The name of the role that it assumes in member accounts, if it does.
    pub responder: Option<String>,
    /// Named networks: the name, and its ranges of addresses. If there are none,
    /// policies see no `context.networks`.
    pub networks: BTreeMap<String, Vec<IpNet>>,
    /// Within how many minutes after a password change how many launched instances are a
    /// surge.
    pub correlation: (i64, i64),
    /// The name of the function, where it runs: like the deployment's it begins the names
    /// of keyrail's parts, and whoever changes the function's settings cannot change it.
    pub function: Option<String>,
    /// What happened before, where a history is kept.
    pub history: Option<History>,
    /// What is known of IAM users without asking, by name.
    pub users: BTreeMap<String, UserFacts>,
    /// The time, where it is known: exemptions expire by it, if the event is older.
    pub now: Option<Timestamp>,
}

/// The name that the documentation deploys under.
pub(crate) const DEFAULT_NAME: &str = "keyrail";

/// Five instances within an hour of a password change, where the settings say nothing.
const SURGE: (i64, i64) = (60, 5);

impl Default for Circumstances {
    fn default() -> Self {
        Self {
            mode: None,
            name: DEFAULT_NAME.to_owned(),
            responder: None,
            function: None,
            networks: BTreeMap::new(),
            correlation: SURGE,
            history: None,
            users: BTreeMap::new(),
            now: None,
        }
    }
}

impl Circumstances {
    /// Those in which a bundle is used: it names the networks.
    #[must_use]
    pub fn of(bundle: &Bundle) -> Self {
        let correlation = &bundle.settings.correlation;
        Self {
            networks: bundle.settings.networks.clone(),
            correlation: (
                correlation.minutes.map_or(SURGE.0, i64::from),
                correlation.instances.map_or(SURGE.1, i64::from),
            ),
            ..Self::default()
        }
    }

    /// Those of a deployment of the usual name in a mode, without a history.
    #[must_use]
    pub fn in_mode(mode: Mode) -> Self {
        Self {
            mode: Some(mode),
            ..Self::default()
        }
    }

    /// The same after events that came before, in their order.
    #[must_use]
    pub fn after(self, events: impl IntoIterator<Item = Event>) -> Self {
        let mut history = History::default();
        for event in events {
            history.note(&Activity::interpret(&event, &self), &self);
        }
        Self {
            history: Some(history),
            ..self
        }
    }

    /// Whether something is a part of this deployment: CloudFormation begins the
    /// names of a stack's resources with the stack's. So is the policy of keyrail's that
    /// a user or role has, and whatever is given a role of keyrail's.
    #[must_use]
    pub(crate) fn is_own(&self, target: &Target) -> bool {
        let by_name = !target.kind.is_credential()
            && !matches!(target.kind, TargetKind::User | TargetKind::Instance)
            && [&target.name, &target.arn]
                .into_iter()
                .flatten()
                .chain(&target.more_names)
                .any(|text| self.is_own_name(text));
        let by_policy = target.inline_policy.as_deref().is_some_and(Denial::is_name);
        let by_role = target.given_role.as_deref();
        by_name || by_policy || by_role.is_some_and(|role| self.is_own_name(role))
    }

    /// Whether one of the names in a name, ARN or URL is of this deployment.
    #[must_use]
    pub(crate) fn is_own_name(&self, text: &str) -> bool {
        text.split([':', '/']).any(|part| {
            // So a StackSet begins the names of its stacks, and with them those of their parts.
            let part = part.strip_prefix("StackSet-").unwrap_or(part);
            self.names().any(|name| is_or_begins(part, name))
        })
    }

    /// Whether a role is one that keyrail's function acts in: its own, as CloudFormation
    /// names it after the stack, or the one in member accounts.
    #[must_use]
    pub(crate) fn is_acting_role(&self, role: &str) -> bool {
        let is_of = |name: &str| is_or_begins(role, &format!("{name}-GuardrailRole"));
        let responder = self.responder.as_deref();
        self.names().any(is_of)
            || responder.is_some_and(|name| name.rsplit('/').next() == Some(role))
    }

    /// What the names of this deployment's parts begin with.
    fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.function.as_deref())
    }

    /// The named networks that an address is in.
    pub(crate) fn networks_of(&self, origin: &Origin) -> Vec<String> {
        let Some(ip) = origin.ip.map(|ip| ip.to_canonical()) else {
            return Vec::new();
        };
        let holds = |ranges: &Vec<IpNet>| ranges.iter().any(|range| range.contains(&ip));
        self.networks
            .iter()
            .filter(|(_, ranges)| holds(ranges))
            .map(|(name, _)| name.clone())
            .collect()
    }
}

/// Whether a name is another one, alone or with a hyphen and more behind it.
fn is_or_begins(name: &str, with: &str) -> bool {
    let rest = name.strip_prefix(with);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_own_by_the_name_of_the_deployment_and_no_longer_word() {
        let circumstances = Circumstances::default();
        for (name, own) in [
            ("keyrail", true),
            ("keyrail-AccessKeyRule-1A2B", true),
            (
                "arn:aws:lambda:us-east-1:111122223333:function:keyrail:live",
                true,
            ),
            (
                "arn:aws:events:us-east-1:111122223333:rule/keyrail-RootRule",
                true,
            ),
            (
                "https://sqs.us-east-1.amazonaws.com/111122223333/keyrail-DeadLetterQueue-1",
                true,
            ),
            ("/aws/lambda/keyrail", true),
            ("StackSet-keyrail-region-1a2b-ForwardingRole-3C4D", true),
            ("StackSet-web-1a2b", false),
            ("keyrails", false),
            ("my-keyrail", false),
            ("", false),
        ] {
            assert_eq!(circumstances.is_own_name(name), own, "{name}");
        }
    }

    /// Whoever may change the function's settings cannot make it blind to its own parts.
    #[test]
    fn parts_are_known_by_the_functions_name_whatever_the_deployment_is_called() {
        let circumstances = Circumstances {
            name: "renamed".to_owned(),
            function: Some("keyrail".to_owned()),
            ..Circumstances::default()
        };
        for name in ["keyrail", "keyrail-RootRule-1A2B", "renamed-RootRule-1A2B"] {
            assert!(circumstances.is_own_name(name), "{name}");
        }
        assert!(circumstances.is_acting_role("keyrail-GuardrailRole-1A2B"));
        assert!(!circumstances.is_own_name("other-RootRule-1A2B"));
    }

    #[test]
    fn an_address_is_in_each_network_whose_ranges_hold_it() {
        let networks = [
            ("office", "198.51.100.0/24"),
            ("vpn", "198.51.100.128/25"),
            ("home", "2001:db8::/32"),
        ];
        let circumstances = Circumstances {
            networks: networks
                .map(|(name, range)| (name.to_owned(), vec![range.parse().expect("a range")]))
                .into(),
            ..Circumstances::default()
        };
        for (ip, expected) in [
            (Some("198.51.100.7"), vec!["office"]),
            (Some("::ffff:198.51.100.200"), vec!["office", "vpn"]),
            (Some("2001:db8::1"), vec!["home"]),
            (Some("203.0.113.1"), vec![]),
            (None, vec![]),
        ] {
            let origin = Origin {
                ip: ip.map(|ip| ip.parse().expect("an address")),
                ..Origin::default()
            };
            assert_eq!(circumstances.networks_of(&origin), expected, "{ip:?}");
        }
    }
}
