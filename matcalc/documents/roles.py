"""What a row is for: a claim, a definition, a condition, or something else that a reader sees.

A role follows from three things, in this order: what a row looks like by itself (its relation, a number or zero on its right, a name alone
on its left, an equation that states a fact about a symbol), what the words before it in its sentence say (``rules/roles.toml``), and which
names have a meaning already. Each role has one function below that says what makes it so; where none speaks, an equation is a claim.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from matcalc.base.lazy import pattern
from matcalc.documents.context.loose_notation import gives_density, with_listed_diagonals
from matcalc.documents.context.written_names import names_at, names_in
from matcalc.documents.heads import Head, before_brackets, change_of, head_of, letters_in, partial_of
from matcalc.documents.index_cases import by_indices, compared
from matcalc.documents.pieces import Notation, Placed
from matcalc.documents.rearranged import is_rearranged
from matcalc.documents.rows import Row
from matcalc.documents.sentences import Sentence, sentence
from matcalc.documents.shapes import (
    derivative_sign_before,
    holds,
    is_about_one,
    is_bound,
    is_constant,
    is_decimal,
    is_density,
    is_derivative,
    is_differential_equation,
    is_differential_of,
    is_ellipsis,
    is_event,
    is_expected,
    is_function,
    is_index,
    is_infinite,
    is_integral,
    is_iterate,
    is_kronecker,
    is_number,
    is_of_sets,
    is_one_derivative,
    is_optimum,
    is_power,
    is_question,
    is_rough,
    is_set,
    is_zero,
    optimised,
    powered,
    states_fact,
    value_of,
)
from matcalc.documents.symbols import Named, speaks_of_known, symbols_of, unmatched
from matcalc.documents.values import as_list, is_value, value_given, with_points
from matcalc.language.latex.latex_commands import ACCENTS

Role: TypeAlias = Literal[
    "claim",
    "definition",
    "solution",  # what is said to solve a first-order condition: a definition, too, and a claim where that condition is known
    "first-order condition",
    "declaration",
    "fact",
    "inequality",
    "limit",  # and what is said of sums without end
    "integral",
    "number",
    "notation",  # an expression that says nothing by itself: a symbol, a size, a formula that is mentioned
    "probability",  # what is said of probabilities, expectations or densities, none of which are read
    "unknown function",  # what is said of a function that the document nowhere defines, and is no identity in it
    "not an equation",
    "listing",
]


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a row.

    ``before`` and ``after`` are the words of its sentence up to its formula and behind it, other formulas of the sentence among them in
    dollar signs. ``inside`` are the open theorems, definitions, proofs. ``known`` are the names that have a definition (as
    ``canonical_name`` spells them), ``seen`` the letters of the formulas before, ``preceding`` the role of the row before in the
    same sentence, ``last`` the row before in the same formula.
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
    role = _of_equation(row, row.right.text, around)
    if role == "claim" and is_rough(f"{row.left.text} = {row.right.text}"):
        return "not an equation"
    if role == "claim" and _is_of_chance(row, row.right.text, around):
        return "probability"
    return _beyond(row, row.right.text) or role if role == "claim" else role


def named_by(row: Row, notation: Notation) -> tuple[Head, Placed, Placed] | None:
    """The name that a definition is of, its side and what it stands for: of ``L(w) = ...``, ``... =: g``, ``∂L/∂z = δ``."""
    if row.right is None:
        return None
    start = optimised(row.left.text) if notation == "latex" else 0
    first = row.left.part(start) if start else row.left
    sides = (first, row.right) if row.relation != "=:" else (row.right, first)
    for side, value in (sides, sides[::-1]):
        head = head_of(side.text, notation)
        if head is not None:
            return head, side, value
    return None


def reason_of(row: Row, role: Role) -> str:
    """Why a row that is no claim is none, in a sentence for the report; empty where the role says it."""
    right = row.right.text if row.right is not None else ""
    if role == "probability":
        return "probabilities, expectations and densities are not read"
    if role == "integral":
        return "integrals are not read"
    if role != "not an equation":
        return ""
    if row.relation in _APPROXIMATIONS:
        return "an approximation or proportionality is no equation"
    if row.relation == "←":
        return "an assignment of an algorithm is no equation"
    if not row.left:
        return "the left side is missing"
    if row.mark == "?" or is_question(right):
        return "a question is no equation"
    if is_optimum(row.first.text) or holds(right, "minimiser") or is_bound(row.text):
        return "an optimisation problem"
    if holds(right, "cases") or holds(row.left.text, "cases"):
        return "a formula by cases, whose conditions are not about one symbol"
    if is_set(right) or is_of_sets(row.text):
        return "a set is no formula"
    if holds(row.text, "ellipsis"):
        return "an array or a list with an ellipsis"
    if holds(row.text, "array"):
        return "an array written out entry by entry"
    if is_rough(row.text):
        return "it holds up to a remainder or a constant"
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
    right = row.right.text if row.right is not None else ""
    if ":" in row.left.text or r"\colon" in row.left.text or holds(row.text, "set_or_law"):
        return "declaration"
    return "limit" if is_number(right) or is_number(right.removesuffix("^+")) or holds(row.text, "limit") else "notation"


# ---------------------------------------------------------------- equations


def _of_equation(row: Row, right: str, around: Around) -> Role:
    if row.mark == "!":
        return "first-order condition"
    if row.mark == "?" or is_question(right):
        return "not an equation"
    if gives_density(row):
        return "definition"
    if row.link and around.preceding == "inequality":
        return "inequality"  # a ≤ b = c estimates a
    if around.notation == "latex" and not row.link and optimised(row.left.text) and not is_value(right) and not is_optimum(right):
        return "definition"  # minimise f(x) = ...
    if (worked := _of_worked(row, right, around)) is not None:
        return worked
    said = sentence(around.before, row.lead)
    head = _subject(row, around.notation) or _changed(row, right, around)
    role = _by_form(row, right, head, around)
    if role is not None:
        return role
    partial = _is_partial(row.first.text, around)
    if head is not None and not partial and not is_derivative_of_known(row, around):
        return _of_name(row, right, head, said, around)
    if _is_model(row, right, around):
        return "definition"
    zero = (is_zero(right) and (partial or is_derivative(row.first.text))) or (is_zero(row.left.text) and is_derivative(right))
    if zero and not (_is_value_of_known(row, around) and not said.has("solving") and not said.supposes_next):
        return _of_zero_derivative(row, said, around)
    if is_differential_equation(row.left.text, around.notation):
        return "fact"
    if (
        partial
        or is_derivative(row.left.text)
        or is_derivative(right)
        or is_derivative_of_known(row, around)
        or _is_named(row, right, around)
    ):
        return _of_derivative(row, right, said, around)
    return _of_relation(row, right, said, around)


def _of_worked(row: Row, right: str, around: Around) -> Role | None:
    """The role of an equation with a value on its right: what is computed with names that have values is claimed."""
    value, both = as_list(right), f"{row.left.text} {right}"
    if around.notation != "latex" or not is_value(value) or holds(both, "limit") or _beyond(row, right) is not None:
        return None
    if r"\partial" in row.left.text or is_optimum(row.first.text):
        return None
    given = value_given(row, around.notation)
    if given is not None and given.is_array and head_of(row.first.text) is None and around.known.value_of(given.name) is None:
        return "definition"  # a point with a number above it
    head = head_of(row.left.text, around.notation)
    if head is not None and not head.arguments:
        return None
    names = set(symbols_of(with_points(row.left.text, around.known.valued), around.notation))
    valued = {name: around.known.value_of(name) for name in names}
    known = all(found is not None or around.known.arguments(name) for name, found in valued.items())
    points = [name for name, found in valued.items() if found is not None and "_" in name]
    return "claim" if known and (any(valued.values()) or (points and len(valued) > 1)) else None


def _beyond(row: Row, right: str) -> Role | None:
    """The role of an equation about integrals, sums without end or sets; a step of a chain between others is none."""
    both = f"{row.left.text if row.link else row.first.text} {right}"
    if is_integral(both):
        return "integral"
    if is_infinite(both):
        return "limit"
    return "not an equation" if is_of_sets(both) or is_bound(both) else None


def _is_of_chance(row: Row, right: str, around: Around) -> bool:
    """Whether a side is about random variables; a derivative of a density is not, nor is a function E that has a formula."""
    sides = row.left.text, right
    if any(is_expected(side, around.known) or is_event(side) for side in sides):
        return True
    return any(is_density(side) for side in sides) and not any(is_derivative(side) for side in (row.first.text, *sides))


def _subject(row: Row, notation: Notation) -> Head | None:
    """The name that an equation says something of; of a later link of a chain only a function: ``y = f(x) = Wx``."""
    found = head_of(row.left.text, notation)
    if found is None or (found.arguments and is_function(found.name)):
        return None
    if row.link and (not found.arguments or head_of(row.first.text, notation) is None):
        return None
    return found


def _changed(row: Row, right: str, around: Around) -> Head | None:
    r"""The step that an equation is of, ``\Delta x = -\nabla f(x)``; none for a Laplacian, whose function has a formula or derivatives."""
    found = None if row.link else change_of(row.left.text)
    if found is None or around.known.has_base("Delta"):
        return None
    name = found.name.removeprefix("Delta_")
    own = any(at.name == name and _DERIVED.search(right[: at.start]) for at in names_at(right, around.notation))
    return None if name in around.known or own else found


_DERIVED = pattern(r"(?:\\nabla|∇|\\partial|∂)(?:\s|\\cdot|\\nabla|∇|\^\{?2\}?|²|_\{?\w*\}?|\{)*\Z")
"""A sign of a derivative right before a name."""


_CALLED = pattern(r"\s*(?:\\left\s*)?\(")


def _is_model(row: Row, right: str, around: Around) -> bool:
    r"""Whether an equation introduces a model of another function at a shifted place: ``\hat f(x + v) = f(x) + \nabla f(x)^\top v``."""
    name = before_brackets(row.left.text, around.notation)
    base, _, accent = name.rpartition("_")
    if not base or accent not in ACCENTS.values() or name in around.known or name in names_in(right, around.notation):
        return False
    return any(at.name == base and _CALLED.match(right, at.end) for at in names_at(right, around.notation))


def _by_form(row: Row, right: str, head: Head | None, around: Around) -> Role | None:
    """What the form of an equation says, whatever stands around it."""
    both = f"{row.first.text} {right}"
    if is_ellipsis(row.left.text) or is_ellipsis(right):
        return "notation"
    if is_index(row.left.text) and (is_index(right) or right.strip() in ("0", "1") or holds(right, "ellipsis")):
        return "notation"
    if holds(both, "limit"):
        return "limit"
    if is_number(right):
        return _of_number(row, right, head, around)
    if holds(right, "minimiser"):
        return "definition" if head is not None else "not an equation"
    if is_derivative_of_known(row, around):
        return None
    if is_written_out(row) or is_set(right):
        return "definition" if head is not None else "not an equation"
    if all(head_of(part, around.notation) is not None for part in row.left.text.split(",")) and "," in row.left.text:
        return "definition"
    return "not an equation" if is_optimum(row.first.text) else None


def is_written_out(row: Row) -> bool:
    """Whether a side is given entry by entry, by cases of other things than two indices, or as a list with an ellipsis."""
    both = f"{row.first.text} {row.right.text}" if row.right is not None else row.first.text
    if row.right is not None and is_derivative(row.first.text) and by_indices(row.right.text) is not None:
        return False
    return holds(both, "cases") or holds(both, "array") or holds(with_listed_diagonals(both), "ellipsis")


def is_derivative_of_known(row: Row, around: Around) -> bool:
    """Whether a derivative of a function that has a definition is given entry by entry."""
    right = row.right.text if row.right is not None else ""
    both = f"{row.first.text} {right}"
    if not holds(both, "array") or holds(both, "cases") or holds(both, "ellipsis"):
        return False
    return derivative_sign_before(row.first.text, around.known) or derivative_sign_before(right, around.known)


def _is_partial(side: str, around: Around) -> bool:
    """Whether a side is the derivative of a function with several arguments by some of these, ``f_x`` or ``f_{xy}``."""
    head, known = head_of(side, around.notation), around.known.arguments
    if head is None or partial_of(head.name, known) is None:
        return False
    return len(head.arguments) in (0, len(known(head.name.partition("_")[0])))


def _function_of_value(row: Row) -> str | None:
    """The function that a side is a value of at a number, or a derivative of it."""
    called = value_of(row.left.text)
    return None if called is None else called.rstrip("'′")


def _is_value_of_known(row: Row, around: Around) -> bool:
    """Whether a side is a derivative of a function with a formula at a number: that is so, or is not."""
    return bool(around.known.arguments(_function_of_value(row) or ""))


def _of_number(row: Row, right: str, head: Head | None, around: Around) -> Role | None:
    """A name with a number; a value of a function that stands for nothing else; a measured number."""
    if head is not None:
        return "fact" if head.arguments else "number"
    called = _function_of_value(row)
    known = called in around.known or is_function(called or "") or partial_of(called or "", around.known.arguments) is not None
    if called is not None and not known:
        return "fact"
    names = row.left.text.split(",")
    if is_decimal(right) or all(head_of(name, around.notation) is not None for name in names):
        return "number"
    return None


def _is_of_itself(name: str, right: str, around: Around) -> bool:
    """Whether a function is called in what is said to be its value."""
    return any(at.name == name and _CALLED.match(right, at.end) for at in names_at(right, around.notation))


def _of_name(row: Row, right: str, head: Head, said: Sentence, around: Around) -> Role:
    """An equation for a name: what it stands for, unless it states a fact, or is another form of what the name stands for already."""
    if is_differential_of(row.left.text, around.known):
        return "fact" if said.supposes_next else "claim"
    if head.arguments and is_expected(row.left.text, ()) and _is_of_itself(head.name, right, around):
        return "probability"  # an expectation by others
    if states_fact(row.left.text, right):
        return _of_fact(said, around, head.name in around.known)
    if not is_derivative(right) and not is_iterate(head.name):
        solves = said.has("solution") or said.has("solving") or (around.preceding == "first-order condition" and bool(row.lead))
        if solves:
            return "solution"
    stated = said.governing in ("stating", "") or (said.governing == "supposing" and said.has("stating"))
    again = stated and not head.arguments and not is_one_derivative(right) and around.known.is_derivative(head.name)
    return "claim" if again or (head.name in around.known and said.has("restating")) else "definition"


def _of_fact(said: Sentence, around: Around, known: bool) -> Role:
    """An equation that states a fact about one symbol: supposed, unless the symbol stands for something or the text concludes it."""
    after = sentence(around.after, "")
    return "claim" if known or said.follows or after.begins("supposing") else "fact"


def _of_zero_derivative(row: Row, said: Sentence, around: Around) -> Role:
    """A derivative that is zero: a condition to be solved, unless it is said to hold, or that nothing depends on what it is by.

    What is zero for different indices is no condition.
    """
    if compared(row.behind) is not None or _SEPARATE.match(around.after) is not None:
        return "claim"
    if said.supposes_next:
        return "fact"
    if said.has("solving"):
        return "first-order condition"
    if said.has("constant") or sentence(around.after, "").has("constant") or said.has("asserting_zero"):
        return "claim"
    return "first-order condition"


_SEPARATE = pattern(r"(?:for|if|when|whenever)\b(?: all| any)? *\$ *[i-n] *(?:=|≠|\\neq?) *[i-n] *\$")


_MULTIPLE = pattern(
    r"(?P<by>-?\s*\\(?:lambda|mu|nu|sigma|rho|omega|kappa|alpha|gamma|theta)(?![A-Za-z])(?:_\s*(?:\w|\{[^{}]*\}))?(?:\^\s*(?:\*|\{\s*\*\s*\}))?)"
    r"(?:\s|\\[,;:! ]|\\cdot(?![A-Za-z]))*(?P<rest>[^+=].*)"
)
"""A multiple by a Greek letter, as an eigenvalue or a multiplier is."""
_NABLA = pattern(r"(?:\\nabla|∇)[^+=-]*")


def _is_of_multiplier(row: Row, right: str, around: Around) -> bool:
    r"""Whether two gradients are said to be parallel, ``\nabla f(x) = \lambda \nabla g(x)``: a condition on point and multiplier."""
    found = _MULTIPLE.fullmatch(right.strip()) if not row.link else None
    if found is None or _NABLA.fullmatch(row.left.text.strip()) is None or _NABLA.fullmatch(found["rest"].strip()) is None:
        return False
    letter = next(iter(names_at(found["by"], around.notation)), None)
    return letter is not None and letter.name not in around.known and letter.base not in names_in(row.left.text, around.notation)


def _is_eigenvalue_equation(row: Row, right: str, around: Around) -> bool:
    r"""Whether a product with a vector is said to be a multiple of it, or of one: ``Sw = \lambda w``, ``S_b w = \lambda S_w w``."""
    found = _MULTIPLE.fullmatch(right.strip()) if not row.link else None
    sides = [list(names_at(side, around.notation)) for side in (row.left.text, found["rest"] if found is not None else "")]
    if found is None or not all(sides) or "+" in f"{row.left.text}{found['rest']}":
        return False
    letter = next(iter(names_at(found["by"], around.notation)))
    whole = around.known.made_of(symbols_of(row.left.text, around.notation))
    free = letter.name not in around.known and letter.base not in {at.base for side in sides for at in side}
    free = free and whole is not None and letter.base not in whole
    return free and sides[0][-1].name == sides[1][-1].name and len(sides[0]) > len(sides[1]) - (len(sides[1]) > 1)


def _of_derivative(row: Row, right: str, said: Sentence, around: Around) -> Role:
    """An equation with a derivative: a claim, unless it is supposed, or names the derivative by a letter not seen before."""
    if said.supposes_next:
        return "fact"
    if _is_of_multiplier(row, right, around):
        return "first-order condition"
    return "definition" if _is_named(row, right, around) and not is_constant(right) else "claim"


def _is_named(row: Row, right: str, around: Around) -> bool:
    """Whether an equation names a derivative by a letter not seen before, or at the end of a chain by the next number of one."""
    name = head_of(right, around.notation)
    if name is None or name.name in around.known or not is_derivative(row.first.text):
        return False
    if not letters_in(right) & (around.seen | letters_in(row.first.text)):
        return True
    spoken = around.spoken | names_in(f"{row.first.text} {row.left.text}", around.notation)
    return bool(row.link) and _NUMBERED.search(name.name) is not None and name.name not in spoken


_NUMBERED = pattern(r"_\d+\Z")
"""``\\zeta_2`` of ``\\partial L/\\partial B = \\zeta_1 V^\\top = \\zeta_2``."""


def _goes_on_with_condition(row: Row, around: Around) -> bool:
    """Whether an equation is a condition in another form: what follows from one, or stands below it in a formula."""
    if around.preceding != "first-order condition" or row.link:
        return False
    zero = row.right is not None and is_zero(row.right.text)
    return bool(row.lead) or (around.last is not None and (zero or is_rearranged(row, around.last)))


_LABELLED = pattern(r"\s*(?P<name>[^:=()]{1,30}?)\s*(?::|\\colon(?![A-Za-z]))\s*[^=\s]")


def _has_label(left: str, right: str, notation: Notation) -> bool:
    """Whether an equation has a name in front, that of a hypothesis or a plane: ``H_0: a = b``; no double product, ``A : B = ...``."""
    found = _LABELLED.match(left)
    head = None if found is None else head_of(found["name"], notation)
    return head is not None and head.name not in names_in(right, notation)


def _is_new_power(left: str, right: str, around: Around) -> bool:
    """Whether a side is the power of a name that neither stands for anything yet nor occurs in the other: an estimate of a variance."""
    name = powered(left)
    return name is not None and name not in around.known and name not in names_in(right, around.notation)


def _of_relation(row: Row, right: str, said: Sentence, around: Around) -> Role:
    """Any other equation: supposed, to be solved, a fact, or a claim, which is an identity in all symbols that stand for nothing else."""
    if row.condition:
        return "claim"
    if row.link and (named := head_of(row.first.text, around.notation)) is not None and around.known.is_derivative(named.name):
        return "claim"
    first, last = head_of(row.left.text, around.notation), head_of(right, around.notation)
    if first is not None and last is not None and not first.arguments and last.name not in around.known:
        return "definition"  # a = b = c of names alone
    qualified = said.qualifies and not row.link and is_number(right)
    if said.supposes_next or said.lets_next or qualified or row.lead.endswith(("⇔", "⇐")):
        return "fact"
    after = sentence(around.after, "")
    if said.has("solving") or after.begins("solving") or _goes_on_with_condition(row, around):
        return "first-order condition"
    left = row.first.text
    if _has_label(left, right, around.notation) or _is_eigenvalue_equation(row, right, around):
        return "fact"
    if states_fact(left, right) or (is_about_one(left, right) and (said.in_brackets or is_number(right) or is_kronecker(right))):
        return _of_fact(said, around, speaks_of_known(left, around.known, around.notation))
    if _is_new_power(left, right, around):
        return "definition"
    special = (said.follows and said.names_property) or (after.begins("supposing") and after.names_property)
    goes_on = row.link and speaks_of_known(f"{left} = {right}", around.known, around.notation)  # what is new in it may be explained behind
    if not special and not goes_on and unmatched(left, right, around.known, around.notation):
        return "definition" if is_power(left) else "fact"
    return "claim"
