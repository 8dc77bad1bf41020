"""The forms of ``rules/folds.rules``, filled with what stands at an index."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from matcalc.expr.nodes import Diagonal, Expr, Ones, Total, Trace
from matcalc.folding.build import cost, diagonal_matrix, hadamard, product, transposed_chain
from matcalc.folding.terms import Place, ReadingOrder
from matcalc.rules.folds import Template, fold_forms
from matcalc.sizes import Size

Chain: TypeAlias = tuple[Expr, ...]
"""The factors of a product."""


class Forms:
    """Fills forms, commuting factors in reading order."""

    def __init__(self, order: ReadingOrder) -> None:
        self.order = order
        self._forms = fold_forms()

    def chain(self, name: str, values: Mapping[str, Chain], sizes: Mapping[str, Size] | None = None) -> Chain:
        """The form of this name; of several the one that reads best."""
        first, *others = self._forms[name]
        chain = self._filled(first, values, sizes or {})
        for other in others:
            chain = min(chain, self._filled(other, values, sizes or {}), key=self.reading)
        return chain

    def expression(self, name: str, values: Mapping[str, Chain]) -> Expr:
        return product(self.chain(name, values))

    def reading(self, chain: Chain) -> tuple[int, Place]:
        """What decides between equal forms: the cost of reading, then the order of the symbols."""
        expression = product(chain)
        return cost(expression), self.order.rank(expression)

    def _filled(self, template: Template, values: Mapping[str, Chain], sizes: Mapping[str, Size]) -> Chain:
        operation, *parts = template
        if operation == "variable":
            return values[parts[0]]
        if operation == "Ones":
            return (Ones((sizes[parts[0]],)),)
        chains = [self._filled(part, values, sizes) for part in parts]
        match operation:
            case "Product":
                return tuple([factor for chain in chains for factor in chain])
            case "Transpose":
                return transposed_chain(chains[0])
            case "Hadamard":
                return (hadamard(sorted([product(chain) for chain in chains], key=self.order.rank)),)
            case "DiagonalMatrix":
                return (diagonal_matrix(product(chains[0])),)
            case "Diagonal":
                return (Diagonal(product(chains[0])),)
            case "Trace":
                return (Trace(product(chains[0])),)
            case "Total":
                return (Total(product(chains[0])),)
            case _:
                raise AssertionError(f"no such operation in a form: {operation}")
