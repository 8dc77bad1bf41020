"""A proof as an object, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from matcalc.base.records import record
from matcalc.base.sizes import Least, Size
from matcalc.base.traversal import postordered
from matcalc.einstein.nodes import Tensor
from matcalc.expr.nodes import Expr
from matcalc.proofs.checker import Condition
from matcalc.proofs.claimed import Sides


@record
class Line:
    """``before`` is ``after`` by a rule, within a part of a side; of a definition, ``before`` is an
    expression. ``details`` are what the rule needs to be checked, such as the order of factors."""

    rule: str
    before: Expr | Tensor
    after: Tensor
    within: Tensor | None = None
    details: Mapping[str, Any] = MappingProxyType({})


@record(eq=False)
class Proof:
    """Lines that lead both sides of a claim to one tensor, under conditions on tensors."""

    sides: Sides
    lines: tuple[Line, ...]
    conditions: tuple[Condition, ...]

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON-ready values."""
        table = _Table()
        sides, place = self.sides, table.place
        claim = {
            "left": place(sides.left),
            "right": place(sides.right),
            "derivatives": list(sides.derivatives),
            "wrt": [place(symbol) for symbol in sides.wrt],
            "layout": sides.layout,
            "symmetric": sides.symmetric,
        }
        lines = [_line(line, table) for line in self.lines]
        conditions = [[kind, place(tensor)] for kind, tensor in self.conditions]
        return {"claim": claim, "conditions": conditions, "lines": lines, "nodes": table.rows}

    def json(self) -> str:
        """The proof as a text that ``matcalc check-proof`` reads."""
        return json.dumps(self.to_dict())


def _line(line: Line, table: _Table) -> dict[str, Any]:
    ends = {"of" if line.within is None else "from": table.place(line.before)}
    ends["to"] = table.place(line.after)
    if line.within is not None:
        ends["within"] = table.place(line.within)
    details = dict(line.details)
    if "with" in details:
        details["with"] = {name: table.place(node) for name, node in details["with"].items()}
    return {"rule": line.rule, **ends, **details}


class _Table:
    """Nodes in the order in which they are first needed, each after its operands."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []
        self.places: dict[Any, int] = {}

    def place(self, root: Any) -> int:
        for node in postordered([root], lambda node: _nodes_in(tuple(_values(node))), self.places):
            self.places[node] = len(self.rows)
            name = f"{type(node).__module__.split('.')[1]}.{type(node).__name__}"
            self.rows.append([name, *[self._field(value) for value in _values(node)]])
        return self.places[root]

    def _field(self, value: Any) -> Any:
        if isinstance(value, (Expr, Tensor)):
            return {"node": self.places[value]}
        if isinstance(value, Fraction):
            return {"number": str(value)}
        if isinstance(value, Size):
            return {"size": _terms(value)}
        if isinstance(value, frozenset):
            return {"facts": sorted(value)}
        return [self._field(part) for part in value] if isinstance(value, tuple) else value


def _terms(size: Size) -> list[list[Any]]:
    """The terms of a size: the factor and the names, where the least of sizes is the list of their
    terms."""
    return [
        [k if type(k) is int else str(k), *[[*map(_terms, part.of)] if isinstance(part, Least) else part for part in names]]
        for names, k in size.terms
    ]


def _values(node: Any) -> list[Any]:
    return [getattr(node, name) for name in type(node).__match_args__]


def _nodes_in(value: Any) -> list[Any]:
    """The nodes in a field of a node, which may be in tuples, in order."""
    if isinstance(value, tuple):
        return [node for part in value for node in _nodes_in(part)]
    return [value] if isinstance(value, (Expr, Tensor)) else []
