//! The cause of an error, in words.

use std::error::Error;
use std::fmt;

/// What an error says, and what the errors behind it say. Only the words are kept: an error of the
/// AWS SDK holds the whole response, which may hold credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause(Box<Words>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Words {
    text: String,
    source: Option<Cause>,
}

impl Cause {
    /// The same in words.
    #[must_use]
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        Self(Box::new(Words {
            text: error.to_string(),
            source: error.source().map(Self::of),
        }))
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source = self.0.source.as_ref()?;
        Some(source)
    }
}
