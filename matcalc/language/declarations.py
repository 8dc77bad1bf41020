"""Declarations: ``X: n×m; A: n×n symmetric; x: n; a: scalar; f: function``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

from matcalc.errors import MatcalcError, ParseError, ShapeError, Span
from matcalc.language.spelling import canonical_name, is_name
from matcalc.patterns import pattern
from matcalc.records import record
from matcalc.sizes import ONE, Shape, Size, shape_of

Declare: TypeAlias = str | Mapping[str, str] | None

IMPLIED = {
    "positive_definite": ("symmetric", "invertible"),
    "orthogonal": ("invertible",),
    "diagonal": ("symmetric",),
}
"""What else holds when a property is declared."""

SQUARE = frozenset(["symmetric", "antisymmetric", "diagonal", "orthogonal", "invertible", "positive_definite"])
PROPERTIES = SQUARE | frozenset(["mask", "sign", "positive", "simplex", "constant"])
_KINDS = frozenset(["scalar", "vector", "matrix", "function"])
_SPELLINGS = {
    "skew": "antisymmetric", "skew_symmetric": "antisymmetric", "spd": "positive_definite", "binary": "mask", "nonsingular": "invertible",
    "const": "constant", "number": "scalar",
}  # fmt: skip


@record
class Declaration:
    """What is known of one name.

    ``kind`` is ``"scalar"``, ``"vector"``, ``"matrix"``, ``"tensor"``, ``"function"`` or None (left to inference, or of sizes that are 1);
    ``shape`` is None when the sizes are left to inference. ``properties`` are those written, ``facts`` those and what they imply.
    """

    name: str
    kind: str | None = None
    shape: Shape | None = None
    properties: tuple[str, ...] = ()

    @property
    def facts(self) -> frozenset[str]:
        found = set(self.properties)
        for written in self.properties:
            found.update(IMPLIED.get(written, ()))
        return frozenset(found)


def parse_declarations(declare: Declare) -> dict[str, Declaration]:
    """Every declared name with what was said about it, in order.

    A text separates declarations with ``;`` or newlines; a mapping gives each name its own text.
    Raises ParseError for what is not understood, ShapeError for a property that the shape cannot have.

    >>> parse_declarations("X: n×m")["X"].shape
    (Size(names=('n',), factor=1), Size(names=('m',), factor=1))
    """
    if declare is None:
        return {}
    if isinstance(declare, Mapping):
        found: dict[str, Declaration] = {}
        for name, value in declare.items():
            if not isinstance(value, (str, int, tuple)) or isinstance(value, bool):
                said = f"a value of type {type(value).__name__} declares nothing about {name}"
                raise MatcalcError(said, expected="sizes and properties as text", suggestion='{"X": "n×m", "a": "scalar"}')
            entry = f"{name}: {value}"
            try:
                _declare(found, str(name), str(value), Span(0, len(entry)))
            except MatcalcError as error:
                raise error.with_text(entry) from None
        return found
    if not isinstance(declare, str):
        said = f"a value of type {type(declare).__name__} is no declaration"
        raise MatcalcError(said, expected="a text or a mapping", suggestion='"X: n×m; a: scalar" or {"X": "n×m", "a": "scalar"}')
    found = {}
    try:
        for match in re.finditer(r"[^;\n]+", declare):
            if match[0].strip():
                names, colon, value = match[0].partition(":")
                span = Span(match.start() + len(match[0]) - len(match[0].lstrip()), match.start() + len(match[0].rstrip()))
                if not colon:
                    raise ParseError("a declaration is a name, a colon and a kind or size", span=span, suggestion="x: n; A: n×n symmetric")
                for name in names.split(","):
                    _declare(found, name, value, span)
    except MatcalcError as error:
        raise error.with_text(declare) from None
    return found


def declared_sizes(declarations: Mapping[str, Declaration]) -> frozenset[str]:
    """The size names that occur in declarations."""
    return frozenset(name for d in declarations.values() for size in d.shape or () for name in size.names)


def declaration_text(shape: Shape, properties: tuple[str, ...]) -> str:
    """A kind, sizes and properties in the ``declare`` syntax.

    >>> declaration_text((Size.of("n"), Size.of("n")), ("symmetric",))
    'n×n symmetric'
    """
    sizes = "×".join(str(size) for size in shape) if shape else "scalar"
    return " ".join([sizes, *properties])


def _declare(found: dict[str, Declaration], name: str, value: str, span: Span) -> None:
    key = canonical_name(name)
    if not is_name(key):
        raise ParseError(f"{name.strip()!r} cannot be a name", span=span, expected="letters, with digits or an index after them")
    if key in found:
        raise ParseError(f"{name.strip()} is declared twice", span=span)
    kind, sizes, properties = _words(value, span)
    shape = _shape(sizes, span) if sizes else () if kind == "scalar" else None
    if shape is not None and kind is not None and not _agrees(kind, shape):
        raise ShapeError(f"{name.strip()} is declared as a {kind} with the sizes {sizes}", span=span)
    if shape is not None and kind != "function" and (shape or kind):
        kind = _kind_of(shape)
    if kind == "function" and (properties or shape is not None):
        raise ParseError("a function is declared without sizes and properties", span=span, suggestion=f"{name.strip()}: function")
    declaration = Declaration(key, kind, shape, properties)
    square = sorted(declaration.facts & SQUARE)
    if square and (kind in ("scalar", "vector", "tensor") or shape == () or (shape is not None and shape[0] != shape[1])):
        raise ShapeError(f"only a square matrix can be {square[0]}", span=span, suggestion=f"{name.strip()}: n×n {square[0]}")
    _check_facts(declaration.facts, span)
    found[key] = declaration


_ONLY_ZERO = frozenset(["symmetric", "positive_definite", "positive", "mask", "sign", "simplex"])
"""Facts that no antisymmetric matrix has, but for the zero matrix."""


def _check_facts(facts: frozenset[str], span: Span) -> None:
    for fact in sorted(facts & _ONLY_ZERO if "antisymmetric" in facts else ()):
        raise ShapeError(f"antisymmetric and {fact} at once: that is no matrix, or the zero matrix", span=span)


def _words(value: str, span: Span) -> tuple[str | None, str, tuple[str, ...]]:
    """Kind, sizes and properties of the text after the colon."""
    text = re.sub(r"positive[ -]definite", "positive_definite", value.strip())
    text = re.sub(r"skew[ -]symmetric", "skew_symmetric", text)
    kind: str | None = None
    properties: list[str] = []

    def take(match: re.Match[str]) -> str:
        nonlocal kind
        word = _SPELLINGS.get(match[0], match[0])
        if word in _KINDS:
            if kind not in (None, word):
                raise ParseError(f"{kind} and {word} at once", span=span)
            kind = word
        elif word in PROPERTIES:
            properties.append(word)
        else:
            return match[0]
        return " "

    rest = re.sub(r"[A-Za-z_]{3,}", take, text)
    sizes = rest.strip().strip(",").strip()
    if not sizes and kind is None and not properties:
        raise ParseError("the declaration is empty", span=span, suggestion="a size such as n×m, or scalar")
    return kind, sizes, tuple(dict.fromkeys(properties))


_SEPARATORS = pattern(r"\s*[×,]\s*|\s+[xX]\s+|(?<=\d)[xX](?=\w)|(?<=\b[A-Za-z])x(?=[A-Za-z0-9]\b)")
_FACTOR = pattern(r"\s*(?:(?P<number>\d+)|(?P<name>[^\W\d_]\w*))\s*(?:\^\s*(?P<power>\d))?\s*")


def _shape(text: str, span: Span) -> Shape:
    if text[0] in "([" and text[-1] in ")]":
        text = text[1:-1].strip().rstrip(",")
    sizes = tuple([_size(part, text, span) for part in _SEPARATORS.split(text)])
    if len(sizes) > 4:
        raise ParseError("at most four sizes", span=span)
    if len(sizes) == 1:
        return shape_of(sizes[0], ONE)
    return shape_of(*sizes) if len(sizes) == 2 else sizes


def _size(part: str, text: str, span: Span) -> Size:
    size, position = ONE, 0
    while position < len(part):
        match = _FACTOR.match(part, position)
        if match is None or not match[0].strip():
            break
        value = match["number"]
        if value is not None and (len(value) > 9 or int(value) == 0):
            raise ParseError(f"{value} cannot be a size", span=span, expected="a number from 1 to 999999999")
        factor = Size.of(int(value)) if value is not None else Size.of(canonical_name(match["name"]))
        for _ in range(int(match["power"] or 1)):
            size = size * factor
        position = match.end()
        if position < len(part) and part[position] in "*·⋅":
            position += 1
            if position == len(part):
                position = 0
                break
        elif position < len(part) and match["number"] is None:
            break
    if not part.strip() or position < len(part):
        expected = "n×m, n, 3×4, scalar, function, or properties: " + ", ".join(sorted(PROPERTIES))
        raise ParseError(f"{text!r} is not understood as sizes or properties", span=span, expected=expected)
    return size


def _kind_of(shape: Shape) -> str:
    return "scalar" if not shape else "tensor" if len(shape) > 2 else "vector" if len(shape) == 1 or shape[0] == ONE else "matrix"


def _agrees(kind: str, shape: Shape) -> bool:
    return kind == "function" or kind == _kind_of(shape) or (kind == "matrix" and len(shape) == 2)
