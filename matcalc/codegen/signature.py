"""The parameters of a generated function, and the statements that read sizes off its arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matcalc.codegen.names import Names
from matcalc.expr.nodes import Symbol
from matcalc.sizes import ONE, Shape, Size


@dataclass(frozen=True, slots=True)
class Parameters:
    """Symbols and user functions that the code uses, and the names of sizes that occur in it."""

    symbols: tuple[Symbol, ...]
    functions: tuple[str, ...]
    sizes: tuple[str, ...]
    names: Names


def array_axes(symbol: Symbol) -> Shape:
    """The axes of the array for a symbol: a row has one."""
    return symbol.shape[1:] if len(symbol.shape) == 2 and symbol.shape[0] == ONE else symbol.shape


def size_statements(symbols: Iterable[Symbol], wanted: Sequence[str], names: Names) -> tuple[list[str], list[str]]:
    """Statements that set the wanted sizes from the shapes of arrays, and the sizes that no array fixes."""
    axes = [(symbol, axis, size) for symbol in symbols for axis, size in enumerate(array_axes(symbol))]
    known: dict[str, list[str]] = {}
    left = dict.fromkeys(wanted)
    progress = True
    while progress and left:
        progress = False
        for symbol, axis, size in axes:
            unknown = [name for name in size.names if name not in known]
            if len(set(unknown)) == 1:
                name = unknown[0]
                needs = [line for other in size.names if other != name for line in known[other]]
                code = _solved(size, name, f"{names.of('symbol', symbol.name)}.shape[{axis}]", names)
                known[name] = [*needs, f"{names.of('size', name)} = {code}"]
                left.pop(name, None)
                progress = True
    lines = dict.fromkeys(line for name in wanted if name in known for line in known[name])
    return list(lines), list(left)


def _solved(size: Size, name: str, length: str, names: Names) -> str:
    """``name`` from the length of an axis of this size, the other names known."""
    others = [names.of("size", other) for other in size.names if other != name]
    divisor = "*".join(([str(size.factor)] if size.factor != 1 else []) + others)
    if divisor:
        length = f"{length} // {divisor}" if "*" not in divisor else f"{length} // ({divisor})"
    power = size.names.count(name)
    return length if power == 1 else f"round(({length})**(1/{power}))"
