"""Code and callables for read expressions and derivations, and functions that compute a value with
its derivatives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

from matcalc.base.budgets import as_call
from matcalc.base.errors import MatcalcError, ShapeError
from matcalc.base.functions import over
from matcalc.base.layouts import Symmetric, laid_out
from matcalc.base.lazy import later
from matcalc.base.records import record
from matcalc.base.shapes import axes_of
from matcalc.codegen.factors import multiplies_kroneckers
from matcalc.codegen.generation import function, generate
from matcalc.codegen.requests import Check, Derivative, LaidOut, Operator, Output
from matcalc.codegen.targets import target_named
from matcalc.derivation.pipeline import Outcome, differentiate, released
from matcalc.einstein import nodes as ix
from matcalc.einstein.algebra import contract
from matcalc.evaluation.arrays import size_names_of, sizes_given
from matcalc.evaluation.interpreter import compile_function
from matcalc.evaluation.tensor_interpreter import evaluate_tensor
from matcalc.expr.nodes import Expr, Hadamard, Product, Symbol, Total, postorder
from matcalc.expr.rewriting import has_complex, replaced
from matcalc.facts.table import tying
from matcalc.language.declare.declared import Declare
from matcalc.language.elaboration import about_unused
from matcalc.language.text.spelling import canonical_name
from matcalc.objects.combining import declarations_of
from matcalc.objects.inputs import Expression, Name, Names, batched_names, listed, name_of, names_of, read

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from matcalc.codegen import complex_arrays
    from matcalc.evaluation import complex_points

else:
    complex_arrays = later("matcalc.codegen.complex_arrays")
    complex_points = later("matcalc.evaluation.complex_points")

_LONGEST_SHOWN = 60


def expression_function(expression: Expr, others: Sequence[Symbol] = ()) -> Callable[..., NDArray[Any]]:
    """``compile_function``, with sizes that the arrays of ``others`` fix when those of the
    expression do not."""
    compiled = compile_function(expression)
    symbols = (*symbols_of(expression), *others)
    names = size_names_of(expression, symbols)

    def function(**values: Any) -> NDArray[Any]:
        return compiled(**{**sizes_given(symbols, names, values), **values})

    return function


def tensor_function(tensor: ix.Tensor, source: Expr, wrt: tuple[Symbol, ...], layout: str) -> Callable[..., NDArray[Any]]:
    """The derivative of ``source``, given as a tensor, as a callable that returns an array in the
    layout."""
    symbols = (*symbols_of(source), *wrt)
    names = size_names_of(source, symbols)

    def function(**values: Any) -> NDArray[Any]:
        sizes = sizes_given(symbols, names, values)
        array = evaluate_tensor(tensor, values, sizes)
        numerator = tuple([size.value(sizes) for size in axes_of(source.shape)])
        return laid_out(array, numerator, tuple([len(axes_of(symbol.shape)) for symbol in wrt if symbol.shape]), layout)

    return function


def symbols_of(expression: Expr) -> tuple[Symbol, ...]:
    """The symbols of an expression, in reading order."""
    return tuple([node for node in postorder(expression) if isinstance(node, Symbol)])


@record
class Recipe:
    """How a callable is made, so that another process can make it again: the function of a module
    that does, and its arguments.

    ``families`` are names under which an array may be given too; ``shown`` says what the callable
    takes and returns.
    """

    maker: Callable[..., Callable[..., Any]]
    arguments: tuple[Any, ...]
    families: Mapping[str, str]
    shown: str
    field: str | None = None
    """Of a callable that returns several results by name, the one that is wanted."""


class ArrayFunction:
    """A function of arrays, which are its keywords, in any spelling of a name: ``β`` may be given
    for ``beta``, and the array of the x_i, called X in the formula, as ``x`` too.

    It can be copied and pickled: it is made again from the formula. Its docstring, where there is
    one, is the generated code.
    """

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._call: Callable[..., Any] = recipe.maker(*recipe.arguments)
        self.__name__ = self.__qualname__ = getattr(self._call, "__name__", "function")
        self.__doc__ = self._call.__doc__

    def __call__(self, /, **values: Any) -> Any:
        spelled = {canonical_name(name): value for name, value in values.items()}
        for name, title in self._recipe.families.items():
            if name in spelled:
                array = spelled.pop(name)
                spelled.setdefault(title, array)
        found = self._call(**spelled)
        return found if self._recipe.field is None else found[self._recipe.field]

    def __reduce__(self) -> tuple[type[ArrayFunction], tuple[Recipe]]:
        return ArrayFunction, (self._recipe,)

    def __copy__(self) -> ArrayFunction:
        return self

    def __deepcopy__(self, _: object) -> ArrayFunction:
        return self

    def __repr__(self) -> str:
        return f"<function of {self._recipe.shown}>"


def array_function(
    maker: Callable[..., Callable[..., Any]],
    *arguments: Any,
    declarations: Mapping[str, str],
    result: str,
    families: Mapping[str, str] | None = None,
    field: str | None = None,
) -> ArrayFunction:
    """The callable that a function makes of the arguments; the rest is for ``repr``."""
    takes = ", ".join(f"{name}: {kind}" for name, kind in declarations.items())
    if len(takes) > _LONGEST_SHOWN:
        takes = f"{len(declarations)} names"
    return ArrayFunction(Recipe(maker, arguments, dict(families or {}), f"{takes} → {result}", field))


def _or_evaluated(
    outputs: Mapping[str, Output],
    target: str,
    name: str,
    others: Sequence[Symbol],
    evaluated: Callable[[], Callable[..., Any]],
    batched: Sequence[str] = (),
    sparse: Sequence[str] = (),
) -> Callable[..., Any]:
    """The generated function; of a target that evaluates, the evaluator's where there is no
    code."""
    try:
        return function(outputs, target, name=name, others=others, batched=batched, sparse=sparse)
    except MatcalcError:
        if batched or sparse or not target_named(target).evaluates:
            raise
        return evaluated()


def derivative_output(outcome: Outcome, source: Expr, wrt: tuple[Symbol, ...], layout: str) -> Output:
    """What code is generated for: the closed form, or the tensor laid out when there is none that
    is cheap to compute."""
    if outcome.expression is not None and not multiplies_kroneckers(outcome.expression):
        return outcome.expression
    return LaidOut(
        outcome.tensor, axes_of(source.shape), tuple([len(axes_of(symbol.shape)) for symbol in wrt if symbol.shape]), layout
    )


def derivative_name(source: Expr, wrt: tuple[Symbol, ...]) -> str:
    """What the function of a derivative is called."""
    if source.is_scalar:
        return "hessian" if len(wrt) == 2 else "gradient"
    return "jacobian" if len(wrt) == 1 else "derivative"


def derivative_code(
    outcome: Outcome,
    source: Expr,
    wrt: tuple[Symbol, ...],
    layout: str,
    symmetric: str,
    target: str,
    batched: Names = (),
    sparse: Names = (),
) -> str:
    """The source of a function for a derivative, which checks itself by finite differences when it
    is run."""
    name = derivative_name(source, wrt)
    check = Check(source, {name: Derivative(wrt, layout, symmetric)})
    output = derivative_output(outcome, source, wrt, layout)
    symbols = (*symbols_of(source), *wrt)
    many, entries = batched_names(batched, symbols), batched_names(sparse, symbols, "sparse")
    return generate({name: output}, target, name=name, check=check, batched=many, sparse=entries)


def derivative_callable(
    outcome: Outcome,
    source: Expr,
    wrt: tuple[Symbol, ...],
    layout: str,
    target: str,
    batched: Sequence[str] = (),
    sparse: Sequence[str] = (),
) -> Callable[..., Any]:
    """A callable for a derivative; of a target that evaluates, the evaluator takes what there is no
    code for."""
    others = (*symbols_of(source), *wrt)
    outputs = {"result": derivative_output(outcome, source, wrt, layout)}

    evaluated = partial(_evaluated, outcome, source, wrt, others, layout)
    return _or_evaluated(outputs, target, derivative_name(source, wrt), others, evaluated, batched, sparse)


def _evaluated(
    outcome: Outcome, source: Expr, wrt: tuple[Symbol, ...], others: Sequence[Symbol], layout: str
) -> Callable[..., Any]:
    if outcome.expression is not None:
        return expression_function(outcome.expression, others)
    return tensor_function(outcome.tensor, source, wrt, layout)


HessianNames: TypeAlias = "Name | Sequence[Name | tuple[Name, Name]]"


@dataclass(frozen=True, slots=True)
class Compiled:
    """A generated function: call it with the symbols as keyword arguments; ``source`` is its text,
    with a self check under ``__main__``.

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
    symmetric: Symmetric = "projected",
    batched: Names = (),
    sparse: Names = (),
    shard: str | None = None,
) -> Compiled:
    """A function for the value of a scalar expression and derivatives of it.

    ``gradient``, ``hessian`` (also pairs of names), ``hessian_operator`` and ``hvp`` name the
    symbols to differentiate by. Outputs are ``value``, ``gradient_x``, ``hessian_x``,
    ``hessian_operator_x``, a callable that multiplies a direction shaped like x, and ``hvp_x``, the
    product of the Hessian with the argument ``dx``. ``target`` is one of ``rules/functions.toml``;
    of one that does not run in Python, as ``"julia"``, there is the ``source`` only. ``sizes`` order
    products by cost. Symbols that are ``batched`` have leading axes, and so do the results, one for
    each place along them. Those that are ``sparse`` are matrices of ``scipy.sparse``, of JAX BCOO:
    what they multiply entry by entry is computed at the entries of the first one only, and an output
    with entries only there is sparse. JAX splits axes of the size ``shard`` over its devices.

    Raises MatcalcError; ShapeError where derivatives of what is no scalar are asked for.

    >>> compile("||X - UV||^2", gradient=["U", "V"]).outputs
    ('value', 'gradient_U', 'gradient_V')
    """
    target_named(target := over(target, shard))  # what is wrong with it is said before anything is read
    pairs = _pairs(hessian)
    singles = {"gradient": names_of(gradient), "hessian_operator": names_of(hessian_operator), "hvp": names_of(hvp)}
    wrt = list(dict.fromkeys(chain(*singles.values(), *pairs)))
    elaborated = read(expression, declare, wrt=wrt)
    about_unused(declare, tuple(elaborated.declarations), *wrt, *(f"d{name}" for name in wrt))
    source = elaborated.expression
    if wrt and not source.is_scalar:
        raise ShapeError(
            "gradients and Hessians need a scalar expression", suggestion="matcalc.derive(...).code(...) for a Jacobian"
        )
    found = {symbol.name: symbol for symbol in symbols_of(source)}
    missing = [name for name in wrt if name not in found]
    if missing:
        raise MatcalcError(f"the expression does not depend on {', '.join(missing)}")
    request = _Request(source, target, symmetric)
    if value:
        request.outputs["value"], request.derivatives["value"] = source, Derivative()
    for name in singles["gradient"]:
        request.derivative(f"gradient_{name}", (found[name],))
    for first, second in pairs:
        request.derivative(f"hessian_{first}" if first == second else f"hessian_{first}_{second}", (found[first], found[second]))
    for name in singles["hessian_operator"]:
        request.along(f"hessian_operator_{name}", found[name], bound=False)
    for name in singles["hvp"]:
        request.along(f"hvp_{name}", found[name], bound=True)
    symbols = [*found.values(), *request.directions]
    request.sparse = batched_names(sparse, symbols, "sparse")
    return request.compiled(sizes, batched_names(batched, symbols))


