"""What CloudFormation makes of a template with given parameters, as far as its conditions decide.

References to resources stay as they are; those to parameters and to what is known of the stack become
values, and what a condition leaves out is not there.
"""

PSEUDO = {
    "AWS::StackName": "keyrail",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "111122223333",
    "AWS::URLSuffix": "amazonaws.com",
}
ABSENT = {"Ref": "AWS::NoValue"}

# Those without a default.
ANSWERS = {"AlertEmail": "oncall@example.com", "OperatorEmail": "operator@example.com"}


class Deployed:
    """A template with its parameters. `resources` are those that its conditions let be."""

    def __init__(self, template, **given):
        declared = template["Parameters"]
        unknown = given.keys() - declared.keys()
        assert not unknown, f"no such parameters: {unknown}"
        self.template = template
        defaults = {name: what["Default"] for name, what in declared.items() if "Default" in what}
        self.values = PSEUDO | ANSWERS | defaults | given
        for name, what in declared.items():
            if what["Type"] == "CommaDelimitedList":
                self.values[name] = self.values[name].split(",")
        self.resources = {
            name: self.resolved(resource)
            for name, resource in template["Resources"].items()
            if "Condition" not in resource or self.holds(resource["Condition"])
        }

    def of_type(self, kind):
        """The properties of all resources of a type, by name."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def broken_rules(self):
        """What the rules of the template object to."""
        return [
            assertion["AssertDescription"]
            for rule in self.template["Rules"].values()
            for assertion in rule["Assertions"]
            if not self.is_true(assertion["Assert"])
        ]

    def holds(self, condition):
        return self.is_true(self.template["Conditions"][condition])

    def is_true(self, said):
        ((function, value),) = said.items()
        match function:
            case "Condition":
                return self.holds(value)
            case "Fn::Equals":
                return self.resolved(value[0]) == self.resolved(value[1])
            case "Fn::Not":
                return not self.is_true(value[0])
            case "Fn::And":
                return all(self.is_true(one) for one in value)
            case "Fn::Or":
                return any(self.is_true(one) for one in value)
            case "Fn::Contains":
                return self.resolved(value[1]) in self.resolved(value[0])
        raise AssertionError(f"{function} is no condition")

    def resolved(self, value):
        """Without conditions, and with what is known in place of references to it."""
        if isinstance(value, list):
            kept = [self.chosen(inner) for inner in value]
            return [self.resolved(inner) for inner in kept if inner != ABSENT]
        if not isinstance(value, dict):
            return value
        value = self.chosen(value)
        if not isinstance(value, dict) or value == ABSENT:
            return value
        if value.keys() == {"Ref"} and value["Ref"] in self.values:
            return self.values[value["Ref"]]
        if value.keys() == {"Fn::Sub"} and isinstance(value["Fn::Sub"], str):
            return self.substituted(value["Fn::Sub"])
        if value.keys() == {"Fn::Join"}:
            between, parts = value["Fn::Join"]
            parts = self.resolved(parts)
            if all(isinstance(part, str) for part in parts):
                return between.join(parts)
            return {"Fn::Join": [between, parts]}
        kept = {key: self.chosen(inner) for key, inner in value.items()}
        return {key: self.resolved(inner) for key, inner in kept.items() if inner != ABSENT}

    def chosen(self, value):
        """What the conditions choose of an `Fn::If`, of which another may be inside."""
        while isinstance(value, dict) and value.keys() == {"Fn::If"}:
            condition, yes, no = value["Fn::If"]
            value = yes if self.holds(condition) else no
        return value

    def substituted(self, text):
        for name, value in self.values.items():
            if isinstance(value, str):
                text = text.replace(f"${{{name}}}", value)
        return text
