"""What is asked about a claim: statements with all that the document says, in the order in which their readings are tried."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from matcalc.documents.pieces import Place
from matcalc.language.declare.declarations import written

LayoutSaid: TypeAlias = Literal["", "gradients", "all"]


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that the text says and a claim rests on: ``A: symmetric``, ``L(w) = ...``, the layout; and where."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a refutation says nothing. ``when``: always, for claims with a condition, too (``false``), only where the sides have different
    shapes (``misfit``), where they would not if vectors were rows (``rows``), or only where everything is a number (``numbers``).
    ``about`` are the names of which something is not known."""

    reason: str
    when: Literal["always", "false", "misfit", "rows", "numbers"] = "always"
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A claim as a statement for ``verify``.

    ``statement`` holds the definitions that it rests on before it (``f(x) = x'*A*x; ∇f(x) = (A + A')*x``). ``declare``, ``layout``,
    ``symmetric`` and ``dialect`` are as for ``verify``; ``rests_on`` are the things said that went into them. ``lossy``: facts that are
    said of a name could not be used with it, so that it proves more than it refutes. ``instead``: the reading before it said in another
    way, for where that is ``unanswered``; or with less, for where that is ``unread``: then it counts only if it holds;
    or with ``other`` definitions of its names: then it is doubtful if it holds; or as a ``step`` of its chain, where no reading is decided:
    then it counts only if it holds; or with all ``values`` of a worked example, which goes first; or up to a ``multiple`` of one side,
    which counts only if it holds, too. ``doubts`` are why it may prove more than it refutes.
    """

    statement: str
    declare: str = ""
    layout: str = "denominator"
    symmetric: str = "projected"
    rests_on: tuple[Said, ...] = ()
    lossy: bool = False
    instead: Literal["", "unanswered", "unread", "other", "step", "values", "multiple"] = ""
    doubts: tuple[Doubt, ...] = ()
    dialect: str | None = None
    layout_said: LayoutSaid = ""
    """Of which derivatives the text says the layout: none, gradients alone, or all."""
    supposed: tuple[tuple[str, str, Said], ...] = ()
    """The sides of equations that the text supposes, and where: one of them may be the condition that a claim needs."""
    exact: bool = False
    """Whether it is a statement of an identity file, which says what it means."""
    follows: bool = False
    """Whether it is said to follow from the derivative that was set to zero right before it."""
    own: bool = False
    """Whether the declarations are for this claim alone: a name that does not occur in it is a mistake then."""

    @property
    def declared(self) -> frozenset[str]:
        """The names that something is declared of."""
        return frozenset(name for one in written(self.declare) for name in one.names) if self.declare else frozenset()

    def declaring(self, *kinds: str) -> Asked:
        """The same with more declarations, such as ``x: scalar``."""
        return replace(self, declare=joined_declarations(self.declare, *kinds))


def joined_declarations(*declarations: str) -> str:
    """Declarations as one; empty ones say nothing.

    >>> joined_declarations("A: n×n", "", "c: scalar")
    'A: n×n; c: scalar'
    """
    return "; ".join([one for one in declarations if one])
