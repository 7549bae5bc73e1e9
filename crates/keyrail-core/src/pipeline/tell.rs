//! Telling people and programs.

use futures_util::future::join;

use super::Response;
use crate::alert::{Alert, Notifier};
use crate::report::Report;

/// Sends the alert of a report to everybody at the same time.
pub(super) async fn tell(report: Report, aws: &impl Notifier) -> Response {
    let alert = Alert::compose(&report);
    let (sent, chat) = join(aws.send(&alert), aws.send_to_chat(&alert)).await;
    drop(alert);
    Response {
        chat_failed: chat.err(),
        ..Response::new(report, Some(sent))
    }
}
