//! What the bundle is to hold, as options or answers say it.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::str::FromStr;

use ipnet::IpNet;
use keyrail_core::Mode;
use keyrail_core::id::AccountId;

use crate::bundle::network;
use crate::exit::Failure;
use crate::principal::Principal;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Wishes {
    pub mode: Option<Mode>,
    pub accounts: Vec<Account>,
    pub networks: BTreeMap<String, Vec<IpNet>>,
    /// For emergencies, and who answers for it.
    pub break_glass: Option<(Principal, String)>,
}

/// `111122223333=sandbox`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub id: AccountId,
    pub name: Option<String>,
}

impl Wishes {
    /// Asks for what no option has said. An answer that is wrong is asked for again; an
    /// empty one, and the end of the answers, skip the question.
    pub(super) fn ask(
        &mut self,
        answers: &mut impl BufRead,
        mut note: impl FnMut(&str) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        note("Enter skips a question; all of it can be changed in keyrail.toml later.\n")?;
        let mut ask = |question: &str| note(&format!("{question}: "));
        if self.mode.is_none() {
            let question = "Mode of the bundle, `observe` or `enforce` [the deployment's]";
            self.mode = answer(answers, &mut ask, question, |text| {
                text.parse().map_err(|error| format!("{error}"))
            })?;
        }
        if self.accounts.is_empty() {
            let mut question = "Account that policies may name, as ID or ID=NAME [none]";
            while let Some(account) = answer(answers, &mut ask, question, str::parse)? {
                self.accounts.push(account);
                question = "Another account [no more]";
            }
        }
        if self.networks.is_empty() {
            let question = "The office's network, such as 198.51.100.0/24 [none]";
            let range = |text: &str| network(&format!("office={text}"));
            if let Some((name, range)) = answer(answers, &mut ask, question, range)? {
                self.networks.insert(name, vec![range]);
            }
        }
        if self.break_glass.is_none() {
            let question = "ARN of the user or role for emergencies [none]";
            if let Some(principal) = answer(answers, &mut ask, question, str::parse)? {
                let question = "Who answers for it, a team or an address [security]";
                let owner = answer(answers, &mut ask, question, line)?;
                let owner = owner.unwrap_or_else(|| "security".to_owned());
                self.break_glass = Some((principal, owner));
            }
        }
        Ok(())
    }
}

fn answer<T>(
    answers: &mut impl BufRead,
    ask: &mut impl FnMut(&str) -> Result<(), Failure>,
    question: &str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<T>, Failure> {
    let mut question = question.to_owned();
    loop {
        ask(&question)?;
        let mut line = String::new();
        answers
            .read_line(&mut line)
            .map_err(|error| Failure::input(format!("cannot read the answer: {error}")))?;
        match line.trim() {
            "" => return Ok(None),
            text => match parse(text) {
                Ok(value) => return Ok(Some(value)),
                Err(error) => question = format!("{error}\nAgain, or Enter to skip"),
            },
        }
    }
}

impl FromStr for Account {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (id, name) = match text.split_once('=') {
            Some((id, name)) => (id, Some(line(name)?)),
            None => (text, None),
        };
        Ok(Self {
            id: id.parse().map_err(|error| format!("`{id}`: {error}"))?,
            name,
        })
    }
}

/// One line that is not empty.
pub(super) fn line(text: &str) -> Result<String, String> {
    let text = text.trim();
    match text.is_empty() || text.contains(char::is_control) {
        true => Err("it must be one line, and not empty".to_owned()),
        false => Ok(text.to_owned()),
    }
}

/// In quotes, as TOML and Cedar write a text of one line.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(answers: &str) -> (Wishes, String) {
        let mut wishes = Wishes::default();
        let mut said = String::new();
        wishes
            .ask(&mut answers.as_bytes(), |text| {
                said.push_str(text);
                Ok(())
            })
            .expect("answers can be read");
        (wishes, said)
    }

    #[test]
    fn nothing_but_enter_and_no_answers_at_all_wish_for_nothing() {
        for answers in ["", "\n\n\n\n", "\r\n"] {
            assert_eq!(asked(answers).0, Wishes::default(), "{answers:?}");
        }
    }

    #[test]
    fn answers_are_taken_and_a_wrong_one_is_asked_for_again() {
        let (wishes, said) = asked(
            "enforc\nenforce\n12\n111122223333=sandbox\n444455556666\n\n198.51.100.0/24\narn:aws:iam::111122223333:root\narn:aws:iam::111122223333:user/ops/help\n\n",
        );
        let account = |text: &str| text.parse::<Account>().expect("an account");
        let principal = "arn:aws:iam::111122223333:user/ops/help";
        assert_eq!(
            wishes,
            Wishes {
                mode: Some(Mode::Enforce),
                accounts: vec![account("111122223333=sandbox"), account("444455556666")],
                networks: [(
                    "office".to_owned(),
                    vec!["198.51.100.0/24".parse().expect("a range")]
                )]
                .into(),
                break_glass: Some((
                    principal.parse().expect("a principal"),
                    "security".to_owned()
                )),
            }
        );
        for again in [
            "`enforc` is not one of observe, enforce\nAgain",
            "`12`: an account id must be twelve digits\nAgain",
            "`arn:aws:iam::111122223333:root` is no ARN of a user or role",
        ] {
            assert!(said.contains(again), "{said}");
        }
    }

    #[test]
    fn what_an_option_said_is_not_asked() {
        let mut wishes = Wishes {
            mode: Some(Mode::Observe),
            networks: [("vpn".to_owned(), Vec::new())].into(),
            ..Wishes::default()
        };
        let mut questions = 0;
        let count = |text: &str| {
            questions += usize::from(text.ends_with(": "));
            Ok(())
        };
        wishes.ask(&mut "".as_bytes(), count).expect("it asks");
        assert_eq!(questions, 2);
    }
}
