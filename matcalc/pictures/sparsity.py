"""Which entries of a Jacobian or a Hessian are zero for all values, and the blocks that it is made
of. Zeros are found in formulas for the entries, and looked at again in numbers at random points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, cycle, pairwise, product
from math import isfinite, prod
from typing import Any, TypeAlias, cast
from xml.etree import ElementTree as et

from matcalc.base.budgets import SpentError
from matcalc.base.errors import LimitError, MatcalcError
from matcalc.base.lazy import NDArray, np
from matcalc.base.shapes import axes_of
from matcalc.base.sizes import Size, fitted
from matcalc.base.traversal import bottom_up
from matcalc.calculus.simplification import simplified
from matcalc.derivation.pipeline import axes_of_result, declared
from matcalc.einstein import nodes as ix
from matcalc.einstein.linear import is_zero
from matcalc.einstein.lowering import lower
from matcalc.entries import MOST_ALONG_AN_AXIS, checked_sizes, derivative_scalars, size_names
from matcalc.entries.written import entries_of, lengths_of, letters_within
from matcalc.evaluation.sampling import find_point
from matcalc.expr import nodes as e
from matcalc.expr.block_arrays import BLOCKS, displayed
from matcalc.expr.nodes import Expr, Symbol, postorder
from matcalc.expr.rewriting import symbols_in
from matcalc.interface.presentation import left_side, value_name
from matcalc.interface.results import Derivation, PartDerivation
from matcalc.pictures.drawing import (
    INK,
    MUTED,
    PAPER,
    Picture,
    as_label,
    label,
    moved,
    page,
    path,
    rectangle,
    sheet,
    shortened,
    span,
    titled,
    writing,
)
from matcalc.printing.names import unicode_name

MOST_CELLS = 2_500
"""Entries of one picture: formulas for as many take a second or two."""
SIZES = ((4, 3, 2), (3, 2), (2,))
"""Numbers for the sizes in turn where none are given: the first row of them with which the picture
is not too large."""
MOST_BY_DEFAULT = 400
POINTS = 4
NEAR_ZERO = 1e-9
"""Of the largest entry, what may be rounding."""

ZERO, FIXED, VARYING, UNSURE = "zero", "fixed", "varying", "unsure"
COLOURS = {ZERO: "#f4f6f8", FIXED: "#8fbbe8", VARYING: "#1559a6", UNSURE: "#e2b04a"}


def sparsity(found: Derivation, sizes: Mapping[str, int]) -> Picture:
    """The picture of a derivative that is a matrix or a vector; ``sizes`` are numbers for some of
    its sizes or all.

    Raises LimitError for one with more entries than a picture has, MatcalcError for sizes of no
    use.
    """
    pattern = pattern_of(found, _numbers(found, sizes))
    title = f"Sparsity of {pattern.name}"
    return Picture("sparsity", title, pattern.words(), lambda: _source(pattern), _svg(pattern))


def _numbers(found: Derivation, given: Mapping[str, int]) -> dict[str, int]:
    """A number for every size: those given, and small ones for others."""
    if len(found.outcome.shape) > 2:
        said = f"this derivative has {len(found.outcome.shape)} axes, a picture has two"
        raise MatcalcError(said, suggestion='layout="denominator"')
    expressions = [found.source.node, *found.wrt]
    axes = [size for one in symbols_in(*expressions).values() for size in axes_of(one.shape)]
    numbers = _first_fitting(found, given, expressions, axes)
    count = _count(found, numbers)
    if count > MOST_CELLS:
        example = f"smaller sizes: {', '.join(f'{name}=2' for name in numbers)}" if numbers else None
        said = f"the picture would have {count:,} entries"
        raise LimitError(said, expected=f"up to {MOST_CELLS:,}", suggestion=example)
    return numbers


def _first_fitting(
    found: Derivation, given: Mapping[str, int], expressions: Sequence[Expr], axes: Sequence[Size]
) -> dict[str, int]:
    """The sizes given, with numbers for the others with which the picture is not too large."""
    names = [name for name in size_names(expressions) if name not in given]
    known = checked_sizes({**dict.fromkeys(names, 1), **given}, expressions)
    whole = {name: Size.of(known[name]) for name in known if name not in names}
    numbers: dict[str, int] = {}
    for row in SIZES:
        chosen = fitted(dict(zip(names, cycle(row))), [size.replaced(whole) for size in axes])
        numbers = checked_sizes({**chosen, **given}, expressions)
        longest = max((size.value(numbers) for size in axes if size.names), default=1)
        if _count(found, numbers) <= MOST_BY_DEFAULT and longest <= MOST_ALONG_AN_AXIS:
            break
    return numbers


def _count(found: Derivation, numbers: Mapping[str, int]) -> int:
    return prod(size.value(numbers) for size in found.outcome.shape)


# ------------------------------------------------------------
# What is known of each entry.


@dataclass(frozen=True)
class Pattern:
    """The entries row by row, each ZERO, FIXED, VARYING or UNSURE.

    ``proved`` says whether zeros are zero in their formulas, or only at ``points``: so many were
    looked at. ``cuts`` are the places between blocks, of rows and of columns; ``names`` those of
    rows and of columns.
    """

    name: str
    formula: str
    numbers: Mapping[str, int]
    entries: tuple[tuple[str, ...], ...]
    proved: bool
    points: int
    variable: str
    cuts: tuple[tuple[int, ...], tuple[int, ...]]
    names: tuple[tuple[str, ...], tuple[str, ...]]

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.entries), len(self.entries[0])

    def count(self, kind: str) -> int:
        return sum(row.count(kind) for row in self.entries)

    @property
    def sizes(self) -> str:
        return ", ".join(f"{name} = {number}" for name, number in self.numbers.items())

    def legend(self) -> list[tuple[str, str]]:
        """What each colour means, and how often it occurs."""
        whole = prod(self.shape)
        at = f"at {self.points} random points"
        zeros = "zero for all values" if self.proved else f"zero {at}, which is no proof"
        varies = f"depends on {self.variable}" if self.proved else f"not zero {at}"
        beside = "" if self.points else ", not looked at in numbers"
        said = {
            ZERO: f"{zeros}: {self.count(ZERO)} of {whole}",
            FIXED: f"the same for all {self.variable}: {self.count(FIXED)}{beside}",
            VARYING: f"{varies}: {self.count(VARYING)}{beside}",
            UNSURE: f"zero {at}, though not in its formula: {self.count(UNSURE)}",
        }
        return [(kind, text) for kind, text in said.items() if self.count(kind) or kind == ZERO]

    def blocks(self) -> str:
        rows, cols = (len(cuts) + 1 for cuts in self.cuts)
        return f"{rows} × {cols} blocks" if rows * cols > 1 else ""

    def words(self) -> str:
        """The picture in words."""
        rows, cols = self.shape
        size = f" at {self.sizes}" if self.numbers else ""
        said = "; ".join(text for _, text in self.legend())
        found = [f"{self.name} = {self.formula}, {rows} rows and {cols} columns{size}."]
        found.append(f"{said[:1].upper()}{said[1:]}.")
        if self.blocks():
            full = sum(any(map(_is_full, block)) for block in self._blocks())
            found.append(f"It has {self.blocks()}, {full} of them not zero.")
        if max(self.shape) <= MOST_NAMED:
            signs = {ZERO: "·", FIXED: "c", VARYING: "×", UNSURE: "?"}
            lines = " / ".join("".join([signs[entry] for entry in row]) for row in self.entries)
            same = f" and c for the same for all {self.variable}" if self.count(FIXED) else ""
            found.append(f"Row by row, with · for zero{same}: {lines}.")
        return " ".join(found)

    def _blocks(self) -> Iterator[list[tuple[str, ...]]]:
        rows, cols = ((0, *cuts, length) for cuts, length in zip(self.cuts, self.shape))
        for (top, bottom), (left, right) in product(pairwise(rows), pairwise(cols)):
            yield [row[left:right] for row in self.entries[top:bottom]]


def _is_full(row: Sequence[str]) -> bool:
    return any(entry != ZERO for entry in row)


MOST_NAMED = 16
"""Rows and columns whose names are written beside them."""


def pattern_of(found: Derivation, numbers: Mapping[str, int]) -> Pattern:
    """What is known of each entry at these sizes. Raises MatcalcError where formulas and numbers
    disagree."""
    shape = tuple([size.value(numbers) for size in found.outcome.shape])
    rows, cols = dims = (*shape, 1, 1)[:2]
    look = _Look(found, numbers, dims)
    formulas = _formulas(found, numbers)
    if formulas is None and not look.points:
        raise MatcalcError("neither formulas nor numbers are known for these entries", suggestion="other sizes")
    kinds = [VARYING if seen else ZERO for seen in look.seen.flat] if formulas is None else formulas.kinds(look)
    entries = tuple([tuple(kinds[start : start + cols]) for start in range(0, rows * cols, cols)])
    variable = " and ".join(dict.fromkeys([unicode_name(symbol.name) for symbol in found.wrt]))
    return Pattern(
        left_side(found, "unicode"),
        found.text(),
        dict(numbers),
        entries,
        formulas is not None,
        look.points,
        variable,
        _cuts(found, numbers, (rows, cols)),
        _axis_names(found, numbers, dims),
    )


def _variables(found: Derivation) -> tuple[Symbol, ...]:
    """What is differentiated by; of a derivative by parts, the whole of it."""
    return found.whole.wrt if isinstance(found, PartDerivation) else found.wrt


def _formulas(found: Derivation, numbers: Mapping[str, int]) -> _Formulas | None:
    """What is known of the formulas of the entries; None where entries have none."""
    try:
        scalars = derivative_scalars(found.outcome, found.source.node, found.wrt, found.layout, numbers)
        return _Formulas(list(scalars.flat), _varying(found, numbers))
    except SpentError:
        raise
    except MatcalcError:
        return None


def _varying(found: Derivation, numbers: Mapping[str, int]) -> frozenset[ix.Tensor]:
    """The entries of the variables as they stand in the formulas of the entries."""
    own = list(map(declared, _variables(found)))
    letters = letters_within(found.outcome.tensor, list(map(declared, found.wrt)))
    known = [one for one in own if one in letters]
    arrays = [entries_of(one, letters[one], lengths_of(one, numbers)) for one in known]
    single = [one for one in own if not one.shape]
    every = ix.postorder(*single, *chain.from_iterable(arrays))
    return frozenset(node for node in every if isinstance(node, ix.Symbol))


class _Formulas:
    """The formula of each entry, and the entries of the variable as they stand in them."""

    def __init__(self, scalars: Sequence[ix.Tensor], varying: frozenset[ix.Tensor]) -> None:
        self.scalars, self.varying = scalars, varying
        self.short: dict[ix.Tensor, ix.Tensor] = {}

    def kinds(self, look: _Look) -> list[str]:
        """What each entry is, by its formula; where numbers tell it already, no formula is made
        shorter to see it."""
        return [self._kind(*one, bool(look.points)) for one in zip(self.scalars, look.seen.flat, look.moved.flat)]

    def _kind(self, scalar: ix.Tensor, seen: bool, moved: bool, looked: bool) -> str:
        if not (moved or (seen and self._is_fixed(scalar))):
            scalar = self.short[scalar] = self.short.get(scalar) or simplified(scalar)
        if is_zero(scalar):
            if seen:
                raise MatcalcError("an entry is zero in its formula, but not in numbers; please report this formula")
            return ZERO
        if looked and not seen:
            return UNSURE
        return FIXED if self._is_fixed(scalar) else VARYING

    def _is_fixed(self, scalar: ix.Tensor) -> bool:
        return self.varying.isdisjoint(ix.postorder(scalar))


class _Look:
    """What numbers say: at how many random ``points`` they could be computed, and of each entry
    whether it was ``seen`` to be other than zero, and whether it ``moved`` with the variable."""

    def __init__(self, found: Derivation, numbers: Mapping[str, int], dims: Sequence[int]) -> None:
        self.points = 0
        self.seen, self.moved = np.zeros(dims, bool), np.zeros(dims, bool)
        self.found, self.numbers, self.dims = found, numbers, dims
        try:
            self._look()
        except SpentError:
            raise
        except MatcalcError:
            self.points = 0

    def _look(self) -> None:
        self.function = self.found.function()
        source, wrt = self.found.source.node, _variables(self.found)
        points = [find_point([source], seed, sizes=self.numbers, extra=wrt, attempts=8) for seed in range(POINTS)]
        known = [point.values for point in points if point is not None]
        values = [self._value(point) for point in known]
        moves = [{**one, **{symbol.name: other[symbol.name] for symbol in wrt}} for one, other in zip(known, known[1:])]
        self.points = len(values)
        for value in values:
            self.seen |= _differs(value, np.zeros(self.dims))
        for value, move in zip(values, map(self._value, moves)):
            self.moved |= _differs(value, move)

    def _value(self, values: Mapping[str, Any]) -> NDArray[Any]:
        return np.asarray(self.function(**{**self.numbers, **values}), float).reshape(self.dims)


def _differs(one: NDArray[Any], other: NDArray[Any]) -> NDArray[Any]:
    """Where two arrays differ by more than rounding; nowhere where they are no numbers."""
    size = float(np.max([np.abs(one), np.abs(other)], initial=0.0))
    if not isfinite(size):
        return np.zeros(one.shape, bool)
    found: NDArray[Any] = np.abs(one - other) > NEAR_ZERO * size
    return found


# ------------------------------------------------------------
# Blocks and names of rows and columns.

Cuts: TypeAlias = "tuple[frozenset[int], frozenset[int]]"


def _cuts(found: Derivation, numbers: Mapping[str, int], dims: tuple[int, int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The places between blocks: of stacked columns, or of the arrays of blocks and Kronecker
    products in the form."""
    rows, cols = set[int](), set[int]()
    for places, group, length in zip((rows, cols), _groups(found), dims):
        lengths = [found.outcome.tensor.shape[axis].value(numbers) for axis in group]
        if len(lengths) > 1:
            places.update(range(prod(lengths[1:]), length, prod(lengths[1:])))
    if found.outcome.expression is not None:
        above, beside = _cuts_of_form(found.outcome.expression, numbers)
        rows, cols = rows or set(above), cols or set(beside)
    return tuple(sorted(rows)), tuple(sorted(cols))


