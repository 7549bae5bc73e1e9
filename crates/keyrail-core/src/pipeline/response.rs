//! What became of an event.

use crate::alert::NotifyError;
use crate::event::Event;
use crate::report::Report;

/// What became of an event.
#[derive(Debug)]
pub struct Response {
    /// Everything about it.
    pub report: Report,
    /// Whether the alert was sent; `None` if there was nothing to tell.
    pub sent: Option<Result<(), NotifyError>>,
    /// Why chat channels were not told.
    pub chat_failed: Option<NotifyError>,
    /// Why the operator was not told of what was done to keyrail itself.
    pub operator_failed: Option<NotifyError>,
    /// Whether it was counted instead of told: a follow-up will tell of it.
    pub counted: bool,
    /// Whether this invocation handled it.
    pub handled: Handled,
    /// Another event that must be judged again, now that this one is known.
    pub again: Option<Event>,
    /// What failed after the alert: the event must be tried again for it.
    pub failed_afterwards: Vec<String>,
    /// What failed after the alert, and needs only to be known.
    pub notes: Vec<String>,
}

/// Who handled an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handled {
    /// Another invocation, to its end.
    Before,
    /// Another invocation is at it: nobody has seen it finished.
    Elsewhere,
    /// This one.
    Here,
}

impl Response {
    pub(crate) fn new(report: Report, sent: Option<Result<(), NotifyError>>) -> Self {
        Self {
            report,
            sent,
            chat_failed: None,
            operator_failed: None,
            counted: false,
            handled: Handled::Here,
            again: None,
            failed_afterwards: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub(crate) fn of(report: Report, handled: Handled) -> Self {
        Self {
            handled,
            ..Self::new(report, None)
        }
    }
}
