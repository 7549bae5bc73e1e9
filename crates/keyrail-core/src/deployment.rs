//! The deployment: what is the same for each event that one keyrail handles, and what of an
//! activity only it can tell.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::activity::{Activity, ActorKind, Beat, Origin, Surge, Target, beat};
use crate::bundle::Bundle;
use crate::event::Event;
use crate::taxonomy::{Group, Kind, TargetKind};
use crate::words::OWN_POLICIES;

/// A deployment of keyrail, or what stands for one where a command judges.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// Its name, with which the names of its parts begin.
    pub name: String,
    /// The name of the function, where it runs: like the deployment's it begins the names
    /// of keyrail's parts, and whoever changes the function's settings cannot change it.
    pub function: Option<String>,
    /// The name of the role that it assumes in member accounts, if it does.
    pub responder: Option<String>,
    /// Named networks: the name, and its ranges of addresses. If there are none,
    /// policies see no `context.networks`.
    pub networks: BTreeMap<String, Vec<IpNet>>,
    /// When launched instances are a surge.
    pub surge: Surge,
}

/// The name that the documentation deploys under.
pub(crate) const DEFAULT_NAME: &str = "keyrail";

/// How many of the names in one call are told.
const MOST_NAMES: usize = 100;

impl Default for Deployment {
    fn default() -> Self {
        Self {
            name: DEFAULT_NAME.to_owned(),
            function: None,
            responder: None,
            networks: BTreeMap::new(),
            surge: Surge::default(),
        }
    }
}

impl Deployment {
    /// One of the usual name, with what a bundle says: its networks, and what is a surge.
    #[must_use]
    pub fn of(bundle: &Bundle) -> Self {
        let (correlation, usual) = (&bundle.settings.correlation, Surge::default());
        Self {
            networks: bundle.settings.networks.clone(),
            surge: Surge {
                minutes: correlation.minutes.map_or(usual.minutes, i64::from),
                instances: correlation.instances.map_or(usual.instances, i64::from),
            },
            ..Self::default()
        }
    }

    /// The beat that an event tells of, if it is one of this deployment's.
    pub(crate) fn beat_of(&self, event: &Event, activity: &Activity) -> Option<Beat> {
        self.names()
            .find_map(|name| Beat::of(event, activity, name))
    }

    /// Adds to an activity what only the deployment can tell: which parts are its own, which
    /// role it acts in, and which networks have names.
    pub(crate) fn place(&self, activity: &mut Activity) {
        let role = activity.actor.name.as_deref().filter(|_| {
            activity.actor.kind == ActorKind::AssumedRole && activity.kind == Kind::ApiCall
        });
        let is_keyrails = role.is_some_and(|role| self.is_acting_role(role));
        let contains = is_keyrails && activity.is_containment();
        let beats = role.is_some_and(|role| self.is_role_of_beats(role));
        let checks = role.is_some_and(|role| self.is_checking_role(role));
        activity.misused = (is_keyrails && !contains)
            || (beats && activity.beat.is_none())
            || (checks && !activity.is_check());
        if activity.beat.is_some() {
            activity.kind = Kind::Other;
        }
        if contains {
            // It puts something stronger in the place of a boundary.
            activity
                .groups
                .retain(|group| *group != Group::UndoContainment);
        }
        activity.own = self.is_own(&activity.target) && !contains;
        // One call may name thousands, among which one's own are not to hide, and an alert has to be sent.
        activity.target.more_names.truncate(MOST_NAMES);
        activity.origin.networks = self.networks_of(&activity.origin);
        activity.networks_are_named = !self.networks.is_empty();
        let signs_in = activity.groups.contains(&Group::SignIn);
        if activity.networks_are_named && signs_in && activity.origin.hidden {
            activity.unknown.push("networks".to_owned());
        }
        if !activity.own {
            activity
                .groups
                .retain(|group| *group != Group::TamperGuardrail);
        }
    }