def _pairs(hessian: HessianNames) -> list[tuple[str, ...]]:
    """The two names of each Hessian. Raises MatcalcError for one by other numbers of names."""
    pairs = [names_of(name) if isinstance(name, tuple) else (name_of(name),) * 2 for name in listed(hessian)]
    if any(len(pair) != 2 for pair in pairs):
        raise MatcalcError("a Hessian is by one name or by two", expected='hessian=["x", ("x", "y")]')
    return pairs


class _Request:
    """The outputs asked for, and what each of them is."""

    def __init__(self, source: Expr, target: str, symmetric: Symmetric) -> None:
        self.source = source
        self.target = target
        self.symmetric = symmetric
        self.outputs: dict[str, Output] = {}
        self.derivatives: dict[str, Derivative] = {}
        self.directions: list[Symbol] = []
        self.sparse: tuple[str, ...] = ()

    def derivative(self, name: str, wrt: tuple[Symbol, ...]) -> None:
        outcome = differentiate(self.source, wrt, symmetric=self.symmetric)
        self.outputs[name] = derivative_output(outcome, self.source, wrt, "denominator")
        self.derivatives[name] = Derivative(wrt, "denominator", self.symmetric)

    def along(self, name: str, symbol: Symbol, *, bound: bool) -> None:
        """The derivative of the gradient along a direction: the Hessian times it, without the
        Hessian."""
        direction = Symbol(f"d{symbol.name}", symbol.shape, tying(symbol.properties))
        free, found = released(symbol), None
        gradient = differentiate(replaced(self.source, {symbol.name: free}), (free,), symmetric=self.symmetric).expression
        if gradient is not None:
            slope = Product((gradient, direction)) if symbol.is_scalar else Total(Hadamard((gradient, direction)), None)
            found = differentiate(slope, (free,), symmetric=self.symmetric).expression
        output = self._tensor_along(symbol, direction) if found is None else replaced(found, {symbol.name: symbol})
        self.outputs[name] = output if bound else Operator(output, direction)
        self.directions.append(direction)
        self.derivatives[name] = Derivative((symbol, symbol), "tensor", self.symmetric, direction)

    def _tensor_along(self, symbol: Symbol, direction: Symbol) -> LaidOut:
        """The same in index notation, where there is no closed form."""
        hessian = differentiate(self.source, (symbol, symbol), symmetric=self.symmetric).tensor
        axes = axes_of(symbol.shape)
        labels = tuple(range(2 * len(axes)))
        moved = ix.Symbol(direction.name, axes, direction.properties)
        tensor = contract([hessian, moved], [labels, labels[len(axes) :]], labels[: len(axes)], dict(enumerate(axes + axes)))
        return LaidOut(tensor, (), (len(axes),), "denominator")

    def compiled(self, sizes: Mapping[str, int] | None, batched: tuple[str, ...] = ()) -> Compiled:
        if not self.outputs:
            raise MatcalcError(
                "nothing was asked for", expected="value=True, gradient=..., hessian=..., hessian_operator=... or hvp=..."
            )
        if batched and any(isinstance(output, Operator) for output in self.outputs.values()):
            raise MatcalcError("a Hessian operator is one function, and none for each place", suggestion="hvp=...")
        check = Check(self.source, self.derivatives)
        source = generate(
            self.outputs, self.target, name="compute", check=check, sizes=sizes, batched=batched, sparse=self.sparse
        )
        symbols = (*symbols_of(self.source), *self.directions) if batched else symbols_of(self.source)
        if not target_named(self.target).in_python:
            return Compiled(source, tuple(self.outputs), partial(computed, self.outputs, self.target, {}, symbols))
        call = array_function(
            computed,
            dict(self.outputs),
            self.target,
            dict(sizes or {}),
            symbols,
            batched,
            self.sparse,
            declarations=declarations_of(self.source),
            result=", ".join(self.outputs),
        )
        return Compiled(source, tuple(self.outputs), call)


