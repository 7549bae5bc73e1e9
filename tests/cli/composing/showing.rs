//! `keyrail show`

use serde_json::{Value, json};

use super::{bundle, explained};
use crate::schema::is_of_the_schema;
use crate::{ran, sample};

/// What `show` prints is a bundle with the same verdicts.
#[test]
fn what_is_shown_is_the_bundle_whole() {
    let settings = "[default]\nwithout = [\"root-activity\"]\nmode = \"observe\"\n[guardrails.access-key-issued]\nmode = \"enforce\"\nseverity = \"medium\"\n";
    let own = "@id(\"mine\")\n@title(\"M\")\n@severity(\"low\")\n@respond(\"alert\")\nforbid (\n  principal is Root,\n  action in Action::\"sign-in\",\n  resource\n);\n";
    let exemption = "@id(\"all\")\n@exempts(\"mfa-weakened\")\n@reason(\"R\")\n@owner(\"O\")\n@expires(\"2027-03-31\")\npermit (\n  principal is Root,\n  action,\n  resource\n);\n";
    let folder = bundle(
        "shown",
        &[
            ("keyrail.toml", settings),
            ("guardrails/mine.cedar", own),
            ("exemptions/b.cedar", exemption),
        ],
    );
    let json = ran(&["show", &folder.path(), "--format", "json"]).json();
    is_of_the_schema("show", &json);
    let of = |id: &str| {
        let all = json["guardrails"].as_array().into_iter().flatten();
        all.into_iter()
            .find(|told| told["id"] == id)
            .cloned()
            .unwrap_or_default()
    };
    assert_eq!(of("root-activity"), Value::Null);
    let key = of("access-key-issued");
    assert_eq!(
        (&key["origin"], &key["severity"], &key["mode"]),
        (&json!("default"), &json!("medium"), &json!("enforce"))
    );
    assert_eq!(of("mfa-weakened")["mode"], "observe");
    assert_eq!(
        (&of("mine")["origin"], &of("mine")["mode"]),
        (&json!("own"), &Value::Null)
    );
    let shown = ran(&["show", &folder.path()]);
    assert_eq!(shown.status, 0);
    let (guardrails, exemptions) = shown
        .stdout
        .split_once("\n// Exemptions: 1\n")
        .expect("it shows them");
    let whole = bundle(
        "shown-whole",
        &[
            ("guardrails/all.cedar", guardrails),
            ("exemptions/all.cedar", exemptions),
        ],
    );
    assert_eq!(
        ran(&["validate", &whole.path(), "--today", "2026-11-29"]).status,
        0
    );
    for name in [
        "key-created-for-another",
        "root-sign-in",
        "root-api-call",
        "iam:DeactivateMFADevice",
    ] {
        let mut reports = [&folder, &whole]
            .map(|bundle| explained(bundle, &sample(name, &[]), &["--mode", "enforce"]));
        for report in &mut reports {
            report["bundle"] = Value::Null;
        }
        assert_eq!(reports[0], reports[1], "{name}");
    }
}
