//! One step: its change, sent for the first time.

use super::changes::first_change;
use super::ending::{Ending, Seen};
use super::pursuit::Pursuit;
use super::send::{Sent, send};
use super::target::Target;
use crate::change::{Change, ObservedState};
use crate::effects::{AccountClient, EffectError, EffectErrorKind, Effects};
use crate::plan::Effect;

/// A step whose change has been sent once.
pub(super) struct Attempt<'a, H> {
    target: Target<'a, H>,
    effect: &'a Effect,
    progress: Progress,
}

enum Progress {
    Ended(Ending),
    Sent {
        sent: Sent,
        /// What was read before it was sent.
        before: Option<Seen>,
    },
}

impl<'a, H: AccountClient + Clone> Attempt<'a, H> {
    /// Sends the change that a step stands for, or the next best if a quota is full. Nothing
    /// is read before it, unless the event is old or second-hand: then somebody may have
    /// done the same long ago.
    pub(super) async fn start(
        target: &Target<'a, H>,
        effect: &'a Effect,
        effects: &impl Effects<AccountClient = H>,
    ) -> Self {
        let progress = match first_change(effect, target, effects) {
            Some(change) => {
                let before = match target.is_second_hand {
                    true => Some(target.look(&change, effects).await),
                    false => None,
                };
                let sent = send(target, change, effects).await;
                Progress::Sent { sent, before }
            }
            // The plan pairs each act with who it is done to.
            None => Progress::Ended(Ending::failed(EffectError {
                kind: EffectErrorKind::Refused,
                message: "the plan names another kind of target".to_owned(),
                cause: None,
            })),
        };
        Self {
            target: target.clone(),
            effect,
            progress,
        }
    }

    /// Whether IAM has shown that the credential is this target's: it took the change for it.
    pub(super) fn shows_owner(&self) -> bool {
        match &self.progress {
            Progress::Sent { sent, .. } => sent.answer.is_ok(),
            Progress::Ended(_) => false,
        }
    }

    /// Sends the change again as long as that could help, and reads back until the state is
    /// as the change leaves it.
    pub(super) async fn confirm(self, effects: &impl Effects<AccountClient = H>) -> Ending {
        let (sent, before) = match self.progress {
            Progress::Ended(ending) => return ending,
            Progress::Sent { sent, before } => (sent, before),
        };
        let pursuit = Pursuit::new(self.target, self.effect, sent.change, before, effects);
        pursuit.run(sent.answer, effects).await
    }
}

/// That what a step puts on a user or role is there already, if it is.
pub(super) async fn already_put<H: AccountClient + Clone>(
    target: &Target<'_, H>,
    effect: &Effect,
    effects: &impl Effects<AccountClient = H>,
) -> Option<Ending> {
    let change = first_change(effect, target, effects).filter(Change::is_put)?;
    let seen = target.look(&change, effects).await;
    matches!(seen.state, Ok(ObservedState::Made)).then_some(Ending::AlreadyMade {
        change,
        at: seen.at,
        reads: 1,
        failed: None,
    })
}
