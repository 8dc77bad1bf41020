"""Families: in ``Σ_i (y_i - w'x_i)²`` the y_i are entries of a vector, and the x_i the rows of a matrix, which is called X.

While terms are built, every name with the index of a sum stands for a part of one array, and inference finds how many axes that part has.
When the kinds are known, a family of vectors or matrices is called by the capital of its letter.
"""

from __future__ import annotations

from matcalc.base.errors import Span
from matcalc.base.lazy import pattern
from matcalc.language.build.scope import COLUMNS, Members, Scope, Variable
from matcalc.language.decisions import Decision
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.survey import sum_indices
from matcalc.language.text.spelling import SPELLED_GREEK
from matcalc.language.typing.dimensions import Dimension, resolved
from matcalc.language.typing.kinds import MATRIX, ORDERS

_CAPITAL_GREEK = frozenset(["gamma", "theta", "lambda", "xi", "phi", "psi", "omega"])
"""Greek letters whose capitals look like no Latin letter, and are not in use for sums and covariances."""

_COUNTS = {"i": "n", "n": "N", "k": "K", "j": "m"}
"""How many there are of what has this index."""


def capital_of(name: str) -> str | None:
    """What the matrix of the family of this name is called; None where no capital is in use.

    >>> capital_of("x"), capital_of("y_hat"), capital_of("phi"), capital_of("mu"), capital_of("A")
    ('X', 'Y_hat', 'Phi', None, None)
    """
    stem, mark, rest = name.partition("_")
    letter = stem.rstrip("0123456789′")
    usual = letter in _CAPITAL_GREEK if letter in SPELLED_GREEK else len(letter) == 1 and letter.islower()
    return stem.capitalize() + mark + rest if usual else None


def written_names(nodes: list[s.Syntax]) -> frozenset[str]:
    """The names that stand in a text as themselves, not before the positions of an entry nor as these; ``nodes`` are those of its tree."""
    indexed = {id(part) for node in nodes if isinstance(node, s.Entries) for part in (node.operand, *node.positions)}
    indexed |= {id(part) for node in nodes if isinstance(node, s.Applied) and node.function == "tensor" for part in node.arguments[:-1]}
    indices = {index for node in nodes if isinstance(node, s.Summation) for index in node.indices}
    for node in nodes:
        exponent = node.exponent.operand if isinstance(node, s.Raised) and isinstance(node.exponent, s.Group) else None
        if isinstance(node, s.Raised) and isinstance(exponent, s.Name) and exponent.name in indices:
            indexed.add(id(node.base))  # x^(i)
    return frozenset([node.name for node in nodes if isinstance(node, s.Name) and id(node) not in indexed])


_BOLD = pattern(
    r"\\(?:mathbf|boldsymbol|bm|vec|bf|mathbfit)\b|[\U0001D400-\U0001D433\U0001D468-\U0001D49B\U0001D6A8-\U0001D6E1\U0001D71C-\U0001D755]"
)


def bold_names(nodes: list[s.Syntax], text: str) -> frozenset[str]:
    """The names that are set in bold type somewhere in the text, and what stands before their indices."""
    if _BOLD.search(text) is None:
        return frozenset()
    names = [node.name for node in nodes if isinstance(node, s.Name) and _BOLD.match(text, node.span.start) is not None]
    return frozenset([*names, *(base for name in names if (base := name.rpartition("_")[0]))])


def points_in(nodes: list[s.Syntax], written: frozenset[str]) -> frozenset[str]:
    """Names beside which their own members stand as other points: x in ``x - x_i``, ``x'x_i`` and in ``x'x + x_i'y``."""
    indices = sum_indices(nodes)
    if not indices:
        return frozenset()
    bases = {node.name: base for node in nodes if isinstance(node, s.Name) and (base := _base_of(node.name, indices)) in written}
    found: set[str] = set()
    for node in nodes if bases else ():
        match node:
            case s.Transposed(operand=s.Name(name=name)) if name in bases:
                found.add(bases[name])
            case s.Binary(operator="+" | "-" | "*" | "@", left=left, right=right):
                found |= {bases[name] for name in _last(left) if name in bases and bases[name] in _last(right)}
                found |= {bases[name] for name in _last(right) if name in bases and bases[name] in _last(left)}
            case s.Applied(arguments=(s.Name(name=one), s.Name(name=other))) if bases.get(one) == other or bases.get(other) == one:
                found.add(min(one, other, key=len))
    return frozenset(found)


def _base_of(name: str, indices: set[str]) -> str:
    base, _, index = name.rpartition("_")
    return base if index and set(index) <= indices else ""


