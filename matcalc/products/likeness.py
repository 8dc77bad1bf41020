"""Steps that differ in names only: what is found for one of them is, with other names, right for all."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from matcalc.expr.nodes import Entry, Expr, IndexArray, IndexSum, Symbol, postorder
from matcalc.records import field_names, record
from matcalc.sizes import Size


@record
class Pattern:
    """An expression without its names: those of ``symbols`` and ``sizes`` stand in ``key`` by their places."""

    key: Hashable
    symbols: tuple[str, ...]
    sizes: tuple[str, ...]

    def names_in(self, other: Pattern) -> tuple[dict[str, str], dict[str, str]]:
        """The symbols and the sizes that another expression of the same key has in place of these."""
        return dict(zip(self.symbols, other.symbols)), dict(zip(self.sizes, other.sizes))


def pattern_of(expression: Expr, others: Sequence[Symbol], facts: Callable[[str], Hashable]) -> Pattern | None:
    """The pattern of an expression together with other symbols; None when it has named indices.

    Expressions of one key differ in the names of symbols and sizes only, if ``facts`` says all that matters of a symbol's name.
    """
    symbols: dict[str, int] = {}
    sizes: dict[str, int] = {}

    def encoded(value: Any) -> Hashable:
        if isinstance(value, Expr):
            return numbers[value]
        if isinstance(value, tuple):
            return tuple([encoded(part) for part in value])
        if isinstance(value, Size):
            return (value.factor, *[sizes.setdefault(name, len(sizes)) for name in value.names])
        return value  # type: ignore[no-any-return]

    numbers: dict[Expr, int] = {}
    parts: list[Hashable] = []
    for node in postorder(expression, *others):
        if isinstance(node, (Entry, IndexSum, IndexArray)):
            return None
        numbers[node] = len(numbers)
        if isinstance(node, Symbol):
            place = symbols.setdefault(node.name, len(symbols))
            parts.append((place, encoded(node.sizes), node.properties, facts(node.name)))
        else:
            parts.append((type(node), *[encoded(getattr(node, field)) for field in field_names(node)]))
    return Pattern((tuple(parts), *[numbers[node] for node in (expression, *others)]), tuple(symbols), tuple(sizes))


def renamed(expression: Expr, symbols: Mapping[str, str], sizes: Mapping[str, str]) -> Expr:
    """The expression with other names of symbols and sizes; those that are not among the keys stay."""

    def other(value: Any) -> Any:
        if isinstance(value, Expr):
            return built[value]
        if isinstance(value, tuple):
            return tuple([other(part) for part in value])
        if isinstance(value, Size):
            return Size(tuple(sorted([sizes.get(name, name) for name in value.names])), value.factor)
        return value

    built: dict[Expr, Expr] = {}
    for node in postorder(expression):
        if isinstance(node, Symbol):
            built[node] = Symbol(symbols.get(node.name, node.name), other(node.sizes), node.properties)
        else:
            built[node] = type(node)(*[other(getattr(node, field)) for field in field_names(node)])
    return built[expression]
