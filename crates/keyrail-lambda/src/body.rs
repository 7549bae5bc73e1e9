//! Bodies that are not JSON.
//!
//! The runtime refuses them before the handler sees them, and Lambda would only try
//! them again. So they are wrapped as JSON, byte for byte, and unwrapped in the
//! handler, which records them as events that are not recognised.

use std::borrow::Cow;

use lambda_runtime::LambdaInvocation;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// The one field of the wrapping.
const NOT_JSON: &str = "keyrail:not-json";

/// Wraps the body of an invocation if it is not JSON. Each byte becomes the
/// character of the same number.
pub(crate) fn wrapped(mut invocation: LambdaInvocation) -> LambdaInvocation {
    if serde_json::from_slice::<&RawValue>(&invocation.body).is_err() {
        let text: String = invocation.body.iter().copied().map(char::from).collect();
        invocation.body = json!({ NOT_JSON: text }).to_string().into();
    }
    invocation
}

/// The body as it arrived.
pub(crate) fn unwrapped(payload: &RawValue) -> Cow<'_, [u8]> {
    let text = payload.get();
    if text.starts_with(&format!("{{\"{NOT_JSON}\":")) {
        let wrapping: Result<Value, _> = serde_json::from_str(text);
        if let Ok(Some(body)) = wrapping
            .as_ref()
            .map(|wrapping| wrapping[NOT_JSON].as_str())
        {
            return body
                .chars()
                .map(|c| u8::try_from(c).unwrap_or(b'?'))
                .collect();
        }
    }
    text.as_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_body_comes_out_as_it_went_in() {
        let all: Vec<u8> = (0..=255).collect();
        let text: String = all.iter().copied().map(char::from).collect();
        let payload =
            RawValue::from_string(json!({ NOT_JSON: text }).to_string()).expect("it is JSON");
        assert_eq!(unwrapped(&payload), all);
        let whole = RawValue::from_string("{\"a\": 1}".to_owned()).expect("it is JSON");
        assert_eq!(unwrapped(&whole), b"{\"a\": 1}".as_slice());
    }
}
