"""What is asked for in words around a formula: ``the gradient of x'Ax with respect to x``.

The words are in ``rules/meanings.toml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from matcalc.base.errors import MatcalcError, ParseError, Span
from matcalc.base.files import stored_table
from matcalc.base.records import record, replace
from matcalc.language.decisions import Question
from matcalc.language.text.spelling import ONE_NAME, canonical_name

_LONGEST_REQUEST = 80
_OPENING, _CLOSING = "([{", ")]}"
_ORDERS = {"seconds": 2, "firsts": 1, "nouns": 0}
"""The order of the derivative that a sort of nouns asks for, 0 where they leave it open."""


@record
class Request:
    """A text, and the formula that it asks about: the text with blanks in place of the words, so
    that every character keeps its place.

    ``noun`` is what is asked for, ``order`` how often is differentiated, 0 where that is not said;
    ``names`` are by what, and ``place`` where that is written.
    """

    text: str
    formula: str
    noun: str = ""
    order: int = 0
    names: tuple[str, ...] = ()
    place: Span | None = None

    def told(self, error: MatcalcError) -> MatcalcError:
        """An error of the formula, pointing into the text."""
        if error.text in (None, self.formula):
            error.text = self.text
        return error

    def question(self, wrt: Sequence[str]) -> Question | None:
        """The derivative that is asked for, where it is by ``wrt`` too; None where the words leave
        it to these.

        Raises ParseError where they contradict each other.
        """
        require_agreement(self.names, wrt, self.place)
        names = self.names or tuple(dict.fromkeys(wrt))
        if self.order == 2:
            return Question(names * 2 if len(names) == 1 else names) if names else None
        if not (self.order or self.names) or not names:
            return None
        if len(names) > 1:
            listed = ", ".join(map('"{}"'.format, names))
            raise ParseError(
                f"first derivatives by {len(names)} names are several",
                suggestion=f"gradient(..., [{listed}])",
            )
        return None if self.order == 0 and len(wrt) > 1 else Question(names)


def require_agreement(said: Sequence[str], given: Iterable[str], place: Span | None = None) -> None:
    """Raises ParseError where a text asks for the derivative by other names than are ``given``
    beside it."""
    asked = dict.fromkeys(map(canonical_name, given))
    if not said or not asked or set(said) == set(asked):
        return
    told = " and ".join(said)
    raise ParseError(
        f"the text asks for the derivative by {told}, and the one by {' and '.join(asked)} is asked for",
        span=place,
        suggestion=f"the derivative by {told}",
    )


def require_order(said: int, wanted: int, place: Span | None = None) -> None:
    """Raises ParseError where a text asks for a derivative of another order than is ``wanted``
    beside it; 0 is any."""
    if said and wanted and said != wanted:
        first, second = ("first" if order == 1 else "second" for order in (said, wanted))
        raise ParseError(
            f"the text asks for a {first} derivative, and a {second} one is asked for",
            span=place,
            suggestion="the formula alone, without words",
        )


@cache
def _words() -> Mapping[str, str]:
    """Patterns of the words of each place in the sentence."""
    return {
        sort: "|".join(r"\s+".join(map(re.escape, word.split())) for word in sorted(words.split(";"), key=len, reverse=True))
        for sort, words in stored_table("meanings")["requests"].items()
    }


def verbs() -> str:
    """A pattern of the words that ask for something: find, compute, what is."""
    return _words()["verbs"]


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    words = _words()
    nouns = "|".join(f"(?P<{sort}>{words[sort]})" for sort in _ORDERS)
    noun = rf"(?:(?:the|a)\s+)?(?:(?:{words['kinds']})\s+)*(?:{nouns})\s+(?:of|for)"
    before = rf"\s*(?:(?:(?:{words['verbs']})\s+)?{noun}|(?P<alone>{words['alone']}))(?:\s+the\s+function)?[\s:]+(?=\S)"
    name = rf"(?:{ONE_NAME}|\\?[A-Za-z]+|\$[^$]*\$)"
    names = rf"(?P<names>{name}(?:\s*(?:,|,?\s+and\s)\s*{name})*)"
    ends = r"\s*[?.]?\s*(?:\Z|(?=,\s|(?:where|with|for|if)\s))"
    behind, surely = (rf"(?<=[\s$])(?:{words[sort]})\s+{names}{ends}" for sort in ("behind", "surely"))
    return re.compile(before, re.IGNORECASE), re.compile(behind), re.compile(surely)


def request_in(text: str) -> Request | None:
    """What words around a formula ask for, the last one of a program; None where there are no such
    words.

    >>> found = request_in("the Hessian of x'Ax wrt x")
    >>> found.formula, found.noun, found.order, found.names
    ("               x'Ax      ", 'hessian', 2, ('x',))
    >>> request_in("f = x'x; gradient of f").formula, request_in("x'Ax")
    ("f = x'x;             f", None)
    """
    before, behind, surely = _patterns()
    starts = (0, _last_statement(text))
    found = next((found for start in starts if (found := before.match(text, start, start + _LONGEST_REQUEST)) is not None), None)
    asked = Request(text, text)
    if found is not None:
        sort = next((sort for sort in _ORDERS if found[sort] is not None), "nouns")
        noun = " ".join((found[sort] or "").lower().split())
        asked = Request(text, _blank(text, *found.span()), noun, _ORDERS[sort])
    by = (surely if found is None else behind).search(asked.formula)
    if by is None:
        return None if found is None else replace(asked, formula=asked.formula.rstrip("?. \n"))
    names = [canonical_name(part.strip().strip("$")) for part in re.split(r",\s*and\s|\sand\s|,", by["names"])]
    whole = _blank(asked.formula, *by.span())
    return replace(asked, formula=whole, names=tuple(names), place=Span(by.start(), by.start() + len(by[0].rstrip())))


def _blank(text: str, start: int, end: int) -> str:
    return text[:start] + " " * (end - start) + text[end:]


def _last_statement(text: str) -> int:
    """Where the last statement of a program begins."""
    depth = start = 0
    for place, character in enumerate(text):
        depth += (character in _OPENING) - (character in _CLOSING)
        if (
            depth == 0
            and (character == "\n" or (character == ";" and text[place - 1 : place] != "\\"))
            and text[place + 1 :].strip()
        ):
            start = place + 1
    return start
