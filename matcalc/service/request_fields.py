"""What a request may say: its fields, as they are checked and as JSON Schema has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

from matcalc.base.errors import MatcalcError
from matcalc.base.records import record

SCHEMA_VERSION = "matcalc/1"
"""Of requests and answers: it changes when a field is renamed or dropped, not when one is added."""
MOST_TEXT = 20_000
"""Characters of a field: a formula of some pages."""
MOST_NAMES = 50

FieldType: TypeAlias = Literal["text", "names", "flag", "number"]
_TYPES: Mapping[FieldType, Mapping[str, Any]] = {
    "text": {"type": "string", "maxLength": MOST_TEXT},
    "names": {
        "type": "array",
        "items": {"type": "string", "maxLength": MOST_TEXT},
        "minItems": 1,
        "maxItems": MOST_NAMES,
    },
    "flag": {"type": "boolean"},
    "number": {"type": "integer"},
}
_PYTHON: Mapping[FieldType, tuple[type, str]] = {
    "text": (str, "a string"),
    "names": (list, "a list of strings"),
    "flag": (bool, "true or false"),
    "number": (int, "a whole number"),
}


class RequestError(MatcalcError):
    """A request that is not of the form of its schema."""


@record
class Field:
    """A field of a request: its type, what it says, the ``choices`` where there are few, and the
    ``default`` where it may be left out."""

    name: str
    type: FieldType
    words: str
    choices: tuple[Any, ...] = ()
    required: bool = False
    default: Any = None

    @property
    def schema(self) -> dict[str, Any]:
        """The field in JSON Schema."""
        choices = {"enum": list(self.choices)} if self.choices else {}
        default = {} if self.default is None else {"default": self.default}
        return {**_TYPES[self.type], "description": self.words, **choices, **default}

    def checked(self, value: object) -> Any:
        """The value, if it is one of this field. Raises RequestError for another."""
        python, words = _PYTHON[self.type]
        parts = value if isinstance(value, list) else [value]
        if type(value) is not python or (self.type == "names" and not all(isinstance(part, str) for part in parts)):
            raise RequestError(f"{self.name} is no {words.removeprefix('a ')}", expected=words)
        if self.choices and value not in self.choices:
            raise RequestError(f"{self.name} is {_short(value)}", expected=", ".join(map(str, self.choices)))
        if any(isinstance(part, str) and len(part) > MOST_TEXT for part in parts):
            raise RequestError(f"{self.name} is too long", expected=f"at most {MOST_TEXT:,} characters")
        if self.type == "names" and not 0 < len(parts) <= MOST_NAMES:
            raise RequestError(f"{self.name} has {len(parts)} names", expected=f"1 to {MOST_NAMES} names")
        return value


def request_schema(fields: Sequence[Field]) -> dict[str, Any]:
    """The object that a request is, in JSON Schema."""
    return {
        "type": "object",
        "properties": {field.name: field.schema for field in fields},
        "required": [field.name for field in fields if field.required],
        "additionalProperties": False,
    }


def checked_request(request: object, fields: Sequence[Field]) -> dict[str, Any]:
    """The values of all fields, those left out by default; null is taken for left out. Raises
    RequestError."""
    if not isinstance(request, Mapping):
        raise RequestError("a request is an object with fields", expected=", ".join(field.name for field in fields))
    known = {field.name: field for field in fields}
    for name in request:
        if name not in known:
            raise RequestError(f"there is no field {_short(name)}", expected=", ".join(known) or "an empty object")
    given = {name: known[name].checked(value) for name, value in request.items() if value is not None}
    missing = next((field for field in fields if field.required and field.name not in given), None)
    if missing is not None:
        raise RequestError(f"the field {missing.name} is missing", expected=missing.words)
    return {field.name: given.get(field.name, field.default) for field in fields}


def _short(value: object) -> str:
    written = repr(value)
    return written if len(written) <= 60 else f"{written[:57]}..."
