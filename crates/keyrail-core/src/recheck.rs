//! Re-check: what keyrail contained, looked at again some time later.
//!
//! IAM takes seconds to make a change felt, and an attacker who is still in uses them. So
//! a delay queue brings each containment back, after half a minute and after five.

use std::time::Duration;

use jiff::Timestamp;

use self::look::all_credentials;
pub(crate) use self::look::{Found, Haste, found};
pub(crate) use self::message::FIRST_ROUND;
pub use self::message::{MOST_ROUNDS, Recheck};
pub(crate) use self::sentences::CUT_SHORT;
use crate::activity::{Activity, Target};
use crate::circumstances::Setup;
use crate::effects::{AccountClient, EffectError, EffectErrorKind, Effects, To};
use crate::event::Event;
use crate::patience::Patience;
use crate::plan::{Act, Bounds, Effect, Owner, Plan, Step, Who, Withheld};
use crate::report::{About, Report};
use crate::taxonomy::TargetKind;
use crate::words::Mode;

mod look;
mod message;
mod sentences;

/// When a containment is looked at again, after it was made.
pub(crate) const DELAYS: [Duration; 2] = [Duration::from_secs(30), Duration::from_mins(5)];

/// How long listing a user's credentials after containment is tried: the alert is out, and what is
/// not listed is known by its age.
const STOCK_TAKING: Duration = Duration::from_secs(3);

impl Recheck {
    /// Adds which of the user's credentials work by now.
    ///
    /// # Errors
    ///
    /// If IAM does not tell; what is younger than the event is found all the same.
    pub(crate) async fn take_stock(&mut self, effects: &impl Effects) -> Result<(), EffectError> {
        let to = self.to();
        let Some(user) = to.user() else {
            return Ok(());
        };
        let patience = Patience::for_at_most(STOCK_TAKING, effects);
        let mut patience = patience.leaving_allowance();
        let reach = self.reach();
        let reaching = patience.repeat(effects, async || effects.reach(&reach).await);
        let client = reaching.await?;
        // One call before the five of the list: where IAM throttles, that is enough to know.
        let asking = patience.repeat(effects, async || client.user(user).await);
        let record = asking.await;
        self.created = record.as_ref().ok().map(|record| record.created);
        if let Err(error) = record
            && error.kind == EffectErrorKind::Throttled
        {
            return Err(error);
        }
        let held = all_credentials(user, &client, &patience, effects).await?;
        let working = held.into_iter().filter(|held| held.active);
        self.working = Some(working.map(|held| held.id).collect());
        Ok(())
    }

    /// What is told of what was found, and what is to be done about it.
    pub(crate) fn report(&self, found: Vec<Found>, setup: Setup<'_>, now: Timestamp) -> Report {
        let mut what: Vec<&str> = found.iter().map(|found| found.what.as_str()).collect();
        what.dedup();
        let about = About::Comeback(what.join("; "));
        let event = Event {
            id: Some(self.event.clone()),
            account: Some(self.account.to_string()),
            region: self.region.clone(),
            ..Event::own("Recheck", now)
        };
        let activity = Activity {
            action: Some("keyrail:Recheck".to_owned()),
            target: Target {
                kind: TargetKind::User,
                account: event.account.clone(),
                user: Some(self.to().name().to_owned()),
                ..Target::default()
            },
            ..Activity::noted(&event)
        };
        let verdict = setup.bundle.judge(&activity, setup.mode, Some(now));
        let bounds = Bounds::new(&setup.bundle.settings, setup.deployment, Some(now));
        let mut steps: Vec<Step> = Vec::new();
        for act in found.into_iter().filter_map(|found| found.act) {
            let step = self.step(act, verdict.mode, bounds);
            if !steps.contains(&step) {
                steps.push(step);
            }
        }
        steps.sort_by_key(|step| step.name);
        let mut report = Report {
            about,
            ..Report::new(event, activity, verdict, Plan { steps }, setup.bundle)
        };
        if self.round + 1 >= MOST_ROUNDS {
            report.not_known.push(sentences::last_round(MOST_ROUNDS));
        }
        report
    }

    /// What is to be done again, or why it is not.
    fn step(&self, act: Act, mode: Mode, bounds: Bounds<'_>) -> Step {
        let to = self.to();
        let who = match to.clone() {
            To::Role(role) => Who::Role(role),
            To::Root => Who::Root,
            To::User(user) => Who::User(Owner::Shown(user)),
        };
        let name = act.step();
        let withheld = bounds
            .forbids(name, &self.account, &who)
            .or((mode == Mode::Observe).then_some(Withheld::Observe));
        Step {
            name,
            target: Some(act.id().unwrap_or(to.name()).to_owned()),
            decision: withheld.map_or_else(
                || {
                    Ok(Effect {
                        account: self.account.clone(),
                        who,
                        act,
                        evidence: self.key().cloned(),
                        time: Some(self.since),
                        user_id: None,
                        is_new: true,
                        restores: true,
                    })
                },
                Err,
            ),
        }
    }
}
