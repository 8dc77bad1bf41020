"""The entries of a tensor as scalar tensors in the entries of its symbols."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any, cast

from matcalc.budgets import spend
from matcalc.einstein import nodes as ix
from matcalc.einstein.algebra import apply_map, elementwise, power, symbolic_power
from matcalc.einstein.linear import MINUS, YES, add, is_zero, number, zero
from matcalc.entries.symbols import entries_of, lengths_of, letters_of
from matcalc.errors import LimitError, MatcalcError

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

    Raises LimitError for what would be too long, MatcalcError for functions that have no formula in the entries.
    """
    order = ix.postorder(tensor)
    symbols = [node for node in order if isinstance(node, ix.Symbol)]
    letters = letters_of([*symbols, *others], [symbol.name for symbol in (*symbols, *others) if not symbol.shape])
    held: dict[ix.Tensor, Block] = {}
    for node in order:
        held[node] = _block(node, [held[child] for child in ix.children(node)], letters, sizes)
    return held[tensor]


def _block(node: ix.Tensor, below: list[Block], letters: Mapping[ix.Symbol, str], sizes: Mapping[str, int]) -> Block:
    lengths = tuple([size.value(sizes) for size in node.shape])
    if prod(lengths) > MOST_TERMS:
        raise LimitError(f"an array of {'×'.join(map(str, lengths))} entries is too large to be written out", suggestion="smaller sizes")
    spend(1 + prod(lengths))
    match cast("ix.Node", node):
        case ix.Symbol() as symbol:
            return Block(lengths, entries_of(symbol, letters[symbol], lengths_of(symbol, sizes)) if lengths else [symbol])
        case ix.Constant():
            return Block((), [node])
        case ix.SizeValue(size=size):
            return Block((), [number(size.value(sizes))])
        case ix.Unit(position=position):
            if position > lengths[0]:
                raise MatcalcError(f"there is no entry {position} at size {lengths[0]}", suggestion="a larger size")
            return _filled(lengths, lambda place: place[0] == position - 1)
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
    """A function over the last axes of its arguments, one call for every place along the axes before them."""
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
    lines, size = _lines(data, own), own[0]
    found = []
    for i in range(size):
        for j in range(size):
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
"""Functions of whole vectors and matrices that are written out, with the number of axes they take."""
