"""Lowering: a matrix expression becomes an index expression, one line an operator.

The page to read first: each case is the index formula of its operator. A lowered value keeps which
axes are rows and which are columns, so that ``vec`` and ``kron``, whose rows are pairs of axes, are
index formulas too. Under a sum over an index a value may depend on it: then the index is an axis in
front, which every operator leaves alone, and the sum contracts it. So the sum of
``(y_i - w'x_i)^2`` over i is the
tensor of ``||y - X w||^2``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import assert_never

from matcalc.base.errors import ComplexError, NotDifferentiableError, ShapeError
from matcalc.base.functions import is_entrywise
from matcalc.base.records import replace
from matcalc.base.shapes import axes_of, shape_text
from matcalc.base.sizes import ONE, Size
from matcalc.base.traversal import bottom_up
from matcalc.einstein import linear, lowered, nodes as ix, substitution
from matcalc.einstein.algebra import apply_map, contract, power, size_value, symbolic_power
from matcalc.einstein.linear import MINUS, YES, add
from matcalc.einstein.lowered import (
    Lowered,
    aligned,
    contracted,
    entrywise,
    finer,
    permuted,
    plain,
    spread,
    transposed,
    with_cols,
    with_rows,
)
from matcalc.expr import nodes as ex
from matcalc.facts.table import COMPLEX

HALF = Fraction(1, 2)


def lower(expression: ex.Expr, symbols: Mapping[str, ix.Tensor] | None = None) -> Lowered:
    """The index form of ``expression``. ``symbols`` may give tensors to use in place of named
    symbols."""
    lowered: Mapping[ex.Expr, Lowered] = bottom_up(
        ex.postorder(expression), lambda node, done: _lowered(node, done, symbols or {})
    )
    if lowered[expression].free:
        raise ShapeError(
            f"the index {lowered[expression].free[0]} is not bound", suggestion=f"sum({lowered[expression].free[0]}, ...)"
        )
    return replace(lowered[expression], separate=len(expression.shape) > 2)


def lowered_over(expression: ex.Expr, over: Mapping[str, Size]) -> ix.Tensor:
    """The index form of an expression of which every symbol has axes in front, of the sizes
    ``over``; so has the value."""
    symbols: dict[str, ix.Tensor | Lowered] = {}
    for node in ex.postorder(expression):
        if isinstance(node, ex.Symbol):
            array = ix.Symbol(node.name, (*over.values(), *axes_of(node.shape)), node.properties)
            symbols[node.name] = Lowered(array, _row_axes(node), tuple(over))
    values: Mapping[ex.Expr, Lowered] = bottom_up(ex.postorder(expression), lambda node, done: _lowered(node, done, symbols))
    return values[expression].tensor


def _lowered(node: ex.Node, done: Mapping[ex.Expr, Lowered], symbols: Mapping[str, ix.Tensor | Lowered]) -> Lowered:
    split = _row_axes(node)
    match node:
        case ex.Symbol():
            if COMPLEX in node.properties:
                raise ComplexError(f"{node.name} is complex, and what is known here is of real symbols")
            found = symbols.get(node.name) or ix.Symbol(node.name, axes_of(node.shape), node.properties)
            return found if isinstance(found, Lowered) else Lowered(found, split)
        case ex.Number():
            return Lowered(linear.number(node.value), 0)
        case ex.Constant(name="i1"):
            raise ComplexError("the imaginary unit is no real number")
        case ex.Constant():
            return Lowered(ix.Constant(node.name), 0)
        case ex.SizeValue():
            return Lowered(size_value(node.size), 0)
        case ex.Identity():
            return Lowered(linear.delta((node.size,)), 1)
        case ex.Ones():
            return Lowered(linear.ones(axes_of(node.shape)), split)
        case ex.Zeros():
            return Lowered(linear.zero(axes_of(node.shape)), split)
        case ex.UnitVector():
            return Lowered(ix.Unit(node.position, node.size), 1)
        case ex.Commutation():
            return Lowered(contract([], [], (0, 1, 1, 0), {0: node.m, 1: node.n}), 2)
        case ex.Sum():
            parts = spread(aligned([done[term] for term in node.terms]))
            return replace(parts[0], tensor=add([(YES, part.tensor) for part in parts], parts[0].tensor.shape))
        case ex.Negative():
            operand = done[node.operand]
            return replace(operand, tensor=linear.scale(MINUS, operand.tensor))
        case ex.Product():
            return _product([done[factor] for factor in node.factors])
        case ex.Hadamard():
            return entrywise(aligned([done[factor] for factor in node.factors]))
        case ex.Quotient():
            return _quotient(done[node.numerator], done[node.denominator])
        case ex.Power():
            return _power(done[node.base], done[node.exponent])
        case ex.MatrixPower():
            return _matrix_power(node, done[node.base], done[node.exponent])
        case ex.Elementwise():
            argument = done[node.argument]
            return replace(argument, tensor=apply_map(node.function, argument.tensor))
        case ex.Transpose():
            return transposed(done[node.operand])
        case ex.Inverse():
            kronecker = node.operand
            if isinstance(kronecker, ex.Kronecker) and all(factor.rows == factor.cols for factor in kronecker.factors):
                return _kronecker([_inverse(done[factor]) for factor in kronecker.factors])
            return _inverse(done[kronecker])
        case ex.Trace():
            operand = _square(done[node.operand])
            rows = tuple(range(operand.split))
            return contracted([operand], [rows + rows], ())
        case ex.Total():
            return _total(done[node.operand], node.axis)
        case ex.Diagonal():
            operand = _square(done[node.operand])
            rows = tuple(range(operand.split))
            return contracted([operand], [rows + rows], rows)
        case ex.DiagonalMatrix():
            operand = done[node.operand]
            axes = tuple(range(operand.order))
            return contracted([operand], [axes], axes, axes)
        case ex.Vec():
            operand = done[node.operand]
            axes = tuple(range(operand.order))
            order = axes[::-1] if len(node.operand.shape) > 2 else axes[operand.split :] + axes[: operand.split]
            return permuted(operand, order, operand.order)
        case ex.Reshape(m=m, n=n):
            operand = done[node.operand]
            stacked = permuted(operand, (*range(operand.split, operand.order), *range(operand.split)), operand.order)
            tensor, wide = lowered.divided_between(stacked.tensor, len(stacked.free), n, m)
            whole = replace(stacked, tensor=tensor)
            return permuted(whole, (*range(wide, whole.order), *range(wide)), whole.order - wide)
        case ex.Kronecker():
            return _kronecker([done[factor] for factor in node.factors])
        case ex.Norm():
            return _norm(node, done)
        case ex.Call():
            return _call(node, [done[argument] for argument in node.arguments])
        case ex.Entry():
            return _entry(node, done[node.operand])
        case ex.IndexSum():
            return _summed(done[node.body], node.index)
        case ex.IndexArray():
            return _array(node, done[node.body])
        case ex.Index():
            raise ShapeError("an index stands only inside square brackets", suggestion="x[i]")
        case _:
            assert_never(node)


def _entry(node: ex.Entry, operand: Lowered) -> Lowered:
    """``X[i, j]``: a named index becomes a free one, a number picks with a unit vector; axes that
    have no position stay."""
    operand = operand if len(node.operand.shape) > 2 else plain(operand)
    # A row may be given both positions, the first of which is 1.
    positions = node.positions[-1:] if node.operand.is_row else node.positions
    if len(positions) > operand.order:
        raise ShapeError(f"an entry of {shape_text(node.operand.shape)} has {operand.order} indices, not {len(positions)}")
    names = tuple(dict.fromkeys([*operand.free, *[position.name for position in positions if isinstance(position, ex.Index)]]))
    outer = {name: place - len(names) for place, name in enumerate(names)}
    operands: list[ix.Tensor] = [operand.tensor]
    own: list[int] = []
    picked: list[tuple[int, ...]] = []
    for place, size in enumerate(operand.shape):
        position = positions[place] if place < len(positions) else None
        own.append(outer[position.name] if isinstance(position, ex.Index) else place)
        if isinstance(position, Size) and size != ONE:  # the sum over a single entry is that entry
            operands.append(ix.Unit(position, size))
            picked.append((place,))
    left = [place for place, size in enumerate(operand.shape) if place >= len(positions)]
    if len(axes_of(node.shape)) < len(left):
        left = [place for place in left if operand.shape[place] != ONE]
    labels = (*[outer[name] for name in operand.free], *own)
    tensor = contract(operands, [labels, *picked], (*outer.values(), *left), dict(zip(labels, operand.tensor.shape)))
    return Lowered(tensor, _row_axes(node), names)


def _summed(body: Lowered, index: ex.Index) -> Lowered:
    if index.name not in body.free:
        return entrywise([Lowered(size_value(index.size), 0), body])
    axis = body.free.index(index.name)
    labels = tuple(range(body.tensor.order))
    kept = tuple([label for label in labels if label != axis])
    total = contract([body.tensor], [labels], kept, dict(enumerate(body.tensor.shape)))
    return replace(body, tensor=total, free=tuple([name for name in body.free if name != index.name]))


def _array(node: ex.IndexArray, body: Lowered) -> Lowered:
    """The axes in the order of the indices; copied along an index that the body does not have."""
    names = [index.name for index in node.indices]
    outer = tuple([name for name in body.free if name not in names])
    place_of = {name: place for place, name in enumerate(names)} | {name: place - len(outer) for place, name in enumerate(outer)}
    sizes = {place: index.size for place, index in enumerate(node.indices)}
    # Of columns and matrices an axis of size one is not an axis of the tensor; the sum over its one
    # entry leaves the entry.
    shown = len(axes_of(node.shape))
    kept = [place for place in sizes if len(sizes) > 2 or len(sizes) == shown or sizes[place] != ONE]
    labels = tuple([place_of[name] for name in body.free])
    used = dict(zip(labels, body.tensor.shape)) | {place: sizes[place] for place in kept}
    output = (*[place_of[name] for name in outer], *kept)
    return Lowered(contract([body.tensor], [labels], output, used), 1 if node.shape and not node.is_row else 0, outer)


def _row_axes(node: ex.Expr) -> int:
    return 0 if node.is_row or node.is_scalar else 1


def _square(value: Lowered) -> Lowered:
    """The square matrix with the same axes for its rows and for its columns."""
    axes = finer(value.rows, value.cols)
    return with_cols(with_rows(value, axes), axes)


def _inverse(value: Lowered) -> Lowered:
    value = plain(value)
    if not value.order:
        return replace(value, tensor=power(value.tensor, MINUS))
    return replace(value, tensor=substitution.apply("inv", (value.tensor,), value.tensor.shape))


def _product(factors: list[Lowered]) -> Lowered:
    """Left to right: a scalar (or scalar so far) scales, else the columns so far meet the rows of
    the next factor."""
    indices: list[tuple[int, ...]] = []
    fresh = 0
    rows: tuple[int, ...] = ()
    cols: tuple[int, ...] = ()
    met = _meeting(factors)
    for factor in met:
        labels = tuple(range(fresh, fresh + factor.order))
        fresh += factor.order
        if factor.order:
            if rows or cols:
                labels = cols + labels[factor.split :]
            else:
                rows = labels[: factor.split]
            cols = labels[factor.split :]
        indices.append(labels)
    return contracted(met, indices, rows, cols)


def _meeting(factors: list[Lowered]) -> list[Lowered]:
    """The factors with the same axes where columns meet rows: one pass to the right, and one to the
    left where an axis was split."""
    met = list(factors)
    shaped = [place for place, factor in enumerate(met) if factor.order]
    pairs = list(zip(shaped, shaped[1:]))
    for left, right in [*pairs, *reversed(pairs)]:
        # A row times a column is a scalar, and what follows it is scaled: there nothing meets.
        if met[left].cols != met[right].rows and met[left].cols and met[right].rows:
            axes = finer(met[left].cols, met[right].rows)
            met[left], met[right] = with_cols(met[left], axes), with_rows(met[right], axes)
    return met


def _quotient(numerator: Lowered, denominator: Lowered) -> Lowered:
    if numerator.order and denominator.order:
        numerator, denominator = aligned([numerator, denominator])
    return entrywise([numerator, replace(denominator, tensor=power(denominator.tensor, MINUS))])


def _power(base: Lowered, exponent: Lowered) -> Lowered:
    known = linear.value_of(exponent.tensor)
    if known is not None:
        return replace(base, tensor=power(base.tensor, known))
    if exponent.order:
        base, exponent = aligned([base, exponent])
    base, exponent = spread([base, exponent])
    return replace(base, tensor=symbolic_power(base.tensor, _copied(exponent, base)))


def _copied(scalar: Lowered, like: Lowered) -> ix.Tensor:
    """A scalar in every entry of a value with the same free indices; another value as it is."""
    if scalar.order == like.order:
        return scalar.tensor
    labels = tuple(range(like.tensor.order))
    return contract([scalar.tensor], [labels[: len(scalar.free)]], labels, dict(enumerate(like.tensor.shape)))


_LARGEST_POWER = 10_000


def _matrix_power(node: ex.MatrixPower, base: Lowered, upper: Lowered) -> Lowered:
    exponent = node.exponent
    sign = 1
    while isinstance(exponent, ex.Negative):
        exponent, sign = exponent.operand, -sign
    if not isinstance(exponent, ex.Number):
        base, upper = spread([plain(base), upper])
        return replace(base, tensor=substitution.apply("matrix_power", (base.tensor, upper.tensor), base.tensor.shape))
    if exponent.value.denominator != 1 or abs(exponent.value) > _LARGEST_POWER:
        raise NotDifferentiableError(
            "a numeric matrix power needs an integer exponent",
            expected=f"an integer up to {_LARGEST_POWER}",
            suggestion="sqrtm(A), or expm(c*logm(A)) for the power c" if abs(exponent.value) <= _LARGEST_POWER else None,
        )
    count = sign * exponent.value.numerator
    if count == 0:
        return Lowered(linear.delta(base.rows), base.split)
    factor = base if count > 0 else _inverse(base)
    return _product([factor] * abs(count))


def _total(operand: Lowered, axis: str | None) -> Lowered:
    labels = tuple(range(operand.order))
    output = () if axis is None else labels[: operand.split] if axis == "rows" else labels[operand.split :]
    return contracted([operand], [labels], output)


def _kronecker(factors: list[Lowered]) -> Lowered:
    indices: list[tuple[int, ...]] = []
    rows: list[int] = []
    cols: list[int] = []
    fresh = 0
    for factor in factors:
        labels = tuple(range(fresh, fresh + factor.order))
        fresh += factor.order
        indices.append(labels)
        rows.extend(labels[: factor.split])
        cols.extend(labels[factor.split :])
    return contracted(factors, indices, tuple(rows), tuple(cols))


def _norm(node: ex.Norm, done: Mapping[ex.Expr, Lowered]) -> Lowered:
    operand = done[node.operand]
    labels = tuple(range(operand.order))
    match node.kind:
        case "2":
            return _mapped(lambda squares: power(squares, HALF), contracted([operand, operand], [labels, labels], ()))
        case "1":
            return contracted([_mapped(lambda entries: apply_map("abs", entries), operand)], [labels], ())
        case "p":
            assert node.parameter is not None
            operand, upper = spread([operand, done[node.parameter]])
            raised = replace(operand, tensor=symbolic_power(apply_map("abs", operand.tensor), _copied(upper, operand)))
            return _mapped(lambda total: symbolic_power(total, power(upper.tensor, MINUS)), contracted([raised], [labels], ()))
        case "A":
            assert node.parameter is not None
            flat = operand.order
            indices = [labels, (0, flat), (flat, *labels[1:])]
            return _mapped(lambda form: power(form, HALF), contracted([operand, done[node.parameter], operand], indices, ()))
        case "spectral" | "nuclear":
            return Lowered(substitution.apply(f"{node.kind}_norm", (operand.tensor,), operand.batch), 0, operand.free)
        case _:
            raise ShapeError(f"the norm {node.kind!r} is not known", expected="2, 1, p, A, nuclear or spectral")


def _of_several(function: str, arguments: Sequence[Lowered]) -> Lowered:
    """A function of several numbers, entry by entry; those that are scalars stand in every
    entry."""
    given = [argument for argument in arguments if argument.order]
    shaped = iter(aligned(given) if given else ())
    parts = spread([next(shaped) if argument.order else argument for argument in arguments])
    like = max(parts, key=lambda part: part.order)
    return replace(like, tensor=apply_map(function, *[_copied(part, like) for part in parts]))


def _mapped(function: Callable[[ix.Tensor], ix.Tensor], value: Lowered) -> Lowered:
    return replace(value, tensor=function(value.tensor))


def _call(node: ex.Call, arguments: list[Lowered]) -> Lowered:
    """The function acts on the last axes; along columns the argument is turned round first."""
    if is_entrywise(node.function):
        return _of_several(node.function, arguments)
    first, *others = spread([plain(argument) for argument in arguments])
    shape = axes_of(node.shape)
    turned = node.axis == "cols" and first.order == 2
    if turned:
        first, shape = transposed(first), shape[::-1]
    tensors = tuple([argument.tensor for argument in (first, *others)])
    result = Lowered(substitution.apply(node.function, tensors, first.batch + shape), _row_axes(node), first.free)
    return permuted(result, (1, 0), result.split) if turned and result.order == 2 else result
