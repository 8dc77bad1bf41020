r"""The writer's own LaTeX commands: ``\newcommand{\vx}{\mathbf{x}}``, ``\def\T{^\top}``, ``\DeclareMathOperator``.

Definitions may stand anywhere in the text; calls are replaced by what they stand for before anything else is read. Every character of the
result knows the place that it comes from, so that errors point at what was written.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping

from matcalc.budgets import spend
from matcalc.errors import MatcalcError, ParseError, Span
from matcalc.limits import MOST_CHARACTERS, MOST_MACRO_PASSES
from matcalc.patterns import pattern
from matcalc.records import record

_DEFINES = pattern(
    r"\\(?P<how>(?:re|provide)?newcommand|providecommand|DeclareRobustCommand|DeclareMathOperator|DeclarePairedDelimiter|def|gdef|let)"
    r"(?![A-Za-z])\*?\s*(?:\{\s*\\(?P<braced>[A-Za-z]+)\s*\}|\\(?P<bare>[A-Za-z]+))"
)
_ARGUMENTS = pattern(r"\s*\[\s*(?P<count>[1-9])\s*\]\s*(?:\[(?P<first>[^\]]{0,1000})\])?")
_PARAMETERS = pattern(r"\s*(?P<marks>(?:#[1-9]\s*)*)(?=\{)")
_LET = pattern(r"\s*=?\s*(\\[A-Za-z]+|\S)")
_CALL = pattern(r"\\(?:([A-Za-z]+)|.|$)", re.DOTALL)
_COMMENT = pattern(r"(?<!\\)%[^\n]*")
_STAR = pattern(r"\s*\*")
_BRACKET = pattern(r"\s*\[([^\]]{0,1000})\]")
_BRACE = pattern(r"\\.|[{}]", re.DOTALL)
_MARK = pattern(r"#([1-9])")


@record
class Macro:
    """What a command stands for: ``body`` with ``#1``... for its arguments; ``first`` stands for a first one in brackets that is left out.

    A ``delimiter`` takes a star or a size in brackets before its argument, which say nothing.
    """

    body: str
    arguments: int = 0
    first: str | None = None
    delimiter: bool = False


@record
class Places:
    """A text and, for each of its characters, the range of the given text that it comes from."""

    text: str
    starts: list[int]
    ends: list[int]

    @staticmethod
    def of(text: str, cut: list[tuple[int, int]]) -> Places:
        """The text without the ranges in ``cut``."""
        kept: list[int] = []
        position = 0
        for start, end in [*cut, (len(text), len(text))]:
            kept += range(position, start)
            position = end
        return Places("".join([text[place] for place in kept]), kept, [place + 1 for place in kept])

    def place(self, span: Span, length: int) -> Span:
        """The span of the given text, which has ``length`` characters, behind a span of this one."""
        if span.start >= len(self.starts):
            return Span(length, length)
        start = self.starts[span.start]
        stop = max(self.ends[span.start : max(span.end, span.start + 1)])
        return Span(start, stop if span.end > span.start else start)


@record
class Source:
    """A text as it is to be read, with all commands of its writer replaced, and the text that was given."""

    text: str
    given: str
    places: Places | None = None
    fault: ParseError | None = None
    """A call that could not be replaced, or definitions without an end, with which nothing is replaced."""

    def offset(self, position: int) -> int:
        """The place in the given text of a character of ``text``."""
        return position if self.places is None else self.places.place(Span(position, position), len(self.given)).start

    def located(self, error: MatcalcError) -> MatcalcError:
        """The error, pointing into the given text."""
        if error.text is None and error.span is not None and self.places is not None:
            error.span = self.places.place(error.span, len(self.given))
        return error.with_text(self.given)


def expanded(text: str, known: Mapping[str, Macro] | None = None) -> Source:
    r"""The text without definitions and with every defined command replaced; ``known`` are definitions made elsewhere.

    >>> expanded(r"\newcommand{\half}[1]{\frac{#1}{2}} \half{x}^2").text.strip()
    '\\frac{x}{2}^2'
    """
    macros = dict(known or {})
    cut = _definitions(text, macros)
    if not macros:
        return Source(text, text)
    state = Places.of(text, cut)
    most = max(MOST_CHARACTERS, 2 * len(text))
    for _ in range(MOST_MACRO_PASSES):
        spend(len(state.text) >> 6)
        following, fault = _pass(state, macros)
        if following is None:
            break
        state = following
        if len(state.text) > most:
            fault = ParseError("the definitions make the input too long", span=Span(0, 0), suggestion="shorter definitions")
            return Source(text, text, fault=fault)
    else:
        call = next(match for match in _CALL.finditer(state.text) if match[1] in macros)
        fault = ParseError(f"{call[0]} is defined by itself", suggestion="a definition in other terms")
        fault.span = state.place(Span(*call.span()), len(text))
        return Source(text, text, fault=fault)
    if fault is not None and fault.span is not None:
        fault.span = state.place(fault.span, len(text))
    return Source(state.text, text, state, fault)


def defined(text: str) -> dict[str, Macro]:
    r"""The commands that a text defines.

    >>> defined(r"\newcommand{\half}[1]{\frac{#1}{2}} x")["half"].arguments
    1
    """
    macros: dict[str, Macro] = {}
    _definitions(text, macros)
    return macros


def _definitions(text: str, macros: dict[str, Macro]) -> list[tuple[int, int]]:
    """Adds the definitions in the text to ``macros``; gives their ranges. What is no readable definition stays where it is."""
    found: list[tuple[int, int]] = []
    if "\\" not in text:
        return found
    comments = [match.span() for match in _COMMENT.finditer(text)]
    closing = _closing_braces(text)
    position = 0
    while (match := _DEFINES.search(text, position)) is not None:
        position = match.end()
        place = bisect_right(comments, (match.start(), len(text)))
        if place and match.start() < comments[place - 1][1]:
            continue
        made = _definition(text, match, closing)
        if made is not None:
            macro, position = made
            macros[match["braced"] or match["bare"]] = macro
            found.append((match.start(), position))
    return found


def _definition(text: str, match: re.Match[str], closing: Mapping[int, int]) -> tuple[Macro, int] | None:
    how, after = match["how"], match.end()
    if how == "let":
        same = _LET.match(text, after)
        return None if same is None else (Macro(same[1]), same.end())
    if how == "DeclareMathOperator":
        body = _group(text, after, closing)
        return None if body is None else (Macro(rf"\operatorname{{{body[0]}}}"), body[1])
    if how == "DeclarePairedDelimiter":
        left = _group(text, after, closing)
        right = None if left is None else _group(text, left[1], closing)
        if left is None or right is None:
            return None
        return Macro(rf"\left{left[0].strip()} #1 \right{right[0].strip()}", 1, delimiter=True), right[1]
    count = 0
    first: str | None = None
    if how in ("def", "gdef"):
        marks = _PARAMETERS.match(text, after)
        if marks is None:
            return None
        count, after = marks["marks"].count("#"), marks.end()
    elif (arguments := _ARGUMENTS.match(text, after)) is not None:
        count, first, after = int(arguments["count"]), arguments["first"], arguments.end()
    body = _group(text, after, closing)
    return None if body is None else (Macro(body[0], count, first), body[1])


def _group(text: str, position: int, closing: Mapping[int, int]) -> tuple[str, int] | None:
    """The inside of the braces at ``position``, or one command or character, and the place after it."""
    found = _argument(text, position, closing)
    return None if found is None else (text[found[0] : found[1]], found[2])


def _argument(text: str, position: int, closing: Mapping[int, int]) -> tuple[int, int, int] | None:
    """Where an argument begins and ends without its braces, and the place after it; None when there is none."""
    while position < len(text) and text[position].isspace():
        position += 1
    if position == len(text) or text[position] == "}":
        return None
    if text[position] != "{":
        command = _CALL.match(text, position)
        end = command.end() if command else position + 1
        return position, end, end
    closed = closing.get(position)
    return None if closed is None else (position + 1, closed, closed + 1)


def _closing_braces(text: str) -> dict[int, int]:
    """For each opening brace that is closed the place of the closing one; found for all at once, as one may be asked for many times."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for match in _BRACE.finditer(text):
        if match[0] == "{":
            opened.append(match.start())
        elif match[0] == "}" and opened:
            found[opened.pop()] = match.start()
    return found


