//! `keyrail exemptions`

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use jiff::civil::Date;
use jiff::{Span, Unit};
use keyrail_core::bundle::Exemption;
use serde_json::json;

use crate::bundle::{self, FOLDER_HELP};
use crate::clock;
use crate::exit::{Exit, Failure};
use crate::github::{Loudness, annotation};
use crate::output::{self, Output};

/// List the exemptions of a bundle, with their owners and when they expire
///
/// The next to expire comes first. Those that have expired are listed too: they no
/// longer apply.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keyrail exemptions
  keyrail exemptions --expiring-within 30d --format json
  keyrail exemptions --expiring-within 30d --format github")]
pub(crate) struct Args {
    #[arg(help = FOLDER_HELP, env = "KEYRAIL_BUNDLE")]
    bundle: Option<PathBuf>,
    /// Only those that expire within so many days or weeks, such as `30d`, or have expired
    #[arg(long, value_name = "TIME", value_parser = days)]
    expiring_within: Option<i64>,
    /// How to print it
    #[arg(long, default_value = "text")]
    format: Format,
    /// The day to count from; today without it
    #[arg(long, value_name = "DATE")]
    today: Option<Date>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// A line each
    Text,
    /// For programs
    Json,
    /// Annotations for GitHub Actions, beside each exemption
    Github,
}

impl Args {
    pub(crate) fn run(self, out: &mut Output) -> Result<Exit, Failure> {
        let folder = bundle::folder(self.bundle.as_deref())?;
        let bundle = bundle::load(&folder)?;
        let today = self.today.unwrap_or_else(clock::today);
        let mut rows: Vec<(i64, &String, &Exemption)> = bundle
            .exemptions
            .iter()
            .map(|(id, exemption)| (days_until(today, exemption.expires), id, exemption))
            .filter(|(days, ..)| self.expiring_within.is_none_or(|limit| *days <= limit))
            .collect();
        rows.sort_by_key(|(days, id, _)| (*days, *id));
        let text = match self.format {
            Format::Text => rows.iter().map(line).collect(),
            Format::Github => rows.iter().map(|row| github(&folder, row)).collect(),
            Format::Json => {
                let rows: Vec<_> = rows
                    .iter()
                    .map(|(days, id, exemption)| {
                        json!({
                            "id": id,
                            "exempts": exemption.exempts,
                            "reason": exemption.reason,
                            "owner": exemption.owner,
                            "expires": exemption.expires,
                            "days": days,
                            "active": *days >= 0,
                        })
                    })
                    .collect();
                output::json(&rows)?
            }
        };
        out.answer(&text)?;
        Ok(Exit::Good)
    }
}

fn left(days: i64) -> String {
    match days {
        ..=-1 => "expired".to_owned(),
        0 => "last day".to_owned(),
        1 => "1 day left".to_owned(),
        days => format!("{days} days left"),
    }
}

fn github(folder: &Path, (days, id, exemption): &(i64, &String, &Exemption)) -> String {
    let file = folder.join(&exemption.file);
    let place = (file.as_path(), exemption.line, None);
    let message = format!(
        "`{id}`: {}; last day {}; owner {}; reason: {}",
        left(*days),
        exemption.expires,
        exemption.owner,
        exemption.reason
    );
    annotation(Loudness::Warning, Some(place), "exemption", &message)
}

fn line((days, id, exemption): &(i64, &String, &Exemption)) -> String {
    let left = left(*days);
    format!(
        "{}  {left:>14}  {id}  exempts {}  owner {}  reason: {}\n",
        exemption.expires,
        exemption.exempts.join(" "),
        exemption.owner,
        exemption.reason,
    )
}

fn days_until(today: Date, day: Date) -> i64 {
    // Two civil dates are always some whole days apart.
    let span: Result<Span, _> = today.until((Unit::Day, day));
    span.map_or(0, |span| i64::from(span.get_days()))
}

/// `30d`, `4w`, or a bare number of days.
fn days(text: &str) -> Result<i64, String> {
    let (number, unit) = match text.find(|c: char| !c.is_ascii_digit()) {
        Some(at) => text.split_at(at),
        None => (text, "d"),
    };
    let number: i64 = number
        .parse()
        .map_err(|_| "write it as a number of days or weeks: `30d`, `4w`".to_owned())?;
    match unit {
        "d" => Ok(number),
        "w" => Ok(number * 7),
        other => Err(format!("`{other}` is neither `d` (days) nor `w` (weeks)")),
    }
}
