"""LaTeX source to lexemes: commands, letters, digits, braces and delimiters with their partners."""

from __future__ import annotations

import re
from functools import lru_cache

from matcalc.base.budgets import DEEPEST_NESTING, MOST_CHARACTERS, MOST_TOKENS
from matcalc.base.errors import LimitError, ParseError, Span
from matcalc.base.lazy import pattern
from matcalc.base.records import record
from matcalc.language.decisions import Decision
from matcalc.language.latex.latex_cells import BEGINS, CELL, ENDS, GAP, array_mark, with_cells
from matcalc.language.latex.latex_commands import (
    CLOSING,
    DIMENSIONED,
    DROPPED_WITH_ARGUMENT,
    ENVIRONMENTS,
    NEGATED,
    OPENING,
    OPERATORS,
    PROSE,
    SIZED,
    SPACING,
)
from matcalc.language.latex.latex_labels import with_labels
from matcalc.language.latex.latex_lexeme import Lexeme
from matcalc.language.latex.latex_slips import cut_command, is_doubled, next_cut, restored
from matcalc.language.text.spelling import ACCENTS, INDEX_LETTERS, SUBSCRIPTS, SUPERSCRIPTS, plain_letters
from matcalc.language.text.vocabulary import Vocabulary


@record
class Source:
    """The lexemes of a text, for each bracket the position of its partner, and what was decided on the way."""

    lexemes: list[Lexeme]
    partner: dict[int, int]
    length: int
    decisions: list[Decision]
    labelled: frozenset[str] = frozenset()
    """Names that have a label as their exponent in the text."""
    entries: frozenset[str] = frozenset()
    """Such names with an index beside the label."""


_SPACE = pattern(r"[\s~\u200b]+|(?<!\\)%[^\n]*")
_BRACED = pattern(r"\{\s*([()\[\]|/]|\\[{}|]|\\[lr](?:angle|brace|brack|[vV]ert))\s*\}")
"""A delimiter in braces of its own: ``\\Big{(}``."""
_COMMAND = pattern(r"\\(?:([A-Za-z]+)\*?|(.)|$)", re.DOTALL)
_ENVIRONMENT = pattern(r"\\(begin|end)\s*\{([A-Za-z]+)\*?\}(?:\{\d+\})?(?:\[[^\]\n]{0,80}\])?")
_WIDTH = pattern(r"\s*[-+]?(\d+\.?\d*|\.\d+)\s*(?:mu|pt|em|ex|cm|mm|in|bp|pc|sp)(?![a-z])")
_ROW_GAP = pattern(r"\s*\[-?[\d.]+\s*[a-z]{2}\]")
_PAIRS = {"}": "{", ")": "(", "]": "[", ">": "<"}
_SHOWN = {"{": "{", "(": "(", "[": "[", "<": "\\langle"}
_MARKS = {"(": "(", ")": ")", "[": "[", "]": "]", "{": "{", "}": "}"}


def lexemes_of(text: str, vocabulary: Vocabulary) -> Source:
    """The lexemes of LaTeX source, without space, comments, dollar signs and the delimiters of displays; labels are subscripts.

    Raises ParseError for brackets that do not match or a delimiter that is missing; LimitError as ``scan`` does.
    """
    if len(text) > MOST_CHARACTERS:
        raise LimitError(f"the input has more than {MOST_CHARACTERS:,} characters")
    plain = plain_letters(text)
    decisions: list[Decision] = []
    doubled = is_doubled(plain)
    if doubled:
        # The first of two backslashes is a blank, so that places stay the same.
        plain = plain.replace("\\\\", " \\")
        decisions.append(Decision("doubled backslashes are read as single ones"))
    start, stop = _inside_delimiters(plain)
    found: list[Lexeme] = []
    position = start
    while position < stop:
        position = _next(plain, position, stop, found)
        if len(found) > MOST_TOKENS:
            raise LimitError(f"the input has more than {MOST_TOKENS:,} symbols")
    lexemes = _with_scripts(
        _without_punctuation(_norm_bars(_without_dropped(_without_environments(restored(plain, with_cells(found, decisions), decisions)))))
    )
    if "mathop" in plain:
        lexemes = _without_spaced(lexemes)
    if "," in plain:
        lexemes = _with_pairs(lexemes)
    labels = with_labels(lexemes, vocabulary)
    return Source(labels.lexemes, _partners(labels.lexemes), len(text), decisions, labels.names, labels.entries)


