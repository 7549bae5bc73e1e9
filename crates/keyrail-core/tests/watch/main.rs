//! The watch against a model of an organization, in simulated time: each hop cut in turn, and a month
//! in which nothing is wrong.
//!
//! `cargo test -p keyrail-core --test watch -- --nocapture` prints when each cut was told.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod cuts;
mod forged;
mod healthy;
mod organization;
mod parts;
mod told;
mod ways;
