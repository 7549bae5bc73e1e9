//! What stands ready for a call to be made, again and again.

use aws_sdk_iam::types::StatusType;
use serde_json::Value;

use super::met::Met;
use super::{INVOCATION, WITH_LOOK_UP};
use crate::faults::{self, Step};
use crate::reported;
use crate::support::World;
use crate::support::bundles::{bundle_of, bundle_with};
use crate::support::function::Function;
use crate::support::proxy::Fault;
use crate::support::stand_in::Kind;

/// A call that the function makes, and when.
pub(super) struct Scene {
    /// Service and operation: `iam:UpdateAccessKey`.
    pub(super) call: &'static str,
    /// When it is made, in words.
    pub(super) when: &'static str,
    pub(super) set: Set,
    /// What is answered besides, all the time.
    pub(super) standing: &'static [(&'static str, u16, &'static str)],
    pub(super) holds: Holds,
}

/// What makes the function make the call.
#[derive(Clone, Copy)]
pub(super) enum Set {
    /// A step against what an event tells of.
    Step(&'static str),
    /// The same, looked at again after somebody has taken it back.
    Recheck(&'static str),
    /// A key that AWS reports, without its user.
    Reported,
    /// A service-specific credential of an event that is hours old.
    Old,
    /// A key in a member account.
    Member,
    /// A key whose user's tags, groups or policies may exempt it: what the exemption reads.
    LookedUp(&'static str),
    /// A key, where there is a state table and a queue.
    Remembered,
    /// A key that was activated, where there is a state table.
    Activated,
    /// The end of a window in which violations were counted.
    FollowUp,
    /// A topic for chat besides.
    Chat,
}

/// What must hold, whatever the error.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// What is not done is told as failed, and critical.
    Truth,
    /// It is contained and told; what could not be done besides is no reason to leave either.
    Contained,
    /// It is contained; the alert is what fails, and Lambda tries again.
    ContainedUntold,
    /// What does not hold any more is told, or the look comes again.
    NotSilent,
    /// The message comes again.
    ComesAgain,
}

impl Scene {
    pub(super) fn action(&self) -> &'static str {
        self.call.split_once(':').map_or("", |(_, action)| action)
    }

    /// What is answered besides the call that is broken.
    fn standing(&self) -> Vec<(&'static str, Fault)> {
        let given = self.standing.iter();
        let mut standing: Vec<(&str, Fault)> = given
            .map(|(action, status, code)| (*action, Fault::Error(*status, code)))
            .collect();
        if self.action() != "Publish" {
            // What is told is read where it is sent.
            let sent = "<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>";
            standing.push(("Publish", Fault::Body(sent.to_owned())));
        }
        standing
    }

    /// Whether an error is how AWS says that there is no password, or that a condition does not
    /// hold: that a limit is reached, or that somebody else has claimed the event.
    pub(super) fn is_answered_by(&self, code: &str) -> bool {
        matches!(
            (self.call, code),
            ("iam:GetLoginProfile", "NoSuchEntity")
                | (
                    "dynamodb:PutItem" | "dynamodb:UpdateItem",
                    "ConditionalCheckFailedException"
                )
        )
    }

    pub(super) fn check(&self, met: &Met, is_done: bool, place: &str) {
        let told = (met.state(), met.severity.as_str(), met.result());
        match self.holds {
            Holds::Truth if is_done => assert!(
                ["verified", "already", "accepted", "failed"].contains(&met.result()),
                "{place}: {told:?}"
            ),
            Holds::Truth => assert_eq!(told, ("FAILED", "critical", "failed"), "{place}"),
            Holds::Contained => {
                assert!(is_done, "{place}: it is not contained: {told:?}");
                assert_eq!(met.state(), "BLOCKED", "{place}");
            }
            Holds::ContainedUntold => {
                assert!(is_done, "{place}: it is not contained");
                assert_eq!(met.again.as_deref(), Some("AlertNotSent"), "{place}");
            }
            Holds::NotSilent => assert!(
                met.again.is_some() || met.is_told() || met.is_put_off,
                "{place}: what was taken back is told by nobody"
            ),
            Holds::ComesAgain => assert!(met.again.is_some(), "{place}: {told:?}"),
        }
    }
}

pub(super) struct Stage {
    pub(super) world: World,
    pub(super) function: Function,
    pub(super) standing: Vec<(&'static str, Fault)>,
    /// The call that is broken, if its name alone does not say which.
    pub(super) broken: Option<&'static str>,
    step: &'static Step,
    /// The account that the target is in, if it is another.
    member: Option<World>,
    event: Value,
    /// The id of the credential.
    id: String,
    /// How many events there were.
    number: u32,
    /// The folder of the bundle, if it has one of its own.
    bundle: Option<String>,
}

impl Stage {
    pub(super) async fn set(scene: &Scene) -> Self {
        let world = World::new().await;
        let mut member = None;
        let mut broken = None;
        let name = match scene.set {
            Set::Step(name) | Set::Recheck(name) => name,
            // Whose it is only the user's age can tell.
            Set::Old => "deactivate-service-credential",
            _ => "deactivate-key",
        };
        let step = faults::STEPS.iter().find(|step| step.name == name);
        let step = step.expect("there is such a step");
        let (mut event, id) = faults::prepared(&world, step).await;
        let mut environment = vec![("KEYRAIL_BUNDLE", bundle_with(name))];
        match scene.set {
            Set::Step(_) => {}
            Set::Recheck(_) => environment.extend(world.memory().await),
            Set::Reported => {
                event = reported::notice(&world, &[&id]);
                environment.clear();
            }
            Set::Old => {
                let time = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(3);
                event["detail"]["eventTime"] =
                    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into();
            }
            Set::Member => {
                let other = World::new().await;
                let text = event.to_string().replace(&world.account, &other.account);
                let key = other.user_with_key("bob").await;
                event = serde_json::from_str(&text.replace(&id, &key)).expect("it is JSON");
                environment.push(("KEYRAIL_RESPONDER_ROLE", "keyrail-responder".to_owned()));
                member = Some((other, key));
            }
            Set::LookedUp(reads) => {
                environment = vec![(
                    "KEYRAIL_BUNDLE",
                    bundle_of(name, SETTINGS, &exempting(reads)),
                )];
            }
            Set::Remembered => {
                environment = vec![("KEYRAIL_BUNDLE", bundle_of(name, SETTINGS, ""))];
                environment.extend(world.memory().await);
            }
            Set::Activated => {
                event = world.key_activated("bob", &id);
                environment = vec![("KEYRAIL_BUNDLE", bundle_of(name, SETTINGS, ""))];
                environment.extend(world.memory().await);
            }
            Set::FollowUp => environment.extend(world.memory().await),
            Set::Chat => {
                let topic = world.new_topic("channels").await;
                environment.push(("KEYRAIL_CHAT_TOPIC_ARN", topic));
                broken = Some("Publish %3Achannels&");
            }
        }
        let mut function = world.enforcing(&environment).await;
        let bundle = environment
            .into_iter()
            .find_map(|(name, value)| (name == "KEYRAIL_BUNDLE").then_some(value));
        match scene.set {
            Set::Recheck(_) => {
                function.invoke(&event).await.expect("it is contained");
                let rechecks = world.rechecks();
                event = rechecks.first().expect("it is looked at again").clone();
            }
            Set::FollowUp => {
                function.invoke(&event).await.expect("it is contained");
                let follow_ups = world.follow_ups();
                event = follow_ups.first().expect("it is followed up").clone();
            }
            _ => {}
        }
        // Where nothing that containment needs is broken, nothing waits for its end.
        match (scene.holds, scene.set) {
            (Holds::Contained, Set::LookedUp(_)) => function.ends_after(WITH_LOOK_UP),
            (Holds::Contained | Holds::ContainedUntold, _) => {}
            (Holds::Truth | Holds::NotSilent | Holds::ComesAgain, _) => {
                function.ends_after(INVOCATION);
            }
        }
        let (member, id) = match member {
            Some((other, key)) => (Some(other), key),
            None => (None, id),
        };
        Self {
            world,
            function,
            standing: scene.standing(),
            broken,
            step,
            member,
            event,
            id,
            number: 0,
            bundle,
        }
    }

