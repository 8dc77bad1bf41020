"""The units of LaTeX source: commands, letters, digits, braces and delimiters, also where a
backslash got lost on the way."""

from __future__ import annotations

import re
from collections.abc import Container
from functools import lru_cache

from matcalc.base.budgets import DEEPEST_NESTING
from matcalc.base.errors import LimitError, ParseError, Span
from matcalc.base.lazy import pattern
from matcalc.base.records import record, replace
from matcalc.language.decisions import Decision
from matcalc.language.latex.latex_commands import (
    ACCENTS,
    CLOSING,
    DIMENSIONED,
    ENVIRONMENTS,
    FONTS,
    FRACTIONS,
    NEGATED,
    OPENING,
    OPERATORS,
    SIZED,
    SPACING,
    TRANSPOSES,
    WORDS,
)  # fmt: skip
from matcalc.language.text.spelling import ACCENTS as MARKS, SPELLED_GREEK, SUBSCRIPTS, SUPERSCRIPTS
from matcalc.language.text.terminals import BARS, rewritten

STYLES = FONTS | WORDS


@record
class Lexeme:
    """One unit of the source.

    ``kind`` is ``letter``, ``digit``, ``command`` (``text`` without the backslash), ``newline``,
    one of the brackets ``{ } ( ) [ ] < >``, a bar (``NORM_OPEN``, ``BAR``...), or ``char``. The
    ``text`` of a bracket tells whether ``\\left`` stood before it.
    """

    kind: str
    text: str
    start: int
    end: int

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)

    @property
    def is_symbol(self) -> bool:
        """Whether it is a letter, a Greek one too, or a digit."""
        return self.kind in ("letter", "digit") or self.is_command(SPELLED_GREEK)

    @property
    def is_style(self) -> bool:
        """Whether it only says how what is meant is set: braces, fonts."""
        return self.kind in ("{", "}") or self.is_command(STYLES)

    def is_command(self, names: Container[str]) -> bool:
        return self.kind == "command" and self.text in names

    def is_char(self, characters: str) -> bool:
        return self.kind == "char" and self.text in characters


_ESCAPED = {"\x07": "a", "\x08": "b", "\t": "t", "\n": "n", "\x0b": "v", "\x0c": "f", "\r": "r"}
"""What a string of Python or JavaScript makes of a backslash and a letter."""
_CUT = pattern(
    "[\x07\x08\x0b\x0c](?P<any>[A-Za-z]*)|\t(?P<tab>op|heta|ilde|ext|imes|frac|extbf|extrm|r|race)(?![A-Za-z])|\n(?P<line>abla)(?![A-Za-z])"
    "|\r(?P<return>ho|ight|Vert|angle)(?![A-Za-z])"
)
_DOUBLED = pattern(r"\\\\(?:[A-Za-z]{2,}|[|{}])")
_SINGLE = pattern(r"(?<!\\)(?:\\\\)*\\(?![\\\s])")


BRACED = (
    FRACTIONS | (FONTS - {"vec", "bs"}) | (WORDS - {"text"}) | frozenset(ACCENTS) | {"sqrt", "text", "underbrace", "overbrace"}
)
"""Commands that are known by the brace behind them."""
_COMMANDS = (
    BRACED
    | OPERATORS.keys()
    | SPELLED_GREEK
    | TRANSPOSES
    | SIZED.keys()
    | SPACING
    | {"lVert", "rVert", "lvert", "rvert", "begin"}
)


def is_doubled(text: str) -> bool:
    r"""Whether every backslash of the text is doubled, as in what was copied from a program:
    ``\\frac{1}{2} x^\\top x``."""
    found = [match[0][2:] for match in _DOUBLED.finditer(text)]
    return any(not name.isalpha() or name in _COMMANDS for name in found) and _SINGLE.search(text) is None


def cut_command(text: str, position: int) -> tuple[str, int] | None:
    r"""The command whose backslash and first letter became one control character, as in ``"\frac"``
    of Python, and its end."""
    match = _CUT.match(text, position) if text[position] in _ESCAPED else None
    if match is None or match.lastgroup is None:
        return None
    name = _ESCAPED[match[0][0]] + match[match.lastgroup]
    return name, match.end()


