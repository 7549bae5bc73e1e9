//! `keyrail taxonomy`

use std::fmt::Write as _;

use clap::ValueEnum;
use keyrail_core::partition::Partition;
use keyrail_core::taxonomy::{self, Entry, Grant, Group, Kind, Place, TargetKind};
use serde_json::{Value, json};

use crate::exit::{Exit, Failure};
use crate::output::{self, Output};

/// List the events that keyrail knows by name
///
/// For each: the groups that policies name, where the event says what it was done
/// to, and where AWS delivers it. `keyrail sample NAME` prints an example of any.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keyrail taxonomy
  keyrail taxonomy --group tamper-audit --format json")]
pub(crate) struct Args {
    /// Only those in this group
    #[arg(long, value_name = "GROUP", value_parser = group)]
    group: Option<Group>,
    /// How to print it
    #[arg(long, default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people: name and groups
    Text,
    /// A page of documentation
    Markdown,
    /// For programs, with an example of each event in each of its groups
    Json,
}

impl Args {
    pub(crate) fn run(self, out: &mut Output) -> Result<Exit, Failure> {
        let entries: Vec<&Entry> = taxonomy::entries()
            .filter(|entry| self.group.is_none_or(|group| entry.groups.contains(&group)))
            .collect();
        let text = match self.format {
            Format::Text => text(&entries),
            Format::Markdown => markdown(&entries),
            Format::Json => {
                let rows: Vec<Value> = entries.iter().map(|entry| row(entry)).collect();
                output::json(&rows)?
            }
        };
        out.answer(&text)?;
        Ok(Exit::Good)
    }
}

fn group(name: &str) -> Result<Group, String> {
    Group::ALL
        .into_iter()
        .find(|group| group.as_str() == name)
        .ok_or_else(|| {
            let names = Group::ALL.map(Group::as_str).join(", ");
            format!("there is no such group; there are {names}")
        })
}

fn text(entries: &[&Entry]) -> String {
    let width = entries
        .iter()
        .map(|entry| entry.action.len())
        .max()
        .unwrap_or_default();
    entries
        .iter()
        .map(|entry| {
            let line = format!("{:width$}  {}", entry.action, groups(entry));
            line.trim_end().to_owned() + "\n"
        })
        .collect()
}

fn groups(entry: &Entry) -> String {
    let names: Vec<&str> = entry.groups.iter().map(|group| group.as_str()).collect();
    names.join(" ")
}

fn row(entry: &Entry) -> Value {
    let examples = entry.groups.iter().copied().map(Some);
    let examples = examples.chain(entry.groups.is_empty().then_some(None));
    json!({
        "action": entry.action,
        "source": entry.source(),
        "detail_type": entry.detail_type(),
        "place": entry.place,
        "read_only": entry.read_only,
        "unmodelled": entry.unmodelled,
        "groups": entry.groups,
        "target": entry.target,
        "user": entry.user,
        "id": entry.id,
        "name": entry.name,
        "status": entry.status,
        "when": entry.when.map(|condition| condition.says),
        "examples": examples.map(|group| json!({"group": group, "event": entry.example(group)})).collect::<Vec<_>>(),
    })
}

/// `docs/events.md`: a test compares it.
fn markdown(entries: &[&Entry]) -> String {
    let mut page = HEAD.replace("{homes}", &homes());
    for (kind, heading) in [
        (Kind::ApiCall, "API calls"),
        (Kind::SignIn, "Signing in"),
        (Kind::Exposure, "Exposure notices"),
        (Kind::Finding, "Findings"),
    ] {
        let rows = entries.iter().filter(|entry| entry.kind == kind);
        let rows: String = rows.map(|entry| line(entry)).collect();
        if rows.is_empty() {
            continue;
        }
        let written = write!(page, "\n## {heading}\n\n{COLUMNS}{rows}");
        debug_assert!(
            written.is_ok(),
            "a `String` takes whatever is written to it"
        );
    }
    page
}

