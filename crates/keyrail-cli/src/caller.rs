//! Connecting to AWS with the credentials of whoever runs the command.

use std::time::Duration;

use keyrail_operator::caller::{Connection, RegionChoice, Source};

use crate::exit::Failure;
use crate::output::Output;
use crate::runtime::telling;

/// How long credentials may take before somebody wonders.
const SILENCE: Duration = Duration::from_secs(3);

/// Loads the credentials of a profile, or without one those of the AWS command line, and
/// asks whose they are.
pub(crate) async fn connect(
    profile: Option<&str>,
    region: RegionChoice<'_>,
    out: &mut Output,
) -> Result<Connection, Failure> {
    let source = Source::find(profile).await;
    let connected = match source {
        Ok(source) => {
            let connected = telling(Box::pin(source.connect(region)), |waited| {
                if waited >= SILENCE {
                    let seconds = waited.as_secs();
                    out.progress(&format!(
                        "waiting for credentials from {source}: {seconds} s"
                    ));
                }
            });
            connected.await
        }
        Err(fault) => Err(fault),
    };
    out.progress_ends();
    connected.map_err(|fault| Failure::outside(fault.to_string()).help(fault.help()))
}
