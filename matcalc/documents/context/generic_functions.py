r"""Functions of one number of which a document says nothing else: ``\frac{d}{dx}(g(x) h(x)) = g(x) h'(x) + g'(x) h(x)``.

Such a name stands before brackets with its argument and is differentiated in the same equation. What holds of any such functions is a rule,
and is decided as one. An equation that is not true of all functions may be true of those that are meant, unless it says for two or more of
them how a formula is differentiated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from matcalc.base.lazy import pattern
from matcalc.documents.asking import Asked, Doubt
from matcalc.documents.context.bars import with_brackets
from matcalc.documents.context.definitions import CALLED, PRIMES, names_used
from matcalc.documents.context.derivatives_at import Meaning, at_points, composed, is_bold, quotients
from matcalc.documents.context.names import names_at, trimmed, whole_name
from matcalc.documents.context.outline import Line
from matcalc.documents.context.partial_derivatives import along_lines, with_array, without_subscripts
from matcalc.documents.context.survey import Context
from matcalc.documents.habits import sides_of
from matcalc.documents.shapes import is_function
from matcalc.documents.tokens import closing
from matcalc.language.text.called_names import USUAL


@dataclass(frozen=True, slots=True)
class Generic:
    """An equation with derivatives of functions as the language writes them, in the ways in which that may be meant.

    ``functions`` have no formula, ``variables`` are numbers. ``is_rule``: it says how a formula of several functions is differentiated.
    ``definitions`` stand before the equation.
    """

    equations: tuple[str, ...]
    functions: frozenset[str] = frozenset()
    variables: frozenset[str] = frozenset()
    is_rule: bool = False
    definitions: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    def declared(self, one: Asked) -> Asked:
        """A reading with what is known of these names."""
        sides = sides_of(one.statement) if self.definitions else None
        if sides is not None:
            return replace(one, statement=sides[0] + "; ".join([*self.definitions, f"{sides[1]} = {sides[2]}"]))
        if not self.functions:
            return replace(one, doubts=(*one.doubts, *self.doubts))
        known = {part.partition(":")[0].strip() for part in one.declare.split(";")}
        told = [f"{name}: function" for name in sorted(self.functions - known)]
        told += [f"{name}: scalar" for name in sorted(self.variables - known)]
        doubts = one.doubts if self.is_rule else (*one.doubts, _OF_SOME)
        return replace(one.declaring(*told), doubts=doubts)


_OF_SOME = Doubt("it is false of some functions, and may be true of those that are meant", "false")


@dataclass(frozen=True, slots=True)
class _Call:
    name: str
    argument: str
    primed: bool


def with_generic(equation: str, line: Line, context: Context) -> Generic:
    """An equation with its derivatives at points, and the functions without a formula in it."""
    if line.notation != "latex":
        return Generic((equation,))

    def arguments(name: str) -> tuple[str, ...]:
        return context.arguments(name, line)

    def meaning(name: str) -> Meaning:
        return "generic" if name in unknown else "defined" if arguments(name) else ""

    equation = with_brackets(composed(equation), arguments)
    equation = with_array(without_subscripts(equation, lambda name: context.partly_derived(name, line)))
    unknown = _unknown(equation, line, context)
    numbers = _variables(equation, unknown)
    if not all(_may_be_number(name, line, context) for name in numbers):
        unknown = frozenset()
    found = at_points(equation, meaning, arguments)
    if any(one.name in unknown for one in quotients(found)):
        unknown = frozenset()
        found = at_points(equation, meaning, arguments)
    equations = tuple(dict.fromkeys((found, at_points(equation, meaning, arguments, factors=False))))
    along, lines = along_lines(found, arguments)
    if lines:
        behind = context.behind(names_used("; ".join(lines), line.notation), line)
        return Generic((along,), definitions=(*(one.text for one in behind if one.is_function), *lines))
    told = any(context.told(name, line.number)[0] is not None for name in unknown)
    if not unknown or _OF_ARRAYS.search(found) is not None or (told and _OPERATOR.search(found) is None):
        return Generic(equations, doubts=_doubts_of(equation, line, context))  # what the text says of functions holds for arrays, too
    return Generic(equations, unknown, numbers, _is_rule(found, unknown, line, context))


_OF_ARRAYS = pattern(
    r"\\(?:odot|circ|partial|nabla|top|intercal|operatorname|mathrm|mathbf|boldsymbol|times|otimes|[lr]?Vert|langle)(?![A-Za-z])"
    r"|\^\s*\{?\s*T(?![A-Za-z])|\\\||⊙|∂|∇|‖"
)
"""What tells that the functions may have vectors or matrices for values."""


def _doubts_of(equation: str, line: Line, context: Context) -> tuple[Doubt, ...]:
    """That a name which is called with a variable, and differentiated, may be a function whose values are arrays."""
    by = {found[1] for found in _OPERATOR.finditer(equation)}
    arrays = {call.name for call in _calls(equation) if call.argument in by or call.primed} - USUAL.keys()
    unread = sorted(name for name in arrays if not is_function(name) and not context.behind([name], line))
    unread = [name for name in unread if context.told(name, line.number)[0] is None]
    return (Doubt(f"{unread[0]} may be a function whose values are arrays", "false"),) if unread else ()


def _unknown(equation: str, line: Line, context: Context) -> frozenset[str]:
    """The names that are called with one argument and differentiated, and of which nothing else is known."""
    calls: dict[str, list[_Call]] = {}
    for call in _calls(equation):
        calls.setdefault(call.name, []).append(call)
    whole = {one.name: one for one in quotients(equation) if not one.partial}
    called = {name for name, its in calls.items() if all(call.argument and "," not in call.argument for call in its)}
    at_point = {
        name for name, one in whole.items() if one.point is not None and name not in calls and whole_name(one.point) == one.variable
    }
    by = {found[1] for found in _OPERATOR.finditer(equation)}
    derived = whole.keys() | {call.name for its in calls.values() for call in its if call.primed or call.argument in by}
    return frozenset(name for name in (called | at_point) & derived if _is_unknown(name, line, context))


def _calls(equation: str) -> Iterator[_Call]:
    for found in names_at(equation):
        primes = PRIMES.match(equation, found.end)
        end = primes.end() if primes is not None else found.end
        opened = CALLED.match(equation, end)
        closed = closing(equation, opened.end(), "(") if opened is not None else 0
        if opened is not None and closed and not is_bold(equation[found.start : found.end]):
            yield _Call(found.name, equation[opened.end() : closed - 1].removesuffix("\\right").strip(), end > found.end)


_OPERATOR = pattern(r"\\[dt]?frac\s*\{\s*(?:d|\\(?:mathrm|text)\s*\{d\})\s*\}\s*\{\s*(?:d|\\(?:mathrm|text)\s*\{d\})\s*([A-Za-z])\s*\}")


def _is_unknown(name: str, line: Line, context: Context) -> bool:
    if not name[:1].islower() or is_function(name) or name in USUAL or context.behind([name], line):
        return False  # a capital may be a matrix
    told, _ = context.told(name, line.number)
    return told is None or (told.kind == "function" and told.shape is None and not told.properties)


def _variables(equation: str, unknown: frozenset[str]) -> frozenset[str]:
    """What these functions are functions of, and what is differentiated by."""
    arguments = {whole_name(call.argument) for call in _calls(equation) if call.name in unknown}
    by = {one.variable for one in quotients(equation) if one.name in unknown} | {found[1] for found in _OPERATOR.finditer(equation)}
    return frozenset(name for name in arguments | by if name is not None) - unknown


def _may_be_number(name: str, line: Line, context: Context) -> bool:
    told, _ = context.told(name, line.number)
    plain = told is None or told.kind == "scalar" or told.shape == ()
    return plain and context.definitions.at(name, line.number) is None


def _is_rule(equation: str, unknown: frozenset[str], line: Line, context: Context) -> bool:
    """Whether an equation says for several functions, and for them alone, how a formula of them is differentiated."""
    left, _, right = equation.partition("=")
    names = names_used(equation, line.notation)
    supposed = line.number in context.conditional or line.row.condition or context.suppositions.at(line, unknown)
    definitions = context.definitions
    if supposed or any(definitions.at(name, line.number) or definitions.is_obscure(name, line.number) for name in names):
        return False
    sides = [unknown & names_used(side, line.notation) for side in (left, right)]
    arguments = [{call.argument for call in _calls(side) if call.name in unknown} for side in (left, right)]
    alike = sides[0] == sides[1] == unknown and arguments[1] <= arguments[0]
    return len(unknown) > 1 and alike and _OPERATOR.match(trimmed(left)) is not None
