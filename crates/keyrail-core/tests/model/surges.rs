//! A password that is changed and instances that are launched, in every order of arrival.

use jiff::{SignedDuration, Timestamp};
use keyrail_core::Bundle;
use serde_json::{Value, json};

use crate::events::Call;
use crate::faults::{Faults, Table, orders};
use crate::model::Model;
use crate::{ACCOUNT, OLDER, bob, handle, runs, seconds, start, told};

const SURGE: &str = "compute-surge-after-password-change";

/// The password is changed an hour and a half before the events arrive: late as they are,
/// all of them arrive within minutes.
fn changed_at() -> Timestamp {
    start() - SignedDuration::from_mins(90)
}

fn changed() -> Value {
    let call = Call {
        id: "changed",
        name: "UpdateLoginProfile",
        source: "iam",
        account: ACCOUNT,
        actor: "anaya",
        key: "AKIAIOSFODNN7EXAMPLE",
        time: changed_at(),
    };
    call.event(&json!({"userName": "bob"}), &Value::Null)
}

/// bob launches an instance so many minutes after that, or before it.
fn launched(minutes: i64, number: usize) -> Value {
    let id = format!("launched-{number}");
    let call = Call {
        id: &id,
        name: "RunInstances",
        source: "ec2",
        account: ACCOUNT,
        actor: "bob",
        key: OLDER,
        time: changed_at() + SignedDuration::from_mins(minutes),
    };
    call.event(
        &json!({"instanceType": "p5.48xlarge", "instancesSet": {"items": [{"minCount": 1, "maxCount": 1}]}}),
        &json!({"instancesSet": {"items": [{"instanceId": format!("i-{number:017}")}]}}),
    )
}

/// How many alerts tell of a surge, if events arrive in an order.
fn surges(events: &[Value], order: &[usize]) -> usize {
    let faults = Faults {
        table: Table::On,
        ..Faults::default()
    };
    let model = Model::new(1, bob(), faults);
    let bundle = BUNDLE.with(Clone::clone);
    for place in order {
        handle(&model, &bundle, &events[*place]).expect("it ends");
        model.0.borrow_mut().pass(seconds(1));
    }
    let inner = model.0.borrow();
    let about = |guardrails: &[String]| guardrails.iter().any(|id| id == SURGE);
    inner
        .sent
        .iter()
        .filter(|sent| about(&sent.guardrails))
        .count()
}

thread_local! {
    static BUNDLE: std::rc::Rc<Bundle> = std::rc::Rc::new(Bundle::embedded().expect("it loads"));
}

/// The orders for which a number of alerts is not as it should be.
fn wrong(
    events: &[Value],
    step: usize,
    is_right: impl Fn(usize) -> bool,
) -> (usize, Vec<Vec<usize>>) {
    let all = orders(events.len());
    let tried = all.into_iter().step_by(step);
    let (mut count, mut wrong) = (0, Vec::new());
    for order in tried {
        count += 1;
        if !is_right(surges(events, &order)) {
            wrong.push(order);
        }
    }
    (count, wrong)
}

/// In a slice, one order in seven.
fn step() -> usize {
    usize::try_from(runs(7, 1)).expect("small")
}

#[test]
fn five_launches_after_a_password_change_are_told_in_every_order() {
    let mut events: Vec<Value> = (1..=5)
        .map(|number| launched(i64::try_from(number).expect("small"), number))
        .collect();
    events.push(changed());
    let (orders, silent) = wrong(&events, step(), |alerts| alerts > 0);
    assert!(
        silent.is_empty(),
        "{} of {orders} orders are silent, such as {:?} (5 is the password change)",
        silent.len(),
        silent[0]
    );
    assert!(orders > 0);
    told(&format!(
        "{orders} orders of a password change and five launches: all told"
    ));
}

#[test]
fn a_launch_past_the_window_hides_none_that_are_in_it() {
    let mut events: Vec<Value> = (1..=5)
        .map(|number| launched(i64::try_from(number).expect("small"), number))
        .collect();
    events.push(launched(75, 6));
    events.push(changed());
    let (orders, silent) = wrong(&events, 10 * step(), |alerts| alerts > 0);
    assert!(
        silent.is_empty(),
        "{} of {orders} orders are silent, such as {:?} (6 is the password change, 5 past the window)",
        silent.len(),
        silent[0]
    );
}

#[test]
fn four_launches_are_no_surge_in_any_order() {
    let mut events: Vec<Value> = (1..=4)
        .map(|number| launched(i64::try_from(number).expect("small"), number))
        .collect();
    events.push(changed());
    let (orders, told_of) = wrong(&events, 1, |alerts| alerts == 0);
    assert!(
        told_of.is_empty(),
        "{} of {orders} orders are told, such as {:?} (4 is the password change)",
        told_of.len(),
        told_of[0]
    );
}

#[test]
fn launches_without_a_password_change_before_them_are_no_surge() {
    let events: Vec<Value> = (1..=5)
        .map(|number| launched(i64::try_from(number).expect("small"), number))
        .collect();
    let (_, told_of) = wrong(&events, step(), |alerts| alerts == 0);
    assert!(told_of.is_empty(), "{told_of:?}");
    // Before it.
    let mut events: Vec<Value> = (1..=5)
        .map(|number| launched(-i64::try_from(number).expect("small"), number))
        .collect();
    events.push(changed());
    let (_, told_of) = wrong(&events, step(), |alerts| alerts == 0);
    assert!(told_of.is_empty(), "{told_of:?}");
}

#[test]
fn launches_outside_the_window_are_no_surge() {
    // Two within the hour, and four after it.
    let minutes = [10, 20, 61, 62, 63, 64];
    let mut events: Vec<Value> = minutes
        .iter()
        .enumerate()
        .map(|(number, minutes)| launched(*minutes, number))
        .collect();
    events.push(changed());
    let (_, told_of) = wrong(&events, 10 * step(), |alerts| alerts == 0);
    assert!(told_of.is_empty(), "{told_of:?}");
}
