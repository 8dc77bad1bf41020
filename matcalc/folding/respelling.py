"""Shorter spellings of one form: what is the same formula, written with fewer signs.

Each spelling looks at one node and gives another one in its place. It is kept where the whole is
shorter with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial

from matcalc.expr.nodes import (
    DiagonalMatrix,
    Expr,
    Hadamard,
    Identity,
    Inverse,
    MatrixPower,
    Negative,
    Norm,
    Number,
    Ones,
    Power,
    Product,
    Quotient,
    Sum,
    Symbol,
    Transpose,
    postorder,
)
from matcalc.expr.rewriting import factors_of, product_of, rebuilt_with, sum_of
from matcalc.folding.build import UNIT, hadamard, negative, product, transpose

Spelling = Callable[[Expr], Expr | None]


def spelled(form: Expr, typed: Expr, length: Callable[[Expr], int]) -> Expr:
    """``form`` in the shortest spelling; squares of norms stay where such were ``typed``."""
    nodes = postorder(form)
    kinds = set(map(type, nodes))
    spellings = [spelling for spelling, needed in _SPELLINGS if needed <= kinds]
    if Norm in kinds and not any(_is_square_of_norm(node) for node in postorder(typed)):
        spellings.append(_inner_product)
    known = None
    for spelling in spellings:
        if any(map(spelling, nodes)):
            known = length(form) if known is None else known
            other = rebuilt_with(form, partial(_respelled, spelling))
            shorter = length(other)
            if shorter < known:
                form, known, nodes = other, shorter, postorder(other)
    return form


def _respelled(spelling: Spelling, node: Expr) -> Expr:
    return spelling(node) or node


# ------------------------------------------------------------ squares of norms


def _is_square_of_norm(node: Expr) -> bool:
    exponent = node.exponent if isinstance(node, Power) and isinstance(node.base, Norm) else None
    return isinstance(exponent, Number) and exponent.value.denominator == 1 and exponent.value.numerator % 2 == 0


def _inner_product(node: Expr) -> Expr | None:
    """``x'*x`` for ``norm2(x)^2`` of a vector that has a name."""
    if not _is_square_of_norm(node) or not isinstance(node, Power) or not isinstance(node.base, Norm):
        return None
    norm, vector, exponent = node.base, node.base.operand, node.exponent
    if norm.kind != "2" or not isinstance(vector, Symbol) or not vector.is_column or not isinstance(exponent, Number):
        return None
    inner, half = Product((Transpose(vector), vector)), exponent.value / 2
    return inner if half == 1 else Power(inner, Number(half))


# ------------------------------------------------------------ scalar products among the factors


def _is_scalar_product(expression: Expr) -> bool:
    """Whether an expression is a number as a product of vectors and matrices."""
    return isinstance(expression, Product) and expression.is_scalar and all(factor.shape for factor in expression.factors)


def _in_line(node: Expr) -> Expr | None:
    """``x*x'*A*x`` for ``(x'*A*x)*x``: a scalar product stands as well behind a column."""
    if not isinstance(node, Product) or not node.shape:
        return None
    inner = next((factor for factor in node.factors if _is_scalar_product(factor)), None)
    place = None if inner is None else _place_behind_column([factor for factor in node.factors if factor is not inner])
    if inner is None or place is None:
        return None
    others = list(node.factors)
    others.remove(inner)
    return product_of([*others[:place], *factors_of(inner), *others[place:]])


def _place_behind_column(factors: Sequence[Expr]) -> int | None:
    """How many factors from the left are a column together; None where no number are."""
    for place in range(1, len(factors) + 1):
        if product_of(factors[:place]).is_column:
            return place
    return None


def _alike_behind(node: Expr) -> Expr | None:
    """``(a*b' + b*a')*x`` for ``(b'*x)*a + (a'*x)*b``: what all terms end with, once the scalar
    products stand behind the columns, one way or the other."""
    if not isinstance(node, Sum) or not node.is_column:
        return None
    options = [_lines_of(term) for term in node.terms]
    last = next((line[-1] for line in options[0] if all(any(one[-1] is line[-1] for one in other) for other in options)), None)
    if last is None:
        return None
    lines = [next(line for line in option if line[-1] is last) for option in options]
    count = 0
    while all(len(line) > count + 1 and line[-count - 1] is lines[0][-count - 1] for line in lines):
        count += 1
    start = len(lines[0]) - count
    heads = [product_of(line[: len(line) - count]) for line in lines]
    if not count or any(not head.is_matrix for head in heads):
        return None
    terms = [Negative(head) if isinstance(term, Negative) else head for head, term in zip(heads, node.terms, strict=True)]
    return product_of([sum_of(terms), *lines[0][start:]])


