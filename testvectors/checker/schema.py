"""The subset of JSON Schema (draft 2020-12) that schema.json uses; an unknown keyword is an error."""

import re

_KNOWN = {"$schema", "title", "$defs", "$ref", "type", "properties", "required", "additionalProperties", "items",
          "minItems", "pattern", "const", "enum", "minimum", "maximum", "allOf", "anyOf", "if", "then"}
_TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None)}


class Invalid(Exception):
    pass


def _equal(a, b):
    return type(a) is type(b) and a == b


class Schema:
    def __init__(self, document):
        self.document = document

    def validate(self, value):
        self._check(self.document, value, "")

    def _valid(self, schema, value, where):
        try:
            self._check(schema, value, where)
            return True
        except Invalid:
            return False

    def _check(self, schema, value, where):
        def require(condition, what):
            if not condition:
                raise Invalid(f"{where or 'the file'}: {what}")
        unknown = set(schema) - _KNOWN
        if unknown:
            raise ValueError(f"schema.json uses {sorted(unknown)}, which this validator doesn't know")
        if "$ref" in schema:
            name = schema["$ref"].removeprefix("#/$defs/")
            self._check(self.document["$defs"][name], value, where)
        if "type" in schema:
            # JSON's true isn't an integer, though Python's is an int.
            require(type(value) is _TYPES[schema["type"]], f"not of type {schema['type']}")
        if "const" in schema:
            require(_equal(value, schema["const"]), f"not {schema['const']!r}")
        if "enum" in schema:
            require(any(_equal(value, allowed) for allowed in schema["enum"]), f"not one of {schema['enum']}")
        if isinstance(value, str) and "pattern" in schema:
            # \Z: Python's $ also matches before a last newline
            require(re.search(re.sub(r"\$$", r"\\Z", schema["pattern"]), value), f"not like {schema['pattern']}")
        if type(value) is int:
            require(value >= schema.get("minimum", value), f"below {schema.get('minimum')}")
            require(value <= schema.get("maximum", value), f"above {schema.get('maximum')}")
        if isinstance(value, list):
            require(len(value) >= schema.get("minItems", 0), f"fewer than {schema.get('minItems')} items")
            if "items" in schema:
                for n, item in enumerate(value):
                    self._check(schema["items"], item, f"{where}[{n}]")
        if isinstance(value, dict):
            properties = schema.get("properties", {})
            for name in schema.get("required", ()):
                require(name in value, f"no field {name}")
            for name, item in value.items():
                if name in properties:
                    self._check(properties[name], item, f"{where}.{name}" if where else name)
                else:
                    require(schema.get("additionalProperties", True), f"surplus field {name}")
        for part in schema.get("allOf", ()):
            self._check(part, value, where)
        if "anyOf" in schema:
            require(any(self._valid(part, value, where) for part in schema["anyOf"]), "none of the alternatives")
        if "if" in schema and self._valid(schema["if"], value, where):
            self._check(schema["then"], value, where)