def _groups(found: Derivation) -> list[tuple[int, ...]]:
    """The axes of the tensor that are the rows and the columns."""
    groups = axes_of_result(lower(found.source.node), found.wrt, found.layout)
    return list((*groups, (), ())[:2])


def _cuts_of_form(form: Expr, numbers: Mapping[str, int]) -> Cuts:
    """Where rows and columns of a matrix are cut by its form."""
    whole = displayed(form)
    return bottom_up(postorder(whole), lambda node, below: _cuts_at(node, below, numbers))[whole]


def _cuts_at(node: Expr, below: Mapping[Expr, Cuts], numbers: Mapping[str, int]) -> Cuts:
    match node := cast("e.Node", node):
        case e.Kronecker(factors=(_, *others)):
            rows = _every(node.rows, [one.rows for one in others], numbers)
            return rows, _every(node.cols, [one.cols for one in others], numbers)
        case e.Call(function=name) if name == BLOCKS:
            return _of_blocks(node, numbers)
        case e.Transpose(operand=operand):
            return below[operand][::-1]
        case e.Negative(operand=operand):
            return below[operand]
        case e.Sum(terms=terms):
            every = [below[term] for term in terms]
            return frozenset().union(*[one for one, _ in every]), frozenset().union(*[one for _, one in every])
        case e.Product(factors=factors):
            arrays = [below[factor] for factor in factors if not factor.is_scalar]
            return (arrays[0][0], arrays[-1][1]) if arrays else _NONE
        case e.Leaf() | e.Linear() | e.Multilinear() | e.Nonlinear() | e.Indexed():
            return _NONE


