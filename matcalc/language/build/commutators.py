"""Two matrices in square brackets with a comma: an array, ``[A B]``, or their commutator, ``A*B -
B*A``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from matcalc.base.errors import MatcalcError, ParseError, ShapeError, Span
from matcalc.base.records import record
from matcalc.base.shapes import is_square
from matcalc.base.sizes import Size
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.array_arithmetic import is_list, rows_of
from matcalc.language.syntax.trees import names_among, walk
from matcalc.language.text.terminals import PARTIALS
from matcalc.language.typing.dimensions import resolved
from matcalc.language.typing.kinds import MATRIX, Cell

if TYPE_CHECKING:
    from matcalc.language.declare.declared import Declaration


@record
class Pair:
    """Two matrices as they are written in brackets at a place."""

    span: Span
    left: str
    right: str

    @property
    def words(self) -> str:
        return f"[{self.left}, {self.right}]"

    @property
    def ways(self) -> tuple[str, str]:
        """What it may mean, and how each is said."""
        one, other = [written if written.isalnum() else f"({written})" for written in (self.left, self.right)]
        return f"the array: [{one} {other}]", f"the commutator: {one}*{other} - {other}*{one}"

    @property
    def asked(self) -> ParseError:
        """The error for a pair in a claim, which would be another one for each of its meanings."""
        said = f"{self.words} may be the array of both matrices or their commutator"
        return ParseError(said, span=self.span, suggestion="; or ".join(self.ways))


def pairs_in(nodes: Iterable[s.Syntax], text: str, declarations: Mapping[str, Declaration]) -> dict[Span, Pair]:
    """The pairs of what may be square matrices in a text that is not written in the dialect of a
    program; none beside arrays of partial derivatives, which hold numbers."""
    found: dict[Span, Pair] = {}
    nodes = list(nodes)
    if any(isinstance(node, s.Applied) and node.function in PARTIALS for node in nodes):
        return found
    for node in reversed(nodes):  # those inside of others first
        if not isinstance(node, s.Applied) or not is_list(node):
            continue
        entries = rows_of(node)[0]
        apart = len(entries) == 2 and "," in text[entries[0].span.end : entries[1].span.start]
        if apart and all(entry.span in found or _may_be_square(entry, declarations) for entry in entries):
            left, right = [text[entry.span.start : entry.span.end].strip() for entry in entries]
            found[node.span] = Pair(node.span, left, right)
    return found


def _may_be_square(entry: s.Syntax, declarations: Mapping[str, Declaration]) -> bool:
    """Whether an entry is made of names as a square matrix is: the last of them is one."""
    nodes = walk(entry)
    names = [node for node in nodes if isinstance(node, s.Name)]
    if not names or not all(isinstance(node, _OF_MATRICES) for node in nodes):
        return False
    last = max(names, key=lambda name: name.span.start)
    turned = names_among(walk(*[node for node in nodes if isinstance(node, s.Transposed)]))
    alone = len(names) == 1
    return all(_is_matrix(name, declarations, square=alone) for name in [last.name, *turned])


_OF_MATRICES = (s.Name, s.NumberLiteral, s.Group, s.Minus, s.Binary, s.Raised, s.Transposed)


def _is_matrix(name: str, declarations: Mapping[str, Declaration], *, square: bool) -> bool:
    """Whether a name is that of a matrix, by what is declared or else by its letter."""
    said = declarations.get(name)
    if said is None or (said.kind is None and said.shape is None):
        return name[:1].isupper()
    if said.shape is None:
        return said.kind == "matrix"
    return len(said.shape) == 2 and (is_square(said.shape) or not square)


def doubt(decide: Callable[..., None], pair: Pair, cells: list[Cell], given: Iterable[str]) -> None:
    """Says that an array is what a pair was read as, where both of it are matrices whose products
    there may be."""
    decide(
        f"{pair.words} is read as the array of both matrices, side by side; it may be meant as their commutator",
        "notation",
        "doubtful",
        span=pair.span,
        instead=pair.ways,
        when=lambda: all(cell.mask == MATRIX for cell in cells) and _may_agree(cells, given),
    )


def _may_agree(cells: list[Cell], given: Iterable[str]) -> bool:
    """Whether all sizes may be the same: no two that are numbers or have given names differ."""
    sizes = {resolved(size) for cell in cells for size in (cell.rows, cell.cols)}
    said = set(given)
    return len([size for size in sizes if isinstance(size, Size) and said.issuperset(size.names)]) < 2


def advised(error: MatcalcError, pairs: Mapping[Span, Pair]) -> MatcalcError:
    """The error, with what the first pair may mean where the shapes of the array do not fit."""
    if pairs and isinstance(error, ShapeError):
        error.suggestion = "; or ".join(innermost(pairs.values()).ways[::-1])
    return error


def innermost(pairs: Iterable[Pair]) -> Pair:
    """The first of the shortest."""
    return min(pairs, key=lambda pair: (pair.span.end - pair.span.start, pair.span.start))
