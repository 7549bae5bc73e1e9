"""Changes of samples, each with the rule that delivers what comes of it."""

import json

from tests.template.templates import WATCHED, own_role

# A sample, or an event of the taxonomy; what is changed in it; and the rule that delivers the
# outcome. `ABSENT` removes.
ABSENT = object()
IAM_CALL = {"source": "aws.iam", "detail.eventSource": "iam.amazonaws.com"}
BY_ROOT = {"detail.userIdentity": {"type": "Root", "accountId": "111122223333"}}

BY_ROOTS_SERVICE = {
    "detail.userIdentity": {"type": "Root", "invokedBy": "autoscaling.amazonaws.com"}
}

SERVICE_LINKED = {
    "detail.userIdentity": {
        "type": "AssumedRole",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "arn": "arn:aws:iam::111122223333:role/aws-service-role/config.amazonaws.com/X",
            }
        },
    }
}

# Anybody may make a role in a path that reads like a service's.
IMITATED = {
    "detail.userIdentity": {
        "type": "AssumedRole",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "arn": "arn:aws:iam::111122223333:role/x:role/aws-service-role/evil",
            }
        },
    }
}

ROLE = {
    "detail.userIdentity": {
        "type": "AssumedRole",
        "arn": "arn:aws:sts::111122223333:assumed-role/deploy/ci",
        "sessionContext": {
            "sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::111122223333:role/deploy"}
        },
    }
}
SERVICE = {"detail.userIdentity": {"type": "AWSService", "invokedBy": "config.amazonaws.com"}}
BY_OWN_ROLE = {
    "detail.userIdentity": {
        "type": "AssumedRole",
        "accountId": "111122223333",
        "arn": f"arn:aws:sts::111122223333:assumed-role/{own_role()}/keyrail",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "userName": own_role(),
                "arn": f"arn:aws:iam::111122223333:role/{own_role()}",
            }
        },
    }
}
BY_CLOUDFORMATION = {"detail.userIdentity.invokedBy": "cloudformation.amazonaws.com"}
AWS_POLICY = "arn:aws:iam::aws:policy"
QUARANTINE = "AWSCompromisedKeyQuarantine"
FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:keyrail"
KEYRAILS_ROLE = {
    "functionName": "web",
    "role": f"arn:aws:iam::111122223333:role/{own_role()}",
}
FAILED = {"detail.errorCode": "ValidationException"}



def trust(document):
    return {"detail.requestParameters.assumeRolePolicyDocument": document}


