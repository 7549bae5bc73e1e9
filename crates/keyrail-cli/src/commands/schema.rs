//! `keyrail schema`

use std::path::PathBuf;

use clap::ValueEnum;
use keyrail_core::schema;
use serde_json::{Value, json};

use crate::bundle;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output};

/// Of `keyrail.toml`.
pub(super) const SETTINGS: &str = include_str!("../schemas/settings.json");
/// Of `tests/*.yaml`.
pub(super) const TESTS: &str = include_str!("../schemas/tests.json");

/// Print a schema: what policies can say, or what a file or report holds
///
/// With the Cedar schema an editor's Cedar plug-in completes and checks names; with
/// the others it does the same for settings and tests.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keyrail schema cedar > keyrail.cedarschema
  keyrail schema tests > tests.schema.json")]
pub(crate) struct Args {
    /// Which one
    name: Name,
    /// For the Cedar schema: the folder of the bundle whose networks it is to know
    #[arg(long, value_name = "DIR", env = "KEYRAIL_BUNDLE")]
    bundle: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Name {
    /// What policies can say, in Cedar's syntax
    Cedar,
    /// The same as JSON
    CedarJson,
    /// `keyrail.toml`
    Settings,
    /// `tests/*.yaml`
    Tests,
    /// `keyrail.report/v1`
    Report,
    /// `keyrail.alert/v1`
    Alert,
    /// `keyrail.diagnostics/v1`
    Diagnostics,
    /// `keyrail.proof/v1`
    Proof,
    /// `keyrail.mutants/v1`
    Mutants,
    /// `keyrail.redrive/v1`
    Redrive,
    /// `keyrail.show/v1`
    Show,
    /// `keyrail.test/v1`
    Test,
    /// `keyrail.undo/v1`
    Undo,
    /// `keyrail.upgrade/v1`
    Upgrade,
}

impl Args {
    pub(crate) fn run(self, out: &mut Output) -> Result<Exit, Failure> {
        let text = match self.name {
            Name::Cedar => self.cedar()?,
            Name::CedarJson => {
                let (fragment, _) =
                    cedar_policy::SchemaFragment::from_cedarschema_str(&self.cedar()?)
                        .map_err(|error| broken(&error))?;
                let json = fragment.to_json_value().map_err(|error| broken(&error))?;
                output::json(&json)?
            }
            Name::Settings => SETTINGS.to_owned(),
            Name::Tests => TESTS.to_owned(),
            Name::Report => REPORT.to_owned(),
            Name::Alert => alert()?,
            Name::Diagnostics => include_str!("../schemas/diagnostics.json").to_owned(),
            Name::Proof => include_str!("../schemas/proof.json").to_owned(),
            Name::Mutants => include_str!("../schemas/mutants.json").to_owned(),
            Name::Redrive => include_str!("../schemas/redrive.json").to_owned(),
            Name::Show => include_str!("../schemas/show.json").to_owned(),
            Name::Test => include_str!("../schemas/test.json").to_owned(),
            Name::Undo => undo()?,
            Name::Upgrade => include_str!("../schemas/upgrade.json").to_owned(),
        };
        out.answer(&text)?;
        Ok(Exit::Good)
    }

    fn cedar(&self) -> Result<String, Failure> {
        let networks = match &self.bundle {
            Some(folder) => {
                bundle::load(&bundle::folder(Some(folder))?)?
                    .settings
                    .networks
            }
            None => std::collections::BTreeMap::new(),
        };
        Ok(schema::cedar(networks.keys().map(String::as_str)))
    }
}

/// The alert's schema with the report's in it, so that it stands alone.
fn alert() -> Result<String, Failure> {
    let broken = |error: serde_json::Error| broken(&error);
    let mut alert: Value =
        serde_json::from_str(include_str!("../schemas/alert.json")).map_err(broken)?;
    let report: Value = serde_json::from_str(REPORT).map_err(broken)?;
    if let Some(alert) = alert.as_object_mut() {
        alert.insert("$defs".to_owned(), json!({ "report": report }));
    }
    output::json(&alert)
}

/// The schema of what `keyrail undo` prints, with the report's changes in it.
fn undo() -> Result<String, Failure> {
    let broken = |error: serde_json::Error| broken(&error);
    let mut undo: Value =
        serde_json::from_str(include_str!("../schemas/undo.json")).map_err(broken)?;
    let report: Value = serde_json::from_str(REPORT).map_err(broken)?;
    for name in ["change", "status"] {
        let definition = report.pointer(&format!("/$defs/{name}")).cloned();
        if let (Some(all), Some(definition)) = (
            undo.pointer_mut("/$defs").and_then(Value::as_object_mut),
            definition,
        ) {
            all.insert(name.to_owned(), definition);
        }
    }
    output::json(&undo)
}

fn broken(error: &dyn ToString) -> Failure {
    Failure::bug(format!(
        "the schema cannot be written: {}",
        error.to_string()
    ))
}

const REPORT: &str = include_str!("../schemas/report.json");
