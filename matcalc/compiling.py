"""Functions that compute a value and its derivatives together, sharing what they have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from matcalc.calling import array_function
from matcalc.codegen import Check, Derivative, LaidOut, Operator, Output, function, generate, target_named
from matcalc.derivation import differentiate
from matcalc.einstein import nodes as ix
from matcalc.einstein.algebra import contract
from matcalc.errors import MatcalcError, ShapeError
from matcalc.expr.nodes import Expr, Hadamard, Product, Symbol, Total, postorder
from matcalc.facts.ties import tying
from matcalc.inputs import Expression, Name, Names, as_call, listed, name_of, names_of, read
from matcalc.language.declare.texts import Declare, about_unused
from matcalc.operators.combining import declarations_of
from matcalc.programs import derivative_output
from matcalc.sizes import axes_of

HessianNames: TypeAlias = "Name | Sequence[Name | tuple[Name, Name]]"


@dataclass(frozen=True, slots=True)
class Compiled:
    """A generated function: call it with the symbols as keyword arguments; ``source`` is its text, with a self check under ``__main__``.

    It returns an array for one output, else a named tuple with a field for each of ``outputs``.
    """

    source: str
    outputs: tuple[str, ...]
    _call: Any

    def __repr__(self) -> str:
        return repr(self._call).replace("<function", "<Compiled function")

    def __call__(self, /, **values: Any) -> Any:
        return self._call(**values)


@as_call
def compile(
    expression: Expression,
    *,
    value: bool = True,
    gradient: Names = (),
    hessian: HessianNames = (),
    hessian_operator: Names = (),
    hvp: Names = (),
    target: str = "numpy",
    declare: Declare = None,
    sizes: Mapping[str, int] | None = None,
    symmetric: str = "projected",
) -> Compiled:
    """A function for the value of a scalar expression and derivatives of it.

    ``gradient``, ``hessian`` (also pairs of names), ``hessian_operator`` and ``hvp`` name the symbols to differentiate by. Outputs are
    ``value``, ``gradient_x``, ``hessian_x``, ``hessian_operator_x``, a callable that multiplies a direction shaped like x, and ``hvp_x``,
    the product of the Hessian with the argument ``dx``. ``target`` is ``"numpy"``, ``"jax"`` or ``"torch"``. ``sizes`` are used
    to order products by cost; the function is right for all sizes.

    Raises MatcalcError; ShapeError when the expression is not a scalar and derivatives are asked for.

    >>> compile("||X - UV||^2", gradient=["U", "V"]).outputs
    ('value', 'gradient_U', 'gradient_V')
    """
    target_named(target)  # what is wrong with it is said before anything is read
    pairs = [_pair(name) for name in listed(hessian)]
    singles = {"gradient": names_of(gradient), "hessian_operator": names_of(hessian_operator), "hvp": names_of(hvp)}
    wrt = list(dict.fromkeys([*(name for names in singles.values() for name in names), *(name for pair in pairs for name in pair)]))
    elaborated = read(expression, declare, wrt=wrt)
    about_unused(declare, tuple(elaborated.declarations), *wrt, *(f"d{name}" for name in wrt))
    source = elaborated.expression
    if wrt and not source.is_scalar:
        raise ShapeError("gradients and Hessians need a scalar expression", suggestion="matcalc.derive(...).code(...) for a Jacobian")
    found = {node.name: node for node in postorder(source) if isinstance(node, Symbol)}
    missing = [name for name in wrt if name not in found]
    if missing:
        raise MatcalcError(f"the expression does not depend on {', '.join(missing)}")
    request = _Request(source, target, symmetric)
    if value:
        request.add("value", source, Derivative())
    for name in singles["gradient"]:
        request.derivative(f"gradient_{name}", (found[name],))
    for first, second in pairs:
        request.derivative(f"hessian_{first}" if first == second else f"hessian_{first}_{second}", (found[first], found[second]))
    for name in singles["hessian_operator"]:
        request.along(f"hessian_operator_{name}", found[name], bound=False)
    for name in singles["hvp"]:
        request.along(f"hvp_{name}", found[name], bound=True)
    return request.compiled(sizes)


class _Request:
    """The outputs asked for, and what each of them is."""

    def __init__(self, source: Expr, target: str, symmetric: str) -> None:
        self.source = source
        self.target = target
        self.symmetric = symmetric
        self.outputs: dict[str, Output] = {}
        self.derivatives: dict[str, Derivative] = {}

    def add(self, name: str, output: Output, derivative: Derivative) -> None:
        self.outputs[name] = output
        self.derivatives[name] = derivative

    def derivative(self, name: str, wrt: tuple[Symbol, ...]) -> None:
        outcome = differentiate(self.source, wrt, symmetric=self.symmetric)  # type: ignore[arg-type]
        output = derivative_output(outcome, self.source, wrt, "denominator")
        self.add(name, output, Derivative(wrt, "denominator", self.symmetric))

    def along(self, name: str, symbol: Symbol, *, bound: bool) -> None:
        """The derivative of the gradient along a direction: the Hessian times it, without the Hessian."""
        direction = Symbol(f"d{symbol.name}", symbol.shape, tying(symbol.properties))
        gradient = differentiate(self.source, (symbol,), symmetric=self.symmetric).expression  # type: ignore[arg-type]
        output: Expr | LaidOut | None = None
        if gradient is not None:
            slope = Product((gradient, direction)) if symbol.is_scalar else Total(Hadamard((gradient, direction)), None)
            output = differentiate(slope, (symbol,), symmetric=self.symmetric).expression  # type: ignore[arg-type]
        if output is None:
            output = self._tensor_along(symbol, direction)
        made: Output = output if bound else Operator(output, direction)
        self.add(name, made, Derivative((symbol, symbol), "tensor", self.symmetric, direction))

    def _tensor_along(self, symbol: Symbol, direction: Symbol) -> LaidOut:
        """The same in index notation, where there is no closed form."""
        hessian = differentiate(self.source, (symbol, symbol), symmetric=self.symmetric).tensor  # type: ignore[arg-type]
        axes = axes_of(symbol.shape)
        labels = tuple(range(2 * len(axes)))
        moved = ix.Symbol(direction.name, axes, direction.properties)
        tensor = contract([hessian, moved], [labels, labels[len(axes) :]], labels[: len(axes)], dict(enumerate(axes + axes)))
        return LaidOut(tensor, (), (len(axes),), "denominator")

    def compiled(self, sizes: Mapping[str, int] | None) -> Compiled:
        if not self.outputs:
            raise MatcalcError("nothing was asked for", expected="value=True, gradient=..., hessian=..., hessian_operator=... or hvp=...")
        check = Check(self.source, self.derivatives)
        source = generate(self.outputs, self.target, name="compute", check=check, sizes=sizes)
        symbols = [node for node in postorder(self.source) if isinstance(node, Symbol)]
        call = array_function(
            computed,
            dict(self.outputs),
            self.target,
            dict(sizes or {}),
            tuple(symbols),
            declarations=declarations_of(self.source),
            result=", ".join(self.outputs),
        )
        return Compiled(source, tuple(self.outputs), call)


def computed(outputs: Mapping[str, Output], target: str, sizes: Mapping[str, int], symbols: Sequence[Symbol]) -> Callable[..., Any]:
    """The callable behind ``Compiled``."""
    return function(outputs, target, name="compute", sizes=sizes, others=symbols)


def _pair(names: Name | tuple[Name, Name]) -> tuple[str, str]:
    if isinstance(names, tuple):
        return name_of(names[0]), name_of(names[1])
    return name_of(names), name_of(names)
