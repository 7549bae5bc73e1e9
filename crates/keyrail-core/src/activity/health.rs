//! An AWS Health event → an activity (AWS Health User Guide, "AWS Health events
//! Amazon EventBridge schema", checked 2026-11-25).

use super::particulars::Particulars;
use super::security_hub::user_in;
use super::target::{MOST_KEYS, is_key_id};
use super::{Activity, Actor, HandsOff, Provenance, Target};
use crate::event::Event;
use crate::id::KeyKind;
use crate::json::Json;
use crate::taxonomy::{Kind, TargetKind};

/// Reads the detail of an event. Only what AWS says about credentials at risk is of
/// interest; the other codes are about resources of all kinds.
pub(super) fn read(notice: &Json, event: &Event) -> Activity {
    let code = notice.text(&["eventTypeCode"]).unwrap_or_default();
    let is_risk =
        code.starts_with("AWS_RISK_") || notice.text(&["service"]).as_deref() == Some("RISK");
    // Where a delegated administrator gets it, the envelope has that account.
    let account = notice
        .text(&["affectedAccount"])
        .or_else(|| event.account.clone());
    let noted = Activity {
        action: Some(format!("health:{code}")),
        account: account.clone(),
        region: notice
            .text(&["eventRegion"])
            .filter(|region| region != "global")
            .or_else(|| event.region.clone()),
        ..Activity::noted(event)
    };
    if !is_risk {
        return noted;
    }
    let entities: Vec<String> = notice
        .items(&["affectedEntities"])
        .take(MOST_KEYS)
        .filter_map(|entity| Json::new(entity.clone()).word(&["entityValue"]))
        .collect();
    let keys: Vec<String> = entities
        .iter()
        .filter(|value| is_key_id(value))
        .cloned()
        .collect();
    // A masked id is evidence still; it can be no target. Users and accounts are no keys.
    let masked = |value: &String| {
        let kind = KeyKind::of(&value.to_ascii_uppercase());
        value.contains('*') || kind == Some(KeyKind::LongTerm)
    };
    let user = entities.iter().find_map(|value| user_in(value));
    let mut keys = match keys.is_empty() {
        true => entities.into_iter().filter(masked).collect(),
        false => keys,
    }
    .into_iter();
    let closed = notice
        .text(&["statusCode"])
        .is_some_and(|status| status.eq_ignore_ascii_case("closed"));
    Activity {
        kind: Kind::Exposure,
        groups: Kind::Exposure.groups().to_vec(),
        actor: Actor::reporting("health.amazonaws.com"),
        target: Target {
            kind: TargetKind::AccessKey,
            account,
            user: user.filter(|_| keys.len() <= 1),
            access_key_id: keys.next(),
            more_keys: keys.collect(),
            ..Target::default()
        },
        unknown: match notice.items(&["affectedEntities"]).count() {
            0..=MOST_KEYS => Vec::new(),
            _ => vec!["target".to_owned()],
        },
        hands_off: closed.then_some(HandsOff::Archived),
        provenance: Provenance::SecondHand,
        particulars: Particulars {
            notice: notice.text(&["eventArn"]),
            ..Particulars::default()
        },
        ..noted
    }
}
