"""What names stand for while terms are built: symbols, families of members, intermediate results,
sizes, bound indices."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from matcalc.base.errors import Span
from matcalc.base.lazy import pattern
from matcalc.base.records import record
from matcalc.base.shapes import Shape, is_square, sizes_text
from matcalc.facts.table import implied, kinds
from matcalc.language.decisions import Apart, Decision
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.trees import Definition, Syntax, entry_of, names_among, sum_indices
from matcalc.language.text.spelling import SPELLED_GREEK
from matcalc.language.typing.dimensions import Dimension, resolved
from matcalc.language.typing.kinds import COLUMN, MATRIX, ORDERS, SCALAR, Cell, kind_of

if TYPE_CHECKING:
    from matcalc.language.build.commutators import Pair
    from matcalc.language.build.terms import BoundIndex, Term
    from matcalc.language.declare.declared import Declaration

COLUMNS = "columns"
"""The choice that members are the columns of a matrix, and not its rows; behind a colon stands what
is before their index."""
_SAMPLES = frozenset(["x", "y", "z", "t", "phi", "xi"])
"""Letters of samples, which are the rows of their matrix unless it is said otherwise."""


def is_of_samples(choice: str) -> bool:
    """Whether a choice is that samples are columns."""
    sort, _, base = choice.partition(":")
    return sort == COLUMNS and base in _SAMPLES


@record(eq=False)
class Members:
    """The parts of an array at the indices of sums.

    ``cells`` are those of the parts, by the number of positions: the parts of one array have one
    kind. ``positions`` and ``span`` are those of the first, ``sort`` is the convention for its
    letter; ``alone`` says that the array does not occur as a whole.
    """

    cells: dict[int, Cell]
    positions: tuple[str, ...]
    span: Span
    sort: str
    alone: bool


@record(eq=False, frozen=False)
class Variable:
    """A symbol of the expression: its cell, what was declared, and how it is used."""

    name: str
    cell: Cell
    declaration: Declaration | None
    transposed: bool = False
    mentioned: bool = True
    """Stands in the text (a declared name need not)."""
    members: Members | None = None
    matrix_too: bool = False
    """A capital that was read as something else, and could be a matrix."""

    follows: bool = False
    """Its kind is that of another symbol: the change dX is as X is."""
    meant: tuple[str, ...] = ()
    """The facts that the way of its use says, where none are declared."""
    undefined: bool = False
    """Stands for the value of a function that is differentiated and has no formula."""

    @property
    def properties(self) -> tuple[str, ...]:
        """The facts that are declared of it, or meant."""
        return (self.declaration.properties if self.declaration is not None else ()) or self.meant

    def facts_of(self, shape: Shape) -> frozenset[str]:
        """Those of a symbol that turns out to have this shape, with what follows from them."""
        return implied(self.properties, square=is_square(shape)) if self.properties else frozenset()

    @property
    def open(self) -> bool:
        """Whether the kind was left to inference."""
        return not self.follows and (
            self.declaration is None or (self.declaration.kind is None and self.declaration.shape is None)
        )


@record
class Undefined:
    """Functions with the names that they directly depend on, a function behind those that it
    depends on.

    ``standing``: those that occur in other ways than differentiated as they stand, ``K^-1`` beside
        ``∂K/∂t``.
    ``certain``: each depends on one name alone. What else it is differentiated by reaches it
    through that, so that a claim about its derivatives which fails for one such function is wrong;
    else it may hold for the one that is meant.
    """

    arguments: dict[str, tuple[str, ...]]
    certain: bool = True
    standing: frozenset[str] = frozenset()


NONE = Undefined({})


class Scope:
    """Everything that a name can mean, for one text."""

    __slots__ = (
        "apart",
        "bold",
        "complex",
        "declarations",
        "declared",
        "declared_members",
        "definitions",
        "families",
        "here",
        "indices",
        "labelled",
        "limits",
        "member_values",
        "pairs",
        "parameters",
        "points",
        "references",
        "shared",
        "signed_functions",
        "size_names",
        "sizes",
        "undefined",
        "uses",
        "values",
        "variables",
        "written",
    )

    def __init__(
        self, declarations: Mapping[str, Declaration], size_names: set[str], declared: frozenset[str] = frozenset()
    ) -> None:
        self.declarations = declarations
        self.size_names = size_names
        self.variables: dict[str, Variable] = {}
        self.values: dict[str, Term] = {}
        """Intermediate results of the program, and the parameters of a definition."""
        self.references: dict[Term, str] = {}
        """The terms that stand where the name of an intermediate result was written."""
        self.uses: dict[Term, Term] = {}
        """The terms that stand where a name with a value was written, and that value."""
        self.parameters: frozenset[str] = frozenset()
        """Names whose values are the arguments of a function defined in the text, while its body is
        read."""
        self.definitions: dict[str, Definition] = {}
        """The functions defined in the text."""
        self.sizes: dict[str, Dimension] = {}
        """Sizes named in the signature of a definition."""
        self.indices: dict[str, list[BoundIndex]] = {}
        self.undefined: Undefined = NONE
        """The functions that are differentiated and have no formula."""
        self.signed_functions: Mapping[str, str] = {}
        """Names of derivatives of the user's own functions, ``grad_f``, with the function."""
        self.labelled: frozenset[str] = frozenset()
        """Names with a label, ``W^{(l)}``, in which no letter is an index."""
        self.complex = ""
        """The signs of conjugates, where a symbol is complex."""
        self.bold: frozenset[str] = frozenset()
        """Names that are set in bold type: no numbers."""
        self.pairs: Mapping[Span, Pair] = {}
        """Lists that may be commutators, by their places."""
        self.limits: dict[str, Dimension] = {}
        """Sizes named as the limits of sums, which have these names unless they are those of
        something else."""
        self.written: frozenset[str] = frozenset()
        """Names that stand in the text as themselves, not before an index."""
        self.declared = declared
        """Names that were declared; among ``declarations`` are those differentiated by, too."""
        self.here: frozenset[str] = frozenset()
        """Those of them on this side of an equation."""
        self.declared_members: Mapping[tuple[str, int], Declaration] = {}
        """What is declared of the members of families, by what stands before their indices and the
        number of these."""
        self.member_values: dict[str, tuple[str, Syntax]] = {}
        """What is given for each index, ``r_i = y_i - w'x_i``: by what stands before the indices
        these and the value."""
        self.points: frozenset[str] = frozenset()
        """Names beside which their own members stand as other points: x in ``x - x_i``."""
        self.shared: list[str] = []
        """Capitals in the same formula of which small letters with an index are taken for parts."""
        self.apart: bool = False
        """Whether they are not."""
        self.families: dict[str, str] = {}
        """What stands before an index, with the name of the array that it is a part of."""

    def variable(self, name: str, span: Span) -> Variable:
        """The symbol of this name, made at its first use."""
        if name not in self.variables:
            declaration = self.declarations.get(name)
            found = self.variables[name] = Variable(name, Cell(_first_mask(declaration), span), declaration)
            found.undefined = name in self.undefined.arguments and name not in self.undefined.standing
        return self.variables[name]

    def base_of(self, array: str) -> str:
        """What stands before the indices where the parts of an array are meant: ``x`` for X."""
        return next((base for base, name in self.families.items() if name == array), array)

    def bound_index(self, name: str) -> BoundIndex | None:
        found = self.indices.get(name)
        return found[-1] if found else None


