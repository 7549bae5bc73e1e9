//! The whole program in two functions.
//!
//! [`examine`] is pure, and is all that offline commands run. [`respond`] is the
//! same and then acts. So the same bytes take the same path in production and on
//! a laptop.

use std::collections::BTreeSet;

use futures_util::future::{join, join_all};
use jiff::Timestamp;

use crate::activity::Activity;
use crate::alert::{Alert, Notifier, NotifyError};
use crate::bundle::Bundle;
use crate::circumstances::{Circumstances, History};
use crate::effects::{EffectErrorKind, Effects, Hands, Reach, To};
use crate::english::{self, Unknown};
use crate::event::Event;
use crate::id::{AccountId, UserName};
use crate::judge::Verdict;
use crate::lookup::{Lookup, UserFacts};
use crate::outcome::carry_out;
use crate::plan::{Bounds, Plan, Withheld};
use crate::queue::Queue;
use crate::repeats::{Repetition, tell_or_count, window_of};
use crate::report::Report;
use crate::state::{
    Claim, Fact, Memory, State, Subject, launch_to_judge_again, memories_of, subjects_of,
};

pub(crate) use self::afterwards::afterwards;

mod afterwards;

/// What an event means, what the bundle says about it, and what would follow.
#[must_use]
pub fn examine(event: Event, bundle: &Bundle, circumstances: &Circumstances) -> Report {
    let activity = Activity::interpret(&event, circumstances);
    let (verdict, plan) = judged(&activity, bundle, circumstances);
    Report::new(event, activity, verdict, plan, bundle)
}

fn judged(activity: &Activity, bundle: &Bundle, circumstances: &Circumstances) -> (Verdict, Plan) {
    let verdict = bundle.judge(activity, circumstances);
    let bounds = Bounds {
        settings: &bundle.settings,
        circumstances,
    };
    let plan = Plan::draw(activity, &verdict, bounds);
    (verdict, plan)
}

/// Examines an event, carries out the plan, and tells of it.
///
/// The alert is sent whatever became of the plan. `until` is when the invocation ends at
/// the latest: so long nobody else handles the same event.
pub async fn respond(
    event: Event,
    bundle: &Bundle,
    circumstances: &Circumstances,
    until: Timestamp,
    aws: &(impl Effects + Notifier + State + Queue),
) -> Response {
    let circumstances = Circumstances {
        now: Some(aws.now()),
        ..circumstances.clone()
    };
    let mut report = examine(event, bundle, &circumstances);
    let mut again = None;
    let mut claimed = None;
    let bearing = match aws.has_table() {
        true => Bearing::of(&report),
        false => None,
    };
    if let Some(bearing) = bearing {
        let recalled = recall(&report, &bearing, until, aws).await;
        match recalled.claim {
            Some(Claim::Done) => return Response::of(report, Handled::Before),
            Some(Claim::Elsewhere) => return Response::of(report, Handled::Elsewhere),
            Some(Claim::Mine) => claimed = report.event.claim(),
            None => {}
        }
        if !bearing.subjects.is_empty() {
            // What is remembered of this very event is not what came before it.
            let mut before = recalled.memories.clone();
            before.retain(|memory| {
                let is_own = Some(&memory.event) == report.event.id.as_ref();
                !(is_own && matches!(memory.fact, Fact::Contained | Fact::Launched { .. }))
            });
            let known = Circumstances {
                history: Some(History::of(&before)),
                ..circumstances.clone()
            };
            report = examine(report.event, bundle, &known);
            again = launch_to_judge_again(&report.activity, &recalled.memories);
        }
        report.not_known = recalled.not_known;
    }
    let lookups = bundle.lookups_for(&report.verdict);
    if !lookups.is_empty() {
        look_up(&mut report, &lookups, aws).await;
        (report.verdict, report.plan) = judged(&report.activity, bundle, &circumstances);
    }
    if aws.has_table() {
        keep_to_the_limit(&mut report, bundle, aws).await;
    }
    let protected = &bundle.settings.protect;
    let carrying_out = carry_out(&report.plan, protected, report.event.id.as_deref(), aws);
    let (outcomes, window) = join(carrying_out, window_of(&report, bundle, aws)).await;
    report.outcomes = outcomes;
    let mut response = match window {
        None if report.is_alerting() => tell(report, aws).await,
        None => Response::new(report, None),
        Some(window) => tell_or_count(report, window, aws).await,
    };
    response.again = again;
    afterwards(&mut response, claimed.as_deref(), aws).await;
    response
}

/// Sends the alert of a report to everybody at the same time.
pub(crate) async fn tell(report: Report, aws: &impl Notifier) -> Response {
    let alert = Alert::compose(&report);
    let (sent, chat) = join(aws.send(&alert), aws.send_to_chat(&alert)).await;
    drop(alert);
    Response {
        chat_failed: chat.err(),
        ..Response::new(report, Some(sent))
    }
}

/// What an event has to do with others.
struct Bearing {
    /// What of it is to be remembered.
    memories: Vec<Memory>,
    /// What bears on it, as far as it is remembered.
    subjects: Vec<Subject>,
}

impl Bearing {
    /// `None` if there is nothing to ask the table for: no alert, and nothing that bears on
    /// anything.
    fn of(report: &Report) -> Option<Self> {
        let bearing = Self {
            memories: memories_of(&report.activity, &report.event),
            subjects: subjects_of(&report.activity),
        };
        let concerns_others =
            report.is_alerting() || !bearing.memories.is_empty() || !bearing.subjects.is_empty();
        concerns_others.then_some(bearing)
    }
}

