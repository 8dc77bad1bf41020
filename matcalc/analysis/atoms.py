"""The atoms of convex analysis, the tables of ``rules/atoms.toml``, and where one of them stands in an
expression."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import permutations
from typing import Any, TypeAlias

from matcalc.base.budgets import valued
from matcalc.base.files import stored_table
from matcalc.base.records import field_names, record
from matcalc.base.shapes import is_square
from matcalc.base.sizes import Size
from matcalc.expr.deduction import known
from matcalc.expr.nodes import Call, Elementwise, Expr, Hadamard, Product, Sum, Symbol
from matcalc.expr.rewriting import replaced, with_sizes
from matcalc.facts.known import has
from matcalc.facts.table import implied, tying
from matcalc.language import elaborate

_SHAPES = ("scalar", "n", "m×n")
_MOST_REORDERED = 3

Bound: TypeAlias = dict[str, Any]
"""Expressions for names of variables, and sizes for names of sizes."""


@record
class Atom:
    """One spelling of an atom, as the file says; ``second`` None where it names none."""

    name: str
    pattern: Expr
    variables: tuple[Symbol, ...]
    sign: int
    monotone: tuple[str, ...]
    along: tuple[str, ...]
    second: Expr | None
    domain: str
    source: str

    @property
    def in_order(self) -> bool:
        """Whether it is one of a symmetric matrix, so that the Loewner order is meant."""
        return bool(tying(self.variables[0].properties))


@record
class Found:
    """An atom, and what stands for its variables."""

    atom: Atom
    bound: Mapping[str, Any]

    @property
    def arguments(self) -> tuple[Expr, ...]:
        return tuple([self.bound[variable.name] for variable in self.atom.variables])

    def second(self, directions: Sequence[Expr]) -> Expr | None:
        """The second derivative when the arguments move along these."""
        if self.atom.second is None:
            return None
        form, moved = self.atom.second, dict(zip(self.atom.along, directions, strict=True))
        return valued(lambda: self._filled(form, moved))

    def pattern(self) -> tuple[Expr, tuple[Symbol, ...]]:
        """The atom of symbols of the shapes that are bound, and these."""
        sizes = {name: size for name, size in self.bound.items() if isinstance(size, Size)}
        placed = with_sizes(self.atom.pattern, sizes)
        symbols = [with_sizes(variable, sizes) for variable in self.atom.variables]
        return placed, tuple([one for one in symbols if isinstance(one, Symbol)])

    def _filled(self, form: Expr, more: Mapping[str, Expr]) -> Expr:
        sizes = {name: size for name, size in self.bound.items() if isinstance(size, Size)}
        parts = {name: part for name, part in self.bound.items() if isinstance(part, Expr)}
        return replaced(with_sizes(form, sizes), {**parts, **more})


def atoms_at(node: Expr) -> Iterator[Found]:
    """The atoms that a node is."""
    for atom in _by_root(min(len(node.shape), 2)).get(_root(node), ()):
        for bound in _matches(atom.pattern, node, {}):
            if all(_fits(variable, bound[variable.name]) for variable in atom.variables):
                yield Found(atom, bound)


@cache
def atoms(order: int) -> tuple[Atom, ...]:
    """All spellings of all atoms; those of numbers as functions of arrays of this order."""
    return tuple([atom for row in stored_table("atoms")["atom"] for atom in _read(row, order)])


@cache
def _by_root(order: int) -> Mapping[object, tuple[Atom, ...]]:
    found: dict[object, tuple[Atom, ...]] = {}
    for atom in atoms(order):
        key = _root(atom.pattern)
        found[key] = (*found.get(key, ()), atom)
    return found


def _root(node: Expr) -> object:
    named = node.function if isinstance(node, Elementwise | Call) else ""
    return type(node).__name__, named, len(node.shape)


def _read(row: Mapping[str, Any], order: int) -> Iterator[Atom]:
    variables = row["variables"]
    whole = "scalar" in variables and not any(f": {size}" in variables for size in "nm")
    declared = variables.replace("scalar", _SHAPES[order]) if whole else variables
    sign = 1 if row["curvature"] == "convex" else -1
    along = tuple(row.get("along", ()))
    for spelling in row["functions"]:
        read = elaborate(spelling, declared)
        symbols = tuple([read.symbols[part.split(":")[0].strip()] for part in declared.split(";")])
        second = _second(row, declared, symbols) if along else None
        names = row["name"], tuple(row["monotone"]), row.get("domain", ""), row["source"]
        yield Atom(names[0], read.expression, symbols, sign, names[1], along, second, *names[2:])


def _second(row: Mapping[str, Any], declared: str, symbols: Sequence[Symbol]) -> Expr:
    more = [
        f"{name}: {part.split(':')[1].split()[0]} {' '.join(sorted(tying(symbol.properties)))}"
        for name, part, symbol in zip(row["along"], declared.split(";"), symbols, strict=True)
    ]
    return elaborate(row["second"], "; ".join([declared, *more])).expression


# ------------------------------------------------------------ matching


def _fits(variable: Symbol, part: Expr) -> bool:
    """Whether what stands for a variable is seen to have its facts."""
    facts = implied(variable.properties, square=is_square(variable.shape))
    found = known(part)
    signs = {"positive": found.entries.positive, "nonnegative": found.entries.nonnegative}
    if "positive_definite" in facts:
        return found.definite
    return all(signs[fact] if fact in signs else has(found, fact) for fact in facts)


def _matches(pattern: Expr, node: Expr, bound: Bound) -> Iterator[Bound]:
    """All ways in which a node is an instance of a pattern; patterns are small."""
    if isinstance(pattern, Symbol):
        found = bound if node.is_scalar else _unified(pattern.shape, node.shape, bound)  # a number beside arrays is spread
        if found is not None and found.get(pattern.name, node) is node:
            yield {**found, pattern.name: node}
        return
    if type(pattern) is not type(node):
        return
    states = [bound]
    for name in field_names(pattern):
        states = [new for state in states for new in _fields(getattr(pattern, name), getattr(node, name), state, pattern)]
    yield from states


def _fields(wanted: Any, given: Any, bound: Bound, owner: Expr) -> list[Bound]:
    if isinstance(wanted, Expr):
        return list(_matches(wanted, given, bound)) if isinstance(given, Expr) else []
    if isinstance(wanted, Size):
        found = _unified((wanted,), (given,), bound) if isinstance(given, Size) else None
        return [] if found is None else [found]
    if not isinstance(wanted, tuple):
        return [bound] if wanted == given else []
    if not isinstance(given, tuple) or len(wanted) != len(given):
        return []
    orders: Iterator[tuple[Any, ...]] = iter([given])
    if _is_commutative(owner) and len(given) <= _MOST_REORDERED:
        orders = permutations(given)
    found_all: list[Bound] = []
    for order in orders:
        states = [bound]
        for one, other in zip(wanted, order, strict=True):
            states = [new for state in states for new in _fields(one, other, state, owner)]
        found_all += states
    return found_all


def _is_commutative(owner: Expr) -> bool:
    return isinstance(owner, Sum | Hadamard) or (
        isinstance(owner, Product) and owner.is_scalar and not any(f.shape for f in owner.factors)
    )


def _unified(wanted: Sequence[Size], given: Sequence[Size], bound: Bound) -> Bound | None:
    """The sizes of a pattern as sizes of a node; None where they are others."""
    if len(wanted) != len(given):
        return None
    found = dict(bound)
    for one, other in zip(wanted, given, strict=True):
        name = str(one)
        if one.number is not None:
            if one != other:
                return None
        elif found.setdefault(name, other) != other:
            return None
    return found
