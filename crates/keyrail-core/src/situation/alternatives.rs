//! What to use instead of an access key, as far as the event hints at where the key is used.

use super::credentials::issues_a_key;
use crate::activity::Activity;
use crate::taxonomy::Group;

/// Something to use instead of an access key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Alternative {
    /// What fits the use that is likely here.
    Likely { key_use: KeyUse, hint: Hint },
    /// What fits another use.
    Other(KeyUse),
    /// A policy by which no key is made in the first place: its file in keyrail's repository.
    Prevention { file: &'static str },
}

/// What a key is used in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyUse {
    /// EC2, ECS, Lambda.
    Workload,
    Pipeline,
    Laptop,
    /// A machine outside AWS.
    Outside,
    /// A browser or mobile app.
    App,
    /// Mail by SMTP of SES, whose password is made of a key.
    Mail,
}

impl KeyUse {
    const ALL: [Self; 6] = [
        Self::Workload,
        Self::Pipeline,
        Self::Laptop,
        Self::Outside,
        Self::App,
        Self::Mail,
    ];
}

/// What a guess at a key's use rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hint {
    /// A word in the user's name.
    Name(&'static str),
    /// Whoever gets a key for themselves uses it themselves.
    OnSelf,
}

/// The file that denies making access keys, in keyrail's repository.
const DENIES_KEYS: &str = "infra/preventive/deny-access-keys.json";

impl Alternative {
    /// The likely one first.
    pub(super) fn all_of(activity: &Activity) -> Vec<Self> {
        if !issues_a_key(activity) || activity.target.is_root == Some(true) {
            return Vec::new();
        }
        let issued = activity.groups.contains(&Group::IssueAccessKey);
        let likely = likely(activity).filter(|_| issued);
        let others = KeyUse::ALL.into_iter();
        let others = others.filter(|other| likely.is_none_or(|(likely, _)| likely != *other));
        // Where making it was denied, such a policy may be the reason.
        let prevented = issued && activity.outcome.succeeded == Some(true);
        let prevention = prevented.then_some(Self::Prevention { file: DENIES_KEYS });
        likely
            .map(|(key_use, hint)| Self::Likely { key_use, hint })
            .into_iter()
            .chain(others.map(Self::Other))
            .chain(prevention)
            .collect()
    }
}

/// Words in user names. They are parts between separators, so that `marcia` is no `ci`.
const NAMES: [(KeyUse, &[&str]); 5] = [
    (KeyUse::Mail, &["mail", "mailer", "ses", "smtp"]),
    (
        KeyUse::Pipeline,
        &[
            "actions",
            "bitbucket",
            "build",
            "buildkite",
            "ci",
            "circleci",
            "deploy",
            "deployer",
            "github",
            "gitlab",
            "jenkins",
            "pipeline",
            "terraform",
        ],
    ),
    (
        KeyUse::App,
        &[
            "android", "browser", "frontend", "ios", "mobile", "spa", "web",
        ],
    ),
    (
        KeyUse::Workload,
        &[
            "api", "app", "backend", "batch", "ec2", "ecs", "eks", "lambda", "server", "service",
            "svc", "worker",
        ],
    ),
    (
        KeyUse::Outside,
        &["backup", "datacenter", "nas", "onprem", "vmware"],
    ),
];

/// What the user's name hints at, and to whom the key was given.
fn likely(activity: &Activity) -> Option<(KeyUse, Hint)> {
    let user = activity.target.user.as_deref()?;
    let lower = user.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    for (key_use, names) in NAMES {
        if let Some(name) = names.iter().find(|name| words.contains(*name)) {
            return Some((key_use, Hint::Name(name)));
        }
    }
    activity
        .is_on_self()
        .then_some((KeyUse::Laptop, Hint::OnSelf))
}
