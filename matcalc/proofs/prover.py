"""Writing proofs: both sides of a claim are brought to one form in small steps, each of which is a
line that the checker knows. What the checker refuses is no proof."""

from __future__ import annotations

import json
from collections.abc import Sequence

from matcalc.base.budgets import spend
from matcalc.base.traversal import postordered
from matcalc.einstein.nodes import Tensor, postorder
from matcalc.expr import nodes as ex
from matcalc.proofs.checker import Checker, Condition, check, entered, replaced, varied
from matcalc.proofs.claimed import Sides
from matcalc.proofs.drafting import Step
from matcalc.proofs.proof import Line, Proof
from matcalc.proofs.steps import early_steps, next_steps, parts_of
from matcalc.rules.entries import Entries, Refused
from matcalc.rules.laws import seen

MOST_STEPS = 500
"""Of one side: longer proofs are not worth reading, and most that grow so long do not end."""


def write(sides: Sides) -> Proof | None:
    """A proof that the checker accepts; None where none is found. Raises LimitError when the budget
    ends first."""
    try:
        lines = _Writer(sides).lines()
        if lines is None:
            return None
        conditions = _Conditions(json.loads(Proof(sides, lines, ()).json())).used()
        proof = Proof(sides, lines, conditions)
        check(json.loads(proof.json()))
    except Refused:
        return None
    return proof


class _Conditions(Checker):
    """A run of the checker that lists what must be supposed."""

    def used(self) -> tuple[Condition, ...]:
        self.found: dict[Condition, None] = {}
        self.theorem()
        return tuple(self.found)

    def suppose(self, fact: str, tensor: Tensor) -> None:
        if not seen(fact, tensor):
            self.found[fact, tensor] = None


class _Writer:
    """Both sides of a claim in entries, and how they come to one form."""

    def __init__(self, sides: Sides) -> None:
        self.definitions: list[Line] = []
        self.directions: dict[str, Tensor] = {}
        self.normal: set[Tensor] = set()
        entries = Entries({}, {})
        for node in ex.postorder(sides.left, sides.right):
            value, _ = entries.of(node)
            if ex.children(node):
                self.definitions.append(Line("definition", node, value))
        self.start = entered(sides, entries, self.directions)

    def lines(self) -> tuple[Line, ...] | None:
        """The fewest lines after which both sides are one; None where they come to two forms."""
        ways = [self._way(tensor) for tensor in self.start]
        left = {tensor: place for place, tensor in reversed(list(enumerate(ways[0].states)))}
        meetings = [(left[one] + k, left[one], k) for k, one in enumerate(ways[1].states) if one in left]
        if not meetings:
            return None
        _, first, second = min(meetings)
        return (*self.definitions, *ways[0].told(0, first), *ways[1].told(1, second))

    def _way(self, start: Tensor) -> _Way:
        way = _Way(start)
        while len(way.steps) < MOST_STEPS and (steps := self._next(way.states[-1])):
            for step in steps:
                way.go(step)
        return way

    def _next(self, tensor: Tensor) -> Sequence[Step]:
        """The next steps: first without differentials but those of variables, the innermost first;
        then powers of powers are one; then all else."""
        order = postorder(tensor)
        spend(len(order))
        if (step := self._varied(order)) is not None:
            return [step]
        for node in order:
            if steps := early_steps(node):
                return steps
        for part in postordered([tensor], parts_of):
            if part not in self.normal:
                if steps := next_steps(part):
                    return steps
                self.normal.add(part)
        return ()

    def _varied(self, order: Sequence[Tensor]) -> Step | None:
        """A differential by those of its parts; that of a function of a matrix in its trace."""
        refused: Refused | None = None
        for node in order if self.directions else ():
            try:
                after = varied(node, self.directions)
            except Refused as error:
                refused = error
                continue
            if after is not None:
                return Step("differential", node, after, node)
        if refused is not None:
            raise refused
        return None


class _Way:
    """What a side becomes, step by step."""

    def __init__(self, start: Tensor) -> None:
        self.states = [start]
        self.steps: list[Step] = []

    def go(self, step: Step) -> None:
        self.steps.append(step)
        self.states.append(replaced(self.states[-1], step.within, step.inside()))

    def told(self, side: int, count: int) -> list[Line]:
        """The first steps as lines; one that a later line says again is left out where it can
        be."""
        steps = self.steps[:count]
        seen: set[tuple[Tensor, Tensor]] = set()
        for place in reversed(range(count)):
            ends = (steps[place].before, steps[place].after)
            fewer = steps[:place] + steps[place + 1 :]
            if ends in seen and _leads(self.states[0], fewer, self.states[count]):
                steps = fewer
            seen.add(ends)
        return [Line(one.rule, one.before, one.after, one.within, {"side": side, **one.details}) for one in steps]


def _leads(start: Tensor, steps: Sequence[Step], end: Tensor) -> bool:
    """Whether each of the steps changes something, and together they lead to an end."""
    now = start
    for step in steps:
        after = replaced(now, step.within, step.inside())
        if after is now:
            return False
        now = after
    return now is end