def _without_punctuation(lexemes: list[Lexeme]) -> list[Lexeme]:
    r"""Without the full stop of a sentence, or ``\text{.}``."""
    while lexemes and lexemes[-1].text in _STOPS and lexemes[-1].kind == "char":
        lexemes.pop()
    first = len(lexemes) - 4
    texts = [lexeme.text for lexeme in lexemes[max(first, 0) :]]
    if len(texts) == 4 and texts[0] in PROSE and texts[1] == "{" and texts[2] in _STOPS:
        del lexemes[first:]
    return lexemes


def _with_scripts(lexemes: list[Lexeme]) -> list[Lexeme]:
    r"""Without the braces of ``x{^{\top}}``, which macros leave around a script."""
    opened: list[bool] = []
    out: list[Lexeme] = []
    for place, lexeme in enumerate(lexemes):
        if lexeme.kind == "{":
            after = lexemes[place + 1] if place + 1 < len(lexemes) else lexeme
            opened.append(bool(out) and after.kind == "char" and after.text in ("^", "_"))
        dropped = lexeme.kind in ("{", "}") and bool(opened) and opened[-1]
        if lexeme.kind == "}" and opened:
            opened.pop()
        if not dropped:
            out.append(lexeme)
    return out


def _without_spaced(lexemes: list[Lexeme]) -> list[Lexeme]:
    r"""Differentials without the ``\mathop{\partial x}`` around them, which is there for the space before it."""
    opened: list[bool] = []
    out: list[Lexeme] = []
    for place, lexeme in enumerate(lexemes):
        before, after = lexemes[place - 1] if place else lexeme, lexemes[place + 1 : place + 4]
        spaced = lexeme.kind == "{" and before.text == "mathop" and before.kind == "command" and _begins_differential(after)
        if spaced:
            out.pop()
        if lexeme.kind == "{":
            opened.append(spaced)
        elif lexeme.kind == "}" and opened:
            spaced = opened.pop()
        if not spaced:
            out.append(lexeme)
    return out


def _begins_differential(lexemes: list[Lexeme]) -> bool:
    r"""``\partial``, or a d before one symbol."""
    if not lexemes or lexemes[0].text not in ("partial", "d"):
        return False
    return lexemes[0].kind == "command" or len(lexemes) < 3 or lexemes[1].kind == "command" or lexemes[2].kind != "letter"


_PAIR = 6
"""Lexemes of ``_{i,j}``."""


def _with_pairs(lexemes: list[Lexeme]) -> list[Lexeme]:
    """Two indices without the comma between them: ``W_{i,j}`` is ``W_{ij}``."""
    out: list[Lexeme] = []
    for place, lexeme in enumerate(lexemes):
        around = lexemes[place - 3 : place + 3] if lexeme.text == "," and place >= _PAIR // 2 else []
        texts = [one.text for one in around]
        pair = len(around) == _PAIR and texts[:2] == ["_", "{"] and texts[5] == "}" and {texts[2], texts[4]} <= INDEX_LETTERS
        if not pair or _is_number(lexemes, place - 4):
            out.append(lexeme)
    return out


def _is_number(lexemes: list[Lexeme], place: int) -> bool:
    """Whether a digit ends at a place, as in the array of ones of two sizes."""
    while place > 0 and lexemes[place].kind == "}":
        place -= 1
    return place >= 0 and lexemes[place].kind == "digit"


_STOPS = frozenset([".", ",", ";"])


def _without_environments(lexemes: list[Lexeme]) -> list[Lexeme]:
    """Without the beginnings and ends of displays, which must be those of each other."""
    if not any(lexeme.kind in ("begin", "end") for lexeme in lexemes):
        return lexemes
    opened: list[Lexeme] = []
    for lexeme in lexemes:
        if lexeme.kind == "begin":
            opened.append(lexeme)
        elif lexeme.kind == "end":
            if not opened:
                advice = f"remove it, or write \\begin{{{lexeme.text}}} before"
                raise ParseError(f"\\end{{{lexeme.text}}} closes nothing", span=lexeme.span, suggestion=advice)
            if opened[-1].text != lexeme.text:
                message = f"\\end{{{lexeme.text}}} does not match \\begin{{{opened[-1].text}}}"
                raise ParseError(message, span=lexeme.span, suggestion=f"\\end{{{opened[-1].text}}}")
            opened.pop()
    if opened:
        name = opened[-1].text
        raise ParseError(f"\\begin{{{name}}} is never closed", span=opened[-1].span, suggestion=f"\\end{{{name}}} at the end")
    return [lexeme for lexeme in lexemes if lexeme.kind not in ("begin", "end")]


