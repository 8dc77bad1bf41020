"""Loads ``rules/matrix_functions.rules``: entrywise derivatives of functions of a whole vector or matrix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from types import MappingProxyType
from typing import Any

from matcalc.functions import functions
from matcalc.resources import read


@dataclass(frozen=True, slots=True)
class Factor:
    """``function(argument)[labels]``, ``argument[labels]`` (``function`` empty) or ``delta[i,j]``."""

    function: str
    labels: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EntryRule:
    """``d function(A)[output] / d A[argument]`` as a sum of products; labels are small integers, those only inside terms are summed."""

    name: str
    function: str
    output: tuple[int, ...]
    argument: tuple[int, ...]
    terms: tuple[tuple[Fraction, tuple[Factor, ...]], ...]
    source: str


@cache
def entry_rules() -> Mapping[str, EntryRule]:
    """The rule of every function that has one, by function name."""
    import lark

    parser = lark.Lark(read("grammar", "rules.lark"), parser="lalr")
    tree = parser.parse(read("rules", "matrix_functions.rules"))
    rules = [_rule(node) for node in tree.children]
    return MappingProxyType({rule.function: rule for rule in rules})


def _rule(node: Any) -> EntryRule:
    name, left, below, total, source = node.children
    function, argument_name, output_names = _parts(left)
    base, _, argument_names = _parts(below)
    labels: dict[str, int] = {}
    output = tuple([labels.setdefault(index, len(labels)) for index in output_names])
    argument = tuple([labels.setdefault(index, len(labels)) for index in argument_names])
    if base != argument_name or function not in functions() or len(set(output + argument)) != len(output + argument):
        raise ValueError(f"rule {name}: the left side must be d f(A)[...] / d A[...] with different indices and a known f")
    terms = []
    sign = Fraction(1)
    for child in total.children:
        if child.data == "sign":
            sign = Fraction(-1 if child.children[0] == "-" else 1)
            continue
        factors = []
        coefficient = sign
        for part in child.children:
            if not hasattr(part, "data"):
                coefficient *= Fraction(str(part))
                continue
            head, inside, indices = _parts(part)
            if inside is None:
                head, inside = ("delta", argument_name) if head == "delta" else ("", head)
            if inside != argument_name or (head not in functions() and head not in ("", "delta")):
                raise ValueError(f"rule {name}: the right side uses {head or inside!r}, which the left side does not bind")
            factors.append(Factor(head, tuple([labels.setdefault(index, len(labels)) for index in indices])))
        free = {label for factor in factors for label in factor.labels}
        if not set(output + argument) <= free:
            raise ValueError(f"rule {name}: an index of the left side is missing in a term")
        terms.append((coefficient, tuple(factors)))
        sign = Fraction(1)
    return EntryRule(str(name), function, output, argument, tuple(terms), str(source).strip())


def _parts(factor: Any) -> tuple[str, str | None, tuple[str, ...]]:
    """(head, argument in round brackets, indices in square brackets)."""
    argument: str | None = None
    indices: tuple[str, ...] = ()
    for child in factor.children[1:]:
        if child.data == "argument":
            argument = str(child.children[0])
        else:
            indices = tuple([str(index) for index in child.children])
    return str(factor.children[0]), argument, indices
