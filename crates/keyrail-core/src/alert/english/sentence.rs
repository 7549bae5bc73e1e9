//! What happened, in one sentence.

use super::people::{access_key, identity, key_of, known, location, of_owner, recipient};
use jiff::SignedDuration;

use crate::activity::particulars::Late;
use crate::phrases::utc;
use crate::plain::Plain;
use crate::situation::{Act, AfterChange, Ended, Happened, Object, ObjectOwner, Reported};

/// What happened, in one sentence.
pub(super) fn sentence(happened: &Happened<'_>) -> String {
    match happened {
        Happened::Act {
            actor,
            act,
            ended,
            location: place,
        } => {
            let (who, place) = (identity(actor), location(place));
            let Verbs { did, tried } = verbs(act);
            match ended {
                Ended::Succeeded => format!("{who} {did} {place}."),
                Ended::Failed { error } => {
                    format!(
                        "{who} tried to {tried} {place}, and failed{}.",
                        because(*error)
                    )
                }
                Ended::SignInFailed {
                    error,
                    is_mfa_refused,
                } => {
                    let mfa = match is_mfa_refused {
                        true => {
                            " The password was right, the second factor (MFA) was not: somebody else may know the password."
                        }
                        false => "",
                    };
                    format!(
                        "Somebody tried to {tried} {place} as {who}, and failed{}.{mfa}",
                        because(*error)
                    )
                }
                Ended::NotShown => format!(
                    "{who} tried to {tried} {place}; the event does not say whether it succeeded."
                ),
            }
        }
        Happened::Comeback {
            user,
            found,
            is_stopped_again,
            location: place,
        } => {
            let now = if *is_stopped_again {
                " It is contained again."
            } else {
                ""
            };
            format!(
                "keyrail re-checked its containment of {} in {} and found: {}. Someone undid it, or it never took effect.{now}",
                known(*user),
                location(place),
                Plain(found)
            )
        }
        Happened::DefaultBundle { error } => format!(
            "The deployed bundle is not valid: {}. keyrail is using its default bundle, without your guardrails, exemptions and settings.",
            Plain(error)
        ),
        Happened::Exposed {
            by,
            credentials: reported,
            location: place,
        } => format!(
            "{} says that {} is known to others: {}, in {}.",
            identity(by),
            credentials(reported),
            known(reported.finding),
            location(place)
        ),
        Happened::Finding {
            credentials: reported,
            location: place,
        } => format!(
            "A finding is about {}: {}, in {}.",
            credentials(reported),
            known(reported.finding),
            location(place)
        ),
        Happened::Repeated {
            event,
            actor,
            guardrails,
            count,
            until,
            location: place,
        } => format!(
            "Since the alert about event {}, {} violated {} again in {}: {count} times until {}.",
            Plain(event),
            Plain(actor),
            guardrails.join(", "),
            location(place),
            utc(*until),
        ),
        Happened::Unrecognised { reason } => format!(
            "keyrail received an event that it does not recognise: {}.",
            Plain(reason)
        ),
    }
}

/// What is said first of something that is not new.
pub(super) fn old_news(late: &Late) -> String {
    let reason = late.reason.as_deref().map(|reason| match reason {
        "DELIVERY_DELAY" => "it was delayed".to_owned(),
        "SERVICE_OUTAGE" => "because of a service outage".to_owned(),
        "UPDATED_DATA" => "AWS has amended the record".to_owned(),
        other => format!("reason {}", Plain(other)),
    });
    let reason = reason.map_or_else(String::new, |reason| format!(" ({reason})"));
    let amends = late.amends.as_deref();
    let amends = amends.map(|id| format!(" It amends event {}.", Plain(id)));
    let amends = amends.unwrap_or_default();
    match (late.happened, late.delivered) {
        (Some(happened), Some(delivered)) => format!(
            "Old news: this happened {} before it was delivered, at {}{reason}.{amends}",
            ago(delivered.duration_since(happened)),
            utc(happened),
        ),
        (Some(happened), None) => format!(
            "Old news: this happened at {}{reason}.{amends}",
            utc(happened)
        ),
        (None, _) => format!("Old news{reason}.{amends}"),
    }
}

