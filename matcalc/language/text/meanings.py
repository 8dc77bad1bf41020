"""What is written for a function that the language does not have, read from ``rules/meanings.toml``: only for advice in errors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from matcalc.base.errors import Span, UnknownFunctionError
from matcalc.base.files import read, stored
from matcalc.base.functions import spellings
from matcalc.base.lazy import pattern
from matcalc.facts.table import canonical
from matcalc.language.text.vocabulary import OF_DERIVATIVES, known_functions

_WHOLE = pattern(r"(?:\w+|\w*\([^()]*\))(?:'|\.T)*")
_INDEXED = pattern(r"([^\W\d_]+?)_?([0-9]+|(?<=_)[^\W_]+)")
_LETTERS_APART = pattern(r"[^\W\d_](?:_?[0-9]+)?(?:_[^\W_]+)?")
_LONGEST_QUOTE = 40
"""Characters of arguments that are repeated."""
_LONGEST_SLIP = 20
_SHORTEST_SLIP = 4
"""Letters of a spelling of which one may be wrong: ``csc`` is not ``cos``."""


@cache
def _meanings() -> Mapping[str, Mapping[str, str]]:
    table: Mapping[str, Mapping[str, str]] = stored("meanings", read("rules", "meanings.toml"), _rows)
    return table


def _rows(text: str) -> dict[str, Any]:
    import tomllib

    return tomllib.loads(text)


def is_foreign(function: str) -> bool:
    """Whether other programs or books have a function of that name, and the language has not."""
    return any(_looked_up(table, function) is not None for sort, table in _meanings().items() if sort != "requests")


def foreign_functions() -> tuple[str, ...]:
    """The names of other programs and of books for which it is known what is written instead, in the order of the alphabet."""
    return tuple(sorted(name for name in _meanings()["written"] if name not in known_functions()))


def is_abbreviation(name: str) -> bool:
    """Whether capitals stand for words, so that they are one name and no product: ``MSE``."""
    return name in _meanings()["abbreviations"]


@cache
def _prose() -> Mapping[str, str]:
    said = {"words": "the formula alone", "verbs": "the formula alone, which is differentiated, or verified if it is an equation"}
    return {word: said[sort] for sort, words in _meanings()["prose"].items() for word in words.split()}


def word_advice(word: str, beside: str | None = None) -> str | None:
    """What is written in place of a word of a sentence, or of a fact ``beside`` a symbol; None for what may be a name.

    >>> word_advice("symmetric", "A"), word_advice("of"), word_advice("loss", "A")
    ('declare A: symmetric', 'the formula alone', None)
    """
    return f"declare {beside}: {word}" if beside is not None and canonical(word) is not None else _prose().get(word)


def words_of_requests() -> Mapping[str, tuple[str, ...]]:
    """The words with which a derivative is asked for, by their place in the sentence."""
    return {sort: tuple(word.strip() for word in words.split(";")) for sort, words in _meanings()["requests"].items()}


def has_form(function: str) -> bool:
    """Whether it is known what is written for the function."""
    return function in _meanings()["written"]


def written(function: str, arguments: Sequence[str]) -> str | None:
    """What is written for a function of these arguments; None when that is not known, needs more of them, or would be long."""
    template = _looked_up(_meanings()["written"], function)
    if template is None or len(arguments) < ("{0}" in template or "{a}" in template) + ("{1}" in template):
        return None
    operands = [part if _WHOLE.fullmatch(part) else f"({part})" for part in arguments]
    if sum(len(part) for part in operands) > _LONGEST_QUOTE:
        return None
    return template.format(*operands, a=arguments[0] if arguments else "")


def advice_for(function: str, arguments: Sequence[str] = (), others: Iterable[str] = ()) -> str:
    """What to write where a function is called that does not exist: the same in the language, the spelling that was meant, or why not.

    ``arguments`` are those given, as far as they are names; ``others`` are functions that are declared.

    >>> advice_for("logit"), advice_for("sinn"), advice_for("median")
    ('log(x./(1 - x))', 'sin', 'orders have no derivative that a formula says')
    """
    near = nearest_function(function, others)
    given = [*arguments[:2], *["x", "y"][len(arguments) :]]
    return written(function, given) or _why_not(function) or _with_an_index(function, given) or near or _as_factors(function)


def unknown_function(function: str, span: Span, arguments: Sequence[str] = (), others: Iterable[str] = ()) -> UnknownFunctionError:
    """The error for a call of a function that does not exist: with what to write instead, or why there is none."""
    if function in known_functions():
        advice = f"{function}(x'*A*x, x)" if function in OF_DERIVATIVES else f"{function}(x)"
        return UnknownFunctionError(f"the function {function!r} needs an argument in brackets", span=span, suggestion=advice)
    message, advice, why = f"there is no function {function!r}", advice_for(function, arguments, others), _why_not(function)
    if advice == why:
        return UnknownFunctionError(f"{message}: {why}", span=span)
    return UnknownFunctionError(message, span=span, suggestion=advice)


def _why_not(function: str) -> str | None:
    """What is said of a function that stands for no formula of the language."""
    return _looked_up(_meanings()["said"], function)


def _looked_up(table: Mapping[str, str], function: str) -> str | None:
    """An entry by the spelling as it stands, or in lower case without underscores."""
    plain = function.replace("_", "").lower()
    return table.get(function) or (table.get(plain) if len(plain) > 1 else None)


def _with_an_index(function: str, arguments: Sequence[str]) -> str | None:
    """``tr_X``, ``cos2``, ``lambda_1``: a known name with something added."""
    found = _INDEXED.fullmatch(function)
    if found is None:
        return None
    stem = found[1].lower()
    if stem in spellings() or stem in known_functions():
        return f"{stem}({arguments[0]})"
    return written(f"{stem}i", arguments)


def _as_factors(function: str) -> str:
    """For a name that nobody knows: the product of its letters, or a function of one's own."""
    known = max((name for name in known_functions() if len(name) > 2 and function.endswith(name)), key=len, default="")
    if known and len(function) <= len(known) + 2:
        return f"{'*'.join(function[: -len(known)])}*{known}(...) for a product"
    pieces = _LETTERS_APART.findall(function)
    if 1 < len(pieces) <= 4 and "".join(pieces) == function and not re.fullmatch(r"[a-z]{3,}", function):
        return f"{'*'.join(pieces)}*(...) for a product"
    return f"a function that acts on each entry can be declared ({function}: function); between the factors of a product stands *"