def next_cut(text: str, start: int, stop: int) -> int:
    """The place of the first such character in a range of blanks; ``stop`` when there is none."""
    return next((place for place in range(start, stop) if cut_command(text, place) is not None), stop)


BEGINS, ENDS = "\\begin{array}", "\\end{array}"
"""What the lexemes of the beginning and the end of an array say, whatever its brackets."""
BEGINS_CASES, ENDS_CASES = "\\begin{cases}", "\\end{cases}"
_ARRAYS = {BEGINS: ENDS, BEGINS_CASES: ENDS_CASES}
CELL = "cell"
"""The kind of the lexeme between two entries of a row."""
GAP = "gap"
"""That of a blank behind a backslash."""
_NAMES = r"(?:[bp]?small)?matrix|[bp]matrix|array"
_BEGIN = pattern(
    rf"\\begin\s*\{{(?:(?:{_NAMES})\*?\}}(?:\s*\[[lcr]\])?|array\}}(?:\s*\[[tbc]\])?)(?:(?<=array\}})\s*\{{[lcr|\s]*\}})?"
)
_END = pattern(rf"\\end\s*\{{(?:{_NAMES})\*?\}}")


_CASES = r"\s*\{[dr]?cases\*?\}"
_MARKS_OF_ARRAYS = (
    (_BEGIN, "(", BEGINS),
    (_END, ")", ENDS),
    (pattern(rf"\\begin{_CASES}"), "(", BEGINS_CASES),
    (pattern(rf"\\end{_CASES}"), ")", ENDS_CASES),
)


def _mark(text: str, position: int, stop: int) -> Lexeme | None:
    """The beginning or the end of an array at a position, a bracket that opens or closes, or of a
    display."""
    for marks, kind, said in _MARKS_OF_ARRAYS:
        if (found := marks.match(text, position, stop)) is not None:
            return Lexeme(kind, said, position, found.end())
    found = _ENVIRONMENT.match(text, position, stop)
    return Lexeme(found[1], found[2], position, found.end()) if found is not None and found[2] in ENVIRONMENTS else None


_SPACE = pattern(r"[\s~\u200b]+|(?<!\\)%[^\n]*")


_COMMAND = pattern(r"\\(?:([A-Za-z]+)\*?|(.)|$)", re.DOTALL)


_IN_BRACES = pattern(r"\{\s*([()\[\]|/]|\\[{}|]|\\[lr](?:angle|brace|brack|[vV]ert))\s*\}")
"""A delimiter in braces of its own: ``\\Big{(}``."""
_DELIMITER = pattern(r"(\\[A-Za-z]+)\*?|(\\.|.)", re.DOTALL)
_ENVIRONMENT = pattern(r"\\(begin|end)\s*\{([A-Za-z]+)\*?\}(?:\{\d+\})?(?:\[[^\]\n]{0,80}\])?")


_WIDTH = pattern(r"\s*[-+]?(\d+\.?\d*|\.\d+)\s*(?:mu|pt|em|ex|cm|mm|in|bp|pc|sp)(?![a-z])")


_ROW_GAP = pattern(r"\s*\[-?[\d.]+\s*[a-z]{2}\]")


STOPS = frozenset([".", ",", ";"])


_WRAPPED = [("$$", "$$"), ("$", "$"), (r"\[", r"\]"), (r"\(", r"\)")]


def inside_delimiters(text: str) -> tuple[int, int]:
    """The range of the text inside ``$...$``, ``\\[...\\]`` or the like."""
    start, stop = len(text) - len(text.lstrip()), len(text.rstrip())
    start = next_cut(text, 0, start)
    for opening, closing in _WRAPPED:
        inner = start + len(opening)
        if text.startswith(opening, start):
            outside = text.rfind(closing, inner, stop)
            if outside > 0 and set(text[outside + len(closing) : stop]) <= STOPS | {" "}:
                # The full stop of the sentence may stand behind the formula.
                return inner, outside
            if inner > stop - len(closing) or not text.endswith(closing, inner, stop):
                raise ParseError(f"{opening} is never closed", span=Span(start, inner), suggestion=f"{closing} at the end")
            return inner, stop - len(closing)
    return start, stop


