"""The differential of one expression in terms of the differentials of what it is made of, by rules
as books write them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from types import MappingProxyType
from typing import Any, cast

from matcalc.base.errors import LimitError, NotDifferentiableError, ShapeError
from matcalc.base.files import RuleLine, read, rule_lines
from matcalc.base.functions import function_called, functions, is_entrywise
from matcalc.base.records import field_names
from matcalc.base.shapes import axes_of
from matcalc.base.sizes import Size
from matcalc.base.traversal import bottom_up, postordered, with_operands
from matcalc.derivation.pipeline import folded, reading_order, rows_of
from matcalc.einstein import nodes as ix
from matcalc.einstein.algebra import broadcast
from matcalc.expr.nodes import (
    Call,
    Elementwise,
    Entry,
    Expr,
    Hadamard,
    IndexArray,
    Indexed,
    IndexSum,
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
    Power,
    Product,
    Quotient,
    Reshape,
    Sum,
    Symbol,
    Trace,
    Transpose,
    children,
    postorder,
)
from matcalc.expr.rewriting import rebuilt_with, replaced, sum_of, symbols_in, with_fields
from matcalc.folding.build import UNIT, product, raised, row_symbols, scaled, spread
from matcalc.language import elaborate
from matcalc.printing import text
from matcalc.printing.notations import function_shown
from matcalc.products.differentials import pushed
from matcalc.rules.rewrites import derivative_of, partial_of
from matcalc.steps.differential.adjoints import transposed, weight
from matcalc.steps.differential.marks import Marks, written
from matcalc.steps.stating import composed, outer_function, outer_power
from matcalc.steps.step import Words, Writing

# ------------------------------------------------------------
# Loads ``rules/differentials.rules``: the differentials of functions as books write them, found by
# matching expressions.


@dataclass(frozen=True, slots=True)
class DifferentialRule:
    """``left`` has the differential ``right``; ``moves`` gives for each variable of the pattern the
    symbol for its differential."""

    name: str
    left: Expr
    right: Expr
    moves: Mapping[Symbol, Symbol]
    source: str


@dataclass(frozen=True, slots=True)
class Found:
    """A rule that matches an expression: what each variable stands for, and each size name."""

    rule: DifferentialRule
    values: Mapping[Symbol, Expr]
    sizes: Mapping[Size, Size]


@cache
def differential_rules() -> tuple[DifferentialRule, ...]:
    """The lines of the file.

    Raises ValueError for a line that is not of the form ``name | variables | function =
    differential | source``, whose sides differ in shape, or whose right side uses a name that the
    left side does not bind.
    """
    return tuple([read_rule(line) for line in rule_lines("differentials.rules", read("rules", "differentials.rules"))])


def read_rule(line: RuleLine) -> DifferentialRule:
    """The rule of a line. Raises ValueError for sides that do not fit each other."""
    name = line.name
    changes = "; ".join("d" + variable.strip() for variable in line.variables.split(";"))
    left = elaborate(line.left, line.variables).expression
    right = elaborate(line.right, f"{line.variables}; {changes}").expression
    if left.shape != right.shape:
        raise ValueError(f"differential {name!r}: the two sides have different shapes")
    bound, used = symbols_in(left), symbols_in(right)
    moves = {symbol: used[f"d{key}"] for key, symbol in bound.items() if f"d{key}" in used}
    unbound = used.keys() - bound.keys() - {move.name for move in moves.values()}
    if unbound or not moves:
        raise ValueError(f"differential {name!r}: the right side uses {', '.join(sorted(unbound)) or 'no differential'}")
    return DifferentialRule(name, left, right, moves, line.source)


def found_rule(expression: Expr) -> Found | None:
    """The first rule whose left side is this expression."""
    for rule in differential_rules():
        values: dict[Symbol, Expr] = {}
        sizes: dict[Size, Size] = {}
        if _matches(rule.left, expression, values, sizes):
            return Found(rule, values, sizes)
    return None


def _matches(pattern: Expr, expression: Expr, values: dict[Symbol, Expr], sizes: dict[Size, Size]) -> bool:
    """Whether the expression has the form of the pattern, whose symbols stand for anything of their
    kind."""
    pending = [(pattern, expression)]
    while pending:
        form, found = pending.pop()
        if isinstance(form, Symbol):
            if values.setdefault(form, found) is not found or not _fits(form, found, sizes):
                return False
            continue
        if not _is_alike(form, found):
            return False
        pending += zip(children(form), children(found), strict=True)
    return True


def _is_alike(form: Expr, found: Expr) -> bool:
    """Whether two nodes are the same but for their operands and sizes."""
    if type(form) is not type(found) or len(children(form)) != len(children(found)) or isinstance(form, Number):
        return form is found
    own = [getattr(form, field) for field in field_names(form)]
    other = [getattr(found, field) for field in field_names(form)]
    return all(isinstance(value, (Expr, Size, tuple)) or value == given for value, given in zip(own, other, strict=True))


def _fits(variable: Symbol, found: Expr, sizes: dict[Size, Size]) -> bool:
    if len(variable.shape) != len(found.shape) or found.is_row:
        return False
    return all(sizes.setdefault(own, other) == other for own, other in zip(variable.shape, found.shape, strict=True))


def instantiated(found: Found, changes: Mapping[Symbol, Expr]) -> Expr:
    """The differential with what the variables stand for in their place, and ``changes`` for their
    differentials.

    Terms of variables that have no entry in ``changes``, because they are constant, are left out.
    """
    moves = found.rule.moves
    values = dict[Expr, Expr](found.values.items())
    values |= {move: changes[symbol] for symbol, move in moves.items() if symbol in changes}
    constant: set[Expr] = {move for symbol, move in moves.items() if symbol not in changes}

    def step(node: Expr, built: Mapping[Expr, Expr]) -> Expr:
        if node in values:
            return values[node]
        if isinstance(node, Sum):
            return _total([built[term] for term in node.terms if not _holds(term, constant)])
        if _holds(node, constant):
            return node
        return _computed(with_fields(node, lambda value: _field(value, built, found.sizes)))

    return bottom_up(postorder(found.rule.right), step)[found.rule.right]


def _total(terms: list[Expr]) -> Expr:
    """The sum of the terms; numbers alone are added."""
    numbers = [term.value for term in terms if isinstance(term, Number)]
    if len(terms) == 1:
        return terms[0]
    return Number(sum(numbers, Fraction(0))) if len(numbers) == len(terms) else Sum(tuple(terms))


def _computed(node: Expr) -> Expr:
    """``X^(2 − 1)`` is written X."""
    if isinstance(node, Negative) and isinstance(node.operand, Number):
        return Number(-node.operand.value)
    plain = isinstance(node, MatrixPower) and isinstance(node.exponent, Number) and node.exponent.value == 1
    return node.below[0] if plain else node


def _holds(node: Expr, symbols: set[Expr]) -> bool:
    return bool(symbols) and any(below in symbols for below in postorder(node))


def _field(value: Any, built: Mapping[Expr, Expr], sizes: Mapping[Size, Size]) -> Any:
    if isinstance(value, Expr):
        return built[value]
    return sizes.get(value, value) if isinstance(value, Size) else value


# ------------------------------------------------------------
# The differential of one expression in terms of the differentials of what it is made of.
#
# Sums, products, transposes and all else that is linear in what it is made of are gone through at
# once, down to the variable or to a function that is not linear; of such a function the
# differential is taken from ``rules/differentials.rules``, from ``rules/functions.toml`` (entry by
# entry), or, where neither has it, from the engine's own pushforward.

MOST_TERMS = 24
"""More terms of one product rule are not told."""
_LONGEST_POWER = 4
_SAID: Mapping[type[Expr], str] = MappingProxyType({
    IndexSum: "an explicit sum", IndexArray: "a tensor", Entry: "an entry", MatrixPower: "a matrix power",
    Power: "a power", Quotient: "a quotient", Norm: "a norm", Inverse: "an inverse",
})  # fmt: skip


class Untold(Exception):
    """There is no narration by differentials; the message says of what."""


@dataclass(frozen=True)
class Line:
    """One line: what a differential is equal to, and by which rule; ``source`` is where the rule
    comes from."""

    right: Expr
    rule: str
    source: str = ""
    remark: str = ""
    composed: Words = ()


class Expander:
    """Differentials of expressions when the variable of ``marks`` changes."""

    def __init__(self, marks: Marks) -> None:
        self.marks = marks
        self._active: dict[Expr, bool] = {}

    def depends(self, expression: Expr) -> bool:
        """Whether the expression changes with the variable."""
        for node in postorder(expression, known=self._active):
            meant = self.marks.definition(node)  # in terms of names before it, so this goes no deeper than there are names
            inside = children(node) if meant is None else (meant,)
            self._active[node] = node is self.marks.variable or any(self.depends(child) for child in inside)
        return self._active[expression]

    def expanded(self, expression: Expr) -> Line:
        """The differential of an expression that depends on the variable.

        Raises Untold where no rule is known, LimitError for a product with too many factors that
        depend on the variable.
        """
        meant = self.marks.definition(expression)
        if meant is not None:
            return self.expanded(meant)
        found = None if self._over_constant(expression) else found_rule(expression)
        if found is not None:
            changes = {symbol: self.marks.change(value) for symbol, value in found.values.items() if self.depends(value)}
            if all(symbol in found.rule.moves for symbol in changes):
                right = self._with_pairings(instantiated(found, changes))
                return Line(right, found.rule.name, found.rule.source)
        if self._is_linear(expression):
            return self._through(expression)
        return self._of_function(expression)

    # ------------------------------------------------------------ linear structure

    def _is_linear(self, node: Expr) -> bool:
        """Whether the differential follows by the rules for sums and products alone, taken one step
        down."""
        if self._over_constant(node):
            return True
        if found_rule(node) is not None or isinstance(node, Reshape):
            return False
        if isinstance(node, Entry):
            return all(isinstance(position, Size) for position in node.positions)
        return isinstance(node, Sum | Linear | Multilinear)

    def _over_constant(self, node: Expr) -> bool:
        """Whether this is a quotient by what does not change."""
        return isinstance(node, Quotient) and node.numerator.shape == node.shape and not self.depends(node.denominator)

    def _varying(self, node: Expr) -> tuple[Expr, ...]:
        return tuple(filter(self.depends, children(node)))

    def _through(self, root: Expr) -> Line:
        done: dict[Expr, Expr] = {}
        kinds: dict[str, None] = {}
        sources: dict[str, None] = {}
        for node in postordered([root], lambda node: self._varying(node) if node is root or self._is_linear(node) else ()):
            if is_square(node):
                squared = self.expanded(node)
                done[node] = squared.right
                kinds.setdefault(squared.rule)
                sources.setdefault(squared.source)
            elif node is not self.marks.variable and (node is root or self._is_linear(node)):
                done[node] = self._one(node, done, kinds)
            else:
                done[node] = self.marks.change(node)
        if len(kinds) > 1:
            kinds.pop("linearity", None)
        return Line(done[root], ", ".join(reversed(kinds)) or "linearity", "; ".join(sources))

    def _one(self, node: Expr, done: dict[Expr, Expr], kinds: dict[str, None]) -> Expr:
        match node := cast("Node", node):
            case Sum():
                kinds.setdefault("sum rule")
                terms = [done[term] for term in node.terms if self.depends(term)]
                return sum_of(terms)
            case Product() | Hadamard() | Kronecker():
                return self._of_factors(type(node), node.factors, done, kinds)
            case Transpose():
                return transposed(done[node.operand])
            case Leaf() | Linear() | Nonlinear() | Indexed():
                kinds.setdefault("linearity")
                return with_operands(node, done)

    def _of_factors(self, kind: type, factors: tuple[Expr, ...], done: dict[Expr, Expr], kinds: dict[str, None]) -> Expr:
        places = [k for k, factor in enumerate(factors) if self.depends(factor)]
        if len(places) > MOST_TERMS:
            raise LimitError(
                f"the product rule gives {len(places)} terms here, too many for steps with differentials",
                suggestion="the steps in index notation",
            )
        kinds.setdefault("product rule" if len(places) > 1 else "constant factor")
        terms = [_multiplied(kind, factors, k, done[factors[k]]) for k in places]
        return sum_of(spread(terms))

    # ------------------------------------------------------------ functions

    def _of_function(self, node: Expr) -> Line:
        match node := cast("Node", node):
            case Elementwise(function=name, argument=argument):
                right = _times(self._slope(name, argument), self.marks.change(argument))
                rules = f"derivative of {function_shown(name)}", "chain rule"
                return self._chained(right, argument, outer_function(name, argument), rules, _slope_text(name))
            case Call(function=name, arguments=arguments) if is_entrywise(name):
                return self._of_several(name, arguments)
            case Power(base=base, exponent=Number(value=value)) if self.depends(base):
                right = _times(raised(base, value - 1), self.marks.change(base), value)
                return self._chained(right, base, outer_power(value, base), ("power rule", "power and chain rule"))
            case MatrixPower(base=base, exponent=Number(value=value)) if value.denominator == 1 and self.depends(base):
                return self._matrix_power(node, base, int(value))
            case Leaf() | Linear() | Sum() | Multilinear() | Nonlinear() | Indexed():
                return self._pushed(node)

    def _chained(self, right: Expr, inner: Expr, outer: Writing, rules: tuple[str, str], slope: str = "") -> Line:
        """The differential of a function; the second of the rules is that of an inner function."""
        remark = "; ".join(filter(None, ["entry by entry" if inner.shape else "", slope]))
        if inner is self.marks.variable:
            return Line(right, rules[0], remark=remark)
        return Line(right, rules[1], remark=remark, composed=composed(outer, written(inner, self.marks)))

    def _of_several(self, name: str, arguments: tuple[Expr, ...]) -> Line:
        """To each argument that varies its partial derivative."""
        values = dict(zip(function_called(name).parameters, arguments, strict=True))
        whole = max(arguments, key=lambda argument: len(argument.shape))
        shape = axes_of(whole.shape)
        letters = {letter: ix.Symbol(letter, axes_of(argument.shape)) for letter, argument in values.items()}
        spread_out = tuple([broadcast(letter, shape) if letter.order < len(shape) else letter for letter in letters.values()])
        order = {letter: place for place, letter in enumerate(letters)}
        terms = []
        for place, argument in enumerate(arguments):
            if self.depends(argument):
                slope = folded(partial_of(name, place, spread_out), rows_of(whole), order, {})
                if slope is None:
                    raise Untold(f"the derivative of {name}")
                terms.append(_times(replaced(slope, values), self.marks.change(argument)))
        return Line(sum_of(spread(terms)), "chain rule")

    def _slope(self, name: str, argument: Expr) -> Expr:
        """f'(argument) as a matrix expression."""
        if name == "exp":
            return Elementwise("exp", argument)
        letter = Symbol("t", argument.shape)
        slope = folded(
            derivative_of(name, ix.Symbol("t", axes_of(argument.shape))), rows_of(argument), {"t": 0}, row_symbols(letter)
        )
        if slope is None:
            raise Untold(f"the derivative of {name}")
        return replaced(slope, {"t": argument})

    def _matrix_power(self, node: Expr, base: Expr, count: int) -> Line:
        if count < 0:
            inside = base if count == -1 else MatrixPower(base, Number(Fraction(-count)))
            return Line(
                Negative(Product((node, self.marks.change(inside), node))), "inverse", "Magnus & Neudecker (2019) ch. 8 th. 3"
            )
        if not 2 <= count <= _LONGEST_POWER:
            return self._pushed(node)
        powers = [[_matrix_power(base, k), self.marks.change(base), _matrix_power(base, count - 1 - k)] for k in range(count)]
        terms = [Product(tuple(filter(None, factors))) for factors in powers]
        return Line(Sum(tuple(terms)), "product rule")

    def _pushed(self, node: Expr) -> Line:
        """What the engine makes of the change of each operand, or of the variable where an operand
        cannot be named."""
        name = function_shown(node.function) if isinstance(node, Call) else _SAID.get(type(node), "this function")
        for changed, moves, back in self._openings(node):
            try:
                lowered = pushed(changed, {symbol: ix.Symbol(move.name, axes_of(move.shape)) for symbol, move in moves.items()})
            except (NotDifferentiableError, ShapeError):  # a vec form does not combine with a symbol of its length
                continue
            order = reading_order(changed)
            order |= {move.name: place for place, move in enumerate(moves.values(), len(order))}
            form = folded(lowered.tensor, lowered.split, order, row_symbols(changed, *moves.values()))
            if form is not None and form.shape == node.shape:
                right = self._with_pairings(replaced(form, back))
                return Line(right, "differential", remark=f"of {name}, found entry by entry")
        raise Untold(f"the differential of {name} has no matrix form")

    def _openings(self, node: Expr) -> Iterator[tuple[Expr, dict[Symbol, Symbol], dict[str, Expr]]]:
        """The function of named arguments, with a symbol for the differential of each, and what all
        these stand for; then with the variable in sight."""
        if not isinstance(node, (IndexSum, IndexArray, Entry)):
            named: dict[Expr, Expr] = {}
            for child in children(node):
                if self.depends(child) and child not in named:
                    facts = child.properties if isinstance(child, Symbol) else frozenset[str]()
                    named[child] = Symbol(f"argument {len(named)}", child.shape, facts)
            moves = {symbol: Symbol(f"d{symbol.name}", symbol.shape) for symbol in named.values() if isinstance(symbol, Symbol)}
            back = {symbol.name: child for child, symbol in zip(named, moves, strict=True)}
            back |= {move.name: self.marks.change(child) for child, move in zip(named, moves.values(), strict=True)}
            yield with_operands(node, named), moves, back
        yield self.marks.opened(node), {self.marks.variable: self.marks.move}, {}

    # ------------------------------------------------------------ inner products

    def _with_pairings(self, expression: Expr) -> Expr:
        """``tr(Aᵀ dB)`` and ``aᵀ db`` as inner products."""
        return rebuilt_with(expression, self._paired)

    def _paired(self, node: Expr) -> Expr:
        body = node.operand if isinstance(node, Trace) else node
        if not node.is_scalar or not isinstance(body, Product) or len(body.factors) < 2:
            return node
        *scalars, left, right = body.factors
        if any(not factor.is_scalar for factor in scalars) or not isinstance(left, Transpose) or self.marks.meant(right) is None:
            return node
        if left.operand.shape != right.shape or right.is_scalar:
            return node
        return product([*scalars, self.marks.pairing(left.operand, right)])


