"""The record of a derivation: what the pipeline had in hand after each of its stages."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

from matcalc.einstein.nodes import Symbol, Tensor
from matcalc.records import record

StageKind = Literal["lowered", "simplified", "reshaped", "differentiated", "convention", "declared"]
Parts = tuple[tuple[Fraction, Tensor], ...]


@record
class Stage:
    """``tensor`` after a stage of the pipeline; ``order`` derivatives have been taken.

    Of a differentiation, ``variable`` is what it was by and ``parts`` are what its occurrences contributed, before the sum of these was
    brought to normal form. ``rules`` are the names of the rewrites used.
    """

    kind: StageKind
    tensor: Tensor
    order: int
    variable: Symbol | None = None
    parts: Parts = ()
    rules: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Trace:
    """Collects the stages of one derivation, in order.

    ``groups`` are the axes of the tensor that together are one axis of the result, for each of its axes; of each group the slow one first.
    """

    def __init__(self) -> None:
        self.stages: list[Stage] = []
        self.groups: tuple[tuple[int, ...], ...] = ()

    def record(
        self,
        kind: StageKind,
        tensor: Tensor,
        order: int,
        *,
        variable: Symbol | None = None,
        parts: Sequence[tuple[Fraction, Tensor]] = (),
        rules: Sequence[str] = (),
        notes: Sequence[str] = (),
    ) -> None:
        """Adds a stage; one that changed nothing is left out, except the first and those that differentiate."""
        changed = not self.stages or self.stages[-1].tensor is not tensor
        if changed or kind == "differentiated":
            self.stages.append(Stage(kind, tensor, order, variable, tuple(parts), tuple(dict.fromkeys(rules)), tuple(notes)))
