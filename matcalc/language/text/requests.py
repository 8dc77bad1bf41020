"""What is asked for in words around a formula, ``gradient of x'x with respect to x``. The words are in ``rules/meanings.toml``."""

from __future__ import annotations

import re
from functools import cache

from matcalc.base.errors import ParseError, Span
from matcalc.language.text.meanings import words_of_requests
from matcalc.language.text.spelling import ONE_NAME, canonical_name

_LONGEST_REQUEST = 80


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    words = words_of_requests()

    def any_of(sort: str) -> str:
        return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in words[sort])

    noun = rf"(?:(?:the|a)\s+)?(?:(?:{any_of('kinds')})\s+)?(?:{any_of('nouns')})\s+(?:of|for)"
    before = rf"\s*(?:(?:{any_of('verbs')})\s+{noun}|{noun}|{any_of('alone')})(?:\s+the\s+function)?[\s:]+(?=\S)"
    behind = rf"(?<=[\s$])(?:{any_of('behind')})\s+(?P<name>{ONE_NAME}|\\?[A-Za-z]+|\$[^$]*\$)\s*[?.]?\s*\Z"
    return re.compile(before, re.IGNORECASE), re.compile(behind)


def formula_asked_for(text: str, wrt: tuple[str, ...]) -> str:
    """The text with such words left blank, so that every character keeps its place.

    Raises ParseError where they ask for the derivative by something else than ``wrt``.
    """
    before, behind = _patterns()
    found = before.match(text, 0, _LONGEST_REQUEST)
    if found is None:
        return text
    text = " " * found.end() + text[found.end() :]
    by = behind.search(text, max(found.end(), len(text) - _LONGEST_REQUEST))
    if by is not None:
        name = canonical_name(by["name"].strip("$"))
        if wrt and (name,) != tuple(dict.fromkeys(wrt)):
            said = f"the text asks for the derivative by {name}, and the one by {wrt[0]} is asked for"
            raise ParseError(said, span=Span(by.start(), by.end()), suggestion=f"the derivative by {name}")
        text = text[: by.start()]
    return text.rstrip("?. \n") if found else text
