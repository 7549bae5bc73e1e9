//! Events as CloudTrail and AWS Health have them.

use jiff::Timestamp;
use serde_json::{Value, json};

/// A call of IAM or EC2 that a user made with a key of theirs.
#[derive(Debug, Clone)]
pub(crate) struct Call<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub source: &'a str,
    pub account: &'a str,
    pub actor: &'a str,
    pub key: &'a str,
    pub time: Timestamp,
}

impl Call<'_> {
    pub(crate) fn event(&self, request: &Value, response: &Value) -> Value {
        let (account, time) = (self.account, self.time.to_string());
        json!({
            "version": "0", "id": format!("envelope-{}", self.id),
            "detail-type": "AWS API Call via CloudTrail", "source": format!("aws.{}", self.source),
            "account": account, "time": time, "region": "us-east-1", "resources": [],
            "detail": {
                "eventVersion": "1.11",
                "userIdentity": {
                    "type": "IAMUser", "principalId": "AIDACKCEVSQ6C2EXAMPLE",
                    "arn": format!("arn:aws:iam::{account}:user/{}", self.actor),
                    "accountId": account, "accessKeyId": self.key, "userName": self.actor,
                },
                "eventTime": time, "eventSource": format!("{}.amazonaws.com", self.source),
                "eventName": self.name, "awsRegion": "us-east-1",
                "sourceIPAddress": "198.51.100.17", "userAgent": "aws-cli/2.31.0", "readOnly": false,
                "requestParameters": request, "responseElements": response,
                "requestID": "3a4f5b6c-2222-4d5e-8f90-000000000001", "eventID": self.id,
                "eventType": "AwsApiCall", "managementEvent": true,
                "recipientAccountId": account, "eventCategory": "Management",
            },
        })
    }
}

/// anaya creates a key for a user.
pub(crate) fn key_created(account: &str, user: &str, key: &str, time: Timestamp) -> Value {
    let call = Call {
        id: "e0f1a2b3-1111-4c5d-9e8f-000000000001",
        name: "CreateAccessKey",
        source: "iam",
        account,
        actor: "anaya",
        key: "AKIAIOSFODNN7EXAMPLE",
        time,
    };
    call.event(
        &json!({"userName": user}),
        &json!({"accessKey": {"userName": user, "accessKeyId": key, "status": "Active"}}),
    )
}

/// anaya sets a user's key to a status.
pub(crate) fn key_set(
    account: &str,
    user: &str,
    key: &str,
    status: &str,
    time: Timestamp,
) -> Value {
    let call = Call {
        id: "e0f1a2b3-1111-4c5d-9e8f-000000000002",
        name: "UpdateAccessKey",
        source: "iam",
        account,
        actor: "anaya",
        key: "AKIAIOSFODNN7EXAMPLE",
        time,
    };
    let request = json!({"userName": user, "accessKeyId": key, "status": status});
    call.event(&request, &Value::Null)
}

/// AWS Health says that keys are exposed.
pub(crate) fn keys_exposed(account: &str, keys: &[String], time: Timestamp) -> Value {
    let entities: Vec<Value> = keys.iter().map(|key| json!({"entityValue": key})).collect();
    json!({
        "version": "0", "id": "health-1", "detail-type": "AWS Health Event", "source": "aws.health",
        "account": account, "region": "us-east-1", "time": time.to_string(), "resources": [],
        "detail": {
            "service": "RISK", "eventTypeCode": "AWS_RISK_CREDENTIALS_EXPOSED",
            "eventTypeCategory": "issue", "affectedEntities": entities,
        },
    })
}