    /// Whether something is a part of this deployment: CloudFormation begins the
    /// names of a stack's resources with the stack's. So is the policy of keyrail's that
    /// a user or role has, and whatever is given a role of keyrail's.
    fn is_own(&self, target: &Target) -> bool {
        let by_name = !target.kind.is_credential()
            && !matches!(target.kind, TargetKind::User | TargetKind::Instance)
            && [&target.name, &target.arn]
                .into_iter()
                .flatten()
                .chain(&target.more_names)
                .any(|text| self.is_own_name(text));
        // IAM's names are the same in capitals and small letters.
        let by_policy = target.inline_policy.as_deref().is_some_and(|policy| {
            OWN_POLICIES
                .iter()
                .any(|own| own.eq_ignore_ascii_case(policy))
        });
        let by_role = target.given_role.as_deref();
        by_name
            || by_policy
            || by_role.is_some_and(|role| self.is_own_name(role))
            || self.is_user_of_beats(target)
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
    fn is_acting_role(&self, role: &str) -> bool {
        let is_of = |name: &str| is_or_begins(role, &format!("{name}-GuardrailRole"));
        let responder = self.responder.as_deref();
        self.names().any(is_of)
            || responder.is_some_and(|name| name.rsplit('/').next() == Some(role))
    }

    /// Whether a role is one that the hourly check acts in: its own, or the one in member accounts.
    fn is_checking_role(&self, role: &str) -> bool {
        let is_of = |name: &str| {
            let rest = role.strip_prefix(name);
            matches!(rest, Some("-watch" | "-watcher"))
        };
        self.names().any(is_of)
    }

    /// Whether a role is one that nothing but beats is made in.
    fn is_role_of_beats(&self, role: &str) -> bool {
        self.names()
            .any(|name| is_or_begins(role, &beat::named(name)))
    }

    /// Whether a user is the one that beats ask a key for, which nobody is to make: IAM's names are
    /// the same in capitals and small letters.
    fn is_user_of_beats(&self, target: &Target) -> bool {
        let named = target
            .name
            .as_deref()
            .filter(|_| target.kind == TargetKind::User);
        named.is_some_and(|user| {
            self.names()
                .any(|name| beat::named(name).eq_ignore_ascii_case(user))
        })
    }

    /// What the names of this deployment's parts begin with.
    fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.function.as_deref())
    }

    /// The named networks that an address is in.
    fn networks_of(&self, origin: &Origin) -> Vec<String> {
        let Some(ip) = origin.ip.map(|ip| ip.to_canonical()) else {
            return Vec::new();
        };
        // A range may be written for addresses within addresses, too.
        let within = match ip {
            IpAddr::V4(ip) => Some(IpAddr::V6(ip.to_ipv6_mapped())),
            IpAddr::V6(_) => None,
        };
        let has = |range: &IpNet| {
            range.contains(&ip) || within.is_some_and(|within| range.contains(&within))
        };
        let holds = |ranges: &Vec<IpNet>| ranges.iter().any(has);
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
        let deployment = Deployment::default();
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
            assert_eq!(deployment.is_own_name(name), own, "{name}");
        }
    }

    /// Whoever may change the function's settings cannot make it blind to its own parts.
    #[test]
    fn parts_are_known_by_the_functions_name_whatever_the_deployment_is_called() {
        let deployment = Deployment {
            name: "renamed".to_owned(),
            function: Some("keyrail".to_owned()),
            ..Deployment::default()
        };
        for name in ["keyrail", "keyrail-RootRule-1A2B", "renamed-RootRule-1A2B"] {
            assert!(deployment.is_own_name(name), "{name}");
        }
        assert!(deployment.is_acting_role("keyrail-GuardrailRole-1A2B"));
        assert!(!deployment.is_own_name("other-RootRule-1A2B"));
    }

    #[test]
    fn an_address_is_in_each_network_whose_ranges_hold_it() {
        let networks = [
            ("office", "198.51.100.0/24"),
            ("vpn", "198.51.100.128/25"),
            ("home", "2001:db8::/32"),
            ("mapped", "::ffff:192.0.2.0/120"),
        ];
        let deployment = Deployment {
            networks: networks
                .map(|(name, range)| (name.to_owned(), vec![range.parse().expect("a range")]))
                .into(),
            ..Deployment::default()
        };
        for (ip, expected) in [
            (Some("198.51.100.7"), vec!["office"]),
            (Some("::ffff:198.51.100.200"), vec!["office", "vpn"]),
            (Some("2001:db8::1"), vec!["home"]),
            (Some("192.0.2.7"), vec!["mapped"]),
            (Some("::ffff:192.0.2.7"), vec!["mapped"]),
            (Some("203.0.113.1"), vec![]),
            (None, vec![]),
        ] {
            let origin = Origin {
                ip: ip.map(|ip| ip.parse().expect("an address")),
                ..Origin::default()
            };
            assert_eq!(deployment.networks_of(&origin), expected, "{ip:?}");
        }
    }
}
