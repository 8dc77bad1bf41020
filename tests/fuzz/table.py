"""Grows expressions of every function of ``rules/functions.toml`` that a reader may write, by its signature, and of the forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import product

import numpy as np

from matcalc.base.errors import MatcalcError, ShapeError
from matcalc.base.functions import Function, functions
from matcalc.base.shapes import Shape, shape_of
from matcalc.base.sizes import ONE, Size, names_in
from matcalc.evaluation.interpreter import evaluate
from matcalc.expr import nodes as e
from matcalc.language import elaborate
from tests.fuzz.forms import FORMS, result_shape
from tests.fuzz.functions import FunctionGrower
from tests.fuzz.growing import SMOOTH
from tests.fuzz.vocabulary import FIXED_SIZES, NAMES

_PROBES = (-2.0, 0.4, 3.0)
_HALF = e.Number(Fraction(1, 2))


@dataclass(frozen=True)
class Operation:
    """A function, perhaps along an axis, or a form.

    A parameter is the shape of an array, which has its own sizes; a size; or None: entry by entry.
    """

    name: str
    parameters: tuple[Shape | Size | None, ...]
    result: Shape | None
    axis: str | None = None
    form: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Of the sizes that the parameters have."""
        shapes = [(parameter,) if isinstance(parameter, Size) else parameter or () for parameter in self.parameters]
        return names_in([size for shape in shapes for size in shape])

    @property
    def is_open(self) -> bool:
        """Whether the result has sizes that no parameter has."""
        return not {*names_in(self.result or ())} <= {*self.names}

    @property
    def literal(self) -> tuple[Size, ...]:
        """The sizes that are numbers."""
        arrays = [shape for shape in (*self.parameters, self.result) if isinstance(shape, tuple)]
        return tuple(dict.fromkeys([size for shape in arrays for size in shape if size.number is not None]))

    def fits(self, shape: Shape) -> Mapping[str, Size] | None:
        """The sizes of the parameters that make the result of this shape, as far as they are told."""
        if self.result is None:
            return {}
        if self.is_open or len(self.result) != len(shape):
            return None
        bound = {own.name: size for own, size in zip(self.result, shape, strict=True) if own.name}
        free = [name for name in names_in(self.result) if name not in bound]
        choices = ({**bound, **dict(zip(free, sizes, strict=True))} for sizes in product(map(Size.of, NAMES), repeat=len(free)))
        return next((choice for choice in choices if self.shape_at(choice) == shape), None)

    def shape_at(self, sizes: Mapping[str, Size]) -> Shape:
        return tuple([size.replaced(sizes) for size in self.result or ()])

    def is_possible(self, sizes: Mapping[str, Size]) -> bool:
        """Whether all arrays have entries, wherever they are evaluated, and none is a single number by its size."""
        arrays = [shape for shape in (*self.parameters, self.result) if isinstance(shape, tuple)]
        made = [size.replaced(sizes) for shape in arrays for size in shape]
        return all(size != ONE and size.value(at) > 0 for size in made for at in FIXED_SIZES)


_OF_PARTS = frozenset(["selection"])
"""Drawn as the forms that are made of them."""


@cache
def operations() -> tuple[Operation, ...]:
    """All that is drawn, but functions of one number."""
    written = [function for function in functions().values() if function.name not in {*of_one_number(), *_OF_PARTS}]
    found = [operation for function in written for operation in _of(function)]
    return (*found, *(Operation(name, *_sides(row), form=True) for row, names in FORMS.items() for name in names))


@cache
def fitting(shape: Shape) -> tuple[Operation, ...]:
    """The operations that may have a result of this shape."""
    return tuple([operation for operation in operations() if operation.fits(shape) is not None])


@cache
def of_one_number() -> Mapping[str, str]:
    """The functions of one number, and where they are defined: everywhere, above zero or one, or between 0 and 1 or -1 and 1."""
    names = [function.name for function in functions().values() if function.signature == "t -> t"]
    return {name: _domain(functions()[name]) for name in names}


def _domain(function: Function) -> str:
    if function.kind == "elementwise":
        return function.domain
    formula = elaborate(f"{function.name}(t)", {"t": "scalar"}).expression
    inside = [_is_defined(formula, probe) for probe in _PROBES]
    return "all" if inside[0] else "t > 0" if inside[2] else "0 < t < 1"


