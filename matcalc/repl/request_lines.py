"""What was typed, as requests: which lines belong together, and what each statement asks for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeAlias

from matcalc.base.errors import MatcalcError, ParseError, Span
from matcalc.interface.analyses import Analysis, Parameter, Phrase, analyses, unread_words
from matcalc.language.latex.latex_commands import ACCENTS, FONTS, WORDS
from matcalc.language.text.asked_in_words import request_in, verbs
from matcalc.language.text.spelling import SPELLED_GREEK, bracket_depths, canonical_name, is_name, known_functions
from matcalc.objects.inputs import split_names


@dataclass(frozen=True, slots=True)
class Command:
    """``:latex``, ``:layout numerator``: a word after a colon, and the rest of the line."""

    word: str
    rest: str


@dataclass(frozen=True, slots=True)
class Declare:
    """``X: n×m``."""

    text: str


@dataclass(frozen=True, slots=True)
class Define:
    """``f = ||X - U V||^2``, or of a function ``f(x) = x'*A*x``."""

    name: str
    value: str
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Derive:
    """``derive f by V``, ``f wrt V``, ``hvp f by V along D``: ``verb`` is a value of ``VERBS``, the
    names are as they were typed."""

    verb: str
    expression: str
    wrt: tuple[str, ...]
    along: tuple[str, ...] = ()

    @property
    def order(self) -> int:
        """The order of the derivative, 0 where the words leave it open."""
        return {"derive": 0, "hessian": 2, "hvp": 2}.get(self.verb, 1)


@dataclass(frozen=True, slots=True)
class Analyse:
    """``taylor f by x order 3 along h``, ``expand (x + y)'(x + y)``: an analysis by its name, and the
    values of its parameters."""

    name: str
    expression: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Claim:
    """An equation to verify."""

    text: str


@dataclass(frozen=True, slots=True)
class Formula:
    """Anything else: an expression, or one derivative such as ``d(f)/dV``."""

    text: str


Request: TypeAlias = Command | Declare | Define | Derive | Analyse | Claim | Formula

VERBS = {
    "derive": "derive", "derivative": "derive", "differentiate": "derive", "gradient": "gradient", "grad": "gradient",
    "jacobian": "jacobian", "hessian": "hessian", "vjp": "vjp", "jvp": "jvp", "hvp": "hvp", "differential": "differential",
}  # fmt: skip
"""Words that begin a request for a derivative, and what they ask for."""

LEAVING = ("quit", "exit")
"""Words that a user types to leave, without a colon as well."""

_GOES_ON = re.compile(r"(?:[-+*/=,^⊙∘⊘⊗·⋅−∖]|\\(?:cdot|odot|circ|otimes|oslash|times))\s*$")
_COMMAND = re.compile(r":\s*([A-Za-z?]*)\s*(.*)", re.DOTALL)
_VERB = re.compile(rf"(?:the\s+)?({'|'.join(VERBS)})\s+(?:of\s+)?(.+?)\s*", re.DOTALL | re.IGNORECASE)
_ALONG = re.compile(
    r"(?P<formula>.+)\s(?:along|in\s+(?:the\s+)?direction(?:\s+of)?)\s+(?P<along>.+?)"
    r"(?P<by>\s+(?:by|wrt|w\.r\.t\.|with\s+respect\s+to)\s.+)?",
    re.DOTALL,
)
_PRODUCTS = {"hessian": "hvp", **dict.fromkeys(("gradient", "jacobian", "differential"), "jvp")}
"""What is asked for along a direction, by the word without one; ``derive`` is of any order."""
_BY = re.compile(r"(.+)\s(?:by|wrt|w\.r\.t\.|with\s+respect\s+to)(?:\s+(.+))?", re.DOTALL)
_BARE = re.compile(r"(.+)\s(?:by\s+|wrt\s*|w\.r\.t\.\s*|with\s+respect\s+to\s*)((?<=\s).+)?", re.DOTALL)
_LATEX_WORD = re.compile(r"\\([A-Za-z]+)")
_FUNCTION = re.compile(r"(?P<name>[^()\s]+)\((?P<arguments>[^()]+)\)")
_NAMING = frozenset({*ACCENTS, *FONTS, *WORDS, *SPELLED_GREEK})
"""LaTeX commands that make up names."""
_WORD = re.compile(r"[^\W\d]\w*")


