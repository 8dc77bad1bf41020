"""Functions of one number of which a document says nothing else, primes of them, and the rules of calculus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from matcalc.base.lazy import pattern
from matcalc.documents.context.defined_names import Definition, names_used
from matcalc.documents.context.overview import Context
from matcalc.documents.context.structure import Dependence
from matcalc.documents.context.wording import Line
from matcalc.documents.context.written_derivatives import (
    Meaning,
    along_lines,
    at_points,
    composed,
    is_bold,
    quotients,
    with_array,
    with_brackets,
    without_subscripts,
)
from matcalc.documents.context.written_names import CALLED, PRIMES, NameAt, is_called, names_at, names_called, trimmed, whole_name
from matcalc.documents.cues import closing
from matcalc.documents.pieces import Asked, Doubt, Notation
from matcalc.documents.readings import sides_of
from matcalc.documents.shapes import is_function
from matcalc.language.text.meanings import USUAL

_BY = pattern(r"[A-Za-z]\s*(?:'|′|\^\s*\{?\\prime\}?)\s*(?:\\left)?\(\s*(?P<argument>[a-z])\s*(?:\\right)?\)")
_PRIMED = pattern(r"(?P<name>[A-Za-z])\s*(?:'|′|\^\s*\{\s*\\prime\s*\}|\^\s*\\prime)(?!\s*(?:\\left)?[('′])")
_OPERATOR = pattern(
    r"(?:\\[dt]?frac\s*\{\s*(?:\\partial|d|\\mathrm\s*\{d\})\s*\}\s*\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\}){1,40}\}|(?<![\w)])[d∂]/[d∂]\w+)\s*(?:\\left|\\[bB]igg?l?)?(?P<bracket>[(\[])"
)
_LONGEST = 2000


def as_derivatives(equation: str, definitions: Sequence[Definition], notation: Notation) -> str:
    """The equation with derivatives in the place of primes: of names that stand for a function of the variable of ``f'(x)``."""
    by = _BY.search(equation)
    if by is None:
        return equation
    variable = by["argument"]
    dependence = Dependence(definitions)
    names = {one.name for one in definitions if not one.is_function and dependence.of(one.name, {variable})}
    out, at = [], 0
    for found in _PRIMED.finditer(equation):
        if found["name"] in names:
            out += [equation[at : found.start()], _derivative(found["name"], variable, equation, found.start(), found.end(), notation)]
            at = found.end()
    return "".join([*out, equation[at:]])


def _derivative(name: str, variable: str, equation: str, start: int, end: int, notation: Notation) -> str:
    if notation == "latex":
        return rf"\frac{{d{name}}}{{d{variable}}}"
    before, after = equation[:start].rstrip()[-1:], equation[end:].lstrip()[:1]
    left = "*" if before.isalnum() or before == ")" else ""
    right = "*" if after.isalnum() or after == "(" else ""
    return f"{left}(d{name}/d{variable}){right}"


_POWER = pattern(r"(?P<name>[A-Za-z])\^\s*(?:\{\s*)?(?P<power>\d)(?:\s*\})?\s*(?P<call>\(\s*[A-Za-z]\s*\))")


def with_powers(equation: str) -> str:
    """The equation with powers of values, ``(g(x))^2``, for those of functions that it calls, too: ``g^2(x)``."""
    return _POWER.sub(lambda at: f"({at['name']}{at['call']})^{at['power']}" if is_called(equation, at["name"]) else at[0], equation)


def narrowed(equation: str) -> str:
    """The equation with derivatives of what stands in brackets behind their sign, and of nothing else."""
    if len(equation) > _LONGEST:
        return equation
    cuts = list(_brackets(equation))
    out, at = [], 0
    for start, end in cuts:
        if start >= at:
            out += [equation[at:start], "(", equation[start:end], ")"]
            at = end
    return "".join([*out, equation[at:]])


def _brackets(equation: str) -> Iterator[tuple[int, int]]:
    """From each sign of a derivative up to the end of the bracket behind it, where a factor follows."""
    for found in _OPERATOR.finditer(equation):
        end = closing(equation, found.end(), found["bracket"])
        if end and _FACTOR.match(equation, end):
            yield found.start(), end


