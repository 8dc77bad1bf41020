"""The writer's own commands replaced in a formula, with those that nobody in sight defines."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache

from matcalc.base.budgets import MOST_CHARACTERS
from matcalc.base.errors import ParseError, Span
from matcalc.base.files import stored_table
from matcalc.base.lazy import pattern
from matcalc.base.records import replace
from matcalc.language.decisions import Places, Source
from matcalc.language.latex.latex_commands import is_known_command
from matcalc.language.latex.latex_texts import Macro, Runs, Text, specified
from matcalc.language.latex.mouth import Mouth
from matcalc.language.latex.primitives import DEFINING, Conditions, Definitions
from matcalc.language.text.spelling import SPELLED_GREEK

_COMMENT = pattern(r"(?<!\\)%[^\n]*")
_CALL = pattern(r"\\([A-Za-z]+)")
_OPENS = pattern(
    r"(?:^|[({\[=+\-,&|_;:]|\\(?:left|big|Big|bigg|Bigg)l?[(\[|]|\\(?:nabla|partial|in|cdot|times|quad))\s*\\([A-Za-z])(?![A-Za-z])"
)
"""A command of one letter where an operand begins: what stands behind an operand does not stand
there."""
_CLOSES = pattern(r"\\([A-Za-z])(?![A-Za-z])\s*(?:$|[)}\]=+\-,&|_^;:.]|\\(?:right|[bB]igg?r|in|cdot|times|quad|qquad|\\))")
"""One where an operand ends: what stands before an operand or between two does not stand there."""


def conventional(text: str, defined: Collection[str] = (), used: Collection[str] | None = None) -> dict[str, Macro]:
    r"""What those commands of a text stand for that are not read and not ``defined``. Single
    letters count where they are among those that are ``used`` as operands in a document, or else in
    the text itself.

    >>> sorted(conventional(r"\nabla_\x (\x^\top \bA \x) = \pdv{f}{\x}, \foo \A"))
    ['bA', 'pdv', 'x']
    """
    names = [name for name in dict.fromkeys(_CALL.findall(text)) if name not in defined]
    found = {name: macro for name in names if (macro := _macro(name)) is not None}
    if any(len(name) == 1 for name in found):
        letters = operands(text) if used is None else used
        return {name: macro for name, macro in found.items() if len(name) > 1 or name in letters}
    return found


def is_letter(name: str) -> bool:
    r"""Whether a command stands for a letter by its name alone: the reader is told so."""
    return _letter(name) is not None and name not in _commands()


def operands(text: str) -> frozenset[str]:
    """Commands of one letter that stand as operands do: at the beginning of one and at the end."""
    text = _COMMENT.sub("", text)
    return frozenset(_OPENS.findall(text)) & frozenset(_CLOSES.findall(text))


@cache
def _commands() -> Mapping[str, Macro]:
    table = stored_table("latex_commands")
    found: dict[str, Macro] = {}
    for name, (taken, body) in table["commands"].items():
        parameters = specified(taken)
        assert parameters is not None, name
        found |= dict.fromkeys([name, *table["spellings"].get(name, ())], Macro(body, parameters))
    return found


def _macro(name: str) -> Macro | None:
    """What a command usually stands for; None for one that is read as it is, or not known."""
    if is_known_command(name) or name in SPELLED_GREEK:
        return None
    letter = _letter(name)
    return _commands().get(name) or (None if letter is None else Macro(rf"\mathbf{{{letter}}}"))


@cache
def _letter(name: str) -> str | None:
    letters = stored_table("latex_commands")["letters"]
    if len(name) == 1:
        return None if name in letters["others"] else name
    if name in letters["words"]:
        return None
    rest = next(
        (name[len(prefix) :] for prefix in sorted(letters["prefixes"], key=len, reverse=True) if name.startswith(prefix)), ""
    )
    if len(rest) == 1:
        return rest
    return f"\\{rest}" if rest in SPELLED_GREEK else None


_DEFINES = pattern(r"\\(?:" + "|".join(DEFINING) + r")(?![A-Za-z])")


def expanded(
    text: str, known: Mapping[str, Macro] | None = None, skipped: Collection[str] = (), letters: Collection[str] | None = None
) -> Source:
    r"""The text without definitions and with every defined command replaced; ``known`` are
    definitions made elsewhere.

    Commands that nobody defines stand for what they usually do, as ``conventional`` says of those
    that are not ``skipped``, with ``letters`` for the operands of a document.

    >>> expanded(r"\newcommand{\half}[1]{\frac{#1}{2}} \half{x}^2").text.strip()
    '\\frac{x}{2}^2'
    """
    own = _Definer(text) if _DEFINES.search(text) is not None else None
    macros = dict(known or {}) | (own.mouth.commands if own is not None else {})
    usual = conventional(text, {*macros, *skipped}, letters)
    macros |= usual
    if not macros and (own is None or not own.mouth.environments):
        return Source(text, text)
    return replace(_Expander(text, macros, own).source(), letters=tuple(filter(is_letter, usual)))


def defined(text: str) -> dict[str, Macro]:
    r"""The commands that a text defines.

    >>> len(defined(r"\newcommand{\half}[1]{\frac{#1}{2}} x")["half"].parameters)
    1
    """
    return _Definer(text).mouth.commands if _DEFINES.search(text) is not None else {}


class _Definer:
    """Makes the definitions in a text, wherever they stand, and nothing else."""

    def __init__(self, text: str) -> None:
        self.mouth = Mouth(lambda *_: None, most=MOST_CHARACTERS)
        Definitions(self.mouth)
        defining = {name: self.mouth.primitives[name] for name in DEFINING}
        self.mouth.push_text(Text(text), lambda: None)
        while (token := self.mouth.raw()).kind != "stop":
            if token.kind == "command" and token.text in defining:
                defining[token.text](token)


class _Expander:
    """Replaces the calls in a text."""

    def __init__(self, text: str, macros: Mapping[str, Macro], own: _Definer | None) -> None:
        self.text = text
        self.fault: ParseError | None = None
        self.runs = Runs()
        self.mouth = Mouth(self._fault, most=max(MOST_CHARACTERS, 2 * len(text)))
        Definitions(self.mouth)
        Conditions(self.mouth)
        self.mouth.commands |= macros
        if own is not None:
            self.mouth.environments |= own.mouth.environments
        self.mouth.push_text(Text(text), lambda: None)

    def _fault(self, reason: str, advice: str, origin: int, until: int) -> None:
        if self.fault is None:
            self.fault = ParseError(reason, span=Span(origin, until), suggestion=advice or None)

    def source(self) -> Source:
        mouth, runs = self.mouth, self.runs
        while (token := mouth.next()).kind != "stop":
            match token.kind:
                case "command":
                    runs.command(token.text, token.origin, token.until)
                case "begin" | "end":
                    runs.add(f"\\{token.kind}{{{token.text}}}", token.origin, mouth.ending(token))
                case _:
                    runs.add(token.text, token.origin, token.until)
        if mouth.given_up:
            return Source(self.text, self.text, fault=self.fault)
        return Source(runs.text(), self.text, self._places(), self.fault)

    def _places(self) -> Places:
        starts: list[int] = []
        ends: list[int] = []
        for mark, end in zip(self.runs.marks, [*[mark.offset for mark in self.runs.marks[1:]], self.runs.length]):
            count = end - mark.offset
            if mark.until < 0:
                starts += range(mark.origin, mark.origin + count)
                ends += range(mark.origin + 1, mark.origin + count + 1)
            else:
                starts += [mark.origin] * count
                ends += [mark.until] * count
        return Places(self.runs.text(), starts, ends)
