//! Short digests, by which people recognise what they do not want to read.

use sha2::{Digest, Sha256};

/// The beginning of the SHA-256 of `bytes`, as sixteen hexadecimal digits.
pub(crate) fn short(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
