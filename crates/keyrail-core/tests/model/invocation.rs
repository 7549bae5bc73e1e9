//! One invocation, about an event or about a message of keyrail's own.

use keyrail_core::pipeline::{Handled, Looked, follow_up, recheck};
use keyrail_core::queue::{Delivery, Later};
use keyrail_core::{Bundle, Circumstances, Mode};
use serde_json::Value;

use crate::model::Model;
use crate::{is_done, respond_to};

/// How an invocation ended.
pub(crate) struct Ended {
    pub is_done: bool,
    pub handled: Option<Handled>,
    pub counted: bool,
}

pub(crate) async fn about_event(model: &Model, bundle: &Bundle, event: &Value) -> Ended {
    let responses = respond_to(model, bundle, event).await;
    Ended {
        is_done: is_done(&responses),
        handled: responses.first().map(|response| response.handled),
        counted: responses.iter().any(|response| response.counted),
    }
}

pub(crate) async fn about_message(
    model: &Model,
    bundle: &Bundle,
    message: &Later,
    delivery: Delivery,
) -> Ended {
    let circumstances = Circumstances {
        mode: Some(Mode::Enforce),
        ..Circumstances::of(bundle)
    };
    let (invoked, by) = model.invoked();
    let response = match message {
        Later::Recheck(message) => {
            let looking = recheck(message, delivery, circumstances.setup(bundle), &invoked);
            looking
                .await
                .map(|looked| match looked {
                    Looked::Contained | Looked::PutOff => None,
                    Looked::Told(response) => Some(*response),
                })
                .map_err(|error| error.message)
        }
        Later::FollowUp(message) => {
            let telling = follow_up(message, bundle, circumstances.mode, &by, &invoked);
            telling.await.map_err(|error| error.message)
        }
    };
    Ended {
        is_done: match response {
            Ok(None) => true,
            Ok(Some(response)) => is_done(&[response]),
            Err(_) => false,
        },
        handled: None,
        counted: false,
    }
}
