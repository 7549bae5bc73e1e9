//! keyrail's rules on a bus, and what they deliver to.

use std::collections::BTreeMap;

use keyrail_core::arn::Arn;
use keyrail_core::effects::EffectError;
use keyrail_core::watch::{Asked, RoleOfTarget, Rule, Target};
use serde_json::{Value, json};

use super::answer::text;
use super::asking::{Asker, EVENTS};
use super::session::Session;
use super::watcher::unread;

/// Reads them: at most 100 on a page (EventBridge API reference, `ListRules` and `ListTargetsByRule`,
/// checked 2026-11-29).
pub(super) async fn of_bus(session: &Session<'_>, asker: &Asker, bus: &str) -> Asked<Vec<Rule>> {
    let listed = list(session, asker, bus).await;
    let listed = listed.map_err(|error| unread(&error))?;
    let mut known = BTreeMap::new();
    let mut rules = Vec::new();
    for rule in listed {
        let name = text(&rule, "Name");
        let input = json!({"Rule": name, "EventBusName": bus});
        let call = "events:ListTargetsByRule";
        let targets = asker.ask_all(&EVENTS, call, input, "Targets").await;
        let targets = match targets {
            Ok(targets) => Ok(with_roles(session, targets, &mut known).await),
            Err(error) => Err(unread(&error)),
        };
        rules.push(Rule {
            bus: bus.to_owned(),
            state: text(&rule, "State"),
            is_as_shipped: is_as_shipped(session, asker, &name, &text(&rule, "EventPattern")),
            name,
            targets,
        });
    }
    Ok(rules)
}

fn is_as_shipped(session: &Session<'_>, asker: &Asker, name: &str, pattern: &str) -> bool {
    let watcher = session.watcher;
    let pattern = serde_json::from_str(pattern).unwrap_or_default();
    let (account, region) = (&session.account, &asker.region);
    (watcher.shipped).has(&watcher.watched, account, region, name, &pattern)
}

async fn list(session: &Session<'_>, asker: &Asker, bus: &str) -> Result<Vec<Value>, EffectError> {
    let mut rules = Vec::new();
    for prefix in session.prefixes() {
        let input = json!({"NamePrefix": prefix, "EventBusName": bus, "Limit": 100});
        let call = "events:ListRules";
        rules.extend(asker.ask_all(&EVENTS, call, input, "Rules").await?);
    }
    Ok(rules)
}

/// Each role is asked for once: all rules of a Region share one.
async fn with_roles(
    session: &Session<'_>,
    targets: Vec<Value>,
    known: &mut BTreeMap<String, Asked<bool>>,
) -> Vec<Target> {
    let mut read = Vec::new();
    for target in targets {
        let arn = text(&target, "RoleArn");
        let role = match Arn::parse(&arn).and_then(|arn| arn.role()) {
            Some(name) if known.contains_key(name) => known.get(name).cloned(),
            Some(name) => {
                let exists = session.has_role(name).await;
                known.insert(name.to_owned(), exists.clone());
                Some(exists)
            }
            None => None,
        };
        read.push(Target {
            arn: text(&target, "Arn"),
            role: role.map(|exists| RoleOfTarget { arn, exists }),
        });
    }
    read
}
