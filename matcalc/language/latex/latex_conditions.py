r"""Conditions of TeX that can be decided by reading: ``\iffalse``, a writer's own ``\ifdraft``, ``\ifx``, ``\ifstrempty``."""

from __future__ import annotations

from typing import TypeAlias

from matcalc.base.lazy import pattern
from matcalc.language.latex.latex_mouth import Mouth, Token
from matcalc.language.latex.latex_parameters import MISSING, TRUE
from matcalc.language.latex.latex_slices import Slice, Text, string_of

_EQUAL = pattern(r"\s*\\equal\s*\{(?P<left>[^{}]*)\}\s*\{(?P<right>[^{}]*)\}\s*")
_TRUE = ("iftrue", "ifpdf", "ifPDFTeX", "ifpdftex")
_FALSE = ("iffalse", "ifxetex", "ifluatex", "ifXeTeX", "ifLuaTeX", "ifvmode", "ifinner")
_UNDECIDED = ("if", "ifcat", "ifnum", "ifdim", "ifodd", "ifcase", "ifhmode", "ifvoid", "ifhbox", "ifvbox", "ifeof", "ifcsname")

_Start: TypeAlias = tuple[Text, int]


class Conditions:
    """Lets a mouth decide conditions; of one that it cannot decide the commands are left as they are."""

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
            end = token.until if token.until >= 0 else token.origin + len(token.text) + 1
            self.mouth.fault(f"\\{token.text} has no \\fi", "", token.origin, end)
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
        chosen: list[Slice] = []
        for part in parts:
            found = self.mouth.argument() or []
            if holds == (part == "T"):
                chosen = found
        self.mouth.push(chosen)

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
