"""Tensors as formulas with named indices, in the order in which the user's symbols stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import starmap
from operator import itemgetter
from typing import Literal, TypeAlias, TypeVar, assert_never, cast

from matcalc.base.records import grouped
from matcalc.base.sizes import Size
from matcalc.base.traversal import postordered
from matcalc.derivation.pipeline import folded
from matcalc.einstein import nodes as ix
from matcalc.einstein.algebra import power as positive_power
from matcalc.einstein.linear import YES, add, scale
from matcalc.einstein.substitution import weight
from matcalc.expr.nodes import Expr, Identity, Symbol, postorder
from matcalc.printing import text
from matcalc.printing.indices import own_axes
from matcalc.steps.index.formula import Applied, Delta, Entry, Formula, Function, Hidden, Letters, Raised, Times, Total, parts
from matcalc.steps.stating import Typed

# ------------------------------------------------------------
# Parts of a tensor as matrix expressions, as the engine folds them, where these are short.

_HEAVIEST = 60
_LONGEST = 60


class Matrices:
    """Folds tensors with the reading order of one expression, each once; ``rows`` are the symbols
    that are rows."""

    def __init__(self, ranks: Mapping[str, int], rows: Mapping[str, Symbol]) -> None:
        self._ranks = ranks
        self._rows = rows
        self._brackets: dict[ix.Tensor, Expr | None] = {}

    def bracket(self, tensor: ix.Tensor) -> Expr | None:
        """The matrix expression whose entries are those of a tensor of order two or less, where
        there is one that is short enough to stand in brackets within a line; δ_ij reads better than
        an entry of the identity."""
        if tensor not in self._brackets:
            self._brackets[tensor] = self._bracket(tensor)
        return self._brackets[tensor]

    def _bracket(self, tensor: ix.Tensor) -> Expr | None:
        if tensor.order > 2 or weight(tensor) > _HEAVIEST:
            return None
        found = folded(tensor, min(tensor.order, 1), self._ranks, self._rows)
        if found is None or any(isinstance(node, Identity) for node in postorder(found)):
            return None
        return found if len(text(found)) <= _LONGEST else None


# ------------------------------------------------------------
# In which order the factors of a product are written: along the chains that their indices make, as
# a matrix product is read.

Labels = tuple[int, ...]
Direction = Literal["forward", "output"]
"""``"forward"``: the way round in which most matrices are read from row to column; ``"output"``:
from the first free index on."""


_MOST_GROWN = 200


@dataclass(frozen=True, slots=True)
class Piece:
    """A factor: its index labels, and its place in the order of the user's input. A delta has no
    way round."""

    labels: Labels
    rank: tuple[int, ...]
    turns: bool = False


def arranged(factors: Sequence[Piece], output: Labels, direction: Direction) -> list[int]:
    """The order of the factors: scalars, then one chain after the other."""
    scalars = sorted((k for k, factor in enumerate(factors) if not factor.labels), key=lambda k: (factors[k].rank, k))
    chains = [_chain(factors, component, output, direction) for component in _components(factors)]
    place = {label: k for k, label in reversed(list(enumerate(output)))}

    def key(chain: list[int]) -> tuple[int, tuple[int, ...], int]:
        outer = min((place[label] for k in chain for label in factors[k].labels if label in place), default=len(output))
        return (outer, min(factors[k].rank for k in chain), chain[0])

    return scalars + [k for chain in sorted(chains, key=key) for k in chain]


def _holders(factors: Sequence[Piece], places: Iterable[int]) -> dict[int, list[int]]:
    """The factors that have each label."""
    return grouped((label, k) for k in places for label in factors[k].labels)


def _components(factors: Sequence[Piece]) -> list[list[int]]:
    """Groups of factors connected by labels."""
    holders = _holders(factors, range(len(factors)))
    found: list[list[int]] = []
    done: set[int] = set()
    for start, factor in enumerate(factors):
        if start in done or not factor.labels:
            continue
        done.add(start)
        group, stack = [], [start]
        while stack:
            k = stack.pop()
            group.append(k)
            for label in factors[k].labels:
                for other in holders[label]:
                    if other not in done:
                        done.add(other)
                        stack.append(other)
        found.append(sorted(group))
    return found


def _chain(factors: Sequence[Piece], group: list[int], output: Labels, direction: Direction) -> list[int]:
    at = _holders(factors, group)
    ranked = sorted(group, key=lambda k: (factors[k].rank, k))
    if max(map(len, at.values())) > 2 or not all(_is_link(factors[k]) for k in group):
        return _grown(factors, ranked, output)
    free = {k: _free_label(factors[k], at) for k in ranked}
    ends = [k for k in ranked if free[k] is not None or len(factors[k].labels) == 1]
    if not ends:  # a closed chain starts at the factor that stands first in the input, read forwards
        return _walked(factors, at, ranked[0], factors[ranked[0]].labels[0])[0]

    def walk(start: int) -> tuple[tuple[int, int], list[int]]:
        first = free[start] if len(factors[start].labels) > 1 else None
        order, forward = _walked(factors, at, start, first)
        outer = output.index(first) if first in output else len(output)
        return ((outer, -forward) if direction == "output" else (-forward, outer)), order

    return min(map(walk, ends), key=itemgetter(0))[1]


def _free_label(factor: Piece, at: Mapping[int, list[int]]) -> int | None:
    return next((label for label in factor.labels if len(at[label]) == 1), None)


def _is_link(factor: Piece) -> bool:
    """Whether a factor joins at most two different labels."""
    return len(factor.labels) <= 2 and len(set(factor.labels)) == len(factor.labels)


def _walked(factors: Sequence[Piece], at: dict[int, list[int]], start: int, entered: int | None) -> tuple[list[int], int]:
    """The factors along the chain from ``start``, which is entered at a label, and how many are
    read forwards less how many backwards."""
    order: list[int] = []
    forward = 0
    current: int | None = start
    while current is not None:
        order.append(current)
        labels = factors[current].labels
        if len(labels) == 2 and factors[current].turns:
            forward += 1 if labels[1] != entered else -1
        entered = next((label for label in labels if label != entered), None)
        following = [k for k in at[entered] if k != current] if entered is not None else []
        current = following[0] if following and following[0] not in (start, *order[-2:]) else None
    return order, forward


def _grown(factors: Sequence[Piece], ranked: list[int], output: Labels) -> list[int]:
    """Factor by factor, each next to one that shares an index with those before it; vectors before
    the matrices that lead on."""
    if len(ranked) > _MOST_GROWN:
        return ranked
    start = min(ranked, key=lambda k: min((output.index(label) for label in factors[k].labels if label in output), default=99))
    order, left = [start], [k for k in ranked if k != start]
    met = set(factors[start].labels)
    while left:
        following = min((k for k in left if met & set(factors[k].labels)), key=lambda k: not met.issuperset(factors[k].labels))
        left.remove(following)
        order.append(following)
        met |= set(factors[following].labels)
    return order


# ------------------------------------------------------------
# Tensors as formulas with named indices, in the order in which the user's symbols stand.

_DEEPEST = 14
_MOST_NODES = 300
"""What is deeper, or comes after so many parts of a line, is not read: the line would be too long
to be read."""
_MOST_READ = 24
"""More terms of a sum than this are not read: they are not shown either."""
_RANKS = 3
Rank: TypeAlias = tuple[int, ...]
Label = TypeVar("Label")
_LAST: Rank = (1_000_000,)

MARKER = "change of the variable"  # no name in the language has blanks
"""The derivative of the variable's entries by its entries, kept as a symbol until its deltas are
contracted."""


@dataclass(frozen=True)
class Manner:
    """How a line is written: brackets around parts that are matrix expressions, and which way round
    chains are read."""

    brackets: bool = False
    direction: Direction = "output"
    outer_first: bool = False
    """Whether sums and functions stand before symbols, as the outer derivative does in the chain
    rule."""


Operand: TypeAlias = tuple[ix.Tensor | None, tuple[int, ...]]


def _outer_places(operands: Sequence[Operand]) -> list[int]:
    """Where sums and functions with indices are, in a product that has a delta."""
    if all(operand is not None for operand, _ in operands):
        return []
    return [k for k, (operand, index) in enumerate(operands) if index and isinstance(operand, ix.Sum | ix.Map | ix.Power)]


def _halves(labels: tuple[Label, ...]) -> list[tuple[Label, Label]]:
    """The labels of the variable's entries, each with that of the same axis of the entries by which
    it is differentiated."""
    half = len(labels) // 2
    return list(zip(labels[:half], labels[half:], strict=True))


class Reader:
    """Reads tensors with the letters of one derivation; ``alphabet`` are those for summed indices,
    in order."""

    def __init__(
        self, alphabet: Sequence[str], ranks: Mapping[str, int], typed: Typed, matrices: Matrices, value: ix.Tensor
    ) -> None:
        """``value`` is what the user wrote: its sums keep the sign they have there."""
        self._typed = typed
        self.variable = ""
        """The name of what is differentiated by now."""
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
            elif node in self._typed.functions:
                self._known[node] = (self._typed.functions[node],)
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
        shown = self._bracket(tensor) if manner.brackets and depth else None
        if shown is not None:
            return Entry(tensor, at, shown), free
        self._nodes += 1
        if (depth > _DEEPEST or self._nodes > _MOST_NODES) and depth and ix.children(tensor):
            return Hidden(tensor, at), free
        match tensor := cast("ix.Node", tensor):
            case ix.Symbol(name=name) if name == MARKER:
                return Times(tuple(starmap(Delta, _halves(at)))), free
            case ix.Symbol() | ix.Constant() | ix.SizeValue() | ix.Unit() | ix.Pairing():
                return Entry(tensor, at), free
            case ix.Sum() as total:
                return self._sum(total, at, free, depth, manner)
            case ix.Contraction() as product:
                sign, formula, free = self._product(product, at, free, depth, manner, positive=True)
                return _signed(sign, formula), free
            case ix.Power() as power:
                return self._power(power, at, free, depth, manner)
            case ix.Map() as mapped:
                arguments, free = self._all(mapped.arguments, at, free, depth, manner)
                return Function(mapped.function, arguments), free
            case ix.Apply() as applied:
                return self._apply(applied, at, free, depth, manner)
            case unreachable:
                assert_never(unreachable)

    def _all(
        self, tensors: Sequence[ix.Tensor], at: Letters, free: int, depth: int, manner: Manner
    ) -> tuple[tuple[Formula, ...], int]:
        """Several of the same letters, one after the other."""
        found = []
        for tensor in tensors:
            formula, free = self._read(tensor, at, free, depth + 1, manner)
            found.append(formula)
        return tuple(found), free

    def _power(self, power: ix.Power, at: Letters, free: int, depth: int, manner: Manner) -> tuple[Formula, int]:
        exponent = power.exponent
        if exponent < -1 or (exponent.denominator > 1 and exponent < 0):
            base, free = self._read(positive_power(power.base, -exponent), at, free, depth, manner)
            return Raised(base, Fraction(-1)), free
        base, free = self._read(self.base(power), at, free, depth + 1, manner)
        return Raised(base, exponent), free

    def base(self, power: ix.Power) -> ix.Tensor:
        """What is raised, with the sign that reads best where either is right."""
        even = power.exponent.denominator == 1 and power.exponent.numerator % 2 == 0
        return scale(-YES, power.base) if even and self._turns(power.base, positive=True) else power.base

    def _bracket(self, tensor: ix.Tensor) -> Expr | None:
        """The matrix expression in whose place a part may be shown; symbols, and elementwise
        functions of a bracket, stay as they are."""
        compound = isinstance(tensor, ix.Sum | ix.Contraction) and tensor.order <= 2 and tensor.below
        power = (
            isinstance(tensor, ix.Power)
            and isinstance(tensor.base, ix.Sum | ix.Contraction)
            and not tensor.order
            and tensor.exponent > 0
        )
        return self._matrices.bracket(tensor) if compound or power else None

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
        """Whether a factor is better written as minus its negative: a sum of the user's begins with
        the user's first term, another one takes up the minus sign before the product."""
        if not isinstance(tensor, ix.Sum) or len(tensor.terms) < 2:
            return False
        first = min(tensor.terms, key=lambda term: self._known.get(term[1]) or _LAST)
        if tensor in self._own or scale(-YES, tensor) in self._own:
            return first[0] < 0 and any(coefficient > 0 for coefficient, _ in tensor.terms)
        return not positive and any(coefficient < 0 for coefficient, _ in tensor.terms)

    def _product(
        self, product: ix.Contraction, at: Letters, free: int, depth: int, manner: Manner, *, positive: bool
    ) -> tuple[Fraction, Formula, int]:
        """The sign, the product without it, and the next free letter; ``positive`` is the sign of
        the number before the product."""
        letters: dict[int, str] = {}
        deltas: list[Formula] = []
        for label, letter in zip(product.output, at, strict=True):
            if label in letters:
                deltas.append(Delta(letters[label], letter))
            else:
                letters[label] = letter
        sign, operands = self._operands(product, positive=positive)
        bound: list[tuple[str, Size]] = []
        factors: list[Formula] = []

        def bind(labels: Iterable[int]) -> None:
            nonlocal free
            for label in dict.fromkeys(labels):
                if label not in letters:
                    letters[label] = self.letter(free)
                    bound.append((letters[label], product.sizes[label]))
                    free += 1

        for k in self._order(operands, product.output, manner):
            factor, index = operands[k]
            bind(index)
            own = tuple([letters[label] for label in index])
            if factor is None:
                factors.append(Delta(own[0], own[1]))
                continue
            formula, free = self._read(factor, own, free, depth + 1, manner)
            factors.append(formula)
        bind(range(len(product.sizes)))
        return sign, Times(tuple([*factors, *deltas]), tuple(bound)), free

    def _operands(self, product: ix.Contraction, *, positive: bool) -> tuple[Fraction, list[Operand]]:
        """The operands as they are written, None for a delta, and the sign that they leave in
        front."""
        sign = YES
        operands: list[Operand] = []
        for operand, index in zip(product.operands, product.indices, strict=True):
            if isinstance(operand, ix.Symbol) and operand.name == MARKER:
                operands += [(None, pair) for pair in _halves(index)]
            elif self._turns(operand, positive=positive == (sign > 0)):
                sign = -sign
                turned = scale(-YES, operand)
                self._rank_all(turned)
                operands.append((turned, index))
            else:
                operands.append((operand, index))
        return sign, operands

    def _order(self, operands: list[Operand], output: tuple[int, ...], manner: Manner) -> list[int]:
        places = self._typed.places({name for operand, _ in operands if (name := self._name(operand))})
        ranks = [self._operand_rank(operand, places) for operand, _ in operands]
        pieces = [Piece(index, rank, operand is not None) for (operand, index), rank in zip(operands, ranks)]
        first = _outer_places(operands) if manner.outer_first else []
        first.sort(key=lambda k: (ranks[k], k))
        rest = [k for k in range(len(pieces)) if k not in first]
        order = [rest[k] for k in arranged([pieces[k] for k in rest], output, manner.direction)]
        count = sum(not pieces[k].labels for k in rest)  # scalars come first
        return order[:count] + first + order[count:]

    def _name(self, operand: ix.Tensor | None) -> str:
        """The name of a factor that is a symbol; of a delta that of the variable."""
        return self.variable if operand is None else operand.name if isinstance(operand, ix.Symbol) else ""

    def _operand_rank(self, operand: ix.Tensor | None, places: Mapping[str, int]) -> Rank:
        place = places.get(self._name(operand))
        if place is not None:
            return (place,)
        return _LAST if operand is None else self._known[operand] or _LAST

    def _apply(self, applied: ix.Apply, at: Letters, free: int, depth: int, manner: Manner) -> tuple[Formula, int]:
        shown = self._matrices.bracket(applied) if applied.order <= 2 else None
        if shown is not None:
            return Entry(applied, at, shown), free
        arguments: list[tuple[Formula, Letters]] = []
        for place, argument in enumerate(applied.arguments):
            own = own_axes(applied.function, argument.order, place)
            batch = argument.order - own
            inner = tuple([self.letter(free + k) for k in range(own)])
            free += own
            formula, free = self._read(argument, at[:batch] + inner, free, depth + 1, manner)
            arguments.append((formula, inner))
        return Applied(applied, at, applied.function, tuple(arguments)), free


