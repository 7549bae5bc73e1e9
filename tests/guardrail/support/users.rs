//! Users and keys of a world's account, behind the proxy's back.

use aws_sdk_iam::types::StatusType;
use serde_json::json;

use super::World;
use super::emulator::Emulator;

impl World {
    /// Makes a user with one key, and returns the key's id.
    pub(crate) async fn user_with_key(&self, user: &str) -> String {
        self.iam
            .create_user()
            .user_name(user)
            .send()
            .await
            .expect("the emulator makes a user");
        self.new_key(user).await
    }

    pub(crate) async fn tag(&self, user: &str, key: &str, value: &str) {
        let tag = aws_sdk_iam::types::Tag::builder().key(key).value(value);
        self.iam
            .tag_user()
            .user_name(user)
            .tags(tag.build().expect("a tag has a key and a value"))
            .send()
            .await
            .expect("the emulator tags a user");
    }

    pub(crate) async fn set_status(&self, user: &str, key: &str, status: StatusType) {
        let call = self
            .iam
            .update_access_key()
            .user_name(user)
            .access_key_id(key)
            .status(status);
        call.send().await.expect("the emulator changes a key");
    }

    pub(crate) async fn delete_key(&self, user: &str, key: &str) {
        let call = self
            .iam
            .delete_access_key()
            .user_name(user)
            .access_key_id(key);
        call.send().await.expect("the emulator deletes a key");
    }

    pub(crate) async fn delete_user(&self, user: &str) {
        self.iam
            .delete_user()
            .user_name(user)
            .send()
            .await
            .expect("the emulator deletes a user");
    }

    /// The key's status as the emulator has it, behind the proxy's back.
    pub(crate) async fn status(&self, user: &str, key: &str) -> Option<StatusType> {
        let listed = self
            .iam
            .list_access_keys()
            .user_name(user)
            .send()
            .await
            .expect("the emulator lists keys");
        listed
            .access_key_metadata
            .into_iter()
            .find(|found| found.access_key_id() == Some(key))?
            .status
    }

    /// A further key of a user.
    pub(crate) async fn new_key(&self, user: &str) -> String {
        let made = self.iam.create_access_key().user_name(user).send().await;
        let key = made.expect("the emulator makes a key").access_key;
        key.expect("the answer holds the key").access_key_id
    }

    /// Makes a role that another account may assume with an external id.
    pub(crate) async fn new_role(&self, role: &str, trusted: &str, external_id: &str) {
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": {"AWS": format!("arn:aws:iam::{trusted}:root")},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
        }]});
        let made = self
            .iam
            .create_role()
            .role_name(role)
            .assume_role_policy_document(trust.to_string())
            .send();
        made.await.expect("the emulator makes a role");
    }

    /// Calls IAM of this account behind the proxy's back.
    pub(crate) async fn iam(&self, fields: &[(&str, &str)]) -> String {
        Emulator::at(&self.proxy.behind)
            .query(&self.account, "iam", fields)
            .await
    }

    /// The same, of a call that may fail.
    pub(crate) async fn try_iam(&self, fields: &[(&str, &str)]) -> Option<String> {
        let emulator = Emulator::at(&self.proxy.behind);
        emulator.try_query(&self.account, "iam", fields).await.ok()
    }

    /// Has the proxy see what a read shows now to a caller.
    pub(crate) async fn prime(&self, caller: &str, action: &str, fields: &[(&str, &str)]) {
        let mut all = vec![("Action", action)];
        all.extend(fields);
        let proxy = Emulator::at(&self.proxy.endpoint);
        // That there is none is an answer too.
        drop(proxy.try_query(caller, "iam", &all).await);
    }
}
