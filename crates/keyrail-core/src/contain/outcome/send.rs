//! Sending a change.

use super::changes::next_change;
use super::target::Target;
use crate::change::Change;
use crate::effects::{AccountClient, EffectError, EffectErrorKind, Effects};

/// A change, and IAM's answer to it.
pub(super) struct Sent {
    pub(super) change: Change,
    pub(super) answer: Result<(), EffectError>,
}

/// Sends a change, or what does the same if a quota leaves no room for it.
pub(super) async fn send<H: AccountClient + Clone>(
    target: &Target<'_, H>,
    mut change: Change,
    effects: &impl Effects<AccountClient = H>,
) -> Sent {
    loop {
        let answer = target.client.make(&change).await;
        let is_full = matches!(&answer, Err(error) if error.kind == EffectErrorKind::Full);
        if !is_full {
            return Sent { change, answer };
        }
        match next_change(&change, target, effects).await {
            Ok(Some(next)) => change = next,
            Ok(None) => return Sent { change, answer },
            Err(error) => {
                return Sent {
                    change,
                    answer: Err(error),
                };
            }
        }
    }
}
