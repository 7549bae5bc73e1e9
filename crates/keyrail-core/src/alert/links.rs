//! Links into the console. They are made only of parsed ids, so that no event can aim
//! them elsewhere.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::content::Labelled;
use crate::activity::{Activity, ActorKind};
use crate::id::{AccountId, UserName};
use crate::report::Report;

/// What a user's name may have besides letters and digits, and links need no escape for.
const IN_A_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// The user's page, and the event in CloudTrail; or the account, where neither is known
/// and there is a portal to open it. `labels` are the words before them.
pub(crate) fn links(report: &Report, labels: [&'static str; 3]) -> Vec<Labelled> {
    let [user_label, event_label, account_label] = labels;
    let activity = &report.activity;
    // Where nobody knows the console's address, there is none to link to.
    let console = activity.partition().map(|partition| partition.console);
    let user = user(activity).zip(console).map(|(user, console)| Labelled {
        label: user_label,
        text: format!(
            "https://{console}/iam/home#/users/details/{}?section=security_credentials",
            utf8_percent_encode(user.as_str(), IN_A_PATH)
        ),
    });
    let region = activity.region.as_deref().filter(|region| is_slug(region));
    let id = report.event.id.as_deref().filter(|id| is_slug(id));
    // CloudTrail does not have what other services report.
    let is_in_trail = !activity.kind.is_report() && report.about.repeats().is_none();
    let event =
        region
            .zip(id)
            .zip(console)
            .filter(|_| is_in_trail)
            .map(|((region, id), console)| Labelled {
                label: event_label,
                text: format!(
                    "https://{region}.{console}/cloudtrailv2/home?region={region}#/events/{id}"
                ),
            });
    let found: Vec<Labelled> = user.into_iter().chain(event).collect();
    let account = activity
        .account
        .as_deref()
        .and_then(|id| id.parse::<AccountId>().ok());
    let Some((portal, account)) = report.on_alerts.portal.as_deref().zip(account) else {
        return found;
    };
    if found.is_empty() {
        return vec![Labelled {
            label: account_label,
            text: through(portal, &account, None),
        }];
    }
    let through = found.into_iter().map(|link| Labelled {
        text: through(portal, &account, Some(&link.text)),
        ..link
    });
    through.collect()
}

/// The access portal opens the console in an account, at a page, in the role that
/// whoever clicks chooses (IAM Identity Center User Guide, "Create shortcut links to AWS
/// Management Console destinations", checked 2026-11-25).
fn through(portal: &str, account: &AccountId, page: Option<&str>) -> String {
    let portal = portal.trim_end_matches(['/', '#']);
    let page = page.map(|page| utf8_percent_encode(page, NON_ALPHANUMERIC).to_string());
    let page = page
        .map(|page| format!("&destination={page}"))
        .unwrap_or_default();
    format!("{portal}/#/console?account_id={account}{page}")
}

fn user(activity: &Activity) -> Option<UserName> {
    let target = activity.target.user.as_deref();
    let acted = match activity.actor.kind {
        ActorKind::IamUser => activity.actor.name.as_deref(),
        _ => None,
    };
    target.or(acted)?.parse().ok()
}

pub(crate) fn is_slug(text: &str) -> bool {
    text.len() <= 64
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
