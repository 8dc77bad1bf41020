"""From a typed expression to its derivative: lowering, differentiation, folding, layout; with the
record of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache, partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from matcalc.base.budgets import during
from matcalc.base.errors import MatcalcError
from matcalc.base.functions import functions
from matcalc.base.layouts import Groups, Layout, Symmetric, axis_groups
from matcalc.base.lazy import later
from matcalc.base.own_functions import own_function
from matcalc.base.records import record
from matcalc.base.shapes import Shape, axes_of, shape_of
from matcalc.base.sizes import Size, product_of
from matcalc.base.traversal import latest_postorder
from matcalc.calculus.differentiation import Fired, contributions
from matcalc.calculus.simplification import lightest, simplified
from matcalc.derivation.conditions import conditions_of
from matcalc.einstein import nodes as ix
from matcalc.einstein.algebra import contract, permuted
from matcalc.einstein.linear import MINUS, NO, YES, add, delta, is_zero, ones
from matcalc.einstein.lowered import Lowered
from matcalc.einstein.lowering import lower
from matcalc.einstein.substitution import apply, substituted
from matcalc.expr.nodes import Entry, Expr, Index, Number, Symbol, Vec, Zeros, postorder
from matcalc.expr.rewriting import named_indices, symbols_in
from matcalc.facts.table import implied, mirrored, tie_of, tying, varying
from matcalc.folding.build import cost, row_symbols, with_entries, with_rows
from matcalc.folding.fold import fold, fold_entrywise
from matcalc.printing.names import unicode_name
from matcalc.printing.notations import function_shown

StageKind = Literal["lowered", "simplified", "reshaped", "differentiated", "convention", "declared"]
Parts = tuple[tuple[Fraction, ix.Tensor], ...]


@record
class Stage:
    """``tensor`` after a stage of the pipeline; ``order`` derivatives have been taken.

    Of a differentiation, ``variable`` is what it was by and ``parts`` are what its occurrences
    contributed, before the sum of these was brought to normal form. ``fired`` are the rules used,
    by their names in ``rules/``, each with the node it was used on: the outermost of a
    differentiation first.
    """

    kind: StageKind
    tensor: ix.Tensor
    order: int
    variable: ix.Symbol | None = None
    parts: Parts = ()
    fired: tuple[Fired, ...] = ()
    notes: tuple[str, ...] = ()


class Trace:
    """Collects the stages of one derivation, in order.

    ``groups`` are the axes of the tensor that together are one axis of the result, for each of its
    axes; of each group the slow one first.
    """

    def __init__(self) -> None:
        self.stages: list[Stage] = []
        self.groups: tuple[tuple[int, ...], ...] = ()

    def record(
        self,
        kind: StageKind,
        tensor: ix.Tensor,
        order: int,
        *,
        variable: ix.Symbol | None = None,
        parts: Sequence[tuple[Fraction, ix.Tensor]] = (),
        fired: Sequence[Fired] = (),
        notes: Sequence[str] = (),
    ) -> None:
        """Adds a stage; one that changed nothing is left out, except the first and those that
        differentiate."""
        changed = not self.stages or self.stages[-1].tensor is not tensor
        if changed or kind == "differentiated":
            self.stages.append(Stage(kind, tensor, order, variable, tuple(parts), tuple(fired), tuple(notes)))


if TYPE_CHECKING:
    from matcalc.calculus import matrix_functions
else:
    matrix_functions = later("matcalc.calculus.matrix_functions")


HALF = Fraction(1, 2)
_MOST_AXES = 4
"""What the language has names for: a zero of more axes is none of its expressions."""


@record
class Outcome:
    """A derivative. ``tensor`` has the axes of the numerator, where the rows of a Kronecker or vec
    form are several, then those of each variable. ``expression`` is the closed form in the layout
    asked for, or None."""

    expression: Expr | None
    tensor: ix.Tensor
    shape: Shape
    conditions: tuple[str, ...]
    notes: tuple[str, ...]
    sums: Expr | None = None
    """With explicit sums, where there is no closed form or a much longer one."""
    short: Expr | None = None
    """Another closed form, that is shown in place of ``expression``, from which values are
    computed."""
    cost: str = "shortest"
    """What the form that is shown has least of: one of ``layouts.COSTS``."""

    @property
    def closed_form(self) -> Expr | None:
        """The closed form that is shown; None when there is none."""
        return self.expression if self.short is None else self.short

    @property
    def shown(self) -> Expr | None:
        """What is shown of it; None when that is the index form."""
        return self.closed_form if self.sums is None else self.sums


def differentiate(
    expression: Expr, wrt: Sequence[Symbol], *, layout: Layout = "denominator", symmetric: Symmetric = "projected"
) -> Outcome:
    """The derivative of ``expression`` by each symbol of ``wrt`` in turn (one, or two for a second
    derivative).

    Raises NotDifferentiableError where no rule is known, LimitError where the result would be too
    large.
    """
    tensor, value, notes = _derived(expression, wrt, symmetric, Trace())
    if is_zero(tensor) and any(node in wrt for node in postorder(expression)):
        notes += zero_notes(expression, wrt)
    rows = row_symbols(expression, *wrt)
    conditions = partial(conditions_of, expression, order=len(wrt))
    return presented(
        tensor, value, wrt, layout, reading_order(expression), rows, conditions, notes, named_indices(postorder(expression))
    )


def derived_tensor(expression: Expr, wrt: Sequence[Symbol], symmetric: Symmetric) -> ix.Tensor:
    """The derivative that ``differentiate`` folds, for those who compare it and need no form; a 0
    is theirs to confirm. Raises the same errors."""
    return _derived(expression, wrt, symmetric, Trace())[0]


def _sums() -> Any:
    """The forms with explicit sums, loaded for the first tensor that needs one."""
    return import_module("matcalc.folding.explicit_sums")


def over_samples(expression: Expr, wrt: Sequence[Symbol], layout: Layout, outcome: Outcome) -> Expr | None:
    """The derivative as sums over the members of the families in ``expression``; None where there
    are none, or no such form."""
    nodes = postorder(expression)
    members = [node.operand for node in nodes if isinstance(node, Entry) and node.is_member]
    families = tuple(dict.fromkeys([family.name for family in members if isinstance(family, Symbol)]))
    found = _laid_out(outcome.tensor, axes_of_result(lower(expression), wrt, layout)) if families else None
    if found is None:
        return None
    form: Expr | None = _sums().over_members(*found, reading_order(expression), named_indices(nodes), families)
    return None if form is None else with_rows(form, row_symbols(expression, *wrt))


def traced(
    expression: Expr, wrt: Sequence[Symbol], *, layout: Layout = "denominator", symmetric: Symmetric = "projected"
) -> Trace:
    """The stages that ``differentiate`` goes through before it folds the result; raises the same
    errors."""
    trace = Trace()
    tensor, value, _ = _derived(expression, wrt, symmetric, trace)
    trace.groups = axes_of_result(value, wrt, layout)
    return trace


def _derived(expression: Expr, wrt: Sequence[Symbol], symmetric: Symmetric, trace: Trace) -> tuple[ix.Tensor, Lowered, list[str]]:
    """The derivative as a tensor, the value that it is of, and notes; every stage is recorded."""
    during("writing the formula in index notation")
    free = {symbol.name: freed(symbol) for symbol in wrt}
    value = lower(expression, free)
    trace.record("lowered", value.tensor, 0)
    tensor = _simplified(value.tensor, 0, trace)
    notes: list[str] = []
    for place, symbol in enumerate(wrt):
        if place:
            tensor = lightest(tensor)
            trace.record("reshaped", tensor, place)
        during(f"differentiating by {symbol.name}")
        before, said = tensor.order, len(notes)
        variable = free[symbol.name]
        fired: list[Fired] = []
        parts = contributions(tensor, delta(tensor.shape), (variable,), fired, again=place + 1 < len(wrt))[variable]
        tensor = add(parts, tensor.shape + variable.shape)
        trace.record("differentiated", tensor, place + 1, variable=variable, parts=parts, fired=fired)
        tensor = structured(tensor, before, symbol, symmetric, notes)
        trace.record("convention", tensor, place + 1, variable=variable, notes=notes[said:])
        tensor = _simplified(tensor, place + 1, trace)
    known: dict[ix.Tensor, ix.Tensor] = {free[symbol.name]: declared(symbol) for symbol in wrt}
    tied = {variable: symbol for variable, symbol in known.items() if variable is not symbol}
    tensor = substituted(tensor, tied) if tied else tensor
    trace.record("declared", tensor, len(wrt))
    return _simplified(tensor, len(wrt), trace), value, notes


def _simplified(tensor: ix.Tensor, order: int, trace: Trace) -> ix.Tensor:
    during("simplifying the derivative" if order else "simplifying the formula")
    fired: list[Fired] = []
    result = simplified(tensor, fired)
    trace.record("simplified", result, order, fired=fired)
    return result


def zero_notes(expression: Expr, wrt: Sequence[Symbol]) -> list[str]:
    """Confirms with numbers that a derivative which came out as 0 is 0; a note when no point was
    found to do so.

    Raises MatcalcError where the numbers say otherwise.
    """
    confirmed: bool | None = import_module("matcalc.evaluation.differences").confirms_zero(expression, tuple(wrt))
    if confirmed is None:
        return ["0 by the rules; no point was found at which that could be confirmed numerically"]
    if not confirmed:
        raise MatcalcError(
            "internal error: the derivative came out as 0, but numerically it is not",
            suggestion="report this expression; no answer is better than a wrong one",
        )
    return []


def presented(
    tensor: ix.Tensor,
    value: Lowered,
    wrt: Sequence[Symbol],
    layout: Layout,
    order: Mapping[str, int],
    row_vectors: Mapping[str, Symbol],
    conditions: Callable[[Expr | None], Sequence[str]],
    notes: Sequence[str] = (),
    indices: Sequence[Index] = (),
) -> Outcome:
    """The outcome for a derivative of ``value`` that was found as a tensor, folded and laid out.

    ``order`` ranks names by their place in the input; ``row_vectors`` are the symbols that are
    rows; ``conditions`` gives the conditions under which a closed form holds; ``indices`` are those
    that the input has.
    """
    during("looking for the matrix form of the result")
    remarks = [*notes, *_function_notes(tensor)]
    groups = axes_of_result(value, wrt, layout)
    shape = tuple([product_of([tensor.shape[axis] for axis in group]) for group in groups])
    sums = None
    if (found := _laid_out(tensor, groups)) is not None:
        turned, split = found
        shape = shape_of(product_of(turned.shape[:split]), product_of(turned.shape[split:]))
        form = folded(turned, split, order, row_vectors)
        sums = with_sums(form, turned, split, order, row_vectors, indices)
    else:
        form = _unflattened(tensor, groups, order) if len(shape) <= _MOST_AXES else None
    return Outcome(form, tensor, shape, tuple(dict.fromkeys(conditions(form))), tuple(dict.fromkeys(remarks)), sums)


def _function_notes(tensor: ix.Tensor) -> Iterator[str]:
    """What is to be known of functions beyond their names."""
    nodes = [node for node in ix.postorder(tensor) if isinstance(node, ix.Map | ix.Apply)]
    names = sorted({node.function for node in nodes})
    of_matrices = {node.function for node in nodes if isinstance(node, ix.Apply)}
    for own in filter(None, map(own_function, names)):
        if own.by:
            yield f"{function_shown(own.name)}: {own.note_of(unicode_name(own.stem))}"
    for name in names:
        if name in of_matrices and own_function(name) is None and functions()[name].note:
            yield f"{name}: {functions()[name].note}"


def _laid_out(tensor: ix.Tensor, groups: Groups) -> tuple[ix.Tensor, int] | None:
    """The tensor with the axes of the rows first, and their number; None for a result of more than
    two axes."""
    if len(groups) > 2:
        return None
    rows, cols = (*groups, (), ())[:2]
    return permuted(tensor, rows + cols), len(rows)


def with_sums(
    form: Expr | None,
    tensor: ix.Tensor,
    split: int,
    order: Mapping[str, int],
    row_vectors: Mapping[str, Symbol],
    indices: Sequence[Index],
) -> Expr | None:
    """The form with explicit sums where there is no closed ``form``, or one that takes a tensor
    apart by its vec and is longer."""
    if form is not None and not any(isinstance(node, Vec) and len(node.operand.shape) > 2 for node in postorder(form)):
        return None
    sums: Expr | None = _sums().explicit(tensor, split, order, indices)
    if sums is None or (form is not None and cost(sums) >= cost(form)):
        return None
    return with_rows(sums, row_vectors)


def _unflattened(tensor: ix.Tensor, groups: Sequence[tuple[int, ...]], order: Mapping[str, int]) -> Expr | None:
    """The closed form of a result with three or four axes."""
    axes = tuple([axis for group in groups for axis in group])
    if is_zero(tensor):
        return Zeros(tuple([product_of([tensor.shape[axis] for axis in group]) for group in groups]))
    return fold_entrywise(permuted(tensor, axes), order) if len(axes) == len(groups) else None


def rows_of(expression: Expr) -> int:
    """How many of the axes of a value are rows."""
    return 0 if expression.is_scalar or expression.is_row else 1


def declared(symbol: Symbol) -> ix.Symbol:
    return ix.Symbol(symbol.name, axes_of(symbol.shape), symbol.properties)


def freed(symbol: Symbol) -> ix.Symbol:
    """The variable with entries that may vary freely; facts that tie entries together hold at the
    point, not for the variation."""
    facts = varying(symbol.properties)
    if "symmetric" in implied(symbol.properties):
        facts |= {matrix_functions.AT_SYMMETRIC}
    return ix.Symbol(symbol.name, axes_of(symbol.shape), facts)


def released(symbol: Symbol) -> Symbol:
    """The symbol with those of its facts that hold when it moves, too: a derivative that is
    differentiated again may not rest on the others."""
    kept = varying(symbol.properties) | tying(symbol.properties)
    return symbol if kept == symbol.properties else Symbol(symbol.name, symbol.shape, kept)


def structured(tensor: ix.Tensor, before: int, symbol: Symbol, symmetric: Symmetric, notes: list[str]) -> ix.Tensor:
    """The convention for a variable whose entries are tied to each other; its axes are the last
    two."""
    tie = tie_of(symbol.properties)
    if not tie or tensor.order - before != 2:
        return tensor
    if symmetric == "independent":
        notes.append(f"{symbol.name} is {_TIED_WORDS[tie]}; its entries are varied independently")
        return tensor
    swapped = permuted(tensor, (*range(before), before + 1, before))
    match tie:
        case "diagonal" | "lower" | "upper":
            notes.append(
                f"{symbol.name} is {_TIED_WORDS[tie]}: only its {'diagonal' if tie == 'diagonal' else f'{tie} triangle'} is varied"
            )
            return _kept(tensor, before, kept_entries(tie, symbol.rows))
        case "symmetric" if symmetric == "cookbook":
            notes.append(
                f"{symbol.name} is symmetric: G + Gᵀ − diag(G), one number for each pair of equal entries (Matrix Cookbook 2.8)"
            )
            only_diagonal = _kept(tensor, before, kept_entries("diagonal", symbol.rows))
            return add([(YES, tensor), (YES, swapped), (MINUS, only_diagonal)], tensor.shape)
        case _:
            sign = YES if mirrored(tie) > 0 else MINUS
            notes.append(
                f"{symbol.name} is {_TIED_WORDS[tie]}: ½(G {'+' if sign > 0 else '−'} Gᵀ), the projection of the gradient"
            )
            return add([(HALF, tensor), (sign * HALF, swapped)], tensor.shape)


_TIED_WORDS: Mapping[str, str] = {"lower": "lower triangular", "upper": "upper triangular"} | {
    tie: tie for tie in ("diagonal", "symmetric", "antisymmetric")
}


def kept_entries(tie: str, size: Size) -> ix.Tensor:
    """One where a matrix with this tie has entries, zero elsewhere."""
    if tie == "diagonal":
        return delta((size,))
    return apply("tril" if tie == "lower" else "triu", (ones((size, size)),), (size, size))


def _kept(tensor: ix.Tensor, before: int, mask: ix.Tensor) -> ix.Tensor:
    """The entries of the last two axes that the mask leaves."""
    labels = tuple(range(tensor.order))
    return contract([tensor, mask], [labels, labels[before:]], labels, dict(enumerate(tensor.shape)))


def reading_order(*expressions: Expr) -> dict[str, int]:
    """The place of each name among those of the symbols, as they are read."""
    return {name: place for place, name in enumerate(symbols_in(*expressions))}


def _sides(value: Lowered) -> list[int]:
    """How many axes are rows and how many columns, or those of a tensor one by one."""
    top = value.tensor.order
    return [1] * top if value.separate else [count for count in (value.split, top - value.split) if count]


def axes_of_result(value: Lowered, wrt: Sequence[Symbol], layout: str) -> Groups:
    """The axes of the derivative that together are one axis of the result; rows and columns, where
    it has at most two."""
    shaped = [symbol for symbol in wrt if symbol.shape]  # one by a scalar adds no axes
    groups = axis_groups(_sides(value), [len(axes_of(symbol.shape)) for symbol in shaped], layout)
    if len(groups) > 1 or layout == "tensor" or (value.separate and not shaped):
        return groups
    group = groups[0] if groups else ()
    lying = shaped[0].is_row if shaped else True  # a vector by a scalar lies in denominator layout
    return ((), group) if lying != (layout == "numerator") else (group, ())


def folded(tensor: ix.Tensor, split: int, order: Mapping[str, int], row_vectors: Mapping[str, Symbol]) -> Expr | None:
    """The closed form of a tensor whose first ``split`` axes are the rows, with the symbols
    ``row_vectors`` written as rows."""
    if is_zero(tensor):
        shape = shape_of(product_of(tensor.shape[:split]), product_of(tensor.shape[split:]))
        return Zeros(shape) if shape else Number(NO)
    form = fold(tensor, split, order)
    return None if form is None else with_entries(with_rows(form, row_vectors))


MOST_KEPT = 256
LARGEST_KEPT = 2_000


def derivative_of(expression: Expr, wrt: tuple[Symbol, ...], layout: Layout, symmetric: Symmetric) -> Outcome:
    """What ``differentiate`` gives, found once."""
    if len(postorder(expression)) > LARGEST_KEPT:
        return differentiate(expression, wrt, layout=layout, symmetric=symmetric)
    return _found(expression, wrt, layout, symmetric)


def part_of(
    expression: Expr,
    variables: Sequence[Symbol],
    parts: Sequence[Expr | None],
    shown: Sequence[Symbol],
    layout: Layout,
    outcome: Outcome,
) -> Outcome:
    """The derivative by parts of the variables, None for a whole one: the parts of the derivative.

    A part is an entry of its variable, or what runs of positions select from it; those ``shown``
    are symbols of its shape.
    """
    value, fresh = lower(expression), outcome.tensor.order
    labels = list(range(fresh))
    operands, indices, sizes = [outcome.tensor], [tuple(labels)], dict(enumerate(outcome.tensor.shape))
    output, axis = labels[: value.tensor.order], value.tensor.order
    for variable, part in zip(variables, parts, strict=True):
        own = labels[axis : axis + len(axes_of(variable.shape))]
        axis += len(own)
        tensor = None if part is None else lower(part).tensor
        if not isinstance(tensor, ix.Contraction):
            output += own
            continue
        place = next(k for k, operand in enumerate(tensor.operands) if isinstance(operand, ix.Symbol))
        names = dict(zip(tensor.indices[place], own, strict=True))
        for label, size in enumerate(tensor.sizes):
            if label not in names:
                names[label], sizes[fresh], fresh = fresh, size, fresh + 1
        operands += [operand for k, operand in enumerate(tensor.operands) if k != place]
        indices += [tuple([names[label] for label in index]) for k, index in enumerate(tensor.indices) if k != place]
        output += [names[label] for label in tensor.output]
    return _presented_of(simplified(contract(operands, indices, output, sizes)), expression, variables, shown, layout, outcome)


def at_symbols(
    outcome: Outcome, known: Mapping[ix.Tensor, ix.Tensor], expression: Expr, wrt: Sequence[Symbol], layout: Layout
) -> Outcome:
    """The derivative of the expression that was found by symbols of which less is ``known``."""
    return _presented_of(simplified(substituted(outcome.tensor, known)), expression, wrt, wrt, layout, outcome)


def _presented_of(
    tensor: ix.Tensor, expression: Expr, variables: Sequence[Symbol], shown: Sequence[Symbol], layout: Layout, outcome: Outcome
) -> Outcome:
    """What was made of the tensor of an outcome."""
    rows, conditions = row_symbols(expression, *variables), partial(conditions_of, expression)
    order, indices = reading_order(expression), named_indices(postorder(expression))
    return presented(tensor, lower(expression), shown, layout, order, rows, conditions, outcome.notes, indices)


def forget() -> None:
    """Empties the cache, and those that keep expressions alive."""
    _found.cache_clear()
    latest_postorder.cache_clear()


@lru_cache(maxsize=MOST_KEPT)
def _found(expression: Expr, wrt: tuple[Symbol, ...], layout: Layout, symmetric: Symmetric) -> Outcome:
    return differentiate(expression, wrt, layout=layout, symmetric=symmetric)
