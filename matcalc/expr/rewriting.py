"""Matrix expressions built again with parts replaced, and the indices that parts of them have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from operator import add
from typing import Any, cast

from matcalc.base.records import field_names
from matcalc.base.sizes import ONE, ZERO, Size
from matcalc.base.traversal import bottom_up, with_operands
from matcalc.expr.nodes import (
    Entry,
    Expr,
    Hadamard,
    Index,
    IndexArray,
    Indexed,
    IndexSum,
    Kronecker,
    Leaf,
    Linear,
    Multilinear,
    Negative,
    Node,
    Nonlinear,
    Number,
    Ones,
    Product,
    SizeValue,
    Sum,
    Symbol,
    postorder,
)
from matcalc.facts.table import COMPLEX


def factors_of(expression: Expr) -> tuple[Expr, ...]:
    """The factors of a product; what is none is its only one."""
    return expression.factors if isinstance(expression, Product) else (expression,)


def product_of(factors: Sequence[Expr]) -> Expr:
    """The product of one factor or of several."""
    return factors[0] if len(factors) == 1 else Product(tuple(factors))


def sum_of(terms: Sequence[Expr]) -> Expr:
    """The sum of one term or of several."""
    return terms[0] if len(terms) == 1 else Sum(tuple(terms))


def khatri_rao(first: Expr, second: Expr) -> Expr:
    """The Kronecker products of the columns of two matrices, as ``rules/functions.toml`` defines
    ``khatrirao``."""
    return Hadamard((Kronecker((first, Ones((second.rows,)))), Kronecker((Ones((first.rows,)), second))))


def khatri_rao_factors(node: Expr) -> tuple[Expr, Expr] | None:
    """The two matrices whose ``khatri_rao`` product a node is; None for another node."""
    if not isinstance(node, Hadamard) or not all(isinstance(part, Kronecker) and len(part.factors) == 2 for part in node.factors):
        return None
    (first, below), (above, second) = [part.below for part in node.factors[:2]]
    fits = (
        len(node.factors) == 2
        and first.is_matrix
        and second.is_matrix
        and below is Ones((second.rows,))
        and above is Ones((first.rows,))
    )
    return (first, second) if fits else None


def size_meant(number: Expr) -> Size | None:
    """The size that a number in an expression is, 0 among them; None where it is none."""
    if isinstance(number, Negative):
        size = None if isinstance(number.operand, Negative) else size_meant(number.operand)
        return None if size is None else ZERO - size
    sizes = [_monomial(term) for term in (number.terms if isinstance(number, Sum) else (number,))]
    found = [size for size in sizes if size is not None]
    return reduce(add, found) if len(found) == len(sizes) else None


def _monomial(number: Expr) -> Size | None:
    sign, number = (-1, number.operand) if isinstance(number, Negative) else (1, number)
    size = ONE
    for factor in number.factors if isinstance(number, Product) else (number,):
        if isinstance(factor, SizeValue):
            size = size * factor.size
        elif isinstance(factor, Number) and factor.value.denominator == 1:
            sign *= int(factor.value)
        else:
            return None
    return Size.of(sign) * size if sign else ZERO


# ------------------------------------------------------------
# Matrix expressions built again with some of their parts replaced.


def rebuilt_with(expression: Expr, replacement: Callable[[Expr], Expr]) -> Expr:
    """``expression`` with ``replacement`` of every node in its place, taken after its operands were
    replaced; shared parts stay shared."""
    return _rebuilt((expression,), replacement)[0]


def replaced(expression: Expr, values: Mapping[str, Expr]) -> Expr:
    """``expression`` with expressions of the same shapes in place of named symbols."""
    return replaced_all((expression,), values)[0]


def replaced_all(expressions: tuple[Expr, ...], values: Mapping[str, Expr]) -> list[Expr]:
    """``replaced`` for several expressions, visiting what they share once."""
    return _rebuilt(expressions, lambda node: values.get(node.name, node) if isinstance(node, Symbol) else node)


def resolved(definitions: Mapping[str, Expr], known: Mapping[str, Expr] | None = None) -> dict[str, Expr]:
    """What is ``known`` of names, and definitions in terms of these and of the names before them,
    with all names replaced by what they stand for."""
    found = dict(known or {})
    for name, definition in definitions.items():
        found[name] = replaced(definition, found)
    return found


def rested_on(definitions: Mapping[str, Expr], *expressions: Expr) -> dict[str, Expr]:
    """The definitions that expressions rest on, in their order: each is in terms of those before
    it."""
    wanted = set(symbols_in(*expressions))
    found: dict[str, Expr] = {}
    for name in reversed(tuple(definitions)):
        if name in wanted:
            found[name] = definitions[name]
            wanted.update(symbols_in(found[name]))
    return dict(reversed(found.items()))


def symbols_in(*expressions: Expr) -> dict[str, Symbol]:
    """The symbols of expressions by name, in reading order."""
    return {node.name: node for node in postorder(*expressions) if isinstance(node, Symbol)}


def _rebuilt(expressions: tuple[Expr, ...], replacement: Callable[[Expr], Expr]) -> list[Expr]:
    built = bottom_up(postorder(*expressions), lambda node, built: replacement(with_operands(node, built)))
    return [built[expression] for expression in expressions]


def with_sizes(expression: Expr, sizes: Mapping[str, Size]) -> Expr:
    """``expression`` with other sizes in place of named ones."""

    def changed(node: Expr, built: Mapping[Expr, Expr]) -> Expr:
        def change(value: Any) -> Any:
            if isinstance(value, Size):
                return value.replaced(sizes)
            if isinstance(value, Index):
                return with_fields(value, change)
            return built[value] if isinstance(value, Expr) else value

        return with_fields(node, change)

    return bottom_up(postorder(expression), changed)[expression]


def with_fields(node: Expr, change: Callable[[Any], Any]) -> Expr:
    """The node made of changed fields; of a tuple the members are changed. An index of an entry is
    a field, though no operand."""
    again: Expr = type(node)(*[_changed(getattr(node, name), change) for name in field_names(node)])
    return again


def _changed(value: Any, change: Callable[[Any], Any]) -> Any:
    return tuple([_changed(part, change) for part in value]) if isinstance(value, tuple) else change(value)


# ------------------------------------------------------------
# The indices of an expression, and those that a part of it has from a sum or an array around it.

_MOST_AXES = 4


def free_indices(expression: Expr) -> tuple[Index, ...]:
    """The indices of entries that no sum or array in the expression binds, in reading order."""
    found: Mapping[Expr, tuple[Index, ...]] = bottom_up(
        postorder(expression), lambda node, free: free_at(node, [free[operand] for operand in node.below])
    )
    return found[expression]


def free_at(node: Expr, below: Iterable[tuple[Index, ...]]) -> tuple[Index, ...]:
    """The free indices of a node whose operands have these."""
    found = dict.fromkeys([index for indices in below for index in indices])
    own = named_indices([node])
    return tuple(
        [index for index in found if index not in own] if isinstance(node, IndexSum | IndexArray) else found | dict.fromkeys(own)
    )


def named_indices(nodes: Iterable[Expr]) -> tuple[Index, ...]:
    """The indices that the nodes name, each once, in order."""
    naming = [node for node in nodes if isinstance(node, (Index, Indexed))]
    return tuple(dict.fromkeys([index for node in naming for index in indices_at(node) if isinstance(index, Index)]))


def indices_at(node: Expr) -> tuple[Size | Index, ...]:
    """The indices and positions that a node names itself."""
    match node := cast("Node", node):
        case Index():
            return (node,)
        case Entry(positions=positions):
            return positions
        case IndexSum(index=index):
            return (index,)
        case IndexArray(indices=indices):
            return indices
        case Leaf() | Linear() | Sum() | Multilinear() | Nonlinear():
            return ()


def over_all(scalar: Expr, indices: tuple[Index, ...]) -> Expr | None:
    """The values of a scalar for all values of its indices: the vector or matrix that it is an
    entry of, or the array of them.

    None when an array cannot have so many axes.
    """
    if len(indices) > _MOST_AXES or len({index.name for index in indices}) < len(indices):
        return None
    if isinstance(scalar, Entry) and len(set(scalar.positions)) == len(scalar.positions) == len(indices):
        return scalar.operand
    return IndexArray(indices, scalar)


def has_complex(*expressions: Expr) -> bool:
    """Whether a symbol in them is complex."""
    return any(isinstance(node, Symbol) and COMPLEX in node.properties for node in postorder(*expressions))
