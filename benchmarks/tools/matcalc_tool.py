"""matcalc itself, from the text of the formula."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.tasks import Task
from matcalc.derivation.pipeline import forget
from matcalc.interface.api import derive
from matcalc.interface.results import Derivation


class Matcalc:
    name = "matcalc"

    def spellings(self, task: Task) -> list[str]:
        return [task.text]

    def solve(self, task: Task, spelling: str) -> Derivation:
        return derive(spelling, task.by, order=task.order, declare=task.declare or None)

    def text(self, answer: Derivation) -> str:
        return answer.text()

    def value(self, task: Task, spelling: str) -> NDArray[Any]:
        return task.value

    def derivative(self, task: Task, answer: Derivation) -> NDArray[Any]:
        """The array of the printed form. In the denominator layout both groups of axes are vec's, those of the variable first."""
        array = np.asarray(answer.function("numpy")(**{**task.point.sizes, **task.point.values}))
        shape = task.derivative.shape
        below = len(task.shapes[task.by])
        above = len(shape) - below
        if not above or not below or array.ndim != 2:
            return array
        if task.order == 1:  # rows belong to the variable
            array = array.T
        return array.reshape((*shape[:above], *shape[above:]), order="F")

    def forget(self) -> None:
        """Empties the cache of derivatives. Nodes are held weakly and go with their results."""
        forget()
