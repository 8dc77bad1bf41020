"""Results entry by entry at small sizes, with their texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod
from operator import eq, ge, le
from typing import Any, Literal, cast

from matcalc.base.budgets import spend
from matcalc.base.errors import LimitError, MatcalcError
from matcalc.base.layouts import laid_out
from matcalc.base.lazy import NDArray, np
from matcalc.base.shapes import Shape, axes_of
from matcalc.base.sizes import names_in
from matcalc.base.traversal import bottom_up
from matcalc.calculus.simplification import lightest, simplified
from matcalc.derivation.pipeline import Outcome, declared
from matcalc.einstein import nodes as ix
from matcalc.einstein.algebra import apply_map, elementwise, power, symbolic_power
from matcalc.einstein.linear import MINUS, YES, add, is_zero, number, scale, value_of, zero
from matcalc.einstein.lowering import lower
from matcalc.expr.nodes import Expr, Negative, Number, Power, Product, Quotient, SizeValue, Sum, Symbol, postorder
from matcalc.expr.rewriting import rebuilt_with, symbols_in
from matcalc.facts.table import may_vary, mirrored, tie_of
from matcalc.folding.fold import fold
from matcalc.language.text.spelling import SPELLED_GREEK, canonical_name
from matcalc.printing import Shown, text
from matcalc.printing.notations import checked_notation, notation_of

# ------------------------------------------------------------
# The entries of symbols as scalars with names of their own: ``a12`` of A, ``x1`` of x; what facts
# tie together is one scalar or zero.

MOST_ALONG_AN_AXIS = 9
"""Positions of one digit, so that ``a12`` is the entry in row 1 and column 2."""


def lengths_of(symbol: ix.Symbol, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """The lengths of the axes. Raises LimitError for more than there are one-digit positions."""
    found = tuple([size.value(sizes) for size in symbol.shape])
    if any(length > MOST_ALONG_AN_AXIS for length in found):
        said = f"{symbol.name} would have {'×'.join(map(str, found))} entries to write out"
        raise LimitError(said, expected=f"sizes up to {MOST_ALONG_AN_AXIS}")
    return found


def letters_of(symbols: Iterable[ix.Symbol], taken: Iterable[str]) -> dict[ix.Symbol, str]:
    """What the names of the entries of each array begin with: the letter, a small one for a matrix
    where no other symbol has it.

    Names of several characters are followed by an underscore.
    """
    arrays = [symbol for symbol in dict.fromkeys(symbols) if symbol.shape]
    known = {*taken, *(symbol.name for symbol in arrays)}
    found: dict[ix.Symbol, str] = {}
    for symbol in arrays:
        name = symbol.name
        small = name.lower()
        single = len(name) == 1 or name in SPELLED_GREEK
        same_order = {other.name for other in arrays if len(other.shape) == len(symbol.shape)}
        if single and len(symbol.shape) > 1 and small not in same_order:
            name = small
        found[symbol] = name if single else f"{name}_"
    names = [letter + "1" * len(symbol.shape) for symbol, letter in found.items()]
    if len(set(names)) < len(names) or known & set(names):
        raise MatcalcError("the entries of two symbols would have one name", suggestion="other names for the symbols")
    return found


def entries_of(symbol: ix.Symbol, letter: str, lengths: tuple[int, ...]) -> list[ix.Tensor]:
    """The entries of a symbol, row by row."""
    tie = tie_of(symbol.properties) if len(lengths) == 2 else ""
    found: list[ix.Tensor] = []
    for place in product(*map(range, lengths)):
        if len(place) == 2 and not may_vary(tie, *place):
            found.append(zero(()))
            continue
        sign = mirrored(tie) if tie and place[0] > place[-1] else 0
        position = place[::-1] if sign else place
        entry = ix.Symbol(letter + "".join(str(k + 1) for k in position), ())
        found.append(scale(Fraction(sign), entry) if sign else entry)
    return found


# ------------------------------------------------------------
# The entries of a tensor as scalar tensors in the entries of its symbols.

MOST_TERMS = 20_000
"""Products of entries in one step."""
MOST_BY_MINORS = 4
"""Rows of a matrix whose determinant is written out."""
HALF = Fraction(1, 2)

Scalar = ix.Tensor


@dataclass(frozen=True, slots=True)
class Block:
    """Scalars along several axes, the last one running fastest."""

    lengths: tuple[int, ...]
    data: list[Scalar]

    def at(self, place: Sequence[int]) -> Scalar:
        position = 0
        for k, length in zip(place, self.lengths):
            position = position * length + k
        return self.data[position]


def written_out(tensor: ix.Tensor, others: Sequence[ix.Symbol], sizes: Mapping[str, int]) -> Block:
    """All entries of a tensor. ``others`` are symbols whose names the entries must not have.

    Raises LimitError for what would be too long, MatcalcError for functions that have no formula in
    the entries.
    """
    letters = letters_within(tensor, others)
    held: Mapping[ix.Tensor, Block] = bottom_up(
        ix.postorder(tensor), lambda node, held: _block(node, [held[child] for child in node.below], letters, sizes)
    )
    return held[tensor]


def letters_within(tensor: ix.Tensor, others: Sequence[ix.Symbol]) -> dict[ix.Symbol, str]:
    """``letters_of`` the symbols of a tensor, and others."""
    symbols = [*[node for node in ix.postorder(tensor) if isinstance(node, ix.Symbol)], *others]
    return letters_of(symbols, [symbol.name for symbol in symbols if not symbol.shape])


def _block(node: ix.Tensor, below: list[Block], letters: Mapping[ix.Symbol, str], sizes: Mapping[str, int]) -> Block:
    lengths = tuple([size.value(sizes) for size in node.shape])
    if prod(lengths) > MOST_TERMS:
        raise LimitError(
            f"an array of {'×'.join(map(str, lengths))} entries is too large to be written out", suggestion="smaller sizes"
        )
    spend(1 + prod(lengths))
    match cast("ix.Node", node):
        case ix.Symbol() as symbol:
            return Block(lengths, entries_of(symbol, letters[symbol], lengths_of(symbol, sizes)) if lengths else [symbol])
        case ix.Constant():
            return Block((), [node])
        case ix.SizeValue(size=size):
            return Block((), [number(size.value(sizes))])
        case ix.Unit(position=position):
            at = position.value(sizes)
            if not 1 <= at <= lengths[0]:
                raise MatcalcError(f"there is no entry {at} at size {lengths[0]}", suggestion="a larger size")
            return _filled(lengths, lambda place: place[0] == at - 1)
        case ix.Pairing():
            return _filled(lengths, lambda place: place[0] * lengths[1] + place[1] == place[2])
        case ix.Sum(terms=terms):
            entries = zip(*[block.data for block in below]) if below else [()] * prod(lengths)
            numbers = [coefficient for coefficient, _ in terms]
            return Block(lengths, [add(list(zip(numbers, parts)), ()) for parts in entries])
        case ix.Contraction() as contraction:
            return _contracted(contraction, below, lengths, sizes)
        case ix.Power(exponent=exponent):
            return Block(lengths, [power(entry, exponent) for entry in below[0].data])
        case ix.Map(function="pow"):
            return Block(lengths, [symbolic_power(base, exponent) for base, exponent in zip(below[0].data, below[1].data)])
        case ix.Map(function=name):
            if len(below) == 1:
                return Block(lengths, [apply_map(name, entry) for entry in below[0].data])
            return Block(lengths, [ix.Map(name, arguments) for arguments in zip(*[block.data for block in below])])
        case ix.Apply(function=name):
            return _applied(name, below, lengths)


def _filled(lengths: tuple[int, ...], is_one: Callable[[tuple[int, ...]], bool]) -> Block:
    return Block(lengths, [number(int(is_one(place))) for place in product(*map(range, lengths))])


def _contracted(node: ix.Contraction, below: list[Block], lengths: tuple[int, ...], sizes: Mapping[str, int]) -> Block:
    """Every entry as the sum of the products that it is."""
    ranges = [size.value(sizes) for size in node.sizes]
    summed = [label for label in range(len(ranges)) if label not in node.output]
    free = list(dict.fromkeys(node.output))
    count = prod(ranges[label] for label in (*summed, *free))
    if count > MOST_TERMS:
        raise LimitError(f"a sum of {count:,} products is too long to be written out", suggestion="smaller sizes")
    entries: dict[tuple[int, ...], Scalar] = {}
    for place in product(*[range(ranges[label]) for label in free]):
        here = dict(zip(free, place))
        terms: list[tuple[Fraction, Scalar]] = []
        for rest in product(*[range(ranges[label]) for label in summed]):
            spend(1 + len(below))
            there = here | dict(zip(summed, rest))
            factors = [block.at([there[label] for label in labels]) for block, labels in zip(below, node.indices)]
            if not any(is_zero(factor) for factor in factors):
                terms.append((YES, elementwise(factors, ())))
        entries[tuple([here[label] for label in node.output])] = add(terms, ())
    return Block(lengths, [entries.get(place, zero(())) for place in product(*map(range, lengths))])


# ---------------------------------------------------------------- functions of vectors and matrices


def _applied(name: str, below: list[Block], lengths: tuple[int, ...]) -> Block:
    """A function over the last axes of its arguments, one call for every place along the axes
    before them."""
    diagonal = value_of(below[1].data[0]) if name in _ON_DIAGONALS else None
    if diagonal is not None:
        places = [(entry, k // lengths[-1] % lengths[-2], k % lengths[-1]) for k, entry in enumerate(below[0].data)]
        kept, size = _ON_DIAGONALS[name], lengths[-1] if name == "cyclic_band" else 0
        beside = [j - i - diagonal for _, i, j in places]
        there = [kept(distance % size if size else distance, 0) for distance in beside]
        return Block(lengths, [entry if one else zero(()) for (entry, *_), one in zip(places, there)])
    if name not in _FUNCTIONS:
        raise MatcalcError(f"{name} has no formula in the entries that could be written out", suggestion="--at, or .function()")
    axes, function = _FUNCTIONS[name]
    argument = below[0]
    own = argument.lengths[len(argument.lengths) - axes :]
    step = prod(own)
    data: list[Scalar] = []
    for start in range(0, len(argument.data), step):
        data += function(argument.data[start : start + step], own)
    return Block(lengths, data)


def _times(*factors: Scalar) -> Scalar:
    return zero(()) if any(is_zero(factor) for factor in factors) else elementwise(factors, ())


def _total(entries: Sequence[Scalar]) -> Scalar:
    return add([(YES, entry) for entry in entries], ())


def _over(above: Scalar, below: Scalar) -> Scalar:
    return _times(above, power(below, MINUS))


def determinant(lines: Sequence[Sequence[Scalar]]) -> Scalar:
    """By the first row."""
    if not lines:
        return number(1)
    if len(lines) > MOST_BY_MINORS:
        raise LimitError(f"the determinant of {len(lines)} rows is too long to be written out", suggestion="smaller sizes")
    first, rest = lines[0], lines[1:]
    terms = []
    for k, entry in enumerate(first):
        minor = determinant([[*line[:k], *line[k + 1 :]] for line in rest])
        terms.append((MINUS if k % 2 else YES, _times(entry, minor)))
    return add([term for term in terms if not is_zero(term[1])], ())


def _lines(data: Sequence[Scalar], own: tuple[int, ...]) -> list[list[Scalar]]:
    return [list(data[start : start + own[1]]) for start in range(0, len(data), own[1])]


def _det(data: Sequence[Scalar], own: tuple[int, ...]) -> list[Scalar]:
    return [determinant(_lines(data, own))]


def _logdet(data: Sequence[Scalar], own: tuple[int, ...]) -> list[Scalar]:
    return [apply_map("log", determinant(_lines(data, own)))]


def _adjugate(data: Sequence[Scalar], own: tuple[int, ...]) -> list[Scalar]:
    lines, found = _lines(data, own), []
    for i, j in product(range(own[0]), repeat=2):
        minor = determinant([line[:i] + line[i + 1 :] for k, line in enumerate(lines) if k != j])
        found.append(add([(MINUS if (i + j) % 2 else YES, minor)], ()))
    return found


def _inverse(data: Sequence[Scalar], own: tuple[int, ...]) -> list[Scalar]:
    below = determinant(_lines(data, own))
    return [_over(entry, below) for entry in _adjugate(data, own)]


def _softmax(data: Sequence[Scalar], _: tuple[int, ...]) -> list[Scalar]:
    powers = [apply_map("exp", entry) for entry in data]
    return [_over(entry, _total(powers)) for entry in powers]


def _logsumexp(data: Sequence[Scalar], _: tuple[int, ...]) -> list[Scalar]:
    return [apply_map("log", _total([apply_map("exp", entry) for entry in data]))]


def _norm(data: Sequence[Scalar], _: tuple[int, ...]) -> list[Scalar]:
    return [power(_total([power(entry, Fraction(2)) for entry in data]), HALF)]


def _normalised(data: Sequence[Scalar], own: tuple[int, ...]) -> list[Scalar]:
    (length,) = _norm(data, own)
    return [_over(entry, length) for entry in data]


def _triangle(data: Sequence[Scalar], own: tuple[int, ...], side: int) -> list[Scalar]:
    return [entry if side * (k // own[1] - k % own[1]) >= 0 else zero(()) for k, entry in enumerate(data)]


_ON_DIAGONALS = {"tril_from": le, "triu_from": ge, "band": eq, "cyclic_band": eq, "selection": eq}
"""Functions that keep the entries on the diagonals that are so to one with a number."""
_FUNCTIONS: dict[str, tuple[int, Callable[[Any, Any], list[Scalar]]]] = {
    "inv": (2, _inverse),
    "det": (2, _det),
    "logdet": (2, _logdet),
    "log_det": (2, _logdet),
    "adj": (2, _adjugate),
    "tril": (2, lambda data, own: _triangle(data, own, 1)),
    "triu": (2, lambda data, own: _triangle(data, own, -1)),
    "softmax": (1, _softmax),
    "logsumexp": (1, _logsumexp),
    "norm2": (1, _norm),
    "normalised": (1, _normalised),
}
"""Functions of whole vectors and matrices that are written out, with the number of axes they
take."""


# ------------------------------------------------------------
# The result of writing out: entries of a layout, with their texts.

MOST_ENTRIES = 400
_WIDTH = 100


@dataclass(frozen=True, eq=False)
class Entries(Shown):
    """A scalar, vector or matrix entry by entry; ``data`` are its entries row by row, formulas in
    the entries of the symbols."""

    shape: tuple[int, ...]
    data: tuple[Expr, ...]

    def __getitem__(self, place: int | tuple[int, ...]) -> Expr:
        """The entry at a place, counted from 0 as in NumPy."""
        position = 0
        for k, length in zip(place if isinstance(place, tuple) else (place,), self.shape, strict=True):
            if not -length <= k < length:
                raise IndexError(f"entry {k} of {length}")
            position = position * length + k % length
        return self.data[position]

    def text(self, style: Literal["unicode", "ascii"] = "unicode") -> str:
        """``[2 a11 x1 + (a12 + a21) x2; ...]``: rows between semicolons, entries of a row between
        commas."""
        return self._bracketed([text(entry, style) for entry in self.data])

    def latex(self) -> str:
        """LaTeX source, a matrix in square brackets."""
        return self.typeset("latex")

    def typeset(self, notation: str = "latex") -> str:
        """The same in a notation that is typeset, ``"latex"`` or ``"typst"``."""
        style = checked_notation(notation)
        entries = [text(entry, style) for entry in self.data]
        return notation_of(style).matrix(self._lines(entries)) if self.shape else entries[0]

    def _bracketed(self, entries: Sequence[str]) -> str:
        if not self.shape:
            return entries[0]
        lines = [", ".join(line) for line in self._lines(entries)]
        whole = "; ".join(lines)
        return f"[{whole}]" if len(whole) < _WIDTH else "[" + ";\n ".join(lines) + "]"

    def _lines(self, entries: Sequence[str]) -> list[Sequence[str]]:
        columns = self.shape[1] if len(self.shape) == 2 else 1
        return [entries[start : start + columns] for start in range(0, len(entries), columns)]

    def __repr__(self) -> str:
        return f"<Entries {self.text()}>"


def expression_entries(expression: Expr, sizes: Mapping[str, int]) -> Entries:
    """An expression at these sizes. Raises MatcalcError for sizes that are missing or of no use."""
    numbers = checked_sizes(sizes, [expression])
    block = written_out(lower(expression).tensor, (), numbers)
    return _presented(block.data, _lengths(expression.shape, numbers), [expression])


def derivative_entries(outcome: Outcome, source: Expr, wrt: tuple[Symbol, ...], layout: str, sizes: Mapping[str, int]) -> Entries:
    """A derivative of ``source`` in its layout."""
    found = derivative_scalars(outcome, source, wrt, layout, checked_sizes(sizes, [source, *wrt]))
    return _presented(list(found.flat), found.shape, [source, *wrt])


def derivative_scalars(
    outcome: Outcome, source: Expr, wrt: tuple[Symbol, ...], layout: str, numbers: Mapping[str, int]
) -> NDArray[Any]:
    """A derivative of ``source`` in its layout, as an array of scalars in the entries of the
    symbols; ``numbers`` are for all its sizes."""
    block = written_out(outcome.tensor, list(map(declared, wrt)), numbers)
    array: Any = np.empty(len(block.data), object)
    array[:] = block.data
    numerator = _lengths(axes_of(source.shape), numbers)
    variables = tuple([len(axes_of(symbol.shape)) for symbol in wrt if symbol.shape])
    return laid_out(array.reshape(block.lengths), numerator, variables, layout).reshape(_lengths(outcome.shape, numbers))


def _presented(entries: Sequence[ix.Tensor], shape: tuple[int, ...], expressions: Sequence[Expr]) -> Entries:
    if len(shape) > 2:
        raise MatcalcError(
            f"an array with {len(shape)} axes is not written out", suggestion="a layout that is a matrix, such as denominator"
        )
    if len(entries) > MOST_ENTRIES:
        raise LimitError(f"{len(entries)} entries are too many to be written out", suggestion="smaller sizes")
    symbols = [node for node in postorder(*expressions) if isinstance(node, Symbol)]
    order, axes = _reading_order(symbols, entries)
    same_signs = _Denominators()
    return Entries(shape, tuple([rebuilt_with(_formula(entry, order, axes), same_signs) for entry in entries]))


class _Denominators:
    """Gives quotients whose denominators differ in sign one denominator: that which is met
    first."""

    def __init__(self) -> None:
        self.seen: dict[ix.Tensor, Expr] = {}

    def __call__(self, node: Expr) -> Expr:
        if isinstance(node, Negative) and isinstance(node.operand, Negative):
            return node.operand.operand
        if not isinstance(node, Quotient) or not isinstance(node.denominator, Sum):
            return node
        below = lower(node.denominator).tensor
        opposite = self.seen.get(scale(MINUS, below))
        if opposite is None:
            self.seen.setdefault(below, node.denominator)
            return node
        return Negative(Quotient(node.numerator, opposite))


def _formula(entry: ix.Tensor, order: Mapping[str, int], axes: Mapping[str, int]) -> Expr:
    """The entry as a formula, with the entries of matrices as coefficients of those of vectors."""
    found = fold(lightest(simplified(entry)), 0, order)
    if found is None:
        raise MatcalcError("an entry has no formula that could be written")

    def ordered(node: Expr) -> Expr:
        return (
            Product(tuple(sorted(node.factors, key=lambda factor: _place(factor, axes)))) if isinstance(node, Product) else node
        )

    return rebuilt_with(found, ordered)


def _place(factor: Expr, axes: Mapping[str, int]) -> int:
    """Numbers come first in a product, then scalars, entries of matrices, of vectors, and
    functions."""
    base = factor.base if isinstance(factor, Power) else factor
    if isinstance(base, Number):
        return 0
    if not isinstance(base, (Symbol, Sum, Product, Negative)):
        return 4
    found = {axes[name] for name in symbols_in(base)}
    return 3 if 1 in found else 2 if found - {0} else 1


def _reading_order(symbols: Sequence[Symbol], entries: Sequence[ix.Tensor]) -> tuple[dict[str, int], dict[str, int]]:
    """The place of each entry, in the order of the symbols and of the positions, and the number of
    axes of its symbol."""
    first: dict[tuple[str, int], int] = {}
    for place, symbol in enumerate(symbols):
        axes = len(axes_of(symbol.shape))
        first.setdefault((symbol.name.lower() if axes else symbol.name, axes), place)
    owners: dict[str, tuple[str, int]] = {}
    for name in {node.name for node in ix.postorder(*entries) if isinstance(node, ix.Symbol)}:
        letters = name.rstrip("123456789")
        owner = (letters.rstrip("_").lower(), len(name) - len(letters))
        owners[name] = (name, 0) if (name, 0) in first else owner
    ranked = sorted(owners, key=lambda name: (first.get(owners[name], len(first)), name))
    return {name: place for place, name in enumerate(ranked)}, {name: axes for name, (_, axes) in owners.items()}


def _lengths(shape: Shape, sizes: Mapping[str, int]) -> tuple[int, ...]:
    return tuple([size.value(sizes) for size in shape])


def size_names(expressions: Iterable[Expr]) -> list[str]:
    """The names of all sizes in expressions, in reading order."""
    nodes = postorder(*expressions)
    found = [size for node in nodes for size in (*node.shape, *([node.size] if isinstance(node, SizeValue) else []))]
    return list(names_in(found))


def checked_sizes(sizes: Mapping[str, int], expressions: Sequence[Expr]) -> dict[str, int]:
    """A number for every size. Raises MatcalcError for one that is missing, unknown or no positive
    integer."""
    given = {canonical_name(name): value for name, value in sizes.items()}
    names = size_names(expressions)
    example = ", ".join(f"{name}={given.get(name, 2)}" for name in names)
    missing = [name for name in names if name not in given]
    if missing:
        raise MatcalcError(
            f"the size {missing[0]} has no number", expected=f"a number for each of {', '.join(names)}", suggestion=example
        )
    for name, value in given.items():
        if name not in names:
            there = f"the sizes are {', '.join(names)}" if names else "all sizes are numbers already"
            raise MatcalcError(f"{name} is no size here: {there}", suggestion=example or None)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise MatcalcError(f"{name} = {value!r} is no size", expected="a whole number from 1", suggestion=example)
    return given
