r"""What is computed in a worked example, ``\nabla f(x_0) = (4, 8)``: as a statement with the values of all names in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from matcalc.base.lazy import pattern
from matcalc.documents.asking import Asked, Doubt
from matcalc.documents.context.definitions import Definition
from matcalc.documents.context.names import whole_name
from matcalc.documents.context.outline import Line
from matcalc.documents.context.partial_derivatives import with_arguments_listed
from matcalc.documents.context.survey import Context
from matcalc.documents.context.worked_values import Valued
from matcalc.documents.shapes import is_decimal
from matcalc.documents.symbols import symbols_of
from matcalc.documents.values import as_list, coordinates_of, is_value, with_points

_TWO = 2
_MOST = 16
"""Values and definitions that one claim rests on."""
_BY = pattern(r"\\partial(?![A-Za-z])|\\[dt]?frac\s*\{\s*(?:d|\\(?:mathrm|text)\s*\{\s*d\s*\})\s*(?![A-Za-z]{2})")
"""The sign of a derivative by a name: where that has a value, there is none."""
_COLUMNS = pattern(r"\\begin\s*\{array\}\s*\{[^{}]*\}")
_GENERAL = Doubt("it may be meant of all values")
_ROUNDED = Doubt("its numbers may be rounded")
_SYMBOLIC = Doubt("names in it may stand for something else")


@dataclass(slots=True)
class _Found:
    """What the names of a claim stand for, each after what it is made of itself, and the names that stand for nothing."""

    before: int
    values: dict[str, Valued] = field(default_factory=dict)
    definitions: dict[str, Definition] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    free: set[str] = field(default_factory=set)


def worked_example(line: Line, context: Context) -> Asked | None:
    """The statement that a row is with the values of its names; None for a row that is not about values alone."""
    row = line.row
    if line.notation != "latex" or row.right is None or row.relation != "=":
        return None
    coordinates = coordinates_of(row.left.text)
    if coordinates and all(whole_name(one) is not None for one in coordinates) and is_value(as_list(row.right.text)):
        return None  # (x, y) = (2, 1) is another point, whatever the values were before
    equation = _plain(f"{as_list(row.left.text)} = {as_list(row.right.text)}", context)
    found = _Found(line.number - row.link)
    equation, at_point = _at_point(equation, line, context)
    equation = _with_coordinates(equation, line, context, found)
    if not _collected(equation, line, context, found) or not _are_meant(found, line):
        return None
    arrays = [one for one in found.values.values() if one.value.is_array]
    inside = {name for one in arrays for name in _names(one.value.text)}
    computed = is_value(as_list(row.right.text))
    if not found.free <= inside or not (arrays or at_point or (computed and found.values and found.definitions)) or _BY.search(equation):
        return None
    numbers = [equation, *(one.value.text for one in found.values.values())]
    doubts = [] if computed else [_GENERAL]
    doubts += [_ROUNDED] if any(is_decimal(text) for text in numbers) else []
    doubts += [_SYMBOLIC] if any(_stands_for_something(name, line, context) for name in inside) else []
    said = (*(one.said for one in found.values.values()), *(one.said for one in found.definitions.values()))
    return Asked("; ".join([*found.texts, equation]), rests_on=said, instead="values", doubts=tuple(doubts), dialect="latex")


def _plain(text: str, context: Context) -> str:
    return with_points(text, context.values.names)


_BARE = pattern(r"(?P<sign>\\nabla(?:\s*\^\s*\{?\s*2\s*\}?)?\s*)(?P<name>[A-Za-z])(?![A-Za-z_^({]|\s*(?:\\left|\\[bB]igg?l?)?\s*\()")


def _at_point(equation: str, line: Line, context: Context) -> tuple[str, bool]:
    """The equation with the point that its sentence speaks of, for the gradient of a function that stands alone; and whether that is so."""
    point = context.points.get(line.number, ())
    row = line.row
    found = _BARE.match(equation) if point and row.right is not None and is_value(as_list(row.right.text)) else None
    if found is None or len(context.arguments(found["name"], line)) != len(point):
        return equation, False
    return f"{found[0]}({', '.join(point)}){equation[found.end() :]}", True


def _with_coordinates(equation: str, line: Line, context: Context, found: _Found) -> str:
    """The equation with the coordinates of points, for functions that take these one by one."""

    def coordinates(name: str, point: str) -> str:
        valued = context.values.at(point, found.before)
        listed = coordinates_of(valued.value.text) if valued is not None and _holds(valued, line, context) else ()
        if valued is None or len(listed) < _TWO or len(listed) != len(context.arguments(name, line)):
            return ""
        found.values[point] = valued
        return ", ".join(listed)

    return with_arguments_listed(equation, coordinates)


def _collected(equation: str, line: Line, context: Context, found: _Found) -> bool:
    """Collects what the names of a claim stand for; whether that is not too much."""
    waiting: list[tuple[str, bool]] = [(name, False) for name in _names(equation)]
    opened: set[str] = set()
    while waiting:
        name, closing = waiting.pop()
        valued, one = context.values.at(name, found.before), context.definitions.at(name, line.number)
        if one is not None and (valued is None or one.number > valued.start):
            valued = None
        if closing and one is not None:
            found.definitions[name] = one
            found.texts.append(f"{one.left} = {_plain(one.value, context)}")
        if closing or name in opened:
            continue
        opened.add(name)
        if valued is not None and _holds(valued, line, context):
            found.values[name] = valued
            found.texts.append(f"{valued.value.written} = {valued.value.text}")
        elif one is not None and one.notation == "latex" and (one.is_function or one.number < found.before):
            waiting.append((name, True))
            waiting += [(used, False) for used in _inside(one)]
        else:
            found.free.add(name)
    return len(found.texts) <= _MOST


def _holds(valued: Valued, line: Line, context: Context) -> bool:
    """Whether a name still has a value at a row: it was not introduced anew, and no section began where there was none."""
    spot = context.spots.get(line.number)
    outside = not valued.spot.sections and spot is not None and bool(spot.sections)
    return not outside and not context.facts.introduced_between(valued.value.name, valued.start, line.number)


def _are_meant(found: _Found, line: Line) -> bool:
    """Whether the values of names that functions here are defined with are said in the same sentence: else these are any arguments."""
    arguments = {name for one in found.definitions.values() for name in one.head.arguments}
    return all(one.sentence[0] <= line.number < one.sentence[1] for name, one in found.values.items() if name in arguments)


def _names(text: str) -> Iterator[str]:
    yield from sorted(symbols_of(_COLUMNS.sub(" ", text), "latex", sizes=True))


def _inside(one: Definition) -> Iterator[str]:
    """The names in the value of a definition that are neither its arguments nor entries of these."""
    own = set(one.head.arguments)
    yield from (name for name in _names(one.value) if name not in own and name.partition("_")[0] not in own)


def _stands_for_something(name: str, line: Line, context: Context) -> bool:
    return context.definitions.at(name, line.number) is not None or context.values.at(name, line.number) is not None
