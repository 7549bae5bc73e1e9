//! From a report to its picture: whose each key is and what became of it, and what to do.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::credentials::{CallersKey, Fate, Key, Left, Owner, Shown};
use super::*;
use crate::alert::situations;
use crate::bundle::Bundle;
use crate::change::{Change, Status};
use crate::circumstances::Circumstances;
use crate::event::Event;
use crate::outcome::OutcomeResult;
use crate::pipeline::examine;
use crate::plan::Withheld;
use crate::rehearsal::{Answers, rehearse};
use crate::words::Mode;

const NEW_KEY: &str = "AKIAI44QH8DHBEXAMPLE";
const CALLERS_KEY: &str = "AKIAIOSFODNN7EXAMPLE";

/// A report, and what its picture must be.
struct Case {
    name: &'static str,
    report: Report,
    state: State,
    bottom_line: BottomLine,
    keys: Vec<(&'static str, Option<Whose>, Fate)>,
    /// Whether the caller of the call is to be asked about the key that signed it.
    asks_caller: bool,
    /// What people are to do about the keys themselves, in order.
    by_hand: Vec<(Deactivate, &'static str, &'static str)>,
}

/// Whose a key is, and who says so.
#[derive(Clone, Copy)]
enum Whose {
    Event(&'static str),
    Iam(&'static str),
}

fn now() -> Timestamp {
    "2026-03-14T09:26:55Z".parse().expect("a time")
}

/// The reports that alerts are tested with, by their names.
struct Told(BTreeMap<&'static str, Report>);

impl Told {
    fn new() -> Self {
        Self(situations::all().into_iter().collect())
    }

    fn take(&mut self, name: &str) -> Report {
        self.0.remove(name).expect("there is such a situation")
    }
}

fn rehearsed(event: &Value, bundle: &Bundle, answers: Answers) -> Report {
    let event = Event::parse(event.to_string().as_bytes()).expect("it is JSON");
    let mut report = examine(event, bundle, &Circumstances::in_mode(Mode::Enforce));
    report.outcomes = rehearse(&report, bundle, answers, now()).expect("it ends");
    report
}

fn key_created() -> Value {
    let sample = include_str!("../../../keyrail-cli/src/samples/key-created-for-another.json");
    serde_json::from_str(sample).expect("it is JSON")
}

fn default_bundle() -> Bundle {
    Bundle::embedded().expect("it loads")
}

/// A notice of AWS Health, which names no owner.
fn exposed(keys: &[&str], settings: &str) -> Report {
    let guardrail = r#"@id("exposed") @title("Exposed") @severity("critical") @respond("deactivate-key")
forbid (principal, action in Action::"report-exposure", resource);"#;
    let bundle = Bundle::load(&[
        ("guardrails/a.cedar".to_owned(), guardrail.to_owned()),
        ("keyrail.toml".to_owned(), settings.to_owned()),
    ]);
    let entities: Vec<Value> = keys.iter().map(|id| json!({ "entityValue": id })).collect();
    let event = json!({
        "detail-type": "AWS Health Event", "source": "aws.health", "account": "111122223333", "region": "us-east-1",
        "detail": {
            "service": "RISK", "eventTypeCode": "AWS_RISK_CREDENTIALS_EXPOSED", "affectedEntities": entities,
        },
    });
    rehearsed(&event, &bundle.expect("it loads"), Answers::Done)
}

/// IAM names another owner than the event, so that nothing is touched.
fn another_users() -> Report {
    let mut report = rehearsed(&key_created(), &default_bundle(), Answers::Denied);
    for outcome in &mut report.outcomes {
        outcome.owner = Some("carol".parse().expect("a user"));
    }
    report
}

/// Of two exposed keys one is stopped, and the other step fails.
fn one_of_two() -> Report {
    let mut report = exposed(&[NEW_KEY, CALLERS_KEY], "");
    let second = report.outcomes.last_mut().expect("a step for each key");
    second.result = OutcomeResult::Failed;
    second.changes.clear();
    report
}

fn unnamed() -> Report {
    let mut event = key_created();
    event["detail"]["responseElements"] = Value::Null;
    rehearsed(&event, &default_bundle(), Answers::Done)
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn cases() -> Vec<Case> {
    let mut told = Told::new();
    let stopped = |shown| Fate::Stopped {
        shown,
        at: Some(now()),
    };
    let bobs = Some(Whose::Event("bob"));
    let mut of_new_key = |name, state, bottom_line, fate| Case {
        name,
        report: told.take(name),
        state,
        bottom_line,
        keys: vec![(NEW_KEY, bobs, fate)],
        asks_caller: true,
        by_hand: Vec::new(),
    };
    vec![
        of_new_key(
            "blocked",
            State::Blocked,
            BottomLine::KeyStoppedButNotCallers,
            stopped(Shown::Verified),
        ),
        Case {
            by_hand: vec![(Deactivate::IfStillActive, "bob", NEW_KEY)],
            ..of_new_key(
                "pending",
                State::Pending,
                BottomLine::NotConfirmed,
                stopped(Shown::NotYet),
            )
        },
        Case {
            by_hand: vec![(Deactivate::MayBeActive, "bob", NEW_KEY)],
            ..of_new_key(
                "failed",
                State::Failed,
                BottomLine::NotContained,
                Fate::Unknown,
            )
        },
        Case {
            by_hand: vec![(Deactivate::IsActive, "bob", NEW_KEY)],
            ..of_new_key(
                "dry-run",
                State::DryRun,
                BottomLine::KeyIsActiveByMode,
                Fate::Left(Left::Withheld(Withheld::Observe)),
            )
        },
        Case {
            by_hand: vec![(Deactivate::IsActive, "bob", NEW_KEY)],
            ..of_new_key(
                "limit",
                State::Alert,
                BottomLine::KeyIsActiveByLimit,
                Fate::Left(Left::Withheld(Withheld::Limit)),
            )
        },
        Case {
            name: "the owner is protected, as IAM says",
            report: exposed(
                &[NEW_KEY],
                "[protect]\nprincipals = [\"arn:aws:iam::111122223333:user/key-owner\"]\n",
            ),
            state: State::Alert,
            bottom_line: BottomLine::NothingStoppedButCritical,
            keys: vec![(
                NEW_KEY,
                Some(Whose::Iam("key-owner")),
                Fate::Left(Left::OwnerProtected),
            )],
            asks_caller: false,
            by_hand: vec![(Deactivate::WasLeft, "key-owner", NEW_KEY)],
        },
        Case {
            name: "the event names no key",
            report: unnamed(),
            state: State::Alert,
            bottom_line: BottomLine::KeyIsActive,
            keys: Vec::new(),
            asks_caller: true,
            by_hand: Vec::new(),
        },
        Case {
            name: "IAM names another owner",
            report: another_users(),
            state: State::Failed,
            bottom_line: BottomLine::NotContained,
            keys: vec![(NEW_KEY, Some(Whose::Iam("carol")), Fate::Unknown)],
            asks_caller: true,
            by_hand: vec![(Deactivate::MayBeActive, "carol", NEW_KEY)],
        },
        Case {
            name: "one of two keys",
            report: one_of_two(),
            state: State::Failed,
            bottom_line: BottomLine::NotContained,
            keys: vec![
                (
                    NEW_KEY,
                    Some(Whose::Iam("key-owner")),
                    stopped(Shown::Verified),
                ),
                (CALLERS_KEY, Some(Whose::Iam("key-owner")), Fate::Unknown),
            ],
            asks_caller: false,
            by_hand: vec![(Deactivate::MayBeActive, "key-owner", CALLERS_KEY)],
        },
        Case {
            name: "comeback",
            report: told.take("comeback"),
            state: State::Blocked,
            bottom_line: BottomLine::StoppedAgain,
            keys: Vec::new(),
            asks_caller: false,
            by_hand: Vec::new(),
        },
        Case {
            name: "fault",
            report: told.take("fault"),
            state: State::Alert,
            bottom_line: BottomLine::DefaultBundle,
            keys: Vec::new(),
            asks_caller: false,
            by_hand: Vec::new(),
        },
        Case {
            name: "follow-up",
            report: told.take("follow-up"),
            state: State::Alert,
            bottom_line: BottomLine::Repeated,
            keys: Vec::new(),
            asks_caller: false,
            by_hand: Vec::new(),
        },
    ]
}

#[test]
fn each_report_comes_to_one_picture() {
    for case in cases() {
        let Case { name, report, .. } = &case;
        let situation = Situation::of(report);
        assert_eq!(
            (situation.state, situation.bottom_line),
            (case.state, case.bottom_line),
            "{name}"
        );
        let iam_says: Vec<UserName> = case
            .keys
            .iter()
            .map(|(_, whose, _)| match whose {
                Some(Whose::Iam(user) | Whose::Event(user)) => user,
                None => "nobody",
            })
            .map(|user| user.parse().expect("a user"))
            .collect();
        let keys: Vec<Key<'_>> = case
            .keys
            .iter()
            .zip(&iam_says)
            .map(|((id, whose, fate), user)| Key {
                id: id.parse().expect("a key"),
                owner: whose.map(|whose| match whose {
                    Whose::Event(_) => Owner::EventSays(user.clone()),
                    Whose::Iam(_) => Owner::IamSays(user),
                }),
                fate: *fate,
            })
            .collect();
        assert_eq!(situation.credentials.keys, keys, "{name}");
        let callers = case.asks_caller.then(|| CallersKey {
            id: CALLERS_KEY.parse().expect("a key"),
            user: "anaya".parse().expect("a user"),
            name: ActorName::Named("anaya"),
            is_of_violation: true,
        });
        assert_eq!(situation.credentials.callers, callers, "{name}");
        let deactivate = |user: &str, key: &str| Change::Key {
            user: user.parse().expect("a user"),
            key: key.parse().expect("a key"),
            status: Status::Inactive,
        };
        let by_hand = case.by_hand.iter();
        let by_hand = by_hand.map(|(why, user, key)| Instruction::DeactivateKey {
            why: *why,
            change: deactivate(user, key),
        });
        let ask = callers.map(|key| Instruction::AskCaller {
            name: key.name,
            goes_without_answer: true,
            deactivation: deactivate("anaya", CALLERS_KEY),
        });
        let expected: Vec<Instruction<'_>> = by_hand.chain(ask).collect();
        let all = situation.instructions.into_iter();
        let about_keys: Vec<Instruction<'_>> = all
            .filter(|instruction| {
                use Instruction::{AskCaller, DeactivateKey};
                matches!(instruction, AskCaller { .. } | DeactivateKey { .. })
            })
            .collect();
        assert_eq!(about_keys, expected, "{name}");
    }
}

/// The time at which what outlives a containment ends is counted from the step that stopped it.
#[test]
fn what_may_still_work_is_told_until_when() {
    let mut told = Told::new();
    let at = |time: &str| Until::At(time.parse().expect("a time"));
    for (name, expected) in [
        (
            "blocked",
            vec![StillPossible::KeySessions(at("2026-03-15T21:26:55Z"))],
        ),
        ("pending", vec![StillPossible::Key { hours: 36 }]),
        ("failed", Vec::new()),
        ("dry-run", Vec::new()),
        (
            "surge",
            vec![
                StillPossible::Instances { count: 8 },
                StillPossible::RoleSessions(at("2026-03-14T21:26:55Z")),
            ],
        ),
    ] {
        let report = told.take(name);
        assert_eq!(Situation::of(&report).still_possible, expected, "{name}");
    }
}

/// What was never made is not offered to be taken back, and neither is an exposed key.
#[test]
fn only_what_was_done_is_offered_to_be_taken_back() {
    let mut told = Told::new();
    let activate = |user: &str, key: &str| {
        Undo::Call(Change::Key {
            user: user.parse().expect("a user"),
            key: key.parse().expect("a key"),
            status: Status::Active,
        })
    };
    for (name, report, expected) in [
        (
            "blocked",
            told.take("blocked"),
            vec![Undo::OnlyIfLegitimate, activate("bob", NEW_KEY)],
        ),
        ("failed", told.take("failed"), Vec::new()),
        ("dry-run", told.take("dry-run"), Vec::new()),
        ("exposed", exposed(&[NEW_KEY], ""), vec![Undo::KeyIsExposed]),
        ("fault", told.take("fault"), Vec::new()),
    ] {
        assert_eq!(Situation::of(&report).undo, expected, "{name}");
    }
}
