"""Decisions of a reading: what was taken one way although it could be taken another, with its place and its weight.

Every stage of reading that chooses makes one; a stage that has no choice makes none. What a person is told of a reading, its notes,
warnings and echo, is made from these and from nothing else.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from matcalc.errors import Span
from matcalc.records import record

Weight: TypeAlias = Literal["plain", "assumed", "doubtful"]
"""``plain``: not worth saying; ``assumed``: a note; ``doubtful``: a warning, which a strict reading refuses."""
Topic: TypeAlias = Literal["names", "kinds", "sizes", "broadcasting", "dialect", "alias", "samples", "notation", "scope"]


@record
class Decision:
    """One choice in a reading.

    ``words`` say it in one line, in the user's names. ``span`` is its place in the text, if it has one. ``instead`` are the readings it
    was chosen among and how each is said beyond doubt, such as ``("C is a scalar: declare C: scalar", "C is a matrix: declare C: n×n")``;
    a doubtful decision has at least two.

    >>> Decision("sigma(...) is read as the logistic function").weight
    'assumed'
    """

    words: str
    topic: Topic = "notation"
    weight: Weight = "assumed"
    span: Span | None = None
    instead: tuple[str, ...] = ()

    @property
    def told(self) -> bool:
        """Whether it is worth saying."""
        return self.weight != "plain"


def notes_of(decisions: tuple[Decision, ...]) -> tuple[str, ...]:
    """The words of what is worth saying, what is doubtful first, each once."""
    ranked = sorted([decision for decision in decisions if decision.told], key=lambda decision: decision.weight != "doubtful")
    return tuple(dict.fromkeys(decision.words for decision in ranked))
