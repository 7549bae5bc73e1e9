//! What is claimed of a bundle, as questions to a solver.

use jiff::civil::Date;
use keyrail_core::Bundle;
use serde::Serialize;
use serde_json::Value;

use crate::expression::{Condition, all, and, any, applies, constant, not};
use crate::place::Place;
use crate::property::{Expect, Property};

use self::only::stated;

mod only;

/// A claim, and what would decide it.
pub(crate) struct Claim {
    pub(crate) kind: Kind,
    /// What it says, in words for people.
    pub(crate) says: String,
    /// The policies or the property that it is about.
    pub(crate) about: Vec<String>,
    pub(crate) asks: Asks,
}

/// The sort of a claim: stable, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A policy can always be evaluated.
    NoError,
    /// A guardrail can be violated.
    NotDead,
    /// A guardrail is not violated by everything.
    NotAlways,
    /// A guardrail can be violated although there are exemptions.
    NotCovered,
    /// An exemption applies to something.
    ExemptionApplies,
    /// An exemption reaches nobody outside of what it states.
    ExemptionInScope,
    /// A property of one's own, or one of the default bundle's.
    Property,
    /// What another bundle catches is caught.
    Superset,
}

/// What would decide a claim.
pub(crate) enum Asks {
    /// It holds if such an activity is found somewhere.
    Some(Vec<(usize, Condition)>),
    /// It holds if no such activity is found anywhere.
    None(Vec<(usize, Condition)>),
    /// It holds if a policy fails nowhere.
    NoError(Value, Vec<usize>),
}

impl Asks {
    /// How many questions it may take.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Some(goals) | Self::None(goals) => goals.len(),
            // Most of these are decided without the solver.
            Self::NoError(..) => 1,
        }
    }
}

/// Policies in Cedar's JSON form.
pub(crate) struct Policies {
    pub(crate) guardrails: Vec<(String, Value)>,
    pub(crate) exemptions: Vec<(String, Value)>,
}

impl Policies {
    /// A bundle's, without exemptions that have expired.
    pub(crate) fn of(bundle: &Bundle, today: Date) -> Result<Self, String> {
        let named = |policy: &cedar_policy::Policy| {
            let json = policy.to_json().map_err(|error| error.to_string())?;
            Ok((policy.id().to_string(), json))
        };
        Ok(Self {
            guardrails: bundle
                .guardrails()
                .map(named)
                .collect::<Result<_, String>>()?,
            exemptions: bundle
                .permits()
                .filter(|policy| {
                    let about = bundle.exemptions.get(policy.id().as_ref() as &str);
                    about.is_some_and(|about| today <= about.expires)
                })
                .map(named)
                .collect::<Result<_, String>>()?,
        })
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Value> {
        let all = self.guardrails.iter().chain(&self.exemptions);
        all.map(|(_, policy)| policy)
    }

    /// The exemptions from a guardrail that are about a place.
    fn covering<'a>(
        &'a self,
        bundle: &'a Bundle,
        guardrail: &'a str,
        place: &'a Place,
    ) -> impl Iterator<Item = &'a Value> {
        let covering = self.exemptions.iter().filter(move |(exemption, policy)| {
            let about = bundle.exemptions.get(exemption);
            about.is_some_and(|about| about.covers(guardrail)) && place.is_in_scope(policy)
        });
        covering.map(|(_, policy)| policy)
    }

    /// When a guardrail is violated at a place, and no exemption covers it; `None` if
    /// it is not about that place.
    fn tells(
        &self,
        bundle: &Bundle,
        (id, guardrail): &(String, Value),
        place: &Place,
    ) -> Option<Condition> {
        if !place.is_in_scope(guardrail) {
            return None;
        }
        let exempt = self.covering(bundle, id, place);
        let exempt = exempt.map(|policy| not(applies(policy)));
        Some(all([applies(guardrail)].into_iter().chain(exempt)))
    }

    /// When one of the guardrails is violated at a place and not exempt.
    fn told(
        &self,
        bundle: &Bundle,
        place: &Place,
        step: Option<keyrail_core::words::StepName>,
    ) -> Condition {
        let with_step = self
            .guardrails
            .iter()
            .filter(|(id, _)| step.is_none_or(|step| bundle.steps_of(id).contains(&step)));
        any(with_step.filter_map(|guardrail| self.tells(bundle, guardrail, place)))
    }

    /// When an exemption covers a guardrail that is violated at a place.
    fn exempt(&self, bundle: &Bundle, place: &Place) -> Condition {
        let violated = self
            .guardrails
            .iter()
            .filter(|(_, policy)| place.is_in_scope(policy));
        any(violated.flat_map(|(id, guardrail)| {
            let covering = self.covering(bundle, id, place);
            covering.map(|policy| and(applies(guardrail), applies(policy)))
        }))
    }
}

