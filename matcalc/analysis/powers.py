"""Products of powers, c g₁^a₁ g₂^a₂ ..., entry by entry: when they are convex or concave, and their second
derivatives in forms that show the sign."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING, cast

from matcalc.base.budgets import valued
from matcalc.base.lazy import later
from matcalc.base.records import record
from matcalc.expr.deduction import known
from matcalc.expr.nodes import (
    Expr,
    Hadamard,
    Indexed,
    Inverse,
    Leaf,
    Linear,
    MatrixPower,
    Multilinear,
    Negative,
    Node,
    Nonlinear,
    Norm,
    Number,
    Power,
    Product,
    Quotient,
    Sum,
    Symbol,
    Total,
    Trace,
    postorder,
)
from matcalc.expr.rewriting import rebuilt_with
from matcalc.facts.known import Known
from matcalc.folding.build import UNIT, hadamard, negative, product, raised
from matcalc.sympy_exchange import to_sympy

if TYPE_CHECKING:
    import sympy

    from matcalc.simplifying import shortest_forms
else:
    sympy = later("sympy")
    shortest_forms = later("matcalc.simplifying.shortest_forms")

_MOST_FACTORS = 8
TWO = Number(Fraction(2))


@record
class Factored:
    """A constant ``coefficient`` times powers of parts that move; where the only exponent is no
    number it is ``open_exponent``."""

    coefficient: Expr
    powers: Mapping[Expr, Fraction]
    open_exponent: Expr | None = None

    def curvature(self, signs: Mapping[Expr, int]) -> int | None:
        """1 or -1 where powers of parts, which are convex, concave or affine by ``signs``, are
        convex or concave; None where that is not seen."""
        rising = {base: exponent for base, exponent in self.powers.items() if exponent > 0}
        falling = [base for base in self.powers if base not in rising]
        total = sum(self.powers.values())
        if not all(signs[base] <= 0 and known(base).entries.positive for base in falling):
            return None
        if not falling and total <= 1 and all(_is_concave_base(base, signs[base], len(rising)) for base in rising):
            return -1
        if not rising:
            return 1
        ((top, exponent), *more) = rising.items()
        return 1 if not more and total >= 1 and exponent >= 1 and _is_convex_base(top, signs[top], exponent) else None


def _is_concave_base(base: Expr, sign: int, count: int) -> bool:
    return sign <= 0 and (count == 1 or known(base).entries.nonnegative)


def _is_convex_base(base: Expr, sign: int, exponent: Fraction) -> bool:
    """Whether |g|^p with p >= 1, or g^p with g >= 0, is convex in g and g so curved."""
    entries = known(base).entries
    if exponent.denominator == 1 and exponent % 2 == 0:
        return sign == 0 or (sign == 1 and entries.nonnegative) or (sign == -1 and entries.high <= 0)
    if sign == 0:
        return entries.nonnegative or exponent.denominator % 2 == 0
    return sign == 1 and entries.nonnegative


def factored(node: Expr, is_constant: Callable[[Expr], bool]) -> Factored | None:
    """A node as a product of powers; None where it is none, or only itself to the power 1."""
    constants: list[Expr] = []
    powers: dict[Expr, Fraction] = {}
    left: list[tuple[Expr, Fraction]] = [(node, Fraction(1))]
    while left:
        part, exponent = left.pop()
        if len(powers) + len(left) > _MOST_FACTORS or not _fits(part, node):
            return None
        opened = None if is_constant(part) else _opened(part, exponent)
        if is_constant(part):
            constants.append(raised(part, exponent))
        elif opened is not None:
            left += opened
        elif isinstance(part, Power) and exponent == 1 and is_constant(part.exponent) and not powers and not left:
            return Factored(times(*constants), {part.base: Fraction(1)}, part.exponent)
        else:
            powers[part] = powers.get(part, Fraction(0)) + exponent
    powers = {base: exponent for base, exponent in powers.items() if exponent}
    return _upright(Factored(times(*constants), powers)) if powers and {node: Fraction(1)} != powers else None


def _fits(part: Expr, node: Expr) -> bool:
    """Whether a part stands entry by entry in the whole: it is a number, or has its shape."""
    return part.is_scalar or part.shape == node.shape


def _opened(part: Expr, exponent: Fraction) -> list[tuple[Expr, Fraction]] | None:
    match part := cast("Node", part):
        case Product(factors=factors) if all(one.is_scalar for one in factors):
            return [(one, exponent) for one in factors] if exponent.denominator == 1 or _positive(factors) else None
        case Product(factors=factors) if sum(not one.is_scalar for one in factors) == 1 and exponent.denominator == 1:
            return [(one, exponent) for one in factors]
        case Hadamard(factors=factors):
            return [(one, exponent) for one in factors] if exponent.denominator == 1 or _positive(factors) else None
        case Quotient(numerator=above, denominator=below):
            plain = exponent.denominator == 1 or _positive((above, below))
            return [(above, exponent), (below, -exponent)] if plain else None
        case Power(base=base, exponent=Number(value=value)):
            plain = exponent.denominator == 1 or known(base).entries.nonnegative
            return [(base, exponent * value)] if plain else None
        case Leaf() | Linear() | Sum() | Multilinear() | Nonlinear() | Indexed():
            return None


def _positive(factors: Sequence[Expr]) -> bool:
    return all(known(one).entries.nonnegative for one in factors)


def _upright(parts: Factored) -> Factored:
    """Parts that are negative are written by their opposites, where the exponent is whole."""
    coefficient, powers = parts.coefficient, dict[Expr, Fraction]()
    for base, exponent in parts.powers.items():
        if known(base).entries.negative and exponent.denominator == 1:
            powers[negative(base)] = exponent
            coefficient = negative(coefficient) if exponent % 2 else coefficient
        else:
            powers[base] = exponent
    return Factored(coefficient, powers)


# ------------------------------------------------------------ second derivatives


def monomial_second(parts: Factored, firsts: Mapping[Expr, Expr | None], bends: Mapping[Expr, Expr | None]) -> Expr | None:
    """The second derivative of the product of powers without its coefficient, as a sum of squares
    with a sign; ``bends`` has those of the parts that are not affine."""
    if None in firsts.values() or None in bends.values():
        return None
    moved = {base: one for base, one in firsts.items() if one is not None}
    whole = _of_affine(parts.powers, moved)
    terms = [whole] if whole is not None else []
    for base, bend in bends.items():
        if bend is not None:
            exponent = parts.powers[base]
            rest = [raised(other, power - (other is base)) for other, power in parts.powers.items() if power != (other is base)]
            terms.append(times(Number(exponent), *rest, bend))
    return reduce(lambda one, other: Sum((one, other)), terms) if terms else None


def _of_affine(powers: Mapping[Expr, Fraction], moved: Mapping[Expr, Expr]) -> Expr | None:
    rising = {base: exponent for base, exponent in powers.items() if exponent > 0}
    falling = {base: -exponent for base, exponent in powers.items() if exponent < 0}
    value = times(*[raised(base, exponent) for base, exponent in powers.items()])
    if len(powers) == 1:
        return _of_one(*next(iter(powers.items())), moved)
    if not rising:
        rates = {base: Quotient(moved[base], base) for base in falling}
        squares = [times(Number(weight), square(rates[base])) for base, weight in falling.items()]
        mean = _sum([times(Number(weight), rates[base]) for base, weight in falling.items()])
        return times(value, _sum([square(mean), *squares]))
    if not falling:
        return times(Number(Fraction(-1)), value, _spread(rising, moved))
    return _of_fraction(rising, falling, moved)


def _of_one(base: Expr, exponent: Fraction, moved: Mapping[Expr, Expr]) -> Expr | None:
    lead = exponent * (exponent - 1)
    if not lead:
        return None
    if isinstance(base, Norm) and base.kind == "2" and exponent == 2:
        return None
    rest = [] if exponent == 2 else [raised(base, exponent - 2)]
    return times(Number(lead), *rest, square(moved[base]))


def _spread(weights: Mapping[Expr, Fraction], moved: Mapping[Expr, Expr]) -> Expr:
    """Sum of a u² minus (sum of a u)², for rates u = Dg/g and weights that add up to 1 or less."""
    rates = {base: Quotient(moved[base], base) for base in weights}
    pairs = [
        times(Number(weights[one] * weights[other]), square(Sum((rates[one], negative(rates[other])))))
        for k, one in enumerate(weights)
        for other in list(weights)[k + 1 :]
    ]
    rest = 1 - sum(weights.values())
    own = [times(Number(weight * rest), square(rates[base])) for base, weight in weights.items() if rest]
    return _sum([*pairs, *own])


def _of_fraction(rising: Mapping[Expr, Fraction], falling: Mapping[Expr, Fraction], moved: Mapping[Expr, Expr]) -> Expr:
    """Of g^p over powers with exponents b that add up to B <= p - 1: with the mean rate m of those,
    B (B + 1) (g m - p Dg/(B + 1))² + p (p - 1 - B)/(B + 1) Dg² + g² times the spread of the rates,
    all times g^(p - 2) over the powers."""
    ((top, exponent),) = rising.items()
    total = sum(falling.values(), Fraction(0))
    rates = {base: Quotient(moved[base], base) for base in falling}
    mean = _sum([times(Number(weight / total), rates[base]) for base, weight in falling.items()])
    step = moved[top]
    lead = Sum((times(top, mean), negative(times(Number(exponent / (total + 1)), step))))
    terms = [times(Number(total * (total + 1)), square(lead))]
    left = exponent * (exponent - 1 - total) / (total + 1)
    if left:
        terms.append(times(Number(left), square(step)))
    if len(falling) > 1:
        shares = {base: weight / total for base, weight in falling.items()}
        terms.append(times(Number(total), square(top), _spread(shares, moved)))
    rest = [raised(base, -weight) for base, weight in falling.items()]
    return times(*([raised(top, exponent - 2)] if exponent != 2 else []), *rest, _sum(terms))


def _sum(terms: Sequence[Expr]) -> Expr:
    return terms[0] if len(terms) == 1 else Sum(tuple(terms))


# ------------------------------------------------------------ entry by entry


def times(*parts: Expr) -> Expr:
    """The product of numbers and of arrays of one shape, entry by entry."""
    arrays = [part for part in parts if not part.is_scalar]
    numbers = [part for part in parts if part.is_scalar and part is not UNIT]
    minus = sum(isinstance(part, Number) and part.value < 0 for part in numbers) % 2
    numbers = [Number(abs(part.value)) if isinstance(part, Number) else part for part in numbers]
    together = hadamard(arrays) if len(arrays) > 1 else arrays[0] if arrays else None
    kept = [part for part in numbers if part is not UNIT] + ([] if together is None else [together])
    whole = product(kept)
    return negative(whole) if minus else whole


def square(part: Expr) -> Expr:
    return Power(part, TWO)


def inner_product(one: Expr, other: Expr) -> Expr:
    """The sum of products of the entries of two arrays."""
    return Total(Hadamard((one, other))) if one.shape else times(one, other)


def power_of_matrix(matrix: Expr) -> tuple[Expr, int] | None:
    """A matrix and the whole number that it is raised to; None of what is no power."""
    count = 1
    while True:
        match matrix := cast("Node", matrix):
            case Inverse(operand=inner):
                matrix, count = inner, -count
            case MatrixPower(base=inner, exponent=Number(value=value)) if value.denominator == 1:
                matrix, count = inner, count * int(value)
            case Leaf() | Linear() | Sum() | Multilinear() | Nonlinear() | Indexed():
                return None if count == 1 else (matrix, count)


def side_of(found: Known) -> int | None:
    """1 where all entries are >= 0, -1 where they are <= 0; None where it is open."""
    entries = found.entries
    return 1 if entries.nonnegative else -1 if entries.high <= 0 else None


def sign_of(found: Known) -> int | None:
    """The sign of all entries, 0 for zeros; None where it is open."""
    return 0 if found.entries.nonnegative and found.entries.high <= 0 else side_of(found)


def simple(expression: Expr) -> Expr | None:
    """The expression simplified, None where that has no closed form."""
    return valued(lambda: shortest_forms.Writer(expression).simplified())


def tidied(expression: Expr) -> Expr:
    """Without signs before signs, products with 1 and quotients of quotients."""

    def tidy(node: Expr) -> Expr:
        match node := cast("Node", node):
            case Negative(operand=Negative(operand=inner)):
                return inner
            case Negative(operand=Total(operand=Negative(operand=inner), axis=axis)):
                return Total(inner, axis)
            case Total(operand=Negative(operand=inner), axis=axis):
                return Negative(Total(inner, axis))
            case Trace(operand=Product(factors=(Number() as number, *rest))):
                return product((number, Trace(product(rest))))
            case Quotient(numerator=above, denominator=Number(value=value)) if value == 1:
                return above
            case Quotient(numerator=Quotient(numerator=above, denominator=one), denominator=other) if (
                one.is_scalar and other.is_scalar
            ):
                return Quotient(above, product((one, other)))
            case Product(factors=factors) if any(isinstance(one, Product) and one.is_scalar for one in factors):
                return product([part for one in factors for part in _numbers(one)])
            case Power(base=Negative(operand=base), exponent=exponent) if exponent == TWO:
                return Power(base, exponent)
            case Leaf() | Linear() | Sum() | Multilinear() | Nonlinear() | Indexed():
                return node

    return rebuilt_with(expression, tidy)


def _numbers(factor: Expr) -> tuple[Expr, ...]:
    return factor.factors if isinstance(factor, Product) and factor.is_scalar else (factor,)


# ------------------------------------------------------------ polynomials in one number

_MOST_DEGREE = 23


def is_nonnegative_polynomial(expression: Expr, variable: Symbol) -> bool:
    """Whether an expression is a polynomial in one number, with numbers for coefficients, that is >= 0
    for all values that the number may have: of even degree, without a real root of odd multiplicity."""
    degree = _degree(expression, variable)
    if not degree or degree > _MOST_DEGREE:
        return False
    sign = sympy.Symbol(variable.name)
    found = sympy.Poly(to_sympy(expression, [sign]), sign, domain="QQ")
    if known(variable).entries.nonnegative:
        found = found.compose(sympy.Poly(sign**2, sign))
    _, parts = found.sqf_list()
    odd = [part for part, power in parts if power % 2]
    return bool(found.LC() > 0 and found.degree() and found.degree() % 2 == 0 and not any(part.count_roots() for part in odd))


def _degree(expression: Expr, variable: Symbol) -> int | None:
    """A bound on the degree of a polynomial in one number; None of what is none."""
    made: dict[Expr, int | None] = {}
    for node in postorder(expression):
        below = [made[one] for one in node.below]
        made[node] = None if None in below else _degree_of(node, variable, [one for one in below if one is not None])
    return made[expression]


def _degree_of(node: Expr, variable: Symbol, below: Sequence[int]) -> int | None:
    match node := cast("Node", node):
        case Number():
            return 0
        case Symbol() if node is variable:
            return 1
        case Negative() | Sum():
            return max(below)
        case Product():
            return sum(below)
        case Quotient(denominator=Number(value=value)) if value:
            return below[0]
        case Power(exponent=Number(value=value)) if value.denominator == 1 and value >= 0:
            return below[0] * int(value)
        case Leaf() | Linear() | Sum() | Multilinear() | Nonlinear() | Indexed():
            return None
