"""Assumptions under which a false claim becomes true: facts about its symbols, equal sizes, other
kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from matcalc.base.budgets import LITTLE_PROOF_WORK
from matcalc.base.errors import MatcalcError, NotHereError
from matcalc.base.lazy import NDArray, np
from matcalc.base.records import record
from matcalc.base.sizes import Size, names_in
from matcalc.evaluation.sampling import Point
from matcalc.expr.nodes import Expr, Symbol
from matcalc.expr.rewriting import rebuilt_with, with_sizes
from matcalc.facts.membership import belongs
from matcalc.language.build.forms import function_of
from matcalc.language.decisions import AS_USUAL, ReadingOptions
from matcalc.language.declare.declared import Declare, says_function
from matcalc.language.statements import Statement, elaborate_statement
from matcalc.objects.inputs import derivative_within
from matcalc.printing.names import unicode_name
from matcalc.rewrite.normal_form import proves_zero
from matcalc.verification.claims import Claim, claim_of
from matcalc.verification.necessity import (
    Relation,
    differs_wherever_sizes_differ,
    holds_where_eigenvalues_meet,
    needs,
    special_arrays,
)
from matcalc.verification.witness.comparing import at_point
from matcalc.verification.witness.searching import holds, points, witness


@record
class Question:
    """A statement to be decided: its text, the conventions that it is read with, and whether help
    is wanted when it is false."""

    source: str
    layout: str
    symmetric: str
    help: bool
    declare: Declare = None
    options: ReadingOptions = AS_USUAL
    link: int = 0


def would_hold(question: Question, statement: Statement) -> str | None:
    """In words, which other kinds of its names would make the claim true; None when none are
    found."""
    try:
        bent = elaborate_statement(
            question.source,
            question.declare,
            layout=question.layout,
            bent=True,
            options=question.options,
            calculus=derivative_within,
            link=question.link,
        )
        claim = claim_of(bent, question.layout, question.symmetric)
        if claim is None or not claim.fits or not witness(claim).agrees:
            return None
    except MatcalcError:
        return None
    groups: dict[str, list[str]] = {}
    for name, kind in bent.declarations.items():
        before = statement.declarations.get(name)
        if before is not None and _kind(before) != _kind(kind):
            groups.setdefault(_kind(kind), []).append(name)
    parts = [_were(names, kind) for kind, names in groups.items()]
    return f"it would hold if {' and '.join(parts)}" if parts else None


def _kind(declaration: str) -> str:
    size = declaration.partition(" ")[0]
    if says_function(declaration):
        return "function"
    if size == "scalar":
        return size
    return "matrix" if "×" in size else "vector"


def _were(names: list[str], kind: str) -> str:
    plural = {"matrix": "matrices"}.get(kind, kind + "s")
    return f"{names[0]} were a {kind}" if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]} were {plural}"


_SEEDS = (21, 22, 23)
_IMPLIED = {"symmetric": ("symmetric",), "orthogonal": ("orthogonal", "invertible")}
_MOST_SIZE_PAIRS = 3


@dataclass(frozen=True, slots=True)
class Condition:
    """An assumption; ``facts`` gives properties to add by symbol name, ``commuting`` a pair of
    matrices, ``sizes`` two that are equal.

    ``proved`` says that the claim is proved under it, ``exact`` that it is false without it."""

    text: str
    meaning: str
    facts: tuple[tuple[str, str], ...] = ()
    commuting: tuple[str, str] | None = None
    sizes: tuple[str, str] | None = None
    proved: bool = False
    exact: bool = False


def condition_of(claim: Claim) -> Condition | None:
    """The first assumption, simplest first, under which the claim holds at every point tried; None
    when none is found."""
    for condition in _candidates(claim):
        try:
            found = _decided(claim, condition)
        except NotHereError:
            continue
        if found is not None:
            return found
    return None


def not_looked_for() -> str:
    """What is said beside a refutation where conditions cannot be decided; empty where they can."""
    try:
        assert np.inf
    except NotHereError:
        return "whether it is true exactly under a condition is not looked for here: that needs NumPy"
    return ""


def _decided(claim: Claim, condition: Condition) -> Condition | None:
    """The condition with what is known of it; None when the claim is not seen to hold under it."""
    if condition.commuting is not None:
        return _commuting_condition(claim, condition, *condition.commuting)
    assumed = _assuming(claim, condition)
    if not holds(assumed):
        return None
    difference = assumed.difference()
    proved = difference is not None and proves_zero(difference.tensor, LITTLE_PROOF_WORK)
    if condition.sizes is not None:
        return replace(condition, proved=proved, exact=differs_wherever_sizes_differ(claim, *condition.sizes))
    if not proved and any(fact in _FEW_VALUES for _, fact in condition.facts):
        return None
    if any(fact == "simplex" for _, fact in condition.facts) and not _holds_for_sums(assumed, condition.facts[0][0]):
        meaning = condition.meaning.replace(" sum", " are not negative and sum")
        return replace(condition, text=f"{condition.facts[0][0]} ≥ 0, {condition.text}", meaning=meaning, proved=proved)
    return replace(condition, proved=proved, exact=_is_needed(claim, assumed, condition))


def _is_needed(claim: Claim, assumed: Claim, condition: Condition) -> bool:
    try:
        return needs(claim, assumed, _relation(condition.facts))
    except NotHereError:  # slopes are compared with NumPy: without, it stays open
        return False


_FEW_VALUES = frozenset({"mask", "sign"})
"""At points with so few values much is equal by chance; only a proof tells."""


_FAR = (30, 1_000, 1_000_000)


def _holds_for_sums(claim: Claim, name: str) -> bool:
    """Whether the claim holds where entries of the symbol that sum to one may be negative, too."""
    for seed in _SEEDS:
        point = next(points(claim, seed), None)
        if point is not None and not all(_holds_at_sum(claim, name, point, seed, far) for far in _FAR):
            return False
    return True


def _holds_at_sum(claim: Claim, name: str, point: Point, seed: int, far: int) -> bool:
    """At the point with whole numbers up to ``far`` for the symbol, which sum to one exactly."""
    moved = np.random.default_rng(seed).integers(-far, far, np.shape(point.values[name])).astype(float)
    moved[..., -1] = 1.0 - moved[..., :-1].sum(axis=-1)
    comparison = at_point(claim, Point({**point.values, name: moved}, point.sizes))
    return comparison is not None and comparison.outcome == "same"


# ---------------------------------------------------------------- what may be assumed


def _candidates(claim: Claim) -> Iterator[Condition]:
    variables = {symbol.name for symbol in claim.extra}
    symbols = tuple([symbol for symbol in claim.symbols if not function_of(symbol)])
    matrices = [symbol for symbol in symbols if symbol.is_matrix and symbol.rows == symbol.cols]
    square = [symbol for symbol in matrices if not symbol.properties & {"symmetric", "diagonal", "antisymmetric"}]
    given = [symbol for symbol in symbols if symbol.name not in variables]
    yield from [_that(symbol, "symmetric") for symbol in square]
    yield from _equal_sizes(symbols)
    for fact in ("nonnegative", "mask", "simplex", "sign"):
        allowed = [symbol for symbol in given if symbol.shape or fact == "nonnegative"]
        yield from [_that(symbol, fact) for symbol in allowed if fact not in symbol.properties]
    for one, other in combinations(matrices, 2):
        if one.rows == other.rows:
            meaning = f"{unicode_name(one.name)} and {unicode_name(other.name)} commute"
            yield Condition(f"{one.name} {other.name} = {other.name} {one.name}", meaning, (), (one.name, other.name))
    several = [*combinations(square, 2), *([tuple(square)] if len(square) > 2 else [])]
    yield from map(_all_symmetric, several)
    for symbol in square:
        if symbol in given:
            yield from [_that(symbol, fact) for fact in ("orthogonal", "antisymmetric", "diagonal")]


_SAID = {
    ("symmetric", 2): ("{} symmetric", "{} = {}ᵀ"),
    ("orthogonal", 2): ("{} orthogonal", "{}ᵀ {} = I"),
    ("antisymmetric", 2): ("{} antisymmetric", "{}ᵀ = −{}"),
    ("diagonal", 2): ("{} diagonal", "{} is diagonal"),
    ("nonnegative", 0): ("{} nonnegative", "{} ≥ 0"),
    "nonnegative": ("{} nonnegative", "every entry of {} is ≥ 0"),
    "mask": ("{} a 0/1 mask", "every entry of {} is 0 or 1"),
    ("simplex", 1): ("1ᵀ{} = 1", "the entries of {} sum to one"),
    "simplex": ("{} 1 = 1", "the entries of each row of {} sum to one"),
    "sign": ("the entries of {} are ±1", "every entry of {} is 1 or -1"),
}
"""What a fact says of a symbol, in short and in words; of one with so many axes, or of any."""


def _that(symbol: Symbol, fact: str) -> Condition:
    """That a symbol has a fact."""
    text, meaning = _SAID[(fact, len(symbol.shape)) if (fact, len(symbol.shape)) in _SAID else fact]
    shown = unicode_name(symbol.name)
    return Condition(text.format(symbol.name), meaning.format(shown, shown), ((symbol.name, fact),))


def _all_symmetric(symbols: tuple[Symbol, ...]) -> Condition:
    each = [_that(symbol, "symmetric") for symbol in symbols]
    names = " and ".join(symbol.name for symbol in symbols)
    facts = tuple([fact for one in each for fact in one.facts])
    return Condition(f"{names} symmetric", " and ".join(one.meaning for one in each), facts)


def _equal_sizes(symbols: tuple[Symbol, ...]) -> Iterator[Condition]:
    """``m = n``, first for the sizes of one matrix, which becomes square."""
    names = sorted(names_in([size for symbol in symbols for size in symbol.shape]))
    matrices = [symbol for symbol in symbols if symbol.is_matrix]
    pairs = [tuple(sorted((str(symbol.rows), str(symbol.cols)))) for symbol in matrices]
    found = [pair for pair in combinations(names, 2) if pair in pairs]
    for one, other in found[:_MOST_SIZE_PAIRS]:
        squares = [unicode_name(symbol.name) for symbol, pair in zip(matrices, pairs, strict=True) if pair == (one, other)]
        yield Condition(f"{one} = {other}", f"{one} = {other} ({' and '.join(squares)} square)", sizes=(one, other))


# ---------------------------------------------------------------- the claim under a condition


def _assuming(claim: Claim, condition: Condition) -> Claim:
    """The claim about symbols that have further properties, or with one size for another."""
    if condition.sizes is not None:
        one, other = condition.sizes
        return claim.changed(lambda expression: with_sizes(expression, {other: Size.of(one)}))
    facts = dict(condition.facts)
    return claim.changed(lambda expression: _with_facts(expression, facts))


def _with_facts(expression: Expr, facts: Mapping[str, str]) -> Expr:
    def assumed(node: Expr) -> Expr:
        if not isinstance(node, Symbol) or node.name not in facts:
            return node
        fact = facts[node.name]
        return Symbol(node.name, node.sizes, node.properties | set(_IMPLIED.get(fact, (fact,))))

    return rebuilt_with(expression, assumed)


def _commuting_condition(claim: Claim, condition: Condition, one: str, other: str) -> Condition | None:
    """The condition where the claim holds when the first matrix is a polynomial in the second."""
    good = 0
    for seed, coefficients in zip(_SEEDS, _POLYNOMIALS, strict=True):
        for point in points(claim, seed):
            comparison = at_point(claim, _commuting(point, one, other, coefficients))
            if comparison is not None:
                if comparison.outcome != "same":
                    return None
                good += 1
                break
    if good < len(_SEEDS) or not _holds_for_special_pairs(claim, one, other):
        return None
    relation = Relation(
        (one, other),
        lambda values: values[one] @ values[other] - values[other] @ values[one],
        lambda values: [{one: first, other: second} for first, second in _not_commuting(len(values[one]))],
        lambda point: _commuting(point, one, other),
    )
    exact = needs(claim, claim, relation) and not holds_where_eigenvalues_meet(claim, one, other)
    return replace(condition, exact=exact)


def _holds_for_special_pairs(claim: Claim, one: str, other: str) -> bool:
    """Whether the claim holds for two special matrices that commute, such as some of deficient
    rank, as far as it has values there."""
    facts = {symbol.name: symbol.properties for symbol in claim.symbols}
    point = next(points(claim, _SEEDS[0]), None)
    if point is None:
        return False
    for first in special_arrays(point.values[one].shape):
        for second in _that_commute(first):
            if belongs(first, facts[one]) and belongs(second, facts[other]):
                comparison = at_point(claim, Point({**point.values, one: first, other: second}, point.sizes))
                if comparison is not None and comparison.outcome == "different":
                    return False
    return True


def _that_commute(array: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    return array, -array, np.eye(len(array)) - array


def _not_commuting(size: int) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """A pair that does not commute though all its exponentials are 1, as those of matrices that
    commute are products."""
    if size >= _SPACE:  # whole turns about axes at 120°, whose sum is a whole turn, too
        turns = np.zeros((2, size, size))
        for turn, (along, across) in zip(turns, ((1.0, 0.0), (-0.5, np.sqrt(0.75))), strict=True):
            turn[1, 2], turn[2, 0] = -2 * np.pi * along, -2 * np.pi * across
            turn -= turn.T
        yield turns[0], turns[1]


_SPACE = 3

_POLYNOMIALS = ((0.7, 0.5, 0.3), (0.7, -0.5, 0.3), (0.6, 0.1, -0.4))
"""Of a number between −1 and 1: one that grows, one that falls, one that does both, so that
eigenvalues come in the same order, in the opposite one and in another; all positive."""


def _commuting(point: Point, one: str, other: str, coefficients: tuple[float, ...] = _POLYNOMIALS[0]) -> Point:
    """The point with the first matrix replaced by a polynomial in the second, positive definite
    when that is."""
    base = point.values[other]
    scale = max(1.0, float(np.linalg.norm(base, 2)))
    constant, slope, bend = coefficients
    polynomial = constant * np.eye(len(base)) + slope * base / scale + bend * base @ base / scale**2
    return Point({**point.values, one: polynomial}, point.sizes)


# ---------------------------------------------------------------- conditions as relations between
# values


def _relation(facts: tuple[tuple[str, str], ...]) -> Relation:
    """What the facts say of the values of their symbols."""

    def residual(values: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        return np.concatenate([np.ravel(_RESIDUALS[fact](values[name])) for name, fact in facts])

    def broken(values: Mapping[str, NDArray[Any]]) -> list[Mapping[str, NDArray[Any]]]:
        return [{**values, name: changed} for name, fact in facts for changed in _broken(values[name], fact)]

    ordered = [name for name, fact in facts if fact == "nonnegative"]
    return Relation(tuple([name for name, _ in facts]), residual, broken, slack=lambda values: [values[name] for name in ordered])


_RESIDUALS: Mapping[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "symmetric": lambda array: array - array.T,
    "antisymmetric": lambda array: array + array.T,
    "diagonal": lambda array: array - np.diag(np.diag(array)),
    "orthogonal": lambda array: array.T @ array - np.eye(array.shape[1]),
    "mask": lambda array: array * array - array,
    "sign": lambda array: array * array - 1.0,
    "simplex": lambda array: np.asarray(array.sum(axis=-1) - 1.0),
    "nonnegative": lambda array: array.ravel()[:0],
}
"""What is zero where a fact holds; nothing for one that is an order."""


def _broken(array: NDArray[Any], fact: str) -> list[NDArray[Any]]:
    """Values that break the fact and are special in other ways."""
    match fact:
        case "symmetric":
            return [np.triu(array), np.eye(len(array)) + np.triu(array, 1) - np.triu(array, 1).T]
        case "antisymmetric":
            return [np.triu(array), array @ array]
        case "diagonal":
            return [array + np.eye(len(array))[::-1], array + np.diag(np.ones(len(array) - 1), 1)]
        case "mask":
            return [_with_one_entry(array, value) for value in (-1.0, 0.5, 2.0)]
        case "sign":
            return [_with_one_entry(array, value) for value in (-2.0, 0.0, 0.5, 2.0)]
        case "simplex":
            return [-array, 2.0 * array]
        case "nonnegative":
            return [*(_with_one_entry(array, value) for value in (-0.5, -2.0)), -1.0 - array]
        case _:
            return [2.0 * array]


def _with_one_entry(array: NDArray[Any], value: float) -> NDArray[Any]:
    changed = array.copy()
    changed.flat[0] = value
    return changed