def unfinished(text: str) -> bool:
    r"""Whether a text goes on in the next line: a bracket is open, or an operator stands at its
    end.

    >>> unfinished("norm2(X -"), unfinished("x'*A*x +"), unfinished("x'"), unfinished(":layout")
    (True, True, False, False)
    """
    if text.lstrip().startswith((":", "#")):
        return False
    return _depths(text)[-1] > 0 or _GOES_ON.search(without_comment(text)) is not None


def without_comment(text: str) -> str:
    """The text without comments, which begin with ``#``."""
    return "\n".join(line.partition("#")[0] for line in text.split("\n"))


def statements(text: str) -> list[str]:
    r"""The statements of a text, which ``;`` separates outside brackets; a command takes the whole
    text.

    >>> statements("z = W*x; sum(z)"), statements(r"x \; y")
    (['z = W*x', 'sum(z)'], ['x \\; y'])
    """
    text = without_comment(text)
    if text.lstrip().startswith(":"):
        return [text.strip()]
    depths = _depths(text)
    ends = [k for k, c in enumerate(text) if c == ";" and depths[k] <= 0 and text[k - 1 : k] != "\\"]
    parts = [text[start:end].strip() for start, end in zip([0, *(end + 1 for end in ends)], [*ends, len(text)])]
    return [part for part in parts if part]


def request(text: str, known: Collection[str]) -> Request:
    """What one statement asks for; ``known`` are the names that are declared or have a value.

    An equation gives its left side a name, unless that side is no name, or all its letters stand on
    the right as well: ``AB = BA`` is a claim, ``f = AB`` is not.
    """
    if (found := _COMMAND.fullmatch(text)) is not None:
        return Command(found[1].lower(), found[2].strip())
    if text.lower() in (*LEAVING, "help") and text not in known:
        return Command(text.lower(), "")
    if (asked := analysis_in(text, known)) is not None:
        return asked
    colon, equals = _outside(text, ":"), _outside(text, "=")
    named = None if colon is None else _named(text, text[:colon], text[colon:])
    if named is not None:
        return named
    if equals is None:
        return derivative_in(text, known) or Formula(text)
    return _equation(text[:equals].strip().removesuffix(":").rstrip(), text[equals + 1 :].strip(), known) or Claim(text)


def _named(text: str, before: str, behind: str) -> Define | Declare | None:
    """What a colon gives the names before it: a value, or kind and size."""
    if behind.startswith(":=") and _FUNCTION.fullmatch(before.strip()) is None:
        return Define(before.strip(), behind[2:].strip())
    return Declare(text) if all(is_name(name) for name in before.split(",")) else None


def _equation(left: str, right: str, known: Collection[str]) -> Define | None:
    """What an equation gives a value; None where it is a claim."""
    head = _FUNCTION.fullmatch(left)
    if head is not None and _is_function(head["name"]) and not _repeats(head["name"], right):
        return Define(head["name"], right, tuple([part.strip() for part in head["arguments"].split(",")]))
    if not _is_left(left) or (canonical_name(left) not in known and _repeats(left, right)):
        return None
    return Define(left, right)


def derivative_in(text: str, known: Collection[str] = ()) -> Derive | None:
    """The derivative that words around a formula ask for; None where there are none."""
    text, along = _without_direction(text) if "along" not in known else (text, ())
    found = _of_words(text) or _of_verb(text) or _of_names(text, known)
    if found is None or not along:
        return found
    return replace(found, verb=_PRODUCTS.get(found.verb, found.verb), along=along)


