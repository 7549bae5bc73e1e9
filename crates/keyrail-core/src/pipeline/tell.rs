//! Telling people and programs.

use futures_util::future::join3;

use super::Response;
use crate::alert::{Alert, Notifier, NotifyError};
use crate::report::Report;
use crate::taxonomy::Group;

/// Sends the alert of a report to everybody at the same time. What was done to keyrail itself concerns
/// its operator, too.
pub(super) async fn tell(report: Report, aws: &impl Notifier) -> Response {
    let alert = Alert::compose(&report);
    let concerns_operator = concerns_operator(&report);
    let operator = async {
        match concerns_operator {
            true => aws.send_to_operator(&alert).await,
            false => Ok::<(), NotifyError>(()),
        }
    };
    let (sent, chat, operator) = join3(aws.send(&alert), aws.send_to_chat(&alert), operator).await;
    drop(alert);
    Response {
        chat_failed: chat.err(),
        operator_failed: operator.err(),
        ..Response::new(report, Some(sent))
    }
}

/// Whether a part of keyrail was changed, or one of its roles misused. Attempts are no news to whoever
/// would have to put it back.
fn concerns_operator(report: &Report) -> bool {
    let activity = &report.activity;
    let is_done = activity.outcome.succeeded != Some(false);
    (activity.groups.contains(&Group::TamperGuardrail) && is_done) || activity.misused
}
