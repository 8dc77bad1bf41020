"""What names stand for while terms are built: symbols, intermediate results, sizes, bound indices."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from matcalc.base.errors import Span
from matcalc.base.records import record
from matcalc.base.sizes import ONE
from matcalc.facts.table import kinds
from matcalc.language.build.terms import BoundIndex, Term
from matcalc.language.declare.declared import Declaration
from matcalc.language.syntax.trees import Definition, Syntax
from matcalc.language.text.spelling import SPELLED_GREEK
from matcalc.language.typing.dimensions import Dimension
from matcalc.language.typing.kinds import COLUMN, MATRIX, ROW, SCALAR, TENSOR3, TENSOR4, Cell

COLUMNS = "columns"
"""The choice that members are the columns of a matrix, and not its rows; behind a colon stands what is before their index."""
_SAMPLES = frozenset(["x", "y", "z", "t", "phi", "xi"])
"""Letters of samples, which are the rows of their matrix unless it is said otherwise."""


def is_of_samples(choice: str) -> bool:
    """Whether a choice is that samples are columns."""
    sort, _, base = choice.partition(":")
    return sort == COLUMNS and base in _SAMPLES


@record(eq=False)
class Members:
    """The parts of an array at the indices of sums.

    ``cells`` are those of the parts, by the number of positions: the parts of one array have one kind. ``positions`` and ``span`` are
    those of the first, ``sort`` is the convention for its letter; ``alone`` says that the array does not occur as a whole.
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
    undefined: bool = False
    """Stands for the value of a function that is differentiated and has no formula."""

    @property
    def open(self) -> bool:
        """Whether the kind was left to inference."""
        return not self.follows and (self.declaration is None or (self.declaration.kind is None and self.declaration.shape is None))


@record
class Undefined:
    """Functions with the names that they directly depend on, a function behind those that it depends on.

    ``standing``: those that occur in other ways than differentiated as they stand, ``K^-1`` beside ``∂K/∂t``.
    ``certain``: each depends on one name alone. What else it is differentiated by reaches it through that, so that a claim about its
    derivatives which fails for one such function is wrong; else it may hold for the one that is meant.
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
        "parameters",
        "points",
        "references",
        "shared",
        "size_names",
        "sizes",
        "undefined",
        "uses",
        "values",
        "variables",
        "written",
    )

    def __init__(self, declarations: Mapping[str, Declaration], size_names: set[str], declared: frozenset[str] = frozenset()) -> None:
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
        """Names whose values are the arguments of a function defined in the text, while its body is read."""
        self.definitions: dict[str, Definition] = {}
        """The functions defined in the text."""
        self.sizes: dict[str, Dimension] = {}
        """Sizes named in the signature of a definition."""
        self.indices: dict[str, list[BoundIndex]] = {}
        self.undefined: Undefined = NONE
        """The functions that are differentiated and have no formula."""
        self.labelled: frozenset[str] = frozenset()
        """Names with a label, ``W^{(l)}``, in which no letter is an index."""
        self.bold: frozenset[str] = frozenset()
        """Names that are set in bold type: no numbers."""
        self.limits: dict[str, Dimension] = {}
        """Sizes named as the limits of sums, which have these names unless they are those of something else."""
        self.written: frozenset[str] = frozenset()
        """Names that stand in the text as themselves, not before an index."""
        self.declared = declared
        """Names that were declared; among ``declarations`` are those differentiated by, too."""
        self.here: frozenset[str] = frozenset()
        """Those of them on this side of an equation."""
        self.declared_members: Mapping[tuple[str, int], Declaration] = {}
        """What is declared of the members of families, by what stands before their indices and the number of these."""
        self.member_values: dict[str, tuple[str, Syntax]] = {}
        """What is given for each index, ``r_i = y_i - w'x_i``: by what stands before the indices these and the value."""
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
        found = self.variables.get(name)
        if found is None:
            declaration = self.declarations.get(name)
            found = self.variables[name] = Variable(name, Cell(_first_mask(declaration), span), declaration)
            found.undefined = name in self.undefined.arguments and name not in self.undefined.standing
        return found

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
        shape = declaration.shape
        if len(shape) > 2:
            return TENSOR3 if len(shape) == 3 else TENSOR4
        return SCALAR if not shape else COLUMN if len(shape) == 1 else ROW if shape[0] == ONE else MATRIX
    if declaration.kind in _MASKS:
        return _MASKS[declaration.kind]
    possible = kinds(declaration.facts)
    return sum(mask for kind, mask in _MASKS.items() if kind in possible)


_MASKS = {"scalar": SCALAR, "vector": COLUMN, "matrix": MATRIX}


@lru_cache(maxsize=4096)
def letter_class(name: str) -> str:
    """The convention for a name: ``"upper"``, ``"lower"`` (h to z), ``"early"`` (a to g), ``"greek"`` (lower case), or ``"word"``.

    >>> letter_class("W_1"), letter_class("x"), letter_class("b"), letter_class("beta"), letter_class("Sigma"), letter_class("rate")
    ('upper', 'lower', 'early', 'greek', 'upper', 'word')
    """
    stem = name.partition("_")[0].rstrip("0123456789′")
    if stem[:1].isupper():
        return "word" if len(stem) > 1 and stem.isupper() else "upper"
    if stem in SPELLED_GREEK:
        return "greek"
    return "early" if len(stem) == 1 and stem in "abcdefg" else "lower" if len(stem) < 2 else "word"
