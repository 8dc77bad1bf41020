"""What an expression is in entries, by the table ``rules/entries.toml``.

Nothing is simplified: a tensor made here has the structure of its expression, and one contraction
for each operation. Proofs begin with these tensors, and the laws of proofs are read through them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cache, reduce
from operator import mul
from typing import Any, TypeAlias

from matcalc.base.files import read
from matcalc.base.shapes import Shape, axes_of, product_shape
from matcalc.base.sizes import ONE, Size
from matcalc.einstein import nodes as ix
from matcalc.expr import nodes as ex

Value: TypeAlias = tuple[ix.Tensor, tuple[str, ...]]
"""A tensor, and the names of the free indices that its first axes are."""
Label: TypeAlias = int | str

UNIT = ix.Contraction((), (), (), ())
_MOST_FACTORS = 100


class Refused(Exception):
    """What is wrong with a line of a proof."""


def need(right: bool, otherwise: str) -> None:
    """Refuses what is not right."""
    if not right:
        raise Refused(otherwise)


@cache
def _table() -> Mapping[str, str]:
    return tomllib.loads(read("rules", "entries.toml"))


# ---------------------------------------------------------------- tensors as they are written


def number(value: Fraction) -> ix.Tensor:
    """A number as a tensor."""
    return ix.Sum(((value, UNIT),), ())


def product(
    operands: Sequence[ix.Tensor],
    labels: Sequence[Sequence[Label]],
    output: Sequence[Label],
    sizes: Mapping[Any, Size],
) -> ix.Contraction:
    """A contraction with any labels, which are numbered as they come, those of the output first."""
    used = dict.fromkeys([*output, *(label for index in labels for label in index)])
    places = {label: place for place, label in enumerate(used)}
    indices = tuple([tuple([places[label] for label in index]) for index in labels])
    shown = tuple([places[label] for label in output])
    return ix.Contraction(tuple(operands), indices, shown, tuple([sizes[label] for label in places]))


def ones(shape: Shape) -> ix.Contraction:
    """One in every entry."""
    return product([], [], range(len(shape)), dict(enumerate(shape)))


def spread(scalar: ix.Tensor, shape: Shape) -> ix.Tensor:
    """A scalar in every entry; a tensor of that shape as it is."""
    if scalar.shape == shape:
        return scalar
    return product([scalar], [()], range(len(shape)), dict(enumerate(shape)))


def entrywise(operands: Sequence[ix.Tensor], shape: Shape) -> ix.Contraction:
    """The product entry by entry of tensors of one shape, and of scalars."""
    axes = range(len(shape))
    labels = [axes if operand.order else () for operand in operands]
    return product(operands, labels, axes, dict(enumerate(shape)))


def transpose(tensor: ix.Tensor) -> ix.Contraction:
    return product([tensor], [("i", "j")], ("j", "i"), dict(zip("ij", tensor.shape)))


def constant(tensor: ix.Tensor) -> Fraction | None:
    """The number in all entries, if the tensor is a number times ones."""
    factor = Fraction(1)
    while isinstance(tensor, ix.Sum) and len(tensor.terms) == 1:
        factor, tensor = factor * tensor.terms[0][0], tensor.terms[0][1]
    if isinstance(tensor, ix.Sum):
        return None if tensor.terms else Fraction(0)
    return factor if tensor is ones(tensor.shape) else None


# ---------------------------------------------------------------- expressions


class Entries:
    """Expressions in entries: ``values`` are what symbols stand for, ``sizes`` what names of sizes
    do."""

    def __init__(self, values: Mapping[str, Value], sizes: Mapping[str, Size]) -> None:
        self.values, self.sizes = values, sizes
        self.known: dict[ex.Expr, Value] = {}

    def of(self, expression: ex.Expr) -> Value:
        """The value of an expression, operands first."""
        for node in ex.postorder(expression):
            if node not in self.known:
                self.known[node] = self.defined(node)
        return self.known[expression]

    def defined(self, node: ex.Expr) -> Value:
        """The value of a node by those of its operands."""
        return _MEANINGS[type(node)](self, node, [self.known[child] for child in ex.children(node)])

    def size(self, size: Size) -> Size:
        return size.replaced(self.sizes)

    def axes(self, shape: Shape) -> Shape:
        return tuple([self.size(size) for size in axes_of(shape)])

    # ------------------------------------------------------------ operations of the table

    def einsum(
        self,
        name: str,
        shapes: Sequence[Shape],
        parts: Sequence[Value],
        given: Mapping[str, Size] | None = None,
    ) -> Value:
        """What a line of the table says; ``given`` are the sizes of letters that no operand has."""
        before, _, after = _table()[name].partition("->")
        specs = [_groups(part) for part in before.split(",")] if parts else []
        sizes: dict[Label, Size] = {key: self.size(size) for key, size in (given or {}).items()}
        for groups, shape in zip(specs, shapes, strict=True):
            whole = (*shape, ONE, ONE)[:2] if len(groups) == 2 else (*axes_of(shape), ONE)[:1]
            sizes.update((key, self.size(size)) for key, size in zip(groups, whole) if len(key) == 1)
        operands: list[ix.Tensor] = []
        labels: list[Sequence[Label]] = []
        for groups, (tensor, free) in zip(specs, parts, strict=True):
            sizes |= {f" {index}": size for index, size in zip(free, tensor.shape)}
            labels.append([*_free(free), *_axes(groups, sizes, operands, labels)])
            operands.append(tensor)
        free = _joint(parts)
        result = _axes(_groups(after), sizes, operands, labels)
        return product(operands, labels, [*_free(free), *result], sizes), free

    def by_table(self, node: ex.Expr, parts: Sequence[Value]) -> Value:
        return self.einsum(type(node).__name__, [child.shape for child in ex.children(node)], parts)

    def sized(self, node: ex.Identity | ex.Ones, parts: Sequence[Value]) -> Value:
        return self.einsum(type(node).__name__, [], [], {"i": node.rows, "j": node.cols})

    def commutation(self, node: ex.Commutation, parts: Sequence[Value]) -> Value:
        return self.einsum("Commutation", [], [], {"i": node.m, "j": node.n})

    def reshape(self, node: ex.Reshape, parts: Sequence[Value]) -> Value:
        flat = [self.einsum("Vec", [node.operand.shape], parts)]
        length = (node.operand.rows * node.operand.cols,)
        return self.einsum("Reshape", [length], flat, {"i": node.m, "j": node.n})

    def total(self, node: ex.Total, parts: Sequence[Value]) -> Value:
        return self.einsum(f"Total_{node.axis}" if node.axis else "Total", [node.operand.shape], parts)

    def vec(self, node: ex.Vec, parts: Sequence[Value]) -> Value:
        if len(node.operand.shape) > 2:
            raise Refused("the vec of a tensor is not in the table")
        return self.by_table(node, parts)

    def product(self, node: ex.Product, parts: Sequence[Value]) -> Value:
        """Factors from the left: a scalar scales, else columns meet rows."""
        so_far, shape = parts[0], node.factors[0].shape
        for factor, part in zip(node.factors[1:], parts[1:]):
            pairs = [(shape, so_far), (factor.shape, part)]
            scaling = not shape or not factor.shape
            shapes, values = zip(*(pairs[::-1] if scaling and shape else pairs))
            so_far = self.einsum("Scaling" if scaling else "Product", shapes, values)
            shape = product_shape(shape, factor.shape)
        return so_far

    def kronecker(self, node: ex.Kronecker, parts: Sequence[Value]) -> Value:
        so_far, first = parts[0], node.factors[0]
        shape = (first.rows, first.cols)
        for factor, part in zip(node.factors[1:], parts[1:]):
            so_far = self.einsum("Kronecker", [shape, factor.shape], [so_far, part])
            shape = (shape[0] * factor.rows, shape[1] * factor.cols)
        return so_far

    # ------------------------------------------------------------ entry by entry

    def spread(self, parts: Sequence[Value]) -> tuple[list[ix.Tensor], tuple[str, ...]]:
        """The tensors with the free indices of all."""
        free = _joint(parts)
        sizes: dict[Label, Size] = {label: size for tensor, one in parts for label, size in zip(one, tensor.shape)}
        return [_copied(tensor, one, free, sizes) for tensor, one in parts], free

    def added(self, node: ex.Sum | ex.Negative, parts: Sequence[Value]) -> Value:
        sign = Fraction(-1 if isinstance(node, ex.Negative) else 1)
        tensors, free = self.spread(parts)
        return ix.Sum(tuple([(sign, tensor) for tensor in tensors]), tensors[0].shape), free

    def hadamard(self, node: ex.Expr, parts: Sequence[Value]) -> Value:
        """The product entry by entry of values with the same axes, and of scalars."""
        free = _joint(parts)
        own = range(max(tensor.order - len(one) for tensor, one in parts))
        labels = [[*one, *(own if tensor.order > len(one) else ())] for tensor, one in parts]
        sizes = {label: size for (tensor, _), index in zip(parts, labels) for label, size in zip(index, tensor.shape)}
        return product([tensor for tensor, _ in parts], labels, [*free, *own], sizes), free

    def quotient(self, node: ex.Quotient, parts: Sequence[Value]) -> Value:
        below = ix.Power(parts[1][0], Fraction(-1))
        return self.hadamard(node, [parts[0], (below, parts[1][1])])

    def power(self, node: ex.Power, parts: Sequence[Value]) -> Value:
        exponent = self.rational(node.exponent)
        if exponent is not None:
            return ix.Power(parts[0][0], exponent), parts[0][1]
        (base, upper), free = self.spread(parts)
        if upper.order < base.order:
            axes = range(base.order)
            upper = product([upper], [axes[: len(free)]], axes, dict(enumerate(base.shape)))
        return ix.Map("pow", (base, upper)), free

    def rational(self, expression: ex.Expr) -> Fraction | None:
        """The number that an exponent is, if it is one."""
        found: dict[ex.Expr, Fraction | None] = {}
        for node in ex.postorder(expression):
            parts = [found[child] for child in ex.children(node)]
            values = [part for part in parts if part is not None]
            rule = _ARITHMETIC.get(type(node)) if len(values) == len(parts) else None
            found[node] = rule(values) if rule and values else None
            if isinstance(node, ex.Number):
                found[node] = node.value
            if isinstance(node, ex.Symbol) and node.name in self.values:
                found[node] = constant(self.values[node.name][0])
        return found[expression]

    def elementwise(self, node: ex.Elementwise, parts: Sequence[Value]) -> Value:
        return ix.Map(node.function, (parts[0][0],)), parts[0][1]

    # ------------------------------------------------------------ functions

    def applied(self, function: str, parts: Sequence[Value], shape: Shape) -> Value:
        tensors, free = self.spread(parts)
        batch = tensors[0].shape[: len(free)]
        return ix.Apply(function, tuple(tensors), batch + self.axes(shape)), free

    def inverse(self, node: ex.Inverse, parts: Sequence[Value]) -> Value:
        if node.is_scalar:
            return ix.Power(parts[0][0], Fraction(-1)), parts[0][1]
        return self.applied("inv", parts, node.shape)

    def call(self, node: ex.Call, parts: Sequence[Value]) -> Value:
        first = node.arguments[0].shape
        if node.axis != "cols" or len(axes_of(first)) != 2:
            return self.applied(node.function, parts, node.shape)
        turned = [self.einsum("Transpose", [first], parts[:1]), *parts[1:]]
        result = self.applied(node.function, turned, axes_of(node.shape)[::-1])
        if len(axes_of(node.shape)) < 2:
            return result
        return self.einsum("Transpose", [node.shape[::-1]], [result])

    def norm(self, node: ex.Norm, parts: Sequence[Value]) -> Value:
        shape, (tensor, free) = node.operand.shape, parts[0]
        if node.kind in ("spectral", "nuclear"):
            return self.applied(f"{node.kind}_norm", parts, ())
        if node.kind == "1":
            return self.einsum("Total", [shape], [(ix.Map("abs", (tensor,)), free)])
        between = () if node.parameter is None else (node.parameter.shape,)
        values = [parts[0], *parts[1:], parts[0]]
        if f"Norm_{node.kind}" not in _table():
            raise Refused(f"the norm {node.kind} is not in the table")
        total, free = self.einsum(f"Norm_{node.kind}", [shape, *between, shape], values)
        return ix.Power(total, Fraction(1, 2)), free

    def matrix_power(self, node: ex.MatrixPower, parts: Sequence[Value]) -> Value:
        exponent = self.rational(node.exponent)
        if exponent is None:
            return self.applied("matrix_power", parts, node.shape)
        if exponent.denominator != 1 or not 0 < abs(exponent) <= _MOST_FACTORS:
            raise Refused("a power of a matrix needs a small whole exponent")
        base = parts[0] if exponent > 0 else self.applied("inv", parts[:1], node.shape)
        count = abs(exponent.numerator)
        return base if count == 1 else self.product(ex.Product((node.base,) * count), [base] * count)

    # ------------------------------------------------------------ indices

    def summed(self, node: ex.IndexSum, parts: Sequence[Value]) -> Value:
        tensor, free = parts[0]
        name = node.index.name
        if name not in free:
            return self.hadamard(node, [(ix.SizeValue(self.size(node.index.size)), ()), parts[0]])
        kept = tuple([index for index in free if index != name])
        own = range(tensor.order - len(free))
        labels: list[Label] = [*free, *own]
        return product([tensor], [labels], [*kept, *own], dict(zip(labels, tensor.shape))), kept

    def array(self, node: ex.IndexArray, parts: Sequence[Value]) -> Value:
        tensor, free = parts[0]
        sizes: dict[Label, Size] = {one.name: self.size(one.size) for one in node.indices}
        names = list(sizes)
        sizes |= dict(zip(free, tensor.shape))
        kept = tuple([name for name in free if name not in names])
        shown = [name for name in names if len(names) > 2 or sizes[name] is not ONE]
        return product([tensor], [free], [*kept, *shown], sizes), kept

    def entry(self, node: ex.Entry, parts: Sequence[Value]) -> Value:
        tensor, free = parts[0]
        positions = node.positions[-1:] if node.operand.is_row else node.positions
        own: list[Label] = list(range(tensor.order - len(free)))
        sizes: dict[Label, Size] = dict(zip([*free, *own], tensor.shape))
        operands, labels, index = [tensor], [[*free, *own]], list(own)
        for place, position in enumerate(positions):
            if isinstance(position, Size):
                operands.append(ix.Unit(self.size(position), sizes[place]))
                labels.append([place])
            else:
                sizes[position.name] = sizes[place]
                index[place] = position.name
        labels[0] = [*free, *index]
        names = tuple(dict.fromkeys([*free, *(name for name in index if isinstance(name, str))]))
        left = own[len(positions) :]
        if len(axes_of(node.shape)) < len(left):
            left = [place for place in left if sizes[place] is not ONE]
        return product(operands, labels, [*names, *left], sizes), names


def _groups(spec: str) -> list[str]:
    """The letters and bracketed pairs of letters in one part of a line."""
    return re.findall(r"\(\w+\)|\w", spec)


def _axes(
    groups: Sequence[str],
    sizes: dict[Label, Size],
    operands: list[ix.Tensor],
    labels: list[Sequence[Label]],
) -> list[Label]:
    """The labels of axes; for a pair of letters a pairing joins the operands."""
    found: list[Label] = []
    for group in groups:
        letters = [letter for letter in group.strip("()") if sizes[letter] is not ONE]
        if len(letters) == 2:
            pairing = ix.Pairing(sizes[letters[0]], sizes[letters[1]])
            sizes[group] = pairing.shape[2]
            operands.append(pairing)
            labels.append([*letters, group])
            letters = [group]
        found += letters
    return found


def _free(names: Sequence[str]) -> list[str]:
    """Labels of free indices, which no letter of the table is."""
    return [f" {name}" for name in names]


def _joint(parts: Sequence[Value]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([index for _, free in parts for index in free]))


def _copied(tensor: ix.Tensor, one: Sequence[str], free: Sequence[str], sizes: Mapping[Label, Size]) -> ix.Tensor:
    if tuple(one) == tuple(free):
        return tensor
    own = range(tensor.order - len(one))
    every: dict[Label, Size] = {**sizes}
    every |= dict(enumerate(tensor.shape[len(one) :]))
    return product([tensor], [[*one, *own]], [*free, *own], every)


_ARITHMETIC: Mapping[type, Callable[[Sequence[Fraction]], Fraction | None]] = {
    ex.Negative: lambda values: -values[0],
    ex.Quotient: lambda values: values[0] / values[1] if values[1] else None,
    ex.Product: lambda values: reduce(mul, values),
    ex.Sum: lambda values: sum(values, Fraction(0)),
}

_MEANINGS: Mapping[type, Callable[[Entries, Any, Sequence[Value]], Value]] = {
    ex.Symbol: lambda entries, node, _: (
        entries.values.get(node.name) or (ix.Symbol(node.name, entries.axes(node.shape), node.properties), ())
    ),
    ex.Number: lambda _, node, __: (number(node.value), ()),
    ex.Constant: lambda _, node, __: (ix.Constant(node.name), ()),
    ex.SizeValue: lambda entries, node, _: (ix.SizeValue(entries.size(node.size)), ()),
    ex.Zeros: lambda entries, node, _: (ix.Sum((), entries.axes(node.shape)), ()),
    ex.UnitVector: lambda entries, node, _: (ix.Unit(entries.size(node.position), entries.size(node.size)), ()),
    ex.Identity: Entries.sized,
    ex.Ones: Entries.sized,
    ex.Commutation: Entries.commutation,
    ex.Sum: Entries.added,
    ex.Negative: Entries.added,
    ex.Product: Entries.product,
    ex.Hadamard: Entries.hadamard,
    ex.Quotient: Entries.quotient,
    ex.Power: Entries.power,
    ex.MatrixPower: Entries.matrix_power,
    ex.Elementwise: Entries.elementwise,
    ex.Inverse: Entries.inverse,
    ex.Total: Entries.total,
    ex.Vec: Entries.vec,
    ex.Reshape: Entries.reshape,
    ex.Kronecker: Entries.kronecker,
    ex.Norm: Entries.norm,
    ex.Call: Entries.call,
    ex.Entry: Entries.entry,
    ex.IndexSum: Entries.summed,
    ex.IndexArray: Entries.array,
    ex.Index: lambda *_: (UNIT, ()),
    **dict.fromkeys((ex.Transpose, ex.Trace, ex.Diagonal, ex.DiagonalMatrix), Entries.by_table),
}
"""The meaning of each class of nodes; of an index what it stands in tells."""
