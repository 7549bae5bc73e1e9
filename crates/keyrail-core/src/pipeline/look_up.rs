//! What IAM knows of the users in an activity.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use crate::effects::{EffectErrorKind, Effects, Hands, Reach, To};
use crate::id::{AccountId, UserName};
use crate::lookup::{Lookup, UserFacts};
use crate::report::Report;

/// Looks up what policies need to know of the users in an activity. What cannot be
/// looked up stays unknown, and the policies undecided.
pub(super) async fn look_up(report: &mut Report, lookups: &BTreeSet<Lookup>, aws: &impl Effects) {
    let activity = &mut report.activity;
    let event = report.event.id.clone();
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
            let facts = match aws.reach(&reach).await {
                Ok(hands) => hands.facts(&user, lookups).await,
                Err(error) => Err(error),
            };
            (arn, facts)
        })
    });
    let answers = join_all(asked).await;
    for (arn, answer) in answers {
        let facts = match answer {
            Ok(facts) => facts,
            // A user that is gone has no tags, and is in no group.
            Err(error) if error.kind == EffectErrorKind::Gone => UserFacts {
                known: lookups.clone(),
                ..UserFacts::default()
            },
            Err(error) => {
                activity.lookup_faults.push(error.message);
                continue;
            }
        };
        activity.users.insert(arn, facts);
    }
}
