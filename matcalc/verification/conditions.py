"""Assumptions under which a refuted claim becomes true, looked for among facts about its symbols."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any, cast

from matcalc.einstein import nodes as ix
from matcalc.einstein.nodes import Tensor
from matcalc.evaluation import Point, evaluate_tensor
from matcalc.expr.nodes import Expr, Node, Symbol, children, postorder
from matcalc.limits import LITTLE_PROOF_WORK
from matcalc.verification.axes import rebuilt_with
from matcalc.verification.chains import terms_of
from matcalc.verification.claims import Claim, DerivativeForm, Formula, SideForm
from matcalc.verification.proof import proves_zero
from matcalc.verification.rewriting import graph_of, spread
from matcalc.verification.witness import at_point, points, witness

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SEEDS = (21, 22, 23)
_SAMPLES = 6
_IMPLIED = {"symmetric": ("symmetric",), "orthogonal": ("orthogonal", "invertible")}


@dataclass(frozen=True, slots=True)
class Condition:
    """An assumption; ``facts`` gives properties to add by symbol name, ``commuting`` a pair of matrices.

    ``proved`` says that the claim is proved under it, ``exact`` that it cannot be done without."""

    text: str
    meaning: str
    facts: tuple[tuple[str, str], ...] = ()
    commuting: tuple[str, str] | None = None
    proved: bool = False
    exact: bool = False


def condition_of(claim: Claim) -> Condition | None:
    """The first assumption, simplest first, under which the claim holds at every point tried; None when none is found."""
    for condition in _candidates(claim):
        if condition.commuting is not None:
            if _holds_commuting(claim, *condition.commuting):
                return condition
        else:
            assumed = _assuming(claim, dict(condition.facts))
            if _holds(assumed):
                difference = assumed.difference()
                proved = difference is not None and proves_zero(difference.tensor, LITTLE_PROOF_WORK)
                if not proved and any(fact in _FEW_VALUES for _, fact in condition.facts):
                    continue
                if any(fact == "simplex" for _, fact in condition.facts) and not _holds_for_sums(assumed, condition.facts[0][0]):
                    condition = replace(condition, meaning=condition.meaning.replace(" sum", " are not negative and sum"))
                return replace(condition, proved=proved, exact=proved and _is_necessary(claim, condition))
    return None


_FEW_VALUES = frozenset({"mask", "sign"})
"""At points with so few values much is equal by chance; only a proof tells."""


def _holds_for_sums(claim: Claim, name: str) -> bool:
    """Whether the claim holds where entries of the symbol that sum to one may be negative, too."""
    import numpy as np

    for seed in _SEEDS:
        for point in points(claim, seed):
            moves = np.random.default_rng(seed).uniform(-30.0, 30.0, np.shape(point.values[name]))
            moved = point.values[name] + moves - moves.mean(axis=-1, keepdims=True)
            comparison = at_point(claim, Point({**point.values, name: moved}, point.sizes))
            if comparison is None or comparison.outcome != "same":
                return False
            break
    return True


def _candidates(claim: Claim) -> Iterator[Condition]:
    variables = {symbol.name for symbol in claim.extra}
    symbols = claim.symbols
    square = [s for s in symbols if s.is_matrix and s.rows == s.cols and not s.properties & {"symmetric", "diagonal", "antisymmetric"}]
    constant = [s for s in symbols if s.shape and s.name not in variables]
    for symbol in square:
        yield _symmetric(symbol)
    for symbol in constant:
        if "mask" not in symbol.properties:
            yield Condition(f"{symbol.name} a 0/1 mask", f"every entry of {symbol.name} is 0 or 1", ((symbol.name, "mask"),))
    for symbol in constant:
        if "simplex" not in symbol.properties:
            total = f"1ᵀ{symbol.name} = 1" if len(symbol.shape) == 1 else f"{symbol.name} 1 = 1"
            what = "entries" if len(symbol.shape) == 1 else "entries of each row"
            yield Condition(total, f"the {what} of {symbol.name} sum to one", ((symbol.name, "simplex"),))
    for symbol in constant:
        if "sign" not in symbol.properties:
            yield Condition(f"the entries of {symbol.name} are ±1", f"every entry of {symbol.name} is 1 or -1", ((symbol.name, "sign"),))
    matrices = [s for s in symbols if s.is_matrix and s.rows == s.cols]
    for one, other in combinations(matrices, 2):
        if one.rows == other.rows:
            yield Condition(
                f"{one.name} {other.name} = {other.name} {one.name}", f"{one.name} and {other.name} commute", (), (one.name, other.name)
            )
    for pair in combinations(square, 2):
        yield _both(pair)
    if len(square) > 2:
        yield _both(tuple(square))
    for symbol in square:
        if symbol.name not in variables:
            yield Condition(f"{symbol.name} orthogonal", f"{symbol.name}ᵀ {symbol.name} = I", ((symbol.name, "orthogonal"),))
            yield Condition(f"{symbol.name} antisymmetric", f"{symbol.name}ᵀ = −{symbol.name}", ((symbol.name, "antisymmetric"),))
            yield Condition(f"{symbol.name} diagonal", f"{symbol.name} is diagonal", ((symbol.name, "diagonal"),))


def _symmetric(symbol: Symbol) -> Condition:
    return Condition(f"{symbol.name} symmetric", f"{symbol.name} = {symbol.name}ᵀ", ((symbol.name, "symmetric"),))


def _both(symbols: tuple[Symbol, ...]) -> Condition:
    names = " and ".join(symbol.name for symbol in symbols)
    meaning = " and ".join(f"{symbol.name} = {symbol.name}ᵀ" for symbol in symbols)
    return Condition(f"{names} symmetric", meaning, tuple((symbol.name, "symmetric") for symbol in symbols))


def _holds(claim: Claim) -> bool:
    return witness(claim).agrees


def _assuming(claim: Claim, facts: Mapping[str, str]) -> Claim:
    """The claim about symbols that have further properties."""
    sides: list[SideForm] = []
    for side in (claim.left, claim.right):
        if isinstance(side, DerivativeForm):
            wrt = tuple([cast("Symbol", _with_facts(symbol, facts)) for symbol in side.wrt])
            sides.append(DerivativeForm(_with_facts(side.function, facts), wrt, side.layout, side.symmetric))
        else:
            sides.append(Formula(_with_facts(side.expression, facts)))
    return Claim(sides[0], sides[1])


def _with_facts(expression: Expr, facts: Mapping[str, str]) -> Expr:
    built: dict[Expr, Expr] = {}
    for node in postorder(expression):
        below = children(node)
        if isinstance(node, Symbol) and node.name in facts:
            fact = facts[node.name]
            built[node] = Symbol(node.name, node.sizes, node.properties | set(_IMPLIED.get(fact, (fact,))))
        else:
            same = all(built[child] is child for child in below)
            built[node] = node if same else rebuilt_with(cast("Node", node), [built[child] for child in below])
    return built[expression]


def _holds_commuting(claim: Claim, one: str, other: str) -> bool:
    """Whether the claim holds where the second matrix is a polynomial in the first."""
    good = 0
    for seed in _SEEDS:
        for point in points(claim, seed):
            comparison = at_point(claim, _commuting(point, one, other))
            if comparison is not None:
                if comparison.outcome != "same":
                    return False
                good += 1
                break
    return good == len(_SEEDS)


def _commuting(point: Point, one: str, other: str) -> Point:
    """The point with the first matrix replaced by a polynomial in the second, positive definite when that is."""
    import numpy as np

    base = point.values[other]
    scale = max(1.0, float(np.linalg.norm(base, 2)))
    polynomial = 0.7 * np.eye(len(base)) + 0.5 * base / scale + 0.3 * base @ base / scale**2
    return Point({**point.values, one: polynomial}, point.sizes)


def _is_necessary(claim: Claim, condition: Condition) -> bool:
    """Whether a claim that holds for all values of the other symbols needs the symmetry: the residual is linear in the matrix, and
    at random values of the others only symmetric matrices make it zero."""
    import numpy as np

    if len(condition.facts) != 1 or condition.facts[0][1] != "symmetric":
        return False
    difference = claim.difference()
    name = condition.facts[0][0]
    if difference is None or not _is_linear(difference.tensor, name) or any(name == symbol.name for symbol in claim.extra):
        return False
    found: dict[tuple[int, ...], list[NDArray[Any]]] = {}  # other seeds give other sizes
    rows: list[NDArray[Any]] = []
    for seed in range(6 * _SAMPLES):
        point = next(points(claim, seed), None)
        if point is None or len(rows) == _SAMPLES:
            break
        size = len(point.values[name])
        units = np.eye(size * size).reshape(-1, size, size)
        images = [np.ravel(evaluate_tensor(difference.tensor, {**point.values, name: unit}, point.sizes)) for unit in units]
        rows = found.setdefault((len(images), len(images[0])), [])
        rows.append(np.stack(images, axis=-1))
    if len(rows) < _SAMPLES:
        return False
    size = int(np.sqrt(rows[0].shape[1]))
    return int(np.linalg.matrix_rank(np.concatenate(rows), tol=1e-8)) == size * (size - 1) // 2


def _is_linear(tensor: Tensor, name: str) -> bool:
    """Whether every term has the symbol once, as a factor."""
    for _, term in terms_of(spread(tensor)):
        uses = [factor.exponent for factor in graph_of(term).factors if _occurs(factor.base, name)]
        direct = [f.exponent for f in graph_of(term).factors if isinstance(f.base, ix.Symbol) and f.base.name == name]
        if uses != [1] or direct != [1]:
            return False
    return True


def _occurs(tensor: Tensor, name: str) -> bool:
    return any(isinstance(node, ix.Symbol) and node.name == name for node in ix.postorder(tensor))
