//! The schedules of the beats.

use keyrail_core::activity::{BeatCall, beat};
use keyrail_core::watch::{Asked, Schedule};

use super::answer::text;
use super::asking::{Asker, Question};
use super::session::Session;
use super::watcher::unread;

impl Session<'_> {
    /// The schedule of a beat (EventBridge Scheduler API reference, `GetSchedule`, checked 2026-11-29).
    pub(super) async fn schedule(&self, asker: &Asker, call: BeatCall) -> Asked<Option<Schedule>> {
        let group = beat::named(&self.watcher.watched.name);
        let path = format!("/schedules/{group}-{}?groupName={group}", call.as_str());
        let question = Question::of_scheduler("scheduler:GetSchedule", path);
        let found = asker.ask_for(question).await;
        let found = found.map_err(|error| unread(&error))?;
        Ok(found.map(|schedule| {
            let target = schedule.get("Target").cloned().unwrap_or_default();
            Schedule {
                state: text(&schedule, "State"),
                target: text(&target, "Arn"),
                role: text(&target, "RoleArn"),
            }
        }))
    }
}
