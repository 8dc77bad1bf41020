"""What a derivation in steps is asked about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from matcalc.derivation import Outcome
from matcalc.derivation.pipeline import Layout, Symmetric
from matcalc.expr.nodes import Expr, Symbol


@dataclass(frozen=True)
class Question:
    """The derivative of ``expression`` by one or two symbols, and the answer that the engine found: its last step.

    ``declarations`` are kind and size of every symbol, in the ``declare`` syntax.
    """

    expression: Expr
    wrt: tuple[Symbol, ...]
    layout: Layout
    symmetric: Symmetric
    outcome: Outcome
    declarations: Mapping[str, str]
