"""The layout of a document whose text does not say it, from the claims that are true in one layout alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from matcalc.documents.deciding import Outcome, Question
from matcalc.documents.shapes import is_derivative

Decide: TypeAlias = Callable[[Sequence[Question]], Iterable[Outcome]]

_FEWEST = 4
"""Claims that can tell the layout of a document."""
_FOR_ONE_AGAINST = 4
"""Of five claims that can tell, four agree."""
_OTHERS = ("numerator", "tensor")
_PART = 16
"""Claims that are asked at once for what they tell."""


@dataclass(frozen=True, slots=True)
class Told:
    """The layout that claims tell, the numbers of these, and the outcomes that change with it, by the numbers of their questions."""

    layout: str
    telling: tuple[int, ...]
    outcomes: Mapping[int, Outcome]


def told_layout(questions: Sequence[Question], outcomes: Sequence[Outcome], decide: Decide) -> Told | None:
    """The layout that a document uses where its text does not say it, if that changes an outcome.

    It is told by at least four claims that hold in it and not in the other, if these are four in five of all that hold in one of both
    alone. Claims that hold in another layout than the usual one are what makes anybody ask.
    """
    undecided = [number for number, question in enumerate(questions) if _is_open(question)]
    turned = [number for number in undecided if outcomes[number].verdict.other_layout is not None]
    usual = set(turned)
    telling: tuple[int, ...] = ()
    for layout in _OTHERS if turned else ():
        ballot = _Ballot(layout, questions, outcomes, decide)
        ballot.take(turned)
        if not ballot.told:
            continue
        ballot.complete([number for number in undecided if outcomes[number].verdict.ok])
        if ballot.is_for(ballot.told, ballot.against):
            ballot.take([number for number in undecided if number not in ballot.found])
            return Told(layout, tuple(ballot.told), ballot.found)
        if ballot.is_for(ballot.against, ballot.told):
            telling = telling or tuple(ballot.against)
        else:
            usual -= set(ballot.told)
    if not telling or not usual:
        return None
    said = [tuple([replace(one, layout_said="all") for one in questions[number]]) for number in sorted(usual)]
    return Told(questions[telling[0]][0].layout, telling, dict(zip(sorted(usual), decide(said), strict=True)))


class _Ballot:
    """The outcomes in another layout, with the claims that are ``told`` to be in it, and those ``against`` it."""

    def __init__(self, layout: str, questions: Sequence[Question], outcomes: Sequence[Outcome], decide: Decide) -> None:
        self._layout, self._questions, self._outcomes, self._decide = layout, questions, outcomes, decide
        self.found: dict[int, Outcome] = {}
        self.told: list[int] = []
        self.against: list[int] = []

    def take(self, numbers: Sequence[int]) -> None:
        """Asks the questions with these numbers in the other layout."""
        asked = [tuple([replace(one, layout=self._layout) for one in self._questions[number]]) for number in numbers]
        for number, outcome in zip(numbers, self._decide(asked), strict=True):
            self.found[number] = outcome
            before, now = self._outcomes[number].verdict.ok, outcome.verdict
            if now.ok and not before:
                self.told.append(number)
            elif before and (now.is_false or now.other_layout is not None):
                self.against.append(number)

    def complete(self, numbers: Sequence[int]) -> None:
        """Asks claims that hold until it is plain which layout they are for, or that they are for none."""
        for start in range(0, len(numbers), _PART):
            self.take(numbers[start : start + _PART])
            most = len(self.against) + max(0, len(numbers) - start - _PART)
            never = not self.is_for(self.told, self.against) and most < max(_FEWEST, _FOR_ONE_AGAINST * len(self.told))
            if never or self.is_for(self.against, self.told):
                return

    @staticmethod
    def is_for(claims: Sequence[int], others: Sequence[int]) -> bool:
        """Whether claims are enough to tell a layout in spite of others."""
        return len(claims) >= max(_FEWEST, _FOR_ONE_AGAINST * len(others))


def _is_open(question: Question) -> bool:
    """Whether a question may depend on a layout that the text does not say."""
    first = question[0]
    return first.layout_said != "all" and not first.exact and is_derivative(first.statement)
