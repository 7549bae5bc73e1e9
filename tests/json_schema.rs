//! A validator of JSON Schema that is not ours: Python's `jsonschema`, which the emulator
//! needs as well. Those in Rust bring a licence that is not in `.deny.toml`. A schema that names
//! no draft is taken for one of 2020-12.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

const SCRIPT: &str = "
import json, sys
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for
from jsonschema.exceptions import best_match
asked = json.load(sys.stdin)
Validator = validator_for(asked['schema'], default=Draft202012Validator)
Validator.check_schema(asked['schema'])
validator = Validator(asked['schema'], format_checker=Validator.FORMAT_CHECKER)
def error(document):
    found = best_match(validator.iter_errors(document))
    return found and f'{found.json_path}: {found.message}'
json.dump([error(document) for document in asked['documents']], sys.stdout)
";

/// What is wrong with each document; nothing with those that the schema takes.
pub(crate) fn errors(schema: &Value, documents: &[Value]) -> Vec<Option<String>> {
    let python = std::env::var_os("KEYRAIL_PYTHON").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.venv/bin/python"),
        PathBuf::from,
    );
    let mut child = Command::new(python)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts: `make test` installs it");
    let asked = json!({"schema": schema, "documents": documents});
    let mut stdin = child.stdin.take().expect("standard input is piped");
    stdin
        .write_all(asked.to_string().as_bytes())
        .expect("Python reads it");
    drop(stdin);
    let output = child.wait_with_output().expect("Python ends");
    serde_json::from_slice(&output.stdout).expect("the schema is one")
}
