//! What an event is claimed by, so that it is handled once, and how long that is known.

use jiff::SignedDuration;

use super::{Body, Event};
use crate::json::Json;

mod finding;

/// How long the claim on an event is kept. EventBridge tries for a day at most, and Lambda for
/// six hours.
pub(crate) const EVENT_LASTS: SignedDuration = SignedDuration::from_hours(48);

/// How long the claim on a finding of Security Hub is kept, which comes again with each of its
/// updates. So long Security Hub itself keeps an active finding that nothing updates (Security
/// Hub User Guide, "Creating and updating findings in Security Hub CSPM", checked 2026-11-29).
pub(crate) const FINDING_LASTS: SignedDuration = SignedDuration::from_hours(90 * 24);

impl Event {
    /// The id under which it is claimed: judging it again is another piece of work.
    #[must_use]
    pub(crate) fn claim(&self) -> Option<String> {
        let id = self.reported().or_else(|| self.id.clone())?;
        Some(match self.again {
            true => format!("{id} again"),
            false => id,
        })
    }

    /// How long the claim on it is kept.
    #[must_use]
    pub(crate) fn claim_lasts(&self) -> SignedDuration {
        match self.finding() {
            Some(_) => FINDING_LASTS,
            None => EVENT_LASTS,
        }
    }

    /// What a finding or notice is known by. It comes to the account that administers the
    /// service as well, and to a second Region, each time in an event of its own; AWS asks
    /// that notices be told apart by these (AWS Health User Guide, "About public events",
    /// checked 2026-11-26).
    fn reported(&self) -> Option<String> {
        match &self.body {
            Body::GuardDuty(finding) => {
                let (id, updated) = (finding.text(&["id"])?, finding.text(&["updatedAt"])?);
                Some(format!("{id} {updated}"))
            }
            Body::Health(notice) => {
                let affected = notice.text(&["affectedAccount"]);
                let account = affected.or_else(|| self.account.clone())?;
                let page = notice.text(&["page"]).unwrap_or_default();
                let arn = notice.text(&["eventArn"])?;
                let communication = notice.text(&["communicationId"])?;
                Some(format!("{arn} {communication} {account} {page}"))
            }
            // What a record amends was told, or is being told.
            Body::CloudTrail(record) => record.text(&["addendum", "originalEventID"]),
            // Sent on by hand, it is asked for once more.
            Body::SecurityHub(detail) if detail.text(&["actionName"]).is_some() => None,
            Body::Noted(_)
            | Body::SecurityHub(_)
            | Body::SecurityHubV2(_)
            | Body::TrustedAdvisor(_)
            | Body::Unrecognised(_) => self.finding(),
        }
    }

    /// What a finding of Security Hub is known by, in whatever state it is now. AWS sends one
    /// in each event; several are claimed by the event.
    fn finding(&self) -> Option<String> {
        let one = |detail: &Json| {
            let mut findings = detail.items(&["findings"]);
            let first = findings.next()?.clone();
            findings.next().is_none().then(|| Json::new(first))
        };
        match &self.body {
            Body::SecurityHub(detail) => finding::asff(&one(detail)?),
            Body::SecurityHubV2(detail) => finding::ocsf(&one(detail)?),
            Body::CloudTrail(_)
            | Body::GuardDuty(_)
            | Body::Health(_)
            | Body::Noted(_)
            | Body::TrustedAdvisor(_)
            | Body::Unrecognised(_) => None,
        }
    }
}
