"""Formulas with complex symbols as formulas in which a symbol and its conjugate are two symbols,
and back.

An identity between analytic functions that holds for all real values of their symbols holds for all
complex ones. So everything that is known of formulas in real symbols, derivatives among it, serves
for formulas without conjugates: these are moved down to the symbols, where ``z`` and ``conj(z)``
become two symbols that have nothing to do with each other. What has real values only, such as
``abs``, is written by conjugates first; what is neither is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import NamedTuple, cast

from matcalc.base.errors import MatcalcError
from matcalc.base.functions import IMAGINARY, computable
from matcalc.base.traversal import bottom_up, with_operands
from matcalc.calculus.simplification import simplified
from matcalc.einstein.lowering import lower
from matcalc.expr import nodes as e
from matcalc.expr.nodes import Expr, Symbol, postorder
from matcalc.expr.rewriting import free_indices, has_complex, product_of, rebuilt_with, symbols_in
from matcalc.facts.table import ARRAY_OF_COMPLEX, COMPLEX, facts
from matcalc.language.text.spelling import canonical_name

_MOST_INDICES = 4
_HALF = e.Number(Fraction(1, 2))
_TWO = e.Number(Fraction(2))
UNIT = e.Constant(IMAGINARY)
_UNIT_SYMBOL = Symbol("i", ())
"""What stands for the imaginary unit: what is known of numbers is known of any."""


class Pair(NamedTuple):
    """A formula and its conjugate, in formal symbols."""

    plain: Expr
    conjugate: Expr

    @property
    def is_real(self) -> bool:
        """Whether the value is real: both are equal, whatever the symbols are."""
        return self.plain is self.conjugate or agree(self.plain, self.conjugate)

    @property
    def is_hermitian(self) -> bool:
        """Whether the value is a hermitian matrix."""
        return self.plain.is_matrix and self.plain.rows == self.plain.cols and agree(self.plain, e.Transpose(self.conjugate))


def agree(one: Expr, other: Expr) -> bool:
    """Whether two formulas are one in index notation; where that is not seen, they are taken for
    different."""
    indices = free_indices(one)
    if indices:
        if one.shape or len(indices) > _MOST_INDICES or indices != free_indices(other):
            return False
        one, other = e.IndexArray(indices, one), e.IndexArray(indices, other)
    first, second = lower(one), lower(other)
    return first.tensor is second.tensor or simplified(first.tensor) is simplified(second.tensor)


def is_complex(*expressions: Expr) -> bool:
    """Whether a symbol in them is complex, or the imaginary unit stands there."""
    return UNIT in postorder(*expressions) or has_complex(*expressions)


class Formal:
    """The formal symbols of formulas: for every complex symbol one of its own name, and one for its
    conjugate that has none of the names ``taken``."""

    def __init__(self, symbols: Mapping[str, Symbol], taken: frozenset[str] = frozenset()) -> None:
        self.symbols = {name: symbol for name, symbol in symbols.items() if COMPLEX in symbol.properties}
        used = self._taken = {*symbols, *taken}
        self.pairs = {name: _formal_pair(symbol, used) for name, symbol in self.symbols.items()}
        self._values: dict[str, Expr] = {_UNIT_SYMBOL.name: UNIT}
        for name, pair in self.pairs.items():
            self._values[name] = self.symbols[name]
            if isinstance(pair.conjugate, Symbol):
                self._values[pair.conjugate.name] = conj(self.symbols[name])

    def variable(self, name: str, conjugate: bool) -> Symbol:
        """The formal symbol that stands for a symbol, or for its conjugate. Raises MatcalcError
        where one of the two determines the other."""
        pair = self.pairs[name]
        if not isinstance(pair.conjugate, Symbol):
            what = facts()[min(self.symbols[name].properties - {COMPLEX, "invertible"}, key=len)].called
            raise MatcalcError(
                f"{name} is {what}: its conjugate is not independent of it, so that there is no derivative by one alone",
                suggestion=f"declare {name} as complex only, and put {what} matrices into the derivative",
            )
        return pair.conjugate if conjugate else cast("Symbol", pair.plain)

    # ------------------------------------------------------------ there

    def pair(self, expression: Expr) -> Pair:
        """The formula and its conjugate in formal symbols. Raises MatcalcError for functions that
        are known of real numbers only."""
        found: Mapping[Expr, Pair] = bottom_up(postorder(expression), self._pair)
        return found[expression]

    def _pair(self, node: Expr, built: Mapping[Expr, Pair]) -> Pair:
        below = [built[operand] for operand in node.below]
        match typed := cast("e.Node", node):
            case Symbol(name=name):
                return self.pairs.get(name) or Pair(node, node)
            case e.Constant(name="i1"):
                if _UNIT_SYMBOL.name in self._taken:
                    raise MatcalcError("i is a symbol of the formula, and the imaginary unit", suggestion="another name for it")
                return Pair(_UNIT_SYMBOL, e.Negative(_UNIT_SYMBOL))
            case e.Elementwise(function=function) if function in _BY_CONJUGATES:
                return _BY_CONJUGATES[function](typed, below[0], built)
            case e.Norm() | e.Call(function="logdet") if not all(one.is_real for one in below):
                return _real_valued(typed, below)
            case e.Power(exponent=e.Number(value=value)) if value % 2 == 0 and _is_root(below[0]):
                square, power = cast("e.Power", below[0].plain).base, e.Number(value / 2)
                whole = square if value == 2 else e.Power(square, power)
                return Pair(whole, whole)
            case e.Elementwise() | e.Call() | e.MatrixPower():
                below = _checked(typed, below)
            case e.Leaf() | e.Linear() | e.Sum() | e.Multilinear() | e.Nonlinear() | e.Indexed():
                pass
        return _structural(node, below)

    # ------------------------------------------------------------ back

    def back(self, expression: Expr) -> Expr:
        """The formula in the complex symbols. Raises MatcalcError for what is true of formal symbols
        only as if they were real."""
        plain = rebuilt_with(expression, self._analytic)
        there = rebuilt_with(plain, lambda node: self._values.get(node.name, node) if isinstance(node, Symbol) else node)
        return rebuilt_with(there, _settled)

    def _analytic(self, node: Expr) -> Expr:
        """Norms and absolute values that were found for formal symbols, without conjugates."""
        if not isinstance(node, e.Norm | e.Elementwise) or self._names.isdisjoint(symbols_in(node)):
            return node
        if isinstance(node, e.Norm) and node.kind == "2" and len(node.operand.shape) <= 2:
            return e.Power(_inner(node.operand, node.operand), _HALF)
        if isinstance(node, e.Norm):
            raise _not_known(f"a norm of {', '.join(sorted(self._names & symbols_in(node).keys()))}")
        return node

    @property
    def _names(self) -> set[str]:
        return set(self._values)


def _is_root(operand: Pair) -> bool:
    """Whether it is a root that stands for an absolute value or a norm."""
    return operand.plain is operand.conjugate and isinstance(operand.plain, e.Power) and operand.plain.exponent is _HALF


def _structural(node: Expr, below: list[Pair]) -> Pair:
    """The conjugate of what is made of its operands' conjugates."""
    first, second = [with_operands(node, dict(zip(node.below, side, strict=True))) for side in zip(*below, strict=True)] or (
        node,
        node,
    )
    return Pair(first, second)


