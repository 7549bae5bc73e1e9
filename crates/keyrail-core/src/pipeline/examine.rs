//! From an event to what would be done: the pure part.

use jiff::Timestamp;

use crate::activity::Activity;
use crate::bundle::Bundle;
use crate::circumstances::{Circumstances, Known, Setup};
use crate::event::Event;
use crate::judge::Verdict;
use crate::plan::{Bounds, Plan};
use crate::report::{Report, concerns_anybody};

/// What an event means, what the bundle says about it, and what would follow.
#[must_use]
pub fn examine(event: Event, bundle: &Bundle, circumstances: &Circumstances) -> Report {
    let setup = circumstances.setup(bundle);
    Examined::of(event, setup, &circumstances.known).report(bundle)
}

/// An event, and what follows from it by what is known so far.
pub(super) struct Examined {
    pub(super) event: Event,
    pub(super) activity: Activity,
    pub(super) verdict: Verdict,
    pub(super) plan: Plan,
}

impl Examined {
    pub(super) fn of(event: Event, setup: Setup<'_>, known: &Known) -> Self {
        let activity = Activity::interpret(&event, setup.deployment, known);
        Self::judged(event, activity, setup, known.now)
    }

    /// The same of an activity of which more is known than the event tells.
    pub(super) fn judged(
        event: Event,
        activity: Activity,
        setup: Setup<'_>,
        now: Option<Timestamp>,
    ) -> Self {
        let verdict = setup.bundle.judge(&activity, setup.mode, now);
        let bounds = Bounds::new(&setup.bundle.settings, setup.deployment, now);
        let plan = Plan::draw(&activity, &verdict, bounds);
        Self {
            event,
            activity,
            verdict,
            plan,
        }
    }

    /// Whether anybody needs to hear of it.
    pub(super) fn is_alerting(&self) -> bool {
        concerns_anybody(&self.activity, &self.verdict)
    }

    pub(super) fn report(self, bundle: &Bundle) -> Report {
        Report::new(self.event, self.activity, self.verdict, self.plan, bundle)
    }
}
