"""Laws that proofs use, each as two expressions: the lines of ``rules/laws.rules`` and
``rules/rewrites.rules``, the relations of ``rules/facts.toml``, and what the function table says;
and whether their conditions are seen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import TypeAlias

from matcalc.base.files import RuleLine, read, rule_lines
from matcalc.base.functions import functions
from matcalc.base.records import record
from matcalc.base.shapes import Shape
from matcalc.base.sizes import Size
from matcalc.base.traversal import bottom_up
from matcalc.einstein import nodes as ix
from matcalc.einstein.algebra import size_value
from matcalc.einstein.lowered import aligned
from matcalc.einstein.lowering import lower
from matcalc.einstein.substitution import substituted
from matcalc.expr.nodes import Expr, Symbol, postorder
from matcalc.facts.table import facts, implied
from matcalc.language import elaborate
from matcalc.language.build.table_functions import signature_of
from matcalc.language.typing.dimensions import most_general
from matcalc.rules.entries import constant


@record
class Law:
    """``left = right`` for all values of the variables that have the facts they are declared
    with."""

    name: str
    source: str
    left: Expr
    right: Expr

    @property
    def variables(self) -> tuple[Symbol, ...]:
        """The symbols of both sides."""
        return tuple(dict.fromkeys(node for node in postorder(self.left, self.right) if isinstance(node, Symbol)))


@cache
def law(name: str) -> Law:
    """The law of a name. Raises KeyError for a name that none has, MatcalcError for a line that
    cannot be read."""
    line = law_lines()[name]
    left = elaborate(line.left, line.variables).expression
    right = elaborate(line.right, line.variables, shape=left.shape).expression
    return Law(name, line.source, left, right)


@cache
def law_lines() -> Mapping[str, RuleLine]:
    """Every law by its name, not yet parsed."""
    files = [line for file in ("laws.rules", "rewrites.rules") for line in rule_lines(file, read("rules", file))]
    lines = [*files, *_of_facts(), *_of_functions()]
    found = {line.name: line for line in lines}
    if len(found) < len(lines):
        raise ValueError("two laws have one name")
    return MappingProxyType(found)


@cache
def definitions() -> Mapping[str, tuple[str, ...]]:
    """The laws that say what a function is for every number, by the function."""
    found: dict[str, tuple[str, ...]] = {}
    for name, line in law_lines().items():
        left = re.fullmatch(r"(\w+)\(t\)", line.left)
        if left and line.variables == "t: scalar":
            found[left[1]] = (*found.get(left[1], ()), name)
    return MappingProxyType(found)


_LETTER = r"(?:\w+\(X\)|X)'?"
_WORD = re.compile(rf"{_LETTER}(?:\*{_LETTER})+")


@cache
def words() -> Mapping[str, tuple[str, ...]]:
    """The laws of products of a matrix X and a function of it, by the function."""
    found: dict[str, tuple[str, ...]] = {}
    for name, line in law_lines().items():
        if _WORD.fullmatch(line.left):
            for function in dict.fromkeys(re.findall(r"(\w+)\(X\)", line.left)):
                found[function] = (*found.get(function, ()), name)
    return MappingProxyType(found)


@cache
def of_constants() -> Mapping[str, tuple[str, ...]]:
    """The laws of constant arrays, by each of the functions of sizes in them."""
    found: dict[str, tuple[str, ...]] = {}
    for name, line in law_lines().items():
        for function in dict.fromkeys(re.findall(r"(\w+)\(n\)", line.left)):
            if function in functions() and functions()[function].of_sizes:
                found[function] = (*found.get(function, ()), name)
    return MappingProxyType(found)


def sizes_of_constant(function: str, shape: Shape) -> Mapping[str, Size]:
    """The sizes by which a constant array has its shape, by the parameters of the function; empty
    where they are not told."""
    signature = signature_of(functions()[function])
    names = {parameter: Size.of(f"?{parameter}") for parameter in signature.parameters}
    pairs = [(size.replaced(names), actual) for size, actual in zip(signature.result, shape, strict=True)]
    found = most_general(pairs, [size.text for size in names.values()])
    return {name: found[size.text] for name, size in names.items()} if len(found) == len(names) else {}


@cache
def _lowered(name: str) -> tuple[ix.Tensor, ix.Tensor]:
    left, right = aligned([lower(law(name).left), lower(law(name).right)])
    return left.tensor, right.tensor


def both_sides(name: str, lengths: Mapping[str, Size] = MappingProxyType({}), /, **values: ix.Tensor) -> list[ix.Tensor]:
    """The sides of a law with tensors for its variables, in the normal form of the index notation;
    ``lengths`` are sizes that no variable tells."""
    sides = _lowered(name)
    symbols: dict[ix.Tensor, ix.Tensor] = {
        node: values[node.name] for side in sides for node in ix.postorder(side) if isinstance(node, ix.Symbol)
    }
    sizes = {size: actual for symbol, value in symbols.items() for size, actual in zip(symbol.shape, value.shape)}
    if lengths:
        nodes = ix.postorder(*sides)
        symbols |= {node: size_value(node.size.replaced(lengths)) for node in nodes if isinstance(node, ix.SizeValue)}
        sizes |= {size: size.replaced(lengths) for node in nodes for size in (*node.shape, *ix.sizes_in(node))}
    return [substituted(side, symbols, sizes) for side in sides]


_OF_SHAPE = {
    "any": ("X: m×n", "x: n"),
    "array": ("X: m×n", "x: n"),
    "vector": ("x: n",),
    "matrix": ("X: m×n",),
    "tall": ("X: m×n",),
    "square": ("X: n×n",),
}


_ABBREVIATED = re.compile(r"\*1\b|X.* = 1$|\^2")
"""Relations that say again what another one says, with a number for an array of ones or of no
size."""


def _of_facts() -> Iterator[RuleLine]:
    for fact in facts().values():
        for relation in fact.relations:
            left, _, right = relation.partition(" = ")
            tall = fact.shape == "tall" and "X*X'" in relation
            for variable in _OF_SHAPE[fact.shape] if not _ABBREVIATED.search(relation) else ():
                name = variable.partition(":")[0]
                if re.search(rf"\b{name}\b", relation) and not tall:
                    kind = f"{variable} {fact.name}"
                    yield RuleLine(f"{fact.name}: {relation}", kind, left, right, fact.meaning)


def _of_functions() -> Iterator[RuleLine]:
    for function in functions().values():
        name = function.name
        if function.symmetry == "kept" and "," not in function.signature:
            yield RuleLine(f"{name} of a transpose", "X: n×n", f"{name}(X')", f"{name}(X)'", function.meaning)
        if function.parity:
            sign = "-" if function.parity == "odd" else ""
            yield RuleLine(f"{name} is {function.parity}", "t: scalar", f"{name}(-t)", f"{sign}{name}(t)", function.meaning)


# ---------------------------------------------------------------- conditions

SUPPOSED = frozenset(["positive", "nonnegative", "nonzero", "invertible"])
"""What a proof may suppose of a tensor; other facts must be declared."""


def seen(fact: str, tensor: ix.Tensor) -> bool:
    """Whether a fact is declared, or seen from what a tensor is made of."""
    if isinstance(tensor, ix.Symbol) and fact in implied(tensor.properties):
        return True
    if fact == "integer":
        value = constant(tensor)
        return value is not None and value.denominator == 1
    if fact not in ("positive", "nonnegative", "nonzero"):
        return False
    signs = bottom_up(ix.postorder(tensor), lambda node, signs: _sign(node, [signs[child] for child in ix.children(node)]))
    return signs[tensor][fact != "nonnegative"]


_Sign: TypeAlias = tuple[bool, bool]
"""Whether no entry is negative, and whether all are positive."""


def _sign(node: ix.Tensor, below: Sequence[_Sign]) -> _Sign:
    every = (all(sign[0] for sign in below), all(sign[1] for sign in below))
    match node:
        case ix.Symbol(properties=properties):
            facts = implied(properties)
            return "nonnegative" in facts, "positive" in facts
        case ix.SizeValue() | ix.Constant(name="pi"):
            return True, True
        case ix.Sum(terms=terms):
            added = all(c > 0 for c, _ in terms)
            return added and every[0], added and every[1] and bool(terms)
        case ix.Contraction(output=output):
            return every[0], every[1] and len(set(output)) == len(output)
        case ix.Power(exponent=exponent):
            return every[0] or exponent.numerator % 2 == 0, every[1]
        case ix.Map(function=function) if function in functions():
            bounds = functions()[function].range
            positive = bounds.startswith(("f > 0", "0 < f", "f >= 1"))
            return positive or bounds.startswith(("f >= 0", "0 <= f")), positive
    return False, False
