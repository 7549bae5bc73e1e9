//! Whom a containment is about.

use jiff::Timestamp;

use super::ending::{Ending, Seen};
use crate::bundle::Protected;
use crate::change::Change;
use crate::effects::{EffectErrorKind, Effects, Hands, Reach, To, UserRecord};
use crate::id::UserName;
use crate::patience::{Patience, WaitFor, is_fresh};

/// Whom a containment is about, and the way to them.
#[derive(Clone)]
pub(super) struct Target<'a, H> {
    pub(super) hands: H,
    pub(super) reach: Reach,
    pub(super) protected: &'a Protected,
    pub(super) to: To,
    /// The owner as IAM says, if the event did not say the same.
    pub(super) found: Option<UserName>,
    /// Whether IAM has shown that it is whom the event is about.
    pub(super) is_known: bool,
    /// Whether the event is old, or somebody else's word.
    pub(super) is_second_hand: bool,
}

impl<H: Hands + Clone> Target<'_, H> {
    /// What IAM has on a user, who may be too new to be known yet.
    pub(super) async fn record(
        &self,
        user: &UserName,
        time: Option<Timestamp>,
        effects: &impl Effects<Hands = H>,
    ) -> Result<UserRecord, Ending> {
        let mut patience = Patience::until_deadline(effects);
        loop {
            let asking = patience.repeat(effects, async || self.hands.user(user).await);
            let error = match asking.await {
                Ok(record) => return Ok(record),
                Err(error) => error,
            };
            if error.kind != EffectErrorKind::Gone {
                return Err(Ending::failed(error));
            }
            if !is_fresh(time, effects) || !patience.wait(WaitFor::Change, effects).await {
                return Err(Ending::Vanished {
                    user: user.clone(),
                    change: None,
                });
            }
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
        let mut patience = Patience::until_deadline(effects);
        let hands = patience.repeat(effects, async || effects.reach(&reach).await);
        Ok(Self {
            hands: hands.await.map_err(Ending::failed)?,
            reach,
            protected: self.protected,
            to,
            found: self.found.clone(),
            is_known: true,
            is_second_hand: self.is_second_hand,
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
