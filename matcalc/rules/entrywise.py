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
from matcalc.stored import stored


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
    """The rule of every function that has one, by function name.

    Raises ValueError for a rule that is not of the form that ``grammar/rules.lark`` describes.
    """
    grammar, text = read("grammar", "rules.lark"), read("rules", "matrix_functions.rules")
    trees = stored("entry_rules", f"{grammar}\0{text}", lambda _: _trees(grammar, text))
    return MappingProxyType({rule.function: rule for rule in map(_rule, trees)})


def _trees(grammar: str, text: str) -> list[Any]:
    """The rules as nested tuples, each with the name of its production first; a token is a string."""
    import lark

    class Tuples(lark.Transformer[Any, Any]):
        def __default__(self, data: Any, children: list[Any], meta: Any) -> Any:
            return (str(data), *(child if isinstance(child, tuple) else str(child) for child in children))

    return list(Tuples().transform(lark.Lark(grammar, parser="lalr").parse(text))[1:])


def _rule(tree: Any) -> EntryRule:
    _, name, left, below, total, source = tree
    function, argument_name, output_names = _parts(left)
    base, _, argument_names = _parts(below)
    labels: dict[str, int] = {}
    output = tuple([labels.setdefault(index, len(labels)) for index in output_names])
    argument = tuple([labels.setdefault(index, len(labels)) for index in argument_names])
    if base != argument_name or function not in functions() or len(set(output + argument)) != len(output + argument):
        raise ValueError(f"rule {name}: the left side must be d f(A)[...] / d A[...] with different indices and a known f")
    terms = []
    sign = Fraction(1)
    for kind, *parts in total[1:]:
        if kind == "sign":
            sign = Fraction(-1 if parts[0] == "-" else 1)
            continue
        factors = []
        coefficient = sign
        for part in parts:
            if isinstance(part, str):
                coefficient *= Fraction(part)
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
    return EntryRule(name, function, output, argument, tuple(terms), source.strip())


def _parts(factor: Any) -> tuple[str, str | None, tuple[str, ...]]:
    """(head, argument in round brackets, indices in square brackets)."""
    argument: str | None = None
    indices: tuple[str, ...] = ()
    for kind, *names in factor[2:]:
        if kind == "argument":
            argument = names[0]
        else:
            indices = tuple(names)
    return factor[1], argument, indices
