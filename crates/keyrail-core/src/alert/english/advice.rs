//! What to use instead of an access key.

use crate::situation::{Alternative, Hint, KeyUse};

pub(super) fn advice(alternative: &Alternative) -> String {
    match alternative {
        Alternative::Likely { key_use, hint } => {
            let because = match hint {
                Hint::Name(word) => format!("the user's name says {word}"),
                Hint::OnSelf => "the user made it for itself".to_owned(),
            };
            format!("likely here ({because}): {}", replacement(*key_use))
        }
        Alternative::Other(key_use) => replacement(*key_use).to_owned(),
        Alternative::Prevention { file } => {
            format!("so that none is made but by exception: the service control policy {file}")
        }
    }
}

fn replacement(key_use: KeyUse) -> &'static str {
    match key_use {
        KeyUse::Workload => "on EC2, ECS, Lambda: a role of the workload",
        KeyUse::Pipeline => "in CI: a role assumed through OpenID Connect",
        KeyUse::Laptop => "on a laptop: IAM Identity Center, or aws login",
        KeyUse::Outside => "outside AWS: IAM Roles Anywhere",
        KeyUse::Mail => {
            "for mail by SMTP of SES, whose password is made of a key: the API of SES with a role; where only SMTP will do, a user for that alone, with an exemption"
        }
        KeyUse::App => "in a browser or mobile app: a Cognito identity pool",
    }
}
