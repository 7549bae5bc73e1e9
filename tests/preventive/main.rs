//! Evaluates the service control policies of `infra/preventive`: what keyrail and those who run it
//! must be able to call, and what nobody else may.

#![expect(
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and prints its totals"
)]

mod access_keys;
mod accounts;
mod attacks;
mod beat;
mod evaluate;
mod needed;
mod parts;
mod protect;
mod runbook;
