//! Circumstances: what judging an event needs from outside that event, by how long it holds. An
//! argument of the pure steps, each of which takes the part that it reads and fetches nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::activity::Activity;
use crate::bundle::Bundle;
use crate::deployment::Deployment;
use crate::event::Event;
use crate::history::History;
use crate::lookup::UserFacts;
use crate::words::Mode;

/// All of them, as whoever examines an event has them.
#[derive(Debug, Clone, Default)]
pub struct Circumstances {
    /// What is the same for each event of a deployment.
    pub deployment: Deployment,
    /// The mode that the deployment, or the command, is set to, where it is.
    pub mode: Option<Mode>,
    /// What is known for this one event.
    pub known: Known,
}

/// What is known for one event, and will be otherwise for the next.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// What happened before, where a history is kept.
    pub history: Option<History>,
    /// What is known of IAM users without asking, by name.
    pub users: BTreeMap<String, UserFacts>,
    /// The time, where it is known: exemptions expire by it, if the event is older.
    pub now: Option<Timestamp>,
}

/// By what each event of a deployment is judged: the same for all of them.
#[derive(Debug, Clone, Copy)]
pub struct Setup<'a> {
    /// The bundle.
    pub bundle: &'a Bundle,
    /// The deployment.
    pub deployment: &'a Deployment,
    /// The mode that it is set to, where it is.
    pub mode: Option<Mode>,
}

impl Circumstances {
    /// What of them is the same for each event, with the bundle that judges.
    #[must_use]
    pub fn setup<'a>(&'a self, bundle: &'a Bundle) -> Setup<'a> {
        Setup {
            bundle,
            deployment: &self.deployment,
            mode: self.mode,
        }
    }

    /// Those in which a bundle is used, in a deployment of the usual name.
    #[must_use]
    pub fn of(bundle: &Bundle) -> Self {
        Self {
            deployment: Deployment::of(bundle),
            ..Self::default()
        }
    }

    /// Those of a deployment of the usual name in a mode, without a history.
    #[must_use]
    pub fn in_mode(mode: Mode) -> Self {
        Self {
            mode: Some(mode),
            ..Self::default()
        }
    }

    /// The same after events that came before, in their order.
    #[must_use]
    pub fn after(mut self, events: impl IntoIterator<Item = Event>) -> Self {
        let mut history = History::default();
        for event in events {
            let activity = Activity::interpret(&event, &self.deployment, &self.known);
            history.note(&activity, &self.deployment);
        }
        self.known.history = Some(history);
        self
    }
}

impl Activity {
    /// Interprets an event: what it says itself, and what the deployment and those things tell
    /// that are known beside it.
    #[must_use]
    pub fn interpret(event: &Event, deployment: &Deployment, known: &Known) -> Self {
        let mut activity = Self::read(event);
        activity.beat = deployment.beat_of(event, &activity);
        deployment.place(&mut activity);
        let users: Vec<(String, UserFacts)> = activity
            .users_in_it()
            .into_iter()
            .filter_map(|(account, name)| {
                let facts = known.users.get(name)?;
                Some((activity.user_arn(account, name), facts.clone()))
            })
            .collect();
        activity.users.extend(users);
        if let Some(history) = &known.history {
            history.add_to(&mut activity, deployment.surge);
        }
        activity
    }
}
