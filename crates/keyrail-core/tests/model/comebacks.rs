//! Never a false "contained", and no comeback that is missed.
//!
//! What is true of an alert that says *verified*, exactly: at the second that its sentence
//! names, a read showed the state as the change leaves it. Reads may be behind by the lag.
//! So the state really was so at that time or at most the lag before; whoever undoes it
//! since may have done so before the alert went out, and the looks again find that. A
//! write that was lost is verified only if something else had brought that state about: a
//! key that was inactive until somebody activated it, within the lag before the read.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use keyrail_core::change::{Change, Denial, ObservedState};
use keyrail_core::effects::CredentialKind;
use keyrail_core::effects::EffectErrorKind::Full;
use keyrail_core::outcome::OutcomeResult;
use keyrail_core::recheck::Recheck;
use keyrail_core::{Bundle, Severity};

use crate::around::Sent;
use crate::events::{key_created, key_set};
use crate::faults::{Dice, Faults, Table};
use crate::model::{Inner, Model};
use crate::world::{Attack, User, Write, observed};
use crate::{
    ACCOUNT, KEY, Looked, OLDER, bob, bob_in, handle, is_done, look, next_due, one_guardrail, runs,
    seconds, start, told,
};

#[derive(Debug, Default)]
struct Tally {
    verified: u64,
    already: u64,
    lost: u64,
    attacks: u64,
    found: u64,
    looks: u64,
    dead_letters: u64,
}