    /// The event, as another one.
    pub(super) fn next_event(&mut self) -> Value {
        self.number += 1;
        let mut event = self.event.clone();
        if event["detail"]["eventID"].is_string() {
            event["detail"]["eventID"] = format!("event-{}", self.number).into();
        }
        event
    }

    /// Takes back what was done, if it was.
    pub(super) async fn reset(&mut self) {
        if !self.is_done().await {
            return;
        }
        let user = [("UserName", "bob")];
        match self.step.name {
            "deactivate-key" => {
                let world = self.member.as_ref().unwrap_or(&self.world);
                world.set_status("bob", &self.id, StatusType::Active).await;
            }
            "deactivate-service-credential" => self.hold(Kind::Service),
            "deactivate-ssh-key" => self.hold(Kind::Ssh),
            "deactivate-signing-certificate" => self.hold(Kind::Signing),
            "delete-root-key" => self.hold(Kind::RootKey),
            "revoke-role-sessions" => {
                let role = [("RoleName", "build"), ("PolicyName", SESSIONS)];
                self.make("DeleteRolePolicy", &role).await;
            }
            "disable-console-login" => {
                let password = [("UserName", "bob"), ("Password", "a-Password-1")];
                self.make("CreateLoginProfile", &password).await;
            }
            "delete-key" => {
                let key = self.world.new_key("bob").await;
                let event = self.event.to_string().replace(&self.id, &key);
                self.event = serde_json::from_str(&event).expect("it is JSON");
                self.id = key;
            }
            _ => {
                for policy in [QUARANTINE, SESSIONS] {
                    let policy = [("UserName", "bob"), ("PolicyName", policy)];
                    self.make("DeleteUserPolicy", &policy).await;
                }
                let attached = [("UserName", "bob"), ("PolicyArn", DENY_ALL)];
                self.make("DetachUserPolicy", &attached).await;
                self.make("DeleteUserPermissionsBoundary", &user).await;
            }
        }
        assert!(!self.is_done().await, "{} is taken back", self.step.name);
    }

