"""Other readings of a claim, as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from itertools import islice
from typing import Any

from matcalc.base.files import stored_table
from matcalc.base.lazy import pattern
from matcalc.documents.blocks import Asked
from matcalc.documents.context.written_names import NameAt, names_at, names_in
from matcalc.documents.sides import is_derivative
from matcalc.language.declare.declarations import written
from matcalc.language.latex.latex_commands import FONTS
from matcalc.language.statements import DerivativeSide, Statement
from matcalc.language.text.spelling import SPELLED_GREEK
from matcalc.verification.verdict import Counterexample, Verdict


@dataclass(frozen=True, slots=True)
class Habit:
    """One way of writing, as ``rules/habits.toml`` describes it."""

    reason: str
    latex: str
    plain: str = ""
    numerator: str = ""
    right: str = ""
    holds: bool = False
    primes: bool = False
    of_chains: bool = False
    fits: bool = False

    def concerns(self, left: str, right: str) -> bool:
        """Whether two sides may be written by this habit."""
        if self.primes:
            return _PRIMED.search(left) is not None
        return is_derivative(left) and (is_derivative(right) or not self.of_chains)

    def equation(self, left: str, right: str, asked: Asked) -> str | None:
        """The equation that is meant by two sides; None where they do not look like it."""
        form = self.plain if asked.dialect is None else (asked.layout == "numerator" and self.numerator) or self.latex
        parts = {"left": left, "right": right}
        if self.right:
            found = pattern(self.right).fullmatch(right)
            if found is None:
                return None
            parts |= found.groupdict()
        return _PART.sub(lambda found: parts[found[1]], form) or None


_PART = pattern("⟨([a-z]+)⟩")


@cache
def habits() -> tuple[Habit, ...]:
    """The habits of the file, in the order in which they are tried."""
    return tuple([Habit(**one) for one in stored_table("habits")["habit"]])


def _declared(asked: Asked) -> frozenset[str]:
    """The names that something is declared of."""
    return frozenset(name for one in written(asked.declare) for name in one.names)


def is_misfit(verdict: Verdict) -> bool:
    """Whether a claim is false because its sides have different shapes."""
    return verdict.status == "refuted" and verdict.counterexample is None


def is_chained(asked: Asked) -> bool:
    """Whether derivatives stand on both sides of a claim."""
    sides = sides_of(asked.statement)
    return sides is not None and is_derivative(sides[1]) and is_derivative(sides[2])


def meant(asked: Asked, fits: bool) -> Iterator[tuple[Habit, Asked]]:
    """A false claim as each habit means it; ``fits``: its sides have the same shape."""
    sides = sides_of(asked.statement)
    if sides is None:
        return
    before, left, right = sides
    for habit in habits():
        if (habit.fits or not fits) and habit.concerns(left, right):
            changed = [_PRIMED.sub(_differential, side) if habit.primes else side for side in (left, right)]
            equation = habit.equation(changed[0], changed[1], asked)
            if equation is not None:
                yield habit, replace(asked, statement=before + equation)


_PRIMED = pattern(
    r"(?P<of>(?:\\left\s*)?\((?:[^()]|\([^()]*\))*\)|\\[A-Za-z]+(?:\s*\{[^{}]*\})?|[A-Za-z])\s*(?:'|\^\s*\{?\\prime\}?)(?!\s*[('])"
)


def _differential(found: re.Match[str]) -> str:
    return rf"\mathrm{{d}}{found['of']} "


def sides_of(statement: str) -> tuple[str, str, str] | None:
    """What stands before the last equation of a statement, and the sides of that; None where it has
    not two.

    >>> sides_of(r"f(x; t) = t x; \\frac{df}{dx} = t")
    ('f(x; t) = t x; ', '\\\\frac{df}{dx}', 't')
    """
    depth, start = 0, 0
    equals: list[int] = []
    skipped = False
    for at, sign in enumerate(statement):
        if skipped:
            skipped = False
        elif sign == "\\":
            skipped = True
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
        elif not depth and statement.startswith("; ", at):
            start, equals = at + 2, []
        elif not depth and sign == "=":
            equals.append(at)
    if len(equals) != 1:
        return None
    return statement[:start], statement[start : equals[0]].strip(), statement[equals[0] + 1 :].strip()


_SCRIPT = r"\s*(?:[_^]\s*(?:\{[^{}]*\}|\\[A-Za-z]+|\w)|'+)"
_LETTER = rf"(?:\\(?:{'|'.join(sorted(FONTS))})\s*\{{[^{{}}]*\}}|\\(?:{'|'.join(sorted(SPELLED_GREEK))}|nabla|ell)(?![A-Za-z])|[A-Za-z])"
_GROUP = r"(?:\\left\s*)?\((?:[^()]|\([^()]*\))*?\)"
_RUN = rf"(?:(?<![\\A-Za-z])(?:(?:{_LETTER}|{_GROUP})(?:{_SCRIPT})*\s*)+)"
_DOT = pattern(rf"(?P<left>{_RUN})\s*(?:\\cdot(?![A-Za-z])|·)\s*(?P<right>(?:(?:{_LETTER}|{_GROUP})(?:{_SCRIPT})*\s*)+)")
_COLON = pattern(r"(?P<left>(?<![A-Za-z\\])[A-Z])\s*(?::|\\colon(?![A-Za-z]))\s*(?P<right>[A-Z](?![A-Za-z]))")


def with_inner_products(asked: Asked, verdict: Verdict) -> Asked | None:
    """The claim with inner products for dots, where it does not fit or cannot be read otherwise;
    None for one that does, or has none."""
    if asked.exact or asked.dialect is None or not (verdict.problem or is_misfit(verdict)):
        return None
    statement = _DOT.sub(_inner, asked.statement) if r"\cdot" in asked.statement or "·" in asked.statement else asked.statement
    statement = _COLON.sub(_inner, statement)
    return replace(asked, statement=statement) if statement != asked.statement else None


_KRONECKER = pattern(
    rf"(?P<left>{_RUN})\s*(?P<sign>\\otimes(?![A-Za-z])|⊗)\s*(?P<right>(?:(?:{_LETTER}|{_GROUP})(?:{_SCRIPT})*\s*)+)"
)


def with_products_first(asked: Asked, verdict: Verdict) -> Asked | None:
    """A claim that is false, or cannot be read, with what stands beside a Kronecker product in
    brackets; None for one without any."""
    if asked.exact or asked.dialect is None or not (verdict.problem or verdict.is_false):
        return None
    statement = _KRONECKER.sub(_bracketed, asked.statement)
    return replace(asked, statement=statement) if statement != asked.statement else None


def _bracketed(found: re.Match[str]) -> str:
    return rf"\left({found['left'].strip()}\right) {found['sign']} \left({found['right'].strip()}\right) "


def _inner(found: re.Match[str]) -> str:
    return rf"\langle {found['left'].strip()} , {found['right'].strip()} \rangle "


_OF_NUMBERS = re.compile(r"(?P<names>[^:;]+): scalars?")
_OF_VECTORS = re.compile(r"(?P<names>[^:;]+): vectors?")
_BOLD = re.compile(r"\\(?:mathbf|boldsymbol|bm|vec|pmb|bs|bold)\s*\{?\s*\\?([A-Za-z]+)")


def _said_to_be(kind: re.Pattern[str], said: Iterable[str]) -> set[str]:
    """The names that are said to be of a kind: ``a, b: scalars``."""
    found = [kind.fullmatch(one) for one in said]
    return {name.strip() for one in found if one is not None for name in one["names"].split(",")}


def _assumed(verdict: Verdict) -> list[str]:
    """The kinds that were assumed, one by one."""
    return [kind.strip() for one in verdict.assumed for kind in one.split(";")]


def with_numbers(asked: Asked, verdict: Verdict) -> Asked | None:
    """The claim about numbers instead, where the verdict shows that it may be one; None where it
    does not.

    A letter is a number where the claim holds of numbers, or fits only numbers, and nothing was
    said of it, and where what was said is of the same letter in bold type while the claim has it in
    plain type.
    """
    if not verdict.is_false:
        return None
    names = _said_to_be(_OF_NUMBERS, [verdict.condition or ""])
    names |= set(filter(None, perhaps_numbers(asked, verdict).split(" and "))) | _in_either_layout(asked, verdict)
    plain = frozenset(_plain_letters(asked))
    declared = _declared(asked)
    if names & declared - plain or any(_is_behind_capital(name, asked) for name in names):
        return None
    names |= plain
    if not names:
        return None
    kept = [_without(one.names, one.value, names) for one in written(asked.declare)]
    declare = "; ".join([*filter(None, kept), *(f"{name}: scalar" for name in sorted(names))])
    return replace(asked, declare=declare)


def _in_either_layout(asked: Asked, verdict: Verdict) -> Set[str]:
    """The letters that are vectors by convention alone in a derivative by a number that is true in
    another layout: of numbers in any."""
    kinds = verdict.declarations or {}
    by = _differentiated_by(verdict)
    if verdict.other_layout is None or not by or any(kinds.get(name) != "scalar" for name in by):
        return set()
    claimed = names_in(asked.statement.rpartition("; ")[2])
    return _vectors_by_convention(asked, verdict) & claimed


def _vectors_by_convention(asked: Asked, verdict: Verdict) -> Set[str]:
    """The letters that are vectors by convention alone."""
    found, declared = _said_to_be(_OF_VECTORS, _assumed(verdict)), _declared(asked)
    return {name for name in found if not _is_vector(name, asked, declared)}


def with_a_number(asked: Asked, verdict: Verdict) -> Iterator[Asked]:
    """The claim with a number for one letter that is a vector by convention alone, where its sides
    do not fit and numbers are added to vectors in it."""
    if asked.exact or not is_misfit(verdict) or not adds_numbers(verdict):
        return
    yield from (
        asked.declaring(f"{name}: scalar")
        for name in sorted(_vectors_by_convention(asked, verdict) - _differentiated_by(verdict))
    )


def statement_of(verdict: Verdict) -> Statement | None:
    """A claim as it was read; None for one that was not."""
    source = None if verdict.reading is None else verdict.reading.source
    return source if isinstance(source, Statement) else None


def _derivative_of(verdict: Verdict) -> DerivativeSide | None:
    """The derivative that a claim has on its left."""
    source = statement_of(verdict)
    return source.left if source is not None and isinstance(source.left, DerivativeSide) else None


def adds_numbers(verdict: Verdict) -> bool:
    """Whether a number is added to every entry of an array, as a claim was read."""
    return verdict.reading is not None and any(one.topic == "broadcasting" for one in verdict.reading.decisions)


def is_of_a_number(verdict: Verdict) -> bool:
    """Whether what a claim differentiates is a number."""
    side = _derivative_of(verdict)
    return side is not None and not side.expression.shape


def with_vectors(asked: Asked, verdict: Verdict) -> Asked | None:
    """The claim about vectors for letters that are numbers by convention alone, where it does not
    fit numbers; None for another claim.

    The Greek letters of ``∂exp(φ/2)/∂φ = ½ diag(exp(φ/2))`` are such.
    """
    if asked.exact or not is_misfit(verdict):
        return None
    declared = _declared(asked)
    assumed = _said_to_be(_OF_NUMBERS, verdict.assumed)
    wished = _WISHED_VECTORS.search(verdict.reason)
    meant = set(_AND.split(wished["names"])) if wished is not None else _differentiated_by(verdict)
    if not meant or not meant <= assumed - declared:
        return None
    return asked.declaring(*(f"{name}: vector" for name in sorted(meant)))


def _differentiated_by(verdict: Verdict) -> Set[str]:
    side = _derivative_of(verdict)
    return set() if side is None else {symbol.name for symbol in side.wrt}


def perhaps_numbers(asked: Asked, verdict: Verdict) -> str:
    """The letters without which a claim would fit, if they were numbers, and of which nothing shows
    that they are not; empty for others."""
    found = _WISHED.search(verdict.reason) if verdict.counterexample is None else None
    names = _AND.split(found["names"]) if found is not None else []
    declared = _declared(asked)
    return "" if any(_is_vector(name, asked, declared) for name in names) else " and ".join(names)


def with_plain_capitals(asked: Asked, verdict: Verdict) -> Asked | None:
    """A false claim about a derivative by a number with numbers for its capitals, where nothing
    shows that these are matrices; else None.

    The factors of
    ``\\partial(MN)/\\partial x = N \\partial M/\\partial x + M \\partial N/\\partial x`` are
    functions of x.
    """
    kinds = verdict.declarations or {}
    by = set(_BY.findall(asked.statement))
    assumed = _said_to_be(_OF_MATRICES, _assumed(verdict))
    by_number = bool(by) and all(kinds.get(name) == "scalar" for name in by)
    if not by_number or not assumed or assumed & _declared(asked) or _OF_ARRAYS.search(asked.statement):
        return None
    return asked.declaring(*(f"{name}: scalar" for name in sorted(assumed)))


_BY = re.compile(r"\}\s*\{\s*(?:\\partial|d)\s*([A-Za-z])\s*\}")
_OF_MATRICES = re.compile(r"(?P<names>[^:;]+): matri(?:x|ces)")
_OF_ARRAYS = re.compile(
    r"\^\s*\{?\s*(?:T(?![A-Za-z])|\\top|\\intercal|-\s*1)|\\(?:operatorname|det|mathbf|boldsymbol|bm|\|)|'|\\mathrm\s*\{\s*(?:tr|T|vec)"
)


def _is_vector(name: str, asked: Asked, declared: Set[str]) -> bool:
    """Whether something shows that a letter is a vector or a matrix: it is a capital, declared,
    bold or transposed."""
    if name[:1].isupper() or name in declared or name in _BOLD.findall(asked.statement):
        return True
    return (
        re.search(rf"(?<![A-Za-z]){re.escape(name)}\s*(?:\}}\s*)?(?:'|\^\s*\{{?\s*(?:T|\\top|\\intercal))", asked.statement)
        is not None
    )


def _is_behind_capital(name: str, asked: Asked) -> bool:
    """Whether a letter stands right behind a capital somewhere, as a vector behind its matrix does:
    ``W x``, ``W^{(l)} x``."""
    script = r"(?:\s*[_^]\s*(?:\w|\{[^{}]*\}|\\top))*"
    return re.search(rf"(?<![A-Za-z\\])[A-Z]{script}\s*{re.escape(name)}(?![A-Za-z])", asked.statement) is not None


_AND = re.compile(", | and ")
_NAMES = r"it would hold if (?P<names>\w+(?:, \w+)*(?: and \w+)?) were "
_WISHED = re.compile(rf"{_NAMES}(?:a scalar|scalars)(?: and |;|\Z)")
_WISHED_VECTORS = re.compile(rf"{_NAMES}(?:a vector|vectors)(?: and |;|\Z)")


def _without(names: tuple[str, ...], value: str, left_out: Set[str]) -> str:
    rest = [name for name in names if name not in left_out]
    return f"{', '.join(rest)}: {value}" if rest else ""


def _plain_letters(asked: Asked) -> Iterator[str]:
    """The lower case letters of the statement in plain type of which the text speaks in bold type
    alone."""
    bold_here = set(_BOLD.findall(asked.statement))
    told = [one.text for one in asked.rests_on if one.text not in asked.statement]  # of definitions it is the same letter
    for letter in sorted({letter for text in told for letter in _BOLD.findall(text)} - bold_here):
        said = [text for text in told if re.search(rf"(?<![A-Za-z\\]){letter}(?![A-Za-z])", text)]
        in_plain = re.search(rf"(?<![A-Za-z\\]){letter}(?![A-Za-z])", asked.statement) is not None
        if letter.islower() and in_plain and all(letter in _BOLD.findall(text) for text in said):
            yield letter


_PRIME = r"(?:'|′|\^\s*\{?\s*(?:\\prime\s*)+\}?)"
_PRIMED_GROUP = pattern(rf"\s*(?:\\left\s*)?\((?P<inside>[^()]*)\)\s*{_PRIME}+\s*")
_ONE_PRIME = pattern(_PRIME)
_TWICE = pattern(rf"[^\s(]\s*(?:{_PRIME}{{2}}|\^\s*\{{?\s*\\prime\s*\\prime\s*\}}?)(?!['′]*\s*(?:\\left\s*)?\()")


def derives_twice(asked: Asked) -> bool:
    """Whether two primes stand together behind something that is not called: nothing is transposed
    twice.

    >>> derives_twice(Asked("(f g)'' = f''g", dialect="latex")), derives_twice(Asked("(A b)' = b'A'", dialect="latex"))
    (True, False)
    """
    sides = sides_of(asked.statement)
    return asked.dialect == "latex" and sides is not None and any(_TWICE.search(side) for side in sides[1:])


def may_derive(asked: Asked) -> bool:
    """Whether primes may be derivatives: of brackets of small letters of which nothing is known, or
    two of them where none is called.

    >>> may_derive(Asked("(f g)' = f' g'", dialect="latex")), may_derive(Asked("(A b)' = b'A'", dialect="latex"))
    (True, False)
    """
    sides = sides_of(asked.statement)
    if asked.dialect != "latex" or sides is None:
        return False
    declared = _declared(asked)
    if any(_is_known(at, declared) for side in sides[1:] for at in names_at(side)):
        return False
    groups = [_PRIMED_GROUP.fullmatch(side) for side in sides[1:]]
    return derives_twice(asked) or any(one is not None and not _ONE_PRIME.search(one["inside"]) for one in groups)


def _is_known(at: NameAt, declared: Set[str]) -> bool:
    return at.bold or not at.name[:1].islower() or not declared.isdisjoint((at.name, at.base))


_LARGEST = 12
"""Numerator and denominator of the numbers that are thought of."""
_NEAR = 1e-9
_MOST = 8
"""Factors that are tried."""
_POWERS = (1, -1, 2, -2)


def multiples(verdict: Verdict, asked: Asked) -> Iterator[Asked]:
    """The equation with the factors of its right side that its counterexample may show."""
    sides = sides_of(asked.statement)
    if sides is None or asked.dialect is None or verdict.counterexample is None:
        return
    yield from (
        replace(asked, statement=rf"{sides[0]}{sides[1]} = {factor} \left({sides[2]}\right)")
        for factor in islice(_factors(verdict.counterexample, asked.statement), _MOST)
    )


def _factors(found: Counterexample, statement: str) -> Iterator[str]:
    """What the left side is the right one times, at the point of a counterexample."""
    ratio = _ratio(found.left, found.right)
    if ratio is None:
        return
    if number := _simple(ratio):
        yield _written(number)
    scalars = {name: float(size) for name, size in found.sizes.items()} | dict(_numbers(found))
    for name, value in scalars.items():
        written = name if len(name) == 1 else rf"\{name}"
        yield from (
            rf"{_written(number)} {written}^{{{power}}}"
            for power in (_POWERS if value and written in statement else ())
            if (number := _simple(ratio / value**power))
        )


def _numbers(found: Counterexample) -> Iterator[tuple[str, float]]:
    yield from (
        (name, float(value))
        for name, value in found.values.items()
        if not callable(value) and not getattr(value, "shape", ()) and name.isalpha()
    )


def _ratio(left: Any, right: Any) -> float | None:
    """The number that each entry of one array is the other's times."""
    import numpy as np

    one, other = np.asarray(left, dtype=float), np.asarray(right, dtype=float)
    if one.shape != other.shape or not other.size or not np.all(np.isfinite(one)) or not np.any(other):
        return None
    at = np.unravel_index(np.argmax(np.abs(other)), other.shape)
    ratio = float(one[at] / other[at])
    return ratio if ratio and np.allclose(one, ratio * other, rtol=_NEAR, atol=_NEAR * float(np.max(np.abs(one)))) else None


def _simple(value: float) -> Fraction | None:
    """The fraction of small numbers that a value is."""
    found = Fraction(value).limit_denominator(_LARGEST)
    return found if found and abs(found.numerator) <= _LARGEST and abs(float(found) - value) <= _NEAR * abs(value) else None


def _written(number: Fraction) -> str:
    return (
        rf"\left({number.numerator}\right)"
        if number.denominator == 1
        else rf"\left(\frac{{{number.numerator}}}{{{number.denominator}}}\right)"
    )


_LIMIT = pattern(r"\\sum(?:\\limits)?\s*_\s*\{\s*[a-z]\s*=\s*1\s*\}\s*\^\s*\{?\s*([A-Za-z])\b")


def new_limit(statement: str) -> str | None:
    """The limit of a sum in a claim that its definitions have nowhere, although they have sums with
    limits."""
    before, _, claim = statement.rpartition("; ")
    known = {found[1] for found in _LIMIT.finditer(before)}
    new = (found[1] for found in _LIMIT.finditer(claim) if re.search(rf"(?<![A-Za-z\\]){found[1]}(?![A-Za-z])", before) is None)
    return next(new, None) if known else None
