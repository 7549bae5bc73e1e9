//! The only place that prints: answers to stdout, everything else to stderr.

use std::io::{self, ErrorKind, IsTerminal, Write};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use clap::ColorChoice;
use serde::Serialize;

use crate::exit::{Exit, Failure};

/// A value as JSON for people and programs: indented, with a line's end.
pub(crate) fn json(value: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value);
    let text = text.map_err(|error| Failure::bug(format!("JSON cannot be written: {error}")))?;
    Ok(text + "\n")
}

/// The same on one line, to be copied.
#[cfg(feature = "prove")]
pub(crate) fn line(value: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string(value);
    text.map_err(|error| Failure::bug(format!("JSON cannot be written: {error}")))
}

pub(crate) struct Output {
    stdout: AutoStream<io::Stdout>,
    stderr: AutoStream<io::Stderr>,
}

impl Output {
    /// Colour as asked; `auto` honours `NO_COLOR` and `CLICOLOR_FORCE`, and asks
    /// of each stream whether it is a terminal.
    pub(crate) fn new(color: ColorChoice) -> Self {
        let choice = match color {
            ColorChoice::Auto => anstream::ColorChoice::Auto,
            ColorChoice::Always => anstream::ColorChoice::Always,
            ColorChoice::Never => anstream::ColorChoice::Never,
        };
        Self {
            stdout: AutoStream::new(io::stdout(), choice),
            stderr: AutoStream::new(io::stderr(), choice),
        }
    }

    /// Prints the answer. A reader that has seen enough (`| head`) is no error.
    pub(crate) fn answer(&mut self, text: &str) -> Result<(), Failure> {
        let written = self
            .stdout
            .write_all(text.as_bytes())
            .and_then(|()| self.stdout.flush());
        match written {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::outside(format!(
                "cannot write to standard output: {error}"
            ))),
            _ => Ok(()),
        }
    }

    /// Says how far a long work has come: on a terminal, on one line, again and again.
    pub(crate) fn progress(&mut self, text: &str) {
        if io::stderr().is_terminal() {
            // Nothing depends on whether it is seen.
            let shown = write!(self.stderr, "\r\x1b[2K{text}").and_then(|()| self.stderr.flush());
            drop(shown);
        }
    }

    /// Clears what [`Self::progress`] said.
    pub(crate) fn progress_ends(&mut self) {
        self.progress("");
    }

    /// Prints what is no answer: a note, or a question without a line's end.
    pub(crate) fn note(&mut self, text: &str) -> Result<(), Failure> {
        self.stderr
            .write_all(text.as_bytes())
            .and_then(|()| self.stderr.flush())
            .map_err(|error| Failure::outside(format!("cannot write to standard error: {error}")))
    }

    /// Prints why a command failed. If that fails too, the exit code still tells.
    pub(crate) fn failed(&mut self, failure: &Failure) -> Exit {
        let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
        let cyan = Style::new().bold().fg_color(Some(AnsiColor::Cyan.into()));
        let mut text = format!("{red}error{red:#}: {}\n", failure.message);
        if let Some(help) = &failure.help {
            text.push_str(&format!("\n{cyan}help{cyan:#}: {help}\n"));
        }
        match self.stderr.write_all(text.as_bytes()) {
            Ok(()) | Err(_) => failure.exit,
        }
    }
}