def _last(node: s.Syntax) -> tuple[str, ...]:
    """The name that an operand is or ends with, or the last of a chain."""
    while isinstance(node, s.Transposed | s.Minus) or (isinstance(node, s.Binary) and node.operator in ("*", "@", "+", "-")):
        node = node.right if isinstance(node, s.Binary) else node.operand
    return (node.name,) if isinstance(node, s.Name) else ()


class Apart(Exception):
    """A name in the text is no array that has what is written with an index as its parts."""


def array_of(scope: Scope, base: str) -> str:
    """The name of the array that ``x_i`` is a part of: x, or X where that is declared, asked for or in the text."""
    if base not in scope.families:
        scope.families[base] = _array_of(scope, base)
    return scope.families[base]


def _array_of(scope: Scope, base: str) -> str:
    capital = capital_of(base)
    known = capital in scope.declarations or capital in scope.written
    if capital is None or (base in scope.points and capital in scope.written):
        return base
    if base in scope.points:
        return capital
    own = base in scope.declared or base in scope.written or base in scope.variables
    if own or not known or (capital in scope.here and scope.apart):
        return base
    if capital in scope.here:
        scope.shared.append(capital)
    return capital


class Families:
    """The arrays of a text of which inference found that their members are vectors or matrices."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        indexed = [(variable, variable.members) for variable in scope.variables.values() if variable.members is not None]
        self._found = [(variable, members) for variable, members in indexed if min(members.cells) < ORDERS[variable.cell.mask]]
        self.names = frozenset([variable.name for variable, _ in self._found])

    def check(self) -> None:
        """Raises Apart where a matrix would have to be square to have the members as its rows, or has no rows.

        A small letter with two indices is an entry of the matrix, whatever the sizes of that.
        """
        for name in self._scope.shared:
            variable = self._scope.variables.get(name)
            if variable is None or not variable.open or (variable.cell.mask == MATRIX and _by_entries(variable.members)):
                continue
            if name not in self.names or _is_square(variable):
                raise Apart

    def titles(self) -> dict[str, str]:
        """The names of those that are called by a capital."""
        scope = self._scope
        used = {*scope.written, *scope.variables, *scope.values, *scope.declared, *scope.size_names, *scope.sizes}
        found: dict[str, str] = {}
        for variable, members in self._found:
            capital = capital_of(variable.name)
            if members.alone and capital is not None and capital not in used:
                found[variable.name] = capital
                used.add(capital)
        return found

    def preferred_sizes(self) -> list[tuple[Dimension, str]]:
        """Names for open sizes: n samples with d features, K components."""
        letters = {members.positions[0] for _, members in self._found}
        counts = _COUNTS if "i" in letters else {**_COUNTS, "j": "n"}
        rows = [(variable.cell.rows, counts[members.positions[0]]) for variable, members in self._found if members.positions[0] in counts]
        first = self._found[0][0].cell if self._found else None
        return [*rows, (first.cols, "d")] if first is not None and first.mask == MATRIX else rows

    def decisions(self, titles: dict[str, str]) -> list[Decision]:
        """What the members are, family by family."""
        return [self._decision(variable, members, titles.get(variable.name, variable.name)) for variable, members in self._found]

    def _decision(self, variable: Variable, members: Members, title: str) -> Decision:
        positions, span = members.positions, members.span
        base = self._scope.base_of(variable.name)
        index = ", ".join(positions)
        what = f"row {index}" if variable.cell.mask == MATRIX else f"slice {index}"
        sizes = "×".join(str(resolved(axis)) for axis in variable.cell.axes)
        shown = f"{base}_{''.join(positions)}"
        capital = capital_of(base)
        if members.alone and title == base and capital in self._scope.written:
            words = f"{shown}: {what} of an array called {base}, {sizes}; it is not taken for a part of {capital}"
            apart = f"{shown} is a part of {capital}: write {capital}[{index}]", f"they have nothing in common: declare {base}: {sizes}"
            return Decision(words, "samples", "doubtful", span, apart)
        columns = title == capital and len(positions) == 1 and variable.cell.mask == MATRIX
        return Decision(f"{shown}: {what} of {title}, {sizes}", "samples", span=span, otherwise=f"{COLUMNS}:{base}" if columns else "")


def aliases(limits: dict[str, Dimension], place: Span) -> list[Decision]:
    """What is to be said of limits of sums that are sizes of other names."""
    found = [(name, resolved(dimension)) for name, dimension in limits.items()]
    return [
        Decision(f"{name} is the size {size}: sums run over all positions", "sizes", span=place)
        for name, size in found
        if str(size) != name
    ]


def _by_entries(members: Members | None) -> bool:
    """Whether the parts of a matrix are its entries."""
    return members is None or min(members.cells) == ORDERS[MATRIX]


def _is_square(variable: Variable) -> bool:
    return variable.cell.mask == MATRIX and resolved(variable.cell.rows) == resolved(variable.cell.cols)
