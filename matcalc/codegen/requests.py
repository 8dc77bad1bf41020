"""What code is asked for: outputs that are not plain expressions, and what they claim to be, for the self check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from matcalc.einstein.nodes import Tensor
from matcalc.expr.nodes import Expr, Symbol
from matcalc.expr.rewriting import replaced
from matcalc.facts.ties import varying
from matcalc.sizes import Shape


@dataclass(frozen=True, slots=True)
class LaidOut:
    """A derivative in index notation and its layout.

    ``tensor`` has the axes of the value (sizes ``numerator``), then those of each variable that is no scalar (``variables`` says how many
    each has).
    """

    tensor: Tensor
    numerator: Shape
    variables: tuple[int, ...]
    layout: str


@dataclass(frozen=True, slots=True)
class Operator:
    """A linear map, given as its value ``expression`` at the symbol ``argument``.

    The code returns a callable: what does not depend on the argument is computed once, nothing larger than the factors is formed.
    """

    expression: Expr | LaidOut
    argument: Symbol


Output: TypeAlias = "Expr | LaidOut | Operator"


@dataclass(frozen=True, slots=True)
class Derivative:
    """That an output is the derivative by ``wrt`` (of order ``len(wrt)``) in a layout; ``along`` names the direction it is applied to."""

    wrt: tuple[Symbol, ...] = ()
    layout: str = "denominator"
    symmetric: str = "projected"
    along: Symbol | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """What each output is of ``source``; an output that is not named is ``source`` itself."""

    source: Expr
    derivatives: Mapping[str, Derivative] = field(default_factory=dict)

    @property
    def varied(self) -> Expr:
        """The source with variables that may leave what is known of them: ``inv(Q)`` is no transpose where the entries of Q vary."""
        symbols = {symbol for derivative in self.derivatives.values() for symbol in derivative.wrt}
        return replaced(self.source, {s.name: Symbol(s.name, s.sizes, varying(s.properties)) for s in symbols})
