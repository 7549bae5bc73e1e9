//! Where a key is used, as far as the event hints at it.

use crate::activity::Activity;

/// Where keys are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Workload,
    Pipeline,
    Laptop,
    Outside,
    App,
}

impl Place {
    pub(super) const ALL: [Self; 5] = [
        Self::Workload,
        Self::Pipeline,
        Self::Laptop,
        Self::Outside,
        Self::App,
    ];
}

/// A guess, and what it rests on.
#[derive(Debug)]
pub(super) struct Likely {
    pub place: Place,
    pub because: String,
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

/// What the user's name hints at; whoever gets a key for themselves uses it themselves.
pub(super) fn likely(activity: &Activity) -> Option<Likely> {
    let user = activity.target.user.as_deref()?;
    let lower = user.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    for (place, names) in NAMES {
        if let Some(name) = names.iter().find(|name| words.contains(*name)) {
            let because = format!("the user's name says {name}");
            return Some(Likely { place, because });
        }
    }
    activity.is_on_self().then(|| Likely {
        place: Place::Laptop,
        because: "the user made it for itself".to_owned(),
    })
}