def _formal_pair(symbol: Symbol, used: set[str]) -> Pair:
    """The formal symbols for a symbol and its conjugate, or what the latter is by its facts."""
    kept = frozenset(name for name in symbol.properties if facts()[name].numbers == "both") | {ARRAY_OF_COMPLEX}
    plain = Symbol(symbol.name, symbol.shape, kept)
    if "hermitian" in symbol.properties:
        return Pair(plain, e.Transpose(plain))
    if "unitary" in symbol.properties:
        return Pair(plain, e.Transpose(e.Inverse(plain)))
    stem, _, index = symbol.name.partition("_")
    tries = (canonical_name(f"{one}_{mark}{'_' * bool(index)}{index}") for mark in ("bar", "conj") for one in (stem, stem * 2))
    name = next(one for one in tries if one not in used)
    used.add(name)
    return Pair(plain, Symbol(name, symbol.shape, kept))


# ------------------------------------------------------------ what has real values, by conjugates


def _of_conj(node: e.Elementwise, operand: Pair, built: Mapping[Expr, Pair]) -> Pair:
    return Pair(operand.conjugate, operand.plain)


def _of_re(node: e.Elementwise, operand: Pair, built: Mapping[Expr, Pair]) -> Pair:
    if operand.is_real:
        return Pair(operand.plain, operand.plain)
    value = _scaled(_HALF, e.Sum((operand.plain, operand.conjugate)))
    return Pair(value, value)


