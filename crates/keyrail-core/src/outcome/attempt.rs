//! One step: the change, and what is read before it is believed.

use std::time::Duration;

use futures_util::future::{Either, select};

use super::changes::{first_change, next_change};
use super::ending::Ending;
use super::target::Target;
use crate::change::{Change, Sight};
use crate::effects::{EffectError, EffectErrorKind, Effects, Hands, To};
use crate::id::UserName;
use crate::plan::Effect;

/// How often the state is read back: IAM shows most changes at once, and some
/// after seconds (IAM User Guide, "Changes that I make are not always immediately
/// visible", checked 2026-11-24). The alert does not wait for those.
pub const READ_BACKS: u32 = 3;

/// The pause between two of them.
pub const PAUSE: Duration = Duration::from_millis(250);

/// A step whose change has been answered.
pub(super) struct Attempt<'a, H> {
    progress: Progress,
    /// The user under another name, if IAM says that it has one.
    pub(super) moved: Option<Target<'a, H>>,
}

enum Progress {
    Ended(Ending),
    /// The state is to be read back.
    Made {
        change: Change,
        /// Why the change may not have been made.
        doubt: Option<EffectError>,
        /// What was read before it was.
        before: Option<Sight>,
    },
}

/// What became of sending a change.
enum Sent {
    Gone {
        error: EffectError,
        before: Option<Sight>,
    },
    Progress(Progress),
    /// A quota is full, so that nothing was changed.
    Full(EffectError),
}

impl<'a, H: Hands + Clone> Attempt<'a, H> {
    /// Makes the change that a step stands for, or the next best if a quota is full.
    pub(super) async fn start(
        target: &Target<'a, H>,
        effect: &Effect,
        effects: &impl Effects<Hands = H>,
    ) -> Self {
        let Some(mut change) = first_change(effect, target, effects) else {
            // The plan pairs each act with who it is done to.
            return Self::ended(Ending::failed(EffectError {
                kind: EffectErrorKind::Other,
                message: "the plan names another kind of target".to_owned(),
            }));
        };
        loop {
            match send(target, &change, effects).await {
                Sent::Progress(progress) => {
                    return Self {
                        progress,
                        moved: None,
                    };
                }
                Sent::Gone { error, before } => {
                    return Self::find(target, effect, change, error, before, effects).await;
                }
                Sent::Full(error) => match next_change(&change, target, effects).await {
                    Ok(Some(next)) => change = next,
                    Ok(None) => return Self::ended(Ending::failed_at(&change, error)),
                    Err(error) => return Self::ended(Ending::failed_at(&change, error)),
                },
            }
        }
    }

    fn ended(ending: Ending) -> Self {
        Self {
            progress: Progress::Ended(ending),
            moved: None,
        }
    }

    /// IAM knows no such user, or nothing such of the user's: has it been deleted, or does
    /// the user have another name by now? Only IAM's word that the key is gone is
    /// believed, as a renamed user's key works on.
    async fn find(
        target: &Target<'a, H>,
        effect: &Effect,
        change: Change,
        error: EffectError,
        before: Option<Sight>,
        effects: &impl Effects<Hands = H>,
    ) -> Self {
        let Some(user) = target.to.user() else {
            let what = match &target.to {
                To::Role(_) => Sight::OwnerGone,
                To::Root | To::User(_) => Sight::TargetGone,
            };
            return Self::ended(Ending::AlreadyGone {
                what,
                of_key: change.key().is_some(),
            });
        };
        let unsure = |doubt| Self {
            progress: Progress::Made {
                change: change.clone(),
                doubt: Some(doubt),
                before: None,
            },
            moved: None,
        };
        if let Some(key) = &effect.evidence {
            match target.hands.owner(key).await {
                Ok(owner) if owner != *user => {
                    return Self::follow(target, effect, owner, effects).await;
                }
                // A list without it lags behind IAM's word that it is there.
                Ok(_) if change.key() == Some(key) => return unsure(error),
                Err(gone) if gone.kind == EffectErrorKind::Gone => {
                    if change.key() == Some(key) {
                        let what = before.filter(|before| *before == Sight::OwnerGone);
                        return Self::ended(Ending::AlreadyGone {
                            what: what.unwrap_or(Sight::TargetGone),
                            of_key: true,
                        });
                    }
                }
                Ok(_) => {}
                Err(failed) => return Self::ended(Ending::failed_at(&change, failed)),
            }
        }
        match target.hands.user(user).await {
            // What is put on a user cannot be missing.
            Ok(_) if change.is_put() => unsure(error),
            Ok(_) => Self::ended(Ending::AlreadyGone {
                what: Sight::TargetGone,
                of_key: change.key().is_some(),
            }),
            Err(gone) if gone.kind == EffectErrorKind::Gone => {
                Self::ended(Ending::Vanished { user: user.clone() })
            }
            Err(failed) => Self::ended(Ending::failed_at(&change, failed)),
        }
    }

