"""Which rule delivers which event, and which events no rule may deliver."""

from tests.template.variants import BY_ROOTS_SERVICE, ROLE, SERVICE, SERVICE_LINKED

# The rule that delivers each sample; None: no rule may.
SAMPLES = {
    "key-created-for-another": "AccessKeyRule",
    "key-created-for-self": "AccessKeyRule",
    "key-created-denied": "AccessKeyRule",
    "root-key-created": "AccessKeyRule",
    "root-sign-in": "SignInRule",
    "root-sign-in-failed": "SignInRule",
    "root-api-call": "RootRule",
    "sign-in-with-mfa": "SignInRule",
    "sign-in-without-mfa": "SignInRule",
    "sign-in-federated": "SignInRule",
    "sign-in-failed": "SignInRule",
    "unrelated-call": None,
}

# Events of the taxonomy whose example violates nothing, and which are routed all the same.
NEEDED_ALL_THE_SAME = {
    "iam:UpdateLoginProfile change-password": "that of another user is; and a launch may follow",
    "iam:ChangePassword change-password": "a launch may follow",
    "ec2:RunInstances launch-compute": "a password change may have come before",
    "ec2:RequestSpotInstances launch-compute": "the same",
    "ec2:RequestSpotFleet launch-compute": "the same",
    "ec2:CreateFleet launch-compute": "the same",
    "lightsail:CreateInstances launch-compute": "the same",
    "signin:ConsoleLogin sign-in": "one without MFA, by root or that failed is",
}

# Events of the taxonomy that no guardrail of the default bundle asks for.
NOT_ROUTED = {
    "iam:DeleteAccessKey": "takes a credential away",
    "sts:GetSessionToken": "many tools call it for MFA",
    "signin:AuthorizeOAuth2Access": "CreateOAuth2Token follows, and is routed",
    "signin:GetSigninToken": "the sign-in that it leads to is routed",
    "sts:AssumeRole assume-role": "roles are assumed all day, and WatchedRoles names those that matter",
    "sts:AssumeRoleWithSAML assume-role": "the same",
    "sts:AssumeRoleWithWebIdentity assume-role": "the same",
    "signin:SwitchRole assume-role": "the same",
    "signin:ExitRole": "the role's rights are no news",
    "signin:RenewRole": "the same",
    "iam:AttachRolePolicy escalate-privilege": "no guardrail asks for roles",
    "iam:PutRolePolicy escalate-privilege": "the same",
    "iam:CreatePolicyVersion escalate-privilege": "it does not say whose policy it is",
    "iam:SetDefaultPolicyVersion escalate-privilege": "the same",
}

# What tampers only by its parameters, which denied calls do not show.
UNSEEN_IF_DENIED = {
    "events:PutRule tamper-audit",
    "iam:CreateUser",
    "iam:PutUserPolicy tamper-guardrail",
    "iam:UpdateUser",
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:DeleteBucketPublicAccessBlock",
    "s3:DeleteBucketReplication",
    "s3:PutBucketEncryption",
    "s3:PutBucketLifecycle",
    "s3:PutBucketLogging",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketReplication",
    "s3:PutBucketVersioning",
    "logs:DeleteLogGroup tamper-audit",
    "logs:DeleteLogStream tamper-audit",
    "logs:DeleteMetricFilter tamper-audit",
    "logs:DeleteSubscriptionFilter tamper-audit",
    "logs:PutRetentionPolicy tamper-audit",
}


def is_of_each_region(entry, group):
    """Whether an event of the taxonomy is delivered in each region. keyrail's own log is at home."""
    own_log = group == "tamper-guardrail" and entry["source"] == "aws.logs"
    return entry["place"] == "region" and not own_log


def security_hub(finding, v2=False):
    return {
        "source": "aws.securityhub",
        "detail-type": "Findings Imported V2" if v2 else "Security Hub Findings - Imported",
        "account": "111122223333",
        "region": "eu-north-1",
        "detail": {"findings": [finding]},
    }


def sent_by_hand(action, finding):
    event = security_hub(finding)
    detail = event["detail"] | {"actionName": action, "actionDescription": "example"}
    return event | {"detail-type": "Security Hub Findings - Custom Action", "detail": detail}


NEW = {"RecordState": "ACTIVE", "Workflow": {"Status": "NEW"}, "AwsAccountId": "111122223333"}
KEY = {"Resources": [{"Type": "AwsIamAccessKey", "Id": "AWS::IAM::AccessKey:AKIAIOSFODNN7EXAMPLE"}]}
KEY_V2 = {"resources": [{"type": "AwsIamAccessKey", "uid": "AKIAIOSFODNN7EXAMPLE"}]}
PRODUCT = "arn:aws:securityhub:eu-north-1::product"
OURS, THEIRS = f"{PRODUCT}/aws/guardduty", f"{PRODUCT}/example/leaks"


