//! What things are called: ids, ARNs, partitions of AWS, and the words that settings, guardrails,
//! plans and reports share. All of them are parsed once, where they come in.

pub mod arn;
pub mod id;
pub mod lookup;
pub mod partition;
pub mod words;
