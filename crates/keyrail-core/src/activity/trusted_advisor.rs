//! A refreshed check of Trusted Advisor → an activity (AWS Support User Guide,
//! "Security checks", check 12Fnkpl8Y5, checked 2026-11-25).

use super::particulars::{Particulars, Published};
use super::{Activity, Actor, Provenance, Target};
use crate::event::Event;
use crate::json::Json;
use crate::taxonomy::{Kind, TargetKind};

/// Reads the detail of an event. Of all checks, one is about credentials that others know.
pub(super) fn read(check: &Json, event: &Event) -> Activity {
    let name = check.text(&["check-name"]).unwrap_or_default();
    let name: String = name.split_whitespace().collect();
    let red = check
        .text(&["status"])
        .is_none_or(|status| !status.eq_ignore_ascii_case("ok"));
    let noted = Activity {
        action: Some(format!("trustedadvisor:{name}")),
        ..Activity::noted(event)
    };
    if !name.eq_ignore_ascii_case("ExposedAccessKeys") || !red {
        return noted;
    }
    let item = |column: &str| check.text(&["check-item-detail", column]);
    let owner = item("User Name (IAM or Root)").filter(|name| !name.is_empty());
    let is_root = owner.as_deref().map(|owner| {
        ["root", "<root_account>", "<root>", "root account"]
            .iter()
            .any(|root| owner.eq_ignore_ascii_case(root))
    });
    Activity {
        kind: Kind::Exposure,
        groups: Kind::Exposure.groups().to_vec(),
        action: Some("trustedadvisor:ExposedAccessKeys".to_owned()),
        actor: Actor::reporting("trustedadvisor.amazonaws.com"),
        target: Target {
            kind: TargetKind::AccessKey,
            account: event.account.clone(),
            user: owner.filter(|_| is_root == Some(false)),
            is_root,
            access_key_id: item("Access Key ID"),
            ..Target::default()
        },
        provenance: Provenance::SecondHand,
        particulars: Particulars {
            published: Published::of(check),
            ..Particulars::default()
        },
        ..noted
    }
}
