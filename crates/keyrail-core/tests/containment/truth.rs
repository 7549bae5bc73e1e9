//! Never a false "contained", and no comeback that is missed.

use std::time::Duration;

use jiff::SignedDuration;
use keyrail_core::change::Sight;

use crate::model::{Dice, Model, Weather, sight};
use crate::{
    ACCOUNT, KEY, bob, enforcing, handle, key_created, look_again, one_guardrail, runs, told,
};

/// What an attacker who is still in does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attack {
    ActivateKey,
    CreateKey,
    DropQuarantine,
    Nothing,
}

#[tokio::test]
#[expect(
    clippy::too_many_lines,
    reason = "one life of a containment, told in order"
)]
async fn no_alert_claims_what_is_not_so_and_each_comeback_is_found() {
    let all = runs(1_500, 100_000);
    let bundle = one_guardrail("", "deactivate-key quarantine-user");
    let (mut verified, mut comebacks, mut lost_found, mut dead_letters) =
        (0_u64, 0_u64, 0_u64, 0_u64);
    for seed in 0..all {
        let mut dice = Dice::new(seed);
        let attack = [
            Attack::Nothing,
            Attack::ActivateKey,
            Attack::CreateKey,
            Attack::DropQuarantine,
        ][usize::try_from(dice.roll(4)).expect("small")];
        let weather = Weather {
            lag: Duration::from_millis(dice.roll(30_001)),
            lost: if dice.one_in(4) { 2 } else { 0 },
            failing: if dice.one_in(5) { 12 } else { 0 },
            has_table: dice.one_in(2),
            ..Weather::default()
        };
        let lag = weather.lag;
        let is_calm = weather.lost == 0 && weather.failing == 0;
        let model = Model::new(seed, bob(), weather);
        let event = key_created(ACCOUNT, "bob", KEY);
        // Lambda tries again what fails, and then it is a dead letter, which alarms.
        let mut dead_letter = true;
        for _ in 0..3 {
            let response = handle(&model, &bundle, &event, &enforcing())
                .await
                .expect("it ends");
            let done = response.sent.as_ref().is_none_or(Result::is_ok)
                && !response.report.is_worth_a_retry()
                && response.failed_afterwards.is_empty();
            let inner = model.0.borrow();
            for outcome in &response.report.outcomes {
                if outcome.result != keyrail_core::outcome::OutcomeResult::Verified {
                    continue;
                }
                verified += 1;
                // What it says is that the state was read back as the change leaves it: it
                // was, and a change that was lost, and nobody else made, is never seen.
                for change in &outcome.changes {
                    assert!(
                        inner
                            .seen
                            .iter()
                            .any(|(of, seen)| of == change && *seen == Sight::Made),
                        "seed {seed}: {change:?}"
                    );
                    let really = inner
                        .past
                        .iter()
                        .any(|(_, iam)| sight(iam, ACCOUNT, change) == Sight::Made);
                    assert!(really, "seed {seed}: {change:?} was never so");
                }
            }
            drop(inner);
            if done {
                dead_letter = false;
                break;
            }
            model.wait(Duration::from_mins(1));
        }
        let alerts = model.0.borrow().sent.len();
        assert!(alerts > 0 || dead_letter, "seed {seed}: nobody was told");

        // The attacker strikes once, before the last look, and as long before it as the lag
        // can be, so that a read at that time can show it.
        let last = model.0.borrow().rechecks.iter().map(|(due, _)| *due).max();
        let Some(last) = last else {
            // Every call failed each time: nothing was contained, and that is told.
            assert!(dead_letter, "seed {seed}: nobody looks again");
            dead_letters += 1;
            continue;
        };
        let window = last.as_second() - model.now().as_second() - 35;
        let attack = if window > 0 { attack } else { Attack::Nothing };
        let after = dice.roll(u64::try_from(window.max(1)).expect("not negative"));
        let strikes = model.now() + SignedDuration::from_secs(i64::try_from(after).expect("small"));
        let mut struck = false;
        dead_letter |= look_again(&model, &bundle, &enforcing(), |model, due| {
            if !struck && due > strikes {
                struck = true;
                let now = {
                    let mut inner = model.0.borrow_mut();
                    inner.now = inner.now.max(strikes);
                    inner.now
                };
                model.meddle(|iam| {
                    let Some(user) = iam.get_mut(&(ACCOUNT.to_owned(), "bob".to_owned())) else {
                        return;
                    };
                    match attack {
                        Attack::ActivateKey => {
                            user.keys.insert(KEY.to_owned(), (true, now));
                        }
                        Attack::CreateKey => {
                            user.keys.remove("AKIAIOSFODNN7OLDER00");
                            user.keys
                                .insert("AKIANEWKEYNEWKEYNEWK".to_owned(), (true, now));
                        }
                        Attack::DropQuarantine => user.denials.clear(),
                        Attack::Nothing => {}
                    }
                });
            }
        })
        .await;
        let inner = model.0.borrow();
        let told_of = inner.sent[alerts..]
            .iter()
            .filter(|sent| sent.subject.contains("Containment did not hold"))
            .count();
        if dead_letter {
            dead_letters += 1;
        } else if struck && attack != Attack::Nothing {
            comebacks += 1;
            assert!(told_of > 0, "seed {seed}: {attack:?} was not found");
        } else if is_calm && lag < Duration::from_secs(25) && !struck {
            assert_eq!(told_of, 0, "seed {seed}: nothing had come back");
        }
        // A change that was lost for good has been told as not done, or found later.
        let user = &inner.iam[&(ACCOUNT.to_owned(), "bob".to_owned())];
        if !dead_letter && user.keys.get(KEY).is_some_and(|(active, _)| *active) {
            let last = inner.sent.last().expect("somebody was told");
            assert_ne!(
                last.state, "BLOCKED",
                "seed {seed}: the key is active at the end"
            );
        } else if !inner.lost.is_empty() {
            lost_found += 1;
        }
    }
    told(&format!(
        "{all} runs: {verified} steps verified and all of them so; {comebacks} comebacks, all found; {lost_found} runs in which a lost change was made good; {dead_letters} dead letters, of failing calls"
    ));
}