_FACTOR = pattern(
    r"\s*(?:\\cdot|\\times|\\,|[·*×⋅])?\s*(?:\\[dt]?frac|[A-Za-z0-9(∂]|\\(?!cdot|times|right|quad|qquad|end|begin|\\)[A-Za-z]+)"
)


_GROUP = pattern(r"\A\s*(?:\\left\s*|\\[bB]igg?l?\s*)?(?P<bracket>[(\[])")
_GROUP_PRIMED = pattern(r"[)\]]\s*(?:['′]|\^\s*\{?\s*\\prime)")
_SPARE = ("x", "t", "s", "z", "y")
_MOST_PRIMES = 3


def with_arguments(equation: str, line: Line, context: Context) -> str:
    """The equation with the arguments of functions that it has primes of and leaves out; itself for any other."""
    if line.notation != "latex" or names_called(equation, line.notation):
        return equation
    left, _, right = equation.partition("=")
    group = _primed_group(left)
    primed = [at for at in names_at(equation) if _primes(equation, at.end)]
    functions = _functions(equation, line, context) or _derived_twice(equation, group, line, context)
    if not functions or not (group is not None or primed) or any(at.name not in functions for at in primed):
        return equation
    variable = _variable(equation, functions, line, context)
    if variable is None:
        return equation
    said = _called(right, functions, variable)
    if group is None:
        return f"{_called(left, functions, variable)} = {said}"
    inside, order = group
    above, below = ("d", f"d{variable}") if order == 1 else (f"d^{order}", f"d{variable}^{order}")
    return rf"\frac{{{above}}}{{{below}}}\left({_called(inside, functions, variable)}\right) = {said}"


def _primes(text: str, start: int) -> int:
    """How many primes stand at a place."""
    found = PRIMES.match(text, start)
    return 0 if found is None else found[0].count("'") + found[0].count("′") + found[0].count("\\prime")


def _primed_group(side: str) -> tuple[str, int] | None:
    """What stands in the primed bracket that a side consists of, and the number of its primes."""
    side = trimmed(side)
    opened = _GROUP.match(side)
    end = closing(side, opened.end(), opened["bracket"]) if opened is not None else 0
    if opened is None or not end:
        return None
    order = _primes(side, end)
    whole = PRIMES.fullmatch(side, end) is not None and 0 < order <= _MOST_PRIMES
    return (side[opened.end() : end - 1].removesuffix("\\right"), order) if whole else None


def _functions(equation: str, line: Line, context: Context) -> frozenset[str]:
    """The names of an equation that the text knows as functions of one number."""
    return frozenset([at.name for at in names_at(equation) if at.name == at.base and _is_function(at.name, line, context)])


def _derived_twice(equation: str, group: tuple[str, int] | None, line: Line, context: Context) -> frozenset[str]:
    """The small letters in a bracket with several primes, each of which has primes on the other side, if nothing is known of any name."""
    right = equation.partition("=")[2]
    found = frozenset([at.name for at in names_at(group[0])]) if group is not None and group[1] > 1 else frozenset[str]()
    derived = {at.name for at in names_at(right) if _primes(right, at.end)}
    every = list(names_at(equation))
    if _GROUP_PRIMED.search(right):
        return frozenset()  # the prime of a bracket would be read as a transpose
    unknown = all(at.name == at.base and at.name.islower() and not at.bold and _is_unknown(at.name, line, context) for at in every)
    return found if unknown and found == derived == {at.name for at in every} else frozenset()


def _is_unknown(name: str, line: Line, context: Context) -> bool:
    if is_function(name) or name in USUAL or context.definitions.is_obscure(name, line.number):
        return False
    return context.definitions.at(name, line.number) is None and context.told(name, line.number)[0] is None


def _is_function(name: str, line: Line, context: Context) -> bool:
    one = context.definitions.at(name, line.number)
    if one is not None:
        return one.is_function and len(one.head.arguments) == 1
    told, _ = context.told(name, line.number)
    return told is not None and told.kind == "function" and told.shape is None and not told.properties


