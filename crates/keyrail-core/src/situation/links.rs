//! Links into the console. They are made only of parsed ids, so that no event can aim
//! them elsewhere.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::about::About;
use super::command::Slug;
use crate::activity::Activity;
use crate::activity::particulars::FindingSource;
use crate::id::{AccountId, UserName};
use crate::report::Report;

/// A link into the console.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub to: Page,
    pub url: String,
}

/// The page that a link opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    /// The account's start page, where nothing more is known.
    Account,
    /// The event in CloudTrail.
    Event,
    /// The finding, in the console of who found it.
    Finding,
    /// The user's credentials in IAM.
    User,
}

/// What has to be done before a link works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignIn<'a> {
    /// The access portal opens it.
    ThroughPortal,
    /// To this account, where it is known.
    ToAccount(Option<&'a str>),
}

/// What a user's name may have besides letters and digits, and links need no escape for.
const IN_A_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

impl<'a> SignIn<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        match report.on_alerts.portal {
            Some(_) => Self::ThroughPortal,
            None => Self::ToAccount(report.activity.account.as_deref()),
        }
    }
}

impl Link {
    /// The user's page, and the event in CloudTrail; or the account, where neither is known
    /// and there is a portal to open it.
    pub(super) fn all_of(report: &Report, about: About<'_>) -> Vec<Self> {
        let activity = &report.activity;
        let direct: Vec<Self> = Self::to_user(activity)
            .into_iter()
            .chain(Self::to_event(report, about))
            .chain(Self::to_finding(activity))
            .collect();
        let account = activity.account.as_deref();
        let account = account.and_then(|id| id.parse::<AccountId>().ok());
        let Some((portal, account)) = report.on_alerts.portal.as_deref().zip(account) else {
            return direct;
        };
        if direct.is_empty() {
            return vec![Self {
                to: Page::Account,
                url: through(portal, &account, None),
            }];
        }
        let through = direct.into_iter().map(|link| Self {
            url: through(portal, &account, Some(&link.url)),
            ..link
        });
        through.collect()
    }

    fn to_user(activity: &Activity) -> Option<Self> {
        let target = activity.target.user.as_deref();
        let user: UserName = target.or(activity.actor.user())?.parse().ok()?;
        // Where nobody knows the console's address, there is none to link to.
        let console = activity.partition()?.console;
        let name = utf8_percent_encode(user.as_str(), IN_A_PATH);
        Some(Self {
            to: Page::User,
            url: format!(
                "https://{console}/iam/home#/users/details/{name}?section=security_credentials"
            ),
        })
    }

    /// By its id, as these consoles' own links have it: GuardDuty's in `fId`, and Security Hub's as
    /// a filter.
    fn to_finding(activity: &Activity) -> Option<Self> {
        let finding = activity.particulars.finding.as_ref()?;
        let region = Slug::parse(activity.region.as_deref()?)?;
        let region = region.as_str();
        let console = activity.partition()?.console;
        let id = finding.id.as_deref()?;
        let url = match finding.source {
            FindingSource::GuardDuty => {
                let id = Slug::parse(id)?;
                format!(
                    "https://{region}.{console}/guardduty/home?region={region}#/findings?macros=current&fId={}",
                    id.as_str()
                )
            }
            FindingSource::SecurityHub => {
                let id = utf8_percent_encode(id, IN_A_PATH);
                format!(
                    "https://{region}.{console}/securityhub/home?region={region}#/findings?search=Id%3D%255Coperator%255C%253AEQUALS%255C%253A{id}"
                )
            }
        };
        Some(Self {
            to: Page::Finding,
            url,
        })
    }

    fn to_event(report: &Report, about: About<'_>) -> Option<Self> {
        let activity = &report.activity;
        // CloudTrail does not have what other services report.
        if activity.kind.is_report() || matches!(about, About::FollowUp(_)) {
            return None;
        }
        let region = Slug::parse(activity.region.as_deref()?)?;
        let id = Slug::parse(report.event.id.as_deref()?)?;
        let (region, id) = (region.as_str(), id.as_str());
        let console = activity.partition()?.console;
        Some(Self {
            to: Page::Event,
            url: format!(
                "https://{region}.{console}/cloudtrailv2/home?region={region}#/events/{id}"
            ),
        })
    }
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
