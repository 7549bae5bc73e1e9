//! Situation: the one picture of what a report comes to. Which keys are stopped, left active or
//! unknown, and whose they are; what may still work, and until when; what happened, and what to
//! do now.
//!
//! It is derived from the report once, as a value. Each form of an alert, in each language, says
//! what is in it and decides nothing. Texts of the event are in it as the event has them; whoever
//! shows them makes them safe first. What is in a command or a link has been parsed.

pub(crate) use self::alternatives::{Alternative, Hint, KeyUse};
pub(crate) use self::credentials::Credentials;
pub(crate) use self::done::{Done, ROLE_SESSION_HOURS, StillPossible, Undo, Until};
pub(crate) use self::evidence::{Address, Evidence, Mfa, Reason, Stated, When};
pub(crate) use self::happened::{Act, AfterChange, Ended, Happened, Object, ObjectOwner, Reported};
pub(crate) use self::headline::{BottomLine, Headline};
pub(crate) use self::instruction::{Deactivate, Instruction};
pub(crate) use self::links::{Link, Page, SignIn};
pub(crate) use self::people::{ActorName, Concerned, Identity, KeyOwner, Location, Recipient};

use self::about::About;
use crate::activity::particulars::Late;
use crate::activity::{Activity, ActorKind};
use crate::arn::Arn;
use crate::id::{AccountId, UserName};
use crate::report::{Report, State};
use crate::words::Severity;

mod about;
mod alternatives;
mod by_hand;
mod command;
mod credentials;
mod done;
mod evidence;
mod happened;
mod headline;
mod instruction;
mod instructions;
mod links;
mod people;

/// What a report comes to.
#[derive(Debug)]
pub(crate) struct Situation<'a> {
    pub state: State,
    pub severity: Severity,
    pub headline: Headline<'a>,
    pub bottom_line: BottomLine,
    /// Whom it is about; `None` where nobody is named.
    pub concerned: Option<Concerned<'a>>,
    pub location: Location<'a>,
    /// AWS's name for what was done or reported.
    pub action: Option<&'a str>,
    /// The event's id.
    pub event: Option<&'a str>,
    /// The guardrails that are violated, the worst first.
    pub guardrails: Vec<&'a str>,
    /// The ARNs of the user that it is about, and of who acted.
    pub arns: Vec<String>,
    /// If it is old news: since when, and why.
    pub late: Option<&'a Late>,
    pub happened: Happened<'a>,
    pub credentials: Credentials<'a>,
    /// What keyrail did; never empty.
    pub done: Vec<Done<'a>>,
    pub still_possible: Vec<StillPossible>,
    /// The most urgent first.
    pub instructions: Vec<Instruction<'a>>,
    /// The account in which commands are to be run: another one may have users of the same names.
    pub account: Option<AccountId>,
    pub evidence: Vec<Evidence<'a>>,
    pub reasons: Vec<Reason<'a>>,
    pub alternatives: Vec<Alternative>,
    /// In the order in which it is to be done.
    pub undo: Vec<Undo>,
    pub links: Vec<Link>,
    pub sign_in: SignIn<'a>,
}

impl<'a> Situation<'a> {
    /// Derives it from a report.
    pub(crate) fn of(report: &'a Report) -> Self {
        let about = About::of(report);
        let activity = &report.activity;
        let credentials = Credentials::of(report);
        let account = activity.account.as_deref();
        Self {
            state: report.state(),
            severity: report.severity(),
            headline: Headline::of(report, about),
            bottom_line: BottomLine::of(report, about, &credentials),
            concerned: Concerned::of(about, activity),
            location: Location::of(activity),
            action: activity.action.as_deref(),
            event: report.event.id.as_deref(),
            guardrails: guardrails(report, about),
            arns: arns(activity),
            late: activity.particulars.late.as_ref(),
            happened: Happened::of(report, about, &credentials),
            done: Done::all_of(report, about),
            still_possible: StillPossible::all_of(report),
            instructions: Instruction::all_of(report, about, &credentials),
            account: account.and_then(|id| id.parse().ok()),
            evidence: Evidence::all_of(report, about),
            reasons: Reason::all_of(report),
            alternatives: Alternative::all_of(activity),
            undo: Undo::all_of(report),
            links: Link::all_of(report, about),
            sign_in: SignIn::of(report),
            credentials,
        }
    }
}

fn guardrails<'a>(report: &'a Report, about: About<'a>) -> Vec<&'a str> {
    match about {
        About::FollowUp(repeats) => {
            let repeated = repeats.follow_up.repetition.guardrails.iter();
            repeated.map(String::as_str).collect()
        }
        About::Activity | About::Comeback { .. } | About::Fault { .. } => {
            let violated = report.verdict.violated.iter();
            violated.map(|violation| violation.id.as_str()).collect()
        }
    }
}

fn arns(activity: &Activity) -> Vec<String> {
    let actor = &activity.actor;
    let user = activity.target.user.as_deref();
    let user = user.and_then(|user| user.parse::<UserName>().ok());
    let account = activity.account.as_deref();
    let account = account.and_then(|id| id.parse::<AccountId>().ok());
    let target = user.zip(account);
    let target = target.map(|(user, account)| activity.user_arn(account.as_str(), user.as_str()));
    let acted = actor.arn.clone();
    let acted = acted.filter(|arn| actor.kind != ActorKind::Unknown && Arn::parse(arn).is_some());
    let mut all: Vec<String> = target.into_iter().chain(acted).collect();
    all.dedup();
    all
}

#[cfg(test)]
mod tests;
