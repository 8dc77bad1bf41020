"""What a row is for: a claim, a definition, a condition, or something else that a reader sees.

A role follows from three things, in this order: what a row looks like by itself (its relation, a
number or zero on its right, a name alone on its left, an equation that states a fact about a
symbol), what the words before it in its sentence say (``rules/roles.toml``), and which names have a
meaning already. Each rule below speaks of some equations; the first that speaks decides, and where
none does it is a claim.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from matcalc.base.lazy import pattern
from matcalc.documents.arrangements import compared
from matcalc.documents.blocks import Notation, Placed, Role
from matcalc.documents.context.loose_notation import gives_density
from matcalc.documents.equation_forms import (
    Around,
    Equation,
    goes_on_with_condition,
    has_label,
    is_eigenvalue_equation,
    is_model,
    is_new_power,
    is_of_multiplier,
    is_written_out,
)
from matcalc.documents.sides import (
    Head,
    Row,
    fits,
    head_of,
    holds,
    is_about_one,
    is_constant,
    is_derivative,
    is_differential_of,
    is_expected,
    is_function,
    is_index,
    is_number,
    is_optimum,
    is_set,
    is_zero,
    optimised,
    partial_of,
    powered,
    states_fact,
)
from matcalc.documents.symbols import as_list, is_value, speaks_of_known, symbols_of, unmatched, value_given, with_points

_ORDERS = frozenset("≤<≥>≻⪰≺⪯≠")
_ARROWS = frozenset("→↦←")
_BY_RELATION: Mapping[str, Role] = {
    **dict.fromkeys("∈∉⊂∼⊥", "declaration"),
    **dict.fromkeys("≈∝", "not an equation"),
    **dict.fromkeys((":=", "=:"), "definition"),
}


def role_of(row: Row, around: Around) -> Role:
    """What a row is for."""
    if row.right is None or not row.relation:
        return _of_expression(row)
    if row.relation in _ORDERS:
        return "fact" if is_zero(row.right.text) and head_of(row.left.text) is not None else "inequality"
    if row.relation in _ARROWS:
        return _of_arrow(row)
    role = _BY_RELATION.get(row.relation)
    if not row.left and role != "declaration":
        return "not an equation"
    return _of_equation(Equation(row, around)) if role is None else role


def named_by(row: Row, notation: Notation) -> tuple[Head, Placed, Placed] | None:
    """The name that a definition is of, its side and what it stands for: of ``L(w) = ...``,
    ``... =: g``, ``∂L/∂z = δ``."""
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


_UNREAD: Mapping[Role, str] = {
    "probability": "probabilities, expectations and densities are not read",
    "integral": "integrals are not read",
}
_REASONS: tuple[tuple[str, Callable[[Row], bool]], ...] = (
    ("an approximation or proportionality is no equation", lambda row: row.relation in tuple("≈∝")),
    ("an assignment of an algorithm is no equation", lambda row: row.relation == "←"),
    ("the left side is missing", lambda row: not row.left),
    ("a question is no equation", lambda row: _is_question(row)),
    (
        "an optimisation problem",
        lambda row: is_optimum(row.first.text) or holds(row.right_text, "minimiser") or holds(row.text, "bound"),
    ),
    (
        "a formula by cases, whose conditions are not about one symbol",
        lambda row: holds(row.right_text, "cases") or holds(row.left.text, "cases"),
    ),
    ("a set is no formula", lambda row: is_set(row.right_text) or holds(row.text, "sets")),
    ("an array or a list with an ellipsis", lambda row: holds(row.text, "ellipsis")),
    ("an array written out entry by entry", lambda row: holds(row.text, "array")),
    ("it holds up to a remainder or a constant", lambda row: holds(row.text, "remainder")),
    ("no equation", lambda _: True),
)


def reason_of(row: Row, role: Role) -> str:
    """Why a row that is no claim is none, in a sentence for the report; empty where the role says
    it."""
    return _UNREAD.get(role, "") if role != "not an equation" else next(reason for reason, applies in _REASONS if applies(row))


def _is_question(row: Row) -> bool:
    return row.mark == "?" or fits(row.right_text, "question")


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
    left, right = row.left.text, row.right_text
    if ":" in left or r"\colon" in left or holds(row.text, "set_or_law"):
        return "declaration"
    return "limit" if is_number(right.removesuffix("^+")) or holds(row.text, "limit") else "notation"


# ---------------------------------------------------------------- equations


def _of_equation(one: Equation) -> Role:
    role = next(found for rule in _RULES if (found := rule(one)) is not None)
    return _unread(one) or role if role == "claim" else role


def _unread(one: Equation) -> Role | None:
    """The role of what would be a claim, and is of things that are not read."""
    if holds(f"{one.left} = {one.right}", "remainder"):
        return "not an equation"
    return "probability" if _is_of_chance(one) else _beyond(one)


def _beyond(one: Equation) -> Role | None:
    """The role of an equation about integrals, sums without end or sets; a step of a chain between
    others is none."""
    both = f"{one.left if one.row.link else one.first} {one.right}"
    return next((role for sort, role in _BEYOND.items() if holds(both, sort)), None)


_BEYOND: Mapping[str, Role] = {
    "integral": "integral",
    "endless": "limit",
    "sets": "not an equation",
    "bound": "not an equation",
}


def _is_of_chance(one: Equation) -> bool:
    """Whether a side is about random variables; a derivative of a density is not, nor is a function
    E that has a formula."""
    sides = one.left, one.right
    if any(is_expected(side, one.around.known) or holds(side, "event") for side in sides):
        return True
    return not any(is_derivative(side) for side in (one.first, *sides)) and any(holds(side, "density") for side in sides)


def _of_marks(one: Equation) -> Role | None:
    """What stands above the relation, or in the place of the right side."""
    if one.row.mark == "!":
        return "first-order condition"
    return "not an equation" if _is_question(one.row) else None


def _of_place(one: Equation) -> Role | None:
    """A density that is given, an estimate that goes on, a function that is to be minimised."""
    row, right = one.row, one.right
    if gives_density(row):
        return "definition"
    if row.link:
        return "inequality" if one.around.preceding == "inequality" else None  # a ≤ b = c estimates a
    if one.around.notation != "latex" or not optimised(one.left):
        return None
    return None if is_value(right) or is_optimum(right) else "definition"  # minimise f(x) = ...


def _of_worked(one: Equation) -> Role | None:
    """An equation with a value on its right: what is computed with names that have values is
    claimed."""
    if not _may_be_worked(one):
        return None
    given = value_given(one.row, one.around.notation)
    if given is not None and given.is_array and head_of(one.first) is None and one.around.known.value_of(given.name) is None:
        return "definition"  # a point with a number above it
    head = one.head(one.left)
    if head is not None and not head.arguments:
        return None
    return "claim" if _is_computed(one) else None


def _may_be_worked(one: Equation) -> bool:
    if one.around.notation != "latex" or not is_value(as_list(one.right)):
        return False
    unread = r"\partial" in one.left or is_optimum(one.first) or holds(f"{one.left} {one.right}", "limit")
    return not unread and _beyond(one) is None


def _is_computed(one: Equation) -> bool:
    """Whether all names of the left side have values or formulas, and one of them an array or
    several have a value."""
    known = one.around.known
    names = symbols_of(with_points(one.left, known.valued), one.around.notation).keys()
    valued = {name: known.value_of(name) for name in names}
    return all(found is not None or known.arguments(name) for name, found in valued.items()) and (
        any(valued.values()) or (len(valued) > 1 and any(found is not None and "_" in name for name, found in valued.items()))
    )


def _of_form(one: Equation) -> Role | None:
    """What the form of an equation says, whatever stands around it."""
    if fits(one.left, "ellipsis") or fits(one.right, "ellipsis") or _counts(one):
        return "notation"
    if holds(one.both, "limit"):
        return "limit"
    return _of_number(one) if is_number(one.right) else _of_array(one)


def _counts(one: Equation) -> bool:
    """Whether an equation says what an index is, or runs over."""
    right = one.right
    return is_index(one.left) and (is_index(right) or right.strip() in ("0", "1") or holds(right, "ellipsis"))


def _of_array(one: Equation) -> Role | None:
    """An equation with what is written out, a set or a minimiser on a side: it defines a name, or
    is none."""
    if holds(one.right, "minimiser"):
        return _if_named(one)
    if one.derives_known:
        return None
    if is_written_out(one.row) or is_set(one.right):
        return _if_named(one)
    if "," in one.left and _are_names(one):
        return "definition"
    return "not an equation" if is_optimum(one.first) else None


def _if_named(one: Equation) -> Role:
    return "not an equation" if one.subject is None else "definition"


def _are_names(one: Equation) -> bool:
    return all(one.head(part) is not None for part in one.left.split(","))


def _of_number(one: Equation) -> Role | None:
    """A name with a number; a value of a function that stands for nothing else; a measured
    number."""
    if one.subject is not None:
        return "fact" if one.subject.arguments else "number"
    called, known = one.function_of_value, one.around.known
    if called and not (called in known or is_function(called) or partial_of(called, known.arguments) is not None):
        return "fact"
    return "number" if holds(one.right, "decimal") or _are_names(one) else None


def _of_name(one: Equation) -> Role | None:
    """An equation for a name: what it stands for, unless it states a fact, or is another form of
    what the name stands for already."""
    head, known = one.subject, one.around.known
    if head is None or one.is_partial or one.derives_known:
        return None
    if is_differential_of(one.left, known):
        return "fact" if one.said.supposes_next else "claim"
    if head.arguments and is_expected(one.left, ()) and one.calls(head.name):
        return "probability"  # an expectation by others
    if states_fact(one.left, one.right):
        return _of_fact(one, head.name in known)
    if _is_solved(one, head):
        return "solution"
    return "claim" if _is_said_again(one, head) else "definition"


def _is_solved(one: Equation, head: Head) -> bool:
    """Whether a name is given what solves a condition."""
    if is_derivative(one.right) or holds(head.name, "next step"):
        return False
    follows = one.around.preceding == "first-order condition" and bool(one.row.lead)
    return follows or one.said.has("solution") or one.said.has("solving")


def _is_said_again(one: Equation, head: Head) -> bool:
    """Whether a name gets another form of what it stands for already."""
    said, known = one.said, one.around.known
    if head.name in known and said.has("restating"):
        return True
    stated = said.governing in ("stating", "") or (said.governing == "supposing" and said.has("stating"))
    return stated and not head.arguments and not fits(one.right, "one derivative") and known.is_derivative(head.name)


def _of_fact(one: Equation, known: bool) -> Role:
    """An equation that states a fact about one symbol: supposed, unless the symbol stands for
    something or the text concludes it."""
    return "claim" if known or one.said.follows or one.said_after.begins("supposing") else "fact"


def _of_zero_derivative(one: Equation) -> Role | None:
    """A derivative that is zero: a condition to be solved, unless it is said to hold, or that
    nothing depends on what it is by.

    What is zero for different indices is no condition.
    """
    said = one.said
    if not _is_zero_derivative(one):
        return None
    if compared(one.row.behind) is not None or _SEPARATE.match(one.around.after) is not None:
        return "claim"
    if said.supposes_next:
        return "fact"
    if said.has("solving"):
        return "first-order condition"
    constant = said.has("constant") or one.said_after.has("constant") or said.has("asserting_zero")
    return "claim" if constant else "first-order condition"


def _is_zero_derivative(one: Equation) -> bool:
    """Whether a derivative is zero that is no value of a function with a formula: that is so, or is
    not."""
    zero = is_zero(one.right) and (one.is_partial or is_derivative(one.first))
    zero = zero or (is_zero(one.left) and is_derivative(one.right))
    of_known = bool(one.around.known.arguments(one.function_of_value))
    return zero and (not of_known or one.said.has("solving") or one.said.supposes_next)


_SEPARATE = pattern(r"(?:for|if|when|whenever)\b(?: all| any)? *\$ *[i-n] *(?:=|≠|\\neq?) *[i-n] *\$")


def _of_derivative(one: Equation) -> Role | None:
    """An equation with a derivative: a claim, unless it is supposed, or names the derivative by a
    letter not seen before."""
    if one.around.notation == "latex" and holds(one.left, "second derivative"):
        return "fact"
    if not (one.is_of_derivatives or one.names_derivative):
        return None
    if one.said.supposes_next:
        return "fact"
    if is_of_multiplier(one):
        return "first-order condition"
    return "definition" if one.names_derivative and not is_constant(one.right) else "claim"


def _of_chain(one: Equation) -> Role | None:
    """An equation for one case, a step of a chain that begins with a derivative by its name, or one
    between names alone."""
    known, first = one.around.known, one.head(one.first) if one.row.link else None
    if one.row.condition or (first is not None and known.is_derivative(first.name)):
        return "claim"
    left, right = one.head(one.left), one.head(one.right)
    if left is None or right is None or left.arguments or right.name in known:
        return None
    return "definition"  # a = b = c of names alone


def _of_words(one: Equation) -> Role | None:
    """What is supposed, or to be solved."""
    said, row = one.said, one.row
    qualified = said.qualifies and not row.link and is_number(one.right)
    if said.supposes_next or said.lets_next or qualified or row.lead.endswith(("⇔", "⇐")):
        return "fact"
    solving = said.has("solving") or one.said_after.begins("solving") or goes_on_with_condition(one)
    return "first-order condition" if solving else None


def _of_property(one: Equation) -> Role | None:
    """A fact about symbols, or the estimate of a square."""
    if has_label(one) or is_eigenvalue_equation(one):
        return "fact"
    if states_fact(one.first, one.right) or _is_about_one(one):
        return _of_fact(one, speaks_of_known(one.first, one.around.known, one.around.notation))
    return "definition" if is_new_power(one) else None


def _is_about_one(one: Equation) -> bool:
    return is_about_one(one.first, one.right) and (one.said.in_brackets or is_number(one.right) or fits(one.right, "kronecker"))


def _of_symbols(one: Equation) -> Role:
    """Any other equation: a claim, which is an identity in all symbols that stand for nothing
    else."""
    around, after = one.around, one.said_after
    special = (one.said.follows and one.said.names_property) or (after.begins("supposing") and after.names_property)
    known, notation = around.known, around.notation
    # what is new in a step of a chain may be explained behind it
    goes_on = one.row.link and speaks_of_known(f"{one.first} = {one.right}", known, notation)
    if special or goes_on or not unmatched(one.first, one.right, known, notation):
        return "claim"
    return "definition" if powered(one.first) else "fact"


_RULES: tuple[Callable[[Equation], Role | None], ...] = (
    _of_marks,
    _of_place,
    _of_worked,
    _of_form,
    _of_name,
    lambda one: "definition" if is_model(one) else None,
    _of_zero_derivative,
    _of_derivative,
    _of_chain,
    _of_words,
    _of_property,
    _of_symbols,
)
