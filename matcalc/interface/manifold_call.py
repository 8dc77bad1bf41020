"""Derivatives on manifolds: the Riemannian gradient and Hessian that ``derive(..., on=...)`` gives."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

from matcalc.base.budgets import as_call, explained
from matcalc.base.errors import MatcalcError, ShapeError
from matcalc.base.lazy import later
from matcalc.base.records import guarded
from matcalc.base.shapes import shape_text
from matcalc.derivation.conditions import conditions_of
from matcalc.derivation.pipeline import Outcome
from matcalc.einstein.lowering import lower
from matcalc.expr.nodes import Expr, Symbol
from matcalc.expr.rewriting import replaced, symbols_in
from matcalc.facts.table import essential
from matcalc.interface.equations import Source
from matcalc.interface.product_calls import fitting, source_of
from matcalc.interface.results import Derivation
from matcalc.language import Elaborated
from matcalc.language.decisions import ReadingOptions, reading_options
from matcalc.language.declare.declared import Declare, declaration_text
from matcalc.objects.inputs import Expression, Name, Names, also_declared, name_of, named_in, names_of, with_symbols
from matcalc.objects.parsed import ParsedExpression, programs
from matcalc.printing import operand, text
from matcalc.printing.names import unicode_name
from matcalc.printing.notations import notation_of
from matcalc.products.differentials import moving

if TYPE_CHECKING:
    from matcalc.analysis import manifolds, riemannian
    from matcalc.analysis.manifolds import Manifold, Place
    from matcalc.analysis.riemannian import Riemannian
    from matcalc.entries import Entries
    from matcalc.interface.equations import Equation
    from matcalc.steps.step import Steps
else:
    manifolds = later("matcalc.analysis.manifolds")
    riemannian = later("matcalc.analysis.riemannian")


@guarded
class RiemannianDerivation(Derivation):
    """The Riemannian gradient of ``source`` on a manifold, or its Hessian along ``direction``; an
    array of the shape of the variable, a tangent vector."""

    found: Riemannian

    @property
    def on(self) -> str:
        """The manifold."""
        return self.found.place.manifold.name

    @property
    def metric(self) -> str:
        """The metric."""
        return self.found.place.metric.name

    @property
    def direction(self) -> str:
        """The tangent vector that a Hessian is along; empty for a gradient."""
        return self.found.place.move.name if self.order == 2 else ""

    @property
    def order(self) -> int:
        return 1 if self.found.hessian is None else 2

    @property
    def operator(self) -> str:
        """``grad`` or ``Hess``."""
        return "Hess" if self.order == 2 else "grad"

    @property
    def _short(self) -> Outcome:
        return self.outcome

    @property
    def _value(self) -> ParsedExpression:
        return ParsedExpression(self.found.result, self.source.declarations, self.notes, None, families=self.source.other_names)

    def _left(self, style: str, bold: bool) -> str:
        notation = notation_of(style)
        sign = notation.operator_of(self.operator) if hasattr(notation, "operator_of") else self.operator
        along = f" [{text(self.found.place.move, style, bold)}]" if self.order == 2 else ""
        return f"{sign} {operand(self.source.node, style, bold)}{along}"

    def equation_text(self) -> str:
        """What stands left of the equals sign, as text."""
        return self._left("unicode", False)

    def _no_view(self, view: str) -> NoReturn:
        raise MatcalcError(f"a Riemannian derivative is not shown {view}", suggestion="the derivative without on=")

    @as_call
    def samples(self) -> Derivation:
        """Not available."""
        self._no_view("over samples")

    @as_call
    def differential(self) -> Equation:
        """Not available."""
        self._no_view("as a differential")

    @as_call
    def slice(self, *positions: int | str) -> Equation:
        """Not available."""
        self._no_view("entry by entry of the variable")

    @as_call
    def derivation_steps(self, style: str = "index") -> Steps:
        """The Euclidean derivatives, and what the formula of the manifold makes of them; the same in
        both styles."""
        made: Steps = import_module("matcalc.steps.on_manifold").steps_of(self.found)
        return made

    @as_call
    def function(
        self, target: str = "numpy", *, batched: Names = (), sparse: Names = (), shard: str | None = None
    ) -> Callable[..., Any]:
        """A callable of the symbols, the direction among them, as of other derivatives."""
        return self._value.function(target, batched=batched, sparse=sparse, shard=shard)

    @as_call
    def code(self, target: str = "numpy", *, batched: Names = (), sparse: Names = (), shard: str | None = None) -> str:
        """The source text of that function; of ``"pymanopt"`` a program that makes its problem, with
        the cost, the Riemannian gradient and, of a Hessian, that too."""
        if target == "pymanopt" and not (batched or sparse or shard):
            return _pymanopt_code(self)
        return self._value.code(target, batched=batched, sparse=sparse, shard=shard)

    @as_call
    def entries(self, **sizes: int) -> Entries:
        """The result entry by entry at small sizes."""
        return self._value.entries(**sizes)

    @as_call
    def at(self, **values: Any) -> Any:
        """The value at a point as a NumPy array; nothing looks whether the point lies on the
        manifold."""
        return self._value.at(**values)

    @as_call
    def to_dict(self) -> dict[str, Any]:
        return {**super().to_dict(), "on": self.on, "metric": self.metric, "direction": self.direction}

    def _identity(self) -> tuple[object, ...]:
        return (*super()._identity(), self.on, self.metric, self.direction)


def riemannian_derivative(
    expression: Expression,
    wrt: Names | None,
    on: str,
    metric: str | None = None,
    direction: Name | None = None,
    *,
    declare: Declare = None,
    strict: bool = False,
    dialect: str | None = None,
) -> RiemannianDerivation:
    """The Riemannian gradient of a scalar, with a ``direction`` its Hessian along that: what
    ``derive`` gives ``on`` a manifold."""
    with explained(expression):
        order, options = 1 if direction is None else 2, reading_options(strict, dialect)
        return on_manifold(expression, wrt, on, metric, declare=declare, order=order, direction=direction, options=options)


def on_manifold(
    expression: Expression,
    wrt: Names | None,
    on: str,
    metric: str | None,
    *,
    declare: Declare,
    order: int,
    direction: Name | None,
    options: ReadingOptions,
) -> RiemannianDerivation:
    """The Riemannian gradient of a scalar expression, or its Hessian along ``direction``.

    Raises ShapeError for what is no scalar, MatcalcError for an unknown manifold or metric, where
    the shape or the facts of the variable do not fit the manifold, and where no result is
    confirmed.
    """
    manifold = manifolds.manifold_named(on)
    chosen = manifolds.metric_named(manifold, metric)
    names = names_of(named_in(expression, declare, options) if wrt is None else wrt)
    if len(set(names)) != 1:
        raise MatcalcError("a derivative on a manifold is by one name", expected='"X", with on="stiefel"')
    if max(order, len(names)) == 2 and (direction is None or order == 1):
        raise MatcalcError("a Hessian on a manifold is along a tangent vector", suggestion='order=2, direction="Z"')
    move = None if direction is None else direction if isinstance(direction, str) else name_of(direction)
    others = (*([] if move is None else [move]), *[name for name in manifold.parts if name != "made"])
    declared = _declared(declare if direction is None else with_symbols(declare, direction), names[0], manifold, expression)
    read, source, symbols = source_of(expression, names[0], declared, options, others, question=True)
    if len(symbols) > order:
        raise MatcalcError("the text asks for a second derivative", suggestion='order=2, direction="Z"')
    if not source.expression.is_scalar:
        raise ShapeError(f"a Riemannian derivative needs a scalar, but the expression is {shape_text(source.expression.shape)}")
    symbol = symbols[0]
    if move is not None:
        move = fitting(moving(symbol, move, source.taken), read).name
    _require_apart(manifold, source, symbol)
    place = manifolds.placed(manifold, chosen, symbol, read.symbols, move or "")
    found = riemannian.riemannian(source.expression, place, order)
    return _result(found, source, read, metric is None)


def _require_apart(manifold: Manifold, source: Source, symbol: Symbol) -> None:
    """Raises MatcalcError where a name for a part of the point is one of the expression."""
    there = [name for name in symbols_in(source.expression) if name in manifold.parts]
    if there:
        raise MatcalcError(
            f"{there[0]} stands in the expression, and on {manifold.words} {symbol.name} = {manifold.parts['made']}",
            suggestion=f"another name for {there[0]}",
        )


def _declared(declare: Declare, name: str, manifold: Manifold, expression: Expression) -> Declare:
    """The declarations, with what is known of the points of the manifold where nothing is said of
    the variable."""
    known = manifold.sure(name) if isinstance(expression, str) else {}
    return also_declared(declare, known) if known else declare


def _result(found: Riemannian, source: Source, read: Elaborated, default: bool) -> RiemannianDerivation:
    place = found.place
    own = [place.point, *([place.move] if found.hessian is not None else []), *place.parts]
    known: Mapping[str, str] = {one.name: declaration_text(one.shape, essential(one.properties)) for one in own}
    declarations = {**source.declarations, **known}
    parsed = ParsedExpression(source.expression, declarations, source.notes, read.origin, read)
    value = lower(found.result)
    here = replaced(source.expression, {place.point.name: place.point})
    conditions = conditions_of(here, found.result)
    outcome = Outcome(found.result, value.tensor, found.result.shape, conditions, ())
    notes = (*source.notes, *_notes(place, found, default))
    return RiemannianDerivation(parsed, (place.point,), outcome, "denominator", "projected", notes, found)


def _notes(place: Place, found: Riemannian, default: bool) -> list[str]:
    """Where the point lies, and by which metric; and what a tangent vector is."""
    manifold, names = place.manifold, {"X": unicode_name(place.point.name), "Z": unicode_name(place.move.name)}
    such = f", {manifold.says.format(**names)}" if manifold.says else ""
    usual = ", the default" if default and len(manifold.metrics) > 1 else ""
    said = [f"{names['X']} on {manifold.words}{such}; {place.metric.name} metric{usual}"]
    if found.hessian is not None:
        more = f", {manifold.says_tangent.format(**names)}" if manifold.says_tangent else ""
        said.append(f"{names['Z']}: a tangent vector{more}")
    return said


# ------------------------------------------------------------
# Programs for pymanopt.

_PROGRAM = '''"""Generated by matcalc for pymanopt.

