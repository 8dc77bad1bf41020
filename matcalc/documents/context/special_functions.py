r"""Values of functions that the language does not have, as numbers: ``\log\Gamma(\nu/2)`` is a constant to a derivative by ``x``."""

from __future__ import annotations

import re
from functools import cache
from hashlib import sha256

from matcalc.base.lazy import pattern
from matcalc.documents.context.names import names_in
from matcalc.documents.sentences import cue_table
from matcalc.documents.tokens import closing

_OPEN = pattern(r"(?:\\(?:left|[bB]igg?l?)(?![A-Za-z])|\\[,;:! ]|\s)*\(")
_SIZE = pattern(r"\\(?:left|right|[bB]igg?[lr]?)(?![A-Za-z])|\\[,;:! ]|\s+")
_RIGHT = pattern(r"(?:\\(?:right|[bB]igg?r?))?\Z")
_LETTERS = str.maketrans("0123456789", "ghijklmnop")
_LONGEST = 200


@cache
def _names() -> tuple[str, ...]:
    return tuple(cue_table()["signs"]["special"])


def with_constants(text: str) -> tuple[str, frozenset[str]]:
    r"""A formula with a positive number in the place of each such value, the same for the same argument, and the names in the arguments.

    >>> with_constants(r"\log\Gamma(\nu) - x")[1]
    frozenset({'nu'})
    """
    names: set[str] = set()
    if "!" in text or "const" in text or "cst" in text:
        text = _FACTORIAL.sub(lambda found: _factorial(found, names), text)
        text = _UNNAMED.sub(lambda found: _unnamed(names), text)
    for name in _names():
        at = 0
        while (at := text.find(name, at)) >= 0:
            found = _argument(text, at + len(name))
            if found is None:
                at += len(name)
                continue
            inside, end = found
            names |= names_in(inside)
            text = f"{text[:at]}{_constant(name, inside)}{text[end:]}"
    return text, frozenset(names)


UNNAMED = "const"
"""What stands among the names for a constant that has none."""
_FACTORIAL = pattern(
    r"(?P<of>(?:\\[a-z]+(?![A-Za-z])|(?<![A-Za-z\\])[A-Za-z])(?:\s*_\s*(?:\w|\{\s*\w+\s*\}))?|(?:\\left\s*)?\([^()]{1,60}\))\s*!(?![!=])"
)
_UNNAMED = pattern(
    r"\\(?:text|textrm|mathrm|operatorname|mbox|textit)\s*\{\s*[cC](?:onst(?:ant)?|st)\.?\s*\}|(?<![A-Za-z\\{])const\.?(?![A-Za-z(])"
)


def _factorial(found: re.Match[str], names: set[str]) -> str:
    """The factorial of a formula as a number, with the names in that added to ``names``."""
    names |= names_in(found["of"])
    return _constant("!", found["of"])


def _unnamed(names: set[str]) -> str:
    """A constant that a text does not name: it is one to every derivative, and no value is said with it."""
    names.add(UNNAMED)
    return r"g_{\text{valueconst}}"


def _argument(text: str, start: int) -> tuple[str, int] | None:
    """What stands in the brackets that begin at a position, and where they end; None where there are none."""
    opening = _OPEN.match(text, start)
    if opening is None:
        return None
    end = closing(text[: opening.end() + _LONGEST], opening.end(), "(")
    return (_RIGHT.sub("", text[opening.end() : end - 1]), end) if end else None


def _constant(name: str, inside: str) -> str:
    """A positive number that a function and its argument alone decide on."""
    key = sha256(f"{name}({_SIZE.sub('', inside)})".encode()).hexdigest()[:8].translate(_LETTERS)
    return rf"\exp(g_{{\text{{value{key}}}}})"