_WRAPPED = [("$$", "$$"), ("$", "$"), (r"\[", r"\]"), (r"\(", r"\)")]


def _inside_delimiters(text: str) -> tuple[int, int]:
    """The range of the text inside ``$...$``, ``\\[...\\]`` or the like."""
    start, stop = len(text) - len(text.lstrip()), len(text.rstrip())
    start = next_cut(text, 0, start)
    for opening, closing in _WRAPPED:
        inner = start + len(opening)
        if text.startswith(opening, start):
            outside = text.rfind(closing, inner, stop)
            if outside > 0 and set(text[outside + len(closing) : stop]) <= _STOPS | {" "}:
                # The full stop of the sentence may stand behind the formula.
                return inner, outside
            if inner > stop - len(closing) or not text.endswith(closing, inner, stop):
                raise ParseError(f"{opening} is never closed", span=Span(start, inner), suggestion=f"{closing} at the end")
            return inner, stop - len(closing)
    return start, stop


def _next(text: str, position: int, stop: int, out: list[Lexeme]) -> int:
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
    if (character.isalpha() and not _styled(character)) or character in ACCENTS:
        return "letter"
    return _MARKS.get(character, "char")


def _styled(character: str) -> bool:
    """Letters that are superscripts or subscripts."""
    return character in SUPERSCRIPTS or character in SUBSCRIPTS


def _command(text: str, position: int, stop: int, out: list[Lexeme]) -> int:
    array = array_mark(text, position, stop)
    if array is not None:
        out.append(array)
        return array.end
    environment = _ENVIRONMENT.match(text, position, stop)
    if environment is not None and environment[2] in ENVIRONMENTS:
        out.append(Lexeme(environment[1], environment[2], position, environment.end()))
        return environment.end()
    match = _COMMAND.match(text, position, stop)
    assert match is not None
    name, end = match[1] or match[2] or "", match.end()
    if not name:
        raise ParseError("a backslash without a command", span=Span(position, position + 1), suggestion="remove it")
    if name == "\\":
        gap = _ROW_GAP.match(text, end, stop)
        out.append(Lexeme("newline", "\n", position, end))
        return gap.end() if gap else end
    if name in SIZED:
        return _sized(text, position, end, stop, name, out)
    if name == "not" and (negated := _negated(text, end, stop)) is not None:
        out.append(Lexeme("command", negated[0], position, negated[1]))
        return negated[1]
    if name in (" ", "\n"):
        out.append(Lexeme(GAP, name, position, end))
        return end
    if name == "!" and out and out[-1].kind != "digit" and out[-1].end == position:
        out[-1] = Lexeme(out[-1].kind, out[-1].text, out[-1].start, end)  # what follows is moved to it
    if name in SPACING:
        return end
    if name in DIMENSIONED:
        width = _WIDTH.match(text, end, stop)
        if width is None:
            raise ParseError(f"\\{name} needs a width after it", span=Span(position, end), suggestion=f"\\{name}3mu")
        return width.end()
    kind = OPENING.get(name) or CLOSING.get(name) or "command"
    out.append(Lexeme(kind, name if kind == "command" else "\\" + name, position, end))
    return end


def _negated(text: str, end: int, stop: int) -> tuple[str, int] | None:
    r"""The relation that ``\not`` makes of the one behind it, and the position after that."""
    while (space := _SPACE.match(text, end, stop)) is not None:
        end = space.end()
    match = _COMMAND.match(text, end, stop)
    relation, after = (match[1] or "", match.end()) if match else (text[end : end + 1], end + 1)
    return (NEGATED[relation], after) if relation in NEGATED and after <= stop else None


