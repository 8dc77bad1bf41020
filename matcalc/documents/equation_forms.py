"""What the equations of a document look like, with what stands around them in view."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, pairwise

from matcalc.base.lazy import pattern
from matcalc.documents.arrangements import by_indices
from matcalc.documents.blocks import Notation, Role
from matcalc.documents.context.loose_notation import with_listed_diagonals
from matcalc.documents.context.written_names import NameAt, names_at, names_in
from matcalc.documents.cues import Sentence, outside_brackets, sentence
from matcalc.documents.sides import (
    Head,
    Row,
    before_brackets,
    change_of,
    derivative_sign_before,
    head_of,
    holds,
    is_derivative,
    is_function,
    is_zero,
    letters_in,
    partial_of,
    powered,
    value_of,
)
from matcalc.documents.symbols import Named, symbols_of
from matcalc.language.latex.latex_commands import ACCENTS

_UNSEEN = pattern(r"\s+|\\(?:left|right|[bB]igg?[lr]?)(?![A-Za-z])|\\[,;:! ]|\{\}")


def is_rearranged(row: Row, above: Row) -> bool:
    r"""Whether an equation is the one above it in another form: ``AX = B`` below ``AX - B = 0``."""
    if row.right is None or above.right is None:
        return False
    sides, before = ([_bare(one.left.text), _bare(one.right_text)] for one in (row, above))
    return any(side in before and side != "0" for side in sides) or {"0"}.union(*map(terms_of, before)).issuperset(
        chain.from_iterable(map(terms_of, sides))
    )


def terms_of(side: str) -> list[str]:
    """What the signs outside of brackets separate, without these and without space.

    >>> terms_of(r"-A^{-1} B + (C - D)")
    ['A^{-1}B', '(C-D)']
    """
    text = _bare(side)
    cuts = [at for at, sign in outside_brackets(text) if sign in "+-" and text[at - 1 : at] not in ("^", "_")]
    return [text[before + 1 : end] for before, end in pairwise([-1, *cuts, len(text)]) if end > before + 1]


def _bare(side: str) -> str:
    return _UNSEEN.sub("", side)


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a row.

    ``before`` and ``after`` are the words of its sentence up to its formula and behind it, other
    formulas of the sentence among them in dollar signs. ``inside`` are the open theorems,
    definitions, proofs. ``known`` are the names that have a definition (as ``canonical_name``
    spells them), ``seen`` the letters of the formulas before, ``preceding`` the role of the row
    before in the same sentence, ``last`` the row before in the same formula.
    """

    before: str = ""
    after: str = ""
    display: bool = False
    environment: str = ""
    notation: Notation = "latex"
    inside: tuple[str, ...] = ()
    known: Named = field(default_factory=Named)
    seen: frozenset[str] = frozenset()
    spoken: frozenset[str] = frozenset()
    """The names in the formulas before, with and without their indices."""
    preceding: Role | None = None
    last: Row | None = None


@dataclass(frozen=True)
class Equation:
    """A row with both sides, and what stands around it."""

    row: Row
    around: Around

    @property
    def left(self) -> str:
        """The side just before the relation."""
        return self.row.left.text

    @property
    def first(self) -> str:
        """The side that the chain begins with."""
        return self.row.first.text

    @property
    def right(self) -> str:
        """The side behind the relation."""
        return self.row.right_text

    @property
    def both(self) -> str:
        """Both sides as one text."""
        return f"{self.first} {self.right}"

    @cached_property
    def said(self) -> Sentence:
        """What the words before it say."""
        return sentence(self.around.before, self.row.lead)

    @cached_property
    def said_after(self) -> Sentence:
        """What the words behind it say."""
        return sentence(self.around.after, "")

    def head(self, side: str) -> Head | None:
        """The name that a side consists of."""
        return head_of(side, self.around.notation)

    def names(self, text: str) -> frozenset[str]:
        """The names in a text."""
        return names_in(text, self.around.notation)

    def calls(self, name: str) -> bool:
        """Whether the right side calls a function."""
        found = names_at(self.right, self.around.notation)
        return any(at.name == name and _CALLED.match(self.right, at.end) for at in found)

    @cached_property
    def subject(self) -> Head | None:
        """The name that it says something of, or the step."""
        return self._named() or self._changed()

    def _named(self) -> Head | None:
        """The name on its left; of a later link of a chain only a function: ``y = f(x) = Wx``."""
        found = self.head(self.left)
        if found is None or (found.arguments and is_function(found.name)):
            return None
        later = self.row.link and (not found.arguments or self.head(self.first) is None)
        return None if later else found

    def _changed(self) -> Head | None:
        r"""The step that it is of, ``\Delta x = -\nabla f(x)``; none for a Laplacian, whose
        function has a formula or derivatives."""
        found, known = change_of(self.left), self.around.known
        if found is None or self.row.link or known.has_base("Delta"):
            return None
        name = found.name.removeprefix("Delta_")
        if name in known:
            return None
        places = names_at(self.right, self.around.notation)
        own = any(at.name == name and _DERIVED.search(self.right[: at.start]) for at in places)
        return None if own else found

    @cached_property
    def is_partial(self) -> bool:
        """Whether its first side is the derivative of a function with several arguments by some of
        these, ``f_x`` or ``f_{xy}``."""
        head, known = self.head(self.first), self.around.known.arguments
        return (
            head is not None
            and partial_of(head.name, known) is not None
            and len(head.arguments) in (0, len(known(head.name.partition("_")[0])))
        )

    @cached_property
    def derives_known(self) -> bool:
        """Whether a derivative of a function that has a definition is given entry by entry."""
        return (
            holds(self.both, "array")
            and not holds(self.both, "cases")
            and not holds(self.both, "ellipsis")
            and any(derivative_sign_before(side, self.around.known) for side in (self.first, self.right))
        )

    @property
    def is_of_derivatives(self) -> bool:
        """Whether a side is a derivative, or made of one."""
        return self.is_partial or is_derivative(self.left) or is_derivative(self.right) or self.derives_known

    @property
    def function_of_value(self) -> str:
        """The function that its left side is a value of at a number, or a derivative of it; empty
        for another side."""
        return (value_of(self.left) or "").rstrip("'′")

    @cached_property
    def names_derivative(self) -> bool:
        """Whether it names a derivative by a letter not seen before, or at the end of a chain by
        the next number of one."""
        name, around = self.head(self.right), self.around
        if name is None or name.name in around.known or not is_derivative(self.first):
            return False
        if not letters_in(self.right) & (around.seen | letters_in(self.first)):
            return True
        spoken = around.spoken | self.names(f"{self.first} {self.left}")
        numbered = _NUMBERED.search(name.name) is not None
        return bool(self.row.link) and numbered and name.name not in spoken


