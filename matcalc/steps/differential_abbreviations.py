"""Names for what would make the lines of a derivation long: arguments of functions, denominators, what stands there several times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from matcalc.expr import nodes as e
from matcalc.expr.nodes import Expr, Symbol, children, postorder
from matcalc.expr.rewriting import replaced, symbols_in, with_operands
from matcalc.folding.build import cost

_SHORT = 4
"""What costs less to read needs no name."""
_LETTERS = {0: "stqr", 1: "zruh", 2: "ZRMH"}


def abbreviated(expression: Expr, taken: frozenset[str]) -> tuple[Expr, Mapping[str, Expr]]:
    """The expression with names, and what each name stands for, in terms of the names before it. ``taken`` are names not to use."""
    order = postorder(expression)
    uses = Counter(child for node in order for child in children(node))
    wanted = {node for node in order if uses[node] > 1 and cost(node) >= _SHORT}
    for node in order:
        wanted.update(child for child in _arguments(node) if cost(child) >= _SHORT)
    wanted = {node for node in wanted if children(node) and node is not expression and not _indexed(node) and len(node.shape) <= 2}
    chosen: dict[Expr, Symbol] = {}
    for node in order:
        if node in wanted and cost(_rewritten(node, chosen)) >= _SHORT - 1:  # a function of a name is short enough
            chosen[node] = Symbol(f"name {len(chosen)}", node.shape)
    kinds = Counter(_kind(node) for node in chosen)
    used = set(taken)
    named: dict[Expr, Symbol] = {}
    definitions: dict[str, Expr] = {}
    for node in chosen:
        name = _name(_kind(node), kinds[_kind(node)] > 1, used)
        used.add(name)
        definitions[name] = _rewritten(node, named)
        named[node] = Symbol(name, node.shape)
    return _rewritten(expression, named), MappingProxyType(definitions)


def opened(expression: Expr, definitions: Mapping[str, Expr]) -> Expr:
    """The expression with every name replaced by what it stands for."""
    if not definitions or not any(name in definitions for name in symbols_in(expression)):
        return expression
    known: dict[str, Expr] = {}
    for name, definition in definitions.items():
        known[name] = replaced(definition, known)
    return replaced(expression, known)


def _arguments(node: Expr) -> tuple[Expr, ...]:
    """What a function is applied to."""
    match node:
        case e.Elementwise() | e.Inverse() | e.Call() | e.Norm():
            return children(node)
        case e.MatrixPower():
            return (node.base,)
        case e.Power():
            return () if isinstance(node.base, e.Norm) else (node.base,)
        case e.Quotient():
            return (node.denominator,)
        case _:
            return ()


def _indexed(node: Expr) -> bool:
    return any(isinstance(below, (e.Index, e.Entry, e.IndexSum, e.IndexArray)) for below in postorder(node))


def _rewritten(expression: Expr, named: Mapping[Expr, Symbol]) -> Expr:
    """The expression with names for its parts; its own is not used."""
    built: dict[Expr, Expr] = {}
    for node in postorder(expression):
        part = named[node] if node in named and node is not expression else with_operands(node, built)
        built[node] = part
    return built[expression]


def _kind(node: Expr) -> int:
    return 1 if node.is_row else len(node.shape)


def _name(kind: int, several: bool, used: set[str]) -> str:
    letters = _LETTERS[kind]
    for letter in letters:
        if letter not in used and not several:
            return letter
    stem = next((letter for letter in letters if letter not in used), letters[0])
    return next(name for name in (f"{stem}_{k}" for k in range(1, len(used) + 2)) if name not in used)
