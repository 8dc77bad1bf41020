"""Formulas in index notation with named indices, as a derivation shows them, their values, and
moves on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias, assert_never

from matcalc.base.shapes import Shape
from matcalc.base.sizes import Size
from matcalc.einstein import nodes as ix
from matcalc.evaluation.interpreter import evaluate
from matcalc.evaluation.tensor_interpreter import evaluate_tensor
from matcalc.expr.nodes import Expr, Symbol
from matcalc.folding.build import transpose

if TYPE_CHECKING:
    from numpy.typing import NDArray


# ------------------------------------------------------------
# Formulas in index notation with named indices, as a derivation shows them: deltas and renamed
# indices stay until a step removes them.
#
# A tensor of ``einstein`` has no index names and no deltas left; a formula has both. It is
# evaluated just as it is written. Formulas are cut off at a fixed depth where they are read
# (``Hidden``), so functions here may recur.

Letters: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """The entry of ``tensor`` at ``letters``. ``shown`` is the same as a matrix expression, in
    place of a symbol's name."""

    tensor: ix.Tensor
    letters: Letters
    shown: Expr | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """An entry of a function of a whole vector or matrix, whose arguments are written out at inner
    letters of their own."""

    tensor: ix.Tensor
    letters: Letters
    function: str
    arguments: tuple[tuple[Formula, Letters], ...]


@dataclass(frozen=True, slots=True)
class Delta:
    """1 where two indices are equal, else 0."""

    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Total:
    """A sum of multiples."""

    terms: tuple[tuple[Fraction, Formula], ...]


@dataclass(frozen=True, slots=True)
class Times:
    """A product, summed over the letters ``bound``."""

    factors: tuple[Formula, ...]
    bound: tuple[tuple[str, Size], ...] = ()


@dataclass(frozen=True, slots=True)
class Raised:
    """A rational power."""

    base: Formula
    exponent: Fraction


@dataclass(frozen=True, slots=True)
class Function:
    """A scalar function; ``"pow"`` has base and exponent as arguments."""

    name: str
    arguments: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Hidden:
    """A part that is not written out; ``count`` terms of a sum."""

    tensor: ix.Tensor
    letters: Letters
    count: int = 0


Formula: TypeAlias = Entry | Applied | Delta | Total | Times | Raised | Function | Hidden

ONE = Times(())
_MANY = 99
"""Stands for an index that is not in sight exactly as often as it occurs."""


def parts(formula: Formula) -> tuple[Formula, ...]:
    """The formulas that a formula is made of."""
    match formula:
        case Entry() | Delta() | Hidden() | Applied():
            return ()
        case Total():
            return tuple([term for _, term in formula.terms])
        case Times():
            return formula.factors
        case Raised():
            return (formula.base,)
        case Function():
            return formula.arguments
        case _:
            assert_never(formula)


def free_letters(formula: Formula) -> Letters:
    """The letters of a formula that are not summed in it, in order of appearance."""
    match formula:
        case Entry() | Hidden() | Applied():
            return tuple(dict.fromkeys(formula.letters))
        case Delta():
            return (formula.one, formula.other)
        case Total() | Times() | Raised() | Function():
            bound = dict(formula.bound) if isinstance(formula, Times) else {}
            inner = dict.fromkeys(letter for part in parts(formula) for letter in free_letters(part))
            return tuple([letter for letter in inner if letter not in bound])


def sight(formula: Formula) -> Counter[str]:
    """How often each free letter is seen in every term of the text; a large number when some terms
    or functions hide it."""
    match formula:
        case Entry():
            return Counter(formula.letters)
        case Applied():
            inside = set(chain.from_iterable(free_letters(argument) for argument, _ in formula.arguments))
            return Counter(formula.letters) | Counter(dict.fromkeys(inside.intersection(formula.letters), _MANY))
        case Delta():
            return Counter((formula.one, formula.other))
        case Times():
            total = sum([sight(factor) for factor in formula.factors], Counter[str]())
            return total - Counter({letter: total[letter] for letter, _ in formula.bound})
        case Total():
            return _sight_of_terms([sight(term) for term in parts(formula)])
        case Raised() | Function() | Hidden():
            return Counter(dict.fromkeys(free_letters(formula), _MANY))