def _every(length: Size, others: Sequence[Size], numbers: Mapping[str, int]) -> frozenset[int]:
    """The places between the blocks of a Kronecker product, each as long as its other factors."""
    step = prod(size.value(numbers) for size in others)
    return frozenset(range(step, length.value(numbers), step))


def _of_blocks(node: e.Call, numbers: Mapping[str, int]) -> Cuts:
    width, blocks = int(node.axis or 1), node.arguments
    lines = [blocks[start : start + width] for start in range(0, len(blocks), width)]
    heights = [max(block.rows.value(numbers) for block in line) for line in lines]
    widths = [max(block.cols.value(numbers) for block in line) for line in zip(*lines)]
    return frozenset([*accumulate(heights)][:-1]), frozenset([*accumulate(widths)][:-1])


_NONE: Cuts = (frozenset(), frozenset())


def _axis_names(found: Derivation, numbers: Mapping[str, int], dims: Sequence[int]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What each row and each column belongs to: the entry of the variable, or of the value."""
    tensor, own = found.outcome.tensor, len(axes_of(found.source.node.shape))
    below = [(unicode_name(symbol.name), len(axes_of(symbol.shape))) for symbol in found.wrt]
    above = len(tensor.shape) - sum(count for _, count in below)
    arrays = [(value_name(found), above), *below]
    owners = [place for place, (_, count) in enumerate(arrays) for _ in range(count)]
    names = []
    for group, length in zip(_groups(found), dims):
        lengths = [tensor.shape[axis].value(numbers) for axis in group]
        of = {owners[axis] for axis in group}
        if len(of) != 1 or max(lengths) > MOST_ALONG_AN_AXIS:
            names.append(("",) * length)
        elif of == {0} and own != above:  # of a Kronecker product, whose rows are one axis
            names.append(tuple(_named(arrays[0][0], (0,), [length])))
        else:
            names.append(tuple(_named(arrays[of.pop()][0], group, lengths)))
    return names[0], names[1]


def _named(name: str, group: Sequence[int], lengths: Sequence[int]) -> Iterator[str]:
    """``X₁₁, X₂₁, ...``: positions in the order of the array's axes."""
    for place in product(*map(range, lengths)):
        positions = dict(zip(group, place))
        yield name + "".join([str(positions[axis] + 1) for axis in sorted(group)]).translate(_SUBSCRIPTS)


_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


# ------------------------------------------------------------
# The drawing, by the standard library alone; and as a table for Graphviz, for other forms.

_LINE = 17
_LETTER = 6.4
"""Pixels of a line of text, and of a letter in it."""


def _svg(pattern: Pattern) -> str:
    rows, cols = pattern.shape
    cell = max(5, min(24, 560 // max(rows, cols)))
    named = max(rows, cols) <= MOST_NAMED and any(map(any, pattern.names))
    left, top = (60, 70) if named else (16, 52)
    blocks = [("", f"lines between {pattern.blocks()}")] if pattern.blocks() else []
    legend = pattern.legend() + blocks
    size = f"{rows} × {cols}" + (f" at {pattern.sizes}" if pattern.numbers else "")
    heading = [shortened(f"{pattern.name} = {pattern.formula}", 70), shortened(size, 70)]
    widest = max(_LETTER * len(said) + 42 for _, said in legend)
    width = int(max(left + cols * cell + 16, widest, 32 + 8.2 * len(heading[0])))
    height = top + rows * cell + 22 + _LINE * len(legend)
    root = page(width, height)
    writing(root, (16, 22), span(heading[0], INK, 15))
    writing(root, (16, 40), span(heading[1], MUTED, 11))
    inner = moved(root, left, top)
    _matrix(inner, pattern, cell)
    if named:
        _margins(inner, pattern, cell)
    for line, (kind, said) in enumerate(legend):
        below = top + rows * cell + 14 + _LINE * line
        if kind:
            rectangle(root, (16, below), (12, 12), COLOURS[kind], MUTED)
        writing(root, (36 if kind else 16, below + 10), span(said, INK, 11))
    return titled(root, f"Sparsity of {pattern.name}", pattern.words())


def _matrix(parent: et.Element, pattern: Pattern, cell: int) -> None:
    """The entries, all of one kind as one path so that the file stays small; the lines between
    blocks, and the frame."""
    places = [(row, col) for row, line in enumerate(pattern.entries) for col in range(len(line))]
    for kind, colour in COLOURS.items():
        squares = [
            f"M{col * cell} {row * cell}h{cell}v{cell}h-{cell}z" for row, col in places if pattern.entries[row][col] == kind
        ]
        gap = {"stroke": PAPER, "stroke-width": f"{cell / 16:g}"}
        path(parent, "".join(squares), fill=colour, **gap)
    rows, cols = (length * cell for length in pattern.shape)
    across, down = pattern.cuts
    cuts = [f"M0 {cut * cell}H{cols}" for cut in across] + [f"M{cut * cell} 0V{rows}" for cut in down]
    frame = f"M0 0H{cols}V{rows}H0z"
    for line, width, colour in (("".join(cuts), "4", PAPER), ("".join(cuts), "1.4", INK), (frame, "1.8", INK)):
        path(parent, line, fill="none", stroke=colour, **{"stroke-width": width})


def _margins(parent: et.Element, pattern: Pattern, cell: int) -> None:
    """The names of rows and columns."""
    rows, cols = pattern.names
    for row, name in enumerate(rows):
        writing(parent, (-6, (row + 0.5) * cell + 4), span(name, MUTED, 11), "end")
    for col, name in enumerate(cols):
        writing(parent, ((col + 0.5) * cell, -7), span(name, MUTED, min(11, cell // 2)), "middle")


def _source(pattern: Pattern) -> str:
    """A table for Graphviz, with lines between blocks."""
    lines = [[span(f"{pattern.name} = {shortened(pattern.formula)}")]]
    lines += [[span(pattern.sizes, MUTED, 10)]] if pattern.numbers else []
    for kind, said in pattern.legend():
        lines.append([span(f"■ {said}", MUTED if kind == ZERO else COLOURS[kind], 10)])
    graph = sheet("sparsity", label=label(lines, "LEFT", above=10), labelloc="b")
    table = et.Element("TABLE", BORDER="1", CELLBORDER="0", CELLSPACING="1", CELLPADDING="0", COLOR=INK)
    cell: dict[str, Any] = {"WIDTH": "14", "HEIGHT": "14", "FIXEDSIZE": "TRUE"}
    for row, line in enumerate(pattern.entries):
        if row in pattern.cuts[0]:
            et.SubElement(table, "HR")
        cells = et.SubElement(table, "TR")
        for col, entry in enumerate(line):
            if col in pattern.cuts[1]:
                et.SubElement(cells, "VR")
            et.SubElement(cells, "TD", BGCOLOR=COLOURS[entry], **cell)
    graph.node("entries", as_label(table), shape="plaintext")
    return str(graph.source)
