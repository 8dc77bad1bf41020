"""What derivatives are in entries: how functions and variables vary, by the rule files, and what a
derivative in a layout says.

The differential of a function of entries comes from ``rules/functions.toml``, that of a function of
a whole matrix or vector from ``rules/matrix_functions.rules``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction

from matcalc.base.functions import functions
from matcalc.base.shapes import Shape, axes_of
from matcalc.base.sizes import ONE, Size
from matcalc.einstein import nodes as ix
from matcalc.expr import nodes as ex
from matcalc.facts.table import implied
from matcalc.rules.entries import Entries, Label, entrywise, need, ones, product, spread, transpose
from matcalc.rules.entrywise import Factor, entry_rules
from matcalc.rules.rewrites import derivative_formula, matrix_formula

CONVENTIONS = ("projected", "independent", "cookbook")


def slopes(of: ix.Tensor) -> Iterator[tuple[ix.Tensor, ix.Tensor]]:
    """The arguments of a function of entries, each with the derivative by it."""
    if isinstance(of, ix.Power):
        yield of.base, ix.Sum(((of.exponent, ix.Power(of.base, of.exponent - 1)),), of.shape)
        return
    need(isinstance(of, ix.Map) and " " not in of.function, "the differential has no rule")
    assert isinstance(of, ix.Map)
    if of.function == "pow":
        base, upper = of.arguments
        less = ix.Sum(((Fraction(1), upper), (Fraction(-1), ones(of.shape))), of.shape)
        yield base, entrywise([upper, ix.Map("pow", (base, less))], of.shape)
        yield upper, entrywise([of, ix.Map("log", (base,))], of.shape)
        return
    need(len(of.arguments) == 1, "the differential has no rule")
    (argument,) = of.arguments
    if of.function in functions():
        free = tuple([str(k) for k in range(of.order)])
        slope, _ = Entries({"t": (argument, free)}, {}).of(derivative_formula(of.function))
        yield argument, spread(slope, of.shape)
    else:
        yield argument, ix.Map(f"{of.function}'", (argument,))


def by_entry_rule(of: ix.Apply, d: Callable[[ix.Tensor], ix.Tensor]) -> ix.Tensor:
    """By a line of ``rules/matrix_functions.rules``."""
    need(of.function in entry_rules() and len(of.arguments) == 1, "the differential has no rule")
    rule, (argument,) = entry_rules()[of.function], of.arguments
    lead = argument.order - len(rule.argument)
    batch: list[Label] = [f"b{k}" for k in range(lead)]
    sizes: dict[Label, Size] = dict(zip([*batch, *rule.argument], argument.shape))
    sizes |= dict(zip(rule.output, of.shape[lead:]))
    terms = []
    for coefficient, factors in rule.terms:
        operands = [d(argument)]
        labels: list[Sequence[Label]] = [[*batch, *rule.argument]]
        local = dict(sizes)
        for factor in factors:
            operands.append(_factor(factor, of, local))
            labels.append([*batch[: operands[-1].order - len(factor.labels)], *factor.labels])
            local |= dict(zip(labels[-1], operands[-1].shape))
        terms.append((coefficient, product(operands, labels, [*batch, *rule.output], local)))
    return ix.Sum(tuple(terms), of.shape)


def of_trace(function: str, argument: ix.Tensor, moved: ix.Tensor) -> ix.Tensor:
    """The differential of ``tr(f(A))`` for a primary function: ``tr(f'(A) dA)``."""
    derivative = functions()[function].derivative
    need(bool(derivative) and argument.order == 2, "the differential has no rule")
    size = {"n": argument.shape[0]}
    slope, _ = Entries({"X": (argument, ())}, size).of(matrix_formula(derivative))
    return product([slope, moved], [("i", "j"), ("j", "i")], (), dict.fromkeys("ij", size["n"]))


def _factor(factor: Factor, of: ix.Apply, sizes: Mapping[Label, Size]) -> ix.Tensor:
    """A factor of a rule: a delta, the argument, or a function of it."""
    (argument,) = of.arguments
    if factor.function == "delta":
        size = next(sizes[label] for label in factor.labels if label in sizes)
        return product([], [], [0, 0], {0: size})
    if factor.function in ("", of.function):
        return of if factor.function else argument
    known = functions()[factor.function]
    lead = argument.order - known.argument_order
    return ix.Apply(factor.function, of.arguments, argument.shape[:lead] + known.axes_of_value(argument.shape[lead:]))


def direction(name: str, variable: ex.Symbol, convention: str) -> ix.Tensor:
    """How a variable varies: freely, or so that it keeps what ties its entries."""
    shape, facts = axes_of(variable.shape), implied(variable.properties)
    free = ix.Symbol(name, shape)
    lower, upper = {"lower_triangular", "upper_triangular"} & facts, "diagonal" in facts
    tied = {"symmetric", "antisymmetric"} & facts or lower
    if len(shape) != 2 or convention == "independent" or not tied:
        return free
    diagonal = product([free], [(0, 0)], (0, 0), {0: shape[0]})
    if upper or len(lower) == 2:
        return diagonal
    need(not lower, "the variation of a triangular matrix has no rule")
    half = Fraction(1, 2)
    sign = half if "symmetric" in facts else -half
    if sign > 0 and convention == "cookbook":
        weights = (Fraction(1), Fraction(1), Fraction(-1))
        return ix.Sum(tuple(zip(weights, (free, transpose(free), diagonal))), shape)
    return ix.Sum(((half, free), (sign, transpose(free))), shape)


def paired(derivative: ix.Tensor, top: Shape, wrt: Sequence[ex.Symbol], layout: str) -> ix.Tensor:
    """``Σ G dX`` or ``Σ G dX dY``: the axes of G are those of the function and of the variables,
    in groups as the layout says."""
    shapes = [axes_of(variable.shape) for variable in wrt]
    sizes: dict[Label, Size] = dict(enumerate([*top, *(size for axes in shapes for size in axes)]))
    labels = iter(sizes)
    rows = [next(labels) for _ in top]
    below = [[next(labels) for _ in axes] for axes in shapes]
    moves = [ix.Symbol(f"d{k} {v.name}", axes_of(v.shape)) for k, v in enumerate(wrt, 1)]
    operands: list[ix.Tensor] = [derivative, *moves]
    found: list[list[Label]] = [[], *below]
    for group in _groups(rows, [index for index in below if index], layout):
        joined = group[-1]
        for slow in group[-2::-1]:
            operands.append(ix.Pairing(sizes[slow], sizes[joined]))
            found.append([slow, joined, f"{slow},{joined}"])
            joined = f"{slow},{joined}"
            sizes[joined] = operands[-1].shape[2]
        found[0].append(joined)
    if len(found[0]) > derivative.order:
        found[0] = [label for label in found[0] if sizes[label] is not ONE]
    fits = tuple([sizes[label] for label in found[0]]) == derivative.shape
    need(fits, "the derivative has another shape")
    return product(operands, found, rows, sizes)


def _groups(rows: list[Label], below: list[list[Label]], layout: str) -> list[list[Label]]:
    """The labels of each axis of a derivative, the slowest first."""
    need(layout in ("denominator", "numerator", "tensor"), "there is no such layout")
    flat = [label for index in below for label in index]
    if layout == "tensor" or not below:
        return [[label] for label in [*rows, *flat]]
    if rows:
        return [flat[::-1], rows[::-1]][:: -1 if layout == "numerator" else 1]
    if len(below) == 1:
        return [[label] for label in (flat[::-1] if layout == "numerator" else flat)]
    return [index[::-1] for index in below]
