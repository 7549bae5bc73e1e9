//! `keyrail show`

use std::path::PathBuf;

use clap::ValueEnum;
use keyrail_core::Bundle;
use keyrail_core::bundle::Told;
use serde_json::{Value, json};

use crate::bundle::{self, FOLDER_HELP};
use crate::exit::{Exit, Failure};
use crate::output::{self, Output};

/// Print a bundle whole: its settings, and every guardrail and exemption that applies
///
/// Guardrails of the default bundle are printed as the settings make them: with the severity,
/// the steps and the mode that apply. What is printed as text is Cedar.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keyrail show
  keyrail show bundle --format json")]
pub(crate) struct Args {
    #[arg(help = FOLDER_HELP, env = "KEYRAIL_BUNDLE")]
    bundle: Option<PathBuf>,
    /// How to print it
    #[arg(long, default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people, and for Cedar
    Text,
    /// `keyrail.show/v1`
    Json,
}

impl Args {
    pub(crate) fn run(self, out: &mut Output) -> Result<Exit, Failure> {
        let folder = bundle::folder(self.bundle.as_deref())?;
        let files = bundle::files(&folder);
        let settings = files.text("keyrail.toml");
        let bundle = bundle::load(&folder)?;
        out.answer(&match self.format {
            Format::Text => text(settings, &bundle),
            Format::Json => output::json(&value(settings, &bundle))?,
        })?;
        Ok(Exit::Good)
    }
}

fn text(settings: Option<&str>, bundle: &Bundle) -> String {
    let mut text = format!("// Version {}.\n", bundle.version);
    if let Some(settings) = settings {
        text.push_str("//\n// keyrail.toml:\n//\n");
        for line in settings.lines() {
            text.push_str(format!("//   {line}").trim_end());
            text.push('\n');
        }
    }
    for (title, is_default) in [
        ("Guardrails of the default bundle", true),
        ("Guardrails of its own", false),
    ] {
        let of = bundle.told().filter(|told| told.is_default == is_default);
        push(&mut text, title, of.map(|told| told.text));
    }
    let exemptions = bundle.exemptions.values();
    push(
        &mut text,
        "Exemptions",
        exemptions.map(|exemption| exemption.text.as_str()),
    );
    text
}

fn push<'t>(text: &mut String, title: &str, policies: impl Iterator<Item = &'t str>) {
    let policies: Vec<&str> = policies.collect();
    text.push_str(&format!("\n// {title}: {}\n", policies.len()));
    for policy in policies {
        text.push_str(&format!("\n{policy}\n"));
    }
}

fn value(settings: Option<&str>, bundle: &Bundle) -> Value {
    let guardrail = |told: Told<'_>| {
        json!({
            "id": told.id,
            "origin": if told.is_default { "default" } else { "own" },
            "title": told.title,
            "severity": told.severity,
            "respond": told.respond,
            "mode": told.mode,
            "held_back": bundle.held_back.contains(told.id),
            "policy": told.text,
        })
    };
    let exemptions = bundle.exemptions.iter().map(|(id, exemption)| {
        json!({
            "id": id,
            "exempts": exemption.exempts,
            "reason": exemption.reason,
            "owner": exemption.owner,
            "expires": exemption.expires,
            "policy": exemption.text,
        })
    });
    json!({
        "schema": "keyrail.show/v1",
        "version": bundle.version,
        "settings": settings,
        "guardrails": bundle.told().map(guardrail).collect::<Vec<_>>(),
        "exemptions": exemptions.collect::<Vec<_>>(),
    })
}
