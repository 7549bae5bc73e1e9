//! Where a key is used, as far as the event hints at it.

use crate::activity::Activity;

/// Where keys are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Workload,
    Pipeline,
    Laptop,
    Outside,
    App,
}

impl Place {
    pub(crate) const ALL: [Self; 5] = [
        Self::Workload,
        Self::Pipeline,
        Self::Laptop,
        Self::Outside,
        Self::App,
    ];
}

/// A guess, and what it rests on.
#[derive(Debug)]
pub(crate) struct Likely {
    pub place: Place,
    pub because: Hint,
}

/// What a guess rests on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Hint {
    /// A word in the user's name.
    Name(&'static str),
    /// Whoever gets a key for themselves uses it themselves.
    OnSelf,
}

/// Words in user names. They are parts between separators, so that `marcia` is no `ci`.
const NAMES: [(Place, &[&str]); 4] = [
    (
        Place::Pipeline,
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
        Place::App,
        &[
            "android", "browser", "frontend", "ios", "mobile", "spa", "web",
        ],
    ),
    (
        Place::Workload,
        &[
            "api", "app", "backend", "batch", "ec2", "ecs", "eks", "lambda", "server", "service",
            "svc", "worker",
        ],
    ),
    (
        Place::Outside,
        &["backup", "datacenter", "nas", "onprem", "vmware"],
    ),
];

/// What the user's name hints at, and to whom the key was given.
pub(crate) fn likely(activity: &Activity) -> Option<Likely> {
    let user = activity.target.user.as_deref()?;
    let lower = user.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    for (place, names) in NAMES {
        if let Some(name) = names.iter().find(|name| words.contains(*name)) {
            let because = Hint::Name(name);
            return Some(Likely { place, because });
        }
    }
    activity.is_on_self().then_some(Likely {
        place: Place::Laptop,
        because: Hint::OnSelf,
    })
}
