"""Equations with variables, from the rule files, and what they say of the parts of one formula."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from fractions import Fraction
from functools import cache, lru_cache
from itertools import chain

from matcalc.base.files import RuleLine, read, rule_lines
from matcalc.base.functions import functions, has_kink
from matcalc.base.records import record
from matcalc.base.shapes import Shape
from matcalc.base.sizes import Size
from matcalc.einstein.linear import YES, add, terms_of
from matcalc.einstein.lowered import aligned, plain
from matcalc.einstein.lowering import lower
from matcalc.einstein.nodes import Apply, Contraction, Map, Power, Symbol, Tensor, postorder
from matcalc.einstein.substitution import substituted_all
from matcalc.einstein.tensor_deduction import known
from matcalc.facts.known import has
from matcalc.language import elaborate
from matcalc.rewrite.matching import Binding, Wildcards, embeddings, graph_of, matches
from matcalc.rewrite.monomials import base_and_exponent, factors_of
from matcalc.rules.laws import seen
from matcalc.rules.rewrites import functions_in, instantiated

_ALMOST = "except at the kink"
"""The source of a law that proofs may use: what holds almost everywhere. A shorter form holds
everywhere."""
FILES = ("shortening.rules", "laws.rules", "rewrites.rules")
Terms = tuple[tuple[Fraction, Tensor], ...]
Need = tuple[str, Tensor]
"""A condition, as the table of functions has it, and what it is one on."""
INVERTIBLE = "invertible"


@record
class Leading:
    """A term of an equation that has all of its variables; ``anchors`` are the factors of it by
    which it is found, those with most variables first."""

    term: Tensor
    anchors: tuple[Tensor, ...]


@record
class Schema:
    """An equation: its terms add up to zero, whatever tensors its wildcards stand for."""

    name: str
    source: str
    zero: Tensor
    left: Tensor
    wildcards: Wildcards
    leading: tuple[Leading, ...]
    expands: bool
    """Whether it says what a function of a product is in terms of its factors."""


@cache
def _lines() -> tuple[tuple[RuleLine, tuple[frozenset[str], ...]], ...]:
    """The lines of all files, with the functions on either side: without those of one side in a
    formula a line says nothing of it, and need not be read."""
    every = [line for file in FILES for line in rule_lines(file, read("rules", file))]
    found = [line for line in every if line.source != _ALMOST]
    return tuple([(line, (functions_in(line.left), functions_in(line.right))) for line in found])


@cache
def schemas(line: RuleLine) -> tuple[Schema, ...]:
    """The equation of a line; one in numbers for arrays of order 0, 1 and 2."""
    return tuple([schema for schema in _schemas(line) if schema.leading])


def _schemas(line: RuleLine) -> Iterator[Schema]:
    left = elaborate(line.left, line.variables).expression
    right = elaborate(line.right, line.variables, shape=left.shape).expression
    lowered = aligned([lower(left), lower(right)])
    sides = [side.tensor for side in lowered]
    symbols = frozenset([node for node in postorder(*sides) if isinstance(node, Symbol)])
    if symbols and not any(node.order for node in (*symbols, sides[0])):
        yield from [_of_shape(line, sides, symbols, shape) for shape in _SHAPES]
    else:
        yield _schema(line, sides, symbols)
        flat = [plain(side).tensor for side in lowered]
        if flat != sides:  # an axis of a vec or a Kronecker product may stand as it is, too
            yield _schema(line, flat, symbols)


def _of_shape(line: RuleLine, sides: Sequence[Tensor], symbols: Wildcards, shape: Shape) -> Schema:
    """An equation in numbers, entry by entry."""
    arrays = [Symbol(one.name, shape, one.properties) for one in symbols if isinstance(one, Symbol)]
    values: dict[str, Tensor] = {array.name: array for array in arrays}
    return _schema(line, [instantiated(side, values) for side in sides], frozenset(arrays))


_SHAPES: tuple[Shape, ...] = ((), (Size.of("m"),), (Size.of("m"), Size.of("n")))


def _schema(line: RuleLine, sides: Sequence[Tensor], wildcards: Wildcards) -> Schema:
    zero = add([(YES, sides[0]), (-YES, sides[1])], sides[0].shape)
    needed = frozenset(node for node in postorder(zero) if node in wildcards)
    found = [_leading(term, needed) for _, term in terms_of(zero)]
    leading = tuple([one for one in found if one is not None])
    return Schema(line.name, line.source, zero, sides[0], needed, leading, expands(sides[0]))


OF_PRODUCTS = frozenset({"log", "det", "logdet", "inv", "pinv"})


def expands(left: Tensor) -> bool:
    """Whether a tensor is a function of a product that is told by its factors."""
    if not isinstance(left, Map | Apply) or left.function not in OF_PRODUCTS:
        return False
    argument = left.arguments[0]
    if isinstance(argument, Contraction):
        return len(argument.operands) > 1
    return isinstance(argument, Map) and argument.function == "pow"


def _leading(term: Tensor, wildcards: Wildcards) -> Leading | None:
    """A term with what it is found by; None where it lacks variables, or is one, transposed or
    not."""
    bases = dict.fromkeys([base_and_exponent(operand)[0] for operand, _ in factors_of(term)])
    if not wildcards or term in wildcards or not wildcards <= set(postorder(term)):
        return None
    counts = {base: len(wildcards & set(postorder(base))) for base in bases if base not in wildcards}
    anchors = sorted(filter(counts.get, counts), key=lambda base: (-counts[base], base.digest))
    return Leading(term, tuple(anchors)) if len(bases) > 1 or anchors else None


# ------------------------------------------------------------
# Instances.


@record
class Instance:
    """An equation between parts of a formula: its terms add up to zero. The rest has a value
    wherever the terms of the ``left`` side have one; where it is ``one_way``, only those may be
    replaced."""

    name: str
    source: str
    terms: Terms
    left: frozenset[Tensor] = frozenset()
    one_way: bool = False

    def rest(self, place: int) -> Tensor:
        """What the term at a place equals."""
        coefficient, lead = self.terms[place]
        others = [(-c / coefficient, term) for k, (c, term) in enumerate(self.terms) if k != place]
        return add(others, lead.shape)


def instances(nodes: Iterable[Tensor], *, expanding: bool = False) -> Iterator[Instance]:
    """What the equations of the files say of a formula whose nodes are given; only those
    ``expanding`` that tell a function of a product by its factors."""
    ordered = list(dict.fromkeys(nodes))
    present = {node.function for node in ordered if isinstance(node, Map | Apply)}
    inverses = [node for node in ordered if isinstance(node, Apply) and node.function == "inv"]
    inverted = frozenset([node.arguments[0] for node in inverses])
    for schema in _fitting(present):
        if schema.expands or not expanding:
            bindings = chain.from_iterable(_bindings(schema, leading, ordered) for leading in schema.leading)
            found = dict.fromkeys(_instance(schema, tuple(binding.items()), inverted) for binding in bindings)
            yield from [one for one in found if one is not None]


def _fitting(present: Set[str]) -> Iterator[Schema]:
    for line, sides in _lines():
        if any(functions <= present for functions in sides):
            yield from schemas(line)


def _bindings(schema: Schema, leading: Leading, nodes: Sequence[Tensor]) -> Iterator[Binding]:
    partial: list[Binding] = [{}]
    for anchor in leading.anchors:
        if partial and len(partial[0]) == len(schema.wildcards):
            break
        alike = [node for node in nodes if _kind(node) == _kind(anchor)]
        partial = [one for bound in partial for one in _matched(anchor, alike, schema, bound)]
    for bound in partial:
        if len(bound) == len(schema.wildcards):
            yield bound
        else:
            yield from _completed(schema, leading, bound, nodes)


def _matched(anchor: Tensor, nodes: Sequence[Tensor], schema: Schema, bound: Binding) -> Iterator[Binding]:
    for node in nodes:
        yield from matches(anchor, node, schema.wildcards, bound)


def _kind(node: Tensor) -> tuple[type, str]:
    return type(node), getattr(node, "function", "")


def _completed(schema: Schema, leading: Leading, bound: Binding, nodes: Sequence[Tensor]) -> Iterator[Binding]:
    """The ways to give values to the variables that stand by themselves in the leading term."""
    pattern = graph_of(leading.term)
    for node in nodes:
        if isinstance(node, Contraction):
            for found in embeddings(pattern, graph_of(node), schema.wildcards, bound):
                yield found.binding


@lru_cache(maxsize=4096)
def _instance(schema: Schema, pairs: tuple[tuple[Tensor, Tensor], ...], inverted: frozenset[Tensor]) -> Instance | None:
    """What the equation says of the values of its variables; None where they do not fit, or are not
    known to have the facts that it asks for. Forms of one search share most of their parts."""
    binding = dict(pairs)
    sizes: dict[Size, Size] = {}
    for wildcard, value in binding.items():
        for own, other in zip(wildcard.shape, value.shape, strict=True):
            if sizes.setdefault(own, other) != other or (own.number is not None and own != other):
                return None
        if isinstance(wildcard, Symbol) and not all(_holds(fact, value, inverted) for fact in wildcard.properties):
            return None
    needed = [(what, argument) for what, argument in needs(schema.left) if what != INVERTIBLE]
    zero, left, *arguments = substituted_all((schema.zero, schema.left, *(one for _, one in needed)), binding, sizes)
    one_way = not all(_is_met(what, argument) for (what, _), argument in zip(needed, arguments))
    kept = frozenset([term for _, term in terms_of(left)])
    return Instance(schema.name, schema.source, terms_of(zero), kept, one_way)


def needs(tensor: Tensor) -> frozenset[Need]:
    """What a tensor has a value by, as far as it is not known to be so: what is divided by is not
    0, what stands inverted is invertible, the arguments of functions lie where these are
    defined."""
    found = [need for node in postorder(tensor) for need in _needs_of(node)]
    return frozenset([need for need in found if not _is_met(*need)])


def _needs_of(node: Tensor) -> Iterator[Need]:
    match node:
        case Power(base=base, exponent=exponent):
            if exponent < 0:
                yield "t != 0", base
            if exponent.denominator % 2 == 0:
                yield "t >= 0", base
        case Apply(function="inv", arguments=(argument,)):
            yield INVERTIBLE, argument
        case Map(function=name, arguments=(argument,)) if name in functions() and not has_kink(name):
            yield functions()[name].domain, argument


def _is_met(need: str, argument: Tensor) -> bool:
    entries = known(argument).entries
    met = {
        "all": True,
        "t != 0": entries.nonzero,
        "t >= 0": entries.nonnegative,
        "t > 0": entries.positive,
        INVERTIBLE: has(known(argument), "invertible"),
    }
    return met.get(need, False)


def keeps_values(lead: Tensor, rest: Tensor, present: Set[Need]) -> bool:
    """Whether what is to stand in place of a term has a value wherever the formula has one, whose
    needs are ``present``. Equations with an inverse on either side have both at the same points."""
    inverts = any(what == INVERTIBLE for what, _ in needs(lead))
    return all(need in present or (inverts and need[0] == INVERTIBLE) for need in needs(rest))


def _holds(fact: str, value: Tensor, inverted: frozenset[Tensor]) -> bool:
    """Whether a value has a fact; what stands inverted is invertible wherever there is a value."""
    if value.order == 0 or fact in _OF_ENTRIES:
        return seen(fact, value) or (fact in _OF_ENTRIES and getattr(known(value).entries, fact))
    return (fact == "invertible" and value in inverted) or has(known(value), fact)


_OF_ENTRIES = frozenset({"positive", "nonnegative", "nonzero"})
