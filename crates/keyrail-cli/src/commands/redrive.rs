//! `keyrail redrive`

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{self, BufRead, IsTerminal};

use clap::ValueEnum;
use keyrail_operator::redrive::{Answer, DeadLetters, HIDDEN, RedriveError};

use self::letter::Letter;
use self::opening::Opening;
use self::shown::{Outcome, Row};
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::runtime::wait_for;

mod letter;
mod opening;
mod shown;

/// Hand the messages of a dead-letter queue to keyrail's function again
///
/// Prints what is in the queue, the oldest first. With `--apply` it hands one message
/// after the other to the function, with the credentials of the AWS command line
/// (`AWS_PROFILE` and so on), and deletes each that the function has handled. Whatever else
/// there is stays in the queue. An interrupted run loses nothing: what it had read comes
/// back after four minutes, and an event that was handled already is not told again.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  keyrail redrive --queue https://sqs.us-east-1.amazonaws.com/111122223333/dead --function keyrail
  keyrail redrive --queue \"$queue\" --function keyrail --apply --yes --format json")]
pub(crate) struct Args {
    /// URL of `DeadLetterQueue` or `UndeliveredQueue`: an output of the stack
    #[arg(long, value_name = "URL", value_parser = url)]
    queue: String,
    /// Name or ARN of keyrail's function
    #[arg(long, value_name = "NAME")]
    function: String,
    /// A profile of the AWS command line
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
    /// Another profile for the queue, if it is a member account's
    #[arg(long, value_name = "PROFILE")]
    queue_profile: Option<String>,
    /// The function's Region; without it, the one in the queue's URL
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Print what is in the queue, and change nothing: as without `--apply`
    #[arg(long, conflicts_with = "apply")]
    dry_run: bool,
    /// Hand the messages over
    #[arg(long)]
    apply: bool,
    /// Do not ask before handing them over
    #[arg(long, requires = "apply")]
    yes: bool,
    /// The most messages to read
    #[arg(long, value_name = "N", default_value = "10000", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// How to print it
    #[arg(long, default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// A table
    Text,
    /// `keyrail.redrive/v1`
    Json,
}

/// What was read of a queue.
#[derive(Debug)]
struct Read {
    letters: Vec<Letter>,
    /// Whether it ended with the limit, and not with the queue.
    limited: bool,
}

impl Args {
    pub(crate) fn run(self, out: &mut Output) -> Result<Exit, Failure> {
        if self.apply && !self.yes && !io::stdin().is_terminal() {
            return Err(Failure::input("standard input is not a terminal to ask on")
                .help("look at what is in the queue first, without `--apply`; then add `--yes`"));
        }
        wait_for(self.redrive(out))?
    }

    async fn redrive(&self, out: &mut Output) -> Result<Exit, Failure> {
        let opening = Opening {
            queue: &self.queue,
            function: &self.function,
            profile: self.profile.as_deref(),
            queue_profile: self.queue_profile.as_deref(),
            region: self.region.as_deref(),
        };
        let queue = opening.open(out).await?;
        let mut read = self.read(&queue, out).await?;
        if read.letters.is_empty() {
            return self.empty(&queue, out).await;
        }
        if !self.yes {
            // Nobody else is to wait until somebody has made up their mind.
            release(&read.letters, &queue).await?;
            let shown: Vec<Row> = read.letters.into_iter().map(Row::waiting).collect();
            if !self.apply {
                return self.answer(&queue, &shown, read.limited, None, out);
            }
            if !is_wanted(&shown, &queue, out)? {
                return Err(Failure {
                    exit: Exit::Bad,
                    ..Failure::input("nothing was handed over, as you wish")
                });
            }
            let ids = shown.iter().map(|row| row.letter.message.id.clone());
            read = self.read_again(&ids.collect(), &queue, out).await?;
        }
        let limited = read.limited;
        let (rows, stopped) = hand_over(read.letters, &queue, out).await;
        self.answer(&queue, &rows, limited, stopped, out)
    }

