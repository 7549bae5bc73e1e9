//! Who acts, as a record has it: `userIdentity`.

use serde_json::{Value, json};

use crate::replay::facts::id_of;
use crate::replay::known::{Known, put};

impl Known<'_> {
    pub(super) fn identity(&self, account: &str) -> Value {
        let arn = |service: &str, rest: String| format!("arn:aws:{service}::{account}:{rest}");
        let of = |kind: &str| id_of(self.fact("principal"), kind);
        let mut identity = match self.place.principal {
            "User" => {
                let name = self.name(of("User").as_deref(), "principal.name", "anaya");
                let path = self
                    .text("principal.path")
                    .filter(|path| path.starts_with('/') && path.ends_with('/'));
                let path = path.unwrap_or("/");
                json!({
                    "type": "IAMUser", "userName": name, "principalId": "AIDACKCEVSQ6C2EXAMPLE",
                    "arn": arn("iam", format!("user{path}{name}")),
                })
            }
            "Root" => {
                json!({ "type": "Root", "principalId": account, "arn": arn("iam", "root".to_owned()) })
            }
            "RoleSession" => {
                let role = self.fact("principal in").and_then(Value::as_array);
                let role = role
                    .into_iter()
                    .flatten()
                    .find_map(|within| id_of(Some(within), "Role"));
                let instead = match self.flag("context.misused") {
                    Some(true) => "keyrail-GuardrailRole-1EXAMPLE",
                    _ => "operator",
                };
                let role = self.name(role.as_deref(), "principal.role", instead);
                let session = self.name(None, "principal.session", "session");
                json!({
                    "type": "AssumedRole", "principalId": format!("AROACKCEVSQ6C2EXAMPLE:{session}"),
                    "arn": arn("sts", format!("assumed-role/{role}/{session}")),
                    "sessionContext": { "sessionIssuer": {
                        "type": "Role", "principalId": "AROACKCEVSQ6C2EXAMPLE", "userName": role,
                        "arn": arn("iam", format!("role/{role}")), "accountId": account,
                    } },
                })
            }
            "AwsService" => {
                return json!({ "type": "AWSService", "invokedBy": "ec2.amazonaws.com" });
            }
            "ForeignAccount" => {
                return json!({ "type": "AWSAccount", "accountId": "999999999999", "principalId": "AIDAEXAMPLE" });
            }
            "FederatedUser" => json!({
                "type": "FederatedUser", "arn": arn("sts", "federated-user/anaya".to_owned()),
            }),
            "IdentityCenterUser" => json!({
                "type": "IdentityCenterUser", "onBehalfOf": { "userId": "a1b2c3d4", "identityStoreArn": "arn:aws:identitystore::111122223333:identitystore/d-1" },
            }),
            "SamlUser" => {
                json!({ "type": "SAMLUser", "userName": "anaya", "principalId": "example" })
            }
            "WebIdentityUser" => {
                json!({ "type": "WebIdentityUser", "userName": "anaya", "principalId": "example" })
            }
            _ => json!({ "type": "Unknown" }),
        };
        put(&mut identity, "accountId", json!(account));
        if let Some(temporary) = self.flag("context.temporary") {
            let key = self
                .text("context.accessKeyId")
                .filter(|key| key.len() >= 16);
            let instead = if temporary {
                "ASIAIOSFODNN7EXAMPLE"
            } else {
                "AKIAIOSFODNN7EXAMPLE"
            };
            put(&mut identity, "accessKeyId", json!(key.unwrap_or(instead)));
        }
        if let Some(mfa) = self.flag("context.mfa") {
            put(
                &mut identity,
                "sessionContext.attributes.mfaAuthenticated",
                json!(mfa.to_string()),
            );
        }
        if let Some(identity_of) = self.text("context.sourceIdentity") {
            put(
                &mut identity,
                "sessionContext.sourceIdentity",
                json!(identity_of),
            );
        }
        if self.flag("context.rootSession") == Some(true) {
            put(&mut identity, "sessionContext.assumedRoot", json!("true"));
        }
        if let Some(service) = self.text("context.service") {
            let service = if service.contains('.') {
                service
            } else {
                "cloudformation.amazonaws.com"
            };
            put(&mut identity, "invokedBy", json!(service));
        }
        identity
    }
}
