"""Holds template.yaml and infra/region.yaml against events and against what the code needs.

    make test                                       runs this with everything else
    python -m unittest discover -s tests/template -t .

Needs no AWS account: whether a pattern matches is the emulator's answer (`TestEventPattern`).
"""

import concurrent.futures
import copy
import functools
import itertools
import json
import os
import pathlib
import re
import subprocess
import unittest

from samtranslator.yaml_helper import yaml_parse

from tests.emulator.emulator import ROOT, Emulator

COMMAND = pathlib.Path(os.environ.get("KEYRAIL_BIN", ROOT / "target" / "debug" / "keyrail"))
# More events, each in a file of its own; not part of this repository.
EVENTS = pathlib.Path(os.environ.get("KEYRAIL_EVENTS", ROOT.parent / "shared" / "events"))

HOME = yaml_parse((ROOT / "template.yaml").read_text())
REGION = yaml_parse((ROOT / "infra" / "region.yaml").read_text())

# EventBridge's quota for the pattern of one rule, as compact JSON.
LONGEST_PATTERN = 2048

# The stack's name, with which the names of keyrail's parts begin. It is the function's too, and
# Lambda takes no more than 64 characters.
STACK = "keyrail"
LONGEST_STACK = "k" * 64

# The state of rules that get calls that only read.
ALL_CALLS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"

# Rules for what AWS records in the home region only.
HOME_ONLY = {"AccessKeyRule", "IamRule", "RoleRule", "FunctionRule", "TrustedAdvisorRule"}

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
    "signin:SwitchRole": "the role's rights are no news",
    "signin:ExitRole": "the same",
    "signin:RenewRole": "the same",
    "iam:AttachRolePolicy escalate-privilege": "no guardrail asks for roles",
    "iam:PutRolePolicy escalate-privilege": "the same",
    "iam:UpdateAssumeRolePolicy escalate-privilege": "the same",
    "iam:CreatePolicyVersion escalate-privilege": "it does not say whose policy it is",
    "iam:SetDefaultPolicyVersion escalate-privilege": "the same",
}

# What tampers only by its parameters, which denied calls do not show.
UNSEEN_IF_DENIED = {
    "events:PutRule",
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketLifecycle",
    "s3:PutBucketPolicy",
    "s3:PutBucketVersioning",
}

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
BY_CLOUDFORMATION = {"detail.userIdentity.invokedBy": "cloudformation.amazonaws.com"}
AWS_POLICY = "arn:aws:iam::aws:policy"
QUARANTINE = "AWSCompromisedKeyQuarantine"
FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:keyrail"
FAILED = {"detail.errorCode": "ValidationException"}
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
    ("config:DeleteConfigRule", SERVICE, None),
    ("guardduty:CreateFilter", SERVICE_LINKED, None),
    ("events:DeleteRule", SERVICE_LINKED, None),
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
        "StackRule",
    ),
    ("iam:PutRolePolicy", {"detail.requestParameters.roleName": "deploy"}, None),
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


def security_hub(finding, v2=False):
    return {
        "source": "aws.securityhub",
        "detail-type": "Findings Imported V2" if v2 else "Security Hub Findings - Imported",
        "account": "111122223333",
        "region": "eu-north-1",
        "detail": {"findings": [finding]},
    }


NEW = {"RecordState": "ACTIVE", "Workflow": {"Status": "NEW"}, "AwsAccountId": "111122223333"}
KEY = {"Resources": [{"Type": "AwsIamAccessKey", "Id": "AWS::IAM::AccessKey:AKIAIOSFODNN7EXAMPLE"}]}
KEY_V2 = {"resources": [{"type": "AwsIamAccessKey", "uid": "AKIAIOSFODNN7EXAMPLE"}]}
PRODUCT = "arn:aws:securityhub:eu-north-1::product"
OURS, THEIRS = f"{PRODUCT}/aws/guardduty", f"{PRODUCT}/example/leaks"


