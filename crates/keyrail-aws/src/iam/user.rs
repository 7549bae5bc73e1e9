//! Reading an IAM user.

use keyrail_core::effects::{EffectError, EffectErrorKind, UserRecord};
use keyrail_core::id::UserName;

use super::time::time;
use crate::error::sorted;
use crate::reach::IamAccountClient;

impl IamAccountClient {
    pub(super) async fn user_unbounded(&self, user: &UserName) -> Result<UserRecord, EffectError> {
        const CALL: &str = "iam:GetUser";
        let asked = self.iam.get_user().user_name(user.as_str());
        let answer = asked.send().await.map_err(|error| sorted(CALL, &error))?;
        let user = answer.user.ok_or_else(unreadable)?;
        let boundary = user.permissions_boundary.as_ref();
        Ok(UserRecord {
            id: user.user_id,
            created: time(&user.create_date).ok_or_else(unreadable)?,
            boundary: boundary.and_then(|set| set.permissions_boundary_arn.clone()),
        })
    }
}

fn unreadable() -> EffectError {
    EffectError {
        kind: EffectErrorKind::Doubtful,
        message: "iam:GetUser: an answer that cannot be read".to_owned(),
        cause: None,
    }
}
