//! ARNs, the names of things in AWS: `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE` (IAM User
//! Guide, "Identify AWS resources with Amazon Resource Names (ARNs)", checked 2026-11-29).

use std::fmt;

/// An ARN, taken apart. Its parts are as the text has them: no part but the first is checked, as
/// whoever makes a thing chooses its name, and patterns have wildcards in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arn<'a> {
    /// Such as `aws-cn`, whether it is in the table of partitions or not.
    pub partition: &'a str,
    /// Such as `iam`.
    pub service: &'a str,
    /// The Region; empty for what is in none.
    pub region: &'a str,
    /// The account's id; empty for what is in none, `aws` for what AWS provides.
    pub account: &'a str,
    /// The rest, colons included.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Takes an ARN apart; `None` if the text is not one.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        if parts.next() != Some("arn") {
            return None;
        }
        Some(Self {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next()?,
        })
    }

    /// The ARN of something of IAM's, such as `user/bob`, in an account.
    #[must_use]
    pub fn of_iam(partition: &'a str, account: &'a str, resource: &'a str) -> Self {
        Self {
            partition,
            service: "iam",
            region: "",
            account,
            resource,
        }
    }

    /// The sort of resource, where the ARN says it: `user` of `user/team/anaya`, `function` of
    /// `function:keyrail`.
    #[must_use]
    pub fn kind(&self) -> Option<&'a str> {
        self.split().map(|(kind, _, _)| kind)
    }

    /// The path of a user, role or policy: `/team/` of `user/team/anaya`, `/` of `user/anaya`.
    #[must_use]
    pub fn path(&self) -> Option<&'a str> {
        let from = self.resource.find('/')?;
        let to = self.resource.rfind('/')?;
        self.resource.get(from..=to)
    }

    /// The resource's own name: `anaya` of `user/team/anaya`, `keyrail` of
    /// `function:keyrail:live`. A topic or queue has nothing but a name, behind which the ARN of
    /// a subscription goes on.
    #[must_use]
    pub fn name(&self) -> &'a str {
        match self.split() {
            Some((_, '/', _)) => self.last(),
            Some(("function" | "layer" | "log-group" | "alarm", _, rest)) => {
                rest.split(':').next().unwrap_or(rest)
            }
            Some((topic, _, _)) => topic,
            None => self.resource,
        }
    }

    /// What stands behind the last slash: the name of a user, role or policy, and of a session.
    #[must_use]
    fn last(&self) -> &'a str {
        let last = self.resource.rsplit('/').next();
        last.unwrap_or(self.resource)
    }

    /// The user's name, if it is the ARN of a user.
    #[must_use]
    pub fn user(&self) -> Option<&'a str> {
        (self.kind() == Some("user")).then(|| self.last())
    }

    /// The role's name, if it is the ARN of a role or of a session of one.
    #[must_use]
    pub fn role(&self) -> Option<&'a str> {
        match self.split()? {
            ("assumed-role", '/', rest) => rest.split('/').next(),
            ("role", '/', _) => Some(self.last()),
            _ => None,
        }
    }

    /// Whether it is the queue of SQS that has this URL:
    /// `https://sqs.us-east-1.amazonaws.com/111122223333/name`.
    #[must_use]
    pub fn is_queue_at(&self, url: &str) -> bool {
        let mut of_url = url.rsplit('/');
        !self.resource.is_empty()
            && !self.account.is_empty()
            && of_url.next() == Some(self.resource)
            && of_url.next() == Some(self.account)
    }

    /// The resource in two, at its first slash or colon, which stands between them.
    fn split(&self) -> Option<(&'a str, char, &'a str)> {
        let at = self.resource.find(['/', ':'])?;
        let (kind, rest) = self.resource.split_at_checked(at)?;
        let mut rest = rest.chars();
        let separator = rest.next()?;
        Some((kind, separator, rest.as_str()))
    }
}

