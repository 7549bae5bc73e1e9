//! The page that the tests write, each its own part.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::met::Met;
use super::stage::Scene;
use super::{Error, Groups, listed};

/// The part of a call: a row for each way in which its errors end.
pub(super) fn section(scene: &Scene, met: &[(Error, Met)]) -> String {
    let title = format!("`{}`: {}", scene.call, scene.when);
    let met: Vec<(Error, String)> = met.iter().map(|(error, met)| (*error, way(met))).collect();
    rows(&title, "the call | the alert | then | words", &met)
}

/// A part of its own: rows of cells that are alike in one.
pub(super) fn rows(title: &str, head: &str, rows: &[(Error, String)]) -> String {
    let columns = head.matches('|').count() + 2;
    let line = vec!["---"; columns].join(" | ");
    let mut text = format!("### {title}\n\n| errors, by HTTP status | {head} |\n| {line} |\n");
    let mut ways: Vec<(&str, Vec<Error>)> = Vec::new();
    for (error, way) in rows {
        match ways.iter_mut().find(|(known, _)| known == way) {
            Some((_, errors)) => errors.push(*error),
            None => ways.push((way, vec![*error])),
        }
    }
    let groups = listed().groups;
    let all: BTreeSet<&str> = rows.iter().map(|(error, _)| error.code).collect();
    for (way, errors) in &ways {
        // Writing to a `String` cannot fail.
        writeln!(text, "| {} | {way} |", grouped(errors, &all, &groups))
            .expect("a `String` takes it");
    }
    text.push('\n');
    text
}

/// The errors, those of a group by its name where the call has no others of it.
fn grouped(errors: &[Error], all: &BTreeSet<&str>, groups: &Groups) -> String {
    let mut left: BTreeSet<(u16, &str)> = errors.iter().map(|it| (it.status, it.code)).collect();
    let mut cells = Vec::new();
    for (group, members) in groups {
        let of_it = |code: &&str| members.iter().any(|member| member == code);
        let count = all.iter().filter(|code| of_it(code)).count();
        if count > 1 && left.iter().filter(|(_, code)| of_it(code)).count() == count {
            cells.push(format!("*{group}*"));
            left.retain(|(_, code)| !of_it(code));
        }
    }
    let left: Vec<(u16, &str)> = left.into_iter().collect();
    for group in left.chunk_by(|one, other| one.0 == other.0) {
        let codes: Vec<String> = group.iter().map(|(_, code)| format!("`{code}`")).collect();
        cells.push(format!("{} {}", group[0].0, codes.join(", ")));
    }
    cells.join("; ")
}

/// What keyrail does, in cells.
fn way(met: &Met) -> String {
    let call = if met.tries > 1 {
        "sent again"
    } else {
        "sent once"
    };
    let alert = match (met.is_told(), met.result()) {
        (false, _) => "none".to_owned(),
        (true, "") => met.state().to_owned(),
        (true, result) => format!("{}, {result}", met.state()),
    };
    let then = match &met.again {
        Some(kind) => format!("`{kind}`: tried again"),
        None if met.is_put_off && !met.is_told() => "put off".to_owned(),
        None => "done".to_owned(),
    };
    format!("{call} | {alert} | {then} | {}", met.words)
}

/// Asserts that the page has a part as it is now; `KEYRAIL_UPDATE=1` writes it.
pub(super) fn holds(part: &str, text: &str) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/aws-errors.md");
    let (start, end) = (
        format!("<!-- {part} -->\n\n"),
        format!("<!-- /{part} -->\n"),
    );
    // Other tests write their parts of it.
    let file = std::fs::File::open(path).expect("the page is there");
    file.lock().expect("the page can be locked");
    let page = std::fs::read_to_string(path).expect("the page can be read");
    let (before, rest) = page.split_once(&start).expect("the page has the part");
    let (written, after) = rest.split_once(&end).expect("the part has an end");
    if std::env::var_os("KEYRAIL_UPDATE").is_some() {
        let page = format!("{before}{start}{text}{end}{after}");
        std::fs::write(path, page).expect("the page can be written");
        return;
    }
    assert_eq!(written, text, "KEYRAIL_UPDATE=1 writes it anew");
}
