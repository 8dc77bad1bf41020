"""Steps that differ in names only: what is found for one of them is, with other names, right for all."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from matcalc.einstein import nodes as ix
from matcalc.einstein.substitution import substituted
from matcalc.expr.nodes import Entry, Expr, IndexArray, IndexSum, Symbol, postorder
from matcalc.expr.rewriting import with_fields
from matcalc.records import field_names, record
from matcalc.sizes import Size


@record
class Pattern:
    """An expression without its names: those of ``symbols`` and ``sizes`` stand in ``key`` by their places."""

    key: Hashable
    symbols: tuple[Symbol, ...]
    sizes: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the symbols."""
        return tuple([symbol.name for symbol in self.symbols])

    def names_in(self, other: Pattern) -> tuple[dict[str, str], dict[str, str]]:
        """The symbols and the sizes that another expression of the same key has in place of these."""
        return dict(zip(self.names, other.names)), dict(zip(self.sizes, other.sizes))


def pattern_of(expression: Expr, others: Sequence[Symbol], facts: Callable[[str], Hashable]) -> Pattern | None:
    """The pattern of an expression together with other symbols; None when it has named indices.

    Expressions of one key differ in the names of symbols and sizes only, if ``facts`` says all that matters of a symbol's name.
    """
    symbols: dict[str, Symbol] = {}
    places: dict[str, int] = {}
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
            symbols.setdefault(node.name, node)
            parts.append((places.setdefault(node.name, len(places)), encoded(node.sizes), node.properties, facts(node.name)))
        else:
            parts.append((type(node), *[encoded(getattr(node, field)) for field in field_names(node)]))
    return Pattern((tuple(parts), *[numbers[node] for node in (expression, *others)]), tuple(symbols.values()), tuple(sizes))


def renamed(expression: Expr, symbols: Mapping[str, str], sizes: Mapping[str, str]) -> Expr:
    """The expression with other names of symbols and sizes; those that are not among the keys stay."""

    def other(value: Any) -> Any:
        if isinstance(value, Expr):
            return built[value]
        return resized(value, sizes) if isinstance(value, Size) else value

    built: dict[Expr, Expr] = {}
    for node in postorder(expression):
        again = with_fields(node, other)
        built[node] = Symbol(symbols.get(again.name, again.name), again.sizes, again.properties) if isinstance(again, Symbol) else again
    return built[expression]


def resized(size: Size, names: Mapping[str, str]) -> Size:
    """The size with other names in it."""
    return Size(tuple(sorted([names.get(name, name) for name in size.names])), size.factor)


def renamed_tensor(tensor: ix.Tensor, symbols: Mapping[ix.Tensor, ix.Tensor], sizes: Mapping[str, str]) -> ix.Tensor:
    """The tensor with other symbols and names of sizes; every symbol in it has to be among the keys."""
    found: dict[Size, Size] = {}
    for node in ix.postorder(tensor):
        for size in (*node.shape, *ix.sizes_in(node)):
            found.setdefault(size, resized(size, sizes))
    return substituted(tensor, symbols, found)
