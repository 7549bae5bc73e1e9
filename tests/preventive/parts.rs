//! What the templates make, and the calls that it needs: `parts.json`, which `tests/template` writes
//! and holds to the templates.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::evaluate::{Call, read};

#[derive(Debug, Deserialize)]
pub(crate) struct Parts {
    /// What keyrail's roles may call.
    grants: Vec<Grant>,
    #[serde(rename = "parts")]
    pub made: Vec<Part>,
    deploys: Vec<Deploys>,
    pub beats: Vec<BeatRole>,
}

/// A role that beats are made in.
#[derive(Debug, Deserialize)]
pub(crate) struct BeatRole {
    pub arn: String,
    /// Its inline policies.
    pub policies: Vec<Value>,
    /// Whom it trusts.
    pub trust: Value,
    /// The schedule group that its trust names.
    pub group: String,
}

#[derive(Debug, Deserialize)]
struct Grant {
    principal: String,
    action: String,
    resource: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Part {
    #[serde(rename = "type")]
    pub kind: String,
    pub arn: String,
    /// Whose credentials CloudFormation uses.
    by: String,
}

#[derive(Debug, Deserialize)]
struct Deploys {
    #[serde(rename = "type")]
    kind: String,
    on_it: Vec<String>,
    /// Actions that take no resource.
    on_any: Vec<String>,
}

pub(crate) const MAPPING: &str = "AWS::Lambda::EventSourceMapping";

impl Parts {
    pub(crate) fn read() -> Self {
        serde_json::from_str(&read("tests/preventive/parts.json")).unwrap()
    }

    /// Every call that the templates grant to the roles that they make.
    pub(crate) fn granted(&self) -> Vec<Call> {
        self.grants
            .iter()
            .map(|grant| Call::new(&grant.principal, &grant.action, &grant.resource))
            .collect()
    }

    /// Every call that CloudFormation makes to deploy, change and remove the templates.
    pub(crate) fn deployed(&self) -> Vec<Call> {
        let deploys: BTreeMap<_, _> = self
            .deploys
            .iter()
            .map(|deploys| (deploys.kind.as_str(), deploys))
            .collect();
        let mut calls = Vec::new();
        for part in &self.made {
            let deploys = deploys[part.kind.as_str()];
            let on_it = deploys
                .on_it
                .iter()
                .map(|action| (action, part.arn.as_str()));
            let on_any = deploys.on_any.iter().map(|action| (action, "*"));
            calls.extend(on_it.chain(on_any).map(|(action, resource)| {
                let call = Call::new(&part.by, action, resource);
                match part.kind.as_str() {
                    MAPPING => call.with("lambda:FunctionArn", &part.arn),
                    _ => call,
                }
            }));
        }
        calls
    }
}

impl Part {
    pub(crate) fn account(&self) -> &str {
        self.arn.split(':').nth(4).unwrap()
    }

    pub(crate) fn service(&self) -> &str {
        self.arn.split(':').nth(2).unwrap()
    }
}
