"""The index notation: a hash-consed DAG of positional tensors of any order.

A node has axes, not index names. Index labels are small integers local to one ``Contraction``; two
terms that differ only in the names of bound indices or in the order of factors are one object.
Nodes are built by the functions of ``algebra``, which keep the normal form; the classes here only
hold it.

There is no class for a number, a Kronecker delta or a tensor of ones: they are contractions without
operands. ``1`` has no output, ``delta_ij`` the output ``(0, 0)``, ones of order two the output
``(0, 1)``, and a number is a ``Sum`` of one multiple of ``1``.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import product as choices
from math import gcd
from typing import TYPE_CHECKING, Any, TypeAlias, assert_never

from matcalc.base.functions import function_called
from matcalc.base.records import blake2b, computed, field_names, interned
from matcalc.base.shapes import Shape, is_square
from matcalc.base.sizes import Size
from matcalc.base.traversal import operands_of, without
from matcalc.einstein.canonical import canonical
from matcalc.facts.table import implied

if TYPE_CHECKING:
    from matcalc.facts.known import Known

    def postorder(*roots: Tensor, known: Container[Tensor] = ()) -> Sequence[Node]:
        """Every node below ``roots`` once, operands before their users."""
else:
    from matcalc.base.traversal import postorder as postorder


@interned
class Tensor:
    """Base class. ``shape`` holds the sizes of the axes, ``order`` their number; ``digest`` is a
    name of the structure that every process gives alike, to order operands by; ``reduces`` whether
    a product with it may have a shorter form. What is found about a node later is kept in the
    fields from ``symmetric`` on."""

    digest: int = computed()
    shape: Shape = computed()
    order: int = computed()
    reduces: bool = computed()
    below: tuple[Tensor, ...] = computed()
    symmetric: bool = computed()
    known: Known = computed()
    turned: bool = computed()
    weight: float = computed()
    settled: bool = computed()
    cancelled: Tensor | None = computed()

    def __post_init__(self) -> None:
        parts = "|".join((type(self).__name__, *self._parts()))
        shape = self._shape()
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "order", len(shape))
        object.__setattr__(self, "reduces", type(self) in _MAY_REDUCE and _MAY_REDUCE[type(self)](self))
        object.__setattr__(self, "below", operands_of(self))
        object.__setattr__(self, "digest", int.from_bytes(blake2b(parts.encode(), digest_size=12).digest(), "big"))

    def _parts(self) -> Iterable[str]:
        """The fields as texts, operands by their digests."""
        found: list[str] = []
        for name in field_names(self):
            value = getattr(self, name)
            if isinstance(value, frozenset):
                found += sorted(value)
            else:
                parts = value if isinstance(value, tuple) else (value,)
                found += [str(part.digest if isinstance(part, Tensor) else part) for part in parts]
        return found

    def _shape(self) -> Shape:
        """The sizes of the axes: a field, or none."""
        shape: Shape = getattr(self, "sizes", ())
        return shape


@interned
class Leaf(Tensor):
    """A node without operands."""


@interned
class Symbol(Leaf):
    """A named variable; ``properties`` are its declared facts."""

    name: str
    sizes: Shape
    properties: frozenset[str] = frozenset()


@interned
class Constant(Leaf):
    """A named real constant, such as pi."""

    name: str


@interned
class SizeValue(Leaf):
    """A symbolic size as a number."""

    size: Size


@interned
class Unit(Leaf):
    """The unit vector with a one at ``position``, counted from 1."""

    position: Size
    size: Size

    def _shape(self) -> Shape:
        return (self.size,)


@interned
class Pairing(Leaf):
    """One where the last axis, of size ``slow * fast``, counts the pairs of the other two, the
    second running fastest; zero elsewhere.

    A contraction with it splits an axis into two, as ``reshape`` does, or joins two into one, as
    ``vec`` and ``kron`` do.
    """

    slow: Size
    fast: Size

    def _shape(self) -> Shape:
        return (self.slow, self.fast, self.slow * self.fast)


@interned
class Sum(Tensor):
    """A linear combination: pairs (coefficient, term). Without terms it is zero. Terms are never
    sums themselves.

    It is ``primitive`` when the coefficients are coprime integers, the first positive, or when
    there are no terms.
    """

    primitive: bool = computed()
    terms: tuple[tuple[Fraction, Tensor], ...]
    sizes: Shape

    def _parts(self) -> tuple[str, ...]:
        return (*[f"{c}*{t.digest}" for c, t in self.terms], *map(str, self.sizes))

    def _shape(self) -> Shape:
        numbers = [c for c, _ in self.terms]
        whole = all(c.denominator == 1 for c in numbers) and (not numbers or numbers[0].numerator > 0)
        object.__setattr__(self, "primitive", whole and (not numbers or gcd(*[c.numerator for c in numbers]) == 1))
        return self.sizes


@interned
class Contraction(Tensor):
    """An n-ary einsum. ``indices[k]`` labels the axes of ``operands[k]``, ``output`` the axes of
    the result, ``sizes`` the labels.

    A label that is not in ``output`` is summed. A label twice in ``output`` is a Kronecker delta;
    one found in no operand a one.
    """

    operands: tuple[Tensor, ...]
    indices: tuple[tuple[int, ...], ...]
    output: tuple[int, ...]
    sizes: tuple[Size, ...]

    def _parts(self) -> tuple[str, ...]:
        return (*[f"{o.digest}{i}" for o, i in zip(self.operands, self.indices)], str(self.output), *map(str, self.sizes))

    def _shape(self) -> Shape:
        return tuple([self.sizes[label] for label in self.output])


@interned
class Power(Tensor):
    """Elementwise power with a rational exponent other than 0 and 1."""

    base: Tensor
    exponent: Fraction

    def _shape(self) -> Shape:
        return self.base.shape


@interned
class Map(Tensor):
    """A scalar function applied entry by entry to arguments of one shape; ``"pow"`` has base and
    exponent as arguments."""

    function: str
    arguments: tuple[Tensor, ...]

    def _shape(self) -> Shape:
        return self.arguments[0].shape


@interned
class Apply(Tensor):
    """A function of a whole vector or matrix (``inv``, ``det``, ``softmax``...), over the last axes
    of its arguments.

    Leading axes are a batch: ``softmax`` of an order-two tensor is one softmax a row.
    """

    function: str
    arguments: tuple[Tensor, ...]
    sizes: Shape


Node: TypeAlias = Symbol | Constant | SizeValue | Unit | Pairing | Sum | Contraction | Power | Map | Apply
"""The closed union, for ``match`` with ``assert_never``."""


_REDUCING = frozenset({"orthonormal", "unit", "idempotent", "simplex"})
_OF_VALUES = frozenset({"simplex", "orthogonal", "orthonormal", "orthonormal_rows", "unit"})


def _symbol_may_reduce(node: Symbol) -> bool:
    return bool(node.properties and implied(node.properties, square=is_square(node.sizes)) & _REDUCING)


def _value_may_reduce(node: Apply) -> bool:
    facts = {fact for _, given in function_called(node.function).gives for fact in given.split()}
    return node.function == "inv" or not facts.isdisjoint(_OF_VALUES)


_MAY_REDUCE: dict[type[Tensor], Callable[[Any], bool]] = {
    Symbol: _symbol_may_reduce,
    Apply: _value_may_reduce,
    Power: lambda node: node.exponent == 2 and node.base.reduces,
    Pairing: lambda _: True,
    Unit: lambda _: True,
}
"""An inverse and its matrix, an orthogonal matrix and its transpose, a projection and itself, sums
that are one, pairs that others count as well, positions selected from one axis."""


def children(node: Tensor) -> tuple[Tensor, ...]:
    """The operands of a node."""
    return node.below


def sizes_in(node: Tensor) -> tuple[Size, ...]:
    """The sizes that a node is made with, beyond those of its axes."""
    if isinstance(node, SizeValue):
        return (node.size,)
    if isinstance(node, Unit):
        return (node.position,)
    return node.sizes if isinstance(node, Contraction) else ()


def is_reciprocal(node: Tensor) -> bool:
    return isinstance(node, Power) and node.exponent < 0


# ---------------------------------------------------------------- order and symmetry

Factor: TypeAlias = tuple[Tensor, tuple[int, ...]]
"""An operand and the labels of its axes."""


def is_symmetric(tensor: Tensor) -> bool:
    """Whether a tensor of order two is known to equal its transpose."""
    if not hasattr(tensor, "symmetric"):
        for node in without(tensor, "symmetric"):
            object.__setattr__(node, "symmetric", is_square(node.shape) and _equals_transpose(node))
    return tensor.symmetric


def _equals_transpose(node: Node) -> bool:
    match node:
        case Symbol(properties=properties):
            return "symmetric" in properties or "diagonal" in properties
        case Sum(terms=terms):
            own = {term: c for c, term in terms}
            return all(term.symmetric or any(own.get(form) == sign * c for sign, form in turned_forms(term)) for c, term in terms)
        case Contraction():
            return any(form is node and sign > 0 for sign, form in turned_forms(node))
        case Power(base=base):
            return base.symmetric
        case Map(arguments=arguments):
            return all(argument.symmetric for argument in arguments)
        case Apply(function=name, arguments=(argument, *_)):
            symmetry = function_called(name).symmetry
            return symmetry == "always" or (symmetry == "kept" and argument.symmetric)
        case Apply() | Constant() | SizeValue() | Unit() | Pairing():
            return False
        case _:
            assert_never(node)


MOST_ODD = 5
"""Antisymmetric factors of which either orientation is tried."""


def turned_forms(term: Tensor) -> Iterator[tuple[int, Tensor]]:
    """The transpose of a tensor of order two in normal form, with its sign: of antisymmetric
    factors either orientation."""
    inside = isinstance(term, Contraction)
    operands, indices = (term.operands, term.indices) if isinstance(term, Contraction) else ((term,), ((0, 1),))
    output, sizes = (term.output, term.sizes) if isinstance(term, Contraction) else ((0, 1), term.shape)
    odd = [place for place, operand in enumerate(operands) if _is_antisymmetric(operand)][:MOST_ODD]
    if inside and len(operands) == 1 and indices[0] == output[::-1]:
        yield 1, operands[0]
        return
    for flips in choices((False, True), repeat=len(odd)):
        turned = {place for place, flip in zip(odd, flips) if flip}
        around = [(o, index[::-1] if k in turned else index) for k, (o, index) in enumerate(zip(operands, indices))]
        same = len(around) == 1 and around[0][1] == output[::-1]
        yield (-1) ** len(turned), around[0][0] if same else ordered(around, output[::-1], dict(enumerate(sizes)))


def _is_antisymmetric(operand: Tensor) -> bool:
    return isinstance(operand, Symbol) and operand.order == 2 and "antisymmetric" in operand.properties


def ordered(factors: Sequence[Factor], output: tuple[int, ...], sizes: dict[int, Size]) -> Contraction:
    """The contraction with its operands and labels in canonical order."""
    edges = [(operand.digest, len(index) == 2 and is_symmetric(operand), index) for operand, index in factors]
    order, labels, result, old = canonical(edges, output, sizes)
    return Contraction(tuple([factors[k][0] for k in order]), labels, result, tuple([sizes[label] for label in old]))
