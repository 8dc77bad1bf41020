"""What the rules of a step are called, and where they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matcalc.einstein import nodes as ix
from matcalc.functions import functions
from matcalc.rules.entrywise import entry_rules
from matcalc.rules.rewrites import rewrite_lines

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Said:
    """The name of a rule, its source, and a remark."""

    rule: str
    source: str = ""
    remark: str = ""


def differentiation_rule(tensor: ix.Tensor, variable: ix.Symbol, contributions: int) -> Said:
    """The rules by which ``tensor`` is differentiated by ``variable``, named from its operations above the variable."""
    if not contributions:
        return Said("constant", remark=f"{variable.name} does not occur")
    depends: set[ix.Tensor] = set()
    order = ix.postorder(tensor)
    for node in order:
        if node is variable or any(child in depends for child in ix.children(node)):
            depends.add(node)
    maps: dict[str, None] = {}
    applied: dict[str, None] = {}
    chain = product = False
    below = {
        operand
        for node in order
        if isinstance(node, ix.Contraction) and sum(operand in depends for operand in node.operands) > 1
        for operand in node.operands
        if isinstance(operand, ix.Power) and operand.exponent < 0 and operand in depends
    }
    for node in order:
        if node not in depends:
            continue
        match node:
            case ix.Map(function=name):
                chain = True
                maps[name] = None
            case ix.Power():
                chain = chain or node not in below
            case ix.Apply(function=name):
                chain = chain or node.arguments[0] is not variable
                applied[name] = None
            case ix.Contraction() if sum(operand in depends for operand in node.operands) > 1:
                product = True
    if below:
        name = "quotient and chain rule" if chain else "quotient rule"
    elif chain:
        name = "chain rule"
    elif applied:
        name = "derivative of " + _listed(list(applied), ", ")
    else:
        name = "product rule" if product else "linearity"
    sources = [f"{function}: {_source(function)}" if chain or len(applied) > 1 else _source(function) for function in applied]
    return Said(name, _listed(sources, "; "), _listed([slope for slope in map(_slope, maps) if slope], ", "))


def _source(function: str) -> str:
    """Where the entrywise rule of a function comes from; those without one are primary matrix functions."""
    rule = entry_rules().get(function)
    return rule.source if rule is not None else "Higham, Functions of Matrices (2008), ch. 3"


def _slope(name: str) -> str:
    """``tanh′(t) = 1 − tanh(t)²``, from the function table."""
    known = functions().get(name)
    if known is None or not known.derivative:
        return ""
    shown = known.unicode or name
    slope = known.derivative.replace("*", " ").replace("-", "−").replace("^2", "²").replace(name, shown)
    return f"{shown}′(t) = {slope}"


def rewrite_sources(names: Sequence[str]) -> str:
    """The rewrites used, with their sources."""
    lines = {line.name: line for line in rewrite_lines()}
    return _listed([f"{name}: {lines[name].source}" for name in names], "; ")


def _listed(found: list[str], separator: str) -> str:
    if len(found) > _MOST_NAMED:
        return separator.join(found[:_MOST_NAMED]) + f"{separator}and {len(found) - _MOST_NAMED} more"
    return separator.join(found)