def _without_direction(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without the direction ``along v``, and the names of that."""
    found = _ALONG.fullmatch(text)
    if found is None or not all(map(is_name, split_names(found["along"]))):
        return text, ()
    return found["formula"] + (found["by"] or ""), tuple(split_names(found["along"]))


def _of_words(text: str) -> Derive | None:
    """``the second derivative of f with respect to x``."""
    found = request_in(text)
    if found is None or not found.noun:
        return None
    verb = "hessian" if found.order == 2 else next((VERBS[word] for word in found.noun.split() if word in VERBS), "derive")
    return Derive(verb, found.formula.strip(), found.names)


def _of_verb(text: str) -> Derive | None:
    """``derive f by x``, ``hvp f by x``."""
    verb = _VERB.fullmatch(text)
    if verb is None:
        return None
    found = _BY.fullmatch(verb[2])
    expression, names = (found[1], found[2] or "") if found is not None else (verb[2], "")
    return Derive(VERBS[verb[1].lower()], expression.strip(), tuple(split_names(names)))


def _of_names(text: str, known: Collection[str]) -> Derive | None:
    """``f wrt x``."""
    found = _BARE.fullmatch(text)
    if found is None or not {"by", "wrt"}.isdisjoint(known):
        return None
    return Derive("derive", found[1].strip(), tuple(split_names(found[2] or "")))


def _is_function(name: str) -> bool:
    """Whether a name before brackets and an equals sign is that of a function to be defined, not
    one of the language or a factor."""
    return _is_left(name) and canonical_name(name) not in known_functions()


def _is_left(text: str) -> bool:
    r"""Whether the left side of an equation is one name; ``\hat{y}`` is, ``\frac{...}{...}`` is
    not."""
    return is_name(text) and set(_LATEX_WORD.findall(text)) <= _NAMING


def _repeats(left: str, right: str) -> bool:
    """Whether every letter of the left side stands on the right as well, in no function's name."""
    plain = canonical_name(left)
    letters = [plain] if "_" in plain or "\\" in left or any(c.isdigit() for c in plain) else list(left)
    words = _WORD.findall(_LATEX_WORD.sub(" ", right))
    known = known_functions()
    rest = " ".join(word for word in words if word not in known)
    return all(letter in rest for letter in letters)


def _outside(text: str, sign: str) -> int | None:
    """Where the sign first stands outside brackets."""
    depths = _depths(text)
    return next((k for k, c in enumerate(text) if c == sign and depths[k] <= 0), None)


def _depths(text: str) -> list[int]:
    return bracket_depths(without_comment(text))


# ------------------------------------------------------------
# Analyses in words: what is asked for, the formula, and behind it what the parameters are.

_ORDINALS = ("zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_ORDINAL = rf"(?P<ordinal>{'|'.join(_ORDINALS)}|\d+(?:st|nd|rd|th)|(?:order|degree)[-\s]\d+)[-\s]+(?:(?:order|degree)[-\s]+)?"
_NO_FORMULA = "=*/^,;)⊙∘⊘⊗·⋅"
"""Signs that no formula begins with: the word before them is a name."""
_TAIL = re.compile(r"(?P<value>.*?)(?P<tail>\s*(?:,\s*|\s)(?:where|with|for|if)\s.*)?", re.DOTALL)
_WHERE = re.compile(r"(?P<value>.*?)(?P<tail>\s*(?:,\s*|\s)where\s.*)?", re.DOTALL)
"""A value, and what is said of the names of the formula behind it."""


@cache
def _phrases() -> dict[str, list[tuple[Analysis, Phrase]]]:
    """What words ask for, by the words."""
    found: dict[str, list[tuple[Analysis, Phrase]]] = {}
    for one in analyses().values():
        for phrase in one.phrases:
            for words in phrase.words:
                found.setdefault(words.lower(), []).append((one, phrase))
    return found


def requests() -> list[str]:
    """All words that ask for an analysis."""
    return list(_phrases())


@cache
def _head() -> re.Pattern[str]:
    words = _alternatives(_phrases())
    asks = rf"\s*(?:(?:{verbs()})\s+)?(?:(?:the|an?)\s+)?(?:{_ORDINAL})?(?P<words>{words})"
    middle = r"(?:\s+(?:of\s+|up\s+to\s+|to\s+)?(?:order|degree)\s+(?P<number>\d+)(?=\s+(?:of|for)\s))?"
    return re.compile(
        rf"{asks}{middle}(?:\s+(?:of|for)(?=\s))?(?:\s+the\s+function)?\s+(?=[^\s{re.escape(_NO_FORMULA)}])", re.IGNORECASE
    )


@cache
def _behind(name: str) -> re.Pattern[str]:
    """The words that stand before the parameters of an analysis, each in a group of its name."""
    groups = [f"(?P<{one.name}>{_alternatives(one.words)})" for one in analyses()[name].parameters if one.words]
    return re.compile(
        rf"(?<=\s)(?:{'|'.join([*groups, f'(?P<unread_>{_alternatives(unread_words())})'])})(?=\s|$)", re.IGNORECASE
    )


def _alternatives(words: Collection[str]) -> str:
    longest = sorted(words, key=lambda word: (-len(word), word))
    return "|".join(r"\s+".join(map(re.escape, word.split())) for word in longest)


def analysis_in(text: str, known: Collection[str] = ()) -> Analyse | None:
    """The analysis that a text asks for with the words it begins with; None of another text.

    Raises ParseError for parameters that are not understood.

    >>> analysis_in("expand (x + y)'(x + y)")
    Analyse(name='simplify', expression="(x + y)'(x + y)", values={'form': 'expanded'})
    >>> analysis_in("third-order Taylor polynomial of x'Ax along h").values
    {'order': 3, 'direction': 'h'}
    """
    head = _head().match(text)
    words = "" if head is None else " ".join(head["words"].lower().split())
    if head is None or words in known or (words.partition(" ")[0] in known):
        return None
    for analysis, phrase in _phrases()[words]:
        found = parameters_in(analysis, text, head.end(), known, {**phrase.sets, **_numbered(analysis, head)})
        if found is not None and _outside(found.expression, "=") is None and (not phrase.needs or phrase.needs in found.values):
            return found
    return None


def _numbered(analysis: Analysis, head: re.Match[str]) -> dict[str, Any]:
    """The value that an ordinal or a number in the words before the formula says."""
    said = head["ordinal"] or head["number"]
    ordinal = next((one for one in analysis.parameters if one.ordinal), None)
    if not said or ordinal is None:
        return {}
    word = said.lower()
    number = _ORDINALS.index(word) if word in _ORDINALS else int("".join(filter(str.isdecimal, word)))
    return {ordinal.name: number}


def parameters_in(
    analysis: Analysis, text: str, start: int = 0, known: Collection[str] = (), said: Mapping[str, Any] | None = None
) -> Analyse:
    """The formula that begins at a place of a text, and the parameters that stand in words behind
    it, beside those that were ``said`` before. Raises ParseError for what is not understood.

    >>> parameters_in(analyses()["taylor"], "x'Ax by x order 3 where A is symmetric")
    Analyse(name='taylor', expression="x'Ax where A is symmetric", values={'wrt': 'x', 'order': 3})
    """
    formula, values = text[start:], dict(said or {})
    clauses = list(_clauses(analysis, text, start, known))
    if clauses:
        formula = text[start : clauses[0][1].start].rstrip()
    for parameter, place, written, tail in clauses:
        formula += tail
        try:
            value = parameter.value(written)
        except MatcalcError as error:
            raise ParseError(error.message, expected=error.expected, span=place, text=text) from None
        if values.setdefault(parameter.name, value) != value:
            raise ParseError(f"the text says two values of {parameter.name}", span=place, text=text, expected="one of them")
    return Analyse(analysis.name, formula.strip(), values)


def _clauses(analysis: Analysis, text: str, start: int, known: Collection[str]) -> Iterator[tuple[Parameter, Span, str, str]]:
    """The parameters behind a formula: each with its place, what is written for it, and what stands
    behind that and is said of the formula."""
    depths = _depths(text)
    found = [one for one in _behind(analysis.name).finditer(text, start) if depths[one.start()] == 0 and one[0] not in known]
    ends = [*(one.start() for one in found[1:]), *([len(text)] if found else [])]
    for one, end in zip(found, ends, strict=True):
        place = Span(one.start(), one.start() + len(text[one.start() : end].rstrip()))
        parameter = analysis.parameter(one.lastgroup or "")
        if parameter is None:
            raise ParseError(
                f"{text[place.start : place.end]!r} is not understood here", span=place, text=text, expected=analysis.usage
            )
        value = (_WHERE if parameter.kind in ("text", "texts", "list") else _TAIL).fullmatch(
            text[one.end() : end].rstrip("?. \n")
        )
        assert value is not None
        yield parameter, place, value["value"].strip().rstrip(","), value["tail"] or ""
