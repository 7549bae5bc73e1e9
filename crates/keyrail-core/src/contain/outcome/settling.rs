//! Finding out whom a containment is about, before anything is changed.

use jiff::Timestamp;

use super::ending::{Ending, Seen};
use super::search::{Found, Search, Sought};
use super::target::Target;
use crate::bundle::Protected;
use crate::change::{Change, ObservedState, Status};
use crate::effects::{AccountClient, EffectError, EffectErrorKind, Effects, SessionScope, To};
use crate::id::{AccessKeyId, UserName};
use crate::patience::{Patience, WaitFor, is_fresh};
use crate::plan::{Effect, Owner, Who};

impl<'a, H: AccountClient + Clone> Target<'a, H> {
    /// Finds out who it is, if the event does not show it, and reaches there.
    pub(super) async fn find(
        effect: &Effect,
        mut reach: SessionScope,
        protected: &'a Protected,
        effects: &impl Effects<AccountClient = H>,
    ) -> Result<Self, Ending> {
        let mut found = None;
        let mut in_list = None;
        let to = match &effect.who {
            Who::Role(role) => To::Role(role.clone()),
            Who::Root => To::Root,
            Who::User(Owner::Shown(user) | Owner::Since(user, _)) => To::User(user.clone()),
            Who::User(Owner::Asked { key, expected }) => {
                let asking = SessionScope {
                    to: None,
                    actions: [OWNER].into(),
                    ..reach.clone()
                };
                let owner = match owner(&asking, key, effects).await? {
                    Holder::User(owner) => {
                        if expected.as_ref().is_some_and(|user| *user != owner) {
                            return Err(Ending::Mismatch { owner });
                        }
                        found = Some(owner.clone());
                        owner
                    }
                    // Whether the user whom the event names has the key, the user's list tells.
                    Holder::NotTold(error) => {
                        let Some(user) = expected else {
                            let key = key.clone();
                            return Err(Ending::Unattributed { key, error });
                        };
                        in_list = Some(Change::Key {
                            user: user.clone(),
                            key: key.clone(),
                            status: Status::Inactive,
                        });
                        user.clone()
                    }
                };
                if protected.has_user(&reach.account, &owner) {
                    return Err(Ending::Protected { owner });
                }
                To::User(owner)
            }
        };
        reach.to = Some(to.clone());
        let mut patience = Patience::until_deadline(effects);
        let client = patience.repeat(effects, async || effects.reach(&reach).await);
        let target = Self {
            client: client.await.map_err(Ending::failed)?,
            is_known: found.is_some(),
            is_second_hand: matches!(
                effect.who,
                Who::User(Owner::Asked { .. } | Owner::Since(..))
            ),
            reach,
            protected,
            to,
            found,
        };
        let is_known = match (&effect.who, in_list) {
            (Who::User(Owner::Since(user, time)), _) => {
                target.check_age(user, *time, effects).await?;
                true
            }
            (_, Some(listed)) => {
                target.check_list(listed, effect, effects).await?;
                true
            }
            (_, None) => target.is_known,
        };
        Ok(Self { is_known, ..target })
    }

    /// Whether a key is in its user's list, where IAM does not say whose it is. Until it is seen
    /// there, nothing is changed.
    async fn check_list(
        &self,
        listed: Change,
        effect: &Effect,
        effects: &impl Effects<AccountClient = H>,
    ) -> Result<(), Ending> {
        let mut patience = Patience::until_deadline(effects);
        let mut search = Search::default();
        loop {
            let seeing = patience.repeat(effects, async || self.client.see(&listed).await);
            let observed = seeing.await.map_err(Ending::failed)?;
            if let ObservedState::Made | ObservedState::NotMade(_) = observed {
                return Ok(());
            }
            let seen = Seen {
                state: Ok(observed),
                at: effects.now(),
            };
            let sought = Sought {
                change: &listed,
                evidence: None,
                user_id: effect.user_id.as_ref(),
                time: effect.time,
                is_new: effect.is_new,
            };
            match search.go_on(self, &sought, Some(&seen), effects).await {
                // An event that is so old is not looked at again: whoever has the key by now is for
                // people to find.
                Found::Ended(Ending::Vanished { user, .. }) => {
                    return Err(Ending::Vanished { user, change: None });
                }
                Found::Ended(ending) => return Err(ending),
                // Only a key tells of another name.
                Found::Moved(_) | Found::MayBeThere => {}
            }
            if !patience.wait(WaitFor::Change, effects).await {
                return Err(Ending::Unseen {
                    change: listed,
                    last: Some(seen),
                    reads: 1,
                });
            }
        }
    }

