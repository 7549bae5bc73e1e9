//! Policies in Cedar's own style.

use cedar_policy_formatter::{Config, policies_str_to_pretty};

use crate::exit::Failure;

/// A file of policies in Cedar's own style. One of nothing but comments would be
/// given an empty line before them.
pub(crate) fn formatted(text: &str, name: &str) -> Result<String, Failure> {
    let config = Config {
        line_width: 100,
        indent_width: 2,
    };
    policies_str_to_pretty(text, &config)
        .map(|formatted| formatted.trim().to_owned() + "\n")
        .map_err(|error| {
            let message = error.to_string();
            let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
            Failure::input(format!("`{name}` cannot be formatted: {message}"))
                .help("`keyrail validate` shows what is wrong, and where")
        })
}
