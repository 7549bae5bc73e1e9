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
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("keyrail-{}-{number}", std::process::id()));
    let guardrails = folder.join("guardrails");
    std::fs::create_dir_all(&guardrails).expect("the folder can be made");
    let allow =
        "[allow]\nsteps = [\"delete-key\", \"delete-root-key\", \"revoke-role-sessions\"]\n";
    std::fs::write(folder.join("keyrail.toml"), allow).expect("the file can be written");
    let guardrail = format!(
        "@id(\"one-step\") @title(\"One step\") @severity(\"high\") @respond(\"{step}\")\n\
         forbid (principal, action in [Action::\"issue-access-key\", Action::\"issue-long-term-credential\"], resource) when {{ context.succeeded }};\n"
    );
    std::fs::write(guardrails.join("a.cedar"), guardrail).expect("the file can be written");
    folder.to_string_lossy().into_owned()
}
