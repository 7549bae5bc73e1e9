//! The event that shows facts: each is put where keyrail reads it.

use keyrail_core::taxonomy::{self, Group, Kind};
use serde_json::{Value, json};

use super::facts::id_of;
use super::known::{Known, put};

mod identity;

impl Known<'_> {
    pub(super) fn event(&self) -> Value {
        let mut event = self.example();
        let account = self
            .account("resource")
            .unwrap_or_else(|| self.look.account.to_owned());
        put(&mut event, "account", json!(account));
        if let Some(region) = self
            .text("context.region")
            .filter(|region| region.contains('-'))
        {
            put(&mut event, "region", json!(region));
        }
        if self.place.kind.is_report() {
            return event;
        }
        let time = self
            .text("context.time")
            .and_then(time)
            .unwrap_or_else(|| self.this_morning());
        put(&mut event, "time", json!(time));
        let region = event.get("region").cloned().unwrap_or_default();
        let Some(detail) = event.get_mut("detail") else {
            return event;
        };
        put(detail, "eventTime", json!(time));
        put(detail, "awsRegion", region);
        put(detail, "recipientAccountId", json!(account));
        let caller = self.account("principal").unwrap_or(account);
        put(detail, "userIdentity", self.identity(&caller));
        self.origin(detail);
        self.target(detail);
        if self.look.group == Some(Group::LaunchCompute) {
            self.launch(detail);
        }
        if self.flag("context.succeeded") == Some(false) {
            self.fail(detail);
        }
        event
    }

    fn example(&self) -> Value {
        if let Some(entry) = self.place.entry {
            let mut event = match self.place.shows_not.is_empty() {
                true => entry.example(self.look.group),
                false => entry.example_in_just(self.look.group),
            };
            let name = self.text("context.name").unwrap_or_default();
            let is_longer = entry.begins && name.len() > entry.action.len();
            if let Some((_, name)) = name.split_once(':').filter(|_| is_longer) {
                put(&mut event, "detail.eventName", json!(name));
            }
            return event;
        }
        if let Some(control) = self.text("context.control") {
            return failed_control(control);
        }
        // What has no row of its own looks like another of its kind.
        let mut like = taxonomy::entries().filter(|entry| entry.kind == self.place.kind);
        let mut event = like
            .find(|entry| entry.groups.is_empty())
            .or_else(|| taxonomy::entries().find(|entry| entry.kind == self.place.kind))
            .map_or(Value::Null, |entry| entry.example(None));
        if self.place.kind.is_report() {
            return event;
        }
        let name = self.text("context.name").unwrap_or_default();
        let is_word =
            |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric());
        let (service, call) = match name.split_once(':') {
            Some((service, call)) if is_word(service) && is_word(call) => (service, call),
            _ => ("example", "DoSomething"),
        };
        put(&mut event, "source", json!(format!("aws.{service}")));
        let source = json!(format!("{service}.amazonaws.com"));
        put(&mut event, "detail.eventSource", source);
        put(&mut event, "detail.eventName", json!(call));
        put(&mut event, "detail.requestParameters", Value::Null);
        put(&mut event, "detail.responseElements", Value::Null);
        if self.place.kind == Kind::ServiceEvent {
            put(&mut event, "detail.eventType", json!("AwsServiceEvent"));
        }
        event
    }

    fn origin(&self, detail: &mut Value) {
        let networks = self.fact("context.networks").and_then(Value::as_array);
        let named = networks.and_then(|networks| id_of(networks.first(), "Network"));
        let range =
            named.and_then(|name| self.bundle.settings.networks.get(&name)?.first().copied());
        let address = match (range, self.text("context.ip")) {
            (Some(range), _) => Some(range.addr().to_string()),
            (None, Some(ip)) => {
                let ip = ip.trim_start_matches("ip(\"").trim_end_matches("\")");
                ip.split('/').next().map(str::to_owned)
            }
            (None, None) if !self.look.is_bare => None,
            (None, None) => {
                let service = self.text("context.service").unwrap_or("AWS Internal");
                Some(service.to_owned())
            }
        };
        if let Some(address) = address {
            put(detail, "sourceIPAddress", json!(address));
        }
        let agent = self.text("context.userAgent");
        if agent.is_some() || self.look.is_bare {
            put(detail, "userAgent", json!(agent));
        }
        if let Some(tls) = self.text("context.tlsVersion") {
            put(detail, "tlsDetails.tlsVersion", json!(tls));
        }
        if self.place.kind == Kind::SignIn {
            let used = self
                .flag("context.mfa")
                .map(|mfa| if mfa { "Yes" } else { "No" });
            put(detail, "additionalEventData.MFAUsed", json!(used));
        }
        if self.flag("context.console") == Some(true) {
            put(detail, "sessionCredentialFromConsole", json!("true"));
        }
    }

    fn target(&self, detail: &mut Value) {
        let Some(entry) = self.place.entry else {
            return;
        };
        let owner = id_of(self.fact("resource.owner"), "User");
        let is_self = self.flag("context.self") == Some(true);
        let user = match (is_self, self.place.principal) {
            (true, "User") => Some(self.name(
                id_of(self.fact("principal"), "User").as_deref(),
                "principal.name",
                "anaya",
            )),
            _ if self.flag("resource.root") == Some(true) => None,
            _ => {
                let is_users = self.flag("resource.root") == Some(false);
                let has_owner = is_users || owner.is_some();
                has_owner.then(|| self.name(owner.as_deref(), "resource.user", "bob"))
            }
        };
        for (paths, value) in [
            (entry.user, user.map(Value::from)),
            (entry.status, self.status().map(Value::from)),
        ] {
            let is_absent = value.is_none() && (self.look.is_bare || paths == entry.user);
            if let (Some(path), true) = (paths.first(), value.is_some() || is_absent) {
                put(detail, path, value.unwrap_or(Value::Null));
            }
        }
    }

    /// AWS knows two; what is not the one where that matters is the other.
    fn status(&self) -> Option<&str> {
        let status = self.text("resource.status");
        let is_word = status.is_some_and(|status| ["Active", "Inactive"].contains(&status));
        match self.place.shows_not.is_empty() || is_word {
            true => status,
            false => Some("Inactive"),
        }
    }

    /// As many instances as are launched since the password was changed.
    fn launch(&self, detail: &mut Value) {
        const MOST: i64 = 20;
        let past = self.fact("context.history");
        let launched = past.and_then(|past| past.get("launchedSincePasswordChange")?.as_i64());
        if let Some(launched) = launched {
            let one = json!({ "instanceId": "i-0123456789abcdef0" });
            let all: Vec<Value> = (0..launched.clamp(1, MOST)).map(|_| one.clone()).collect();
            put(detail, "responseElements.instancesSet.items", all.into());
        }
    }

    fn fail(&self, detail: &mut Value) {
        if self.place.kind == Kind::SignIn {
            let name = detail.get("eventName").and_then(Value::as_str);
            let name = name.unwrap_or_default().to_owned();
            put(detail, "errorMessage", json!("Failed authentication"));
            put(detail, "responseElements", json!({ name: "Failure" }));
        } else {
            let code = self
                .text("context.errorCode")
                .filter(|code| !code.is_empty());
            put(detail, "errorCode", json!(code.unwrap_or("AccessDenied")));
            put(
                detail,
                "errorMessage",
                json!("User is not authorized to perform this call"),
            );
            put(detail, "responseElements", Value::Null);
        }
    }

    /// A change of the password before, and launches since, where policies read them.
    pub(super) fn history(&self) -> Vec<Value> {
        let Some(past) = self.fact("context.history") else {
            return Vec::new();
        };
        let Some(at) = self
            .text("context.time")
            .and_then(time)
            .unwrap_or_else(|| self.this_morning())
            .parse::<jiff::Timestamp>()
            .ok()
        else {
            return Vec::new();
        };
        let number = |name: &str| past.get(name).and_then(Value::as_i64);
        let mut events = Vec::new();
        let caller = self
            .account("principal")
            .unwrap_or_else(|| self.look.account.to_owned());
        if let Some(minutes) = number("minutesSincePasswordChange") {
            let minutes = minutes.clamp(0, 60 * 24 * 365);
            if let Ok(time) = at.checked_sub(jiff::SignedDuration::from_mins(minutes)) {
                let mut changed = taxonomy::find("iam:ChangePassword")
                    .map_or(Value::Null, |entry| {
                        entry.example(Some(Group::ChangePassword))
                    });
                put(&mut changed, "time", json!(time.to_string()));
                put(&mut changed, "detail.eventTime", json!(time.to_string()));
                put(&mut changed, "detail.userIdentity", self.identity(&caller));
                events.push(changed);
            }
        }
        if events.is_empty() {
            // A history is kept, and has nothing in it that matters here.
            let other = taxonomy::find("sts:GetSessionToken").map(|entry| entry.example(None));
            events.extend(other);
        }
        events
    }
}