def _of_im(node: e.Elementwise, operand: Pair, built: Mapping[Expr, Pair]) -> Pair:
    value = _scaled(_over_twice_the_unit(), e.Sum((operand.plain, e.Negative(operand.conjugate))))
    return Pair(value, value)


def _of_arg(node: e.Elementwise, operand: Pair, built: Mapping[Expr, Pair]) -> Pair:
    if operand.is_real:
        raise _not_known("arg of what is real, which jumps")
    logs = [e.Elementwise("log", one) for one in operand]
    value = _scaled(_over_twice_the_unit(), e.Sum((logs[0], e.Negative(logs[1]))))
    return Pair(value, value)


def _over_twice_the_unit() -> Expr:
    """1/(2i), as -i/2."""
    return e.Negative(product_of([_HALF, _UNIT_SYMBOL]))


def _of_abs(node: e.Elementwise, operand: Pair, built: Mapping[Expr, Pair]) -> Pair:
    if operand.is_real:
        plain = e.Elementwise("abs", operand.plain)
        return Pair(plain, plain)
    value = _modulus(node.argument, built)
    return Pair(value, value)


def _modulus(argument: Expr, built: Mapping[Expr, Pair]) -> Expr:
    """|u| as the square root of u conj(u), of a product as that of the factors, of a power as that
    of the base, so that no root of a square is left."""
    if isinstance(argument, e.Product | e.Hadamard) and all(f.shape in ((), argument.shape) for f in argument.factors):
        numbers = sum(not factor.shape for factor in argument.factors)
        if isinstance(argument, e.Hadamard) or len(argument.factors) - numbers <= 1:
            parts = {factor: _modulus_of_factor(factor, built) for factor in argument.factors}
            return with_operands(argument, parts)
    return _modulus_of_factor(argument, built)


def _modulus_of_factor(factor: Expr, built: Mapping[Expr, Pair]) -> Expr:
    if isinstance(factor, e.Power) and built[factor.exponent].is_real:
        return e.Power(_root(built[factor.base]), built[factor.exponent].plain)
    return _root(built[factor])


def _root(operand: Pair) -> Expr:
    if operand.is_real:
        return e.Elementwise("abs", operand.plain)
    return e.Power(_entrywise(operand), _HALF)


def _entrywise(operand: Pair) -> Expr:
    """u conj(u) of every entry."""
    return e.Hadamard(tuple(operand)) if operand.plain.shape else e.Product(tuple(operand))


_BY_CONJUGATES: Mapping[str, Callable[[e.Elementwise, Pair, Mapping[Expr, Pair]], Pair]] = {
    "conj": _of_conj, "re": _of_re, "im": _of_im, "arg": _of_arg, "abs": _of_abs,
}  # fmt: skip


def _scaled(number: Expr, value: Expr) -> Expr:
    return e.Product((number, value))