def nearest_function(name: str, others: Iterable[str] = ()) -> str | None:
    """The known function that the spelling is a slip of."""
    return None if is_foreign(name) else nearest_spelling(name, known_functions() | set(others))


def nearest_spelling(name: str, known: Iterable[str]) -> str | None:
    """The word that the spelling is a slip of: the same first letter, and one letter wrong, missing, added or exchanged.

    >>> nearest_spelling("symetric", ["symmetric", "simplex"])
    'symmetric'
    """
    if not _SHORTEST_SLIP - 1 <= len(name) <= _LONGEST_SLIP:
        return None
    candidates = [word for word in sorted(known) if word[:1] == name[:1] and len(word) > 1]
    slips = {word: _slip(name, word) for word in candidates if max(len(word), len(name)) >= _SHORTEST_SLIP}
    return min((word for word, slip in slips.items() if slip), key=lambda word: slips[word], default=None)


def _slip(given: str, known: str) -> int:
    """How two spellings differ: 1 two neighbours exchanged, 2 a letter too many, 3 one too few, 4 a wrong one; 0 when by more than that."""
    start = next((k for k, (a, b) in enumerate(zip(given, known, strict=False)) if a != b), min(len(given), len(known)))
    left, right = given[start:], known[start:]
    exchanged = len(left) > 1 and left[1::-1] == right[:2] and left[2:] == right[2:]
    return 1 if exchanged else 2 if left[1:] == right else 3 if left == right[1:] else 4 * (left[1:] == right[1:])
