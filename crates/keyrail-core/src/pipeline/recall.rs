//! What the table knows of what an event has to do with others.

use futures_util::future::{join, join_all};

use super::not_known::{Unknown, not_known};
use crate::bundle::Bundle;
use crate::plan::Withheld;
use crate::report::Report;
use crate::state::{Claim, Claimant, Memory, State, Subject, memories_of, subjects_of};

/// What an event has to do with others.
pub(super) struct Bearing {
    /// What of it is to be remembered.
    memories: Vec<Memory>,
    /// What bears on it, as far as it is remembered.
    pub(super) subjects: Vec<Subject>,
}

impl Bearing {
    /// `None` if there is nothing to ask the table for: no alert, and nothing that bears on
    /// anything.
    pub(super) fn of(report: &Report) -> Option<Self> {
        let bearing = Self {
            memories: memories_of(&report.activity, &report.event),
            subjects: subjects_of(&report.activity),
        };
        let concerns_others =
            report.is_alerting() || !bearing.memories.is_empty() || !bearing.subjects.is_empty();
        concerns_others.then_some(bearing)
    }
}

/// What the table says, all of it asked at the same time.
pub(super) struct Recalled {
    pub(super) claim: Option<Claim>,
    pub(super) memories: Vec<Memory>,
    pub(super) not_known: Vec<String>,
}

pub(super) async fn recall(
    report: &Report,
    bearing: &Bearing,
    by: &Claimant,
    state: &impl State,
) -> Recalled {
    let claiming = async {
        match report.event.claim() {
            Some(event) => {
                let lasts = report.event.claim_lasts();
                Some(state.claim(&event, by, lasts).await)
            }
            None => None,
        }
    };
    // Written before it is read, so that of two events that belong together whichever
    // comes second sees the first.
    let recalling = async {
        let remembering = bearing.memories.iter().map(|memory| state.remember(memory));
        let written = join_all(remembering).await;
        let recalling = bearing.subjects.iter().map(|about| state.recall(about));
        let read = join_all(recalling).await;
        (written, read)
    };
    let (claim, (written, read)) = join(claiming, recalling).await;
    let mut recalled = Recalled {
        claim: None,
        memories: Vec::new(),
        not_known: Vec::new(),
    };
    let mut not_known = |what: Unknown, error: String| {
        recalled.not_known.push(not_known(what, &error));
    };
    match claim {
        Some(Ok(claim)) => recalled.claim = Some(claim),
        Some(Err(error)) => not_known(Unknown::Twice, error.message),
        None => {}
    }
    for error in written.into_iter().filter_map(Result::err) {
        not_known(Unknown::Later, error.message);
    }
    for memories in read {
        match memories {
            Ok(memories) => recalled.memories.extend(memories),
            Err(error) => not_known(Unknown::Before, error.message),
        }
    }
    recalled
}

/// Counts a containment, if the bundle sets a limit for the account, and withholds it
/// beyond that. Where nobody can count it is carried out.
pub(super) async fn keep_to_the_limit(report: &mut Report, bundle: &Bundle, state: &impl State) {
    let most = bundle.settings.limits.containments_per_hour;
    let account = report
        .plan
        .effects()
        .next()
        .map(|(_, effect)| effect.account.clone());
    let (Some(most), Some(account), Some(event)) = (most, account, report.event.claim()) else {
        return;
    };
    match state.count(&account, &event, most).await {
        Ok(true) => {}
        Ok(false) => report.plan.withhold(Withheld::Limit),
        Err(error) => {
            let unknown = not_known(Unknown::Limit, &error.message);
            report.not_known.push(unknown);
        }
    }
}
