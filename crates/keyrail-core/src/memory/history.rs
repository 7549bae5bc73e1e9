//! History: what earlier activities tell about a later one.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use crate::activity::{Activity, Actor, PasswordChange, Past, Surge};
use crate::deployment::Deployment;
use crate::state::{Fact, Memory, Subject};
use crate::taxonomy::{Group, TargetKind};

/// What happened so far, as far as it bears on what happens next.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Keys of centralised root sessions, from `sts:AssumeRoot`.
    root_sessions: HashSet<String>,
    /// Access keys that keyrail has deactivated, and when first.
    contained: HashMap<String, Timestamp>,
    /// Access keys that were released from containment, and until when.
    released: HashMap<String, Timestamp>,
    /// Users that keyrail has quarantined, by ARN, and when last.
    quarantined: HashMap<String, Timestamp>,
    /// Users that were released from that, and when last.
    freed: HashMap<String, Timestamp>,
    /// Users that were given administrator rights, by ARN.
    administrators: HashSet<String>,
    /// When a user's password was changed, by the user's ARN.
    password_changes: HashMap<String, Vec<Timestamp>>,
    /// When a user launched how many instances.
    launches: HashMap<String, Vec<(Timestamp, u64)>>,
}

impl History {
    /// A history of what is remembered.
    #[must_use]
    pub fn of(memories: &[Memory]) -> Self {
        let mut history = Self::default();
        for memory in memories {
            history.recall(memory);
        }
        history
    }

    /// Takes an activity into account for those that come after it.
    pub(crate) fn note(&mut self, activity: &Activity, deployment: &Deployment) {
        if activity.outcome.succeeded != Some(true) {
            return;
        }
        let target = &activity.target;
        let key = target.access_key_id.as_ref();
        match activity.action.as_deref() {
            Some("sts:AssumeRoot") => self.root_sessions.extend(target.credential_id.clone()),
            Some("iam:UpdateAccessKey") if target.status.as_deref() == Some("Inactive") => {
                let role = activity.actor.name.as_deref().unwrap_or_default();
                if deployment.is_own_name(role)
                    && let (Some(key), Some(time)) = (key, activity.time)
                {
                    self.contain(key, time);
                }
            }
            Some(
                "iam:AttachUserPolicy" | "iam:PutUserPermissionsBoundary" | "iam:PutUserPolicy",
            ) if deployment.is_own_name(activity.actor.name.as_deref().unwrap_or_default())
                && activity.is_containment() =>
            {
                if let (Some(user), Some(time)) = (activity.targets_user_arn(), activity.time) {
                    latest(&mut self.quarantined, &user, time);
                }
            }
            Some("iam:DetachUserPolicy")
                if target.name.as_deref() == Some("AdministratorAccess") =>
            {
                if let Some(user) = activity.targets_user_arn() {
                    self.administrators.remove(&user);
                }
            }
            _ => {}
        }
        if activity.administrator == Some(true) && target.kind == TargetKind::User {
            self.administrators.extend(activity.targets_user_arn());
        }
        if let Some(time) = activity.time {
            if activity.groups.contains(&Group::ChangePassword)
                && let Some(user) = activity.targets_user_arn()
            {
                self.password_changes.entry(user).or_default().push(time);
            }
            if activity.launched > 0
                && let Some(user) = activity.actors_user_arn()
            {
                let launches = self.launches.entry(user).or_default();
                launches.push((time, activity.launched));
            }
        }
    }

    /// Takes something into account that a table remembers.
    pub(crate) fn recall(&mut self, memory: &Memory) {
        match (&memory.about, &memory.fact) {
            (Subject::Key(key), Fact::Contained) => {
                self.contain(key, memory.time);
            }
            (Subject::Key(key), Fact::Released { until, .. }) => {
                self.released.insert(key.clone(), *until);
            }
            (Subject::Key(key), Fact::RootSession) => {
                self.root_sessions.insert(key.clone());
            }
            (Subject::User(user), Fact::PasswordChanged) => {
                self.password_changes
                    .entry(user.clone())
                    .or_default()
                    .push(memory.time);
            }
            (Subject::User(user), Fact::Launched { instances, .. }) => {
                let launches = self.launches.entry(user.clone()).or_default();
                launches.push((memory.time, *instances));
            }
            (Subject::User(user), Fact::Contained) => {
                latest(&mut self.quarantined, user, memory.time);
            }
            (Subject::User(user), Fact::Released { .. }) => {
                latest(&mut self.freed, user, memory.time);
            }
            // Facts of the one are none of the other.
            (Subject::Event(_), _) => {}
            (Subject::Key(_), Fact::Launched { .. } | Fact::PasswordChanged)
            | (Subject::User(_), Fact::RootSession) => {}
        }
    }

