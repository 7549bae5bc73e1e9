//! Claims on events: one invocation handles an event, whatever becomes of the table's answers.

use std::time::Duration;

use aws_sdk_iam::types::StatusType;

use crate::support::World;
use crate::support::proxy::Fault;

/// A claim whose answer is late, lost or reset was made, and the SDK sends it again.
#[tokio::test]
async fn an_answer_that_does_not_come_locks_nobody_out_of_its_own_event() {
    for fault in [
        Fault::LoseAnswer,
        Fault::Reset,
        Fault::Slow(Duration::from_millis(700)),
    ] {
        let world = World::new().await;
        let key = world.user_with_key("bob").await;
        let mut function = world.enforcing(&world.memory().await).await;
        world.proxy.breaks("PutItem", &[fault.clone(), Fault::None]);

        let answered = function.invoke(&world.key_created("bob", &key)).await;

        assert_eq!(answered, Ok(()), "{fault:?}");
        assert_eq!(world.status("bob", &key).await, Some(StatusType::Inactive));
        let [alert] = world.alerts().await.try_into().expect("one alert");
        assert_eq!(alert.state(), "BLOCKED", "{fault:?}");
        // It is settled all the same: whoever comes next finds it done.
        world.proxy.mend();
        let again = function.invoke(&world.key_created("bob", &key)).await;
        assert_eq!(again, Ok(()), "{fault:?}");
        assert_eq!(world.alerts().await.len(), 0, "{fault:?}");
    }
}

/// No answer at all: the event is handled, and what the table took is not another's.
#[tokio::test]
async fn a_claim_that_is_never_answered_is_ended_by_who_made_it() {
    let world = World::new().await;
    let key = world.user_with_key("bob").await;
    let mut function = world.enforcing(&world.memory().await).await;
    world.proxy.breaks(
        "PutItem",
        &[Fault::LoseAnswer, Fault::LoseAnswer, Fault::None],
    );

    let answered = function.invoke(&world.key_created("bob", &key)).await;

    assert_eq!(answered, Ok(()));
    assert_eq!(world.status("bob", &key).await, Some(StatusType::Inactive));
    assert_eq!(world.alerts().await.len(), 1);
    world.proxy.mend();
    assert_eq!(
        function.invoke(&world.key_created("bob", &key)).await,
        Ok(())
    );
    assert_eq!(world.alerts().await.len(), 0);
}

/// Lambda's retries and duplicates have the request id of the first: two of them that run at the
/// same time are still two.
#[tokio::test]
async fn of_two_live_deliveries_with_one_request_id_one_handles_the_event() {
    let world = World::new().await;
    let key = world.user_with_key("bob").await;
    let memory = world.memory().await;
    let (mut first, mut second) = (
        world.enforcing(&memory).await,
        world.enforcing(&memory).await,
    );
    world.proxy.breaks(
        "UpdateAccessKey",
        &[Fault::Slow(Duration::from_millis(1_200))],
    );
    let event = world.key_created("bob", &key);

    let (one, other) = tokio::join!(first.invoke(&event), second.invoke(&event));

    let refused = [&one, &other]
        .into_iter()
        .filter_map(|answered| answered.as_ref().err())
        .map(|error| error["errorType"].as_str().unwrap_or_default().to_owned())
        .collect::<Vec<_>>();
    assert_eq!(refused, ["ClaimedElsewhere"], "{one:?}, {other:?}");
    assert_eq!(world.alerts().await.len(), 1);
    assert_eq!(world.status("bob", &key).await, Some(StatusType::Inactive));
    // The one that was refused comes again, and finds it done.
    assert_eq!(second.invoke(&event).await, Ok(()));
    assert_eq!(world.alerts().await.len(), 0);
}
