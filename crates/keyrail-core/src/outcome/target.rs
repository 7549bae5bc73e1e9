//! Whom a containment is about.

use jiff::Timestamp;

use super::ending::{Ending, Seen};
use crate::bundle::Protected;
use crate::change::{Change, Sight};
use crate::effects::{EffectErrorKind, Effects, Hands, Reach, To};
use crate::id::{AccessKeyId, UserName};
use crate::plan::{Owner, Who};

/// Whom a containment is about, and the way to them.
#[derive(Clone)]
pub(super) struct Target<'a, H> {
    pub(super) hands: H,
    reach: Reach,
    protected: &'a Protected,
    pub(super) to: To,
    /// The owner as IAM says, if the event did not say the same.
    pub(super) found: Option<UserName>,
}

impl<'a, H: Hands + Clone> Target<'a, H> {
    /// Finds out who it is, if the event does not show it, and reaches there.
    pub(super) async fn settle(
        who: &Who,
        mut reach: Reach,
        protected: &'a Protected,
        effects: &impl Effects<Hands = H>,
    ) -> Result<Self, Ending> {
        let mut found = None;
        let to = match who {
            Who::Role(role) => To::Role(role.clone()),
            Who::Root => To::Root,
            Who::User(Owner::Shown(user) | Owner::Since(user, _)) => To::User(user.clone()),
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
                if protected.has_user(&reach.account, &owner) {
                    return Err(Ending::Protected { owner });
                }
                found = Some(owner.clone());
                To::User(owner)
            }
        };
        reach.to = Some(to.clone());
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
            protected,
            to,
            found,
        })
    }

    /// The user who holds a key, where that is another one than the target: the user of
    /// the event's name is then somebody else by now. `time` is the event's: by it somebody
    /// else is known where IAM does not know the key.
    pub(super) async fn holder_of(
        &self,
        key: &AccessKeyId,
        time: Option<Timestamp>,
        effects: &impl Effects<Hands = H>,
    ) -> Result<Option<Self>, Ending> {
        let Some(user) = self.to.user() else {
            return Ok(None);
        };
        match self.hands.owner(key).await {
            Ok(owner) if owner == *user => Ok(None),
            Ok(owner) => {
                let found = Some(owner.clone());
                let holder = self.called(owner, effects).await?;
                Ok(Some(Self { found, ..holder }))
            }
            // The user of that name has to be as old as the event, or it is another one. That
            // IAM denies to say tells nothing, and nobody is touched.
            Err(gone) if gone.kind == EffectErrorKind::Gone => {
                match (self.hands.user(user).await, time) {
                    (Ok(record), Some(time)) if record.created > time => {
                        Err(Ending::Younger { user: user.clone() })
                    }
                    (Ok(_), _) => Ok(None),
                    (Err(error), _) if error.kind == EffectErrorKind::Gone => {
                        Err(Ending::Vanished { user: user.clone() })
                    }
                    (Err(error), _) => Err(Ending::failed(error)),
                }
            }
            Err(error) => Err(Ending::failed(error)),
        }
    }

    /// The same for a user of another name.
    pub(super) async fn called(
        &self,
        user: UserName,
        effects: &impl Effects<Hands = H>,
    ) -> Result<Self, Ending> {
        if self.protected.has_user(&self.reach.account, &user) {
            return Err(Ending::Protected { owner: user });
        }
        let to = To::User(user);
        let reach = Reach {
            to: Some(to.clone()),
            ..self.reach.clone()
        };
        Ok(Self {
            hands: effects.reach(&reach).await.map_err(Ending::failed)?,
            reach,
            protected: self.protected,
            to,
            found: self.found.clone(),
        })
    }

    pub(super) async fn look(&self, change: &Change, effects: &impl Effects<Hands = H>) -> Seen {
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
