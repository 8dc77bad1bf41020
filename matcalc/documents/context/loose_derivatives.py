r"""Derivatives as they are written in haste: ``\frac{\partial L}{w}``, and by squares, ``\frac{\partial \ell}{\partial \sigma^2}``.

The square that a derivative is by, or that a function is of, is a variable: it has a name of its own, and what is squared is its root.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from matcalc.base.lazy import pattern
from matcalc.documents.heads import head_of

_NESTED = r"(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})"
_FRACTION = rf"(?P<top>\\[tdc]?frac\s*\{{\s*\\partial(?!\s*\^){_NESTED}{{0,120}}\}}\s*\{{\s*)"
_NAME = (
    r"(?:\\(?:vec|mathbf|boldsymbol|bm|bs|pmb|bf)\s*(?:\{\s*\\?[A-Za-z]+\s*\}|\\?[A-Za-z])|\\[A-Za-z]+|[A-Za-z])(?:_(?:\w|\{\s*\w+\s*\}))?"
)
_WITHOUT_SIGN = pattern(rf"{_FRACTION}(?P<by>{_NAME})(?P<end>\s*\}})")
_LETTER = r"(?P<letter>\\[a-z]+|[a-z])"
_BY_SQUARE = pattern(rf"{_FRACTION}\\partial\s*(?:\\left)?\(?\s*{_LETTER}\s*\^\s*(?:2|\{{\s*2\s*\}})")
_OF_SQUARE = pattern(rf"(?:[,;|]|\\mid(?![A-Za-z]))\s*{_LETTER}\s*\^\s*(?:2|\{{\s*2\s*\}})\s*(?=[),;|]|\\mid|\\right)")
_POWER = r"(?:\s*\^\s*(?:(?P<digit>\d)|\{\s*(?P<braced>-?\d)\s*\}))?"
_ACCENTED = pattern(
    r"\\(?!(?:sqrt|[tdc]?frac|boxed|text|mathrm|log|exp|ln)\s*\{)[a-z]+\s*\{\s*\Z|\\(?:hat|bar|tilde|dot|vec|mathbf|boldsymbol|bm)\s*\Z"
)
_CALLED = pattern(r"\s*(?:\\left\s*)?[(_'′^]")
_BRACKETS = r"(?:\\left\s*)?\(\s*{0}\s*\^\s*(?:2|\{{\s*2\s*\}})\s*(?:\\right\s*)?\)"


def with_signs(text: str) -> str:
    r"""A formula with the sign that is missing below the line of a derivative.

    >>> with_signs(r"\frac{\partial L}{w} + \frac{\partial L}{\partial w}")
    '\\frac{\\partial L}{\\partial w} + \\frac{\\partial L}{\\partial w}'
    """
    return _WITHOUT_SIGN.sub(lambda found: rf"{found['top']}\partial {found['by']}{found['end']}", text) if r"\partial" in text else text


@dataclass(frozen=True, slots=True)
class Squares:
    """The letters the squares of which a document takes for variables."""

    letters: frozenset[str] = frozenset()

    def as_names(self, text: str) -> str:
        r"""A formula in which such a square is a name.

        >>> Squares(frozenset(["s"])).as_names(r"\frac{n}{(s^2)^2} + s^3")
        '\\frac{n}{s_{\\text{squared}}^2} + \\sqrt{s_{\\text{squared}}}^{3}'
        """
        for letter in sorted(self.letters):
            square = rf"{letter}_{{\text{{squared}}}}"
            bracketed = pattern(_BRACKETS.format(re.escape(letter)) + r"(?=\s*\^)")
            text = bracketed.sub(square.replace("\\", r"\\"), text)
            text = pattern(rf"{_apart(letter)}(?![A-Za-z])(?!_\{{\\text\{{squared){_POWER}").sub(self._named, text)
        return text

    def _named(self, found: re.Match[str]) -> str:
        text = found.string
        if _ACCENTED.search(text[: found.start()]) or _CALLED.match(text, found.end()):
            return found[0]
        letter = found[0].partition("^")[0].strip()
        square, power = rf"{letter}_{{\text{{squared}}}}", int(found["digit"] or found["braced"] or 1)
        if power % 2:
            return rf"\sqrt{{{square}}}" + (f"^{{{power}}}" if power != 1 else "")
        return square + (f"^{{{power // 2}}}" if power != 2 else "")


NO_SQUARES = Squares()


def _apart(letter: str) -> str:
    """A pattern for a letter that is no part of another command or word."""
    return re.escape(letter) if letter.startswith("\\") else rf"(?<![A-Za-z\\]){re.escape(letter)}"


def squares_of(texts: Iterable[str], lefts: Iterable[str]) -> Squares:
    """The squares that a document differentiates by, or that functions are of which stand alone on left sides."""
    found = {one["letter"] for text in texts for one in _BY_SQUARE.finditer(text)}
    for left in lefts:
        head = head_of(left) if "^" in left else None
        if head is not None and any(argument.endswith("^2") for argument in head.arguments):
            found.update(one["letter"] for one in _OF_SQUARE.finditer(left))
    return Squares(frozenset(letter for letter in found if letter not in ("d", r"\partial")))
