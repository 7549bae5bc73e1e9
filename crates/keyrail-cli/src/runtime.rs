//! Waiting for what AWS answers.

use crate::exit::Failure;

/// Runs until a future is ready.
pub(crate) fn wait_for<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::outside(format!("the command cannot start: {error}")))?;
    Ok(runtime.block_on(future))
}
