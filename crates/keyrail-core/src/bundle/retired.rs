//! What is said of ids that guardrails had before.

/// What an id has become, for people.
pub(super) fn retired(id: &str, now: &[String]) -> String {
    let now: Vec<String> = now.iter().map(|id| format!("`{id}`")).collect();
    format!("the guardrail `{id}` has become {}", now.join(", "))
}

/// The same of one that nothing has come in the place of.
pub(super) fn gone(id: &str) -> String {
    format!("the default bundle no longer has the guardrail `{id}`")
}

/// What to do about that.
pub(super) const GONE: &str = "remove it";

/// What to do about it.
pub(super) const RETIRED: &str =
    "the old id still stands for all of these: name those that you mean";
