//! keyrail's alarms.

use keyrail_core::watch::{Alarm, AlarmState, Asked};
use serde_json::json;

use super::answer::text;
use super::asking::{Asker, CLOUDWATCH};
use super::session::Session;
use super::watcher::unread;

/// The alarm on the watch itself, which has no data until the watch has run.
const OWN: &str = "-WatchAlarm-";

impl Session<'_> {
    /// Those whose names begin as keyrail's do: metric alarms, at most 100 on a page (`CloudWatch` API
    /// reference, `DescribeAlarms`, checked 2026-11-29).
    pub(super) async fn alarms(&self, asker: &Asker) -> Asked<Vec<Alarm>> {
        let mut alarms = Vec::new();
        for prefix in self.prefixes() {
            let input = json!({"AlarmNamePrefix": prefix, "MaxRecords": 100});
            let call = "cloudwatch:DescribeAlarms";
            let found = asker
                .ask_all(&CLOUDWATCH, call, input, "MetricAlarms")
                .await;
            let found = found.map_err(|error| unread(&error))?;
            alarms.extend(found.iter().map(|alarm| Alarm {
                name: text(alarm, "AlarmName"),
                state: match text(alarm, "StateValue").as_str() {
                    "ALARM" => AlarmState::Alarm,
                    "INSUFFICIENT_DATA" => AlarmState::NoData,
                    _ => AlarmState::Well,
                },
            }));
        }
        alarms.retain(|alarm| !alarm.name.contains(OWN));
        Ok(alarms)
    }
}
