"""The lines of a derivation by differentials: of a scalar from the outside in, of a vector or
matrix."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple, cast

from matcalc.base.errors import MatcalcError, NotDifferentiableError, ShapeError
from matcalc.base.records import grouped
from matcalc.base.traversal import postordered
from matcalc.calculus.simplification import simplified
from matcalc.derivation.pipeline import differentiate, folded, reading_order
from matcalc.einstein.lowering import lower
from matcalc.expr.nodes import (
    Expr,
    Hadamard,
    Indexed,
    Leaf,
    Linear,
    Multilinear,
    Negative,
    Node,
    Nonlinear,
    Number,
    Product,
    Sum,
    Symbol,
    Transpose,
    children,
    postorder,
)
from matcalc.expr.rewriting import rebuilt_with, replaced, sum_of, symbols_in
from matcalc.folding.build import cost, row_symbols, scaled, spread, transpose
from matcalc.products.differentials import paired_with
from matcalc.steps.differential.adjoints import Moved, Weight, added, joined, law_of, moved, weight
from matcalc.steps.differential.expansion import Expander, Line, Untold
from matcalc.steps.differential.marks import Change, Marks, Pairing
from matcalc.steps.stating import as_typed
from matcalc.steps.step import Words

_MOST_LINES = 60
_LAST = 10**9
_LONG = 14
"""A weight that costs more to read is replaced by the engine's normal form where that is much
shorter."""


class Teller:
    """Tells the differential of one expression; ``marks`` are shared by all lines."""

    def __init__(self, marks: Marks) -> None:
        self.marks = marks
        self.expander = Expander(marks)
        self.lines: list[Line] = []
        self._places: dict[Expr, int] = {}
        """Where parts of the expression are first typed."""

    # ------------------------------------------------------------ scalars

    def scalar(self, expression: Expr) -> Weight:
        """The lines for ``df`` of a scalar, down to ``⟨G, dX⟩``; returns G.

        Raises Untold where the engine has no matrix form for what is needed.
        """
        self._places = {node: place for place, node in reversed(list(enumerate(as_typed(expression))))}
        terms = [Moved(Weight(), expression)]
        while pending := self._outermost([term.of for term in terms]):
            terms = self._round(terms, pending)
            if len(self.lines) > _MOST_LINES:
                raise Untold("a derivation of this length")
        return terms[0].weight if terms else Weight(Fraction(0))

    def _round(self, terms: list[Moved], pending: list[Expr]) -> list[Moved]:
        """One layer: the differentials of the outermost functions, moved over to the left side,
        collected."""
        expansions = self._expansions(pending)
        if expansions:
            parts = [self._shown(term, expansions[term.of].right if term.of in expansions else None) for term in terms]
            self._add(parts, _told_by(list(expansions.values())))
        after: list[Moved] = []
        moves: dict[str, None] = {}
        turned: dict[str, None] = {}
        for term in terms:
            if term.of not in pending:
                after.append(term)
                continue
            expansion = expansions.get(term.of)
            found = moved(term.weight, expansion.right, self.marks) if expansion is not None else None
            further, names = found or ([self._pulled(term)], ["entries"])
            after += [self._as_typed(one, term.of) for one in further]
            moves |= dict.fromkeys(names)
            if found is not None and expansion is not None:
                turned |= dict.fromkeys(self._turned(term.weight, expansion.right, further))
        first = next(term for term in terms if term.of in pending)
        law = law_of(list(moves), first.weight, all(term.of.is_column for term in after))
        self._tell_moves([self._shown(term) for term in after], list(moves), "; ".join(filter(None, [law, _symmetric(turned)])))
        return self._simplified(self._collected(after))

    def _turned(self, held: Weight, right: Expr, found: list[Moved]) -> list[str]:
        """The symmetric matrices that moves transpose: where nothing is known of them, a transpose
        more stands in what is ``found``."""
        parts = [right, held.expression]
        known = {name: symbol for part in parts for name, symbol in symbols_in(part).items() if name not in self.marks.meaning}
        names: list[str] = []
        for name, symbol in known.items():
            if len(symbol.shape) != 2 or symbol.is_column or transpose(symbol) is not symbol:
                continue
            plain = {name: Symbol(name, symbol.shape)}
            again = moved(_replaced_in(held, plain), replaced(right, plain), self.marks)
            if again is not None and _transposes(again[0], name) > _transposes(found, name):
                names.append(name)
        return names

    def _tell_moves(self, shown: list[Expr], moves: list[str], remark: str) -> None:
        if "entries" in moves:
            self._add(shown, Said("entry by entry"))
        elif moves:
            self._add(shown, Said("adjoint", remark=remark))
        else:  # only factors change places: not worth a line of its own
            told = self.lines.pop()
            self._add(shown, Said(told.rule, told.source, told.remark, told.composed))

    def _as_typed(self, term: Moved, of: Expr) -> Moved:
        """The scalars before a differential in the order in which they, or what they come from, are
        typed; ``of`` is what was differentiated."""
        here = self._places.get(of, 0)
        for scalar in term.weight.scalars:
            self._places.setdefault(scalar, here)
        return replace(term, weight=self._in_place(term.weight))

    def _in_place(self, held: Weight) -> Weight:
        return replace(held, scalars=tuple(sorted(held.scalars, key=self._place)))

    def _place(self, scalar: Expr) -> int:
        mark = self.marks.meant(scalar)
        if not isinstance(mark, Change):
            return self._places.get(scalar, _LAST - 1)
        return _LAST if mark.of is self.marks.variable else self._places.get(mark.of, _LAST)

    def _expansions(self, pending: list[Expr]) -> dict[Expr, Line]:
        """The differentials that can be told."""
        expansions: dict[Expr, Line] = {}
        for of in pending:
            with suppress(Untold):
                expansions[of] = self.expander.expanded(of)
        return expansions

    def _collected(self, terms: list[Moved]) -> list[Moved]:
        groups = grouped((term.of, term.weight) for term in terms)
        together = [Moved(added(weights) if len(weights) > 1 else weights[0], of) for of, weights in groups.items()]
        if len(together) < len(terms):
            law = "" if all(term.of.is_scalar for term in terms) else "⟨A, C⟩ + ⟨B, C⟩ = ⟨A + B, C⟩"
            self._add([self._shown(term) for term in together if term.weight.number], Said("collect", remark=law))
        return [term for term in together if term.weight.number]

    def _simplified(self, terms: list[Moved]) -> list[Moved]:
        shorter = [self._shorter(term) for term in terms]
        left = [term for term in shorter if term.weight.number]
        if any(new is not old for new, old in zip(shorter, terms, strict=True)):
            self._add([self._shown(term) for term in left], Said("simplify"))
        return left

    def _shorter(self, term: Moved) -> Moved:
        whole = term.weight.expression
        form = normal_form(whole) if cost(whole) > _LONG else None
        return term if form is None or 4 * cost(form) > 3 * cost(whole) else Moved(weight(form), term.of)

    def _shown(self, term: Moved, right: Expr | None = None) -> Expr:
        """``number ⟨G, right⟩``, or ``g right`` of a scalar; by default of the differential
        itself."""
        side = self.marks.change(term.of) if right is None else right
        held = term.weight
        if term.of.is_scalar:
            return scalar_times(held, side, self._in_place)
        if term.of is self.marks.variable and right is None:
            return self.marks.pairing(held.expression, side)
        if isinstance(side, Negative) and held.number < 0:
            held, side = replace(held, number=-held.number), side.operand
        return scaled(held.number, self.marks.pairing(held.unsigned, side))

    def _add(self, parts: list[Expr], said: Said) -> None:
        flat = spread(parts)
        right: Expr = Number(Fraction(0)) if not flat else sum_of(flat)
        if not self.lines or self.lines[-1].right is not right:
            self.lines.append(Line(right, *said))

    def _outermost(self, expressions: list[Expr]) -> list[Expr]:
        """Those that are not part of another of them, and not the variable."""
        open_ones = [of for of in dict.fromkeys(expressions) if of is not self.marks.variable]
        inside = {node for of in open_ones for node in self._below(of) if node is not of}
        return [of for of in open_ones if of not in inside]

    def _below(self, expression: Expr) -> list[Expr]:
        """All parts of an expression, those of what its abbreviations stand for among them."""

        def parts(node: Expr) -> tuple[Expr, ...]:
            meant = self.marks.definition(node)
            return children(node) if meant is None else (meant,)

        return postordered([expression], parts)

    def _pulled(self, term: Moved) -> Moved:
        """The inner product with the differential of the variable, as the engine finds it entry by
        entry."""
        upstream = Symbol("upstream of the value", term.of.shape)
        scalar = paired_with(self.marks.opened(term.of), upstream)
        try:
            gradient = differentiate(scalar, (self.marks.variable,), symmetric="independent").expression
        except (NotDifferentiableError, ShapeError) as error:
            raise Untold(str(error)) from error
        if gradient is None:
            raise Untold("the gradient has no matrix form")
        return Moved(weight(replaced(gradient, {upstream.name: term.weight.expression})), self.marks.variable)

    # ------------------------------------------------------------ vectors and matrices

    def array(self, expression: Expr) -> Expr:
        """The lines for ``dY``, until only the differential of the variable is left; returns the
        last right side.

        Raises Untold where the engine has no matrix form for what is needed.
        """
        right = self.marks.change(expression)
        while pending := self._outermost(self._changes(right)):
            expansions = [self.expander.expanded(of) for of in pending]
            names = [self.marks.symbol(Change(of)).name for of in pending]
            right = self._substituted(right, dict(zip(names, [found.right for found in expansions], strict=True)))
            self.lines.append(Line(right, *_told_by(expansions)))
            if len(self.lines) > _MOST_LINES or cost(right) > 400:
                raise Untold("a derivation of this length")
        return right

    def _changes(self, expression: Expr) -> list[Expr]:
        """What the differentials in an expression are of."""
        found: list[Expr] = []
        stack = [expression]
        while stack:
            for name in symbols_in(stack.pop()):
                mark = self.marks.meaning.get(name)
                if isinstance(mark, Change):
                    found.append(mark.of)
                elif isinstance(mark, Pairing):
                    stack += [mark.left, mark.right]
        return found

    def _substituted(self, expression: Expr, values: dict[str, Expr]) -> Expr:
        def inside(node: Expr) -> Expr:
            mark = self.marks.meant(node)
            if isinstance(mark, Pairing):
                return self._paired(self._substituted(mark.left, values), self._substituted(mark.right, values))
            if isinstance(mark, Change) and isinstance(node, Symbol):
                return values.get(node.name, node)
            return tidied(node)

        return rebuilt_with(expression, inside)

    def _paired(self, left: Expr, right: Expr) -> Expr:
        taken = weight(right)
        if taken.body is None:
            return self.marks.pairing(left, right)
        return scaled(taken.number, self.marks.pairing(left, replace(taken, number=Fraction(1)).expression))


class Said(NamedTuple):
    """What is said of a line: the rule, its source, a remark, and the functions of a chain rule."""

    rule: str
    source: str = ""
    remark: str = ""
    composed: Words = ()


def _told_by(lines: list[Line]) -> Said:
    """The rules of several lines, their sources, and what they share."""
    rules = dict.fromkeys([line.rule for line in lines])
    sources = dict.fromkeys([line.source for line in lines if line.source])
    remarks = {line.remark for line in lines if line.remark}
    composed = {line.composed for line in lines if line.composed}
    return Said(
        ", ".join(rules),
        "; ".join([*sources][:2]),
        remarks.pop() if len(remarks) == 1 else "",
        composed.pop() if len(composed) == 1 else (),
    )


def scalar_times(held: Weight, side: Expr, arranged: Callable[[Weight], Weight]) -> Expr:
    """``g · side`` for a scalar side, its factors arranged."""
    if isinstance(side, Negative):
        return scalar_times(replace(held, number=-held.number), side.operand, arranged)
    return arranged(held.times(side)).expression


def _symmetric(names: Collection[str]) -> str:
    """That matrices are symmetric, in words; empty without any."""
    return f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} symmetric" if names else ""


def _replaced_in(held: Weight, values: dict[str, Symbol]) -> Weight:
    """A weight with other symbols."""
    scalars, below = (tuple([replaced(part, values) for part in parts]) for parts in (held.scalars, held.below))
    return replace(held, body=None if held.body is None else replaced(held.body, values), scalars=scalars, below=below)


def _transposes(terms: list[Moved], name: str) -> int:
    """How many transposes of what holds a symbol there are in weights."""
    nodes = [node for term in terms for node in postorder(term.weight.expression)]
    return sum(isinstance(node, Transpose) and name in symbols_in(node) for node in nodes)


def tidied(node: Expr) -> Expr:
    """A product or sum with signs and numbers in front."""
    match node := cast("Node", node):
        case Product(factors=factors) if any(isinstance(factor, Negative | Number) for factor in factors):
            return weight(joined(list(factors))).expression
        case Negative(operand=Negative(operand=inner)):
            return inner
        case Sum(terms=terms):
            return Sum(tuple(spread(terms)))
        case Hadamard(factors=factors):
            plain = Hadamard(tuple([factor.operand if isinstance(factor, Negative) else factor for factor in factors]))
            return Negative(plain) if sum(isinstance(factor, Negative) for factor in factors) % 2 else plain
        case Leaf() | Linear() | Multilinear() | Nonlinear() | Indexed():
            return node


def normal_form(expression: Expr) -> Expr | None:
    """The engine's shortest matrix form of an expression."""
    try:
        value = lower(expression)
        return folded(simplified(value.tensor), value.split, reading_order(expression), row_symbols(expression))
    except MatcalcError:
        return None
