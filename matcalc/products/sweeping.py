"""One reverse sweep through a program: adjoints of its named results, and the derivatives by any of its symbols and names.

The sweep goes from step to step, and inside each step over the tensor DAG. The adjoint of a result is computed once, gets a name of its
own, and what is passed on is written in terms of that name; so the answers have the size of the program, however deep it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from matcalc.calculus.differentiation import cotangents
from matcalc.calculus.simplification import simplified
from matcalc.derivation.conditions import conditions_of
from matcalc.derivation.pipeline import Layout, Outcome, Symmetric, declared, folded, freed, presented, structured
from matcalc.einstein import nodes as ix
from matcalc.einstein.algebra import power
from matcalc.einstein.linear import add, delta, is_zero
from matcalc.einstein.lowered import Lowered
from matcalc.einstein.lowering import axes_of, lower
from matcalc.einstein.splitting import split_as
from matcalc.einstein.substitution import rebuilt, substituted
from matcalc.expr.nodes import Expr, Symbol
from matcalc.expr.rewriting import symbols_in
from matcalc.folding.rows import row_symbols
from matcalc.products.outlines import Outline, fresh_name
from matcalc.records import replace

YES = Fraction(1)


@dataclass(frozen=True)
class Sweep:
    """``adjoints`` are the named adjoints in the order of computation, each in terms of names and of adjoints before it; ``of`` says for
    each which results it is the adjoint of. ``derivatives`` are what was asked for, in terms of all these names."""

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
    """The derivatives of the value by each of ``wrt``, which are symbols of the program or names of its steps.

    With ``upstream`` they are of a scalar whose derivative by the value is that symbol. Adjoints are named when the value is a scalar or
    there is an upstream; else the derivative is one product in terms of the steps. ``taken`` are names not to use for adjoints.
    """
    return _Sweeper(outline, wrt, symmetric, taken).run(upstream, layout)


class _Sweeper:
    def __init__(self, outline: Outline, wrt: Sequence[Symbol], symmetric: Symmetric, taken: frozenset[str]) -> None:
        self.outline = outline
        self.wrt = wrt
        self.symmetric = symmetric
        self.free: dict[str, ix.Tensor] = {symbol.name: freed(symbol) for symbol in wrt}
        self.parts = {name: self._lowered(step) for name, step in outline.steps.items()}
        self.value = self._lowered(outline.value)
        self.uses = {name: list(symbols_in(step)) for name, step in outline.steps.items()}
        self.active = self._active()
        self.waiting: dict[str, list[tuple[Fraction, ix.Tensor]]] = {}
        self.adjoints: dict[str, ix.Tensor] = {}
        self.of: dict[str, list[str]] = {}
        self.symbols: dict[ix.Tensor, ix.Symbol] = {}
        self.taken = {*taken, *outline.steps, *symbols_in(outline.expression), *self.free}
        self.order = self._reading_order()
        self.rows = row_symbols(outline.expression, *outline.names.values(), *wrt)

    def _lowered(self, expression: Expr) -> Lowered:
        value = lower(expression, self.free)
        return replace(value, tensor=simplified(value.tensor))

    def _active(self) -> set[str]:
        """The names that the value may depend on the variables through, and the variables."""
        active = set(self.free)
        for name, uses in self.uses.items():
            if any(use in active for use in uses):
                active.add(name)
        return active

    def _reading_order(self) -> dict[str, int]:
        names: dict[str, int] = {}
        for step in (self.outline.value, *reversed(tuple(self.outline.steps.values()))):  # what comes from above stands first
            for name in symbols_in(step):
                names.setdefault(name, len(names))
        return names

    # ------------------------------------------------------------ the sweep

    def run(self, upstream: Symbol | None, layout: Layout) -> Sweep:
        root = self.value.tensor
        above = () if upstream is not None else root.shape
        seed = delta(root.shape) if upstream is None else self._seed(upstream)
        if upstream is not None:
            self.taken.add(upstream.name)
            self.order[upstream.name] = -1
            self.rows |= row_symbols(upstream)
        self._pass(root, seed, list(symbols_in(self.outline.value)))
        found: dict[str, ix.Tensor] = {}
        for name in reversed(tuple(self.outline.steps)):
            total = self._arrived(name, above)
            if total is None:
                continue
            adjoint = total if above else self._named(name, total)
            if name in self.free:
                found[name] = adjoint
            self._pass(self.parts[name].tensor, adjoint, self.uses[name], self._tensor_of(name))
        for symbol in self.wrt:
            if symbol.name not in self.outline.steps:
                shape = axes_of(symbol.shape)
                found[symbol.name] = self._arrived(symbol.name, above) or add([], above + shape)
            found.setdefault(symbol.name, add([], above + axes_of(symbol.shape)))
        self._shorten(found)
        value = replace(self.value, tensor=root) if above else Lowered(add([], ()), 0)
        return self._result(found, value, layout)

    def _seed(self, upstream: Symbol) -> ix.Tensor:
        """The upstream gradient with the axes of the value: those of a Kronecker or vec form are split as its rows and columns are."""
        symbol = ix.Symbol(upstream.name, axes_of(upstream.shape), upstream.properties)
        if symbol.shape == self.value.tensor.shape:
            return symbol
        return split_as(symbol, [group for group in (self.value.rows, self.value.cols) if group])

    def _tensor_of(self, name: str) -> ix.Tensor:
        """The tensor that stands for a step in other steps."""
        known = self.free.get(name)
        symbol = self.outline.names[name]
        return known if known is not None else ix.Symbol(name, axes_of(symbol.shape), symbol.properties)

    def _arrived(self, name: str, above: tuple[object, ...]) -> ix.Tensor | None:
        parts = self.waiting.pop(name, [])
        if not parts:
            return None
        total = simplified(add(parts, parts[0][1].shape))
        return None if is_zero(total) else total

    def _pass(self, root: ix.Tensor, seed: ix.Tensor, uses: list[str], own: ix.Tensor | None = None) -> None:
        """Passes an adjoint on to what a step uses; the step's own value in a derivative is written by its name."""
        variables = {name: self._variable(name) for name in uses if name in self.active}
        if not variables:
            return
        pulled = cotangents(root, seed, tuple(variables.values()))
        for name, variable in variables.items():
            part = pulled[variable]
            if is_zero(part):
                continue
            part = simplified(part)
            if own is not None and not isinstance(root, (ix.Symbol, ix.Constant, ix.SizeValue)) and root is not own:
                part = rebuilt(part, lambda node: _by_name(node, root, own))
            self.waiting.setdefault(name, []).append((YES, part))

    def _variable(self, name: str) -> ix.Symbol:
        tensor = self._tensor_of(name) if name in self.outline.steps else self.free[name]
        assert isinstance(tensor, ix.Symbol)
        return tensor

    # ------------------------------------------------------------ names of adjoints

    def _named(self, name: str, total: ix.Tensor) -> ix.Tensor:
        """A symbol for the adjoint, unless it is as short as a symbol."""
        if _is_short(total):
            return total
        known = self.symbols.get(total)
        if known is None:
            spelled = fresh_name(f"delta_{name}", self.taken)
            self.taken.add(spelled)
            known = self.symbols[total] = ix.Symbol(spelled, total.shape)
            self.adjoints[spelled] = total
            self.of[spelled] = []
            self.order[spelled] = -1
            self._place(spelled, name)
        self.of[known.name].append(name)
        return known

    def _place(self, adjoint: str, name: str) -> None:
        """The adjoint of a row is a row."""
        if self.outline.names[name].is_row:
            self.rows[adjoint] = Symbol(adjoint, self.outline.names[name].shape)

    def _shorten(self, found: dict[str, ix.Tensor]) -> None:
        """A single adjoint needs no index."""
        if len(self.adjoints) != 1 or "delta" in self.taken:
            return
        ((name, total),) = self.adjoints.items()
        long, short = ix.Symbol(name, total.shape), ix.Symbol("delta", total.shape)
        for key, tensor in found.items():
            found[key] = substituted(tensor, {long: short})
        self.adjoints = {"delta": total}
        self.of = {"delta": self.of[name]}
        self.order["delta"] = -1
        self._place("delta", self.of["delta"][0])

    # ------------------------------------------------------------ results

    def _result(self, found: Mapping[str, ix.Tensor], value: Lowered, layout: Layout) -> Sweep:
        back: dict[ix.Tensor, ix.Tensor] = {self.free[symbol.name]: declared(symbol) for symbol in self.wrt}
        known = [condition for part in self.outline.parts().values() for condition in conditions_of(part, None)]

        def conditions(form: Expr | None) -> list[str]:
            return [*known, *(() if form is None else conditions_of(form, None))]

        adjoints: dict[str, Expr] = {}
        closed: dict[ix.Tensor, ix.Tensor] = {}
        for name, total in self.adjoints.items():
            plain = substituted(substituted(total, back), closed)
            split = self._split(self.of[name][0])
            form = folded(plain, split, self.order, self.rows)
            if form is None:  # no matrix form: written out where it is used
                closed[ix.Symbol(name, total.shape)] = plain
            else:
                adjoints[name] = form
        derivatives: dict[str, Outcome] = {}
        for symbol in self.wrt:
            notes: list[str] = []
            tensor = found[symbol.name]
            if symbol.name not in self.outline.steps:
                tensor = simplified(structured(tensor, value.tensor.order, symbol, self.symmetric, notes))
            tensor = simplified(substituted(substituted(tensor, back), closed))
            derivatives[symbol.name] = presented(tensor, value, (symbol,), layout, self.order, self.rows, conditions, notes)
        return Sweep(self.outline, adjoints, {name: tuple(of) for name, of in self.of.items() if name in adjoints}, derivatives)

    def _split(self, name: str) -> int:
        symbol = self.outline.names[name]
        return 0 if symbol.is_row or symbol.is_scalar else 1


def _by_name(node: ix.Tensor, root: ix.Tensor, own: ix.Tensor) -> ix.Tensor | None:
    """``own``, the name of a step with the value ``root``, for that value, and its powers for powers of what ``root`` is a power of."""
    if node is root:
        return own
    if isinstance(node, ix.Power) and isinstance(root, ix.Power) and node.base is root.base:
        times = node.exponent / root.exponent
        return power(own, times) if times.denominator == 1 else None
    return None


def _is_short(tensor: ix.Tensor) -> bool:
    """A symbol, perhaps transposed or times a number, or a constant: it reads as well as a name would."""
    if isinstance(tensor, ix.Sum):
        return not tensor.terms or (len(tensor.terms) == 1 and _is_short(tensor.terms[0][1]))
    if isinstance(tensor, ix.Contraction):
        return not tensor.operands or (len(tensor.operands) == 1 and tensor.order == 2 and isinstance(tensor.operands[0], ix.Symbol))
    return isinstance(tensor, (ix.Symbol, ix.Constant, ix.SizeValue))
