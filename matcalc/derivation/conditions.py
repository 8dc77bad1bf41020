"""Where a derivative holds: read off the expression and its result."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, cast

from matcalc.base.functions import Function, function_called, functions, has_kink, is_entrywise
from matcalc.base.lazy import later
from matcalc.base.records import record
from matcalc.einstein import nodes as ix
from matcalc.einstein.linear import content
from matcalc.einstein.lowering import lower
from matcalc.expr.nodes import (
    Call,
    DiagonalMatrix,
    Elementwise,
    Expr,
    IndexArray,
    Indexed,
    Inverse,
    Kronecker,
    Leaf,
    Linear,
    MatrixPower,
    Multilinear,
    Negative,
    Node,
    Nonlinear,
    Norm,
    Number,
    Ones,
    Power,
    Product,
    Quotient,
    SizeValue,
    Sum,
    Symbol,
    Transpose,
    postorder,
)
from matcalc.expr.rewriting import free_indices, over_all, product_of
from matcalc.printing.expressions import text

if TYPE_CHECKING:
    from matcalc.expr import deduction
    from matcalc.facts import known as traits, ranges
    from matcalc.facts.known import Known
else:
    deduction = later("matcalc.expr.deduction")
    traits = later("matcalc.facts.known")
    ranges = later("matcalc.facts.ranges")


@record
class _Condition:
    """What must hold in ``words``; of a comparison with 0 also the ``subject`` and the relation,
    ``"> 0"`` or ``"≠ 0"`` of every entry, or ``"is not 0"`` of a vector or matrix as a whole; of a
    matrix the subject and the words with ``{}`` for it. At a ``kink`` the function still has a
    value."""

    words: str
    subject: Expr | None = None
    relation: str = ""
    kink: str = ""
    """The function that has the kink."""


_IMPLIED_BY = {"≠ 0": ("> 0",), "is not 0": ("> 0", "≠ 0")}


def conditions_of(expression: Expr, result: Expr | None, order: int = 2) -> tuple[str, ...]:
    """Conditions in words and symbols, in reading order, each once: not what the others imply, nor
    kinks of functions that the derivation brought in, such as the sign that is the derivative of
    abs; of a derivative of this ``order``."""
    smooth = _continued(expression, result) if order == 1 and result is not None else frozenset()
    found = [one for one in _conditions_in(expression) if (one.subject, one.relation) not in smooth]
    if any(one.kink for one in found):  # squares take kinks away: abs(t)^2
        left = _functions_left(expression)
        found = [one for one in found if one.kink in left]
    if result is not None:
        if not any(one.kink for one in found):
            found += _of_signs(result)
        found += [one for one in _conditions_in(result) if not one.kink and (one.subject, one.relation) not in smooth]
    return _kept(found)


def _continued(expression: Expr, result: Expr) -> frozenset[tuple[Expr | None, str]]:
    """The conditions of the eigenvalues or singular values of a symbol that a first derivative does
    not need.

    Where they are not distinct these have a continuous value and no derivative. If the derivative
    of what is made of them is continuous there, as I is of sum(eigvals(S)), it is the derivative
    there too: a line meets such matrices at single points, and the mean value theorem holds across
    them.
    """
    nodes = [*postorder(expression), *postorder(result)]
    of_symbols = [node for node in nodes if isinstance(node, Call) and isinstance(node.arguments[0], Symbol)]
    if not of_symbols or not all(map(_is_continuous, nodes)):
        return frozenset()
    spectral = [node for node in of_symbols if "distinct" in functions()[node.function].condition]
    return frozenset((one.subject, one.relation) for node in spectral for one in _conditions(node))


def _is_continuous(node: Expr) -> bool:
    """Whether the value of a node does not jump where its conditions hold, whatever eigenvalues
    do."""
    if not isinstance(node, Call | Elementwise):
        return True
    entry = functions().get(node.function)
    return entry is not None and (entry.continuous if isinstance(node, Call) else entry.derivative != "0")


def _conditions_in(*expressions: Expr) -> list[_Condition]:
    return [one for expression in expressions for node in postorder(expression) for one in _conditions(node)]


def _functions_left(expression: Expr) -> set[str]:
    """The elementwise functions that an expression has in index notation, and none."""
    return {"", *(node.function for node in ix.postorder(lower(expression).tensor) if isinstance(node, ix.Map))}


def _of_signs(result: Expr) -> list[_Condition]:
    """Where signs in a result are smooth: the absolute value is that of the root of a square."""
    signs_of = [node.argument for node in postorder(result) if isinstance(node, Elementwise) and node.function == "sign"]
    return [one for argument in signs_of for one in _compared(argument, "≠ 0")]


def _kept(found: list[_Condition]) -> tuple[str, ...]:
    """The words of what no other condition implies, each once."""
    if len(found) < 2:
        return tuple([one.words for one in found])
    compared = _Compared(found)
    kept: dict[object, str] = {}
    for one in found:
        if one.subject is None:
            kept.setdefault(one.words, one.words)
        elif not compared.implies(one):
            value, relation, negative = compared.key(one)
            kept.setdefault((value, relation, negative and relation == "> 0"), one.words)
    return tuple(dict.fromkeys(kept.values()))


def _consequences(found: list[_Condition]) -> list[_Condition]:
    """What follows where no eigenvalue is on (−∞, 0]."""
    spectral = [one.subject for one in found if one.relation == _NO_NEGATIVE_EIGENVALUE]
    return [part for subject in spectral if subject is not None for part in _invertible(subject)]


class _Compared:
    """What conditions compare with 0, by the values compared, however these are written."""

    def __init__(self, found: list[_Condition]) -> None:
        self._signs: dict[Expr, tuple[object, bool]] = {}
        self._settled = {key[:2] for key in self._keys(_consequences(found))}
        self._known = {key[:2] for key in self._keys([one for one in found if not one.kink])}
        self._positive = {value for value, relation, negative in self._keys(found) if relation == "> 0" and not negative}

    def _keys(self, found: list[_Condition]) -> list[tuple[object, str, bool]]:
        return [self.key(one) for one in found if one.subject is not None]

    def key(self, one: _Condition) -> tuple[object, str, bool]:
        """What is compared, how, and whether the number in front of it is negative."""
        assert one.subject is not None
        if one.subject not in self._signs:
            self._signs[one.subject] = _signed(one.subject)
        value, negative = self._signs[one.subject]
        return value, one.relation, negative

    def implies(self, one: _Condition) -> bool:
        """Whether a condition follows from the others."""
        value, relation, _ = self.key(one)
        return (
            (value, relation) in self._settled
            or (one.kink and (value, relation) in self._known)
            or any((value, stronger) in self._known for stronger in _IMPLIED_BY.get(relation, ()))
            or (relation == "> 0" and isinstance(one.subject, Product) and self._all_positive(one.subject))
        )

    def _all_positive(self, product: Product) -> bool:
        """Whether other conditions say that every factor is a positive number."""
        signed = [_signed(factor) for factor in product.factors if factor.is_scalar]
        return len(signed) == len(product.factors) and all(value in self._positive and not negative for value, negative in signed)


def conditions_of_equation(differentiated: Iterable[Expr], evaluated: Iterable[Expr]) -> tuple[str, ...]:
    """Where the first expressions have derivatives, and the others values that do not jump."""
    return _kept(_of_equation(differentiated, evaluated))


def conditions_of_value(expression: Expr) -> tuple[str, ...]:
    """Where an expression has a value; at a jump, as sign has, it has one."""
    nodes = [node for node in postorder(expression) if not (_is_evaluated_smoothly(node) or _jumps(node))]
    return _kept([one for node in nodes for one in _evaluated(node)])


def _jumps(node: Node) -> bool:
    return isinstance(node, Elementwise) and node.function in functions() and has_kink(node.function)


def impossible_in_equation(differentiated: Iterable[Expr], evaluated: Iterable[Expr]) -> str:
    """A condition of an equation that is met nowhere, ``0 > 0`` of ``0^x``; empty without one."""
    found = [one for one in _of_equation(differentiated, evaluated) if one.relation == "> 0" and one.subject is not None]
    return next((one.words for one in found if one.subject is not None and deduction.known(one.subject).entries.high <= 0), "")


def _of_equation(differentiated: Iterable[Expr], evaluated: Iterable[Expr]) -> list[_Condition]:
    found = _conditions_in(*differentiated)
    for expression in evaluated:
        for node in postorder(expression):
            if not _is_evaluated_smoothly(node):
                found += _evaluated(node)
    return found


def _evaluated(node: Node) -> list[_Condition]:
    """The conditions of a node, without what they say of its derivative."""
    return [_Condition(one.words.partition(" (there")[0], one.subject, one.relation) for one in _conditions(node)]


def _is_evaluated_smoothly(node: Node) -> bool:
    """Whether the conditions of a node are those of its derivative alone."""
    match node:
        case Norm():
            return True
        case Call(function=name):
            return has_kink(name) if is_entrywise(name) else name not in ("logdet", "logm", "sqrtm")
        case Power(base=Power(exponent=Number(value=inner)), exponent=Number(value=outer)):  # the root of a square
            return outer > 0 and inner > 0 and inner.denominator == 1 and inner % 2 == 0
        case Elementwise(function=name) if name in functions():
            return has_kink(name) and functions()[name].derivative != "0"
        case Leaf() | Linear() | Sum() | Multilinear() | Nonlinear() | Indexed():
            return False


def _signed(subject: Expr) -> tuple[object, bool]:
    """The same for spellings of one value, such as ``||x||^2`` and ``x'x``, whatever the number in
    front; and whether that is negative."""
    number, value = content(lower(subject).tensor)
    return value, number < 0


def _conditions(node: Node) -> list[_Condition]:
    match node:
        case Leaf() | Linear() | Sum() | Multilinear() | Indexed():  # most nodes are
            return []
        case Inverse(operand=operand):
            return _invertible(operand)
        case MatrixPower(exponent=Number() | Negative(operand=Number())) if _is_negative_power(node):
            return _invertible(node.base)
        case Call(function=name) if is_entrywise(name):
            return _at_ties(function_called(name), node.arguments)
        case Call(function=name, arguments=(operand, *_)) if name in functions():
            return _of_matrix(functions()[name].condition, operand)
        case Norm():
            return _of_norm(node)
        case Quotient(denominator=denominator):
            return _nonzero(denominator)
        case Power(base=base, exponent=Number(value=value)):
            return _of_power(base, value)
        case Power(base=base, exponent=exponent) if not isinstance(exponent, (Number, SizeValue)):
            return _compared(base, "≠ 0" if deduction.known(exponent).entries.whole else "> 0")
        case Elementwise(function=name, argument=argument):
            return _domain(name, argument)
        case Nonlinear():
            return []


def _of_norm(node: Norm) -> list[_Condition]:
    if node.kind in ("spectral", "nuclear"):
        return _of_matrix(functions()[f"{node.kind}_norm"].condition, node.operand)
    if node.kind != "1" or deduction.known(node.operand).entries.nonnegative:
        return []  # the absolute value of what is not negative has no kink
    return _compared(node.operand, "≠ 0")


def _of_power(base: Expr, exponent: Fraction) -> list[_Condition]:
    """Where a power has a derivative; the root of a square of what is not negative is a smaller
    power of that."""
    while (
        isinstance(base, Power) and isinstance(inner := base.exponent, Number) and deduction.known(base.base).entries.nonnegative
    ):
        base, exponent = base.base, exponent * inner.value
    if exponent.denominator % 2 == 0:
        return _compared(base, "> 0")
    return _compared(base, "≠ 0") if exponent < 0 else []


_INVERTIBLE = "{} invertible"
_NO_NEGATIVE_EIGENVALUE = "no eigenvalue of {} on (−∞, 0]"
_FULL_RANK = frozenset({"full_column_rank", "full_row_rank"})
_TRIANGULAR = frozenset({"lower_triangular", "upper_triangular"})


def _of_matrix(condition: str, operand: Expr) -> list[_Condition]:
    if condition == _INVERTIBLE:
        return _invertible(operand)
    return (
        []
        if not condition or _is_settled(condition, deduction.known(operand))
        else [_about(operand, condition, condition, whole=True)]
    )


def _is_settled(condition: str, operand: Known) -> bool:
    """Whether a condition on a matrix follows from what is known of it."""
    match condition:
        case "{} positive definite":
            return traits.has(operand, "positive_definite")
        case "rank of {} locally constant" | "{} of full rank":
            return bool(operand.traits & _FULL_RANK)
        case "no eigenvalue of {} on (−∞, 0]":  # of a triangular matrix the eigenvalues are on the diagonal
            imaginary = operand.traits >= {"antisymmetric", "invertible"}
            return "positive_form" in operand or imaginary or (bool(operand.traits & _TRIANGULAR) and operand.diagonal.positive)
        case _:
            return False


def _invertible(matrix: Expr) -> list[_Condition]:
    """When a matrix is invertible: a product of square ones when all its factors are, a diagonal
    matrix when no entry is zero."""
    found: list[_Condition] = []
    stack = [matrix]
    while stack:
        part = stack.pop()
        match part := cast("Node", part):
            case _ if part.is_scalar:
                found += _nonzero(part)
            case _ if "invertible" in deduction.known(part):
                pass
            case (
                Transpose(operand=inner) | Negative(operand=inner) | Inverse(operand=inner) | MatrixPower(base=inner)
                | Quotient(numerator=inner) | Call(function="sqrtm", arguments=(inner,))
            ):  # fmt: skip
                # A root is there where no eigenvalue of its argument is on (−∞, 0].
                stack.append(inner)
            case DiagonalMatrix(operand=entries):
                found += _compared(entries, "≠ 0")
            case Product(factors=factors) | Kronecker(factors=factors) if all(factor.rows == factor.cols for factor in factors):
                stack += reversed(factors)
            case Leaf() | Linear() | Sum() | Multilinear() | Nonlinear() | Indexed():
                found.append(_about(part, _INVERTIBLE, _INVERTIBLE, whole=True))
    return found


def _is_negative_power(node: MatrixPower) -> bool:
    negated = isinstance(node.exponent, Negative)
    exponent = node.exponent.below[0] if negated else node.exponent
    return isinstance(exponent, Number) and (exponent.value > 0 if negated else exponent.value < 0)


def _holds(value: Known, relation: str) -> bool:
    """Whether a comparison with 0 follows from what is known of a value."""
    match relation:
        case "> 0":
            return value.entries.positive
        case "≠ 0":
            return value.entries.nonzero
        case _:
            return "nonzero" in value


def _compared(expression: Expr, relation: str) -> list[_Condition]:
    if _holds(deduction.known(expression), relation):
        return []
    match expression := cast("Node", expression):
        case Norm(operand=operand) | Power(base=Norm(operand=operand)):
            return _not_zero(operand)
        case Power(base=base, exponent=Number(value=value)) if value.denominator == 1 and value % 2 == 0:
            return _compared(base, "≠ 0")
        case Elementwise(function="abs", argument=argument):
            return _compared(argument, "≠ 0")
        case Product():
            return _compared_product(expression, relation)
        case Leaf() | Linear() | Sum() | Multilinear() | Nonlinear() | Indexed():
            return [_about(expression, f"{{}} {relation}", relation)]


def _compared_product(product: Product, relation: str) -> list[_Condition]:
    *front, last = product.factors
    if isinstance(last, Ones) and front and _all_scalars(front):
        return _compared(product_of(front), relation)
    if not product.is_scalar:
        return [_about(product, f"{{}} {relation}", relation)]
    match product.factors:
        case (Transpose(operand=left), right) if left is right:
            return _not_zero(left)
    if relation == "≠ 0" and _all_scalars(front):
        return [condition for factor in product.factors for condition in _nonzero(factor)]
    factors = _scalar_factors(product)
    several = relation == "> 0" and len(factors) > 1
    return _positive_product(product, factors) if several else [_about(product, f"{{}} {relation}", relation)]


def _all_scalars(factors: Iterable[Expr]) -> bool:
    return all(factor.is_scalar for factor in factors)


def _not_zero(subject: Expr) -> list[_Condition]:
    """That a vector or matrix is not 0 as a whole."""
    return [] if _holds(deduction.known(subject), "is not 0") else [_about(subject, "{} ≠ 0", "is not 0", whole=True)]


def _scalar_factors(product: Product) -> list[Expr]:
    """The factors of a scalar; its vectors and matrices together are one."""
    shaped = tuple([factor for factor in product.factors if not factor.is_scalar])
    return [*(factor for factor in product.factors if factor.is_scalar), *([Product(shaped)] if shaped else [])]


def _positive_product(product: Expr, factors: list[Expr]) -> list[_Condition]:
    """Factors that are never negative must not be 0; one other factor must be positive, of several
    their product."""
    parts = [_compared(factor, "> 0") for factor in factors]
    changing = [part for part in parts if any(one.relation == "> 0" for one in part)]
    if len(changing) > 1:
        return [_about(product, "{} > 0", "> 0")]
    return [one for part in parts for one in part]


def _nonzero(denominator: Expr) -> list[_Condition]:
    if isinstance(denominator, Power) and isinstance(denominator.exponent, Number):
        return _compared(denominator.base, "> 0" if denominator.exponent.value.denominator % 2 == 0 else "≠ 0")
    return _compared(denominator, "≠ 0")


def _domain(name: str, argument: Expr) -> list[_Condition]:
    function = functions().get(name)
    if function is None or function.domain == "all":
        return []
    relation = {"t > 0": "> 0", "t != 0": "≠ 0"}.get(function.domain, "")
    if ranges.is_within(deduction.known(argument).entries, function.domain):
        return []
    if relation and not function.at_kink:
        return _compared(argument, relation)
    domain = function.domain.replace("!=", "≠")
    words = domain.replace("(t)", "({})") if "(t)" in domain else domain.replace("t", "{}", 1)
    kink = f" (there {name} has a kink; the value used at 0 is {function.at_kink})" if function.at_kink else ""
    found = _about(argument, words, relation)
    return [_Condition(found.words + kink, found.subject if relation else None, relation, name if kink else "")]


def _at_ties(function: Function, arguments: Sequence[Expr]) -> list[_Condition]:
    """Where a function of several numbers has a kink: where two of them are equal, or one is 0."""
    if function.domain == "all" or (function.chooses == "any" and deduction.known(arguments[0]).entries.bit):
        return []
    kink = f" (there {function.name} has a kink; {function.at_kink})" if function.at_kink else ""
    first, relation, last = function.domain.split(" ")
    values = dict(zip(function.parameters, arguments, strict=True))
    one, other = [values.get(name, Number(Fraction(0))) for name in (first, last)]
    if not isinstance(other, Number) or (other.value and isinstance(one, Number)):
        one, other = (other, one) if isinstance(one, Number) else (one, other)
    entries = ranges.both(deduction.known(one).entries, deduction.known(other).entries)
    if relation == "!=" and entries.low > entries.high:
        return []
    if relation == ">" and deduction.known(one).entries.low > deduction.known(other).entries.high:
        return []
    words = f"{{}} {relation.replace('!=', '≠')} {text(other)}"
    sign = {"!=": "≠ 0", ">": "> 0"}[relation] if isinstance(other, Number) and not other.value else ""
    found = _about(one, words, sign)
    return [_Condition(found.words + kink, found.subject if sign else None, sign, function.name if kink else "")]


def _about(value: Expr, words: str, relation: str, whole: bool = False) -> _Condition:
    """A condition in words, with ``{}`` for the value or for its entries; of a part of a sum it is
    to hold for all values of its index."""
    indices = free_indices(value)
    array = over_all(value, indices) if indices and value.is_scalar else None
    if array is not None and not isinstance(array, IndexArray):
        value, indices = array, free_indices(array)
    shown = words.format(text(value) if whole or value.is_scalar else f"entries of {text(value)}")
    if not indices:
        return _Condition(shown, value, relation)
    return _Condition(f"{shown} for all {', '.join([index.name for index in indices])}", array, relation)
