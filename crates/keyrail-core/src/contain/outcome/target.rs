//! Whom a containment is about.

use jiff::Timestamp;

use super::ending::{Ending, Seen};
use crate::bundle::Protected;
use crate::change::Change;
use crate::effects::{AccountClient, EffectErrorKind, Effects, SessionScope, To, UserRecord};
use crate::id::UserName;
use crate::patience::{Patience, WaitFor, is_fresh};

/// Whom a containment is about, and the way to them.
#[derive(Clone)]
pub(super) struct Target<'a, H> {
    pub(super) client: H,
    pub(super) reach: SessionScope,
    pub(super) protected: &'a Protected,
    pub(super) to: To,
    /// The owner as IAM says, if the event did not say the same.
    pub(super) found: Option<UserName>,
    /// Whether IAM has shown that it is whom the event is about.
    pub(super) is_known: bool,
    /// Whether the event is old, or somebody else's word.
    pub(super) is_second_hand: bool,
}

impl<H: AccountClient + Clone> Target<'_, H> {
    /// What IAM has on a user, who may be too new to be known yet.
    pub(super) async fn record(
        &self,
        user: &UserName,
        time: Option<Timestamp>,
        effects: &impl Effects<AccountClient = H>,
    ) -> Result<UserRecord, Ending> {
        let mut patience = Patience::until_deadline(effects);
        loop {
            let asking = patience.repeat(effects, async || self.client.user(user).await);
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
        effects: &impl Effects<AccountClient = H>,
    ) -> Result<Self, Ending> {
        if self.protected.has_user(&self.reach.account, &user) {
            return Err(Ending::Protected { owner: user });
        }
        let to = To::User(user);
        let reach = SessionScope {
            to: Some(to.clone()),
            ..self.reach.clone()
        };
        let mut patience = Patience::until_deadline(effects);
        let client = patience.repeat(effects, async || effects.reach(&reach).await);
        Ok(Self {
            client: client.await.map_err(Ending::failed)?,
            reach,
            protected: self.protected,
            to,
            found: self.found.clone(),
            is_known: true,
            is_second_hand: self.is_second_hand,
        })
    }

    pub(super) async fn look(
        &self,
        change: &Change,
        effects: &impl Effects<AccountClient = H>,
    ) -> Seen {
        let state = self.client.see(change).await;
        Seen {
            state,
            at: effects.now(),
        }
    }
}
