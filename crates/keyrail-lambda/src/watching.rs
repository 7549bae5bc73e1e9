//! One check of the watch: read, decide, tell, keep. In that order, so that nothing that could not be told
//! is kept as told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use keyrail_aws::watch::{Kept, Watcher};
use keyrail_core::arn::Arn;
use keyrail_core::effects::{EffectError, EffectErrorKind};
use keyrail_core::id::AccountId;
use keyrail_core::watch::{
    self, Account, Asked, Memory, Reading, ShippedRules, Watched, in_order, looked_at_last,
};
use lambda_runtime::{Context, Diagnostic};
use tokio::time::Instant;

use crate::handler::{diagnostic, end_of, own_account, partition};
use crate::settings::WatchSettings;
use crate::telemetry;

/// What the end of an invocation is kept free for: to tell, and to keep what was told.
const TO_TELL: Duration = Duration::from_secs(90);

/// Makes a check. What started it says nothing.
pub(crate) async fn watch(settings: &WatchSettings, context: Context) -> Result<(), Diagnostic> {
    let arn = &context.invoked_function_arn;
    let account = own_account(arn)
        .ok_or_else(|| diagnostic("NoAccount", format!("{arn} does not name an account")))?;
    let watched = watched(settings, account, partition(arn));
    // The clients live as long as a check: an hour later their connections are gone.
    let shipped = ShippedRules::of_this_version()
        .map_err(|error| diagnostic("NoRules", error.to_string()))?;
    let shipped = Arc::new(shipped);
    let places = settings.places.clone();
    let aws = Watcher::connect(watched, places, Arc::clone(&shipped)).await;
    let left = end_of(&context).duration_since(SystemTime::now());
    let left = left.unwrap_or_default();
    let until = Instant::now() + left.saturating_sub(TO_TELL).max(left / 2);
    Box::pin(check(settings, &aws, &shipped, until)).await
}

async fn check(
    settings: &WatchSettings,
    aws: &Watcher,
    shipped: &ShippedRules,
    until: Instant,
) -> Result<(), Diagnostic> {
    let at = Timestamp::now();
    let kept = kept(aws).await?;
    let memory = kept.memory.unwrap_or(Memory {
        first: at,
        runs: None,
        last: None,
    });
    let reading = read(settings, aws, &memory, at, until).await;
    let found = watch::check(&reading.reading, shipped, &memory);
    let unread = found.unread.len();
    let compared = watch::compare(found, kept.standing, at);
    let names = names(&reading.reading.accounts);
    let has_operator = reading.reading.watched.operator_topic.is_some();
    let messages = watch::messages(&compared, &names, &settings.name, at, has_operator);
    for message in &messages {
        let told = aws.tell(message).await;
        told.map_err(|error| diagnostic("NotTold", error.to_string()))?;
    }
    let function = reading.reading.hub.function.as_ref();
    let memory = Memory {
        first: memory.first,
        runs: match function {
            Ok(function) => function.as_ref().map(|function| function.runs.clone()),
            Err(_) => memory.runs,
        },
        last: reading.last,
    };
    // What could not be kept is told again by the next check.
    if let Err(error) = aws.keep(&compared.changes, &memory).await {
        tracing::error!(%error, "what was told could not be kept");
    }
    telemetry::record_watch(&compared.standing, unread, &settings.name);
    Ok(())
}

/// What was kept. Where the table fails for the moment, Lambda tries again; where there is none, all that
/// is found is told as new, that first of all.
async fn kept(aws: &Watcher) -> Result<Kept, Diagnostic> {
    match aws.kept().await {
        Ok(kept) => Ok(kept),
        Err(error) if is_for_good(&error) => {
            tracing::error!(%error, "the table cannot be read");
            Ok(Kept::default())
        }
        Err(error) => Err(diagnostic("TableFails", error.to_string())),
    }
}

fn is_for_good(error: &EffectError) -> bool {
    matches!(
        error.kind,
        EffectErrorKind::Denied
            | EffectErrorKind::Elsewhere
            | EffectErrorKind::Full
            | EffectErrorKind::Gone
            | EffectErrorKind::Refused
    )
}

/// What was read, and whom the next check begins after.
struct Read {
    reading: Reading,
    last: Option<AccountId>,
}

async fn read(
    settings: &WatchSettings,
    aws: &Watcher,
    memory: &Memory,
    at: Timestamp,
    until: Instant,
) -> Read {
    let watched = aws.watched();
    let accounts = aws.accounts().await;
    let own = Account {
        id: watched.account.clone(),
        name: None,
        joined: None,
    };
    let listed = accounts
        .as_ref()
        .map_or(std::slice::from_ref(&own), Vec::as_slice);
    let ids: Vec<AccountId> = listed.iter().map(|account| account.id.clone()).collect();
    let beats = aws.beats(&ids).await;
    let order = in_order(listed, &beats, watched, memory, at);
    let hub = aws.hub(&settings.queues).await;
    let members = aws.members(&order, until).await;
    let last = looked_at_last(&order, |id| members.contains_key(id));
    Read {
        reading: Reading {
            watched: watched.clone(),
            at,
            accounts,
            beats,
            members,
            hub,
        },
        last,
    }
}

fn names(accounts: &Asked<Vec<Account>>) -> BTreeMap<AccountId, String> {
    let accounts = accounts.iter().flatten();
    accounts
        .filter_map(|account| Some((account.id.clone(), account.name.clone()?)))
        .collect()
}

fn watched(settings: &WatchSettings, account: AccountId, partition: &str) -> Watched {
    let queue = |url: &String| {
        let name = url.rsplit('/').next().unwrap_or_default();
        let arn = Arn {
            partition,
            service: "sqs",
            region: &settings.home,
            account: account.as_str(),
            resource: name,
        };
        arn.to_string()
    };
    let home = settings.home.clone();
    Watched {
        name: settings.name.clone(),
        partition: partition.to_owned(),
        regions: settings
            .regions
            .iter()
            .cloned()
            .chain([home.clone()])
            .collect(),
        home,
        organization: settings.organization.clone(),
        function: settings.function.clone(),
        responder: settings.responder.clone(),
        alert_topic: settings.alert_topic.clone(),
        operator_topic: settings.operator_topic.clone(),
        queues: settings.queues.iter().map(queue).collect(),
        account,
    }
}
