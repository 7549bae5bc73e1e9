//! The events that tests send.

use serde_json::{Value, json};

use super::World;

impl World {
    /// The event of a key that was set to Active.
    pub(crate) fn key_activated(&self, user: &str, key: &str) -> Value {
        self.call(
            "iam.amazonaws.com",
            "UpdateAccessKey",
            json!({"userName": user, "accessKeyId": key, "status": "Active"}),
            Value::Null,
        )
    }

    /// The event of a password that was set for a user, some seconds from now.
    pub(crate) fn password_changed(&self, user: &str, seconds: i64) -> Value {
        let parameters = json!({"userName": user, "passwordResetRequired": false});
        let event = self.call(
            "iam.amazonaws.com",
            "UpdateLoginProfile",
            parameters,
            Value::Null,
        );
        at(event, seconds)
    }

    /// The event of instances that a user launched with a key, some seconds from now.
    pub(crate) fn launched(&self, user: &str, key: &str, count: usize, seconds: i64) -> Value {
        let items: Vec<Value> = (0..count)
            .map(|number| json!({"instanceId": format!("i-{number:017}")}))
            .collect();
        let mut event = self.call(
            "ec2.amazonaws.com",
            "RunInstances",
            json!({"instancesSet": {"items": [{"minCount": count, "maxCount": count}]}}),
            json!({"instancesSet": {"items": items}}),
        );
        let identity = &mut event["detail"]["userIdentity"];
        identity["userName"] = user.into();
        identity["arn"] = format!("arn:aws:iam::{}:user/{user}", self.account).into();
        identity["accessKeyId"] = key.into();
        at(event, seconds)
    }

    /// The example event of an action, of now, in this account; `bob` is its user.
    pub(crate) fn example(&self, action: &str) -> Value {
        let entry = keyrail_core::taxonomy::find(action).expect("keyrail knows it");
        let event = entry.example(None).to_string();
        let event = event
            .replace("111122223333", &self.account)
            .replace("anaya", "bob");
        at(serde_json::from_str(&event).expect("it is JSON"), 0)
    }

    /// The event of a call that anaya made, other than those of the samples.
    pub(crate) fn call(
        &self,
        service: &str,
        name: &str,
        parameters: Value,
        response: Value,
    ) -> Value {
        let mut event = self.sample("key-created-for-another");
        event["source"] = format!("aws.{}", service.split('.').next().unwrap_or_default()).into();
        let detail = &mut event["detail"];
        detail["eventSource"] = service.into();
        detail["eventName"] = name.into();
        detail["eventID"] = format!("event-{name}").into();
        detail["requestParameters"] = parameters;
        detail["responseElements"] = response;
        event
    }

    /// The event of a key that was created for a user of this account.
    pub(crate) fn key_created(&self, user: &str, key: &str) -> Value {
        let mut event = self.sample("key-created-for-another");
        event["detail"]["requestParameters"]["userName"] = user.into();
        event["detail"]["responseElements"]["accessKey"]["userName"] = user.into();
        event["detail"]["responseElements"]["accessKey"]["accessKeyId"] = key.into();
        event
    }

    /// A sample event, moved into this account and to now: of an old one keyrail asks
    /// first whether things are as it says.
    pub(crate) fn sample(&self, name: &str) -> Value {
        let path = format!(
            "{}/../keyrail-cli/src/samples/{name}.json",
            env!("CARGO_MANIFEST_DIR")
        );
        let text = std::fs::read_to_string(path).expect("the sample is there");
        let mut event: Value = serde_json::from_str(&text.replace("111122223333", &self.account))
            .expect("the sample is JSON");
        let now = jiff::Timestamp::now()
            .strftime("%Y-%m-%dT%H:%M:%SZ")
            .to_string();
        event["time"] = now.as_str().into();
        if event["detail"]["eventTime"].is_string() {
            event["detail"]["eventTime"] = now.into();
        }
        event
    }
}

/// An event of some seconds from now.
fn at(mut event: Value, seconds: i64) -> Value {
    let time = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
    let time = time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    event["time"] = time.as_str().into();
    event["detail"]["eventTime"] = time.into();
    event
}

/// The value of a field, wherever it is.
pub(crate) fn find(json: &Value, name: &str) -> String {
    match json {
        Value::Object(object) => object
            .iter()
            .find_map(|(key, value)| match value.as_str() {
                Some(text) if key == name => Some(text.to_owned()),
                _ => Some(find(value, name)).filter(|found| !found.is_empty()),
            })
            .unwrap_or_default(),
        _ => String::new(),
    }
}
