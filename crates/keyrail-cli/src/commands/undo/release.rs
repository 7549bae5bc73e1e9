//! Releasing keys, so that keyrail leaves them alone when they work again.

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use keyrail_core::circumstances::Known;
use keyrail_core::effects::Effects;
use keyrail_core::history::History;
use keyrail_core::id::{AccessKeyId, AccountId};
use keyrail_core::partition::Partition;
use keyrail_core::state::{Fact, Memory, State, Subject};
use keyrail_core::{Bundle, Circumstances, Event, Mode, examine};
use keyrail_operator::caller::{Caller, Connection};
use keyrail_operator::undo::Table;
use serde_json::{Value, json};

use super::made::Made;
use crate::bundle::BundleArgs;
use crate::clock;
use crate::exit::Failure;

/// The release of what keyrail has contained, as it was asked for.
#[derive(Clone, Copy)]
pub(super) struct Release<'a> {
    /// The table that records it, if it is to.
    pub(super) table: Option<&'a str>,
    /// For how many hours.
    pub(super) hours: u16,
    /// By whom, if not by the caller.
    pub(super) by: Option<&'a str>,
    /// The bundle that may exempt it instead.
    pub(super) bundle: &'a BundleArgs,
}

impl Release<'_> {
    fn until(&self) -> Timestamp {
        let until = clock::now().checked_add(SignedDuration::from_hours(self.hours.into()));
        until.unwrap_or(Timestamp::MAX)
    }

    /// Refuses what would not last: keyrail deactivates a key again that works again,
    /// unless it is told.
    pub(super) fn check(&self, made: &Made) -> Result<(), Failure> {
        if self.table.is_some() {
            return Ok(());
        }
        let keys = made.keys();
        if keys.is_empty() {
            return Ok(());
        }
        let bundle = self.bundle.load()?;
        let mut open = Vec::new();
        for key in keys {
            let against = against(key, made, &bundle)?;
            if !against.is_empty() {
                open.push((key, against));
            }
        }
        let (which, verb) = match open.as_slice() {
            [] => return Ok(()),
            [(key, _)] => (format!("key {key}"), "is"),
            keys => (format!("{} keys", keys.len()), "are"),
        };
        let exemptions: String = open
            .iter()
            .map(|(key, against)| self.exemption(key, against, made))
            .collect();
        Err(Failure::input(format!(
            "{which} {verb} not released, and keyrail would deactivate what works again: nothing was touched"
        ))
        .help(format!(
            "name keyrail's table: `--table`, or `KEYRAIL_TABLE`. A deployment without one takes an exemption: add this to its bundle, deploy it, and name the bundle: `--bundle`\n\n{exemptions}"
        )))
    }

    /// An exemption for a key from some guardrails, ready for a bundle.
    fn exemption(&self, key: &AccessKeyId, from: &[String], made: &Made) -> String {
        let event = made.event.as_deref().unwrap_or("unknown").escape_debug();
        let owner = self.by.unwrap_or("whoever answers for the key");
        let expires = Offset::UTC.to_datetime(self.until()).date();
        format!(
            "@id(\"released-{}\")\n@exempts(\"{}\")\n@reason(\"Released from containment: event {event}.\")\n@owner(\"{}\")\n@expires(\"{expires}\")\npermit (\n  principal,\n  action in Action::\"reactivate-credential\",\n  resource is AccessKey\n)\nwhen {{ resource == AccessKey::\"{key}\" }};\n",
            key.as_str().to_lowercase().replace('_', "-"),
            from.join(" "),
            owner.escape_debug(),
        )
    }

    /// Records that the keys may work again, before they do.
    pub(super) async fn record(
        &self,
        made: &Made,
        hub: &Connection,
        table: &Table,
        caller: &Caller,
    ) -> Result<(), Failure> {
        let aws = hub.aws_with(table);
        let keys = made
            .keys()
            .into_iter()
            .map(|key| Subject::Key(key.to_string()));
        // Re-checks ask for all that was done about the event, quarantine included.
        let event = made.event.clone().map(Subject::Event);
        let user = made.freed().zip(made.account.as_ref());
        let user = user.map(|(user, account)| {
            let partition = made.region.as_deref().and_then(Partition::of_region);
            let partition = partition.unwrap_or(Partition::usual());
            Subject::User(format!("arn:{}:iam::{account}:user/{user}", partition.id))
        });
        for about in keys.chain(event).chain(user) {
            let what = match &about {
                Subject::Event(id) => format!("what was done about event {id}"),
                Subject::Key(key) => format!("key {key}"),
                Subject::User(user) => format!("user {user}"),
            };
            let memory = Memory {
                about,
                time: aws.now(),
                event: made.event.clone().unwrap_or_else(|| "unknown".to_owned()),
                fact: Fact::Released {
                    by: self.by.unwrap_or(&caller.arn).to_owned(),
                    until: self.until(),
                },
            };
            aws.remember(&memory).await.map_err(|error| {
                Failure::outside(format!(
                    "the release of {what} could not be recorded, and nothing was undone: {error}"
                ))
                .help(format!(
                    "see that table `{}` is in account {}, in {}, and that you may write to it; where the changes were made in a member account, `--table-profile` names a profile of the hub's; `--table-region` names another Region",
                    table.name, hub.caller.account, table.region
                ))
            })?;
        }
        Ok(())
    }

    /// What is told of it.
    pub(super) fn told(&self, made: &Made) -> String {
        let keys = made.keys().into_iter().filter(|_| self.table.is_some());
        let hours = self.hours;
        keys.map(|key| format!("released    {key}, for {hours} hours\n"))
            .collect()
    }
}

