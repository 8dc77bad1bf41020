"""Evaluation of typed expressions in any arithmetic, step by step, and derivatives by
differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial, reduce
from itertools import chain, product
from math import prod
from random import Random

from matcalc.base.errors import LimitError, MatcalcError
from matcalc.base.layouts import axis_groups
from matcalc.base.sizes import Size
from matcalc.base.traversal import bottom_up
from matcalc.evaluation.precise.node_values import Inputs, computed, squared_norm
from matcalc.evaluation.precise.number_systems import PRIME, Arithmetic, Decimals, Number, Residues, Undefined
from matcalc.evaluation.precise.small_arrays import Array, filled, mapped, paired, scaled, strided, strides, summed, transposed
from matcalc.expr.nodes import Entry, Expr, Index, IndexArray, IndexSum, Symbol, children, postorder
from matcalc.expr.rewriting import free_at, named_indices
from matcalc.facts.table import may_vary, mirrored, tie_of

# ------------------------------------------------------------
# Evaluation of typed expressions in any arithmetic, step by step.
#
# The value of a node is one array for each assignment of the named indices that are free in it: of
# most nodes just one.

_MOST_ASSIGNMENTS = 5_000


@dataclass(frozen=True)
class _Step:
    node: Expr
    operands: tuple[int, ...]
    """Numbers of earlier steps."""
    free: tuple[Index, ...]
    last: tuple[int, ...]
    """Steps whose values are not needed after this one."""


class Plan:
    """An expression made ready to be evaluated at many points."""

    def __init__(self, expression: Expr) -> None:
        self.root = expression
        order = _needed(expression)
        places = {node: k for k, node in enumerate(order)}
        below = {node: tuple([places[operand] for operand in operands_of(node)]) for node in order}
        last_user = {j: k for k, node in enumerate(order) for j in below[node]}
        free: Mapping[Expr, tuple[Index, ...]] = bottom_up(
            order, lambda node, known: free_at(node, [known[part] for part in operands_of(node)])
        )
        if free[expression]:
            raise MatcalcError(f"the index {free[expression][0].name} has no value: no sum binds it")
        self._steps = tuple(
            [
                _Step(node, below[node], free[node], tuple(sorted({j for j in below[node] if last_user[j] == k})))
                for k, node in enumerate(order)
            ]
        )

    def value(self, ar: Arithmetic, values: Mapping[str, Array], sizes: Mapping[str, int]) -> Array:
        """The value at a point. Raises Undefined, NotRational, LimitError or
        UnknownFunctionError."""
        inputs = Inputs(ar, sizes, values)
        ar.spend(len(self._steps))
        held: dict[int, list[Array]] = {}
        for number, step in enumerate(self._steps):
            below = [held[k] for k in step.operands]
            if (
                not step.free
                and all(len(arrays) == 1 for arrays in below)
                and not isinstance(step.node, (IndexSum, IndexArray, Entry))
            ):
                held[number] = [computed(inputs, step.node, [arrays[0] for arrays in below])]
            else:
                held[number] = self._spread(inputs, step, below)
            for k in step.last:
                del held[k]
        return held[len(self._steps) - 1][0]

    def _spread(self, inputs: Inputs, step: _Step, below: list[list[Array]]) -> list[Array]:
        """One value for each assignment of the free indices."""
        frees = [self._steps[k].free for k in step.operands]
        if isinstance(step.node, IndexSum | IndexArray):
            bound = named_indices([step.node])
            groups = _gathered(inputs, step.free, frees[0], bound, below[0])
            if isinstance(step.node, IndexSum):
                return [summed(inputs.ar, arrays) for arrays in groups]
            lengths = tuple([index.size.value(inputs.sizes) for index in bound])
            dims = (*lengths, 1)[: max(2, len(lengths))]
            return [Array(dims, [array.data[0] for array in arrays]) for arrays in groups]
        every = _assignments(step.free, inputs)
        operands = [[arrays[place] for place in _places(every, free, inputs)] for arrays, free in zip(below, frees, strict=True)]
        return [computed(inputs, step.node, arrays, here) for here, *arrays in zip(every, *operands, strict=True)]


def operands_of(node: Expr) -> tuple[Expr, ...]:
    """The operands that are evaluated: of an even power of a Euclidean norm those of the norm,
    which needs no root then."""
    norm = squared_norm(node)
    return children(node) if norm is None else children(norm)


def _needed(expression: Expr) -> list[Expr]:
    """Every node that is evaluated, operands before their users. Exponents without symbols are
    worked out by themselves."""
    needed = {expression}
    for node in reversed(postorder(expression)):
        if node in needed:
            needed.update(operands_of(node))
    return [node for node in postorder(expression) if node in needed]


def _assignments(free: tuple[Index, ...], inputs: Inputs) -> list[dict[Index, int]]:
    """All values (from 0) of the indices, the last one running fastest. Raises LimitError when
    there are too many."""
    lengths = [index.size.value(inputs.sizes) for index in free]
    if prod(lengths) > _MOST_ASSIGNMENTS:
        raise LimitError("the explicit sums are too large for an exact evaluation")
    return [dict(zip(free, places)) for places in product(*map(range, lengths))]


def _places(every: Sequence[Mapping[Index, int]], free: tuple[Index, ...], inputs: Inputs) -> list[int]:
    """Where the values for assignments stand in a list over the assignments of some of their
    indices."""
    places = [0] * len(every)
    for index in free:
        length = index.size.value(inputs.sizes)
        places = [place * length + here[index] for place, here in zip(places, every)]
    return places


def _gathered(
    inputs: Inputs, outer: tuple[Index, ...], inner: tuple[Index, ...], bound: tuple[Index, ...], arrays: list[Array]
) -> list[list[Array]]:
    """For each assignment of the outer indices the values for all assignments of the bound ones."""
    first, rest = _assignments(outer, inputs), _assignments(bound, inputs)
    places = iter(_places([here | there for here in first for there in rest], inner, inputs))
    return [[arrays[next(places)] for _ in rest] for _ in first]


@lru_cache(maxsize=128)
def plan(expression: Expr) -> Plan:
    """The plan of an expression, kept for the next call."""
    return Plan(expression)


# ------------------------------------------------------------
# Derivatives by differences along directions, and the layouts of a derivative's entries.
#
# A derivative is linear in its directions, so one random direction tells two derivatives apart;
# entry by entry it is worked out only where the entries themselves are asked for.

Direction = tuple[Symbol, Array]


def slope(
    ar: Arithmetic, function: Expr, directions: Sequence[Direction], values: Mapping[str, Array], sizes: Mapping[str, int]
) -> Array:
    """The derivative of ``function`` along each of the directions, one for each order: of residues
    by steps of the prime itself, where what is left is divisible by its power, and what is of
    higher order vanishes; else by central differences.

    Raises what ``Plan.value`` raises, and Undefined where the function has a kink.
    """
    ready, ends = plan(function), (1, 0) if isinstance(ar, Residues) else (1, -1)
    terms: list[Array] = []
    branches: list[list[int]] = []
    for taken in product(ends, repeat=len(directions)):
        if isinstance(ar, Decimals):
            ar.branches = []
            branches.append(ar.branches)
        found = ready.value(ar, _moved(ar, directions, [ar.step * end for end in taken], values), sizes)
        if any(one != branches[0] for one in branches):
            raise Undefined("a kink")
        subtracted = sum(end != 1 for end in taken) % 2
        terms.append(scaled(ar, -1, found) if subtracted else found)
    result = reduce(partial(paired, function=ar.add), terms)
    if isinstance(ar, Residues):
        return mapped(result, lambda entry: entry % ar.modulus // PRIME ** len(directions))
    divisor = (2 * ar.step) ** len(directions)
    return mapped(result, lambda entry: entry / divisor)


def _moved(
    ar: Arithmetic, directions: Sequence[Direction], steps: Sequence[Number], values: Mapping[str, Array]
) -> dict[str, Array]:
    moved = dict(values)
    for (symbol, direction), step in zip(directions, steps, strict=True):
        if step:
            moved[symbol.name] = paired(moved[symbol.name], scaled(ar, step, direction), ar.add)
    return moved


def directions_of(ar: Arithmetic, variables: Sequence[Symbol], values: Mapping[str, Array], seed: int) -> list[Direction]:
    """A random weight for every entry of each variable."""
    found = []
    for number, symbol in enumerate(variables):
        dims = values[symbol.name].dims
        rng = Random(f"direction {seed} {number} {symbol.name}")
        entries = [ar.number(Fraction(rng.choice((1, -1)) * rng.randint(20, 90), 37)) for _ in range(prod(dims))]
        found.append((symbol, Array(dims, entries)))
    return found


def tied(ar: Arithmetic, symbol: Symbol, direction: Array, convention: str) -> Array:
    """How the variable moves where each entry is weighted as in ``direction``: along matrices of
    its kind only, in the convention ``projected`` or, for symmetric ones, ``cookbook``; freely with
    ``independent``."""
    tie = "" if convention == "independent" or len(symbol.shape) != 2 else tie_of(symbol.properties)
    if not tie:
        return direction
    sign = mirrored(tie)
    if not sign:
        entries = direction.data
        columns = direction.cols
        return Array(
            direction.dims, [entry if may_vary(tie, *divmod(k, columns)) else ar.zero for k, entry in enumerate(entries)]
        )
    other = transposed(direction)
    if convention == "cookbook" and sign > 0:  # both entries of a pair move; a diagonal entry only once
        both = paired(direction, other, ar.add)
        for k in range(0, len(both.data), both.cols + 1):
            both.data[k] = direction.data[k]
        return both
    half = ar.number(Fraction(1, 2))
    return scaled(ar, half, paired(direction, other, ar.add if sign > 0 else ar.subtract))


@dataclass(frozen=True)
class Layout:
    """Where the entries of a derivative stand: in the order of the laid-out array, row by row, each
    as the place in the function's value and the place in each variable, all counted row by row."""

    places: tuple[tuple[int, ...], ...]
    axes: tuple[int, ...]
    """The lengths of the axes of the laid-out array."""
    top: int
    below: tuple[int, ...]


