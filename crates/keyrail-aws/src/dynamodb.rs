//! `DynamoDB`: the state table.
//!
//! One table with the keys `pk` and `sk`, and `expires` as its time to live:
//!
//! | what | pk | sk | besides |
//! | --- | --- | --- | --- |
//! | claim of an event | `event#ID` | `claim` | `done`, `nonce` of who has it, `until` (ms) |
//! | containments in an account | `account#ID` | `hour#2026-11-25T06` | `events`: their ids |
//! | release of all that was done about an event | `event#ID` | `TIME#EVENT#released` | `memory`: JSON |
//! | alerts of one actor and guardrail in a window | `repeat#ACCOUNT#GUARDRAILS#DEED#ACTOR` | `window#UNTIL` | `first`, `promised`, `entries`: id and outcome of what was counted, `more`: how many besides |
//! | which windows of what was refused are told by themselves, before it is a storm | `repeat#ACCOUNT#GUARDRAILS#DEED#many actors` | `alone#UNTIL` | `events`: what tells each from the others |
//! | last beat of an account, Region and call | `beat#ACCOUNT` | `REGION#CALL` | `slot`: its hour, `at`: its time |
//! | memory of a key | `key#ID` | `TIME#EVENT#KIND` | `memory`: JSON |
//! | memory of a user | `user#ARN` | the same | `memory`: JSON |

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use jiff::{SignedDuration, Timestamp};
use keyrail_core::activity::Beat;
use keyrail_core::cause::Cause;
use keyrail_core::effects::EffectError;
use keyrail_core::id::AccountId;
use keyrail_core::repeats::{MOST_ENTRIES, Repetition, Tally, Window};
use keyrail_core::state::{Claim, ClaimEnd, Claimant, Fact, Memory, State, StateError, Subject};

use crate::Aws;
use crate::error::sorted;

/// How long a window is kept: longer than its follow-up can lie in a queue, and then in
/// the one for what was not delivered.
const WINDOW_LASTS: SignedDuration = SignedDuration::from_hours(29 * 24);

/// How long the last sign of life of an account is kept: who is silent is not who was never heard.
const BEAT_LASTS: SignedDuration = SignedDuration::from_hours(400 * 24);

impl State for Aws {
    fn has_table(&self) -> bool {
        self.places.table.is_some()
    }