    /// The user who holds the event's key, whose name may be somebody else's by now. Where
    /// IAM does not say whose the key is, that user has to be shown to hold it.
    pub(super) async fn known(
        self,
        effect: &Effect,
        effects: &impl Effects<AccountClient = H>,
    ) -> Result<Self, Ending> {
        let (Some(key), Some(user), false) = (&effect.evidence, self.to.user(), self.is_known)
        else {
            return Ok(self);
        };
        let mut patience = Patience::until_deadline(effects);
        let asked = patience.repeat(effects, async || self.client.owner(key).await);
        let known = match holder(asked.await).map_err(Ending::failed)? {
            Holder::User(owner) if owner == *user => self,
            Holder::User(owner) => Self {
                found: Some(owner.clone()),
                ..self.called(owner, effects).await?
            },
            Holder::NotTold(_) => {
                self.check_holds(user, key, effect, effects).await?;
                self
            }
        };
        Ok(Self {
            is_known: true,
            ..known
        })
    }

    /// Whether the user of a name is the one who held a key, where IAM does not say whose it is: the
    /// key is in the user's list, or the user has the id that the event shows. A name proves
    /// nothing, since users can be renamed.
    async fn check_holds(
        &self,
        user: &UserName,
        key: &AccessKeyId,
        effect: &Effect,
        effects: &impl Effects<AccountClient = H>,
    ) -> Result<(), Ending> {
        let listed = Change::Key {
            user: user.clone(),
            key: key.clone(),
            status: Status::Inactive,
        };
        let mut patience = Patience::until_deadline(effects);
        loop {
            let seeing = patience.repeat(effects, async || self.client.see(&listed).await);
            if let Ok(ObservedState::Made | ObservedState::NotMade(_)) = seeing.await {
                return Ok(());
            }
            let record = self.record(user, effect.time, effects).await?;
            if effect.user_id.as_ref() == Some(&record.id) {
                return Ok(());
            }
            // The key may be too new to be in the list.
            if !is_fresh(effect.time, effects) || !patience.wait(WaitFor::Change, effects).await {
                return Err(Ending::Unproven {
                    user: user.clone(),
                    what: listed,
                });
            }
        }
    }

    /// Whether the user of a name existed at a time, and is not another one who has the name by
    /// now.
    async fn check_age(
        &self,
        user: &UserName,
        time: Timestamp,
        effects: &impl Effects<AccountClient = H>,
    ) -> Result<(), Ending> {
        let record = self.record(user, Some(time), effects).await?;
        match record.created > time {
            true => Err(Ending::Younger { user: user.clone() }),
            false => Ok(()),
        }
    }
}

/// Tells whose a key is.
const OWNER: &str = "iam:GetAccessKeyLastUsed";

/// Whose a key is.
enum Holder {
    User(UserName),
    /// IAM does not say: the key was deleted, or is another account's, or keyrail may not ask.
    NotTold(EffectError),
}

fn holder(answer: Result<UserName, EffectError>) -> Result<Holder, EffectError> {
    match answer {
        Ok(owner) => Ok(Holder::User(owner)),
        Err(error) if matches!(error.kind, EffectErrorKind::Denied | EffectErrorKind::Gone) => {
            Ok(Holder::NotTold(error))
        }
        Err(error) => Err(error),
    }
}

async fn owner<E: Effects>(
    reach: &SessionScope,
    key: &AccessKeyId,
    effects: &E,
) -> Result<Holder, Ending> {
    let mut patience = Patience::until_deadline(effects);
    let reaching = patience.repeat(effects, async || effects.reach(reach).await);
    let client = reaching.await.map_err(Ending::failed)?;
    let asked = patience.repeat(effects, async || client.owner(key).await);
    holder(asked.await).map_err(Ending::failed)
}