def _lines_of(term: Expr) -> list[tuple[Expr, ...]]:
    """The factors of a term without its sign, each scalar product behind a column, as it is or
    transposed."""
    bare = term.operand if isinstance(term, Negative) else term
    turned = _turned(bare)
    found = [_in_line(bare), *([] if turned is None else [_in_line(turned)])]
    return [one.factors for one in (*found, bare) if isinstance(one, Product)] or [(bare,)]


def _turned(node: Expr) -> Expr | None:
    """The product with the scalar product in it transposed."""
    inner = next((factor for factor in factors_of(node) if _is_scalar_product(factor)), None)
    if inner is None:
        return None
    other = product([transpose(factor) for factor in reversed(factors_of(inner))])
    return product_of([other if factor is inner else factor for factor in factors_of(node)])


# ------------------------------------------------------------ products


def _identity_opened(node: Expr) -> Expr | None:
    """``x - M*x`` for ``(eye - M)*x``, and ``V - V*S*V`` for ``V*(eye - S*V)``."""
    if not isinstance(node, Product):
        return None
    for place, (left, right) in enumerate(zip(node.factors, node.factors[1:])):
        for total, other, behind in ((left, right, True), (right, left, False)):
            if isinstance(total, Sum) and _may_open(total, other, behind):
                opened = Sum(tuple([_beside(term, other, behind) for term in total.terms]))
                return product_of([*node.factors[:place], opened, *node.factors[place + 2 :]])
    return None


def _may_open(total: Sum, other: Expr, behind: bool) -> bool:
    """Whether a sum with an identity may be multiplied out with the factor before or behind it:
    with a vector, and with a matrix that each other term has at the far end."""
    rest = [_bare(term) for term in total.terms if not isinstance(_bare(term), Identity)]
    if len(rest) == len(total.terms) or not other.shape:
        return False
    is_vector = other.is_column if behind else other.is_row
    return is_vector or all(factors_of(term)[0 if behind else -1] is other for term in rest)


def _bare(term: Expr) -> Expr:
    return term.operand if isinstance(term, Negative) else term


def _beside(term: Expr, vector: Expr, behind: bool) -> Expr:
    bare = _bare(term)
    if isinstance(bare, Identity):
        found = vector
    elif isinstance(bare, Quotient) and bare.denominator.is_scalar:
        found = Quotient(product((bare.numerator, vector) if behind else (vector, bare.numerator)), bare.denominator)
    else:
        found = product((bare, vector) if behind else (vector, bare))
    return Negative(found) if isinstance(term, Negative) else found


def _scaled_both_ways(node: Expr) -> Expr | None:
    """``(a*b').*M`` for ``diag(a)*M*diag(b)``."""
    if not isinstance(node, Product):
        return None
    for place, (left, middle, right) in enumerate(zip(node.factors, node.factors[1:], node.factors[2:])):
        if isinstance(left, DiagonalMatrix) and isinstance(right, DiagonalMatrix) and middle.is_matrix:
            outer = product((left.operand, transpose(right.operand)))
            whole = hadamard((outer, middle))
            return product_of([*node.factors[:place], whole, *node.factors[place + 3 :]])
    return None


def _scaled_within(node: Expr) -> Expr | None:
    """``2*c*x./y`` for ``2*c*(x./y)``, and the same of products."""
    if not isinstance(node, Product) or not all(factor.is_scalar for factor in node.factors[:-1]):
        return None
    last = node.factors[-1]
    if isinstance(last, Quotient) and last.denominator.shape and last.numerator.shape:
        return Quotient(product((*node.factors[:-1], last.numerator)), last.denominator)
    if isinstance(last, Hadamard):
        return Hadamard((product((*node.factors[:-1], last.factors[0])), *last.factors[1:]))
    return None


def _ones_apart(node: Expr) -> Expr | None:
    """``(sum(x)/n)*ones(n)`` for ``sum(x)*ones(n)/n``: a number added to every entry."""
    if not isinstance(node, Quotient) or not node.denominator.is_scalar or not isinstance(node.numerator, Product):
        return None
    *scalars, last = node.numerator.factors
    if not isinstance(last, Ones) or not all(factor.is_scalar for factor in scalars):
        return None
    return Product((Quotient(product_of(scalars), node.denominator), last))


# ------------------------------------------------------------ inverses, powers and quotients


def _inverse_turned(node: Expr) -> Expr | None:
    """``inv(eye + V*U')`` for ``inv(eye + U*V')'``."""
    if not isinstance(node, Transpose) or not isinstance(node.operand, Inverse):
        return None
    turned = transpose(node.operand.operand)
    return None if isinstance(turned, Transpose) else Inverse(turned)


