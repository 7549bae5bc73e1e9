//! Who, from where, where, when, and by which guardrail.

use super::people::{identity, known, location};
use crate::alert::content::{self, Labelled};
use crate::phrases::utc;
use crate::plain::Plain;
use crate::situation::{ActorName, Address, Evidence, Mfa, Reason, Stated, When};

pub(super) fn evidence(evidence: &Evidence<'_>) -> Labelled {
    let (label, text) = match evidence {
        Evidence::Conflict(sentence) => ("Conflict", Plain(sentence).to_string()),
        Evidence::Credential { id, expires } => {
            let expires = expires.map(|expires| format!("; expires {}", Plain(expires)));
            let expires = expires.unwrap_or_default();
            ("Which", format!("credential {}{expires}", Plain(id)))
        }
        Evidence::Finding {
            title,
            id,
            arn,
            workflow,
            sent_by,
        } => {
            let parts = [
                title.map(|title| format!("\"{}\"", Plain(title).to_string().replace('"', "'"))),
                id.map(|id| format!("id {}", Plain(id))),
                arn.map(|arn| Plain(arn).to_string()),
                workflow.map(|workflow| format!("workflow {}", Plain(workflow))),
                sent_by.map(|action| format!("sent by hand ({})", Plain(action))),
            ];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            ("Found", parts.join("; "))
        }
        Evidence::Notice(arn) => ("Notice", Plain(arn).to_string()),
        Evidence::Published(published) => {
            let part = |word: &str, text: &Option<String>| {
                let text = text.as_deref()?;
                Some(format!("{word} {}", Plain(text)))
            };
            let parts = [
                part("at", &published.location),
                part("case", &published.case),
                part("AWS asks you to act by", &published.deadline),
            ];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            ("Leak", parts.join("; "))
        }
        Evidence::Event { name, id } => {
            let name = known(*name);
            let text = match id {
                Stated::Is(id) => format!("{name} {}", Plain(id)),
                Stated::NotKnown => format!("{name} {}", known(None)),
                Stated::None => name,
            };
            ("Event", text)
        }
        Evidence::From {
            address,
            user_agent,
        } => {
            let address = match address {
                Address::Ip(ip) => ip.to_string(),
                Address::NotShown => "address not shown by AWS".to_owned(),
                Address::Service(service) => format!("{} (an AWS service)", Plain(service)),
            };
            ("From", format!("{address}; {}", quoted(*user_agent)))
        }
        Evidence::How { mfa: factor, key } => {
            let mfa = mfa(factor);
            let text = match key {
                Stated::Is(key) => format!("{mfa}; signed with key {}", Plain(key)),
                Stated::NotKnown => format!("{mfa}; signed with key {}", known(None)),
                Stated::None => mfa,
            };
            ("How", text)
        }
        Evidence::LocalTime(time) => {
            let zone = time.time_zone().iana_name().unwrap_or("local");
            let text = format!("{} {zone}", time.strftime("%Y-%m-%d %H:%M:%S %:z"));
            ("", text)
        }
        Evidence::NotKnown(sentence) => ("Not known", Plain(sentence).to_string()),
        Evidence::SourceIdentity(name) => ("", format!("source identity {}", Plain(name))),
        Evidence::When(When::At(time)) => ("When", utc(*time)),
        Evidence::When(When::Written(time)) => ("When", Plain(time).to_string()),
        Evidence::When(When::NotKnown) => ("When", known(None)),
        Evidence::Where(place) => ("Where", location(place)),
        Evidence::Who {
            identity: actor,
            arn,
        } => {
            let arn = arn.map(|arn| Plain(arn).to_string());
            let arn = arn.unwrap_or_else(|| "ARN not known".to_owned());
            let by = match actor.name {
                ActorName::Aws => " itself, recorded in the name of",
                _ => ",",
            };
            ("Who", format!("{}{by} {arn}", identity(actor)))
        }
    };
    Labelled { label, text }
}

fn mfa(mfa: &Mfa<'_>) -> String {
    match mfa {
        Mfa::NotKnown(Some(because)) => format!("MFA: {}", Plain(because)),
        Mfa::NotKnown(None) => "MFA not known".to_owned(),
        Mfa::NotUsed => "without MFA".to_owned(),
        Mfa::Refused => "the password was right, the second factor (MFA) was not".to_owned(),
        Mfa::SignInFailed => "MFA: not known, as the sign-in failed".to_owned(),
        Mfa::Used => "with MFA".to_owned(),
    }
}

/// Free text, chosen by whoever made the call: in quotes, so that it cannot pass
/// for a sentence of keyrail's.
fn quoted(text: Option<&str>) -> String {
    text.map_or_else(
        || "user agent not known".to_owned(),
        |text| format!("\"{}\"", Plain(text).to_string().replace('"', "'")),
    )
}

pub(super) fn reason(reason: &Reason<'_>) -> content::Reason {
    let none: &[&str] = &[];
    let (label, text, policy) = match reason {
        Reason::Bundle(version) => ("Bundle", (*version).to_owned(), none),
        Reason::Exempted {
            guardrail,
            exemption,
            until,
        } => (
            "Exempt",
            format!("from guardrail {guardrail} by exemption {exemption}, until {until}"),
            none,
        ),
        Reason::Expired {
            guardrail,
            exemption,
            until,
        } => (
            "Expired",
            format!("exemption {exemption} from guardrail {guardrail} covered this until {until}"),
            none,
        ),
        Reason::Undecided {
            policy,
            error,
            text,
        } => (
            "Undecided",
            format!("{policy}: {}", Plain(error)),
            text.as_slice(),
        ),
        Reason::Violated {
            guardrail,
            severity,
            mode,
            text,
        } => (
            "Why",
            format!(
                "guardrail {guardrail} ({}, {} mode)",
                severity.as_str(),
                mode.as_str()
            ),
            text.as_slice(),
        ),
    };
    content::Reason {
        label,
        text,
        policy: policy.iter().map(|line| (*line).to_owned()).collect(),
    }
}
