#!/usr/bin/env python3
"""Recomputes every test vector from SPEC.md; see README.md in this folder."""

import argparse
import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True

from checker import known_answers  # noqa: E402
from checker.encoding import Rejected  # noqa: E402
from checker.schema import Invalid, Schema  # noqa: E402
from checker.suites import KINDS  # noqa: E402

FOLDER = Path(__file__).resolve().parent


class Failure(Exception):
    pass


def load(path):
    def once(pairs):
        if len({name for name, _ in pairs}) != len(pairs):
            raise Failure(f"{path.name}: a field occurs twice")
        return dict(pairs)
    try:
        return json.loads(path.read_text("utf-8"), object_pairs_hook=once)
    except (OSError, ValueError) as e:
        raise Failure(f"{path.name}: {e}") from None


class Inputs:
    """Turns a vector's hex into bytes, by the types of schema.json."""

    HEX = {"hex", "bytes16", "bytes32", "bytes64"}

    def __init__(self, schema):
        self.defs = schema["$defs"]

    def decode(self, kind, inputs):
        return self._decode(self.defs["kind-" + kind]["properties"]["inputs"], inputs)

    def _decode(self, schema, value):
        if "$ref" in schema:
            name = schema["$ref"].removeprefix("#/$defs/")
            return bytes.fromhex(value) if name in self.HEX else self._decode(self.defs[name], value)
        if "anyOf" in schema and value is not None:
            schema = schema["anyOf"][-1]
        if isinstance(value, dict):
            return {name: self._decode(schema["properties"][name], item) for name, item in value.items()}
        if isinstance(value, list):
            return [self._decode(schema["items"], item) for item in value]
        return value


def kinds_of(schema, suite):
    """The kinds that schema.json allows in a suite."""
    part, = (p for p in schema["allOf"] if p["if"]["properties"]["suite"]["const"] == suite)
    return part["then"]["properties"]["vectors"]["items"]["properties"]["kind"]["enum"]


def flat(value, where="", into=None):
    """One entry a field and one a container, so that == also sees types, missing and surplus fields."""
    into = {} if into is None else into
    if isinstance(value, bytes):
        value = value.hex()
    if isinstance(value, dict):
        into[where] = ("object", len(value))
        for name, item in value.items():
            flat(item, f"{where}.{name}" if where else name, into)
    elif isinstance(value, list):
        into[where] = ("array", len(value))
        for n, item in enumerate(value):
            flat(item, f"{where}[{n}]", into)
    else:
        into[where] = (type(value).__name__, value)
    return into


def difference(expected, computed):
    """The first field in which they differ, or None."""
    if expected == computed:
        return None
    for where in [*expected, *computed]:
        if expected.get(where) != computed.get(where):
            return where or "expected"
    raise AssertionError


def mutations(expected):
    """Every single change: each byte or character, each number and boolean, each type, each field dropped, one more."""
    for where, (kind, value) in expected.items():
        if kind == "str":
            is_hex = len(value) % 2 == 0 and not set(value) - set("0123456789abcdef")
            width = 2 if is_hex else 1
            for at in range(0, len(value), width):
                old = value[at:at + width]
                new = f"{int(old, 16) ^ (1 << at // 2 % 8):02x}" if is_hex else ("x" if old != "x" else "y")
                yield where, (kind, value[:at] + new + value[at + width:])
            yield where, (kind, value + "00" if is_hex else value + "x")
        elif kind == "int":
            yield where, (kind, value + 1)
            yield where, (kind, value ^ 1)
            yield where, ("bool", value)
        elif kind == "bool":
            yield where, (kind, not value)
            yield where, ("int", int(value))
        else:
            yield where, (kind, value + 1)
        if kind != "NoneType":
            yield where, ("NoneType", None)
        yield where, None
    yield "surplus", ("str", "")


