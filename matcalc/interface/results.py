"""A derivation with its texts, its callable and its conditions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property
from importlib import import_module
from re import findall
from typing import TYPE_CHECKING, Any, cast

from matcalc.base.budgets import as_call
from matcalc.base.errors import MatcalcError
from matcalc.base.functions import over
from matcalc.base.layouts import COSTS, Layout, Symmetric
from matcalc.base.lazy import later
from matcalc.base.records import guarded, replace
from matcalc.derivation.pipeline import Outcome, over_samples
from matcalc.expr.nodes import Expr, Symbol
from matcalc.language.decisions import warned
from matcalc.language.declare.declared import declaration_text
from matcalc.objects.inputs import require_choice
from matcalc.objects.parsed import ParsedExpression, Reading, Style, array_function, checked_style, plain_shape, programs
from matcalc.printing import Shown, member_notes, operand, text
from matcalc.printing.notations import checked_notation, notation_of

if TYPE_CHECKING:
    import matcalc.simplifying.shown_forms as shown_forms
    import matcalc.sympy_exchange as sympy_exchange
    from matcalc.einstein.nodes import Tensor
    from matcalc.entries import Entries
    from matcalc.interface.equations import Equation
    from matcalc.objects.inputs import Names
    from matcalc.printing import indices
    from matcalc.simplifying.shown_forms import Named
    from matcalc.steps.step import Steps
else:
    indices = later("matcalc.printing.indices")
    shown_forms = later("matcalc.simplifying.shown_forms")
    sympy_exchange = later("matcalc.sympy_exchange")

__all__ = ["Derivation", "ParsedExpression", "Style", "plain_shape"]


class Sided(Shown):
    """A formula, and what stands left of its equals sign; where there is no matrix formula, it is
    in index notation."""

    @property
    @abstractmethod
    def _formula(self) -> tuple[Expr | None, Tensor]:
        """The matrix formula, and the tensor."""

    @abstractmethod
    def _left(self, style: str, bold: bool) -> str:
        """What stands left of the equals sign, typeset."""

    @abstractmethod
    def _identity(self) -> tuple[object, ...]:
        """What equal results have in common."""

    @property
    @as_call
    def index_form(self) -> str:
        """The right side entry by entry, in index notation; always there."""
        return indices.index_text(self._formula[1], "unicode")

    @as_call
    def text(self, style: Style = "unicode") -> str:
        """The closed form in the input language; when there is none, the form with explicit sums,
        or the index form."""
        return self._written(checked_style(style))

    def _written(self, style: str) -> str:
        form, tensor = self._formula
        return indices.index_text(tensor, style) if form is None else text(form, style)

    @as_call
    def latex(self, equation: bool = False, *, bold: bool = False) -> str:
        """LaTeX source of the right-hand side, or of the whole equation; ``bold`` sets vectors and
        matrices in bold type.

        Entries, as in index notation, are not bold.
        """
        return self.typeset("latex", equation, bold=bold)

    @as_call
    def typeset(self, notation: str = "latex", equation: bool = False, *, bold: bool = False) -> str:
        """What ``latex`` gives, in a notation that is typeset: ``"latex"`` or ``"typst"``."""
        right = self._right(checked_notation(notation), bold)
        return f"{self._left(notation, bold)} = {right}" if equation else right

    @as_call
    def typeset_left(self, notation: str = "latex", *, bold: bool = False) -> str:
        """What stands left of the equals sign in ``typeset(notation, equation=True)``."""
        return self._left(checked_notation(notation), bold)

    def _right(self, style: str, bold: bool) -> str:
        form, tensor = self._formula
        return indices.index_text(tensor, style) if form is None else text(form, style, bold)

    def markdown(self, equation: bool = False, *, bold: bool = False) -> str:
        """What ``latex`` gives, between dollar signs."""
        return f"${self.latex(equation, bold=bold)}$"

    def _displayed(self) -> str:
        return self.latex(equation=True)

    def __eq__(self, other: object) -> bool:
        """Whether both are found in the same way from equal expressions."""
        if not isinstance(other, Sided) or type(self) is not type(other):
            return NotImplemented
        return self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())


@guarded
class Derivation(Sided):
    """The derivative of ``source`` by ``wrt`` in one layout.

    ``str()`` and ``text()`` give the closed matrix form when there is one, which ``closed`` tells;
    else a form with explicit sums, or the index form. ``shape`` is the shape of the result in
    ``layout``; ``conditions`` say where it holds, ``notes`` what was assumed.
    """

    source: ParsedExpression
    wrt: tuple[Symbol, ...]
    outcome: Outcome
    layout: Layout
    symmetric: Symmetric
    notes: tuple[str, ...]

    @property
    def expression(self) -> ParsedExpression | None:
        """The closed matrix form, or None when there is none."""
        form = self._short.closed_form
        if form is None:
            return None
        return ParsedExpression(form, self.source.declarations, self.notes, self.source.origin, families=self.source.other_names)

    @property
    def reading(self) -> Reading:
        """How the expression was read."""
        return self.source.reading

    @property
    def closed(self) -> bool:
        """Whether there is a closed matrix form (Kronecker and vec forms count)."""
        return self.outcome.expression is not None

    @property
    def order(self) -> int:
        return len(self.wrt)

    @property
    def operator(self) -> str:
        """The word for what it is, where that is no partial derivative."""
        return ""

    @property
    def shape(self) -> tuple[int | str, ...]:
        """Sizes of the result in the layout asked for; ``()`` for a scalar."""
        return plain_shape(self.outcome.shape)

    @property
    def declarations(self) -> dict[str, str]:
        """Kind and size of every symbol, declared or inferred, in the ``declare`` syntax."""
        return dict(self.source.declarations)

    @property
    def conditions(self) -> tuple[str, ...]:
        """Where the derivative holds, such as ``X invertible``."""
        return self.outcome.conditions

    @property
    def _formula(self) -> tuple[Expr | None, Tensor]:
        return self._short.shown, self.outcome.tensor

    @cached_property
    def _short(self) -> Outcome:
        """The outcome with the form that is shown."""
        form = self.outcome.expression
        if form is None or self.outcome.sums is not None:
            return self.outcome
        short = shown_forms.shown_form(form, self.outcome.tensor, self.source.node, self.outcome.cost)
        return self.outcome if short is form else replace(self.outcome, short=short)

    @cached_property
    def _named(self) -> Named:
        """Names for what stands several times in the form that is shown, and the form with them."""
        form, outcome = self._short.closed_form, self.outcome
        if form is None or outcome.sums is not None or outcome.cost != "shortest" or not shown_forms.may_have_names(form):
            return (), None
        taken = frozenset(findall(r"\w+", " ".join([*self.declarations, *self.declarations.values()])))
        return shown_forms.with_names(form, self.source.node, taken)

    def with_cost(self, cost: str) -> Derivation:
        """The same derivative in the form that has least of something: ``"shortest"`` to read,
        ``"cheapest"`` to compute, or ``"familiar"``, as it comes out of the derivation.

        Raises MatcalcError for another cost.
        """
        require_choice("cost", cost, COSTS)
        return self if cost == self.outcome.cost else replace(self, outcome=replace(self.outcome, cost=cost))

    def _written(self, style: str) -> str:
        """Names for long parts that stand several times in the form come before it:
        ``G = inv(A + B); G*x*y'*G``."""
        names, body = self._named
        if body is None or not names:
            return super()._written(style)
        lines = [f"{text(symbol, style)} = {text(part, style)}" for symbol, part in names]
        return "; ".join([*lines, text(body, style)])

    def _right(self, style: str, bold: bool) -> str:
        names, body = self._named
        if body is None or not names:
            return super()._right(style, bold)
        lines = [f"{text(symbol, style, bold)} = {text(part, style, bold)}" for symbol, part in names]
        return notation_of(style).apart.join([text(body, style, bold), *reversed(lines)])

    def _left(self, style: str, bold: bool) -> str:
        return f"{self._by(style, '', bold)} {operand(self.source.node, style, bold)}"

    def _by(self, style: str, above: str, bold: bool) -> str:
        names = [text(symbol, style, bold) for symbol in self.wrt]
        return notation_of(style).derivative(above, names, whole=True)

    @as_call
    def samples(self) -> Derivation:
        """The same derivative, shown as sums over the members of families:
        ``2 Σ_i (wᵀ x_i − y_i) x_i`` where x_i is row i of X.

        Raises MatcalcError where no members stand in the formula, and where no such sums are known.
        """
        families = member_notes(self.source.node)
        if not families:
            raise MatcalcError("no members of a family stand in the formula", suggestion="sum(i, (y_i - w'x_i)^2)")
        sums = over_samples(self.source.node, self.wrt, self.layout, self._whole_outcome())
        if sums is None:
            raise MatcalcError("this derivative is not known as a sum over the members of a family", suggestion="the matrix form")
        notes = tuple(dict.fromkeys([*self.notes, *families]))
        return replace(self, outcome=replace(self.outcome, sums=sums), notes=notes)

    @as_call
    def differential(self) -> Equation:
        """The same derivative as a linear operator: ``dY = A dX B``, or ``df = tr(G' dX)`` of a
        scalar.

        Raises MatcalcError for a second derivative, and where the symbol ``dX`` is in use.
        """
        return self._views().differential_of(self._source(), self.wrt)  # type: ignore[no-any-return]

    @as_call
    def slice(self, *positions: int | str) -> Equation:
        """The derivative by one entry of the variable, with unit vectors: ``A e_i e_jᵀ B``.

        ``positions`` are numbers counted from 1 or index names, by default ``"i"`` and ``"j"``.
        Raises MatcalcError for positions that do not fit, and for a second derivative.
        """
        views, source = self._views(), self._source()
        places = positions or views.free_indices(source, self.wrt[0])
        return views.slice_of(source, self.wrt[0], tuple(places), self.symmetric)  # type: ignore[no-any-return]

    def _views(self) -> Any:
        if len(self.wrt) != 1:
            raise MatcalcError("a second derivative has no such view", suggestion="the view of a first derivative")
        return import_module("matcalc.interface.equations")

    def _source(self) -> Any:
        return self._views().Source(
            self.source.node, self.source.declarations, self.source.notes, frozenset(), self.source.source
        )

    @cached_property
    def steps(self) -> Steps:
        """How the result is found, step by step, in index notation: each an equality with the rule
        it rests on."""
        return self.derivation_steps()

    @as_call
    def derivation_steps(self, style: str = "index") -> Steps:
        """The derivation in steps; ``style`` is ``"index"`` (entry by entry) or ``"differential"``
        (``df = ⟨G, dX⟩``).

        Raises MatcalcError for another style, LimitError where a step would be too long to write.
        """
        made = import_module("matcalc.steps")
        question = import_module("matcalc.steps.step").Question
        asked = question(self.source.node, self.wrt, self.layout, self.symmetric, self._whole_outcome(), self.declarations)
        return cast("Steps", made.narrated(asked, style))

    def _whole_outcome(self) -> Outcome:
        """The derivative in terms of the symbols of ``source``, with the form that is shown."""
        return self._short

    @as_call
    def steps_text(self, form: str = "unicode", style: str = "index") -> str:
        """All steps as ``"unicode"``, ``"ascii"``, ``"latex"``, ``"markdown"``, ``"html"`` or
        ``"json"``; plain text has 80 columns."""
        steps = self.steps if style == "index" else self.derivation_steps(style)
        return str(import_module("matcalc.steps").presented(steps, form))

    @as_call
    def function(
        self, target: str = "numpy", *, batched: Names = (), sparse: Names = (), shard: str | None = None
    ) -> Callable[..., Any]:
        """A callable that takes the symbols as keyword arguments and returns an array in the layout
        of the derivation.

        Vectors have one axis, in and out. A size that no array fixes is given as a keyword integer
        (``n=4``); keywords that are not needed are ignored. ``target`` is ``"numpy"``, ``"jax"`` or
        ``"torch"``: the callable may be jitted and mapped over batches. Arrays of names that are
        ``batched`` have leading axes, and so has the result; those that are ``sparse`` are sparse
        matrices, as for ``compile``. ``shard`` is the name of a size whose axes JAX splits over its
        devices, as for ``code``. Raises MatcalcError for another target.
        """
        return array_function(
            programs().derivative_callable,
            self.outcome,
            self.source.node,
            self.wrt,
            self.layout,
            over(target, shard),
            programs().batched_names(batched, (*programs().symbols_of(self.source.node), *self.wrt)),
            programs().batched_names(sparse, (*programs().symbols_of(self.source.node), *self.wrt), "sparse"),
            declarations=self.source.declarations,
            result=declaration_text(self.shape),
            families=self.source.other_names,
        )

    @as_call
    def entries(self, **sizes: int) -> Entries:
        """The derivative entry by entry at small sizes, in its layout; see
        ``ParsedExpression.entries``.

        >>> from matcalc import derive
        >>> print(derive("x'Ax", "x").entries(n=2))
        [2 a11 x1 + (a12 + a21) x2; (a12 + a21) x1 + 2 a22 x2]
        """
        of = import_module("matcalc.entries").derivative_entries
        return cast("Entries", of(self._whole_outcome(), self.source.node, self.wrt, self.layout, sizes))

    @as_call
    def at(self, **values: Any) -> Any:
        """The value at a point as a NumPy array; symbols are given by name, as numbers, lists or
        arrays.

        Raises MatcalcError where the values do not fit.

        >>> from matcalc import derive
        >>> derive("x'Ax", "x").at(x=[1, 2], A=[[1, 2], [3, 4]]).tolist()
        [12.0, 21.0]
        """
        made = import_module("matcalc.entries")
        return made.value_at(self.function(), self.declarations, made.size_names([self.source.node, *self.wrt]), values)

    @as_call
    def code(self, target: str = "numpy", *, batched: Names = (), sparse: Names = (), shard: str | None = None) -> str:
        """The source text of a self-contained function, for ``"numpy"``, ``"jax"``, ``"torch"``,
        ``"matlab"`` or ``"julia"``.

        Run as a file, it compares its result with finite differences. Of ``"sympy"`` it is a
        program that builds ``sympy()``. Names that are ``batched`` have a leading axis, and so has
        the result; such a file does not check itself. ``shard="n"`` splits the axes of size n, such
        as the rows of the data, over the devices of JAX: what is a sum over them is added up by one
        all-reduce. Raises MatcalcError where there is no code, and where the work is not split so.
        """
        target = over(target, shard)
        if target == "sympy" and not (batched or sparse):
            return sympy_exchange.sympy_source(result=self.sympy())
        return str(
            programs().derivative_code(
                self.outcome, self.source.node, self.wrt, self.layout, self.symmetric, target, batched, sparse
            )
        )

    @as_call
    def sympy(self, symbols: Sequence[Any] = ()) -> Any:
        """The closed form in SymPy, as ``ParsedExpression.sympy``. Raises MatcalcError when there
        is none."""
        return sympy_exchange.to_sympy(self.outcome.expression, symbols, self.source.origin)

    @as_call
    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON-ready values."""
        return {
            "expression": self.source.text(),
            "wrt": [symbol.name for symbol in self.wrt],
            "order": self.order,
            "layout": self.layout,
            "symmetric": self.symmetric,
            "closed": self.closed,
            "shape": list(self.shape),
            "unicode": self.text("unicode"),
            "ascii": self.text("ascii"),
            "latex": self.latex(),
            "index": self.index_form,
            "declarations": self.declarations,
            "conditions": list(self.conditions),
            "notes": list(self.notes),
            "reading": self.reading.to_dict(),
        }

    def _identity(self) -> tuple[object, ...]:
        return self.source, self.wrt, self.layout, self.symmetric, self.outcome.expression, self.outcome.tensor

    def __repr__(self) -> str:
        by = ", ".join(symbol.name for symbol in self.wrt)
        return f"<Derivation of {self.source.text()} by {by}: {self.text()}{warned(self.warnings)}>"


@guarded
class HessianProduct(Derivation):
    """The Hessian of ``value`` along a direction. ``source`` is the scalar that pairs the gradient
    with this; ``by`` are the symbols of the Hessian."""

    value: ParsedExpression
    direction: Symbol
    by: tuple[Symbol, ...]

    def _identity(self) -> tuple[object, ...]:
        return (*super()._identity(), self.value, self.direction, self.by)

    def _left(self, style: str, bold: bool) -> str:
        names = [text(symbol, style, bold) for symbol in self.by]
        value, along = operand(self.value.node, style, bold), text(self.direction, style, bold)
        return f"{notation_of(style).derivative('', names, whole=True)} {value} [{along}]"

    @as_call
    def to_dict(self) -> dict[str, Any]:
        return {**super().to_dict(), "expression": self.value.text(), "direction": self.direction.name}


@guarded
class PartDerivation(Derivation):
    """The derivative by parts of variables, such as ``X[1,2]`` and ``x[2:n]``: parts of the
    derivative by these variables, which is ``whole``."""

    whole: Derivation
    parts: tuple[Expr | None, ...]

    def _by(self, style: str, above: str, bold: bool) -> str:
        shown = [part or symbol for part, symbol in zip(self.parts, self.wrt, strict=True)]
        return notation_of(style).derivative(above, [text(one, style, bold) for one in shown], whole=True)

    def _no_view(self, view: str) -> MatcalcError:
        return MatcalcError(f"the derivative by a part of a variable is not shown {view}", suggestion="the one by the variable")

    @as_call
    def samples(self) -> Derivation:
        """Not available."""
        raise self._no_view("over samples")

    def _views(self) -> Any:
        raise self._no_view("so")

    @as_call
    def derivation_steps(self, style: str = "index") -> Steps:
        """How the derivative by the whole variables is found."""
        return self.whole.derivation_steps(style)

    @as_call
    def function(
        self, target: str = "numpy", *, batched: Names = (), sparse: Names = (), shard: str | None = None
    ) -> Callable[..., Any]:
        """A callable, as of other derivatives."""
        if self.expression is None:
            return super().function(target, batched=batched, sparse=sparse, shard=shard)
        return self.expression.function(target, batched=batched, sparse=sparse, shard=shard)

    @as_call
    def code(self, target: str = "numpy", *, batched: Names = (), sparse: Names = (), shard: str | None = None) -> str:
        """The source text of a function, without a check of itself. Raises MatcalcError where there
        is no closed form."""
        if self.expression is None:
            raise self._no_view("as code")
        return self.expression.code(target, batched=batched, sparse=sparse, shard=shard)
