//! The picture of a report.