def _sign_of_exponent(node: Expr) -> Expr | None:
    """``t^(-c - 1)`` for ``t^(-(c + 1))``."""
    if not isinstance(node, Power | MatrixPower) or not isinstance(node.exponent, Negative):
        return None
    total = node.exponent.operand
    if not isinstance(total, Sum):
        return None
    return type(node)(node.base, Sum(tuple([negative(term) for term in total.terms])))


def _exponents_added(node: Expr) -> Expr | None:
    """``t^(p - 2)`` for ``t^(p - 1)/t``, where the exponent is no number."""
    if not isinstance(node, Quotient) or not node.denominator.is_scalar:
        return None
    above, below = list(factors_of(node.numerator)), list(factors_of(node.denominator))
    for place, factor in enumerate(above):
        if isinstance(factor, Power) and factor.is_scalar and not isinstance(factor.exponent, Number):
            for other, divisor in enumerate(below):
                base, exponent = _base_and_number(divisor)
                if base is factor.base:
                    above[place] = Power(base, _plus(factor.exponent, -exponent))
                    del below[other]
                    return Quotient(product_of(above), product_of(below)) if below else product_of(above)
    return None


def _base_and_number(expression: Expr) -> tuple[Expr, Fraction]:
    if isinstance(expression, Power) and isinstance(expression.exponent, Number):
        return expression.base, expression.exponent.value
    return expression, Fraction(1)


def _plus(exponent: Expr, number: Fraction) -> Expr:
    """A sum with one number among its terms."""
    terms = list(exponent.terms) if isinstance(exponent, Sum) else [exponent]
    for term in terms:
        value = _value(term)
        if value is not None:
            number += value
    kept = [term for term in terms if _value(term) is None]
    last = Number(abs(number))
    return sum_of([*kept, *([] if not number else [last if number > 0 else Negative(last)])])


def _value(term: Expr) -> Fraction | None:
    bare = _bare(term)
    return None if not isinstance(bare, Number) else -bare.value if isinstance(term, Negative) else bare.value


def _negative_power(node: Expr) -> Expr | None:
    """``t.^(-3/2)`` for ``1./t.^(3/2)``."""
    if not isinstance(node, Quotient) or node.numerator is not UNIT or not isinstance(node.denominator, Power):
        return None
    base, exponent = node.denominator.base, node.denominator.exponent
    if not isinstance(exponent, Number) or exponent.value.denominator == 1 or exponent.value == Fraction(1, 2):
        return None
    return Power(base, Number(-exponent.value))


def _multiplied_through(node: Expr) -> Expr | None:
    """``x.^2 + y.^2`` for ``(y.^2./x.^2 + ones(n)).*x.^2``."""
    if not isinstance(node, Hadamard):
        return None
    for total in node.factors:
        if not isinstance(total, Sum):
            continue
        divisors = [_divisor(term) for term in total.terms]
        factor = next((one for one in node.factors if one is not total and one in divisors), None)
        if factor is not None:
            rest = list(node.factors)
            rest.remove(total)
            rest.remove(factor)
            whole = Sum(tuple([_times_entries(term, factor) for term in total.terms]))
            return hadamard([*rest, whole]) if rest else whole
    return None


def _divisor(term: Expr) -> Expr | None:
    bare = _bare(term)
    return bare.denominator if isinstance(bare, Quotient) else None


def _times_entries(term: Expr, factor: Expr) -> Expr:
    bare = _bare(term)
    scalars, last = (factors_of(bare)[:-1], factors_of(bare)[-1]) if isinstance(bare, Product) else ((), bare)
    if isinstance(last, Ones) and all(scalar.is_scalar for scalar in scalars):
        found = product((*scalars, factor))
    elif isinstance(bare, Quotient) and bare.denominator is factor:
        found = product((bare.numerator, Ones(factor.shape))) if bare.numerator.is_scalar else bare.numerator
    else:
        found = hadamard((bare, factor))
    return Negative(found) if isinstance(term, Negative) else found


_SPELLINGS: tuple[tuple[Spelling, frozenset[type]], ...] = (
    (_alike_behind, frozenset({Sum, Product})),
    (_in_line, frozenset({Product})),
    (_identity_opened, frozenset({Product, Sum, Identity})),
    (_scaled_both_ways, frozenset({Product, DiagonalMatrix})),
    (_multiplied_through, frozenset({Hadamard, Sum, Quotient})),
    (_scaled_within, frozenset({Product})),
    (_ones_apart, frozenset({Quotient, Product, Ones})),
    (_inverse_turned, frozenset({Transpose, Inverse})),
    (_sign_of_exponent, frozenset({Negative, Sum})),
    (_exponents_added, frozenset({Quotient, Power})),
    (_negative_power, frozenset({Quotient, Power})),
)
"""Each with the kinds of nodes without which it has nothing to do, in the order in which they are
tried."""
