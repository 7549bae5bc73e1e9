//! Whom a containment is about.

use super::ending::{Ending, Seen};
use crate::bundle::Protected;
use crate::change::{Change, Sight};
use crate::effects::{EffectError, EffectErrorKind, Effects, Hands, Reach, To};
use crate::id::{AccessKeyId, UserName};
use crate::plan::{Effect, Owner, Who};

/// Whom a containment is about, and the way to them.
#[derive(Clone)]
pub(super) struct Target<'a, H> {
    pub(super) hands: H,
    reach: Reach,
    protected: &'a Protected,
    pub(super) to: To,
    /// The owner as IAM says, if the event did not say the same.
    pub(super) found: Option<UserName>,
    /// Whether IAM has shown that it is whom the event is about.
    pub(super) is_known: bool,
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
            is_known: matches!(who, Who::User(Owner::Asked { .. } | Owner::Since(..))),
        })
    }

    /// The user who holds the event's key, whose name may be somebody else's by now. Where
    /// IAM does not know the key, the user of that name has to be as old as the event; where
    /// it denies to say, nobody is touched.
    pub(super) async fn known(
        self,
        effect: &Effect,
        effects: &impl Effects<Hands = H>,
    ) -> Result<Self, Ending> {
        let (Some(key), Some(user), false) = (&effect.evidence, self.to.user(), self.is_known)
        else {
            return Ok(self);
        };
        let gone = |error: &EffectError| error.kind == EffectErrorKind::Gone;
        let known = match self.hands.owner(key).await {
            Ok(owner) if owner == *user => self,
            Ok(owner) => Self {
                found: Some(owner.clone()),
                ..self.called(owner, effects).await?
            },
            Err(error) if gone(&error) => match (self.hands.user(user).await, effect.time) {
                (Ok(record), Some(time)) if record.created > time => {
                    return Err(Ending::Younger { user: user.clone() });
                }
                (Ok(_), _) => self,
                (Err(error), _) if gone(&error) => {
                    return Err(Ending::Vanished { user: user.clone() });
                }
                (Err(error), _) => return Err(Ending::failed(error)),
            },
            Err(error) => return Err(Ending::failed(error)),
        };
        Ok(Self {
            is_known: true,
            ..known
        })
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
            is_known: true,
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
