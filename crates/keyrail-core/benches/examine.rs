//! keyrail's own work, without AWS: what each event costs, and what a cold start
//! adds. Run by `make bench`.

#![expect(
    clippy::expect_used,
    reason = "a benchmark fails by panicking, and has no readers"
)]

use keyrail_core::alert::Alert;
use keyrail_core::{Bundle, Circumstances, Event, Mode, examine};

const CREATED: &[u8] = include_bytes!("../../keyrail-cli/src/samples/key-created-for-another.json");
const UNRELATED: &[u8] = include_bytes!("../../keyrail-cli/src/samples/unrelated-call.json");

fn main() {
    divan::main();
}

#[divan::bench]
fn load_bundle() -> Bundle {
    Bundle::embedded().expect("it loads")
}

/// Parse, interpret, judge and plan.
#[divan::bench(args = ["created", "unrelated"])]
fn examine_event(bencher: divan::Bencher<'_, '_>, name: &str) {
    let bundle = Bundle::embedded().expect("it loads");
    let circumstances = Circumstances::in_mode(Mode::Enforce);
    let bytes = if name == "created" {
        CREATED
    } else {
        UNRELATED
    };
    bencher.bench(|| {
        let event = Event::parse(divan::black_box(bytes)).expect("it is an event");
        examine(event, &bundle, &circumstances)
    });
}

/// The same, and the message that is published.
#[divan::bench]
fn examine_and_render(bencher: divan::Bencher<'_, '_>) {
    let bundle = Bundle::embedded().expect("it loads");
    let circumstances = Circumstances::in_mode(Mode::Enforce);
    bencher.bench(|| {
        let event = Event::parse(divan::black_box(CREATED)).expect("it is an event");
        let report = examine(event, &bundle, &circumstances);
        Alert::compose(&report).message().expect("it serialises")
    });
}