def is_square(node: Expr) -> bool:
    """Whether this is ``‖A‖²``."""
    return (
        isinstance(node, Power) and isinstance(node.base, Norm) and node.base.kind == "2" and node.exponent is Number(Fraction(2))
    )


def _multiplied(kind: type, factors: tuple[Expr, ...], place: int, change: Expr) -> Expr:
    """One term of the product rule."""
    if isinstance(change, Negative):
        return Negative(_multiplied(kind, factors, place, change.operand))
    made: Expr = kind((*factors[:place], change, *factors[place + 1 :]))
    if made.is_scalar and isinstance(change, Product) and isinstance(change.factors[0], Number):  # ½ (2 ⟨A, dA⟩)
        return weight(made).expression
    return made


def _times(slope: Expr, change: Expr, number: Fraction = Fraction(1)) -> Expr:
    """``f′(Z) ⊙ dZ`` with numbers and scalars in front, or the product of scalars."""
    held = weight(slope)
    held = replace(held, number=held.number * number)
    if change.is_scalar or held.body is None:
        factors = [*held.scalars, *(() if held.body is None else (held.body,)), change]
    elif isinstance(held.body, Quotient) and held.body.numerator is UNIT:
        factors = [*held.scalars, Quotient(change, held.body.denominator)]
    else:
        factors = [*held.scalars, Hadamard((held.body, change))]
    over = product(factors)
    return scaled(held.number, Quotient(over, product(held.below)) if held.below else over)


@cache
def _slope_text(name: str) -> str:
    """``tanh′(t) = 1 − tanh(t)²``, for a derivative that is short."""
    found = functions().get(name)
    if found is None:
        return ""
    slope = text(elaborate(found.derivative, {"t": "scalar"}).expression)
    return f"{found.unicode or name}′(t) = {slope}" if len(slope) <= 24 else ""


def _matrix_power(base: Expr, count: int) -> Expr | None:
    return None if count == 0 else base if count == 1 else MatrixPower(base, Number(Fraction(count)))