/// What is claimed of any bundle, and what its properties claim.
pub(crate) fn claims(
    bundle: &Bundle,
    policies: &Policies,
    properties: &[Property],
    places: &[Place],
) -> Vec<Claim> {
    let at = |policy: &Value| -> Vec<usize> {
        let places = places.iter().enumerate();
        places
            .filter(|(_, place)| place.is_in_scope(policy))
            .map(|(at, _)| at)
            .collect()
    };
    let mut claims = no_errors(policies, "", places);
    for guardrail in &policies.guardrails {
        let (id, policy) = guardrail;
        let here = at(policy);
        let applied = |at: &usize| (*at, applies(policy));
        claims.push(Claim {
            kind: Kind::NotDead,
            says: format!("`{id}` can be violated"),
            about: vec![id.clone()],
            asks: Asks::Some(here.iter().map(applied).collect()),
        });
        if here.len() == places.len() {
            claims.push(Claim {
                kind: Kind::NotAlways,
                says: format!("`{id}` is not violated by everything"),
                about: vec![id.clone()],
                asks: Asks::Some(here.iter().map(|at| (*at, not(applies(policy)))).collect()),
            });
        }
        let covering: Vec<&String> = policies
            .exemptions
            .iter()
            .map(|(exemption, _)| exemption)
            .filter(|exemption| {
                bundle
                    .exemptions
                    .get(*exemption)
                    .is_some_and(|about| about.covers(id))
            })
            .collect();
        if !covering.is_empty() {
            let tells = here
                .iter()
                .filter_map(|at| Some((*at, policies.tells(bundle, guardrail, places.get(*at)?)?)));
            claims.push(Claim {
                kind: Kind::NotCovered,
                says: format!("`{id}` can be violated in spite of its exemptions"),
                about: [id].into_iter().chain(covering).cloned().collect(),
                asks: Asks::Some(tells.collect()),
            });
        }
    }
    for (id, policy) in &policies.exemptions {
        claims.extend(of_exemption(bundle, policies, places, id, policy));
    }
    for property in properties {
        claims.extend(of_property(bundle, policies, property, places));
    }
    claims
}

/// That a property is about something, can be evaluated, and holds.
fn of_property(
    bundle: &Bundle,
    policies: &Policies,
    property: &Property,
    places: &[Place],
) -> Vec<Claim> {
    let mut claims = Vec::new();
    let places_of = places.iter().enumerate();
    let about: Vec<usize> = places_of
        .filter(|(_, place)| place.is_in_scope(&property.policy))
        .map(|(at, _)| at)
        .collect();
    claims.push(Claim {
        kind: Kind::Property,
        says: format!("property `{}` is about something", property.id),
        about: vec![property.id.clone()],
        asks: Asks::Some(
            about
                .iter()
                .map(|at| (*at, applies(&property.policy)))
                .collect(),
        ),
    });
    claims.push(Claim {
        kind: Kind::NoError,
        says: format!("property `{}` can always be evaluated", property.id),
        about: vec![property.id.clone()],
        asks: Asks::NoError(property.policy.clone(), about),
    });
    let goals = places
        .iter()
        .enumerate()
        .filter(|(_, place)| place.is_in_scope(&property.policy));
    let goals = goals.map(|(at, place)| {
        let fails = match property.expect {
            Expect::Alert => not(policies.told(bundle, place, None)),
            Expect::Step(step) => not(policies.told(bundle, place, Some(step))),
            Expect::NoAlert => policies.told(bundle, place, None),
            Expect::NoExemption => policies.exempt(bundle, place),
        };
        (at, and(applies(&property.policy), fails))
    });
    // Where nothing tells or exempts, nothing can be asked.
    let goals = goals.filter(|(_, goal)| goal.pointer("/&&/right") != Some(&constant(false)));
    claims.push(Claim {
        kind: Kind::Property,
        says: property.title.clone(),
        about: vec![property.id.clone()],
        asks: Asks::None(goals.collect()),
    });
    claims
}

