//! Who, from where, where, when, and by which guardrail.

use std::net::IpAddr;

use jiff::civil::Date;
use jiff::{Timestamp, ZonedDateTime};

use super::about::About;
use super::people::{Identity, Location};
use crate::activity::Activity;
use crate::activity::particulars::Published;
use crate::report::Report;
use crate::taxonomy::{Group, Kind};
use crate::words::{Mode, Severity};

/// One fact about the event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Evidence<'a> {
    /// The credential that is not an access key, and when it expires.
    Credential {
        id: &'a str,
        expires: Option<&'a str>,
    },
    /// What a finding is called and known by.
    Finding {
        title: Option<&'a str>,
        id: Option<&'a str>,
        arn: Option<&'a str>,
        workflow: Option<&'a str>,
        sent_by: Option<&'a str>,
    },
    /// The ARN of a notice.
    Notice(&'a str),
    /// Where a key is published.
    Published(&'a Published),
    /// In what the event contradicts itself: a sentence of the report.
    Conflict(&'a str),
    Event {
        name: Option<&'a str>,
        id: Stated<'a>,
    },
    From {
        address: Address<'a>,
        user_agent: Option<&'a str>,
    },
    How {
        mfa: Mfa<'a>,
        key: Stated<'a>,
    },
    /// The time on on-call's clocks.
    LocalTime(ZonedDateTime),
    /// What keyrail could not find out: a sentence of the report.
    NotKnown(&'a str),
    /// Who began the chain of role sessions.
    SourceIdentity(&'a str),
    When(When<'a>),
    Where(Location<'a>),
    Who {
        identity: Identity<'a>,
        arn: Option<&'a str>,
    },
}

/// A text of the event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stated<'a> {
    Is(&'a str),
    NotKnown,
    /// Such an event has none.
    None,
}

/// Whether a second factor was used.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Mfa<'a> {
    /// With the reason, if the event gives one: a sentence of the report.
    NotKnown(Option<&'a str>),
    NotUsed,
    /// The password was right, and the second factor was not.
    Refused,
    /// A sign-in that fails does not show it.
    SignInFailed,
    Used,
}

/// Where a call came from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Address<'a> {
    Ip(IpAddr),
    NotShown,
    Service(&'a str),
}

/// When it happened.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum When<'a> {
    At(Timestamp),
    /// A time that cannot be read, as written.
    Written(&'a str),
    NotKnown,
}

impl<'a> Evidence<'a> {
    pub(super) fn all_of(report: &'a Report, about: About<'a>) -> Vec<Self> {
        let (activity, event) = (&report.activity, &report.event);
        let is_recognised = activity.kind != Kind::Unrecognised;
        let not_known = report.not_known.iter();
        let conflicts = activity.conflicts.iter();
        let mut all: Vec<Self> = not_known
            .map(|sentence| Self::NotKnown(sentence))
            .chain(conflicts.map(|sentence| Self::Conflict(sentence)))
            .collect();
        // Of these an event that is not recognised shows nothing, and a count no one.
        if is_recognised && matches!(about, About::Activity) {
            all.extend(Self::of_actor(activity));
        }
        if matches!(about, About::Activity) {
            all.extend(Self::of_particulars(activity));
        }
        if activity.account.is_some() || is_recognised {
            all.push(Self::Where(Location::of(activity)));
        }
        all.push(Self::When(match (activity.time, event.time.as_deref()) {
            (Some(time), _) => When::At(time),
            (None, Some(written)) => When::Written(written),
            (None, None) => When::NotKnown,
        }));
        let local = activity.time.zip(report.on_alerts.time_zone.clone());
        all.extend(local.map(|(time, zone)| Self::LocalTime(time.to_zoned_datetime(zone))));
        let name = event.name.as_deref();
        all.push(Self::Event {
            name: name.or(event.detail_type.as_deref()),
            id: match (event.id.as_deref(), about) {
                (Some(id), _) => Stated::Is(id),
                // What is the deployment's own has no id.
                (None, About::Fault { .. }) => Stated::None,
                (None, About::Activity | About::Comeback { .. } | About::FollowUp(_)) => {
                    Stated::NotKnown
                }
            },
        });
        all
    }

    /// What the event is known by elsewhere, and what it tells of the credential.
    fn of_particulars(activity: &'a Activity) -> impl Iterator<Item = Self> {
        let particulars = &activity.particulars;
        let finding = particulars.finding.as_ref().map(|finding| Self::Finding {
            title: finding.title.as_deref(),
            id: finding.id.as_deref(),
            arn: finding
                .arn
                .as_deref()
                .filter(|arn| Some(*arn) != finding.id.as_deref()),
            workflow: finding.workflow.as_deref(),
            sent_by: finding.sent_by.as_deref(),
        });
        let id = activity.target.credential_id.as_deref();
        let credential = id
            .filter(|_| activity.groups.contains(&Group::IssueLongTermCredential))
            .map(|id| Self::Credential {
                id,
                expires: particulars.expires.as_deref(),
            });
        let published = particulars.published.as_ref().map(Self::Published);
        let notice = particulars.notice.as_deref().map(Self::Notice);
        finding
            .into_iter()
            .chain(credential)
            .chain(published)
            .chain(notice)
    }

    fn of_actor(activity: &'a Activity) -> Vec<Self> {
        let (actor, origin) = (&activity.actor, &activity.origin);
        let key = match (activity.kind, actor.access_key_id.as_deref()) {
            (_, Some(key)) => Stated::Is(key),
            (Kind::SignIn | Kind::Exposure | Kind::Finding, None) => Stated::None,
            (_, None) => Stated::NotKnown,
        };
        let who = Self::Who {
            identity: Identity::of_deed(activity),
            arn: actor.arn.as_deref(),
        };
        let source_identity = actor.source_identity.as_deref();
        let how = Self::How {
            mfa: Mfa::of(activity),
            key,
        };
        let from = Self::From {
            address: match (origin.ip, origin.service.as_deref()) {
                (Some(ip), _) => Address::Ip(ip),
                (None, Some(service)) => Address::Service(service),
                (None, None) => Address::NotShown,
            },
            user_agent: origin.user_agent.as_deref(),
        };
        [who]
            .into_iter()
            .chain(source_identity.map(Self::SourceIdentity))
            .chain([how, from])
            .collect()
    }
}

impl<'a> Mfa<'a> {
    fn of(activity: &'a Activity) -> Self {
        let has_failed = activity.outcome.succeeded == Some(false);
        match activity.actor.mfa {
            Some(false) if activity.kind == Kind::SignIn && has_failed => Self::SignInFailed,
            // AWS asks for it once the password is right.
            Some(true) if activity.kind == Kind::SignIn && has_failed => Self::Refused,
            Some(true) => Self::Used,
            Some(false) => Self::NotUsed,
            None => Self::NotKnown(activity.actor.mfa_unknown_because.as_deref()),
        }
    }
}

/// Why it is alerted, or is not.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reason<'a> {
    /// What the bundle is known by.
    Bundle(&'a str),
    Exempted {
        guardrail: &'a str,
        exemption: &'a str,
        until: Date,
    },
    Expired {
        guardrail: &'a str,
        exemption: &'a str,
        until: Date,
    },
    Undecided {
        policy: &'a str,
        error: &'a str,
        /// Its text, line by line.
        text: Vec<&'a str>,
    },
    Violated {
        guardrail: &'a str,
        severity: Severity,
        mode: Mode,
        /// Its text, line by line.
        text: Vec<&'a str>,
    },
}

impl<'a> Reason<'a> {
    pub(super) fn all_of(report: &'a Report) -> Vec<Self> {
        let verdict = &report.verdict;
        let violated = verdict.violated.iter().map(|violation| Self::Violated {
            guardrail: &violation.id,
            severity: violation.severity,
            mode: violation.mode,
            text: without_annotations(&violation.policy_text),
        });
        let exempted = verdict.exempted.iter().map(|exempted| Self::Exempted {
            guardrail: &exempted.guardrail,
            exemption: &exempted.exemption,
            until: exempted.expires,
        });
        let expired = verdict.expired.iter().map(|expired| Self::Expired {
            guardrail: &expired.guardrail,
            exemption: &expired.exemption,
            until: expired.expires,
        });
        let undecided = verdict.undecided.iter().map(|undecided| Self::Undecided {
            policy: &undecided.policy,
            error: &undecided.error,
            text: without_annotations(&undecided.policy_text),
        });
        violated
            .chain(exempted)
            .chain(expired)
            .chain(undecided)
            .chain([Self::Bundle(&report.bundle)])
            .collect()
    }
}

/// A policy's text, line by line, without its annotations: the alert says what they do in its own
/// places.
fn without_annotations(policy: &str) -> Vec<&str> {
    let mut quoted = false;
    let mut escaped = false;
    let start = policy.char_indices().find(|&(at, c)| {
        let ends_a_quote = c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
        quoted ^= ends_a_quote;
        !quoted
            && policy
                .get(at..)
                .is_some_and(|rest| rest.starts_with("forbid") || rest.starts_with("permit"))
    });
    let policy = start.and_then(|(at, _)| policy.get(at..)).unwrap_or(policy);
    let lines = policy.lines();
    lines.filter(|line| !line.trim().is_empty()).collect()
}