    fn hold(&self, kind: Kind) {
        self.world.proxy.stand_in(|held| held.hold(kind, &self.id));
    }

    /// A call that may find nothing to do.
    async fn make(&self, action: &str, fields: &[(&str, &str)]) -> Option<String> {
        let mut all = vec![("Action", action)];
        all.extend(fields);
        self.world.try_iam(&all).await
    }

    /// Whether what the step does is so.
    pub(super) async fn is_done(&self) -> bool {
        let world = self.member.as_ref().unwrap_or(&self.world);
        if faults::is_done(world, self.step, &self.id).await {
            return true;
        }
        // What does the same where a quota is full.
        let user = [("UserName", "bob")];
        self.step.name == "quarantine-user"
            && (self.shows("ListAttachedUserPolicies", &user).await
                || self.shows("GetUser", &user).await)
    }

    async fn shows(&self, action: &str, fields: &[(&str, &str)]) -> bool {
        let answer = self.make(action, fields).await;
        answer.is_some_and(|answer| answer.contains(DENY_ALL))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(folder) = &self.bundle {
            // Whoever removes it first is right.
            drop(std::fs::remove_dir_all(folder));
        }
    }
}

const QUARANTINE: &str = "KeyrailQuarantine";
const SESSIONS: &str = "KeyrailRevokeOlderSessions";
const DENY_ALL: &str = "arn:aws:iam::aws:policy/AWSDenyAll";

/// Each event is told, and counted towards a limit that nothing reaches.
const SETTINGS: &str =
    "[limits]\nrepeat-minutes = 0\ncontainments-per-hour = 1000\n[accounts.111122223333]\n";

/// An exemption that reads a fact of the user.
fn exempting(reads: &str) -> String {
    format!(
        "@id(\"some\") @exempts(\"one-step\") @reason(\"r\") @owner(\"o\") @expires(\"2099-12-31\")\n\
         permit (principal, action, resource is AccessKey) when {{ {reads} }};\n"
    )
}