def _pass(state: Places, macros: dict[str, Macro]) -> tuple[Places | None, ParseError | None]:
    """Replaces every call that stands in the text once; None when there was none, with what is wrong with one that has no arguments."""
    text = state.text
    out = _Builder(state)
    fault: ParseError | None = None
    closing = _closing_braces(text)
    position, replaced = 0, False
    for match in _CALL.finditer(text):
        macro = macros.get(match[1] or "")
        if macro is None or match.start() < position:
            continue
        taken = _taken(text, match.end(), macro, closing)
        if taken is None:
            count = f"{macro.arguments} argument" + "s" * (macro.arguments > 1)
            fault = fault or ParseError(f"\\{match[1]} needs {count} after it", span=Span(match.start(), match.end()))
            continue
        arguments, end = taken
        out.copy(position, match.start())
        out.insert(macro, arguments, match.start(), end)
        position, replaced = end, True
    if not replaced:
        return None, fault
    out.copy(position, len(text))
    return out.done(), fault


def _taken(text: str, position: int, macro: Macro, closing: Mapping[int, int]) -> tuple[list[tuple[int, int] | str], int] | None:
    """The arguments of a call, as ranges of the text, and the place after it."""
    arguments: list[tuple[int, int] | str] = []
    if macro.delimiter and (star := _STAR.match(text, position)) is not None:
        position = star.end()
    if macro.delimiter or macro.first is not None:
        bracket = _BRACKET.match(text, position)
        position = bracket.end() if bracket else position
        if macro.first is not None:
            arguments.append((bracket.start(1), bracket.end(1)) if bracket else macro.first)
    while len(arguments) < macro.arguments:
        found = _argument(text, position, closing)
        if found is None:
            return None
        arguments.append((found[0], found[1]))
        position = found[2]
    return arguments, position


