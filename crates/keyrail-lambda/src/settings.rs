//! The function's environment, read once.

use std::path::Path;
use std::{env, fs, io};

use keyrail_core::{Bundle, Circumstances, Mode};

/// What the function was deployed with.
pub(crate) struct Settings {
    /// `KEYRAIL_TOPIC_ARN`: where alerts go.
    pub topic_arn: String,
    /// `KEYRAIL_NAME`, the deployment, by which it knows its own parts and as metrics
    /// name it; and `KEYRAIL_MODE`, if that is set.
    pub circumstances: Circumstances,
    /// The bundle in the folder `KEYRAIL_BUNDLE`, else the default one.
    pub bundle: Bundle,
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
        let mut circumstances = Circumstances {
            mode,
            ..Circumstances::default()
        };
        if let Some(name) = text("KEYRAIL_NAME") {
            circumstances.name = name;
        }
        Ok(Self {
            topic_arn,
            circumstances,
            bundle: bundle()?,
        })
    }
}

fn text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn bundle() -> Result<Bundle, String> {
    let embedded = || Bundle::embedded().map_err(|error| error.to_string());
    let Some(folder) = text("KEYRAIL_BUNDLE") else {
        return embedded();
    };
    let path = Path::new(&folder);
    let loaded = Bundle::gather(
        |below| names(&path.join(below)),
        |file| fs::read_to_string(path.join(file)),
    );
    let error = match loaded {
        Ok(bundle) => return Ok(bundle),
        Err(error) => error.faults.join("; "),
    };
    tracing::error!(
        folder,
        error,
        "the deployed bundle does not load; guarding with the default bundle"
    );
    let mut bundle = embedded()?;
    bundle
        .version
        .push_str(", because the deployed bundle does not load: see the function's log");
    Ok(bundle)
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}
