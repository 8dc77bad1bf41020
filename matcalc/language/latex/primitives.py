"""Commands of TeX that a mouth follows: definitions, conditions, and when others are replaced."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from matcalc.base.budgets import LONGEST_ARGUMENT
from matcalc.base.lazy import pattern
from matcalc.language.latex.latex_texts import (
    MISSING,
    TRUE,
    Environment,
    Macro,
    Parameter,
    Runs,
    Slice,
    Text,
    Token,
    counted,
    specified,
    string_of,
)
from matcalc.language.latex.mouth import Mouth

_COMMAND = pattern(r"\\([A-Za-z@]+)\s*")

_LONGEST_NAME = 200


def called_name(mouth: Mouth) -> str | None:
    r"""The name up to ``\endcsname``, which is passed; None without one. Commands in it stand for
    their text."""
    found = mouth.string_until("\\endcsname", _LONGEST_NAME)
    if found is None:
        return None
    known = mouth.commands
    return _COMMAND.sub(lambda match: known[match[1]].body if match[1] in known else "", found).strip()


_COUNTED = ("newcommand", "renewcommand", "providecommand", "DeclareRobustCommand", "newrobustcmd", "renewrobustcmd")
_DELIMITED = ("def", "gdef", "edef", "xdef")
_GLOBAL = ("gdef", "xdef")
_EXPANDED = ("edef", "xdef")
_MOST_EXPANDING = 8
"""Definitions within each other whose bodies are replaced as they are made."""
_SPECIFIED = (
    "NewDocumentCommand", "RenewDocumentCommand", "ProvideDocumentCommand", "DeclareDocumentCommand", "NewExpandableDocumentCommand",
)  # fmt: skip
_PROVIDING = ("providecommand", "ProvideDocumentCommand")
"""Those that leave a command as it is that has a meaning."""
_PAIRS = {"DeclarePairedDelimiter": 2, "DeclarePairedDelimiterX": 3, "DeclarePairedDelimiterXPP": 5}
"""Those that define delimiters, with how many arguments they take behind the name and the number of
arguments."""
_ENVIRONMENTS = ("newenvironment", "renewenvironment")
_SPECIFIED_ENVIRONMENTS = ("NewDocumentEnvironment", "RenewDocumentEnvironment", "DeclareDocumentEnvironment")
DEFINING = (
    *_COUNTED, *_DELIMITED, *_SPECIFIED, *_ENVIRONMENTS, *_SPECIFIED_ENVIRONMENTS, *_PAIRS, "let", "DeclareMathOperator",
)  # fmt: skip
"""The commands that define others."""
_PARAMETER = pattern(r"#([1-9])|([^#{]+)")
_DELIMITER_SIZE = pattern(r"\\delimsize(?![A-Za-z])")
_MOST_DELIMITED = 200
"""Characters between the name that is defined by ``\\def`` and its body."""


class Definitions:
    """Lets a mouth follow definitions, each of which is passed without a token and holds from there
    on, and commands for when others are replaced; these pass what they have read, so that none goes
    in a circle."""

    def __init__(self, mouth: Mouth) -> None:
        self.mouth = mouth
        self._everywhere = False
        self._expanding = 0
        readers: dict[tuple[str, ...], Callable[[str], Macro | None]] = {
            _COUNTED: self._counted, _SPECIFIED: self._specified, ("DeclareMathOperator",): self._operator, tuple(_PAIRS): self._pair,
            _DELIMITED: self._delimited, ("let",): self._same,
        }  # fmt: skip
        for names, read in readers.items():
            mouth.primitives |= dict.fromkeys(names, self._defining(read))
        mouth.primitives |= dict.fromkeys(_ENVIRONMENTS + _SPECIFIED_ENVIRONMENTS, self._environment)
        mouth.primitives |= dict.fromkeys(("long", "protected", "outer"), lambda _: None)
        mouth.primitives |= {
            "csname": self._called, "@nameuse": self._called, "expandafter": self._after, "noexpand": self._kept,
            "begingroup": self._open, "bgroup": self._open, "endgroup": self._close, "egroup": self._close, "global": self._global,
        }  # fmt: skip

    def _defining(self, read: Callable[[str], Macro | None]) -> Callable[[Token], None]:
        def define(token: Token) -> None:
            mouth = self.mouth
            everywhere = self._everywhere or token.text in _GLOBAL
            self._everywhere = False
            mouth.after("*")
            name = self._name()
            macro = None if name is None else read(token.text)
            if macro is not None and token.text in _EXPANDED:
                macro = Macro(self._expanded(macro.body, token), macro.parameters)
            if name is None or macro is None:
                self._unread(token)
            elif not mouth.frozen and name not in mouth.kept and not (token.text in _PROVIDING and name in mouth.commands):
                mouth.commands.define(name, macro, everywhere=everywhere)

        return define

    def _global(self, _: Token) -> None:
        self._everywhere = True

    def _expanded(self, body: str, token: Token) -> str:
        """A body with the calls in it replaced now; as it is where it is too long, or stands within
        too many others."""
        runs = Runs()

        def done() -> bool:
            return True

        if self._expanding >= _MOST_EXPANDING:
            return body
        self._expanding += 1
        self.mouth.push([Slice(Text(body), 0, len(body), token.origin, self.mouth.ending(token))], done)
        while (one := self.mouth.next()).kind != "stop":
            runs.token(one)
            if runs.length > LONGEST_ARGUMENT:
                self.mouth.leave(done)
        self._expanding -= 1
        return body if runs.length > LONGEST_ARGUMENT else runs.text()

    def _unread(self, token: Token) -> None:
        advice = "\\newcommand{\\name}[number of arguments]{what it stands for}"
        self.mouth.fault(f"this definition by \\{token.text} is not read", advice, token.origin, token.ending)

    def _name(self) -> str | None:
        """The name of a command, which may stand in braces."""
        found = self.mouth.string()
        name = "" if found is None else found.strip()
        if name == "\\csname":
            return called_name(self.mouth)
        return name[1:] if len(name) > 1 and name[0] == "\\" else None

    def _counted(self, _: str) -> Macro | None:
        return _macro(self._counts(), self.mouth.string())

    def _counts(self) -> tuple[Parameter, ...] | None:
        """``[2][x]`` behind a name."""
        number = self.mouth.optional()
        if number is None:
            return ()
        first = self.mouth.optional()
        count = string_of(number).strip()
        return counted(int(count), None if first is None else string_of(first)) if count.isascii() and count.isdigit() else None

    def _operator(self, _: str) -> Macro | None:
        body = self.mouth.string()
        return None if body is None else Macro(rf"\operatorname{{{body}}}")

    def _strings(self, count: int) -> list[str] | None:
        """So many arguments as text; None where one is missing."""
        found = [self.mouth.string() for _ in range(count)]
        texts = [one for one in found if one is not None]
        return texts if len(texts) == count else None

    def _pair(self, command: str) -> Macro | None:
        r"""A delimiter: ``\norm{x}``, with a star or a size in brackets, which say nothing."""
        count, parts = self._count() if _PAIRS[command] > 2 else 1, self._strings(_PAIRS[command])
        if count is None or parts is None:
            return None
        before, left, right, behind, *body = parts if len(parts) == 5 else ["", *parts[:2], "", *parts[2:]]
        around = [_in_delimiters(text) for text in (before, *(body or ["#1"]), behind)]
        parameters = (Parameter("star", marks=("*", "")), Parameter("optional", ""), *[Parameter()] * count)
        return Macro(rf"{around[0]}\left{left.strip()} {around[1]} \right{right.strip()}{around[2]}", parameters)

    def _count(self) -> int | None:
        number = self.mouth.optional()
        text = "" if number is None else string_of(number).strip()
        return int(text) if text in tuple("123456789") else None

    def _delimited(self, _: str) -> Macro | None:
        frame = self.mouth.frame
        brace = frame.string.find("{", frame.at, min(frame.end, frame.at + _MOST_DELIMITED))
        if brace < 0:
            return None
        pattern_text = frame.string[frame.at : brace]
        if "\n\n" in pattern_text or "\\end" in pattern_text:
            return None
        frame.at = brace
        return _macro(_parameters(pattern_text), self.mouth.string())

    def _same(self, _: str) -> Macro | None:
        self.mouth.after("=")
        other = self.mouth.single()
        if len(other) < 2:
            return Macro(other) if other else None
        known = self.mouth.commands.get(other[1:])
        return known if known is not None else Macro("", alias=other[1:])

    def _specified(self, _: str) -> Macro | None:
        return _macro(self._signature(), self.mouth.string())

    def _signature(self) -> tuple[Parameter, ...] | None:
        given = self.mouth.string()
        return None if given is None else specified(given)

    def _environment(self, token: Token) -> None:
        counted_ones = token.text in _ENVIRONMENTS
        if counted_ones:
            self.mouth.after("*")
        name = self.mouth.string()
        parameters, parts = self._counts() if counted_ones else self._signature(), self._strings(2)
        if name is None or parameters is None or parts is None:
            self._unread(token)
        elif not self.mouth.frozen and name.strip() not in self.mouth.kept:
            begin, end = [Macro(part, parameters) for part in parts]
            self.mouth.environments.define(name.strip(), Environment(begin, end))

    # ------------------------------------------------------------ when commands are replaced

    def _called(self, token: Token) -> None:
        name = called_name(self.mouth) if token.text == "csname" else self.mouth.string()
        macro = None if name is None else self.mouth.commands.get(name)
        if name is None:
            advice = "\\csname name\\endcsname"
            self.mouth.fault(f"\\{token.text} names no command", advice, token.origin, self.mouth.ending(token))
        elif name.isalpha():
            self.mouth.push_string("\\" + name, token)
        elif macro is not None:
            self.mouth.call(token, macro)

    def _after(self, _: Token) -> None:
        r"""Replaces the second of the tokens that follow, if it is a call:
        ``\expandafter\norm\pair``."""
        if self.mouth.at_end:
            return
        first, its = self.mouth.raw_with_text()
        if first.kind not in ("command", "{") or self.mouth.at_end:
            self.mouth.push(its)
            return
        second, other = self.mouth.raw_with_text()
        macro = self.mouth.commands.get(second.text) if second.kind == "command" and first.text != "expandafter" else None
        if macro is None or macro.alias:
            self.mouth.push(other)
        else:
            self.mouth.call(second, macro)
        self.mouth.push(its)

    def _kept(self, _: Token) -> Token | None:
        return None if self.mouth.at_end else self.mouth.raw()

    def _open(self, _: Token) -> None:
        self.mouth.open_group()

    def _close(self, _: Token) -> None:
        self.mouth.close_group()


_SHIFTED = pattern(r"\\.|#([1-7])")


def _in_delimiters(text: str) -> str:
    """What stands around or between delimiters; before its arguments come the star and the size."""
    shifted = _SHIFTED.sub(lambda match: f"#{int(match[1]) + 2}" if match[1] else match[0], text)
    return _DELIMITER_SIZE.sub(r"\\middle", shifted)


def _macro(parameters: tuple[Parameter, ...] | None, body: str | None) -> Macro | None:
    return None if parameters is None or body is None else Macro(body, parameters)


def _parameters(text: str) -> tuple[Parameter, ...]:
    r"""The parameters of ``\def``: ``#1#2``, or with marks between them, ``(#1,#2)``,
    ``#1\end``."""
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


