//! One step: the change, and what is read before it is believed.

use std::time::Duration;

use futures_util::future::{Either, select};

use super::changes::{first_change, next_change};
use super::ending::{Ending, Seen};
use crate::change::{Change, Sight};
use crate::effects::{EffectError, EffectErrorKind, Effects, Hands, Reach, To};
use crate::id::{AccessKeyId, RoleName, UserName};
use crate::plan::{Effect, Owner, Plan, Who};

/// How often the state is read back: IAM shows most changes at once, and some
/// after seconds (IAM User Guide, "Changes that I make are not always immediately
/// visible", checked 2026-11-24). The alert does not wait for those.
pub const READ_BACKS: u32 = 3;

/// The pause between two of them.
pub const PAUSE: Duration = Duration::from_millis(250);

/// Whom a containment is about, and the way to them.
#[derive(Clone)]
pub(super) struct Target<H> {
    pub(super) hands: H,
    reach: Reach,
    pub(super) name: Name,
    /// The owner as IAM says, if the event did not say the same.
    found: Option<UserName>,
}

#[derive(Clone)]
pub(super) enum Name {
    Role(RoleName),
    Root,
    User(UserName),
}

impl<H: Hands + Clone> Target<H> {
    /// Finds out who it is, if the event does not show it, and reaches there.
    pub(super) async fn settle(
        who: &Who,
        mut reach: Reach,
        plan: &Plan,
        effects: &impl Effects<Hands = H>,
    ) -> Result<Self, Ending> {
        let mut found = None;
        let name = match who {
            Who::Role(role) => Name::Role(role.clone()),
            Who::Root => Name::Root,
            Who::User(Owner::Shown(user) | Owner::Since(user, _)) => Name::User(user.clone()),
            Who::User(Owner::Asked { key, expected }) => {
                let asking = Reach {
                    to: None,
                    actions: [OWNER].into(),
                    ..reach.clone()
                };
                let owner = owner(&asking, key, effects).await?;
                if expected.as_ref().is_some_and(|user| *user != owner) {
                    return Err(Ending::Mismatch { owner });
                }
                if plan.protected.has_user(&reach.account, &owner) {
                    return Err(Ending::Protected { owner });
                }
                found = Some(owner.clone());
                Name::User(owner)
            }
        };
        reach.to = Some(match &name {
            Name::Role(role) => To::Role(role.clone()),
            Name::Root => To::Root,
            Name::User(user) => To::User(user.clone()),
        });
        let hands = effects.reach(&reach).await.map_err(Ending::failed)?;
        if let Who::User(Owner::Since(user, time)) = who {
            match hands.user(user).await {
                Ok(record) if record.created <= *time => {}
                Ok(_) => return Err(Ending::Younger { user: user.clone() }),
                Err(error) => return Err(Ending::failed(error)),
            }
        }
        Ok(Self {
            hands,
            reach,
            name,
            found,
        })
    }

    pub(super) fn user(&self) -> Option<&UserName> {
        match &self.name {
            Name::User(user) => Some(user),
            Name::Role(_) | Name::Root => None,
        }
    }

    /// The same for a user of another name.
    async fn called(
        &self,
        user: UserName,
        effects: &impl Effects<Hands = H>,
    ) -> Result<Self, EffectError> {
        let reach = Reach {
            to: Some(To::User(user.clone())),
            ..self.reach.clone()
        };
        Ok(Self {
            hands: effects.reach(&reach).await?,
            reach,
            name: Name::User(user),
            found: self.found.clone(),
        })
    }

    async fn look(&self, change: &Change, effects: &impl Effects<Hands = H>) -> Seen {
        let state = self.hands.see(change).await;
        Seen {
            state,
            at: effects.now(),
        }
    }
}

/// Tells whose a key is.
const OWNER: &str = "iam:GetAccessKeyLastUsed";

async fn owner<E: Effects>(
    reach: &Reach,
    key: &AccessKeyId,
    effects: &E,
) -> Result<UserName, Ending> {
    let hands = effects.reach(reach).await.map_err(Ending::failed)?;
    match hands.owner(key).await {
        Ok(owner) => Ok(owner),
        Err(error) if error.kind == EffectErrorKind::Gone => Err(Ending::AlreadyGone {
            what: Sight::TargetGone,
            of_key: true,
        }),
        Err(error) => Err(Ending::failed(error)),
    }
}

/// A step whose change has been answered.
pub(super) struct Attempt<H> {
    progress: Progress,
    /// The user under another name, if IAM says that it has one.
    pub(super) moved: Option<Target<H>>,
    pub(super) has_moved: bool,
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

impl<H: Hands + Clone> Attempt<H> {
    /// Makes the change that a step stands for, or the next best if a quota is full.
    pub(super) async fn start(
        target: &Target<H>,
        effect: &Effect,
        effects: &impl Effects<Hands = H>,
    ) -> Self {
        let Some(change) = first_change(effect, target, effects) else {
            // The plan pairs each act with who it is done to.
            return Self::ended(Ending::failed(EffectError {
                kind: EffectErrorKind::Other,
                message: "the plan names another kind of target".to_owned(),
            }));
        };
        let mut change = change;
        loop {
            match send(target, &change, effects).await {
                Sent::Progress(progress) => {
                    return Self {
                        progress,
                        moved: None,
                        has_moved: false,
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
            has_moved: false,
        }
    }

    /// IAM knows no such user, or nothing such of the user's: has it been deleted, or does
    /// the user have another name by now? Only IAM's word that the key is gone is
    /// believed, as a renamed user's key works on.
    async fn find(
        target: &Target<H>,
        effect: &Effect,
        change: Change,
        error: EffectError,
        before: Option<Sight>,
        effects: &impl Effects<Hands = H>,
    ) -> Self {
        let Some(user) = target.user() else {
            let what = match &target.name {
                Name::Role(_) => Sight::OwnerGone,
                Name::Root | Name::User(_) => Sight::TargetGone,
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
            has_moved: false,
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
        target: &Target<H>,
        effect: &Effect,
        owner: UserName,
        effects: &impl Effects<Hands = H>,
    ) -> Self {
        let moved = match target.called(owner.clone(), effects).await {
            Ok(moved) => moved,
            Err(error) => return Self::ended(Ending::failed(error)),
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
            has_moved: true,
        }
    }

    /// Reads back until the state is as the change leaves it.
    pub(super) async fn confirm(
        self,
        target: &Target<H>,
        effects: &impl Effects<Hands = H>,
    ) -> Ending {
        let ending = match self.progress {
            Progress::Ended(ending) => ending,
            Progress::Made {
                change,
                doubt,
                before,
            } => read_back(target, change, doubt, before, effects).await,
        };
        match (self.has_moved, target.user(), &target.found) {
            (true, Some(owner), _) => Ending::Renamed {
                owner: owner.clone(),
                ending: Box::new(ending),
            },
            (false, _, Some(owner)) => Ending::Found {
                owner: owner.clone(),
                ending: Box::new(ending),
            },
            _ => ending,
        }
    }
}

/// The change goes out first, and what the state is beside it: nothing waits
/// for that, and if it is answered before the change is confirmed, it tells a
/// key that had been stopped already from one that keyrail stops.
async fn send<H: Hands + Clone>(
    target: &Target<H>,
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
    target: &Target<H>,
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
