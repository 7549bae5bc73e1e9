//! Small bundles to test.

use std::fs;
use std::path::PathBuf;

use crate::{Ran, ran};

/// Tests that pass and leave one gap.
pub(super) fn passing() -> String {
    "\
tests:
  - name: root
    sample: root-sign-in
    expect: {violated: [root-signed-in], severity: critical, plan: []}
  - name: a table
    sample: key-created-for-another
    expect: {violated: [key-issued]}
    cases:
      - name: for another
      - name: for oneself
        sample: key-created-for-self
      - name: denied
        set: {detail.errorCode: AccessDenied}
        expect: {violated: []}
"
    .to_owned()
}

pub(super) fn guardrail(id: &str, action: &str, condition: &str) -> String {
    format!(
        "\
@id(\"{id}\")
@title(\"Told\")
@severity(\"high\")
@respond(\"alert\")
@advice(\"Look into it.\")
forbid (principal, {action}, resource)
when {{ {condition} }};
"
    )
}

/// A bundle of two guardrails in a folder of its own, which is removed at the end.
pub(super) struct Bundle(pub PathBuf);

impl Bundle {
    pub(super) fn new(test: &str, tests: &str) -> Self {
        let name = format!("keyrail-testing-{}-{test}", std::process::id());
        let bundle = Self(std::env::temp_dir().join(name));
        bundle.write("guardrails/two.cedar", TWO);
        bundle.write("tests/a.yaml", tests);
        bundle
    }

    pub(super) fn write(&self, file: &str, text: &str) {
        let path = self.0.join(file);
        let folder = path.parent().expect("a file is in a folder");
        fs::create_dir_all(folder).expect("a folder can be made");
        fs::write(path, text).expect("a file can be written");
    }

    pub(super) fn run(&self, command: &str, more: &[&str]) -> Ran {
        let folder = self.0.to_string_lossy();
        ran(&[&[command, &folder], more].concat())
    }

    pub(super) fn test(&self, more: &[&str]) -> Ran {
        self.run("test", more)
    }

    /// Updates its tests; they pass then, and are these.
    pub(super) fn updates_to(&self, count: usize, after: &str) {
        let updated = self.test(&["--update"]);
        let review = match count {
            0 => "",
            _ => ": review the change before you commit it",
        };
        let said = format!("updated {count} tests{review}\n");
        assert_eq!((updated.status, updated.stdout), (0, said));
        let text = fs::read_to_string(self.0.join("tests/a.yaml"));
        assert_eq!(text.expect("the file can be read"), after);
        assert_eq!(self.test(&[]).status, 0);
    }
}

impl Drop for Bundle {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).expect("the folder can be removed");
    }
}

pub(super) const TWO: &str = r#"
@id("key-issued")
@title("Key created")
@severity("high")
@respond("deactivate-key")
@advice("Ask what it is for.")
forbid (principal, action in Action::"issue-access-key", resource is AccessKey)
when { context.succeeded };

@id("root-signed-in")
@title("Root signed in")
@severity("critical")
@respond("alert")
@advice("Ask who it was.")
forbid (principal is Root, action == Action::"signin:ConsoleLogin", resource)
when { context.succeeded };
"#;
