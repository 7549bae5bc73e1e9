//! Activity: who did what to what, from where, when, and with what outcome.
//!
//! Derived from one event and nothing else. What the event does not show is
//! `None`, and where evidence was omitted or malformed, `unknown` names the fact.

use jiff::Timestamp;
use serde::Serialize;

use self::taxonomy::Group;
use crate::event::{Body, Event, Json, first_label};

pub use self::actor::{Actor, ActorKind};
pub use self::origin::Origin;
pub use self::target::{Target, TargetKind};

mod actor;
mod origin;
mod target;
pub mod taxonomy;

/// What happened, in keyrail's terms. Serialises as `activity` of
/// `keyrail.report/v1`, in which texts stand as the event had them: only
/// [`crate::plan`] decides which of them are ids that may be acted on.
#[derive(Debug, Serialize)]
pub struct Activity {
    /// What sort of thing happened.
    pub kind: Kind,
    /// AWS's name for it, such as `iam:CreateAccessKey`.
    pub action: Option<String>,
    /// The taxonomy's groups that the action is in.
    pub groups: Vec<Group>,
    /// The affected account, which may not be the one that delivered the event.
    pub account: Option<String>,
    /// The Region of the call.
    pub region: Option<String>,
    /// When it happened, in UTC.
    pub time: Option<Timestamp>,
    /// Whether it succeeded.
    pub outcome: CallOutcome,
    /// Who did it.
    pub actor: Actor,
    /// What it was done to.
    pub target: Target,
    /// From where.
    pub origin: Origin,
    /// Facts whose evidence is missing or malformed, by the name that policies
    /// use; for what is not recognised, the reason.
    pub unknown: Vec<String>,
    /// Parts of the evidence that contradict each other. If there are any,
    /// nothing is acted on.
    #[serde(skip)]
    pub conflicts: Vec<String>,
    /// Whether an archive replayed the event, in which case nothing is acted on.
    #[serde(skip)]
    pub replayed: bool,
    /// Whether the event came from AWS itself (`source` begins with `aws.`, which
    /// EventBridge refuses to others; `aws.partner` is others'), as an event must that is acted on.
    #[serde(skip)]
    pub from_aws: bool,
}

/// What sort of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A call of an AWS API, succeeded or not.
    ApiCall,
    /// Understood, and nothing that keyrail has a guardrail about.
    Other,
    /// Something that an AWS service did by itself.
    ServiceEvent,
    /// A step of signing in to the console.
    SignIn,
    /// Not understood; alerted so that it is not lost.
    Unrecognised,
}

/// Whether a call or sign-in succeeded, with AWS's own words if not.
#[derive(Debug, Default, Serialize)]
pub struct CallOutcome {
    /// `None` if the event does not tell.
    pub succeeded: Option<bool>,
    /// AWS's error code, such as `AccessDenied`.
    pub error_code: Option<String>,
    /// AWS's error message.
    pub error_message: Option<String>,
}

impl From<&Event> for Activity {
    fn from(event: &Event) -> Self {
        let mut activity = match &event.body {
            Body::CloudTrail(record) => Self::from_record(record, event),
            Body::Unrecognised(reason) => Self::unrecognised(reason, event),
        };
        activity.replayed = event.replayed;
        activity.from_aws = event
            .source
            .as_ref()
            .is_some_and(|source| source.starts_with("aws.") && !source.starts_with("aws.partner"));
        activity
    }
}

impl Activity {
    /// Whether the actor acted on itself.
    #[must_use]
    pub fn is_on_self(&self) -> bool {
        match self.actor.kind {
            ActorKind::IamUser => self.actor.name.is_some() && self.actor.name == self.target.user,
            ActorKind::Root => self.target.is_root == Some(true),
            _ => false,
        }
    }

    /// The AWS partition that it happened in: `aws`, `aws-cn` or `aws-us-gov`.
    #[must_use]
    pub fn partition(&self) -> &'static str {
        match self.region.as_deref() {
            Some(region) if region.starts_with("cn-") => "aws-cn",
            Some(region) if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }

