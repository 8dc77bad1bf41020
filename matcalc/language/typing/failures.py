"""Words for kinds and sizes that do not fit: what stands on either side, and what to write
instead."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cache
from typing import TypeAlias

from matcalc.base.errors import ShapeError, Span
from matcalc.base.functions import functions, spellings
from matcalc.base.shapes import sizes_text
from matcalc.base.sizes import ONE, Size, names_in
from matcalc.language.build.scope import Variable
from matcalc.language.text.meanings import along_an_axis
from matcalc.language.typing import constraints as c, kind_relations
from matcalc.language.typing.dimensions import Dimension, SizeClash, SizeSystem, most_general, resolved
from matcalc.language.typing.inference import SizeFailure, measure
from matcalc.language.typing.kinds import ALL_KINDS, COLUMN, KIND_NAMES, MATRIX, ROW, SCALAR, TENSOR, Cell, Constraint, revised

_LONGEST_QUOTE = 40
_LONGEST_ADVICE = 120
"""Characters of operands that are repeated in what to write instead."""


def explain_kinds(text: str, constraint: Constraint, constraints: list[Constraint], variables: list[Variable]) -> ShapeError:
    """The error for a constraint whose operands' kinds do not fit; masks are those before
    inference.

    The first operator in reading order that cannot work is named, whichever constraint inference
    stumbled over.
    """
    found = _first_forward_failure(constraints) or constraint
    # Sizes below the failure, as far as they follow, are told in the message.
    earlier = [other for other in constraints[: constraints.index(found)] if other.decided]
    measure(earlier, [cell for cell in found.cells if cell.decided], [v for v in variables if v.cell.decided])
    sizes = SizeSystem()
    for other in earlier:
        with suppress(SizeClash):
            other.join(sizes)
    return _mismatch(text, found)


def _first_forward_failure(constraints: list[Constraint]) -> Constraint | None:
    """Evaluates kinds from the operands up, once; the first constraint with no result."""
    for constraint in constraints:
        left = revised(constraint.shapes.kinds, tuple([cell.mask for cell in constraint.cells]))
        for cell, mask in zip(constraint.cells, left or ()):
            cell.mask &= mask
        if left is None or not all(cell.mask for cell in constraint.cells):
            return constraint
    return None


def explain_sizes(text: str, failure: SizeFailure) -> ShapeError:
    """The error for sizes that differ, or that leave more than one reading."""
    return _ambiguous(text, failure.constraint) if failure.clash is None else _mismatch(text, failure.constraint, failure.clash)


def _mismatch(text: str, constraint: Constraint, clash: SizeClash | None = None) -> ShapeError:
    message, advice = _said(text, constraint, clash)
    if advice is None and clash is not None:
        advice = _one_name(clash)
    if sum(part.end - part.start for part in constraint.parts) > _LONGEST_ADVICE:
        advice = None  # the operands would be repeated
    return ShapeError(message, span=enclosed(text, constraint.span), suggestion=advice)


def _one_name(clash: SizeClash) -> str | None:
    """What to do about two sizes that have names of their own and may be meant to be equal."""
    if clash.left.name and clash.right.name:
        return f"one name for both sizes in the declarations, if {clash.left} = {clash.right}"
    if max(len(clash.left.terms), len(clash.right.terms)) == 1:
        return None
    with suppress(SizeClash):
        for name, size in most_general([(clash.left, clash.right)], names_in((clash.left, clash.right))).items():
            return None if size is ONE else f"{size} for {name} in the declarations, if {clash.left} = {clash.right}"
    return None


Said: TypeAlias = tuple[str, str | None]
"""What is wrong, and what to write instead."""


def _said(text: str, constraint: Constraint, clash: SizeClash | None) -> Said:
    cells = constraint.cells
    quotes = [_unbroken(text, span) for span in constraint.parts]
    shown = [f"{quoted(text, span)} ({described(cell)})" for span, cell in zip(constraint.parts, cells, strict=False)]
    differ = f": the sizes {clash.left} and {clash.right} differ" if clash else ""
    match constraint:
        case c.Dotted() | c.Paired() if clash and cells[0].mask == cells[1].mask != MATRIX:
            return f"there is no inner product of {' and '.join(shown)}{differ}", None
        case c.Multiplied() | c.ArrayMultiplied():
            message = f"cannot multiply {shown[0]} by {shown[1]}"
            return (
                message + (differ.replace("sizes", "inner sizes") if clash else ""),
                _product_advice(quotes, cells, " @ " if "@" in text else "*"),
            )
        case c.Divided():
            return f"cannot divide by {shown[1]}: only by a scalar", _division_advice(quotes, cells)
        case c.Raised():
            return _power_error(constraint, quotes, shown, clash is not None)
        case c.Broadcast():
            joint = {"divide elementwise": " by ", "raise elementwise": " to the power "}.get(constraint.words, " and ")
            return f"cannot {constraint.words} {shown[0]}{joint}{shown[1]}{differ}", _sum_advice(quotes, cells)
        case c.TransposedTo() if cells[0].mask & TENSOR:
            return f"{shown[0]} has no transpose", "axes in another order: tensor(k, j, i, T[i,j,k])"
        case kind_relations.InRelation():
            return _function_mismatch(constraint, quotes, clash)
        case _:
            return "the shapes do not fit" + differ, None


def _division_advice(quotes: list[str], cells: tuple[Cell, ...]) -> str:
    left = _bracketed(quotes[0])
    elementwise = f"{left} ./ {_bracketed(quotes[1])} (elementwise)"
    if cells[1].mask != MATRIX or resolved(cells[1].rows) != resolved(cells[1].cols):
        return elementwise
    inverse = f"inv({quotes[1]})"
    solved = f"{inverse}*{left}" if cells[0].mask == COLUMN else f"{left}*{inverse}"
    return f"{solved} or {elementwise}" if cells[0].mask == MATRIX else solved


def _power_error(constraint: Constraint, quotes: list[str], shown: list[str], clash: bool) -> Said:
    base, exponent = constraint.cells[:2]
    written = _bracketed(quotes[0])
    if not exponent.mask & SCALAR:
        entries = f"{written}.^{_bracketed(quotes[1])}" if base.mask & (SCALAR | exponent.mask) else None
        return f"the exponent {shown[1]} must be a scalar", entries
    if clash:
        return f"a matrix power needs a square matrix, not {shown[0]}", f"{written}.^2 (elementwise)"
    squared = "" if base.mask & TENSOR else f" or {written}'*{written}"
    return f"{shown[0]} has no power", f"{written}.^{quotes[1]} (elementwise){squared}"


def _function_mismatch(constraint: kind_relations.InRelation, quotes: list[str], clash: SizeClash | None) -> Said:
    cells, name = constraint.cells, constraint.function
    argument, *others = [f"{_cut(quote)} ({described(cell)})" for quote, cell in zip(quotes, cells, strict=False)]
    if clash:
        return _clash_in_function(constraint, clash, argument, others), None
    if name == "e^":
        return f"the exponent of e must be a scalar or a square matrix, not {argument}", "exp(x) (elementwise)"
    wanted = sorted({kinds[0] for kinds in constraint.shapes.kinds})
    # Where a column will do, that a row will do as well is not worth telling.
    needed = " or ".join(["a " + KIND_NAMES[kind] for kind in wanted if kind != ROW or COLUMN not in wanted])
    verb = "need" if name.endswith("positions") else "needs"
    return f"{name} {verb} {needed}, not {argument}", _function_advice(name, quotes[0], cells, MATRIX in wanted)


def _function_advice(name: str, quote: str, cells: tuple[Cell, ...], of_matrices: bool) -> str | None:
    if cells[0].mask == MATRIX and name in _along_an_axis():
        return along_an_axis(name, quote if quote.isalnum() else "X")
    diagonal = of_matrices and cells[0].mask == COLUMN and len(cells) == 2 and name.isidentifier()
    return f"{name}(diag({quote})), of the diagonal matrix" if diagonal else None


def _clash_in_function(constraint: kind_relations.InRelation, clash: SizeClash, argument: str, others: list[str]) -> str:
    if _is_of_squares(constraint):
        return f"{constraint.function} needs a square matrix, not {argument}"
    if isinstance(constraint, kind_relations.MemberOf):
        return f"an index cannot run over both {clash.left} and {clash.right}"
    if isinstance(constraint, kind_relations.NormParameter):
        return f"the matrix {others[0]} of the norm does not fit {argument}"
    return f"the sizes {clash.left} and {clash.right} in {constraint.function} differ"


def _is_of_squares(constraint: kind_relations.InRelation) -> bool:
    measured = isinstance(constraint, kind_relations.Measured) and constraint.dimensions[0][0] is constraint.dimensions[0][1]
    return measured or any(one == other for equal in constraint.shapes.equal.values() for one, _, other, _ in equal)


@cache
def _along_an_axis() -> frozenset[str]:
    """Functions that may be taken along the rows or columns of a matrix."""
    return frozenset(spelling for spelling, name in spellings().items() if functions()[name].axis)


def _ambiguous(text: str, constraint: Constraint) -> ShapeError:
    smaller, larger = (1, 0) if constraint.cells[0].mask == MATRIX else (0, 1)
    shown, matrix = (quoted(text, constraint.parts[k]) for k in (smaller, larger))
    vector = _bracketed(shown)
    return ShapeError(
        f"{shown} ({described(constraint.cells[smaller])}) could be meant for every row or for every column of {matrix}",
        span=constraint.span,
        suggestion=f"1*{vector}' (every row) or {vector}*1' (every column) for {shown}, or declare the sizes",
    )


# ---------------------------------------------------------------- shapes in words


def quoted(text: str, span: Span) -> str:
    """A part of the text, shortened when long."""
    return _cut(_unbroken(text, span))


def _unbroken(text: str, span: Span) -> str:
    whole = enclosed(text, span)
    return " ".join(text[whole.start : whole.end].split())


def _cut(part: str) -> str:
    return part if len(part) <= _LONGEST_QUOTE else part[: _LONGEST_QUOTE - 1] + "…"


def enclosed(text: str, span: Span) -> Span:
    """The part with the brackets that open or close within it: ``A + B)*C`` is a part of
    ``(A + B)*C``."""
    depth = least = 0
    for character in text[span.start : span.end]:
        depth += (character in "([{") - (character in ")]}")
        least = min(least, depth)
    start, end, left, right = span.start, span.end, -least, depth - least
    while left and start:
        start -= 1
        left += (text[start] in ")]}") - (text[start] in "([{")
    while right and end < len(text):
        right += (text[end] in "([{") - (text[end] in ")]}")
        end += 1
    return span if left or right else Span(start, end)


def described(cell: Cell) -> str:
    """Kind and size, as far as they are known.

    A cell that may have several kinds is described by all of them.
    """
    if not cell.decided:
        return " or ".join([KIND_NAMES[kind] for kind in ALL_KINDS if kind & cell.mask]) or "nothing"
    if cell.mask & TENSOR:
        axes = [str(found) if isinstance(found := resolved(axis), Size) else "?" for axis in cell.axes]
        return f"{sizes_text(axes)} tensor"
    rows, cols, name = _shown(cell.rows), _shown(cell.cols), KIND_NAMES.get(cell.mask, "matrix")
    if cell.mask in (COLUMN, ROW) and rows + cols:
        return f"{name} of size {rows + cols}"
    return f"{sizes_text((rows, cols))} {name}" if rows and cols else name


def _shown(dimension: Dimension) -> str:
    found = resolved(dimension)
    return str(found) if isinstance(found, Size) and found != ONE else ""


def _bracketed(quote: str) -> str:
    return quote if re.fullmatch(r"\w+['ᵀ]*|\w*\([^()]*\)['ᵀ]*", quote) else f"({quote})"


def _product_advice(quotes: list[str], cells: tuple[Cell, ...], times: str) -> str | None:
    """``times`` is how the text writes a product."""
    left, right = _bracketed(quotes[0]), _bracketed(quotes[1])
    a, b = cells[0].mask, cells[1].mask
    if (a | b) & TENSOR:
        left, right = [part + "'" * (cell.mask == COLUMN) for part, cell in zip((left, right), cells)]
        return f"{left}.*{right} (elementwise) or a contraction such as tensor(i, k, sum(j, T[i,j,k]*x[j]))"
    if a == ROW and b == COLUMN:
        return None
    shapes = [(_shown(cell.rows), _shown(cell.cols)) for cell in cells[:2]]
    if a == b and a in (COLUMN, ROW):
        return _vector_advice(left, right, times, a == ROW, ["".join(shape) for shape in shapes])
    (rows, cols), (other_rows, other_cols) = [(r or "1", k or "1") for r, k in shapes]
    options = [f"{left}'{times}{right}"] if rows == other_rows else []
    options += [f"{left}{times}{right}'"] if cols == other_cols else []
    options += [f"{left}.*{right} (elementwise)"] if len(options) == 2 else []
    return "transpose: " + " or ".join(options) if options else None


def _vector_advice(left: str, right: str, times: str, rows: bool, sizes: list[str]) -> str:
    inner, outer = f"{left}'{times}{right}", f"{left}{times}{right}'"
    inner, outer = (outer, inner) if rows else (inner, outer)
    if all(sizes) and sizes[0] != sizes[1]:
        return f"{outer} (outer product)"
    return f"{inner} (inner product), {outer} (outer product) or {left}.*{right} (elementwise)"


def _sum_advice(quotes: list[str], cells: tuple[Cell, ...]) -> str | None:
    left, right = cells[:2]
    if (left.mask | right.mask) & TENSOR:
        small = quotes[1] if left.mask & TENSOR else quotes[0]
        vector = (right if left.mask & TENSOR else left).mask == COLUMN
        return f"{_bracketed(small)}' for the last axis: the last axes are aligned, and a vector has n×1" if vector else None
    sizes = [_shown(cell.rows) + _shown(cell.cols) for cell in cells[:2]]
    if {left.mask, right.mask} == {COLUMN, ROW} and all(sizes) and sizes[0] != sizes[1]:
        column, row = quotes if left.mask == COLUMN else quotes[::-1]
        return f"{_bracketed(column)}*1' and 1*{_bracketed(row)}: a matrix with one entry for each pair"
    crosswise = (_shown(left.rows), _shown(left.cols)) == (_shown(right.cols), _shown(right.rows))
    if {left.mask, right.mask} == {COLUMN, ROW} or (left.mask == right.mask == MATRIX and crosswise):
        right_side, sign = _bracketed(quotes[1]), chr(39)
        turned = right_side[:-1] if right_side.endswith(sign) else right_side + sign
        return None if turned == _bracketed(quotes[0]) else f"transpose one side: {turned}"
    return None
