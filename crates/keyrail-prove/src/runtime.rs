//! Waiting for a solver.

use crate::error::ProveError;

/// Solvers are processes, which are asked one question after another.
pub(crate) fn in_a_runtime<T>(
    work: impl Future<Output = Result<T, ProveError>>,
) -> Result<T, ProveError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| ProveError::Bug(error.to_string()))?;
    runtime.block_on(work)
}