    fn from_record(record: &Json, event: &Event) -> Self {
        let name = record.text(&["eventName"]).map(without_api_date);
        let action = record
            .text(&["eventSource"])
            .zip(name.as_ref())
            .map(|(source, name)| format!("{}:{name}", first_label(&source)));
        let entry = action.as_deref().and_then(taxonomy::find);
        let kind = match entry {
            // What keyrail knows by name is what it is, whatever type it comes as.
            Some(entry) if entry.groups.contains(&Group::SignIn) => Kind::SignIn,
            Some(_) => Kind::ApiCall,
            None => kind_of(record, event, name.as_deref()),
        };
        let outcome = CallOutcome::of(record, name.as_deref());
        let actor = Actor::of(record, kind);
        let target = Target::of(record, entry, &actor, &outcome);
        let account = record
            .text(&["recipientAccountId"])
            .or_else(|| event.account.clone())
            .or_else(|| actor.account.clone());
        let time = record
            .text(&["eventTime"])
            .or_else(|| event.time.clone())
            .and_then(|time| time.parse().ok());

        let mut activity = Self {
            kind,
            action: entry.map(|entry| entry.action.to_owned()).or(action),
            groups: entry.map(|entry| entry.groups.to_vec()).unwrap_or_default(),
            account,
            region: record.text(&["awsRegion"]).or_else(|| event.region.clone()),
            time,
            outcome,
            actor,
            target,
            origin: Origin::of(record, kind),
            unknown: Vec::new(),
            conflicts: Vec::new(),
            replayed: false,
            from_aws: false,
        };
        activity.unknown = activity.missing_facts();
        activity.conflicts = activity.contradictions(record, event);
        activity
    }

    fn unrecognised(reason: &str, event: &Event) -> Self {
        Self {
            kind: Kind::Unrecognised,
            action: None,
            groups: Vec::new(),
            account: event.account.clone(),
            region: event.region.clone(),
            time: event.time.as_ref().and_then(|time| time.parse().ok()),
            outcome: CallOutcome::default(),
            actor: Actor::default(),
            target: Target::default(),
            origin: Origin::default(),
            unknown: vec![reason.to_owned()],
            conflicts: Vec::new(),
            replayed: false,
            from_aws: false,
        }
    }

    fn missing_facts(&self) -> Vec<String> {
        let signs_in = self.groups.contains(&Group::SignIn);
        let person = matches!(self.actor.kind, ActorKind::IamUser | ActorKind::Root);
        [
            ("account", self.account.is_none()),
            ("region", self.region.is_none()),
            ("time", self.time.is_none()),
            (
                "succeeded",
                self.outcome.succeeded.is_none() && (signs_in || self.kind == Kind::ApiCall),
            ),
            ("mfa", signs_in && person && self.actor.mfa.is_none()),
            ("principal", self.actor.kind == ActorKind::Unknown),
            ("target", self.target.is_missing(&self.outcome)),
        ]
        .into_iter()
        .filter(|(_, missing)| *missing)
        .map(|(fact, _)| fact.to_owned())
        .collect()
    }

