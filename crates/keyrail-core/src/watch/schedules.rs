//! Whether the schedules of the beats are on, call what they should, and have their role.

use super::fault::{Fault, Hop, Place};
use super::found::Found;
use super::reading::{Region, Schedule, Watched};
use crate::activity::{BeatCall, beat};
use crate::arn::Arn;

pub(super) fn check(place: &Place, region: &Region, watched: &Watched, found: &mut Found) {
    let name_of_region = place.region.as_deref().unwrap_or_default();
    let role = beat::role(&watched.name, name_of_region);
    for (call, asked) in &region.schedules {
        let name = format!("{}-{}", beat::named(&watched.name), call.as_str());
        let what = format!("the schedule {name}");
        let Some(schedule) = found.read(asked, place, Hop::Schedule, &what) else {
            continue;
        };
        let wrong = match schedule {
            None => Some("is not there".to_owned()),
            Some(schedule) => wrong_with(schedule, *call, watched, &role),
        };
        if let Some(wrong) = wrong {
            let says = format!("the schedule {name} {wrong}");
            let fault = Fault::new(Hop::Schedule, place.clone(), call.as_str(), says);
            found.faults.push(fault.stopping(place.beats(Some(*call))));
        }
    }
    let what = format!("the role {role}");
    if let Some(false) = found.read(&region.beat_role, place, Hop::BeatRole, &what) {
        let says = format!("the role {role}, in which the beats are made, is not there");
        let fault = Fault::new(Hop::BeatRole, place.clone(), &role, says);
        found.faults.push(fault.stopping(place.beats(None)));
    }
}

fn wrong_with(
    schedule: &Schedule,
    call: BeatCall,
    watched: &Watched,
    role: &str,
) -> Option<String> {
    let target = format!(
        "arn:{}:scheduler:::aws-sdk:{}",
        watched.partition,
        call.operation()
    );
    let made_in = Arn::parse(&schedule.role).and_then(|arn| arn.role());
    if schedule.state != "ENABLED" {
        Some(format!("is {}", schedule.state))
    } else if schedule.target != target {
        Some(format!("calls {} instead of {target}", schedule.target))
    } else if made_in != Some(role) {
        Some(format!(
            "calls in the role {} instead of {role}",
            schedule.role
        ))
    } else {
        None
    }
}
