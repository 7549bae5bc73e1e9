//! Exit codes: one list for all commands.

use std::process::{ExitCode, Termination};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Success.
    Good,
    /// Problems were found.
    Bad,
    /// The input is invalid: the command line, or a file that the user wrote.
    Input,
    /// The environment failed: AWS, the network, the disk, the solver.
    Outside,
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Good => 0,
            Self::Bad => 1,
            Self::Input => 2,
            Self::Outside => 3,
        })
    }
}

/// Why a command could not do what it was asked, and what to do about it.
#[derive(Debug)]
pub(crate) struct Failure {
    pub exit: Exit,
    /// One line, in lower case, without a full stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Failure {
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Input,
            message: message.into(),
            help: None,
        }
    }

    /// Something that cannot be, in a keyrail as released.
    pub(crate) fn bug(message: impl Into<String>) -> Self {
        Self::outside(message).help(
            "this is a bug in keyrail: please report it, with the output of `keyrail --version`",
        )
    }

    pub(crate) fn outside(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Outside,
            message: message.into(),
            help: None,
        }
    }

    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }
}
