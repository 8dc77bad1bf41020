"""Steps of a program: opened where functions meet and cancel, and told alike where only names
differ."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from matcalc.base.functions import functions
from matcalc.base.records import field_names, record
from matcalc.base.sizes import Size
from matcalc.calculus.simplification import simplified
from matcalc.einstein.linear import MINUS, scale
from matcalc.einstein.nodes import Apply, Map, Symbol, Tensor, postorder, sizes_in
from matcalc.einstein.substitution import rebuilt, substituted
from matcalc.expr.nodes import Entry, Expr, IndexArray, IndexSum, Symbol as ExprSymbol, postorder as expr_postorder
from matcalc.expr.rewriting import rebuilt_with, with_sizes
from matcalc.rules.rewrites import formula, instantiated

# ------------------------------------------------------------
# Steps of a program opened where they are used, when their functions meet and cancel: the
# logarithm of a named softmax, and the like.
#
# A step is a name in the steps after it, so a rule such as ``log(softmax(x)) = x - logsumexp(x)``
# would not see through it, and what is left would divide by probabilities that are 0 in floating
# point.

_ROUNDS = 4
"""How many steps one behind the other are opened."""
_MOST_NODES = 400
_INVERSE = frozenset({"exp", "log"})
_STABLE = frozenset({"softmax", "logsumexp", "softplus", "sigmoid", "tanh"})


def fused(tensor: Tensor, step: Callable[[Tensor], Tensor | None]) -> tuple[Tensor, dict[Tensor, Tensor]]:
    """A step's value with those names opened whose functions cancel in it, and the opened values
    with the names that they have.

    ``step`` gives the value of a name that may be opened. Opened are names below a logarithm, and
    names of exponentials; the result is kept when it has fewer logarithms, or a function that
    stands for its exponentials.
    """
    count, current = inverses(tensor), tensor
    best, known = tensor, dict[Tensor, Tensor]()
    opened: dict[Tensor, Tensor] = {}
    for _ in range(_ROUNDS):
        values = _to_open(current, step)
        if not values or len(postorder(current)) > _MOST_NODES:
            break
        opened |= {value: name for name, value in values.items()}
        count += sum(map(inverses, values.values()))
        current = simplified(substituted(current, values))
        if inverses(current) < count and _is_better(best, current):
            count = inverses(current)
            best, known = current, dict(opened)
    return named(best, known), known


def _to_open(tensor: Tensor, step: Callable[[Tensor], Tensor | None]) -> dict[Tensor, Tensor]:
    """The values of the names that stand below a logarithm or that rest on an exponential."""
    logarithms: list[Tensor] = [node for node in postorder(tensor) if isinstance(node, Map) and node.function == "log"]
    below = set(postorder(*logarithms))
    values = {node: value for node in postorder(tensor) if isinstance(node, Symbol) and (value := step(node)) is not None}
    return {node: value for node, value in values.items() if node in below or _rests_on_exponential(value, step)}


def _rests_on_exponential(value: Tensor, step: Callable[[Tensor], Tensor | None]) -> bool:
    """Whether an exponential stands in a value or in those of the names in it, so many steps back
    as are opened."""
    for _ in range(_ROUNDS):
        if "exp" in _functions(value):
            return True
        inner = [found for node in postorder(value) if isinstance(node, Symbol) and (found := step(node)) is not None]
        if not inner:
            break
        if any("exp" in _functions(found) for found in inner):
            return True
        value = inner[0]
    return False


def named(tensor: Tensor, known: dict[Tensor, Tensor]) -> Tensor:
    """The tensor with the values that are keys written by their names; ``sigmoid(-t)`` is ``1 - p``
    where p is ``sigmoid(t)``."""
    values = dict(known)
    for value, name in known.items():
        reflection = functions()[value.function].reflection if isinstance(value, Map) and value.function in functions() else ""
        if isinstance(value, Map) and reflection:
            opposite = Map(value.function, (scale(MINUS, value.arguments[0]),))
            values[opposite] = substituted(instantiated(formula(reflection), {"t": value.arguments[0]}), {value: name})
    return rebuilt(tensor, values.get) if values else tensor


def inverses(tensor: Tensor) -> int:
    """The number of functions that may cancel each other."""
    return sum(name in _INVERSE for name in _functions(tensor))


def _is_better(before: Tensor, after: Tensor) -> bool:
    one, other = _functions(before), _functions(after)
    return one.count("log") > other.count("log") or any(name in _STABLE and name not in one for name in other)


def _functions(tensor: Tensor) -> list[str]:
    return [node.function for node in postorder(tensor) if isinstance(node, (Map, Apply))]


# ------------------------------------------------------------
# Steps that differ in names only: what is found for one of them is, with other names, right for
# all.


@record
class Pattern:
    """An expression without its names: those of ``symbols`` and ``sizes`` stand in ``key`` by their
    places."""

    key: Hashable
    symbols: tuple[ExprSymbol, ...]
    sizes: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the symbols."""
        return tuple([symbol.name for symbol in self.symbols])

    def names_in(self, other: Pattern) -> tuple[dict[str, str], dict[str, str]]:
        """The symbols, and the sizes where they are others, that another expression of the same key
        has in place of these."""
        sizes = {size: new for size, new in zip(self.sizes, other.sizes) if size != new}
        return dict(zip(self.names, other.names)), sizes


