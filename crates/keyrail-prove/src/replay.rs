//! From what the solver found to an event that `keyrail explain` takes.
//!
//! The solver finds values of facts; an event shows them. Each is put where keyrail reads
//! it, and then the event is judged: only one for which the condition holds is shown.

use std::collections::BTreeMap;

use cedar_policy_symcc::Env;
use jiff::civil::Date;
use keyrail_core::taxonomy::Group;
use keyrail_core::{Bundle, Circumstances, Event, examine};
use serde::Serialize;
use serde_json::{Value, json};

use self::facts::{Facts, facts};
use self::known::{Known, Look};
use crate::claim::Asks;
use crate::expression::{self, Condition, not};
use crate::place::Place;

mod event;
mod facts;
mod known;

/// An activity that shows a claim to be wrong.
#[derive(Debug, Serialize)]
pub struct Counterexample {
    /// The action.
    pub action: String,
    /// The type of who acts.
    pub principal: String,
    /// What is known of it, by the names that policies use.
    pub facts: BTreeMap<String, Value>,
    /// An event that says so, as `keyrail explain` takes it; `None` if keyrail found none.
    pub event: Option<Value>,
    /// What happens before it, for `keyrail explain --history`.
    pub history: Vec<Value>,
    /// Guardrails that the event violates, as `keyrail explain` says.
    pub violated: Vec<String>,
    /// Guardrails from which it is exempt.
    pub exempt: Vec<String>,
    /// Policies that cannot be evaluated for it.
    pub undecided: Vec<String>,
}

/// Those of AWS's documentation.
const ACCOUNTS: [&str; 2] = ["111122223333", "444455556666"];

pub(crate) fn counterexample(
    asks: &Asks,
    place: &Place,
    goal: &Condition,
    env: &Env,
    bundle: &Bundle,
    today: Date,
) -> Counterexample {
    let facts = facts(env);
    let mut shown = Counterexample {
        action: place.action.clone(),
        principal: place.principal.to_owned(),
        facts: facts.clone(),
        event: None,
        history: Vec::new(),
        violated: Vec::new(),
        exempt: Vec::new(),
        undecided: Vec::new(),
    };
    let Some(goal) = goal_bundle(asks, goal, place, bundle) else {
        return shown;
    };
    let holds = |facts: &Facts, look: Look| {
        let known = Known {
            place,
            facts,
            look,
            bundle,
            today,
        };
        let (event, history) = (known.event(), known.history());
        let is_so = match (asks, judged(&event, &history, &goal)) {
            (Asks::NoError(..), Some(verdict)) => !verdict.undecided.is_empty(),
            (_, Some(verdict)) => !verdict.violated.is_empty(),
            (_, None) => false,
        };
        is_so.then_some((event, history))
    };
    let found = looks(place).find_map(|look| Some((look, holds(&facts, look)?)));
    let Some((look, mut found)) = found else {
        return shown;
    };
    // What does not matter is left out, so that what does can be seen.
    let mut facts = facts;
    for name in BESIDE {
        let mut fewer = facts.clone();
        if fewer.remove(name).is_some()
            && let Some(simpler) = holds(&fewer, look)
        {
            (facts, found) = (fewer, simpler);
        }
    }
    let (event, history) = found;
    if let Some(verdict) = judged(&event, &history, bundle) {
        shown.violated = verdict.violated.into_iter().map(|it| it.id).collect();
        shown.exempt = verdict
            .exempted
            .into_iter()
            .map(|it| it.guardrail)
            .collect();
        shown.undecided = verdict.undecided.into_iter().map(|it| it.policy).collect();
        (shown.event, shown.history) = (Some(event), history);
    }
    shown
}

/// Facts without which many an event says the same.
const BESIDE: [&str; 12] = [
    "context.history",
    "context.sourceIdentity",
    "context.tlsVersion",
    "context.userAgent",
    "context.console",
    "context.service",
    "context.rootSession",
    "context.ip",
    "context.errorCode",
    "context.region",
    "context.time",
    "resource.status",
];

fn looks(place: &Place) -> impl Iterator<Item = Look> {
    let groups = place.shows.iter().copied();
    let groups: Vec<Option<Group>> = groups.map(Some).chain([None]).collect();
    [false, true].into_iter().flat_map(move |is_bare| {
        let groups = groups.clone();
        ACCOUNTS.into_iter().flat_map(move |account| {
            groups.clone().into_iter().map(move |group| Look {
                group,
                account,
                is_bare,
            })
        })
    })
}

/// A bundle with one guardrail, which is violated when the condition holds.
fn goal_bundle(asks: &Asks, goal: &Condition, place: &Place, of: &Bundle) -> Option<Bundle> {
    let policy = match asks {
        Asks::NoError(policy, _) => expression::policy("forbid", [expression::applies(policy)]),
        // An event of the same action may be of another place, where the goal is another.
        Asks::Some(_) | Asks::None(_) => {
            let outside = place.shows_not.iter().map(|group| not(is_in(*group)));
            expression::policy("forbid", outside.chain([goal.clone()]))
        }
    };
    let policy = cedar_policy::Policy::from_json(None, policy).ok()?;
    let text =
        format!("@id(\"goal\") @title(\"Goal\") @severity(\"info\") @respond(\"alert\")\n{policy}");
    let mut bundle = Bundle::load(&[("guardrails/goal.cedar".to_owned(), text)]).ok()?;
    // Networks, units and limits are those of the bundle in question.
    bundle.settings = of.settings.clone();
    bundle.organization = of.organization.clone();
    Some(bundle)
}

fn is_in(group: Group) -> Condition {
    json!({ "in": {
        "left": { "Var": "action" },
        "right": { "Value": { "__entity": { "type": "Action", "id": group.as_str() } } },
    } })
}

fn judged(
    event: &Value,
    history: &[Value],
    bundle: &Bundle,
) -> Option<keyrail_core::judge::Verdict> {
    let parsed = |event: &Value| Event::parse(event.to_string().as_bytes()).ok();
    let earlier: Vec<Event> = history.iter().map(parsed).collect::<Option<_>>()?;
    let circumstances = match earlier.is_empty() {
        true => Circumstances::of(bundle),
        false => Circumstances::of(bundle).after(earlier),
    };
    Some(examine(parsed(event)?, bundle, &circumstances).verdict)
}