VARIANTS = [
    # Access keys
    ("key-created-for-another", {"detail.errorCode": "LimitExceededException"}, "AccessKeyRule"),
    (
        "key-created-for-another",
        {"detail.requestParameters": None, "detail.responseElements": None},
        "AccessKeyRule",
    ),
    (
        "key-created-for-another",
        {"detail.userIdentity.invokedBy": "signin.amazonaws.com"},
        "AccessKeyRule",
    ),
    (
        "root-key-created",
        {"detail.userIdentity.invokedBy": "signin.amazonaws.com"},
        "AccessKeyRule",
    ),
    ("root-key-created", {"detail.userIdentity.invokedBy": "x.amazonaws.com"}, "AccessKeyRule"),
    ("root-key-created", {"detail.requestParameters": {"userName": "bob"}}, "AccessKeyRule"),
    ("key-created-for-another", {"detail.userIdentity.type": ABSENT}, "AccessKeyRule"),
    ("key-created-for-another", {"detail.eventName": "CreateUser"}, None),
    ("key-created-for-another", {"detail.eventName": "DeleteAccessKey"}, None),
    ("key-created-for-another", {"detail.eventName": "ListAccessKeys"}, None),
    ("key-created-for-another", {"detail.eventSource": "other.amazonaws.com"}, None),
    ("key-created-for-another", {"source": "aws.other"}, None),
    ("key-created-for-another", {"source": "custom.iam"}, None),
    ("key-created-for-another", {"detail-type": "AWS Service Event via CloudTrail"}, None),
    ("key-created-for-another", {"detail-type": "AWS Insight via CloudTrail"}, None),
    (
        "key-created-for-another",
        {
            "source": "aws.transfer",
            "detail.eventSource": "transfer.amazonaws.com",
            "detail.eventName": "CreateUser",
        },
        None,
    ),
    # Credentials and rights
    ("iam:UpdateAccessKey", {}, "IamRule"),
    ("iam:UpdateAccessKey", {"detail.requestParameters.status": "Inactive"}, None),
    ("iam:UpdateAccessKey", {"detail.requestParameters": None}, "IamRule"),
    ("iam:UpdateAccessKey", FAILED, None),
    ("iam:CreateLoginProfile", FAILED, None),
    ("iam:AttachUserPolicy", {"detail.requestParameters": None}, "IamRule"),
    (
        "iam:AttachUserPolicy",
        {"detail.requestParameters.policyArn": f"{AWS_POLICY}/ReadOnlyAccess"},
        None,
    ),
    (
        "iam:AttachUserPolicy",
        {"detail.requestParameters.policyArn": "arn:aws-cn:iam::aws:policy/IAMFullAccess"},
        "IamRule",
    ),
    # Who attaches AWS's quarantine is not documented.
    (
        "iam:AttachUserPolicy",
        {**SERVICE, "detail.requestParameters.policyArn": f"{AWS_POLICY}/{QUARANTINE}V4"},
        "IamRule",
    ),
    ("rolesanywhere:CreateTrustAnchor", FAILED, None),
    ("ec2:RunInstances", ROLE, None),
    ("ec2:RunInstances", {"detail.errorCode": "Client.DryRunOperation"}, None),
    ("sts:GetFederationToken", ROLE, None),
    ("signin:CreateOAuth2Token", BY_ROOT, "SessionRule"),
    ("signin:CreateOAuth2Token", {**BY_ROOT, "detail.readOnly": ABSENT}, "SessionRule"),
    ("signin:CreateOAuth2Token", ROLE, "SessionRule"),
    (
        "signin:CreateOAuth2Token",
        {"detail.additionalEventData.grant_type": "authorization_code"},
        "SessionRule",
    ),
    (
        "signin:CreateOAuth2Token",
        {"detail.additionalEventData.grant_type": "refresh_token"},
        None,
    ),
    # And its like: for an application that signs its request, or that shows another's token.
    ("signin:CreateOAuth2Token", {"detail.eventName": "CreateOAuth2TokenWithIAM"}, "SessionRule"),
    (
        "signin:CreateOAuth2Token",
        {**BY_ROOT, "detail.eventName": "CreateOAuth2TokenWithTokenExchange", "detail.readOnly": False},
        "SessionRule",
    ),
    ("sts:AssumeRoot", {"detail.readOnly": False}, "SessionRule"),
    ("sts:AssumeRoot", {**BY_ROOT, "detail.readOnly": False}, "SessionRule"),
    ("sts:AssumeRoot", {**BY_ROOT, **FAILED}, "SessionRule"),
    # Sign-in
    ("sign-in-without-mfa", {"detail-type": "AWS Console Signin via CloudTrail"}, "SignInRule"),
    ("sign-in-without-mfa", {"region": "eu-north-1"}, "SignInRule"),
    ("sign-in-without-mfa", {"detail.eventName": "CheckMfa"}, None),
    ("sign-in-without-mfa", {"detail.eventName": "SwitchRole"}, None),
    ("sign-in-federated", {"detail.eventName": "GetSigninToken"}, None),
    ("root-sign-in", {"detail.eventName": "PasswordUpdated"}, "SignInRule"),
    ("root-sign-in", {"detail-type": "AWS Service Event via CloudTrail"}, None),
    ("root-sign-in", {"detail-type": "Sign-in Anomaly Alert", "detail": {}}, None),
    ("root-sign-in", {"source": "custom.signin"}, None),
    # Root
    ("root-api-call", {"detail.userIdentity.invokedBy": "signin.amazonaws.com"}, "RootRule"),
    ("root-api-call", {"detail.userIdentity.invokedBy": "console.amazonaws.com"}, "RootRule"),
    ("root-api-call", {"detail.userIdentity.invokedBy": ""}, "RootRule"),
    ("root-api-call", {"detail.errorCode": "AccessDenied"}, "RootRule"),
    ("root-api-call", {"region": "ap-southeast-2"}, "RootRule"),
    ("root-api-call", {**IAM_CALL, "detail.eventName": "EnableMFADevice"}, "RootRule"),
    ("root-api-call", {**IAM_CALL, "detail.eventName": "UpdateAccessKey"}, "RootRule"),
    ("root-api-call", {"detail.eventName": "CreateAccessKey"}, "RootRule"),
    ("root-api-call", {"detail.userIdentity.invokedBy": "autoscaling.amazonaws.com"}, None),
    ("root-api-call", {"detail.readOnly": True}, None),
    ("root-api-call", {"detail.managementEvent": False, "detail.eventCategory": "Data"}, None),
    ("root-api-call", {"detail.eventCategory": ABSENT, "detail.managementEvent": ABSENT}, "RootRule"),
    # A person, if the event shows an address: the function decides.
    ("root-api-call", {"detail.userIdentity.invokedBy": "AWS Internal"}, "RootRule"),
    ("root-api-call", {"detail.userIdentity.invokedBy": "billingconsole.amazonaws.com"}, "RootRule"),
    ("root-api-call", {"detail.userIdentity.type": "IAMUser"}, None),
    ("root-api-call", {"detail.userIdentity.type": ABSENT}, None),
    ("root-api-call", {"detail.userIdentity": None}, None),
    ("root-api-call", {"detail-type": "AWS Service Event via CloudTrail"}, None),
    ("root-api-call", {"source": "custom.s3"}, None),
    # A service that changes root's credentials, or those of others, for root
    ("iam:CreateLoginProfile", BY_ROOTS_SERVICE, "RootRule"),
    ("iam:UploadSSHPublicKey", BY_ROOTS_SERVICE, "RootRule"),
    ("account:StartPrimaryEmailUpdate", BY_ROOTS_SERVICE, "RootRule"),
    ("account:StartPrimaryEmailUpdate", ROLE, "IamRule"),
    # Tampering: by AWS itself
    ("config:DeleteConfigRule", ROLE, "RecorderRule"),
    ("config:DeleteConfigRule", SERVICE_LINKED, None),
    ("config:DeleteConfigRule", IMITATED, "RecorderRule"),
    ("config:DeleteConfigRule", SERVICE, None),
    ("guardduty:CreateFilter", SERVICE_LINKED, None),
    ("events:DeleteRule", SERVICE_LINKED, None),
    ("events:DeleteRule", IMITATED, "EventsRule"),
    ("events:DeleteRule", BY_ROOTS_SERVICE, None),
    ("events:DeleteRule", BY_CLOUDFORMATION, "EventsRule"),
    # Tampering: what it is done to
    ("s3:DeleteBucket", {"detail.requestParameters.bucketName": "holiday-pictures"}, None),
    ("events:PutRule", {"detail.requestParameters.state": "ENABLED"}, None),
    (
        "events:PutRule",
        {"detail.requestParameters": {"name": "keyrail-RootRule-1A2B", "state": "ENABLED"}},
        "EventsRule",
    ),
    (
        "events:PutTargets",
        {"detail.requestParameters": {"rule": "keyrail-RootRule-1A2B"}},
        "EventsRule",
    ),
    ("events:PutTargets", {"detail.requestParameters": {"rule": "nightly"}}, None),
    (
        "events:PutTargets",
        {"detail.requestParameters": {"rule": "keyrail-RootRule-1A2B"}, **BY_CLOUDFORMATION},
        None,
    ),
    (
        "lambda:UpdateFunctionCode",
        {"detail.eventName": "UpdateFunctionCode20150331v2"},
        "FunctionRule",
    ),
    ("lambda:UpdateFunctionCode", {"detail.requestParameters.functionName": FUNCTION}, "FunctionRule"),
    ("lambda:UpdateFunctionCode", {"detail.requestParameters.functionName": "web"}, None),
    ("lambda:UpdateFunctionCode", BY_CLOUDFORMATION, None),
    (
        "lambda:DeleteEventSourceMapping",
        {
            "detail.eventName": "DeleteEventSourceMapping20150331",
            "detail.requestParameters": {"uUID": "1"},
            "detail.responseElements": {"functionArn": FUNCTION},
        },
        "FunctionRule",
    ),
    (
        "cloudformation:ExecuteChangeSet",
        {
            "detail.requestParameters": {
                "changeSetName": "arn:aws:cloudformation:us-east-1:111122223333:changeSet/x/1",
                "stackName": "arn:aws:cloudformation:us-east-1:111122223333:stack/keyrail/1",
            }
        },
        "StackRule",
    ),
    ("monitoring:DeleteAlarms", {"detail.requestParameters": {"alarmNames": ["cpu"]}}, None),
    (
        "monitoring:DeleteAlarms",
        {"detail.requestParameters": {"alarmNames": ["cpu", "keyrail-ErrorAlarm-1A2B"]}},
        "ChannelRule",
    ),
    (
        "lambda:CreateFunction",
        {"detail.requestParameters": {"functionName": "web", "role": "arn:aws:iam::111122223333:role/web"}},
        None,
    ),
    (
        "lambda:CreateFunction",
        {"detail.eventName": "CreateFunction20150331", "detail.requestParameters": KEYRAILS_ROLE},
        "FunctionRule",
    ),
    (
        "lambda:UpdateFunctionConfiguration",
        {"detail.requestParameters": KEYRAILS_ROLE},
        "FunctionRule",
    ),
    ("iam:DeleteUserPolicy", {"detail.requestParameters.policyName": "KeyrailQuarantine"}, "RoleRule"),
    ("iam:DeleteUserPolicy", {"detail.requestParameters.policyName": "readers"}, None),
    (
        "iam:DeleteRolePolicy",
        {"detail.requestParameters": {"roleName": "web", "policyName": "KeyrailRevokeOlderSessions"}},
        "RoleRule",
    ),
    ("iam:PutRolePolicy", {"detail.requestParameters.roleName": "deploy"}, None),
    # Doors
    ("iam:CreateRole", {"detail.requestParameters": None}, "TrustRule"),
    ("iam:CreateRole", trust('{"Principal": {"Service": "ec2.amazonaws.com"}}'), None),
    ("iam:CreateRole", trust('{"Principal":"*"}'), "TrustRule"),
    ("iam:CreateRole", trust('{"Principal": "*"}'), "TrustRule"),
    ("iam:CreateRole", trust('{"Principal": {"Federated": "gitlab.com"}}'), "TrustRule"),
    ("iam:CreateRole", trust("%7B%22Principal%22%3A%22%2A%22%7D"), "TrustRule"),
    ("iam:CreateRole", FAILED, None),
    ("iam:CreateRole", SERVICE, None),
    ("iam:CreateOpenIDConnectProvider", {"detail.requestParameters": None}, "TrustRule"),
    ("iam:CreateOpenIDConnectProvider", BY_ROOT, "RootRule"),
    ("iam:UpdateSAMLProvider", FAILED, None),
    ("iam:EnableMFADevice", ROLE, "TrustRule"),
    ("iam:DetachUserPolicy", {"detail.requestParameters.policyArn": f"{AWS_POLICY}/AWSDenyAll"}, "TrustRule"),
    ("iam:DetachUserPolicy", {"detail.requestParameters.policyArn": f"{AWS_POLICY}/ReadOnlyAccess"}, None),
    (
        "iam:PutUserPermissionsBoundary",
        {"detail.requestParameters.permissionsBoundary": f"{AWS_POLICY}/AWSDenyAll"},
        None,
    ),
    ("organizations:AcceptHandshake", ROLE, "TrustRule"),
    ("organizations:AcceptHandshake", FAILED, None),
    ("ssm:CreateActivation", {"region": "ap-southeast-2"}, "DoorRule"),
    ("ssm:CreateActivation", FAILED, None),
    ("cognito-identity:CreateIdentityPool", {"detail.requestParameters.allowUnauthenticatedIdentities": False}, None),
    ("cognito-identity:SetIdentityPoolRoles", {"detail.requestParameters.roles": {"authenticated": "x"}}, None),
    (
        "sso-directory:CreateExternalIdPConfigurationForDirectory",
        {"detail.eventName": "CreateExternalIdPConfigurationForDirectoryV2"},
        "DoorRule",
    ),
    # The use of roles that somebody watches
    ("sts:AssumeRole", {"detail.requestParameters.roleArn": WATCHED}, "AssumeRule"),
    ("sts:AssumeRole", {"detail.requestParameters.roleArn": WATCHED, **FAILED}, "AssumeRule"),
    ("sts:AssumeRoleWithSAML", {"detail.requestParameters.roleArn": WATCHED}, "AssumeRule"),
    ("sts:AssumeRoleWithWebIdentity", {"detail.requestParameters.roleArn": WATCHED}, "AssumeRule"),
    ("sts:AssumeRole", {"detail.requestParameters.roleArn": f"{WATCHED}2"}, None),
    # Notices and findings
    ("health:AWS_RISK_IAM_QUARANTINE", {"region": "us-west-2"}, "HealthRule"),
    ("health:AWS_RISK_IAM_QUARANTINE", {"detail.eventTypeCode": "AWS_RISK_NEW"}, "HealthRule"),
    (
        "health:AWS_RISK_IAM_QUARANTINE",
        {"detail.eventTypeCode": "AWS_EC2_INSTANCE_RETIREMENT", "detail.service": "EC2"},
        None,
    ),
    ("trustedadvisor:ExposedAccessKeys", {"detail.status": "OK"}, None),
    ("trustedadvisor:ExposedAccessKeys", {"detail.check-name": "Low Utilization"}, None),
    (
        "guardduty:Recon:IAMUser/TorIPCaller",
        {
            "detail.type": "Recon:EC2/Portscan",
            "detail.resource": {"resourceType": "Instance", "accessKeyDetails": {}},
        },
        None,
    ),
    (
        "guardduty:Recon:IAMUser/TorIPCaller",
        {"detail.type": "AttackSequence:S3/CompromisedData"},
        "GuardDutyRule",
    ),
    (
        "guardduty:Recon:IAMUser/TorIPCaller",
        {"detail.type": "Custom:New/Type", "detail.resource.resourceType": "AccessKey"},
        "GuardDutyRule",
    ),
    ("guardduty:Recon:IAMUser/TorIPCaller", {"source": "custom.guardduty"}, None),
]

