//! What IAM knows of the users in an activity.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;

use crate::effects::{EffectError, EffectErrorKind, Effects, Hands, Reach, To};
use crate::id::{AccountId, UserName};
use crate::lookup::{Lookup, UserFacts};
use crate::patience::{Patience, WaitFor, is_fresh};
use crate::report::Report;

/// Looks up what policies need to know of the users in an activity. What cannot be
/// looked up stays unknown, and the policies undecided.
pub(super) async fn look_up(report: &mut Report, lookups: &BTreeSet<Lookup>, aws: &impl Effects) {
    let activity = &mut report.activity;
    let event = report.event.id.clone();
    let time = activity.time;
    let users = activity.users_in_it();
    let asked = users.into_iter().filter_map(|(account, name)| {
        let account_id: AccountId = account.parse().ok()?;
        let user: UserName = name.parse().ok()?;
        let arn = activity.user_arn(account, name);
        let reach = Reach {
            account: account_id,
            to: Some(To::User(user.clone())),
            actions: lookups.iter().map(|lookup| lookup.action()).collect(),
            event: event.clone(),
        };
        Some(async move {
            let facts = facts(&user, lookups, &reach, time, aws).await;
            (arn, facts)
        })
    });
    let answers = join_all(asked).await;
    for (arn, answer) in answers {
        let facts = match answer {
            Ok(facts) => facts,
            Err(error) => {
                activity.lookup_faults.push(error.message);
                continue;
            }
        };
        activity.users.insert(arn, facts);
    }
}

/// How long a look-up is tried: the first step of containment waits for it.
const LOOKING_UP: Duration = Duration::from_secs(4);

/// What IAM has on a user of an event of that time.
async fn facts(
    user: &UserName,
    lookups: &BTreeSet<Lookup>,
    reach: &Reach,
    time: Option<Timestamp>,
    aws: &impl Effects,
) -> Result<UserFacts, EffectError> {
    let mut patience = Patience::for_at_most(LOOKING_UP, aws);
    let hands = patience
        .repeat(aws, async || aws.reach(reach).await)
        .await?;
    loop {
        let asking = patience.repeat(aws, async || hands.facts(user, lookups).await);
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
