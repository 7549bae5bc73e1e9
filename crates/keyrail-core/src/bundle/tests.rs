use super::names::SCHEMA;
use super::*;
use crate::activity::Activity;
use crate::circumstances::Known;
use crate::deployment::Deployment;
use crate::event::Event;
use crate::taxonomy;

mod composition;

fn load(text: &str) -> Result<Bundle, LoadBundleError> {
    Bundle::load(&[("guardrails/a.cedar".to_owned(), text.to_owned())])
}

fn faults(text: &str) -> Vec<String> {
    let error = load(text)
        .map(|bundle| bundle.version)
        .expect_err("it does not load");
    error.diagnostics.iter().map(ToString::to_string).collect()
}

const GOOD: &str = r#"@id("a") @title("A") @severity("low") @respond("alert") forbid (principal, action, resource)"#;

#[test]
fn the_default_bundle_holds_what_its_files_say() {
    let bundle = Bundle::embedded().expect("it loads");
    let ids: Vec<String> = bundle.guardrails.keys().map(ToString::to_string).collect();
    assert_eq!(
        ids,
        [
            "access-key-issue-denied",
            "access-key-issued",
            "access-key-reactivated",
            "access-key-reactivated-after-containment",
            "account-moved",
            "account-settings-changed",
            "administration-delegated",
            "administrator-granted",
            "administrator-key-issued",
            "audit-trail-tampered",
            "beat-user-created",
            "bucket-key-issued",
            "command-line-login",
            "compute-surge-after-password-change",
            "console-password-issued",
            "console-sign-in-failed",
            "console-sign-in-without-mfa",
            "containment-may-be-undone",
            "containment-undone",
            "credential-finding",
            "device-trusted",
            "exposed-access-key",
            "federation-token-issued",
            "guardrail-tampered",
            "guests-admitted",
            "hybrid-activation-created",
            "identity-center-credential-set",
            "identity-center-trust-changed",
            "identity-provider-thumbprint-changed",
            "identity-provider-trusted",
            "mfa-enabled-for-another",
            "mfa-weakened",
            "responder-misused",
            "role-trust-opened",
            "role-trust-opened-to-vendor",
            "roles-anywhere-loosened",
            "roles-anywhere-opened",
            "root-access-key-issued",
            "root-activity",
            "root-command-line-login",
            "root-console-sign-in",
            "root-credentials-changed",
            "root-management-changed",
            "root-session-assumed",
            "root-sign-in-failed",
            "service-credential-issued",
            "service-credential-reactivated",
            "sign-in-from-unknown-network",
            "signing-certificate-issued",
            "signing-certificate-reactivated",
            "ssh-key-issued",
            "ssh-key-reactivated",
            "tampering-denied",
            "watch-changed-by-service",
            "watched-rule-changed",
        ]
    );
}

/// A guardrail that can never fire looks like one that never had to: nothing must
/// be said of the default bundle, not even a warning.
#[test]
fn nothing_is_wrong_with_the_default_bundle() {
    assert_eq!(linted(Bundle::embedded_files()), [""; 0]);
}

fn linted(files: Files) -> Vec<String> {
    let mut checked = files.check();
    checked.lint(Some("2026-11-25".parse().expect("a date")));
    checked.sort();
    let found = checked.diagnostics.into_iter();
    found
        .map(|diagnostic| {
            let help = diagnostic.help.as_deref().unwrap_or("-");
            format!("{diagnostic} [{}] {help}", diagnostic.code)
        })
        .collect()
}

fn files(texts: &[(&str, &str)]) -> Files {
    texts
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect()
}

