//! The function's environment, read once.

use std::path::Path;
use std::{env, fs, io};

use keyrail_aws::Places;
use keyrail_aws::watch::WatchPlaces;
use keyrail_core::bundle::Files;
use keyrail_core::circumstances::Setup;
use keyrail_core::{Bundle, Deployment, Mode};

/// What the function is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Duty {
    /// To judge events, and to contain what they tell of.
    Guard,
    /// To look whether all of that is alive.
    Watch,
}

/// By `KEYRAIL_DUTY`; the guard where that is not set. A word that nobody knows is no reason to do
/// the one or the other.
pub(crate) fn duty() -> Result<Duty, String> {
    match text("KEYRAIL_DUTY").as_deref() {
        None | Some("guard") => Ok(Duty::Guard),
        Some("watch") => Ok(Duty::Watch),
        Some(other) => Err(format!("KEYRAIL_DUTY is `{other}`: guard, or watch")),
    }
}

/// What the watch was deployed with.
pub(crate) struct WatchSettings {
    /// `KEYRAIL_NAME`.
    pub name: String,
    /// `AWS_REGION`, which Lambda sets.
    pub home: String,
    /// `KEYRAIL_REGIONS`: the other Regions that each account has rules in.
    pub regions: Vec<String>,
    /// `KEYRAIL_ORGANIZATION`; keyrail's own account alone where it is not set.
    pub organization: Option<String>,
    /// `KEYRAIL_FUNCTION`: the guard's name.
    pub function: String,
    /// `KEYRAIL_RESPONDER_ROLE`, which some patterns name.
    pub responder: Option<String>,
    /// `KEYRAIL_TOPIC_ARN`.
    pub alert_topic: String,
    /// `KEYRAIL_OPERATOR_TOPIC_ARN`.
    pub operator_topic: Option<String>,
    /// `KEYRAIL_QUEUES`: URLs of the hub's queues.
    pub queues: Vec<String>,
    /// `KEYRAIL_TABLE`, `KEYRAIL_WATCHER_ROLE` and `KEYRAIL_EXTERNAL_ID`.
    pub places: WatchPlaces,
}

impl WatchSettings {
    /// Reads the environment. Without a table or a topic there is nothing to look at, or nobody to
    /// tell: then it does not start, and its alarm tells.
    pub(crate) fn from_env() -> Result<Self, String> {
        let needed = |name: &str| text(name).ok_or_else(|| format!("{name} is not set"));
        let name = needed("KEYRAIL_NAME")?;
        let role = text("KEYRAIL_WATCHER_ROLE");
        Ok(Self {
            function: text("KEYRAIL_FUNCTION").unwrap_or_else(|| name.clone()),
            name,
            home: needed("AWS_REGION")?,
            regions: list("KEYRAIL_REGIONS"),
            organization: text("KEYRAIL_ORGANIZATION"),
            responder: text("KEYRAIL_RESPONDER_ROLE"),
            alert_topic: needed("KEYRAIL_TOPIC_ARN")?,
            operator_topic: text("KEYRAIL_OPERATOR_TOPIC_ARN"),
            queues: list("KEYRAIL_QUEUES"),
            places: WatchPlaces {
                table: needed("KEYRAIL_TABLE")?,
                // With or without the slash that a path begins with.
                watcher_role: role.map(|role| role.trim_start_matches('/').to_owned()),
                external_id: text("KEYRAIL_EXTERNAL_ID"),
            },
        })
    }
}

/// What the function was deployed with.
pub(crate) struct Settings {
    /// `KEYRAIL_TOPIC_ARN`, and, where they are set, `KEYRAIL_CHAT_TOPIC_ARN`, `KEYRAIL_OPERATOR_TOPIC_ARN`,
    /// `KEYRAIL_TABLE`, `KEYRAIL_RECHECK_QUEUE_URL`, `KEYRAIL_RESPONDER_ROLE` and `KEYRAIL_EXTERNAL_ID`.
    pub places: Places,
    /// The deployment: `KEYRAIL_NAME`, by which it knows its own parts and as metrics name it,
    /// and with it what else tells them.
    pub deployment: Deployment,
    /// `KEYRAIL_MODE`, if that is set.
    pub mode: Option<Mode>,
    /// The bundle in the folder `KEYRAIL_BUNDLE`, else the default one.
    pub bundle: Bundle,
    /// Why it is the default one although another was deployed: everything that is
    /// wrong with that.
    pub fault: Option<String>,
}