    /// Reads the queue, and sorts what was read.
    async fn read(&self, queue: &DeadLetters, out: &mut Output) -> Result<Read, Failure> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        // SQS may deliver a message twice: the later receipt is the one that holds.
        let mut messages = BTreeMap::new();
        while messages.len() < limit {
            let received = queue
                .receive(limit - messages.len())
                .await
                .map_err(|error| outside(&error))?;
            if received.is_empty() {
                break;
            }
            messages.extend(
                received
                    .into_iter()
                    .map(|message| (message.id.clone(), message)),
            );
            queue
                .keep(messages.values_mut())
                .await
                .map_err(|error| outside(&error))?;
            out.progress(&format!("{} messages read", messages.len()));
        }
        out.progress_ends();
        let limited = messages.len() >= limit;
        let messages = messages.into_values();
        let mut letters: Vec<Letter> = messages
            .map(|message| Letter::read(message, queue))
            .collect();
        letters.sort_by(|a, b| a.order().cmp(&b.order()));
        Ok(Read { letters, limited })
    }

    /// Reads the queue once more, and leaves alone what nobody has been shown.
    async fn read_again(
        &self,
        shown: &BTreeSet<String>,
        queue: &DeadLetters,
        out: &mut Output,
    ) -> Result<Read, Failure> {
        let read = self.read(queue, out).await?;
        let (letters, new): (Vec<Letter>, Vec<Letter>) = read
            .letters
            .into_iter()
            .partition(|letter| shown.contains(&letter.message.id));
        release(&new, queue).await?;
        Ok(Read {
            letters,
            limited: read.limited || !new.is_empty(),
        })
    }

    async fn empty(&self, queue: &DeadLetters, out: &mut Output) -> Result<Exit, Failure> {
        let hidden = queue.hidden().await.map_err(|error| outside(&error))?;
        if hidden > 0 {
            out.note(&format!(
                "about {hidden} messages are hidden: somebody else has them in hand, or had; what a run had that was interrupted comes back after {} minutes\n",
                HIDDEN.as_secs() / 60
            ))?;
        }
        self.answer(queue, &[], false, None, out)
    }

    /// Prints the answer, and says in the exit code how good it is.
    fn answer(
        &self,
        queue: &DeadLetters,
        rows: &[Row],
        limited: bool,
        stopped: Option<RedriveError>,
        out: &mut Output,
    ) -> Result<Exit, Failure> {
        let text = match self.format {
            Format::Text => shown::table(rows),
            Format::Json => shown::json(rows, queue, self.apply, limited)?,
        };
        out.answer(&text)?;
        if limited {
            out.note("there may be more in the queue: run it again\n")?;
        }
        if let Some(error) = stopped {
            return Err(self.stopped(&error));
        }
        let stay = rows.iter().filter(|row| match row.outcome {
            Outcome::Failed | Outcome::Left | Outcome::Unknown => true,
            Outcome::Replayed | Outcome::Waiting => false,
        });
        match (stay.count(), rows.len()) {
            (0, _) => Ok(Exit::Good),
            (stay, count) if self.apply => Err(Failure {
                exit: Exit::Bad,
                ..Failure::input(format!("{stay} of {count} messages stay in the queue"))
            }
            .help("the list says why; once that is mended, run it again")),
            (stay, count) => Err(Failure {
                exit: Exit::Bad,
                ..Failure::input(format!("{stay} of {count} messages cannot be handed over"))
            }
            .help("the list says why: read each with `aws sqs receive-message`, and delete it when you have seen to it")),
        }
    }

    fn stopped(&self, error: &RedriveError) -> Failure {
        let failure = Failure::outside(format!(
            "{error}: what was not handed over stays in the queue"
        ));
        match error {
            RedriveError::Throttled(_) => failure.help(format!(
                "if the function was stopped, `aws lambda delete-function-concurrency --function-name {}` lets it run again",
                self.function
            )),
            RedriveError::NoFunction(_) | RedriveError::Outside(_) | RedriveError::Wrong(_) => {
                failure.help("once that is mended, run it again")
            }
        }
    }
}

