//! What the bundle is to hold, as options or answers say it.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::str::FromStr;

use ipnet::IpNet;
use keyrail_core::Mode;
use keyrail_core::arn::Arn;
use keyrail_core::id::AccountId;
use keyrail_core::partition::Partition;

use crate::bundle::network;
use crate::exit::Failure;

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

/// A user or role of IAM, by its ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Principal {
    pub partition: &'static Partition,
    pub account: AccountId,
    pub kind: Kind,
    /// With the path before it.
    pub path: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Role,
    User,
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

impl FromStr for Principal {
    type Err = String;

    fn from_str(arn: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{arn}` is no ARN of a user or role, such as `arn:aws:iam::111122223333:user/break-glass`"
            )
        };
        let parsed = Arn::parse(arn).filter(|arn| (arn.service, arn.region) == ("iam", ""));
        let Some(parsed) = parsed else {
            return Err(wrong());
        };
        let (kind, path) = match parsed.resource.split_once('/') {
            Some(("role", path)) => (Kind::Role, path),
            Some(("user", path)) => (Kind::User, path),
            _ => return Err(wrong()),
        };
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "/+=,.@_-".contains(c);
        let is_name = path.split('/').all(|part| !part.is_empty()) && path.chars().all(is_plain);
        match (Partition::by_id(parsed.partition), parsed.account.parse()) {
            (Some(partition), Ok(account)) if is_name => Ok(Self {
                partition,
                account,
                kind,
                path: path.to_owned(),
            }),
            _ => Err(wrong()),
        }
    }
}

impl Principal {
    pub(super) fn name(&self) -> &str {
        self.path
            .rsplit_once('/')
            .map_or(self.path.as_str(), |(_, name)| name)
    }

    /// The id by which policies and settings know it: a user's is without the path.
    pub(super) fn arn(&self) -> String {
        let (word, path) = match self.kind {
            Kind::Role => ("role", self.path.as_str()),
            Kind::User => ("user", self.name()),
        };
        let resource = format!("{word}/{path}");
        Arn::of_iam(self.partition.id, self.account.as_str(), &resource).to_string()
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

    #[test]
    fn a_user_is_known_without_its_path_and_a_role_with_it() {
        for (arn, known) in [
            ("user/ops/help", "user/help"),
            ("user/help", "user/help"),
            ("role/ops/help", "role/ops/help"),
        ] {
            for partition in ["aws", "aws-us-gov", "aws-cn", "aws-eusc"] {
                let principal: Principal = format!("arn:{partition}:iam::111122223333:{arn}")
                    .parse()
                    .expect("a principal");
                let expected = format!("arn:{partition}:iam::111122223333:{known}");
                assert_eq!(principal.arn(), expected);
            }
        }
        for arn in [
            "arn:aws:sts::111122223333:assumed-role/help/me",
            "arn:aws:iam::111122223333:user/",
            "arn:aws:iam::111122223333:user/a\"b",
            "arn:aws:iam::11112222333:user/help",
            "arn:aws-eu:iam::111122223333:user/help",
            "arn:aws:iam::111122223333:group/help",
            "help",
        ] {
            assert!(arn.parse::<Principal>().is_err(), "{arn}");
        }
    }
}
