//! Evaluates the service control policies of `infra/preventive`: what keyrail and those who run it
//! must be able to call, and what nobody else may.

mod access_keys;
mod attacks;
mod evaluate;
mod parts;
mod protect;
mod runbook;
