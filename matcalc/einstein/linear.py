"""Numbers, ones, zeros, deltas and linear combinations; the labels of a contraction, and its
factors in one order, where of a tensor and its transpose one is chosen: what needs no
multiplication."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import reduce
from math import gcd, isqrt, lcm, log2

from matcalc.base.budgets import spend
from matcalc.base.errors import LimitError
from matcalc.base.shapes import Shape
from matcalc.base.sizes import Size
from matcalc.einstein.nodes import MOST_ODD, Contraction, Factor, Sum, Symbol, Tensor, is_symmetric, ordered

ONE_TENSOR = Contraction((), (), (), ())
NO, YES, MINUS = Fraction(0), Fraction(1), Fraction(-1)
"""Numbers that most coefficients are; many places ask whether one is the very object ``YES``."""


def number(value: Fraction | int) -> Tensor:
    """A number as a scalar tensor."""
    return scale(Fraction(value), ONE_TENSOR)


def ones(shape: Shape) -> Tensor:
    """The tensor whose entries are all one."""
    labels = tuple(range(len(shape)))
    return Contraction((), (), labels, shape)


def zero(shape: Shape) -> Tensor:
    return Sum((), shape)


def delta(shape: Shape) -> Tensor:
    """The identity with axes (``shape``, ``shape``)."""
    labels = tuple(range(len(shape)))
    return Contraction((), (), labels + labels, shape)


def is_zero(tensor: Tensor) -> bool:
    return isinstance(tensor, Sum) and not tensor.terms


def value_of(tensor: Tensor) -> Fraction | None:
    """The number that a scalar tensor is, if it is one."""
    if tensor is ONE_TENSOR:
        return YES
    if isinstance(tensor, Sum) and not tensor.sizes:
        if not tensor.terms:
            return NO
        if len(tensor.terms) == 1 and tensor.terms[0][1] is ONE_TENSOR:
            return tensor.terms[0][0]
    return None


def add(terms: Iterable[tuple[Fraction, Tensor]], shape: Shape) -> Tensor:
    """A linear combination; nested sums are flattened and like terms collected."""
    collected: dict[Tensor, Fraction] = {}
    for coefficient, term in terms:
        if isinstance(term, Sum):
            for inner, core in term.terms:
                number = inner if coefficient is YES else coefficient * inner
                known = collected.get(core)
                collected[core] = number if known is None else known + number
        else:
            known = collected.get(term)
            collected[term] = coefficient if known is None else known + coefficient
    kept = [(c, t) for t, c in collected.items() if c]
    if len(kept) == 1 and kept[0][0] == 1:
        return kept[0][1]
    spend(1 + (len(kept) >> 3))
    kept.sort(key=lambda pair: pair[1].digest)
    return Sum(tuple(kept), shape)


def terms_of(tensor: Tensor) -> tuple[tuple[Fraction, Tensor], ...]:
    """The terms of a sum, or the tensor as the only one."""
    return tensor.terms if isinstance(tensor, Sum) else ((YES, tensor),)


def scale(coefficient: Fraction, tensor: Tensor) -> Tensor:
    return tensor if coefficient is YES or coefficient == 1 else add([(coefficient, tensor)], tensor.shape)


_LONGEST_NUMBER = 14_000
"""Bits of a numerator or denominator: 4,200 digits. Python writes no longer ones as text."""
_COUNTED = 10**15
"""Exponents below it are told by the number of digits that they make."""


def rational_power(value: Fraction, exponent: int) -> Fraction:
    """``value**exponent``. Raises LimitError when that has thousands of digits."""
    bits = log2(max(abs(value.numerator), value.denominator, 1))
    if bits and abs(exponent) > _LONGEST_NUMBER / bits:
        digits = f"about {round(abs(exponent) * bits * 0.30103):,}" if abs(exponent) < _COUNTED else "too many"
        raise LimitError(
            f"a number in the formula has {digits} digits",
            suggestion="a symbol with the value of the number, or of its base",
        )
    return value**exponent


def exact_root(value: Fraction, exponent: Fraction) -> Fraction | None:
    """``value**exponent`` when rational, for square roots."""
    if exponent.denominator != 2:
        return None
    top, bottom = isqrt(value.numerator), isqrt(value.denominator)
    if top * top != value.numerator or bottom * bottom != value.denominator:
        return None
    return rational_power(Fraction(top, bottom), exponent.numerator)


def content(tensor: Tensor) -> tuple[Fraction, Tensor]:
    """The tensor as (number, primitive tensor): coefficients of the primitive part are coprime
    integers, its first is positive."""
    if not isinstance(tensor, Sum) or (tensor.primitive and len(tensor.terms) != 1):
        return YES, tensor
    if len(tensor.terms) == 1:
        return tensor.terms[0]
    numerator = reduce(gcd, (abs(c.numerator) for c, _ in tensor.terms))
    denominator = reduce(lcm, (c.denominator for c, _ in tensor.terms))
    factor = Fraction(numerator, denominator)
    if tensor.terms[0][0] < 0:
        factor = -factor
    return factor, Sum(tuple([(c / factor, t) for c, t in tensor.terms]), tensor.sizes)


def constant_value(tensor: Tensor) -> Fraction | None:
    """The value of every entry, when the tensor is a number times ones."""
    if isinstance(tensor, Sum):
        if not tensor.terms:
            return NO
        if len(tensor.terms) == 1 and constant_value(tensor.terms[0][1]) == 1:
            return tensor.terms[0][0]
        return None
    if (
        isinstance(tensor, Contraction)
        and not tensor.operands
        and len(set(tensor.output)) == len(tensor.output) == len(tensor.sizes)
    ):
        return YES
    return None


# ------------------------------------------------------------
# The labels of a contraction under construction.


class Labels:
    """Union-find over the labels of a contraction under construction."""

    def __init__(self, sizes: dict[int, Size]) -> None:
        self.sizes = sizes
        self.parent = {label: label for label in sizes}
        self.retired: set[int] = set()
        self.joined = False

    def fresh(self, size: Size) -> int:
        label = len(self.parent)
        while label in self.parent:
            label += 1
        self.parent[label] = label
        self.sizes[label] = size
        return label

    def find(self, label: int) -> int:
        while self.parent[label] != label:
            self.parent[label] = self.parent[self.parent[label]]
            label = self.parent[label]
        return label

    def retire(self, label: int) -> None:
        """Forgets a label whose sum is done."""
        self.retired.add(self.find(label))

    def join(self, one: int, other: int) -> None:
        one, other = self.find(one), self.find(other)
        if one != other:
            self.parent[other] = one
            self.joined = True


def components(factors: list[Factor], output: set[int]) -> tuple[list[Factor], list[list[Factor]]]:
    """The factors that reach an output label or have no labels, and the connected groups of the
    others."""
    if not any(index and output.isdisjoint(index) for _, index in factors):
        return factors, []
    root: dict[int, int] = {}

    def find(label: int) -> int:
        root.setdefault(label, label)
        while root[label] != label:
            root[label] = root[root[label]]
            label = root[label]
        return label

    for _, index in factors:
        for label in index[1:]:
            root[find(label)] = find(index[0])
    reached = {find(label) for label in output}
    main: list[Factor] = []
    groups: dict[int, list[Factor]] = {}
    for operand, index in factors:
        if not index or find(index[0]) in reached:
            main.append((operand, index))
        else:
            groups.setdefault(find(index[0]), []).append((operand, index))
    return main, list(groups.values())


# ------------------------------------------------------------
# Order and orientation of the factors of a contraction.


def interned(factors: list[Factor], output: tuple[int, ...], labels: Labels) -> Tensor:
    """The contraction of factors in which nothing is left to do."""
    odd = [k for k, (operand, _) in enumerate(factors) if isinstance(operand, Symbol) and "antisymmetric" in operand.properties]
    if odd:
        return _oriented(factors, odd, output, labels)
    return _settled(factors, output, labels)


def _oriented(factors: list[Factor], odd: list[int], output: tuple[int, ...], labels: Labels) -> Tensor:
    """Of the ways to write antisymmetric factors as minus their transposes, the one that comes
    first; zero when two with opposite signs are the same."""
    best: tuple[int, Tensor, int] | None = None
    for choice in range(2 ** min(len(odd), MOST_ODD)):
        turned = list(factors)
        sign = 1
        for place, k in enumerate(odd[:MOST_ODD]):
            operand, index = factors[k]
            if index[0] == index[1]:
                return zero(tuple([labels.sizes[label] for label in output]))
            if choice >> place & 1:
                turned[k] = (operand, index[::-1])
                sign = -sign
        form = _settled(turned, output, labels)
        if best is not None and form is best[1] and sign != best[2]:
            return zero(form.shape)
        if best is None or form.digest < best[0]:
            best = (form.digest, form, sign)
    assert best is not None
    plain = next((o for o, i in factors if len(factors) == 1 and i in (output, output[::-1]) and len(set(output)) == 2), None)
    if plain is not None:
        return plain if factors[0][1] == output else scale(-YES, plain)
    return scale(Fraction(best[2]), best[1])


def _settled(factors: list[Factor], output: tuple[int, ...], labels: Labels) -> Tensor:
    if len(factors) == 1:
        operand, index = factors[0]
        distinct = len(set(output)) == len(output)
        if distinct and (index == output or (len(index) == 2 and index == output[::-1] and is_symmetric(operand))):
            return operand
        # The axes of a diagonal matrix are one label in every product; alone on both it is the
        # symbol itself again.
        if index == output and len(index) == 2 and isinstance(operand, Symbol) and "diagonal" in operand.properties:
            return operand
    if (
        len(factors) == 1
        and isinstance(factors[0][0], Sum)
        and sorted(factors[0][1]) == sorted(output)
        and len(set(output)) == len(output)
    ):
        return permuted(factors[0][0], [factors[0][1].index(label) for label in output])
    return ordered(factors, output, labels.sizes)


def transposed(tensor: Tensor) -> Tensor:
    """The tensor of order two with its axes swapped."""
    return permuted(tensor, (1, 0))


def permuted(tensor: Tensor, axes: Sequence[int]) -> Tensor:
    """The tensor whose axis ``k`` is axis ``axes[k]`` of ``tensor``."""
    if tuple(axes) == tuple(range(tensor.order)):
        return tensor
    if isinstance(tensor, Sum):
        shape = tuple([tensor.shape[axis] for axis in axes])
        return add([(c, permuted(t, axes)) for c, t in tensor.terms], shape)
    if isinstance(tensor, Contraction):  # in normal form but for the order of its labels
        factors, output = list(zip(tensor.operands, tensor.indices)), tuple([tensor.output[axis] for axis in axes])
        return interned(factors, output, Labels(dict(enumerate(tensor.sizes))))
    if isinstance(tensor, Symbol) and "diagonal" in tensor.properties:
        return tensor
    return interned([(tensor, tuple(range(tensor.order)))], tuple(axes), Labels(dict(enumerate(tensor.shape))))


def prefers_transposed(tensor: Tensor) -> bool:
    """Whether functions and products are written with the transpose of this tensor of order two: of
    the two one is canonical.

    So ``(A + B)'(A + B)`` is a product of equal factors, and ``exp(X')`` is the transpose of
    ``exp(X)``.
    """
    if not isinstance(tensor, (Sum, Contraction)) or tensor.order != 2:
        return False
    if not hasattr(tensor, "turned"):
        # Without numbers: a tensor and its negative must prefer the same, or powers of sums would
        # turn for ever.
        (_, own), (_, other) = content(tensor), content(transposed(tensor))
        object.__setattr__(tensor, "turned", (_transpositions(other), other.digest) < (_transpositions(own), own.digest))
    return tensor.turned


def _transpositions(tensor: Tensor) -> int:
    """How many terms are bare transposes."""
    return sum(
        isinstance(term, Contraction) and len(term.operands) == 1 and term.output == (0, 1) and term.indices[0] == (1, 0)
        for _, term in terms_of(tensor)
    )
