//! Whether keyrail's rules are there and on, with the patterns that were shipped, and deliver to where
//! they should.

use std::collections::BTreeMap;

use super::fault::{Fault, Hop, Place, Stops};
use super::found::Found;
use super::reading::{Region, Rule, Target, Watched};
use super::shipped::{OnBus, Regions, ShippedRule, ShippedRules, To, ids_in};
use crate::activity::BeatCall;

/// The rules of one Region of one account.
pub(super) fn check(
    place: &Place,
    region: &Region,
    watched: &Watched,
    shipped: &ShippedRules,
    found: &mut Found,
) {
    let Some(rules) = found.read(&region.rules, place, Hop::Rule, "the rules") else {
        return;
    };
    let (Some(account), Some(name)) = (&place.account, &place.region) else {
        return;
    };
    let is_home = *name == watched.home;
    let all = shipped.of(watched, account, name);
    let rules = by_id(rules);
    let expected = all.iter().filter(|(_, rule)| {
        rule.bus == OnBus::Default && (rule.regions == Regions::Each || is_home)
    });
    for (id, rule) in expected {
        let stops = carried(id).map_or(Stops::None, |call| place.beats(Some(call)));
        check_rule(place, (id, rule), &rules, watched, stops, found);
    }
}

/// The rules on the bus of the members.
pub(super) fn check_bus(
    place: &Place,
    rules: &[Rule],
    watched: &Watched,
    shipped: &ShippedRules,
    found: &mut Found,
) {
    let rules = by_id(rules);
    let expected = shipped.hub.iter();
    for (id, rule) in expected.filter(|(_, rule)| rule.bus == OnBus::Members) {
        let stops = carried(id).map_or(Stops::None, |call| Stops::Members(Some(call)));
        check_rule(place, (id, rule), &rules, watched, stops, found);
    }
}

/// Rules by the ids that they may be known by. Another hub's stack may begin with this one's name, so that
/// there may be several of one.
type ById<'a> = BTreeMap<&'a str, Vec<&'a Rule>>;

fn by_id(rules: &[Rule]) -> ById<'_> {
    let mut by_id = ById::new();
    for rule in rules {
        for id in ids_in(&rule.name) {
            by_id.entry(id).or_default().push(rule);
        }
    }
    by_id
}

/// The beat that goes by a rule.
fn carried(id: &str) -> Option<BeatCall> {
    match id.strip_prefix("Member").unwrap_or(id) {
        "AccessKeyRule" => Some(BeatCall::Account),
        "RecorderRule" => Some(BeatCall::Region),
        _ => None,
    }
}

/// What is wrong with a rule.
struct Wrong {
    hop: Hop,
    /// What is told once, if it is wrong with several rules.
    what: Option<String>,
    says: String,
}

fn check_rule(
    place: &Place,
    (id, shipped): (&str, &ShippedRule),
    rules: &ById<'_>,
    watched: &Watched,
    stops: Stops,
    found: &mut Found,
) {
    let candidates = rules.get(id).into_iter().flatten();
    let mut wrong = None;
    for rule in candidates {
        if let Err(unread) = &rule.targets {
            let what = format!("the targets of the rule {}", rule.name);
            found.cannot_read(place.clone(), Some(Hop::RuleTarget), &what, unread);
        }
        match wrong_with(rule, shipped, place, watched, found) {
            None => return,
            Some(it) => wrong = wrong.or(Some(it)),
        }
    }
    let Wrong { hop, what, says } = wrong.unwrap_or_else(|| Wrong {
        hop: Hop::Rule,
        what: None,
        says: format!("there is no rule {id}"),
    });
    found
        .faults
        .push(Fault::new(hop, place.clone(), what.as_deref().unwrap_or(id), says).stopping(stops));
}

fn wrong_with(
    rule: &Rule,
    shipped: &ShippedRule,
    place: &Place,
    watched: &Watched,
    found: &mut Found,
) -> Option<Wrong> {
    let name = &rule.name;
    let wrong = |hop, says: String| {
        Some(Wrong {
            hop,
            what: None,
            says,
        })
    };
    if !rule.is_as_shipped {
        return wrong(
            Hop::RulePattern,
            format!("the rule {name} has not the pattern that this version ships"),
        );
    }
    if rule.state != shipped.state {
        return wrong(
            Hop::RuleState,
            format!(
                "the rule {name} is {}, and should be {}",
                rule.state, shipped.state
            ),
        );
    }
    let targets = rule.targets.as_ref().ok()?;
    if targets.is_empty() {
        return wrong(Hop::RuleTarget, format!("the rule {name} has no target"));
    }
    for to in &shipped.targets {
        let target = targets
            .iter()
            .find(|it| is_to(*to, &it.arn, place, watched));
        let Some(target) = target else {
            return wrong(
                Hop::RuleTarget,
                format!("the rule {name} does not deliver to {}", said(*to)),
            );
        };
        if let Some(role) = missing_role(target, place, found) {
            return Some(Wrong {
                hop: Hop::TargetRole,
                says: format!("the role {role}, in which the rule {name} delivers, is not there"),
                what: Some(role),
            });
        }
    }
    None
}

/// The role of a target, if it is known not to be there.
fn missing_role(target: &Target, place: &Place, found: &mut Found) -> Option<String> {
    let role = target.role.as_ref()?;
    let what = format!("the role {}", role.arn);
    let exists = found.read(&role.exists, place, Hop::TargetRole, &what);
    (exists == Some(&false)).then(|| role.arn.clone())
}

fn is_to(to: To, arn: &str, place: &Place, watched: &Watched) -> bool {
    let is_hub = place.account.as_ref() == Some(&watched.account);
    match to {
        To::GuardrailFunction => arn == watched.function_arn(),
        To::Home if is_hub => arn == watched.home_bus(),
        To::Home => arn == watched.members_bus(),
        To::OperatorTopic => (watched.operator_topic.as_deref()).is_none_or(|topic| topic == arn),
        To::SignInQueue => {
            let mut queues = watched.queues.iter();
            queues.any(|queue| queue == arn && queue.contains("-SignInQueue-"))
        }
    }
}

fn said(to: To) -> &'static str {
    match to {
        To::GuardrailFunction => "keyrail's function",
        To::Home => "keyrail's bus in the home Region",
        To::OperatorTopic => "the operator's topic",
        To::SignInQueue => "keyrail's queue of sign-ins",
    }
}
