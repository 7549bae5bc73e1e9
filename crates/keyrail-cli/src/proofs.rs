//! What is proved of a bundle: its properties, and why nothing was.

use std::path::Path;

use keyrail_core::Bundle;
use keyrail_prove::{Property, ProveError};

use crate::bundle;
use crate::exit::Failure;

/// Those of the bundle; without a folder of its own, those of the default bundle.
pub(crate) fn properties(
    folder: &Path,
    bundle: &Bundle,
) -> Result<Result<Vec<Property>, ProveError>, Failure> {
    let below = folder.join("properties");
    if !below.exists() {
        return Ok(Property::read(Bundle::embedded_properties(), bundle));
    }
    let unreadable = |error: std::io::Error| {
        Failure::input(format!("`{}` cannot be read: {error}", below.display()))
    };
    let mut files = Vec::new();
    for name in bundle::names(&below).map_err(unreadable)? {
        if !bundle::has_extension(&name, &["cedar"]) {
            return Ok(Err(ProveError::Property {
                file: format!("properties/{name}"),
                line: 1,
                column: 1,
                message: "it is not a `.cedar` file".to_owned(),
            }));
        }
        let text = bundle::text_of(&below.join(&name)).map_err(unreadable)?;
        files.push((format!("properties/{name}"), text));
    }
    let files = files
        .iter()
        .map(|(file, text)| (file.as_str(), text.as_str()));
    Ok(Property::read(files, bundle))
}

pub(crate) fn failure(error: ProveError) -> Failure {
    match error {
        ProveError::Bug(what) => Failure::bug(what),
        ProveError::NoSolver(_) => Failure::outside(format!("nothing was proved: {error}")).help(
            "`pip install cvc5`, or put the program cvc5 (1.3.1 or later, https://github.com/cvc5/cvc5/releases) on the path; `CVC5` or `--solver` names another",
        ),
        ProveError::Property { .. } => Failure::input(error.to_string())
            .help("docs/proofs.md says what a property is: a `permit` with `@id`, `@title` and `@expect`"),
        ProveError::Solver(_) => Failure::outside(format!("nothing was proved: {error}")).help(
            "`--solver` takes a command that reads SMT-LIB from its standard input, such as `cvc5 --lang smt`",
        ),
    }
}
