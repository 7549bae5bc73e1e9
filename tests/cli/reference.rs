//! `docs/reference.md` is what the schemas say, as tables. With `UPDATE_PAGES=1` the test
//! writes the page anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use crate::schema::schema;
use crate::{fixture, ran};

const HEAD: &str = "# Reference

Every setting, fact and field, by name. How they go together is told elsewhere: [policies.md](policies.md) for settings,
policies and tests, [alerts.md](alerts.md) for alerts, [events.md](events.md) for actions and groups,
[the README](../README.md#the-command) for commands and exit codes. This page is made from what `keyrail schema` prints.
A field that ends in `?` may be absent, `[]` is each item of a list, and `.*` each value by its name.

";

#[test]
fn the_reference_is_what_the_schemas_say() {
    let mut page = HEAD.to_owned();
    page.push_str("## Facts\n\nWhat policies read as `context`. Optional ones have to be asked for first: `context has mfa && …`.\n\n");
    page.push_str(&facts());
    for (title, name) in [
        ("Settings: `keyrail.toml`", "settings"),
        ("Tests: `tests/*.yaml`", "tests"),
        ("`keyrail.alert/v1`", "alert"),
        ("`keyrail.report/v1`", "report"),
        ("`keyrail.diagnostics/v1`", "diagnostics"),
        ("`keyrail.proof/v1`", "proof"),
        ("`keyrail.mutants/v1`", "mutants"),
        ("`keyrail.test/v1`", "test"),
        ("`keyrail.undo/v1`", "undo"),
        ("`keyrail.redrive/v1`", "redrive"),
        ("`keyrail.show/v1`", "show"),
        ("`keyrail.upgrade/v1`", "upgrade"),
    ] {
        let root = schema(name);
        let about = root["description"].as_str().unwrap_or_default();
        write!(page, "\n## {title}\n\n{about}\n\n").expect("a `String` takes it");
        page.push_str("| field | type | meaning |\n| --- | --- | --- |\n");
        let mut table = Table {
            root: &root,
            seen: BTreeSet::new(),
            text: String::new(),
        };
        table.fields("", &root);
        page.push_str(&table.text);
    }
    let path = fixture("../../docs/reference.md");
    if std::env::var_os("UPDATE_PAGES").is_some() {
        fs::write(&path, &page).expect("the page can be written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/reference.md is not what the schemas say: run this test with UPDATE_PAGES=1"
    );
}

/// The facts of a call, as the Cedar schema comments them.
fn facts() -> String {
    let printed = ran(&["schema", "cedar"]).stdout;
    let (_, facts) = printed
        .split_once("type Facts = {\n")
        .expect("there are facts");
    let (facts, _) = facts.split_once("};").expect("they end");
    let mut text = "| fact | type | meaning |\n| --- | --- | --- |\n".to_owned();
    let mut meaning = "";
    for line in facts.lines().map(str::trim) {
        if let Some(comment) = line.strip_prefix("// ") {
            meaning = comment;
        } else if let Some((name, of)) = line.trim_end_matches(',').split_once(": ") {
            writeln!(text, "| `{name}` | `{of}` | {meaning} |").expect("a `String` takes it");
        }
    }
    text
}

struct Table<'a> {
    root: &'a Value,
    /// What is told already: the same sort of thing is told once.
    seen: BTreeSet<String>,
    text: String,
}

impl<'a> Table<'a> {
    fn fields(&mut self, path: &str, schema: &'a Value) {
        let required = schema["required"].as_array();
        let required: Vec<&str> = required
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            let mark = match required.is_empty() || required.contains(&name.as_str()) {
                true => "",
                false => "?",
            };
            let path = match path {
                "" => format!("{name}{mark}"),
                path => format!("{path}.{name}{mark}"),
            };
            self.row(&path, field);
        }
        for (_, field) in schema["patternProperties"]
            .as_object()
            .into_iter()
            .flatten()
        {
            self.row(&format!("{path}.*"), field);
        }
        if schema["additionalProperties"].is_object() {
            self.row(&format!("{path}.*"), &schema["additionalProperties"]);
        }
    }

    fn row(&mut self, path: &str, field: &'a Value) {
        let of = self.resolved(field);
        let says = field["description"].as_str().or(of["description"].as_str());
        let says = says.unwrap_or_default().replace('|', "\\|");
        let kind = self.kind(field);
        writeln!(self.text, "| `{path}` | {kind} | {says} |").expect("a `String` takes it");
        let reference = reference(field).or_else(|| reference(&of["items"]));
        if let Some(reference) = reference
            && !self.seen.insert(reference.to_owned())
        {
            return;
        }
        self.fields(path, of);
        let items = self.resolved(&of["items"]);
        self.fields(&format!("{path}[]"), items);
    }

    fn resolved(&self, schema: &'a Value) -> &'a Value {
        let named = reference(schema).and_then(|it| self.root.pointer(it.trim_start_matches('#')));
        named.unwrap_or(schema)
    }

    fn kind(&self, schema: &'a Value) -> String {
        let of = self.resolved(schema);
        if let Some(values) = of["enum"].as_array() {
            let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
            return values.join(", ").replace('"', "");
        }
        if let Some(value) = of.get("const") {
            return format!("`{value}`").replace('"', "");
        }
        for several in ["anyOf", "oneOf"] {
            if let Some(choices) = of[several].as_array() {
                let kinds: Vec<String> = choices.iter().map(|choice| self.kind(choice)).collect();
                return kinds.join(" or ");
            }
        }
        let item = match of["items"].is_object() {
            true => format!(" of {}", self.kind(&of["items"])),
            false => String::new(),
        };
        match &of["type"] {
            Value::String(kind) => format!("{kind}{item}"),
            Value::Array(kinds) => {
                let kinds: Vec<&str> = kinds.iter().filter_map(Value::as_str).collect();
                kinds.join(" or ")
            }
            _ => "any".to_owned(),
        }
    }
}

/// What `$ref` names, or the one choice beside `null` does.
fn reference(schema: &Value) -> Option<&str> {
    let choices = schema["anyOf"].as_array().into_iter().flatten();
    let of_choice = choices
        .into_iter()
        .find_map(|choice| choice["$ref"].as_str());
    schema["$ref"].as_str().or(of_choice)
}
