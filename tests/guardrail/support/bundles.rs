//! The bundles that tests deploy.

use std::sync::atomic::{AtomicU64, Ordering};

/// A bundle of the fixtures.
pub(crate) fn bundle(name: &str) -> String {
    format!(
        "{}/../../tests/fixtures/bundles/{name}",
        env!("CARGO_MANIFEST_DIR")
    )
}

/// A bundle in a folder of its own, with one guardrail that asks for one step.
pub(crate) fn bundle_with(step: &str) -> String {
    let allow = "[allow]\nsteps = [\"delete-key\", \"disable-console-login\", \"delete-root-key\", \"revoke-role-sessions\"]\n";
    bundle_of(step, allow, "")
}

/// A bundle in a folder of its own that holds nothing but settings.
pub(crate) fn bundle_of_settings(settings: &str) -> String {
    write(&[("keyrail.toml", settings)])
}

/// The same with these settings, and with an exemption if there is one.
pub(crate) fn bundle_of(step: &str, settings: &str, exemption: &str) -> String {
    let guardrail = format!(
        "@id(\"one-step\") @title(\"One step\") @severity(\"high\") @respond(\"{step}\")\n\
         forbid (principal, action in [Action::\"issue-access-key\", Action::\"issue-long-term-credential\", Action::\"reactivate-credential\"], resource) when {{ context.succeeded }};\n"
    );
    let mut files = vec![
        ("keyrail.toml", settings),
        ("guardrails/a.cedar", guardrail.as_str()),
    ];
    if !exemption.is_empty() {
        files.push(("exemptions/a.cedar", exemption));
    }
    write(&files)
}

/// Writes files into a folder of their own.
fn write(files: &[(&str, &str)]) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("keyrail-{}-{number}", std::process::id()));
    for (place, text) in files {
        let path = folder.join(place);
        let parent = path.parent().expect("it is in a folder");
        std::fs::create_dir_all(parent).expect("the folder can be made");
        std::fs::write(path, text).expect("the file can be written");
    }
    folder.to_string_lossy().into_owned()
}
