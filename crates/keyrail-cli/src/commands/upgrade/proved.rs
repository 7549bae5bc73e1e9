//! Whether whatever was caught is caught, for all activities.

use serde::Serialize;

#[cfg(feature = "prove")]
use super::caught::{Lost, ShownBy};

/// What was proved.
#[derive(Debug, Serialize)]
pub(super) struct Proved {
    pub result: Outcome,
    /// Why there is no more, in words.
    pub because: Option<String>,
}

/// How a proof ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Outcome {
    /// Something is lost.
    #[cfg_attr(
        not(feature = "prove"),
        expect(dead_code, reason = "nothing is proved")
    )]
    Failed,
    /// No scope and no condition is another, so that there is nothing to prove.
    NotNeeded,
    /// There is no solver.
    NotRun,
    /// Nothing is.
    #[cfg_attr(
        not(feature = "prove"),
        expect(dead_code, reason = "nothing is proved")
    )]
    Proved,
    /// The solver did not decide something.
    #[cfg_attr(
        not(feature = "prove"),
        expect(dead_code, reason = "nothing is proved")
    )]
    Unknown,
}

impl Proved {
    pub(super) fn not_needed() -> Self {
        Self {
            result: Outcome::NotNeeded,
            because: None,
        }
    }

    #[cfg(not(feature = "prove"))]
    pub(super) fn without_prover() -> Self {
        Self {
            result: Outcome::NotRun,
            because: Some("this keyrail was built without the prover".to_owned()),
        }
    }
}

/// Proves it where the solver is installed; what is lost is added.
#[cfg(feature = "prove")]
pub(super) fn prove(
    solver: Option<&str>,
    before: &keyrail_core::Bundle,
    now: &keyrail_core::Bundle,
    lost: &mut Vec<Lost>,
    out: &mut crate::output::Output,
) -> Result<Proved, crate::exit::Failure> {
    use std::sync::Mutex;
    use std::time::Duration;

    use keyrail_prove::{Kind, Proof, ProveError, Question, SolverCommand};

    const LIMIT: Duration = Duration::from_secs(10);
    let solver = match SolverCommand::find(solver, LIMIT) {
        Ok(solver) => solver,
        Err(error @ ProveError::NoSolver(_)) => {
            return Ok(Proved {
                result: Outcome::NotRun,
                because: Some(error.to_string()),
            });
        }
        Err(error) => return Err(crate::proofs::failure(error)),
    };
    let question = Question {
        bundle: now,
        properties: &[],
        against: Some(before),
        today: crate::clock::today(),
        limit: LIMIT,
    };
    let shown = Mutex::new(&mut *out);
    let findings = keyrail_prove::prove(&question, &solver, &|done, total| {
        if let Ok(mut out) = shown.lock() {
            out.progress(&format!("proving: {done} of {total}"));
        }
    });
    out.progress_ends();
    let findings = findings.map_err(crate::proofs::failure)?;
    let failed = findings
        .iter()
        .filter(|finding| (finding.kind, finding.result) == (Kind::Superset, Proof::Failed));
    let before_it = lost.len();
    lost.extend(failed.map(|finding| {
        let examples = finding.wrong_for.join(", ");
        Lost {
            shown_by: ShownBy::Proof,
            says: format!("not so: {}; such as {examples}", finding.says),
            guardrails: finding.about.clone(),
            steps: Vec::new(),
        }
    }));
    let undecided = findings
        .iter()
        .find(|finding| finding.result == Proof::Unknown);
    Ok(match (lost.len() > before_it, undecided) {
        (true, _) => Proved {
            result: Outcome::Failed,
            because: None,
        },
        (false, Some(finding)) => Proved {
            result: Outcome::Unknown,
            because: Some(format!("not decided: {}", finding.says)),
        },
        (false, None) => Proved {
            result: Outcome::Proved,
            because: None,
        },
    })
}