def _sized(text: str, position: int, end: int, stop: int, name: str, out: list[Lexeme]) -> int:
    r"""A delimiter after ``\left``, ``\bigl`` and the like, as one lexeme."""
    while (space := _SPACE.match(text, end, stop)) is not None:
        end = space.end()
    side = SIZED[name]
    if side and text.startswith(".", end, stop):
        advice = "the formula without it: derivatives hold at every value"
        raise ParseError("a delimiter that is left out is not read", span=Span(position, end + 1), suggestion=advice)
    braced = _BRACED.match(text, end, stop)
    if braced is not None:
        end = braced.start(1)
    match = _COMMAND.match(text, end, stop)
    delimiter = (match[1] or match[2] or "") if match else text[end : min(end + 1, stop)]
    after = braced.end() if braced else match.end() if match else end + 1
    known = OPENING.get(delimiter) or CLOSING.get(delimiter) if match else None
    if known is None:
        bar = OPERATORS.get(delimiter, "") if match else {"|": "BAR", "∣": "BAR", "‖": "NORM_BAR", "∥": "NORM_BAR"}.get(delimiter, "")
        if bar in ("BAR", "NORM_BAR"):
            known = {-1: bar.replace("_BAR", "") + "_OPEN", 0: bar, 1: bar.replace("_BAR", "") + "_CLOSE"}[side]
        elif not match and delimiter in ("(", ")", "[", "]"):
            known = delimiter
        elif delimiter == "/" and not match and side <= 0:
            out.append(Lexeme("char", "/", position, after))
            return after
    if known is None or name == "middle":
        raise ParseError(f"\\{name} needs a bracket or a bar after it", span=Span(position, after), suggestion=f"\\{name}( or \\{name}|")
    out.append(Lexeme(known, "\\" + name, position, after))
    return after


def _without_dropped(lexemes: list[Lexeme]) -> list[Lexeme]:
    r"""Leaves out ``\label{...}`` and its like."""
    if not any(lexeme.kind == "command" and lexeme.text in DROPPED_WITH_ARGUMENT for lexeme in lexemes):
        return lexemes
    out: list[Lexeme] = []
    position = 0
    while position < len(lexemes):
        lexeme = lexemes[position]
        position += 1
        if lexeme.kind != "command" or lexeme.text not in DROPPED_WITH_ARGUMENT:
            out.append(lexeme)
            continue
        if position == len(lexemes) or lexemes[position].kind != "{":
            raise ParseError(f"\\{lexeme.text} needs an argument in braces", span=lexeme.span)
        depth = 0
        while position < len(lexemes):
            depth += (lexemes[position].kind == "{") - (lexemes[position].kind == "}")
            position += 1
            if not depth:
                break
        else:
            raise ParseError("'{' is never closed", span=lexeme.span, suggestion="add the closing brace")
    return out


def _norm_bars(lexemes: list[Lexeme]) -> list[Lexeme]:
    r"""``\left|\left|`` and ``\right|\right|`` as the bars of a norm."""
    out: list[Lexeme] = []
    for lexeme in lexemes:
        before = out[-1] if out else None
        if before is not None and before.kind == lexeme.kind in ("BAR_OPEN", "BAR_CLOSE"):
            out[-1] = Lexeme(lexeme.kind.replace("BAR", "NORM"), lexeme.text, before.start, lexeme.end)
        else:
            out.append(lexeme)
    return out


def _partners(lexemes: list[Lexeme]) -> dict[int, int]:
    partner: dict[int, int] = {}
    opened: list[int] = []
    for position, lexeme in enumerate(lexemes):
        if lexeme.kind in _SHOWN:
            opened.append(position)
            if len(opened) > DEEPEST_NESTING:
                raise LimitError(f"brackets are nested more than {DEEPEST_NESTING:,} deep", span=lexeme.span)
        elif lexeme.kind in _PAIRS:
            if not opened:
                raise ParseError(f"{lexeme.kind!r} closes nothing", span=lexeme.span, suggestion="remove it, or open a bracket before")
            first = lexemes[opened[-1]]
            if first.kind != _PAIRS[lexeme.kind]:
                raise ParseError(f"{lexeme.kind!r} does not match {first.kind!r}", span=lexeme.span)
            if (first.text == BEGINS) != (lexeme.text == ENDS):
                raise ParseError(
                    f"{lexeme.text} does not match {first.text}", span=lexeme.span, suggestion="one bracket, and an array inside"
                )
            if (first.text == "\\left") != (lexeme.text == "\\right"):
                lonely = first if first.text == "\\left" else lexeme
                missing = "\\right" if lonely is first else "\\left"
                raise ParseError(f"{lonely.text} has no {missing}", span=lonely.span, suggestion=f"{missing} before the other bracket")
            partner[opened[-1]] = position
            partner[position] = opened.pop()
    if opened:
        first = lexemes[opened[-1]]
        raise ParseError(f"{_SHOWN[first.kind]!r} is never closed", span=first.span, suggestion="add the closing bracket")
    return partner
