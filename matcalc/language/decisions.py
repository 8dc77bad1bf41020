"""Decisions of a reading: what was taken one way although it could be taken another, with its place and its weight.

Every stage of reading that chooses makes one; a stage that has no choice makes none. What a person is told of a reading, its notes,
warnings and echo, is made from these and from nothing else.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from matcalc.base.errors import ParseError, Span
from matcalc.base.records import record

Weight: TypeAlias = Literal["plain", "assumed", "doubtful"]
"""``plain``: not worth saying; ``assumed``: a note; ``doubtful``: a warning, which a strict reading refuses."""
Topic: TypeAlias = Literal["convention", "names", "kinds", "sizes", "broadcasting", "dialect", "alias", "samples", "notation", "scope"]
"""``convention``: a kind that the letter has anyway; it is a note, but no surprise."""
_CONVENTIONAL = frozenset(["convention", "sizes"])


@record
class Decision:
    """One choice in a reading.

    ``words`` say it in one line, in the user's names. ``span`` is its place in the text, if it has one. ``instead`` are the readings it
    was chosen among and how each is said beyond doubt, such as ``("C is a scalar: declare C: scalar", "C is a matrix: declare C: n×n")``;
    a doubtful decision has at least two. ``otherwise`` names the choice where the same words could mean something else that a reading
    can be asked for (``ReadingOptions.otherwise``).

    >>> Decision("sigma(...) is read as the logistic function").weight
    'assumed'
    """

    words: str
    topic: Topic = "notation"
    weight: Weight = "assumed"
    span: Span | None = None
    instead: tuple[str, ...] = ()
    otherwise: str = ""

    @property
    def told(self) -> bool:
        """Whether it is worth saying."""
        return self.weight != "plain"

    @property
    def surprising(self) -> bool:
        """Whether the reading should be shown because of it: more than the usual kinds and the names of sizes."""
        return self.told and (self.weight == "doubtful" or self.topic not in _CONVENTIONAL)


def notes_of(decisions: tuple[Decision, ...]) -> tuple[str, ...]:
    """The words of what is worth saying, what is doubtful first, each once."""
    ranked = sorted([decision for decision in decisions if decision.told], key=lambda decision: decision.weight != "doubtful")
    return tuple(dict.fromkeys(decision.words for decision in ranked))


def warnings_of(decisions: tuple[Decision, ...]) -> tuple[str, ...]:
    """The words of what is doubtful, each once."""
    return tuple(dict.fromkeys(decision.words for decision in decisions if decision.weight == "doubtful"))


def warned(warnings: tuple[str, ...]) -> str:
    """What stands behind a result on one line, so that a doubtful reading shows wherever the result does."""
    return f" (warning: {'; '.join(warnings)})" if warnings else ""


def require_certain(decisions: tuple[Decision, ...]) -> None:
    """Raises ParseError for the first decision in the text that is doubtful, with the readings and how each is said."""
    doubtful = [decision for decision in decisions if decision.weight == "doubtful"]
    if doubtful:
        first = min(doubtful, key=lambda decision: decision.span.start if decision.span is not None else 0)
        said = f"the reading is doubtful: {first.words}"
        raise ParseError(said, span=first.span, suggestion="; or ".join(first.instead) or None)
