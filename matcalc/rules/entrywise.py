"""Loads ``rules/matrix_functions.rules``: entrywise derivatives of functions of a whole vector or
matrix."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from types import MappingProxyType
from typing import Any

from matcalc.base.files import read, stored
from matcalc.base.functions import functions
from matcalc.base.records import record
from matcalc.einstein.lowering import lower
from matcalc.einstein.nodes import Symbol, Tensor
from matcalc.expr.nodes import Symbol as ExprSymbol, postorder as nodes_of
from matcalc.language import elaborate


@record
class Definition:
    """A named formula of the argument, not yet parsed:
    ``let name(variable: shape): result = formula``."""

    name: str
    variable: str
    shape: str
    result: str
    formula: str


@record
class Factor:
    """``function(argument)[labels]``, ``argument[labels]`` (``function`` empty) or ``delta[i,j]``;
    a definition is a function here."""

    function: str
    labels: tuple[int, ...]


@record
class EntryRule:
    """``d function(A)[output] / d A[argument]`` as a sum of products; labels are small integers,
    those only inside terms are summed."""

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
    known = definitions()
    return MappingProxyType({rule.function: rule for rule in (_rule(tree, known) for tree in _lines() if tree[0] == "rule")})


@cache
def definitions() -> Mapping[str, Definition]:
    """The definitions of the file by name. Raises ValueError for one that hides a function."""
    found = {}
    for kind, *parts in _lines():
        if kind == "definition":
            definition = Definition(*(part.strip() for part in parts))
            if definition.name in functions() or definition.name in found:
                raise ValueError(f"definition {definition.name}: there is a function of that name")
            found[definition.name] = definition
    return MappingProxyType(found)


@cache
def defined(name: str) -> tuple[Symbol, Tensor]:
    """The argument and the formula of a definition, in index form.

    Raises ValueError when the formula has another shape than was said, or another variable.
    """
    definition = definitions()[name]
    read_formula = elaborate(definition.formula, {definition.variable: definition.shape})
    variables = [node for node in nodes_of(read_formula.expression) if isinstance(node, ExprSymbol)]
    if [node.name for node in variables] != [definition.variable]:
        raise ValueError(f"definition {name}: the formula must use {definition.variable} and nothing else")
    if "×".join(map(str, read_formula.expression.shape)) != definition.result:
        raise ValueError(
            f"definition {name}: the formula is {'×'.join(map(str, read_formula.expression.shape))}, not {definition.result}"
        )
    return Symbol(definition.variable, variables[0].shape), lower(read_formula.expression).tensor


def _lines() -> list[Any]:
    grammar, text = read("grammar", "rules.lark"), read("rules", "matrix_functions.rules")
    return stored("entry_rules", f"{grammar}\0{text}", lambda _: _trees(grammar, text))


def _trees(grammar: str, text: str) -> list[Any]:
    """The rules as nested tuples, each with the name of its production first; a token is a
    string."""
    import lark

    class Tuples(lark.Transformer[Any, Any]):
        def __default__(self, data: Any, children: list[Any], meta: Any) -> Any:
            return (str(data), *(child if isinstance(child, tuple) else str(child) for child in children))

    return list(Tuples().transform(lark.Lark(grammar, parser="lalr").parse(text))[1:])


def _rule(tree: Any, known: Mapping[str, Definition]) -> EntryRule:
    _, name, left, below, total, source = tree
    function, argument_name, output_names = _parts(left)
    base, _, argument_names = _parts(below)
    labels: dict[str, int] = {}
    output = tuple([labels.setdefault(index, len(labels)) for index in output_names])
    argument = tuple([labels.setdefault(index, len(labels)) for index in argument_names])
    if base != argument_name or function not in functions() or len(set(output + argument)) != len(output + argument):
        raise ValueError(f"rule {name}: the left side must be d f(A)[...] / d A[...] with different indices and a known f")
    terms = []
    coefficient = Fraction(1)
    for kind, *parts in total[1:]:
        if kind == "sign":
            coefficient = Fraction(-1 if parts[0] == "-" else 1)
            continue
        factors = []
        for part in parts:
            if isinstance(part, str):
                coefficient *= Fraction(part)
                continue
            head, inside, indices = _parts(part)
            if inside is None:
                head, inside = ("delta", argument_name) if head == "delta" else ("", head)
            if inside != argument_name or (head not in functions() and head not in known and head not in ("", "delta")):
                raise ValueError(f"rule {name}: the right side uses {head or inside!r}, which the left side does not bind")
            factors.append(Factor(head, tuple([labels.setdefault(index, len(labels)) for index in indices])))
        free = {label for factor in factors for label in factor.labels}
        if not set(output + argument) <= free:
            raise ValueError(f"rule {name}: an index of the left side is missing in a term")
        terms.append((coefficient, tuple(factors)))
        coefficient = Fraction(1)
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