/// In the largest unit of which there are two, or one of an hour.
fn ago(since: SignedDuration) -> String {
    const NUMBERS: [&str; 10] = [
        "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    ];
    let hours = since.as_hours();
    let units = [
        (24 * 365, "years"),
        (730, "months"),
        (24, "days"),
        (1, "hours"),
    ];
    let found = units.iter().find(|(length, _)| hours >= 2 * length);
    let Some((length, unit)) = found else {
        return match since.as_mins() {
            minutes if minutes >= 60 => "an hour".to_owned(),
            minutes => format!("{minutes} minutes"),
        };
    };
    // To the nearest.
    let count = (hours + length / 2) / length;
    let word = usize::try_from(count - 2)
        .ok()
        .and_then(|at| NUMBERS.get(at));
    match word {
        Some(word) => format!("{word} {unit}"),
        None => format!("{count} {unit}"),
    }
}

fn because(error: Option<&str>) -> String {
    error.map_or_else(String::new, |error| format!(": {}", Plain(error)))
}

/// The same act as done and as attempted.
struct Verbs {
    did: String,
    tried: String,
}

fn verbs(act: &Act<'_>) -> Verbs {
    match act {
        Act::Called { action, on: object } => {
            let action = known(*action);
            let on = object.as_ref().map(on).unwrap_or_default();
            Verbs {
                did: format!("called {action}{on} in"),
                tried: format!("call {action}{on} in"),
            }
        }
        Act::CreatedKey {
            key,
            recipient: whose,
        } => {
            let (key, whose) = (access_key(*key), recipient(whose));
            Verbs {
                did: format!("created {key} for {whose} in"),
                tried: format!("create {key} for {whose} in"),
            }
        }
        Act::GotCommandLineSession => Verbs {
            did: "was given a session for the command line (OAuth, as by aws login) in".to_owned(),
            tried: "get a session for the command line (OAuth, as by aws login) in".to_owned(),
        },
        Act::GotOAuthToken { action } => Verbs {
            did: format!("was given an OAuth token ({}) in", Plain(action)),
            tried: format!("get an OAuth token ({}) in", Plain(action)),
        },
        Act::Launched {
            count,
            action,
            after,
        } => {
            let action = Plain(action);
            let since = after.as_ref().map(since).unwrap_or_default();
            let instances = if *count == 1 { "instance" } else { "instances" };
            Verbs {
                did: format!("launched {count} {instances} with {action}{since} in"),
                tried: format!("launch instances by {action} in"),
            }
        }
        Act::Quarantined { policy, user } => {
            let user = user.map(|user| format!("IAM user {}", Plain(user)));
            let user = user.unwrap_or_else(|| "an IAM user".to_owned());
            let policy = Plain(policy);
            Verbs {
                did: format!("put {user} under quarantine (AWS's policy {policy}) in"),
                tried: format!("put {user} under quarantine (AWS's policy {policy}) in"),
            }
        }
        Act::SetKeyStatus { key, owner, status } => {
            let key = key_of(*key, owner);
            Verbs {
                did: format!("set {key} to {} in", known(*status)),
                tried: format!("set the status of {key} in"),
            }
        }
        Act::SignedIn { is_without_mfa } => {
            let without = if *is_without_mfa { "without MFA " } else { "" };
            Verbs {
                did: format!("signed in {without}to the console of"),
                tried: "sign in to the console of".to_owned(),
            }
        }
    }
}

fn since(surge: &AfterChange) -> String {
    match surge {
        AfterChange::AtOnce { minutes } => {
            format!(", {minutes} minutes after its password was changed,")
        }
        AfterChange::InAll { launched, minutes } => {
            format!(", {launched} since its password was changed {minutes} minutes before,")
        }
    }
}

/// ` on trail main`, ` on login profile of IAM user bob`.
fn on(object: &Object<'_>) -> String {
    let kind = object.kind.map(|kind| kind.as_str().replace('-', " "));
    let name = object.name.map(|name| Plain(name).to_string());
    let owner = object.owner.as_ref().map(|owner| match owner {
        ObjectOwner::Root => "root".to_owned(),
        ObjectOwner::User(user) => format!("IAM user {}", Plain(user)),
    });
    let what: Vec<String> = kind.into_iter().chain(name).collect();
    match (what.join(" "), owner) {
        (what, None) => format!(" on {what}"),
        (what, Some(owner)) if what.is_empty() => format!(" on {owner}"),
        (what, Some(owner)) => format!(" on {what} of {owner}"),
    }
}

/// The key of a report and any further ones, or just a credential where it names none.
fn credentials(reported: &Reported<'_>) -> String {
    let owner = of_owner(&reported.owner);
    let first = match reported.key {
        Some(key) => access_key(Some(key)),
        None => "a credential".to_owned(),
    };
    let all = format!("{first} {owner}");
    reported.more_keys.iter().fold(all, |all, more| {
        format!("{all}, and access key {}", Plain(more))
    })
}
