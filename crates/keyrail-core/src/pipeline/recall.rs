//! What the table knows of what an event has to do with others.

use futures_util::future::{join, join_all};
use jiff::{SignedDuration, Timestamp};

use super::Handled;
use super::examine::Examined;
use super::not_known::{Unknown, not_known};
use crate::activity::{Activity, ActorKind};
use crate::circumstances::{Known, Setup};
use crate::event::Event;
use crate::history::History;
use crate::id::KeyKind;
use crate::state::{Claim, Claimant, Fact, Memory, State, Subject};
use crate::taxonomy::Group;

/// An event by what the table says of it: claimed, and examined with what came before it.
pub(super) struct Recalled<'a> {
    pub(super) examined: Examined,
    /// The claim on the event, where there is one to be ended.
    pub(super) claimed: Option<Claimed<'a>>,
    /// Another event, which must be judged again now that this one is known.
    pub(super) again: Option<Event>,
    /// What the table did not tell: sentences.
    pub(super) not_known: Vec<String>,
}

/// An event that this invocation has claimed, or may have.
pub(super) struct Claimed<'a> {
    /// What it is claimed by.
    pub(super) event: String,
    pub(super) by: &'a Claimant,
    /// How long the claim is kept.
    pub(super) lasts: SignedDuration,
}

/// An event that another invocation handles or has handled.
pub(super) struct Duplicate {
    pub(super) examined: Examined,
    pub(super) handled: Handled,
}

/// Claims an event, remembers what it means for others, and examines it again by what is remembered
/// of them. Nothing of an event that neither alerts nor has to do with others.
pub(super) async fn recall<'a>(
    examined: Examined,
    setup: Setup<'_>,
    now: Timestamp,
    by: &'a Claimant,
    state: &impl State,
) -> Result<Recalled<'a>, Duplicate> {
    let bearing = match state.has_table() {
        true => Bearing::of(&examined),
        false => None,
    };
    let Some(bearing) = bearing else {
        return Ok(Recalled {
            examined,
            claimed: None,
            again: None,
            not_known: Vec::new(),
        });
    };
    let told = ask(&examined.event, &bearing, by, state).await;
    let handled = match told.claim {
        Some(Claim::Done) => Some(Handled::Before),
        Some(Claim::Elsewhere) => Some(Handled::Elsewhere),
        // Where the table did not answer it may have taken the claim all the same.
        Some(Claim::Mine) | None => None,
    };
    if let Some(handled) = handled {
        return Err(Duplicate { examined, handled });
    }
    let lasts = examined.event.claim_lasts();
    let event = examined.event.claim();
    let claimed = event.map(|event| Claimed { event, by, lasts });
    let recalled = Recalled {
        examined,
        claimed,
        again: None,
        not_known: told.not_known,
    };
    Ok(match bearing.subjects.is_empty() {
        true => recalled,
        false => recalled.after(&told.memories, setup, now),
    })
}

impl Recalled<'_> {
    /// The same, examined with what came before it.
    fn after(self, memories: &[Memory], setup: Setup<'_>, now: Timestamp) -> Self {
        let before = what_came_before(&self.examined.event, memories);
        let known = Known {
            history: Some(History::of(&before)),
            now: Some(now),
            ..Known::default()
        };
        let examined = Examined::of(self.examined.event, setup, &known);
        let again = launch_to_judge_again(&examined.activity, memories);
        Self {
            examined,
            again,
            ..self
        }
    }
}

/// What is remembered of this very event is not what came before it.
fn what_came_before(event: &Event, memories: &[Memory]) -> Vec<Memory> {
    let came_before = |memory: &&Memory| {
        let is_own = Some(&memory.event) == event.id.as_ref();
        !(is_own && matches!(memory.fact, Fact::Contained | Fact::Launched { .. }))
    };
    memories.iter().filter(came_before).cloned().collect()
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
    fn of(examined: &Examined) -> Option<Self> {
        let bearing = Self {
            memories: memories_of(&examined.activity, &examined.event),
            subjects: subjects_of(&examined.activity),
        };
        let concerns_others =
            examined.is_alerting() || !bearing.memories.is_empty() || !bearing.subjects.is_empty();
        concerns_others.then_some(bearing)
    }
}

