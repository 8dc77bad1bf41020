"""The symbols of random expressions, the facts they may have, and what makes up one case."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from matcalc.base.sizes import Size, names_in
from matcalc.evaluation.arrays import sizes_in
from matcalc.evaluation.sampling import user_functions
from matcalc.expr import nodes as e

Layout = Literal["denominator", "numerator", "tensor"]
Symmetric = Literal["projected", "independent", "cookbook"]

NAMES = ("n", "m", "k")

# Two columns for each size, two matrices for each pair of sizes; S is symmetric. A name of one letter is always read as one symbol.
COLUMNS = {"n": ("x", "y"), "m": ("z", "w"), "k": ("u", "v"), "3": ("p", "q")}
MATRICES = {
    ("n", "n"): ("A", "S"),
    ("m", "n"): ("X", "Y"),
    ("n", "m"): ("B", "C"),
    ("m", "m"): ("M", "P"),
    ("n", "k"): ("W", "Z"),
    ("k", "n"): ("V", "U"),
    ("m", "k"): ("F", "G"),
    ("k", "m"): ("H", "J"),
    ("k", "k"): ("K", "L"),
    ("3", "3"): ("R", "Q"),
}
SCALARS = ("a", "b")

# Two choices of sizes, always the same. Different sizes show transposition errors, equal ones others.
FIXED_SIZES: tuple[Mapping[str, int], ...] = ({"n": 3, "m": 2, "k": 5}, {"n": 4, "m": 4, "k": 4})


def names_of(*shape: Size) -> tuple[str, str]:
    """The two symbols of a shape; where sizes are made of others, names with a number that stands for the shape."""
    texts = tuple(map(str, shape))
    if known := COLUMNS.get(texts[0]) if len(shape) == 1 else MATRICES.get((texts[0], texts[-1])):
        return known
    number = zlib.crc32(" ".join(texts).encode()) % 1000
    return (f"c_{number}", f"d_{number}") if len(shape) == 1 else (f"C_{number}", f"D_{number}")


# What the language makes of each declared fact: some include others.
FACTS = {
    "symmetric": frozenset({"symmetric"}),
    "antisymmetric": frozenset({"antisymmetric"}),
    "diagonal": frozenset({"diagonal", "symmetric"}),
    "orthogonal": frozenset({"orthogonal", "invertible"}),
    "positive_definite": frozenset({"positive_definite", "symmetric", "invertible"}),
    "invertible": frozenset({"invertible"}),
    "mask": frozenset({"mask"}),
    "sign": frozenset({"sign"}),
    "positive": frozenset({"positive"}),
    "simplex": frozenset({"simplex"}),
}
SQUARE_FACTS = tuple(FACTS)
ENTRY_FACTS = ("positive", "mask", "sign", "simplex")
NO_FACTS: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Case:
    """A derivative to be found: of ``expression`` by ``wrt`` (one symbol, one twice, or two), in a layout and a convention."""

    expression: e.Expr
    wrt: tuple[e.Symbol, ...]
    layout: Layout = "denominator"
    symmetric: Symmetric = "projected"

    @property
    def result_order(self) -> int:
        """The number of axes of the derivative, rows and columns of Kronecker and vec forms counted one by one."""
        return sum(axes(shaped) for shaped in (self.expression, *self.wrt))


def axes(expression: e.Expr) -> int:
    """The number of axes of a value; ``vec(X)`` has two."""
    return sum(max(1, size.degree) for size in expression.shape[-1 if expression.is_row else 0 :])


def symbol(name: str, *shape: Size, facts: frozenset[str] = NO_FACTS) -> e.Symbol:
    return e.Symbol(name, shape, facts or FACTS["symmetric"] if name == "S" else facts)


def declarations(expression: e.Expr) -> dict[str, str]:
    """Kinds and sizes of all symbols, in the ``declare`` syntax; a size that no symbol has gets a vector, so that its name is known."""
    order = e.postorder(expression)
    found = {node.name: node for node in order if isinstance(node, e.Symbol)}
    fixed = names_in([size for node in found.values() for size in node.shape])
    for name in sorted({*names_in(sizes_in(order))} - {*fixed}):
        vector = symbol(COLUMNS[name][0], Size.of(name))
        found[vector.name] = vector
    own = dict.fromkeys([name for name in user_functions(order) if name.isalpha()], "function")
    return {name: _declaration(found[name]) for name in sorted(found)} | own


def _declaration(node: e.Symbol) -> str:
    sizes = "×".join(size.spelled(str, gap=" ") for size in node.shape) or "scalar"
    return " ".join([sizes, *sorted(node.properties)])
