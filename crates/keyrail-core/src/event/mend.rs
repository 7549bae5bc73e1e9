//! JSON that is almost JSON.
//!
//! A caller's text that was cut between the halves of a character, or holds bytes
//! that are not text at all, must not hide the rest of an event.

/// The same JSON with each byte that is no UTF-8, and each half of a surrogate pair
/// without its other half, replaced by U+FFFD.
pub(super) fn mended(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut mended = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    while let Some((before, escape)) = rest.split_once('\\') {
        mended.push_str(before);
        let (kept, length) = match (
            surrogate(escape),
            escape
                .get(5..)
                .and_then(|next| surrogate(next.strip_prefix('\\')?)),
        ) {
            (Some(Half::High), Some(Half::Low)) => (escape.get(..11), 11),
            (Some(_), _) => (Some("ufffd"), 5),
            // Any other escape is one character, which may be a backslash.
            (None, _) => {
                let length = escape.chars().next().map_or(0, char::len_utf8);
                (escape.get(..length), length)
            }
        };
        mended.push('\\');
        mended.push_str(kept.unwrap_or_default());
        rest = escape.get(length..).unwrap_or_default();
    }
    mended.push_str(rest);
    mended
}

enum Half {
    High,
    Low,
}

/// Which half of a surrogate pair `uXXXX` is, if it is one.
fn surrogate(escape: &str) -> Option<Half> {
    let code = u16::from_str_radix(escape.strip_prefix('u')?.get(..4)?, 16).ok()?;
    match code {
        0xd800..=0xdbff => Some(Half::High),
        0xdc00..=0xdfff => Some(Half::Low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_broken_is_replaced() {
        for (broken, whole) in [
            (r#""a\ud83d""#, r#""a\ufffd""#),
            (r#""\udc00b""#, r#""\ufffdb""#),
            (r#""\ud83d\ude00""#, r#""\ud83d\ude00""#),
            (r#""\ud83d\u0041""#, r#""\ufffd\u0041""#),
            (r#""\\ud83d \" \n""#, r#""\\ud83d \" \n""#),
            (r#""\u12""#, r#""\u12""#),
            ("plain", "plain"),
        ] {
            assert_eq!(mended(broken.as_bytes()), whole);
        }
        assert_eq!(mended(b"\"\xff\""), "\"\u{fffd}\"");
    }
}
