"""Runs the user's own commands, `sam build` and `sam deploy`, against an emulator.

Fails unless template.yaml deploys, its outputs are there, and the function is one that can be
invoked. Nothing of it is modified but that alarms on a query are left out, which the emulator refuses.
"""

import pathlib
import subprocess
import sys

from .emulator import ROOT, Emulator
from .stack import without_alarms_on_queries

STACK = "keyrail"
OUTPUTS = {"FunctionName", "FunctionArn", "AlertTopicArn", "DeadLetterQueueUrl", "BundleLayerArn"}
PARAMETERS = ["AlertEmail=oncall@example.com", "OperatorEmail=operator@example.com"]


def main():
    with Emulator() as emulator:
        build = f"{emulator.scratch}/build"
        template = f"{build}/template.yaml"
        sam(emulator, "build", "--build-in-source", "--build-dir", build, KEYRAIL_PROFILE="demo")
        built = pathlib.Path(template)
        built.write_text(without_alarms_on_queries(built.read_text()))
        sam(
            emulator,
            *("deploy", "--template-file", template, "--stack-name", STACK, "--resolve-s3"),
            *("--capabilities", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"),
            *("--no-confirm-changeset", "--parameter-overrides", *PARAMETERS),
        )
        stack = emulator.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        missing = OUTPUTS - outputs.keys()
        if missing:
            return f"error: the stack lacks the outputs {', '.join(sorted(missing))}"
        functions = emulator.client("lambda")
        function = functions.get_function_configuration(FunctionName=outputs["FunctionName"])
        if function["State"] != "Active" or function["Runtime"] != "provided.al2023":
            return f"error: the function is {function['State']} with {function['Runtime']}"
        print(f"ok: sam deployed template.yaml: {stack['StackStatus']}, function {function['State']}")
        return 0


def sam(emulator, command, *arguments, **environment):
    subprocess.run(
        [sys.executable, "-m", "samcli", command, *arguments],
        cwd=ROOT,
        env=emulator.environment() | {"SAM_CLI_TELEMETRY": "0"} | environment,
        stdin=subprocess.DEVNULL,
        check=True,
        timeout=300,
    )


if __name__ == "__main__":
    sys.exit(main())
