"""Tensors as formulas with named indices, in the order in which the user's symbols stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias, assert_never, cast

from matcalc.einstein import nodes as ix
from matcalc.einstein.algebra import power as positive_power
from matcalc.einstein.linear import YES, add, scale
from matcalc.expr.nodes import Expr
from matcalc.printing.reading_order import own_axes
from matcalc.sizes import Size
from matcalc.steps.arrangement import Direction, Piece, arranged
from matcalc.steps.folded_parts import Matrices
from matcalc.steps.formula import Applied, Delta, Entry, Formula, Function, Hidden, Letters, Raised, Times, Total, parts
from matcalc.traversal import postordered

_DEEPEST = 14
_MOST_NODES = 300
"""What is deeper, or comes after so many parts of a line, is not read: the line would be too long to be read."""
_MOST_READ = 24
"""More terms of a sum than this are not read: they are not shown either."""
_RANKS = 3
Rank: TypeAlias = tuple[int, ...]
_LAST: Rank = (1_000_000,)

MARKER = "change of the variable"  # no name in the language has blanks
"""The derivative of the variable's entries by its entries, kept as a symbol until its deltas are contracted."""


@dataclass(frozen=True)
class Manner:
    """How a line is written: brackets around parts that are matrix expressions, and which way round chains are read."""

    brackets: bool = False
    direction: Direction = "output"
    outer_first: bool = False
    """Whether sums and functions stand before symbols, as the outer derivative does in the chain rule."""


