//! What a finding of Security Hub is known by, and not its update: Security Hub sends an event
//! for each `BatchImportFindings` and each `BatchUpdateFindings`, of a control that stays failed
//! every 12 or 24 hours, in each Region and, without consolidated findings, for each standard
//! (Security Hub User Guide, "Security Hub CSPM event types in EventBridge", "Schedule for running
//! security checks" and "Generating and updating control findings", checked 2026-11-29).
//!
//! `UpdatedAt` is therefore no part of it. What is: who says it about what, the state, and, of a
//! control that has changed its state since the finding was made, the day of that change.

use jiff::{SignedDuration, Timestamp};

use crate::digest;
use crate::json::Json;

/// Longer ones are told by their digest: a key of the table takes 2,048 bytes, and products name
/// findings and resources as they like.
const LONGEST: usize = 1_000;

/// Of a finding that never changed, both times are that of the first check.
const SAME_CHECK: SignedDuration = SignedDuration::from_mins(1);

/// One in the AWS Security Finding Format.
///
/// Security Hub sets `Workflow.Status` to `RESOLVED` when a control passes and to `NEW` when it
/// fails again (Security Hub User Guide, "Setting the workflow status of findings", checked
/// 2026-11-29), so that the words of a second failure are those of the first. `FirstObservedAt`
/// is taken to tell them apart: that it changes with `Compliance.Status` was not seen on AWS. If it
/// does not, a control that fails again while the claim lasts is not told again.
pub(super) fn asff(finding: &Json) -> Option<String> {
    let text = |path: &str| finding.text_at(path);
    let compliance = text("Compliance.Status");
    let product = text("ProductArn")?;
    let control = text("Compliance.SecurityControlId").filter(|_| compliance.is_some());
    let state = match text("RecordState").as_deref() {
        Some("ARCHIVED") => None,
        _ => text("Workflow.Status"),
    };
    Some(name(&Known {
        about: match control.filter(|_| is_security_hub(&product)) {
            Some(control) => About::Control(control, text("AwsAccountId")?),
            None => About::Finding(product, text("Id")?),
        },
        resources: resources(finding, ["Resources", "Type", "Id"]),
        state,
        compliance,
        made: text("CreatedAt"),
        changed: text("FirstObservedAt"),
    }))
}

/// One in the Open Cybersecurity Schema Framework, as the newer Security Hub sends it. Where both
/// are on, a control that fails comes in both formats, and is one piece of work.
pub(super) fn ocsf(finding: &Json) -> Option<String> {
    let text = |path: &str| finding.text_at(path);
    let product = text("metadata.product.uid").unwrap_or_default();
    let control = text("compliance.control");
    let state = match text("activity_name").as_deref() {
        Some("Close") => None,
        _ => text("status"),
    };
    Some(name(&Known {
        about: match control.filter(|_| is_security_hub(&product)) {
            Some(control) => About::Control(control, text("cloud.account.uid")?),
            None => About::Finding(product, text("finding_info.uid")?),
        },
        resources: resources(finding, ["resources", "type", "uid"]),
        state,
        compliance: text("compliance.status"),
        made: text("finding_info.created_time_dt"),
        changed: text("finding_info.first_seen_time_dt"),
    }))
}

/// What of a finding does not change with its updates, and its state.
struct Known {
    about: About,
    /// The ids of what it is about.
    resources: Vec<Resource>,
    /// How far somebody has dealt with it; `None` if it is closed or archived.
    state: Option<String>,
    compliance: Option<String>,
    made: Option<String>,
    changed: Option<String>,
}

/// Who says what.
enum About {
    /// A control of Security Hub, in an account: several standards and Regions find it, each in
    /// a finding of its own.
    Control(String, String),
    /// A finding of a product, by that product's id.
    Finding(String, String),
}

struct Resource {
    kind: String,
    id: String,
}

fn name(known: &Known) -> String {
    let ids = |keys_only: bool| {
        let all = known.resources.iter();
        let some = all.filter(|resource| !keys_only || resource.kind.contains("AccessKey"));
        let mut ids: Vec<&str> = some.map(|resource| resource.id.as_str()).collect();
        ids.sort_unstable();
        ids.join(" ")
    };
    // A product may add to its finding what else is concerned; another key is other news.
    let (about, resources) = match &known.about {
        About::Control(control, account) => (format!("{control} {account}"), ids(false)),
        About::Finding(product, id) => (format!("{product} {id}"), ids(true)),
    };
    let state = known.state.as_deref().unwrap_or("closed");
    let compliance = known.compliance.as_deref().unwrap_or_default();
    let since = match &known.about {
        About::Control(..) => changed_on(known).unwrap_or_default(),
        About::Finding(..) => String::new(),
    };
    let state = format!("{state} {}", result(compliance)).to_ascii_lowercase();
    let name = format!("finding {about} {resources} {state} {since}");
    match name.len() > LONGEST {
        true => format!("finding {} {state} {since}", digest::short(name.as_bytes())),
        false => name,
    }
}

/// ASFF says `FAILED`, and OCSF `Fail`.
fn result(compliance: &str) -> &str {
    match compliance.get(..4) {
        Some(word) if word.eq_ignore_ascii_case("fail") => word,
        Some(word) if word.eq_ignore_ascii_case("pass") => word,
        _ => compliance,
    }
}

/// The day on which a control changed its state, if it has since the finding was made: standards
/// find it within the same checks, and not in the same second.
fn changed_on(known: &Known) -> Option<String> {
    let made: Timestamp = known.made.as_ref()?.parse().ok()?;
    let changed: Timestamp = known.changed.as_ref()?.parse().ok()?;
    let is_later = changed.duration_since(made) > SAME_CHECK;
    is_later.then(|| changed.strftime("%Y-%m-%d").to_string())
}

fn is_security_hub(product: &str) -> bool {
    product.ends_with("/aws/securityhub")
}

fn resources(finding: &Json, [all, kind, id]: [&str; 3]) -> Vec<Resource> {
    let all = [all];
    let resources = finding.items(&all);
    let resources = resources.map(|resource| Json::new(resource.clone()));
    let read = resources.filter_map(|resource| {
        Some(Resource {
            kind: resource.text(&[kind]).unwrap_or_default(),
            id: resource.text(&[id])?,
        })
    });
    read.collect()
}

#[cfg(test)]
mod tests;
