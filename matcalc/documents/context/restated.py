"""Claims that are asked as other statements: worked examples, solutions, entries for arrays,
numbers whose square is zero."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import chain, islice

from matcalc.base.files import stored_table
from matcalc.base.lazy import pattern
from matcalc.documents.arrangements import open_indices
from matcalc.documents.blocks import Asked, Doubt, Placed
from matcalc.documents.context.defined_names import Definition, names_used, reached
from matcalc.documents.context.outline import Line
from matcalc.documents.context.overview import Context, Valued
from matcalc.documents.context.structure import structure_of
from matcalc.documents.context.written_derivatives import with_arguments_listed
from matcalc.documents.context.written_names import names_at, names_in, whole_name
from matcalc.documents.readings import sides_of
from matcalc.documents.sides import Row, head_of, holds, is_derivative, is_zero
from matcalc.documents.symbols import as_list, coordinates_of, is_value, symbols_of, with_points

_MOST = 16
"""Values and definitions that one claim rests on."""
_BY = pattern(r"\\partial(?![A-Za-z])|\\[dt]?frac\s*\{\s*(?:d|\\(?:mathrm|text)\s*\{\s*d\s*\})\s*(?![A-Za-z]{2})")
"""The sign of a derivative by a name: where that has a value, there is none."""
_COLUMNS = pattern(r"\\begin\s*\{array\}\s*\{[^{}]*\}")


@dataclass(slots=True)
class _Found:
    """What the names of a claim stand for, each after what it is made of itself, and the names that
    stand for nothing."""

    before: int
    values: dict[str, Valued] = field(default_factory=dict)
    definitions: dict[str, Definition] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    free: set[str] = field(default_factory=set)

    @property
    def arrays(self) -> list[Valued]:
        """The values that are arrays."""
        return [one for one in self.values.values() if one.value.is_array]


def worked_example(line: Line, context: Context) -> Asked | None:
    """The statement that a row is with the values of its names; None for a row that is not about
    values alone."""
    row = line.row
    if line.notation != "latex" or row.right is None or row.relation != "=":
        return None
    left, right = as_list(row.left.text), as_list(row.right.text)
    computed, point = is_value(right), [whole_name(one) for one in coordinates_of(row.left.text)]
    if computed and point and None not in point:
        return None  # (x, y) = (2, 1) is another point, whatever the values were before
    found = _Found(line.number - row.link)
    equation, at_point = _at_point(_plain(f"{left} = {right}", context), line, context)
    equation = _with_coordinates(equation, line, context, found)
    if not _collected(equation, line, context, found) or not _are_meant(found, line) or _BY.search(equation):
        return None
    counts = at_point or found.arrays or (computed and found.values and found.definitions)
    inside = {name for one in found.arrays for name in _names(one.value.text)}
    if not counts or not found.free <= inside:
        return None
    values = [equation, *(one.value.text for one in found.values.values())]
    doubts = {
        "it may be meant of all values": not computed,
        "its numbers may be rounded": any(holds(text, "decimal") for text in values),
        "names in it may stand for something else": any(context.has_value(name, line) for name in inside),
    }
    said = [one.said for one in found.values.values()] + [one.said for one in found.definitions.values()]
    held = tuple([Doubt(reason) for reason, holds_here in doubts.items() if holds_here])
    statement = "; ".join([*found.texts, equation])
    return Asked(statement, rests_on=tuple(said), instead="values", doubts=held, dialect="latex")


def _plain(text: str, context: Context) -> str:
    return with_points(text, context.values.names)


_BARE = pattern(
    r"(?P<sign>\\nabla(?:\s*\^\s*\{?\s*2\s*\}?)?\s*)(?P<name>[A-Za-z])(?![A-Za-z_^({]|\s*(?:\\left|\\[bB]igg?l?)?\s*\()"
)


def _at_point(equation: str, line: Line, context: Context) -> tuple[str, bool]:
    """The equation with the point that its sentence speaks of, for the gradient of a function that
    stands alone; and whether that is so."""
    point = context.points.get(line.number, ())
    row = line.row
    found = _BARE.match(equation) if point and row.right is not None and is_value(as_list(row.right.text)) else None
    if found is None or len(context.arguments(found["name"], line)) != len(point):
        return equation, False
    return f"{found[0]}({', '.join(point)}){equation[found.end() :]}", True


def _with_coordinates(equation: str, line: Line, context: Context, found: _Found) -> str:
    """The equation with the coordinates of points, for functions that take these one by one."""

    def coordinates(name: str, point: str) -> str:
        valued = context.value_at(point, found.before)
        listed = coordinates_of(valued.value.text) if valued is not None and _holds(valued, line, context) else ()
        if valued is None or len(listed) < 2 or len(listed) != len(context.arguments(name, line)):
            return ""
        found.values[point] = valued
        return ", ".join(listed)

    return with_arguments_listed(equation, coordinates)


def _collected(equation: str, line: Line, context: Context, found: _Found) -> bool:
    """Collects what the names of a claim stand for; whether that is not too much."""
    waiting: list[tuple[str, Definition | None]] = [(name, None) for name in _names(equation)]
    opened: set[str] = set()
    while waiting:
        name, closing = waiting.pop()
        if closing is not None:
            found.definitions[name] = closing
            found.texts.append(f"{closing.left} = {_plain(closing.value, context)}")
            continue
        if name in opened:
            continue
        opened.add(name)
        valued, one = context.value_at(name, found.before), context.definitions.at(name, line.number)
        if valued is not None and (one is None or one.number <= valued.start) and _holds(valued, line, context):
            found.values[name] = valued
            found.texts.append(f"{valued.value.written} = {valued.value.text}")
        elif one is not None and one.notation == "latex" and (one.is_function or one.number < found.before):
            waiting += [(name, one), *((used, None) for used in _inside(one))]
        else:
            found.free.add(name)
    return len(found.texts) <= _MOST


def _holds(valued: Valued, line: Line, context: Context) -> bool:
    """Whether a name still has a value at a row: it was not introduced anew, and no section began
    where there was none."""
    spot = context.spots.get(line.number)
    outside = not valued.spot.sections and spot is not None and bool(spot.sections)
    return not outside and not context.facts.introduced_between(valued.value.name, valued.start, line.number)


def _are_meant(found: _Found, line: Line) -> bool:
    """Whether the values of names that functions here are defined with are said in the same
    sentence: else these are any arguments."""
    arguments = {name for one in found.definitions.values() for name in one.head.arguments}
    return all(one.sentence[0] <= line.number < one.sentence[1] for name, one in found.values.items() if name in arguments)


def _names(text: str) -> Iterator[str]:
    yield from sorted(symbols_of(_COLUMNS.sub(" ", text), "latex", sizes=True))


def _inside(one: Definition) -> Iterator[str]:
    """The names in the value of a definition that are neither its arguments nor entries of
    these."""
    own = set(one.head.arguments)
    yield from (name for name in _names(one.value) if name not in own and name.partition("_")[0] not in own)


_MOST_CONDITIONS, _MOST_FUNCTIONS = 50, 200
"""Conditions, and functions, before a solution that it may be that of."""


def substituted(line: Line, context: Context) -> tuple[str, tuple[Definition, ...]] | None:
    """The statement that a solution makes the derivative zero, and what it rests on; None where no
    condition for it is known."""
    row = line.row
    head = head_of(row.left.text, line.notation)
    if head is None or row.right is None or line.notation != "latex":
        return None
    for function, variable in _conditions(line, context):
        written = _written_in(function, variable)
        if variable.partition("_")[0] != head.name.partition("_")[0] or written is None:
            continue  # of w_hat and w_star the letter is w
        names = names_used(f"{function.value} + {row.right.text}", line.notation) - {variable, function.name, head.name}
        around = reached(names, context.behind(names, line), {variable, function.name, head.name})
        one = f"{function.written}({written}) = {function.value}"
        return f"{one}; \\nabla {function.written}({row.right.text}) = 0", around
    return None


def _conditions(line: Line, context: Context) -> Iterator[tuple[Definition, str]]:
    """The functions that were to be minimised before a row, with their variables, the last first:
    those of first-order conditions, then those that are defined with parameters."""
    for condition in _conditions_before(line, context):
        yield from _derived(condition, context)
    functions = islice(context.definitions.functions_before(line.number), _MOST_FUNCTIONS)
    yield from ((one, variable) for one in functions for variable in one.head.arguments)


def _conditions_before(line: Line, context: Context) -> Iterator[Line]:
    """The first-order conditions before a row, the last first."""
    before = bisect_left(context.conditions, line.number, key=lambda one: one.number)
    return reversed(context.conditions[max(0, before - _MOST_CONDITIONS) : before])


def _derived(condition: Line, context: Context) -> Sequence[tuple[Definition, str]]:
    names = names_used(condition.row.left.text, condition.notation)
    definitions = context.behind(names, condition)
    structure = structure_of(f"{condition.row.left.text} = 0", definitions, context.facts.names)
    if structure is None:
        return []
    known = {one.name: one for one in definitions}
    return [(known[one.name], one.by[0]) for one in structure.derived if one.name in known and len(one.by) == 1]


def _written_in(one: Definition, name: str) -> str | None:
    """A name as it is written in a definition."""
    return next((one.value[at.start : at.end] for at in names_at(one.value) if at.name == name), None)


def follows_condition(line: Line, context: Context) -> bool:
    """Whether the row before is a derivative that is set to zero:
    ``Setting \\nabla L(w) = 0 gives`` says that this one follows."""
    last = next(_conditions_before(line, context), None)
    return last is not None and last.number == line.number - 1 and is_derivative(last.row.text)


_MOST_MULTIPLES, _NEAR = 3, 8
"""Conditions and functions that one equation is compared with, and rows up to which a condition
before it counts."""


def restated(line: Line, context: Context) -> Iterator[tuple[str, tuple[Definition, ...]]]:
    """The statements that the difference of two sides is what was said to be zero before, or a
    derivative, up to a factor."""
    row = line.row
    if row.right is None or row.relation != "=" or line.notation != "latex" or is_derivative(row.text):
        return
    if row.link and is_zero(row.right.text):
        return  # that what was found is to be zero says nothing new
    difference = _difference(row)
    yield from islice((*_as_before(line, difference, context), *_as_derivative(line, difference, context)), _MOST_MULTIPLES)


def _difference(row: Row) -> str:
    """The difference of the sides of an equation, those beside its own sign."""
    right = "" if row.right is None else row.right.text
    return row.left.text if is_zero(right) else right if is_zero(row.left.text) else rf"{row.left.text} - \left({right}\right)"


def _as_before(line: Line, difference: str, context: Context) -> Iterator[tuple[str, tuple[Definition, ...]]]:
    """The comparison with the condition before a row, which it goes on with."""
    last = next(_conditions_before(line, context), None)
    if last is None or line.number - last.number > _NEAR or last.notation != line.notation:
        return
    said = _difference(context.scripts.ordered(last).row)
    if not is_derivative(said) and names_in(said) >= names_in(difference):
        yield f"{said} = {difference}", ()


def _as_derivative(line: Line, difference: str, context: Context) -> Iterator[tuple[str, tuple[Definition, ...]]]:
    """The comparison with the derivatives of functions before a row that are made of the names in
    it."""
    used = names_used(difference, line.notation) - frozenset(stored_table("roles")["names"]["constants"])
    for function, variable in dict.fromkeys(_conditions(line, context)):
        names = names_used(function.value, function.notation)
        written = _written_in(function, variable)
        if written is None or variable not in used or not used <= names | {variable}:
            continue
        around = reached(names - {variable}, context.behind(names - {variable, function.name}, line), {variable, function.name})
        yield f"{function.written}({written}) = {function.value}; \\nabla {function.written}({written}) = {difference}", around


def to_first_order(one: Asked, line: Line, context: Context) -> Asked:
    """The reading as it is meant with a number whose square is zero; itself without one."""
    sides = sides_of(one.statement)
    names = names_used(one.statement, line.notation)
    found = context.suppositions.square_zero(line, names)
    if sides is None or found is None:
        return one
    before, left, right = sides
    difference = next((name for name in "EGKQRZ" if name not in names), None)
    factor = next((name for name in "tsrqz" if name not in names), None)
    if difference is None or factor is None:
        return one
    text = f"{difference}({found.number}) = {left} - ({right}); {difference}(0) + {factor} {difference}'(0) = 0"
    return replace(one.declaring(f"{factor}: scalar"), statement=before + text, rests_on=(*one.rests_on, found.said))


_NAME = r"(?:\\(?:mathbf|boldsymbol|bm|mathrm)\s*\{\s*\\?[A-Za-z]+\s*\}|\\[A-Za-z]+|[A-Za-z])"
_INDICES = r"_\s*(?:\{\s*(?P<indices>[i-np-s]{1,2})\s*\}|(?P<index>[i-np-s])(?![A-Za-z]))"
_WHOLE = pattern(
    rf"(?P<before>\s*\\[td]?frac\s*\{{\s*\\partial\s*(?:[^{{}}]|\{{[^{{}}]*\}}){{0,40}}\}}\s*\{{\s*\\partial\s*)(?P<by>{_NAME})(?P<after>\s*\}})"
)
_BY_ENTRY = pattern(rf"\\partial\s*(?P<by>{_NAME})\s*{_INDICES}\s*\}}")
_LED_BY_ENTRY = pattern(
    rf"(?P<before>\s*\\[td]?frac\s*\{{\s*\\partial\s*(?:[^{{}}]|\{{[^{{}}]*\}}){{0,40}}\}}\s*\{{\s*\\partial\s*(?P<by>{_NAME})\s*)"
    rf"{_INDICES}(?P<after>\s*\}})"
)
_ANY_INDEX = pattern(r"_\s*(?:\{([^{}]*)\}|([a-z]))")


def by_entry(line: Line) -> Line:
    """The row with the entry in the place of the array that its first side is differentiated by,
    where another side names the entry."""
    row = line.row
    whole = _WHOLE.match(row.first.text) if line.notation == "latex" else None
    if whole is None or row.right is None or open_indices(row.first.text) or not open_indices(row.right.text):
        return line
    found = [*_BY_ENTRY.finditer(row.right.text), *_BY_ENTRY.finditer(row.left.text)]
    name = whole_name(whole["by"])
    entries = {f"{one['by']}_{{{one['indices'] or one['index']}}}" for one in found if whole_name(one["by"]) == name}
    return _led_by(line, whole, entries.pop()) if len(entries) == 1 else line


def perhaps_by_entry(line: Line) -> Line | None:
    """The row with its sides as entries, or as arrays, where one of them is an entry and nothing
    says of which indices; None for others."""
    row = line.row
    if line.notation != "latex" or row.right is None:
        return None
    whole = _WHOLE.match(row.first.text)
    indices = _free(row.right.text)
    if whole is not None and not open_indices(row.first.text) and len(indices) == 2 and whole["by"].isupper():
        return _led_by(line, whole, f"{whole['by']}_{{{''.join(sorted(indices))}}}")
    entry = _LED_BY_ENTRY.match(row.first.text)
    if entry is not None and not open_indices(row.right.text) and not open_indices(row.first.text[entry.end() :]):
        return _led_by(line, entry, entry["by"], at="")
    return None


def _led_by(line: Line, found: re.Match[str], by: str, at: str = "by") -> Line:
    row = line.row
    before = found["before"] if at else found["before"].rstrip().removesuffix(by)
    first = Placed(f"{before}{by}{found['after']}{row.first.text[found.end() :]}", row.first.marks[:1])
    return replace(line, row=replace(row, first=first, left=row.left if row.link else first))


def _free(text: str) -> frozenset[str]:
    """The letters that stand once as an index in every term of a sum; empty where the terms differ
    in them."""
    indices = ["".join(chain(*_ANY_INDEX.findall(term))) for term in re.split("[+-]", text) if term.strip()]
    found = {frozenset(letter for letter in term if letter.isalpha() and term.count(letter) == 1) for term in indices}
    return found.pop() if len(found) == 1 else frozenset()


_BY_NUMBER = pattern(
    r"\{\s*(?:\\partial|d)\s*(?:\\mathbf\s*\{\s*[A-Za-z]\s*\}|\\[a-z]+|[A-Za-z])\s*_\s*\{?\s*(?P<number>\d)\s*\}?\s*\}"
)
_NUMBER = pattern(r"_\s*(?:\{\s*(\d)\s*\}|(\d))")


def for_each_entry(line: Line) -> Line | None:
    """The row with an index for the number of the entry that it differentiates by; None for one
    that has other entries, too."""
    row = line.row
    found = _BY_NUMBER.search(row.first.text) if line.notation == "latex" and row.right is not None else None
    if found is None or row.right is None:
        return None
    whole = f"{row.first.text} {row.right.text}"
    letter = next((one for one in "kpqrl" if re.search(rf"(?<![A-Za-z\\]){one}(?![A-Za-z])", whole) is None), None)
    if letter is None or set(filter(None, chain(*_NUMBER.findall(whole)))) != {found["number"]}:
        return None
    first, right = (Placed(_NUMBER.sub(f"_{{{letter}}}", side.text), side.marks[:1]) for side in (row.first, row.right))
    return replace(line, row=replace(row, first=first, left=row.left if row.link else first, right=right))


_FONT = r"\\(?:mathbf|mathbb|mathbbm|mathds|mathrm|boldsymbol|bm|vec)"
_ARRAY = pattern(rf"{_FONT}\s*(?:\{{\s*[1I]\s*\}}|[1I](?![A-Za-z]))|(?<![A-Za-z\\_^\d])I(?![A-Za-z])")
_SUBSCRIPTED = pattern(rf"{_FONT}\s*\{{?\s*[1I]\s*\}}?\s*_|(?<![A-Za-z\\])I_")


def with_size(asked: Asked, sizes: Set[str]) -> Asked | None:
    """What is asked with the size of its arrays written out; None where no size, or more than one,
    stands as a number beside them."""
    if asked.dialect != "latex" or not _ARRAY.search(asked.statement) or _SUBSCRIPTED.search(asked.statement):
        return None
    found = sorted(names_used(asked.statement, "latex") & sizes)
    return None if len(found) != 1 else replace(asked, statement=_ARRAY.sub(rf"\g<0>_{{{found[0]}}}", asked.statement))


_DIFFERENTIAL = pattern(r"(?<![A-Za-z\\])d\s*[A-Za-z\\({^]|\\(?:mathrm|operatorname|text|rm)\s*\{?\s*d")


_HALVED = pattern(r"\\[tdc]?frac\s*(?:\{\s*d\s*\}|d)\s*(?:\{\s*\d+\s*\}|\d)|(?<![A-Za-z\\])d\s*/\s*\d")
_OPERAND = pattern(r"\\(?:[tdc]?frac\s*[\w{}]+?|sqrt)\s*d(?![A-Za-z])")
"""d as what a command without braces takes."""


def with_number_d(asked: Asked, sizes: Set[str]) -> Asked | None:
    r"""What is asked with the size d declared as a number, where it begins no derivative: ``\frac1d \|x\|^2``, ``\frac d2 \log(2\pi)``."""
    a_size = "d" in sizes or _HALVED.search(asked.statement) is not None
    free = a_size and "d" in names_used(asked.statement, "latex") and asked.dialect == "latex"
    if not free or _DIFFERENTIAL.search(_OPERAND.sub(" ", asked.statement)):
        return None
    return replace(asked.declaring("d: scalar"), instead="unanswered")
