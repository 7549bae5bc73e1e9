//! Whom an exemption is for, as its `@only` states.

use serde_json::json;

use keyrail_core::arn::Arn;

use crate::expression::{Condition, and, or};

/// Whom `@only` states; `None` if it states nobody. Of several accounts and units, and of
/// several users and roles, one is enough.
pub(super) fn stated(only: &[String]) -> Option<Condition> {
    let is_in = |variable: &str, kind: &str, id: &str| {
        json!({ "in": {
            "left": { "Var": variable },
            "right": { "Value": { "__entity": { "type": kind, "id": id } } },
        } })
    };
    let (people, places): (Vec<&String>, Vec<&String>) =
        only.iter().partition(|word| Arn::parse(word).is_some());
    let places = places.iter().map(|id| {
        let kind = if id.contains('-') {
            "OrgUnit"
        } else {
            "Account"
        };
        is_in("resource", kind, id)
    });
    let people = people.iter().map(|arn| {
        match Arn::parse(arn).is_some_and(|arn| arn.kind() == Some("role")) {
            true => is_in("principal", "Role", arn),
            false => or(
                is_in("principal", "User", arn),
                is_in("resource", "User", arn),
            ),
        }
    });
    let groups = [any_if_some(places), any_if_some(people)];
    groups.into_iter().flatten().reduce(and)
}

fn any_if_some(of: impl Iterator<Item = Condition>) -> Option<Condition> {
    of.reduce(or)
}
