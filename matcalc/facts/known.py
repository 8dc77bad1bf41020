"""What is known of a value: the range of its entries, and its traits as a matrix. What operations
do to them is written here once.

Expressions and tensors have a reader each (``matcalc/expr/deduction.py``,
``matcalc/einstein/tensor_deduction.py``), which walk the nodes and ask here. A trait that is not
there may still hold; one that is there holds wherever the value exists.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import cache, lru_cache, reduce

from matcalc.base.records import record, replace
from matcalc.facts import ranges as r
from matcalc.facts.ranges import ANY, ONE, Range
from matcalc.facts.table import SQUARE, combinations, facts

TRAITS = frozenset({
    "symmetric", "antisymmetric", "diagonal", "lower_triangular", "upper_triangular", "identity", "idempotent", "invertible", "nonzero",
    "nonnegative_form", "positive_form", "full_column_rank", "full_row_rank", "orthonormal", "orthonormal_rows", "orthogonal",
    "rows_sum_to_one", "columns_sum_to_one",
})  # fmt: skip
"""Names of facts mean what they do in declarations, of one matrix. Further: ``nonnegative_form``
says x'Ax >= 0 for all x, and ``positive_form`` x'Ax > 0 for all x but 0, also of matrices that are
not symmetric; ``nonzero`` that some entry is not 0. A column is a matrix: one of length one is
orthonormal. ``rows_sum_to_one`` of a tensor means sums along its last axis."""


@record
class Known:
    """``entries`` is the range of all entries, ``diagonal`` of those on the diagonal of a square
    matrix. ``traits`` are closed: what they imply is among them."""

    entries: Range = ANY
    diagonal: Range = ANY
    traits: frozenset[str] = frozenset()
    square: bool = False

    def __contains__(self, trait: str) -> bool:
        return trait in self.traits

    @property
    def semidefinite(self) -> bool:
        """Whether the matrix is symmetric and has no negative eigenvalue."""
        return self.traits >= _SEMIDEFINITE

    @property
    def definite(self) -> bool:
        """Whether the matrix is symmetric and has positive eigenvalues only."""
        return self.traits >= _DEFINITE


_TRIANGULAR = frozenset({"diagonal", "lower_triangular", "upper_triangular"})
_SEMIDEFINITE = frozenset({"symmetric", "nonnegative_form"})
_DEFINITE = frozenset({"symmetric", "positive_form"})
NOTHING = Known()


# ---------------------------------------------------------------- consequences


_ALWAYS = (
    ("identity", "diagonal orthogonal idempotent positive_form rows_sum_to_one columns_sum_to_one"),
    ("idempotent invertible", "identity"),
    ("positive_form", "nonnegative_form invertible"),
    ("antisymmetric", "nonnegative_form"),
    ("symmetric idempotent", "nonnegative_form"),
    ("orthogonal", "orthonormal_rows"),
    ("orthonormal", "full_column_rank"),
    ("orthonormal_rows", "full_row_rank"),
    ("invertible", "full_column_rank full_row_rank"),
    ("full_column_rank", "nonzero"),
    ("full_row_rank", "nonzero"),
    ("rows_sum_to_one", "nonzero"),
    ("columns_sum_to_one", "nonzero"),
    ("symmetric rows_sum_to_one", "columns_sum_to_one"),
    ("symmetric columns_sum_to_one", "rows_sum_to_one"),
)
"""Beside what the table of facts says: what follows from traits for which there is no fact, and
what does."""
_SQUARE_ONLY = (("orthonormal_rows", "orthogonal"), ("full_column_rank", "invertible"), ("full_row_rank", "invertible"))


def _split(lines: Iterable[tuple[str, str]]) -> list[tuple[frozenset[str], frozenset[str]]]:
    return [(frozenset(left.split()), frozenset(right.split())) for left, right in lines]


@cache
def _consequences(square: bool) -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    """Traits that together imply others: what the table of facts says in terms of traits, and what
    is said above."""
    stated = [(frozenset([fact.name]), fact.implies) for fact in facts().values()]
    stated += [(one.of - {SQUARE}, one.implies) for one in combinations() if square or SQUARE not in one.of]
    found = _split((*_ALWAYS, *_SQUARE_ONLY) if square else _ALWAYS)
    found += [(traits_of(left), traits_of(_STATED.intersection(right))) for left, right in stated if left <= _STATED]
    return tuple(found)


@lru_cache(4096)
def _closed(traits: frozenset[str], square: bool) -> frozenset[str]:
    rules = _consequences(square)
    while True:
        more = frozenset[str]().union(*[right for left, right in rules if left <= traits])
        if more <= traits:
            return traits
        traits |= more


def known(entries: Range = ANY, traits: Iterable[str] = (), *, diagonal: Range = ANY, square: bool = False) -> Known:
    """What is known, with all that follows from it. ``square`` says that the value is a matrix with
    as many rows as columns."""
    found = frozenset(traits)
    if square:
        diagonal = r.both(diagonal, entries)
        found |= _from_diagonal(found, diagonal)
    if entries.nonzero:
        found |= {"nonzero"}
    found = _closed(found, square)
    if square:
        diagonal = _diagonal(found, diagonal)
    return Known(_entries(found, entries), diagonal, found, square)


def _from_diagonal(traits: frozenset[str], diagonal: Range) -> frozenset[str]:
    """What the entries on the diagonal say of a matrix that is 0 on one side of it."""
    if not traits & _TRIANGULAR:
        return frozenset()
    found = {"invertible"} if diagonal.nonzero else set()
    if diagonal.nonnegative and "diagonal" in traits:
        found.add("nonnegative_form")
    return frozenset(found)


def _diagonal(traits: frozenset[str], diagonal: Range) -> Range:
    for trait, image in _ON_DIAGONAL:
        if traits >= trait:
            diagonal = r.both(diagonal, image)
    return diagonal


_ON_DIAGONAL = (
    (frozenset({"identity"}), ONE),
    (frozenset({"antisymmetric"}), r.ZERO),
    (frozenset({"positive_form"}), r.POSITIVE),
    (frozenset({"nonnegative_form"}), r.NONNEGATIVE),
    (frozenset({"symmetric", "nonnegative_form", "rows_sum_to_one"}), r.NONZERO),  # else a whole row would be 0
    (frozenset({"symmetric", "idempotent"}), r.PROPORTION),
    (frozenset({"diagonal", "idempotent"}), r.BIT),
    (frozenset({"diagonal", "orthogonal"}), r.SIGN),
    (frozenset({"orthogonal"}), r.UNIT),
    (frozenset({"lower_triangular", "invertible"}), r.NONZERO),
    (frozenset({"upper_triangular", "invertible"}), r.NONZERO),
)


def _entries(traits: frozenset[str], entries: Range) -> Range:
    if traits & {"orthonormal", "orthonormal_rows"} or traits >= {"symmetric", "idempotent"}:
        entries = r.both(entries, r.UNIT)
    if entries.nonnegative and traits & {"rows_sum_to_one", "columns_sum_to_one"}:
        entries = r.both(entries, r.UNIT)
    return entries


# ---------------------------------------------------------------- declared symbols


_TRAITS_OF = {
    "positive_definite": ("positive_form",),
    "positive_semidefinite": ("nonnegative_form",),
    "projection": ("idempotent",),
    "unit": ("orthonormal",),
    "simplex": ("rows_sum_to_one",),
    "doubly_stochastic": ("rows_sum_to_one", "columns_sum_to_one"),
}
"""Traits of a declared fact whose name is none. A variable that is differentiated by may be
definite, and yet not symmetric: its entries vary freely."""
_STATED = (TRAITS | _TRAITS_OF.keys()) - {"simplex", "doubly_stochastic", "unit"}
"""Facts that say no more of a matrix than their traits do."""
_PARTLY_ZERO = frozenset({"diagonal", "lower_triangular", "upper_triangular", "antisymmetric"})


@lru_cache(4096)
def of_symbol(facts: frozenset[str], order: int, square: bool) -> Known:
    """What the declared facts of a symbol say of its value; a vector is a column. What they say of
    entries they say, where the matrix is 0 off its diagonal or on one side of it, of the others
    only."""
    entries = reduce(r.both, [_entry_range(fact) for fact in sorted(facts)], ANY)
    traits = _traits_of_facts(facts, order, square)
    if order != 2 or not facts & _PARTLY_ZERO:
        return known(entries, traits, square=square)
    inside = ANY if "antisymmetric" in facts else entries
    return known(r.union(entries, r.ZERO), traits, diagonal=inside, square=square)


def _traits_of_facts(facts: frozenset[str], order: int, square: bool) -> set[str]:
    traits = {trait for fact in facts for trait in (fact, *_TRAITS_OF.get(fact, ())) if trait in TRAITS}
    if order == 1:
        summed = {"columns_sum_to_one"} if "rows_sum_to_one" in traits else set()
        return summed | ({"orthonormal"} if "unit" in facts else set())
    if order == 2 and square:
        return traits
    return traits & ({"orthonormal", "rows_sum_to_one"} if order == 2 else {"rows_sum_to_one"})


@cache
def _entry_range(fact: str) -> Range:
    return Range.of(facts()[fact].entries) if fact in facts() and facts()[fact].entries else ANY


# ---------------------------------------------------------------- operations


def plain(entries: Range, *, square: bool = False) -> Known:
    """A value of which the range of the entries is known and nothing else."""
    return known(entries, square=square)


def identity() -> Known:
    return known(r.union(ONE, r.ZERO), {"identity"}, square=True, diagonal=ONE)


def sum_of(terms: Sequence[tuple[Range, Known]], more: Iterable[str] = ()) -> Known:
    """A sum of multiples: (range of the scalar in front, matrix). ``more`` holds traits that the
    reader has seen."""
    if len(terms) == 1:
        return with_traits(scaled(*terms[0]), more)
    parts = [scaled(factor, term) for factor, term in terms]
    traits = frozenset.intersection(*[part.traits for part in parts]) & _LINEAR
    if "nonnegative_form" in traits and any("positive_form" in part for part in parts):
        traits |= {"positive_form"}
    traits |= _beside_identity(terms)
    entries = r.sum_of([part.entries for part in parts])
    diagonal = r.sum_of([part.diagonal for part in parts])
    return known(entries, traits | frozenset(more), diagonal=diagonal, square=parts[0].square)


def sum_over_index(term: Known) -> Known:
    """A sum of one or more values of which this is known."""
    diagonal = r.total(term.diagonal)
    kept = _LINEAR | ({"positive_form"} if "positive_form" in term else set())
    return known(r.total(term.entries), term.traits & kept, diagonal=diagonal, square=term.square)


_LINEAR = frozenset({"symmetric", "antisymmetric", "diagonal", "lower_triangular", "upper_triangular", "nonnegative_form"})
"""What a sum has when all its terms have it."""


def _beside_identity(terms: Sequence[tuple[Range, Known]]) -> frozenset[str]:
    """``c I + d P`` has the eigenvalues c and c + d for an idempotent P."""
    if len(terms) != 2:
        return frozenset()
    first, second = terms if "identity" in terms[0][1] else terms[::-1]
    c, d = first[0].value, second[0].value
    if "identity" not in first[1] or "idempotent" not in second[1] or c is None or d is None:
        return frozenset()
    values, symmetric = {c, c + d}, "symmetric" in second[1]
    found = {
        "invertible": 0 not in values,
        "idempotent": values <= {0, 1},
        "orthogonal": symmetric and values <= {1, -1},
        "nonnegative_form": symmetric and min(values) >= 0,
    }
    return frozenset([trait for trait, holds in found.items() if holds])


def has(one: Known, fact: str) -> bool:
    """Whether a value has what a declaration may say of a matrix.

    >>> has(identity(), "positive_definite")
    True
    """
    return one.traits >= _meaning(fact)


@cache
def _meaning(fact: str) -> frozenset[str]:
    """The traits that together are a declared fact."""
    symmetric = {"symmetric"} if fact in ("positive_definite", "positive_semidefinite", "projection") else set()
    return frozenset({*symmetric, *_TRAITS_OF.get(fact, (fact,))})


def traits_of(facts: Iterable[str]) -> frozenset[str]:
    """The traits that facts of a matrix give it."""
    return frozenset[str]().union(*map(_meaning, facts))


def with_traits(one: Known, more: Iterable[str]) -> Known:
    """The same with traits that the reader has seen besides."""
    added = frozenset(more)
    return one if added <= one.traits else known(one.entries, one.traits | added, diagonal=one.diagonal, square=one.square)


def narrowed(one: Known, entries: Range) -> Known:
    """The same with all entries in ``entries`` besides."""
    return known(r.both(one.entries, entries), one.traits, diagonal=one.diagonal, square=one.square)


def scalar_of(traits: frozenset[str]) -> Range:
    """The range of a scalar from what is known of it as a matrix of one entry."""
    if "identity" in traits:
        return ONE
    if "positive_form" in traits:
        return r.POSITIVE
    return r.NONNEGATIVE if "nonnegative_form" in traits else r.ZERO if "antisymmetric" in traits else ANY


def scaled(factor: Range, matrix: Known) -> Known:
    """A scalar in ``factor`` times a matrix."""
    if factor == ONE:
        return matrix
    if not matrix.square and not matrix.traits:
        return known(r.times(factor, matrix.entries))
    traits = matrix.traits & _HOMOGENEOUS
    if factor.nonzero:
        traits |= matrix.traits & _NONZERO_MULTIPLE
    if factor.nonnegative or "antisymmetric" in matrix:
        traits |= matrix.traits & {"nonnegative_form"}
    if factor.positive:
        traits |= matrix.traits & {"positive_form"}
    if factor.signed:
        traits |= matrix.traits & _UNSIGNED
    return known(r.times(factor, matrix.entries), traits, diagonal=r.times(factor, matrix.diagonal), square=matrix.square)


_HOMOGENEOUS = frozenset({"symmetric", "antisymmetric", "diagonal", "lower_triangular", "upper_triangular"})
_NONZERO_MULTIPLE = frozenset({"invertible", "nonzero", "full_column_rank", "full_row_rank"})
_UNSIGNED = frozenset({"orthogonal", "orthonormal", "orthonormal_rows"})
"""What the negative of a matrix has, too."""


def transposed(matrix: Known) -> Known:
    traits = frozenset([_TURNED.get(trait, trait) for trait in matrix.traits])
    return matrix if traits == matrix.traits else replace(matrix, traits=traits)


_PAIRS = (
    ("lower_triangular", "upper_triangular"),
    ("full_column_rank", "full_row_rank"),
    ("orthonormal", "orthonormal_rows"),
    ("rows_sum_to_one", "columns_sum_to_one"),
)
_TURNED = dict(_PAIRS) | {second: first for first, second in _PAIRS}


def product(factors: Sequence[Known], *, square: bool, more: Iterable[str] = ()) -> Known:
    """A product of matrices and vectors. ``more`` holds traits that the reader has seen, as that it
    is symmetric."""
    if len(factors) == 1:
        return with_traits(factors[0], more)
    traits = frozenset.intersection(*[factor.traits for factor in factors]) & _MULTIPLICATIVE
    others = [factor for factor in factors if "identity" not in factor]
    if len(others) == 1:
        return with_traits(others[0], more)
    entries = factors[0].entries
    for factor in factors[1:]:
        entries = r.total(r.times(entries, factor.entries))
    diagonal = r.product_of([factor.diagonal for factor in factors]) if traits & _TRIANGULAR else ANY
    return known(entries, traits | frozenset(more), diagonal=diagonal, square=square)


_MULTIPLICATIVE = frozenset({
    "diagonal", "lower_triangular", "upper_triangular", "invertible", "full_column_rank", "full_row_rank", "orthonormal",
    "orthonormal_rows", "orthogonal", "rows_sum_to_one", "columns_sum_to_one", "identity",
})  # fmt: skip


def inverse(matrix: Known) -> Known:
    """The inverse where there is one."""
    traits = (matrix.traits & _INVERTED) | {"invertible"}
    diagonal = r.reciprocal(matrix.diagonal) if traits & _TRIANGULAR else ANY
    entries = r.union(diagonal, r.ZERO) if "diagonal" in traits else matrix.entries if "orthogonal" in traits else ANY
    if "orthogonal" in traits:
        diagonal = matrix.diagonal
    return known(entries, traits, diagonal=diagonal, square=True)


_INVERTED = frozenset({
    "symmetric", "antisymmetric", "diagonal", "lower_triangular", "upper_triangular", "identity", "idempotent", "nonnegative_form",
    "positive_form", "orthogonal", "rows_sum_to_one", "columns_sum_to_one",
})  # fmt: skip


def power(matrix: Known, exponent: int) -> Known:
    """A whole power of a square matrix; a negative one where there is an inverse."""
    if exponent < 0:
        return inverse(power(matrix, -exponent))
    if exponent == 0:
        return identity()
    if exponent == 1 or "idempotent" in matrix:
        return matrix
    traits = matrix.traits & _MULTIPLICATIVE | _traits_of_powers(matrix, even=exponent % 2 == 0)
    diagonal = r.power(matrix.diagonal, Fraction(exponent)) if traits & _TRIANGULAR else ANY
    entries = r.POSITIVE if matrix.entries.positive else r.NONNEGATIVE if matrix.entries.nonnegative else ANY
    return known(entries, traits, diagonal=diagonal, square=True)


def _traits_of_powers(matrix: Known, *, even: bool) -> frozenset[str]:
    """What symmetry comes to in even powers, or in odd ones."""
    traits = matrix.traits & {"symmetric", "antisymmetric"}
    if "antisymmetric" in traits and even:
        traits = frozenset({"symmetric"})
    if "symmetric" in matrix:
        traits |= matrix.traits & {"nonnegative_form", "positive_form"}
        traits |= {"nonnegative_form"} if even else set()
        traits |= {"identity"} if "orthogonal" in matrix and even else set()
    return traits


def entrywise_power(base: Known, exponent: Fraction) -> Known:
    """Every entry to a power; a whole one of a semidefinite matrix is semidefinite, as products
    are."""
    whole = exponent.denominator == 1
    parity = "" if not whole else "odd" if exponent.numerator % 2 else "even"
    entries, diagonal = r.power(base.entries, exponent), r.power(base.diagonal, exponent)
    found = mapped(base, entries, parity=parity, keeps_zero=exponent > 0, diagonal=diagonal)
    if whole and exponent > 0 and base.semidefinite:
        found = with_traits(found, base.traits & {"nonnegative_form", "positive_form"})
    return found


def entrywise_product(factors: Sequence[Known]) -> Known:
    """The product entry by entry of values of one shape."""
    if len(factors) == 1:
        return factors[0]
    traits = frozenset.intersection(*[factor.traits for factor in factors]) & {"symmetric", "identity"}
    traits = traits.union(*[factor.traits & _TRIANGULAR for factor in factors])
    odd = [factor for factor in factors if "antisymmetric" in factor]
    if all("symmetric" in factor for factor in factors if factor not in odd):
        traits |= {"antisymmetric"} if len(odd) % 2 else {"symmetric"}
    if all(factor.semidefinite for factor in factors):  # Schur
        traits |= {"nonnegative_form"}
        if all(factor.diagonal.positive for factor in factors) and any(factor.definite for factor in factors):
            traits |= {"positive_form"}
    entries = r.product_of([factor.entries for factor in factors])
    diagonal = r.product_of([factor.diagonal for factor in factors])
    return known(entries, traits, diagonal=diagonal, square=factors[0].square)


def kronecker(factors: Sequence[Known], *, square: bool) -> Known:
    traits = frozenset.intersection(*[factor.traits for factor in factors]) & _OF_KRONECKER
    if all(factor.semidefinite for factor in factors):
        traits |= {"nonnegative_form"}
    diagonal = r.product_of([factor.diagonal for factor in factors]) if all(factor.square for factor in factors) else ANY
    return known(r.product_of([factor.entries for factor in factors]), traits, diagonal=diagonal, square=square)


_OF_KRONECKER = (_MULTIPLICATIVE | {"symmetric", "idempotent", "nonzero"}) - {"nonnegative_form", "positive_form"}


def mapped(argument: Known, image: Range, *, parity: str = "", keeps_zero: bool = False, diagonal: Range | None = None) -> Known:
    """A function of every entry, whose values on ``argument`` lie in ``image``, on its diagonal in
    ``diagonal``."""
    traits = argument.traits & {"symmetric"}
    if "antisymmetric" in argument and parity:
        traits |= {"antisymmetric"} if parity == "odd" else {"symmetric"}
    if keeps_zero:
        traits |= argument.traits & _TRIANGULAR
    return known(image, traits, diagonal=image if diagonal is None else diagonal, square=argument.square)