class Reader:
    """Reads tensors with the letters of one derivation; ``alphabet`` are those for summed indices, in order."""

    def __init__(self, alphabet: Sequence[str], ranks: Mapping[str, int], matrices: Matrices, value: ix.Tensor) -> None:
        """``value`` is what the user wrote: its sums keep the sign they have there."""
        self._alphabet = tuple(alphabet)
        self._own = {node for node in ix.postorder(value) if isinstance(node, ix.Sum)}
        self._ranks = ranks
        self._matrices = matrices
        self._known: dict[ix.Tensor, Rank] = {}
        self._nodes = 0

    def read(self, tensor: ix.Tensor, letters: Letters, manner: Manner) -> Formula:
        """The formula of the entry of ``tensor`` at ``letters``."""
        self._rank_all(tensor)
        self._nodes = 0
        formula, _ = self._read(tensor, letters, 0, 0, manner)
        return formula

    def rank(self, tensor: ix.Tensor) -> Rank:
        """The places in the input of the first symbols in ``tensor``."""
        self._rank_all(tensor)
        return self._known[tensor]

    def _rank_all(self, tensor: ix.Tensor) -> None:
        for node in postordered((tensor,), ix.children, self._known):
            if isinstance(node, ix.Symbol):
                self._known[node] = (self._ranks.get(node.name, len(self._ranks)),)
            else:
                found = {rank for child in ix.children(node) for rank in self._known[child]}
                self._known[node] = tuple(sorted(found)[:_RANKS])

    def letter(self, position: int) -> str:
        """The letter of a summed index."""
        if position < len(self._alphabet):
            return self._alphabet[position]
        turn, place = divmod(position, len(self._alphabet))
        return f"{self._alphabet[place]}{turn}"

    def _read(self, tensor: ix.Tensor, at: Letters, free: int, depth: int, manner: Manner) -> tuple[Formula, int]:
        if manner.brackets and depth:
            shown = self._bracket(tensor)
            if shown is not None:
                return Entry(tensor, at, shown), free
        self._nodes += 1
        if (depth > _DEEPEST or self._nodes > _MOST_NODES) and depth and ix.children(tensor):
            return Hidden(tensor, at), free
        match cast("ix.Node", tensor):
            case ix.Symbol(name=name) if name == MARKER:
                half = len(at) // 2
                return Times(tuple([Delta(one, other) for one, other in zip(at[:half], at[half:], strict=True)])), free
            case ix.Symbol() | ix.Constant() | ix.SizeValue() | ix.Unit() | ix.Pairing():
                return Entry(tensor, at), free
            case ix.Sum() as total:
                return self._sum(total, at, free, depth, manner)
            case ix.Contraction() as product:
                sign, formula, free = self._product(product, at, free, depth, manner, positive=True)
                return _signed(sign, formula), free
            case ix.Power() as power if power.exponent < -1 or power.exponent.denominator > 1 and power.exponent < 0:
                base, free = self._read(positive_power(power.base, -power.exponent), at, free, depth, manner)
                return Raised(base, Fraction(-1)), free
            case ix.Power() as power:
                even = power.exponent.denominator == 1 and power.exponent.numerator % 2 == 0
                turned = scale(-YES, power.base) if even and self._turns(power.base, positive=True) else power.base
                base, free = self._read(turned, at, free, depth + 1, manner)
                return Raised(base, power.exponent), free
            case ix.Map() as mapped:
                arguments = []
                for argument in mapped.arguments:
                    found, free = self._read(argument, at, free, depth + 1, manner)
                    arguments.append(found)
                return Function(mapped.function, tuple(arguments)), free
            case ix.Apply() as applied:
                return self._apply(applied, at, free, depth, manner)
            case unreachable:
                assert_never(unreachable)

    def _bracket(self, tensor: ix.Tensor) -> Expr | None:
        """The matrix expression in whose place a part may be shown; symbols, and elementwise functions of a bracket, stay as they are."""
        match tensor:
            case ix.Sum() | ix.Contraction() if tensor.order <= 2 and ix.children(tensor):
                return self._matrices.bracket(tensor)
            case ix.Power(base=ix.Sum() | ix.Contraction()) if not tensor.order and tensor.exponent > 0:
                return self._matrices.bracket(tensor)
            case _:
                return None

    def _sum(self, total: ix.Sum, at: Letters, free: int, depth: int, manner: Manner) -> tuple[Formula, int]:
        terms = sorted(total.terms, key=lambda term: (term[0] < 0, self._known.get(term[1]) or _LAST))
        last = free
        found: list[tuple[Fraction, Formula]] = []
        for coefficient, term in terms[:_MOST_READ]:
            if isinstance(term, ix.Contraction) and not (manner.brackets and depth and self._bracket(term) is not None):
                sign, formula, end = self._product(term, at, free, depth + (depth > 0), manner, positive=coefficient > 0)
            else:
                sign = YES
                formula, end = self._read(term, at, free, depth + (depth > 0), manner)
            found.append((sign * coefficient, formula))
            last = max(last, end)
        if len(terms) <= _MOST_READ:
            found.sort(key=lambda term: (term[0] < 0, *order_key(term[1], at, self._ranks)))
        else:
            rest = terms[_MOST_READ:]
            found.append((Fraction(1), Hidden(add(rest, total.shape), at, len(rest))))
        return Total(tuple(found)), last

    def _turns(self, tensor: ix.Tensor, *, positive: bool) -> bool:
        """Whether a factor is better written as minus its negative: a sum of the user's begins with the user's first term, another one
        takes up the minus sign before the product."""
        if not isinstance(tensor, ix.Sum) or len(tensor.terms) < 2:
            return False
        first = min(tensor.terms, key=lambda term: self._known.get(term[1]) or _LAST)
        if tensor in self._own or scale(-YES, tensor) in self._own:
            return first[0] < 0 and any(coefficient > 0 for coefficient, _ in tensor.terms)
        return not positive and any(coefficient < 0 for coefficient, _ in tensor.terms)

    def _product(
        self, product: ix.Contraction, at: Letters, free: int, depth: int, manner: Manner, *, positive: bool
    ) -> tuple[Fraction, Formula, int]:
        """The sign, the product without it, and the next free letter; ``positive`` is the sign of the number before the product."""
        sign = YES
        letters: dict[int, str] = {}
        deltas: list[Formula] = []
        for label, letter in zip(product.output, at, strict=True):
            if label in letters:
                deltas.append(Delta(letters[label], letter))
            else:
                letters[label] = letter
        operands: list[tuple[ix.Tensor | None, tuple[int, ...]]] = []
        for operand, index in zip(product.operands, product.indices, strict=True):
            if isinstance(operand, ix.Symbol) and operand.name == MARKER:
                half = len(index) // 2
                operands += [(None, pair) for pair in zip(index[:half], index[half:], strict=True)]
            elif self._turns(operand, positive=positive == (sign > 0)):
                sign = -sign
                turned = scale(-YES, operand)
                self._rank_all(turned)
                operands.append((turned, index))
            else:
                operands.append((operand, index))
        bound: list[tuple[str, Size]] = []
        factors: list[Formula] = []
        for k in self._order(operands, product.output, manner):
            factor, index = operands[k]
            for label in index:
                if label not in letters:
                    letters[label] = self.letter(free)
                    bound.append((letters[label], product.sizes[label]))
                    free += 1
            own = tuple([letters[label] for label in index])
            if factor is None:
                factors.append(Delta(own[0], own[1]))
                continue
            formula, free = self._read(factor, own, free, depth + 1, manner)
            factors.append(formula)
        for label, size in enumerate(product.sizes):
            if label not in letters:
                letters[label] = self.letter(free)
                bound.append((letters[label], size))
                free += 1
        return sign, Times(tuple([*factors, *deltas]), tuple(bound)), free

    def _order(self, operands: list[tuple[ix.Tensor | None, tuple[int, ...]]], output: tuple[int, ...], manner: Manner) -> list[int]:
        pieces = []
        for operand, index in operands:
            rank = (self._ranks[MARKER],) if operand is None else self._known[operand] or _LAST
            pieces.append(Piece(index, rank, operand is not None))
        first = [k for k, (operand, index) in enumerate(operands) if index and isinstance(operand, ix.Sum | ix.Map | ix.Power)]
        if not manner.outer_first or not any(operand is None for operand, _ in operands):
            first = []
        first.sort(key=lambda k: (pieces[k].rank, k))
        rest = [k for k in range(len(pieces)) if k not in first]
        order = [rest[k] for k in arranged([pieces[k] for k in rest], output, manner.direction)]
        scalars = [k for k in order if not pieces[k].labels]
        return scalars + first + [k for k in order if pieces[k].labels]

    def _apply(self, applied: ix.Apply, at: Letters, free: int, depth: int, manner: Manner) -> tuple[Formula, int]:
        shown = self._matrices.bracket(applied) if applied.order <= 2 else None
        if shown is not None:
            return Entry(applied, at, shown), free
        arguments: list[tuple[Formula, Letters]] = []
        for argument in applied.arguments:
            own = own_axes(applied.function, argument.order)
            batch = argument.order - own
            inner = tuple([self.letter(free + k) for k in range(own)])
            free += own
            formula, free = self._read(argument, at[:batch] + inner, free, depth + 1, manner)
            arguments.append((formula, inner))
        return Applied(applied, at, applied.function, tuple(arguments)), free


def _signed(sign: Fraction, formula: Formula) -> Formula:
    return formula if sign == 1 else Total(((sign, formula),))


def order_key(formula: Formula, letters: Letters, ranks: Mapping[str, int]) -> tuple[Rank, int, int]:
    """Where a term stands in a sum: by its first symbols, then by where its delta is, then terms whose matrix starts with a free index."""
    factors = formula.factors if isinstance(formula, Times) else (formula,)
    first = tuple(sorted({rank for factor in factors for rank in _rank(factor, ranks)})[:_RANKS])
    delta = next((k for k, factor in enumerate(factors) if isinstance(factor, Delta)), 0)
    entry = next((factor for factor in factors if isinstance(factor, Entry) and len(factor.letters) > 1), None)
    return (first or _LAST, delta, 0 if entry is None or entry.letters[0] in letters else 1)


def _rank(formula: Formula, ranks: Mapping[str, int]) -> Rank:
    match formula:
        case Entry(tensor=ix.Symbol(name=name)):
            return (ranks[name],) if name in ranks else ()
        case Delta():
            return (ranks[MARKER],) if MARKER in ranks else ()
        case _:
            return tuple(sorted({rank for part in parts(formula) for rank in _rank(part, ranks)})[:_RANKS])
