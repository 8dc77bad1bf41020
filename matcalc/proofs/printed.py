"""Proofs as people read them: each line an equality in index notation with the rule that it is
by."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from matcalc.einstein.nodes import Apply, Contraction, Map, Power, Sum, Symbol
from matcalc.expr.nodes import Expr
from matcalc.printing import index_text, text
from matcalc.proofs.checker import Condition
from matcalc.proofs.claimed import Sides
from matcalc.proofs.proof import Line, Proof
from matcalc.rules.laws import law_lines

Style = Literal["unicode", "ascii"]

_FORMS = {
    "positive": "{} > 0",
    "nonnegative": "{} >= 0",
    "nonzero": "{} != 0",
    "invertible": "{} is invertible",
}


def proof_lines(proof: Proof, style: Style = "unicode") -> list[str]:
    """The claim, every line, and what the proof supposes."""
    width = len(str(len(proof.lines)))
    lines = [f"  {number:>{width}}  {_equality(line, style)}   by {_rule(line)}" for number, line in enumerate(proof.lines, 1)]
    shown = [claim_text(proof.sides, style), *lines]
    shown += [f"  if {condition}" for condition in conditions_text(proof.conditions, style)]
    alone = len(proof.sides.wrt) == 1
    return [line.replace("d1 ", "d") if alone else re.sub("d([12]) ", r"d\1", line) for line in shown]


def claim_text(sides: Sides, style: Style = "unicode") -> str:
    """The equation that a proof is of."""
    parts = []
    for form, derived in zip((sides.left, sides.right), sides.derivatives):
        shown = text(form, style)
        for variable in sides.wrt if derived else ():
            shown = f"d({shown})/d{text(variable, style)}"
        parts.append(shown)
    return " = ".join(parts)


def conditions_text(conditions: Sequence[Condition], style: Style = "unicode") -> list[str]:
    """What is supposed of tensors."""
    found = [_FORMS[kind].format(index_text(tensor, style)) for kind, tensor in conditions]
    plain = list(dict.fromkeys(found))
    if style == "ascii":
        return plain
    return [one.replace(">=", "≥").replace("!=", "≠") for one in plain]


def _equality(line: Line, style: Style) -> str:
    after = index_text(line.after, style)
    if isinstance(line.before, Expr):
        return f"{text(line.before, style)} is {after}"
    return f"{index_text(line.before, style)} = {after}"


_DIFFERENTIALS = {
    Sum: "sum rule",
    Contraction: "product rule",
    Power: "chain rule",
    Map: "chain rule",
    Apply: "rules/matrix_functions.rules",
    Symbol: "variation",
}


def _rule(line: Line) -> str:
    if isinstance(line.before, Expr):
        return f"definition of {type(line.before).__name__}"
    if line.rule == "differential" and isinstance(line.before, Map):
        return f"differential: {_DIFFERENTIALS[type(line.before.arguments[0])]}"
    known = law_lines().get(line.rule)
    return line.rule if known is None else f"{line.rule} ({known.source})"
