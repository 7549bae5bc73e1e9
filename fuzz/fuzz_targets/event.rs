//! Whatever bytes the function is handed: it neither panics nor loses them.

#![no_main]

use std::sync::LazyLock;

use keyrail_core::alert::Alert;
use keyrail_core::{Bundle, Circumstances, Event, Mode, examine};
use libfuzzer_sys::fuzz_target;

static BUNDLE: LazyLock<Bundle> = LazyLock::new(|| Bundle::embedded().expect("it loads"));

fuzz_target!(|bytes: &[u8]| {
    let events = Event::parse_all(bytes)
        .unwrap_or_else(|error| vec![Event::unreadable(bytes, &error)]);
    assert!(!events.is_empty(), "an event was lost");
    let circumstances = Circumstances::in_mode(Mode::Enforce);
    for event in events {
        let report = examine(event, &BUNDLE, &circumstances);
        let alert = Alert::compose(&report);
        let message = alert.message().expect("it serialises");
        assert!(message.len() < 256_000, "too long for SNS");
        assert!(alert.subject.len() < 100, "too long a subject");
    }
});
