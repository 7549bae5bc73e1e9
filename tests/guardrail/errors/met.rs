//! What became of an event whose handling met an error.

use serde_json::Value;

use super::Error;
use super::stage::Scene;
use crate::support::proxy::{Call, MESSAGE};

/// What the function made of it.
pub(super) struct Met {
    /// How often the call was sent.
    pub(super) tries: usize,
    /// The error that makes Lambda try again, if it was one.
    pub(super) again: Option<String>,
    /// `keyrail.alert/v1`; null if none was sent.
    alert: Value,
    pub(super) severity: String,
    /// Whether a message to itself was sent.
    pub(super) is_put_off: bool,
    /// What people are told of it, without what differs each time.
    pub(super) words: String,
}

impl Met {
    pub(super) fn new(
        scene: &Scene,
        error: Error,
        answered: &Result<(), Value>,
        calls: &[Call],
    ) -> Self {
        let named = |name: &'static str| calls.iter().filter(move |call| call.action == name);
        let published = named("Publish").find(|call| call.body.contains("MessageStructure=json"));
        let alert = published.map(program).unwrap_or_default();
        let failed = answered.as_ref().err();
        let text = |field: &str| failed.and_then(|failed| failed[field].as_str());
        let told = told(&alert, text("errorMessage"), error.code);
        Self {
            tries: named(scene.action()).count(),
            again: text("errorType").map(str::to_owned),
            severity: published.map(severity).unwrap_or_default(),
            is_put_off: named("SendMessage").next().is_some(),
            words: plain(&told.unwrap_or_default(), error.code),
            alert,
        }
    }

    pub(super) fn is_told(&self) -> bool {
        !self.alert.is_null()
    }

    /// Whether the time was over before an answer came, which each error is at once.
    pub(super) fn is_late(&self) -> bool {
        ["no answer in the time", "no connection in time"]
            .iter()
            .any(|late| self.words.contains(late))
    }

    pub(super) fn state(&self) -> &str {
        self.alert["state"].as_str().unwrap_or_default()
    }

    /// How the first step ended.
    pub(super) fn result(&self) -> &str {
        let result = &self.alert["report"]["outcomes"][0]["result"];
        result.as_str().unwrap_or_default()
    }
}

/// The alert that programs get.
fn program(call: &Call) -> Value {
    let message: Value = serde_json::from_str(&field(&call.body, "Message")).expect("it is JSON");
    let alert = message["default"]
        .as_str()
        .expect("there is a form for programs");
    serde_json::from_str(alert).expect("it is JSON")
}

fn severity(call: &Call) -> String {
    let (before, _) = call
        .body
        .split_once(".Name=severity")
        .expect("an alert has a severity");
    let (_, entry) = before.rsplit_once("MessageAttributes.").expect("an entry");
    field(
        &call.body,
        &format!("MessageAttributes.{entry}.Value.StringValue"),
    )
}

/// The value of a field of a form.
fn field(body: &str, name: &str) -> String {
    let value = body
        .split('&')
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
        .unwrap_or_default()
        .replace('+', " ");
    percent_encoding::percent_decode_str(&value)
        .decode_utf8_lossy()
        .into_owned()
}

/// Where people are told of an error: how a step ended, what is not known, what was not decided,
/// or why the invocation failed. Where the SDK's tries took all of a call's time, that is told
/// instead of the error.
fn told(alert: &Value, failed: Option<&str>, code: &str) -> Option<String> {
    let report = &alert["report"];
    let texts = |list: &'static str, place: &'static str| {
        let found = report.pointer(list).and_then(Value::as_array);
        let found = found.into_iter().flatten();
        found.filter_map(move |one| one.pointer(place)?.as_str())
    };
    let outcomes = || texts("/outcomes", "/detail");
    let not_known = || texts("/not_known", "").chain(texts("/verdict/undecided", "/error"));
    let named = outcomes().chain(not_known()).chain(failed);
    let named = named.into_iter().find(|text| text.contains(code));
    let told = named.or_else(|| not_known().next());
    let told = told.or_else(|| outcomes().next()).or(failed);
    told.map(str::to_owned)
}

/// Each of twelve digits is an account.
fn without_accounts(text: &str) -> String {
    let mut plain = String::new();
    let mut digits = String::new();
    for c in text.chars().chain([' ']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        match digits.len() {
            12 => plain.push_str("ACCOUNT"),
            _ => plain.push_str(&digits),
        }
        digits.clear();
        plain.push(c);
    }
    plain.trim_end().to_owned()
}

/// The same without what differs from run to run, and with … for the error.
fn plain(told: &str, code: &str) -> String {
    // An error names the event first.
    let told = told
        .strip_prefix("event ")
        .and_then(|told| told.split_once(": "))
        .map_or(told, |(_, told)| told)
        .replace(&format!(": {MESSAGE}"), "")
        .replace(code, "…")
        .replace(": no answer in time", ": …")
        .replace(" (request 00000000-0000-0000-0000-000000000000)", "")
        .replace(" UTC", "");
    let told = without_accounts(&told);
    let words = told.split(' ').map(|word| {
        let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_time = bare.len() > 7
            && bare.starts_with(|c: char| c.is_ascii_digit())
            && bare
                .chars()
                .all(|c| c.is_ascii_digit() || "-:TZ.".contains(c));
        let is_id = bare.len() >= 16
            && bare
                .chars()
                .all(|c| c.is_ascii_digit() || c.is_ascii_uppercase());
        match (is_time, is_id) {
            (true, _) if bare.contains(':') => Some(word.replace(bare, "TIME")),
            (true, _) if bare.contains('-') => None,
            (_, true) => Some(word.replace(bare, "KEY")),
            _ => Some(word.to_owned()),
        }
    });
    let words: Vec<String> = words.flatten().collect();
    words.join(" ").replace('|', "\\|")
}