_WITH_INDICES = frozenset({Entry, IndexSum, IndexArray})


def pattern_of(expression: Expr, others: Sequence[ExprSymbol], facts: Callable[[str], Hashable]) -> Pattern | None:
    """The pattern of an expression together with other symbols; None when it has named indices.

    Expressions of one key differ in the names of symbols and sizes only, if ``facts`` says all that
    matters of a symbol's name.
    """
    symbols: dict[str, ExprSymbol] = {}
    places: dict[str, int] = {}
    sizes: dict[str, int] = {}

    def encoded(value: Any) -> Hashable:
        if isinstance(value, Expr):
            return numbers[value]
        if isinstance(value, tuple):
            return tuple([encoded(part) for part in value])
        if isinstance(value, Size):
            return tuple([(factor, *[sizes.setdefault(name, len(sizes)) for name in names]) for names, factor in value.terms])
        return value  # type: ignore[no-any-return]

    numbers: dict[Expr, int] = {}
    parts: list[Hashable] = []
    order = expr_postorder(expression, *others)
    if not _WITH_INDICES.isdisjoint(map(type, order)):
        return None
    for node in order:
        numbers[node] = len(numbers)
        if isinstance(node, ExprSymbol):
            symbols.setdefault(node.name, node)
            parts.append((places.setdefault(node.name, len(places)), encoded(node.sizes), node.properties, facts(node.name)))
        else:
            parts.append((type(node), *[encoded(getattr(node, field)) for field in field_names(node)]))
    return Pattern((tuple(parts), *[numbers[node] for node in (expression, *others)]), tuple(symbols.values()), tuple(sizes))


def renamed(expression: Expr, symbols: Mapping[str, str], sizes: Mapping[str, str]) -> Expr:
    """The expression with other names of symbols and sizes; those that are not among the keys
    stay."""

    def other(node: Expr) -> Expr:
        return (
            ExprSymbol(symbols.get(node.name, node.name), node.sizes, node.properties) if isinstance(node, ExprSymbol) else node
        )

    sized = with_sizes(expression, {name: Size.of(new) for name, new in sizes.items()}) if sizes else expression
    return rebuilt_with(sized, other)


def resized(size: Size, names: Mapping[str, str]) -> Size:
    """The size with other names in it."""
    return size.replaced({name: Size.of(other) for name, other in names.items()})


def renamed_tensor(tensor: Tensor, symbols: Mapping[Tensor, Tensor], sizes: Mapping[str, str]) -> Tensor:
    """The tensor with other symbols and names of sizes; every symbol in it has to be among the
    keys."""
    found: dict[Size, Size] = {}
    for node in postorder(tensor) if sizes else ():
        for size in (*node.shape, *sizes_in(node)):
            found.setdefault(size, resized(size, sizes))
    return substituted(tensor, symbols, found)
