"""What the pages say exists: links, targets of make, commands with their options."""

import os
import re
import shlex
import subprocess
import unittest
from pathlib import Path

import botocore.session
from botocore import xform_name

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *(ROOT / folder / "README.md" for folder in ("", "crates", "infra", "tests")),
        *(ROOT / "docs").glob("*.md"),
    ]
)
# Alerts as they are sent, with commands for whoever is on call.
ALERTS = sorted((ROOT / "crates/keyrail-core/src/alert/snapshots").glob("*.snap"))
KEYRAIL = os.environ.get("KEYRAIL_BIN", str(ROOT / "target/demo/keyrail"))

# The AWS command's own, which are no operations of a service or have other options.
OWN = {
    ("cloudformation", "deploy"),
    ("configure", "export-credentials"),
    ("configure", "get"),
    ("configure", "list-profiles"),
    ("lambda", "invoke"),
    ("logs", "tail"),
    ("sso", "login"),
}
# What the AWS command calls otherwise than the service does.
RENAMED = {"notification-endpoint": "endpoint"}
OPTIONS_OF_ALL = {"region", "query", "output", "profile", "no-cli-pager", "cli-binary-format"}


def blocks(text):
    """The fenced blocks of a page, by the first word after the fence."""
    for match in re.finditer(r"^```(\w*)[^\n]*\n(.*?)^```$", text, re.M | re.S):
        yield match.group(1), match.group(2)


def prose(text):
    return re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)


def anchors(text):
    """As GitHub makes them: words in small letters, joined by hyphens."""
    found = set()
    for heading in re.findall(r"^#+ (.*)$", prose(text), re.M):
        heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", heading).replace(" ", "-")
        number = 0
        while (name := slug if number == 0 else f"{slug}-{number}") in found:
            number += 1
        found.add(name)
    return found


def commands(text, program, known=None):
    """The commands of a program, in blocks; in code within a line if it is a `known` one."""
    lines = []
    for language, block in blocks(text):
        if language in ("sh", "console"):
            joined = block.replace("\\\n", " ")
            lines += [(line.removeprefix("$ "), True) for line in joined.splitlines()]
    lines += [(code, known is None) for code in re.findall(r"`([^`\n]+)`", prose(text))]
    for line, is_command in lines:
        for part in re.split(r"[|;&]+|\$\(", line):
            part = part.strip().removeprefix("xargs ")
            found = re.match(rf"(?:\S*/)?{program} ([a-z][\w-]*)", part)
            if found and (is_command or found.group(1) in known):
                yield part


def words_of(command):
    command = command.split(" #")[0].split(" > ")[0].strip().rstrip(")")
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


class Pages(unittest.TestCase):
    def each(self):
        for page in PAGES:
            yield page, page.read_text()

    def test_each_link_leads_somewhere(self):
        seen = 0
        for page, text in self.each():
            for target in re.findall(r"\]\(([^)\s]+)\)", prose(text)):
                if re.match(r"[a-z]+:", target):
                    continue
                path, _, anchor = target.partition("#")
                there = (page.parent / path).resolve() if path else page
                with self.subTest(page=page.name, link=target):
                    self.assertTrue(there.exists())
                    if anchor:
                        self.assertIn(anchor, anchors(there.read_text()))
                seen += 1
        self.assertGreater(seen, 50)

    def test_each_target_of_make_exists(self):
        targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M))
        seen = 0
        for page, text in self.each():
            for command in commands(text, "make", targets):
                with self.subTest(page=page.name, command=command):
                    target = words_of(command)[1]
                    self.assertIn(target, targets)
                seen += 1
        self.assertGreater(seen, 10)

    def test_each_command_of_keyrail_has_its_options(self):
        helps, seen = {}, 0
        known = set(re.findall(r"(?m)^  ([a-z]+) ", self.help_of((), helps)))
        for page, text in self.each():
            for command in commands(text, "keyrail", known):
                words = words_of(command)[1:]
                path = [words[0]]
                if words[0] in ("alert", "org", "exemptions", "schema") and len(words) > 1:
                    path.append(words[1])
                with self.subTest(page=page.name, command=command):
                    help_ = self.help_of(tuple(path[:1]), helps)
                    if "Commands:" in help_ and len(path) > 1:
                        help_ = self.help_of(tuple(path), helps)
                    for word in words:
                        option = word.split("=")[0]
                        if option.startswith("--"):
                            self.assertRegex(help_, rf"(?m){re.escape(option)}\b")
                seen += 1
        self.assertGreater(seen, 50)

    def test_a_change_of_the_running_stack_keeps_each_parameter(self):
        # One that is not named goes back to its default.
        for page, call, template in (
            ("README.md", "update-stack", "template.yaml"),
            ("infra/README.md", "update-stack-set", "infra/member.yaml"),
        ):
            text = (ROOT / template).read_text()
            section = re.search(r"(?ms)^Parameters:\n(.*?)^\S", text).group(1)
            parameters = re.findall(r"(?m)^  (\w+):$", section)
            self.assertGreater(len(parameters), 5)
            (command,) = (
                command
                for command in commands((ROOT / page).read_text(), "aws")
                if f" {call} " in command
            )
            with self.subTest(page=page):
                self.assertCountEqual(re.findall(r"ParameterKey=(\w+)", command), parameters)

    def help_of(self, path, helps):
        if path not in helps:
            ran = subprocess.run([KEYRAIL, *path, "--help"], capture_output=True, text=True, check=False)
            self.assertEqual(ran.returncode, 0, ran.stderr)
            helps[path] = ran.stdout
        return helps[path]

    def test_each_command_of_aws_is_an_operation_with_its_parameters(self):
        session, models, seen = botocore.session.get_session(), {}, 0
        alerts = [(path, path.read_text()) for path in ALERTS]
        for page, text in [*self.each(), *alerts]:
            in_lines = re.findall(r"aws [a-z-]+ [a-z-]+ --(?:(?!; and).)*", text) if page in ALERTS else []
            for command in [*commands(text, "aws"), *in_lines]:
                words = words_of(command)
                if len(words) < 3 or tuple(words[1:3]) in OWN:
                    continue
                service, operation = words[1:3]
                with self.subTest(page=page.name, command=command):
                    if service not in models:
                        models[service] = session.get_service_model(service)
                    names = {xform_name(name, "-"): name for name in models[service].operation_names}
                    if operation == "wait":
                        model = session.get_waiter_model(service)
                        waiters = {xform_name(name, "-"): name for name in model.waiter_names}
                        self.assertIn(words[3], waiters)
                        # It takes the parameters of what it asks again and again.
                        operation = xform_name(model.get_waiter(waiters[words[3]]).operation, "-")
                    self.assertIn(operation, names)
                    shape = models[service].operation_model(names[operation]).input_shape
                    members = {xform_name(name, "-") for name in (shape.members if shape else ())}
                    for word in words[3:]:
                        if word.startswith("--"):
                            option = word[2:].split("=")[0]
                            option = RENAMED.get(option, option)
                            # A flag that is switched off.
                            if option.startswith("no-") and option[3:] in members:
                                continue
                            self.assertIn(option, members | OPTIONS_OF_ALL)
                seen += 1
        self.assertGreater(seen, 60)
