"""Tensor networks (Penrose notation): tensors are nodes, an index that is summed is a wire between
them, a free index a wire with a loose end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import chain
from typing import Any, TypeAlias

from matcalc.base.errors import LimitError
from matcalc.base.records import record
from matcalc.base.sizes import Size
from matcalc.derivation.pipeline import folded
from matcalc.einstein import nodes as ix
from matcalc.einstein.linear import scale, terms_of
from matcalc.expr.nodes import Expr, Number, SizeValue
from matcalc.expr.rewriting import product_of
from matcalc.pictures.drawing import (
    ASKED,
    ASKED_FILL,
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
from matcalc.printing import index_letters, index_text, text
from matcalc.printing.indices import letters_within, reading_order
from matcalc.printing.names import unicode_name
from matcalc.rewrite.distribution import expanded

MOST_TERMS = 12
"""Networks of a picture; a product with a sum in it that would give more stays one, with the sum as
a node."""


def tensor_network(tensor: ix.Tensor, value: str, asked: Sequence[str], ends: Sequence[str], left: int) -> Picture:
    """The networks of the terms of a tensor called ``value``. ``asked`` are the names
    differentiated by; ``ends`` says of each axis what it counts, and the first ``left`` of them lie
    to the left.

    Raises LimitError for more terms, nodes and wires than a picture holds.
    """
    whole = expanded(tensor, MOST_TERMS)
    terms = terms_of(whole)
    if len(terms) > MOST_TERMS:
        said = f"a sum of {len(terms):,} terms is {len(terms):,} networks"
        raise LimitError(said, expected=f"up to {MOST_TERMS}", suggestion="a picture of one term")
    letters = index_letters(whole)
    networks = [Network(coefficient, term, letters) for coefficient, term in terms]
    shapes = sum(len(network.tensors) + 2 * len(network.wires) for network in networks)
    check_shapes(shapes, "the networks", "a picture of one term")
    title = f"Tensor network of {shortened(value, 90)}"
    axes = Axes(letters, tuple(ends), left)
    return Picture(
        "network",
        title,
        _words(networks, value, axes),
        lambda: _source(networks, title, asked, axes),
    )


# ------------------------------------------------------------
# One term as a network.


@record
class Wire:
    """An index: what it joins are axes of tensors, each the place of the tensor and of the axis,
    and loose ``ends``, which are axes of the whole."""

    letter: str
    size: Size
    joins: tuple[tuple[int, int], ...]
    ends: tuple[int, ...]

    @property
    def forks(self) -> bool:
        """Whether more than two ends meet in it."""
        return len(self.joins) + len(self.ends) > 2


class Network:
    """One term: tensors in the order of reading, wires, and what stands before it."""

    def __init__(self, coefficient: Fraction, term: ix.Tensor, letters: Sequence[str]) -> None:
        axes = tuple(range(term.order))
        product = ix.Contraction((term,), (axes,), axes, term.shape)
        product = term if isinstance(term, ix.Contraction) else product
        order = reading_order(product)
        places = [place for place in order if product.indices[place]]
        self.term = scale(coefficient, term)
        self.number, self.negative = abs(coefficient), coefficient < 0
        self.tensors = [product.operands[place] for place in places]
        self.scalars = [product.operands[place] for place in order if not product.indices[place]]
        named = letters_within(product, letters[: term.order])
        wires = [
            Wire(named[mark], size, _joins(product, places, mark), _places(product.output, mark))
            for mark, size in enumerate(product.sizes)
        ]
        self.wires = [wire for wire in wires if wire.joins or wire.ends]
        self.closed = [wire.size for wire in wires if not (wire.joins or wire.ends)]

    @cached_property
    def coefficient(self) -> str:
        """What stands before the network, without its sign; nothing for one."""
        forms: list[Expr] = [] if self.number == 1 else [Number(self.number)]
        forms += map(SizeValue, self.closed)
        forms += [form for form in map(_form, self.scalars) if form is not None]
        others = [_label(one) for one in self.scalars if _form(one) is None]
        return " ".join([*([text(product_of(forms), "unicode")] if forms else []), *others])

    def marked(self, place: int) -> bool:
        """Whether it matters at which axis of a tensor a wire ends."""
        tensor = self.tensors[place]
        return tensor.order > 1 and not (tensor.order == 2 and ix.is_symmetric(tensor))

    def has_marks(self) -> bool:
        return any(map(self.marked, range(len(self.tensors))))

    def holds(self, names: Sequence[str]) -> bool:
        """Whether one of the symbols of these names is a node."""
        return any(isinstance(node, ix.Symbol) and node.name in names for node in self.tensors)


def _places(labels: Sequence[int], mark: int) -> tuple[int, ...]:
    return tuple([place for place, other in enumerate(labels) if other == mark])


def _joins(product: ix.Contraction, places: Sequence[int], mark: int) -> tuple[tuple[int, int], ...]:
    """Where a label stands, at which operand of those in ``places`` and at which axis."""
    every = [(new, _places(product.indices[place], mark)) for new, place in enumerate(places)]
    return tuple([(new, axis) for new, axes in every for axis in axes])


def _form(tensor: ix.Tensor) -> Expr | None:
    """A factor as a matrix formula; None where it has none."""
    return folded(tensor, min(tensor.order, 1), {}, {}) if tensor.order < 3 else None


def _label(tensor: ix.Tensor) -> str:
    """What stands in a node."""
    if isinstance(tensor, ix.Symbol):
        return unicode_name(tensor.name)
    form = None if isinstance(tensor, ix.Pairing) else _form(tensor)
    if form is not None:
        return text(form, "unicode")
    return "vec" if isinstance(tensor, ix.Pairing) else index_text(tensor, "unicode")


# ------------------------------------------------------------
# The networks in words.


def _words(networks: Sequence[Network], value: str, axes: Axes) -> str:
    if not networks:
        return f"{value} is zero."
    found = [f"The tensor network of {value}" + (f", a sum of {len(networks)} networks." if len(networks) > 1 else ".")]
    if axes.letters:
        found.append(f"Free indices: {', '.join(f'{letter} ({end})' for letter, end in zip(axes.letters, axes.ends))}.")
    for network in networks:
        found.append(f"{index_text(network.term, 'unicode', axes.letters)}: {'; '.join(_of_wires(network))}.")
    return " ".join(found)


def _of_wires(network: Network) -> Iterator[str]:
    for wire in network.wires:
        joined = [_label(network.tensors[place]) for place, _ in wire.joins] + ["a free end"] * len(wire.ends)
        if len(joined) == 1:
            joined.append("ones")
        yield f"{wire.letter} of size {wire.size} joins {', '.join(joined[:-1])} and {joined[-1]}"
    if not network.wires:
        yield "no wires"


# ------------------------------------------------------------
# The drawing.


@record
class Axes:
    """The axes of the whole: their letters, what each of them counts, and how many lie to the
    left."""

    letters: tuple[str, ...]
    ends: tuple[str, ...]
    left: int


def _source(networks: Sequence[Network], title: str, asked: Sequence[str], axes: Axes) -> str:
    graph = sheet(
        "network",
        rankdir="LR",
        nodesep="0.2",
        ranksep="0.45",
        label=_legend(networks, asked),
        labelloc="b",
    )
    graph.attr(tooltip=tooltip(title))
    graph.attr("edge", dir="none", color=MUTED, penwidth="1.4")
    for number in range(len(networks), 0, -1):  # the last row is drawn at the bottom
        with graph.subgraph(name=f"cluster_{number}") as row:
            row.attr(color=PAPER, label="", margin="6")
            _Row(row, number, asked, axes).draw(networks[number - 1])
    if not networks:
        graph.node("zero", label([[span("0", INK, 16)]]), shape="box", color=PAPER)
    return str(graph.source)


def _legend(networks: Sequence[Network], asked: Sequence[str]) -> str:
    said = ["a wire is an index with its size: between tensors it is summed, a loose end is free"]
    if any(map(Network.has_marks, networks)):
        said.append("small figures at a matrix: 1 counts its rows, 2 its columns")
    if any(wire.forks for network in networks for wire in network.wires):
        said.append("● the same index at all its wires")
    lines = [[span(line, MUTED, 10)] for line in said]
    if any(network.holds(asked) for network in networks):
        lines.append([span("■ differentiated by", ASKED, 10)])
    return label(lines, "LEFT", above=10)


Point: TypeAlias = "tuple[str, str]"
"""Where a wire ends: the name of a node, and the number of the axis there where it matters."""


class _Row:
    """The drawing of one network, in a row of its own."""

    def __init__(self, graph: Any, number: int, asked: Sequence[str], axes: Axes) -> None:
        self.graph, self.number, self.axes = graph, number, axes
        self.asked = [unicode_name(name) for name in asked]
        self.lines: list[tuple[str, str]] = []

    def draw(self, network: Network) -> None:
        before = "−" if network.negative else "+" if self.number > 1 else ""
        head = f"{before} {network.coefficient}".strip()
        names: list[str] = []
        if head:
            names.append(f"c{self.number}")
            self._node(names[0], label([[span(head, INK, 16)]]), head, PAPER, "0.05")
        for place, wire in enumerate(network.wires, 1):
            self._wire(network, f"w{self.number}_{place}", wire)
        for place, tensor in enumerate(network.tensors):
            self._tensor(place, tensor)
        self._one_after_the_other([*names, *dict.fromkeys(chain.from_iterable(self.lines))])

    def _one_after_the_other(self, names: Sequence[str]) -> None:
        """Keeps parts that no wire joins in one row: an outer product reads from the left."""
        groups = {name: frozenset([name]) for name in names}
        for start, end in self.lines:
            joined = groups[start] | groups[end]
            groups |= dict.fromkeys(joined, joined)
        starts, ends = dict(self.lines), {end: start for start, end in self.lines}
        parts = [[name for name in names if name in group] for group in dict.fromkeys(groups.values())]
        for one, other in zip(parts, parts[1:]):
            last = next((name for name in one if name not in starts), one[0])
            first = next((name for name in other if name not in ends), other[0])
            self.graph.edge(last, first, style="invis", weight="4")

    def _name(self, place: int) -> str:
        return f"t{self.number}_{place + 1}"

    def _loose(self, axis: int) -> str:
        return f"f{self.number}_{axis + 1}"

    def _node(self, name: str, said: str, tip: str, color: str, margin: str, **more: str) -> None:
        box = {"shape": "box", "width": "0", "height": "0", "tooltip": tooltip(tip)}
        self.graph.node(name, said, color=color, margin=margin, **{**box, **more})

    def _tensor(self, place: int, tensor: ix.Tensor) -> None:
        said, given = _label(tensor), isinstance(tensor, ix.Symbol)
        color, fill = (ASKED, ASKED_FILL) if given and said in self.asked else (WAY, WAY_FILL)
        size = {"width": "0.45", "height": "0.45", "penwidth": "1.6"}
        shown = label([[span(shortened(said, 30), INK, 15)]])
        if not given:
            style = {"style": "filled,rounded", "fillcolor": PAPER}
            self._node(self._name(place), shown, said, color, "0.08,0.04", **size, **style)
            return
        style = {
            "style": "filled",
            "fillcolor": fill,
            "shape": "circle" if len(said) < 3 else "box",
        }
        margin = "0.02" if len(said) < 3 else "0.08,0.04"
        self._node(self._name(place), shown, said, color, margin, **size, **style)

    def _wire(self, network: Network, middle: str, wire: Wire) -> None:
        """The wire from the left to the right: axes of the whole, tensors, other axes."""
        for axis in wire.ends:
            self._end(axis)
        left = [(self._loose(axis), "") for axis in wire.ends if axis < self.axes.left]
        right = [(self._loose(axis), "") for axis in wire.ends if axis >= self.axes.left]
        points = [*left, *[self._point(network, *join) for join in wire.joins], *right]
        said = f"{wire.letter}: {wire.size}"
        if len(points) == 2:
            self._line(points[0], points[1], said)
            return
        if wire.forks:
            size = {"width": "0.09", "style": "filled", "fillcolor": INK, "shape": "point"}
            self._node(middle, "", said, INK, "0", **size)
        else:
            size = {"width": "0.35", "height": "0.35", "shape": "circle"}
            self._node(middle, label([[span("𝟏", INK, 14)]]), "ones", MUTED, "0", **size)
        before = max(len(left), 1)
        for number, point in enumerate(points):
            ends = (point, (middle, "")) if number < before else ((middle, ""), point)
            self._line(*ends, said if number == 0 else "")

    def _point(self, network: Network, place: int, axis: int) -> Point:
        return self._name(place), str(axis + 1) if network.marked(place) else ""

    def _end(self, axis: int) -> None:
        letter, end = self.axes.letters[axis], self.axes.ends[axis]
        lines = [[span(letter, INK, 14)], [span(end, MUTED, 9)]]
        tip = f"{letter}: {end}"
        self._node(self._loose(axis), label(lines, padding=0), tip, PAPER, "0.03")

    def _line(self, start: Point, end: Point, said: str) -> None:
        self.lines.append((start[0], end[0]))
        marks = {"taillabel": start[1], "headlabel": end[1]}
        marks = {name: mark for name, mark in marks.items() if mark}
        more = {"label": label([[span(said, MUTED, 11)]], padding=3)} if said else {}
        style = {"labelfontsize": "9", "labelfontcolor": MUTED, "labeldistance": "1.3"}
        tip = tooltip(said or "the same index")
        self.graph.edge(start[0], end[0], **more, **marks, **style, tooltip=tip)