    /// Does it to the user under its new name.
    async fn follow(
        target: &Target<'a, H>,
        effect: &Effect,
        owner: UserName,
        effects: &impl Effects<Hands = H>,
    ) -> Self {
        let moved = match target.called(owner.clone(), effects).await {
            Ok(moved) => moved,
            Err(ending) => return Self::ended(ending),
        };
        let Some(change) = first_change(effect, &moved, effects) else {
            return Self::ended(Ending::Vanished { user: owner });
        };
        let doubt = moved.hands.make(&change).await.err();
        Self {
            progress: Progress::Made {
                change,
                doubt,
                before: None,
            },
            moved: Some(moved),
        }
    }

    /// Whether IAM has shown that the credential is this target's: it took the change for
    /// it, or named the owner.
    pub(super) fn shows_owner(&self) -> bool {
        self.moved.is_some() || matches!(self.progress, Progress::Made { doubt: None, .. })
    }

    /// Reads back until the state is as the change leaves it.
    pub(super) async fn confirm(
        self,
        target: &Target<'a, H>,
        effects: &impl Effects<Hands = H>,
    ) -> Ending {
        let target = self.moved.as_ref().unwrap_or(target);
        let ending = match self.progress {
            Progress::Ended(ending) => ending,
            Progress::Made {
                change,
                doubt,
                before,
            } => read_back(target, change, doubt, before, effects).await,
        };
        let owner = match self.moved {
            Some(_) => target.to.user(),
            None => target.found.as_ref(),
        };
        let Some(owner) = owner.cloned() else {
            return ending;
        };
        let ending = Box::new(ending);
        match self.moved {
            Some(_) => Ending::Renamed { owner, ending },
            None => Ending::Found { owner, ending },
        }
    }
}

/// The change goes out first, and what the state is beside it: nothing waits
/// for that, and if it is answered before the change is confirmed, it tells a
/// key that had been stopped already from one that keyrail stops.
async fn send<H: Hands + Clone>(
    target: &Target<'_, H>,
    change: &Change,
    effects: &impl Effects<Hands = H>,
) -> Sent {
    let making = std::pin::pin!(target.hands.make(change));
    let looking = std::pin::pin!(target.look(change, effects));
    let (changed, before) = match select(making, looking).await {
        Either::Left((Ok(()), _)) => (Ok(()), None),
        // What a quota refuses, nothing that is read can mend.
        Either::Left((Err(error), _)) if error.kind == EffectErrorKind::Full => {
            return Sent::Full(error);
        }
        Either::Left((changed, looking)) => (changed, Some(looking.await)),
        Either::Right((before, making)) => (making.await, Some(before)),
    };
    let sight = before
        .as_ref()
        .and_then(|before| before.state.as_ref().ok())
        .copied();
    let change = change.clone();
    Sent::Progress(match (changed, before) {
        (Ok(()), _) => Progress::Made {
            change,
            doubt: None,
            before: sight,
        },
        (Err(error), _) if error.kind == EffectErrorKind::Gone => {
            return Sent::Gone {
                error,
                before: sight,
            };
        }
        (Err(error), _) if error.kind == EffectErrorKind::Full => return Sent::Full(error),
        // The change may have been made although no answer came: then the state that it
        // leaves, of any time, is as good as its confirmation.
        (Err(error), _) if error.kind.leaves_doubt() => Progress::Made {
            change,
            doubt: Some(error),
            before: None,
        },
        (Err(error), Some(before)) if sight == Some(Sight::Made) => {
            Progress::Ended(Ending::AlreadyMade {
                change,
                at: before.at,
                reads: 1,
                failed: Some(error),
            })
        }
        (Err(error), before) => Progress::Ended(Ending::Failed {
            change: Some(change),
            error,
            reads: u32::from(before.is_some()),
            last: before,
        }),
    })
}

/// `doubt` is why the change may not have been made, and `before` what was read before
/// it was.
async fn read_back<H: Hands + Clone>(
    target: &Target<'_, H>,
    change: Change,
    doubt: Option<EffectError>,
    before: Option<Sight>,
    effects: &impl Effects<Hands = H>,
) -> Ending {
    let mut last = None;
    for reads in 1..=READ_BACKS {
        if reads > 1 {
            effects.pause(PAUSE).await;
        }
        let seen = target.look(&change, effects).await;
        let at = seen.at;
        match (&seen.state, before) {
            (Ok(Sight::Made), Some(Sight::Made)) => {
                return Ending::AlreadyMade {
                    change,
                    at,
                    reads,
                    failed: doubt,
                };
            }
            (Ok(Sight::Made), _) => return Ending::Verified { change, at, reads },
            // A list without it lags behind a change that found it.
            (Ok(Sight::NotMade(_) | Sight::TargetGone | Sight::OwnerGone) | Err(_), _) => {
                last = Some(seen);
            }
        }
    }
    match doubt {
        Some(error) => Ending::Failed {
            change: Some(change),
            error,
            last,
            reads: READ_BACKS,
        },
        None => Ending::Accepted {
            change,
            last,
            reads: READ_BACKS,
        },
    }
}