/// One run tells them all, each with its place.
#[test]
fn twenty_mistakes_are_twenty_errors() {
    let guardrails = r#"@id("x") permit (principal, action, resource);
@id("y") @title("Y") @severity("hihg") @respond("alert") forbid (principal is Root, action, resource);
@id("z") @title("Z") @severity("low") @respond("deactivate-keys") forbid (principal is Root, action, resource);
@id("v") @title("V") @severity("low") @respond("alert") @mdoe("observe") forbid (principal is Root, action, resource);
@id("u") @title("U") @severity("low") forbid (principal is Root, action, resource);
forbid (principal, action, resource);
@id("w") @title("W") @severity("low") @respond("alert") forbid (principal, action, resource);
@id("w") @title("W") @severity("low") @respond("alert") forbid (principal is Root, action, resource);
@id("s") @title("S") @severity("low") @respond("alert") forbid (principal, action == Action::"iam:CreateAccesKey", resource);
@id("r") @title("R") @severity("low") @respond("alert") forbid (principal, action in Action::"sign-in", resource) when { context.sucseeded };
@id("q") @title("Q") @severity("low") @respond("alert") forbid (principal, action in Action::"sign-in", resource) when { context has mfaa && context.succeeded };
@id("p") @title("P") @severity("low") @respond("alert") forbid (principal, action in Action::"sign-in", resource) when { principal in Account::"111122223334" };
@id("o") @title("O") @severity("low") @respond("alert") forbid (principal, action in Action::"sign-in", resource) when { principal in OrgUnit::"ou-sandbx" };
@id("n") @title("N") @severity("low") @respond("alert") forbid (principal, action in Action::"sign-in", resource) when { context has networks && context.networks.contains(Network::"offce") };
@id("m") @title("M") @severity("low") @respond("delete-root-key") forbid (principal is Root, action, resource);
@id("l") @title("L") @severity("low") @respond("alert") forbid (principal is User, action in Action::"sign-in", resource is AccessKey);
@id("k") @title("K") @severity("low") @respond("alert") forbid (principal, action resource);
"#;
    let exemptions = r#"@id("a") @exempts("x-ray") @reason("R") @owner("O") @expires("2027-01-31") permit (principal is Root, action, resource);
@id("b") @exempts("w") @reason("R") @owner("O") @expires("2026-11-24") permit (principal is Root, action, resource);
@id("c") @exempts("w") @expires("31.1.2027") permit (principal is Root, action, resource);
@id("d") @exempts("*") @reason("R") @owner("O") @expires("2026-12-01") permit (principal, action, resource);
@id("e") @title("E") @severity("low") @respond("alert") forbid (principal is Root, action, resource);
"#;
    let settings = "mdoe = \"enforce\"\n[networks]\noffice = [\"198.51.100.0/33\"]\n[units.ou-sandbox]\n[accounts.111122223333]\n";
    let found = linted(files(&[
        ("guardrails/a.cedar", guardrails),
        ("exemptions/b.cedar", exemptions),
        ("keyrail.toml", settings),
    ]));
    insta::assert_snapshot!(found.join("\n"));
}

#[test]
fn a_code_that_is_meant_is_not_told() {
    let text = r#"@id("p") @title("P") @severity("low") @respond("alert") @meant("unknown-account")
forbid (principal, action in Action::"sign-in", resource) when { principal in Account::"444455556666" };"#;
    assert_eq!(linted(files(&[("guardrails/a.cedar", text)])), [""; 0]);
}

#[test]
fn a_bundle_without_guardrails_is_none() {
    assert_eq!(
        faults(""),
        ["guardrails:1:1: there is no guardrail in the bundle"]
    );
}