def next_lexeme(text: str, position: int, stop: int, out: list[Lexeme]) -> int:
    """Reads one lexeme; gives the position after it."""
    cut = cut_command(text, position)
    if cut is not None:
        out.append(Lexeme("command", cut[0], position, cut[1]))
        return cut[1]
    space = _SPACE.match(text, position, stop)
    if space is not None:
        return next_cut(text, position, space.end())
    character = text[position]
    if character == "&":
        out.append(Lexeme(CELL, "&", position, position + 1))
        return position + 1
    if character == "\\":
        return _command(text, position, stop, out)
    if character == "$":
        raise ParseError("a dollar sign inside the formula", span=Span(position, position + 1), expected="one formula")
    out.append(Lexeme(_kind(character), character, position, position + 1))
    return position + 1


@lru_cache(maxsize=1024)
def _kind(character: str) -> str:
    if character in "0123456789":
        return "digit"
    small = character in SUPERSCRIPTS or character in SUBSCRIPTS
    if (character.isalpha() and not small) or character in MARKS:
        return "letter"
    return character if character in "()[]{}" else "char"


def _command(text: str, position: int, stop: int, out: list[Lexeme]) -> int:
    mark = _mark(text, position, stop)
    if mark is not None:
        out.append(mark)
        return mark.end
    match = _COMMAND.match(text, position, stop)
    assert match is not None
    name, end = match[1] or match[2] or "", match.end()
    if not name:
        raise ParseError("a backslash without a command", span=Span(position, position + 1), suggestion="remove it")
    if name in SIZED:
        return _sized(text, position, end, stop, name, out)
    if name == "not" and (negated := _negated(text, end, stop)) is not None:
        name, end = negated
    if name in _SPACES:
        return _after_space_command(text, position, end, stop, name, out)
    kind = _BRACKETS.get(name, "command")
    out.append(Lexeme(kind, name if kind == "command" else "\\" + name, position, end))
    return end


_SPACES = SPACING | DIMENSIONED | {"\\"}
_BRACKETS = CLOSING | OPENING


def _after_space_command(text: str, position: int, end: int, stop: int, name: str, out: list[Lexeme]) -> int:
    """The position behind a command for space or a new row; only the ends of rows and blanks are
    units."""
    if name == "\\":
        out.append(Lexeme("newline", "\n", position, end))
        gap = _ROW_GAP.match(text, end, stop)
        return end if gap is None else gap.end()
    if name.isspace():
        out.append(Lexeme(GAP, name, position, end))
    elif name in DIMENSIONED:
        return _after_width(text, position, end, stop)
    elif name == "!" and out and out[-1].kind != "digit" and out[-1].end == position:
        out[-1] = replace(out[-1], end=end)  # what follows is moved to it
    return end


def _after_width(text: str, position: int, end: int, stop: int) -> int:
    width = _WIDTH.match(text, end, stop)
    if width is None:
        command = text[position:end]
        raise ParseError(f"{command} needs a width after it", span=Span(position, end), suggestion=f"{command}3mu")
    return width.end()


def _after_space(text: str, position: int, stop: int) -> int:
    while (space := _SPACE.match(text, position, stop)) is not None:
        position = space.end()
    return position


def _negated(text: str, end: int, stop: int) -> tuple[str, int] | None:
    r"""The relation that ``\not`` makes of the one behind it, and the position after that."""
    end = _after_space(text, end, stop)
    match = _COMMAND.match(text, end, stop)
    relation, after = (match[1] or "", match.end()) if match else (text[end : end + 1], end + 1)
    return (NEGATED[relation], after) if relation in NEGATED and after <= stop else None


