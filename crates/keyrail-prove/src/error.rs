//! Why nothing could be proved.

/// Why nothing could be proved.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// Something that cannot be, in a keyrail as released.
    #[error("{0}")]
    Bug(String),
    /// There is no solver; or only this one, which is too old.
    #[error("there is no solver{}", .0.as_ref().map(|old| format!(" that is new enough: {old}")).unwrap_or_default())]
    NoSolver(Option<String>),
    /// A file of properties is wrong.
    #[error("{file}:{line}:{column}: {message}")]
    Property {
        /// The file, by its path within the bundle.
        file: String,
        /// The line in it, from 1.
        line: usize,
        /// The character in the line, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// The solver fails.
    #[error("the solver {0}")]
    Solver(String),
}
