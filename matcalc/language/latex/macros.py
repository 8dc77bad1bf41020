"""What a writer's own commands stand for, what they take, and how long they hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, Literal, NamedTuple, TypeAlias, TypeVar

from matcalc.base.lazy import pattern
from matcalc.language.latex.latex_texts import Slice, Text

T = TypeVar("T")
_DEEPEST = 50
"""Groups within each other; in deeper ones definitions hold beyond their end."""


class _Group(NamedTuple):
    """Where it ends (``text`` is None for one that a command ends), and for each name defined in it
    what it stood for before."""

    text: Text | None
    end: int
    before: dict[str, object]


class Meanings(dict[str, T], Generic[T]):
    """What names stand for. What ``define`` gives them holds to the end of the group."""

    def __init__(self) -> None:
        super().__init__()
        self._groups: list[_Group] = []

    def define(self, name: str, meaning: T, *, everywhere: bool = False) -> None:
        """Gives a name a meaning, ``everywhere`` beyond all groups."""
        if everywhere:
            for group in self._groups:
                group.before.pop(name, None)
        elif self._groups:
            self._groups[-1].before.setdefault(name, self.get(name))
        self[name] = meaning

    def open(self, text: Text | None = None, end: int = -1) -> None:
        """Begins a group that ends at a place of a text, or with a command."""
        if len(self._groups) < _DEEPEST:
            self._groups.append(_Group(text, end, {}))

    def close(self, text: Text | None = None, end: int = -1) -> None:
        """Ends the group that ends here, with all that should have ended in it; nothing where none
        does."""
        depth = len(self._groups)
        while depth and self._groups[depth - 1].text is text and self._groups[depth - 1].end < end:
            depth -= 1
        if not depth or self._groups[depth - 1][:2] != (text, end):
            return
        while len(self._groups) >= depth:
            for name, meaning in self._groups.pop().before.items():
                if meaning is None:
                    self.pop(name, None)
                else:
                    self[name] = meaning  # type: ignore[assignment]


MISSING = "-NoValue-"
"""What stands for an optional argument that is left out, as in xparse."""
TRUE, FALSE = r"\BooleanTrue", r"\BooleanFalse"
"""What stands for a star that is there, or is not."""

Kind: TypeAlias = Literal["mandatory", "optional", "star", "group", "between", "until", "literal"]
Argument: TypeAlias = "list[Slice] | str"

_HOLE = pattern(r"\\.|#([1-9#])")
_SPECIFIED = pattern(r"\s*[!+]?\s*(?P<letter>[msobvgODGRrdteE])")
_MARKS = pattern(r"\s*(\\[A-Za-z]+|\S)\s*(\\[A-Za-z]+|\S)")
_MARK = pattern(r"\s*(\\[A-Za-z]+|\S)")


class Parameter(NamedTuple):
    """What a command takes: an argument; one in brackets, or ``between`` marks; a star or another
    mark; all ``until`` a mark.

    A ``literal`` is passed and is no argument. ``default`` stands for what is left out; without one
    it must be there.
    """

    kind: Kind = "mandatory"
    default: str | None = None
    marks: tuple[str, str] = ("", "")


class Macro:
    r"""What a command stands for: a body with ``#1``... for its arguments, or, as an ``alias``,
    what another one meant before."""

    __slots__ = ("alias", "body", "cuts", "parameters", "text")

    def __init__(self, body: str, parameters: tuple[Parameter, ...] = (), *, alias: str = "") -> None:
        self.body = body
        self.text = Text(body)
        self.parameters = parameters
        self.alias = alias
        self.cuts = _cuts(body) if "#" in body else ((0, len(body)),)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Macro)
            and (self.body, self.parameters, self.alias) == (other.body, other.parameters, other.alias)
        )  # fmt: skip

    def __hash__(self) -> int:
        return hash((self.body, self.alias))

    def parts(self, arguments: list[Argument], origin: int, until: int) -> list[Slice]:
        """The body with the arguments in it; what is its own comes from the place of the call."""
        if len(self.cuts) == 1:
            return [Slice(self.text, 0, len(self.body), origin, until)]
        parts: list[Slice] = []
        for cut in self.cuts:
            if isinstance(cut, tuple):
                parts.append(Slice(self.text, *cut, origin, until))
            elif cut <= len(arguments):
                argument = arguments[cut - 1]
                parts += argument if isinstance(argument, list) else [Slice(Text(argument), 0, len(argument), origin, until)]
        return parts


class Environment(NamedTuple):
    """What stands for the beginning and the end of a writer's own environment."""

    begin: Macro
    end: Macro


def counted(count: int, first: str | None = None) -> tuple[Parameter, ...]:
    r"""The parameters of ``\newcommand``: so many arguments, the first with a default if there is
    one."""
    wanted = [Parameter()] * count
    if first is not None and wanted:
        wanted[0] = Parameter("optional", first)
    return tuple(wanted)


def specified(text: str) -> tuple[Parameter, ...] | None:
    """The parameters of xparse: ``s o m O{x}``; None for what is not known."""
    found: list[Parameter] = []
    position, source = 0, Text(text)
    while text[position:].strip():
        match = _SPECIFIED.match(text, position)
        if match is None:
            return None
        letter, position = match["letter"], match.end()
        marks, default = ("*", ""), MISSING
        if letter in "rRdDt":
            given = (_MARK if letter == "t" else _MARKS).match(text, position)
            if given is None:
                return None
            marks, position = (given[1], "" if letter == "t" else given[2]), given.end()
        if letter in "ODGR":
            while text[position : position + 1].isspace():
                position += 1
            closed = source.closing.get(position)
            if closed is None:
                return None
            default, position = text[position + 1 : closed], closed + 1
        if letter not in _SORTS:
            return None
        kind = _SORTS[letter]
        found.append(Parameter() if kind == "mandatory" else Parameter(kind, None if kind == "star" else default, marks))
    return tuple(found)


_SORTS: Mapping[str, Kind] = {
    **dict.fromkeys("mv", "mandatory"), **dict.fromkeys("st", "star"), **dict.fromkeys("oO", "optional"), **dict.fromkeys("gG", "group"),
    **dict.fromkeys("dDrR", "between"),
}  # fmt: skip
"""The letters of xparse."""


def _cuts(body: str) -> tuple[tuple[int, int] | int, ...]:
    """Where the body is its own text, and where an argument stands; ``##`` is a ``#`` of its
    own."""
    found: list[tuple[int, int] | int] = []
    start = 0
    for match in _HOLE.finditer(body):
        if match[1] is None:
            continue
        if match[1] == "#":
            found.append((start, match.start() + 1))
        else:
            found += [(start, match.start()), int(match[1])]
        start = match.end()
    found.append((start, len(body)))
    return tuple(found)
