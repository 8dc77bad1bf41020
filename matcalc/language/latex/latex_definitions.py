r"""The commands with which a writer defines others: ``\newcommand``, ``\def``, ``\let``, ``\newenvironment``, ``\NewDocumentCommand``."""

from __future__ import annotations

from collections.abc import Callable

from matcalc.base.budgets import LONGEST_ARGUMENT
from matcalc.base.lazy import pattern
from matcalc.language.latex.latex_expansion import called_name
from matcalc.language.latex.latex_mouth import Mouth, Token
from matcalc.language.latex.latex_parameters import Environment, Macro, Parameter, counted, specified
from matcalc.language.latex.latex_runs import Runs
from matcalc.language.latex.latex_slices import Slice, Text, string_of

_COUNTED = ("newcommand", "renewcommand", "DeclareRobustCommand", "newrobustcmd", "renewrobustcmd")
_DELIMITED = ("def", "gdef", "edef", "xdef")
_GLOBAL = ("gdef", "xdef")
_EXPANDED = ("edef", "xdef")
_MOST_EXPANDING = 8
"""Definitions within each other whose bodies are replaced as they are made."""
_SPECIFIED = ("NewDocumentCommand", "RenewDocumentCommand", "DeclareDocumentCommand", "NewExpandableDocumentCommand")
_ENVIRONMENTS = ("newenvironment", "renewenvironment")
_SPECIFIED_ENVIRONMENTS = ("NewDocumentEnvironment", "RenewDocumentEnvironment", "DeclareDocumentEnvironment")
DEFINING = (
    *_COUNTED, *_DELIMITED, *_SPECIFIED, *_ENVIRONMENTS, *_SPECIFIED_ENVIRONMENTS, "providecommand", "ProvideDocumentCommand", "let",
    "DeclareMathOperator", "DeclarePairedDelimiter", "DeclarePairedDelimiterX", "DeclarePairedDelimiterXPP",
)  # fmt: skip
"""The commands that define others."""
_PARAMETER = pattern(r"#([1-9])|([^#{]+)")
_DELIMITER_SIZE = pattern(r"\\delimsize(?![A-Za-z])")
_MOST_DELIMITED = 200
"""Characters between the name that is defined by ``\\def`` and its body."""


