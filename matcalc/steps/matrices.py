"""Parts of a tensor as matrix expressions, as the engine folds them."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.derivation.pipeline import folded
from matcalc.einstein import nodes as ix
from matcalc.einstein.weight import weight
from matcalc.expr.nodes import Expr, Symbol

_HEAVIEST = 400
"""Larger parts are not folded: they would not be shown."""


class Matrices:
    """Folds tensors with the reading order of one expression, each once; ``rows`` are the symbols that are rows."""

    def __init__(self, ranks: Mapping[str, int], rows: Mapping[str, Symbol]) -> None:
        self._ranks = ranks
        self._rows = rows
        self._forms: dict[ix.Tensor, Expr | None] = {}

    def form(self, tensor: ix.Tensor) -> Expr | None:
        """The matrix expression whose entries are those of a tensor of order two or less; None when there is none."""
        if tensor not in self._forms:
            small = tensor.order <= 2 and weight(tensor) <= _HEAVIEST
            self._forms[tensor] = folded(tensor, min(tensor.order, 1), self._ranks, self._rows) if small else None
        return self._forms[tensor]
