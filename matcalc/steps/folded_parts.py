"""Parts of a tensor as matrix expressions, as the engine folds them, where these are short."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.derivation.pipeline import folded
from matcalc.einstein import nodes as ix
from matcalc.einstein.weight import weight
from matcalc.expr.nodes import Expr, Identity, Symbol, postorder
from matcalc.printing import text

_HEAVIEST = 60
_LONGEST = 60


class Matrices:
    """Folds tensors with the reading order of one expression, each once; ``rows`` are the symbols that are rows."""

    def __init__(self, ranks: Mapping[str, int], rows: Mapping[str, Symbol]) -> None:
        self._ranks = ranks
        self._rows = rows
        self._brackets: dict[ix.Tensor, Expr | None] = {}

    def bracket(self, tensor: ix.Tensor) -> Expr | None:
        """The matrix expression whose entries are those of a tensor of order two or less, where there is one that is short enough to stand
        in brackets within a line; δ_ij reads better than an entry of the identity."""
        if tensor not in self._brackets:
            self._brackets[tensor] = self._bracket(tensor)
        return self._brackets[tensor]

    def _bracket(self, tensor: ix.Tensor) -> Expr | None:
        if tensor.order > 2 or weight(tensor) > _HEAVIEST:
            return None
        found = folded(tensor, min(tensor.order, 1), self._ranks, self._rows)
        if found is None or any(isinstance(node, Identity) for node in postorder(found)):
            return None
        return found if len(text(found)) <= _LONGEST else None
