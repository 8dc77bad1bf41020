r"""The writer's own LaTeX commands: ``\newcommand{\vx}{\mathbf{x}}``, ``\def\T{^\top}``, ``\DeclareMathOperator``.

Definitions may stand anywhere in the text; calls are replaced by what they stand for before anything else is read. Every character of the
result knows the place that it comes from, so that errors point at what was written.
"""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.base.budgets import MOST_CHARACTERS
from matcalc.base.errors import ParseError, Span
from matcalc.base.lazy import pattern
from matcalc.base.records import replace
from matcalc.language.decisions import Places, Source
from matcalc.language.latex.latex_conditions import Conditions
from matcalc.language.latex.latex_conventions import conventional, is_letter
from matcalc.language.latex.latex_definitions import DEFINING, Definitions
from matcalc.language.latex.latex_expansion import Expansion
from matcalc.language.latex.latex_mouth import Mouth
from matcalc.language.latex.latex_parameters import Macro
from matcalc.language.latex.latex_runs import Runs
from matcalc.language.latex.latex_slices import Text

_DEFINES = pattern(r"\\(?:" + "|".join(DEFINING) + r")(?![A-Za-z])")


def expanded(text: str, known: Mapping[str, Macro] | None = None, usual: Mapping[str, Macro] | None = None) -> Source:
    r"""The text without definitions and with every defined command replaced; ``known`` are definitions made elsewhere.

    Commands that nobody defines stand for what they usually do: for what ``usual`` says, or else what ``conventional`` finds.

    >>> expanded(r"\newcommand{\half}[1]{\frac{#1}{2}} \half{x}^2").text.strip()
    '\\frac{x}{2}^2'
    """
    own = _Definer(text) if _DEFINES.search(text) is not None else None
    macros = {**(known or {}), **(own.mouth.commands if own is not None else {})}
    usual = conventional(text, macros) if usual is None else {name: macro for name, macro in usual.items() if name not in macros}
    macros |= usual
    if not macros and (own is None or not own.mouth.environments):
        return Source(text, text)
    return replace(_Expander(text, macros, own).source(), letters=tuple([name for name in usual if is_letter(name)]))


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
        Expansion(self.mouth)
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