    fn contain(&mut self, key: &str, time: Timestamp) {
        let first = self.contained.entry(key.to_owned()).or_insert(time);
        *first = time.min(*first);
    }

    /// Adds to an activity what the history tells of it.
    pub(crate) fn add_to(&self, activity: &mut Activity, surge: Surge) {
        if activity.actor.root_session.is_none() && self.knows_root_session(&activity.actor) {
            activity.actor.root_session = Some(true);
        }
        activity.administrator = activity.administrator.or(self.administrator(activity));
        activity.past = Some(self.past_of(activity, surge));
    }

    fn knows_root_session(&self, actor: &Actor) -> bool {
        let key = actor.access_key_id.as_ref();
        key.is_some_and(|key| self.root_sessions.contains(key))
    }

    /// Whether the user that something is issued for was made an administrator;
    /// `None` if nobody knows.
    fn administrator(&self, activity: &Activity) -> Option<bool> {
        let known = self.administrators.contains(&activity.targets_user_arn()?);
        (known && activity.target.kind.is_credential()).then_some(true)
    }

    fn past_of(&self, activity: &Activity, surge: Surge) -> Past {
        let key = activity.target.access_key_id.as_ref();
        let released = key
            .and_then(|key| self.released.get(key))
            .is_some_and(|until| activity.time.is_none_or(|time| time <= *until));
        Past {
            // What was activated before keyrail stopped it is no answer to that.
            contained: self.is_quarantined(activity)
                || !released
                    && key
                        .and_then(|key| self.contained.get(key))
                        .is_some_and(|since| {
                            activity
                                .time
                                .is_none_or(|time| time.as_second() >= since.as_second())
                        }),
            released,
            password_change: self.password_change_before(activity, surge),
            surge,
        }
    }

    /// Whether it takes away what may contain a user whom keyrail has quarantined, and nobody has
    /// released since.
    fn is_quarantined(&self, activity: &Activity) -> bool {
        let undoes = activity.groups.contains(&Group::UndoContainment);
        let user = activity.targets_user_arn().filter(|_| undoes);
        user.is_some_and(|user| {
            let freed = self.freed.get(&user);
            self.quarantined.get(&user).is_some_and(|since| {
                freed.is_none_or(|freed| freed < since)
                    && activity
                        .time
                        .is_none_or(|time| time.as_second() >= since.as_second())
            })
        })
    }

    fn password_change_before(&self, activity: &Activity, surge: Surge) -> Option<PasswordChange> {
        let (user, now) = (activity.actors_user_arn()?, activity.time?);
        // The last one before: events come late, and out of order.
        let all = self.password_changes.get(&user)?.iter().copied();
        let changed = all.filter(|time| *time <= now).max()?;
        let minutes = (now.as_second() - changed.as_second()) / 60;
        // Later ones too, within the window: whichever of them arrives last counts all.
        let until = now.max(
            changed
                .saturating_add(SignedDuration::from_mins(surge.minutes))
                .unwrap_or(now),
        );
        let since = |(time, count): &(Timestamp, u64)| {
            (*time >= changed && *time <= until).then_some(*count)
        };
        let earlier = self.launches.get(&user).into_iter().flatten();
        let launched = earlier.filter_map(since).sum::<u64>() + activity.launched;
        Some(PasswordChange {
            minutes_before: minutes,
            launched_since: launched,
        })
    }
}

fn latest(of: &mut HashMap<String, Timestamp>, user: &str, time: Timestamp) {
    let last = of.entry(user.to_owned()).or_insert(time);
    *last = time.max(*last);
}
