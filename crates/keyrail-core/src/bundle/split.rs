//! Splitting a file into policies, so that one that cannot be read does not hide
//! what is wrong with the others.

/// The byte ranges of the policies in a file: each begins at its first annotation or
/// word, and ends behind its semicolon. What comes after the last one is a policy
/// too, if it is more than white space and comments.
pub(super) fn policies(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut start = None;
    let mut state = State::Between;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        state = match (state, c) {
            (State::Comment, '\n') => State::Between,
            (State::Comment, _) => State::Comment,
            (State::Text, '"') => State::Between,
            (State::Text, '\\') => {
                chars.next();
                State::Text
            }
            (State::Text, _) => State::Text,
            (State::Between, '/') if next == Some('/') => State::Comment,
            (State::Between, c) if c.is_whitespace() => State::Between,
            (State::Between, c) => {
                let begin = *start.get_or_insert(at);
                if c == ';' {
                    found.push((begin, at + 1));
                    start = None;
                }
                match c {
                    '"' => State::Text,
                    _ => State::Between,
                }
            }
        };
    }
    if let Some(begin) = start {
        found.push((begin, text.trim_end().len()));
    }
    found
}

#[derive(Clone, Copy)]
enum State {
    Between,
    Comment,
    Text,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_end_at_semicolons_that_are_not_in_texts_or_comments() {
        let text = "// a; b\n@id(\"x;\\\";\") forbid (principal, action, resource); // c;\npermit (x);\n garbage ";
        let found: Vec<&str> = policies(text)
            .into_iter()
            .filter_map(|(start, end)| text.get(start..end))
            .collect();
        assert_eq!(
            found,
            [
                "@id(\"x;\\\";\") forbid (principal, action, resource);",
                "permit (x);",
                "garbage"
            ]
        );
        assert_eq!(policies("// nothing\n"), []);
    }
}
