//! From an event to an alert: the function's real binary, through the Runtime
//! API, against an emulator of AWS over HTTP.
//!
//! What the emulator cannot do (deny, throttle, lose an answer) the proxy before
//! it does, as AWS documents it.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod alerting;
mod beating;
mod claiming;
mod composing;
mod conforming;
mod containing;
mod crashing;
mod errors;
mod exempting;
mod failing;
mod faults;
mod findings;
#[path = "../json_schema.rs"]
mod json_schema;
mod metrics;
mod operator;
mod reaching;
mod remembering;
mod repeating;
mod reported;
mod saying;
#[expect(dead_code, reason = "the benchmark uses the rest of it")]
mod support;
mod upgrading;
mod watching;
