//! Questions that conditions ask of a record's parameters.

use crate::json::Json;

/// Asks the parameters, if the record shows them. A call that was denied does not,
/// and neither does one whose parameters were too large.
pub(crate) fn known(record: &Json, question: impl Fn(&Json) -> bool) -> Option<bool> {
    let parameters = record.below(&["requestParameters"]);
    (parameters.is_object() && !is_omitted(record, "requestParameters"))
        .then(|| question(&parameters))
}

/// Whether CloudTrail left out a part of a record because it was too large. The mark
/// is not in AWS's documentation any more; records that have it spell its values
/// both as texts and otherwise.
pub(crate) fn is_omitted(record: &Json, part: &str) -> bool {
    record.flag(&[part, "omitted"]) == Some(true)
        || record
            .text(&[part, "reason"])
            .is_some_and(|reason| reason.ends_with(" too large"))
}

/// The account that a call was made in. Old records do not say, and then it is the caller's own,
/// which IAM's and CloudTrail's calls act in.
pub(crate) fn home(record: &Json) -> Option<String> {
    record
        .text(&["recipientAccountId"])
        .or_else(|| record.text(&["userIdentity", "accountId"]))
}

pub(crate) fn gives(record: &Json, name: &str) -> Option<bool> {
    known(record, |parameters| parameters.at(&[name]).is_some())
}

pub(crate) fn is(record: &Json, name: &str, word: &str) -> Option<bool> {
    let text = record.text(&["requestParameters", name])?;
    Some(text.eq_ignore_ascii_case(word))
}

pub(crate) fn text_is(parameters: &Json, name: &str, word: &str) -> bool {
    let text = parameters.text(&[name]);
    text.is_some_and(|text| text.eq_ignore_ascii_case(word))
}

pub(crate) fn is_false(parameters: &Json, name: &str) -> bool {
    parameters.flag(&[name]) == Some(false)
}