# What keyrail's own role does, in events of the taxonomy that show it containing.
OWN_CONTAINMENT = {
    "iam:DeleteAccessKey",
    "iam:DeleteLoginProfile",
    "iam:PutUserPermissionsBoundary",
}

# Rules that have their events to themselves, whoever calls.
ELSEWHERE = {
    "iam:CreateAccessKey": "AccessKeyRule",
    "signin:CreateOAuth2Token": "SessionRule",
    "sts:AssumeRoot": "SessionRule",
}


def policy(effect):
    document = {"Statement": [{"Effect": effect, "Action": "*", "Resource": "*"}]}
    return {"detail.requestParameters.policyDocument": json.dumps(document)}


def of_service(service, name, parameters=None):
    return {
        "source": f"aws.{service}",
        "detail.eventSource": f"{service}.amazonaws.com",
        "detail.eventName": name,
        "detail.requestParameters": parameters,
    }


DENY_ALL = {"detail.requestParameters.policyArn": f"{AWS_POLICY}/AWSDenyAll"}
INACTIVE = {"detail.requestParameters.status": "Inactive"}

# What it does whenever it runs: it would start itself, again and again, where a trail records data
# events.
OWN_WORK = [
    of_service("dynamodb", "GetItem"),
    of_service("dynamodb", "PutItem"),
    of_service("dynamodb", "Query"),
    of_service("dynamodb", "UpdateItem"),
    of_service("logs", "CreateLogStream"),
    of_service("logs", "PutLogEvents"),
    of_service("sns", "Publish"),
    of_service("sqs", "DeleteMessage"),
    of_service("sqs", "ReceiveMessage"),
    of_service("sqs", "SendMessage"),
    of_service("sts", "AssumeRole"),
]

