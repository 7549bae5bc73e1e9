//! What the hub alone has: the function, the bus of the members, the table, the topics.

use serde_json::Value;

use super::compare::Memory;
use super::fault::{Fault, Hop, Place, Stops};
use super::found::Found;
use super::reading::{Bus, Function, Reading, Topic, Watched};
use super::shipped::ShippedRules;
use super::{health, rules};

pub(super) fn check(reading: &Reading, shipped: &ShippedRules, memory: &Memory, found: &mut Found) {
    let (watched, hub) = (&reading.watched, &reading.hub);
    let place = Place::at(&watched.account, &watched.home);
    if let Some(function) = found.read(&hub.function, &place, Hop::Function, "keyrail's function") {
        check_function(&place, function.as_ref(), watched, memory, found);
    }
    if watched.organization.is_some() {
        if let Some(bus) = found.read(&hub.bus, &place, Hop::Bus, "the bus of the members") {
            check_bus(&place, bus.as_ref(), watched, found);
        }
        let what = "the rules on the bus of the members";
        if let Some(on_bus) = found.read(&hub.bus_rules, &place, Hop::Rule, what) {
            rules::check_bus(&place, on_bus, watched, shipped, found);
        }
    }
    if let Some(table) = found.read(&hub.table, &place, Hop::Table, "the state table") {
        let wrong = match table.as_deref() {
            Some("ACTIVE" | "UPDATING") => None,
            Some(state) => Some(format!("the state table is {state}")),
            None => Some("the state table is not there".to_owned()),
        };
        let fault = wrong.map(|says| Fault::new(Hop::Table, place.clone(), "table", says));
        found
            .faults
            .extend(fault.map(|fault| fault.stopping(Stops::All)));
    }
    health::check_queues(&place, &hub.queues, found);
    for topic in &hub.topics {
        check_topic(&place, topic, found);
    }
}

fn check_function(
    place: &Place,
    function: Option<&Function>,
    watched: &Watched,
    memory: &Memory,
    found: &mut Found,
) {
    let name = &watched.function;
    let dead =
        |says| Fault::new(Hop::Function, place.clone(), "function", says).stopping(Stops::All);
    let Some(function) = function else {
        let says = format!("the function {name} is not there");
        found.faults.push(dead(says));
        return;
    };
    let what = "how many of keyrail's function may run";
    if let Some(Some(0)) = found.read(&function.reserved, place, Hop::Function, what) {
        found.faults.push(dead(format!(
            "the function {name} may not run: its reserved concurrency is 0"
        )));
    }
    match function.state.as_deref() {
        None | Some("Active" | "Inactive" | "Pending") => {}
        Some(state) => found
            .faults
            .push(dead(format!("the function {name} is {state}"))),
    }
    let before = memory
        .runs
        .as_ref()
        .filter(|before| **before != function.runs);
    if let Some(before) = before {
        let says = format!(
            "the function {name} runs something else than at the last check: {}; before: {before}",
            function.runs
        );
        let fault = Fault::new(Hop::Deployment, place.clone(), "runs", says);
        found.faults.push(fault.for_the_operator());
    }
}

fn check_bus(place: &Place, bus: Option<&Bus>, watched: &Watched, found: &mut Found) {
    let name = watched.members_bus_name();
    let wrong = match bus {
        None => Some(format!("the bus {name} is not there")),
        Some(bus) if !lets_in(bus.policy.as_ref(), watched) => Some(format!(
            "the policy of the bus {name} does not let the organization's accounts put events"
        )),
        Some(_) => None,
    };
    let fault = wrong.map(|says| Fault::new(Hop::Bus, place.clone(), "members", says));
    found
        .faults
        .extend(fault.map(|fault| fault.stopping(Stops::Members(None))));
}

/// Whether a policy lets the organization put events, as the template writes it.
fn lets_in(policy: Option<&Value>, watched: &Watched) -> bool {
    let statements = policy.and_then(|policy| policy.get("Statement"));
    let statements = match statements {
        Some(Value::Array(all)) => all.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    let is = |value: Option<&Value>, text: &str| match value {
        Some(Value::Array(all)) => all.iter().any(|value| value == text),
        Some(value) => value == text,
        None => false,
    };
    let organization = watched.organization.as_deref().unwrap_or_default();
    let allows = |statement: &&Value| {
        is(statement.get("Effect"), "Allow")
            && is(statement.get("Action"), "events:PutEvents")
            && is(
                statement.pointer("/Condition/StringEquals/aws:PrincipalOrgID"),
                organization,
            )
    };
    let denies = |statement: &&Value| {
        is(statement.get("Effect"), "Deny") && statement.get("Condition").is_none()
    };
    statements.iter().any(allows) && !statements.iter().any(denies)
}

fn check_topic(place: &Place, topic: &Topic, found: &mut Found) {
    let name = topic.arn.rsplit(':').next().unwrap_or(&topic.arn);
    let what = format!("who listens to the topic {name}");
    let Some(listening) = found.read(&topic.subscriptions, place, Hop::Topic, &what) else {
        return;
    };
    let Some(all) = listening else {
        let says = format!("the topic {name} is not there");
        found
            .faults
            .push(Fault::new(Hop::Topic, place.clone(), name, says));
        return;
    };
    let waiting = all.iter().filter(|it| !it.is_confirmed).count();
    if waiting == all.len() {
        let says = match waiting {
            0 => format!("nobody listens to the topic {name}"),
            _ => format!("nobody who listens to the topic {name} has confirmed it"),
        };
        found
            .faults
            .push(Fault::new(Hop::Subscription, place.clone(), name, says));
    } else if waiting > 0 {
        let protocols: Vec<&str> = (all.iter().filter(|it| !it.is_confirmed))
            .map(|it| it.protocol.as_str())
            .collect();
        let says = format!(
            "{waiting} of {} who listen to the topic {name} have not confirmed it: {}",
            all.len(),
            protocols.join(", ")
        );
        let fault = Fault::new(
            Hop::Subscription,
            place.clone(),
            &format!("{name} some"),
            says,
        );
        found.faults.push(fault.for_the_operator());
    }
}
