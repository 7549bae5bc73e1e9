//! What keyrail's own functions do, which is not to be told of each time.

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

/// What CloudTrail shows of the hourly check at work, other than that it reads.
const CALLS_OF_THE_CHECK: [&str; 8] = [
    "dynamodb:PutItem",
    "dynamodb:Query",
    "kms:Decrypt",
    "kms:GenerateDataKey",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sns:Publish",
    "sts:AssumeRole",
];

/// What the names of calls begin with that read.
const READING: [&str; 3] = ["Describe", "Get", "List"];

impl Activity {
    /// Whether a call is one that the hourly check makes: it reads, keeps what it found, and tells.
    pub(crate) fn is_check(&self) -> bool {
        let action = self.action.as_deref().unwrap_or_default();
        let name = action.split(':').next_back().unwrap_or_default();
        READING.iter().any(|begin| name.starts_with(begin)) || CALLS_OF_THE_CHECK.contains(&action)
    }

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
