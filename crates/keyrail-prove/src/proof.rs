//! Claims, decided one by one.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Mutex;
use std::time::Instant;

use crate::claim::{Asks, Claim, Kind, Policies};
use crate::error::ProveError;
use crate::finding::{Finding, Proof, Question};
use crate::place::Places;
use crate::replay::Counterexample;
use crate::runtime::in_a_runtime;
use crate::solver::{Answer, Solver, SolverCommand};
use crate::{claim, expression, replay, settings};

/// Asks the solver about every claim. `progress` hears how many of how many are decided.
///
/// # Errors
///
/// If the solver fails, or something is wrong with keyrail itself.
pub fn prove(
    question: &Question<'_>,
    command: &SolverCommand,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Vec<Finding>, ProveError> {
    let bundle = question.bundle;
    let policies = Policies::of(bundle, question.today).map_err(ProveError::Bug)?;
    let old = question
        .against
        .map(|old| Policies::of(old, question.today));
    let old = old.transpose().map_err(ProveError::Bug)?;
    let all = policies
        .all()
        .chain(question.properties.iter().map(|property| &property.policy));
    let all = all.chain(old.iter().flat_map(Policies::all));
    let bundles = [Some(bundle), question.against];
    let networks: BTreeSet<&str> = bundles
        .into_iter()
        .flatten()
        .flat_map(|bundle| bundle.settings.networks.keys())
        .map(String::as_str)
        .collect();
    let places = Places::of(bundle, &networks, all)?;
    let claims = match (question.against, &old) {
        (Some(old), Some(old_policies)) => {
            claim::against(bundle, &policies, old, old_policies, &places.all)
        }
        _ => claim::claims(bundle, &policies, question.properties, &places.all),
    };
    let total = claims.len();
    // The longest first, so that no worker ends long after the others.
    let mut claims: Vec<(usize, Claim)> = claims.into_iter().enumerate().collect();
    claims.sort_by_key(|(_, claim)| std::cmp::Reverse(claim.asks.len()));
    let waiting = Mutex::new(VecDeque::from(claims));
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let done = Mutex::new(Vec::with_capacity(total));
    std::thread::scope(|scope| {
        let work = || {
            work(question, command, &places, &waiting, &done, &|done| {
                progress(done, total);
            })
        };
        let start = |_| {
            let builder = std::thread::Builder::new().stack_size(STACK);
            builder
                .spawn_scoped(scope, work)
                .map_err(|error| ProveError::Bug(format!("no thread can be started: {error}")))
        };
        let workers: Vec<_> = (0..workers.min(total))
            .map(start)
            .collect::<Result<_, _>>()?;
        workers.into_iter().try_for_each(|worker| {
            worker
                .join()
                .unwrap_or_else(|_| Err(ProveError::Bug("a proof panicked".to_owned())))
        })
    })?;
    let mut findings = done.into_inner().unwrap_or_default();
    if findings.len() != total {
        return Err(ProveError::Bug("a claim was not decided".to_owned()));
    }
    findings.sort_by_key(|(at, _): &(usize, Finding)| *at);
    let mut findings: Vec<Finding> = findings.into_iter().map(|(_, finding)| finding).collect();
    doubt(&mut findings);
    let settings = question
        .against
        .into_iter()
        .flat_map(|old| settings::changed(bundle, old));
    findings.extend(settings);
    Ok(findings)
}

/// A policy that fails counts as not applied, and what is joined with it was not asked.
fn doubt(findings: &mut [Finding]) {
    let fails =
        |finding: &Finding| finding.kind == Kind::NoError && finding.result != Proof::Proved;
    if !findings.iter().any(fails) {
        return;
    }
    let joins = |kind: Kind| {
        matches!(
            kind,
            Kind::Property | Kind::Superset | Kind::ExemptionInScope
        )
    };
    for finding in findings.iter_mut().filter(|finding| joins(finding.kind)) {
        if finding.result == Proof::Proved {
            finding.result = Proof::Unknown;
        }
    }
}

/// Cedar calls itself for each condition within another.
const STACK: usize = 64 << 20;

/// Takes claims until none is left.
fn work(
    question: &Question<'_>,
    command: &SolverCommand,
    places: &Places,
    waiting: &Mutex<VecDeque<(usize, Claim)>>,
    done: &Mutex<Vec<(usize, Finding)>>,
    progress: &dyn Fn(usize),
) -> Result<(), ProveError> {
    in_a_runtime(async {
        let mut solver = Solver::start(command, &places.schemas, question.limit)?;
        loop {
            let next = waiting
                .lock()
                .ok()
                .and_then(|mut waiting| waiting.pop_front());
            let Some((at, claim)) = next else {
                return Ok(());
            };
            let finding = decide(claim, question, places, &mut solver).await?;
            if let Ok(mut done) = done.lock() {
                done.push((at, finding));
                progress(done.len());
            }
        }
    })
}

async fn decide(
    claim: Claim,
    question: &Question<'_>,
    places: &Places,
    solver: &mut Solver<'_>,
) -> Result<Finding, ProveError> {
    let start = Instant::now();
    let (bundle, today) = (question.bundle, question.today);
    let mut is_unknown = false;
    let mut found: Option<Option<Counterexample>> = None;
    let mut wrong_for = Vec::new();
    let wants_one = matches!(claim.asks, Asks::Some(_));
    let asked: Vec<(usize, expression::Condition)> = match &claim.asks {
        Asks::Some(goals) | Asks::None(goals) => goals.clone(),
        Asks::NoError(policy, at) => at.iter().map(|at| (*at, policy.clone())).collect(),
    };
    for (at, goal) in asked {
        let place = places.all.get(at);
        let place = place.ok_or_else(|| ProveError::Bug("a place is missing".to_owned()))?;
        let answer = match &claim.asks {
            Asks::NoError(policy, _) => solver.find_error(place, policy).await?,
            Asks::Some(_) | Asks::None(_) => solver.find(place, &goal).await?,
        };
        match answer {
            Answer::None => {}
            Answer::Unknown => is_unknown = true,
            Answer::Found(_) if wants_one => {
                found = Some(None);
                break;
            }
            Answer::Found(env) => {
                let has_event = |found: &Option<Option<Counterexample>>| {
                    let shown = found.as_ref().and_then(Option::as_ref);
                    shown.is_some_and(|shown| shown.event.is_some())
                };
                let at = format!("{} by {}", place.action, place.principal);
                if !wrong_for.contains(&at) {
                    wrong_for.push(at);
                }
                // One that `keyrail explain` takes is better than the first.
                if !has_event(&found) {
                    let shown =
                        replay::counterexample(&claim.asks, place, &goal, &env, bundle, today);
                    if found.is_none() || shown.event.is_some() {
                        found = Some(Some(shown));
                    }
                }
                if has_event(&found) && claim.kind != Kind::Superset {
                    break;
                }
            }
        }
    }
    let result = match (found.is_some(), wants_one, is_unknown) {
        (true, true, _) | (false, false, false) => Proof::Proved,
        (true, false, _) | (false, true, false) => Proof::Failed,
        (false, _, true) => Proof::Unknown,
    };
    Ok(Finding {
        kind: claim.kind,
        says: claim.says,
        about: claim.about,
        result,
        counterexample: found.flatten(),
        wrong_for,
        millis: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}
