//! The only place where the command reads the clock.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// The day in UTC, by which exemptions expire.
pub(crate) fn today() -> Date {
    Offset::UTC.to_datetime(now()).date()
}