/// The account in an ARN; a text that is not an ARN is taken for the account itself, as
/// policies write either.
#[must_use]
pub(crate) fn account_in(text: &str) -> &str {
    Arn::parse(text).map_or(text, |arn| arn.account)
}

impl fmt::Display for Arn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            partition,
            service,
            region,
            account,
            resource,
        } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_taken_apart_and_written_as_it_was() {
        let text = "arn:aws-cn:iam::111122223333:user/team/anaya";
        let arn = Arn::parse(text).expect("it is an ARN");
        assert_eq!(arn.partition, "aws-cn");
        assert_eq!((arn.service, arn.region), ("iam", ""));
        assert_eq!(arn.account, "111122223333");
        assert_eq!(arn.resource, "user/team/anaya");
        assert_eq!(arn.to_string(), text);
        assert_eq!(
            Arn::of_iam("aws-cn", "111122223333", "user/team/anaya"),
            arn
        );
        for text in [
            "",
            "bob",
            "arn:aws:iam",
            "arn:aws:iam::111122223333",
            "ARN:aws:iam::1:root",
        ] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_resource_has_a_kind_and_a_name() {
        for (resource, kind, name) in [
            ("user/anaya", Some("user"), "anaya"),
            ("user/team/anaya", Some("user"), "anaya"),
            ("role/a:b/deploy", Some("role"), "deploy"),
            ("assumed-role/deploy/anaya", Some("assumed-role"), "anaya"),
            ("root", None, "root"),
            ("keyrail-AlertTopic", None, "keyrail-AlertTopic"),
            ("topic:3f1c", Some("topic"), "topic"),
            ("function:keyrail:live", Some("function"), "keyrail"),
            (
                "log-group:/aws/lambda/keyrail:*",
                Some("log-group"),
                "/aws/lambda/keyrail",
            ),
            (
                "rule/bus/keyrail-RootRule",
                Some("rule"),
                "keyrail-RootRule",
            ),
        ] {
            let arn = Arn::of_iam("aws", "111122223333", resource);
            assert_eq!((arn.kind(), arn.name()), (kind, name), "{resource}");
        }
    }

    #[test]
    fn users_and_roles_are_known_by_their_names_and_paths() {
        for (resource, user, role, path) in [
            ("user/anaya", Some("anaya"), None, Some("/")),
            ("user/team/a/anaya", Some("anaya"), None, Some("/team/a/")),
            (
                "role/service/deploy",
                None,
                Some("deploy"),
                Some("/service/"),
            ),
            // Whoever makes a role chooses its path.
            ("role/x:user/deploy", None, Some("deploy"), Some("/x:user/")),
            (
                "assumed-role/deploy/bob",
                None,
                Some("deploy"),
                Some("/deploy/"),
            ),
            ("root", None, None, None),
        ] {
            let arn = Arn::of_iam("aws", "111122223333", resource);
            assert_eq!(
                (arn.user(), arn.role(), arn.path()),
                (user, role, path),
                "{resource}"
            );
        }
    }

    #[test]
    fn a_queue_has_an_arn_and_a_url() {
        let url = "https://sqs.us-east-1.amazonaws.com/111122223333/keyrail-RecheckQueue";
        for (arn, url, same) in [
            (
                "arn:aws:sqs:us-east-1:111122223333:keyrail-RecheckQueue",
                url,
                true,
            ),
            (
                "arn:aws:sqs:us-east-1:444455556666:keyrail-RecheckQueue",
                url,
                false,
            ),
            ("arn:aws:sqs:us-east-1:111122223333:another", url, false),
            (
                "arn:aws:sqs:us-east-1:111122223333:keyrail-RecheckQueue",
                "",
                false,
            ),
            (
                "arn:aws:sqs:us-east-1::",
                "https://sqs.us-east-1.amazonaws.com//",
                false,
            ),
        ] {
            let arn = Arn::parse(arn).expect("it is an ARN");
            assert_eq!(arn.is_queue_at(url), same, "{arn} {url}");
        }
    }
}
