"""Generated functions as users call them, with checked arguments."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matcalc.base.errors import MatcalcError, ShapeError
from matcalc.base.own_functions import written_function
from matcalc.base.shapes import axes_of, shape_text
from matcalc.base.sizes import Size, names_in
from matcalc.codegen.requests import Parameters, size_statements
from matcalc.codegen.targets import Target
from matcalc.evaluation.arrays import solve_sizes
from matcalc.expr.nodes import Symbol
from matcalc.language.text.spelling import canonical_name

BATCH = Size.of("leading axis")
"""The length of the leading axis of arrays that are many; no size of a formula has such a name."""


def with_leading_axis(symbols: Sequence[Symbol], batched: Sequence[str]) -> list[Symbol]:
    """The symbols, of which some have an axis in front."""
    return [Symbol(one.name, (BATCH, *axes_of(one.shape))) if one.name in batched else one for one in symbols]


class LeadingAxes:
    """The axes in front of arrays that are many; the code has one, which counts all of them."""

    def __init__(self, symbols: Sequence[Symbol], library: Target) -> None:
        self._orders = {symbol.name: len(axes_of(symbol.shape)) for symbol in symbols}
        self._converted = library.converter()

    def joined(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[int, ...]]:
        """The values with one leading axis, and those that they had. Raises ShapeError where arrays
        have different ones, or none."""
        found, axes = {canonical_name(name): value for name, value in values.items()}, dict[str, tuple[int, ...]]()
        for name, order in self._orders.items():
            if name in found:
                array = self._converted(name, found[name])
                place = len(array.shape) - order
                axes[name] = tuple(array.shape[: max(place, 0)])
                if place < 1:
                    raise ShapeError(f"{name} is batched, but the array given for it has shape {tuple(array.shape)}")
                found[name] = array.reshape((math.prod(axes[name]), *array.shape[place:]))
        if len(set(axes.values())) > 1:
            raise ShapeError(f"leading axes differ: {', '.join(f'{name} has {one}' for name, one in axes.items())}")
        return found, next(iter(axes.values()), (0,))

    def apart(self, result: Any, axes: tuple[int, ...]) -> Any:
        """The results with the leading axes that the arrays had."""
        if isinstance(result, tuple):
            return type(result)(*[one.reshape((*axes, *one.shape[1:])) for one in result])
        return result.reshape((*axes, *result.shape[1:]))


class Arguments:
    """What a generated function may be called with, by the names of the formula."""

    def __init__(self, parameters: Parameters, library: Target, others: Sequence[Symbol], sparse: Sequence[str] = ()) -> None:
        self.sparse = frozenset(sparse)
        names = parameters.names
        _, self.open_sizes = size_statements(parameters.symbols, parameters.sizes, names, library)
        self.symbols = {symbol: names.of("symbol", symbol.name) for symbol in parameters.symbols}
        self.functions = {user: names.of("function", user) for user in parameters.functions}
        self.sizes = {size: names.of("size", size) for size in self.open_sizes}
        taken = {symbol.name for symbol in self.symbols}
        self.needed = {*taken, *self.sizes}
        self.others = [symbol for symbol in dict.fromkeys(others) if symbol.name not in taken]
        self.fixed = any(size.number is not None for symbol in self.others for size in symbol.shape)
        sizes = {*names_in([size for symbol in (*self.symbols, *self.others) for size in symbol.shape]), *self.sizes}
        self.checkable = sorted(sizes - taken - {symbol.name for symbol in self.others} - set(self.functions))
        self.converted = library.converter()
        self.is_traced, self.of_type = library.is_traced, library.of_type
        self.scalars = [symbol for symbol in self.symbols if not symbol.shape]

    def checked(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of the function itself."""
        if not self.needed <= values.keys():
            values = {canonical_name(one): value for one, value in values.items()}
        users = self._users(values)
        arrays = {symbol: self._array(symbol, values) for symbol in self.symbols}
        plain = [symbol for symbol in self.scalars if not hasattr(values[symbol.name], "dtype")]
        if plain:  # numbers of Python have no type of their own
            typed = [array for symbol, array in arrays.items() if symbol not in plain] + self._others(values)
            arrays |= {symbol: self.of_type(arrays[symbol], typed) for symbol in plain}
        given = {size: values[size] for size in self.checkable if size in values and self._is_checked(size, values[size])}
        shaped = dict(arrays)
        if given or self.open_sizes or self.fixed:
            shaped |= {one: self._array(one, values) for one in self.others if one.name in values}
        shapes = [(symbol.name, axes_of(symbol.shape), tuple(array.shape)) for symbol, array in shaped.items()]
        numbers = _sizes(shapes, given, self.open_sizes)
        arguments = {spelling: arrays[symbol] for symbol, spelling in self.symbols.items()}
        return {**arguments, **users, **{spelling: numbers[size] for size, spelling in self.sizes.items()}}

    def _others(self, values: Mapping[str, Any]) -> list[Any]:
        """The arrays given for symbols that the code does not use."""
        return [self._array(one, values) for one in self.others if hasattr(values.get(one.name), "dtype")]

    def typed(self, result: Any, values: Mapping[str, Any]) -> Any:
        """A result that no array went into, in the type of those that were given."""
        if self.symbols or not self.others:
            return result
        given = self._others({canonical_name(one): value for one, value in values.items()})
        results = result if isinstance(result, tuple) else (result,)
        made = [one if callable(one) else self.of_type(one, given) for one in results]
        return type(result)(*made) if isinstance(result, tuple) else made[0]

    def _is_checked(self, size: str, value: Any) -> bool:
        return size in self.sizes or not self.is_traced(value)

    def _array(self, symbol: Symbol, values: Mapping[str, Any]) -> Any:
        value = values[symbol.name]
        if symbol.name in self.sparse and hasattr(value, "todense"):
            return _fitting(symbol, value)
        return _fitting(symbol, self.converted(symbol.name, value))

    def _user(self, user: str, values: Mapping[str, Any]) -> Any:
        """The value of a function by its name, or as code has it: ``f'`` or ``f_prime``."""
        return next((values[name] for name in (written_function(user), self.functions[user]) if name in values), None)

    def _users(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The functions of the user's own. Raises MatcalcError where one, or a symbol, is
        missing."""
        missing = [symbol.name for symbol in self.symbols if symbol.name not in values]
        found = {user: self._user(user, values) for user in self.functions}
        missing += [written_function(user) for user, value in found.items() if value is None]
        if missing:
            raise MatcalcError(
                f"no value was given for {', '.join(missing)}", suggestion=", ".join(f"{one}=..." for one in missing)
            )
        for user, value in found.items():
            if not callable(value):
                raise MatcalcError(f"the value of {written_function(user)} is not a function")
        return {self.functions[user]: value for user, value in found.items()}


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
    axes = axes_of(symbol.shape)
    if len(array.shape) == len(axes):
        return array
    long_axes = [length for length in array.shape if length != 1]
    if (not axes and not long_axes) or (len(axes) == 1 and len(array.shape) <= 2 and len(long_axes) <= 1):
        return array.reshape(()) if not axes else array.reshape(-1)
    raise ShapeError(f"{symbol.name} is {shape_text(symbol.shape)}, but the array given for it has shape {tuple(array.shape)}")
