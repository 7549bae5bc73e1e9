//! The rules as the templates ship them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::pattern::Filling;
use super::reading::Watched;
use crate::id::AccountId;

/// All rules of the templates, as `rules.json` beside this has them; `tests/template` makes it of the
/// templates.
#[derive(Debug, Deserialize)]
pub struct ShippedRules {
    #[serde(rename = "template.yaml")]
    pub(super) hub: BTreeMap<String, ShippedRule>,
    #[serde(rename = "infra/region.yaml")]
    pub(super) region: BTreeMap<String, ShippedRule>,
}

/// A rule of a template.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ShippedRule {
    pub(super) pattern: Value,
    /// The pattern with the parameter `SecurityHubControls` on, which is as shipped, too.
    #[serde(default)]
    pub(super) with_controls: Option<Value>,
    pub(super) state: String,
    pub(super) regions: Regions,
    pub(super) bus: OnBus,
    pub(super) targets: Vec<To>,
}

/// In which Regions a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Regions {
    Each,
    Home,
}

/// Which bus a rule is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum OnBus {
    Default,
    Members,
}

/// What a rule delivers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum To {
    GuardrailFunction,
    OperatorTopic,
    SignInQueue,
    #[serde(rename = "home")]
    Home,
}

impl ShippedRules {
    /// Those of this version.
    ///
    /// # Errors
    ///
    /// None that a user can cause: a test reads them.
    pub fn of_this_version() -> Result<Self, serde_json::Error> {
        serde_json::from_str(include_str!("rules.json"))
    }

    /// The rules that are shipped for a Region of an account.
    pub(super) fn of(
        &self,
        watched: &Watched,
        account: &AccountId,
        region: &str,
    ) -> &BTreeMap<String, ShippedRule> {
        match *account == watched.account && region == watched.home {
            true => &self.hub,
            false => &self.region,
        }
    }

    /// Whether a rule of that name has the pattern that is shipped for it there.
    #[must_use]
    pub fn has(
        &self,
        watched: &Watched,
        account: &AccountId,
        region: &str,
        name: &str,
        pattern: &Value,
    ) -> bool {
        let filling = filling(account, watched);
        let fits = |shipped: &Value| shipped == pattern || filling.fits(shipped, pattern);
        let all = self.of(watched, account, region);
        let mut named = ids_in(name).filter_map(|id| all.get(id));
        named.any(|rule| fits(&rule.pattern) || rule.with_controls.as_ref().is_some_and(fits))
    }
}

/// By which ids a rule may be known: CloudFormation names it STACK-ID-SUFFIX, and a stack's name may have
/// hyphens.
pub(super) fn ids_in(name: &str) -> impl Iterator<Item = &str> {
    let end = name.rfind('-').unwrap_or_default();
    name.get(..end).unwrap_or_default().split('-').skip(1)
}

fn filling<'a>(account: &'a AccountId, watched: &'a Watched) -> Filling<'a> {
    let responder = watched.responder.as_deref().unwrap_or_default();
    // `infra/region.yaml` takes the role's name without its path.
    let bare = responder.rsplit('/').next().unwrap_or_default();
    let mut known = vec![
        ("AWS::Partition", watched.partition.as_str()),
        ("AWS::AccountId", account.as_str()),
        ("Keyrail", watched.name.as_str()),
    ];
    if !responder.is_empty() {
        let is_hub = *account == watched.account;
        known.push(("ResponderRole", if is_hub { responder } else { bare }));
    }
    Filling(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched() -> Watched {
        Watched {
            name: "keyrail".to_owned(),
            partition: "aws".to_owned(),
            account: "111122223333".parse().expect("an account"),
            home: "us-east-1".to_owned(),
            regions: ["us-east-1".to_owned()].into(),
            organization: None,
            function: "keyrail".to_owned(),
            responder: Some("security/keyrail-responder".to_owned()),
            alert_topic: String::new(),
            operator_topic: None,
            queues: Vec::new(),
        }
    }

    /// Each rule of this version, as it is deployed, is as shipped; and with one source less it is not.
    #[test]
    fn what_is_deployed_of_each_rule_is_as_shipped() {
        let shipped = ShippedRules::of_this_version().expect("they can be read");
        let watched = watched();
        for (account, all, responder) in [
            ("111122223333", &shipped.hub, "security/keyrail-responder"),
            ("444455556666", &shipped.region, "keyrail-responder"),
        ] {
            let account: AccountId = account.parse().expect("an account");
            for (id, rule) in all {
                let deployed = rule
                    .pattern
                    .to_string()
                    .replace("${AWS::Partition}", "aws")
                    .replace("${AWS::AccountId}", account.as_str())
                    .replace("${Keyrail}", "keyrail")
                    .replace(
                        "\"${WatchedRoles}\"",
                        r#"["arn:aws:iam::111122223333:role/Emergency"]"#,
                    )
                    .replace("${ResponderRole}", responder)
                    .replace("${GuardrailRole}", "keyrail-GuardrailRole-1A2B");
                assert!(!deployed.contains("${"), "{id}: {deployed}");
                let mut deployed: Value = serde_json::from_str(&deployed).expect("it is JSON");
                let name = format!("keyrail-region-{id}-1A2B");
                let has =
                    |pattern: &Value| shipped.has(&watched, &account, "us-east-1", &name, pattern);
                assert!(has(&deployed), "{id}: {deployed}");
                let sources = deployed
                    .pointer_mut("/source")
                    .and_then(Value::as_array_mut);
                drop(sources.and_then(Vec::pop));
                assert!(!has(&deployed), "{id}: {deployed}");
                assert!(!has(&Value::Null), "{id}");
            }
        }
    }

    #[test]
    fn a_rule_is_known_by_its_id_between_hyphens() {
        for (name, id, expected) in [
            ("keyrail-AccessKeyRule-1A2B", "AccessKeyRule", true),
            (
                "StackSet-keyrail-region-1a2b-RootRule-1A2B",
                "RootRule",
                true,
            ),
            ("keyrail-MemberAccessKeyRule-1A2B", "AccessKeyRule", false),
            ("keyrail-AccessKeyRule2-1A2B", "AccessKeyRule", false),
            ("AccessKeyRule-1A2B", "AccessKeyRule", false),
        ] {
            assert_eq!(ids_in(name).any(|it| it == id), expected, "{name}");
        }
    }
}
