//! The structure of the crates, held by tests: no file uses itself by way of others, and what
//! `keyrail-core` is made of uses only what stands before it.
//!
//! `cargo test -p keyrail-core --test structure -- --nocapture` prints what was looked at.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod arrows;
mod source;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use self::arrows::{Arrows, Crate, circles};

/// Each crate of the workspace, with its first file.
fn crates() -> Vec<(String, PathBuf, &'static str)> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folders = fs::read_dir(all).expect("there are crates");
    let mut crates: Vec<_> = folders
        .map(|folder| folder.expect("it can be read").path())
        .filter(|folder| folder.join("Cargo.toml").exists())
        .map(|folder| {
            let name = folder.file_name().expect("it has a name");
            let name = name.to_string_lossy().into_owned();
            let source = folder.join("src");
            let is_library = source.join("lib.rs").exists();
            (name, source, if is_library { "lib.rs" } else { "main.rs" })
        })
        .collect();
    crates.sort();
    crates
}

fn read(source: &Path, root: &str) -> Crate {
    Crate::read(root, |file| fs::read_to_string(source.join(file)).ok())
}

fn told(arrows: &Arrows, is_of: impl Fn(&str, &str) -> bool) -> String {
    let mut told = String::new();
    for ((from, to), names) in arrows.iter().filter(|((from, to), _)| is_of(from, to)) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        writeln!(told, "  {from} -> {to}: {}", names.join(", ")).expect("it is a text");
    }
    told
}

#[test]
fn no_crate_has_a_circle_among_its_files() {
    let mut found = String::new();
    for (name, source, root) in crates() {
        let arrows = read(&source, root).arrows();
        let circles = circles(&arrows);
        println!("{name}: {} arrows, {} circles", arrows.len(), circles.len());
        assert!(
            !arrows.is_empty() || name == "keyrail-lambda",
            "{name}: nothing was read"
        );
        for circle in circles {
            let within = |from: &str, to: &str| circle.contains(from) && circle.contains(to);
            write!(
                found,
                "{name}, {} files:\n{}",
                circle.len(),
                told(&arrows, within)
            )
            .expect("it is a text");
        }
    }
    assert_eq!(found, "");
}

/// `lib.rs` lists the modules in groups: each uses those of its own and of earlier ones.
#[test]
fn no_arrow_of_the_core_points_back() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let root = fs::read_to_string(source.join("lib.rs")).expect("it is there");
    let groups = Crate::groups(&root);
    assert!(groups.len() > 5, "{groups:?}");
    let place: BTreeMap<&str, usize> = groups
        .iter()
        .enumerate()
        .flat_map(|(place, group)| group.iter().map(move |module| (module.as_str(), place)))
        .collect();
    let place_of = |file: &str| {
        let module = file.split(['/', '.']).next().unwrap_or_default();
        place.get(module).copied().unwrap_or(usize::MAX)
    };
    let arrows = read(&source, "lib.rs").arrows();
    let back = told(&arrows, |from, to| place_of(from) < place_of(to));
    assert_eq!(back, "");
}

/// A crate of a few files, one text each.
fn made_up(files: &[(&str, &str)]) -> Arrows {
    let files: BTreeMap<&str, &str> = files.iter().copied().collect();
    let read = Crate::read("lib.rs", |file| {
        files.get(file).map(|text| (*text).to_owned())
    });
    read.arrows()
}

#[test]
fn a_circle_is_found_however_it_is_written() {
    for (says, a, b) in [
        (
            "an import",
            "use crate::b::B; pub struct A(B);",
            "use crate::a::A; pub struct B(Vec<A>);",
        ),
        (
            "a path",
            "pub struct A(crate::b::B);",
            "pub struct B(Vec<super::a::A>);",
        ),
        (
            "a module",
            "use crate::b; pub fn a() { b::b() }",
            "use super::a; pub fn b() { a::a() }",
        ),
        (
            "handed on",
            "use crate::B; pub struct A(B);",
            "use crate::A; pub struct B(Vec<A>);",
        ),
        (
            "in a function",
            "pub fn a() { use crate::b::b; b() }",
            "pub fn b() { crate::a::a() }",
        ),
        (
            "a method",
            "pub struct A; impl A { fn a(&self) { self.b() } }",
            "use crate::a::A; impl A { pub fn b(&self) {} }",
        ),
        (
            "a method of a trait",
            "use crate::T; pub struct A; impl A { pub fn a(&self) { self.t() } }",
            "use crate::a::A; use crate::T; impl T for A { fn t(&self) { self.a() } }",
        ),
        (
            "a function of a type",
            "pub struct A; pub fn a() { A::b() }",
            "use crate::a::A; impl A { pub fn b() {} }",
        ),
        (
            "a macro",
            "pub struct A; pub fn a() { println!(\"{}\", crate::b::B) }",
            "use crate::a::A; pub const B: A = A;",
        ),
    ] {
        let root = "mod a; mod b; pub use self::a::A; pub use self::b::B;";
        let arrows = made_up(&[("lib.rs", root), ("a.rs", a), ("b.rs", b)]);
        assert_eq!(circles(&arrows).len(), 1, "{says}: {arrows:?}");
    }
}

#[test]
fn a_folder_may_use_its_files_and_these_not_the_folder() {
    let child = "use super::A; pub fn of(_: &A) {}";
    let parent = "mod child; pub struct A; pub fn a() { child::of(&A) }";
    let arrows = made_up(&[
        ("lib.rs", "mod a;"),
        ("a.rs", parent),
        ("a/child.rs", child),
    ]);
    assert_eq!(circles(&arrows).len(), 1, "{arrows:?}");
    // What is only handed on stands where it is defined.
    let parent = "mod child; mod data; pub use self::data::A; pub fn a(a: &A) { child::of(a) }";
    let data = "pub struct A;";
    let files = [
        ("lib.rs", "mod a;"),
        ("a.rs", parent),
        ("a/child.rs", child),
        ("a/data.rs", data),
    ];
    assert_eq!(circles(&made_up(&files)), []);
}

#[test]
fn what_is_for_tests_only_is_left_out() {
    let a = "use crate::b::B; pub struct A(B);";
    let b =
        "pub struct B; #[cfg(test)] mod tests { use crate::a::A; } #[cfg(test)] use crate::a::A;";
    let text = "pub const TEXT: &str = \"crate::a::A\"; // crate::a::A";
    let b = format!("{b} {text}");
    let arrows = made_up(&[("lib.rs", "mod a; mod b;"), ("a.rs", a), ("b.rs", &b)]);
    assert_eq!(arrows.len(), 1, "{arrows:?}");
    assert_eq!(circles(&arrows), []);
}
