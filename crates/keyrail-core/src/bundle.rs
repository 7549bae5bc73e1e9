//! Bundle: settings, guardrails, exemptions and the organization that a deployment
//! or a command works with.
//!
//! Loading tells everything that keeps files from being a bundle; [`Checked::lint`]
//! adds what needs the schema.

pub use self::checked::Checked;
pub use self::content::{Bundle, Told};
pub use self::diagnostic::{Diagnostic, Level, LoadBundleError, nearest};
pub use self::exemption::Exemption;
pub use self::files::Files;
pub(crate) use self::formula::{Formula, Reads};
pub(crate) use self::guardrail::{Guardrail, ModeOf, SeverityOf};
pub use self::organization::Organization;
pub(crate) use self::policy::reads_fact;
pub use self::record::{Record, Recorded};
pub use self::settings::{Protected, Settings};
pub use self::strength::Strength;

mod checked;
mod compose;
mod composed;
mod content;
mod default;
mod diagnostic;
mod exemption;
mod files;
mod fitting;
mod formula;
mod guardrail;
mod lint;
mod load;
mod names;
pub mod organization;
mod policy;
mod record;
mod retired;
pub mod settings;
mod split;
mod strength;
mod syntax;

#[cfg(test)]
mod tests;
