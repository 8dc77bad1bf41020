r"""Names that a document uses for a function and for its value: ``\sigma = \sigma(Wz + b)``. The value gets a name of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from matcalc.documents.context.definitions import CALLED, Definition, is_called, names_used
from matcalc.documents.context.names import NameAt, names_at
from matcalc.documents.heads import Head
from matcalc.documents.pieces import Notation

_ACCENTS = {"hat": r"\hat{{{}}}", "tilde": r"\tilde{{{}}}", "bar": r"\bar{{{}}}"}


def told_apart(equation: str, definitions: Sequence[Definition], notation: Notation) -> tuple[str, tuple[Definition, ...]]:
    """The equation and its definitions with another name for each value that has that of the function it is computed with."""
    found = tuple(definitions)
    for one in definitions:
        if one.is_function or notation != "latex" or not is_called(one.value, one.name):
            continue
        used = frozenset(name for other in found for name in (other.name, *other.uses)) | names_used(equation, notation)
        accent = next((accent for accent in _ACCENTS if f"{one.name}_{accent}" not in used), None)
        if accent is not None:
            equation = _renamed(equation, one.name, accent)
            found = tuple([_with_name(other, one.name, accent) for other in found])
    return equation, found


def _with_name(definition: Definition, name: str, accent: str) -> Definition:
    head = Head(f"{name}_{accent}", definition.head.arguments) if definition.name == name else definition.head
    uses = frozenset(part.replace(name, f"{name}_{accent}", 1) if part.partition("_")[0] == name else part for part in definition.uses)
    value = _renamed(definition.value, name, accent)
    own = {f"{name}_{accent}"} if definition.name == name else set()
    return replace(definition, head=head, left=_renamed(definition.left, name, accent), value=value, uses=uses - own)


def _renamed(text: str, name: str, accent: str) -> str:
    """The text with another name where it is not called."""
    out, at = [], 0
    for found in names_at(text):
        if found.base != name or CALLED.match(text, found.end):
            continue
        stem = _stem(text, found)
        out += [text[at : found.start], _ACCENTS[accent].format(stem.rstrip()), text[found.start + len(stem) : found.end]]
        at = found.end
    return "".join([*out, text[at:]])


def _stem(text: str, found: NameAt) -> str:
    """The name as it is written, without what hangs on it."""
    written = text[found.start : found.end]
    return written.partition("_")[0].partition("^")[0]