#[test]
fn a_template_is_no_guardrail() {
    let faults = faults(r#"@id("t") forbid (principal == ?principal, action, resource);"#);
    assert!(faults[0].contains("template"), "{faults:?}");
}

/// A misspelt action would never fire, and look like one that never had to.
#[test]
fn an_action_that_does_not_exist_is_an_error() {
    for policy in [
        GOOD.replace("action,", r#"action == Action::"iam:CreateAccesKey","#),
        GOOD.replace(
            "action,",
            r#"action in [Action::"sign-in", Action::"iam:CreateAccesKey"],"#,
        ),
        format!(r#"{GOOD} when {{ action == Action::"iam:CreateAccesKey" }}"#),
    ] {
        let faults = faults(&format!("{policy};"));
        assert!(
            faults[0].contains("there is no action `iam:CreateAccesKey`"),
            "{faults:?}"
        );
    }
}

#[test]
fn an_empty_response_and_an_annotation_of_two_lines_are_errors() {
    assert_eq!(
        faults(&format!("{};", GOOD.replace("alert", " "))),
        ["guardrails/a.cedar:1:1: the guardrail has no `@respond`"]
    );
    assert_eq!(
        faults(&format!("{};", GOOD.replace("\"A\"", "\"A\\nB\""))),
        ["guardrails/a.cedar:1:10: `@title` must be one line"]
    );
}

#[test]
fn brackets_without_end_are_an_error_and_not_the_end() {
    let text = format!(
        "{GOOD} when {{ {}true{} }};",
        "(".repeat(10_000),
        ")".repeat(10_000)
    );
    assert_eq!(
        faults(&text),
        ["guardrails/a.cedar:1:1: brackets are nested deeper than 64"]
    );
}

#[test]
fn what_a_folder_holds_is_read_or_refused() {
    let list = |folder: &str| {
        Ok(match folder {
            "" => vec!["guardrails", "exemption", "README.md", "keyrail.stamp"],
            _ => vec!["a.cedar", "b.cedra"],
        }
        .into_iter()
        .map(str::to_owned)
        .collect())
    };
    let read = |_: &str| Ok(format!("{GOOD};"));
    let error = Files::gather(list, read)
        .check()
        .into_bundle()
        .map(|bundle| bundle.version)
        .expect_err("it is refused");
    assert_eq!(
        error.to_string(),
        "exemption:1:1: `exemption` is not part of a bundle\nguardrails/b.cedra:1:1: it is not a `.cedar` file\nkeyrail.stamp:1:1: this line of the stamp cannot be read"
    );
}

/// If this fails, write the right one down: stamps by the other schema are void then.
#[test]
fn the_digest_of_the_schema_is_that_of_the_schema() {
    assert_eq!(
        SCHEMA,
        crate::digest::short(crate::schema::cedar([]).as_bytes())
    );
}

/// The stamp is of these files and of this keyrail, and of no others.
#[test]
fn a_stamp_holds_for_the_files_that_were_validated() {
    let policy = format!("{GOOD};");
    let checked = files(&[("guardrails/a.cedar", &policy)]).check();
    let stamp = checked.stamp().expect("it is JSON");
    let version = checked.bundle.version;
    let stamped = |text: &str, policy: &str| {
        let files = files(&[("guardrails/a.cedar", policy), ("keyrail.stamp", text)]);
        files.check().bundle.is_stamped
    };
    assert!(stamped(&stamp, &policy));
    assert!(!stamped(&stamp, &policy.replace("low", "high")));
    assert!(!stamped(&version, &policy));
    assert!(Bundle::embedded_files().check().bundle.is_stamped);
}

#[test]
fn what_a_guardrail_reads_is_known() {
    let text = format!(
        "{GOOD} when {{ context has mfa && context.ip.isLoopback() && resource.root && context.history.count > 1 }};"
    );
    let bundle = load(&text).expect("it loads");
    let reads: Vec<&str> = bundle
        .guardrails
        .values()
        .flat_map(|guardrail| &guardrail.reads)
        .map(String::as_str)
        .collect();
    assert_eq!(reads, ["history", "ip", "mfa", "resource"]);
}

#[test]
fn the_version_follows_names_and_texts_and_not_their_order() {
    let file = |name: &str, id: &str| {
        (
            format!("guardrails/{name}.cedar"),
            format!("{};", GOOD.replace("\"a\"", &format!("\"{id}\""))),
        )
    };
    let version = |files: &[(String, String)]| Bundle::load(files).expect("it loads").version;
    let one = version(&[file("1", "a"), file("2", "b")]);
    assert_eq!(one, version(&[file("2", "b"), file("1", "a")]));
    assert_ne!(one, version(&[file("2", "a"), file("1", "b")]));
    assert_ne!(one, version(&[file("1", "a"), file("2", "c")]));
    let embedded = Bundle::embedded().expect("it loads").version;
    assert!(
        embedded.starts_with("default ") && embedded.len() == "default ".len() + one.len(),
        "{embedded}"
    );
}

/// What can never match, or protects nobody, is told.
#[test]
fn names_that_match_nobody_are_refused() {
    let lints = |when: &str| -> Vec<String> {
        let files = [
            (
                "guardrails/a.cedar".to_owned(),
                format!("{GOOD} when {{ {when} }};"),
            ),
            (
                "keyrail.toml".to_owned(),
                "[accounts.111122223333]\n".to_owned(),
            ),
        ];
        let mut checked = files.into_iter().collect::<Files>().check();
        checked.lint(None);
        let codes = checked
            .diagnostics
            .iter()
            .map(|found| found.code.to_owned());
        codes.collect()
    };
    let none: [&str; 0] = [];
    assert_eq!(
        lints(r#"resource in User::"arn:aws:iam::111122223333:user/bob""#),
        none
    );
    assert_eq!(
        lints(r#"principal in Role::"arn:aws:iam::111122223333:role/x/deploy""#),
        none
    );
    for wrong in [
        r#"resource in User::"arn:aws:iam::111122223333:user/x/bob""#,
        r#"resource in User::"arn:aws:iam::111122223333:user/b*""#,
        r#"principal in Role::"arn:aws:sts::111122223333:assumed-role/deploy/ci""#,
    ] {
        assert_eq!(lints(wrong), ["malformed-arn"], "{wrong}");
    }
    assert_eq!(
        lints(r#"User::"arn:aws:iam::111122223333:user/bob".name == "bob""#),
        ["attribute-by-name"]
    );
    let protect =
        |arn: &str| format!("[protect]\nprincipals = [\"arn:aws:iam::111122223333:{arn}\"]\n");
    for (arn, is_good) in [
        ("user/x/bob", true),
        ("user/b*", false),
        ("role/adm/*", false),
    ] {
        let files = [
            ("guardrails/a.cedar".to_owned(), format!("{GOOD};")),
            ("keyrail.toml".to_owned(), protect(arn)),
        ];
        assert_eq!(Bundle::load(&files).is_ok(), is_good, "{arn}");
    }
    assert!(
        faults(&format!(
            "{};",
            GOOD.replace("@id(\"a\")", "@id(\"My Guard!\")")
        ))[0]
            .contains("has more than letters")
    );
}

/// An id that a guardrail had before still names what has come in its place.
#[test]
fn an_exemption_by_a_retired_id_covers_what_has_come_in_its_place() {
    let exemption = r#"@id("e") @exempts("long-term-credential-issued") @reason("R") @owner("O") @expires("2027-01-01") permit (principal, action, resource);"#;
    let embedded = Bundle::embedded_files();
    let mut files: Vec<(String, String)> = embedded
        .policies("guardrails")
        .map(|source| (source.name.to_owned(), source.text.to_owned()))
        .collect();
    files.push(("exemptions/e.cedar".to_owned(), exemption.to_owned()));
    let bundle = Bundle::load(&files).expect("it loads");
    for (action, covered) in [
        ("iam:UploadSSHPublicKey", "ssh-key-issued"),
        ("iam:UploadSigningCertificate", "signing-certificate-issued"),
        (
            "iam:CreateServiceSpecificCredential",
            "service-credential-issued",
        ),
        ("lightsail:CreateBucketAccessKey", "bucket-key-issued"),
        ("rolesanywhere:CreateTrustAnchor", "roles-anywhere-opened"),
    ] {
        let entry = taxonomy::find(action).expect("it is known");
        let event = entry.example(entry.groups.first().copied()).to_string();
        let event = Event::parse(event.as_bytes()).expect("it is an event");
        let activity = Activity::interpret(&event, &Deployment::default(), &Known::default());
        let verdict = bundle.judge(&activity, None, None);
        let exempted: Vec<&str> = verdict
            .exempted
            .iter()
            .map(|it| it.guardrail.as_str())
            .collect();
        assert_eq!(exempted, [covered], "{action}");
        assert!(verdict.violated.is_empty(), "{action}");
    }
}
