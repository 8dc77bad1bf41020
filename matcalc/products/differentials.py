"""Views of one derivative: the differential ``dY = A dX B``, the directional derivative, the slice by one entry of the variable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from matcalc.derivation.conditions import conditions_of
from matcalc.derivation.pipeline import Symmetric, differentiate, folded, reading_order, with_sums
from matcalc.einstein import nodes as ix
from matcalc.einstein.lowered import Lowered
from matcalc.errors import MatcalcError, ShapeError
from matcalc.expr.nodes import Expr, Negative, Number, Sum, Symbol, UnitVector, Zeros, postorder
from matcalc.expr.rewriting import named_indices, symbols_in
from matcalc.facts.table import essential
from matcalc.facts.ties import tying
from matcalc.folding.build import row_symbols
from matcalc.language import Elaborated
from matcalc.language.declare.texts import declaration_text
from matcalc.language.text.spelling import canonical_name, is_name
from matcalc.printing import latex, text
from matcalc.printing.names import latex_name, unicode_name
from matcalc.products.directional import entry, inner, is_plain_zero, pushed, unit_move
from matcalc.products.equations import Equation
from matcalc.records import record, replace
from matcalc.sizes import axes_of


@record
class Source:
    """A typed expression with what is known of its reading. ``taken`` are names that new symbols must not have."""

    expression: Expr
    declarations: Mapping[str, str]
    notes: tuple[str, ...] = ()
    taken: frozenset[str] = frozenset()
    read: Elaborated | None = None


def moving(symbol: Symbol, name: str, taken: frozenset[str]) -> Symbol:
    """The symbol for a change of ``symbol``, of its shape and with its ties between entries.

    Raises MatcalcError when the name is in use or is no name.
    """
    return Symbol(_new_name(name, taken), symbol.shape, tying(symbol.properties))


def differential_of(source: Source, wrt: Sequence[Symbol]) -> Equation:
    """``df`` in terms of ``dX`` for each X of ``wrt``; a scalar as ``tr(G' dX)``, a vector or matrix as what the change makes of it.

    Raises MatcalcError when a name such as ``dX`` is in use.
    """
    expression = source.expression
    moves = {symbol: moving(symbol, f"d{symbol.name}", _names(source)) for symbol in wrt}
    lowered = pushed(expression, {symbol: _tensor(move) for symbol, move in moves.items()})
    form = _paired_sum(expression, moves) if expression.is_scalar else None
    letter = "f" if expression.is_scalar else "y" if 1 in (len(expression.shape), expression.rows.number) else "Y"

    def left(bold: bool) -> str:
        return rf"\mathrm{{d}}{latex_name(letter, bold and not expression.is_scalar)}"

    spelled = {move: symbol for symbol, move in moves.items()}
    return _equation(source, (f"d{letter}", f"d{letter}", left(False), left(True)), lowered, form, tuple(moves.values()), spelled)


def _paired_sum(expression: Expr, moves: Mapping[Symbol, Symbol]) -> Expr | None:
    """The gradients paired with the changes; None when a gradient has no closed form."""
    terms: list[Expr] = []
    for symbol, move in moves.items():
        gradient = differentiate(expression, (symbol,), symmetric="independent").shown
        if gradient is None:
            return None
        if not is_plain_zero(gradient):
            terms.append(inner(gradient, move))
    if len(terms) > 1:
        first = next((k for k, term in enumerate(terms) if not isinstance(term, Negative)), 0)
        terms.insert(0, terms.pop(first))
        return Sum(tuple([part for term in terms for part in (term.terms if isinstance(term, Sum) else (term,))]))
    return terms[0] if terms else Number(Fraction(0))


def along(source: Source, moves: Mapping[Symbol, Symbol]) -> Equation:
    """The derivative of the expression when each symbol moves along the symbol given for it."""
    lowered = pushed(source.expression, {symbol: _tensor(move) for symbol, move in moves.items()})
    by = ", ".join(unicode_name(symbol.name) for symbol in moves)
    shown = ", ".join(unicode_name(move.name) for move in moves.values())

    def left(bold: bool) -> str:
        operators = r",\;".join(rf"\frac{{\partial}}{{\partial {latex(symbol, bold)}}}" for symbol in moves)
        return f"{operators} [{', '.join(latex(move, bold) for move in moves.values())}]"

    return _equation(source, (f"∂/∂{by} [{shown}]", f"d/d{by} [{shown}]", left(False), left(True)), lowered, None, tuple(moves.values()))


def slice_of(source: Source, symbol: Symbol, positions: tuple[int | str, ...], symmetric: Symmetric) -> Equation:
    """The derivative by one entry of ``symbol``, written with unit vectors ``e_i``.

    A position is a number counted from 1 or an index name. A scalar takes none, a vector one, a matrix two.
    Raises MatcalcError for positions that do not fit.
    """
    axes = axes_of(symbol.shape)
    if len(positions) != len(axes):
        raise MatcalcError(f"{symbol.name} has {len(axes)} indices, not {len(positions)}")
    taken = _names(source)
    units: list[Symbol] = []
    places: list[int | str] = []
    for at, size in zip(positions, axes, strict=True):
        if isinstance(at, int):
            if at < 1 or (size.number is not None and at > size.number):
                raise ShapeError(f"position {at} is outside a size of {size}")
            places.append(at)
            continue
        unit = Symbol(_new_name(f"e_{at}", taken), (size,))
        if unit in units or any(unit.name == other.name for other in units):
            raise MatcalcError(f"the index {at} is given twice", suggestion="two different letters, such as i and j")
        units.append(unit)
        places.append(unit.name)
    notes: list[str] = []
    lowered = pushed(source.expression, {symbol: unit_move(symbol, tuple(places), symmetric, notes)})
    shown = ("" if all(len(str(at)) == 1 for at in positions) else ",").join(map(str, positions))
    name, ascii_entry = unicode_name(symbol.name), f"[{','.join(map(str, positions))}]" if positions else ""

    def written(bold: bool) -> str:
        # An entry is a scalar, which is not bold.
        below = f"{{{latex(symbol)}}}_{{{shown}}}" if shown else latex(symbol, bold)
        return rf"\frac{{\partial}}{{\partial {below}}}"

    left = (f"∂/∂{name}" + (f"_{shown}" if shown else ""), f"d/d{text(symbol, 'ascii')}{ascii_entry}", written(False), written(True))
    form = None
    if source.expression.is_scalar:
        gradient = differentiate(source.expression, (symbol,), symmetric=symmetric).expression
        picks = [UnitVector(at, size) if isinstance(at, int) else Symbol(at, (size,)) for at, size in zip(places, axes, strict=True)]
        form = None if gradient is None else entry(gradient, picks)
    if units:
        notes.append(f"{', '.join(unicode_name(unit.name) for unit in units)}: unit vectors")
    return _equation(replace(source, notes=(*source.notes, *notes)), left, lowered, form, tuple(units))


def free_indices(source: Source, symbol: Symbol) -> tuple[str, ...]:
    """Index names, one for each axis of ``symbol``, whose unit vectors are not symbols of the expression: i and j where they are free."""
    taken = _names(source)
    letters = [letter for letter in "ijklpqrstuvwabcd" if f"e_{letter}" not in taken]
    return tuple(letters[: len(axes_of(symbol.shape))])


# ---------------------------------------------------------------- shared


def _equation(
    source: Source,
    left: tuple[str, str, str, str],
    value: Lowered,
    form: Expr | None,
    new: tuple[Symbol, ...],
    spelled: Mapping[Symbol, Symbol] | None = None,
) -> Equation:
    expression = source.expression
    names = reading_order(expression)
    for symbol in new:
        names.setdefault(symbol.name, len(names))
    if form is None:
        rows = row_symbols(expression, *new)
        form = folded(value.tensor, value.split, names, rows)
        form = with_sums(form, value.tensor, value.split, names, rows, named_indices(postorder(expression))) or form
        form = Zeros(expression.shape) if isinstance(form, Zeros) else form
    declarations = dict(source.declarations)
    declarations |= {symbol.name: declaration_text(symbol.shape, essential(symbol.properties)) for symbol in new}
    inputs = (*symbols_in(expression).values(), *new)
    conditions = tuple(conditions_of(expression, form))
    return Equation(left, form, value.tensor, expression.shape, declarations, conditions, source.notes, inputs, spelled or {}, source.read)


def _tensor(symbol: Symbol) -> ix.Symbol:
    return ix.Symbol(symbol.name, axes_of(symbol.shape), symbol.properties)


def _names(source: Source) -> frozenset[str]:
    return source.taken | frozenset(symbols_in(source.expression)) | frozenset(source.declarations)


def _new_name(name: str, taken: frozenset[str]) -> str:
    if not is_name(name):
        raise MatcalcError(f"{name!r} is not a name", expected="one name, such as G or V")
    spelled = canonical_name(name)
    if spelled in taken:
        raise MatcalcError(f"{name} is already a name in the expression", suggestion="another name for the new symbol")
    return spelled
