//! What it is about in a few words, for a subject; and what that means, for a telephone.

use crate::situation::{BottomLine, Headline};

/// What it is about, in a few words.
pub(super) fn headline(headline: &Headline<'_>) -> String {
    let further = |count: usize| match count {
        0 => String::new(),
        count => format!(" (+{count} more)"),
    };
    match *headline {
        Headline::Comeback => "Containment did not hold".to_owned(),
        Headline::DefaultBundle => "keyrail is using its default bundle".to_owned(),
        Headline::Exempt {
            guardrail,
            until,
            more,
        } => format!("Exempt from {guardrail} until {until}{}", further(more)),
        Headline::NothingViolated => "Nothing violated".to_owned(),
        Headline::Repeated { title, count } => format!("{title} - {count} more"),
        Headline::Undecided { policy, more } => {
            format!("Guardrail {policy} could not be decided{}", further(more))
        }
        Headline::Unrecognised => "Event not recognised".to_owned(),
        Headline::Violated {
            title,
            is_exemption_expired: true,
            more,
        } => format!("{title} (exemption expired){}", further(more)),
        Headline::Violated {
            title,
            is_exemption_expired: false,
            more,
        } => format!("{title}{}", further(more)),
    }
}

/// What a telephone shows at the end.
pub(super) fn bottom_line(line: BottomLine) -> &'static str {
    match line {
        BottomLine::DefaultBundle => "Your own bundle is OFF: act now.",
        BottomLine::StoppedAgain => "Stopped AGAIN: find out why.",
        BottomLine::KeyrailMayBeBlind => "keyrail may be BLIND: act now.",
        BottomLine::NotContained => "NOT CONTAINED: act now.",
        BottomLine::NotConfirmed => "Not confirmed: check that it is stopped.",
        BottomLine::KeyIsActive => "The key is ACTIVE: act now.",
        BottomLine::KeyIsActiveByLimit => "Limit reached: the key is ACTIVE.",
        BottomLine::KeyIsActiveByMode => "Observe mode: the key is ACTIVE.",
        BottomLine::KeyStopped => "Key stopped (verified).",
        BottomLine::KeyStoppedButNotCallers => "Key stopped; caller's own key UNCHANGED.",
        BottomLine::KeyStoppedButExposed => "Key deactivated but exposed: end its sessions.",
        BottomLine::KeyStoppedButNotOther => "Key stopped; the user's other key is ACTIVE.",
        BottomLine::NothingStopped => "Nothing was stopped.",
        BottomLine::NothingStoppedButCritical => "Nothing was stopped: act now.",
        BottomLine::NothingStoppedByLimit => "NOT CONTAINED: limit reached.",
        BottomLine::NothingStoppedByMode => "Observe mode: nothing was stopped.",
        BottomLine::Refused => "It was refused: nothing to stop.",
        BottomLine::Repeated => "Read the list of events.",
        BottomLine::SignInFailed => "The sign-in failed.",
        BottomLine::Stopped => "Stopped (verified).",
        BottomLine::UserStopped => "User stopped (verified).",
        BottomLine::UserStoppedButNotInstances => "User stopped; instances STILL RUNNING.",
    }
}
