"""Chain rules of a function that the document leaves open: ``∂f/∂μ = ∂f/∂z`` for any loss f(z) with z = μ + s ⊙ ε.

A first derivative at a point is that of a linear function, so that an equation of such derivatives holds for every function of z if and
only if it does for ``f = sum(g .* z)`` with any g.
"""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.documents.asking import Said
from matcalc.documents.context.definitions import Definition
from matcalc.documents.context.outline import Line, Spot
from matcalc.documents.context.structure import Dependence, Structure
from matcalc.documents.heads import Head

_FORM = {"latex": r"\operatorname{{sum}}({factor}_{{{name}}} \odot {argument})", "plain": "sum({factor}_{name}.*{argument})"}


def opened(name: str, structure: Structure, definitions: Sequence[Definition], line: Line) -> Definition | None:
    """A linear function in the place of one that nothing is known of, of those variables that depend on others; None where none does."""
    if name not in structure.only_derived:
        return None
    variables = {variable for one in structure.all_derived if one.name == name for variable in one.by}
    dependence = Dependence(definitions)
    arguments = [one for one in definitions if one.name in variables and not _is_within(one.name, variables, dependence)]
    arguments = [one for one in arguments if dependence.of(one.name, variables - {one.name})]
    if not arguments or len(name) > 1 and "_" in name:
        return None
    used = {part for one in definitions for part in one.uses}
    terms = []
    for number, one in enumerate(arguments):
        letters = "GCB" if one.name[:1].isupper() else "gcb"
        factor = next((letter for letter in letters if f"{letter}_{name}" not in used), letters[0])
        index = name if len(arguments) == 1 else f"{name}{number}"
        terms.append(_FORM[line.notation].format(factor=factor, name=index, argument=one.written))
    value = " + ".join(terms)
    shown = ", ".join(one.name for one in arguments)
    said = Said(f"{name}: any function of {shown}", line.row.left.place())
    uses = frozenset(one.name for one in arguments)
    return Definition(Head(name), name, value, line.notation, uses, said, line.number, (line.number, line.number), Spot((), None))


def _is_within(name: str, variables: set[str], dependence: Dependence) -> bool:
    """Whether another of the variables depends on it."""
    return any(dependence.of(other, {name}) for other in variables - {name})
