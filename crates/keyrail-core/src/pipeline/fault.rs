//! Telling what is wrong with the deployment itself.

use jiff::Timestamp;

use super::Response;
use super::tell::tell;
use crate::activity::Activity;
use crate::alert::Notifier;
use crate::bundle::Bundle;
use crate::effects::Effects;
use crate::event::Event;
use crate::id::AccountId;
use crate::plan::Plan;
use crate::report::{About, Report};
use crate::taxonomy::Kind;
use crate::words::Mode;

/// A fault of the deployment: on-call must hear of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What sort of fault, in one word.
    pub name: &'static str,
    /// What is wrong.
    pub message: String,
    /// The function's own account, where that is known.
    pub account: Option<AccountId>,
}

impl Fault {
    pub(crate) fn report(&self, bundle: &Bundle, mode: Option<Mode>, now: Timestamp) -> Report {
        let event = Event {
            account: self.account.as_ref().map(ToString::to_string),
            ..Event::own(self.name, now)
        };
        let activity = Activity {
            kind: Kind::Unrecognised,
            unknown: vec![self.message.clone()],
            ..Activity::noted(&event)
        };
        let verdict = bundle.judge(&activity, mode, Some(now));
        let report = Report::new(event, activity, verdict, Plan::default(), bundle);
        Report {
            about: About::Fault,
            ..report
        }
    }
}

/// Tells of a fault of the deployment.
pub async fn tell_fault(
    fault: &Fault,
    bundle: &Bundle,
    mode: Option<Mode>,
    aws: &(impl Effects + Notifier),
) -> Response {
    tell(fault.report(bundle, mode, aws.now()), aws).await
}
