//! Conditions about ways into an account, and what limits them.

use serde_json::Value;

use crate::taxonomy::entry::Condition;
use crate::taxonomy::grant::{is_by_aws, is_unlimited, policy_name};
use crate::taxonomy::parameters::{known, text_is};

pub(crate) static ALLOWS_GUESTS: Condition = Condition {
    says: "identities that nobody has signed in are allowed",
    example: ("requestParameters.allowUnauthenticatedIdentities", "true"),
    holds: |record| {
        known(record, |parameters| {
            parameters.flag(&["allowUnauthenticatedIdentities"]) == Some(true)
        })
    },
};

pub(crate) static CHANGES_CA: Condition = Condition {
    says: "the certificate authority is activated, or may register devices by itself",
    example: ("requestParameters.newStatus", r#""ACTIVE""#),
    holds: |record| {
        known(record, |parameters| {
            text_is(parameters, "newStatus", "ACTIVE")
                || text_is(parameters, "newAutoRegistrationStatus", "ENABLE")
        })
    },
};

pub(crate) static DROPS_SESSION_POLICY: Condition = Condition {
    says: "`sessionPolicy` is empty or allows everything, or `managedPolicyArns` is empty or has `AdministratorAccess`",
    example: ("requestParameters.sessionPolicy", r#""""#),
    holds: |record| {
        known(record, |parameters| {
            let path = "requestParameters.sessionPolicy";
            let empty = parameters
                .at(&["sessionPolicy"])
                .is_some_and(|policy| policy.as_str().is_some_and(|text| text.trim().is_empty()));
            let managed = parameters
                .at(&["managedPolicyArns"])
                .and_then(Value::as_array);
            empty
                || is_unlimited(record, path) == Some(true)
                || managed.is_some_and(|arns| {
                    let mut arns_of_administrators = arns.iter().filter_map(Value::as_str);
                    arns.is_empty()
                        || arns_of_administrators
                            .any(|arn| is_by_aws(arn) && policy_name(arn) == "AdministratorAccess")
                })
        })
    },
};

/// Of an invitation alone: other handshakes approve something within an organization
/// (Organizations API reference, `Handshake`, checked 2026-11-29).
pub(crate) static JOINS_ORGANIZATION: Condition = Condition {
    says: "the handshake is an invitation",
    example: ("responseElements.handshake.action", r#""INVITE""#),
    holds: |record| {
        let action = record.text(&["responseElements", "handshake", "action"])?;
        Some(action.eq_ignore_ascii_case("INVITE"))
    },
};

/// What denies a user everything and is AWS's own: keyrail attaches it, or makes it the user's
/// boundary, where a policy of the user's own finds no room.
pub(crate) static LIFTS_DENIAL: Condition = Condition {
    says: "`policyArn` is `AWSDenyAll`, or a permissions boundary is deleted or becomes another than that",
    example: (
        "requestParameters.policyArn",
        r#""arn:aws:iam::aws:policy/AWSDenyAll""#,
    ),
    holds: |record| {
        let policy = |name: &str| record.text(&["requestParameters", name]);
        let denies = |arn: &String| is_by_aws(arn) && policy_name(arn) == "AWSDenyAll";
        match record.text(&["eventName"])?.to_ascii_lowercase().as_str() {
            "detachuserpolicy" => Some(denies(&policy("policyArn")?)),
            "putuserpermissionsboundary" => Some(!denies(&policy("permissionsBoundary")?)),
            _ => Some(true),
        }
    },
};

pub(crate) static GIVES_GUESTS_A_ROLE: Condition = Condition {
    says: "`roles` has one for `unauthenticated`",
    example: (
        "requestParameters.roles",
        r#"{"unauthenticated": "arn:aws:iam::111122223333:role/guest"}"#,
    ),
    holds: |record| {
        known(record, |parameters| {
            parameters.text(&["roles", "unauthenticated"]).is_some()
        })
    },
};