def layout_of(name: str, top: tuple[int, ...], variables: Sequence[tuple[int, ...]]) -> Layout:
    """The layout of a derivative of an array with these axes by others: denominator, numerator or
    tensor."""
    shapes = [top, *variables]
    lengths = list(chain.from_iterable(shapes))
    groups = axis_groups([1] * len(top), [len(dims) for dims in variables], name)
    order = list(chain.from_iterable(groups))
    places, before = [], 0
    for dims in shapes:
        steps = [0] * before + strides(dims) + [0] * (len(lengths) - before - len(dims))
        places.append(strided([lengths[axis] for axis in order], [steps[axis] for axis in order]))
        before += len(dims)
    counts = [prod(dims) for dims in shapes]
    laid_out = tuple([prod([lengths[axis] for axis in group]) for group in groups])
    return Layout(tuple(zip(*places)), laid_out, counts[0], tuple(counts[1:]))


def derivative(
    ar: Arithmetic,
    function: Expr,
    wrt: Sequence[Symbol],
    values: Mapping[str, Array],
    sizes: Mapping[str, int],
    convention: str,
    places: Layout,
) -> list[Number]:
    """All entries of the derivative in the order of its layout. ``places`` leaves out variables
    that are scalars."""
    found: dict[tuple[int, ...], Array] = {}
    for at in product(*(range(count) for count in places.below)):
        weights = iter(at)
        directions = []
        for symbol in wrt:
            unit = filled(values[symbol.name].dims, ar.zero)
            unit.data[next(weights) if symbol.shape else 0] = ar.one
            directions.append((symbol, tied(ar, symbol, unit, convention)))
        found[at] = slope(ar, function, directions, values, sizes)
    return [found[place[1:]].data[place[0]] for place in places.places]


def contracted(ar: Arithmetic, entries: Sequence[Number], places: Layout, weights: Sequence[Sequence[Number]]) -> list[Number]:
    """What a derivative with these laid-out entries is along directions with the given weights: one
    number for each entry of the function's value."""
    sums: list[list[Number]] = [[] for _ in range(places.top)]
    for entry, (above, *below) in zip(entries, places.places, strict=True):
        for place, weight in zip(below, weights, strict=True):
            entry = ar.multiply(entry, weight[place])
        sums[above].append(entry)
    return [ar.total(terms) for terms in sums]


def axes_lengths(shape: Sequence[Size], sizes: Mapping[str, int]) -> tuple[int, ...]:
    """The lengths of an array's own axes: a row has one, as a column has."""
    lengths = [size.value(sizes) for size in shape]
    return tuple(lengths[1:] if len(lengths) == 2 and shape[0].number == 1 else lengths)