_EQUAL = pattern(r"\s*\\equal\s*\{(?P<left>[^{}]*)\}\s*\{(?P<right>[^{}]*)\}\s*")
_TRUE = ("iftrue", "ifpdf", "ifPDFTeX", "ifpdftex")
_FALSE = ("iffalse", "ifxetex", "ifluatex", "ifXeTeX", "ifLuaTeX", "ifvmode", "ifinner")
_UNDECIDED = ("if", "ifcat", "ifnum", "ifdim", "ifodd", "ifcase", "ifhmode", "ifvoid", "ifhbox", "ifvbox", "ifeof", "ifcsname")

_Start: TypeAlias = tuple[Text, int]


class Conditions:
    """Lets a mouth decide conditions; of one that it cannot decide the commands are left as they
    are."""

    def __init__(self, mouth: Mouth) -> None:
        self.mouth = mouth
        self.flags: dict[str, bool] = dict.fromkeys(_TRUE, True) | dict.fromkeys(_FALSE, False)
        self.mathematical = False
        """Whether mathematics is being read."""
        self._left: set[_Start] = set()
        mouth.primitives |= dict.fromkeys(self.flags, self._flag) | dict.fromkeys(_UNDECIDED, self._undecided)
        mouth.primitives |= {
            "newif": self._new, "else": self._else, "fi": self._fi, "ifx": self._same, "ifdefined": self._defined, "ifmmode": self._mode,
            "ifthenelse": self._if_then_else, "ifstrempty": self._empty, "ifblank": self._empty, "ifstrequal": self._equal,
            "@ifstar": self._star, "@ifnextchar": self._next_character,
        }  # fmt: skip
        for what in ("NoValue", "Value", "Boolean"):
            mouth.primitives |= dict.fromkeys((f"If{what}TF", f"If{what}T", f"If{what}F"), self._given)

    # ------------------------------------------------------------ with \else and \fi

    def _new(self, _: Token) -> None:
        name = self.mouth.single()[1:]
        if name.startswith("if"):
            self.flags[name] = False
            self.mouth.primitives[name] = self._flag
            self.mouth.primitives[name[2:] + "true"] = lambda _: self.flags.update({name: True})
            self.mouth.primitives[name[2:] + "false"] = lambda _: self.flags.update({name: False})

    def _flag(self, token: Token) -> None:
        self._decided(token, self._start(token), self.flags[token.text])

    def _mode(self, token: Token) -> None:
        self._decided(token, self._start(token), self.mathematical)

    def _defined(self, token: Token) -> None:
        start = self._start(token)
        self._decided(token, start, self.mouth.single()[1:] in self.mouth.commands)

    def _same(self, token: Token) -> None:
        start = self._start(token)
        left, right = self.mouth.single(), self.mouth.single()
        known = [self.mouth.commands.get(one[1:]) if one[:1] == "\\" else None for one in (left, right)]
        self._decided(token, start, left == right or (known[0] is not None and known[0] == known[1]))

    def _start(self, token: Token) -> _Start:
        frame = self.mouth.frame
        return frame.text, frame.at - len(token.text) - 1

    def _decided(self, token: Token, start: _Start, holds: bool) -> None:
        text, place = start
        found = text.branches.get(place)
        if found is None:
            self.mouth.fault(f"\\{token.text} has no \\fi", "", token.origin, token.ending)
        elif not holds:
            self.mouth.jump(text, found.other + len("\\fi" if found.other == found.end else "\\else"))

    def _undecided(self, token: Token) -> Token:
        text, place = self._start(token)
        found = text.branches.get(place)
        if found is not None:
            self._left |= {(text, found.other), (text, found.end)}
        return token

    def _else(self, token: Token) -> Token | None:
        text, place = self._start(token)
        if (text, place) in self._left:
            return token
        found = text.branches.get(place)
        if found is not None:
            self.mouth.jump(text, found.end + len("\\fi"))
        return None

    def _fi(self, token: Token) -> Token | None:
        return token if self._start(token) in self._left else None

    # ------------------------------------------------------------ with both parts in braces

    def _choose(self, holds: bool, *, parts: str = "TF") -> None:
        found = {part: self.mouth.argument() or [] for part in parts}
        self.mouth.push(found.get("T" if holds else "F", []))

    def _given(self, token: Token) -> None:
        value = (self.mouth.string() or "").strip()
        name = token.text
        holds = value == TRUE if "Boolean" in name else (value == MISSING) == ("No" in name)
        self._choose(holds, parts=name[len(name.rstrip("TF")) :])

    def _if_then_else(self, token: Token) -> Token | None:
        condition = self.mouth.argument() or []
        match = _EQUAL.fullmatch(string_of(condition) if condition else "")
        if match is None:
            self.mouth.push(condition)
            return token
        self._choose(match["left"].strip() == match["right"].strip())
        return None

    def _empty(self, token: Token) -> None:
        self._choose(not (self.mouth.string() or "").strip())

    def _equal(self, token: Token) -> None:
        self._choose(self.mouth.string() == self.mouth.string())

    def _star(self, token: Token) -> None:
        self._choose(self.mouth.after("*"))

    def _next_character(self, token: Token) -> None:
        wanted = self.mouth.single()
        first, second = self.mouth.argument() or [], self.mouth.argument() or []
        self.mouth.push(first if self.mouth.peek() == wanted else second)
