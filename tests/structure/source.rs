//! The modules of a crate: what each defines, imports and names, without what is for tests only.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// One module, in a file of its own or within another's.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// Its name, below the crate's.
    pub(crate) path: Vec<String>,
    /// The file that it stands in, below `src`.
    pub(crate) file: String,
    /// The modules that it declares to be in files of their own.
    pub(crate) in_files: Vec<String>,
    /// The names of the items that it defines.
    pub(crate) items: BTreeSet<String>,
    /// What it imports.
    pub(crate) imports: Vec<Import>,
    /// The paths that its code names.
    pub(crate) paths: BTreeSet<Vec<String>>,
    /// All words in its code, imports aside.
    pub(crate) words: BTreeSet<String>,
    /// The names of the methods that its types call on themselves.
    pub(crate) own_calls: BTreeSet<String>,
    /// Its methods: the name of the type, unless a trait declares them, and the method's.
    pub(crate) methods: Vec<(Option<String>, String)>,
}

/// One name that a module imports.
#[derive(Debug)]
pub(crate) struct Import {
    /// From where.
    pub(crate) path: Vec<String>,
    /// The name by which it is known here; `None` for all that are in there.
    pub(crate) name: Option<String>,
    /// Whether it is handed on.
    pub(crate) is_public: bool,
}

/// Reads the modules that stand in one file.
pub(crate) fn modules_of(path: &[String], file: &str, text: &str) -> Vec<Module> {
    let tokens: TokenStream = text.parse().expect("it is Rust");
    let mut all = Vec::new();
    read(path.to_vec(), file, tokens, &mut all);
    all
}

fn read(path: Vec<String>, file: &str, tokens: TokenStream, all: &mut Vec<Module>) {
    let mut module = Module {
        path,
        file: file.to_owned(),
        ..Module::default()
    };
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut rest = tokens.as_slice();
    let (mut is_test, mut is_public) = (false, false);
    while let [first, after @ ..] = rest {
        if let Some((attribute, behind)) = attribute(rest) {
            is_test |= is_for_tests(attribute);
            rest = behind;
            continue;
        }
        let word = word(first);
        if word.as_deref() == Some("pub") {
            is_public = true;
            rest = match after {
                [TokenTree::Group(group), behind @ ..]
                    if group.delimiter() == Delimiter::Parenthesis =>
                {
                    behind
                }
                _ => after,
            };
            continue;
        }
        let (item, behind) = split(rest, word.as_deref());
        rest = behind;
        if !is_test {
            module.take(item, is_public, all);
        }
        (is_test, is_public) = (false, false);
    }
    all.push(module);
}

impl Module {
    fn take(&mut self, item: &[TokenTree], is_public: bool, all: &mut Vec<Self>) {
        let words: Vec<Option<String>> = item.iter().map(word).collect();
        let at = |place: usize| words.get(place).and_then(Option::as_deref);
        match at(0) {
            Some("use") => {
                self.imports.extend(imports(&item[1..], is_public));
                return;
            }
            Some("mod") => {
                let mut path = self.path.clone();
                path.extend(at(1).map(str::to_owned));
                match item.get(2) {
                    Some(TokenTree::Group(body)) => read(path, &self.file, body.stream(), all),
                    _ => self.in_files.extend(at(1).map(str::to_owned)),
                }
                return;
            }
            Some("impl") => self.take_methods(item),
            // A macro defines what it is given the names of.
            Some(_) if matches!(item.get(1), Some(TokenTree::Punct(mark)) if mark.as_char() == '!') =>
            {
                let mut given = Self::default();
                given.scan(item);
                self.items.extend(given.words);
            }
            _ => {
                let keyword = |word: &&Option<String>| {
                    word.as_deref().is_some_and(|word| KEYWORDS.contains(&word))
                };
                let name = words.iter().skip_while(|word| !keyword(word));
                let name = name.skip_while(keyword).flatten().next();
                self.items.extend(name.cloned());
                if at(0) == Some("trait") {
                    self.take_methods(item);
                }
            }
        }
        self.scan(item);
    }

    fn take_methods(&mut self, item: &[TokenTree]) {
        let Some(TokenTree::Group(body)) = item.last() else {
            return;
        };
        let own = own_type(item);
        let body: Vec<TokenTree> = body.stream().into_iter().collect();
        for pair in body.windows(2) {
            if let [first, name] = pair
                && word(first).as_deref() == Some("fn")
            {
                let name = word(name).map(|name| (own.clone(), name));
                self.methods.extend(name);
            }
        }
    }

