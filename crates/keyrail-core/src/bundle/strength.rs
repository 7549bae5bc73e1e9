//! How much of the default bundle a bundle builds on.

use std::str::FromStr;

use crate::words::UnknownWordError;

/// The least strength that a guardrail of the default bundle belongs to. Ordered: each holds what
/// those before it hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Long-lived credentials and root alone.
    Keys,
    /// What the default bundle holds by itself.
    #[default]
    Recommended,
    /// Also what is often meant, and so alerts often.
    Strict,
}

impl Strength {
    /// All of them, from the least.
    pub const ALL: [Self; 3] = [Self::Keys, Self::Recommended, Self::Strict];

    /// The word for it in settings and annotations.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Recommended => "recommended",
            Self::Strict => "strict",
        }
    }
}

impl FromStr for Strength {
    type Err = UnknownWordError;

    fn from_str(word: &str) -> Result<Self, UnknownWordError> {
        let mut all = Self::ALL.into_iter();
        all.find(|strength| strength.as_str() == word)
            .ok_or_else(|| UnknownWordError::new(word, "keys, recommended, strict"))
    }
}