fn line(entry: &Entry) -> String {
    let place = match entry.place {
        Place::Home => "home",
        Place::Region => "each",
    };
    let state = if entry.read_only { ", reading" } else { "" };
    let mut when: Vec<&str> = entry.when.iter().map(|condition| condition.says).collect();
    if let Some(grant) = entry.grant {
        when.extend(match grant {
            Grant::Group(_) => Some("the group's name says administrators"),
            Grant::ManagedPolicy(_) => Some("escalation: the policy is AWS's for administrators"),
            Grant::PolicyDocument(_) => Some("escalation: the policy allows everything"),
            Grant::Unseen => None,
        });
    }
    let known = if entry.unmodelled { " (†)" } else { "" };
    let longer = if entry.begins {
        ", and longer names"
    } else {
        ""
    };
    format!(
        "| `{}`{longer}{known} | {} | {}{} | {place}{state} | {} | {} |\n",
        entry.action,
        groups(entry),
        entry.source(),
        match entry.detail_type() {
            "AWS API Call via CloudTrail" => "",
            "AWS Console Sign In via CloudTrail" => ", sign-in",
            _ => "",
        },
        places(entry),
        when.join("; "),
    )
}

/// Where the target is read from, in short.
fn places(entry: &Entry) -> String {
    if entry.kind.is_report() {
        return "the access key and its owner".to_owned();
    }
    if entry.target == TargetKind::None {
        return String::new();
    }
    let mut places = vec![entry.target.as_str().to_owned()];
    for (what, paths) in [("user", entry.user), ("id", entry.id), ("name", entry.name)] {
        if !paths.is_empty() {
            let paths: Vec<String> = paths
                .iter()
                .map(|path| {
                    let path = path.replace("requestParameters", "request");
                    format!("`{}`", path.replace("responseElements", "response"))
                })
                .collect();
            places.push(format!("{what} {}", paths.join(" or ")));
        }
    }
    places.join(", ")
}

const COLUMNS: &str = "\
| event | groups | source | Region | what it is done to, and where that stands | only if |
| --- | --- | --- | --- | --- | --- |
";

/// The Regions in which calls of IAM are recorded: `us-east-1 (GovCloud: us-gov-west-1; …)`.
fn homes() -> String {
    let (usual, others): (Vec<_>, Vec<_>) = Partition::all()
        .iter()
        .partition(|partition| partition.id == "aws");
    let usual: String = usual.iter().map(|usual| usual.home_region).collect();
    let others: Vec<String> = others
        .iter()
        .map(|other| format!("{}: {}", other.name, other.home_region))
        .collect();
    format!("{usual} ({})", others.join("; "))
}

const HEAD: &str = "\
<!-- Generated: keyrail taxonomy --format markdown > docs/events.md -->

# Events

Every event that keyrail knows by name. Policies name the event (`Action::\"iam:CreateAccessKey\"`) or one of
its groups (`Action::\"issue-access-key\"`). What is not here is judged too, as whatever kind of event it is:
`Action::\"api-call\"`, `\"sign-in-event\"`, `\"service-event\"`, `\"exposure-notice\"` or `\"finding\"`, with AWS's
name in `context.name`.

- **Source** is EventBridge's. The detail type is `AWS API Call via CloudTrail`, unless the row says sign-in
  (`AWS Console Sign In via CloudTrail`), or is a notice or finding (`AWS Health Event`, `Trusted Advisor Check
  Item Refresh Notification`, `GuardDuty Finding`; Security Hub's findings are known by what they hold).
- **And longer names**: AWS adds calls that do the same in another way. `CreateOAuth2TokenWithIAM` is judged as
  `CreateOAuth2Token`, with its own name in `context.name`.
- **Region**: *home* is {homes},
  *each* the Region that the event concerns. *Reading* events reach only rules in the state `ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS`.
- **Where that stands**: `request` is `requestParameters`, `response` is `responseElements`. The first that is
  there counts. A call about credentials that names no user is about the caller. A denied call shows neither;
  then the resource in its error message counts.
- **Only if** is what the event must show to be in its groups. Where it shows nothing, it stays in them, so
  that parameters that were left out hide nothing. An event is in `root-credentials` if it is about root's, in
  `tamper-guardrail` if its target is a part of this keyrail, and `AttachUserPolicy` is in `report-exposure` if
  the policy is AWS's quarantine.

- **†**: the name is known from AWS's pages alone. All other calls are operations of their service in the SDK's
  models, too (`tests/template/test_models.py`).

Each row is proved by `each_row_reads_its_own_example`: an event that has everything where the row says is
interpreted as the row says. `keyrail sample iam:CreateAccessKey` prints that event.
";
