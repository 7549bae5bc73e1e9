"""template.yaml and the templates of infra/, and what their patterns say."""

import functools
import itertools

from samtranslator.yaml_helper import yaml_parse

from tests.emulator.emulator import ROOT

HOME = yaml_parse((ROOT / "template.yaml").read_text())
REGION = yaml_parse((ROOT / "infra" / "region.yaml").read_text())
MEMBER = yaml_parse((ROOT / "infra" / "member.yaml").read_text())

# EventBridge's quota for the pattern of one rule, as compact JSON.
LONGEST_PATTERN = 2048

# The stack's name, with which the names of keyrail's parts begin. It is the function's too, and
# Lambda takes no more than 64 characters; in a longer name than this CloudFormation makes parts of
# which it no longer shows.
STACK = "keyrail"
LONGEST_STACK = "k" * 64
LONGEST_RECOGNISED = 22

# keyrail's own account, or one that forwards to it.
ACCOUNT = "111122223333"

# The role in member accounts, as the documentation names it.
RESPONDER = "keyrail-responder"

# A role whose use is routed.
WATCHED = f"arn:aws:iam::{ACCOUNT}:role/BreakGlass"

# The state of rules that get calls that only read.
ALL_CALLS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"

# Rules for what AWS records in the home region only.
HOME_ONLY = {"AccessKeyRule", "IamRule", "RoleRule", "FunctionRule", "DataRule"}
HOME_ONLY |= {"ResponderRule", "TrustedAdvisorRule", "TrustRule"}

# What only the stacks of other Regions have: what is done to EventsRule, which at home the operator is told.
ELSEWHERE_ONLY = {"WitnessRule"}

# Those of them that a member account forwards from its home region: the function is the hub's.
MEMBERS_HOME = HOME_ONLY - {"FunctionRule", "DataRule"}


def of_type(template, kind):
    return {
        name: resource.get("Properties", {})
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def event_rules(template):
    """The rules for events, and not for a time."""
    rules = of_type(template, "AWS::Events::Rule")
    return {name: rule for name, rule in rules.items() if "EventPattern" in rule}


def tells_the_operator(rule):
    return rule["Targets"][0]["Arn"] == {"Ref": "OperatorTopic"}


@functools.cache
def patterns_of(home, stack, controls):
    template = HOME if home else REGION
    return {
        name: named(decided(rule["EventPattern"], controls), stack)
        for name, rule in event_rules(template).items()
        if "Condition" not in template["Resources"][name] and not tells_the_operator(rule)
    }


@functools.cache
def operators_patterns(stack=STACK):
    """Those of the rules that tell the operator's topic without the function."""
    return {
        name: named(rule["EventPattern"], stack)
        for name, rule in event_rules(HOME).items()
        if tells_the_operator(rule)
    }


def patterns(template, stack=STACK, controls=False):
    """The patterns by their rules' names, for a stack of that name, in an account by itself."""
    return patterns_of(template is HOME, stack, controls)


def decided(value, controls):
    """A pattern as it is deployed: failed controls of Security Hub are routed, or not, and so is who
    switches roles in the console."""
    if isinstance(value, dict):
        if "Fn::If" in value:
            condition, yes, no = value["Fn::If"]
            assert condition in ("RoutesControls", "WatchesRoles"), condition
            return yes if controls else no
        return {key: decided(inner, controls) for key, inner in value.items()}
    return [decided(inner, controls) for inner in value] if isinstance(value, list) else value


def members_patterns():
    """What a member account has in its home region besides."""
    return {
        name: named(decided(rule["EventPattern"], controls=False), STACK)
        for name, rule in event_rules(REGION).items()
        if "Condition" in REGION["Resources"][name]
    }


@functools.cache
def forwarding_patterns(controls=False):
    """All that a member account forwards from its home region."""
    return {
        name: named(decided(rule["EventPattern"], controls), STACK)
        for name, rule in event_rules(REGION).items()
    }


@functools.cache
def hub_patterns(stack=STACK, controls=False):
    """What the hub takes of that, by the names of its rules."""
    return {
        name: named(decided(rule["EventPattern"], controls), stack)
        for name, rule in event_rules(HOME).items()
        if "EventBusName" in rule
    }


def named(value, stack):
    if isinstance(value, dict):
        if "Fn::Sub" in value:
            text = value["Fn::Sub"].replace("${AWS::StackName}", stack)
            for name, stands_for in {
                "Keyrail": stack,
                "AWS::Partition": "aws",
                "AWS::AccountId": ACCOUNT,
                "ResponderRole": RESPONDER,
                "RolePath": "/",
            }.items():
                text = text.replace(f"${{{name}}}", stands_for)
            return text
        if value == {"Ref": "GuardrailRole"}:
            return own_role(stack)
        if value == {"Ref": "WatchedRoles"}:
            return [WATCHED]
        if value == {"Ref": "ResponderRole"}:
            return RESPONDER
        return {key: named(inner, stack) for key, inner in value.items()}
    return [named(inner, stack) for inner in value] if isinstance(value, list) else value


def generated_name(stack, logical_id, most=64):
    """A name as CloudFormation makes it up.

    It cuts the logical id to 24 characters where all of it would be too long, and then the stack's
    name. AWS does not document how. The names of roles in public repositories show it, such as
    StackSet-AWS-Landing-Zone-ForwardSnsNotificationLa-1XDDEMJLM5D3V and
    StackSet-StackSetPasswordPolicy-5e1837a-LambdaRole-1TCLUMCY77KXG (read 2026-11-29).
    """
    suffix = "-1A2B3C4D5E6F7"
    if len(stack) + 1 + len(logical_id) + len(suffix) > most:
        logical_id = logical_id[:24]
    return f"{stack[: most - len(suffix) - 1 - len(logical_id)]}-{logical_id}{suffix}"


def stack_of_set(stack_set):
    """The name of a stack that a StackSet makes."""
    return f"StackSet-{stack_set}-3f2504e0-4f89-41d3-9a0c-0305e82c3301"


def own_role(stack=STACK):
    """The name of the function's role, as CloudFormation makes it, in at most 64 characters."""
    return f"{stack[:29]}-GuardrailRole-1A2B3C4D5E6F7G8H9J0K"


def is_for_another_role(values):
    return values == [{"exists": False}, {"anything-but": own_role()}]


def without_own_role(pattern):
    """A pattern without the condition that leaves the function's role to ResponderRule."""
    if not isinstance(pattern, dict):
        return pattern
    kept = {
        key: without_own_role(inner)
        for key, inner in pattern.items()
        if not is_for_another_role(inner)
    }
    return {key: inner for key, inner in kept.items() if inner != {}}


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


def granted(mode, conditions=(), role="GuardrailRole"):
    """Action to resource, of all that a function's role allows in this mode and conditions."""
    holding = dict.fromkeys(HOME["Conditions"], False)
    holding |= {"Enforcing": mode == "enforce"} | dict.fromkeys(conditions, True)
    actions = {}
    for name, statement in identity_statements(HOME, holding):
        if name != role or statement["Effect"] == "Deny":
            continue
        for action in as_list(statement["Action"]):
            if statement["Resource"] == {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}:
                continue  # Lambda's on-failure destination.
            if statement["Resource"] in ({"Ref": "KeyArn"}, {"Ref": "OperatorKeyArn"}):
                continue  # What test_encryption.py is about.
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
    for policy in of_type(template, "AWS::IAM::Policy").values():
        ((_, name),) = policy["Roles"][0].items()
        found += [(name, statement) for statement in policy["PolicyDocument"]["Statement"]]
    return found


def as_list(value):
    return value if isinstance(value, list) else [value]