def computed(
    outputs: Mapping[str, Output],
    target: str,
    sizes: Mapping[str, int],
    symbols: Sequence[Symbol],
    batched: Sequence[str] = (),
    sparse: Sequence[str] = (),
    **values: Any,
) -> Callable[..., Any]:
    """The callable behind ``Compiled``. Raises MatcalcError for a target that does not run in
    Python, whatever the ``values``."""
    return function(outputs, target, name="compute", sizes=sizes, others=symbols, batched=batched, sparse=sparse)


def value_callable(
    value: Expr | LaidOut, inputs: Sequence[Symbol], target: str, batched: Sequence[str] = (), sparse: Sequence[str] = ()
) -> Callable[..., Any]:
    """A callable for an expression, or for one side of an equation that has no matrix form; of a
    target that evaluates, the evaluator takes what there is no code for."""
    if isinstance(value, LaidOut):
        return function({"value": value}, target, name="value", others=inputs)

    def evaluated() -> Callable[..., Any]:
        return expression_function(value, inputs)

    try:
        plain = _of_complex(value)
    except MatcalcError:
        if batched or sparse or not target_named(target).evaluates:
            raise
        return evaluated()
    return _or_evaluated({"value": plain}, target, "value", inputs, evaluated, batched, sparse)


def value_code(value: Expr | LaidOut, target: str, batched: Names = (), sparse: Names = ()) -> str:
    """The source of a function for an expression, or for one side of an equation."""
    symbols = symbols_of(value) if isinstance(value, Expr) else ()
    many, entries = batched_names(batched, symbols), batched_names(sparse, symbols, "sparse")
    plain = _of_complex(value) if isinstance(value, Expr) else value
    return generate({"value": plain}, target, name="value", batched=many, sparse=entries)


