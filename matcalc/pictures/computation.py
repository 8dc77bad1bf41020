"""The computational graph of a program: values as nodes, derivatives of single steps on the edges,
and the ways that the chain rule takes through it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, reduce
from itertools import islice
from typing import Any

from matcalc.base.errors import ShapeError
from matcalc.base.layouts import Layout, Symmetric
from matcalc.base.traversal import bottom_up, with_operands
from matcalc.expr.nodes import (
    Constant,
    Expr,
    Leaf,
    Negative,
    Norm,
    Number,
    Power,
    Product,
    Symbol,
    Transpose,
    postorder,
)
from matcalc.expr.rewriting import free_indices, rebuilt_with, resolved, symbols_in
from matcalc.interface.product_calls import gradients_of_program
from matcalc.language import Elaborated
from matcalc.language.declare.declared import declaration_text
from matcalc.objects.inputs import Outline, fresh_name
from matcalc.pictures.drawing import (
    ADJOINT,
    ASKED,
    ASKED_FILL,
    FAINT,
    INK,
    MUTED,
    PAPER,
    WAY,
    WAY_FILL,
    Picture,
    check_shapes,
    label,
    sheet,
    shortened,
    span,
    tooltip,
)
from matcalc.printing import index_text, text
from matcalc.printing.names import unicode_name

MOST_WAYS = 4
"""Ways of the chain rule that are written out; of more it is said how many there are."""


def computation(
    elaborated: Elaborated,
    outline: Outline,
    wrt: Sequence[Symbol],
    layout: Layout,
    symmetric: Symmetric,
) -> Picture:
    """The graph of a program, or of a formula cut into its subexpressions, with the ways to the
    variables ``wrt``; without them, the derivatives by all that occurs.

    Raises LimitError for more than a picture holds, and what differentiation raises.
    """
    cut = outline if len(outline.parts()) > 1 else in_parts(outline)
    graph = Graph(elaborated, cut, wrt, layout, symmetric)
    by = ", ".join(unicode_name(symbol.name) for symbol in wrt)
    chosen = f", and the chain rule by {by}" if by else ""
    title = f"Computational graph of {shortened(graph.whole(cut.value_name), 80)}{chosen}"
    return Picture("graph", title, graph.words(), lambda: graph.source(title))


# ------------------------------------------------------------
# A formula cut into steps.


def in_parts(outline: Outline) -> Outline:
    """The program that computes a formula part by part, down to the symbols; signs, transposes and
    factors that are numbers are no parts of their own."""
    check_shapes(len(postorder(outline.expression)), "the graph", _ADVICE)
    whole = rebuilt_with(outline.expression, _by_twos)
    order = postorder(whole)
    within = _carried(whole, Counter([operand for node in order for operand in node.below]))
    within |= {node.base for node in order if isinstance(node, Power) and isinstance(node.base, Norm)}
    within |= {node for node in order if _is_plain(node) or free_indices(node)} | {whole}
    steps: dict[str, Expr] = {}
    taken = {*outline.steps, *symbols_in(whole), outline.value_name}

    def part(node: Expr, built: Mapping[Expr, Expr]) -> Expr:
        again = with_operands(node, built)
        if node in within:
            return again
        name = fresh_name(f"v{len(steps) + 1}", taken)
        taken.add(name)
        steps[name] = again
        return Symbol(name, again.shape)

    value = bottom_up(order, part)[whole]
    found = Outline(steps, value, resolved(steps), whole, frozenset(taken))
    found.value_name = outline.value_name
    return found


_ADVICE = 'names for the parts that matter: "z = W*x + b; h = tanh(z); ..."'


def _by_twos(node: Expr) -> Expr:
    """A product as it is computed, two factors at a time: from the right where a vector stands
    there, scalars last."""
    if not isinstance(node, Product):
        return node
    scalars = [factor for factor in node.factors if factor.is_scalar]
    arrays = [factor for factor in node.factors if not factor.is_scalar]
    if len(arrays) < 2 or len(arrays) + any(map(_is_value, scalars)) < 3:
        return node
    joined = _from_the_right(arrays) if arrays[-1].is_column else None
    joined = joined or reduce(lambda left, right: Product((left, right)), arrays)
    return Product((*scalars, joined)) if scalars else joined


def _is_value(node: Expr) -> bool:
    return not isinstance(node, Number | Constant)


def _from_the_right(arrays: Sequence[Expr]) -> Expr | None:
    try:
        return reduce(lambda right, left: Product((left, right)), arrays[::-1])
    except ShapeError:  # a product of vectors before it is a scalar
        return None


def _is_plain(node: Expr) -> bool:
    """Whether a node is shown within what it stands in."""
    if isinstance(node, Product):
        return sum(map(_is_value, node.factors)) < 2
    return isinstance(node, Leaf | Negative | Transpose)


def _carried(whole: Expr, users: Mapping[Expr, int]) -> set[Expr]:
    """What a formula is but for its sign, a transposition and numbers before it: one node with
    it."""
    found: set[Expr] = set()
    while _is_plain(whole) and not isinstance(whole, Leaf):
        whole = next(filter(_is_value, whole.below), whole.below[0])
        if users[whole] > 1:
            break
        found.add(whole)
    return found


# ------------------------------------------------------------
# The graph: what is computed from what, the derivatives, and the ways.


class Graph:
    """Values by name, each computed from those that its edges come from. ``asked`` are the names
    differentiated by."""

    def __init__(
        self,
        elaborated: Elaborated,
        outline: Outline,
        wrt: Sequence[Symbol],
        layout: Layout,
        symmetric: Symmetric,
    ) -> None:
        self.root, self.layout = outline.value_name, layout
        parts = outline.parts()
        self.steps = {name: parts[name] for name in _reached(parts, self.root)}
        self.uses = {name: list(symbols_in(step)) for name, step in self.steps.items()}
        symbols = {**symbols_in(*self.steps.values())}
        self.inputs = {name: node for name, node in symbols.items() if name not in parts}
        used = {*self.steps, *self.inputs}
        self.inputs |= {symbol.name: symbol for symbol in wrt if symbol.name not in used}  # nothing is computed from these
        shapes = len(self.steps) + len(self.inputs) + sum(map(len, self.uses.values()))
        check_shapes(shapes, "the graph", "a picture of one of the named results")
        self.asked = [symbol.name for symbol in wrt]
        inner = [outline.names[name] for name in self.steps if name != self.root]
        by = list(dict.fromkeys([*inner, *(wrt or self.inputs.values())]))
        self.gradients = gradients_of_program(elaborated, outline, by, layout, symmetric) if by else None

    @property
    def edges(self) -> list[tuple[str, str]]:
        """What is computed, and what from; in the order of a reverse sweep."""
        return [(of, by) for of in reversed(self.steps) for by in self.uses[of]]

    @cached_property
    def active(self) -> set[str]:
        """The names that depend on those asked for, and these."""
        found = set(self.asked)
        for name, uses in self.uses.items():
            if not found.isdisjoint(uses):
                found.add(name)
        return found

    def is_way(self, of: str, by: str) -> bool:
        """Whether the chain rule goes along an edge."""
        return by in self.active and of in self.steps

    def partial(self, of: str, by: str) -> str | None:
        """The derivative of a single step."""
        found = self.gradients.partials.get((of, by)) if self.gradients else None
        return None if found is None else found.text()

    def ways(self, name: str) -> Iterator[list[str]]:
        """The ways from the value to a name."""
        stack = [[self.root]]
        while stack:
            way = stack.pop()
            if way[-1] == name:
                yield way
                continue
            leading = [use for use in self.uses.get(way[-1], ()) if use == name or self._leads(use, name)]
            stack += [[*way, use] for use in reversed(leading)]

    def _leads(self, name: str, to: str) -> bool:
        return self.counts(to).get(name, 0) > 0

    def counts(self, to: str) -> dict[str, int]:
        """The number of ways from each value to a name."""
        found = {to: 1}
        for name, uses in self.uses.items():
            found.setdefault(name, sum(found.get(use, 0) for use in uses))
        return found

    # -------------------------------------------------------- texts

    def shape(self, name: str) -> str:
        node = self.inputs.get(name) or self.steps[name]
        return declaration_text(node.shape)

    def whole(self, name: str) -> str:
        """A value with its formula."""
        return f"{unicode_name(name)} = {text(self.steps[name], 'unicode')}" if name in self.steps else unicode_name(name)

    def adjoint(self, name: str) -> str | None:
        """The derivative of the value by another, in terms of names."""
        found = self.gradients.get(name) if self.gradients is not None else None
        if found is None or name == self.root:
            return None
        form = found.outcome.expression
        shown = index_text(found.outcome.tensor, "unicode") if form is None else text(form, "unicode")
        meant = self._meant(form)
        more = "" if meant is None else f" = {text(meant, 'unicode')}"
        return f"{self.ratio(self.root, name, 'd')} = {shown}{more}"

    def _meant(self, form: Expr | None) -> Expr | None:
        """What the name of an adjoint stands for."""
        sweep = None if self.gradients is None else self.gradients.sweep
        return sweep.adjoints.get(form.name) if sweep and isinstance(form, Symbol) else None

    def ratio(self, of: str, by: str, sign: str = "∂") -> str:
        """A derivative: of one step with ∂, of all that lies between with d."""
        return f"{sign}{unicode_name(of)}/{sign}{unicode_name(by)}"

    def chain(self, way: Sequence[str]) -> str:
        """The product of derivatives along a way, in the order of the layout."""
        factors = [self.ratio(of, by) for of, by in zip(way, way[1:])]
        return " · ".join(factors[::-1] if self.layout == "denominator" else factors)

    def rules(self) -> list[str]:
        """The chain rule for each name asked for: a sum over the ways of products along them."""
        found = []
        for name in self.asked:
            count, left = self.counts(name).get(self.root, 0), self.ratio(self.root, name, "d")
            ways = [self.chain(way) for way in islice(self.ways(name), MOST_WAYS)]
            if name == self.root:
                continue
            if not count:
                found.append(f"{left} = 0: no way leads from {unicode_name(self.root)} to {unicode_name(name)}")
            else:
                more = f" + … ({count:,} ways)" if count > len(ways) else ""
                found.append(f"{left} = {' + '.join(ways)}{more}")
        return found

    def words(self) -> str:
        """The graph in words."""
        steps = "; ".join(f"{self.whole(name)} ({self.shape(name)})" for name in self.steps)
        used = {name for uses in self.uses.values() for name in uses}
        given = ", ".join(f"{unicode_name(name)} ({self.shape(name)})" for name in self.inputs if name in used)
        said: dict[str, Sequence[str | None]] = {
            "Single steps": [self.step(of, by) for of, by in self.edges],
            "Chain rule": self.rules(),
            "Adjoints": [self.adjoint(name) for name in (*reversed(self.steps), *self.inputs)],
        }
        lines = {heading: [one for one in every if one] for heading, every in said.items()}
        found = [f"{heading}: {'; '.join(every)}." for heading, every in lines.items() if every]
        return " ".join([f"The values {steps} are computed from {given or 'numbers'}.", *found])

    def step(self, of: str, by: str) -> str | None:
        """The derivative of a single step as an equation."""
        partial = self.partial(of, by)
        return None if partial is None else f"{self.ratio(of, by)} = {partial}"

    # -------------------------------------------------------- drawing

    def source(self, title: str) -> str:
        """The text for Graphviz."""
        graph = sheet(
            "computation",
            rankdir="TB",
            nodesep="0.45",
            ranksep="0.55",
            label=self._legend(),
            labelloc="b",
        )
        graph.attr(tooltip=tooltip(title))
        names = {name: f"n{place}" for place, name in enumerate((*self.inputs, *self.steps), 1)}
        for name, node in names.items():
            self._node(graph, node, name)
        for of, by in self.edges[::-1]:
            self._edge(graph, names, of, by)
        return str(graph.source)

    def _node(self, graph: Any, node: str, name: str) -> None:
        way = name in self.active
        color, fill = (ASKED, ASKED_FILL) if name in self.asked else (WAY, WAY_FILL) if way else (MUTED, PAPER)
        lines = [[span(shortened(self.whole(name)), INK, 14)], [span(self.shape(name), MUTED, 10)]]
        adjoint = self.adjoint(name) if way or not self.asked else None
        lines += [[span(shortened(adjoint), ADJOINT, 11)]] if adjoint else []
        said = f"{self.whole(name)}; {self.shape(name)}" + (f"; {adjoint}" if adjoint else "")
        graph.node(
            node,
            label(lines),
            shape="box",
            style="filled" if name in self.steps else "filled,rounded",
            color=color,
            fillcolor=fill,
            penwidth="2" if name == self.root or name in self.asked else "1.2",
            tooltip=tooltip(said),
            margin="0.1,0.05",
        )

    def _edge(self, graph: Any, names: Mapping[str, str], of: str, by: str) -> None:
        way, partial = self.is_way(of, by), self.step(of, by)
        said = partial or f"{unicode_name(of)} is computed from {unicode_name(by)}"
        more = {"label": label([[span(shortened(said), WAY if way else MUTED, 11)]], padding=4)} if partial else {}
        graph.edge(
            names[by],
            names[of],
            tooltip=tooltip(said),
            labeltooltip=tooltip(said),
            color=WAY if way else FAINT,
            penwidth="2.2" if way else "1",
            **more,
        )

    def _legend(self) -> str:
        lines = [[span(shortened(rule, 110), WAY, 13)] for rule in self.rules()]
        values = {**self.inputs, **self.steps}
        stacked = any(len(values[name].shape) > 1 for name in (self.active if self.asked else values))
        key = [
            span(
                "on an edge: the derivative of one step" + (", matrices as stacked columns" if stacked else ""),
                MUTED,
                10,
            )
        ]
        if not self.asked:
            return label([key], above=10)
        colours = [
            span("■ differentiated by", ASKED, 10), span(" ■ ways of the chain rule", WAY, 10), span(" ■ adjoints", ADJOINT, 10)
        ]  # fmt: skip
        return label([*lines, colours, key], "LEFT", above=10)


def _reached(parts: Mapping[str, Expr], root: str) -> list[str]:
    """The steps that the value rests on, and it, in the order of computation."""
    wanted = {root}
    for name in reversed(tuple(parts)):
        if name in wanted:
            wanted.update(symbols_in(parts[name]))
    return [name for name in parts if name in wanted]