def try_mutations(expected, computed):
    """(tried, rejected, the first field whose change was accepted)."""
    tried = rejected = 0
    accepted = None
    for where, new in mutations(dict(expected)):
        old = expected.get(where)
        if new is None:
            del expected[where]
        else:
            expected[where] = new
        tried += 1
        if difference(expected, computed) is None:
            accepted = accepted or where
        else:
            rejected += 1
        if old is None:
            del expected[where]
        else:
            expected[where] = old
    return tried, rejected, accepted


def check(path, schema, mutate):
    """(suite, vectors, how many hold, tried, rejected, failures) of one file."""
    document = load(path)
    try:
        Schema(schema).validate(document)
    except Invalid as e:
        raise Failure(f"{path.name}: {e}") from None
    suite = document["suite"]
    if path.name != suite + ".json":
        raise Failure(f"{path.name}: holds the suite {suite}")
    ids = [vector["id"] for vector in document["vectors"]]
    inputs = Inputs(schema)
    failures = [f"{suite}/{i}: the id occurs twice" for i in sorted({i for i in ids if ids.count(i) > 1})]
    holds = tried = rejected = 0
    for vector in document["vectors"]:
        name = f"{suite}/{vector['id']}"
        try:
            computed = flat(KINDS[vector["kind"]](**inputs.decode(vector["kind"], vector["inputs"])))
        except Rejected as e:
            failures.append(f"{name}: inputs: rejected as {e}")
            continue
        except (ValueError, ArithmeticError, LookupError, TypeError) as e:
            failures.append(f"{name}: inputs: {e}")
            continue
        expected = flat(vector["expected"])
        where = difference(expected, computed)
        if where is not None:
            failures.append(f"{name}: {describe(expected, computed, where)}")
            continue
        holds += 1
        if mutate:
            t, r, accepted = try_mutations(expected, computed)
            tried, rejected = tried + t, rejected + r
            if accepted is not None:
                failures.append(f"{name}: a changed {accepted} was accepted")
    return suite, document["vectors"], holds, tried, rejected, failures


def describe(expected, computed, where):
    """What the two have at `where`; long values from where they differ."""
    def show(values, start):
        if where not in values:
            return "missing"
        kind, value = values[where]
        if kind in ("object", "array"):
            return f"{kind} of {value}"
        value = str(value)
        if len(value) > 72:
            value = f"{'…' if start else ''}{value[start:start + 64]}… ({len(value)} characters, from {start})"
        return value or "empty"
    a, b = (str(values.get(where, ("", ""))[1]) for values in (expected, computed))
    start = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b))) & ~1
    return f"{where} is {show(expected, start)}, recomputed {show(computed, start)}"


def main():
    parser = argparse.ArgumentParser(description="Recomputes Interlock's test vectors.")
    parser.add_argument("files", nargs="*", type=Path, help="suites to check; all of this folder by default")
    parser.add_argument("--mutate", action="store_true", help="also: every single changed value must be rejected")
    arguments = parser.parse_args()
    known_answers.prove()
    schema = load(FOLDER / "schema.json")
    failures, seen, total_tried, total_rejected = [], set(), 0, 0
    suites = schema["properties"]["suite"]["enum"]
    files = arguments.files or sorted(p for p in FOLDER.glob("*.json") if p.name != "schema.json")
    if not arguments.files:
        present = {p.stem for p in files}
        failures += [f"{suite}.json is missing" for suite in suites if suite not in present]
    for path in files:
        try:
            suite, vectors, holds, tried, rejected, bad = check(path, schema, arguments.mutate)
        except Failure as e:
            failures.append(str(e))
            continue
        kinds = {vector["kind"] for vector in vectors}
        bad += [f"{suite}: no vector of the kind {kind}" for kind in kinds_of(schema, suite) if kind not in kinds]
        failures += bad
        total_tried, total_rejected = total_tried + tried, total_rejected + rejected
        line = f"{suite}: {len(vectors)} vectors" + (" hold" if holds == len(vectors) else f", {holds} hold")
        print(line + (f", {tried} changes tried, {rejected} rejected" if arguments.mutate else ""), flush=True)
    if arguments.mutate:
        print(f"{total_tried} changes tried, {total_rejected} rejected")
    for failure in failures:
        print(failure, file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
