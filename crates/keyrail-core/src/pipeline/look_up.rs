//! What IAM knows of the users in an activity.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;

use super::examine::Examined;
use crate::activity::Activity;
use crate::circumstances::Setup;
use crate::effects::{AccountClient, EffectError, EffectErrorKind, Effects, SessionScope, To};
use crate::event::Event;
use crate::id::{AccountId, UserName};
use crate::lookup::{Lookup, UserFacts};
use crate::patience::{Patience, WaitFor, is_fresh};

/// Looks up what policies need to know of the users in an activity, and examines it again by that.
/// What cannot be looked up stays unknown, and the policies undecided.
pub(super) async fn look_up(
    mut examined: Examined,
    setup: Setup<'_>,
    now: Timestamp,
    aws: &impl Effects,
) -> Examined {
    let lookups = setup.bundle.lookups_for(&examined.verdict);
    if lookups.is_empty() {
        return examined;
    }
    let activity = &mut examined.activity;
    for (user, answer) in answers(&examined.event, activity, &lookups, aws).await {
        match answer {
            Ok(facts) => {
                activity.users.insert(user, facts);
            }
            Err(error) => activity.lookup_faults.push(error.message),
        }
    }
    Examined::judged(examined.event, examined.activity, setup, Some(now))
}

/// What IAM has on each user in an activity, by the user's ARN.
async fn answers(
    event: &Event,
    activity: &Activity,
    lookups: &BTreeSet<Lookup>,
    aws: &impl Effects,
) -> Vec<(String, Result<UserFacts, EffectError>)> {
    let time = activity.time;
    let users = activity.users_in_it();
    let asked = users.into_iter().filter_map(|(account, name)| {
        let account_id: AccountId = account.parse().ok()?;
        let user: UserName = name.parse().ok()?;
        let arn = activity.user_arn(account, name);
        let reach = SessionScope {
            account: account_id,
            to: Some(To::User(user.clone())),
            actions: lookups.iter().map(|lookup| lookup.action()).collect(),
            event: event.id.clone(),
        };
        Some(async move {
            let facts = facts(&user, lookups, &reach, time, aws).await;
            (arn, facts)
        })
    });
    join_all(asked).await
}

/// How long a look-up is tried: the first step of containment waits for it.
const LOOKING_UP: Duration = Duration::from_secs(4);

/// What IAM has on a user of an event of that time.
async fn facts(
    user: &UserName,
    lookups: &BTreeSet<Lookup>,
    reach: &SessionScope,
    time: Option<Timestamp>,
    aws: &impl Effects,
) -> Result<UserFacts, EffectError> {
    let mut patience = Patience::for_at_most(LOOKING_UP, aws);
    let client = patience
        .repeat(aws, async || aws.reach(reach).await)
        .await?;
    loop {
        let asking = patience.repeat(aws, async || client.facts(user, lookups).await);
        match asking.await {
            Err(error) if error.kind == EffectErrorKind::Gone => {
                // One whom the event has just made may have tags and groups, and not be known
                // yet. A user that is gone has neither: nobody escapes containment by deleting
                // the user that acted.
                if !is_fresh(time, aws) || !patience.wait(WaitFor::Change, aws).await {
                    return Ok(UserFacts {
                        known: lookups.clone(),
                        ..UserFacts::default()
                    });
                }
            }
            answer => return answer,
        }
    }
}
