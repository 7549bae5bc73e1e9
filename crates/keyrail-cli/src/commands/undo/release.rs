//! Releasing keys, so that keyrail leaves them alone when they work again.

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use keyrail_aws::Aws;
use keyrail_aws::undo::Caller;
use keyrail_core::effects::Effects;
use keyrail_core::id::AccessKeyId;
use keyrail_core::state::{Fact, Memory, State, Subject};

use super::Args;
use super::made::Made;
use crate::clock;
use crate::exit::Failure;

/// The guardrails that would deactivate a key again.
const GUARDRAILS: [&str; 2] = [
    "access-key-reactivated",
    "access-key-reactivated-after-containment",
];

impl Args {
    pub(super) fn table(&self) -> Option<&str> {
        self.table.as_deref().filter(|table| !table.is_empty())
    }

    pub(super) fn until(&self) -> Timestamp {
        let until = clock::now().checked_add(SignedDuration::from_hours(self.until.into()));
        until.unwrap_or(Timestamp::MAX)
    }

    /// Refuses what would not last: keyrail deactivates a key again that works again,
    /// unless it is told.
    pub(super) fn check_release(&self, made: &Made) -> Result<(), Failure> {
        if self.table().is_some() {
            return Ok(());
        }
        let keys = made.keys();
        if keys.is_empty() {
            return Ok(());
        }
        let bundle = self.bundle.load()?;
        let today = clock::today();
        let is_exempt = |key: &AccessKeyId| {
            bundle.exemptions.values().any(|exemption| {
                exemption.expires >= today
                    && GUARDRAILS.iter().all(|id| exemption.covers(id))
                    // Whoever else is exempt, this key would be deactivated again.
                    && exemption.text.contains(&format!("\"{key}\""))
            })
        };
        let open: Vec<_> = keys.into_iter().filter(|key| !is_exempt(key)).collect();
        if open.is_empty() {
            return Ok(());
        }
        let exemptions: String = open.iter().map(|key| self.exemption(key, made)).collect();
        let (which, verb) = match open.as_slice() {
            [key] => (format!("key {key}"), "is"),
            keys => (format!("{} keys", keys.len()), "are"),
        };
        Err(Failure::input(format!(
            "{which} {verb} not released, and keyrail would deactivate what works again: nothing was touched"
        ))
        .help(format!(
            "name keyrail's table: `--table`, or `KEYRAIL_TABLE`. A deployment without one takes an exemption: add this to its bundle, deploy it, and name the bundle: `--bundle`\n\n{exemptions}"
        )))
    }

    /// An exemption for a key, ready for a bundle.
    pub(super) fn exemption(&self, key: &AccessKeyId, made: &Made) -> String {
        let event = made.event.as_deref().unwrap_or("unknown").escape_debug();
        let owner = self.by.as_deref().unwrap_or("whoever answers for the key");
        let expires = Offset::UTC.to_datetime(self.until()).date();
        format!(
            "@id(\"released-{}\")\n@exempts(\"{}\")\n@reason(\"Released from containment: event {event}.\")\n@owner(\"{}\")\n@expires(\"{expires}\")\npermit (\n  principal,\n  action in Action::\"reactivate-credential\",\n  resource is AccessKey\n)\nwhen {{ resource == AccessKey::\"{key}\" }};\n",
            key.as_str().to_lowercase().replace('_', "-"),
            GUARDRAILS.join(" "),
            owner.escape_debug(),
        )
    }

    /// Records that the keys may work again, before they do.
    pub(super) async fn release(
        &self,
        made: &Made,
        aws: &Aws,
        caller: &Caller,
    ) -> Result<(), Failure> {
        if !aws.has_table() {
            return Ok(());
        }
        let keys = made
            .keys()
            .into_iter()
            .map(|key| Subject::Key(key.to_string()));
        // Re-checks ask for all that was done about the event, quarantine included.
        let event = made.event.clone().map(Subject::Event);
        for about in keys.chain(event) {
            let what = match &about {
                Subject::Event(id) => format!("what was done about event {id}"),
                Subject::Key(key) | Subject::User(key) => format!("key {key}"),
            };
            let memory = Memory {
                about,
                time: aws.now(),
                event: made.event.clone().unwrap_or_else(|| "unknown".to_owned()),
                fact: Fact::Released {
                    by: self.by.clone().unwrap_or_else(|| caller.arn.clone()),
                    until: self.until(),
                },
            };
            aws.remember(&memory).await.map_err(|error| {
                Failure::outside(format!(
                    "the release of {what} could not be recorded, and nothing was undone: {error}"
                ))
                .help("see that the table is in this account and Region, and that you may write to it; where the changes were made in a member account, `--table-profile` names a profile of the hub's")
            })?;
        }
        Ok(())
    }

    pub(super) fn released(&self, made: &Made) -> String {
        let keys = made.keys().into_iter().filter(|_| self.table().is_some());
        let hours = self.until;
        keys.map(|key| format!("released    {key}, for {hours} hours\n"))
            .collect()
    }
}