def _sized(text: str, position: int, end: int, stop: int, name: str, out: list[Lexeme]) -> int:
    r"""A delimiter after ``\left``, ``\bigl`` and the like, as one lexeme."""
    end, side = _after_space(text, end, stop), SIZED[name]
    if side and text.startswith(".", end, stop):
        advice = "the formula without it: derivatives hold at every value"
        raise ParseError("a delimiter that is left out is not read", span=Span(position, end + 1), suggestion=advice)
    found = _IN_BRACES.match(text, end, stop) or _DELIMITER.match(text, end, stop)
    sign, after = ("", end + 1) if found is None else (found[1] or found[2], found.end())
    kind = _kind_of_delimiter(sign, side)
    if kind is None or (name == "middle" and kind not in _MIDDLE):
        advice = _ADVICE.get(name, f"\\{name}( or \\{name}|")
        raise ParseError(f"\\{name} needs a bracket or a bar after it", span=Span(position, after), suggestion=advice)
    kind, said = (_MIDDLE if name == "middle" else {"char": ("char", "/")}).get(kind, (kind, "\\" + name))
    out.append(Lexeme(kind, said, position, after))
    return after


_MIDDLE = {"char": ("char", "/"), "BAR": ("char", "\\middle|")}
"""What stands behind ``\\middle``: a slash, and a bar that parts an inner product."""
_ADVICE = {"middle": r"\middle| or \middle/"}


def _kind_of_delimiter(sign: str, side: int) -> str | None:
    kind = _DELIMITERS.get(sign)
    if kind in BARS and side:
        return kind.removesuffix("_BAR") + ("_OPEN" if side < 0 else "_CLOSE")
    return None if kind == "char" and side > 0 else kind


_DELIMITERS = {
    **dict(zip("()[]", "()[]", strict=True)), "|": "BAR", "∣": "BAR", "‖": "NORM_BAR", "∥": "NORM_BAR", "/": "char",
    **{f"\\{name}": kind for name, kind in OPERATORS.items() if kind in BARS},
    **{f"\\{name}": kind for name, kind in _BRACKETS.items()},
}  # fmt: skip
"""What delimiters are behind a command for their size."""


_BARE_WORD = pattern(r"(?<![A-Za-z])(?<!(?<!\\)\\)[A-Za-z]{3}")
"""Letters that no command begins with; behind two backslashes is a new row."""


_INFIX = frozenset(["cdot", "odot", "otimes", "oslash", "times", "circ"])
"""Words that nobody would take for the name of a symbol."""


def restored(text: str, lexemes: list[Lexeme], decisions: list[Decision]) -> list[Lexeme]:
    """The lexemes of a text with words that are commands without their backslash as these."""
    if _BARE_WORD.search(text) is None:
        return lexemes

    def command(position: int) -> tuple[list[Lexeme], int] | None:
        end = position
        while (
            end < len(lexemes)
            and lexemes[end].kind == "letter"
            and (end == position or lexemes[end].start == lexemes[end - 1].end)
        ):
            end += 1
        run = lexemes[position:end]
        word = "".join([lexeme.text for lexeme in run])
        if len(run) > 2 and _is_command(word, lexemes, end):
            place = Lexeme("command", word, run[0].start, run[-1].end)
            decisions.append(Decision(f"{word} is read as the command \\{word}", "notation", span=place.span))
            run = [place]
        return (run, end) if run else None

    return rewritten(lexemes, command)


def _is_command(word: str, lexemes: list[Lexeme], end: int) -> bool:
    if end >= len(lexemes):
        return False
    following = lexemes[end]
    adjacent = following.start == lexemes[end - 1].end
    if word in _INFIX:
        return not (adjacent and following.text in ("_", "^", "(", "'"))
    if word == "sum":
        return adjacent and following.text == "_"
    return adjacent and following.kind == "{" and word in BRACED


def with_cells(lexemes: list[Lexeme], decisions: list[Decision]) -> list[Lexeme]:
    r"""The lexemes without the marks of columns that align equations, and without blanks with a
    backslash.

    Marks between the entries of arrays stay. In an array without ``\\\\`` such blanks are the ends
    of rows, if these have one length then.
    """
    if not any(lexeme.kind in (CELL, GAP) for lexeme in lexemes):
        return lexemes
    kept, ends = _aligned(lexemes)
    if ends:
        said = "a backslash before a blank is read as the end of a row"
        first = min(ends, key=lambda lexeme: lexeme.start)
        decisions.append(Decision(said, "notation", "doubtful", first.span, ("the end of a row: \\\\", "a blank: remove it")))
    return [Lexeme("newline", "\n", one.start, one.end) if one in ends else one for one in kept if one.kind != GAP or one in ends]


