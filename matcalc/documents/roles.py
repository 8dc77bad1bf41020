"""What a row is for: a claim, a definition, a condition, or something else that a reader sees.

A role follows from three things, in this order: what a row looks like by itself (its relation, a number or zero on its right, a name alone
on its left, an equation that states a fact about a symbol), what the words before it in its sentence say (``rules/roles.toml``), and which
names have a meaning already. Each role has one function below that says what makes it so; where none speaks, an equation is a claim.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from matcalc.documents.heads import Head, head_of, letters_in
from matcalc.documents.pieces import Notation
from matcalc.documents.rows import Row
from matcalc.documents.sentences import Sentence, sentence
from matcalc.documents.shapes import (
    holds,
    is_constant,
    is_derivative,
    is_differential_of,
    is_function,
    is_index,
    is_number,
    is_zero,
    states_fact,
)

Role: TypeAlias = Literal[
    "claim",
    "definition",
    "solution",  # what is said to solve a first-order condition: a definition, too, and a claim where that condition is known
    "first-order condition",
    "declaration",
    "fact",
    "inequality",
    "limit",
    "number",
    "notation",  # an expression that says nothing by itself: a symbol, a size, a formula that is mentioned
    "not an equation",
    "listing",
]


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a row.

    ``before`` and ``after`` are the words of its sentence up to its formula and behind it, other formulas of the sentence among them in
    dollar signs. ``inside`` are the open theorems, definitions, proofs. ``known`` are the names that have a definition (as
    ``canonical_name`` spells them), ``seen`` the letters of the formulas before, ``preceding`` the role of the row before in the
    same sentence.
    """

    before: str = ""
    after: str = ""
    display: bool = False
    environment: str = ""
    notation: Notation = "latex"
    inside: tuple[str, ...] = ()
    known: frozenset[str] = frozenset()
    seen: frozenset[str] = frozenset()
    preceding: Role | None = None


_ORDERS = frozenset("≤<≥>≻⪰≺⪯≠")
_MEMBERSHIPS = frozenset("∈∉⊂∼⊥")
_ARROWS = frozenset("→↦←")
_APPROXIMATIONS = frozenset("≈∝")


def role_of(row: Row, around: Around) -> Role:
    """What a row is for."""
    if row.right is None or not row.relation:
        return _of_expression(row)
    if row.relation in _ORDERS:
        return "fact" if is_zero(row.right.text) and head_of(row.left.text) is not None else "inequality"
    if row.relation in _MEMBERSHIPS:
        return "declaration"
    if row.relation in _ARROWS:
        return _of_arrow(row)
    if row.relation in _APPROXIMATIONS or not row.left:
        return "not an equation"
    if row.relation in (":=", "=:"):
        return "definition"
    return _of_equation(row, row.right.text, around)


def reason_of(row: Row, role: Role) -> str:
    """Why a row that is no claim is none, in a sentence for the report; empty where the role says it."""
    right = row.right.text if row.right is not None else ""
    if role != "not an equation":
        return ""
    if row.relation in _APPROXIMATIONS:
        return "an approximation or proportionality is no equation"
    if row.relation == "←":
        return "an assignment of an algorithm is no equation"
    if not row.left:
        return "the left side is missing"
    if row.mark == "?":
        return "a question is no equation"
    if holds(right, "cases") or holds(row.left.text, "cases"):
        return "a formula by cases, whose conditions are not about one symbol"
    if holds(row.text, "ellipsis"):
        return "an array or a list with an ellipsis"
    if holds(row.text, "array"):
        return "an array written out entry by entry"
    return "no equation"


# ---------------------------------------------------------------- what is no equation


def _of_expression(row: Row) -> Role:
    text = row.left.text
    if holds(text, "drawing"):
        return "not an equation"
    if holds(text, "limit"):
        return "limit"
    if is_number(text):
        return "number"
    return "declaration" if ":" in text and ("×" in text or r"\times" in text) else "notation"


