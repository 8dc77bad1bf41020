"""The symbols of the sides of an equation, and the values that are written in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cache

from matcalc.base.files import stored_table
from matcalc.base.lazy import pattern
from matcalc.documents.blocks import Notation
from matcalc.documents.context.written_names import names_at
from matcalc.documents.cues import OPENED, bracketed, outside_brackets
from matcalc.documents.sides import Row, head_of, holds, is_function
from matcalc.language.latex.latex_commands import ACCENTS
from matcalc.language.text.meanings import USUAL, is_abbreviation
from matcalc.language.text.spelling import INDEX_LETTERS, SPELLED_GREEK

_ARGUMENT = r"\s*(?:\{(?:[^{}]|\{[^{}]*\}){0,60}\}|\\[A-Za-z]+|.)"
_MARK = r"(?:\\top|\\intercal|T|H|\\(?:mathsf|mathrm|text)\s*\{?\s*T\s*\}?|\\dagger|\*|\\ast|\\prime)"
_TURNED = pattern(rf"\^\s*(?:\{{\s*-?\s*{_MARK}\s*\}}|{_MARK})(?![A-Za-z])")
_BELOW_A_SIGN = pattern(
    rf"(?:\\(?!(?:{'|'.join(sorted(SPELLED_GREEK, key=len, reverse=True))})(?![A-Za-z]))[A-Za-z]+\*?|\\\||[|)\]‖∑])\s*_{_ARGUMENT}"
)
_CALLED = pattern(r"\s*(?:\\(?:left|big|Big|bigl|Bigl|!|,)\s*)*[(\[]")
_NUMBERED = pattern(r"_\d+$")
_ENTRY = pattern(r"(?P<base>[a-z])_[a-z]{2}")
_LONGEST = 4000
_DEEPEST = 8
"""Values within values that symbols are followed through."""


def symbols_of(text: str, notation: Notation, *, sizes: bool = False) -> Counter[str]:
    """How often each symbol stands in a side, whatever its indices; without indices, functions and
    constants, and without ``sizes``."""
    shown = text[:_LONGEST]
    if notation == "latex":
        shown = _BELOW_A_SIGN.sub(lambda found: found[0].split("_")[0] + " ", _TURNED.sub(" ", shown))
    found: Counter[str] = Counter()
    for one in names_at(shown, notation):
        base, plain = one.base, one.name == one.base and not shown.startswith("\\", one.start)
        symbol = one.name if _NUMBERED.search(one.name) else base
        usual = base in USUAL and _CALLED.match(shown, one.end) is not None
        if not (usual or _is_fixed(symbol, one.name) or (plain and not sizes and symbol in _sizes())):
            found.update(_factors(symbol, notation))
    return found


def _factors(run: str, notation: Notation) -> Iterable[str]:
    """The letters of a run of capitals in plain text that is no abbreviation: ``AB`` is the product
    of A and B."""
    return run if notation == "plain" and run.isalpha() and run.isupper() and not is_abbreviation(run) else (run,)


def speaks_of_known(text: str, known: Named, notation: Notation) -> bool:
    """Whether a name with a definition stands in a side, with its index or without."""
    return any(one.name in known for one in names_at(text[:_LONGEST], notation)) or any(
        name in known for name in symbols_of(text, notation)
    )


@cache
def _sizes() -> frozenset[str]:
    return INDEX_LETTERS | frozenset(stored_table("roles")["names"]["sizes"])


def _is_fixed(symbol: str, name: str) -> bool:
    """Whether a symbol, with its index a name, is a constant or a function that everybody knows."""
    return symbol in stored_table("roles")["names"]["fixed"] or is_function(symbol) or is_function(name)


@dataclass(slots=True)
class _Section:
    """The names of a section: with the arguments of those that are functions, without their
    indices, with what they are made of, those of derivatives, and whether those that have a value
    are arrays."""

    arguments: dict[str, tuple[str, ...]] = field(default_factory=dict)
    bases: set[str] = field(default_factory=set)
    values: dict[str, Counter[str]] = field(default_factory=dict)
    derivatives: set[str] = field(default_factory=set)
    valued: dict[str, bool] = field(default_factory=dict)


class Named:
    """The names that stand for something, in sections within each other."""

    def __init__(self) -> None:
        self._sections = [_Section()]
        self._declared: set[str] = set()

    def begin(self, depth: int, *, everywhere: bool = False) -> None:
        """Begins a section within the outermost ``depth`` ones, whose names end with it unless they
        stand for it ``everywhere``."""
        del self._sections[depth:]
        self._sections.append(self._sections[0] if everywhere else _Section())

    def add(self, name: str, arguments: tuple[str, ...] = (), value: Counter[str] | None = None) -> None:
        """Lets a name stand for something to the end of the section, for a function if it has
        arguments; ``value``: its symbols."""
        section, base = self._sections[-1], _base(name)
        section.arguments[name] = arguments
        section.bases.add(base)
        section.values.pop(base, None)
        if value is not None and not arguments and base not in value:
            section.values[base] = value

    def give(self, name: str, *, is_array: bool) -> None:
        """Gives a name a value, a number or an array that is written out, to the end of the
        section."""
        self._sections[-1].valued[name] = is_array

    def value_of(self, name: str) -> bool | None:
        """Whether the value of a name is an array; None for one without a value."""
        return next((one.valued[name] for one in reversed(self._sections) if name in one.valued), None)

    @property
    def valued(self) -> frozenset[str]:
        """The names that have a value."""
        return frozenset(name for one in self._sections for name in one.valued)

    def declare(self, name: str) -> None:
        """Lets a name be a symbol of which a line for matcalc tells the kind: an equation with it
        is meant for all its values."""
        self._declared.add(name)

    def are_declared(self, names: Collection[str]) -> bool:
        """Whether there are names, and all of them are such symbols."""
        return bool(names) and self._declared.issuperset(names)

    def arguments(self, name: str) -> tuple[str, ...]:
        """The arguments of the function that a name stands for; none for another name."""
        return next((one.arguments[name] for one in reversed(self._sections) if name in one.arguments), ())

    def made_of(self, symbols: Counter[str]) -> Counter[str] | None:
        """What symbols come down to by their values, and how often; None where one of them has a
        value that is not known."""
        found: Counter[str] = Counter()
        waiting = [(symbol, count, _DEEPEST) for symbol, count in symbols.items()]
        while waiting:
            symbol, count, left = waiting.pop()
            value = next((one.values[symbol] for one in reversed(self._sections) if symbol in one.values), None)
            if value is None and not self.has_base(symbol):
                found[symbol] += count
            elif value is None or not left or len(waiting) > _LONGEST:
                return None
            else:
                waiting += [(inner, count * times, left - 1) for inner, times in value.items()]
        return found

    def add_derivative(self, name: str, *, everywhere: bool) -> None:
        """Lets a name stand for a derivative to the end of the section, or in the whole
        document."""
        self._sections[0 if everywhere else -1].derivatives.add(_stem(name))

    def is_derivative(self, name: str) -> bool:
        """Whether a name stands for a derivative, perhaps with another index, or of another
        layer."""
        return any(_stem(name) in one.derivatives for one in self._sections)

    def __contains__(self, name: object) -> bool:
        return any(name in one.arguments for one in self._sections)

    def has_base(self, symbol: str) -> bool:
        """Whether a symbol is such a name, or one without its index."""
        return symbol in self or any(symbol in one.bases for one in self._sections)


def _base(name: str) -> str:
    """A name without its index; an accent is part of it."""
    letter, _, rest = name.partition("_")
    accent = rest.partition("_")[0]
    return f"{letter}_{accent}" if accent in ACCENTS.values() else letter.partition("^")[0]


def _stem(name: str) -> str:
    """A name with a sign in the place of what hangs on it."""
    return _base(name) + ("_" if _base(name) != name else "")


def _bases_of_entries(text: str, notation: Notation) -> frozenset[str]:
    """The small letters that stand with two indices: ``u_{ik}`` is an entry of U."""
    found = (_ENTRY.fullmatch(one.name) for one in names_at(text[:_LONGEST], notation))
    return frozenset(one["base"] for one in found if one is not None)


def unmatched(left: str, right: str, known: Named, notation: Notation) -> frozenset[str]:
    """The symbols that keep an equation from being an identity: those of one side alone or, where
    one side is a number, those that stand only once. Where a symbol has a definition, which may
    hold the others, those of which each side has some alone. None where all of them are declared.
    """
    sides = symbols_of(left, notation), symbols_of(right, notation)
    if not sides[0] or not sides[1]:
        return _once(sides[0] or sides[1], known)
    called = any(known.arguments(at.name) for side in (left, right) for at in names_at(side[:_LONGEST], notation))
    if called or any(map(known.has_base, sides[0] | sides[1])):
        return _on_both_sides_alone(known.made_of(sides[0]), known.made_of(sides[1]))
    apart = frozenset(sides[0].keys() ^ sides[1].keys())
    return frozenset() if known.are_declared(apart) else apart - _with_entries(apart, f"{left} = {right}", notation)


def _once(symbols: Counter[str], known: Named) -> frozenset[str]:
    """The symbols that a side stands for once; none where a capital has a definition."""
    opaque = any(symbol[:1].isupper() and known.has_base(symbol) for symbol in symbols)
    whole = None if opaque else known.made_of(symbols)
    return frozenset(symbol for symbol, count in (whole or {}).items() if count == 1)


def _with_entries(apart: frozenset[str], text: str, notation: Notation) -> frozenset[str]:
    """Those of some symbols that are an array and its entries."""
    pairs = [{base.capitalize(), base} for base in _bases_of_entries(text, notation)]
    return frozenset().union(*(pair for pair in pairs if pair <= apart))


def _on_both_sides_alone(left: Counter[str] | None, right: Counter[str] | None) -> frozenset[str]:
    """What two sides are made of that the other is not, where both have such symbols: those of one
    side alone may cancel."""
    if left is None or right is None:
        return frozenset()
    sides = [
        {_NUMBERED.sub("", symbol).lower() for symbol in side} for side in (left, right)
    ]  # lambda_i stands on the diagonal of Lambda
    return frozenset(sides[0] ^ sides[1]) if sides[0] - sides[1] and sides[1] - sides[0] else frozenset()


_FONT = r"\\(?:mathbf|boldsymbol|bm|vec|pmb|bs)"
_POINT = pattern(
    rf"(?P<base>{_FONT}\s*\{{\s*[a-z]\s*\}}|{_FONT}\s+[a-z]|[a-z])\s*\^\s*(?:(?P<digit>\d)|\{{\s*(?P<braced>\d|\(\d+\))\s*\}}|(?P<round>\(\d+\)))"
)
_POINT_INSIDE = pattern(rf"(?P<font>{_FONT})\s*\{{\s*(?P<letter>[a-z])\s*\^\s*\{{?\s*(?P<digit>\d)\s*\}}?\s*\}}")
_TRANSPOSE = r"(?:\s*\^\s*(?:\{\s*(?:T|\\top|\\intercal|\\mathsf\{T\})\s*\}|T|\\top|\\intercal))?"
_BEHIND_LIST = pattern(rf"{_TRANSPOSE}[\s.,;]*")
_ARRAY = pattern(
    r"\s*(?:\\left)?[(\[]?\s*\\begin\s*\{(?P<name>[bp]?(?:small)?matrix|array)\}.*\\end\s*\{(?P=name)\}\s*(?:\\right)?[)\]]?"
    rf"{_TRANSPOSE}[\s.,;]*",
    re.DOTALL,
)
_FURNITURE = pattern(
    r"\\(?:begin|end)\s*\{[A-Za-z]+\}(?:\s*\{[lcr|]+\})?|\^\s*\{?\s*T\s*\}?|\\[\\,;:! ]"
    r"|\\(?:left|right|[tdc]?frac|sqrt|pi|top|intercal|cdot|quad|[bB]igg?[lr]?)(?![A-Za-z])"
)
"""What stands in values besides numbers."""
_DIGIT = pattern(r"\d")


@dataclass(frozen=True, slots=True)
class Value:
    """What a name gets as a value: as it is written, and in the language."""

    name: str
    written: str
    text: str
    is_array: bool

    @property
    def is_numeric(self) -> bool:
        """Whether it is made of numbers alone."""
        return is_numeric(self.text)


def value_given(row: Row, notation: Notation) -> Value | None:
    """The value that a row gives to the name at its beginning; None for another row."""
    if notation != "latex" or row.right is None or row.relation not in ("=", ":="):
        return None
    text = as_list(row.right.text)
    if not is_value(text):
        return None
    is_array = _is_array(text)
    point = _POINT.fullmatch(row.first.text.strip()) or _POINT_INSIDE.fullmatch(row.first.text.strip())
    head = head_of(row.first.text, notation)
    if point is not None and is_array:
        written = _as_name(point)
        named = head_of(written)
        return None if named is None else Value(named.name, written, text, True)
    return None if head is None or head.arguments else Value(head.name, row.first.text.strip(), text, is_array)


def is_value(text: str) -> bool:
    """Whether a side is made of numbers alone, or is an array without omissions."""
    if holds(text, "cases") or holds(text, "ellipsis"):
        return False
    return _DIGIT.search(text) is not None if is_numeric(text) else _is_array(text)


def _is_array(text: str) -> bool:
    return _ARRAY.fullmatch(text) is not None or _listed(text) is not None


def is_numeric(text: str) -> bool:
    """Whether a value is made of numbers alone."""
    return re.search(r"[A-Za-z]", _FURNITURE.sub(" ", text)) is None


def as_list(text: str) -> str:
    r"""A side with square brackets for the round ones of a list of coordinates, which are those of
    a column.

    >>> as_list(r"\left(1, -2\right)"), as_list("(a + b)(c, d)")
    ('[1, -2]^\\top', '(a + b)(c, d)')
    """
    found = _listed(text)
    if found is None or found[0] != "(":
        return text
    _, inside, behind = found
    return f"[{inside}]{behind}" if "^" in behind else rf"[{inside}]^\top{behind}"


def coordinates_of(text: str) -> tuple[str, ...]:
    r"""The entries of a list of coordinates; none of another value.

    >>> coordinates_of("[1, -2]"), coordinates_of("3")
    (('1', '-2'), ())
    """
    found = _listed(text)
    inside = "" if found is None else found[1]
    return tuple([part.strip() for part in inside.split(",")]) if inside and not re.search(r"[(\[{]", inside) else ()


def _listed(text: str) -> tuple[str, str, str] | None:
    """The bracket of a list of coordinates, what stands in it, and behind it; None for another
    side."""
    opened = OPENED.match(text)
    found = bracketed(text, opened)
    if (
        opened is None
        or found is None
        or not any(sign == "," for _, sign in outside_brackets(found[0]))
        or _BEHIND_LIST.fullmatch(text, found[1]) is None
    ):
        return None
    return opened["bracket"], found[0], text[found[1] :]


def _as_name(point: re.Match[str]) -> str:
    found = point.groupdict()
    if "letter" in found:
        return f"{found['font']}{{{found['letter']}}}_{{{found['digit']}}}"
    number = (found["digit"] or found["braced"] or found["round"]).strip("()")
    return f"{found['base']}_{{{number}}}"


def with_points(text: str, names: frozenset[str]) -> str:
    r"""A formula in which points with a number above them have these names.

    >>> with_points(r"\nabla f(\mathbf{x}^0) - 2 y^0", frozenset(["x_0"]))
    '\\nabla f(\\mathbf{x}_{0}) - 2 y^0'
    """

    def named(found: re.Match[str]) -> str:
        written = _as_name(found)
        head = head_of(written)
        return written if head is not None and head.name in names else found[0]

    return _POINT.sub(named, _POINT_INSIDE.sub(named, text))
