"""Holds the roles against what the code calls."""

import re
import unittest

from tests.template.deployed import Deployed
from tests.template.templates import (
    HOME,
    MEMBER,
    MEMBERS_HOME,
    REGION,
    as_list,
    granted,
    identity_statements,
    of_type,
)
from tests.template.test_watch_permissions import NO_CALL, READS, READS_AT_HOME, READS_OF_MEMBERS
from tests.wire.calls import FUNCTION, permissions

# What the function itself calls, and on what.
ANY_USER = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:user/*"}
ANY_ROLE = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/*"}

# What changes an account: only in enforce mode, and the last three only where a parameter says so.
CONTAINS = {
    "iam:AttachUserPolicy": ANY_USER,
    "iam:DeleteLoginProfile": ANY_USER,
    "iam:PutUserPermissionsBoundary": ANY_USER,
    "iam:PutUserPolicy": ANY_USER,
    "iam:UpdateAccessKey": ANY_USER,
    "iam:UpdateServiceSpecificCredential": ANY_USER,
    "iam:UpdateSigningCertificate": ANY_USER,
    "iam:UpdateSSHPublicKey": ANY_USER,
}
REVOKES_ROLES = {"iam:GetRolePolicy": ANY_ROLE, "iam:PutRolePolicy": ANY_ROLE}
DELETES = {"iam:DeleteAccessKey": ANY_USER}
DELETES_ROOT_KEYS = {"sts:AssumeRoot": {"Fn::Sub": "arn:${AWS::Partition}:iam::*:root"}}

# What it asks IAM of users, in either mode.
LOOKS_UP = dict.fromkeys(
    (
        "iam:GetAccessKeyLastUsed",
        "iam:GetLoginProfile",
        "iam:GetUser",
        "iam:GetUserPolicy",
        "iam:ListAccessKeys",
        "iam:ListAttachedUserPolicies",
        "iam:ListGroupsForUser",
        "iam:ListServiceSpecificCredentials",
        "iam:ListSigningCertificates",
        "iam:ListSSHPublicKeys",
        "iam:ListUserTags",
    ),
    ANY_USER,
)
MEMBERS = {"sts:AssumeRole": {"Fn::Sub": "arn:${AWS::Partition}:iam::*:role/${ResponderRole}"}}
REMEMBERS = dict.fromkeys(
    ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"),
    {"Fn::GetAtt": ["StateTable", "Arn"]},
)
LOOKS_AGAIN = {"sqs:SendMessage": {"Fn::GetAtt": ["RecheckQueue", "Arn"]}}
CHAT = {"Fn::If": ["HasChat", {"Ref": "ChatTopic"}, {"Ref": "AWS::NoValue"}]}
ALERTS = {"sns:Publish": [{"Ref": "AlertTopic"}, {"Ref": "OperatorTopic"}, CHAT]}
ENCRYPTS = dict.fromkeys(("kms:Decrypt", "kms:GenerateDataKey"), {"Ref": "TopicKeyArn"})
CALLS = [CONTAINS, REVOKES_ROLES, DELETES, DELETES_ROOT_KEYS, LOOKS_UP, MEMBERS, REMEMBERS]

# What only `keyrail undo` calls, with the credentials of a person.
UNDOES = {
    "iam:DeleteRolePolicy",
    "iam:DeleteUserPermissionsBoundary",
    "iam:DeleteUserPolicy",
    "iam:DetachUserPolicy",
}

# What Lambda does in its name, which the code does not show.
LAMBDA_DOES = {
    "logs:CreateLogStream": {"Fn::GetAtt": ["GuardrailLogGroup", "Arn"]},
    "logs:PutLogEvents": {"Fn::GetAtt": ["GuardrailLogGroup", "Arn"]},
    **dict.fromkeys(
        ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"),
        [{"Fn::GetAtt": ["RecheckQueue", "Arn"]}, {"Fn::GetAtt": ["SignInQueue", "Arn"]}],
    ),
}
ALWAYS = LOOKS_UP | ALERTS | LAMBDA_DOES | LOOKS_AGAIN

# What the hub's role and the one in member accounts both depend on, each way that it can be set.
CONDITIONS = ("Enforcing", "RevokesRoles", "Deletes", "HasExternalId")
SETTINGS = [(), ("Enforcing",), ("Enforcing", "RevokesRoles"), ("Enforcing", "Deletes")]
SETTINGS += [("Enforcing", "RevokesRoles", "Deletes")]
ACTING = {"GuardrailRole", "ResponderRole"}

# Some take no resource; trails are the account's own, and have names of its own.
ON_ANYTHING = {
    "cloudtrail:DescribeTrails",
    "cloudtrail:GetEventSelectors",
    "cloudtrail:GetTrailStatus",
    "cloudwatch:DescribeAlarms",
    "events:ListRules",
    "organizations:ListAccounts",
    "sqs:ListQueues",
}

# IAM records these as reading, which no rule is for.
IAM_READS = re.compile("GetAccessKeyLastUsed|GetLoginProfile|GetRolePolicy|GetUser|List")


def on_iam(template, conditions):
    """(action, resource, condition) of all that is allowed in IAM, in order, if these hold."""
    holding = dict.fromkeys({*template["Conditions"], *CONDITIONS}, False)
    holding |= dict.fromkeys(conditions, True)
    return sorted(
        (action, str(statement["Resource"]), str(statement.get("Condition")))
        for name, statement in identity_statements(template, holding)
        for action in as_list(statement["Action"])
        if statement["Effect"] == "Allow" and action.startswith("iam:") and name in ACTING
    )


def principals(roles):
    """The ARNs of roles of the hub's, and those with their sessions', as policies name them."""
    arns, sessions = [], []
    for role in roles:
        arn = {"Fn::GetAtt": [role, "Arn"]}
        session = "arn:${AWS::Partition}:sts::${AWS::AccountId}:assumed-role/${" + role + "}/*"
        both = [arn, {"Fn::Sub": session}]
        if condition := HOME["Resources"][role].get("Condition"):
            both = [{"Fn::If": [condition, each, {"Ref": "AWS::NoValue"}]} for each in both]
        arns.append(both[0])
        sessions += both
    return arns, sessions


class Permissions(unittest.TestCase):
    """What the function may do is what it does."""

    def test_enforce(self):
        self.assertEqual(granted("enforce"), CONTAINS | ALWAYS)

    def test_observe_cannot_change_anything(self):
        self.assertEqual(granted("observe"), ALWAYS)

    def test_each_parameter_grants_what_it_says(self):
        for condition, more in (
            ("RevokesRoles", REVOKES_ROLES),
            ("Deletes", DELETES),
            ("DeletesRootKeys", DELETES_ROOT_KEYS),
            ("HasMembers", MEMBERS),
            ("HasState", REMEMBERS),
            ("HasTopicKey", ENCRYPTS),
        ):
            with self.subTest(condition):
                self.assertEqual(granted("enforce", {condition}), CONTAINS | ALWAYS | more)

    def test_no_role_can_change_itself(self):
        # By its ARN, which names it whatever CloudFormation made of the stack's name.
        own = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role${RolePath}"
        for template, roles in (
            (HOME, [{"Fn::GetAtt": ["GuardrailRole", "Arn"]}, {"Fn::Sub": own + "${AWS::StackName}-*"}]),
            (MEMBER, [{"Fn::Sub": own + "${RoleName}"}]),
        ):
            denied = [
                (statement["Action"], as_list(statement["Resource"]))
                for name, statement in identity_statements(template)
                if statement["Effect"] == "Deny"
                and "Condition" not in statement
                and name in ACTING
            ]
            self.assertEqual(denied, [("iam:*", roles)])
        self.assertEqual(
            HOME["Resources"]["OwnRolesPolicy"]["Properties"]["Roles"], [{"Ref": "GuardrailRole"}]
        )

    def test_no_other_function_can_use_the_role(self):
        statement, rechecks = (
            statement
            for name, statement in identity_statements(HOME)
            if statement["Effect"] == "Deny" and "Condition" in statement and name in ACTING
        )
        self.assertEqual(statement["Resource"], "*")
        arn = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:"
        name = HOME["Resources"]["GuardrailFunction"]["Properties"]["FunctionName"]
        self.assertEqual(name, {"Ref": "AWS::StackName"})
        condition = {"lambda:SourceFunctionArn": {"Fn::Sub": arn + "${AWS::StackName}"}}
        self.assertEqual(statement["Condition"], {"ArnNotEquals": condition})
        # Nor fill the queue of re-checks, which are acted on.
        self.assertEqual(rechecks["Action"], "sqs:SendMessage")
        self.assertEqual(rechecks["Resource"], {"Fn::GetAtt": ["RecheckQueue", "Arn"]})
        self.assertEqual(rechecks["Condition"], statement["Condition"])
        # What Lambda does itself does not say of which function it is.
        denied = {action.removesuffix("*") for action in statement["Action"]}
        by_lambda = {"sqs:", "logs:", "kms:"}
        called = {action.split(":")[0] + ":" for action in set().union(*CALLS, ALERTS)}
        self.assertEqual(denied, called - by_lambda)

    def test_what_cannot_be_undone_needs_enforce_mode_too(self):
        for template in (HOME, MEMBER):
            for name in ("RevokesRoles", "Deletes", "DeletesRootKeys"):
                if condition := template["Conditions"].get(name):
                    self.assertIn({"Condition": "Enforcing"}, condition["Fn::And"], name)

    def test_only_policies_that_deny_can_be_attached(self):
        for template in (HOME, MEMBER):
            deny_all = "arn:${AWS::Partition}:iam::aws:policy/AWSDenyAll"
            for action, operator, key in (
                ("iam:AttachUserPolicy", "ArnEquals", "iam:PolicyARN"),
                ("iam:PutUserPermissionsBoundary", "StringEquals", "iam:PermissionsBoundary"),
            ):
                (statement,) = (
                    statement
                    for _, statement in identity_statements(template)
                    if statement["Action"] == action
                )
                self.assertEqual(statement["Condition"], {operator: {key: {"Fn::Sub": deny_all}}})

    def test_a_member_account_grants_what_the_hub_grants_itself(self):
        allowed, denied = {}, []
        for name, statement in identity_statements(MEMBER):
            if name not in ACTING:
                continue
            for action in as_list(statement["Action"]):
                if statement["Effect"] == "Allow":
                    allowed[action] = statement["Resource"]
                else:
                    denied.append((action, statement["Resource"]["Fn::Sub"]))
        self.assertEqual(allowed, CONTAINS | REVOKES_ROLES | DELETES | LOOKS_UP)
        own = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role${RolePath}${RoleName}"
        self.assertEqual(denied, [("iam:*", own)])

    def test_a_member_account_grants_under_the_same_conditions(self):
        for conditions in SETTINGS:
            with self.subTest(conditions):
                self.assertEqual(on_iam(MEMBER, conditions), on_iam(HOME, conditions))
        for name in ("Enforcing", "RevokesRoles", "Deletes"):
            self.assertEqual(MEMBER["Conditions"][name], HOME["Conditions"][name], name)
        for name in ("Mode", "RoleSessions", "Deletion"):
            here, there = HOME["Parameters"][name], MEMBER["Parameters"][name]
            for key in ("AllowedValues", "Default"):
                self.assertEqual(there[key], here[key], name)

    def test_both_templates_permit_just_this_in_iam(self):
        for template in (HOME, MEMBER):
            actions = {action for action, _, _ in on_iam(template, SETTINGS[-1])}
            self.assertEqual(actions, (CONTAINS | REVOKES_ROLES | DELETES | LOOKS_UP).keys())

    def test_nothing_that_changes_is_permitted_in_observe_mode(self):
        for template in (HOME, MEMBER):
            for action, _, _ in on_iam(template, SETTINGS[0]):
                self.assertRegex(action, "^iam:(Get|List)")

    def test_a_member_account_never_lets_the_role_change_itself(self):
        denied = [
            statement
            for _, statement in identity_statements(
                MEMBER, dict.fromkeys((*CONDITIONS, "HasWatch"), False)
            )
            if statement["Effect"] == "Deny"
        ]
        self.assertEqual([statement["Action"] for statement in denied], ["iam:*"])

    def test_root_is_assumed_only_to_delete_its_credentials(self):
        (statement,) = (
            statement
            for _, statement in identity_statements(HOME)
            if statement["Action"] == "sts:AssumeRoot"
        )
        task = "arn:${AWS::Partition}:iam::aws:policy/root-task/IAMDeleteRootUserCredentials"
        condition = {"StringEquals": {"sts:TaskPolicyArn": {"Fn::Sub": task}}}
        self.assertEqual(statement["Condition"], condition)

    def test_roles_are_assumed_only_in_the_own_organization(self):
        for role in ("GuardrailRole", "WatchRole"):
            self.check_is_bound_to_the_organization(role)

    def check_is_bound_to_the_organization(self, role):
        (statement,) = (
            statement
            for name, statement in identity_statements(HOME)
            if statement["Action"] == "sts:AssumeRole" and name == role
        )
        # A variable of IAM's, which CloudFormation must leave alone.
        organization = {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}
        self.assertEqual(statement["Condition"], {"StringEquals": organization})

    def test_what_the_role_does_all_day_starts_nothing(self):
        # Else the function would start itself, for ever where a trail records data events.
        pattern = HOME["Resources"]["ResponderRule"]["Properties"]["EventPattern"]
        left_out = set()
        for alternative in pattern["detail"]["$or"]:
            for name in alternative["eventName"]:
                if isinstance(name, dict):
                    names = name["anything-but"]
                    left_out |= set(names["wildcard"] if isinstance(names, dict) else names)
        other_rules = {"AssumeRoot", "CreateOAuth2Token*", "CreateAccessKey"}
        # By what they say the function tells whether they contain.
        by_content = {"PutRolePolicy", "PutUserPolicy"}
        permitted = {action.split(":")[1] for action in granted("enforce", HOME["Conditions"])}
        calls = {name for name in permitted if not IAM_READS.match(name)}
        self.assertEqual(
            left_out - other_rules - {"CreateLogGroup"}, calls - other_rules - by_content
        )

    def test_only_the_hub_of_the_organization_assumes_the_responder_role(self):
        role = MEMBER["Resources"]["ResponderRole"]["Properties"]
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        self.assertEqual(statement["Principal"], {"AWS": {"Ref": "HubRoleArn"}})
        external_id = {"Fn::If": ["HasExternalId", {"Ref": "ExternalId"}, {"Ref": "AWS::NoValue"}]}
        self.assertEqual(
            statement["Condition"],
            {
                "StringEquals": {
                    "aws:PrincipalOrgID": {"Ref": "OrganizationId"},
                    "sts:ExternalId": external_id,
                }
            },
        )

    def test_nobody_else_fills_the_queue_of_rechecks(self):
        policy = HOME["Resources"]["RecheckQueuePolicy"]["Properties"]["PolicyDocument"]
        (statement,) = policy["Statement"]
        self.assertEqual((statement["Effect"], statement["Principal"]), ("Deny", "*"))
        self.assertEqual(statement["Action"], "sqs:SendMessage")
        self.assertEqual(statement["Resource"], {"Fn::GetAtt": ["RecheckQueue", "Arn"]})
        self.assertEqual(policy["Version"], "2012-10-17")
        session = "assumed-role/${GuardrailRole}/*"
        self.assertEqual(
            statement["Condition"],
            {"ArnNotLike": {"aws:PrincipalArn": [
                {"Fn::GetAtt": ["GuardrailRole", "Arn"]},
                {"Fn::Sub": f"arn:${{AWS::Partition}}:sts::${{AWS::AccountId}}:{session}"},
            ]}},
        )

    def test_the_code_calls_just_what_is_granted(self):
        called = permissions(FUNCTION)
        granted_at_most = set().union(*CALLS, LOOKS_AGAIN, ALERTS)
        by_the_check = READS | READS_AT_HOME | READS_OF_MEMBERS
        self.assertEqual(called - UNDOES - by_the_check - {NO_CALL}, granted_at_most)

    def test_no_resource_is_everything(self):
        for template in (HOME, REGION, MEMBER):
            for name, statement in identity_statements(template):
                if statement["Effect"] == "Deny":
                    continue
                with self.subTest(name, statement=statement):
                    self.assertNotEqual(statement["Action"], "*")
                    if statement["Resource"] == "*":
                        self.assertLessEqual(set(as_list(statement["Action"])), ON_ANYTHING)
                    self.assertNotIn("ManagedPolicyArns", template["Resources"][name]["Properties"])

    def test_forwarding_role_only_forwards(self):
        home = "arn:${AWS::Partition}:events:${HomeRegion}:${AWS::AccountId}:event-bus/default"
        hubs = {"Ref": "HubBusArn"}
        bus = {"Fn::If": ["InMember", hubs, {"Fn::Sub": home}]}
        (statement,) = (
            statement for name, statement in identity_statements(REGION) if name == "ForwardingRole"
        )
        self.assertEqual(statement["Action"], "events:PutEvents")
        self.assertEqual(statement["Resource"], bus)
        for name, rule in of_type(REGION, "AWS::Events::Rule").items():
            for target in rule["Targets"]:
                self.assertEqual(target["Arn"], hubs if name in MEMBERS_HOME else bus, name)
                # Without a role EventBridge refuses a bus that is open to an organization.
                self.assertEqual(target["RoleArn"], {"Fn::GetAtt": ["ForwardingRole", "Arn"]}, name)

    def test_only_the_organization_may_put_events_on_the_members_bus(self):
        bus = HOME["Resources"]["MemberBus"]["Properties"]
        (statement,) = bus["Policy"]["Statement"]
        self.assertEqual((statement["Effect"], statement["Action"]), ("Allow", "events:PutEvents"))
        self.assertTrue(statement["Resource"]["Fn::Sub"].endswith("/" + bus["Name"]["Fn::Sub"]))
        organization = {"aws:PrincipalOrgID": {"Ref": "OrganizationId"}}
        self.assertEqual(statement["Condition"]["StringEquals"], organization)

    def test_each_role_has_the_boundary_and_the_path_that_are_asked_for(self):
        boundary = ["HasPermissionsBoundary", {"Ref": "PermissionsBoundary"}, {"Ref": "AWS::NoValue"}]
        for template in (HOME, REGION, MEMBER):
            for role in of_type(template, "AWS::IAM::Role").values():
                self.assertEqual(role["PermissionsBoundary"], {"Fn::If": boundary})
                self.assertEqual(role["Path"], {"Ref": "RolePath"})
            self.assertEqual(
                template["Conditions"]["HasPermissionsBoundary"],
                {"Fn::Not": [{"Fn::Equals": [{"Ref": "PermissionsBoundary"}, ""]}]},
            )
            pattern = template["Parameters"]["RolePath"]["AllowedPattern"]
            for path, is_allowed in (("/", True), ("/security/keyrail/", True), ("security/", False)):
                self.assertEqual(bool(re.fullmatch(pattern, path)), is_allowed, path)

    def test_roles_have_no_name_that_another_region_could_have_taken(self):
        for template in (HOME, REGION):
            for name, role in of_type(template, "AWS::IAM::Role").items():
                if (template, name) != (HOME, "WatchRole") and "RoleName" in role:
                    self.assertTrue(role["RoleName"]["Fn::Sub"].endswith("-${AWS::Region}"), name)

    def test_only_the_function_is_let_in_to_publish_alerts(self):
        for name, roles in (
            ("AlertTopic", ["GuardrailRole", "WatchRole"]),
            ("ChatTopic", ["GuardrailRole"]),
        ):
            topic, policy = {"Ref": name}, HOME["Resources"][f"{name}Policy"]["Properties"]
            allowed, denied = policy["PolicyDocument"]["Statement"][:2]
            publishing = {"Action": "sns:Publish", "Resource": topic}
            arns, sessions = principals(roles)
            principal = {"AWS": arns if len(arns) > 1 else arns[0]}
            self.assertEqual(allowed, {"Effect": "Allow", "Principal": principal} | publishing)
            # An IAM policy of the account that allows sns:Publish is of no use to a forger.
            condition = {"Condition": {"ArnNotLike": {"aws:PrincipalArn": sessions}}}
            self.assertEqual(denied, {"Effect": "Deny", "Principal": "*"} | publishing | condition)

    def test_only_services_publish_faults_of_keyrail_itself(self):
        arns, sessions = principals(["GuardrailRole", "WatchRole"])
        for template in (HOME, REGION):
            policy = template["Resources"]["OperatorTopicPolicy"]["Properties"]["PolicyDocument"]
            allowed, *others, denied = policy["Statement"]
            if template is HOME:
                # Without a condition: AWS takes none for EventBridge in a topic's policy.
                for statement, principal in zip(
                    others, ({"Service": "events.amazonaws.com"}, {"AWS": arns}), strict=True
                ):
                    publishing = {"Action": "sns:Publish", "Resource": {"Ref": "OperatorTopic"}}
                    self.assertEqual(
                        statement, {"Effect": "Allow", "Principal": principal} | publishing
                    )
            else:
                self.assertEqual(others, [])
            self.assertEqual(allowed["Principal"], {"Service": "cloudwatch.amazonaws.com"})
            self.assertEqual((denied["Effect"], denied["Principal"]), ("Deny", "*"))
            for statement in (allowed, denied):
                self.assertEqual(statement["Action"], "sns:Publish")
                self.assertEqual(statement["Resource"], {"Ref": "OperatorTopic"})
            # Both must hold for a call to be denied. A call of CloudWatch or EventBridge as themselves
            # meets neither: it has no ARN of a principal, and is an AWS service's.
            self.assertEqual(
                denied["Condition"],
                {
                    "Null": {"aws:PrincipalArn": "false"},
                    "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
                }
                | ({"ArnNotLike": {"aws:PrincipalArn": sessions}} if template is HOME else {}),
            )

    def test_other_accounts_subscribe_where_a_parameter_names_them(self):
        def let_in(**parameters):
            policy = Deployed(HOME, **parameters).resources["AlertTopicPolicy"]["Properties"]
            return policy["PolicyDocument"]["Statement"][2:]

        self.assertEqual(let_in(), [])
        (statement,) = let_in(Subscribers="444455556666,777788889999")
        self.assertEqual(
            statement,
            {
                "Effect": "Allow",
                "Principal": {"AWS": ["444455556666", "777788889999"]},
                "Action": "sns:Subscribe",
                "Resource": {"Ref": "AlertTopic"},
            },
        )
        pattern = HOME["Parameters"]["Subscribers"]["AllowedPattern"]
        for wrong in ("*", "44445555666", "arn:aws:iam::444455556666:root"):
            self.assertIsNone(re.fullmatch(pattern, wrong))

    def test_services_are_let_in_from_named_resources_only(self):
        for deployed in (
            Deployed(HOME, Chat="topic", Subscribers="444455556666"),
            Deployed(REGION, OperatorEmail="operator@example.com"),
        ):
            for kind in ("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"):
                for name, policy in deployed.of_type(kind).items():
                    for statement in policy["PolicyDocument"]["Statement"]:
                        is_operators = (name, statement["Principal"]) == (
                            "OperatorTopicPolicy",
                            {"Service": "events.amazonaws.com"},
                        )
                        if "Service" in statement["Principal"] and not is_operators:
                            with self.subTest(name):
                                self.assertIn("aws:SourceArn", str(statement["Condition"]))
