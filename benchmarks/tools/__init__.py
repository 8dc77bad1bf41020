"""The tools that benchmarks/against_others.py compares, each behind the same five calls."""

from __future__ import annotations

from typing import Any, Protocol

from numpy.typing import NDArray

from benchmarks.tasks import Task


class Tool(Protocol):
    """A way to differentiate. An answer may be anything that ``text`` and ``derivative`` understand."""

    name: str

    def spellings(self, task: Task) -> list[str]:
        """Ways to write the task, to be tried in turn; none when the tool has no way."""

    def solve(self, task: Task, spelling: str) -> Any:
        """The derivative, from the spelling, in the tool's own form."""

    def text(self, answer: Any) -> str:
        """The answer as the tool prints it."""

    def value(self, task: Task, spelling: str) -> NDArray[Any]:
        """The function that is differentiated at the task's point: it shows that the spelling says what the formula says."""

    def derivative(self, task: Task, answer: Any) -> NDArray[Any]:
        """The answer at the task's point, with the axes of the value, then those of each variable; vectors have one axis."""

    def forget(self) -> None:
        """Empties the tool's caches."""