def _sight_of_terms(seen: Sequence[Counter[str]]) -> Counter[str]:
    letters = dict.fromkeys(letter for term in seen for letter in term)
    return Counter({letter: 1 if all(term[letter] == 1 for term in seen) else _MANY for letter in letters})


def relettered(formula: Formula, names: Mapping[str, str]) -> Formula:
    """The formula with free letters replaced; the new ones are bound nowhere inside."""
    match formula:
        case Entry() | Hidden():
            return replace(formula, letters=_named(formula.letters, names))
        case Applied():
            arguments = tuple([(relettered(argument, names), inner) for argument, inner in formula.arguments])
            return replace(formula, letters=_named(formula.letters, names), arguments=arguments)
        case Delta():
            return Delta(names.get(formula.one, formula.one), names.get(formula.other, formula.other))
        case Total() | Times() | Raised() | Function():
            return rebuilt(formula, tuple([relettered(part, names) for part in parts(formula)]))


def rebuilt(formula: Formula, new: tuple[Formula, ...]) -> Formula:
    """The formula with other parts."""
    match formula:
        case Total():
            return Total(tuple([(coefficient, part) for (coefficient, _), part in zip(formula.terms, new, strict=True)]))
        case Times():
            return replace(formula, factors=new)
        case Raised():
            return replace(formula, base=new[0])
        case Function():
            return replace(formula, arguments=new)
        case Entry() | Delta() | Hidden() | Applied():
            return formula
        case _:
            assert_never(formula)


def _named(letters: Letters, names: Mapping[str, str]) -> Letters:
    return tuple([names.get(letter, letter) for letter in letters])


# ------------------------------------------------------------
# The value of a formula just as it is written, deltas and all: each part becomes an array
# operation of its own.


@dataclass(frozen=True, slots=True)
class FormulaSide:
    """A formula with its free letters, which are the axes of its value, and their sizes."""

    formula: Formula
    letters: Letters
    sizes: Shape

    def value(self, values: Mapping[str, Any], sizes: Mapping[str, int]) -> NDArray[Any]:
        writing = _Writing()
        tensor = writing.tensor(self.formula, self.letters, dict(zip(self.letters, self.sizes, strict=True)))
        brackets = {name: evaluate(expression, values, sizes) for name, expression in writing.brackets.items()}
        return evaluate_tensor(tensor, {**values, **brackets}, sizes)


class _Writing:
    """Formulas as tensors that are not in normal form: nothing is contracted or collected."""

    def __init__(self) -> None:
        self.brackets: dict[str, Expr] = {}
        """Matrix expressions in brackets, by the symbol that stands for each: they are evaluated as
        expressions."""

    def tensor(self, formula: Formula, axes: Letters, sizes: Mapping[str, Size]) -> ix.Tensor:
        """The formula with one axis for each of ``axes``, copied along those that it does not
        have."""
        match formula:
            case Entry():
                return _product([self._base(formula)], [formula.letters], axes, sizes)
            case Applied() | Hidden():
                return _product([formula.tensor], [formula.letters], axes, sizes)
            case Delta():
                identity = ix.Contraction((), (), (0, 0), (sizes[formula.one],))
                return _product([identity], [(formula.one, formula.other)], axes, sizes)
            case Total():
                terms = [(coefficient, self.tensor(term, axes, sizes)) for coefficient, term in formula.terms]
                return ix.Sum(tuple(terms), tuple([sizes[letter] for letter in axes]))
            case Times():
                return self._times(formula, axes, {**sizes, **dict(formula.bound)})
            case Raised():
                return ix.Power(self.tensor(formula.base, axes, sizes), formula.exponent)
            case Function():
                return ix.Map(formula.name, tuple([self.tensor(part, axes, sizes) for part in parts(formula)]))
            case _:
                assert_never(formula)

    def _times(self, product: Times, axes: Letters, sizes: Mapping[str, Size]) -> ix.Tensor:
        letters = [free_letters(factor) for factor in product.factors]
        factors = [self.tensor(factor, own, sizes) for factor, own in zip(product.factors, letters, strict=True)]
        return _product(factors, letters, axes, sizes, tuple([letter for letter, _ in product.bound]))

    def _base(self, entry: Entry) -> ix.Tensor:
        if entry.shown is None:
            return entry.tensor
        name = f"bracket {len(self.brackets)}"  # no name in the language has a blank
        self.brackets[name] = entry.shown
        return ix.Symbol(name, entry.tensor.shape)


