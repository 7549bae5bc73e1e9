//! Times, as the SDK has them.

use jiff::Timestamp;

/// The same time; `None` if it is beyond what can be written.
pub(super) fn time(time: &aws_sdk_iam::primitives::DateTime) -> Option<Timestamp> {
    Timestamp::from_second(time.secs()).ok()
}
