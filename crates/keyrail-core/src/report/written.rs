//! A report as `keyrail.report/v1`, written and read back.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::about::About;
use super::{Report, Schema, Source};
use crate::activity::{Activity, Past};
use crate::bundle::settings::OnAlerts;
use crate::event::Event;
use crate::judge::Verdict;
use crate::outcome::Outcome;
use crate::plan::Plan;
use crate::repeats::Repeats;

/// A report as `keyrail.report/v1` has it: what it is about stands in three fields of `activity`.
#[derive(Serialize)]
struct Written<'a> {
    schema: Schema,
    source: Option<&'a Source>,
    event: &'a Event,
    activity: WrittenActivity<'a>,
    verdict: &'a Verdict,
    plan: &'a Plan,
    outcomes: &'a [Outcome],
    not_known: &'a [String],
    bundle: &'a str,
}

/// [`Activity`] leaves its last two fields to this, so that all stand in their order.
#[derive(Serialize)]
struct WrittenActivity<'a> {
    #[serde(flatten)]
    activity: &'a Activity,
    is_fault: bool,
    comeback: Option<&'a str>,
    repeats: Option<&'a Repeats>,
    past: Option<&'a Past>,
    conflicts: &'a [String],
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (activity, about) = (&self.activity, &self.about);
        let written = Written {
            schema: self.schema,
            source: self.source.as_ref(),
            event: &self.event,
            activity: WrittenActivity {
                activity,
                is_fault: about.is_fault(),
                comeback: about.comeback(),
                repeats: about.repeats(),
                past: activity.past.as_ref(),
                conflicts: &activity.conflicts,
            },
            verdict: &self.verdict,
            plan: &self.plan,
            outcomes: &self.outcomes,
            not_known: &self.not_known,
            bundle: &self.bundle,
        };
        written.serialize(serializer)
    }
}

/// The same, read back.
#[derive(Deserialize)]
struct Read {
    schema: Schema,
    source: Option<Source>,
    event: Event,
    activity: ReadActivity,
    verdict: Verdict,
    plan: Plan,
    outcomes: Vec<Outcome>,
    not_known: Vec<String>,
    bundle: String,
}

#[derive(Deserialize)]
struct ReadActivity {
    #[serde(flatten)]
    activity: Activity,
    is_fault: bool,
    comeback: Option<String>,
    repeats: Option<Repeats>,
}

impl From<Read> for Report {
    fn from(read: Read) -> Self {
        let own = read.activity;
        let about = match (own.is_fault, own.comeback, own.repeats) {
            (true, _, _) => About::Fault,
            (false, Some(found), _) => About::Comeback(found),
            (false, None, Some(repeats)) => About::FollowUp(repeats),
            (false, None, None) => About::Activity,
        };
        Self {
            schema: read.schema,
            source: read.source,
            event: read.event,
            about,
            activity: own.activity,
            verdict: read.verdict,
            plan: read.plan,
            outcomes: read.outcomes,
            not_known: read.not_known,
            bundle: read.bundle,
            on_alerts: OnAlerts::default(),
        }
    }
}

impl<'de> Deserialize<'de> for Report {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Read::deserialize(deserializer).map(Self::from)
    }
}
