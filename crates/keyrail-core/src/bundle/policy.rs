//! What guardrails and exemptions have in common: where they stand, what their
//! annotations say, which entities and attributes their text names.

use std::collections::BTreeSet;

use cedar_policy::Policy;
use serde_json::{Map, Value};

use super::diagnostic::{Diagnostic, Source};
use crate::schema::FALLBACKS;
use crate::taxonomy::Group;
use crate::{lookup, taxonomy};

/// A policy that Cedar can read, and where it stands.
pub(super) struct Written<'a> {
    pub source: Source<'a>,
    /// Its bytes in the file.
    pub span: (usize, usize),
    pub policy: &'a Policy,
    /// Cedar's JSON form of it.
    pub json: &'a Value,
}

impl<'a> Written<'a> {
    pub(super) fn text(&self) -> &'a str {
        let (start, end) = self.span;
        self.source.text.get(start..end).unwrap_or_default()
    }

    /// The line on which it begins, from 1.
    pub(super) fn line(&self) -> usize {
        let before = self.source.text.get(..self.span.0).unwrap_or_default();
        before.matches('\n').count() + 1
    }

    /// An annotation's text, if it has one that is not empty.
    pub(super) fn annotation(&self, name: &str) -> Option<String> {
        self.policy
            .annotation(name)
            .filter(|text| !text.trim().is_empty())
            .map(str::to_owned)
    }

    /// An annotation's text; that it is missing is a mistake.
    pub(super) fn required(
        &self,
        name: &str,
        kind: &str,
        help: impl Into<String>,
        found: &mut Vec<Diagnostic>,
    ) -> Option<String> {
        let text = self.annotation(name);
        if text.is_none() {
            let message = format!("the {kind} has no `@{name}`");
            found.push(self.error("missing-annotation", message).help(help));
        }
        text
    }

    /// A mistake in the policy as a whole: at its beginning.
    pub(super) fn error(&self, code: &'static str, message: impl Into<String>) -> Diagnostic {
        let (start, end) = self.span;
        self.source.error(code, (start, end), message)
    }

    /// A mistake in an annotation.
    pub(super) fn error_in(
        &self,
        annotation: &str,
        code: &'static str,
        message: impl Into<String>,
    ) -> Diagnostic {
        let place = annotation_place(self.text(), annotation);
        self.error_at(place.unwrap_or_default(), code, message)
    }

    /// A mistake where some text first stands in the policy, outside of comments.
    pub(super) fn error_on(
        &self,
        needle: &str,
        code: &'static str,
        message: impl Into<String>,
    ) -> Diagnostic {
        let at = code_find(self.text(), needle);
        let place = at.map(|at| (at, at + needle.len()));
        self.error_at(place.unwrap_or_default(), code, message)
    }

    /// A mistake at some bytes of the policy.
    pub(super) fn error_at(
        &self,
        (start, end): (usize, usize),
        code: &'static str,
        message: impl Into<String>,
    ) -> Diagnostic {
        let begin = self.span.0;
        self.source
            .error(code, (begin + start, begin + end), message)
    }

    /// Whether a mistake of this code is declared to be meant, by `@meant`.
    pub(super) fn is_meant(&self, code: &str) -> bool {
        self.policy
            .annotation("meant")
            .is_some_and(|codes| codes.split_whitespace().any(|meant| meant == code))
    }

    /// Mistakes that policies of both kinds can have.
    pub(super) fn common_mistakes(
        &self,
        known: impl Fn(&str) -> bool,
        names: &[&str],
    ) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for (name, text) in self.policy.annotations() {
            if !known(name) {
                let wrong = self.error_in(
                    name,
                    "unknown-annotation",
                    format!("unknown annotation `@{name}`"),
                );
                found.push(wrong.suggest(name, names.iter().copied()));
            } else if text.contains(char::is_control) {
                found.push(self.error_in(
                    name,
                    "annotation-value",
                    format!("`@{name}` must be one line"),
                ));
            }
        }
        for (kind, id) in entities(self.json) {
            if kind == "Action" && !is_action(&id) {
                let wrong = self.error_on(
                    &literal(&kind, &id),
                    "unknown-action",
                    format!("there is no action `{id}`"),
                );
                let help = "for what keyrail has no name of its own, compare `context.name`";
                found.push(match super::diagnostic::nearest(&id, action_names()) {
                    Some(near) => wrong.help(format!("did you mean `{near}`? {help}")),
                    None => wrong.help(help),
                });
            }
        }
        found
    }
}

/// `Account::"111122223333"`, as policies write it.
pub(super) fn literal(kind: &str, id: &str) -> String {
    format!("{kind}::\"{}\"", id.escape_debug())
}

/// The entities that a policy names, by type and id, each once.
pub(super) fn entities(json: &Value) -> BTreeSet<(String, String)> {
    objects(json)
        .filter_map(|object| {
            let field = |name: &str| object.get(name)?.as_str().map(str::to_owned);
            Some((field("type")?, field("id")?))
        })
        .collect()
}

