//! The search for what IAM says is not there: gone, not yet known, or under another name.

use futures_util::future::join;
use jiff::Timestamp;

use super::ending::{Ending, Seen};
use super::target::Target;
use crate::change::{Change, Nature, ObservedState};
use crate::effects::{AccountClient, EffectError, EffectErrorKind, Effects, To, UserRecord};
use crate::id::{AccessKeyId, UserName};
use crate::patience::is_fresh;

/// How often something must not be found before it is believed to be gone.
const MISSES: u32 = 2;

/// Whose a key is and who the user is are asked at first, and then at each so many tries.
const EACH: u32 = 5;

/// What a try has found.
pub(super) enum Found<'a, H> {
    Ended(Ending),
    MayBeThere,
    /// The user has another name.
    Moved(Box<Target<'a, H>>),
}

/// What is sought.
pub(super) struct Sought<'a> {
    pub(super) change: &'a Change,
    /// A key of the user's.
    pub(super) evidence: Option<&'a AccessKeyId>,
    /// The user's unique id, as the event shows it.
    pub(super) user_id: Option<&'a String>,
    /// When what the event tells of happened.
    pub(super) time: Option<Timestamp>,
    /// Whether IAM may not know it yet.
    pub(super) is_new: bool,
}

/// What is known so far.
#[derive(Debug, Default)]
pub(super) struct Search {
    tries: u32,
    /// How often in a row the same user did not have it.
    misses: u32,
    /// The user's unique id.
    id: Option<String>,
    /// How often in a row there was no such user.
    user_misses: u32,
}

impl Search {
    /// Asks once more. *Gone* is believed of the same user by id, whose full list is twice
    /// without it, and not of what the event says was made minutes ago. `seen` is what was just
    /// read of the change.
    pub(super) async fn go_on<'a, H: AccountClient + Clone>(
        &mut self,
        target: &Target<'a, H>,
        sought: &Sought<'_>,
        seen: Option<&Seen>,
        effects: &impl Effects<AccountClient = H>,
    ) -> Found<'a, H> {
        self.tries += 1;
        let change = sought.change;
        let read = seen.and_then(|seen| Some((*seen.state.as_ref().ok()?, seen.at)));
        let Some((observed, at)) = read else {
            return Found::MayBeThere;
        };
        if !is_absent(change, observed) {
            self.misses = 0;
            return Found::MayBeThere;
        }
        let is_fresh = is_fresh(sought.time, effects);
        let Some(user) = target.to.user() else {
            self.misses += 1;
            return match !is_fresh && self.misses >= MISSES {
                true => Found::Ended(Ending::AlreadyGone {
                    what: match &target.to {
                        To::Role(_) => ObservedState::OwnerGone,
                        To::Root | To::User(_) => ObservedState::TargetGone,
                    },
                    change: change.clone(),
                    at,
                }),
                false => Found::MayBeThere,
            };
        };
        if self.tries > MISSES && !self.tries.is_multiple_of(EACH) {
            return Found::MayBeThere;
        }
        let owner = async {
            match sought.evidence {
                Some(key) => Some(target.client.owner(key).await),
                None => None,
            }
        };
        let (owner, record) = join(owner, target.client.user(user)).await;
        match owner {
            Some(Ok(owner)) if owner != *user => {
                return match target.called(owner, effects).await {
                    Ok(moved) => Found::Moved(Box::new(moved)),
                    Err(ending) => Found::Ended(ending),
                };
            }
            // A list without it lags behind IAM's word that it is there.
            Some(Ok(_)) if change.key() == sought.evidence => {
                self.misses = 0;
                return Found::MayBeThere;
            }
            // A key that was deleted is another's or nobody's: IAM does not tell which.
            Some(Ok(_) | Err(_)) | None => {}
        }
        self.note(record, user, sought, is_fresh, at)
    }

    fn note<'a, H>(
        &mut self,
        record: Result<UserRecord, EffectError>,
        user: &UserName,
        sought: &Sought<'_>,
        is_fresh: bool,
        at: Timestamp,
    ) -> Found<'a, H> {
        let change = sought.change;
        match record {
            // Of the event's user this one has no more than the name.
            Ok(record) if sought.time.is_some_and(|time| record.created > time) => {
                return Found::Ended(Ending::Younger { user: user.clone() });
            }
            Ok(record) if sought.user_id.is_some_and(|id| *id != record.id) => {
                return Found::Ended(Ending::Unproven {
                    user: user.clone(),
                    what: change.clone(),
                });
            }
            Ok(record) => {
                self.user_misses = 0;
                self.misses = match self.id.as_ref() == Some(&record.id) {
                    true => self.misses + 1,
                    false => 1,
                };
                self.id = Some(record.id);
                // What is put on a user cannot be missing, and of what the event does not say
                // that it was just made IAM knows enough.
                let may_be_new = is_fresh && sought.is_new;
                if self.misses >= MISSES && !change.is_put() && !may_be_new {
                    return Found::Ended(Ending::AlreadyGone {
                        what: ObservedState::TargetGone,
                        change: change.clone(),
                        at,
                    });
                }
            }
            Err(error) if error.kind == EffectErrorKind::Gone => {
                self.misses = 0;
                self.user_misses += 1;
                if self.user_misses >= MISSES && !is_fresh {
                    return Found::Ended(Ending::Vanished {
                        user: user.clone(),
                        change: Some(change.clone()),
                    });
                }
            }
            Err(error) if error.kind.may_pass() => {}
            // keyrail may not ask who the user is.
            Err(error) => {
                if self.tries >= MISSES && !is_fresh {
                    return Found::Ended(Ending::failed_at(change, error));
                }
            }
        }
        Found::MayBeThere
    }

    /// What it comes to when the time is over.
    pub(super) fn given_up<H>(
        &self,
        target: &Target<'_, H>,
        change: &Change,
        error: EffectError,
        last: Option<Seen>,
        reads: u32,
    ) -> Ending {
        let user = target.to.user();
        if let (Some(user), true) = (user, self.user_misses > 0) {
            return Ending::Vanished {
                user: user.clone(),
                change: Some(change.clone()),
            };
        }
        let seen = last
            .as_ref()
            .map(|seen| (seen.state.as_ref().ok().copied(), seen.at));
        match seen {
            Some((Some(ObservedState::Made), at)) if !is_absent(change, ObservedState::Made) => {
                Ending::AlreadyMade {
                    change: change.clone(),
                    at,
                    reads,
                    failed: Some(error),
                }
            }
            Some((Some(observed), _)) if is_absent(change, observed) && !change.is_put() => {
                Ending::Unseen {
                    change: change.clone(),
                    last,
                    reads,
                }
            }
            Some(_) | None => Ending::Failed {
                change: Some(change.clone()),
                error,
                last,
                reads,
                may_be_made: false,
            },
        }
    }
}

/// Whether what was read shows nothing that the change could be made to.
fn is_absent(change: &Change, observed: ObservedState) -> bool {
    match (change.nature(), observed) {
        (_, ObservedState::TargetGone | ObservedState::OwnerGone) => true,
        (Nature::Sets(_), ObservedState::Made | ObservedState::NotMade(_)) => false,
        // What is to be removed is not there.
        (Nature::Removes, ObservedState::Made) => true,
        (Nature::Removes, ObservedState::NotMade(_)) => false,
        // The user is what may be missing.
        (Nature::Puts, ObservedState::Made | ObservedState::NotMade(_)) => true,
    }
}