/// Hands messages over, one after the other; also why it stopped before their end.
async fn hand_over(
    letters: Vec<Letter>,
    queue: &DeadLetters,
    out: &mut Output,
) -> (Vec<Row>, Option<RedriveError>) {
    let count = letters.len();
    let mut waiting = VecDeque::from(letters);
    let mut rows: Vec<Row> = Vec::new();
    let mut stopped = None;
    while stopped.is_none() && !waiting.is_empty() {
        let kept = waiting.iter_mut().map(|letter| &mut letter.message);
        if let Err(error) = queue.keep(kept).await {
            stopped = Some(error);
            break;
        }
        let Some(letter) = waiting.pop_front() else {
            break;
        };
        let (row, why) = handed_over(letter, queue).await;
        rows.push(row);
        stopped = why;
        out.progress(&format!("{} of {count} messages", rows.len()));
    }
    out.progress_ends();
    rows.extend(
        waiting
            .into_iter()
            .map(Row::waiting)
            .map(|row| match row.outcome {
                Outcome::Waiting => Row {
                    outcome: Outcome::Left,
                    ..row
                },
                _ => row,
            }),
    );
    let stay = rows.iter().filter(|row| row.outcome != Outcome::Replayed);
    let released = queue.release(stay.map(|row| &row.letter.message)).await;
    (rows, stopped.or(released.err()))
}

/// Hands one message over, and deletes it if that was good; also why no other need be
/// tried.
async fn handed_over(letter: Letter, queue: &DeadLetters) -> (Row, Option<RedriveError>) {
    let mut row = Row::waiting(letter);
    if row.outcome == Outcome::Unknown {
        return (row, None);
    }
    let message = &row.letter.message;
    if !message.is_held() {
        row.outcome = Outcome::Left;
        row.detail = Some("somebody else may be handling it".to_owned());
        return (row, None);
    }
    let (outcome, detail, stopped) = match queue.hand_over(message).await {
        Ok(Answer::Handled) => match queue.delete(message).await {
            Ok(()) => (Outcome::Replayed, None, None),
            Err(error) => {
                let detail = "it is handled, and could not be deleted: once more does no harm";
                (Outcome::Failed, Some(detail.to_owned()), Some(error))
            }
        },
        Ok(Answer::Failed(why)) => (Outcome::Failed, Some(why), None),
        Err(error) => (Outcome::Left, Some(error.to_string()), Some(error)),
    };
    row.outcome = outcome;
    row.detail = detail;
    (row, stopped)
}

async fn release(letters: &[Letter], queue: &DeadLetters) -> Result<(), Failure> {
    let messages = letters.iter().map(|letter| &letter.message);
    queue
        .release(messages)
        .await
        .map_err(|error| outside(&error))
}

fn is_wanted(rows: &[Row], queue: &DeadLetters, out: &mut Output) -> Result<bool, Failure> {
    out.note(&format!(
        "{}\nHand what is waiting to {}, which is set to `{}`? [y/N] ",
        shown::table(rows),
        queue.function.arn,
        queue.function.mode.escape_debug()
    ))?;
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.map_err(|error| Failure::outside(format!("cannot read from standard input: {error}")))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn outside(error: &RedriveError) -> Failure {
    Failure::outside(error.to_string())
}

/// A queue's URL, which ends in account and name.
fn url(text: &str) -> Result<String, String> {
    let place = text
        .strip_prefix("https://")
        .or(text.strip_prefix("http://"));
    let parts: Vec<&str> = place.unwrap_or_default().split('/').collect();
    match parts.as_slice() {
        [host, .., account, name]
            if !host.is_empty()
                && account.len() == 12
                && account.bytes().all(|byte| byte.is_ascii_digit())
                && !name.is_empty() =>
        {
            Ok(text.to_owned())
        }
        _ => Err("write it as `aws sqs list-queues` does: `https://sqs.REGION.amazonaws.com/ACCOUNT/NAME`".to_owned()),
    }
}