_DERIVED = pattern(r"(?:\\nabla|∇|\\partial|∂)(?:\s|\\cdot|\\nabla|∇|\^\{?2\}?|²|_\{?\w*\}?|\{)*\Z")
"""A sign of a derivative right before a name."""
_CALLED = pattern(r"\s*(?:\\left\s*)?\(")
_NUMBERED = pattern(r"_\d+\Z")
"""``\\zeta_2`` of ``\\partial L/\\partial B = \\zeta_1 V^\\top = \\zeta_2``."""


def is_written_out(row: Row) -> bool:
    """Whether a side is given entry by entry, by cases of other things than two indices, or as a
    list with an ellipsis."""
    both = f"{row.first.text} {row.right_text}".rstrip()
    if row.right is not None and is_derivative(row.first.text) and by_indices(row.right.text) is not None:
        return False
    return holds(both, "cases") or holds(both, "array") or holds(with_listed_diagonals(both), "ellipsis")


def is_model(one: Equation) -> bool:
    r"""Whether an equation introduces a model of another function at a shifted place:
    ``\hat f(x + v) = f(x) + \nabla f(x)^\top v``."""
    name = before_brackets(one.left, one.around.notation)
    base, _, accent = name.rpartition("_")
    return (
        base != ""
        and accent in ACCENTS.values()
        and name not in one.around.known
        and name not in one.names(one.right)
        and one.calls(base)
    )


_MULTIPLE = pattern(
    r"(?P<by>-?\s*\\(?:lambda|mu|nu|sigma|rho|omega|kappa|alpha|gamma|theta)(?![A-Za-z])"
    r"(?:_\s*(?:\w|\{[^{}]*\}))?(?:\^\s*(?:\*|\{\s*\*\s*\}))?)"
    r"(?:\s|\\[,;:! ]|\\cdot(?![A-Za-z]))*(?P<rest>[^+=].*)"
)
"""A multiple by a Greek letter, as an eigenvalue or a multiplier is."""
_NABLA = pattern(r"(?:\\nabla|∇)[^+=-]*")


def _multiple(one: Equation) -> tuple[NameAt, str] | None:
    """The letter that the right side is a multiple by, where it stands for nothing, and what it is
    a multiple of."""
    found = _MULTIPLE.fullmatch(one.right.strip()) if not one.row.link else None
    if found is None:
        return None
    letter = next(iter(names_at(found["by"], one.around.notation)), None)
    return None if letter is None or letter.name in one.around.known else (letter, found["rest"])


def is_of_multiplier(one: Equation) -> bool:
    r"""Whether two gradients are said to be parallel, ``\nabla f(x) = \lambda \nabla g(x)``: a
    condition on point and multiplier."""
    found = _multiple(one)
    return (
        found is not None
        and all(_NABLA.fullmatch(side.strip()) for side in (one.left, found[1]))
        and found[0].base not in one.names(one.left)
    )


def is_eigenvalue_equation(one: Equation) -> bool:
    r"""Whether a product with a vector is said to be a multiple of it, or of one:
    ``Sw = \lambda w``, ``S_b w = \lambda S_w w``."""
    found = _multiple(one)
    if found is None or "+" in f"{one.left}{found[1]}":
        return False
    left, right = (list(names_at(side, one.around.notation)) for side in (one.left, found[1]))
    if not left or not right or left[-1].name != right[-1].name:
        return False
    whole = one.around.known.made_of(symbols_of(one.left, one.around.notation))
    return (
        whole is not None
        and found[0].base not in whole
        and found[0].base not in {at.base for at in (*left, *right)}
        and len(left) > len(right) - (len(right) > 1)
    )


def goes_on_with_condition(one: Equation) -> bool:
    """Whether an equation is a condition in another form: what follows from one, or stands below it
    in a formula."""
    row, last = one.row, one.around.last
    return (
        one.around.preceding == "first-order condition"
        and not row.link
        and (bool(row.lead) or (last is not None and (is_zero(one.right) or is_rearranged(row, last))))
    )


_LABELLED = pattern(r"\s*(?P<name>[^:=()]{1,30}?)\s*(?::|\\colon(?![A-Za-z]))\s*[^=\s]")


def has_label(one: Equation) -> bool:
    """Whether an equation has a name in front, that of a hypothesis or a plane: ``H_0: a = b``; no
    double product, ``A : B = ...``."""
    found = _LABELLED.match(one.first)
    head = None if found is None else one.head(found["name"])
    return head is not None and head.name not in one.names(one.right)


def is_new_power(one: Equation) -> bool:
    """Whether a side is the power of a name that neither stands for anything yet nor occurs in the
    other: an estimate of a variance."""
    name = powered(one.first)
    return name is not None and name not in one.around.known and name not in one.names(one.right)