def _first_mask(declaration: Declaration | None) -> int:
    if declaration is None:
        return SCALAR | COLUMN | MATRIX
    if declaration.shape is not None:
        return kind_of(declaration.shape)
    if declaration.kind in MASKS:
        return MASKS[declaration.kind]
    possible = kinds(declaration.facts)
    return sum(mask for kind, mask in MASKS.items() if kind in possible)


MASKS = {"scalar": SCALAR, "vector": COLUMN, "matrix": MATRIX}


@lru_cache(maxsize=4096)
def letter_class(name: str) -> str:
    """The convention for a name: ``"upper"``, ``"lower"`` (h to z), ``"early"`` (a to g),
    ``"greek"`` (lower case), or ``"word"``.

    >>> letter_class("W_1"), letter_class("x"), letter_class("b"), letter_class("beta"), letter_class("Sigma"), letter_class("rate")
    ('upper', 'lower', 'early', 'greek', 'upper', 'word')
    """
    stem = name.partition("_")[0].rstrip("0123456789′")
    if stem[:1].isupper():
        return "word" if len(stem) > 1 and stem.isupper() else "upper"
    if stem in SPELLED_GREEK:
        return "greek"
    return "early" if len(stem) == 1 and stem in "abcdefg" else "lower" if len(stem) < 2 else "word"


