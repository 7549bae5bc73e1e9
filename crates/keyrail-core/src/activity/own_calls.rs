//! What keyrail's own function does, which is not to be told of each time.

use super::Activity;

/// What CloudTrail shows of keyrail's function at work.
const OWN_CALLS: [&str; 24] = [
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
    "iam:AttachUserPolicy",
    "iam:DeleteAccessKey",
    "iam:DeleteLoginProfile",
    "iam:PutRolePolicy",
    "iam:PutUserPermissionsBoundary",
    "iam:PutUserPolicy",
    "iam:UpdateAccessKey",
    "iam:UpdateServiceSpecificCredential",
    "iam:UpdateSigningCertificate",
    "iam:UpdateSSHPublicKey",
    "kms:Decrypt",
    "kms:GenerateDataKey",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sns:Publish",
    "sqs:DeleteMessage",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
    "sts:AssumeRole",
    "sts:AssumeRoot",
];

impl Activity {
    /// Whether a call is one that keyrail's function makes: what contains, the ways into
    /// other accounts, and its log. It never sets anything to Active, and grants nothing.
    pub(crate) fn is_containment(&self) -> bool {
        let activates = self
            .target
            .status
            .as_deref()
            .is_some_and(|status| !status.eq_ignore_ascii_case("Inactive"));
        let grants = self.administrator == Some(true);
        let action = self.action.as_deref().unwrap_or_default();
        !activates && !grants && OWN_CALLS.contains(&action)
    }
}
