"""Texts that LaTeX is read from, a stretch at a time, those put together from its tokens, and what
a writer's own commands stand for and take."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from typing import Generic, Literal, NamedTuple, TypeAlias, TypeVar

from matcalc.base.budgets import LONGEST_ARGUMENT, MOST_MARKS
from matcalc.base.lazy import pattern

VERBATIM = ("verbatim", "Verbatim", "lstlisting", "minted", "comment", "filecontents", "alltt")
"""Environments whose text is no LaTeX, also with a star."""

_BRACE = pattern(
    r"\\(?:verb(?![A-Za-z])\*?(?P<quote>[^\s*A-Za-z])"
    r"|begin\{(?P<name>(?:" + "|".join(VERBATIM) + r")\*?)\}"
    r"|(?P<address>(?:url|nolinkurl|path|href)\s*\{[^{}\n]*\})"
    r"|.)|%[^\n]*|[{}]",
    re.DOTALL,
)
_CONDITION = pattern(r"\\newif\s*\\[A-Za-z@]+|\\(?P<word>if[A-Za-z@]*|else|fi)(?![A-Za-z@])|\\.|%[^\n]*", re.DOTALL)
NOT_CONDITIONS = frozenset(
    ["iff", "ifthenelse", "ifblank", "ifstrempty", "ifstrequal", "ifdefempty", "ifdef", "ifcsdef", "ifundef"]
)
"""Commands with a name like that of a condition which take their parts in braces."""


class Branches(NamedTuple):
    """Of a condition or its ``\\else``: the places of the ``\\else``, or ``\\fi``, that ends what
    comes next, and of the ``\\fi``."""

    other: int
    end: int


class Text:
    """A text; ``base`` is the place of its first character in all that is read."""

    def __init__(self, string: str, base: int = 0) -> None:
        self.string = string
        self.base = base
        self._next: dict[str, tuple[int, int]] = {}

    def following(self, mark: str, position: int) -> int:
        """The place of a mark at ``position`` or behind it, -1 without one; asking at places that
        grow costs one pass of the text."""
        start, found = self._next.get(mark, (len(self.string) + 1, -1))
        if position < start:
            before = self.string.find(mark, position, start + len(mark) - 1)
            found = found if before < 0 else before
        elif 0 <= found < position:
            found = self.string.find(mark, position)
        self._next[mark] = position, found
        return found

    @cached_property
    def closing(self) -> Mapping[int, int]:
        """For each opening brace that is closed the place of the closing one."""
        found: dict[int, int] = {}
        opened: list[int] = []
        passed = 0
        for match in _BRACE.finditer(self.string):
            start = match.start()
            if start < passed:
                continue
            sign = match[0]
            if sign == "{":
                opened.append(start)
            elif sign == "}":
                if opened:
                    found[opened.pop()] = start
            elif match["address"]:
                found[match.start() + match[0].index("{")] = match.end() - 1
            elif match["quote"]:
                passed = max(self.following(match["quote"], match.end()), 0)
                line = self.following("\n", match.end())
                passed = 0 if 0 <= line < passed else passed + 1
            elif match["name"]:
                passed = self.following(f"\\end{{{match['name']}}}", match.end())
        return found

    @cached_property
    def branches(self) -> Mapping[int, Branches]:
        """For the place of each condition with an end, and of its ``\\else``, those of its parts."""
        found: dict[int, Branches] = {}
        opened: list[tuple[int, int]] = []
        for match in _CONDITION.finditer(self.string):
            word, place = match["word"], match.start()
            if word is None or word in NOT_CONDITIONS:
                continue
            if word not in ("fi", "else"):
                opened.append((place, -1))
            elif word == "fi" and opened:
                start, other = opened.pop()
                found[start] = Branches(place if other < 0 else other, place)
                if other >= 0:
                    found[other] = Branches(place, place)
            elif opened and opened[-1][1] < 0:
                opened[-1] = opened[-1][0], place
        return found


class Slice(NamedTuple):
    """A stretch of a text. What a macro stands for comes from the place of its call: from
    ``origin`` to ``until``, else -1."""

    text: Text
    start: int
    end: int
    origin: int = -1
    until: int = -1

    @property
    def string(self) -> str:
        return self.text.string[self.start : self.end]


def string_of(slices: list[Slice]) -> str:
    """The slices one after the other."""
    return "".join([one.string for one in slices])


class Token(NamedTuple):
    """One unit of LaTeX.

    ``kind`` is ``text`` (characters without a meaning of their own), ``par`` (an empty line),
    ``command`` (without its backslash), ``begin`` and ``end`` (the name of an environment),
    ``comment``, ``{``, ``}``, ``$``, or ``stop``. ``origin`` is the place that its first character
    comes from; what a macro stands for comes from its call, which reaches to ``until``, else -1.
    """

    kind: str
    text: str
    origin: int
    until: int = -1

    @property
    def ending(self) -> int:
        """The place behind the token, or behind the call that it comes from."""
        return self.until if self.until >= 0 else self.origin + len(self.text) + 1


_APART = 200
"""Characters between marks where there are very many: only some places are marked then."""


class Mark(NamedTuple):
    """From ``offset`` on the text comes from ``origin`` on; with ``until``, as a whole up to it."""

    offset: int
    origin: int
    until: int = -1


class Runs:
    """Text and marks, which grow."""

    __slots__ = ("_last", "_next", "length", "marks", "parts")

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.marks: list[Mark] = []
        self.length = 0
        self._next = -1
        self._last = ""

    def add(self, text: str, origin: int, until: int = -1) -> None:
        """Adds a text. What would lengthen the name of the command before it is kept apart from
        it."""
        if self._last and text[:1].isalpha():
            self.parts.append(" ")
            self.marks.append(Mark(self.length, origin, origin))
            self.length += 1
            self._next = -1
        self._last = ""
        if (until >= 0 or origin != self._next) and (
            len(self.marks) < MOST_MARKS or abs(origin - self.marks[-1].origin) >= _APART
        ):
            self.marks.append(Mark(self.length, origin, until))
        self.parts.append(text)
        self.length += len(text)
        self._next = -1 if until >= 0 else origin + len(text)

    def command(self, name: str, origin: int, until: int = -1) -> None:
        """Adds a command."""
        self.add("\\" + name, origin, until)
        self._last = name if name[-1:].isalpha() else ""

    def token(self, token: Token) -> None:
        """Adds a token as it is written."""
        match token.kind:
            case "command":
                self.command(token.text, token.origin, token.until)
            case "begin" | "end":
                self.add(f"\\{token.kind}{{{token.text}}}", token.origin, token.until)
            case "comment" | "stop":
                pass
            case _:
                self.add(token.text, token.origin, token.until)

    def mark(self, offset: int) -> Mark:
        """The mark that the character at ``offset`` belongs to."""
        return self.marks[max(0, bisect_right(self.marks, offset, key=lambda mark: mark.offset) - 1)]

    def text(self) -> str:
        return "".join(self.parts)


_TOKEN = pattern(
    r"(?P<text>(?:[^\\{}$%\n]++|\n(?![^\S\n]*\n))++)"
    r"|(?P<par>\n[^\S\n]*\n\s*)"
    r"|\\(?P<command>[A-Za-z@]+|.|\Z)"
    r"|(?P<comment>%[^\n]*+(?:\n(?![^\S\n]*\n)[^\S\n]*)?+)"
    r"|(?P<sign>[{}$\n])",
    re.DOTALL,
)
_BLANK = pattern(r"(?:[^\S\n]++|\n(?![^\S\n]*\n)|%[^\n]*+(?:\n(?![^\S\n]*\n)[^\S\n]*)?+)++")
_ONE = pattern(r"\\(?:[A-Za-z@]+|.|\Z)|.", re.DOTALL)
NEVER = -2
_DEPTHS = {"{": 1, "}": -1}


class Frame:
    """A stretch of a text that is being read. ``done`` is called at its end, and nothing outside is
    then taken for an argument; where it returns True a token ``stop`` comes there."""

    __slots__ = ("at", "base", "done", "end", "origin", "string", "text", "until")

    def __init__(self, part: Slice, done: Callable[[], bool | None] | None = None) -> None:
        self.text, self.at, self.end, self.origin, self.until = part
        self.string = part.text.string
        self.base = part.text.base
        self.done = done

    @property
    def spent(self) -> bool:
        """Whether nothing is left of it, and nothing is to be done at its end."""
        return self.at >= self.end and self.done is None

    def place(self, position: int) -> int:
        return self.origin if self.origin >= 0 else self.base + position

    def slice(self, start: int, end: int) -> Slice:
        return Slice(self.text, start, end, self.origin, self.until)

    def token(self) -> Token | None:
        """The next token, which is passed; None at the end."""
        start = self.at
        match = _TOKEN.match(self.string, start, self.end)
        if match is None:
            return None
        self.at = match.end()
        kind = match.lastgroup or ""
        text = match[kind]
        if kind == "sign":
            kind = "text" if text == "\n" else text
        return Token(kind, text, self.place(start), self.until)

    def one(self) -> Slice | None:
        """The next command or character, which is passed; None at the end."""
        match = _ONE.match(self.string, self.at, self.end)
        if match is None:
            return None
        self.at = match.end()
        return self.slice(*match.span())

    def skip_blank(self) -> None:
        """Passes white space and comments, up to an empty line."""
        match = _BLANK.match(self.string, self.at, self.end)
        if match is not None:
            self.at = match.end()

    def passes(self, sign: str) -> bool:
        """Whether the sign comes next; it is passed then."""
        found = self.string.startswith(sign, self.at, self.end)
        self.at += len(sign) * found
        return found

    def closing(self, brace: int) -> int | None:
        """The place of the brace that closes one, if that is in the stretch, too."""
        found = self.text.closing.get(brace)
        return found if found is not None and found < self.end else None

    def stopped(self, stop: str, depth: int) -> tuple[int, int]:
        """The place of ``stop`` in what is left, outside of braces, and how deep in braces it ends;
        -1 where it does not come, ``NEVER`` where it cannot come behind the end, either."""
        if self.origin < 0:
            following = self.text.following(stop, self.at)
            if not 0 <= following < min(self.end, self.at + LONGEST_ARGUMENT + 1):
                return -1, depth
        marks, position = _marks(stop), self.at
        while (match := marks.search(self.string, position, self.end)) is not None:
            if match["stop"] and depth == 0:
                return match.start(), depth
            closed = self.closing(match.start()) if match[0] == "{" else None
            position = match.end() if closed is None else closed + 1
            depth += _DEPTHS.get(match[0], 0) * (closed is None)
            if depth < 0 or (match[0][0] == "\n" and stop != "}"):
                return NEVER, depth
        return -1, depth


@cache
def _marks(stop: str) -> re.Pattern[str]:
    ending = r"(?![A-Za-z@])" if stop[:1] == "\\" and stop[-1:].isalpha() else ""
    return re.compile(rf"(?P<stop>{re.escape(stop)}{ending})|\\(?:[A-Za-z@]+|.)|[{{}}]|%[^\n]*|\n[^\S\n]*\n", re.DOTALL)


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
        """Ends the group that ends here, if one does, with all that should have ended in it."""
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
_MARK = r"\\[A-Za-z]+|\S"
_SPECIFIED = pattern(
    rf"\s*[!+]?\s*(?P<letter>[msovgOG]|(?P<marked>(?P<paired>[rRdD])|t))"
    rf"(?(marked)\s*(?P<first>{_MARK}))(?(paired)\s*(?P<second>{_MARK}))\s*"
)
"""A letter of xparse, with the marks that it takes."""


class Parameter(NamedTuple):
    """What a command takes: arguments, and a ``literal``, which is passed and is none. ``default``
    stands for what is left out; without one it must be there."""

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
        marks, default = (match["first"] or "*", match["second"] or ""), MISSING
        if letter in "ODGR":
            closed = source.closing.get(position)
            if closed is None:
                return None
            default, position = text[position + 1 : closed], closed + 1
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
