r"""From where to where the functions of a document go, ``F: \mathbb{R}^n \to \mathbb{R}^m``, and what their Jacobians are called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from matcalc.base.lazy import pattern
from matcalc.documents.context.names import whole_name
from matcalc.documents.context.outline import END, Line
from matcalc.documents.context.wording import CLOSE, OPEN, Wording
from matcalc.documents.heads import head_of

Kind: TypeAlias = Literal["number", "vector", ""]
"""What a function takes or gives; empty where that is not known."""

_SPACE = r"(?:\\(?:mathbb|mathbf|mathrm|bm|bf)\s*(?:\{\s*R\s*\}|R)|\\(?:R|Reals|RR|real|reals)(?![A-Za-z])|ℝ|R(?=\s*(?:\^|\Z)))"
_MAP = pattern(r"(?P<names>[^:]{1,60}?)\s*(?::|\\colon(?![A-Za-z]))\s*(?P<domain>.{1,60})", re.DOTALL)
_SPACES = pattern(rf"\s*{_SPACE}\s*(?:\^\s*(?:\{{\s*(?P<braced>[^{{}}]{{1,20}})\s*\}}|(?P<sign>\\?[A-Za-z]+|\d)))?\s*")


@dataclass(frozen=True, slots=True)
class Map:
    """That a function takes and gives something of these kinds, from the row ``start`` up to ``end``."""

    name: str
    domain: Kind
    values: Kind
    start: int
    end: int


class Maps:
    """The maps of a document, asked for a row."""

    def __init__(self, found: Iterable[Map]) -> None:
        self._by_name: dict[str, list[Map]] = {}
        for one in found:
            self._by_name.setdefault(one.name, []).append(one)

    def at(self, name: str, row: int) -> Map | None:
        """What was said last of a function at a row; None where nothing was."""
        return next((one for one in reversed(self._by_name.get(name, [])) if one.start <= row < one.end), None)


_OF = r"(?:\s*\bmatrix\b)?\s+of\s+(?:the\s+)?(?:[a-z]+\s+){0,3}"
_JACOBIANS = (
    pattern(
        rf"{OPEN}(?P<name>\d+){CLOSE},?\s+(?:(?:is|be|denotes?|as|for|of|being)\s+)?(?:the|its)?\s*[Jj]acobian{_OF}{OPEN}(?P<of>\d+){CLOSE}"
    ),
    pattern(rf"[Jj]acobian(?:\s+matrix)?\s+{OPEN}(?P<name>\d+){CLOSE}\s+of\s+(?:the\s+)?(?:[a-z]+\s+){{0,3}}{OPEN}(?P<of>\d+){CLOSE}"),
)


@dataclass(frozen=True, slots=True)
class Jacobian:
    """That a name is said to be the Jacobian of a function, from the row ``start`` up to ``end``."""

    name: str
    of: str
    start: int
    end: int


def jacobians_in(wording: Wording) -> Iterator[Jacobian]:
    """The names that a sentence has for Jacobians of functions: ``⟨0⟩ is the Jacobian of ⟨1⟩``."""
    end = END if wording.spot.is_setting else wording.spot.section_end
    for form in _JACOBIANS:
        for found in form.finditer(wording.text) if "acobian" in wording.text else ():
            name, of = (_called(wording, int(found[group])) for group in ("name", "of"))
            if name and of:
                yield Jacobian(name, of, wording.start, end)


def _called(wording: Wording, number: int) -> str:
    """The name that a formula of a sentence is, perhaps with an argument: J of ``J(x)``."""
    lines = wording.mentions[number].lines if number < len(wording.mentions) else ()
    head = head_of(lines[0].row.left.text) if len(lines) == 1 and lines[0].row.right is None else None
    return head.name if head is not None and len(head.arguments) < _SEVERAL else ""


_SEVERAL = 2


def maps_in(wording: Wording) -> Iterator[Map]:
    """The maps that a sentence speaks of."""
    end = END if wording.spot.is_setting else wording.spot.section_end
    for mention in wording.mentions:
        for line in mention.lines:
            yield from _maps_of(line, wording.start, end)


def _maps_of(line: Line, start: int, end: int) -> Iterator[Map]:
    row = line.row
    found = _MAP.fullmatch(row.left.text) if row.relation == "→" and row.right is not None else None
    if found is None or row.right is None:
        return
    domain, values = _kind(found["domain"]), _kind(row.right.text)
    names = [whole_name(part, line.notation) for part in found["names"].split(",")]
    if values is not None and all(names):
        yield from (Map(name, domain or "", values, start, end) for name in names if name)


def _kind(space: str) -> Kind | None:
    """What the members of a set are; None for one that is no space of real numbers or vectors."""
    found = _SPACES.fullmatch(space)
    if found is None or "times" in (found["braced"] or ""):
        return None
    return "number" if (found["braced"] or found["sign"] or "1").strip() == "1" else "vector"