Minimizes {function}, {note}.
"""

{imports}
import pymanopt


{functions}


def problem({parameters}):
    """The problem; what is given by name: {data}."""
    manifold = pymanopt.manifolds.{made}
    data |= dict({sizes})
{decorated}
    return pymanopt.Problem(manifold, {keywords})
'''
_DECORATED = """
    @pymanopt.function.numpy(manifold)
    def {name}({arguments}):
        return _{name}({given}, **data)
"""


def _pymanopt_code(found: RiemannianDerivation) -> str:
    """A program with a function ``problem`` of the sizes and the data. Raises MatcalcError for what
    pymanopt does not have."""
    place = found.found.place
    manifold, usual = place.manifold, place.manifold.metrics[0]
    if not manifold.pymanopt:
        raise MatcalcError(f"pymanopt does not have {manifold.words}", suggestion='code("numpy")')
    if place.metric is not usual:
        raise MatcalcError(f"{manifold.words} have the {usual.name} metric in pymanopt", suggestion=f'metric="{usual.name}"')
    forms = {"cost": found.source.node, "riemannian_gradient": _as_there(found.found.gradient, place)}
    if found.found.hessian is not None:
        forms["riemannian_hessian"] = _as_there(found.found.hessian, place)
    point, move = place.point.name, place.move.name
    names = {name: (point, move) if name == "riemannian_hessian" else (point,) for name in forms}
    sizes = list(dict.fromkeys([name for size in place.point.shape for name in size.names]))
    lengths = [str(size) for size in place.point.shape]
    imports, functions = _written({f"_{name}": form for name, form in forms.items()})
    return _PROGRAM.format(
        function=found.source.text(),
        note=next(note for note in found.notes if note.startswith(f"{unicode_name(point)} on ")),
        imports="\n".join(imports),
        functions="\n\n\n".join(functions),
        parameters=", ".join([*sizes, "**data"]),
        data=", ".join([name for name in symbols_in(*forms.values()) if name not in (point, move)]) or "nothing",
        made=manifold.pymanopt["object"].format(sizes=", ".join(lengths), rows=lengths[0]),
        sizes=", ".join([f"{name}={name}" for name in sizes]),
        decorated="".join(
            [
                _DECORATED.format(name=name, arguments=", ".join(given), given=", ".join([f"{one}={one}" for one in given]))
                for name, given in names.items()
            ]
        ),
        keywords=", ".join(["cost", *[f"{name}={name}" for name in names if name != "cost"]]),
    )


def _as_there(vector: Expr, place: Place) -> Expr:
    """A tangent vector as pymanopt writes it, of one that it writes so."""
    there = place.manifold.pymanopt
    if "to" not in there:
        return vector
    here = replaced(vector, {place.move.name: place.formula(there["from"])}) if place.move.name in symbols_in(vector) else vector
    return place.formula(there["to"], Z=here)


def _written(forms: Mapping[str, Expr]) -> tuple[list[str], list[str]]:
    """The imports and the functions of a file with a function for each form, helpers once."""
    imports: dict[str, None] = {}
    functions: dict[str, None] = {}
    for name, form in forms.items():
        source = programs().generate({"value": form}, "numpy", name=name)
        for node in ast.parse(source).body[1:]:
            kept = imports if isinstance(node, ast.Import | ast.ImportFrom) else functions
            kept[ast.get_source_segment(source, node) or ""] = None
    return list(imports), list(functions)
