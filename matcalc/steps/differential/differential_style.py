"""The derivation by differentials, in the style of Magnus and Neudecker: ``df = ⟨G, dX⟩``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from matcalc.base.errors import LimitError
from matcalc.base.layouts import Layout
from matcalc.base.sizes import Size
from matcalc.derivation.pipeline import differentiate
from matcalc.expr.nodes import (
    Call,
    Commutation,
    DiagonalMatrix,
    Expr,
    Identity,
    Kronecker,
    Negative,
    Norm,
    Number,
    Ones,
    Power,
    Product,
    Quotient,
    Symbol,
    Transpose,
    Vec,
    Zeros,
    postorder,
)
from matcalc.expr.rewriting import rebuilt_with, symbols_in
from matcalc.facts.table import Tie, mirrored, tie_of
from matcalc.folding.build import cost, product, scaled
from matcalc.printing import index_text, text
from matcalc.printing.notations import name_in, notation_of
from matcalc.steps.differential.adjoints import Weight, added, transposed, weight
from matcalc.steps.differential.expansion import Line, Untold
from matcalc.steps.differential.marks import DifferentialSide, Marks, SecondDifferentialSide, abbreviated, width, written
from matcalc.steps.differential.telling import Teller, normal_form
from matcalc.steps.stating import stated
from matcalc.steps.step import DerivativeSide, ExpressionSide, Question, Side, Step, Steps, TensorSide, Words, Writing

LARGEST = 3000
"""Expressions that cost more to read are not told line by line."""


def differential_steps(question: Question) -> Steps:
    """The steps from ``df`` to the engine's answer.

    Where the differential has no matrix form on the way, the steps up to there are left out, and
    the one step that is left says so. Raises LimitError for an expression that is too long to be
    told, MatcalcError when a name such as ``dX`` is in use.
    """
    if cost(question.expression) > LARGEST:
        raise LimitError(
            "the expression is too long for steps with differentials",
            suggestion="intermediate results with names, and the derivatives by one of them",
        )
    return _Narrator(question).steps()


_TIE_LAWS = {
    "diagonal": ("diagonal", "⟨A, D⟩ = ⟨A ⊙ I, D⟩"),
    "symmetric": ("symmetric", "⟨A, S⟩ = ⟨½ (A + Aᵀ), S⟩"),
    "antisymmetric": ("antisymmetric", "⟨A, S⟩ = ⟨½ (A − Aᵀ), S⟩"),
    "lower": ("lower triangular", "⟨A, L⟩ = ⟨A ⊙ tril(𝟏𝟏ᵀ), L⟩"),
    "upper": ("upper triangular", "⟨A, U⟩ = ⟨A ⊙ tril(𝟏𝟏ᵀ)ᵀ, U⟩"),
}
"""What a change with each tie is called, and the part of a matrix that an inner product with it
sees."""


def _kept_entries(tie: Tie, size: Size) -> Expr:
    """One where a matrix with this tie has entries, zero elsewhere."""
    if tie == "diagonal":
        return Identity(size)
    lower = Call("tril", (Ones((size, size)),), None, (size, size))
    return lower if tie == "lower" else Transpose(lower)


_READABLE = 100
"""Lines with more characters are told with abbreviations."""


@dataclass(frozen=True)
class _Told:
    lines: list[Line]
    marks: Marks
    last: object


class _Narrator:
    def __init__(self, question: Question) -> None:
        self.question = question
        self.expression = question.expression
        names = set(symbols_in(question.expression)) | {symbol.name for symbol in question.wrt}
        scalar = question.expression.is_scalar
        vector = question.expression.is_column or question.expression.is_row
        letters = ("f", "s", "L", "φ") if scalar else ("y", "z", "q") if vector else ("Y", "F", "Z", "Q")
        self.letter = next((letter for letter in letters if letter not in names), letters[-1])
        self.taken = frozenset(names)
        self.told: list[Step] = []
        self.abbreviations: dict[str, Expr] = {}

    def steps(self) -> Steps:
        first = self.question.wrt[0]
        self._given()
        before = len(self.told)
        remark = ""
        try:
            if len(self.expression.shape) > 2:
                raise Untold("a tensor of order 3 or 4")
            if len(self.question.wrt) == 2:
                self._second(*self.question.wrt)
            elif first not in postorder(self.expression):
                self._step(
                    "constant", self._left(), _same("0"), self._side(self._marks(first)), ExpressionSide(_zero(self.expression))
                )
            elif self.expression.is_scalar:
                self._gradient(first)
            else:
                self._jacobian(first)
        except Untold:
            del self.told[before:]
            remark = "found entry by entry, because there is no matrix form on the way; the steps in index notation show how"
        self._answer(remark)
        return Steps.of(self.told, stated(self.question, self.letter))

    # ------------------------------------------------------------ first derivatives

    def _gradient(self, variable: Symbol) -> None:
        """``df = … = ⟨G, dX⟩``."""
        marks = self._marks(variable)
        told = self._told(self.expression, marks, _same(self.letter), Teller.scalar)
        marks, held = told.marks, told.last
        assert isinstance(held, Weight)
        self._tell(told.lines, marks, self._left(), self._side(marks))
        tie, convention = tie_of(variable.properties), self.question.symmetric
        if convention == "projected" or (convention == "cookbook" and not mirrored(tie)):
            held = self._tied(held, variable, marks)
        if len(self.question.wrt) == 1 and not (tie and convention != "projected"):
            self._read_off(held, variable, marks)

    def _read_off(self, held: Weight, variable: Symbol, marks: Marks) -> None:
        """``∂f/∂X = G``, where more than the layout lies between G and the answer."""
        if not held.number:
            return
        answer = self.question.outcome.expression
        if self.question.layout != "denominator":
            answer = differentiate(self.expression, (variable,)).expression
        if not marks.definitions and answer is not None and _read_alike(held.expression, answer):
            return
        left, shown = _derivative_writing(self.letter, (variable,)), held.expression
        side = DerivativeSide(self.expression, (variable,), "projected", "denominator")
        self._step("read off", left, written(shown, marks), side, DifferentialSide(shown, marks))

    def _tied(self, held: Weight, variable: Symbol, marks: Marks) -> Weight:
        """The part of the gradient that the change of a structured variable sees."""
        tie = tie_of(variable.properties)
        if not tie or held.body is None:
            return held
        sign = mirrored(tie)
        if sign:
            kept = added([_times(held, Fraction(1, 2)), _times(held.turned(), Fraction(sign, 2))])
        else:
            kept = held.elementwise(_kept_entries(tie, variable.rows))
        if kept.expression is held.expression or not kept.number:
            return kept
        words, law = _TIE_LAWS[tie]
        line = Line(marks.pairing(kept.expression, marks.move), f"{words} change", remark=law)
        self._tell([line], marks, self._left(), self._side(marks))
        return kept

    def _jacobian(self, variable: Symbol) -> None:
        """``dY = …``, then ``vec(dY) = J vec(dX)``."""
        told = self._told(self.expression, self._marks(variable), _same(self.letter), Teller.array)
        marks = told.marks
        self._tell(told.lines, marks, self._left(), self._side(marks))
        if self.question.symmetric != "projected" and tie_of(variable.properties) == "symmetric":
            return
        jacobian = self.question.outcome.expression
        if jacobian is None or self.question.layout != "numerator":
            outcome = differentiate(self.expression, (variable,), layout="numerator", symmetric=self.question.symmetric)
            jacobian = outcome.expression
        self._identified(self.expression, self._left(), jacobian, marks)

    def _identified(self, value: Expr, left: Writing, jacobian: Expr | None, marks: Marks) -> None:
        """``vec(dY) = J vec(dX)``: what stands before the differential is the Jacobian."""
        if jacobian is None:
            return
        change, move = marks.change(value), Vec(marks.move) if marks.move.is_matrix else marks.move
        if value.is_matrix and not move.is_scalar:
            left, change = _inside("vec", left), Vec(change)
        if move.shape and jacobian.cols != move.rows:
            return
        right = _scaled_by(move, jacobian) if value.is_matrix and move.is_scalar else _applied(jacobian, move)
        if right.shape != change.shape or right.cols != change.cols:
            return
        line = Line(right, "identification", remark=_vec_law(jacobian, value, marks))
        self._tell([line], marks, left, DifferentialSide(change, marks))

    # ------------------------------------------------------------ second derivatives

    def _second(self, first: Symbol, second: Symbol) -> None:
        """The differential of the gradient, ``d(∂f/∂x) = H dx``."""
        symmetric = self.question.symmetric
        gradient = differentiate(self.expression, (first,), symmetric=symmetric).expression
        if gradient is None:
            raise Untold("the gradient has no matrix form")
        if first in postorder(self.expression):
            (self._gradient if self.expression.is_scalar else self._jacobian)(first)
        slope = _derivative_writing(self.letter, (first,))
        found = DerivativeSide(self.expression, (first,), symmetric, "denominator")
        self._step("first derivative", slope, _written(gradient), found, ExpressionSide(gradient))
        marks = self._marks(second)
        left = _inside("d", slope)
        side = DifferentialSide(marks.change(gradient), marks)
        if second not in postorder(gradient):
            self._step("constant", left, _same("0"), side, ExpressionSide(_zero(gradient)))
            return
        told = self._told(gradient, marks, slope, Teller.scalar if gradient.is_scalar else Teller.array)
        self._tell(told.lines, told.marks, left, side)
        layout: Layout = "denominator" if self.expression.is_scalar else "numerator"
        hessian = differentiate(self.expression, (first, second), layout=layout, symmetric=symmetric).expression
        if hessian is None or (tie_of(second.properties) and symmetric != "projected"):
            return
        if not gradient.is_scalar:
            self._identified(gradient, left, hessian, told.marks)
        if first is second and self.expression.is_scalar:
            self._quadratic(hessian, told.marks)

    def _quadratic(self, hessian: Expr, marks: Marks) -> None:
        """``d²f = dxᵀ H dx``."""
        held = weight(hessian)
        move: Expr = Vec(marks.move) if marks.move.is_matrix else marks.move
        if held.body is None or not move.shape:
            return
        form = Weight(held.number, (*held.scalars, product([transposed(move), held.body, move])), held.below).expression
        if form.is_scalar:
            side = SecondDifferentialSide(self.expression, marks)
            self._tell([Line(form, "second differential")], marks, self._left(2), side)

    # ------------------------------------------------------------ abbreviations

    def _told(self, expression: Expr, marks: Marks, left: Writing, tell: Callable[[Teller, Expr], object]) -> _Told:
        """The lines; with names for what is long in them, told by steps of their own, where the
        lines are too long to be read."""
        teller = Teller(marks)
        last = tell(teller, expression)
        plain = _Told(teller.lines, marks, last)
        if max((width(line.right, marks) for line in plain.lines), default=0) <= _READABLE:
            return plain
        names = self.taken | {size for symbol in postorder(expression) for part in symbol.shape for size in part.names}
        short, definitions = abbreviated(expression, names | frozenset(self.abbreviations))
        if not definitions:
            return plain
        definitions = {**self.abbreviations, **definitions}
        named = Marks(marks.variable, self.taken, free=self.question.symmetric == "independent", definitions=definitions)
        teller = Teller(named)
        last = tell(teller, short)
        for name, definition in definitions.items():
            if name not in self.abbreviations:
                symbol = Symbol(name, definition.shape)
                self._step("abbreviation", _written(symbol), written(definition, named), *_both(definition, named))
        self.abbreviations = definitions
        self._step("abbreviation", left, written(short, named), *_both(short, named))
        return _Told(teller.lines, named, last)

    # ------------------------------------------------------------ single steps

    def _given(self) -> None:
        """The expression, and squared norms in it as inner products."""
        side = ExpressionSide(self.expression)
        left = _same(self.letter)
        self._step("given", left, _written(self.expression), side, side)
        marks = self._marks(self.question.wrt[0])
        squares = rebuilt_with(self.expression, lambda node: _as_pairing(node, marks))
        if squares is not self.expression:
            self._step(
                "inner product", left, written(squares, marks), side, DifferentialSide(squares, marks), remark="‖A‖² = ⟨A, A⟩"
            )

    def _answer(self, remark: str) -> None:
        question, shown = self.question, self.question.outcome.shown
        left = _derivative_writing(self.letter, question.wrt)
        found: Side = DerivativeSide(self.expression, question.wrt, question.symmetric, question.layout)
        right: Side
        if shown is None:
            tensor = question.outcome.tensor
            found, right = DerivativeSide(self.expression, question.wrt, question.symmetric), TensorSide(tensor)
            writing = Writing.of(lambda style: index_text(tensor, style))
        else:
            writing, right = _written(shown), ExpressionSide(shown)
        rule = "answer" if remark else "simplify" if self.told[-1].left_writing == left else "read off"
        notes = [remark, self._layout_note(remark)]
        if question.symmetric == "cookbook" and any(tie_of(symbol.properties) == "symmetric" for symbol in question.wrt):
            notes.append("G + Gᵀ − diag(G) for a symmetric variable")
        self._step(rule, left, writing, found, right, remark="; ".join(filter(None, notes)))

    def _layout_note(self, remark: str) -> str:
        question = self.question
        if question.outcome.shown is None:
            return "" if remark else "entry by entry, in index notation"
        if question.layout != "denominator":
            return f"{question.layout} layout"
        transposed = not remark and len(question.wrt) == 1 and self.expression.shape and question.wrt[0].shape
        return "the transpose, in the denominator layout" if transposed else ""

    def _tell(self, lines: list[Line], marks: Marks, left: Writing, side: Side) -> None:
        for line in lines:
            self._step(
                line.rule,
                left,
                written(line.right, marks),
                side,
                DifferentialSide(line.right, marks),
                source=line.source,
                remark=line.remark,
                composed=line.composed,
            )

    def _step(
        self,
        rule: str,
        left: Writing,
        right: Writing,
        side: Side,
        other: Side,
        *,
        source: str = "",
        remark: str = "",
        composed: Words = (),
    ) -> None:
        if self.told and self.told[-1].left_writing == left and self.told[-1].right_writing == right:
            return
        self.told.append(Step(rule, left, right, side, other, source, remark, composed))

    def _marks(self, variable: Symbol) -> Marks:
        return Marks(variable, self.taken, free=self.question.symmetric == "independent")

    def _left(self, order: int = 1) -> Writing:
        return Writing.of(lambda style: notation_of(style).differential(self.letter, order))

    def _side(self, marks: Marks) -> Side:
        return DifferentialSide(marks.change(self.expression), marks)


def _read_alike(one: Expr, other: Expr) -> bool:
    """Whether a reader sees that two formulas are equal: they have one normal form, which is not
    much shorter than the other."""
    return one is other or (normal_form(one) is other and 3 * cost(other) > 2 * cost(one))


def _both(expression: Expr, marks: Marks) -> tuple[Side, Side]:
    """An abbreviated expression: what it stands for, and itself."""
    return ExpressionSide(marks.opened(expression)), DifferentialSide(expression, marks)


def _as_pairing(node: Expr, marks: Marks) -> Expr:
    squared = isinstance(node, Power) and isinstance(node.exponent, Number) and node.exponent.value == 2
    norm = node.below[0] if squared else node
    return marks.pairing(norm.operand, norm.operand) if squared and isinstance(norm, Norm) and norm.kind == "2" else node


def _applied(jacobian: Expr, move: Expr) -> Expr:
    """``J dx``, scalars in front."""
    if isinstance(jacobian, Negative):
        return Negative(_applied(jacobian.operand, move))
    held = weight(jacobian)
    if held.body is None:
        return product([jacobian, move])
    parts = Product((held.body, move))
    over = product([*held.scalars, parts]) if held.scalars else parts
    return scaled(held.number, Quotient(over, product(held.below)) if held.below else over)


def _vec_law(jacobian: Expr, value: Expr, marks: Marks) -> str:
    """How the vec of a term with the differential becomes a matrix times its vec."""
    kinds = {type(node) for node in postorder(jacobian)}
    if not value.is_matrix or not marks.move.is_matrix:
        return ""
    if any(isinstance(node, Kronecker) and marks.variable in postorder(node) for node in postorder(value)):
        return "vec(A ⊗ B) = (I ⊗ K ⊗ I) (vec(A) ⊗ vec(B)), K a commutation matrix"
    if Kronecker in kinds:
        return "vec(A dX B) = (Bᵀ ⊗ A) vec(dX)"
    if Commutation in kinds:
        return "vec(dXᵀ) = K vec(dX), K the commutation matrix"
    return "vec(A ⊙ dX) = diag(vec(A)) vec(dX)" if DiagonalMatrix in kinds else ""


def _scaled_by(move: Expr, matrix: Expr) -> Expr:
    """``dt A``, the sign in front."""
    return Negative(_scaled_by(move, matrix.operand)) if isinstance(matrix, Negative) else product([move, matrix])


def _times(held: Weight, number: Fraction) -> Weight:
    return replace(held, number=held.number * number)


def _zero(expression: Expr) -> Expr:
    return Zeros(expression.shape) if expression.shape else Number(Fraction(0))


def _same(words: str) -> Writing:
    return Writing.of(lambda _: words)


def _written(expression: Expr) -> Writing:
    return Writing.of(lambda style: text(expression, style))


def _inside(name: str, writing: Writing) -> Writing:
    return Writing.of(lambda style: notation_of(style).function_of(name, writing.spelled(style)))


def _derivative_writing(letter: str, wrt: tuple[Symbol, ...]) -> Writing:
    """``∂f/∂X``, ``∂²f/∂x²``, ``∂²f/∂x∂y``."""
    names = [symbol.name for symbol in wrt]
    return Writing.of(lambda style: notation_of(style).derivative(letter, [name_in(style, name) for name in names], whole=True))
