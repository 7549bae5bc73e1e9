//! Realistic EventBridge events, for tests, demos and documentation.
//!
//! Account, user and key ids are those of AWS's documentation.

use keyrail_core::bundle::nearest;
use keyrail_core::taxonomy;
use serde_json::Value;

use crate::exit::Failure;

/// One sample: its name, what it shows, and the event.
#[derive(Debug)]
pub(crate) struct Sample {
    pub name: &'static str,
    pub about: &'static str,
    pub json: &'static str,
}

macro_rules! samples {
    ($($name:literal: $about:literal,)*) => {
        /// All samples, in the order in which they are listed.
        pub(crate) const SAMPLES: &[Sample] = &[
            $(Sample { name: $name, about: $about, json: include_str!(concat!("samples/", $name, ".json")) },)*
        ];
    };
}

samples! {
    "key-created-for-another": "an IAM user creates an access key for another user",
    "key-created-for-self": "an IAM user creates an access key for itself",
    "key-created-denied": "an attempt to create an access key is denied",
    "root-key-created": "root creates an access key for itself",
    "root-sign-in": "root signs in to the console, with MFA",
    "root-sign-in-failed": "somebody fails to sign in as root",
    "root-api-call": "root changes a bucket policy in the console",
    "sign-in-with-mfa": "an IAM user signs in to the console with MFA",
    "sign-in-without-mfa": "an IAM user signs in to the console without MFA",
    "sign-in-federated": "somebody signs in through IAM Identity Center",
    "sign-in-failed": "an IAM user fails to sign in",
    "unrelated-call": "a role tags an instance: nothing that keyrail minds",
}

impl Sample {
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        SAMPLES.iter().find(|sample| sample.name == name)
    }
}

/// The sample of a name, or the example of an event of the taxonomy.
pub(crate) fn event(name: &str) -> Result<Value, Failure> {
    let broken =
        |error: serde_json::Error| Failure::bug(format!("sample `{name}` is broken: {error}"));
    // `events:DisableRule#tamper-guardrail`: the example that is in that group.
    let (action, group) = name.split_once('#').unwrap_or((name, ""));
    let entry = taxonomy::find(action).filter(|entry| {
        group.is_empty() || entry.groups.iter().any(|known| known.as_str() == group)
    });
    Ok(match (Sample::named(name), entry) {
        (Some(sample), _) => serde_json::from_str(sample.json).map_err(broken)?,
        (None, Some(entry)) => {
            let mut groups = entry.groups.iter().copied();
            entry.example(match group {
                "" => groups.next(),
                group => groups.find(|known| known.as_str() == group),
            })
        }
        (None, None) => {
            let failure = Failure::input(format!("there is no sample `{name}`"));
            let names = SAMPLES.iter().map(|sample| sample.name);
            let actions = taxonomy::entries().map(|entry| entry.action);
            return Err(match nearest(name, names.chain(actions)) {
                Some(near) => failure.help(format!("did you mean `{near}`?")),
                None => failure
                    .help("`keyrail sample --list` lists them; each event of `keyrail taxonomy` is one, too"),
            });
        }
    })
}