_CAPITAL_GREEK = frozenset(["gamma", "theta", "lambda", "xi", "phi", "psi", "omega"])
"""Greek letters whose capitals look like no Latin letter, and are not in use for sums and
covariances."""

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
    """The names that stand in a text as themselves, not before the positions of an entry nor as
    these; ``nodes`` are those of its tree."""
    indices = {index for node in nodes if isinstance(node, s.Summation) for index in node.indices}
    indexed = {id(part) for node in nodes for part in _indexed(node, indices)}
    return frozenset([node.name for node in nodes if isinstance(node, s.Name) and id(node) not in indexed])


def _indexed(node: s.Syntax, indices: set[str]) -> tuple[s.Syntax, ...]:
    """The parts of a node that stand before positions, or as these."""
    match node:
        case s.Entries(operand=operand, positions=positions):
            return operand, *positions
        case s.Applied(function="tensor", arguments=(*positions, _)):
            return tuple(positions)
        case s.Raised(base=base, exponent=s.Group(operand=s.Name(name=name))) if name in indices:
            return (base,)  # x^(i)
        case _:
            return ()


_BOLD = pattern(
    r"\\(?:mathbf|boldsymbol|bm|vec|bf|mathbfit)\b|[\U0001D400-\U0001D433\U0001D468-\U0001D49B\U0001D6A8-\U0001D6E1\U0001D71C-\U0001D755]"
)


def bold_names(nodes: list[s.Syntax], text: str) -> frozenset[str]:
    """The names that are set in bold type somewhere in the text, and what stands before their
    indices."""
    if _BOLD.search(text) is None:
        return frozenset()
    names = [node.name for node in nodes if isinstance(node, s.Name) and _BOLD.match(text, node.span.start) is not None]
    return frozenset([*names, *(base for name in names if (base := name.rpartition("_")[0]))])


def points_in(nodes: list[s.Syntax], written: frozenset[str]) -> frozenset[str]:
    """Names beside which their own members stand as other points: x in ``x - x_i``, ``x'x_i`` and
    in ``x'x + x_i'y``."""
    indices = sum_indices(nodes)
    bases = {name: base for name in names_among(nodes) if (base := entry_of(name, indices)[0]) in written} if indices else {}
    return frozenset([point for node in nodes for point in _points_at(node, bases)] if bases else ())


def _points_at(node: s.Syntax, bases: Mapping[str, str]) -> set[str]:
    match node:
        case s.Transposed(operand=s.Name(name=name)) if name in bases:
            return {bases[name]}
        case s.Binary(operator="+" | "-" | "*" | "@", left=left, right=right):
            one, other = _last(left), _last(right)
            return {bases[name] for name in (one, other) if name in bases} & {one, other}
        case s.Applied(arguments=(s.Name(name=one), s.Name(name=other))) if bases.get(one) == other or bases.get(other) == one:
            return {min(one, other, key=len)}
        case _:
            return set()


def _last(node: s.Syntax) -> str:
    """The name that an operand is or ends with, or the last of a chain; empty for anything else."""
    while isinstance(node, s.Transposed | s.Minus) or (isinstance(node, s.Binary) and node.operator in ("*", "@", "+", "-")):
        node = node.right if isinstance(node, s.Binary) else node.operand
    return node.name if isinstance(node, s.Name) else ""


def array_of(scope: Scope, base: str) -> str:
    """The name of the array that ``x_i`` is a part of: x, or X where that is declared, asked for or
    in the text."""
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
        """Raises Apart where a matrix would have to be square to have the members as its rows, or
        has no rows.

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
        rows = [(variable.cell.rows, counts[at]) for variable, members in self._found if (at := members.positions[0]) in counts]
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
        sizes = sizes_text([str(resolved(axis)) for axis in variable.cell.axes])
        shown = f"{base}_{''.join(positions)}"
        capital = capital_of(base)
        if members.alone and title == base and capital in self._scope.written:
            return Decision(
                f"{shown}: {what} of an array called {base}, {sizes}; it is not taken for a part of {capital}",
                "samples",
                "doubtful",
                span,
                (
                    f"{shown} is a part of {capital}: write {capital}[{index}]",
                    f"they have nothing in common: declare {base}: {sizes}",
                ),
            )
        columns = title == capital and len(positions) == 1 and variable.cell.mask == MATRIX
        return Decision(
            f"{shown}: {what} of {title}, {sizes}", "samples", span=span, otherwise=f"{COLUMNS}:{base}" if columns else ""
        )


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
