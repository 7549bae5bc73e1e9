"""Reads a recorded request as the service would, by botocore's model of it: which operation it is,
and its parameters as a tree. What the model has no place for is a problem."""

import base64
import dataclasses
import functools
import json
import re
import urllib.parse
import xml.etree.ElementTree

import botocore.session

# The services whose name in signatures is not that of their model.
MODELS = {"awsssoportal": "sso", "monitoring": "cloudwatch"}
# The AWS SDKs name the service whose client it is.
CLIENT = re.compile(r"\bapi/(?P<service>[^/ ]+)[/#]")


@dataclasses.dataclass(frozen=True)
class Problem:
    """Where a request is outside its model, and how."""

    member: str
    constraint: str


class Text(str):
    """A value as text that stands for a number or truth value, too: all that is not JSON."""


@dataclasses.dataclass
class Call:
    """A request as the service reads it."""

    service: str
    operation: object
    tree: dict
    problems: list

    @property
    def name(self):
        return f"{self.service}:{self.operation.name}"


class Unreadable(Exception):
    """It is no request of any operation; the message says why."""


@functools.cache
def model(service):
    return _session().get_service_model(service)


@functools.cache
def _session():
    return botocore.session.get_session()


@functools.cache
def _of_unsigned():
    """What may be asked without a signature."""
    return [model(name) for name in ("sts", "sso")]


def read(line):
    """The call that a line of the record is."""
    # To a proxy of the environment, the whole address is sent.
    line = line | {"path": re.sub("^https?://[^/]+", "", line["path"])}
    headers = line["headers"]
    signed = line["signed"] and line["signed"]["service"]
    if signed:
        name = MODELS.get(signed, signed)
        if name not in _session().get_available_services():
            raise Unreadable(f"it is signed for {signed}, which is no service")
        candidates = [model(name)]
    else:
        candidates = _of_unsigned()
    reasons = []
    for service in candidates:
        try:
            call = PROTOCOLS[protocol(service, headers)](service, line)
        except Unreadable as reason:
            reasons.append(str(reason))
            continue
        if not signed and call.operation.auth_type != "none":
            call.problems.append(Problem("", "it is not signed"))
        client = CLIENT.search(headers.get("x-amz-user-agent", headers.get("user-agent", "")))
        own = str(service.service_id).lower().replace(" ", "")
        if client and client["service"].lower().replace("-", "").replace("_", "") != own:
            its = client["service"]
            call.problems.append(Problem("", f"a client of {its} signed it for {service.service_name}"))
        return call
    raise Unreadable("; ".join(reasons))


def protocol(service, headers):
    """Which of the protocols that a service speaks the request is in."""
    spoken = service.metadata.get("protocols", [service.protocol])
    form = headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    if "query" in spoken and (form or spoken == ["query"]):
        return "query"
    if "json" in spoken and ("x-amz-target" in headers or spoken == ["json"]):
        return "json"
    if service.protocol in PROTOCOLS:
        return service.protocol
    raise Unreadable(f"{service.service_name} speaks {' and '.join(spoken)}, and this is neither form nor JSON")


def operation(service, name):
    if name not in service.operation_names:
        raise Unreadable(f"{service.service_name} {service.api_version} has no operation {name}")
    return service.operation_model(name)


def read_answer(call, body):
    """What an answer of success holds, if it can be read, and all that the model has no place for."""
    shape = call.operation.output_shape
    if model(call.service).protocol == "query":
        return _answer_of_query(call.operation, shape, body)
    try:
        tree = json.loads(body)
    except ValueError as error:
        return None, [Problem("", f"the answer is no JSON: {error}")]
    return (_by_member(shape, tree) if shape else tree), []


def _answer_of_query(operation, shape, body):
    try:
        root = xml.etree.ElementTree.fromstring(body)
    except xml.etree.ElementTree.ParseError as error:
        return None, [Problem("", f"the answer is no XML: {error}")]
    parts = {_tag(part): part for part in root}
    problems = []
    if _tag(root) != f"{operation.name}Response":
        problems.append(Problem("", f"the answer is a {_tag(root)}"))
    wrapper = shape.serialization["resultWrapper"] if shape else None
    # Where there is no result, the stand-ins may write an empty one.
    allowed = {wrapper or f"{operation.name}Result", "ResponseMetadata"}
    problems += [Problem(name, "no answer has it") for name in parts.keys() - allowed]
    if shape and wrapper not in parts:
        problems.append(Problem(wrapper, "the answer is without it"))
        return None, problems
    return (_of_xml(shape, parts[wrapper]) if shape else {}), problems


