//! The whole program, by its ways in.
//!
//! [`examine`] is pure, and is all that offline commands run. [`respond`] is the
//! same and then acts. So the same bytes take the same path in production and on
//! a laptop. What keyrail has put into its own queue comes back by two more:
//! [`recheck`] looks again at what was contained, and [`follow_up`] tells how often
//! something happened that was counted instead of told. [`tell_fault`] tells what is
//! wrong with the deployment itself.

pub use self::examine::examine;
pub use self::fault::{Fault, tell_fault};
pub use self::follow_up::follow_up;
pub use self::look_again::{Looked, recheck};
pub use self::respond::respond;
pub use self::response::{Handled, Response};

mod counting;
mod examine;
mod fault;
pub(crate) mod follow_up;
mod hear;
mod limit;
mod look_again;
mod look_up;
mod not_known;
mod recall;
mod remember;
pub(crate) mod repetition;
mod respond;
mod response;
mod tell;
