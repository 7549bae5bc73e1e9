use std::collections::BTreeSet;

use super::*;
use crate::activity::Activity;
use crate::circumstances::Known;
use crate::deployment::Deployment;
use crate::event::Event;

fn interpreted(event: &serde_json::Value) -> Activity {
    let event = Event::parse(event.to_string().as_bytes()).expect("it is one event");
    Activity::interpret(&event, &Deployment::default(), &Known::default())
}

#[test]
fn no_action_stands_twice() {
    let names: Vec<String> = entries()
        .map(|entry| entry.action.to_ascii_lowercase())
        .collect();
    let distinct: BTreeSet<&String> = names.iter().collect();
    assert_eq!(distinct.len(), names.len());
}

/// Each row, each of its groups: an event that has everything where the row says.
#[test]
fn each_row_reads_its_own_example() {
    for entry in entries() {
        let groups = entry.groups.iter().copied().map(Some);
        for group in groups.chain(entry.groups.is_empty().then_some(None)) {
            let activity = interpreted(&entry.example(group));
            let about = format!("{} in {group:?}: {activity:?}", entry.action);
            assert_eq!(activity.action.as_deref(), Some(entry.action), "{about}");
            assert_eq!(activity.kind, entry.kind, "{about}");
            assert_eq!(activity.target.kind, entry.target, "{about}");
            assert!(
                group.is_none_or(|group| activity.groups.contains(&group)),
                "{about}"
            );
            assert_eq!(activity.unknown, [""; 0], "{about}");
            assert_eq!(activity.conflicts, [""; 0], "{about}");
            let target = &activity.target;
            if !entry.id.is_empty() {
                assert!(
                    target.access_key_id.is_some() || target.credential_id.is_some(),
                    "{about}"
                );
            }
            if !entry.name.is_empty() {
                assert!(target.name.is_some(), "{about}");
            }
            if !entry.user.is_empty() && group != Some(Group::RootCredentials) && group.is_some() {
                assert_eq!(target.user.as_deref(), Some("anaya"), "{about}");
            }
        }
    }
}

/// Every group has a member, and every group is in the list of all.
#[test]
fn no_group_is_empty() {
    let used: BTreeSet<Group> = entries().flat_map(|entry| entry.groups).copied().collect();
    assert_eq!(used, BTreeSet::from(Group::ALL));
}

/// AWS adds calls that grant the same in another way, and writes names in several cases.
#[test]
fn a_longer_name_is_known_by_what_it_begins_with_where_that_says_so() {
    for (action, known_by) in [
        ("signin:CreateOAuth2Token", Some("signin:CreateOAuth2Token")),
        (
            "signin:CreateOAuth2TokenWithIAM",
            Some("signin:CreateOAuth2Token"),
        ),
        (
            "SIGNIN:createoauth2tokenWithTokenExchange",
            Some("signin:CreateOAuth2Token"),
        ),
        ("signin:RevokeOAuth2TokenWithIAM", None),
        ("sso-oauth:CreateTokenWithIAM", None),
        ("iam:CreateAccessKeyAgain", None),
    ] {
        assert_eq!(find(action).map(|entry| entry.action), known_by, "{action}");
    }
    let entry = find("signin:createoauth2tokenwithiam").expect("it is known");
    assert_eq!(
        entry.name_of("signin:createOauth2TokenWithIAM"),
        "signin:CreateOAuth2TokenWithIAM"
    );
}
