//! Realistic EventBridge events, for tests, demos and documentation.
//!
//! Account, user and key ids are those of AWS's documentation.

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