/// A finding of Security Hub: a control about access keys that failed.
fn failed_control(control: &str) -> Value {
    json!({
        "version": "0",
        "id": "7bf73129-1428-4cd3-a780-95db273d1602",
        "detail-type": "Security Hub Findings - Imported",
        "source": "aws.securityhub",
        "time": "2026-03-14T09:26:53Z",
        "region": "us-east-1",
        "detail": { "findings": [{
            "Id": "example",
            "ProductArn": "arn:aws:securityhub:us-east-1::product/aws/securityhub",
            "Title": "IAM root user access key should not exist",
            "Compliance": { "Status": "FAILED", "SecurityControlId": control },
            "Workflow": { "Status": "NEW" },
            "RecordState": "ACTIVE",
        }] },
    })
}

/// `datetime("2026-03-14T09:26:53Z")`, or milliseconds, as CloudTrail writes it.
fn time(text: &str) -> Option<String> {
    let since_1970 = text
        .strip_prefix("datetime(\"1970-01-01\").offset(duration(\"")
        .and_then(|rest| rest.strip_suffix("ms\"))"));
    if let Some(millis) = since_1970 {
        let time = jiff::Timestamp::from_millisecond(millis.parse().ok()?).ok()?;
        return Some(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    }
    let text = text
        .trim_start_matches("datetime(\"")
        .trim_end_matches("\")");
    let time: jiff::Timestamp = text.parse().ok().or_else(|| {
        let date: jiff::civil::Date = text.parse().ok()?;
        jiff::tz::Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()
    })?;
    Some(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}