class Definitions:
    """Lets a mouth follow definitions: each is passed without a token, and holds from there on."""

    def __init__(self, mouth: Mouth) -> None:
        self.mouth = mouth
        self._everywhere = False
        self._expanding = 0
        for names, read in self._readers().items():
            mouth.primitives |= dict.fromkeys(names, self._defining(read, provided="rovide" in names[0]))
        mouth.primitives |= dict.fromkeys(_ENVIRONMENTS, self._environment)
        mouth.primitives |= dict.fromkeys(_SPECIFIED_ENVIRONMENTS, self._specified_environment)
        mouth.primitives |= dict.fromkeys(("long", "protected", "outer"), lambda _: None)
        mouth.primitives["global"] = self._global

    def _readers(self) -> dict[tuple[str, ...], Callable[[str], Macro | None]]:
        return {
            _COUNTED: self._counted,
            ("providecommand",): self._counted,
            ("DeclareMathOperator",): self._operator,
            ("DeclarePairedDelimiter",): self._pair,
            ("DeclarePairedDelimiterX",): self._pair_with_body,
            ("DeclarePairedDelimiterXPP",): self._pair_with_ends,
            _DELIMITED: self._delimited,
            ("let",): self._same,
            _SPECIFIED: self._specified,
            ("ProvideDocumentCommand",): self._specified,
        }

    def _defining(self, read: Callable[[str], Macro | None], *, provided: bool = False) -> Callable[[Token], None]:
        def define(token: Token) -> None:
            mouth = self.mouth
            everywhere = self._everywhere or token.text in _GLOBAL
            self._everywhere = False
            mouth.after("*")
            name = self._name()
            macro = None if name is None else read(name)
            if macro is not None and token.text in _EXPANDED:
                macro = Macro(self._expanded(macro.body, token), macro.parameters)
            if name is None or macro is None:
                self._unread(token)
            elif not mouth.frozen and name not in mouth.kept and not (provided and name in mouth.commands):
                mouth.commands.define(name, macro, everywhere=everywhere)

        return define

    def _global(self, _: Token) -> None:
        self._everywhere = True

    def _expanded(self, body: str, token: Token) -> str:
        """A body with the calls in it replaced now; as it is where it is too long, or stands within too many others."""
        mouth, runs = self.mouth, Runs()

        def done() -> bool:
            return True

        if self._expanding >= _MOST_EXPANDING:
            return body
        self._expanding += 1
        mouth.push([Slice(Text(body), 0, len(body), token.origin, mouth.ending(token))], done)
        while (one := mouth.next()).kind != "stop":
            runs.token(one)
            if runs.length > LONGEST_ARGUMENT:
                mouth.leave(done)
        self._expanding -= 1
        return body if runs.length > LONGEST_ARGUMENT else runs.text()

    def _unread(self, token: Token) -> None:
        end = token.until if token.until >= 0 else token.origin + len(token.text) + 1
        advice = "\\newcommand{\\name}[number of arguments]{what it stands for}"
        self.mouth.fault(f"this definition by \\{token.text} is not read", advice, token.origin, end)

    def _name(self) -> str | None:
        """The name of a command, which may stand in braces."""
        found = self.mouth.string()
        name = "" if found is None else found.strip()
        if name == "\\csname":
            return called_name(self.mouth)
        return name[1:] if len(name) > 1 and name[0] == "\\" else None

    def _counted(self, _: str) -> Macro | None:
        given = self._counts()
        body = self.mouth.string()
        return None if body is None or given is None else Macro(body, given)

    def _counts(self) -> tuple[Parameter, ...] | None:
        """``[2][x]`` behind a name."""
        mouth = self.mouth
        number = mouth.optional()
        if number is None:
            return ()
        first = mouth.optional()
        count = string_of(number).strip()
        return counted(int(count), None if first is None else string_of(first)) if count.isascii() and count.isdigit() else None

    def _operator(self, _: str) -> Macro | None:
        body = self.mouth.string()
        return None if body is None else Macro(rf"\operatorname{{{body}}}")

    def _pair(self, _: str) -> Macro | None:
        left, right = self.mouth.string(), self.mouth.string()
        return None if left is None or right is None else _between(left, right, "#3", 1)

    def _pair_with_body(self, _: str) -> Macro | None:
        count = self._count()
        left, right, body = [self.mouth.string() for _ in range(3)]
        return None if count is None or left is None or right is None or body is None else _between(left, right, body, count, shift=True)

    def _pair_with_ends(self, _: str) -> Macro | None:
        count = self._count()
        before, left, right, behind, body = [self.mouth.string() for _ in range(5)]
        if count is None or before is None or left is None or right is None or behind is None or body is None:
            return None
        return _between(left, right, body, count, before, behind, shift=True)

    def _count(self) -> int | None:
        number = self.mouth.optional()
        text = "" if number is None else string_of(number).strip()
        return int(text) if text in tuple("123456789") else None

    def _delimited(self, _: str) -> Macro | None:
        mouth = self.mouth
        frame = mouth.frame
        brace = frame.string.find("{", frame.at, min(frame.end, frame.at + _MOST_DELIMITED))
        if brace < 0:
            return None
        pattern_text = frame.string[frame.at : brace]
        if "\n\n" in pattern_text or "\\end" in pattern_text:
            return None
        frame.at = brace
        body = mouth.string()
        return None if body is None else Macro(body, _parameters(pattern_text))

    def _same(self, name: str) -> Macro | None:
        mouth = self.mouth
        mouth.after("=")
        other = mouth.single()
        if len(other) < 2:
            return Macro(other) if other else None
        known = mouth.commands.get(other[1:])
        return known if known is not None else Macro("", alias=other[1:])

    def _specified(self, _: str) -> Macro | None:
        given, body = self.mouth.string(), self.mouth.string()
        parameters = None if given is None else specified(given)
        return None if body is None or parameters is None else Macro(body, parameters)

    def _environment(self, token: Token) -> None:
        mouth = self.mouth
        mouth.after("*")
        name = mouth.string()
        given = self._counts()
        begin, end = mouth.string(), mouth.string()
        if name is None or given is None or begin is None or end is None:
            self._unread(token)
        elif not mouth.frozen and name.strip() not in mouth.kept:
            mouth.environments.define(name.strip(), Environment(Macro(begin, given), Macro(end, given)))

    def _specified_environment(self, token: Token) -> None:
        mouth = self.mouth
        name, given = mouth.string(), mouth.string()
        begin, end = mouth.string(), mouth.string()
        parameters = None if given is None else specified(given)
        if name is None or parameters is None or begin is None or end is None:
            self._unread(token)
        elif not mouth.frozen and name.strip() not in mouth.kept:
            mouth.environments.define(name.strip(), Environment(Macro(begin, parameters), Macro(end, parameters)))


_SHIFTED = pattern(r"\\.|#([1-7])")


def _between(left: str, right: str, body: str, count: int, before: str = "", behind: str = "", *, shift: bool = False) -> Macro:
    r"""A delimiter: ``\norm{x}``, with a star or a size in brackets, which say nothing."""

    def shifted(text: str) -> str:
        found = _SHIFTED.sub(lambda match: f"#{int(match[1]) + 2}" if match[1] else match[0], text) if shift else text
        return _DELIMITER_SIZE.sub(r"\\middle", found)

    parameters = (Parameter("star", marks=("*", "")), Parameter("optional", ""), *[Parameter()] * count)
    text = rf"{shifted(before)}\left{left.strip()} {shifted(body)} \right{right.strip()}{shifted(behind)}"
    return Macro(text, parameters)


def _parameters(text: str) -> tuple[Parameter, ...]:
    r"""The parameters of ``\def``: ``#1#2``, or with marks between them, ``(#1,#2)``, ``#1\end``."""
    found: list[Parameter] = []
    for match in _PARAMETER.finditer(text):
        marks = match[2]
        if marks is None:
            found.append(Parameter())
        elif marks.strip() and found and found[-1].kind == "mandatory":
            found[-1] = Parameter("until", marks=(marks.strip(), ""))
        elif marks.strip():
            found.append(Parameter("literal", marks=(marks.strip(), "")))
    return tuple(found)


def define(mouth: Mouth, text: str) -> None:
    """Makes definitions that stand in a text of their own, such as those of a package."""
    mouth.push_text(Text(text), lambda: True)
    while mouth.next().kind != "stop":
        pass