def control(status, number="IAM.3"):
    return {"Compliance": {"Status": status, "SecurityControlId": number}}


def control_v2(status, number="IAM.4"):
    return {"compliance": {"status": status, "control": number}}


# Routed only where the parameter SecurityHubControls is on.
IF_CONTROLS = "if controls are"

# Findings of Security Hub, and whether they are routed.
SECURITY_HUB = [
    (security_hub({**NEW, **KEY, "ProductArn": THEIRS}), True),
    (security_hub({**NEW, **KEY, "ProductArn": OURS}), False),
    (security_hub({**NEW, "ProductArn": THEIRS, "Resources": [{"Type": "AwsEc2Instance"}]}), False),
    (security_hub({**NEW, **KEY, "ProductArn": THEIRS, "RecordState": "ARCHIVED"}), False),
    *[
        (security_hub({**NEW, "ProductArn": f"{PRODUCT}/aws/securityhub", **compliance}), routed)
        for compliance, routed in [
            (control("FAILED"), IF_CONTROLS),
            (control("FAILED", "IAM.22"), IF_CONTROLS),
            (control("PASSED"), False),
            (control("FAILED", "S3.1"), False),
            ({**control("FAILED"), "Workflow": {"Status": "SUPPRESSED"}}, False),
            ({**control("PASSED", "S3.1"), **KEY}, False),
        ]
    ],
    (sent_by_hand("keyrail: stop", {**NEW, **KEY, "ProductArn": THEIRS}), True),
    (sent_by_hand("KEYRAIL", {**NEW, **KEY, "ProductArn": OURS}), True),
    (sent_by_hand("Send to ticket", {**NEW, **KEY, "ProductArn": THEIRS}), False),
    (sent_by_hand("keyrail: stop", {**NEW, "Resources": [{"Type": "AwsEc2Instance"}]}), False),
    (security_hub({**KEY_V2, "status": "New"}, v2=True), True),
    (
        security_hub(
            {**KEY_V2, "status": "New", "metadata": {"product": {"uid": THEIRS}}}, v2=True
        ),
        True,
    ),
    (
        security_hub({**KEY_V2, "status": "New", "metadata": {"product": {"uid": OURS}}}, v2=True),
        False,
    ),
    (security_hub({**KEY_V2, "status": "Suppressed"}, v2=True), False),
    (security_hub({**control_v2("Failed"), "status": "New"}, v2=True), IF_CONTROLS),
    (security_hub({**control_v2("FAIL", "IAM.8"), "status": "New"}, v2=True), IF_CONTROLS),
    (security_hub({**control_v2("Pass"), "status": "New"}, v2=True), False),
    (security_hub({**control_v2("Failed", "S3.1"), "status": "New"}, v2=True), False),
]


def call(action, identity, parameters=None, read_only=False):
    """An API call as it is made all day in an account."""
    service, name = action.split(":")
    return {
        "source": f"aws.{service}",
        "detail-type": "AWS API Call via CloudTrail",
        "region": "us-east-1",
        "detail": {
            "userIdentity": identity["detail.userIdentity"],
            "eventSource": f"{service}.amazonaws.com",
            "eventName": name,
            "eventType": "AwsApiCall",
            "readOnly": read_only,
            "requestParameters": parameters,
        },
    }


USER = {"detail.userIdentity": {"type": "IAMUser", "userName": "anaya"}}

TRUSTS_A_SERVICE = (
    '{"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},'
    ' "Action": "sts:AssumeRole"}]}'
)