    /// Finds the paths, words and calls in code.
    fn scan(&mut self, tokens: &[TokenTree]) {
        let mut rest = tokens;
        // What stood before: a dot, and before that what it is of.
        let (mut is_after_dot, mut is_of_self) = (false, false);
        while let [first, after @ ..] = rest {
            rest = after;
            match first {
                TokenTree::Group(group) => {
                    let within: Vec<TokenTree> = group.stream().into_iter().collect();
                    self.scan(&within);
                }
                TokenTree::Ident(name) if name == "use" => {
                    let (item, behind) = split(after, Some("use"));
                    rest = behind;
                    let imports = imports(item, false).into_iter();
                    self.paths.extend(imports.map(|import| import.path));
                }
                TokenTree::Ident(name) => {
                    let mut path = vec![name.to_string()];
                    while let [colon, again, TokenTree::Ident(next), behind @ ..] = rest
                        && is(colon, ':')
                        && is(again, ':')
                    {
                        path.push(next.to_string());
                        rest = behind;
                    }
                    self.words.extend(path.iter().cloned());
                    match (is_after_dot, is_of_self) {
                        (false, _) => {
                            self.paths.insert(path);
                        }
                        (true, true) if is_call(rest) => self.own_calls.extend(path),
                        // A field; or a method, and no word says whose.
                        (true, _) => {}
                    }
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
            is_of_self &= is(first, '.');
            is_of_self |= word(first).as_deref() == Some("self");
            is_after_dot = is(first, '.');
        }
    }
}

fn is_call(rest: &[TokenTree]) -> bool {
    let delimiter = |group: &Group| group.delimiter() == Delimiter::Parenthesis;
    matches!(rest.first(), Some(TokenTree::Group(group)) if delimiter(group))
}

/// The words before the name of an item.
const KEYWORDS: [&str; 11] = [
    "async",
    "const",
    "enum",
    "fn",
    "macro_rules",
    "static",
    "struct",
    "trait",
    "type",
    "union",
    "unsafe",
];

/// An item, and what comes after it.
fn split<'a>(tokens: &'a [TokenTree], keyword: Option<&str>) -> (&'a [TokenTree], &'a [TokenTree]) {
    let is_function = tokens
        .iter()
        .take(4)
        .any(|token| word(token).as_deref() == Some("fn"));
    let ends_at_brace = match keyword {
        Some("use" | "static" | "type") => false,
        Some("const") => is_function,
        _ => true,
    };
    let end = tokens.iter().position(|token| match token {
        TokenTree::Group(group) => ends_at_brace && group.delimiter() == Delimiter::Brace,
        token => is(token, ';'),
    });
    tokens.split_at(end.map_or(tokens.len(), |end| end + 1))
}

/// An attribute, and what comes after it.
fn attribute(tokens: &[TokenTree]) -> Option<(&Group, &[TokenTree])> {
    match tokens {
        [mark, TokenTree::Group(group), rest @ ..] if is(mark, '#') => Some((group, rest)),
        [mark, not, TokenTree::Group(group), rest @ ..] if is(mark, '#') && is(not, '!') => {
            Some((group, rest))
        }
        _ => None,
    }
}

/// `#[cfg(test)]`
fn is_for_tests(attribute: &Group) -> bool {
    let words: Vec<String> = attribute
        .stream()
        .into_iter()
        .map(|token| token.to_string())
        .collect();
    words == ["cfg", "(test)"]
}

/// The type whose methods a block has, be they a trait's.
fn own_type(item: &[TokenTree]) -> Option<String> {
    let head = item.iter().take_while(
        |token| !matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace),
    );
    // `impl<'a> Of<'a> for Bounds<'a> where …`: the last name of the path outside of brackets.
    let (mut depth, mut is_impl, mut is_bound) = (0, false, false);
    let mut name = None;
    for token in head {
        match token {
            token if is(token, '<') => depth += 1,
            token if is(token, '>') => depth -= 1,
            TokenTree::Ident(word) if depth == 0 => match word.to_string().as_str() {
                "impl" => is_impl = true,
                "for" => name = None,
                "where" => is_bound = true,
                word if is_impl && !is_bound => name = Some(word.to_owned()),
                _ => {}
            },
            _ => {}
        }
    }
    name
}

/// Each name that a `use` imports.
fn imports(tree: &[TokenTree], is_public: bool) -> Vec<Import> {
    let mut found = Vec::new();
    import(tree, &[], is_public, &mut found);
    found
}

fn import(tree: &[TokenTree], above: &[String], is_public: bool, found: &mut Vec<Import>) {
    let mut path = above.to_vec();
    let mut name = None;
    let mut is_glob = false;
    let mut rest = tree;
    while let [first, after @ ..] = rest {
        rest = after;
        match first {
            TokenTree::Ident(word) if word == "as" => {
                name = after.first().and_then(self::word);
                rest = &[];
            }
            TokenTree::Ident(word) if word == "self" && !path.is_empty() => {}
            TokenTree::Ident(word) => path.push(word.to_string()),
            TokenTree::Group(group) => {
                let within: Vec<TokenTree> = group.stream().into_iter().collect();
                for one in within.split(|token| is(token, ',')) {
                    import(one, &path, is_public, found);
                }
                return;
            }
            token => is_glob |= is(token, '*'),
        }
    }
    if path.is_empty() {
        return;
    }
    let name = match is_glob {
        true => None,
        false => name.or_else(|| path.last().cloned()),
    };
    found.push(Import {
        path,
        name,
        is_public,
    });
}

fn word(token: &TokenTree) -> Option<String> {
    match token {
        TokenTree::Ident(word) => Some(word.to_string()),
        TokenTree::Group(_) | TokenTree::Literal(_) | TokenTree::Punct(_) => None,
    }
}

fn is(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}