def _variable(equation: str, functions: frozenset[str], line: Line, context: Context) -> str | None:
    """The argument that these functions are defined with, or a letter that stands for nothing else; None where they have several."""
    defined = [one for name in functions if (one := context.definitions.at(name, line.number)) is not None]
    arguments = {one.head.arguments[0] for one in defined}
    used = {at.name for at in names_at(equation)}
    free = [name for name in _SPARE if name not in used and context.definitions.at(name, line.number) is None]
    if arguments:
        return arguments.pop() if len(arguments) == 1 else None
    return next(iter(free), None)


def _called(text: str, functions: frozenset[str], variable: str) -> str:
    """A formula with these functions at a variable."""
    out, start = [], 0
    for at in names_at(text):
        if at.name in functions:
            end = _behind(text, at)
            out += [text[start : at.start], "{", text[at.start : at.end], "'" * _primes(text, at.end), f"({variable})", "}"]
            start = end
    return "".join([*out, text[start:]])


def _behind(text: str, at: NameAt) -> int:
    found = PRIMES.match(text, at.end)
    return at.end if found is None else found.end()


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
    if not unknown or _OF_ARRAYS.search(found) is not None or (told and _D_BY.search(found) is None):
        return Generic(equations, doubts=_doubts_of(equation, line, context))  # what the text says of functions holds for arrays, too
    return Generic(equations, unknown, numbers, _is_rule(found, unknown, line, context))


_OF_ARRAYS = pattern(
    r"\\(?:odot|circ|partial|nabla|top|intercal|operatorname|mathrm|mathbf|boldsymbol|times|otimes|[lr]?Vert|langle)(?![A-Za-z])"
    r"|\^\s*\{?\s*T(?![A-Za-z])|\\\||⊙|∂|∇|‖"
)
"""What tells that the functions may have vectors or matrices for values."""


def _doubts_of(equation: str, line: Line, context: Context) -> tuple[Doubt, ...]:
    """That a name which is called with a variable, and differentiated, may be a function whose values are arrays."""
    by = {found[1] for found in _D_BY.finditer(equation)}
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
    by = {found[1] for found in _D_BY.finditer(equation)}
    derived = whole.keys() | {call.name for its in calls.values() for call in its if call.primed or call.argument in by}
    return frozenset(name for name in (called | at_point) & derived if _is_generic(name, line, context))


def _calls(equation: str) -> Iterator[_Call]:
    for found in names_at(equation):
        primes = PRIMES.match(equation, found.end)
        end = primes.end() if primes is not None else found.end
        opened = CALLED.match(equation, end)
        closed = closing(equation, opened.end(), "(") if opened is not None else 0
        if opened is not None and closed and not is_bold(equation[found.start : found.end]):
            yield _Call(found.name, equation[opened.end() : closed - 1].removesuffix("\\right").strip(), end > found.end)


_D_BY = pattern(r"\\[dt]?frac\s*\{\s*(?:d|\\(?:mathrm|text)\s*\{d\})\s*\}\s*\{\s*(?:d|\\(?:mathrm|text)\s*\{d\})\s*([A-Za-z])\s*\}")


def _is_generic(name: str, line: Line, context: Context) -> bool:
    if not name[:1].islower() or is_function(name) or name in USUAL or context.behind([name], line):
        return False  # a capital may be a matrix
    told, _ = context.told(name, line.number)
    return told is None or (told.kind == "function" and told.shape is None and not told.properties)


def _variables(equation: str, unknown: frozenset[str]) -> frozenset[str]:
    """What these functions are functions of, and what is differentiated by."""
    arguments = {whole_name(call.argument) for call in _calls(equation) if call.name in unknown}
    by = {one.variable for one in quotients(equation) if one.name in unknown} | {found[1] for found in _D_BY.finditer(equation)}
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
    return len(unknown) > 1 and alike and _D_BY.match(trimmed(left)) is not None