impl Settings {
    /// Reads the environment. What is wrong with the mode or the bundle is logged
    /// as an error and does not stop the function: a bad deployment must not mean
    /// that there is no guardrail. Without a topic it cannot tell anybody
    /// anything, so then it does not start.
    pub(crate) fn from_env() -> Result<Self, String> {
        let topic_arn = text("KEYRAIL_TOPIC_ARN")
            .ok_or("KEYRAIL_TOPIC_ARN is not set: there is nowhere to send alerts")?;
        let mode = text("KEYRAIL_MODE").map(|word| {
            word.parse().unwrap_or_else(|error| {
                tracing::error!(%error, "KEYRAIL_MODE is wrong; observing");
                Mode::Observe
            })
        });
        let (bundle, fault) = bundle()?;
        let usual = Deployment::of(&bundle);
        let deployment = Deployment {
            name: text("KEYRAIL_NAME").unwrap_or(usual.name),
            responder: text("KEYRAIL_RESPONDER_ROLE"),
            // Lambda's own, and not of the settings.
            function: text("AWS_LAMBDA_FUNCTION_NAME"),
            ..usual
        };
        Ok(Self {
            places: Places {
                topic_arn,
                chat_topic_arn: text("KEYRAIL_CHAT_TOPIC_ARN"),
                operator_topic_arn: text("KEYRAIL_OPERATOR_TOPIC_ARN"),
                table: text("KEYRAIL_TABLE"),
                recheck_queue_url: text("KEYRAIL_RECHECK_QUEUE_URL"),
                responder_role: text("KEYRAIL_RESPONDER_ROLE"),
                external_id: text("KEYRAIL_EXTERNAL_ID"),
            },
            deployment,
            mode,
            bundle,
            fault,
        })
    }
}

impl Settings {
    /// By what each event is judged.
    pub(crate) fn setup(&self) -> Setup<'_> {
        Setup {
            bundle: &self.bundle,
            deployment: &self.deployment,
            mode: self.mode,
        }
    }
}

fn text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Words between commas.
fn list(name: &str) -> Vec<String> {
    let words = text(name).unwrap_or_default();
    let words = words.split(',').map(str::trim);
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The bundle to guard with, and why it is not the one that was deployed. One that
/// `keyrail validate` has not stamped is validated here, which takes some tenths of a
/// second.
fn bundle() -> Result<(Bundle, Option<String>), String> {
    let embedded = || Bundle::embedded().map_err(|error| error.to_string());
    let Some(folder) = text("KEYRAIL_BUNDLE") else {
        return Ok((embedded()?, None));
    };
    let path = Path::new(&folder);
    let mut checked = Files::gather(
        |below| names(&path.join(below)),
        |file| fs::read_to_string(path.join(file)),
    )
    .check();
    if !checked.bundle.is_stamped {
        tracing::warn!(
            folder,
            "the bundle has no stamp of this version: validating it, which delays the start"
        );
        // Exemptions that have expired do not apply; that makes no bundle invalid.
        checked.lint(None);
    }
    let error = match checked.into_bundle() {
        Ok(bundle) => return Ok((bundle, None)),
        Err(error) => error.to_string(),
    };
    tracing::error!(
        folder,
        error,
        "the deployed bundle is not valid; guarding with the default bundle"
    );
    let mut bundle = embedded()?;
    bundle
        .version
        .push_str(", because the deployed bundle is not valid: see the function's log");
    Ok((bundle, Some(error)))
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}
