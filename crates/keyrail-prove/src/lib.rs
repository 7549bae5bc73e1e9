//! Proofs about a bundle: for every activity that the schema allows, and not only for those
//! that somebody has thought of.
//!
//! [`prove`] makes claims about the bundle's policies (`claim.rs`), turns each into
//! questions of the form "is there an activity such that …", one for each sort of activity
//! (`place.rs`), and asks a solver (`solver.rs`). What it finds is made into an event that
//! `keyrail explain` takes (`replay.rs`). [`mutants`] changes guardrails and tells which
//! changes no test notices.
//!
//! The world is the schema's, and what `place.rs` adds to it; what AWS really writes is not
//! in it.

pub use self::claim::Kind;
pub use self::error::ProveError;
pub use self::finding::{Finding, Proof, Question};
pub use self::mutant::{Difference, Mutant, difference, mutants};
pub use self::proof::prove;
pub use self::property::{Expect, Property};
pub use self::replay::Counterexample;
pub use self::solver::SolverCommand;

mod claim;
mod error;
mod expression;
mod finding;
mod mutant;
mod place;
mod proof;
mod property;
mod replay;
mod runtime;
mod settings;
mod solver;