# AWS's query protocol: IAM, STS, SNS, CloudFormation.


def query(service, line):
    if "body" not in line or line["method"] != "POST":
        raise Unreadable("a query is a form in a POST")
    problems = []
    fields = {}
    for name, value in urllib.parse.parse_qsl(line["body"], keep_blank_values=True):
        if name in fields:
            problems.append(Problem(name, "it is there twice"))
        fields[name] = value
    found = operation(service, fields.pop("Action", None))
    version = fields.pop("Version", None)
    if version != service.api_version:
        problems.append(Problem("Version", f"{version}, not {service.api_version}"))
    if line["path"] != "/":
        problems.append(Problem("", f"its path is {line['path']}"))
    shape = found.input_shape
    tree = _structure_of(shape, fields, "") if shape else {}
    problems += [Problem(name, "the model has no such member") for name in fields]
    return Call(service.service_name, found, tree, problems)


def _structure_of(shape, fields, prefix):
    """Takes what belongs to it out of `fields`."""
    tree = {}
    for name, member in shape.members.items():
        place = prefix + member.serialization.get("name", name)
        value = _member_of(member, fields, place)
        if value is not None:
            tree[name] = value
    return tree


def _member_of(shape, fields, place):
    if shape.type_name == "structure":
        inside = any(name.startswith(f"{place}.") for name in fields)
        return _structure_of(shape, fields, f"{place}.") if inside else None
    flattened = shape.serialization.get("flattened")
    if shape.type_name == "list":
        if fields.get(place) == "":
            return [] if fields.pop(place) == "" else None
        element = shape.member.serialization.get("name", "" if flattened else "member")
        if flattened and element:
            place = ".".join([*place.split(".")[:-1], element])
        elif not flattened:
            place = f"{place}.{element}"
        values = []
        while (value := _member_of(shape.member, fields, f"{place}.{len(values) + 1}")) is not None:
            values.append(value)
        return values or None
    if shape.type_name == "map":
        place = place if flattened else f"{place}.entry"
        key_name = shape.key.serialization.get("name", "key")
        value_name = shape.value.serialization.get("name", "value")
        entries = {}
        while (key := fields.pop(f"{place}.{len(entries) + 1}.{key_name}", None)) is not None:
            at = f"{place}.{len(entries) + 1}.{value_name}"
            entries[key] = _member_of(shape.value, fields, at)
        return entries or None
    value = fields.pop(place, None)
    return None if value is None else Text(value)


# AWS's JSON protocols: DynamoDB, SQS, Organizations, EventBridge.


def json_body(service, line):
    # CloudTrail's prefix has dots in it.
    prefix, _, name = line["headers"].get("x-amz-target", "").rpartition(".")
    if prefix != service.metadata["targetPrefix"]:
        raise Unreadable(f"`{prefix}` in X-Amz-Target is not {service.service_name}")
    found = operation(service, name)
    problems = []
    kind = f"application/x-amz-json-{service.metadata['jsonVersion']}"
    if line["headers"].get("content-type") != kind:
        problems.append(Problem("Content-Type", f"{line['headers'].get('content-type')}, not {kind}"))
    if (line["method"], line["path"]) != ("POST", "/"):
        problems.append(Problem("", f"it is a {line['method']} of {line['path']}"))
    tree = _parsed(line)
    if found.input_shape and isinstance(tree, dict):
        tree = _by_member(found.input_shape, tree)
    return Call(service.service_name, found, tree, problems)


def _parsed(line):
    if "body" not in line:
        raise Unreadable("its body is no text")
    try:
        return json.loads(line["body"] or "{}")
    except ValueError as error:
        raise Unreadable(f"its body is no JSON: {error}") from None


def _by_member(shape, tree):
    """With the names of members where JSON has another."""
    names = {member.serialization.get("name", name): name for name, member in shape.members.items()}
    return {names.get(name, name): value for name, value in tree.items()}