def _of_arrow(row: Row) -> Role:
    if row.relation == "←":
        return "not an equation"
    if ":" in row.left.text or r"\colon" in row.left.text or holds(row.text, "set_or_law"):
        return "declaration"
    return "notation" if row.relation == "↦" else "limit"


# ---------------------------------------------------------------- equations


def _of_equation(row: Row, right: str, around: Around) -> Role:
    if row.mark == "!":
        return "first-order condition"
    if row.mark == "?":
        return "not an equation"
    if row.link and around.preceding == "inequality":
        return "inequality"  # a ≤ b = c estimates a
    said = sentence(around.before, row.lead)
    head = _subject(row, around.notation)
    role = _by_form(row, right, head)
    if role is not None:
        return role
    if head is not None:
        return _of_name(row, right, head, said, around)
    if is_zero(right) and is_derivative(row.first.text):
        return _of_zero_derivative(row, said, around)
    if is_derivative(row.left.text) or is_derivative(right):
        return _of_derivative(row, right, said, around)
    return _of_relation(row, right, said, around)


def _subject(row: Row, notation: Notation) -> Head | None:
    """The name that an equation says something of; of a later link of a chain only a function: ``y = f(x) = Wx``."""
    found = head_of(row.left.text, notation)
    if found is None or (found.arguments and is_function(found.name)):
        return None
    if row.link and (not found.arguments or head_of(row.first.text, notation) is None):
        return None
    return found


def _by_form(row: Row, right: str, head: Head | None) -> Role | None:
    """What the form of an equation says, whatever stands around it."""
    both = f"{row.left.text} {right}"
    if is_index(row.left.text) and (is_index(right) or right.strip() in ("0", "1") or holds(right, "ellipsis")):
        return "notation"
    if holds(both, "limit"):
        return "limit"
    if head is not None and is_number(right):
        return "number"
    if head is not None and holds(right, "minimiser"):
        return "definition"
    if holds(both, "cases") or holds(both, "array") or holds(both, "ellipsis"):
        return "definition" if head is not None else "not an equation"
    return None


def _of_name(row: Row, right: str, head: Head, said: Sentence, around: Around) -> Role:
    """An equation for a name: what it stands for, unless the name has a meaning and the text says that this is another form of it."""
    if is_differential_of(row.left.text, around.known):
        return "fact" if said.supposes_next else "claim"
    if said.has("solution") or said.has("solving") or (around.preceding == "first-order condition" and row.lead):
        return "solution"
    if head.name in around.known and said.has("restating"):
        return "claim"
    return "definition"


def _of_zero_derivative(row: Row, said: Sentence, around: Around) -> Role:
    """A derivative that is zero: a condition to be solved, unless it is said to hold, or that nothing depends on what it is by."""
    if said.supposes_next:
        return "fact"
    if said.has("solving"):
        return "first-order condition"
    if said.has("constant") or sentence(around.after, "").has("constant") or said.has("asserting_zero"):
        return "claim"
    return "first-order condition"


def _of_derivative(row: Row, right: str, said: Sentence, around: Around) -> Role:
    """An equation with a derivative: a claim, unless it is supposed, or names the derivative by a letter not seen before."""
    if said.supposes_next:
        return "fact"
    name = head_of(right, around.notation)
    new = name is not None and not (letters_in(right) & (around.seen | letters_in(row.first.text))) and name.name not in around.known
    return "definition" if new and is_derivative(row.first.text) and not is_constant(right) else "claim"


def _of_relation(row: Row, right: str, said: Sentence, around: Around) -> Role:
    """Any other equation: something to be solved, a fact that is supposed, or a claim."""
    after = sentence(around.after, "")
    if said.has("solving") or after.begins("solving") or (around.preceding == "first-order condition" and row.lead):
        return "first-order condition"
    fact = states_fact(row.left.text, right)
    if fact and (said.governing in ("supposing", "naming") or said.in_brackets):
        return "fact"
    return "fact" if said.supposes_next else "claim"
