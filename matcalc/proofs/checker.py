"""The checker of proofs. It believes no line, and shares nothing with what wrote them but the
nodes, the files in ``rules/`` and what it means for two products to be the same.

A line says that one tensor is another, by a rule; it is true by itself, and puts the one in the
place of the other within a part of the two sides. A proof is accepted when every line is right by
its rule and both sides end as one tensor. Axes have no names, and labels mean something within one
contraction only, so nothing that is put in the place of something else captures an index.

The rules are the laws of ``rules/`` and the primitives that ``docs/proofs.md`` defines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from operator import mul
from typing import Any, TypeAlias

from matcalc.base.functions import functions
from matcalc.base.records import record
from matcalc.base.shapes import axes_of
from matcalc.base.sizes import ZERO, Size, smaller
from matcalc.base.traversal import bottom_up, with_operand, with_operands
from matcalc.einstein import nodes as ix
from matcalc.expr import nodes as ex
from matcalc.facts.table import essential
from matcalc.proofs.claimed import Sides
from matcalc.proofs.products import Flat, linear, same
from matcalc.rules.entries import (
    Entries,
    Refused,
    Value,
    constant,
    entrywise,
    need,
    ones,
    spread,
)
from matcalc.rules.laws import SUPPOSED, law, seen
from matcalc.rules.varied import CONVENTIONS, by_entry_rule, direction, of_trace, paired, slopes

Condition: TypeAlias = tuple[str, ix.Tensor]

_NEARBY = frozenset(["positive", "nonzero", "invertible", "integer"])
"""Conditions that hold near a point when they hold at it, or are about numbers."""


@record
class Theorem:
    """What an accepted proof proves: that both sides of its claim are one, under conditions."""

    sides: Sides
    conditions: tuple[Condition, ...]


def check(proof: Any) -> Theorem:
    """What a proof, as it was read from JSON, proves. Raises Refused where it is not right."""
    try:
        return Checker(proof).theorem()
    except Refused:
        raise
    except Exception as error:  # whatever goes wrong with what stands in a proof, it is no proof
        raise Refused(f"the proof is malformed: {error!r}") from error


Rule: TypeAlias = "Callable[[Checker, Any, ix.Tensor, ix.Tensor], bool]"


class Checker:
    """One run over a proof."""

    def __init__(self, proof: Any) -> None:
        self.nodes = decoded(proof["nodes"])
        self.claim = proof["claim"]
        self.lines: list[Mapping[str, Any]] = proof["lines"]
        self.supposed = tuple([(kind, self.tensor(place)) for kind, place in proof["conditions"]])
        self.entries = Entries({}, {})
        self.directions: dict[str, ix.Tensor] = {}

    def theorem(self) -> Theorem:
        need({kind for kind, _ in self.supposed} <= SUPPOSED, "a condition may not be supposed")
        lines = iter(self.lines)
        sides: list[ix.Tensor] = []
        for line in lines:
            if line["rule"] == "definition":
                need(not sides, "a definition stands behind another line")
                self.define(line)
            else:
                sides = self.applied(line, sides or self.sides())
        sides = sides or self.sides()
        need(sides[0] is sides[1], "the two sides do not end as one tensor")
        return Theorem(self.claimed, self.supposed)

    def tensor(self, place: int) -> ix.Tensor:
        node = self.nodes[place]
        need(isinstance(node, ix.Tensor) and place >= 0, "a line is about what is no tensor")
        found: ix.Tensor = node
        return found

    def define(self, line: Mapping[str, Any]) -> None:
        """What an expression is in entries, from what its operands are."""
        node = self.nodes[line["of"]]
        known = self.entries.known
        parts = [part for part in ex.children(node) if ex.children(part)]
        need(node not in known and set(parts) <= set(known), "it is defined before its parts")
        need(self.entries.of(node)[0] is self.tensor(line["to"]), "it is something else in entries")

    # ------------------------------------------------------------ the claim

    def sides(self) -> list[ix.Tensor]:
        """Both sides of the claim."""
        claim = self.claim
        forms = [self.nodes[claim["left"]], self.nodes[claim["right"]]]
        wrt = tuple([self.nodes[place] for place in claim["wrt"]])
        flags = [flag is True for flag in claim["derivatives"]]
        need(len(flags) == 2 and any(flags) == bool(wrt) and len(wrt) <= 2, "by what is not said")
        need(claim["symmetric"] in CONVENTIONS, "there is no such convention")
        self.check_names([*forms, *wrt])
        for form in forms:
            known = not ex.children(form) or form in self.entries.known
            need(known and not self.entries.of(form)[1], "a side is not written in entries")
        self.claimed = Sides(forms[0], forms[1], (flags[0], flags[1]), wrt, claim["layout"], claim["symmetric"])
        found = entered(self.claimed, self.entries, self.directions)
        need(found[0].shape == found[1].shape, "the sides have different shapes")
        return found

    def check_names(self, forms: Sequence[ex.Expr]) -> None:
        """A name means one thing, and no name is that of a differential."""
        symbols: dict[str, ex.Symbol] = {}
        for node in ex.postorder(*forms):
            if isinstance(node, ex.Symbol):
                alone = symbols.setdefault(node.name, node) is node and " " not in node.name
                need(alone, f"the symbol {node.name} means two things")
            if isinstance(node, ex.Elementwise):
                known = functions().get(node.function)
                entrywise = known is None or known.kind == "elementwise"
                need(entrywise and " " not in node.function, "it is no function of entries")

    # ------------------------------------------------------------ lines

    def applied(self, line: Mapping[str, Any], sides: list[ix.Tensor]) -> list[ix.Tensor]:
        """The sides after a line: ``from`` is ``to``, wherever it stands ``within`` a part of a
        side, or as the ``operand`` with a number."""
        before, after, place = [self.tensor(line[key]) for key in ("from", "to", "within")]
        need(before.shape == after.shape, "a line changes the shape")
        pair = (after, before) if line.get("back") is True else (before, after)
        nearby = PRIMITIVES.get(line["rule"], by_law)(self, line, *pair)
        if "operand" in line:
            need(nearby or not _is_differential(place), "a fact is used within a differential")
            inside = at_operand(place, line["operand"], before, after)
        else:
            inside = replaced(place, before, after, nearby)
        side = line["side"]
        changed = replaced(sides[side], place, inside, nearby)
        need(side >= 0 and changed is not sides[side], "it does not stand there")
        return [changed if k == side else one for k, one in enumerate(sides)]

    def suppose(self, fact: str, tensor: ix.Tensor) -> None:
        """Refuses a fact that neither is seen nor supposed."""
        need(seen(fact, tensor) or (fact, tensor) in self.supposed, f"it is not known: {fact}")

    def by_law(self, line: Mapping[str, Any], before: ix.Tensor, after: ix.Tensor) -> bool:
        """An instance of a law; whether its conditions hold near the point, too."""
        found, batch = law(line["rule"]), int(line["batch"])
        values: dict[str, Value] = {}
        sizes: dict[str, Size] = {}
        facts: set[str] = set()
        for variable in found.variables:
            tensor = self.tensor(line["with"][variable.name])
            lead = min(batch, tensor.order)
            axes = axes_of(variable.shape)
            need(tensor.order - lead == len(axes), "a variable has another number of axes")
            for size, actual in zip(axes, tensor.shape[lead:]):
                need(size is Size.of(str(size)), "a law has a size that is no name")
                need(sizes.setdefault(str(size), actual) is actual, "the sizes do not fit")
            values[variable.name] = (tensor, tuple([str(k) for k in range(lead)]))
            for fact in essential(variable.properties):
                need(not lead or not axes, "a fact is about one matrix or vector")
                self.suppose(fact, tensor)
                facts.add(fact)
        entries = Entries(values, sizes)
        sides = [spread(entries.of(side)[0], before.shape) for side in (found.left, found.right)]
        need(sides[0] is before and sides[1] is after, "it is no instance of the law")
        return facts <= _NEARBY

    # ------------------------------------------------------------ primitives

    def collect(self, _: Mapping[str, Any], before: ix.Tensor, after: ix.Tensor) -> bool:
        need(linear(before) == linear(after), "the sums have other terms")
        return True

    def multiply(self, line: Mapping[str, Any], before: ix.Tensor, after: ix.Tensor) -> bool:
        one, other = Flat(before), Flat(after)
        for base in one.cancelled + other.cancelled:
            need(bool(linear(base)), "something is divided by zero")
            self.suppose("nonzero", base)
        need(same(one, other, line["order"]), "the products are not the same")
        return True

    def distribute(self, line: Mapping[str, Any], before: ix.Tensor, after: ix.Tensor) -> bool:
        place = line["factor"]
        need(isinstance(before, ix.Contraction) and place >= 0, "there is no product")
        total = ix.children(before)[place]
        assert isinstance(total, ix.Sum)
        terms = [(c, with_operand(before, place, term)) for c, term in total.terms]
        need(ix.Sum(tuple(terms), before.shape) is after, "the terms are others")
        return True

    def exponent(self, _: Mapping[str, Any], before: ix.Tensor, after: ix.Tensor) -> bool:
        need(after in _powers(before), "it is another power")
        return True

    def elsewhere(self, _: Mapping[str, Any], before: ix.Tensor, after: ix.Tensor) -> bool:
        need(isinstance(before, (ix.Map, ix.Power)), "there is no function of entries")
        (moved,) = ix.children(before)
        plain = isinstance(moved, ix.Contraction) and len(moved.operands) == 1
        need(plain and not _is_differential(before), "the entries do not only stand elsewhere")
        assert isinstance(moved, ix.Contraction)
        distinct = len(set(moved.output)) == len(moved.output)
        need(distinct and set(moved.indices[0]) <= set(moved.output), "some are summed or zero")
        made = with_operand(before, 0, moved.operands[0])
        need(with_operand(moved, 0, made) is after, "the entries stand somewhere else")
        return True

    def differentiate(self, _: Mapping[str, Any], before: ix.Tensor, after: ix.Tensor) -> bool:
        need(varied(before, self.directions) is after, "it is another one")
        return True


def entered(sides: Sides, entries: Entries, directions: dict[str, ix.Tensor]) -> list[ix.Tensor]:
    """Both sides in entries, and the directions of their differentials. A derivative G of f is what
    makes df = Σ G dX for every dX."""
    for place, variable in enumerate(sides.wrt, 1):
        name = f"d{place} {variable.name}"
        directions[name] = direction(name, variable, sides.symmetric)
    forms, found = (sides.left, sides.right), []
    for form, flag in zip(forms, sides.derivatives):
        value = entries.of(form)[0]
        for name in directions if flag else ():
            value = ix.Map(name, (value,))
        if sides.wrt and not flag:
            top = axes_of(forms[sides.derivatives.index(True)].shape)
            value = paired(value, top, sides.wrt, sides.layout)
        found.append(value)
    return found


by_law: Rule = Checker.by_law
PRIMITIVES: Mapping[str, Rule] = {
    "collect": Checker.collect,
    "product": Checker.multiply,
    "distribute": Checker.distribute,
    "rational exponent": Checker.exponent,
    "entry by entry": Checker.elsewhere,
    "differential": Checker.differentiate,
}


# ---------------------------------------------------------------- tensors with other operands


def _is_differential(node: ix.Tensor) -> bool:
    return isinstance(node, ix.Map) and " " in node.function


def replaced(whole: ix.Tensor, before: ix.Tensor, after: ix.Tensor, nearby: bool = True) -> ix.Tensor:
    """``whole`` with one tensor in the place of another; within differentials only if that holds
    near the point, too."""

    def step(node: ix.Tensor, built: Mapping[ix.Tensor, ix.Tensor]) -> ix.Tensor:
        if node is before:
            return after
        closed = _is_differential(node) and not nearby
        return node if closed else with_operands(node, built)

    return bottom_up(ix.postorder(whole), step)[whole]


def at_operand(node: ix.Tensor, place: int, before: ix.Tensor, after: ix.Tensor) -> ix.Tensor:
    """A node with another tensor at one place. Raises Refused where that is no place of the one."""
    there = place >= 0 and ix.children(node)[place] is before
    need(there, "another operand stands in that place")
    return with_operand(node, place, after)


def _powers(node: ix.Tensor) -> Iterator[ix.Tensor]:
    """What a power with an exponent that is a number is."""
    if isinstance(node, ix.Map) and node.function == "pow":
        base, upper = node.arguments
        number = constant(upper)
        if number is not None:
            yield ix.Power(base, number)
    if isinstance(node, ix.Power):
        base, exponent, value = node.base, node.exponent, constant(node.base)
        if exponent == 1:
            yield base
        if exponent == 0:
            yield ones(base.shape)
        if exponent.denominator == 1 and value and abs(exponent) <= 1000:
            yield ix.Sum(((value**exponent.numerator, ones(base.shape)),), base.shape)


# ---------------------------------------------------------------- differentials


def varied(node: ix.Tensor, along: Mapping[str, ix.Tensor]) -> ix.Tensor | None:
    """What a differential is, or the trace of one of a function of a matrix."""
    if isinstance(node, ix.Map):
        return differential(node, along) if node.function in along else None
    if not isinstance(node, ix.Contraction) or node.indices != ((0, 0),) or node.output:
        return None
    (inner,) = node.operands
    of = inner.arguments[0] if isinstance(inner, ix.Map) and inner.function in along else None
    if not isinstance(inner, ix.Map) or not isinstance(of, ix.Apply):
        return None
    (argument,) = of.arguments
    return of_trace(of.function, argument, ix.Map(inner.function, (argument,)))


def differential(node: ix.Map, along: Mapping[str, ix.Tensor]) -> ix.Tensor:
    """The differential of a tensor, by those of its operands."""
    name, (of,) = node.function, node.arguments
    variable = name.partition(" ")[2]
    inside: dict[ix.Tensor, bool] = {}
    for part in ix.postorder(of):
        own = isinstance(part, ix.Symbol) and part.name == variable
        inside[part] = own or any(inside[child] for child in ix.children(part))

    def d(tensor: ix.Tensor) -> ix.Tensor:
        return ix.Map(name, (tensor,))

    if not inside[of]:
        return ix.Sum((), of.shape)
    if isinstance(of, ix.Symbol):
        return along[name]
    if isinstance(of, ix.Apply):
        return by_entry_rule(of, d)
    if isinstance(of, ix.Sum):
        terms = [(c, d(term)) for c, term in of.terms if inside[term]]
    elif isinstance(of, ix.Contraction):
        places = [(k, operand) for k, operand in enumerate(of.operands) if inside[operand]]
        terms = [(Fraction(1), with_operand(of, k, d(one))) for k, one in places]
    else:
        found = [entrywise([slope, d(arg)], of.shape) for arg, slope in slopes(of) if inside[arg]]
        terms = [(Fraction(1), part) for part in found]
    alone = len(terms) == 1 and terms[0][0] == 1
    return terms[0][1] if alone else ix.Sum(tuple(terms), of.shape)


# ---------------------------------------------------------------- reading


_CLASSES = {
    f"{part.__name__.split('.')[1]}.{name}": cls
    for part in (ex, ix)
    for name, cls in vars(part).items()
    if isinstance(cls, type) and cls.__module__ == part.__name__
}


def decoded(table: Sequence[Any]) -> list[Any]:
    """The nodes of a table: each is its class and its fields, operands by their place."""
    nodes: list[Any] = []
    for name, *fields in table:
        nodes.append(_CLASSES[name](*[_field(field, nodes) for field in fields]))
        need(not isinstance(nodes[-1], ix.Tensor) or _fits(nodes[-1]), "a tensor does not fit")
    return nodes


def _field(field: Any, nodes: Sequence[Any]) -> Any:
    match field:
        case {"node": int(place)} if place >= 0:
            return nodes[place]
        case {"number": str(text)}:
            return Fraction(text)
        case {"size": [*terms]} if terms:
            return _size(terms)
        case {"facts": list(names)}:
            return frozenset(names)
        case list():
            return tuple([_field(part, nodes) for part in field])
        case str() | int() | None:
            return field
        case _:
            raise Refused(f"{field!r} is no field of a node")


def _size(terms: Sequence[Any]) -> Size:
    """A size from its terms; a list in the place of a name is that of the terms of sizes of which
    it is the least."""
    return sum([_term(Fraction(factor), names) for factor, *names in terms], start=ZERO)


def _term(factor: Fraction, names: Sequence[Any]) -> Size:
    return reduce(mul, map(_factor, names), Size.of(factor.numerator)).over(factor.denominator)


def _factor(name: Any) -> Size:
    return reduce(smaller, map(_size, name)) if isinstance(name, list) else Size.of(str(name))


def _fits(node: ix.Tensor) -> bool:
    """Whether the operands of a tensor have the shapes that it needs."""
    if isinstance(node, ix.Sum):
        return all(term.shape == node.sizes and type(c) is Fraction for c, term in node.terms)
    if isinstance(node, ix.Contraction):
        used = {label for index in node.indices for label in index} | set(node.output)
        shapes = [tuple([node.sizes[label] for label in index]) for index in node.indices]
        fits = shapes == [operand.shape for operand in node.operands]
        return fits and used == set(range(len(node.sizes)))
    if isinstance(node, ix.Map):
        return all(argument.shape == node.shape for argument in node.arguments)
    return not isinstance(node, ix.Power) or type(node.exponent) is Fraction
