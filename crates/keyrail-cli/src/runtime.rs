//! Waiting for what AWS answers.

use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::exit::Failure;

/// Runs until a future is ready.
pub(crate) fn wait_for<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::outside(format!("the command cannot start: {error}")))?;
    Ok(runtime.block_on(future))
}

/// Waits for a future, and tells each second how long that has taken.
pub(crate) async fn telling<T>(
    future: impl Future<Output = T>,
    mut tell: impl FnMut(Duration),
) -> T {
    const EACH: Duration = Duration::from_secs(1);
    let mut future = pin!(future);
    let begin = Instant::now();
    loop {
        match timeout(EACH, future.as_mut()).await {
            Ok(ready) => return ready,
            Err(_) => tell(begin.elapsed()),
        }
    }
}
