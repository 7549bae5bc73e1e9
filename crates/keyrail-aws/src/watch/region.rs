//! What is read in one Region of one account.

use keyrail_core::activity::{BeatCall, beat};
use keyrail_core::watch::{Asked, Region};

use super::rules;
use super::session::Session;
use super::watcher::unread;
use crate::error::sorted;
use keyrail_core::effects::{EffectError, EffectErrorKind};

impl Session<'_> {
    /// Reads it, one call after the other.
    pub(super) async fn region(&self, region: &str) -> Region {
        let watched = &self.watcher.watched;
        let asker = self.asker(region);
        let trails = self.trails(&asker).await;
        let rules = rules::of_bus(self, &asker, "default").await;
        let calls = BeatCall::ALL.into_iter();
        let is_home = region == watched.home;
        let mut schedules = Vec::new();
        for call in calls.filter(|call| is_home || *call == BeatCall::Region) {
            schedules.push((call, self.schedule(&asker, call).await));
        }
        Region {
            trails,
            rules,
            schedules,
            beat_role: self.has_role(&beat::role(&watched.name, region)).await,
            queues: self.undelivered(region).await,
            alarms: self.alarms(&asker).await,
        }
    }

    /// Whether there is a role of that name.
    pub(super) async fn has_role(&self, name: &str) -> Asked<bool> {
        const CALL: &str = "iam:GetRole";
        let found = self.iam().get_role().role_name(name).send().await;
        match found.map_err(|error| sorted(CALL, &error)) {
            Ok(_) => Ok(true),
            Err(EffectError {
                kind: EffectErrorKind::Gone,
                ..
            }) => Ok(false),
            Err(error) => Err(unread(&error)),
        }
    }
}