fn second(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Each "verified" and "already" that was told is true of what was read.
fn check_words(inner: &Inner, seed: u64, tally: &mut Tally) {
    let lag = SignedDuration::from_millis(i64::try_from(inner.faults.lag).expect("small"));
    for sent in &inner.sent {
        for (result, detail, change) in &sent.outcomes {
            let Some(change) = change else { continue };
            match result {
                OutcomeResult::Verified => tally.verified += 1,
                OutcomeResult::Already => tally.already += 1,
                _ => continue,
            }
            assert!(sent.text.contains(detail.as_str()), "seed {seed}: {detail}");
            let read = inner.seen.iter().find(|seen| {
                seen.change == *change
                    && shows(seen.observed, *result)
                    && seen.at <= sent.at
                    && detail.contains(&second(seen.at))
            });
            let read = read.unwrap_or_else(|| panic!("seed {seed}: {detail}: never read"));
            assert_eq!(read.account, ACCOUNT);
            // Really so: at the time of the read, or when something was written up to the
            // lag before it (and a little, for the answer's way).
            let since = read.at - lag - SignedDuration::from_secs(1);
            let writes = inner.log.iter().map(|written| written.at);
            let moments = writes.filter(|at| *at >= since && *at <= read.at);
            let was_so = moments
                .chain([since, read.at])
                .any(|time| shows(observed(&inner.at(time), ACCOUNT, change), *result));
            assert!(was_so, "seed {seed}: {detail}: it never was");
            assert!(
                *result != OutcomeResult::Verified || !is_lost_for_good(inner, change),
                "seed {seed}: {detail}: each write of it was lost"
            );
        }
    }
    tally.lost += inner.made.iter().filter(|made| made.is_lost).count() as u64;
}

/// Whether a read shows what was told: that it is so, or that it is gone.
fn shows(observed: ObservedState, result: OutcomeResult) -> bool {
    match observed {
        ObservedState::Made => true,
        ObservedState::TargetGone | ObservedState::OwnerGone => result == OutcomeResult::Already,
        ObservedState::NotMade(_) => false,
    }
}

/// Whether a change was made in vain each time, and the state never was as it leaves it.
fn is_lost_for_good(inner: &Inner, change: &Change) -> bool {
    let mut made = inner.made.iter().filter(|made| made.change == *change);
    let times = inner.log.iter().map(|written| written.at);
    made.all(|made| made.is_lost)
        && !times
            .chain([Timestamp::UNIX_EPOCH])
            .any(|time| observed(&inner.at(time), ACCOUNT, change) == ObservedState::Made)
}

/// What is really not as keyrail left it, by the message of the look again.
fn comebacks(inner: &Inner, message: &Recheck) -> Vec<String> {
    let changes = message.changes.iter();
    let mut found: Vec<String> = changes
        .filter(|change| match observed(&inner.iam, ACCOUNT, change) {
            ObservedState::Made => false,
            // A key that is gone works no more.
            ObservedState::TargetGone => change.is_put(),
            ObservedState::NotMade(_) | ObservedState::OwnerGone => true,
        })
        .map(ToString::to_string)
        .collect();
    let known: BTreeSet<&str> = message
        .changes
        .iter()
        .filter_map(Change::key)
        .map(keyrail_core::id::AccessKeyId::as_str)
        .collect();
    let held = CredentialKind::ALL
        .map(|kind| bob_in(&inner.iam).held(kind))
        .concat();
    let new = held.iter().filter(|held| {
        let is_younger = held.created.is_some_and(|created| created > message.since);
        let works_again = message
            .working
            .as_ref()
            .is_some_and(|working| !working.contains(&held.id));
        held.active && !known.contains(held.id.as_str()) && (is_younger || works_again)
    });
    found.extend(new.map(|held| format!("{:?} {}", held.kind, held.id)));
    found
}

fn is_quarantine(change: &Change) -> bool {
    match change {
        Change::DenyUser { denial, .. } => *denial == Denial::Everything,
        Change::AttachDenyAll { .. } | Change::Boundary { .. } => true,
        _ => false,
    }
}

/// The attacks so far, and whether each is seen by every read and stands. A key that
/// worked when keyrail was done, and was not to be stopped or could not be, is as it was
/// left.
fn standing(inner: &Inner, message: &Recheck) -> Vec<(Timestamp, bool)> {
    let working = message.working.as_ref();
    let keys = || message.changes.iter().filter_map(Change::key);
    let is_news = |attack: &Attack| match attack {
        Attack::Activate(key) => {
            keys().any(|held| held.as_str() == key)
                || working.is_some_and(|working| !working.contains(key))
        }
        Attack::DropQuarantine => message.changes.iter().any(is_quarantine),
        Attack::CreateKey(..) | Attack::MakeCredential(_) | Attack::MakePassword => true,
    };
    let attacks = inner.log.iter().filter_map(|written| match &written.write {
        Write::Attack { attack, .. } => {
            let stands = bob_in(&inner.iam).shows(attack, written.at) && is_news(attack);
            // Of several that bring about the same, the last has to be seen.
            let is_seen = inner
                .log
                .iter()
                .all(|later| later.at < written.at || later.settled <= inner.now);
            Some((written.at, stands && is_seen))
        }
        Write::Change { .. } => None,
    });
    attacks.collect()
}

/// Looks again at all that is due, as SQS delivers it; whether a message became a dead
/// letter. Holds each look against what really is.
fn look_again(model: &Model, bundle: &Bundle, seed: u64, tally: &mut Tally) -> bool {
    let mut dead_letter = false;
    let mut to_be_told: BTreeSet<Timestamp> = BTreeSet::new();
    while let Some(message) = next_due(model) {
        let mut is_told = false;
        for delivery in 0..5 {
            tally.looks += 1;
            let (expected, settled, stand, alerts, attacks) = {
                let inner = model.0.borrow();
                let stand = standing(&inner, &message);
                let attacks = stand.len();
                let alerts = inner.sent.len();
                (
                    comebacks(&inner, &message),
                    inner.is_settled(),
                    stand,
                    alerts,
                    attacks,
                )
            };
            let looked = look(model, bundle, &message, delivery > 0);
            let inner = model.0.borrow();
            let comeback = inner.sent[alerts..].iter().find(|sent| sent.is_comeback());
            let is_calm = standing(&inner, &message).len() == attacks && settled;
            match looked {
                Looked::Died => panic!("nobody dies here"),
                Looked::Failed => {
                    assert!(
                        !is_fair(&inner.faults),
                        "seed {seed}: it fails in fair faults"
                    );
                    drop(inner);
                    model.wait(180);
                    continue;
                }
                Looked::PutOff => {
                    assert!(comeback.is_none(), "seed {seed}: put off, and told");
                    assert!(!is_fair(&inner.faults), "seed {seed}: put off");
                    is_told = true;
                    break;
                }
                Looked::Silent => {
                    assert!(comeback.is_none(), "seed {seed}: silent, and told");
                    assert!(
                        !is_calm || expected.is_empty(),
                        "seed {seed}: silent about {expected:?}"
                    );
                }
                Looked::Told => {
                    let sent = comeback.expect("it was told");
                    assert_eq!(sent.severity, Severity::Critical, "seed {seed}");
                    assert!(
                        !is_calm || delivery > 0 || !expected.is_empty(),
                        "seed {seed}: nothing had come back: {}",
                        sent.text
                    );
                }
            }
            is_told = true;
            let due = stand.into_iter().filter(|(_, stands)| *stands);
            to_be_told.extend(due.map(|(at, _)| at));
            break;
        }
        dead_letter |= !is_told;
    }
    let inner = model.0.borrow();
    for attack in to_be_told {
        let mut after = inner.sent.iter().filter(|sent| sent.at >= attack);
        assert!(
            after.any(Sent::is_comeback),
            "seed {seed}: {attack} was not found"
        );
        tally.found += 1;
    }
    dead_letter
}

/// Whether nothing has to be tried again: no call fails, that of the table included, and
/// a read shows what was done half a minute ago.
fn is_fair(faults: &Faults) -> bool {
    faults.failing == 0 && faults.lag < 30_000 && faults.table != Table::Failing
}

fn attacks(dice: &mut Dice) -> Vec<(Timestamp, String, String, Attack)> {
    let number = dice.roll(4);
    (0..number)
        .map(|number| {
            let at = start()
                + SignedDuration::from_millis(i64::try_from(dice.roll(270_000)).expect("small"));
            let attack = match dice.roll(6) {
                0 => Attack::Activate(KEY.to_owned()),
                1 => Attack::Activate(OLDER.to_owned()),
                2 => Attack::CreateKey(format!("AKIANEWKEYNEWKEYNE{number:02}"), OLDER.to_owned()),
                3 => Attack::DropQuarantine,
                4 => Attack::MakeCredential(format!("ACCANEWNEWNEWNEWNEW{number:02}")),
                _ => Attack::MakePassword,
            };
            (at, ACCOUNT.to_owned(), "bob".to_owned(), attack)
        })
        .collect()
}

fn faults(dice: &mut Dice) -> Faults {
    Faults {
        lag: match dice.roll(10) {
            0 => 60_000,
            1 => 0,
            _ => dice.roll(29_001),
        },
        lost: if dice.one_in(4) { 2 } else { 0 },
        failing: if dice.one_in(5) { 12 } else { 0 },
        table: *dice.pick(&[Table::On, Table::Off, Table::Failing]),
        yields: dice.roll(4),
        refused: match dice.roll(4) {
            0 => vec![("iam:PutUserPolicy", Full)],
            1 => vec![("iam:PutUserPolicy", Full), ("iam:AttachUserPolicy", Full)],
            _ => Vec::new(),
        },
        ..Faults::default()
    }
}

fn run(seed: u64, bundle: &Bundle, tally: &mut Tally) {
    let mut dice = Dice::new(seed);
    let faults = faults(&mut dice);
    let (lag, lost, fair) = (faults.lag, faults.lost, is_fair(&faults));
    let mut iam = bob();
    for user in iam.values_mut() {
        if dice.one_in(2) {
            user.keys.insert(OLDER.to_owned(), (false, user.created));
        }
        if dice.one_in(2) {
            user.password = None;
        }
    }
    let time = start() - seconds(10);
    let reactivated = dice.one_in(3);
    let event = match reactivated {
        true => key_set(ACCOUNT, "bob", KEY, "Active", time),
        false => key_created(ACCOUNT, "bob", KEY, time),
    };
    let attacks = attacks(&mut dice);
    let model = Model::new(seed, iam, faults);
    if reactivated {
        // It was inactive until the event, and reads may show that still.
        let mut inner = model.0.borrow_mut();
        for user in inner.base.values_mut() {
            user.keys.insert(KEY.to_owned(), (false, user.created));
        }
        inner.iam = inner.base.clone();
        inner.now = time;
        let write = Write::Attack {
            account: ACCOUNT.to_owned(),
            user: "bob".to_owned(),
            attack: Attack::Activate(KEY.to_owned()),
        };
        inner.write(write).expect("it does not fail");
        inner.log[0].at -= SignedDuration::from_millis(1);
        inner.now = start();
    }
    let first = u64::from(reactivated);
    tally.attacks += attacks.len() as u64;
    let calm = attacks.is_empty() && lost == 0 && fair && lag < 30_000;
    model.0.borrow_mut().agenda = attacks;
    let mut dead_letter = true;
    for wait in [60, 120, 0] {
        if is_done(&handle(&model, bundle, &event).expect("it ends")) {
            dead_letter = false;
            break;
        }
        model.wait(wait);
    }
    assert!(
        dead_letter || !model.0.borrow().sent.is_empty(),
        "seed {seed}: nobody was told"
    );
    dead_letter |= look_again(&model, bundle, seed, tally);
    let inner = model.0.borrow();
    check_words(&inner, seed, tally);
    tally.dead_letters += u64::from(dead_letter);
    assert!(
        !dead_letter || !fair,
        "seed {seed}: a dead letter in fair faults"
    );
    if calm {
        let told_of = inner.sent.iter().any(Sent::is_comeback);
        assert!(!told_of, "seed {seed}: nothing had come back");
        // A password that is not there is not deleted.
        // What was not seen at once was sent again.
        let writes = inner
            .log
            .iter()
            .skip(usize::try_from(first).expect("small"));
        let mut writes: Vec<String> = writes
            .map(|written| format!("{:?}", written.write))
            .collect();
        writes.sort_unstable();
        writes.dedup();
        let writes = writes.len() as u64;
        let steps = inner.sent[0].outcomes.len() as u64;
        assert!(
            writes == steps || writes + 1 == steps,
            "seed {seed}: {writes} writes"
        );
    }
    // In the end the key is stopped, or the last word about it is not that it is: nobody
    // attacks within the lag before the last look.
    let works = |user: &User| user.keys.get(KEY).is_some_and(|(active, _)| *active);
    if !dead_letter && lag < 30_000 && works(bob_in(&inner.iam)) {
        let claimed = inner.sent.iter().rposition(claims_the_key);
        let later = &inner.sent[claimed.map_or(0, |place| place + 1)..];
        assert!(
            later.iter().any(|sent| sent.state != "BLOCKED"),
            "seed {seed}: the key is active in the end, and nobody knows"
        );
    }
}

/// Whether an alert says that the key of the event is stopped.
fn claims_the_key(sent: &Sent) -> bool {
    let mut outcomes = sent.outcomes.iter();
    outcomes.any(|(result, _, change)| {
        let is_it = change.as_ref().and_then(Change::key);
        is_it.is_some_and(|key| key.as_str() == KEY)
            && matches!(result, OutcomeResult::Verified | OutcomeResult::Already)
    })
}

#[test]
fn no_alert_claims_what_is_not_so_and_each_comeback_is_found() {
    let all = runs(2_000, 100_000);
    let allowed = "[allow]\nsteps = [\"delete-key\"]\n";
    let bundles = [
        one_guardrail("", "deactivate-key quarantine-user"),
        one_guardrail("", "deactivate-key quarantine-user disable-console-login"),
        one_guardrail(allowed, "deactivate-key quarantine-user delete-key"),
    ];
    let mut tally = Tally::default();
    for seed in 0..all {
        let bundle = match seed % 4 {
            0 | 1 => &bundles[0],
            2 => &bundles[1],
            _ => &bundles[2],
        };
        run(seed, bundle, &mut tally);
    }
    // Nothing of what is checked is left out by chance.
    let Tally {
        verified,
        lost,
        attacks,
        found,
        looks,
        ..
    } = tally;
    assert!(
        [verified, lost, attacks, found, looks]
            .iter()
            .all(|count| *count > 0),
        "{tally:?}"
    );
    assert!(tally.dead_letters < all, "{tally:?}");
    told(&format!("{all} runs: {tally:?}"));
}