/// The guardrails that would act if a key that keyrail has deactivated were activated:
/// those that the bundle says are violated by the event of it. Nobody in particular has
/// activated it there, so that no exemption for somebody counts.
fn against(key: &AccessKeyId, made: &Made, bundle: &Bundle) -> Result<Vec<String>, Failure> {
    let now = clock::now();
    let event = activation(key, made, now).to_string();
    let event = Event::parse(event.as_bytes())
        .map_err(|error| Failure::bug(format!("keyrail's own event cannot be read: {error}")))?;
    let contained = Memory {
        about: Subject::Key(key.to_string()),
        time: now,
        event: String::new(),
        fact: Fact::Contained,
    };
    let circumstances = Circumstances {
        mode: Some(Mode::Enforce),
        known: Known {
            history: Some(History::of(&[contained])),
            now: Some(now),
            ..Known::default()
        },
        ..Circumstances::of(bundle)
    };
    let report = examine(event, bundle, &circumstances);
    let violated = report
        .verdict
        .violated
        .into_iter()
        .map(|violated| violated.id);
    let mut acting: Vec<String> = violated
        .filter(|id| !bundle.steps_of(id).is_empty())
        .collect();
    acting.sort();
    Ok(acting)
}

/// The event of an activation, as CloudTrail writes it.
fn activation(key: &AccessKeyId, made: &Made, now: Timestamp) -> Value {
    let partition = made.region.as_deref().and_then(Partition::of_region);
    let partition = partition.unwrap_or(Partition::usual());
    let (id, region) = (partition.id, partition.home_region);
    let account = made.account.as_ref().map(AccountId::as_str);
    let within = account.unwrap_or_default();
    let name = "keyrail-undo";
    json!({
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.iam",
        "account": account,
        "region": region,
        "time": now,
        "detail": {
            "eventSource": "iam.amazonaws.com",
            "eventName": "UpdateAccessKey",
            "eventType": "AwsApiCall",
            "eventTime": now,
            "awsRegion": region,
            "recipientAccountId": account,
            "userIdentity": {
                "type": "AssumedRole",
                "arn": format!("arn:{id}:sts::{within}:assumed-role/{name}/{name}"),
                "accountId": account,
                "sessionContext": {"sessionIssuer": {
                    "type": "Role",
                    "arn": format!("arn:{id}:iam::{within}:role/{name}"),
                    "accountId": account,
                    "userName": name,
                }},
            },
            "requestParameters": {
                "userName": made.user_of(key),
                "accessKeyId": key,
                "status": "Active",
            },
            "responseElements": null,
        },
    })
}