def control(status, number="IAM.3"):
    return {"Compliance": {"Status": status, "SecurityControlId": number}}


def control_v2(status, number="IAM.4"):
    return {"compliance": {"status": status, "control": number}}


# Findings of Security Hub, and whether they are routed.
SECURITY_HUB = [
    (security_hub({**NEW, **KEY, "ProductArn": THEIRS}), True),
    (security_hub({**NEW, **KEY, "ProductArn": OURS}), False),
    (security_hub({**NEW, "ProductArn": THEIRS, "Resources": [{"Type": "AwsEc2Instance"}]}), False),
    (security_hub({**NEW, **KEY, "ProductArn": THEIRS, "RecordState": "ARCHIVED"}), False),
    *[
        (security_hub({**NEW, "ProductArn": f"{PRODUCT}/aws/securityhub", **compliance}), routed)
        for compliance, routed in [
            (control("FAILED"), True),
            (control("FAILED", "IAM.22"), True),
            (control("PASSED"), False),
            (control("FAILED", "S3.1"), False),
            ({**control("FAILED"), "Workflow": {"Status": "SUPPRESSED"}}, False),
            ({**control("PASSED", "S3.1"), **KEY}, False),
        ]
    ],
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
    (security_hub({**control_v2("Failed"), "status": "New"}, v2=True), True),
    (security_hub({**control_v2("FAIL", "IAM.8"), "status": "New"}, v2=True), True),
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
    call("iam:CreateRole", ROLE, {"roleName": "web"}),
    call("iam:PutRolePolicy", ROLE, {"roleName": "web", "policyName": "x"}),
    call("iam:AttachRolePolicy", ROLE, {"roleName": "web"}),
    call("iam:CreateServiceLinkedRole", ROLE),
    call("iam:CreateVirtualMFADevice", USER, {"virtualMFADeviceName": "anaya"}),
    call("iam:EnableMFADevice", USER, {"userName": "anaya"}),
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

# What the function itself calls. In observe mode it calls no IAM.
ANY_USER = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:user/*"}
CONTAINS = {
    "iam:ListAccessKeys": ANY_USER,
    "iam:UpdateAccessKey": ANY_USER,
    "iam:GetAccessKeyLastUsed": ANY_USER,
}
# What it asks IAM of users, in either mode, for the policies that read it.
LOOKS_UP = {
    "iam:ListAttachedUserPolicies": ANY_USER,
    "iam:ListGroupsForUser": ANY_USER,
    "iam:ListUserTags": ANY_USER,
}
ALERTS = {"sns:Publish": {"Ref": "AlertTopic"}}
# What Lambda does in its name, which the code does not show.
LAMBDA_DOES = {
    "logs:CreateLogStream": {"Fn::GetAtt": ["GuardrailLogGroup", "Arn"]},
    "logs:PutLogEvents": {"Fn::GetAtt": ["GuardrailLogGroup", "Arn"]},
    # The on-failure destination.
    "sqs:SendMessage": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]},
}


class Patterns(unittest.TestCase):
    """What can be said of the patterns without events."""

    def test_each_fits_the_quota_whatever_the_name_of_the_stack(self):
        for template in (HOME, REGION):
            for name, pattern in patterns(template, LONGEST_STACK).items():
                with self.subTest(name):
                    compact = json.dumps(pattern, separators=(",", ":"))
                    self.assertLessEqual(len(compact), LONGEST_PATTERN)

    def test_each_is_as_exact_as_its_events_allow(self):
        for name, pattern in all_patterns():
            self.assertTrue(all(begins_with_aws(source) for source in pattern["source"]), name)
            self.assertTrue(pattern["detail-type"], name)
            for alternative in alternatives(pattern):
                with self.subTest(name, alternative=alternative):
                    if "CloudTrail" in pattern["detail-type"][0]:
                        self.assertIn("detail.eventSource", alternative)
                        self.assertIn("detail.eventName", alternative)
                    self.assertGreater(len(alternative), 2)

    def test_sources_are_those_of_the_calls(self):
        for name, pattern in all_patterns():
            if "CloudTrail" not in pattern["detail-type"][0] or name == "RootRule":
                continue
            called = set()
            for alternative in alternatives(pattern):
                called |= set(alternative["detail.eventSource"])
            sources = {"aws." + service.removesuffix(".amazonaws.com") for service in called}
            self.assertEqual(sources, set(pattern["source"]), name)

    def test_each_name_is_of_an_event_that_keyrail_knows(self):
        for rule, pattern in all_patterns():
            if "CloudTrail" not in pattern["detail-type"][0] or rule == "RootRule":
                continue
            known = {
                entry["action"].split(":")[1]
                for entry, _, _ in taxonomy()
                if entry["source"] in pattern["source"]
            }
            for alternative in alternatives(pattern):
                for name in alternative["detail.eventName"]:
                    prefix = name["prefix"] if isinstance(name, dict) else None
                    with self.subTest(rule, name=name):
                        self.assertTrue(
                            any(event.startswith(prefix) for event in known)
                            if prefix
                            else name in known
                        )

    def test_or_does_not_repeat_a_field(self):
        # EventBridge keeps only the last of two conditions on one field, and expands `$or`.
        for name, pattern in all_patterns():
            with self.subTest(name):
                self.assertLess(len(alternatives(pattern)), 100)
                for alternative in flattened(pattern):
                    paths = [path for path, _ in alternative]
                    self.assertEqual(len(paths), len(set(paths)))

    def test_other_regions_forward_what_the_home_region_takes(self):
        forwarded = patterns(REGION)
        self.assertEqual(forwarded.keys(), patterns(HOME).keys() - HOME_ONLY)
        for name, pattern in forwarded.items():
            self.assertEqual(pattern, patterns(HOME)[name], name)
            self.assertEqual(state(REGION, name), state(HOME, name), name)

    def test_no_rule_is_off(self):
        for template in (HOME, REGION):
            for name in patterns(template):
                self.assertIn(state(template, name), ("ENABLED", ALL_CALLS), name)

    def test_only_exact_names_get_calls_that_read(self):
        for template in (HOME, REGION):
            for name, pattern in patterns(template).items():
                if state(template, name) == ALL_CALLS:
                    for alternative in alternatives(pattern):
                        names = alternative["detail.eventName"]
                        self.assertLessEqual(set(names), {"AssumeRoot", "CreateOAuth2Token"}, name)

    def test_documentation_has_each_rule_and_what_is_left_out(self):
        text = (ROOT / "infra" / "README.md").read_text()
        rows = re.findall(r"(?m)^\| `(\w+Rule)` \| (.+?) \| (\w+) \| `(\w+)` \|$", text)
        self.assertEqual(
            [(name, where, states) for name, _, where, states in rows],
            [
                (name, "home" if name in HOME_ONLY else "each", state(HOME, name))
                for name in patterns(HOME)
            ],
        )
        for event in NOT_ROUTED:
            name = event.split()[0].split(":")[1]
            self.assertIn(f"`{name}`", text, event)


class Delivery(unittest.TestCase):
    """Which rules match which events, as the emulator's EventBridge sees it."""

    @classmethod
    def setUpClass(cls):
        emulator = Emulator()
        cls.addClassCleanup(emulator.close)
        cls.events = emulator.client("events")

    def test_samples(self):
        self.assertEqual(sample_names(), SAMPLES.keys())
        for name, rule in SAMPLES.items():
            self.check_delivered_by(rule, sample(name), sample=name)

    def test_variants(self):
        examples = {entry["action"]: event for entry, _, event in reversed(taxonomy())}
        for name, changes, rule in VARIANTS:
            event = examples[name] if ":" in name else sample(name)
            self.check_delivered_by(rule, changed(event, changes), sample=name, changes=changes)

    def test_events_of_other_shapes(self):
        event = sample("root-api-call")
        for detail in ({}, [], None, "text", {"userIdentity": "Root"}):
            self.check_delivered_by(None, {**event, "detail": detail}, detail=detail)

    def test_each_event_that_violates_a_guardrail_is_delivered(self):
        entries = taxonomy()
        for (entry, group, event), violated in zip(
            entries, explain_all([event for _, _, event in entries]), strict=True
        ):
            name = entry["action"]
            about = {name, f"{name} {group}"}
            needed = violated or about & NEEDED_ALL_THE_SAME.keys()
            with self.subTest(name, group=group):
                if needed:
                    self.assertFalse(about & NOT_ROUTED.keys())
                    self.check_is_delivered(event, each=entry["place"] == "region")
                else:
                    self.assertTrue(about & NOT_ROUTED.keys(), "not routed, and no reason why")
                    self.check_delivered_by(None, event)

    def test_each_name_in_a_table_is_in_the_taxonomy(self):
        known = set()
        for entry, group, _ in taxonomy():
            known |= {entry["action"], f"{entry['action']} {group}"}
        for table in (NOT_ROUTED, NEEDED_ALL_THE_SAME, UNSEEN_IF_DENIED):
            self.assertLessEqual(set(table), known)

    def test_each_attempt_to_tamper_is_delivered(self):
        unseen = []
        for entry, group, event in taxonomy():
            if group not in ("tamper-audit", "tamper-guardrail", "issue-access-key"):
                continue
            label = entry["action"].split(":")[0]
            on = f"arn:aws:{label}:us-east-1:111122223333:"
            on += "keyrail-1EXAMPLE" if group == "tamper-guardrail" else "example"
            denied = {
                "detail.errorCode": "AccessDenied",
                "detail.errorMessage": f"User: x is not authorized to do y on resource: {on} because",
                "detail.requestParameters": None,
                "detail.responseElements": None,
            }
            event = changed(event, denied)
            with self.subTest(entry["action"], group=group):
                if group == "tamper-audit" and entry["action"] in UNSEEN_IF_DENIED:
                    unseen.append(event)
                    self.check_delivered_by(None, event)
                else:
                    self.check_is_delivered(event, each=entry["place"] == "region")
        self.assertEqual(explain_all(unseen), [set()] * len(UNSEEN_IF_DENIED))

    def test_each_call_by_root_is_delivered_once(self):
        for entry, group, event in taxonomy():
            if event["detail-type"] != "AWS API Call via CloudTrail" or entry["read_only"]:
                continue
            name = entry["action"]
            rule = "AccessKeyRule" if name == "iam:CreateAccessKey" else "RootRule"
            self.check_delivered_by(rule, changed(event, BY_ROOT), action=name, group=group)

    def test_nobody_in_particular_is_no_reason_to_miss_an_event(self):
        for entry, group, event in taxonomy():
            about = {entry["action"], f"{entry['action']} {group}"}
            # These concern only IAM users, or only root.
            by_kind = group in ("launch-compute", "root-credentials")
            by_kind = by_kind or entry["action"] == "sts:GetFederationToken"
            if "userIdentity" in event["detail"] and not by_kind and not about & NOT_ROUTED.keys():
                for identity in ({"accountId": "111122223333"}, None):
                    event = changed(event, {"detail.userIdentity": identity})
                    with self.subTest(entry["action"], group=group, identity=identity):
                        self.check_is_delivered(event, each=entry["place"] == "region")

    def test_findings_of_security_hub(self):
        for (event, routed), violated in zip(
            SECURITY_HUB, explain_all([event for event, _ in SECURITY_HUB]), strict=True
        ):
            self.check_delivered_by("SecurityHubRule" if routed else None, event, of=event)
            with self.subTest(event=event):
                # The function agrees that it is about credentials.
                self.assertTrue(violated or not routed)

    def test_ordinary_events_start_nothing(self):
        for event in ORDINARY:
            self.check_delivered_by(None, event, of=event)

    def test_recorded_events(self):
        if not EVENTS.is_dir():
            self.skipTest(f"no folder of recorded events at {EVENTS}; KEYRAIL_EVENTS names one")
        files = sorted(EVENTS.rglob("*.json"))
        self.assertTrue(files)
        events = [json.loads(file.read_text()) for file in files]
        delivered = set()
        for file, event, violated in zip(files, events, explain_all(events), strict=True):
            detail = event.get("detail", {})
            by_root = detail.get("userIdentity", {}).get("type") == "Root"
            with self.subTest(file=file.name):
                if violated and not (by_root and detail.get("readOnly")):
                    self.check_is_delivered(event)
                rules = self.matching(HOME, event)
                self.assertLessEqual(len(rules), 1)
                self.assertEqual(self.matching(REGION, event), rules - HOME_ONLY)
                delivered |= rules
        self.assertGreater(len(delivered), 5)

    def check_delivered_by(self, rule, event, **about):
        """Exactly one rule at home, so that the function starts once; the same one elsewhere."""
        with self.subTest(**about):
            wanted = {rule} - {None}
            self.assertEqual(self.matching(HOME, event), wanted)
            self.assertEqual(self.matching(REGION, event), wanted - HOME_ONLY)

    def check_is_delivered(self, event, each=False):
        """By whichever rule; for an event of `each` region, from there too."""
        rules = self.matching(HOME, event)
        self.assertEqual(len(rules), 1, rules)
        self.assertEqual(self.matching(REGION, event), rules - HOME_ONLY)
        if each:
            self.assertFalse(rules & HOME_ONLY)

    def matching(self, template, event):
        # Some recorded events lack parts of the envelope that the API insists on.
        whole = {
            "id": "1",
            "account": "111122223333",
            "time": "2026-03-14T09:26:53Z",
            "region": "us-east-1",
            "resources": [],
        } | event
        detail = whole["detail"] if isinstance(whole["detail"], dict) else {}
        return {
            name
            for name, pattern in patterns(template).items()
            # Of a pattern for another source nobody need ask.
            if any(is_source(source, whole["source"]) for source in pattern["source"])
            and (not detail.get("readOnly") or state(template, name) == ALL_CALLS)
            and self.events.test_event_pattern(
                EventPattern=json.dumps(pattern), Event=json.dumps(whole)
            )["Result"]
        }


class Permissions(unittest.TestCase):
    """What the function may do is what it does."""

    def test_enforce(self):
        self.assertEqual(granted("enforce"), CONTAINS | LOOKS_UP | ALERTS | LAMBDA_DOES)

    def test_observe_cannot_change_anything(self):
        self.assertEqual(granted("observe"), LOOKS_UP | ALERTS | LAMBDA_DOES)

    def test_the_code_calls_just_what_is_granted(self):
        called = set()
        for file in (ROOT / "crates" / "keyrail-aws" / "src").rglob("*.rs"):
            if file.name == "organizations.rs":
                continue  # Only the command calls it, with the credentials of a person.
            # Each call names its action, to say which one failed.
            called |= set(re.findall(r'"([a-z0-9-]+:[A-Z][A-Za-z0-9]+)"', file.read_text()))
        self.assertEqual(called, CONTAINS.keys() | LOOKS_UP.keys() | ALERTS.keys())

    def test_no_resource_is_everything(self):
        for template in (HOME, REGION):
            for name, statement in identity_statements(template):
                with self.subTest(name, statement=statement):
                    self.assertNotIn("*", (statement["Resource"], statement["Action"]))
                    self.assertNotIn("ManagedPolicyArns", template["Resources"][name]["Properties"])

    def test_forwarding_role_only_forwards(self):
        bus = "arn:${AWS::Partition}:events:${HomeRegion}:${AWS::AccountId}:event-bus/default"
        (statement,) = (statement for _, statement in identity_statements(REGION))
        self.assertEqual(statement["Action"], "events:PutEvents")
        self.assertEqual(statement["Resource"], {"Fn::Sub": bus})

    def test_roles_have_no_name_that_another_region_could_have_taken(self):
        for template in (HOME, REGION):
            for name, role in of_type(template, "AWS::IAM::Role").items():
                self.assertNotIn("RoleName", role, name)

    def test_only_the_function_is_let_in_to_publish_alerts(self):
        policy = HOME["Resources"]["AlertTopicPolicy"]["Properties"]["PolicyDocument"]
        (statement,) = policy["Statement"]
        role = {"Fn::GetAtt": ["GuardrailRole", "Arn"]}
        self.assertEqual(statement["Principal"], {"AWS": role})

    def test_services_are_let_in_from_named_resources_only(self):
        for template in (HOME, REGION):
            for kind in ("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"):
                for name, policy in of_type(template, kind).items():
                    for statement in policy["PolicyDocument"]["Statement"]:
                        if "Service" in statement["Principal"]:
                            with self.subTest(name):
                                self.assertIn("aws:SourceArn", str(statement["Condition"]))


class Wiring(unittest.TestCase):
    """The parts of the stack are connected, the failure paths among them."""

    function = HOME["Resources"]["GuardrailFunction"]["Properties"]

    def test_environment(self):
        self.assertEqual(
            self.function["Environment"]["Variables"],
            {
                "KEYRAIL_MODE": {"Ref": "Mode"},
                "KEYRAIL_TOPIC_ARN": {"Ref": "AlertTopic"},
                "KEYRAIL_BUNDLE": "/opt",
                "KEYRAIL_NAME": {"Ref": "AWS::StackName"},
            },
        )

    def test_bundle_is_where_the_function_looks(self):
        layer = HOME["Resources"]["BundleLayer"]["Properties"]
        self.assertEqual(self.function["Layers"], [{"Ref": "BundleLayer"}])
        # The root of a layer is /opt, which KEYRAIL_BUNDLE names.
        self.assertTrue(list((ROOT / layer["ContentUri"] / "guardrails").glob("*.cedar")))

    def test_makefile_builds_the_function(self):
        metadata = HOME["Resources"]["GuardrailFunction"]["Metadata"]
        self.assertEqual(metadata["BuildMethod"], "makefile")
        self.assertRegex((ROOT / "Makefile").read_text(), r"(?m)^build-GuardrailFunction:")

    def test_each_rule_starts_the_function_and_may(self):
        allowed = [
            permission["SourceArn"]["Fn::GetAtt"]
            for permission in of_type(HOME, "AWS::Lambda::Permission").values()
        ]
        rules = of_type(HOME, "AWS::Events::Rule")
        self.assertCountEqual(allowed, [[name, "Arn"] for name in rules])
        for name, rule in rules.items():
            for target in rule["Targets"]:
                self.assertEqual(target["Arn"], {"Fn::GetAtt": ["GuardrailFunction", "Arn"]}, name)
                # The function takes the raw event.
                self.assertFalse([key for key in target if key.startswith("Input")], name)

    def test_each_rule_has_a_dead_letter_queue_and_may_use_it(self):
        for template in (HOME, REGION):
            (policy,) = of_type(template, "AWS::SQS::QueuePolicy").values()
            (statement,) = policy["PolicyDocument"]["Statement"]
            rules = of_type(template, "AWS::Events::Rule")
            self.assertCountEqual(
                statement["Condition"]["ArnEquals"]["aws:SourceArn"],
                [{"Fn::GetAtt": [name, "Arn"]} for name in rules],
            )
            queue = {"Fn::GetAtt": ["UndeliveredQueue", "Arn"]}
            self.assertEqual(statement["Resource"], queue)
            for name, rule in rules.items():
                for target in rule["Targets"]:
                    self.assertEqual(target["DeadLetterConfig"], {"Arn": queue}, name)
                    self.assertIn("RetryPolicy", target, name)

    def test_what_the_function_fails_on_is_kept(self):
        config = self.function["EventInvokeConfig"]
        self.assertEqual(config["MaximumRetryAttempts"], 2)
        self.assertEqual(
            config["DestinationConfig"]["OnFailure"],
            {"Type": "SQS", "Destination": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}},
        )

    def test_queues_are_encrypted_and_keep_for_two_weeks(self):
        for template in (HOME, REGION):
            for name, queue in of_type(template, "AWS::SQS::Queue").items():
                self.assertIs(queue["SqsManagedSseEnabled"], True, name)
                self.assertEqual(queue["MessageRetentionPeriod"], 14 * 24 * 3600, name)

    def test_alarms_tell_the_operator(self):
        watched = []
        for template in (HOME, REGION):
            for name, alarm in of_type(template, "AWS::CloudWatch::Alarm").items():
                (dimension,) = alarm["Dimensions"]
                of = dimension["Value"].get("Ref") or dimension["Value"]["Fn::GetAtt"][0]
                watched.append((alarm["MetricName"], of))
                self.assertEqual(alarm["AlarmActions"], [{"Ref": "OperatorTopic"}], name)
                self.assertEqual(alarm["TreatMissingData"], "notBreaching", name)
        self.assertEqual(
            watched,
            [
                ("ApproximateNumberOfMessagesVisible", "DeadLetterQueue"),
                ("ApproximateNumberOfMessagesVisible", "UndeliveredQueue"),
                ("Errors", "GuardrailFunction"),
                ("Throttles", "GuardrailFunction"),
                ("ApproximateNumberOfMessagesVisible", "UndeliveredQueue"),
            ],
        )

    def test_people_are_subscribed(self):
        subscriptions = {
            subscription["TopicArn"]["Ref"]: (
                subscription["Protocol"],
                subscription["Endpoint"]["Ref"],
            )
            for subscription in of_type(HOME, "AWS::SNS::Subscription").values()
        }
        self.assertEqual(
            subscriptions,
            {"AlertTopic": ("email", "AlertEmail"), "OperatorTopic": ("email", "OperatorEmail")},
        )

    def test_log_expires_and_is_where_the_role_may_write(self):
        group = HOME["Resources"]["GuardrailLogGroup"]["Properties"]
        self.assertEqual(group["RetentionInDays"], {"Ref": "LogRetentionDays"})
        logging = self.function["LoggingConfig"]
        self.assertEqual(logging, {"LogGroup": {"Ref": "GuardrailLogGroup"}, "LogFormat": "JSON"})

    def test_parameters(self):
        self.assertEqual(
            HOME["Parameters"].keys(),
            {"AlertEmail", "OperatorEmail", "Mode", "Architecture", "LogRetentionDays"},
        )
        self.assertEqual(HOME["Parameters"]["Mode"]["Default"], "observe")
        self.assertEqual(HOME["Parameters"]["Architecture"]["Default"], "arm64")

    def test_outputs(self):
        names = {"FunctionName", "FunctionArn", "AlertTopicArn", "DeadLetterQueueUrl"}
        self.assertLessEqual(names | {"BundleLayerArn"}, HOME["Outputs"].keys())
        for template in (HOME, REGION):
            for name, output in template["Outputs"].items():
                self.assertTrue(output["Description"], name)


def of_type(template, kind):
    return {
        name: resource.get("Properties", {})
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


@functools.cache
def patterns_of(home, stack):
    rules = of_type(HOME if home else REGION, "AWS::Events::Rule")
    return {name: named(rule["EventPattern"], stack) for name, rule in rules.items()}


def patterns(template, stack=STACK):
    """The patterns by their rules' names, for a stack of that name."""
    return patterns_of(template is HOME, stack)


def named(value, stack):
    if isinstance(value, dict):
        if "Fn::Sub" in value:
            return value["Fn::Sub"].replace("${AWS::StackName}", stack)
        return {key: named(inner, stack) for key, inner in value.items()}
    return [named(inner, stack) for inner in value] if isinstance(value, list) else value


def state(template, name):
    return template["Resources"][name]["Properties"].get("State", "ENABLED")


def all_patterns():
    return [*patterns(HOME).items(), *patterns(REGION).items()]


def flattened(pattern, path=()):
    """(path, values) of each field, in one list for each way through the pattern's `$or`s."""
    parts = []
    for key, value in pattern.items():
        if key == "$or":
            parts.append([way for choice in value for way in flattened(choice, path)])
        elif isinstance(value, dict):
            parts.append(flattened(value, (*path, key)))
        else:
            parts.append([[(".".join((*path, key)), value)]])
    return [list(itertools.chain(*ways)) for ways in itertools.product(*parts)]


def alternatives(pattern):
    return [dict(way) for way in flattened(pattern)]


def begins_with_aws(source):
    return (source["prefix"] if isinstance(source, dict) else source).startswith("aws.")


def is_source(wanted, source):
    return source.startswith(wanted["prefix"]) if isinstance(wanted, dict) else source == wanted


def granted(mode):
    """Action to resource, of all that the function's role allows in this mode."""
    actions = {}
    for name, statement in identity_statements(HOME, {"Enforcing": mode == "enforce"}):
        assert name == "GuardrailRole" and statement["Effect"] == "Allow", statement
        for action in as_list(statement["Action"]):
            assert action not in actions, f"{action} is granted twice"
            actions[action] = statement["Resource"]
    return actions


def identity_statements(template, conditions=None):
    """(role, statement) of all roles; with all conditions true unless given."""
    found = []
    for name, role in of_type(template, "AWS::IAM::Role").items():
        for policy in role["Policies"]:
            if "Fn::If" in policy:
                condition, yes, no = policy["Fn::If"]
                policy = yes if conditions is None or conditions[condition] else no
            if policy != {"Ref": "AWS::NoValue"}:
                found += [(name, statement) for statement in policy["PolicyDocument"]["Statement"]]
    return found


def as_list(value):
    return value if isinstance(value, list) else [value]


def sample_names():
    return {line.split()[0] for line in keyrail("sample", "--list").splitlines()}


@functools.cache
def sample_text(name):
    return keyrail("sample", name)


def sample(name):
    return json.loads(sample_text(name))


@functools.cache
def taxonomy():
    """(entry, group, example) of each event that keyrail knows, in each of its groups."""
    return [
        (entry, example["group"], example["event"])
        for entry in json.loads(keyrail("taxonomy", "--format", "json"))
        for example in entry["examples"]
    ]


def explain_all(events):
    """The ids of the guardrails of the default bundle that each event violates."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(explain, events))


def explain(event):
    report = keyrail("explain", "-", "--format", "json", text=json.dumps(event))
    return {violation["id"] for violation in json.loads(report)["verdict"]["violated"]}


def keyrail(*arguments, text=""):
    if not COMMAND.exists():
        raise FileNotFoundError(f"{COMMAND} is not built: cargo build -p keyrail-cli")
    done = subprocess.run(
        [COMMAND, *arguments], input=text.encode(), check=True, capture_output=True, timeout=20
    )
    return done.stdout.decode()


def changed(event, changes):
    event = copy.deepcopy(event)
    for path, value in changes.items():
        *parents, last = path.split(".")
        place = functools.reduce(lambda inner, key: inner[key], parents, event)
        if value is ABSENT:
            del place[last]
        else:
            place[last] = value
    return event


if __name__ == "__main__":
    unittest.main()