    async fn claim(
        &self,
        event: &str,
        by: &Claimant,
        lasts: SignedDuration,
    ) -> Result<Claim, StateError> {
        let now = Timestamp::now();
        let put = self
            .put(&claim_on(event))
            .item("done", AttributeValue::Bool(false))
            .item("nonce", text(&by.nonce))
            .item("until", number(by.until.as_millisecond()))
            .item("expires", number((now + lasts).as_second()))
            // The last is for a call that was made although its answer was late or lost, and
            // that the SDK sends again.
            .condition_expression(
                "attribute_not_exists(pk) OR (done = :no AND (#until < :now OR nonce = :mine))",
            )
            .expression_attribute_names("#until", "until")
            .expression_attribute_values(":no", AttributeValue::Bool(false))
            .expression_attribute_values(":mine", text(&by.nonce))
            .expression_attribute_values(":now", number(now.as_millisecond()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(refused) = put.send().await else {
            return Ok(Claim::Mine);
        };
        let Some(PutItemError::ConditionalCheckFailedException(failed)) =
            refused.as_service_error()
        else {
            return Err(state_error("dynamodb:PutItem", &refused));
        };
        let is_done = failed.item().and_then(|item| item.get("done"));
        Ok(match is_done.and_then(|done| done.as_bool().ok()) {
            Some(true) => Claim::Done,
            Some(false) | None => Claim::Elsewhere,
        })
    }

    async fn complete_claim(
        &self,
        event: &str,
        by: &Claimant,
        end: ClaimEnd,
        lasts: SignedDuration,
    ) -> Result<(), StateError> {
        let is_handled = match end {
            ClaimEnd::Handled => true,
            ClaimEnd::Open => false,
        };
        let expires = Timestamp::now() + lasts;
        let update = self
            .update(&claim_on(event))
            .update_expression(
                "SET done = :done, nonce = :mine, #until = :never, expires = :expires",
            )
            .condition_expression("attribute_not_exists(pk) OR nonce = :mine")
            .expression_attribute_names("#until", "until")
            .expression_attribute_values(":done", AttributeValue::Bool(is_handled))
            .expression_attribute_values(":mine", text(&by.nonce))
            .expression_attribute_values(":never", number(0))
            .expression_attribute_values(":expires", number(expires.as_second()));
        // If the condition does not hold, the claim ran out and is another's by now.
        is_updated(update).await.map(drop)
    }

    async fn hear(&self, beat: &Beat) -> Result<(), StateError> {
        let expires = beat.time + BEAT_LASTS;
        let update = self
            .update(&last_beat(beat))
            .update_expression("SET #slot = :slot, #at = :at, expires = :expires")
            .condition_expression("attribute_not_exists(pk) OR #slot < :slot")
            .expression_attribute_names("#slot", "slot")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":slot", number(beat.slot().number()))
            .expression_attribute_values(":at", number(beat.time.as_second()))
            .expression_attribute_values(":expires", number(expires.as_second()));
        is_updated(update).await.map(drop)
    }

    async fn count(&self, account: &AccountId, event: &str, most: u32) -> Result<bool, StateError> {
        let now = Timestamp::now();
        let expires = now + SignedDuration::from_hours(3);
        let place = Place {
            pk: format!("account#{account}"),
            sk: format!("hour#{}", now.strftime("%Y-%m-%dT%H")),
        };
        self.is_among_first_in(&place, event, most, expires).await
    }

    async fn is_among_first(
        &self,
        repetition: &Repetition,
        storm: &Repetition,
        most: u32,
    ) -> Result<bool, StateError> {
        let window = window_of(storm);
        let place = Place {
            sk: format!("alone#{}", storm.until),
            ..window
        };
        let expires = storm.until + WINDOW_LASTS;
        let key = repetition.key();
        self.is_among_first_in(&place, &key, most, expires).await
    }

    async fn open(&self, repetition: &Repetition, event: &str) -> Result<Window, StateError> {
        let expires = repetition.until + WINDOW_LASTS;
        let place = window_of(repetition);
        let put = self
            .put(&place)
            .item("first", text(event))
            .item("promised", AttributeValue::Bool(false))
            .item("expires", number(expires.as_second()))
            .condition_expression("attribute_not_exists(pk)");
        if is_put(put).await? {
            return Ok(Window::New);
        }
        let item = self.item(&place).await?;
        let promised = item.get("promised").and_then(|is| is.as_bool().ok());
        let first = item.get("first").and_then(|first| first.as_s().ok());
        Ok(
            match (promised, first.is_some_and(|first| first == event)) {
                (Some(true), true) => Window::Own,
                (Some(true), false) => Window::Promised,
                (Some(false) | None, true) => Window::New,
                (Some(false) | None, false) => Window::Opening,
            },
        )
    }

    async fn promise(&self, repetition: &Repetition) -> Result<(), StateError> {
        let update = self
            .update(&window_of(repetition))
            .update_expression("SET promised = :yes")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":yes", AttributeValue::Bool(true));
        match is_updated(update).await? {
            true => Ok(()),
            false => Err(StateError {
                message: "dynamodb:UpdateItem: the window is not there".to_owned(),
                cause: None,
            }),
        }
    }

