"""The rules as shipped, which the hourly check compares with what is there.

`crates/keyrail-core/src/watch/rules.json` is made of them. After a change of a rule:

    .venv/bin/python -m tests.template.rules >crates/keyrail-core/src/watch/rules.json
"""

import json
import re

from tests.emulator.emulator import ROOT
from tests.template.templates import HOME, REGION, decided, event_rules

FILE = ROOT / "crates" / "keyrail-core" / "src" / "watch" / "rules.json"
TEMPLATES = {"template.yaml": HOME, "infra/region.yaml": REGION}


def with_placeholders(value):
    """A value with what only a deployment decides as `${…}`: its name is `${Keyrail}` everywhere."""
    if isinstance(value, list):
        return [with_placeholders(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    match list(value.items()):
        case [("Ref", name)]:
            return f"${{{name}}}"
        case [("Fn::Sub", text)]:
            return re.sub(r"\$\{AWS::StackName\}", "${Keyrail}", text)
    return {key: with_placeholders(inner) for key, inner in value.items()}


def target(given):
    """What a target is: the logical id of a part of the stack, or `home` for where events are forwarded."""
    match given["Arn"]:
        case {"Fn::GetAtt": [logical, "Arn"]} | {"Ref": logical} if logical != "HubBusArn":
            return logical
    return "home"


def described(template):
    """Each rule with a pattern, by its logical id."""
    found = {}
    for name, rule in event_rules(template).items():
        condition = template["Resources"][name].get("Condition")
        usual, controls = (
            with_placeholders(decided(rule["EventPattern"], routed)) for routed in (False, True)
        )
        found[name] = {
            "pattern": usual,
            "state": rule.get("State", "ENABLED"),
            "regions": "home" if template is HOME or condition == "AtMembersHome" else "each",
            "bus": "members" if "EventBusName" in rule else "default",
            "targets": [target(each) for each in rule["Targets"]],
        }
        if controls != usual:
            found[name]["with_controls"] = controls
    return found


def text():
    """As it is in the file: a line for each rule."""
    parts = []
    for file, template in TEMPLATES.items():
        lines = [
            f"  {json.dumps(name)}: {json.dumps(rule, separators=(',', ':'))}"
            for name, rule in described(template).items()
        ]
        parts.append(f" {json.dumps(file)}: {{\n" + ",\n".join(lines) + "\n }")
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    print(text(), end="")