# REST: Lambda and IAM Identity Center with JSON, S3 with XML.


def rest(service, line):
    path, _, asked = line["path"].partition("?")
    asked = urllib.parse.parse_qsl(asked, keep_blank_values=True)
    matching = []
    for name in service.operation_names:
        found = service.operation_model(name)
        if line["method"] != found.http["method"]:
            continue
        uri, _, literal = found.http["requestUri"].partition("?")
        literal = urllib.parse.parse_qsl(literal, keep_blank_values=True)
        labels = _pattern(uri).fullmatch(path)
        if labels and all(pair in asked for pair in literal):
            required = {
                member.serialization.get("name")
                for name, member in (found.input_shape.members if found.input_shape else {}).items()
                if member.serialization.get("location") == "querystring"
                and name in found.input_shape.required_members
            }
            if required <= {name for name, _ in asked}:
                more = (len(literal), len(required), -len(labels.groups()))
                matching.append((more, name, found, labels.groupdict(), literal))
    if not matching:
        raise Unreadable(f"{service.service_name} has no {line['method']} of {path}")
    _, _, found, labels, literal = max(matching, key=lambda each: each[:2])
    left = [pair for pair in asked if pair not in literal]
    tree, problems = {}, []
    shape = found.input_shape
    if shape:
        _by_location(shape, tree, labels, left, line["headers"])
        _body(service, shape, tree, line)
    problems += [Problem(name, "the model has no such parameter") for name, _ in left]
    return Call(service.service_name, found, tree, problems)


@functools.cache
def _pattern(uri):
    """`/functions/{Name}/{Key+}`, as a pattern of which each label is a group."""
    parts = re.split(r"\{([A-Za-z0-9]+)(\+?)\}", uri)
    pattern = re.escape(parts[0])
    for label, greedy, literal in zip(parts[1::3], parts[2::3], parts[3::3]):
        pattern += f"(?P<{label}>{'.+' if greedy else '[^/]+'})" + re.escape(literal)
    return re.compile(pattern)


def _by_location(shape, tree, labels, left, headers):
    for name, member in shape.members.items():
        location = member.serialization.get("location")
        place = member.serialization.get("name", name)
        if location == "uri" and place in labels:
            tree[name] = Text(urllib.parse.unquote(labels[place]))
        elif location == "header" and (value := headers.get(place.lower())) is not None:
            if member.serialization.get("jsonvalue"):
                value = base64.b64decode(value).decode()
            tree[name] = Text(value)
        elif location == "headers":
            start = place.lower()
            tree[name] = {key[len(start):]: Text(v) for key, v in headers.items() if key.startswith(start)}
        elif location == "querystring":
            values = [Text(value) for key, value in left if key == place]
            left[:] = [pair for pair in left if pair[0] != place]
            if values:
                tree[name] = values if member.type_name == "list" else values[0]


def _body(service, shape, tree, line):
    payload = shape.serialization.get("payload")
    if payload and shape.members[payload].type_name in ("blob", "string"):
        # Of archives only the length is recorded.
        tree[payload] = line["body"].encode() if "body" in line else bytes(line["length"])
        return
    inside = shape.members[payload] if payload else shape
    if not line.get("body"):
        return
    if service.protocol == "rest-xml":
        value = _of_xml(inside, xml.etree.ElementTree.fromstring(line["body"]))
    else:
        value = _by_member(inside, _parsed(line))
    tree.update({payload: value} if payload else value)


def _of_xml(shape, node):
    children = [(_tag(child), child) for child in node]
    if shape.type_name == "structure":
        tree, left = {}, dict(children)
        for name, member in shape.members.items():
            place = member.serialization.get("name", name)
            if place not in left:
                continue
            if member.type_name == "list" and member.serialization.get("flattened"):
                tree[name] = [_of_xml(member.member, child) for tag, child in children if tag == place]
            else:
                tree[name] = _of_xml(member, left[place])
            del left[place]
        # What is left has no place.
        return tree | dict.fromkeys(left, Text())
    if shape.type_name == "list":
        return [_of_xml(shape.member, child) for _, child in children]
    return Text(node.text or "")


def _tag(node):
    return node.tag.partition("}")[2] or node.tag


PROTOCOLS = {"query": query, "json": json_body, "rest-json": rest, "rest-xml": rest}
