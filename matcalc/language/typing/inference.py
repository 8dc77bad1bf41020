"""Kinds and sizes of every part of an expression: propagation, then the conventions of the letters,
then unification of sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import accumulate, tee

from matcalc.base.budgets import spend
from matcalc.base.records import record
from matcalc.base.sizes import Size
from matcalc.facts.table import COMPLEX, needs_square
from matcalc.language.build.scope import Variable, letter_class
from matcalc.language.typing.constraints import (
    Broadcast,
    Divided,
    DividedByCount,
    DividedEntries,
    ElementRaised,
    Multiplied,
    Raised,
    Starred,
    SummedRaised,
)
from matcalc.language.typing.dimensions import SizeClash, SizeSystem, Unknown, resolved
from matcalc.language.typing.kinds import (
    ALL_SCALARS,
    BOLD_SCALAR,
    COLUMN,
    COUNT_AS_MATRIX,
    COUNT_LETTERS,
    LETTERS,
    MATRIX,
    ROW,
    SCALAR,
    SCALAR_AFTER_MATRIX,
    SCALAR_BEHIND,
    SIZE_LETTERS,
    TRANSPOSED_SCALAR,
    Cell,
    Constraint,
    Contradiction,
    Trail,
    propagate,
)

_RANK = {
    "upper": 0, "count": 3, "lower": 1, "early": 2, "greek": 2, "word": 2, "size": 2, "family": 2, "families": 2, "table": 2,
    "function": 2, "number": 3, "filled": 3, "bars": 4,
}  # fmt: skip
_MOST_STEPS = 300
"""Steps spent on improving the first solution, beyond one for each choice."""
_MOST_BEFORE_FIRST = 10_000
_MOST_CAPITALS = 4
"""Capitals that are no matrices of which it is looked up whether they could be."""


@record(eq=False, frozen=False)
class _Choice:
    """A cell whose kind the conventions decide."""

    cell: Cell
    sort: str
    transposed: bool = False
    bold: bool = False


def infer_kinds(
    constraints: list[Constraint],
    variables: Iterable[Variable],
    soft: list[Cell],
    evidence: bool,
    bold: frozenset[str] = frozenset(),
) -> None:
    """Decides the kind of every cell.

    ``soft`` are the cells of literals that may be scalars or ones. ``evidence``: the text shows
    vectors or matrices; without it, lower case names that cannot all be vectors are all read as
    scalars, and so is t, the time, where it stands alone. ``bold`` names are no scalars, and their
    members are none. A capital that is no matrix, though it could be one, is marked. Raises
    Contradiction.
    """
    variables = list(variables)
    trail = Trail()
    try:
        propagate(constraints, trail)
        choices = _choices(variables, soft, bold)
        mark = trail.mark()
        _Search(choices, trail, LETTERS).run()
        if not evidence and (_mixed(variables) or _starred(constraints) or [v.name for v in variables] == ["t"]):
            trail.undo(mark)
            _Search(choices, trail, {**LETTERS, "lower": ALL_SCALARS}).run()
    except Contradiction:
        trail.undo(0)
        raise
    against = [choice for choice in choices if choice.sort in ("upper", "count") and choice.cell.mask != MATRIX]
    if against:
        _mark_matrices(variables, against, choices, trail, mark)


def cost_of(constraints: list[Constraint], variables: Iterable[Variable], soft: list[Cell], bold: frozenset[str]) -> float:
    """What the kinds cost that were found."""
    choices = _choices(list(variables), soft, bold)
    letters = sum(LETTERS[choice.sort].get(choice.cell.mask, 0.0) for choice in choices)
    turned = sum(TRANSPOSED_SCALAR for choice in choices if choice.transposed and choice.cell.mask == SCALAR)
    return letters + turned + sum(constraint.strangeness for constraint in constraints if constraint.decided)


def _mark_matrices(variables: list[Variable], against: list[_Choice], choices: list[_Choice], trail: Trail, mark: int) -> None:
    """Marks the capitals that could be matrices, and leaves all kinds as they are."""
    owners = {v.cell: v for v in variables}
    found = [(cell, cell.mask) for cell in trail.since(mark)]
    for number, choice in enumerate(against):
        trail.undo(mark)
        if not choice.cell.mask & MATRIX:
            continue
        try:
            if number < _MOST_CAPITALS:
                trail.set(choice.cell, MATRIX)
                propagate(choice.cell.constraints, trail)
                _Search(choices, trail, LETTERS).run(first=True)
        except Contradiction:
            continue
        owners[choice.cell].matrix_too = choice.sort == "upper"
    trail.undo(mark)
    for cell, kind in found:
        trail.set(cell, kind)


def _choices(variables: list[Variable], soft: list[Cell], bold: frozenset[str]) -> list[_Choice]:
    found = [_Choice(v.cell, _sort(v), v.transposed, v.name in bold) for v in variables if v.open]
    found += [_Choice(cell, cell.soft or ("number" if cell.mask & SCALAR else "filled")) for cell in soft]
    return sorted(found, key=lambda choice: _RANK[choice.sort])


def _sort(variable: Variable) -> str:
    """The convention for a variable. What stands only as a factor, divisor or exponent may be a
    size by its letter; what is said to be complex, and no more, is a number first; what occurs by
    its members alone is a vector of entries, or a family of vectors, of a capital of matrices.
    """
    name, cell = variable.name, variable.cell
    if variable.members is not None and variable.members.alone:
        return "table" if min(variable.members.cells) > 1 else "families" if variable.members.sort == "upper" else "family"
    if variable.undefined and letter_class(name) != "lower":
        return "function"
    sort = _COUNTING.get(name)
    if sort and cell.constraints and all(_counts(constraint, cell) for constraint in cell.constraints):
        return sort
    usual = letter_class(name)
    return "greek" if usual == "lower" and COMPLEX in variable.properties else usual


_COUNTING = {**dict.fromkeys(SIZE_LETTERS, "size"), **dict.fromkeys(COUNT_LETTERS, "count")}


def _counts(constraint: Constraint, cell: Cell) -> bool:
    """Whether a name stands there as a number may: as a factor, divisor or exponent, or beside a
    number as written."""
    match constraint:
        case Multiplied() | Divided():
            return True
        case Raised() | SummedRaised() | ElementRaised():
            return constraint.cells[0] is not cell
        case DividedByCount():
            return constraint.cells[0] is not cell
        case Broadcast():
            return any(other.literal for other in constraint.cells[:2])
        case _:
            return False


def _mixed(variables: list[Variable]) -> bool:
    """Whether some lower case names had to be scalars although others are vectors, and nothing is a
    matrix or declared as a vector."""
    if any(v.cell.mask == MATRIX or (v.cell.mask != SCALAR and not v.open) for v in variables if v.mentioned):
        return False
    opened = {v.name: v.cell.mask for v in variables if v.open}
    lower = [mask for name, mask in opened.items() if letter_class(name) == "lower"]
    return SCALAR in lower and set(opened.values()) != {SCALAR}


def _starred(constraints: list[Constraint]) -> bool:
    """Whether a star between two vectors would go entry by entry."""
    return any(
        isinstance(constraint, Starred) and all(cell.mask == COLUMN for cell in constraint.cells) for constraint in constraints
    )


@record(frozen=False)
class _Step:
    """A choice being made: where, at what cost so far, and the kinds left to try.

    ``rest`` holds (cost or a lower bound of it, whether it is the cost, kind), cheapest first.
    """

    position: int
    mark: int
    cost: float
    rest: list[tuple[float, bool, int]]


class _Search:
    """Finds the kinds of least cost: depth first, the cheapest consistent kind first, branches that
    cannot win cut off.

    The best solution so far stands when the steps run out. Where the first kind tried fits, nothing
    is taken back, so the work is linear in the size of the expression.
    """

    def __init__(self, choices: list[_Choice], trail: Trail, costs: dict[str, dict[int, float]]) -> None:
        self._choices, self._trail, self._costs = choices, trail, costs
        self._failure: Contradiction | None = None
        self._best: list[int] | None = None
        """The masks of the best solution so far."""
        self._best_cost = float("inf")
        self._stands = False
        """Whether the masks are those of the best solution so far."""
        least = [
            min([cost for kind, cost in costs[one.sort].items() if kind & one.cell.mask], default=0.0)
            for one in reversed(choices)
        ]
        self._bound = list(accumulate(least, initial=0.0))[::-1]

    def run(self, first: bool = False) -> None:
        """Sets the masks of the best solution, or of the first; raises Contradiction when there is
        none."""
        start, steps = self._trail.mark(), 0
        stack: list[_Step] = []
        reached: tuple[int, float] | None = (0, 0.0)
        limit = _MOST_BEFORE_FIRST
        while reached is not None and steps <= limit + len(self._choices):
            self._open(stack, *reached)
            reached = self._next(stack)
            limit = _MOST_BEFORE_FIRST if self._best is None else 0 if first else _MOST_STEPS
            steps += 1
        if self._best is None:
            assert self._failure is not None
            raise self._failure
        if self._stands:
            return
        self._trail.undo(start)
        for choice, mask in zip(self._choices, self._best, strict=True):
            if choice.cell.mask != mask:
                self._assign(choice.cell, mask)

    def _open(self, stack: list[_Step], position: int, cost: float) -> None:
        """The choice at a position, or behind those that are decided, is to be made; where there is
        none left, the masks are a solution."""
        while position < len(self._choices) and self._choices[position].cell.decided:
            choice = self._choices[position]
            cost += self._costs[choice.sort].get(choice.cell.mask, 0.0)
            position += 1
        if cost + self._bound[position] >= self._best_cost:
            return
        if position < len(self._choices):
            stack.append(_Step(position, self._trail.mark(), cost, self._candidates(self._choices[position])))
        else:
            self._best, self._best_cost, self._stands = [choice.cell.mask for choice in self._choices], cost, True

    def _next(self, stack: list[_Step]) -> tuple[int, float] | None:
        """Makes the latest choice that could still win: the position behind it, and the cost so
        far."""
        while stack:
            taken = self._take(stack[-1])
            if taken is not None:
                return stack[-1].position + 1, taken
            stack.pop()
        return None

    def _candidates(self, choice: _Choice) -> list[tuple[float, bool, int]]:
        costs = self._costs[choice.sort]
        return sorted((cost, False, kind) for kind, cost in costs.items() if kind & choice.cell.mask)

    def _take(self, step: _Step) -> float | None:
        """Assigns the cheapest kind that is left and fits; the cost so far, or None when nothing is
        left that could win."""
        choice = self._choices[step.position]
        while step.rest:
            own, known, kind = step.rest.pop(0)
            if step.cost + own + self._bound[step.position + 1] >= self._best_cost:
                return None
            self._stands = False
            self._trail.undo(step.mark)
            try:
                self._assign(choice.cell, kind)
            except Contradiction as contradiction:
                self._failure = self._failure or contradiction
                continue
            if not known:
                own += self._penalty(choice, kind, step.mark)
            if known or not step.rest or own <= step.rest[0][0]:
                return step.cost + own
            step.rest = sorted([*step.rest, (own, True, kind)])
        return None

    def _assign(self, cell: Cell, kind: int) -> None:
        self._trail.set(cell, kind)
        propagate(cell.constraints, self._trail)

    def _penalty(self, choice: _Choice, kind: int, mark: int) -> float:
        touched = dict.fromkeys([constraint for cell in self._trail.since(mark) for constraint in cell.constraints])
        return _cost_of_choice(choice, kind) + sum([constraint.strangeness for constraint in touched if constraint.decided])


def _cost_of_choice(choice: _Choice, kind: int) -> float:
    """The cost of a kind by where a name stands and how it is set."""
    cost = BOLD_SCALAR if choice.bold and kind == (COLUMN if choice.sort in ("family", "families") else SCALAR) else 0.0
    if kind == SCALAR:
        cost += TRANSPOSED_SCALAR if choice.transposed else 0.0
        cost += max([_factor_cost(choice, constraint) for constraint in choice.cell.constraints], default=0.0)
    if (
        choice.sort == "count"
        and kind == MATRIX
        and any(_scales(choice.cell, constraint) for constraint in choice.cell.constraints)
    ):
        cost += COUNT_AS_MATRIX
    return cost


def _scales(cell: Cell, constraint: Constraint) -> bool:
    """Whether a cell, or what is a part of it, is multiplied by a number that is not written as
    one."""
    if isinstance(constraint, DividedEntries) and constraint.cells[0] is cell and constraint.cells[1].literal:
        part = constraint.cells[2]
        return any(_scales(part, other) for other in part.constraints if isinstance(other, Multiplied))
    if not isinstance(constraint, Multiplied) or cell not in constraint.cells[:2]:
        return False
    other = constraint.cells[constraint.cells[0] is cell]
    return other.mask == SCALAR and not other.literal


def _factor_cost(choice: _Choice, constraint: Constraint) -> float:
    """The cost of being a scalar at the right of a product."""
    if not isinstance(constraint, Multiplied) or constraint.cells[1] is not choice.cell:
        return 0.0
    if choice.sort in ("early", "greek", "word", "size") and constraint.cells[0].mask in (MATRIX, ROW):
        return SCALAR_AFTER_MATRIX
    return SCALAR_BEHIND if choice.sort == "lower" else 0.0


# ---------------------------------------------------------------- sizes


class SizeFailure(Exception):
    """Sizes of one operator do not fit; without ``clash``, they leave more than one reading."""

    def __init__(self, constraint: Constraint, clash: SizeClash | None) -> None:
        self.constraint, self.clash = constraint, clash


def measure(constraints: list[Constraint], cells: Iterable[Cell], variables: Iterable[Variable]) -> None:
    """Gives every cell its size variables, and every variable its declared sizes."""
    variables = list(variables)
    related = [cell for constraint in constraints for cell in constraint.cells]
    for cell in dict.fromkeys([*related, *cells, *[variable.cell for variable in variables]]):
        cell.measure()
    for variable in variables:
        declaration, cell = variable.declaration, variable.cell
        if declaration is None or cell.mask == SCALAR:
            continue
        if declaration.shape is not None:
            cell.rows, cell.cols, *_ = (*declaration.shape, cell.cols)
            cell.deep = tuple(declaration.shape[2:])
        elif cell.mask == MATRIX and needs_square(declaration.facts):
            cell.cols = cell.rows


def infer_sizes(
    constraints: list[Constraint],
    variables: Iterable[Variable],
    literals: Iterable[Cell],
    names: Iterator[str],
    unify: Callable[[SizeSystem], None],
    expect: Callable[[SizeSystem], None],
) -> dict[str, Cell]:
    """Unifies the sizes of all cells, which are measured, and names those that stay open.

    ``literals`` are the cells of everything else than variables; the names that only they brought
    in are given back. ``unify`` is asked for what is wished beyond the constraints before open
    sizes of variables are named, ``expect`` afterwards. Raises SizeFailure.
    """
    variables, literals, (given,) = list(variables), list(literals), tee(names, 1)
    try:
        return _inferred(constraints, variables, literals, given, unify, expect)
    except SizeClash as clash:
        raise _blamed(constraints, variables, given, clash) from None


def _blamed(constraints: list[Constraint], variables: list[Variable], names: Iterator[str], clash: SizeClash) -> SizeFailure:
    """The failure at the first operator in reading order up to which the sizes do not fit: what
    products of sizes imply is found only after all operators were joined, so that the one being
    joined says nothing. It is the last where only the wishes of the whole fail.
    """
    fits, fails, found = 0, len(constraints) + 1, clash
    while fails - fits > 1:
        middle = (fits + fails) // 2
        try:
            _refit(constraints[:middle], variables, names)
            fits = middle
        except (SizeClash, SizeFailure) as failure:
            fails = middle
            found = (failure.clash if isinstance(failure, SizeFailure) else failure) or clash
    if fails > len(constraints):
        return SizeFailure(constraints[-1], clash)
    blamed = constraints[fails - 1]
    with suppress(SizeFailure):
        try:
            measure([blamed], (), variables)
            _refit(constraints[:fits], variables, names)  # the sizes of the operands, for the message
            blamed.join(SizeSystem())
        except SizeClash as failure:
            found = failure
    return SizeFailure(blamed, found)


def _refit(constraints: list[Constraint], variables: list[Variable], names: Iterator[str]) -> None:
    spend(1 + len(constraints) // 10)
    measure(constraints, (), variables)
    _inferred(constraints, variables, [], names, lambda sizes: None, lambda sizes: None)


def _inferred(
    constraints: list[Constraint],
    variables: list[Variable],
    literals: list[Cell],
    given: Iterator[str],
    unify: Callable[[SizeSystem], None],
    expect: Callable[[SizeSystem], None],
) -> dict[str, Cell]:
    """``given`` is left where it is. Raises SizeClash where products of sizes cannot be, and
    SizeFailure where an operator does not fit."""
    sizes, (_, names) = SizeSystem(), tee(given)
    waiting = _joined(constraints, sizes)
    while waiting:
        before = len(waiting)
        waiting = _joined(waiting, sizes)
        sizes.solve()
        if len(waiting) == before:
            if sizes.final:
                raise SizeFailure(waiting[0], None)
            sizes.final = True
    sizes.solve()
    if sizes.waits:
        sizes.pair_up()
        sizes.pair_cuts()
        sizes.solve()
    unify(sizes)
    sizes.solve()
    _named([variable.cell for variable in variables], sizes, names)
    expect(sizes)
    sizes.solve()
    return _named(literals, sizes, names)


def _named(cells: list[Cell], sizes: SizeSystem, names: Iterator[str]) -> dict[str, Cell]:
    """Names the open sizes of the cells, and solves; the names with the cells that they are for."""
    found: dict[str, Cell] = {}
    # What is the product of other sizes gets its name from these.
    for products_too in (False, True) if sizes.waits else (True,):
        for owner, dimension in [(cell, size) for cell in cells for size in (cell.rows, cell.cols, *cell.deep)]:
            root = resolved(dimension)
            if isinstance(root, Unknown) and (products_too or not sizes.is_composed(root)):
                name = next(names)
                source = sizes.made_from(root)
                source.value = Size.of(name)
                found[name] = owner
                if source is not root:
                    sizes.solve()
        sizes.solve()
    return found


def _joined(constraints: list[Constraint], sizes: SizeSystem) -> list[Constraint]:
    """Joins what can be joined; the constraints that must wait."""
    waiting = []
    for constraint in constraints:
        try:
            if not constraint.join(sizes):
                waiting.append(constraint)
        except SizeClash as clash:
            raise SizeFailure(constraint, clash) from None
    return waiting
