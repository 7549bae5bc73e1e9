//! What an event is claimed by, so that it is handled once.

use super::{Body, Event, Json};

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

    /// What a finding or notice is known by. It comes to the account that administers the
    /// service as well, and to a second Region, each time in an event of its own; AWS asks
    /// that notices be told apart by these (AWS Health User Guide, "About public events",
    /// checked 2026-11-26).
    fn reported(&self) -> Option<String> {
        let all = |report: &Json, paths: &[&str]| -> Option<String> {
            let texts: Option<Vec<_>> = paths.iter().map(|path| report.text_at(path)).collect();
            Some(texts?.join(" "))
        };
        let one = |findings: &Json| findings.items(&["findings"]).count() == 1;
        match &self.body {
            Body::GuardDuty(finding) => all(finding, &["id", "updatedAt"]),
            Body::Health(notice) => {
                let affected = notice.text(&["affectedAccount"]);
                let account = affected.or_else(|| self.account.clone())?;
                let page = notice.text(&["page"]).unwrap_or_default();
                let known = all(notice, &["eventArn", "communicationId"])?;
                Some(format!("{known} {account} {page}"))
            }
            Body::SecurityHub(findings) if one(findings) => all(
                findings,
                &[
                    "findings.0.ProductArn",
                    "findings.0.Id",
                    "findings.0.UpdatedAt",
                ],
            ),
            _ => None,
        }
    }
}