def _inner(left: Expr, right: Expr) -> Expr:
    """The sum of the products of the entries."""
    if left.is_scalar:
        return e.Product((left, right))
    if left.is_row:
        return e.Product((right, e.Transpose(left)))
    product = e.Product((e.Transpose(left), right))
    return e.Trace(product) if left.is_matrix else product


def _norm(node: e.Norm, below: list[Pair]) -> Expr:
    operand, *rest = below
    match node.kind:
        case "2" if len(node.operand.shape) <= 2:
            return e.Power(_inner(operand.conjugate, operand.plain), _HALF)
        case "2":
            return e.Power(e.Total(_entrywise(operand)), _HALF)
        case "1":
            return e.Total(_root(operand))
        case "p" if rest[0].is_real:
            p = rest[0].plain
            powers = e.Power(_root(operand), p)
            return e.Power(e.Total(powers) if powers.shape else powers, e.Quotient(e.Number(Fraction(1)), p))
        case "A" if rest[0].is_hermitian:
            columns = [e.Transpose(one) if one.is_row else one for one in operand]
            return e.Power(e.Product((e.Transpose(columns[1]), rest[0].plain, columns[0])), _HALF)
        case "nuclear":
            square = e.Product((e.Transpose(operand.conjugate), operand.plain))
            return e.Trace(e.Call("sqrtm", (square,), None, square.shape))
        case _:
            raise _not_known(f"this norm ({node.kind})")


def _real_valued(node: e.Norm | e.Call, below: list[Pair]) -> Pair:
    """A norm, or log|det X|: of a hermitian matrix the determinant is real."""
    if isinstance(node, e.Norm):
        norm = _norm(node, below)
        return Pair(norm, norm)
    (operand,) = below
    first, second = [e.Call("logdet", (one,), None, ()) for one in operand]
    if operand.is_hermitian:
        return Pair(first, first)
    value = _scaled(_HALF, e.Sum((first, second)))
    return Pair(value, value)


def _checked(node: e.Elementwise | e.Call | e.MatrixPower, below: list[Pair]) -> list[Pair]:
    """The operands, those of real value as such. Raises MatcalcError for a function that is known
    of real values only, where one is not."""
    if all(one.plain is one.conjugate for one in below):
        return below
    if isinstance(node, e.MatrixPower):
        if isinstance(node.exponent, e.Number) and node.exponent.value.denominator == 1:
            return below
        raise _not_known("a matrix power with an exponent that is no whole number")
    entry = computable().get(node.function)
    if entry is not None and entry.conjugate == "kept":
        return below
    if all(one.is_real for one in below):
        return [Pair(one.plain, one.plain) for one in below]
    raise _not_known(node.function)


def _not_known(what: str) -> MatcalcError:
    return MatcalcError(
        f"{what} is not known of complex numbers",
        expected="sums, products, powers, norms, abs, re, im, conj, traces, determinants, inverses and analytic functions",
    )


# ------------------------------------------------------------ back


def conj(operand: Expr) -> Expr:
    """The conjugate of an expression, as the printer likes it."""
    if isinstance(operand, e.Transpose):
        return e.Transpose(conj(operand.operand))
    return operand.argument if _is_conj(operand) else e.Elementwise("conj", operand)  # type: ignore[attr-defined]


def _is_conj(node: Expr) -> bool:
    return isinstance(node, e.Elementwise) and node.function == "conj"


def _settled(node: Expr) -> Expr:
    """The node with what is known of conjugates and of the imaginary unit."""
    match node:
        case e.Inverse(operand=Symbol(properties=known)) if "unitary" in known:
            return e.Transpose(conj(node.operand))
        case e.Transpose(operand=e.Transpose(operand=inner)):
            return inner
        case e.Power(base=e.Constant(name="i1"), exponent=e.Number(value=value)) if value.denominator == 1:
            return (_ONE, UNIT, e.Number(Fraction(-1)), e.Negative(UNIT))[int(value) % 4]
    return node


_ONE = e.Number(Fraction(1))