def _is_defined(formula: e.Expr, probe: float) -> bool:
    with np.errstate(all="ignore"):
        try:
            return bool(np.isfinite(evaluate(formula, {"t": probe}, {})))
        except MatcalcError:
            return False


def _of(function: Function) -> list[Operation]:
    parameters, result = _sides(function.signature)
    found = [Operation(function.name, parameters, result)]
    if function.axis:
        for axis, line in (("rows", 0), ("cols", 1)):
            whole = Size.of("r"), Size.of("c")
            found.append(Operation(function.name, (whole, *parameters[1:]), whole if result else (whole[line],), axis))
    return found


def _sides(signature: str) -> tuple[tuple[Shape | Size | None, ...], Shape | None]:
    left, _, right = signature.partition("->")
    parameters = [part.replace(" ", "").partition(":") for part in left.split(",")]
    entrywise = all(not kind for _, _, kind in parameters)
    made = [Size.of(name) if kind == "size" else _shape(kind) if kind else None for name, _, kind in parameters]
    return tuple(made), None if entrywise else _shape(right.strip())


@cache
def _shape(text: str) -> Shape:
    return elaborate("x", {"x": text.replace("-", " - ")}).expression.shape  # a hyphen between names is a cross


class TableGrower(FunctionGrower):
    """Every second operation is one of the table or a form."""

    def scalar(self, depth: int) -> e.Expr:
        if depth <= 0 or self.choose(2):
            return super().scalar(depth)
        if self.choose(2):
            return self.of_shape((), depth - 1)
        return self.reduced(self.anything(depth - 1), depth - 1)

    def column(self, size: Size, depth: int) -> e.Expr:
        if depth <= 0 or self.choose(2):
            return super().column(size, depth)
        return self.of_shape((size,), depth - 1)

    def matrix(self, rows: Size, cols: Size, depth: int) -> e.Expr:
        if depth <= 0 or self.choose(2):
            return super().matrix(rows, cols, depth)
        return self.of_shape((rows, cols), depth - 1)

    def elementwise(self, grow: Callable[[], e.Expr]) -> e.Expr:
        if self.choose(2):
            return super().elementwise(grow)
        names = list(of_one_number())
        return self.of_one(names[self.choose(len(names))], grow())

    def of_one(self, name: str, argument: e.Expr) -> e.Expr:
        """The function of something in its domain."""
        return e.Elementwise(name, self.within(of_one_number()[name], argument))

    def within(self, domain: str, argument: e.Expr) -> e.Expr:
        if domain in ("t > 0", "t > 1"):
            return self.above_one(argument)
        if domain == "0 < t < 1":
            return e.Elementwise("sigmoid", argument)
        if domain == "-1 < t < 1":
            return e.Product((_HALF, e.Elementwise("tanh", argument)))
        return argument if len(e.postorder(argument)) < 5 else e.Elementwise(("tanh", "sin", "atan")[self.choose(3)], argument)

    def of_shape(self, shape: Shape, depth: int) -> e.Expr:
        """An operation whose result has this shape."""
        if self.choose(3) == 0:
            names = list(of_one_number())
            return self.of_one(names[self.choose(len(names))], self.shaped(shape, depth))
        possible = fitting(shape)
        return self.applied_to(possible[self.choose(len(possible))], shape, depth)

    def anything(self, depth: int) -> e.Expr:
        """An operation with a result of any shape; where it is not read the simplest."""
        try:
            return self.applied_to(operations()[self.choose(len(operations()))], None, depth)
        except MatcalcError:
            return self.column(self.size(), 0)

    def sized(self, operation: Operation, shape: Shape | None) -> Mapping[str, Size]:
        """The sizes of the parameters; those that the shape of the result leaves open are chosen. Raises ShapeError where none fit."""
        bound = dict(operation.fits(shape) or {} if shape is not None else {})
        free = [name for name in operation.names if name not in bound]
        chosen = {**bound, **{name: self.size() for name in free}}
        if operation.is_open or operation.is_possible(chosen):
            return chosen
        made = [{**bound, **dict(zip(free, sizes, strict=True))} for sizes in product(self.sizes, repeat=len(free))]
        possible = [sizes for sizes in made if operation.is_possible(sizes)]
        if not possible:
            raise ShapeError(f"{operation.name} has no value at these sizes")
        return possible[self.choose(len(possible))]

    def applied_to(self, operation: Operation, shape: Shape | None, depth: int) -> e.Expr:
        bound, before = self.sized(operation, shape), self.sizes
        if shape is None and not operation.is_open:
            shape = operation.shape_at(bound)
        self.sizes = operation.literal or before
        parts = [self.argument(operation, k, bound, shape or (), depth) for k in range(len(operation.parameters))]
        self.sizes = before
        if operation.result is None:  # where two are the same, there is a kink or a jump everywhere
            parts = [self.applied(SMOOTH[place], part) if part in parts[:place] else part for place, part in enumerate(parts)]
        if shape is None:
            call = operation.name if operation.form else f"{operation.name}({', '.join(f'{{{k}}}' for k in range(len(parts)))})"
            shape = result_shape(call, tuple([part.shape for part in parts]))
        return e.Call(operation.name, tuple(parts), operation.axis, shape_of(*shape) if len(shape) > 1 else shape)

    def argument(self, operation: Operation, place: int, bound: Mapping[str, Size], shape: Shape, depth: int) -> e.Expr:
        parameter, function = operation.parameters[place], None if operation.form else functions()[operation.name]
        if parameter is None:
            return self.of_entries(function, place, shape, depth)
        if isinstance(parameter, Size):
            return e.SizeValue(parameter.replaced(bound))
        sizes = tuple([size.replaced(bound) for size in parameter])
        if not sizes:
            return self.number_of(function, depth)
        if function is None or function.kind == "defined" or len(sizes) < 2 or sizes[0] != sizes[1]:
            return self.shaped(sizes, depth)
        return self.square_of(function, sizes[0], depth)

    def of_entries(self, function: Function | None, place: int, shape: Shape, depth: int) -> e.Expr:
        """An argument of a function of several numbers."""
        if function is None or not function.partials:
            return self.shaped(() if place and self.choose(4) == 0 and function is not None else shape, depth)
        if not function.partials[place]:
            return e.Number(Fraction(1 + self.choose(2)))
        if function.partials[place] == "0":
            return e.Elementwise("step", self.shaped(shape, depth))
        last = place == len(function.partials) - 1
        if last and function.domain == "all":  # one with a cut, such as atan2
            return self.above_one(self.shaped(shape, depth))
        return self.within(function.domain if last else "all", self.shaped(shape, depth))

    def number_of(self, function: Function | None, depth: int) -> e.Expr:
        """A parameter that is a number; a whole one where nothing says what its derivative is."""
        if function is None or function.by_parameter:
            return self.scalar(min(depth, 1))
        return e.Number(Fraction((1, -1, 2, 0)[self.choose(4)]))

    def square_of(self, function: Function, size: Size, depth: int) -> e.Expr:
        """A square argument of an opaque function, for which it is defined."""
        shallow = min(depth, 1)
        if function.by_parameter or "positive definite" in function.condition or "∞" in function.condition:
            return self.definite_symbol(size) if self.choose(3) == 0 else self.definite(size, shallow)
        if function.requires or self.choose(3) == 0:
            return self.symmetric(size, shallow)
        return self.matrix(size, size, shallow)

    def shaped(self, shape: Sequence[Size], depth: int) -> e.Expr:
        if len(shape) == 2:
            return self.matrix(shape[0], shape[1], depth)
        return self.column(shape[0], depth) if shape else self.scalar(depth)

    def reduced(self, node: e.Expr, depth: int) -> e.Expr:
        """A scalar made of an array of any shape."""
        if node.is_scalar:
            return node
        return self.pick(
            lambda: e.Power(e.Norm(node, "2"), e.Number(Fraction(2))),
            lambda: e.Total(e.Elementwise(SMOOTH[self.choose(3)], node)),
            lambda: e.Total(self.hadamard(node, e.Elementwise(SMOOTH[self.choose(3)], node))),
            lambda: e.Total(self.elementwise(lambda: node)),
            lambda: e.Norm(node, "2"),
            lambda: e.Product((self.scalar(0), e.Total(self.above_one(node)))),
        )