# What else keyrail's own role does, and the rule that delivers it.
OWN_ROLE = [
    # Containing is none of anybody's news, denied or not.
    ("iam:UpdateAccessKey", INACTIVE, None),
    ("iam:UpdateAccessKey", INACTIVE | FAILED, None),
    ("iam:AttachUserPolicy", DENY_ALL, None),
    ("unrelated-call", of_service("iam", "DeleteLoginProfile"), None),
    ("unrelated-call", of_service("iam", "PutUserPermissionsBoundary"), None),
    # Whether these contain is for the function to read.
    ("iam:PutUserPolicy", policy("Deny"), "ResponderRule"),
    ("iam:PutUserPolicy", policy("Allow"), "ResponderRule"),
    ("iam:PutRolePolicy", policy("Allow"), "ResponderRule"),
    # Misuse, done or tried
    ("iam:UpdateAccessKey", {}, "ResponderRule"),
    ("iam:UpdateAccessKey", FAILED, "ResponderRule"),
    ("iam:UpdateAccessKey", {"detail.requestParameters": None}, "ResponderRule"),
    ("iam:AttachUserPolicy", FAILED, "ResponderRule"),
    ("key-created-for-another", {}, "AccessKeyRule"),
    ("unrelated-call", of_service("iam", "CreateUser"), "ResponderRule"),
    ("unrelated-call", of_service("iam", "CreateUser") | FAILED, "ResponderRule"),
    ("unrelated-call", of_service("ec2", "RunInstances") | FAILED, "ResponderRule"),
    ("unrelated-call", of_service("s3", "PutObject"), "ResponderRule"),
    ("unrelated-call", of_service("signin", "CreateOAuth2TokenWithIAM"), "SessionRule"),
]
