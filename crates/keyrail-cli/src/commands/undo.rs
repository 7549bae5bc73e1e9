//! `keyrail undo`

use std::io::{self, BufRead, IsTerminal};

use clap::ValueEnum;
use keyrail_core::change::Change;
use keyrail_core::effects::{Effects, SessionScope};
use keyrail_core::id::AccountId;
use keyrail_core::partition::Partition;
use keyrail_operator::caller::RegionChoice;
use keyrail_operator::undo::Table;
use serde::Serialize;

use self::calls::{Standing, StepResult, look, nothing_touched, undo, untouched};
use self::made::{Made, Taken};
use self::release::Release;
use crate::bundle::BundleArgs;
use crate::caller::connect;
use crate::exit::{Exit, Failure};
use crate::output::{self, Output};
use crate::runtime::wait_for;

mod calls;
mod made;
mod release;

/// Take back what keyrail changed because of an event
///
/// Prints the calls, the last change first. With `--apply` it makes them, with the
/// credentials of the AWS command line (`AWS_PROFILE` and so on), which must be of the
/// account that was contained: only if all is still as keyrail left it, and each is read
/// back. Access keys are released first, since keyrail would deactivate them again: in
/// keyrail's table, or by an exemption in the bundle.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keyrail undo report.json
  AWS_PROFILE=payments keyrail undo report.json --apply --table keyrail --until 8
  AWS_PROFILE=member keyrail undo report.json --apply --table keyrail --table-profile hub

A profile that asks for MFA (`mfa_serial`) works with the credentials that the AWS command
line has asked for: eval \"$(aws configure export-credentials --profile NAME --format env)\"")]
pub(crate) struct Args {
    /// File with a `keyrail.report/v1` or `keyrail.alert/v1`; `-` for standard input
    report: String,
    /// Make the calls
    #[arg(long)]
    apply: bool,
    /// Do not ask before making them
    #[arg(long, requires = "apply")]
    yes: bool,
    /// keyrail's table, in which releases are recorded
    #[arg(long, value_name = "NAME", env = "KEYRAIL_TABLE")]
    table: Option<String>,
    /// A profile of the AWS command line for the table, if the changes were made in a
    /// member account: the table is in the hub's
    #[arg(long, value_name = "PROFILE", requires = "table")]
    table_profile: Option<String>,
    /// The table's Region; without it, the one where the partition records IAM's calls, in
    /// which keyrail is deployed
    #[arg(long, value_name = "REGION", requires = "table")]
    table_region: Option<String>,
    /// For how many hours keys are released
    #[arg(long, value_name = "HOURS", default_value = "24", value_parser = clap::value_parser!(u16).range(1..=9600))]
    until: u16,
    /// Who releases them; without it, the caller's ARN
    #[arg(long, value_name = "WHO")]
    by: Option<String>,
    /// How to print it
    #[arg(long, default_value = "text")]
    format: Format,
    #[command(flatten)]
    bundle: BundleArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people; without `--apply` also for a shell
    Text,
    /// `keyrail.undo/v1`
    Json,
}

/// Serialises as `keyrail.undo/v1`.
#[derive(Debug, Serialize)]
struct Undone<'a> {
    schema: &'static str,
    event: Option<&'a str>,
    account: Option<&'a AccountId>,
    applied: bool,
    steps: Vec<Step<'a>>,
}

/// What became of one change.
#[derive(Debug, Serialize)]
struct Step<'a> {
    undoes: &'a Change,
    /// What takes it back; `None` if nothing does.
    call: Option<String>,
    result: StepResult,
    detail: Option<String>,
}

impl Args {
    pub(crate) fn run(self, out: &mut Output) -> Result<Exit, Failure> {
        let made = Made::read(&self.report)?;
        let Some(account) = made.account.as_ref().filter(|_| self.apply) else {
            let steps = made.changes.iter().map(|taken| taken.step(None)).collect();
            let text = match self.format {
                Format::Text => printed(&made),
                Format::Json => self.json(&made, steps)?,
            };
            out.answer(&text)?;
            return Ok(Exit::Good);
        };
        if !self.yes && !io::stdin().is_terminal() {
            return Err(Failure::input("standard input is not a terminal to ask on")
                .help("look at what would be called first, without `--apply`; then add `--yes`"));
        }
        self.release().check(&made)?;
        wait_for(self.apply(&made, account, out))?
    }

