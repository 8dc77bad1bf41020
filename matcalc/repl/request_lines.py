"""What was typed, as requests: which lines belong together, and what each statement asks for."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TypeAlias

from matcalc.language.latex.latex_commands import ACCENTS, FONTS, WORDS
from matcalc.language.text.asked_in_words import request_in
from matcalc.language.text.spelling import SPELLED_GREEK, canonical_name, is_name, known_functions
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
class Rewrite:
    """``simplify f``, ``expand (x + y)'(x + y)``: ``form`` is one of those that simplify has."""

    form: str
    expression: str


@dataclass(frozen=True, slots=True)
class Claim:
    """An equation to verify."""

    text: str


@dataclass(frozen=True, slots=True)
class Formula:
    """Anything else: an expression, or one derivative such as ``d(f)/dV``."""

    text: str


Request: TypeAlias = Command | Declare | Define | Derive | Rewrite | Claim | Formula

VERBS = {
    "derive": "derive", "derivative": "derive", "differentiate": "derive", "gradient": "gradient", "grad": "gradient",
    "jacobian": "jacobian", "hessian": "hessian", "vjp": "vjp", "jvp": "jvp", "hvp": "hvp", "differential": "differential",
}  # fmt: skip
"""Words that begin a request for a derivative, and what they ask for."""

REWRITING = {"simplify": "shortest", "expand": "expanded", "collect": "collected", "factor": "factored", "factorise": "factored"}
"""Words that begin a request for another form, and the form."""

LEAVING = ("quit", "exit")
"""Words that a user types to leave, without a colon as well."""

_OPENING, _CLOSING = "([{", ")]}"
_GOES_ON = re.compile(r"(?:[-+*/=,^⊙∘⊘⊗·⋅−∖]|\\(?:cdot|odot|circ|otimes|oslash|times))\s*$")
_COMMAND = re.compile(r":\s*([A-Za-z?]*)\s*(.*)", re.DOTALL)
_VERB = re.compile(rf"(?:the\s+)?({'|'.join(VERBS)})\s+(?:of\s+)?(.+?)\s*", re.DOTALL | re.IGNORECASE)
_REWRITING = re.compile(rf"({'|'.join(REWRITING)})\s+(?:of\s+)?(.+?)\s*", re.DOTALL | re.IGNORECASE)
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
    colon, equals = _outside(text, ":"), _outside(text, "=")
    named = None if colon is None else _named(text, text[:colon], text[colon:])
    if named is not None:
        return named
    if equals is None:
        return _derivative(text, known) or rewriting(text, known) or Formula(text)
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


def _derivative(text: str, known: Collection[str]) -> Derive | None:
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


def rewriting(text: str, known: Collection[str] = ()) -> Rewrite | None:
    """The request for another form that begins with its word; None of another text.

    >>> rewriting("expand (x + y)'(x + y)")
    Rewrite(form='expanded', expression="(x + y)'(x + y)")
    """
    found = _REWRITING.fullmatch(text.strip())
    return None if found is None or found[1] in known else Rewrite(REWRITING[found[1].lower()], found[2])


def form_asked(text: str) -> Rewrite:
    """The form that a text asks for in words, and of what; the shortest where it has no such
    words."""
    return rewriting(text) or Rewrite(REWRITING["simplify"], text)


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
    """How many brackets are open before each character, and at the end; an escaped brace is a
    bracket too."""
    depths, depth = [0], 0
    for character in without_comment(text):
        depth += (character in _OPENING) - (character in _CLOSING)
        depths.append(depth)
    return depths
