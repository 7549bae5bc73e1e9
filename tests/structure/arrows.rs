//! The arrows among the files of a crate: which file uses what another one defines. What is handed
//! on by `pub use` belongs to the file that defines it.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Module, modules_of};

/// From a file to another one, with the names that it takes from there.
pub(crate) type Arrows = BTreeMap<(String, String), BTreeSet<String>>;

/// The modules of a crate, all of them.
pub(crate) struct Crate {
    modules: Vec<Module>,
    by_path: BTreeMap<Vec<String>, usize>,
}

/// What a path leads to.
#[derive(Clone, Copy)]
enum Found {
    Item(usize),
    Module(usize),
}

/// How many imports may lead to one another: those that go in a circle lead nowhere.
const DEEPEST: usize = 16;

impl Crate {
    /// Reads a crate from its files below `src`, of which `root` is the first.
    pub(crate) fn read(root: &str, text_of: impl Fn(&str) -> Option<String>) -> Self {
        let mut modules: Vec<Module> = Vec::new();
        let mut waiting = vec![(Vec::new(), root.to_owned())];
        while let Some((path, file)) = waiting.pop() {
            let text = text_of(&file).unwrap_or_else(|| panic!("there is no {file}"));
            for module in modules_of(&path, &file, &text) {
                waiting.extend(module.in_files.iter().map(|name| {
                    let mut path = module.path.clone();
                    path.push(name.clone());
                    let (flat, folder) = (path.join("/") + ".rs", path.join("/") + "/mod.rs");
                    let file = if text_of(&flat).is_some() {
                        flat
                    } else {
                        folder
                    };
                    (path, file)
                }));
                modules.push(module);
            }
        }
        let by_path = modules.iter().enumerate();
        let by_path = by_path
            .map(|(place, module)| (module.path.clone(), place))
            .collect();
        Self { modules, by_path }
    }

    /// All arrows.
    pub(crate) fn arrows(&self) -> Arrows {
        let away = self.methods_away_from_their_types();
        let mut arrows = Arrows::new();
        for (from, module) in self.modules.iter().enumerate() {
            let mut add = |file: &str, name: &str| {
                if file != module.file {
                    let arrow = (module.file.clone(), file.to_owned());
                    arrows.entry(arrow).or_default().insert(name.to_owned());
                }
            };
            let imported = module.imports.iter().filter_map(|import| {
                let name = import.name.as_ref()?;
                let is_used = !import.is_public || module.words.contains(name);
                is_used.then_some(&import.path)
            });
            for path in imported.chain(&module.paths) {
                if let Some(Found::Item(at)) = self.resolve(from, path, 0) {
                    let name = path.last().map_or("", String::as_str);
                    add(&self.modules[at].file, name);
                }
            }
            let own = module.methods.iter().filter_map(|(of, _)| of.as_deref());
            let own: BTreeSet<&str> = own.collect();
            for (of, name) in away.keys() {
                let is_named = module.paths.iter().any(|path| match path.as_slice() {
                    [.., first, last] => {
                        last == name && (first == of || first == "Self" && own.contains(of))
                    }
                    _ => false,
                });
                let is_called = own.contains(of) && module.own_calls.contains(*name);
                if is_named || is_called {
                    add(away[&(*of, *name)], name);
                }
            }
        }
        arrows
    }

    /// The methods of types, traits' too, that stand in another file than the type: type, method, file.
    fn methods_away_from_their_types(&self) -> BTreeMap<(&str, &str), &str> {
        let mut away = BTreeMap::new();
        for (place, module) in self.modules.iter().enumerate() {
            for (of, name) in &module.methods {
                let Some(of) = of else { continue };
                let found = self.resolve(place, std::slice::from_ref(of), 0);
                if matches!(found, Some(Found::Item(at)) if self.modules[at].file != module.file) {
                    away.insert((of.as_str(), name.as_str()), module.file.as_str());
                }
            }
        }
        away
    }

    fn resolve(&self, from: usize, path: &[String], depth: usize) -> Option<Found> {
        let (first, mut rest) = path.split_first()?;
        let module = &self.modules[from];
        let mut found = match first.as_str() {
            "crate" => Found::Module(*self.by_path.get(&Vec::new())?),
            "self" => Found::Module(from),
            "super" => {
                let mut at = module.path.as_slice();
                at = at.split_last()?.1;
                while let Some(("super", behind)) = rest.split_first().map(|(a, b)| (a.as_str(), b))
                {
                    at = at.split_last()?.1;
                    rest = behind;
                }
                Found::Module(*self.by_path.get(at)?)
            }
            name => self.look_up(from, name, depth)?,
        };
        for name in rest {
            match found {
                Found::Module(at) => found = self.look_up(at, name, depth)?,
                // A variant, a method or a constant of a type.
                Found::Item(_) => break,
            }
        }
        Some(found)
    }

    fn look_up(&self, at: usize, name: &str, depth: usize) -> Option<Found> {
        if depth > DEEPEST {
            return None;
        }
        let module = &self.modules[at];
        let mut below = module.path.clone();
        below.push(name.to_owned());
        if let Some(child) = self.by_path.get(&below) {
            return Some(Found::Module(*child));
        }
        let named = module
            .imports
            .iter()
            .filter(|import| import.name.as_deref() == Some(name));
        let named = named.map(|import| self.resolve(at, &import.path, depth + 1));
        let globs = module.imports.iter().filter(|import| import.name.is_none());
        let in_globs = globs.map(|import| match self.resolve(at, &import.path, depth + 1)? {
            Found::Module(from) => self.look_up(from, name, depth + 1),
            Found::Item(_) => None,
        });
        // Before what it defines: a macro may seem to define what it only names.
        let own = module.items.contains(name).then_some(Found::Item(at));
        named.chain([own]).chain(in_globs).flatten().next()
    }

    /// The modules that the crate declares, in the groups that blank lines make of them: what
    /// stands in one may use what stands in it or in one before it.
    pub(crate) fn groups(root: &str) -> Vec<Vec<String>> {
        let groups = root.split("\n\n").map(|group| {
            let lines = group.lines().filter_map(|line| {
                let line = line
                    .trim_start_matches("pub ")
                    .trim_start_matches("pub(crate) ");
                line.strip_prefix("mod ")?
                    .strip_suffix(';')
                    .map(str::to_owned)
            });
            lines.collect::<Vec<String>>()
        });
        groups.filter(|group| !group.is_empty()).collect()
    }
}

/// The files that use one another in a circle, circle by circle: two are in one
/// circle if each can be reached from the other.
pub(crate) fn circles(arrows: &Arrows) -> Vec<BTreeSet<String>> {
    let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to) in arrows.keys() {
        next.entry(from).or_default().push(to);
    }
    let mut all: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for from in next.keys().copied() {
        let mut waiting = vec![from];
        let reached = all.entry(from).or_default();
        while let Some(at) = waiting.pop() {
            let new = next.get(at).into_iter().flatten();
            waiting.extend(new.filter(|to| reached.insert(**to)));
        }
    }
    let mut circles: Vec<BTreeSet<String>> = Vec::new();
    for (file, reached) in all.iter().filter(|(file, reached)| reached.contains(*file)) {
        let back = |other: &&&str| all.get(**other).is_some_and(|back| back.contains(file));
        let circle = reached
            .iter()
            .filter(back)
            .map(|other| (*other).to_owned())
            .collect();
        if !circles.contains(&circle) {
            circles.push(circle);
        }
    }
    circles
}