    async fn apply(
        &self,
        made: &Made,
        account: &AccountId,
        out: &mut Output,
    ) -> Result<Exit, Failure> {
        let near = RegionChoice::Settings {
            otherwise: made.region.as_deref(),
        };
        let connection = connect(None, near, out).await.map_err(nothing_touched)?;
        let caller = &connection.caller;
        if caller.account != *account {
            return Err(Failure::input(format!(
                "the changes were made in account {account}, and these credentials are of account {}: nothing was touched",
                caller.account
            ))
            .help("use credentials of that account: `AWS_PROFILE=…`"));
        }
        // All credentials before the first question and the first call.
        let hub = match self.table_profile.as_deref() {
            Some(profile) => {
                let connected = connect(Some(profile), near, out).await;
                Some(connected.map_err(nothing_touched)?)
            }
            None => None,
        };
        let hub = hub.as_ref().unwrap_or(&connection);
        let table = self.table_in(&hub.caller.partition)?;
        let aws = connection.aws();
        let reach = SessionScope {
            account: account.clone(),
            to: None,
            actions: made
                .changes
                .iter()
                .flat_map(|taken| {
                    let back = taken.back.as_ref().ok();
                    [
                        Some(taken.change.reading_action()),
                        back.map(Change::action),
                    ]
                })
                .flatten()
                .collect(),
            event: made.event.clone(),
        };
        let client = aws.reach(&reach).await.map_err(|error| untouched(&error))?;
        let standings = look(made, &client).await?;
        if !self.yes && !is_wanted(made, account, out)? {
            return Err(Failure {
                exit: Exit::Bad,
                ..Failure::input("nothing was touched, as you wish")
            });
        }
        if let Some(table) = &table {
            self.release().record(made, hub, table, caller).await?;
        }
        let mut steps = Vec::new();
        for (taken, standing) in made.changes.iter().zip(standings) {
            let result = match &taken.back {
                Ok(back) => Some(match standing {
                    Standing::Undone => (StepResult::Already, None),
                    Standing::Holds => undo(back, &aws, &client).await,
                }),
                Err(_) => None,
            };
            steps.push(taken.step(result));
        }
        let failed = steps
            .iter()
            .filter(|step| step.result == StepResult::Failed)
            .count();
        let count = steps.len();
        let text = match self.format {
            Format::Text => {
                let mut text = self.release().told(made);
                text.extend(steps.iter().map(line));
                text
            }
            Format::Json => self.json(made, steps)?,
        };
        out.answer(&text)?;
        match failed {
            0 => Ok(Exit::Good),
            failed => Err(Failure::outside(format!(
                "{failed} of {count} changes could not be taken back, or nobody can tell: the list says which"
            ))
            .help("once that is mended, run it again: what is undone already is left alone")),
        }
    }

    fn release(&self) -> Release<'_> {
        Release {
            table: self.table.as_deref().filter(|table| !table.is_empty()),
            hours: self.until,
            by: self.by.as_deref(),
            bundle: &self.bundle,
        }
    }

    /// The table, in the Region that it is in: not the one of a profile or of the event.
    fn table_in(&self, partition: &str) -> Result<Option<Table>, Failure> {
        let Some(name) = self.release().table else {
            return Ok(None);
        };
        let home = Partition::by_id(partition).map(|partition| partition.home_region);
        let Some(region) = self.table_region.as_deref().or(home) else {
            return Err(nothing_touched(
                Failure::input(format!(
                    "keyrail does not know in which Region of partition `{partition}` its table is"
                ))
                .help("name it: `--table-region`"),
            ));
        };
        Ok(Some(Table {
            name: name.to_owned(),
            region: region.to_owned(),
        }))
    }

    fn json(&self, made: &Made, steps: Vec<Step<'_>>) -> Result<String, Failure> {
        output::json(&Undone {
            schema: "keyrail.undo/v1",
            event: made.event.as_deref(),
            account: made.account.as_ref(),
            applied: self.apply,
            steps,
        })
    }
}

impl Taken {
    /// What became of it: `None` if nothing was tried.
    fn step(&self, tried: Option<(StepResult, Option<String>)>) -> Step<'_> {
        let (result, detail) = match (&self.back, tried) {
            (Err(why), _) => {
                let detail = match self.change.instead() {
                    Some(instead) => format!("{why}: `{instead}`"),
                    None => why.to_string(),
                };
                (StepResult::Impossible, Some(detail))
            }
            (Ok(_), Some(tried)) => tried,
            (Ok(_), None) => (StepResult::Printed, None),
        };
        Step {
            undoes: &self.change,
            call: self.back.as_ref().ok().map(Change::to_string),
            result,
            detail,
        }
    }
}

/// For people, and as it is for a shell: what is no call is a comment.
fn printed(made: &Made) -> String {
    let Some(account) = &made.account else {
        return "keyrail changed nothing because of this event: there is nothing to undo\n"
            .to_owned();
    };
    let mut text = match &made.event {
        Some(event) => format!(
            "# Undoes what keyrail did in account {account} because of event {}\n",
            event.escape_debug()
        ),
        None => format!("# Undoes what keyrail did in account {account}\n"),
    };
    for taken in &made.changes {
        text.push_str(&format!("\n# {}\n", taken.words()));
        match &taken.back {
            Ok(back) => text.push_str(&format!("{back}\n")),
            Err(why) => text.push_str(&format!("# {why}\n")),
        }
        if let Some(instead) = taken.change.instead() {
            text.push_str(&format!("#   {instead}\n"));
        }
    }
    if !made.keys().is_empty() {
        text.push_str(
            "\n# keyrail deactivates a key again that is not released: `keyrail undo --apply` releases it first\n",
        );
    }
    text
}

fn is_wanted(made: &Made, account: &AccountId, out: &mut Output) -> Result<bool, Failure> {
    out.note(&format!(
        "{}\nMake these calls in account {account}? [y/N] ",
        printed(made)
    ))?;
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.map_err(|error| Failure::outside(format!("cannot read from standard input: {error}")))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn line(step: &Step<'_>) -> String {
    let word = match step.result {
        StepResult::Printed => "not tried",
        StepResult::Undone => "undone",
        StepResult::Already => "already",
        StepResult::Failed => "failed",
        StepResult::Impossible => "impossible",
    };
    let what = step.call.as_deref();
    let detail = step.detail.iter().map(|detail| format!(": {detail}"));
    format!(
        "{word:<10}  {}{}\n",
        what.unwrap_or(step.undoes.done()),
        detail.collect::<String>()
    )
}
