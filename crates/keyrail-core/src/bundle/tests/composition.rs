//! What is compiled in, and what settings make of it.

use super::files;
use crate::bundle::default::{COMPILED, Entry, catalogue};
use crate::words::Severity;

/// What a text is in Cedar's JSON form, for each policy of the default bundle. If this fails, run
/// it with `KEYRAIL_UPDATE=1`.
#[test]
fn the_compiled_policies_are_those_of_the_texts() {
    let lines = catalogue().values().map(|entry| {
        let policy = cedar_policy::Policy::parse(None, entry.text).expect("it is a policy");
        let json = policy.to_json().expect("it has a JSON form");
        assert_eq!(json["annotations"]["id"], entry.id);
        format!("{} {json}\n", entry.id)
    });
    let written: String = lines.collect();
    if std::env::var_os("KEYRAIL_UPDATE").is_some() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/src/bundle/default/policies.jsonl"
        );
        std::fs::write(path, &written).expect("the file can be written");
        return;
    }
    assert!(
        written == COMPILED,
        "policies.jsonl is not what the default bundle says: run this test with KEYRAIL_UPDATE=1"
    );
}

/// A catalogue in which two guardrails have come in the place of one: the settings may still
/// name that, and it means both.
#[test]
fn settings_by_an_id_that_is_retired_mean_what_has_come_in_its_place() {
    let policy = |id: &str, action: &str| {
        format!(
            "@id(\"{id}\")\n@title(\"T\")\n@severity(\"low\")\n@respond(\"alert\")\n@replaces(\"credential-made\")\nforbid (principal, action == Action::\"{action}\", resource);"
        )
    };
    let texts = [
        policy("certificate-made", "iam:UploadSigningCertificate"),
        policy("ssh-key-made", "iam:UploadSSHPublicKey"),
    ];
    let entries = texts.iter().map(|text| {
        let entry = Entry::of("guardrails/a.cedar", text, "");
        (entry.id, entry)
    });
    let catalogue = entries.collect();
    let told = |settings: &str| {
        let checked = files(&[("keyrail.toml", settings)]).check_on(&catalogue, None);
        let wrong: Vec<String> = checked
            .diagnostics
            .iter()
            .map(|wrong| wrong.code.to_owned())
            .collect();
        let told: Vec<(String, Severity)> = checked
            .bundle
            .told()
            .map(|told| (told.id.to_owned(), told.severity))
            .collect();
        (wrong, told)
    };
    let both = |severity| {
        ["certificate-made", "ssh-key-made"]
            .map(|id| (id.to_owned(), severity))
            .to_vec()
    };
    let none = Vec::<String>::new;
    assert_eq!(told("[default]\n"), (none(), both(Severity::Low)));
    assert_eq!(
        told("[default]\n[guardrails.credential-made]\nseverity = 'high'\n"),
        (none(), both(Severity::High))
    );
    let (wrong, left) = told("[default]\nwithout = ['credential-made']\n");
    assert_eq!((wrong, left), (vec!["no-guardrail".to_owned()], Vec::new()));
    let (wrong, left) = told(
        "[default]\nwithout = ['ssh-key-made']\n[guardrails.credential-made]\nseverity = 'high'\n",
    );
    assert_eq!(
        (wrong, left),
        (
            none(),
            vec![("certificate-made".to_owned(), Severity::High)]
        )
    );
}
