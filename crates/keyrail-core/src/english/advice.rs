//! What to use instead of an access key.

use super::to_do::issues_a_key;
use crate::activity::Activity;
use crate::alert::instead::{Hint, Place, likely};
use crate::taxonomy::Group;

/// One line for each place that a key is used in, the likely one first.
pub(super) fn instead(activity: &Activity) -> Vec<String> {
    if !issues_a_key(activity) || activity.target.is_root == Some(true) {
        return Vec::new();
    }
    let issued = activity.groups.contains(&Group::IssueAccessKey);
    let likely = likely(activity).filter(|_| issued);
    let first = likely.as_ref().map(|likely| {
        let (place, because) = (advice(likely.place), because(likely.because));
        format!("likely here ({because}): {place}")
    });
    let others = Place::ALL
        .into_iter()
        .filter(|place| likely.as_ref().is_none_or(|likely| likely.place != *place));
    first
        .into_iter()
        .chain(others.map(|place| advice(place).to_owned()))
        .chain(prevented(activity, issued))
        .collect()
}

/// What keeps a key from being made in the first place. Whoever was denied one has perhaps met it.
fn prevented(activity: &Activity, issued: bool) -> Option<String> {
    (issued && activity.outcome.succeeded == Some(true)).then(|| {
        format!("so that none is made but by exception: the service control policy {PREVENTED_BY}")
    })
}

/// The file that denies making access keys, in keyrail's repository.
const PREVENTED_BY: &str = "infra/preventive/deny-access-keys.json";

fn advice(place: Place) -> &'static str {
    match place {
        Place::Workload => "on EC2, ECS, Lambda: a role of the workload",
        Place::Pipeline => "in CI: a role assumed through OpenID Connect",
        Place::Laptop => "on a laptop: IAM Identity Center, or aws login",
        Place::Outside => "outside AWS: IAM Roles Anywhere",
        Place::App => "in a browser or mobile app: a Cognito identity pool",
    }
}

/// What a guess where a key is used rests on.
fn because(hint: Hint) -> String {
    match hint {
        Hint::Name(word) => format!("the user's name says {word}"),
        Hint::OnSelf => "the user made it for itself".to_owned(),
    }
}