    async fn tally(&self, repetition: &Repetition, entry: &str) -> Result<bool, StateError> {
        if Timestamp::now() >= repetition.until {
            return Ok(false);
        }
        let place = window_of(repetition);
        let keep = self
            .update(&place)
            .update_expression("ADD entries :entries")
            .condition_expression(
                "promised = :yes AND (attribute_not_exists(entries) OR size(entries) < :most OR contains(entries, :entry))",
            )
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .expression_attribute_values(":most", AttributeValue::N(MOST_ENTRIES.to_string()))
            .expression_attribute_values(":entry", text(entry))
            .expression_attribute_values(":entries", AttributeValue::Ss(vec![entry.to_owned()]));
        if is_updated(keep).await? {
            return Ok(true);
        }
        // It is full, or nobody has promised anything.
        let count = self
            .update(&place)
            .update_expression("ADD #more :one")
            .condition_expression("promised = :yes")
            .expression_attribute_names("#more", "more")
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .expression_attribute_values(":one", number(1));
        is_updated(count).await
    }

    async fn tallied(&self, repetition: &Repetition) -> Result<Option<Tally>, StateError> {
        let item = self.item(&window_of(repetition)).await?;
        if item.is_empty() {
            return Ok(None);
        }
        let entries = item.get("entries").and_then(|all| all.as_ss().ok());
        let more = item.get("more").and_then(|more| more.as_n().ok());
        Ok(Some(Tally {
            entries: entries.cloned().unwrap_or_default(),
            more: more.and_then(|more| more.parse().ok()).unwrap_or_default(),
        }))
    }

    async fn recall(&self, about: &Subject) -> Result<Vec<Memory>, StateError> {
        let query = self
            .dynamodb
            .query()
            .set_table_name(self.places.table.clone())
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(key(about)))
            .consistent_read(true)
            .scan_index_forward(false);
        // All pages: whoever fills one must not hide what is on the next.
        let found: Result<Vec<_>, _> = query.into_paginator().items().send().collect().await;
        let found = found.map_err(|error| state_error("dynamodb:Query", &error))?;
        let now = Timestamp::now().as_second();
        let mut memories = Vec::new();
        for item in found {
            // Claims stand under the same key as what is remembered of an event.
            let Some(memory) = item.get("memory") else {
                continue;
            };
            let memory = memory.as_s().ok();
            let memory = memory.and_then(|memory| serde_json::from_str(memory).ok());
            let expires = item.get("expires").and_then(|expires| expires.as_n().ok());
            let expires = expires.and_then(|expires| expires.parse::<i64>().ok());
            let (Some(memory), Some(expires)) = (memory, expires) else {
                return Err(StateError {
                    message: format!("dynamodb:Query: an item of {about:?} cannot be read"),
                    cause: None,
                });
            };
            // DynamoDB deletes what has expired within days, not at once.
            if expires > now {
                memories.push(memory);
            }
        }
        Ok(memories)
    }

    async fn remember(&self, memory: &Memory) -> Result<(), StateError> {
        let lasts = SignedDuration::try_from(memory.fact.lasts()).unwrap_or(SignedDuration::MAX);
        let expires = memory.time.checked_add(lasts).unwrap_or(Timestamp::MAX);
        let json = serde_json::to_string(memory).map_err(|error| StateError {
            message: format!("dynamodb:PutItem: {error}"),
            cause: Some(Cause::of(&error)),
        })?;
        let kind = match &memory.fact {
            Fact::Contained => "contained",
            Fact::Launched { .. } => "launched",
            Fact::PasswordChanged => "password-changed",
            Fact::Released { .. } => "released",
            Fact::RootSession => "root-session",
        };
        let place = Place {
            pk: key(&memory.about),
            sk: format!("{}#{}#{kind}", memory.time, memory.event),
        };
        let put = self
            .put(&place)
            .item("memory", text(json))
            .item("expires", number(expires.as_second()));
        // It has no condition, so that any error means that it is not remembered.
        let put = put.send().await;
        put.map(drop)
            .map_err(|error| state_error("dynamodb:PutItem", &error))
    }
}

/// Where an item is.
struct Place {
    pk: String,
    sk: String,
}