/// What the table says, all of it asked at the same time.
struct Recalled {
    claim: Option<Claim>,
    memories: Vec<Memory>,
    not_known: Vec<String>,
}

async fn recall(
    report: &Report,
    bearing: &Bearing,
    until: Timestamp,
    state: &impl State,
) -> Recalled {
    let claiming = async {
        match report.event.claim() {
            Some(event) => Some(state.claim(&event, until).await),
            None => None,
        }
    };
    // Written before it is read, so that of two events that belong together whichever
    // comes second sees the first.
    let recalling = async {
        let remembering = bearing.memories.iter().map(|memory| state.remember(memory));
        let written = join_all(remembering).await;
        let recalling = bearing.subjects.iter().map(|about| state.recall(about));
        let read = join_all(recalling).await;
        (written, read)
    };
    let (claim, (written, read)) = join(claiming, recalling).await;
    let mut recalled = Recalled {
        claim: None,
        memories: Vec::new(),
        not_known: Vec::new(),
    };
    let mut not_known = |what: Unknown, error: String| {
        recalled.not_known.push(english::not_known(what, &error));
    };
    match claim {
        Some(Ok(claim)) => recalled.claim = Some(claim),
        Some(Err(error)) => not_known(Unknown::Twice, error.message),
        None => {}
    }
    for error in written.into_iter().filter_map(Result::err) {
        not_known(Unknown::Later, error.message);
    }
    for memories in read {
        match memories {
            Ok(memories) => recalled.memories.extend(memories),
            Err(error) => not_known(Unknown::Before, error.message),
        }
    }
    recalled
}

/// Counts a containment, if the bundle sets a limit for the account, and withholds it
/// beyond that. Where nobody can count it is carried out.
async fn keep_to_the_limit(report: &mut Report, bundle: &Bundle, state: &impl State) {
    let most = bundle.settings.limits.containments_per_hour;
    let account = report
        .plan
        .effects()
        .next()
        .map(|(_, effect)| effect.account.clone());
    let (Some(most), Some(account), Some(event)) = (most, account, report.event.claim()) else {
        return;
    };
    match state.count(&account, &event, most).await {
        Ok(true) => {}
        Ok(false) => report.plan.withhold(Withheld::Limit),
        Err(error) => {
            let unknown = english::not_known(Unknown::Limit, &error.message);
            report.not_known.push(unknown);
        }
    }
}

/// Looks up what policies need to know of the users in an activity. What cannot be
/// looked up stays unknown, and the policies undecided.
async fn look_up(report: &mut Report, lookups: &BTreeSet<Lookup>, aws: &impl Effects) {
    let activity = &mut report.activity;
    let event = report.event.id.clone();
    let users = activity.users_in_it();
    let asked = users.into_iter().filter_map(|(account, name)| {
        let account_id: AccountId = account.parse().ok()?;
        let user: UserName = name.parse().ok()?;
        let arn = activity.user_arn(account, name);
        let reach = Reach {
            account: account_id,
            to: Some(To::User(user.clone())),
            actions: lookups.iter().map(|lookup| lookup.action()).collect(),
            event: event.clone(),
        };
        Some(async move {
            let facts = match aws.reach(&reach).await {
                Ok(hands) => hands.facts(&user, lookups).await,
                Err(error) => Err(error),
            };
            (arn, facts)
        })
    });
    let answers = join_all(asked).await;
    for (arn, answer) in answers {
        let facts = match answer {
            Ok(facts) => facts,
            // A user that is gone has no tags, and is in no group.
            Err(error) if error.kind == EffectErrorKind::Gone => UserFacts {
                known: lookups.clone(),
                ..UserFacts::default()
            },
            Err(error) => {
                activity.lookup_faults.push(error.message);
                continue;
            }
        };
        activity.users.insert(arn, facts);
    }
}

/// What became of an event.
#[derive(Debug)]
pub struct Response {
    /// Everything about it.
    pub report: Report,
    /// Whether the alert was sent; `None` if there was nothing to tell.
    pub sent: Option<Result<(), NotifyError>>,
    /// Why chat channels were not told.
    pub chat_failed: Option<NotifyError>,
    /// Whether it was counted instead of told: a follow-up will tell of it.
    pub counted: bool,
    /// The window that a follow-up is still to be promised for.
    pub(crate) follow_up: Option<Repetition>,
    /// Whether this invocation handled it.
    pub handled: Handled,
    /// Another event that must be judged again, now that this one is known.
    pub again: Option<Event>,
    /// What failed after the alert: the event must be tried again for it.
    pub failed_afterwards: Vec<String>,
    /// What failed after the alert, and needs only to be known.
    pub notes: Vec<String>,
}

/// Who handled an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handled {
    /// Another invocation, to its end.
    Before,
    /// Another invocation is at it: nobody has seen it finished.
    Elsewhere,
    /// This one.
    Here,
}

impl Response {
    pub(crate) fn new(report: Report, sent: Option<Result<(), NotifyError>>) -> Self {
        Self {
            report,
            sent,
            chat_failed: None,
            counted: false,
            follow_up: None,
            handled: Handled::Here,
            again: None,
            failed_afterwards: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn of(report: Report, handled: Handled) -> Self {
        Self {
            handled,
            ..Self::new(report, None)
        }
    }
}