def _product(
    operands: Sequence[ix.Tensor], letters: Sequence[Letters], axes: Letters, sizes: Mapping[str, Size], bound: Letters = ()
) -> ix.Tensor:
    names = tuple(dict.fromkeys((*axes, *bound, *(letter for own in letters for letter in own))))
    label = {letter: k for k, letter in enumerate(names)}
    indices = tuple([tuple([label[letter] for letter in own]) for own in letters])
    return ix.Contraction(
        tuple(operands), indices, tuple([label[letter] for letter in axes]), tuple([sizes[letter] for letter in names])
    )


# ------------------------------------------------------------
# Moves on formulas: contracting deltas, and writing transposes where a matrix is read from column
# to row.


def contracted(formula: Formula) -> Formula:
    """Every delta with a summed index is left out, and the index replaced; those between free
    indices stay."""
    if isinstance(formula, Total):
        return flat([(coefficient, contracted(term)) for coefficient, term in formula.terms])
    if not isinstance(formula, Times):
        return formula
    product = _contracted(formula)
    alone = not product.bound and len(product.factors) == 1
    return product.factors[0] if alone and isinstance(product.factors[0], Total) else product


def flat(terms: Iterable[tuple[Fraction, Formula]]) -> Formula:
    """The sum of the terms, those of nested sums among them; a single term stands alone."""
    found: list[tuple[Fraction, Formula]] = []
    for coefficient, term in terms:
        found += [(coefficient * inner, part) for inner, part in term.terms] if isinstance(term, Total) else [(coefficient, term)]
    return found[0][1] if len(found) == 1 and found[0][0] == 1 else Total(tuple(found))


def _contracted(product: Times) -> Times:
    factors = list(product.factors)
    bound = dict(product.bound)
    place = 0
    while place < len(factors):
        delta = factors[place]
        if isinstance(delta, Delta) and (delta.one in bound or delta.other in bound) and delta.one != delta.other:
            gone, kept = (delta.one, delta.other) if delta.one in bound else (delta.other, delta.one)
            del bound[gone]
            factors = [relettered(factor, {gone: kept}) for k, factor in enumerate(factors) if k != place]
            place = 0
        else:
            place += 1
    return Times(tuple(factors), tuple(bound.items()))


def with_transposes(formula: Formula, letters: Letters) -> Formula:
    """Matrices that are read from column to row along a chain, or alone at the free ``letters``, as
    transposes."""
    match formula:
        case Total():
            return Total(tuple([(coefficient, with_transposes(term, letters)) for coefficient, term in formula.terms]))
        case Times():
            return rebuilt(formula, _turned(formula, letters))
        case Entry():
            return _transposed(formula) if len(letters) == 2 and formula.letters == letters[::-1] else formula
        case Applied() | Delta() | Raised() | Function() | Hidden():
            return formula


def _turned(product: Times, letters: Letters) -> tuple[Formula, ...]:
    factors = product.factors
    return tuple(
        [
            _transposed(factor) if isinstance(factor, Entry) and _is_backward(factor, before, after, letters) else factor
            for before, factor, after in zip((None, *factors), factors, (*factors[1:], None))
        ]
    )


def _is_backward(entry: Entry, before: Formula | None, after: Formula | None, letters: Letters) -> bool:
    """Whether a matrix is read from column to row between its neighbours."""
    if len(set(entry.letters)) < 2 or len(entry.letters) != 2:
        return False
    first, second = entry.letters
    start, end = _ends(before) + letters[:1], _ends(after) + letters[1:]
    return (second in start or first in end) and first not in start and second not in end


def _ends(factor: Formula | None) -> Letters:
    return factor.letters if isinstance(factor, Entry) else ()


def _transposed(entry: Entry) -> Formula:
    tensor = entry.tensor
    turned = ix.Contraction((tensor,), ((0, 1),), (1, 0), tensor.shape)
    return replace(entry, tensor=turned, letters=entry.letters[::-1], shown=transpose(_expression(entry)))


def _expression(entry: Entry) -> Expr:
    if entry.shown is not None:
        return entry.shown
    assert isinstance(entry.tensor, ix.Symbol)
    return Symbol(entry.tensor.name, entry.tensor.sizes, entry.tensor.properties)
