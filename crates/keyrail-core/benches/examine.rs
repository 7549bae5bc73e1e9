//! keyrail's own work, without AWS: what each event costs, and what a cold start
//! adds. Run by `make bench`.

#![expect(
    clippy::expect_used,
    reason = "a benchmark fails by panicking, and has no readers"
)]

use divan::AllocProfiler;
use divan::counter::BytesCount;
use keyrail_core::activity::Activity;
use keyrail_core::alert::Alert;
use keyrail_core::bundle::Files;
use keyrail_core::circumstances::Known;
use keyrail_core::{Bundle, Circumstances, Deployment, Event, Mode, examine};
use serde_json::Value;

/// Counts what judging allocates, beside the time it takes.
#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

const CREATED: &[u8] = include_bytes!("../../keyrail-cli/src/samples/key-created-for-another.json");
const UNRELATED: &[u8] = include_bytes!("../../keyrail-cli/src/samples/unrelated-call.json");
const NOBODY: &[u8] = br#"{
    "source": "aws.iam", "detail-type": "AWS API Call via CloudTrail", "account": "111122223333",
    "detail": {
        "eventSource": "iam.amazonaws.com", "eventName": "UpdateAccessKey", "userIdentity": {},
        "eventTime": "2026-03-14T09:26:53Z", "awsRegion": "us-east-1", "eventType": "AwsApiCall",
        "requestParameters": null, "responseElements": null, "errorCode": "AccessDenied"
    }
}"#;

fn main() {
    divan::main();
}

#[divan::bench]
fn load_bundle() -> Bundle {
    Bundle::embedded().expect("it loads")
}

/// The same guardrails, which are nobody's that is compiled in: each text is read by Cedar.
#[divan::bench]
fn load_bundle_of_other_texts(bencher: divan::Bencher<'_, '_>) {
    let other =
        |(file, text): (&str, &str)| (file.to_owned(), text.replace("@title(\"", "@title(\"x"));
    let files: Vec<(String, String)> = Bundle::embedded_files().iter().map(other).collect();
    bencher.bench(|| Bundle::load(divan::black_box(&files)).expect("it loads"));
}

/// One that builds on the default bundle, with some things otherwise.
#[divan::bench]
fn load_composed_bundle(bencher: divan::Bencher<'_, '_>) {
    let settings = "[default]\nmode = 'observe'\nwithout = ['command-line-login']\n[guardrails.access-key-issued]\nmode = 'enforce'\n";
    let settings = ("keyrail.toml".to_owned(), settings.to_owned());
    let checked = [settings.clone()].into_iter().collect::<Files>().check();
    let stamp = checked.stamp().expect("it is JSON");
    let files = [settings, ("keyrail.stamp".to_owned(), stamp)];
    bencher.bench(|| Bundle::load(divan::black_box(&files)).expect("it loads"));
}

/// An event whose parameters are padded to a number of bytes in all.
fn padded(bytes: usize) -> Vec<u8> {
    let mut event: Value = serde_json::from_slice(CREATED).expect("it is JSON");
    let item = "x".repeat(60);
    let missing = bytes.saturating_sub(event.to_string().len());
    let items = vec![Value::from(item); missing / 63];
    let parameters = event.pointer_mut("/detail/requestParameters");
    *parameters.expect("it has parameters") =
        serde_json::json!({"userName": "bob", "padding": items});
    event.to_string().into_bytes()
}

/// Parse and interpret: 2 to 4 KB are typical, 256 KB the most that CloudTrail sends.
#[divan::bench(args = [2_000, 4_000, 32_000, 256_000])]
fn interpret_event(bencher: divan::Bencher<'_, '_>, size: usize) {
    let bytes = padded(size);
    let circumstances = Circumstances::default();
    bencher.counter(BytesCount::new(bytes.len())).bench(|| {
        let event = Event::parse(divan::black_box(&bytes)).expect("it is an event");
        Activity::interpret(&event, &circumstances.deployment, &circumstances.known)
    });
}

/// Judge: the same activity, again and again. That of nobody lacks facts that guardrails read.
#[divan::bench(args = ["created", "unrelated", "nobody"])]
fn judge_activity(bencher: divan::Bencher<'_, '_>, name: &str) {
    let bundle = Bundle::embedded().expect("it loads");
    let event = Event::parse(bytes(name)).expect("it is an event");
    let activity = Activity::interpret(&event, &Deployment::default(), &Known::default());
    let circumstances = Circumstances::in_mode(Mode::Enforce);
    bencher.bench(|| {
        bundle.judge(
            divan::black_box(&activity),
            circumstances.mode,
            circumstances.known.now,
        )
    });
}

/// Parse, interpret, judge and plan.
#[divan::bench(args = ["created", "unrelated"])]
fn examine_event(bencher: divan::Bencher<'_, '_>, name: &str) {
    let bundle = Bundle::embedded().expect("it loads");
    let circumstances = Circumstances::in_mode(Mode::Enforce);
    let bytes = bytes(name);
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

fn bytes(name: &str) -> &'static [u8] {
    match name {
        "created" => CREATED,
        "nobody" => NOBODY,
        _ => UNRELATED,
    }
}
