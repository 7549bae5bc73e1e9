//! `keyrail test --mutate`: whether the tests would notice.

use std::sync::Mutex;
use std::time::Duration;

use keyrail_core::Bundle;
use keyrail_prove::{Difference, Mutant, Question, SolverCommand, difference, mutants};
use serde_json::{Value, json};

use super::compare;
use crate::clock;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output};
use crate::proofs::failure;
use crate::suite::Ready;

/// How many of a hundred mutants the tests are to notice.
const ENOUGH: usize = 95;

/// How long one question to the solver may take.
const LIMIT: Duration = Duration::from_secs(10);

/// What became of all mutants.
struct Outcome {
    noticed: usize,
    equivalent: usize,
    invalid: usize,
    /// Those that no test notices, with what shows them.
    unnoticed: Vec<(Mutant, Difference)>,
}

/// Changes each guardrail in one place, again and again, and tells which changes no test
/// notices.
pub(super) fn run(
    mut bundle: Bundle,
    ready: &[Ready],
    as_json: bool,
    out: &mut Output,
) -> Result<Exit, Failure> {
    let solver = SolverCommand::find(None, LIMIT).map_err(failure)?;
    let all = mutants(&bundle).map_err(failure)?;
    let total = all.len();
    let mut outcome = Outcome {
        noticed: 0,
        equivalent: 0,
        invalid: 0,
        unnoticed: Vec::new(),
    };
    let mut silent = Vec::new();
    for (done, mutant) in all.into_iter().enumerate() {
        out.progress(&format!("trying mutants: {done} of {total}"));
        match is_noticed(&mut bundle, &mutant, ready)? {
            true => outcome.noticed += 1,
            false => silent.push(mutant),
        }
    }
    let question = Question {
        bundle: &bundle,
        properties: &[],
        against: None,
        today: clock::today(),
        limit: LIMIT,
    };
    let shown = Mutex::new(&mut *out);
    let differences = difference(&silent, &question, &solver, &|done, total| {
        if let Ok(mut out) = shown.lock() {
            out.progress(&format!("asking what they do: {done} of {total}"));
        }
    });
    out.progress_ends();
    for (mutant, difference) in silent.into_iter().zip(differences.map_err(failure)?) {
        match difference {
            Difference::Equivalent => outcome.equivalent += 1,
            Difference::Invalid => outcome.invalid += 1,
            Difference::Shown(_) | Difference::Unknown => {
                outcome.unnoticed.push((mutant, difference));
            }
        }
    }
    out.answer(&match as_json {
        true => outcome.json()?,
        false => outcome.text(),
    })?;
    Ok(match outcome.percent() >= ENOUGH {
        true => Exit::Good,
        false => Exit::Bad,
    })
}

/// Whether some test fails with a mutant in its guardrail's place.
fn is_noticed(bundle: &mut Bundle, mutant: &Mutant, ready: &[Ready]) -> Result<bool, Failure> {
    let original = bundle
        .guardrails()
        .find(|policy| policy.id().to_string() == mutant.guardrail);
    let original = original.and_then(|policy| policy.to_json().ok());
    let original = original.ok_or_else(|| Failure::bug(format!("no `{}`", mutant.guardrail)))?;
    bundle
        .change_guardrail(&mutant.guardrail, &mutant.policy)
        .map_err(Failure::bug)?;
    let notices = |ready: &&Ready| {
        let differences = compare::differences(&ready.run.expect, &ready.try_with(bundle), bundle);
        !differences.is_empty()
    };
    // Tests that expect the guardrail to be violated are the likeliest to notice.
    let (likely, others): (Vec<&Ready>, Vec<&Ready>) = ready.iter().partition(|ready| {
        let violated = ready.run.expect.violated.as_ref();
        violated.is_some_and(|ids| ids.value.contains(&mutant.guardrail))
    });
    let is_noticed = likely.iter().any(&notices) || others.iter().any(notices);
    bundle
        .change_guardrail(&mutant.guardrail, &original)
        .map_err(Failure::bug)?;
    Ok(is_noticed)
}

impl Outcome {
    /// How many of a hundred that do something otherwise are noticed.
    fn percent(&self) -> usize {
        let all = self.noticed + self.unnoticed.len();
        (self.noticed * 100).checked_div(all).unwrap_or(100)
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for (mutant, difference) in &self.unnoticed {
            let Mutant {
                guardrail, change, ..
            } = mutant;
            text.push_str(&format!("not noticed  {guardrail}: {change}\n"));
            text.push_str(&match difference {
                Difference::Shown(shown) => match &shown.event {
                    Some(event) => format!("  a test with this event would: {event}\n"),
                    None => format!(
                        "  it differs for {} by {}; keyrail found no event that shows it\n",
                        shown.action, shown.principal
                    ),
                },
                _ => "  whether it does anything otherwise was not decided in time\n".to_owned(),
            });
        }
        let Self {
            noticed,
            equivalent,
            invalid,
            unnoticed,
        } = self;
        let percent = self.percent();
        text + &format!(
            "{noticed} mutants noticed, {} not: {percent} %; {equivalent} do nothing otherwise, {invalid} are not policies\n",
            unnoticed.len()
        )
    }

    fn json(&self) -> Result<String, Failure> {
        let unnoticed: Vec<Value> = self
            .unnoticed
            .iter()
            .map(|(mutant, difference)| {
                let shown = match difference {
                    Difference::Shown(shown) => json!(shown),
                    _ => Value::Null,
                };
                json!({ "guardrail": mutant.guardrail, "change": mutant.change, "shown": shown })
            })
            .collect();
        output::json(&json!({
            "schema": "keyrail.mutants/v1",
            "noticed": self.noticed,
            "equivalent": self.equivalent,
            "invalid": self.invalid,
            "unnoticed": unnoticed,
        }))
    }
}
