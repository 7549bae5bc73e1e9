//! The trails that record in a Region.

use keyrail_core::arn::Arn;
use keyrail_core::effects::EffectError;
use keyrail_core::watch::{Advanced, Asked, Basic, Field, Selectors, Trail};
use serde_json::{Value, json};

use super::answer::{flag, items, text, texts};
use super::asking::{Asker, CLOUDTRAIL, Question};
use super::session::Session;
use super::watcher::unread;

impl Session<'_> {
    /// All of them, those of other Regions and of the organization among them: `includeShadowTrails`
    /// is true if it is not given (CloudTrail API reference, `DescribeTrails`, checked 2026-11-29).
    pub(super) async fn trails(&self, asker: &Asker) -> Asked<Vec<Trail>> {
        let found = self.read_trails(asker).await;
        found.map_err(|error| unread(&error))
    }

    async fn read_trails(&self, asker: &Asker) -> Result<Vec<Trail>, EffectError> {
        let question = Question::of(&CLOUDTRAIL, "cloudtrail:DescribeTrails", json!({}));
        let listed = asker.ask(question).await?;
        let mut trails = Vec::new();
        for trail in items(&listed, "trailList") {
            let arn = text(trail, "TrailARN");
            // By its ARN, which a member account must give for a trail of the organization (the same,
            // `GetTrailStatus`).
            let name = json!({"Name": arn});
            let question = Question::of(&CLOUDTRAIL, "cloudtrail:GetTrailStatus", name);
            let status = asker.ask(question).await;
            let logging = status.map(|status| flag(&status, "IsLogging"));
            let owner = Arn::parse(&arn).map(|arn| arn.account);
            // The account and Region that it belongs to say what it records for all others.
            let is_own =
                owner == Some(self.account.as_str()) && text(trail, "HomeRegion") == asker.region;
            let selectors = match is_own {
                true => Some(selectors(asker, &arn).await.map_err(|error| unread(&error))),
                false => None,
            };
            trails.push(Trail {
                arn,
                logging: logging.map_err(|error| unread(&error)),
                selectors,
            });
        }
        Ok(trails)
    }
}

async fn selectors(asker: &Asker, arn: &str) -> Result<Selectors, EffectError> {
    let name = json!({"TrailName": arn});
    let question = Question::of(&CLOUDTRAIL, "cloudtrail:GetEventSelectors", name);
    let found = asker.ask(question).await?;
    let advanced: Vec<Advanced> = items(&found, "AdvancedEventSelectors")
        .map(advanced)
        .collect();
    Ok(match advanced.is_empty() {
        false => Selectors::Advanced(advanced),
        true => Selectors::Basic(items(&found, "EventSelectors").map(basic).collect()),
    })
}

fn advanced(selector: &Value) -> Advanced {
    let fields = items(selector, "FieldSelectors").map(|field| Field {
        name: text(field, "Field"),
        equals: texts(field, "Equals"),
        not_equals: texts(field, "NotEquals"),
        has_others: ["StartsWith", "EndsWith", "NotStartsWith", "NotEndsWith"]
            .iter()
            .any(|other| items(field, other).next().is_some()),
    });
    Advanced {
        fields: fields.collect(),
    }
}

fn basic(selector: &Value) -> Basic {
    Basic {
        read_write: text(selector, "ReadWriteType"),
        management: flag(selector, "IncludeManagementEvents"),
        excluded: texts(selector, "ExcludeManagementEventSources"),
    }
}