def _signed(sign: Fraction, formula: Formula) -> Formula:
    return formula if sign == 1 else Total(((sign, formula),))


def order_key(formula: Formula, letters: Letters, ranks: Mapping[str, int]) -> tuple[Rank, int, int]:
    """Where a term stands in a sum: by its first symbols, then by where its delta is, then terms
    whose matrix starts with a free index."""
    factors = formula.factors if isinstance(formula, Times) else (formula,)
    first = tuple(sorted({rank for factor in factors for rank in _rank(factor, ranks)})[:_RANKS])
    delta = next((k for k, factor in enumerate(factors) if isinstance(factor, Delta)), 0)
    entry = next((factor for factor in factors if isinstance(factor, Entry) and len(factor.letters) > 1), None)
    return (first or _LAST, delta, 0 if entry is None or entry.letters[0] in letters else 1)


def _rank(formula: Formula, ranks: Mapping[str, int]) -> Rank:
    symbol = formula.tensor if isinstance(formula, Entry) else None
    name = symbol.name if isinstance(symbol, ix.Symbol) else MARKER if isinstance(formula, Delta) else None
    if name is not None:
        return (ranks[name],) if name in ranks else ()
    return tuple(sorted({rank for part in parts(formula) for rank in _rank(part, ranks)})[:_RANKS])