fn claim_on(event: &str) -> Place {
    Place {
        pk: format!("event#{event}"),
        sk: "claim".to_owned(),
    }
}

/// All of an account in one place, so that whoever floods the table with beats fills its own.
fn last_beat(beat: &Beat) -> Place {
    Place {
        pk: format!("beat#{}", beat.account),
        sk: format!("{}#{}", beat.region, beat.call.as_str()),
    }
}

fn window_of(repetition: &Repetition) -> Place {
    Place {
        pk: format!("repeat#{}", repetition.key()),
        sk: format!("window#{}", repetition.until),
    }
}

impl Aws {
    fn put(&self, place: &Place) -> PutItemFluentBuilder {
        let put = self.dynamodb.put_item();
        put.set_table_name(self.places.table.clone())
            .item("pk", text(&place.pk))
            .item("sk", text(&place.sk))
    }

    fn update(&self, place: &Place) -> UpdateItemFluentBuilder {
        let update = self.dynamodb.update_item();
        update
            .set_table_name(self.places.table.clone())
            .key("pk", text(&place.pk))
            .key("sk", text(&place.sk))
    }

    /// Whether an id is one of the first that an item takes. The ids and not their number, so
    /// that one that comes twice counts once.
    async fn is_among_first_in(
        &self,
        place: &Place,
        id: &str,
        most: u32,
        expires: Timestamp,
    ) -> Result<bool, StateError> {
        let update = self
            .update(place)
            .update_expression("ADD #events :ids SET expires = :expires")
            .condition_expression(
                "(attribute_not_exists(#events) AND :most > :zero) OR size(#events) < :most OR contains(#events, :id)",
            )
            .expression_attribute_names("#events", "events")
            .expression_attribute_values(":ids", AttributeValue::Ss(vec![id.to_owned()]))
            .expression_attribute_values(":id", text(id))
            .expression_attribute_values(":most", number(i64::from(most)))
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":expires", number(expires.as_second()));
        is_updated(update).await
    }

    /// An item as it is now; empty if there is none.
    async fn item(&self, place: &Place) -> Result<HashMap<String, AttributeValue>, StateError> {
        let get = self.dynamodb.get_item();
        let get = get
            .set_table_name(self.places.table.clone())
            .key("pk", text(&place.pk))
            .key("sk", text(&place.sk))
            .consistent_read(true);
        let found = get.send().await;
        let found = found.map_err(|error| state_error("dynamodb:GetItem", &error))?;
        Ok(found.item.unwrap_or_default())
    }
}

/// Whether it was put; not if its condition does not hold.
async fn is_put(put: PutItemFluentBuilder) -> Result<bool, StateError> {
    match put.send().await {
        Ok(_) => Ok(true),
        Err(error) => match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
            _ => Err(state_error("dynamodb:PutItem", &error)),
        },
    }
}

/// Whether it was updated; not if its condition does not hold.
async fn is_updated(update: UpdateItemFluentBuilder) -> Result<bool, StateError> {
    match update.send().await {
        Ok(_) => Ok(true),
        Err(error) => match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
            _ => Err(state_error("dynamodb:UpdateItem", &error)),
        },
    }
}

fn key(about: &Subject) -> String {
    match about {
        Subject::Event(id) => format!("event#{id}"),
        Subject::Key(id) => format!("key#{id}"),
        Subject::User(arn) => format!("user#{arn}"),
    }
}

fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

fn number(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn state_error<E>(
    call: &str,
    error: &aws_sdk_iam::error::SdkError<E, aws_sdk_iam::config::http::HttpResponse>,
) -> StateError
where
    E: std::error::Error + aws_sdk_iam::error::ProvideErrorMetadata + 'static,
    aws_sdk_iam::error::SdkError<E, aws_sdk_iam::config::http::HttpResponse>:
        aws_sdk_iam::operation::RequestId,
{
    let EffectError { message, cause, .. } = sorted(call, error);
    StateError { message, cause }
}
