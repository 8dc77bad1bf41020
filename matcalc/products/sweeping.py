"""One reverse sweep through a program: adjoints of its named results, and the derivatives by any of
its symbols and names.

The sweep goes from step to step, and inside each step over the tensor DAG. The adjoint of a result
is computed once, gets a name of its own, and what is passed on is written in terms of that name; so
the answers have the size of the program, however deep it is. Steps that differ in names only, as
the layers of a network do, are differentiated once for all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from matcalc.base.layouts import Layout, Symmetric
from matcalc.base.records import record, replace
from matcalc.base.shapes import axes_of
from matcalc.calculus.differentiation import cotangents
from matcalc.calculus.simplification import simplified
from matcalc.derivation.conditions import conditions_of
from matcalc.derivation.pipeline import Outcome, declared, folded, freed, presented, rows_of, structured
from matcalc.einstein import nodes as ix
from matcalc.einstein.algebra import power
from matcalc.einstein.linear import YES, add, delta, is_zero
from matcalc.einstein.lowered import Lowered, split_as
from matcalc.einstein.lowering import lower
from matcalc.einstein.substitution import rebuilt, substituted
from matcalc.expr.nodes import Expr, Symbol, postorder
from matcalc.expr.rewriting import named_indices, symbols_in
from matcalc.folding.build import row_symbols
from matcalc.objects.inputs import Outline, fresh_name
from matcalc.products.program_steps import Pattern, fused, inverses, named, pattern_of, renamed, renamed_tensor, resized


@dataclass(frozen=True)
class Sweep:
    """``adjoints`` are the named adjoints in the order of computation, each in terms of names and
    of adjoints before it; ``of`` says for each which results it is the adjoint of. ``derivatives``
    are what was asked for, in terms of all these names."""

    outline: Outline
    adjoints: Mapping[str, Expr]
    of: Mapping[str, tuple[str, ...]]
    derivatives: Mapping[str, Outcome]


def swept(
    outline: Outline,
    wrt: Sequence[Symbol],
    *,
    upstream: Symbol | None = None,
    layout: Layout = "denominator",
    symmetric: Symmetric = "projected",
    taken: frozenset[str] = frozenset(),
) -> Sweep:
    """The derivatives of the value by each of ``wrt``, which are symbols of the program or names of
    its steps.

    With ``upstream`` they are of a scalar whose derivative by the value is that symbol. Adjoints
    are named when the value is a scalar or there is an upstream; else the derivative is one product
    in terms of the steps. ``taken`` are names not to use for adjoints.
    """
    return _Sweeper(outline, wrt, symmetric, taken).run(upstream, layout)


@record
class _Share:
    """What a step, whose adjoint is a symbol, passes on to a name in it: the same as ``first.step``
    passes on to ``twin``, with other names."""

    pattern: Pattern
    first: _First
    twin: str

    def names(self) -> tuple[dict[str, str], dict[str, str]]:
        """What the names of symbols and of sizes in the first step are here."""
        return self.first.pattern.names_in(self.pattern)

    def identity(self) -> Hashable:
        """Equal for shares that are the same tensor."""
        return self.first.step, self.twin, self.pattern.names, self.pattern.sizes


@record
class _First:
    """The first of the steps that differ in names only, and what it passes on; ``forms`` are the
    closed forms of that, as adjoints, and ``outcomes`` as derivatives by what they are passed on
    to."""

    step: str
    pattern: Pattern
    passed: Mapping[str, ix.Tensor]
    forms: dict[str, Expr | None]
    outcomes: dict[str, Outcome]


class _Sweeper:
    def __init__(self, outline: Outline, wrt: Sequence[Symbol], symmetric: Symmetric, taken: frozenset[str]) -> None:
        self.outline = outline
        self.wrt = wrt
        self.symmetric = symmetric
        self.variables = {symbol.name: symbol for symbol in wrt}
        self.free: dict[str, ix.Symbol] = {symbol.name: freed(symbol) for symbol in wrt}
        self.tensors: dict[str, ix.Tensor] = {}
        self.opened: dict[str, dict[ix.Tensor, ix.Tensor]] = {}
        self.uses = {name: list(symbols_in(step)) for name, step in (*outline.steps.items(), ("", outline.value))}
        self.value = self._lowered(outline.value)
        if self._may_cancel():
            for name, step in outline.steps.items():
                self._open(name, self._lowered(step).tensor)
            self.value = replace(self.value, tensor=self._open("", self.value.tensor))
        self.active = self._active()
        self.waiting: defaultdict[str, list[ix.Tensor | _Share]] = defaultdict(list)
        self.firsts: dict[Hashable, _First] = {}
        self.adjoints: dict[str, ix.Tensor | _Share] = {}
        self.of: dict[str, list[str]] = {}
        self.symbols: dict[Hashable, ix.Symbol] = {}
        self.taken = {*taken, *outline.steps, *symbols_in(outline.expression), *self.free}
        self.order = self._reading_order()
        self.rows = row_symbols(outline.expression, *outline.names.values(), *wrt)

    def _lowered(self, expression: Expr) -> Lowered:
        value = lower(expression, self.free)
        return replace(value, tensor=simplified(value.tensor))

    def _may_cancel(self) -> bool:
        """Whether a function that may cancel another one stands in a step. One step tells it for
        all that differ in names only."""
        seen: set[Hashable] = set()
        for step in self.outline.steps.values():
            pattern = pattern_of(step, (), lambda _: None)
            if pattern is not None and pattern.key in seen:
                continue
            if pattern is not None:
                seen.add(pattern.key)
            if inverses(self._lowered(step).tensor):
                return True
        return bool(inverses(self.value.tensor))

    def _open(self, name: str, tensor: ix.Tensor) -> ix.Tensor:
        """Notes the value of a step, the names before it opened where their functions cancel in it,
        and which names it uses then."""
        uses = self.uses[name]
        found, opened = fused(tensor, self._value_of)
        self.tensors[name], self.opened[name] = found, opened
        if opened:
            present = [node.name for node in ix.postorder(found) if isinstance(node, ix.Symbol)]
            inner = [use for used in opened.values() if isinstance(used, ix.Symbol) for use in self.uses[used.name]]
            uses = [use for use in dict.fromkeys([*uses, *inner]) if use in present]
        self.uses[name] = uses
        return found

    def _value_of(self, symbol: ix.Tensor) -> ix.Tensor | None:
        """The value of a name that no derivative is asked for by."""
        if not isinstance(symbol, ix.Symbol) or symbol.name in self.free or symbol.name not in self.outline.steps:
            return None
        return self.tensors.get(symbol.name)

    def _active(self) -> set[str]:
        """The names that the value may depend on the variables through, and the variables."""
        active = set(self.free)
        for name, uses in self.uses.items():
            if any(use in active for use in uses):
                active.add(name)
        return active

    def _reading_order(self) -> dict[str, int]:
        steps = (self.outline.value, *reversed(tuple(self.outline.steps.values())))  # what comes from above stands first
        names = dict.fromkeys([name for step in steps for name in symbols_in(step)])
        return {name: place for place, name in enumerate(names)}

    # ------------------------------------------------------------ the sweep

    def run(self, upstream: Symbol | None, layout: Layout) -> Sweep:
        root = self.value.tensor
        above = () if upstream is not None else root.shape
        seed = delta(root.shape) if upstream is None else self._seed(upstream)
        if upstream is not None:
            self.taken.add(upstream.name)
            self.order[upstream.name] = -1
            self.rows |= row_symbols(upstream)
        for name, part in self._pulled("", root, seed).items():
            self.waiting[name].append(part)
        found: dict[str, ix.Tensor | _Share] = {}
        for name in reversed(tuple(self.outline.steps)):
            arrived = self._arrived(name)
            if arrived is None:
                continue
            adjoint = self._tensor(arrived) if above else self._named(name, arrived)
            if name in self.free:
                found[name] = adjoint
            self._pass(name, adjoint)
        for symbol in self.wrt:
            arrived = None if symbol.name in self.outline.steps else self._arrived(symbol.name)
            if arrived is not None:
                found[symbol.name] = arrived
            found.setdefault(symbol.name, add([], above + axes_of(symbol.shape)))
        self._shorten(found)
        value = replace(self.value, tensor=root) if above else Lowered(add([], ()), 0)
        return self._result(found, value, layout)

    def _seed(self, upstream: Symbol) -> ix.Tensor:
        """The upstream gradient with the axes of the value: those of a Kronecker or vec form are
        split as its rows and columns are."""
        symbol = declared(upstream)
        if symbol.shape == self.value.tensor.shape:
            return symbol
        return split_as(symbol, [group for group in (self.value.rows, self.value.cols) if group])

    def _tensor_of(self, name: str) -> ix.Symbol:
        """The tensor that stands for a variable or a step in other steps."""
        return self.free[name] if name in self.free else declared(self.outline.names[name])

    def _arrived(self, name: str) -> ix.Tensor | _Share | None:
        parts = self.waiting.pop(name, [])
        if len(parts) == 1 and isinstance(parts[0], _Share):
            return parts[0]
        if not parts:
            return None
        tensors = [self._tensor(part) for part in parts]
        total = simplified(add([(YES, tensor) for tensor in tensors], tensors[0].shape))
        return None if is_zero(total) else total

    def _pass(self, name: str, seed: ix.Tensor) -> None:
        """Passes the adjoint of a step on to what the step uses."""
        uses = [use for use in self.uses[name] if use in self.active]
        if not uses:
            return
        key, pattern = self._pattern(name, seed) or (None, None)
        first = self.firsts.get(key)
        if pattern is None or first is None:
            tensor = self.tensors[name] if name in self.tensors else self._lowered(self.outline.steps[name]).tensor
            passed = self._pulled(name, tensor, seed)
            if pattern is not None:
                self.firsts[key] = _First(name, pattern, passed, {}, {})
            for use, part in passed.items():
                self.waiting[use].append(part)
            return
        twins = dict(zip(pattern.names, first.pattern.names))
        for use in uses:
            twin = first.passed.get(twins[use])
            if twin is not None:
                share = _Share(pattern, first, twins[use])
                self.waiting[use].append(self._tensor(share) if _is_short(twin) else share)

    def _pattern(self, name: str, seed: ix.Tensor) -> tuple[Hashable, Pattern] | None:
        """What a step and its adjoint are but for their names, with a key of all that its
        derivatives and their forms depend on; None where an adjoint has no name, or steps are
        opened."""
        if not isinstance(seed, ix.Symbol) or self.opened.get(name):
            return None

        def facts(symbol: str) -> Hashable:
            free = self.free.get(symbol)
            facts_of_free = None if free is None else free.properties
            return facts_of_free, symbol in self.active, symbol in self.outline.steps, symbol in self.rows

        own, above = self.outline.names[name], Symbol(seed.name, seed.sizes, seed.properties)
        pattern = pattern_of(self.outline.steps[name], (own, above), facts)
        if pattern is None:
            return None
        places = [self.order.get(symbol, len(self.order)) for symbol in pattern.names]
        return (pattern.key, tuple(sorted(range(len(places)), key=places.__getitem__))), pattern

    def _tensor(self, part: ix.Tensor | _Share) -> ix.Tensor:
        if not isinstance(part, _Share):
            return part
        first = part.first
        symbols = {self._leaf(old): self._leaf(new) for old, new in zip(first.pattern.symbols, part.pattern.symbols)}
        return renamed_tensor(first.passed[part.twin], symbols, part.names()[1])

    def _leaf(self, symbol: Symbol) -> ix.Tensor:
        return self.free.get(symbol.name) or declared(symbol)

    def _pulled(self, step: str, root: ix.Tensor, seed: ix.Tensor) -> dict[str, ix.Tensor]:
        """What an adjoint becomes at each name that a step, or the value, uses; values of steps in
        a derivative are written by names."""
        variables = {name: self._tensor_of(name) for name in self.uses[step] if name in self.active}
        found: dict[str, ix.Tensor] = {}
        if not variables:
            return found
        own = self._tensor_of(step) if step else None
        pulled = cotangents(root, seed, tuple(variables.values()))
        for name, variable in variables.items():
            part = pulled[variable]
            if is_zero(part):
                continue
            part = simplified(part)
            if self.opened.get(step):
                part = simplified(named(part, self.opened[step]))
            if own is not None and not isinstance(root, (ix.Symbol, ix.Constant, ix.SizeValue)) and root is not own:
                part = rebuilt(part, lambda node: _by_name(node, root, own))
            found[name] = part
        return found

    # ------------------------------------------------------------ names of adjoints

    def _named(self, name: str, total: ix.Tensor | _Share) -> ix.Tensor:
        """A symbol for the adjoint, unless it is as short as a symbol."""
        if not isinstance(total, _Share) and _is_short(total):
            return total
        identity = total.identity() if isinstance(total, _Share) else total
        known = self.symbols.get(identity)
        if known is None:
            spelled = fresh_name(f"delta_{name}", self.taken)
            self.taken.add(spelled)
            known = self.symbols[identity] = ix.Symbol(spelled, axes_of(self.outline.names[name].shape))
            self.adjoints[spelled] = total
            self.of[spelled] = []
            self._place(spelled, name)
        self.of[known.name].append(name)
        return known

    def _place(self, adjoint: str, name: str) -> None:
        """An adjoint comes first in reading order; that of a row is a row."""
        self.order[adjoint] = -1
        if self.outline.names[name].is_row:
            self.rows[adjoint] = Symbol(adjoint, self.outline.names[name].shape)

    def _shorten(self, found: dict[str, ix.Tensor | _Share]) -> None:
        """A single adjoint needs no index."""
        if len(self.adjoints) != 1 or "delta" in self.taken:
            return
        ((name, total),) = self.adjoints.items()
        shape = axes_of(self.outline.names[self.of[name][0]].shape)
        long, short = ix.Symbol(name, shape), ix.Symbol("delta", shape)
        for key, tensor in found.items():
            found[key] = substituted(self._tensor(tensor), {long: short})
        self.adjoints = {"delta": total}
        self.of = {"delta": self.of[name]}
        self._place("delta", self.of["delta"][0])

    # ------------------------------------------------------------ results

    def _result(self, found: Mapping[str, ix.Tensor | _Share], value: Lowered, layout: Layout) -> Sweep:
        back: dict[ix.Tensor, ix.Tensor] = {self.free[symbol.name]: declared(symbol) for symbol in self.wrt}
        known = [condition for part in self.outline.parts().values() for condition in conditions_of(part, None)]

        def conditions(form: Expr | None) -> list[str]:
            return [*known, *(() if form is None else conditions_of(form, None))]

        adjoints, closed = self._adjoint_forms(back)
        written_out = self.adjoints.keys() - adjoints
        derivatives: dict[str, Outcome] = {}
        indices = named_indices(postorder(*self.outline.parts().values()))

        def outcome(symbol: Symbol, part: ix.Tensor) -> Outcome:
            notes: list[str] = []
            if symbol.name not in self.outline.steps:
                part = simplified(structured(part, value.tensor.order, symbol, self.symmetric, notes))
            part = simplified(substituted(part, back))
            return presented(part, value, (symbol,), layout, self.order, self.rows, conditions, notes, indices)

        for symbol in self.wrt:
            part = found[symbol.name]
            if not isinstance(part, _Share) or symbol.properties or not written_out.isdisjoint(part.pattern.names):
                derivatives[symbol.name] = outcome(symbol, substituted(self._tensor(part), closed))
                continue
            known_for, names = part.first.outcomes, part.names()
            if part.twin not in known_for:
                known_for[part.twin] = outcome(self.variables[part.twin], part.first.passed[part.twin])
            like = known_for[part.twin]
            form = None if like.expression is None else renamed(like.expression, *names)
            shape = tuple([resized(size, names[1]) for size in like.shape])
            tensor = simplified(substituted(self._tensor(part), back))
            derivatives[symbol.name] = Outcome(form, tensor, shape, tuple(dict.fromkeys(conditions(form))), like.notes)
        return Sweep(self.outline, adjoints, {name: tuple(self.of[name]) for name in adjoints}, derivatives)

    def _adjoint_forms(self, back: Mapping[ix.Tensor, ix.Tensor]) -> tuple[dict[str, Expr], dict[ix.Tensor, ix.Tensor]]:
        """The matrix forms of the adjoints; those without one are written out where they are
        used."""
        adjoints: dict[str, Expr] = {}
        closed: dict[ix.Tensor, ix.Tensor] = {}
        written_out: set[str] = set()
        for name, total in self.adjoints.items():
            split = rows_of(self.outline.names[self.of[name][0]])
            shared = isinstance(total, _Share) and written_out.isdisjoint(total.pattern.names)
            form = self._form(total, split, back) if isinstance(total, _Share) and shared else None
            if not shared or form is None:
                plain = substituted(substituted(self._tensor(total), back), closed)
                form = None if shared else folded(plain, split, self.order, self.rows)
                if form is None:  # no matrix form
                    closed[ix.Symbol(name, plain.shape)] = plain
                    written_out.add(name)
                    continue
            adjoints[name] = form
        return adjoints, closed

    def _form(self, share: _Share, split: int, back: Mapping[ix.Tensor, ix.Tensor]) -> Expr | None:
        """The closed form, found once for all steps that differ in names only."""
        first = share.first
        if share.twin not in first.forms:
            first.forms[share.twin] = folded(substituted(first.passed[share.twin], back), split, self.order, self.rows)
        form = first.forms[share.twin]
        return None if form is None else renamed(form, *share.names())


def _by_name(node: ix.Tensor, root: ix.Tensor, own: ix.Tensor) -> ix.Tensor | None:
    """``own``, the name of a step with the value ``root``, for that value, and its powers for
    powers of what ``root`` is a power of."""
    if node is root:
        return own
    if isinstance(node, ix.Power) and isinstance(root, ix.Power) and node.base is root.base:
        times = node.exponent / root.exponent
        return power(own, times) if times.denominator == 1 else None
    return None


def _is_short(tensor: ix.Tensor) -> bool:
    """A symbol, perhaps transposed or times a number, or a constant: it reads as well as a name
    would."""
    if isinstance(tensor, ix.Sum):
        return not tensor.terms or (len(tensor.terms) == 1 and _is_short(tensor.terms[0][1]))
    if isinstance(tensor, ix.Contraction):
        return not tensor.operands or (
            len(tensor.operands) == 1 and tensor.order == 2 and isinstance(tensor.operands[0], ix.Symbol)
        )
    return isinstance(tensor, (ix.Symbol, ix.Constant, ix.SizeValue))
