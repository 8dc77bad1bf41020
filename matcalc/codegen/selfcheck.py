"""The part of a generated file that runs under ``__main__``: its outputs against finite
differences, at random points."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from math import prod
from random import Random
from typing import Any, TypeAlias

from matcalc.base import rational
from matcalc.base.budgets import MOST_EVALUATED, MOST_SAMPLED
from matcalc.base.errors import MatcalcError
from matcalc.base.own_functions import own_function, written_function
from matcalc.base.records import record
from matcalc.base.shapes import axes_of
from matcalc.base.sizes import names_in
from matcalc.codegen.requests import (
    Check,
    Comparison,
    Derivative,
    Function,
    Names,
    Operator,
    Output,
    Parameters,
    Trial,
)
from matcalc.codegen.targets.target import Target
from matcalc.evaluation.interpreter import program
from matcalc.evaluation.sampling import check_place, prime_sizes, sizes_that_fit
from matcalc.expr.nodes import Expr, Symbol, postorder
from matcalc.facts.drawn import member
from matcalc.facts.membership import belongs
from matcalc.facts.table import tie_of


@record
class _Style:
    """How unrestricted entries are drawn: scalars, entries of arrays, and the multiple of the
    identity that is added to square matrices; ``member`` is the style of arrays that are written
    out."""

    scalar: str
    entries: str
    diagonal: float
    member: str


# Tried in turn until the function and its outputs are finite.
_STYLES = (
    _Style("rng.uniform(0.3, 1.5)", "rng.standard_normal({shape})", 0.0, "ordinary"),
    _Style("rng.uniform(0.3, 1.5)", "rng.uniform(0.3, 1.5, {shape})", 0.0, "positive"),
    _Style("rng.uniform(0.3, 1.5)", "rng.uniform(0.3, 1.5, {shape})", 3.0, "definite"),
    _Style("rng.uniform(0.05, 0.2)", "rng.uniform(0.02, 0.1, {shape})", 0.0, "small"),
)
_MOST_WRITTEN = 2000
"""Larger arrays are not written out entry by entry: at such sizes the check would take hours
anyway."""
_LARGEST = 1e6
_SEEDS = 12

_TOO_LARGE = "no self check: {name} too large for finite differences"


def _declared_entries(symbol: Symbol) -> int:
    """The entries of an array of the declared sizes, as far as they are numbers."""
    return prod([size.number or 1 for size in symbol.shape])


def self_check(
    check: Check, outputs: Mapping[str, Output], both: tuple[Parameters, Parameters], value: Function, target: Target
) -> Trial | str:
    """What is to be compared, and where; or why nothing is. ``value`` is the function that is
    differentiated.

    ``both`` are the parameters of the function that is checked, and of that one.
    """
    if find_spec("numpy") is None:
        return "no self check: NumPy is not there to find a point"
    parameters, value_parameters = both
    symbols = {symbol.name: symbol for symbol in (*parameters.symbols, *value_parameters.symbols)}
    for derivative in check.derivatives.values():
        symbols.update({symbol.name: symbol for symbol in derivative.wrt})
        if derivative.along is not None:
            symbols.setdefault(derivative.along.name, derivative.along)
    largest = max(symbols.values(), key=_declared_entries, default=None)
    if largest is not None and _declared_entries(largest) > MOST_SAMPLED:
        return _TOO_LARGE.format(name=f"{largest.name} is declared")
    users = sorted({*parameters.functions, *value_parameters.functions})
    if any(own_function(user) is not None for user in users):
        return f"no self check: it would need {', '.join(map(written_function, users))}"
    names = parameters.names
    point = _point(check, outputs, symbols, {*parameters.sizes, *value_parameters.sizes}, users, names, target.draws)
    if point is None:
        return _TOO_LARGE.format(name="arrays of the smallest sizes are")
    sizes, lines, values = point
    return Trial(
        value,
        {names.of("size", size): number for size, number in sorted(sizes.items())},
        {names.of("symbol", symbol): array for symbol, array in values.items()},
        tuple(lines),
        {names.of("function", user): len(user) - len(user.rstrip("'′")) for user in users},
        tuple(dict.fromkeys(_ties(check, names))),
        tuple([_comparison(key, output, check, names) for key, output in outputs.items()]),
    )


def _ties(check: Check, names: Names) -> Iterator[tuple[str, str]]:
    """What keeps a move within the matrices that a variable may be."""
    for derivative in check.derivatives.values():
        for symbol in derivative.wrt:
            kind = tie_of(symbol.properties)
            if kind and len(symbol.shape) == 2 and derivative.symmetric != "independent":
                cookbook = (kind, derivative.symmetric) == ("symmetric", "cookbook")
                yield names.of("symbol", symbol.name), "cookbook" if cookbook else kind


def _comparison(key: str, output: Output, check: Check, names: Names) -> Comparison:
    derivative, source = check.derivatives.get(key, Derivative()), check.source
    along = None if derivative.along is None else names.of("symbol", derivative.along.name)
    return Comparison(
        key,
        tuple([names.of("symbol", symbol.name) for symbol in derivative.wrt]),
        derivative.layout,
        len(source.shape) if not source.is_row else 1,
        tuple([len(axes_of(symbol.shape)) for symbol in derivative.wrt if symbol.shape]),
        along,
        names.of("symbol", output.argument.name) if isinstance(output, Operator) else None,
    )


# ---------------------------------------------------------------- random points


_Point: TypeAlias = tuple[Mapping[str, int], list[str], Mapping[str, Any]]


def _point(
    check: Check,
    outputs: Mapping[str, Output],
    symbols: Mapping[str, Symbol],
    size_names: set[str],
    users: list[str],
    names: Names,
    draws: bool,
) -> _Point | None:
    """Sizes, the arrays and the statements that draw them, such that the value and the outputs are
    finite there.

    None when they are too large.
    """
    expressions = [check.source, *(output for output in outputs.values() if isinstance(output, Expr))]
    if sum(len(postorder(expression)) for expression in expressions) > 5000:
        expressions = []
    chosen: _Point | None = None
    for seed in range(_SEEDS):
        sizes = _fitting_sizes(check, expressions, size_names, seed, symbols)
        if sizes is None or not (draws or all(_entries(symbol, sizes) <= _MOST_WRITTEN for symbol in symbols.values())):
            return None
        for style in _STYLES:
            drawn = _drawn(symbols.values(), sizes, seed, style, names) if draws else None
            lines, values = drawn or ([], _members(symbols.values(), sizes, seed, style))
            chosen = chosen or (sizes, lines, values)
            if users or _is_finite(expressions, values, sizes):
                return chosen if users else (sizes, lines, values)
    return chosen


def _is_finite(expressions: Sequence[Expr], values: Mapping[str, Any], sizes: Mapping[str, int]) -> bool:
    """Whether all expressions have values at a point, none of them large."""
    import numpy as np

    try:
        results = [program(expression).run(values, sizes, observe=check_place) for expression in expressions]
    except MatcalcError:
        return False
    return all(np.all(np.isfinite(result)) and np.max(np.abs(result), initial=0.0) < _LARGEST for result in results)


def _fitting_sizes(
    check: Check, expressions: Sequence[Expr], names: set[str], seed: int, symbols: Mapping[str, Symbol]
) -> Mapping[str, int] | None:
    """Sizes with which the arrays and the differences fit into the memory; None when there are
    none."""
    programs = [program(expression) for expression in (check.source, *expressions)]
    mentioned = frozenset().union(*[ready.sizes for ready in programs], *[symbol.shape for symbol in symbols.values()])
    moved = [derivative.wrt for derivative in check.derivatives.values()]

    def fits(sizes: Mapping[str, int]) -> bool:
        places = [prod([size.value(sizes) for symbol in wrt for size in symbol.shape]) for wrt in moved]
        quotients = programs[0].entries(sizes) * max(places, default=1)
        return max(quotients, *[ready.entries(sizes) for ready in programs]) <= MOST_EVALUATED

    chosen = prime_sizes(names.union(names_in(mentioned)), seed, symbols=symbols.values(), sizes=mentioned)
    return sizes_that_fit(chosen, symbols.values(), mentioned, fits)


def _entries(symbol: Symbol, sizes: Mapping[str, int]) -> int:
    return prod([size.value(sizes) for size in symbol.shape])


def _members(symbols: Iterable[Symbol], sizes: Mapping[str, int], seed: int, style: _Style) -> dict[str, Any]:
    """Arrays with the facts, of short numbers: they are to be written out."""
    import numpy as np

    lengths = {symbol: tuple([size.value(sizes) for size in axes_of(symbol.shape)]) for symbol in symbols}
    made = {
        symbol: member(symbol.properties, axes, Random(f"{seed} {symbol.name}"), style.member) for symbol, axes in lengths.items()
    }
    return {symbol.name: np.array(array, dtype=float) for symbol, array in made.items()}


def _drawn(
    symbols: Iterable[Symbol], sizes: Mapping[str, int], seed: int, style: _Style, names: Names
) -> tuple[list[str], dict[str, Any]]:
    """The statements that draw the arrays, and the arrays: one whose statements do not give it its
    facts is written out."""
    import numpy as np

    places = {symbol: f'point["{names.of("symbol", symbol.name)}"]' for symbol in symbols}
    lengths = {symbol: tuple([size.value(sizes) for size in axes_of(symbol.shape)]) for symbol in places}
    drawn = {symbol: _statements(place, lengths[symbol], symbol.properties, style) for symbol, place in places.items()}
    while True:
        lines = [f"rng = np.random.default_rng({seed})", "point = {}", *(line for part in drawn.values() for line in part)]
        space: dict[str, Any] = {"np": np}
        exec("\n".join(lines), space)
        values = {symbol: space["point"][names.of("symbol", symbol.name)] for symbol in places}
        wrong = [symbol for symbol, value in values.items() if _is_wrong(symbol, value)]
        if not wrong:
            return lines, {symbol.name: value for symbol, value in values.items()}
        for symbol in wrong:  # those behind it are drawn with other numbers then
            array = member(symbol.properties, lengths[symbol], Random(f"{seed} {symbol.name}"), style.member)
            drawn[symbol] = _written_out(places[symbol], lengths[symbol], array)


def _is_wrong(symbol: Symbol, value: Any) -> bool:
    import numpy as np

    return bool(symbol.properties) and np.size(value) <= _MOST_WRITTEN and not belongs(np.asarray(value), symbol.properties)


def _written_out(place: str, lengths: tuple[int, ...], array: Any) -> list[str]:
    """The array itself: whole numbers over one denominator."""
    if not lengths:
        return [f"{place} = {float(array)!r}"]
    for _ in lengths[2:]:
        array = [row for matrix in array for row in matrix]
    rows, unit = rational.whole(array if len(lengths) > 1 else [array])
    after = (f".reshape({lengths})" if len(lengths) > 2 else "") + (f" / {unit}" if unit != 1 else "")
    texts = ["[" + ", ".join(f"{entry}.0" for entry in row) + "]" for row in rows]
    if len(texts) == 1:
        return [f"{place} = np.array({texts[0] if len(lengths) == 1 else f'[{texts[0]}]'}){after}"]
    return [f"{place} = np.array([", *(f"    {text}," for text in texts), f"]){after}"]


def _statements(place: str, lengths: tuple[int, ...], facts: frozenset[str], style: _Style) -> list[str]:
    """Statements for an array with the fact that shapes it most."""
    shape = str(lengths[0]) if len(lengths) == 1 else f"({', '.join(map(str, lengths))})"
    row, rest = (lengths[-1], lengths[:-1]) if lengths else (1, ())
    fields = {"shape": shape, "low": 1 if "nonnegative" in facts else -3, "row": row, "rest": f", {rest}" if rest else ""}
    for fact, code in _OF_NUMBERS if not lengths else (*_OF_NUMBERS, *_OF_ARRAYS):
        if fact in facts:
            return [f"{place} = {code.format(**fields)}"]
    if not lengths:
        return [f"{place} = {style.scalar}"]
    entries = "rng.uniform(0.3, 1.5, {shape})" if "nonnegative" in facts else style.entries
    lines = [f"{place} = {entries.format(shape=shape)}"]
    if "unit" in facts:
        return [*lines, f"{place} = {place} / np.linalg.norm({place})"]
    square = len(lengths) == 2 and lengths[0] == lengths[1]
    if square and "diagonal" in facts:
        return [f"{place} = np.diag({entries.format(shape=lengths[0])})"]
    return [*lines, *(_square(place, lengths[0], facts, style) if square else [])]


_OF_NUMBERS = (
    ("mask", "rng.integers(0, 2, {shape}).astype(float)"),
    ("sign", "rng.choice([-1.0, 1.0], {shape})"),
    ("integer", "rng.integers({low}, 4, {shape}).astype(float)"),
)
"""What draws entries with a fact; the first that holds is taken."""
_OF_ARRAYS = (
    ("simplex", "rng.dirichlet(np.ones({row}){rest})"),
    ("orthonormal", "np.linalg.qr(rng.standard_normal({shape}))[0]"),
)


def _square(place: str, size: int, facts: frozenset[str], style: _Style) -> list[str]:
    """Statements that make a square array of any entries one with the facts."""
    if "positive_semidefinite" in facts:
        return [f"{place} = {place} @ {place}.T / {size} + np.eye({size})"]
    if "antisymmetric" in facts:
        return [f"{place} = {place} - {place}.T"]
    shifted = style.diagonal or "invertible" in facts
    lines = [f"{place} = {place} + {style.diagonal or 3.0} * np.eye({size})"] if shifted else []
    lines += [f"{place} = {place} + {place}.T"] if "symmetric" in facts else []
    triangle = "tril" if "lower_triangular" in facts else "triu" if "upper_triangular" in facts else ""
    return [*lines, f"{place} = np.{triangle}({place})"] if triangle else lines