/// What the table says, all of it asked at the same time.
struct Told {
    claim: Option<Claim>,
    memories: Vec<Memory>,
    not_known: Vec<String>,
}

async fn ask(event: &Event, bearing: &Bearing, by: &Claimant, state: &impl State) -> Told {
    let claiming = async {
        match event.claim() {
            Some(claim) => {
                let lasts = event.claim_lasts();
                Some(state.claim(&claim, by, lasts).await)
            }
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
    let mut told = Told {
        claim: None,
        memories: Vec::new(),
        not_known: Vec::new(),
    };
    let mut not_known = |what: Unknown, error: String| {
        told.not_known.push(not_known(what, &error));
    };
    match claim {
        Some(Ok(claim)) => told.claim = Some(claim),
        Some(Err(error)) => not_known(Unknown::Twice, error.message),
        None => {}
    }
    for error in written.into_iter().filter_map(Result::err) {
        not_known(Unknown::Later, error.message);
    }
    for memories in read {
        match memories {
            Ok(memories) => told.memories.extend(memories),
            Err(error) => not_known(Unknown::Before, error.message),
        }
    }
    told
}

/// What bears on an activity, as far as it is remembered.
fn subjects_of(activity: &Activity) -> Vec<Subject> {
    let mut subjects = Vec::new();
    if activity.outcome.succeeded != Some(true) {
        return subjects;
    }
    if activity.groups.contains(&Group::ReactivateCredential) {
        subjects.extend(activity.target.access_key_id.clone().map(Subject::Key));
    }
    let actor = &activity.actor;
    if actor.kind == ActorKind::Root
        && let Some(key) = actor.access_key_id.as_ref()
        && KeyKind::of(key) == Some(KeyKind::Temporary)
    {
        subjects.push(Subject::Key(key.clone()));
    }
    if activity.launched > 0 {
        subjects.extend(activity.actors_user_arn().map(Subject::User));
    }
    if activity.groups.contains(&Group::ChangePassword)
        || activity.groups.contains(&Group::UndoContainment)
    {
        subjects.extend(activity.targets_user_arn().map(Subject::User));
    }
    subjects.sort_unstable();
    subjects.dedup();
    subjects
}

/// What of an activity is to be remembered.
fn memories_of(activity: &Activity, event: &Event) -> Vec<Memory> {
    let (Some(time), Some(id)) = (activity.time, event.id.as_ref()) else {
        return Vec::new();
    };
    if activity.outcome.succeeded != Some(true) {
        return Vec::new();
    }
    let mut memories = Vec::new();
    let mut keep = |about: Option<Subject>, fact: Fact| {
        memories.extend(about.map(|about| Memory {
            about,
            time,
            event: id.clone(),
            fact,
        }));
    };
    if activity.action.as_deref() == Some("sts:AssumeRoot") {
        let key = activity.target.credential_id.clone();
        keep(key.map(Subject::Key), Fact::RootSession);
    }
    if activity.groups.contains(&Group::ChangePassword) {
        keep(
            activity.targets_user_arn().map(Subject::User),
            Fact::PasswordChanged,
        );
    }
    if activity.launched > 0
        && let Some(body) = event.to_json()
    {
        let fact = Fact::Launched {
            instances: activity.launched,
            body,
        };
        keep(activity.actors_user_arn().map(Subject::User), fact);
    }
    memories
}

/// The first launch after the password change which explains it, if it arrived before it:
/// EventBridge keeps no order, so it must be judged again, and all that followed counts.
fn launch_to_judge_again(activity: &Activity, memories: &[Memory]) -> Option<Event> {
    if !activity.groups.contains(&Group::ChangePassword) {
        return None;
    }
    let changed = activity.time?;
    let first = memories
        .iter()
        .filter(|memory| memory.time >= changed)
        .filter_map(|memory| match &memory.fact {
            Fact::Launched { body, .. } => Some((memory.time, body)),
            Fact::Contained | Fact::PasswordChanged | Fact::Released { .. } | Fact::RootSession => {
                None
            }
        })
        .min_by_key(|(time, _)| *time)?;
    let body = first.1.as_bytes();
    // What the table gives back in another shape is told, like any event.
    let event = Event::parse(body).unwrap_or_else(|error| Event::unreadable(body, &error));
    Some(event.again())
}
