//! Queues that hold what could not be delivered, and alarms.

use super::fault::{Fault, Hop, Place};
use super::found::Found;
use super::reading::{Alarm, AlarmState, Asked, Queue};

pub(super) fn check(
    place: &Place,
    queues: &Asked<Vec<Queue>>,
    alarms: &Asked<Vec<Alarm>>,
    found: &mut Found,
) {
    check_queues(place, queues, found);
    for alarm in found
        .read(alarms, place, Hop::Alarm, "the alarms")
        .into_iter()
        .flatten()
    {
        let wrong = match alarm.state {
            AlarmState::Well => continue,
            AlarmState::Alarm => "is in ALARM",
            AlarmState::NoData => "has no data (INSUFFICIENT_DATA)",
        };
        let says = format!("the alarm {} {wrong}", alarm.name);
        let fault = Fault::new(Hop::Alarm, place.clone(), &alarm.name, says);
        found.faults.push(fault.for_the_operator().that_may_pass());
    }
}

pub(super) fn check_queues(place: &Place, queues: &Asked<Vec<Queue>>, found: &mut Found) {
    for queue in found
        .read(queues, place, Hop::Queue, "the queues")
        .into_iter()
        .flatten()
    {
        let what = format!("the queue {}", queue.name);
        let Some(count) = found.read(&queue.messages, place, Hop::Queue, &what) else {
            continue;
        };
        if *count == 0 {
            continue;
        }
        // How many there are differs from check to check, and is no news.
        let (says, fault): (_, fn(Fault) -> Fault) = match queue.passes {
            true => (
                format!("the queue {} is not worked off", queue.name),
                Fault::that_may_pass,
            ),
            false => (
                format!(
                    "the queue {} holds events that could not be delivered",
                    queue.name
                ),
                |fault| fault,
            ),
        };
        let new = Fault::new(Hop::Queue, place.clone(), &queue.name, says);
        found.faults.push(fault(new).for_the_operator());
    }
}
