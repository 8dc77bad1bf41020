"""What a student wrote, as a formula in the names of the problem: without what stands around it,
with other spellings of its names, and by the other reading where ``@`` and ``*`` stand beside each
other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from matcalc.base.errors import MatcalcError
from matcalc.expr.nodes import Expr
from matcalc.expr.rewriting import replaced, symbols_in
from matcalc.interface.api import parse
from matcalc.interface.presentation import said_in
from matcalc.interface.results import Derivation
from matcalc.language.declare.declared import SharedNames
from matcalc.language.text.spelling import canonical_name, is_name, known_functions, spelled_alike
from matcalc.objects.parsed import ParsedExpression
from matcalc.printing.names import unicode_name
from matcalc.repl.request_lines import statements
from matcalc.verification.claims import GivenSide


@dataclass(frozen=True)
class AnswerText:
    """The ``formula`` of an answer, the equal ones ``before`` it, and what is doubtful in how it
    was found."""

    formula: str
    before: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


# ------------------------------------------------------------
# What stands around a formula.

_FENCES = ("$$", "$", "`", "**")
_LEAD = re.compile(
    r"(?:(?:so|thus|hence|therefore|then)\b,?\s*|⇒|⟹|=>|=(?!=)|"
    r"(?:(?:my|the)\s+)?(?:final\s+)?"
    r"(?:answer|solution|result|derivative|gradient|jacobian|hessian)\s*(?:is\s*:?|:|=))\s*(?=\S)",
    re.IGNORECASE,
)
_END = " \t\r\n.,;:!∎□"
_EQUALS = re.compile(r"(?<![<>=!:\\])=(?!=)")
_RATIO = re.compile(r"d(?P<above>[^/]*)/\s*d\s*(?P<below>[^/]+)")
"""``df/dx``, which in a formula would be a quotient."""
_NABLA = re.compile(
    r"(?:\\nabla|∇|grad|gradient|hess|hessian|jac|jacobian|d|D)(?:²|2|\^2|\^\{2\})?"
    r"\s*(?:of\s+)?(?P<of>[^\W\d]\w*)?\s*(?:\((?P<at>[^()=]*)\))?"
)
"""A sign of differentiation without the name of a variable, or with that in brackets."""
_PRIMED = re.compile(r"(?P<of>\\?[^\W\d]\w*)\s*(?:'|′|\^\{?\\prime\}?)*\s*(?:\((?P<at>[^()=]*)\))?")


def answer_text(answer: str, derivation: Derivation) -> AnswerText:
    """The formula of an answer, which is not known to be readable."""
    text = _plain(answer)
    *before, last = statements(text) or [text]
    sides = list(_sides(last))
    said, rest = _without_name(sides, derivation)
    if said is None:
        rest = [last] if _is_read("; ".join([*before, last]), derivation) else _without_new_name(sides, derivation)
    found = _members(["; ".join([*before, _plain(one)]) for one in rest], "; ".join([*before, " = ".join(rest)]), derivation)
    return AnswerText(found[-1], tuple(found[:-1]), _about_names(said, sides, derivation))


def _without_new_name(sides: list[str], derivation: Derivation) -> list[str]:
    """The sides of an equation that gives no symbol of the problem a value, without the name; else
    the whole."""
    is_new = len(sides) > 1 and is_name(sides[0]) and canonical_name(sides[0]) not in derivation.declarations
    return sides[1:] if is_new else [" = ".join(sides)]


def _members(sides: list[str], whole: str, derivation: Derivation) -> list[str]:
    """Formulas that are said to be equal; the ``whole`` where it is one formula, or they are
    none."""
    if len(sides) == 1 or _is_read(whole, derivation):
        return sides if len(sides) == 1 else [whole]
    return sides if all(_is_read(side, derivation) for side in sides) else [whole]


def _plain(answer: str) -> str:
    """Without signs around it, a full stop behind it, and words before it."""
    text, was = answer.strip(), ""
    while text != was:
        was = text
        text = _LEAD.sub("", text, count=1) if _LEAD.match(text) else text
        text = text if text.endswith(("\\;", "\\,", "\\!", "\\:")) else text.rstrip(_END)
        for fence in _FENCES:
            if text.startswith(fence) and text.endswith(fence) and len(text) > 2 * len(fence):
                text = text.removeprefix(fence).removesuffix(fence).strip()
    return text


def _sides(text: str) -> Iterator[str]:
    """What stands between equals signs outside brackets."""
    start = 0
    for sign in _EQUALS.finditer(text):
        if all(text.count(pair[0], 0, sign.start()) == text.count(pair[1], 0, sign.start()) for pair in ("()", "[]", "{}")):
            yield text[start : sign.start()].strip()
            start = sign.end()
    yield text[start:].strip()


def _is_read(text: str, derivation: Derivation) -> bool:
    try:
        parse(text, SharedNames(derivation.declarations))
    except MatcalcError:
        return False
    return True


def _without_name(sides: list[str], derivation: Derivation) -> tuple[list[str] | None, list[str]]:
    """The names that a side says which is the derivative asked for, and the sides without it; None
    where there is none."""
    for place, rest in ((0, sides[1:]), (-1, sides[:-1])):
        said = _names_said(sides[place], derivation) if rest else None
        if said is not None:
            return said, rest
    return None, sides


def _names_said(side: str, derivation: Derivation) -> list[str] | None:
    """By which names a side says that it is the derivative, none where it says no names; None
    where it is no derivative."""
    ratio = _RATIO.fullmatch(side)
    try:
        found = said_in(side if ratio is None else f"∂{ratio['above']}/∂{ratio['below']}")
    except MatcalcError:
        found = None
    if found is not None:
        return [canonical_name(name) for name in found.names] if found.said else None
    signs = [_NABLA.fullmatch(side), None if is_name(side) else _PRIMED.fullmatch(side)]
    return next((_in_brackets(sign) for sign in signs if sign is not None and _is_new(side, sign["of"], derivation)), None)


def _is_new(side: str, function: str | None, derivation: Derivation) -> bool:
    """Whether a function is none of the language, and no symbol of the problem."""
    known = {*derivation.declarations, *known_functions()}
    return canonical_name(side) not in derivation.declarations and canonical_name(function or "") not in known


def _in_brackets(sign: re.Match[str]) -> list[str]:
    """The one argument of a derivative."""
    at = [canonical_name(name.strip()) for name in (sign["at"] or "").split(",")]
    return at if len(at) == 1 and is_name(at[0]) else []


def _about_names(said: list[str] | None, sides: list[str], derivation: Derivation) -> tuple[str, ...]:
    """What is told of a left side that is something else than the derivative asked for."""
    asked = [symbol.name for symbol in derivation.wrt]
    moved = _DIFFERENTIAL.fullmatch(sides[0]) if said is None and len(sides) > 1 else None
    if moved is not None and canonical_name(moved[1]) in derivation.declarations:
        return (f"the left side {sides[0]} is a differential and no derivative",)
    if not said or sorted(said) == sorted(asked) or (len(said) == 1 and set(said) == set(asked)):
        return ()
    one, other = (" and ".join(map(unicode_name, names)) for names in (said, asked))
    return (f"the left side is the derivative by {one}, and that by {other} is asked for",)


_DIFFERENTIAL = re.compile(r"d\s*([^\W\d]\w*)")

# ------------------------------------------------------------
# Its names.


def read_answer(given: AnswerText, derivation: Derivation) -> tuple[GivenSide, list[str]]:
    """The formula as it is compared, and what is doubtful in it. Raises MatcalcError for what
    cannot be read."""
    own = derivation.declarations
    try:
        read = parse(given.formula, SharedNames(own))
    except MatcalcError:
        other = by_other_names(given.formula, [], derivation)
        if other is None:
            raise
        return other[0], [*given.doubts, other[1]]
    strange = [name for name in read.declarations if name not in own]
    other = by_other_names(given.formula, strange, derivation) if strange else None
    if other is not None:
        return other[0], [*given.doubts, other[1]]
    said = [f"{', '.join(strange)} {'do' if len(strange) > 1 else 'does'} not occur in the problem"] if strange else []
    return given.formula, [*given.doubts, *read.warnings, *said]


_WORD = re.compile(r"\\?[^\W\d_]+(?:_\{?\w+\}?)?")
_TRANSPOSES = ("T", "H", "top")


def by_other_names(formula: str, strange: Sequence[str], derivation: Derivation) -> tuple[ParsedExpression, str] | None:
    """The formula with names of the problem for ``strange`` ones, or words, that are spelled like
    them, where these do not occur and nothing else is strange, and what is said of that; None
    where there are none."""
    own = derivation.declarations
    words = {canonical_name(word) for word in (*strange, *_WORD.findall(formula))} - {*own, *_TRANSPOSES, *known_functions()}
    alike = {word: [name for name in own if spelled_alike(word, name)] for word in sorted(words)}
    meant = {word: names[0] for word, names in alike.items() if len(names) == 1}
    try:
        read = parse(formula, SharedNames({**own, **{word: own[name] for word, name in meant.items()}}))
    except MatcalcError:
        return None
    used = {word: name for word, name in meant.items() if word in read.declarations}
    left = {*read.declarations} - {*used}
    if not used or not left <= {*own} - {*used.values()}:
        return None
    symbols = symbols_in(derivation.source.node, *derivation.wrt)
    values: dict[str, Expr] = {word: symbols[name] for word, name in used.items() if name in symbols}
    said = ", ".join(f"{unicode_name(word)} is read as {unicode_name(name)}" for word, name in used.items())
    return ParsedExpression(replaced(read.node, values), own), said


def as_mathematics(formula: str, derivation: Derivation) -> ParsedExpression | None:
    """What ``@`` and ``*`` beside each other mean if both are the product of matrices; None where
    that is no other reading."""
    if "@" not in formula or not re.search(r"[*/]", formula):
        return None
    names = SharedNames(derivation.declarations)
    try:
        found = parse(formula, names, dialect="math")
    except MatcalcError:
        return None
    try:
        return None if parse(formula, names).node is found.node else found
    except MatcalcError:
        return found
