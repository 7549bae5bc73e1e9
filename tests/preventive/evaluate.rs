//! One call, judged by the layers that AWS has: service control policies, and the caller's own.

use std::{fs, path::PathBuf};

use iam_rs::{
    Arn, Context, ContextValue, Decision, IAMPolicy, IAMRequest, PolicyEvaluator, Principal,
    PrincipalId,
};
use serde_json::Value;

/// The project's folder.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// `Organizations User Guide`, "Quotas for AWS Organizations": 5,120 characters for a service
/// control policy. "All characters in your SCP count against its maximum size" ("SCP syntax"), white
/// space too, except that the console removes it (both 2026-11-29).
pub(crate) const LONGEST: usize = 5120;

/// A call of an AWS API, as authorization sees it.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub principal: String,
    pub action: String,
    /// `*` for an action that takes no resource.
    pub resource: String,
    pub context: Vec<(&'static str, ContextValue)>,
}

impl Call {
    pub(crate) fn new(principal: &str, action: &str, resource: &str) -> Self {
        Self {
            principal: principal.to_owned(),
            action: action.to_owned(),
            resource: resource.to_owned(),
            context: Vec::new(),
        }
    }

    pub(crate) fn with(mut self, key: &'static str, value: &str) -> Self {
        self.context
            .push((key, ContextValue::String(value.to_owned())));
        self
    }

    pub(crate) fn with_list(mut self, key: &'static str, values: &[&str]) -> Self {
        let values = values.iter().map(ToString::to_string).collect();
        self.context.push((key, ContextValue::StringList(values)));
        self
    }

    /// The same call in another partition of AWS.
    pub(crate) fn in_partition(&self, partition: &str) -> Self {
        let there = |text: &str| text.replace("arn:aws:", &format!("arn:{partition}:"));
        let mut call = Self::new(
            &there(&self.principal),
            &self.action,
            &there(&self.resource),
        );
        for (key, value) in &self.context {
            let value = match value {
                ContextValue::String(text) => ContextValue::String(there(text)),
                other => other.clone(),
            };
            call.context.push((key, value));
        }
        call
    }

    fn request(&self) -> IAMRequest {
        let service = self.action.split(':').next().unwrap();
        let resource = match self.resource.as_str() {
            // The crate wants an ARN. No pattern but `*` matches this one.
            "*" => format!("arn:aws:{service}:::*"),
            arn => arn.to_owned(),
        };
        let mut context = Context::new().with_string("aws:PrincipalArn", &self.principal);
        for (key, value) in &self.context {
            context.insert((*key).to_owned(), value.clone());
        }
        IAMRequest::new_with_context(
            Principal::Aws(PrincipalId::String(self.principal.clone())),
            &self.action,
            Arn::parse(&resource).unwrap(),
            context,
        )
    }
}

/// The service control policies that are attached, `FullAWSAccess` among them, and the policies of
/// somebody who may do everything.
#[derive(Debug, Clone)]
pub(crate) struct Attached {
    control: PolicyEvaluator,
    own: PolicyEvaluator,
}

impl Attached {
    pub(crate) fn of(policies: &[&Value]) -> Self {
        let mut control = PolicyEvaluator::with_policies(vec![everything()]);
        for policy in policies {
            // An operator that does not exist is an error.
            control.add_policy(IAMPolicy::from_json(&policy.to_string()).unwrap());
        }
        let own = PolicyEvaluator::with_policies(vec![everything()]);
        Self { control, own }
    }

    pub(crate) fn allow(&self, call: &Call) -> bool {
        let request = call.request();
        [&self.control, &self.own]
            .iter()
            .all(|layer| layer.evaluate(&request).unwrap().decision == Decision::Allow)
    }
}

fn everything() -> IAMPolicy {
    let allow = r#"{"Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}"#;
    IAMPolicy::from_json(allow).unwrap()
}

pub(crate) fn policy(name: &str) -> Value {
    serde_json::from_str(&read(&format!("infra/preventive/{name}"))).unwrap()
}

/// What a policy gets wrong.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Mistakes {
    pub denied: Vec<String>,
    pub let_through: Vec<String>,
}

pub(crate) fn mistakes(attached: &Attached, needed: &[Call], attacks: &[Call]) -> Mistakes {
    let names = |calls: &[Call], wrong: bool| {
        calls
            .iter()
            .filter(|call| attached.allow(call) == wrong)
            .map(|call| format!("{} {} {}", call.principal, call.action, call.resource))
            .collect()
    };
    Mistakes {
        denied: names(needed, false),
        let_through: names(attacks, true),
    }
}

const PARTITIONS: [&str; 4] = ["aws", "aws-us-gov", "aws-cn", "aws-eusc"];

/// Holds a policy to both, in each partition of AWS.
pub(crate) fn in_each_partition(file: &str, needed: &[Call], attacks: &[Call]) {
    let attached = Attached::of(&[&policy(file)]);
    for partition in PARTITIONS {
        let there = |calls: &[Call]| -> Vec<Call> {
            let calls = calls.iter();
            calls.map(|call| call.in_partition(partition)).collect()
        };
        let (needed, attacks) = (there(needed), there(attacks));
        let mistakes = mistakes(&attached, &needed, &attacks);
        println!(
            "{file} in {partition}: {} of {} needed calls allowed, {} of {} attacks denied",
            needed.len() - mistakes.denied.len(),
            needed.len(),
            attacks.len() - mistakes.let_through.len(),
            attacks.len(),
        );
        assert_eq!(mistakes, Mistakes::default(), "{file} in {partition}");
    }
}

/// The policy, each time with one of its statements, or one entry of its lists, left out.
pub(crate) fn shortened(policy: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    shorten(policy, "", &mut |path, place| {
        let mut shorter = policy.clone();
        let (list, index) = (path, place);
        let entries = shorter.pointer_mut(list).unwrap().as_array_mut().unwrap();
        let left_out = entries.remove(index);
        found.push((format!("{list}: {left_out}"), shorter));
    });
    found
}

fn shorten(value: &Value, path: &str, found: &mut impl FnMut(&str, usize)) {
    match value {
        Value::Array(entries) => {
            for (index, entry) in entries.iter().enumerate() {
                if entries.len() > 1 {
                    found(path, index);
                }
                shorten(entry, &format!("{path}/{index}"), found);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                shorten(field, &format!("{path}/{}", name.replace('/', "~1")), found);
            }
        }
        _ => {}
    }
}
