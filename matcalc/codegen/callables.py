"""Generated functions with checked arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matcalc.base.errors import LimitError, MatcalcError, ShapeError
from matcalc.base.shapes import shape_text
from matcalc.codegen.generation import compile_source, generated
from matcalc.codegen.requests import Output, array_axes, size_statements
from matcalc.codegen.targets import target_named
from matcalc.evaluation.arrays import solve_sizes
from matcalc.expr.nodes import Symbol
from matcalc.language.text.spelling import canonical_name


def function(
    outputs: Mapping[str, Output],
    target: str,
    *,
    name: str = "function",
    sizes: Mapping[str, int] | None = None,
    others: Sequence[Symbol] = (),
) -> Callable[..., Any]:
    """The generated function, compiled, taking the symbols as keyword arguments under their own
    names.

    A size that no array fixes is a keyword integer, or is read off the arrays of ``others``,
    symbols that the code itself does not use. Vectors may be given as ``(n, 1)`` or ``(1, n)`` too.
    Works on tracers: it may be jitted, and mapped over batches. The callable raises ShapeError for
    arrays that do not fit, MatcalcError for a missing argument or a singular matrix.
    """
    library = target_named(target)
    if not library.in_python:
        raise MatcalcError(f"{target} code does not run in Python", suggestion=f'code("{target}"), which is its source text')
    made = generated(outputs, target, name=name, sizes=sizes, others=others)
    compiled = compile_source(made.source)
    parameters = made.parameters
    _, open_sizes = size_statements(parameters.symbols, parameters.sizes, parameters.names, library)
    symbols = [(symbol, parameters.names.of("symbol", symbol.name)) for symbol in parameters.symbols]
    functions = [(user, parameters.names.of("function", user)) for user in parameters.functions]
    spelled = [(size, parameters.names.of("size", size)) for size in open_sizes]
    extra = [symbol for symbol in dict.fromkeys(others) if symbol.name not in {known.name for known in parameters.symbols}]
    converted = library.converter()
    failures = library.failures()
    taken = {symbol.name for symbol, _ in symbols}
    needed = {*taken, *(size for size, _ in spelled)}
    sizes_named = {one for symbol in (*made.parameters.symbols, *extra) for size in symbol.shape for one in size.names} | set(
        open_sizes
    )
    checkable = tuple(sorted(sizes_named - taken - {symbol.name for symbol in extra} - set(parameters.functions)))

    fixed = any(size.number is not None for symbol in extra for size in symbol.shape)

    def call(**values: Any) -> Any:
        if not needed <= values.keys():
            values = {canonical_name(one): value for one, value in values.items()}
        missing = [symbol.name for symbol, _ in symbols if symbol.name not in values]
        missing += [user for user, spelling in functions if user not in values and spelling not in values]
        if missing:
            raise MatcalcError(
                f"no value was given for {', '.join(missing)}", suggestion=", ".join(f"{one}=..." for one in missing)
            )
        for user, spelling in functions:
            if not callable(values.get(user, values.get(spelling))):
                raise MatcalcError(f"the value of {user} is not a function")
        arrays = {symbol.name: _fitting(symbol, converted(symbol.name, values[symbol.name])) for symbol, _ in symbols}
        shapes = [(symbol.name, array_axes(symbol), tuple(arrays[symbol.name].shape)) for symbol, _ in symbols]
        given = {
            size: values[size]
            for size in checkable
            if size in values and (size in open_sizes or not library.is_traced(values[size]))
        }
        if given or open_sizes or fixed:
            more = {one: _fitting(one, converted(one.name, values[one.name])) for one in extra if one.name in values}
            shapes += [(one.name, array_axes(one), tuple(array.shape)) for one, array in more.items()]
        numbers = _sizes(shapes, given, open_sizes)
        arguments = {spelling: arrays[symbol.name] for symbol, spelling in symbols}
        arguments.update({spelling: values[user] if user in values else values[spelling] for user, spelling in functions})
        arguments.update({spelling: numbers[size] for size, spelling in spelled})
        try:
            return compiled(**arguments)
        except MemoryError as error:
            raise LimitError(f"an array is too large for the memory: {error}") from error
        except failures as error:
            raise MatcalcError(f"the function cannot be computed at this point: {error}") from error

    call.__name__ = name
    call.__doc__ = made.source
    return call


def _sizes(shapes: list[tuple[str, Any, tuple[int, ...]]], given: Mapping[str, int], needed: Sequence[str]) -> Mapping[str, int]:
    """Numbers for the sizes; the common case, single names that agree, without the solver."""
    if given:
        return solve_sizes(shapes, given, needed)
    found: dict[str, int] = {}
    for _, sizes, lengths in shapes:
        for size, length in zip(sizes, lengths, strict=True):
            if size.name is not None:
                if found.setdefault(size.name, length) == length:
                    continue
            elif size.number == length:
                continue
            return solve_sizes(shapes, given, needed)
    return found if all(name in found for name in needed) else solve_sizes(shapes, given, needed)


def _fitting(symbol: Symbol, array: Any) -> Any:
    """The array with the axes of the symbol. Raises ShapeError when it has others."""
    axes = array_axes(symbol)
    if len(array.shape) == len(axes):
        return array
    long_axes = [length for length in array.shape if length != 1]
    if (not axes and not long_axes) or (len(axes) == 1 and len(array.shape) <= 2 and len(long_axes) <= 1):
        return array.reshape(()) if not axes else array.reshape(-1)
    raise ShapeError(f"{symbol.name} is {shape_text(symbol.shape)}, but the array given for it has shape {tuple(array.shape)}")