def _of_complex(value: Expr) -> Expr:
    """What code for complex arrays is written from: symbols without facts, of which code for real
    ones would make use. Raises MatcalcError where the code for NumPy gives other values than the
    formula."""
    if not has_complex(value):
        return value
    plain = complex_arrays.for_complex_arrays(value)
    if not complex_points.same_values(value, symbols_of(value), function({"value": plain}, "numpy", name="value")):
        raise MatcalcError("there is no code for complex arrays for this", suggestion="the same formula written by conj and abs")
    return plain


def gradients_callable(
    outcomes: Mapping[Symbol, Outcome],
    source: Expr,
    inputs: Sequence[Symbol],
    layout: str,
    target: str,
    batched: Sequence[str] = (),
    sparse: Sequence[str] = (),
) -> Callable[..., dict[str, Any]]:
    """A callable that returns every derivative by name, computing what they share once."""
    names = [symbol.name for symbol in outcomes]
    outputs = _outputs(outcomes, source, layout)

    def evaluated() -> Callable[..., Any]:
        singles = [_evaluated(outcome, source, (symbol,), inputs, layout) for symbol, outcome in outcomes.items()]
        return lambda **values: [single(**values) for single in singles]

    made = _or_evaluated(outputs, target, "gradients", inputs, evaluated, batched, sparse)

    def gradients(**values: Any) -> dict[str, Any]:
        found = made(**values)
        return dict(zip(names, found if isinstance(found, list | tuple) else (found,), strict=True))

    return gradients


def gradients_code(
    outcomes: Mapping[Symbol, Outcome],
    source: Expr,
    layout: str,
    symmetric: str,
    target: str,
    batched: Names = (),
    sparse: Names = (),
) -> str:
    """The source of a function that returns every derivative; unless one is by a named result, it
    checks itself when it is run."""
    outputs = _outputs(outcomes, source, layout)
    check = None
    if set(outcomes) <= set(symbols_of(source)):
        check = Check(source, {f"gradient_{symbol.name}": Derivative((symbol,), layout, symmetric) for symbol in outcomes})
    symbols = (*symbols_of(source), *outcomes)
    many, entries = batched_names(batched, symbols), batched_names(sparse, symbols, "sparse")
    return generate(outputs, target, name="gradients", check=check, batched=many, sparse=entries)


def _outputs(outcomes: Mapping[Symbol, Outcome], source: Expr, layout: str) -> dict[str, Output]:
    return {
        f"gradient_{symbol.name}": derivative_output(outcome, source, (symbol,), layout) for symbol, outcome in outcomes.items()
    }