class _Builder:
    """Puts a text together from ranges of another one and from what macros stand for."""

    def __init__(self, state: Places) -> None:
        self._from = state
        self._parts: list[str] = []
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._command_last = False

    def copy(self, start: int, end: int) -> None:
        self._add(self._from.text[start:end], self._from.starts[start:end], self._from.ends[start:end])

    def insert(self, macro: Macro, arguments: list[tuple[int, int] | str], start: int, end: int) -> None:
        """The body of a macro: its own characters have the place of the whole call, those of the arguments their own."""
        place, stop = self._from.starts[start], max(self._from.ends[start:end])
        for position, part in enumerate(_MARK.split(macro.body)):
            if position % 2 == 0:
                self._text(part, place, stop)
            elif int(part) <= len(arguments):
                argument = arguments[int(part) - 1]
                if isinstance(argument, str):
                    self._text(argument, place, stop)
                else:
                    self.copy(*argument)

    def _text(self, part: str, place: int, stop: int) -> None:
        self._add(part, [place] * len(part), [stop] * len(part))

    def _add(self, part: str, starts: list[int], ends: list[int]) -> None:
        if not part:
            return
        if self._command_last and part[0].isalpha():
            # A letter after \beta would be taken for a part of the command.
            self._parts.append(" ")
            self._starts.append(starts[0])
            self._ends.append(starts[0])
        self._parts.append(part)
        self._starts += starts
        self._ends += ends
        self._command_last = re.search(r"\\[A-Za-z]+$", part) is not None

    def done(self) -> Places:
        return Places("".join(self._parts), self._starts, self._ends)