    /// Account, user and key must agree wherever the event names them twice.
    fn contradictions(&self, record: &Json, event: &Event) -> Vec<String> {
        let request = record.name(&["requestParameters", "userName"]);
        let response = record.name(&["responseElements", "accessKey", "userName"]);
        let recipient = record.text(&["recipientAccountId"]);
        let is_user = self.actor.kind == ActorKind::IamUser;
        let arn = self.actor.arn.as_deref().filter(|_| is_user);
        let arn_account = arn.and_then(|arn| arn.split(':').nth(4)).map(str::to_owned);
        let arn_name = arn
            .and_then(|arn| arn.rsplit('/').next())
            .map(str::to_owned);
        let name = self.actor.name.clone();
        // A call that names nobody is about the caller.
        let own = name.clone().filter(|_| is_user && request.is_none());
        let owner = response.clone().filter(|_| is_user && request.is_none());
        // IAM calls act in the caller's own account, so that must agree as well.
        let caller = self.actor.account.clone().filter(|_| {
            self.target.kind == TargetKind::AccessKey && self.actor.kind != ActorKind::Unknown
        });
        [
            (
                "the user in the request",
                request,
                "the user in the response",
                response,
            ),
            (
                "the delivering account",
                event.account.clone(),
                "the receiving account",
                recipient,
            ),
            (
                "the caller's account",
                caller,
                "the affected account",
                self.account.clone(),
            ),
            ("the caller's name", own, "the user in the response", owner),
            (
                "the caller's account",
                self.actor.account.clone(),
                "the account in the caller's ARN",
                arn_account,
            ),
            (
                "the caller's name",
                name,
                "the name in the caller's ARN",
                arn_name,
            ),
        ]
        .into_iter()
        .filter_map(|(one, first, two, second)| {
            let (first, second) = first.zip(second)?;
            (!first.eq_ignore_ascii_case(&second))
                .then(|| format!("{one} is `{first}`, {two} is `{second}`"))
        })
        .collect()
    }
}

impl CallOutcome {
    /// A sign-in's verdict stands in `responseElements` under the event's own
    /// name; a call failed if it has an error code (CloudTrail User Guide, "AWS
    /// Management Console sign-in events" and "record contents", checked
    /// 2026-11-24).
    fn of(record: &Json, name: Option<&str>) -> Self {
        let error_code = record.text(&["errorCode"]);
        let error_message = record.text(&["errorMessage"]);
        let verdict = name.and_then(|name| {
            record
                .text(&["responseElements", name])
                .or_else(|| record.text(&["serviceEventDetails", name]))
        });
        let succeeded = match verdict.as_deref() {
            _ if error_code.is_some() => Some(false),
            Some("Success") => Some(true),
            Some("Failure") => Some(false),
            _ if is_sign_in(record) => error_message.as_ref().map(|_| false),
            _ => Some(true),
        };
        Self {
            succeeded,
            error_code,
            error_message,
        }
    }
}

/// The record's own type decides; only old records lack it, and then the
/// envelope's detail type does.
fn kind_of(record: &Json, event: &Event, name: Option<&str>) -> Kind {
    let event_type = record
        .text(&["eventType"])
        .or_else(|| event.detail_type.clone())
        .map(|kind| kind.replace(' ', "").to_ascii_lowercase());
    match event_type.as_deref() {
        // A step before the sign-in itself, and no verdict on it.
        _ if name == Some("CheckMfa") && is_sign_in_source(record) => Kind::Other,
        Some(kind) if kind.contains("consolesignin") => Kind::SignIn,
        Some(kind) if kind.contains("serviceevent") => Kind::ServiceEvent,
        Some(kind) if kind.contains("insight") => Kind::Other,
        _ => Kind::ApiCall,
    }
}

fn is_sign_in_source(record: &Json) -> bool {
    record
        .text(&["eventSource"])
        .is_some_and(|source| first_label(&source) == "signin")
}

fn is_sign_in(record: &Json) -> bool {
    record
        .text(&["eventType"])
        .is_some_and(|kind| kind.eq_ignore_ascii_case("AwsConsoleSignIn"))
        || record
            .text(&["eventName"])
            .is_some_and(|name| name == "ConsoleLogin")
}

/// `UpdateFunctionCode20150331v2` → `UpdateFunctionCode`: some services write the
/// date of their API into event names (Lambda Developer Guide, "Logging Lambda
/// API calls", checked 2026-11-24).
fn without_api_date(name: String) -> String {
    let digits_end = match name.rsplit_once('v') {
        Some((before, version)) if !version.is_empty() && is_digits(version) => before,
        _ => name.as_str(),
    };
    match digits_end
        .len()
        .checked_sub(8)
        .and_then(|at| digits_end.split_at_checked(at))
    {
        Some((bare, date)) if is_digits(date) && date.starts_with("20") && !bare.is_empty() => {
            bare.to_owned()
        }
        _ => name,
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
