"""Callables of results: sizes found from every array that is given, and derivatives without a closed form laid out as arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from matcalc.einstein.nodes import Tensor
from matcalc.evaluation import compile_function, evaluate_tensor
from matcalc.evaluation.arrays import as_array, solve_sizes
from matcalc.expr.nodes import Expr, SizeValue, Symbol, postorder
from matcalc.language.text.spelling import canonical_name
from matcalc.records import record
from matcalc.sizes import ONE, Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LONGEST_SHOWN = 60


def expression_function(expression: Expr, others: Sequence[Symbol] = ()) -> Callable[..., NDArray[Any]]:
    """``compile_function``, with sizes that the arrays of ``others`` fix when those of the expression do not."""
    compiled = compile_function(expression)
    symbols = (*symbols_of(expression), *others)
    names = _size_names(expression, symbols)

    def function(**values: Any) -> NDArray[Any]:
        return compiled(**{**_sizes(symbols, names, values), **values})

    return function


def tensor_function(tensor: Tensor, source: Expr, wrt: tuple[Symbol, ...], layout: str) -> Callable[..., NDArray[Any]]:
    """The derivative of ``source``, given as a tensor, as a callable that returns an array in the layout."""
    symbols = (*symbols_of(source), *wrt)
    names = _size_names(source, symbols)

    def function(**values: Any) -> NDArray[Any]:
        sizes = _sizes(symbols, names, values)
        array = evaluate_tensor(tensor, values, sizes)
        numerator = tuple([size.value(sizes) for size in _axes(source.shape)])
        return laid_out(array, numerator, tuple([len(_axes(symbol.shape)) for symbol in wrt if symbol.shape]), layout)

    return function


def laid_out(array: NDArray[Any], numerator: tuple[int, ...], variables: tuple[int, ...], layout: str) -> NDArray[Any]:
    """A derivative with separate axes as the array of a layout.

    ``numerator`` are the lengths of the axes of the value, ``variables`` the number of axes of each variable that is no scalar. The axes
    of the value may come split, as those of a Kronecker product do. A Hessian has a row for each entry of the first variable, in every
    matrix layout.
    """
    below = sum(variables)
    array = array.reshape(numerator + array.shape[array.ndim - below :])
    if layout == "tensor" or array.ndim == 0:
        return array
    if not numerator and len(variables) == 1:
        return array.T if layout == "numerator" else array
    if not below:
        return array
    if not numerator:
        return _matrix(array, variables[0])
    flat = _matrix(array, len(numerator))
    return flat if layout == "numerator" else flat.T


def _matrix(array: NDArray[Any], above: int) -> NDArray[Any]:
    """Rows are the column-major vec of the first axes, columns that of the others."""
    rows = 1
    for length in array.shape[:above]:
        rows *= length
    return array.reshape((rows, -1), order="F")


def symbols_of(expression: Expr) -> tuple[Symbol, ...]:
    """The symbols of an expression, in reading order."""
    return tuple([node for node in postorder(expression) if isinstance(node, Symbol)])


@record
class Recipe:
    """How a callable is made, so that another process can make it again: the function of a module that does, and its arguments.

    ``families`` are names under which an array may be given too; ``shown`` says what the callable takes and returns.
    """

    maker: Callable[..., Callable[..., Any]]
    arguments: tuple[Any, ...]
    families: Mapping[str, str]
    shown: str
    field: str | None = None
    """Of a callable that returns several results by name, the one that is wanted."""


class ArrayFunction:
    """A function of arrays, which are its keywords, in any spelling of a name: ``β`` may be given for ``beta``, and the array of the x_i,
    called X in the formula, as ``x`` too.

    It can be copied and pickled: it is made again from the formula. Its docstring, where there is one, is the generated code.
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


def _axes(shape: Shape) -> Shape:
    return shape[1:] if len(shape) == 2 and shape[0] == ONE else shape


def _size_names(expression: Expr, symbols: Sequence[Symbol]) -> frozenset[str]:
    """The names of all sizes in an expression, without names that are symbols themselves."""
    sizes = [size for node in (*postorder(expression), *symbols) for size in node.shape]
    sizes += [node.size for node in postorder(expression) if isinstance(node, SizeValue)]
    return frozenset(name for size in sizes for name in size.names) - {symbol.name for symbol in symbols}


def _sizes(symbols: Sequence[Symbol], names: frozenset[str], values: Mapping[str, Any]) -> dict[str, int]:
    """A number for every size that a keyword or one of the arrays given for these symbols fixes."""
    given = {name: values[name] for name in sorted(names) if name in values}
    shapes = []
    for symbol in dict.fromkeys(symbols):
        if symbol.name in values:
            array = as_array(symbol.name, values[symbol.name], symbol.shape)
            shapes.append((symbol.name, symbol.shape, (array.size,) if len(symbol.shape) == 1 else array.shape if symbol.shape else ()))
    return solve_sizes(shapes, given, ())