# What happens all day, and starts nothing.
ORDINARY = [
    call("sts:AssumeRole", ROLE, {"roleArn": "deploy"}, read_only=True),
    call("sts:AssumeRole", SERVICE, {"roleArn": "deploy"}, read_only=True),
    call("sts:AssumeRoleWithSAML", {"detail.userIdentity": {"type": "SAMLUser"}}, read_only=True),
    call("sts:GetCallerIdentity", USER, read_only=True),
    call("sts:GetSessionToken", USER),
    call("iam:ListUsers", USER, read_only=True),
    call("iam:ListAccessKeys", ROLE, {"userName": "bob"}, read_only=True),
    call("iam:GetUser", ROLE, read_only=True),
    call("iam:CreateRole", ROLE, {"roleName": "web", "assumeRolePolicyDocument": TRUSTS_A_SERVICE}),
    call("iam:UpdateAssumeRolePolicy", ROLE, {"roleName": "web", "policyDocument": TRUSTS_A_SERVICE}),
    call("iam:DeleteVirtualMFADevice", USER, {"serialNumber": "arn:aws:iam::111122223333:mfa/x"}),
    call("iam:DetachUserPolicy", ROLE, {"userName": "bob", "policyArn": "arn:aws:iam::aws:policy/X"}),
    call("cognito-identity:CreateIdentityPool", ROLE, {"allowUnauthenticatedIdentities": False}),
    call("ssm:StartSession", ROLE, {"target": "i-1"}),
    call("iot:CreateThing", ROLE, {"thingName": "x"}),
    call("iam:PutRolePolicy", ROLE, {"roleName": "web", "policyName": "x"}),
    call("iam:AttachRolePolicy", ROLE, {"roleName": "web"}),
    call("iam:CreateServiceLinkedRole", ROLE),
    call("iam:CreateVirtualMFADevice", USER, {"virtualMFADeviceName": "anaya"}),
    call("ec2:DescribeInstances", ROLE, read_only=True),
    call("ec2:RunInstances", ROLE),
    call("ec2:RunInstances", SERVICE_LINKED),
    call("ec2:CreateTags", ROLE),
    call("s3:GetObject", ROLE, {"bucketName": "web"}, read_only=True),
    call("s3:PutObject", ROLE, {"bucketName": "aws-cloudtrail-logs-1"}),
    call("s3:GetBucketAcl", SERVICE, {"bucketName": "aws-cloudtrail-logs-1"}, read_only=True),
    call("s3:PutBucketPolicy", ROLE, {"bucketName": "web"}),
    call("kms:Decrypt", ROLE, read_only=True),
    call("kms:GenerateDataKey", SERVICE, read_only=True),
    call("kms:CreateGrant", BY_ROOTS_SERVICE),
    call("events:PutRule", ROLE, {"name": "nightly", "state": "ENABLED"}),
    call("events:PutTargets", SERVICE_LINKED, {"rule": "AutoScalingManagedRule"}),
    call("events:RemoveTargets", SERVICE_LINKED, {"rule": "AutoScalingManagedRule"}),
    call("events:DescribeRule", ROLE, {"name": "keyrail-RootRule-1A2B"}, read_only=True),
    call("cloudtrail:LookupEvents", ROLE, read_only=True),
    call("cloudtrail:StartLogging", ROLE, {"name": "trail"}),
    call("config:PutEvaluations", SERVICE_LINKED),
    call("guardduty:ListFindings", ROLE, read_only=True),
    call("securityhub:BatchImportFindings", SERVICE_LINKED),
    call("lambda:UpdateFunctionCode20150331v2", ROLE, {"functionName": "web"}),
    call("lambda:GetFunction20150331v2", ROLE, {"functionName": "keyrail"}, read_only=True),
    # keyrail's own, at each start.
    call("logs:CreateLogStream", ROLE, {"logGroupName": "/aws/lambda/keyrail"}),
    call("logs:PutRetentionPolicy", ROLE, {"logGroupName": "/aws/lambda/web"}),
    call("sns:Subscribe", ROLE, {"topicArn": "arn:aws:sns:us-east-1:111122223333:news"}),
    call("sqs:SetQueueAttributes", ROLE, {"queueUrl": "https://sqs/111122223333/jobs"}),
    call("monitoring:PutMetricAlarm", ROLE, {"alarmName": "cpu"}),
    call("cloudformation:UpdateStack", ROLE, {"stackName": "web"}),
    call("cloudformation:DescribeStacks", ROLE, {"stackName": "keyrail"}, read_only=True),
    call("dynamodb:UpdateTable", ROLE, {"tableName": "orders"}),
    call("signin:AuthorizeOAuth2Access", USER, read_only=True),
    # Steps of a sign-in through IAM Identity Center.
    *[
        {
            "source": "aws.signin",
            "detail-type": "AWS Service Event via CloudTrail",
            "detail": {"eventSource": "signin.amazonaws.com", "eventName": name},
        }
        for name in ("CredentialChallenge", "CredentialVerification", "UserAuthentication")
    ],
    {
        "source": "aws.health",
        "detail-type": "AWS Health Event",
        "detail": {"service": "EC2", "eventTypeCode": "AWS_EC2_MAINTENANCE_SCHEDULED"},
    },
    {
        "source": "aws.guardduty",
        "detail-type": "GuardDuty Finding",
        "detail": {"type": "Recon:EC2/Portscan", "resource": {"resourceType": "Instance"}},
    },
    {"source": "aws.ec2", "detail-type": "EC2 Instance State-change Notification", "detail": {}},
]