def _aligned(lexemes: list[Lexeme]) -> tuple[list[Lexeme], set[Lexeme]]:
    """The lexemes without the marks of columns that align equations, and the blanks that end the
    rows of arrays."""
    inside: list[list[Lexeme] | None] = [None]
    ends: set[Lexeme] = set()
    out: list[Lexeme] = []
    for lexeme in lexemes:
        mark = lexeme.text if lexeme.text in (*_ARRAYS, *_ARRAYS.values()) else lexeme.kind
        if mark == "begin" or mark in _ARRAYS:
            inside.append([] if mark in _ARRAYS else None)
        elif (mark == "end" or mark in _ARRAYS.values()) and len(inside) > 1:
            ends.update(_ends_of_rows(inside.pop() or []))
        own = inside[-1]
        if own is not None and lexeme.kind in (CELL, GAP, "newline"):
            own.append(lexeme)
        if own is not None or lexeme.kind != CELL:
            out.append(lexeme)
    return out, ends


def _ends_of_rows(marks: list[Lexeme]) -> list[Lexeme]:
    """The blanks that end rows, among the marks of one array."""
    if any(mark.kind == "newline" for mark in marks):
        return []
    rows = "".join(["\n" if mark.kind == GAP else "&" for mark in marks]).split("\n")
    return [mark for mark in marks if mark.kind == GAP] if len(set(rows)) == 1 else []


def closing_braces(lexemes: list[Lexeme]) -> dict[int, int]:
    """Opening brace -> closing one, where they match."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for place, lexeme in enumerate(lexemes):
        if lexeme.kind == "{":
            opened.append(place)
        elif lexeme.kind == "}" and opened:
            found[opened.pop()] = place
    return found


@record
class Source:
    """The lexemes of a text, for each bracket the position of its partner, and what was decided on
    the way."""

    lexemes: list[Lexeme]
    partner: dict[int, int]
    decisions: list[Decision]
    labelled: frozenset[str] = frozenset()
    """Names that have a label as their exponent in the text."""
    entries: frozenset[str] = frozenset()
    """Such names with an index beside the label."""


_PAIRS = {"}": "{", ")": "(", "]": "[", ">": "<"}
_SHOWN = {"{": "{", "(": "(", "[": "[", "<": "\\langle"}


def partners(lexemes: list[Lexeme]) -> dict[int, int]:
    """For each bracket the position of the other one."""
    partner: dict[int, int] = {}
    opened: list[int] = []
    for position, lexeme in enumerate(lexemes):
        if lexeme.kind in _SHOWN:
            opened.append(position)
            if len(opened) > DEEPEST_NESTING:
                raise LimitError(f"brackets are nested more than {DEEPEST_NESTING:,} deep", span=lexeme.span)
        elif lexeme.kind in _PAIRS:
            if not opened:
                raise ParseError(
                    f"{lexeme.kind!r} closes nothing", span=lexeme.span, suggestion="remove it, or open a bracket before"
                )
            first = opened.pop()
            _check_pair(lexemes[first], lexeme)
            partner |= {first: position, position: first}
    if opened:
        first_open = lexemes[opened[-1]]
        raise ParseError(
            f"{_SHOWN[first_open.kind]!r} is never closed", span=first_open.span, suggestion="add the closing bracket"
        )
    return partner


def _check_pair(first: Lexeme, last: Lexeme) -> None:
    """Raises ParseError for brackets of two sorts, and where only one of them belongs to an array
    or has a command for its size."""
    if first.kind != _PAIRS[last.kind]:
        raise ParseError(f"{last.kind!r} does not match {first.kind!r}", span=last.span)
    if _ARRAYS.get(first.text) != (last.text if last.text in _ARRAYS.values() else None):
        raise ParseError(
            f"{last.text} does not match {first.text}", span=last.span, suggestion="one bracket, and an array inside"
        )
    if (first.text == "\\left") != (last.text == "\\right"):
        lonely, missing = (first, "\\right") if first.text == "\\left" else (last, "\\left")
        raise ParseError(f"{lonely.text} has no {missing}", span=lonely.span, suggestion=f"{missing} before the other bracket")