/// That an exemption exempts from something, and reaches nobody whom it does not state.
fn of_exemption(
    bundle: &Bundle,
    policies: &Policies,
    places: &[Place],
    id: &str,
    policy: &Value,
) -> Vec<Claim> {
    let covered: Vec<&(String, Value)> = policies
        .guardrails
        .iter()
        .filter(|(guardrail, _)| {
            bundle
                .exemptions
                .get(id)
                .is_some_and(|about| about.covers(guardrail))
        })
        .collect();
    let here: Vec<usize> = places
        .iter()
        .enumerate()
        .filter(|(_, place)| place.is_in_scope(policy))
        .map(|(at, _)| at)
        .collect();
    let exempts = here.iter().filter_map(|at| {
        let place = places.get(*at)?;
        let violated = covered
            .iter()
            .filter(|(_, guardrail)| place.is_in_scope(guardrail));
        let violated = any(violated.map(|(_, guardrail)| applies(guardrail)));
        Some((*at, and(applies(policy), violated)))
    });
    let mut claims = vec![Claim {
        kind: Kind::ExemptionApplies,
        says: format!("exemption `{id}` exempts from something"),
        about: vec![id.to_owned()],
        asks: Asks::Some(exempts.collect()),
    }];
    let stated = bundle
        .exemptions
        .get(id)
        .and_then(|about| stated(&about.only));
    if let Some(stated) = stated {
        let outside = here
            .iter()
            .map(|at| (*at, and(applies(policy), not(stated.clone()))));
        claims.push(Claim {
            kind: Kind::ExemptionInScope,
            says: format!("exemption `{id}` reaches nobody outside of what its `@only` states"),
            about: vec![id.to_owned()],
            asks: Asks::None(outside.collect()),
        });
    }
    claims
}

/// That whatever the guardrails of an older bundle catch, some guardrail of this one does.
pub(crate) fn against(
    bundle: &Bundle,
    policies: &Policies,
    old: &Bundle,
    old_policies: &Policies,
    places: &[Place],
) -> Vec<Claim> {
    let of_each = old_policies.guardrails.iter().map(|guardrail| {
        let lost = places.iter().enumerate().filter_map(|(at, place)| {
            let caught = old_policies.tells(old, guardrail, place)?;
            Some((at, and(caught, not(policies.told(bundle, place, None)))))
        });
        Claim {
            kind: Kind::Superset,
            says: format!("what `{}` caught is caught", guardrail.0),
            about: vec![guardrail.0.clone()],
            asks: Asks::None(lost.collect()),
        }
    });
    no_errors(policies, "", places)
        .into_iter()
        .chain(no_errors(old_policies, " of the older bundle", places))
        .chain(of_each)
        .collect()
}

/// That each policy can be evaluated, wherever it is about something.
fn no_errors(policies: &Policies, of: &str, places: &[Place]) -> Vec<Claim> {
    let all = policies.guardrails.iter().chain(&policies.exemptions);
    let claims = all.map(|(id, policy)| {
        let places = places.iter().enumerate();
        let at = places.filter(|(_, place)| place.is_in_scope(policy));
        Claim {
            kind: Kind::NoError,
            says: format!("`{id}`{of} can always be evaluated"),
            about: vec![id.clone()],
            asks: Asks::NoError(policy.clone(), at.map(|(at, _)| at).collect()),
        }
    });
    claims.collect()
}
