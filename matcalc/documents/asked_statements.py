"""A claim of a document and its context as the statements that are asked about, in the order in
which they are tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from matcalc.base.errors import MatcalcError, ParseError, UnknownFunctionError
from matcalc.base.lazy import pattern
from matcalc.documents.arrangements import Indices, by_indices, compared, with_entries
from matcalc.documents.blocks import Asked, Doubt, Said, joined_declarations
from matcalc.documents.context.defined_names import Definition, Dependence, closed, is_foreign, names_used, reached
from matcalc.documents.context.doubts_of_claims import doubts_of, of_rows
from matcalc.documents.context.functions_without_formula import AnyFunctions, for_any_functions, for_functions_of_vectors
from matcalc.documents.context.observed import moving, with_what_varies
from matcalc.documents.context.outline import Line
from matcalc.documents.context.overview import Context, How
from matcalc.documents.context.restated import (
    by_entry,
    follows_condition,
    for_each_entry,
    perhaps_by_entry,
    restated,
    substituted,
    to_first_order,
    with_number_d,
    with_size,
    worked_example,
)
from matcalc.documents.context.rules_of_calculus import as_derivatives, narrowed, with_arguments, with_generic, with_powers
from matcalc.documents.context.scripts import as_arrays, kinds_in_layers, with_matrices
from matcalc.documents.context.structure import Structure, needed, structure_of, variables
from matcalc.documents.context.used_definitions import (
    composition_of,
    kept_facts,
    moving_doubts,
    opened,
    told_apart,
    with_losses,
    without_usual,
)
from matcalc.documents.context.written_derivatives import by_what_stands, with_entries_listed
from matcalc.documents.context.written_names import is_called, names_at, weights_in
from matcalc.language.declare.declared import Declaration


def asked_of(line: Line, context: Context) -> Sequence[Asked]:
    """The statements that a row may be, each with what the document says of its symbols.

    A row that goes on with a chain may be asked against the side just before it, too. Raises
    MatcalcError for a row that says something of a function that nobody defined.
    """
    line = by_entry(context.scripts.ordered(line))
    found: dict[tuple[str, str], Asked] = {}
    example = worked_example(line, context)
    if example is not None:
        found[(example.statement, example.declare)] = example
    steps = _steps(line, context)
    try:
        for one in _readings(line, context):
            found.setdefault((one.statement, one.declare), one)
    except MatcalcError as error:
        if not steps and example is None:
            raise
        steps = [replace(one, doubts=(Doubt(error.message),)) for one in steps]
    for one in steps:
        found.setdefault((one.statement, one.declare), one)
    return tuple(found.values())


_MOST_STEPS = 2


def _steps(line: Line, context: Context) -> Sequence[Asked]:
    """The readings of a row that count only if it holds: as an equation between its own two sides
    in a chain, or between entries."""
    row = line.row
    others = [] if not row.link or row.first == row.left else [replace(line, row=replace(row, first=row.left, link=0))]
    others += [one for one in (perhaps_by_entry(line), for_each_entry(line)) if one is not None]
    found: list[Asked] = []
    for other in others:
        try:
            found += islice(_readings(other, context), _MOST_STEPS)
        except MatcalcError:
            continue
    equation = _equation(line, None)
    if (general := for_any_functions(equation, line, context)) is not None:
        found.append(_of_any(general, line, context))
    for one in (line, *others[: 1 if row.link else 0]):
        if (general := for_functions_of_vectors(_equation(one, None), one, context)) is not None:
            found.append(_of_vectors(general, one, context))
    return tuple([replace(one, instead="step") for one in found])


def _of_any(general: AnyFunctions, line: Line, context: Context) -> Asked:
    """What is asked of functions without a formula: their polynomials stand before the equation."""
    one = _asked(general.equation, (), line, context, "unsized")
    said = (Said(general.said, line.row.left.place()),) if general.said else ()
    return replace(one, statement="; ".join([*general.definitions, general.equation]), declare=general.declare, rests_on=said)


_QUOTIENT = pattern(r"\\[dt]?frac\s*\{\s*(?:\\partial|d)(?![A-Za-z])")


def _of_vectors(general: AnyFunctions, line: Line, context: Context) -> Asked:
    """What is asked of functions of vectors: what the text says of other names counts, too, and
    Jacobians have a row for each value."""
    one = _of_any(general, line, context)
    statement = "; ".join([*general.definitions, general.equation])
    known = names_used(general.declare, "plain").union(
        *(names_used(text.partition("=")[0], line.notation) for text in general.definitions)
    )
    names = names_used(statement, line.notation) - known
    declare, said = context.declared(names - _limits(statement), line.number, weights_in(statement, line.notation), how="unsized")
    told = one.layout_said == "all" or _QUOTIENT.search(general.equation) is not None
    layout = one.layout if told else "tensor"
    return replace(one, declare=joined_declarations(general.declare, declare), layout=layout, rests_on=(*one.rests_on, *said))


def solution_of(line: Line, context: Context) -> Sequence[Asked]:
    """What is asked about a row that says what solves a first-order condition: whether it does.
    Nothing where no condition is known."""
    line = context.scripts.ordered(line)
    found = substituted(line, context)
    return (
        ()
        if found is None
        else (replace(_asked(found[0], found[1], line, context, "told"), follows=follows_condition(line, context)),)
    )


def condition_of(line: Line, context: Context) -> Sequence[Asked]:
    """What is asked about an equation that is no identity: whether it says again what was to be
    zero. Nothing where that is not known."""
    line = context.scripts.ordered(line)
    follows = follows_condition(line, context)
    return tuple(
        [
            replace(_asked(equation, definitions, line, context, "told"), instead="multiple", follows=follows)
            for equation, definitions in restated(line, context)
        ]
    )


def _readings(line: Line, context: Context) -> Iterator[Asked]:
    equation = _equation(line, _case(line, context))
    guessed: tuple[Doubt, ...] = ()
    if line.notation == "latex":
        equation = with_arguments(equation, line, context)
        equation = by_what_stands(with_entries_listed(equation, lambda name: context.arguments(name, line)))
        equation, guessed = with_what_varies(equation, line, context)
    generic = with_generic(with_powers(equation), line, context)
    for equation in generic.equations:
        for reading in _readings_of(equation, generic.functions, line, context):
            one = to_first_order(generic.declared(reading), line, context)
            yield replace(one, doubts=(*one.doubts, *guessed))


def _readings_of(equation: str, functions: frozenset[str], line: Line, context: Context) -> Iterator[Asked]:
    """The readings of an equation in which these names are ``functions``."""
    case = _case(line, context)
    names = _names_in(equation, context, line)
    equation, whole = told_apart(equation, context.behind(names, line), line.notation)
    names = _names_in(equation, context, line)
    whole = with_matrices(whole, equation)
    structure = structure_of(equation, whole, context.facts.names, functions)
    if structure is None:
        yield replace(_asked(equation, whole, line, context, "told"), doubts=of_rows(context))
        return
    whole = _without_foreign(structure, whole, names, context, line)
    data = moving(structure, whole, context.data)
    with_data, whole = whole, tuple([one for one in whole if one.name not in data])
    whole, losses = with_losses(equation, structure, whole, context, line)
    _check(structure, whole, context, line, functions)
    _check_weights(context, line)
    _check_special(structure, whole)
    doubts = (*doubts_of(structure, whole, context, line), *losses)
    equation = as_derivatives(equation, whole, line.notation)
    composition = composition_of(structure, context, line)
    if composition is not None:
        definitions, earlier = composition
        yield replace(_asked(equation, definitions, line, context, "told"), doubts=(*doubts, *earlier))
        return
    whole, unfolded = opened(structure, whole, context, line)
    doubts = (*doubts, *moving_doubts(structure, context, line), *unfolded)
    condition = () if case is None else (Said(f"for {case}", line.row.left.place()),)
    for meant in dict.fromkeys((equation, narrowed(equation))):
        for definitions, how in _chosen(structure, whole, names):
            without = tuple([Doubt(f"the value of {name} is left out") for name in _left_out(structure, whole, definitions)])
            yield from (
                replace(one, doubts=(*doubts, *without), rests_on=(*one.rests_on, *condition))
                for one in _forms(meant, definitions, line, context, how)
            )
    yield from (
        replace(_asked(equation, definitions, line, context, "told"), instead="other")
        for definitions in _with_others(structure, whole, names, context, line)
    )
    if data:
        reason = Doubt(f"false as the text was understood, and true if {', '.join(sorted(data))} varies, too")
        definitions = needed(structure, with_data, names)
        yield replace(_asked(equation, definitions, line, context, "told"), instead="other", doubts=(reason,))
    for definitions, kept in _with_own(structure, whole, names):
        reason = Doubt(f"false as the text was understood, and true if {', '.join(kept)} stands for nothing else")
        yield replace(_asked(equation, definitions, line, context, "told"), instead="other", doubts=(reason,))


def _left_out(structure: Structure, whole: Sequence[Definition], chosen: Sequence[Definition]) -> tuple[str, ...]:
    """The names in a claim about values that it is asked without the values of: what is false then
    is true of some."""
    if structure.by or structure.differential:
        return ()
    values = {one.name for one in whole if not one.is_function} & (structure.left.names | structure.right.names)
    return tuple(sorted(values - {one.name for one in chosen}))


def _with_own(
    structure: Structure, whole: Sequence[Definition], names: frozenset[str]
) -> Iterator[tuple[tuple[Definition, ...], tuple[str, ...]]]:
    """The definitions without those of names that a claim about a derivative writes as they stand,
    and these names; then with those alone of what it differentiates, whose formulas have what it is
    by in them."""
    by, own = structure.by, _own_values(structure, whole)
    rest = [one for one in whole if one.name not in own]
    without = Dependence(rest)
    if own and by and all(without.of(one.name, by) for one in rest if one.name in structure.differentiated):
        yield needed(structure, rest, names), tuple(sorted(own))
    yield from _with_direct(structure, whole, names, own)


def _with_direct(
    structure: Structure, whole: Sequence[Definition], names: frozenset[str], own: set[str]
) -> Iterator[tuple[tuple[Definition, ...], tuple[str, ...]]]:
    dependence, by = Dependence(whole), structure.by
    direct = [one for one in whole if not one.is_function and one.name in structure.differentiated]
    fixed = {used for one in direct for used in one.uses - by if dependence.of(used, by)}
    if fixed - own and not any(by.isdisjoint(one.uses) for one in direct):
        chosen = [one for one in whole if one.is_function or one in direct]
        yield needed(structure, chosen, names), tuple(sorted(fixed & {one.name for one in whole}))


def _own_values(structure: Structure, whole: Sequence[Definition]) -> set[str]:
    """The values that a claim about a derivative writes as they stand, and that depend on what it
    is by."""
    dependence, by = Dependence(whole), structure.by
    spoken = (structure.left.names | structure.right.names) - structure.differentiated - by
    return {one.name for one in whole if not one.is_function and one.name in spoken and dependence.of(one.name, by)}


def _case(line: Line, context: Context) -> Indices | None:
    """The case of two indices that a row is said of, if it is one about both."""
    row = line.row
    case = compared(row.behind) or compared(row.lead) or context.index_cases.get(line.number)
    return case if case is not None and case.concerns(row.text.removesuffix(row.condition)) else None


def _equation(line: Line, case: Indices | None) -> str:
    """A row as an equation in the language: cases of indices are said with a Kronecker delta."""
    row = line.row
    assert row.right is not None
    left, right = with_entries(row.first.text), by_indices(row.right.text) or with_entries(row.right.text)
    return f"{left} = {right}" if case is None else case.equation(left, right, line.notation)


def _without_foreign(
    structure: Structure, whole: Sequence[Definition], names: frozenset[str], context: Context, line: Line
) -> tuple[Definition, ...]:
    """The definitions without functions of other sections whose names a claim has for something
    else."""
    spot = context.spots.get(line.number)
    spoken = structure.differentiated | structure.called | structure.by
    known = {one.name: one for one in whole}
    own = (one.name for one in whole if one.name in spoken or spot is None or not is_foreign(one, spot, names))
    kept = closed(own, {one.name: {used for used in one.uses & known.keys() if _means(one, known[used])} for one in whole})
    return tuple([one for one in whole if one.name in kept])


def _means(one: Definition, other: Definition) -> bool:
    """Whether a definition that has the name of another one in its value can mean that."""
    return is_called(one.value, other.name) or not is_foreign(other, one.spot, one.head.arguments)


_OF_A_FUNCTION = pattern(r"[HJ]_(\w+)")


def _names_in(equation: str, context: Context, line: Line) -> frozenset[str]:
    """The names in an equation, among them f for ``H_f`` and ``J_f`` of a function."""
    names = names_used(equation, line.notation)
    behind = {found[1] for name in names if (found := _OF_A_FUNCTION.fullmatch(name)) is not None}
    functions = {
        one.name for name in behind if (one := context.definitions.at(name, line.number)) is not None and one.is_function
    }
    return names | functions


def _forms(equation: str, definitions: Sequence[Definition], line: Line, context: Context, how: How) -> Iterator[Asked]:
    """One reading, and how else it may be said."""
    first = _asked(equation, definitions, line, context, how)
    sized = with_size(first, context.array_sizes)
    yield from (first,) if sized is None else (sized, replace(first, instead="unanswered"))
    numbered = with_number_d(first, context.array_sizes)
    yield from () if numbered is None else (numbered,)
    fewer = without_usual(definitions)
    if len(fewer) < len(definitions):
        yield replace(_asked(equation, fewer, line, context, how), instead="unanswered")
    if how == "told":
        yield replace(_asked(equation, definitions, line, context, "unsized"), instead="unread")


_MOST_OTHERS = 3


def _with_others(
    structure: Structure, whole: Sequence[Definition], names: frozenset[str], context: Context, line: Line
) -> Iterator[tuple[Definition, ...]]:
    """The definitions with another one of what is differentiated: a document has many functions of
    one name."""
    for one in whole:
        if one.name not in structure.differentiated or one.number == line.number:
            continue  # what was made for this claim has no other one
        for other in islice(context.definitions.others(one, line.number), _MOST_OTHERS):
            if other.notation == line.notation:
                rest = [kept for kept in context.behind(names | other.uses, line) if kept.name != one.name]
                yield needed(structure, [*rest, other], names)


def _chosen(
    structure: Structure, whole: Sequence[Definition], names: frozenset[str]
) -> Iterator[tuple[tuple[Definition, ...], How]]:
    """Which definitions a claim is asked with, and with which declarations, in the order of the
    readings.

    Of a derivative first those without which it says something else, so that its formulas stay
    short, then all but those of its variables; these, too, where the claim speaks of what they are
    made of. Of another equation all, and those of functions alone.
    """
    first = needed(structure, whole, names)
    if not (structure.by or structure.differential):
        yield tuple(whole), "told"
        yield first, "told"
        yield tuple(whole), "kinds"
        return
    free = variables(structure, whole)
    yield first, "told"
    yield reached(names, whole, free), "told"
    if any(one.name in free and one.uses & (names - structure.by) for one in whole):
        yield tuple(whole), "told"
    yield first, "kinds"


def _check(
    structure: Structure, definitions: Sequence[Definition], context: Context, line: Line, functions: frozenset[str]
) -> None:
    """Raises UnknownFunctionError for the only derivative of a name that stands for nothing:
    nothing can be said of it.

    Of ``functions`` without a formula all derivatives are known by their names.
    """
    known = functions.union(one.name for one in definitions)
    derived = Counter(one.name for one in structure.all_derived)
    made_of = structure.inside.union(
        *({*one.uses, *one.head.arguments} for one in definitions if one.name in structure.differentiated)
    )
    for name in sorted(structure.differentiated - known - structure.by - made_of):
        declaration, _ = context.told(name, line.number)
        if derived[name] == 1 and (declaration is None or declaration.kind != "function"):
            raise UnknownFunctionError(f"{name} is differentiated, and the document does not say what it is")


def _check_weights(context: Context, line: Line) -> None:
    """Raises ParseError for a letter in bold and in plain type where the plain one is a value of
    its own: a row does not tell these."""
    whole = [at for at in names_at(line.row.text, line.notation) if at.name == at.base]
    bold = {at.base for at in whole if at.bold}
    for name in sorted({at.base for at in whole if not at.bold} & bold):
        told, _ = context.told(name, line.number, False)
        one = context.definitions.at(name, line.number)
        if _is_number(told) or (one is not None and not one.bold):
            raise ParseError(
                f"{name} stands for a value of its own, and in bold type for another: they are not told apart in one formula"
            )


def _is_number(told: Declaration | None) -> bool:
    return told is not None and told.shape == ()


def _check_special(structure: Structure, definitions: Sequence[Definition]) -> None:
    """Raises UnknownFunctionError for a claim to which the values of functions that the language
    does not have are no constants."""
    dependence = Dependence(definitions)
    for one in definitions:
        moving = sorted(name for name in one.special if name in structure.by or dependence.of(name, structure.by))
        if one.special and (moving or not structure.by):
            of = f", which depends on {moving[0]}" if moving else ""
            raise UnknownFunctionError(
                f"{one.name} has a value of the gamma or the beta function in it{of}: these are not in the language"
            )


def _asked(equation: str, definitions: Sequence[Definition], line: Line, context: Context, how: How) -> Asked:
    definitions = as_arrays(definitions, equation)
    statement = "; ".join([*(one.text for one in definitions), equation])
    defined = {one.name for one in definitions}
    names = names_used(statement, line.notation) - defined
    weights = weights_in(statement, line.notation)
    declare, said = context.declared(names - _limits(statement), line.number, weights, how=how)
    told = {
        name: found for name in sorted(defined) if (found := context.told(name, line.number, weights.of(name))[0]) is not None
    }
    more, lost = kept_facts(definitions, told, declare, names & context.facts.names)
    declare = joined_declarations(declare, *(f"{name}: {fact}" for name, fact in more.items()))
    declare = joined_declarations(declare, *kinds_in_layers(statement, line.notation, declare, defined))
    layout, layout_said = context.layouts.at(line.number)
    symmetric, symmetric_said = context.symmetric.at(line.number)
    rests_on: tuple[Said, ...] = (*(one.said for one in definitions), *said, *layout_said, *symmetric_said)
    dialect = "latex" if line.notation == "latex" else None
    supposed = tuple([(one.left, one.right, one.said) for one in context.suppositions.at(line, names)])
    return Asked(
        statement,
        declare,
        layout,
        symmetric,
        rests_on,
        lossy=lost,
        dialect=dialect,
        layout_said=context.layouts.told(line.number),
        supposed=supposed,
    )


_LIMIT = pattern(r"\\sum[^=]{0,40}=\s*[01]\s*\}?\s*\^\s*\{?\s*([A-Za-z])\b")


_INDEX = pattern(r"\\sum(?:\\limits)?\s*_\s*\{?\s*([a-z])(?![A-Za-z])|\\operatorname\{tensor\}\((?:[a-z], )?([a-z]),")


def _limits(statement: str) -> frozenset[str]:
    """The indices of sums and arrays and the names that these run up to: they are sizes, and
    nothing that could be declared."""
    indices = {found[1] or found[2] for found in _INDEX.finditer(statement)}
    return frozenset([*indices, *(found[1] for found in _LIMIT.finditer(statement))])
