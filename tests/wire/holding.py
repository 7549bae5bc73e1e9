"""Holds a call's parameters to the shapes of botocore's model: types, required and unknown members,
enums, patterns, lengths and ranges."""

import base64
import binascii
import datetime
import functools
import math

import botocore.session
import regex

from tests.wire.reading import Problem, Text, read_answer

# What Java, which AWS's patterns are written for, understands otherwise (java.util.regex.Pattern,
# Java SE 21 API, checked 2026-11-29): pairs of surrogates are one character, and `\p{Print}` is ASCII.
JAVA = {
    r"\uD800\uDC00-\uDBFF\uDFFF": r"\U00010000-\U0010FFFF",
    r"\p{Print}": r"[\x20-\x7E]",
}
WHOLE = {"integer": 31, "long": 63}


@functools.cache
def regions():
    """The Regions of S3, of each partition."""
    session = botocore.session.get_session()
    partitions = session.get_available_partitions()
    return {region for name in partitions for region in session.get_available_regions("s3", name)}


class NoPattern(Exception):
    """A pattern of the model that cannot be read here."""


def held(call):
    """All in which a call is outside its model."""
    shape = call.operation.input_shape
    if shape is None:
        unknown = [Problem(name, "the model has no such member") for name in call.tree]
        return call.problems + unknown
    return call.problems + list(_shape(shape, call.tree, ""))


def held_answer(call, body):
    """All in which an answer of success is outside the model."""
    tree, problems = read_answer(call, body)
    shape = call.operation.output_shape
    return problems + (list(_shape(shape, tree, "")) if shape and tree is not None else [])


@functools.cache
def compiled(pattern):
    r"""As Java reads it, where `\w` and `\d` are ASCII's, and `\p{L}` is not."""
    by_category = r"\p{" in pattern
    if by_category and regex.search(r"\\[wWdDsSbB]", pattern):
        raise NoPattern(f"the pattern {pattern} has letters of ASCII and others")
    for java, here in JAVA.items():
        pattern = pattern.replace(java, here)
    try:
        return regex.compile(pattern, 0 if by_category else regex.ASCII)
    except regex.error as error:
        raise NoPattern(f"the pattern {pattern} cannot be read: {error}") from None


def patterns(shape, seen=None):
    """All patterns that a value of this shape can meet."""
    seen = set() if seen is None else seen
    if shape is None or shape.name in seen:
        return
    seen.add(shape.name)
    if "pattern" in shape.metadata:
        yield shape.metadata["pattern"]
    inside = {
        "structure": lambda: shape.members.values(),
        "list": lambda: [shape.member],
        "map": lambda: [shape.key, shape.value],
    }.get(shape.type_name, list)
    for each in inside():
        yield from patterns(each, seen)


def _shape(shape, value, place):
    if shape.metadata.get("document"):
        return
    yield from KINDS.get(shape.type_name, _other)(shape, value, place)


def _structure(shape, value, place):
    if not isinstance(value, dict):
        yield Problem(place, "it is no structure")
        return
    inside = f"{place}." if place else ""
    for name in shape.metadata.get("required", []):
        if value.get(name) is None:
            yield Problem(inside + name, "it is required")
    for name, member in value.items():
        if name not in shape.members:
            yield Problem(inside + name, "the model has no such member")
        else:
            yield from _shape(shape.members[name], member, inside + name)
    if shape.is_tagged_union and len(value) != 1:
        yield Problem(place, f"it is one of {len(shape.members)}, and has {len(value)}")


def _list(shape, value, place):
    if not isinstance(value, list):
        yield Problem(place, "it is no list")
        return
    yield from _size(shape, len(value), place, "members")
    for number, each in enumerate(value):
        yield from _shape(shape.member, each, f"{place}[{number}]")


def _map(shape, value, place):
    if not isinstance(value, dict):
        yield Problem(place, "it is no map")
        return
    yield from _size(shape, len(value), place, "entries")
    for key, each in value.items():
        yield from _shape(shape.key, key, f"{place} (key)")
        yield from _shape(shape.value, each, f"{place}.{key}")


def _string(shape, value, place):
    if not isinstance(value, str):
        yield Problem(place, f"it is no string: {value!r}")
        return
    yield from _size(shape, len(value), place, "characters")
    # S3's list of places is older than some Regions, which botocore lists by partition.
    is_region = shape.name == "BucketLocationConstraint" and value in regions()
    if shape.enum and value not in shape.enum and not is_region:
        yield Problem(place, f"`{value}` is none of {', '.join(shape.enum)}")
    pattern = shape.metadata.get("pattern")
    if pattern and not compiled(pattern).fullmatch(value):
        yield Problem(place, f"`{value}` does not match {pattern}")


def _blob(shape, value, place):
    if isinstance(value, str):
        try:
            value = base64.b64decode(value, validate=True)
        except binascii.Error:
            yield Problem(place, "it is no base64")
            return
    if not isinstance(value, bytes):
        yield Problem(place, "it is no blob")
        return
    yield from _size(shape, len(value), place, "bytes")


def _number(shape, value, place):
    whole = shape.type_name in WHOLE
    try:
        if isinstance(value, Text):
            value = int(value) if whole else float(value)
        if isinstance(value, bool) or not isinstance(value, (int,) if whole else (int, float)):
            raise ValueError
    except ValueError:
        yield Problem(place, f"it is no {shape.type_name}: {value!r}")
        return
    if whole and not -(2 ** WHOLE[shape.type_name]) <= value < 2 ** WHOLE[shape.type_name]:
        yield Problem(place, f"{value} is no {shape.type_name}")
    yield from _size(shape, value, place, "as a number")


def _boolean(_, value, place):
    if not isinstance(value, bool) and not (isinstance(value, Text) and value in ("true", "false")):
        yield Problem(place, f"it is no boolean: {value!r}")


def _timestamp(shape, value, place):
    kind = shape.serialization.get("timestampFormat")
    if isinstance(value, Text) and kind in (None, "iso8601"):
        try:
            datetime.datetime.fromisoformat(value)
        except ValueError:
            yield Problem(place, f"it is no time: {value!r}")
    elif isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        yield Problem(place, f"it is no time: {value!r}")


def _other(shape, _, place):
    yield Problem(place, f"nobody holds values of type {shape.type_name} here")


def _size(shape, size, place, of):
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield Problem(place, f"{size} {of}, and {least} at least")
    if most is not None and size > most:
        yield Problem(place, f"{size} {of}, and {most} at most")


KINDS = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "character": _string,
    "blob": _blob,
    "integer": _number,
    "long": _number,
    "float": _number,
    "double": _number,
    "boolean": _boolean,
    "timestamp": _timestamp,
}