/// Attributes that a policy asks for with `has`.
pub(super) fn asked_attributes(json: &Value) -> BTreeSet<String> {
    objects(json)
        .filter_map(|object| object.get("has")?.get("attr")?.as_str().map(str::to_owned))
        .collect()
}

/// The entities whose attributes or tags a policy reads by their own names.
pub(super) fn read_by_name(json: &Value) -> BTreeSet<(String, String)> {
    let reading = [".", "has", "getTag", "hasTag"];
    let of = objects(json).filter_map(|object| {
        let left = reading.iter().find_map(|operator| object.get(*operator))?;
        let entity = left.pointer("/left/Value/__entity")?;
        let text = |field: &str| entity.get(field)?.as_str().map(str::to_owned);
        Some((text("type")?, text("id")?))
    });
    of.collect()
}

/// Every object within a JSON value, and the value itself.
fn objects(json: &Value) -> impl Iterator<Item = &Map<String, Value>> {
    let mut waiting = vec![json];
    std::iter::from_fn(move || {
        loop {
            match waiting.pop()? {
                Value::Object(object) => {
                    waiting.extend(object.values());
                    return Some(object);
                }
                Value::Array(items) => waiting.extend(items),
                _ => {}
            }
        }
    })
}

/// What a policy's conditions read: the attribute `x` for `context.x` and `context
/// has x`, and the names of the other variables.
pub(crate) fn reads(json: &Value) -> BTreeSet<String> {
    let mut found = json.get("conditions").map(reads_of).unwrap_or_default();
    // What the scope names may have to be looked up as well.
    let looked_up = lookup::needed_by(json).into_iter();
    found.extend(looked_up.map(|fact| fact.as_str().to_owned()));
    found
}

/// The same of a part of a condition.
pub(super) fn reads_of(expression: &Value) -> BTreeSet<String> {
    fn collect(expression: &Value, reads: &mut BTreeSet<String>) {
        match expression {
            Value::Object(object) => {
                for (operator, operand) in object {
                    let on_context =
                        operand.pointer("/left/Var").and_then(Value::as_str) == Some("context");
                    match (operator.as_str(), operand) {
                        ("." | "has", operand) if on_context => {
                            let attribute = operand.get("attr").and_then(Value::as_str);
                            reads.extend(attribute.map(str::to_owned));
                        }
                        ("Var", Value::String(name)) => {
                            reads.insert(name.clone());
                        }
                        _ => collect(operand, reads),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, reads)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    collect(expression, &mut found);
    let looked_up = lookup::needed_by(expression).into_iter();
    found.extend(looked_up.map(|fact| fact.as_str().to_owned()));
    found
}

/// The same policy without its conditions: whatever its scope is about.
pub(super) fn without_conditions(policy: &Value) -> Value {
    let mut policy = policy.clone();
    if let Some(object) = policy.as_object_mut() {
        object.insert("conditions".to_owned(), Value::Array(Vec::new()));
    }
    policy
}

/// Whether conditions read a fact that may be unknown. The target is Cedar's
/// `resource`.
pub(crate) fn reads_fact(reads: &BTreeSet<String>, fact: &str) -> bool {
    reads.contains(match fact {
        "target" => "resource",
        fact => fact,
    })
}

fn is_action(name: &str) -> bool {
    FALLBACKS.contains(&name)
        || Group::ALL.iter().any(|group| group.as_str() == name)
        || taxonomy::find(name).is_some_and(|entry| entry.action == name)
}

fn action_names() -> impl Iterator<Item = &'static str> {
    let groups = Group::ALL.into_iter().map(Group::as_str);
    let actions = taxonomy::entries().map(|entry| entry.action);
    groups.chain(actions).chain(FALLBACKS)
}

/// Where `@name("…")` stands.
fn annotation_place(text: &str, name: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    let needle = format!("@{name}");
    loop {
        let at = from + code_find(text.get(from..)?, &needle)?;
        let end = at + needle.len();
        let next = text.get(end..)?.chars().next();
        if !next.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            return Some((at, end));
        }
        from = end;
    }
}

/// Finds a text outside of comments; a text that begins outside of quotes is not
/// found within them.
fn code_find(text: &str, needle: &str) -> Option<usize> {
    let mut chars = text.char_indices();
    let (mut quoted, mut comment) = (false, false);
    while let Some((at, c)) = chars.next() {
        let rest = text.get(at..)?;
        if !comment && !quoted && rest.starts_with(needle) {
            return Some(at);
        }
        match c {
            '\n' => comment = false,
            '/' if !quoted && rest.starts_with("//") => comment = true,
            '\\' if quoted => {
                chars.next();
            }
            '"' if !comment => quoted = !quoted,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annotation_is_found_where_it_stands_and_not_where_it_is_quoted() {
        let text = "// @mode(\"x\")\n@title(\"@mode(1)\") @modes(\"y\") @mode(\"z\")";
        assert_eq!(
            annotation_place(text, "mode"),
            text.rfind("@mode").map(|at| (at, at + 5))
        );
        assert_eq!(annotation_place(text, "id"), None);
    }
}
