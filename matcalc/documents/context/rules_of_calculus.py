"""Functions of one number of which a document says nothing else, primes of them, and the rules of
calculus."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from matcalc.base.lazy import pattern
from matcalc.documents.blocks import Asked, Doubt, Notation
from matcalc.documents.context.defined_names import Definition, Dependence, names_used
from matcalc.documents.context.outline import Line
from matcalc.documents.context.overview import Context
from matcalc.documents.context.written_derivatives import (
    Meaning,
    Quotient,
    along_lines,
    at_points,
    composed,
    quotients,
    with_array,
    with_brackets,
    without_subscripts,
)
from matcalc.documents.context.written_names import (
    PRIMES,
    NameAt,
    behind_primes,
    call_at,
    is_bold,
    is_called,
    names_at,
    names_called,
    respelled,
    trimmed,
    whole_name,
)
from matcalc.documents.cues import bracketed, closing
from matcalc.documents.readings import sides_of
from matcalc.documents.sides import is_function
from matcalc.language.text.meanings import USUAL

_BY = pattern(r"[A-Za-z]\s*(?:'|′|\^\s*\{?\\prime\}?)\s*(?:\\left)?\(\s*(?P<argument>[a-z])\s*(?:\\right)?\)")
_PRIMED = pattern(r"(?P<name>[A-Za-z])\s*(?:'|′|\^\s*\{\s*\\prime\s*\}|\^\s*\\prime)(?!\s*(?:\\left)?[('′])")
_OPERATOR = pattern(
    r"(?:\\[dt]?frac\s*\{\s*(?:\\partial|d|\\mathrm\s*\{d\})\s*\}\s*\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\}){1,40}\}|(?<![\w)])[d∂]/[d∂]\w+)\s*(?:\\left|\\[bB]igg?l?)?(?P<bracket>[(\[])"
)
_LONGEST = 2000


def as_derivatives(equation: str, definitions: Sequence[Definition], notation: Notation) -> str:
    """The equation with derivatives in the place of primes: of names that stand for a function of
    the variable of ``f'(x)``."""
    by = _BY.search(equation)
    if by is None:
        return equation
    variable = by["argument"]
    dependence = Dependence(definitions)
    names = {one.name for one in definitions if not one.is_function and dependence.of(one.name, {variable})}
    found = [one for one in _PRIMED.finditer(equation) if one["name"] in names]
    return respelled(equation, ((one.start(), one.end(), _derivative(one, variable, notation)) for one in found))


def _derivative(found: re.Match[str], variable: str, notation: Notation) -> str:
    if notation == "latex":
        return rf"\frac{{d{found['name']}}}{{d{variable}}}"
    before, after = found.string[: found.start()].rstrip()[-1:], found.string[found.end() :].lstrip()[:1]
    left = "*" if before.isalnum() or before == ")" else ""
    right = "*" if after.isalnum() or after == "(" else ""
    return f"{left}(d{found['name']}/d{variable}){right}"


_POWER = pattern(r"(?P<name>[A-Za-z])\^\s*(?:\{\s*)?(?P<power>\d)(?:\s*\})?\s*(?P<call>\(\s*[A-Za-z]\s*\))")


def with_powers(equation: str) -> str:
    """The equation with powers of values, ``(g(x))^2``, for those of functions that it calls, too:
    ``g^2(x)``."""
    return _POWER.sub(
        lambda at: f"({at['name']}{at['call']})^{at['power']}" if is_called(equation, at["name"]) else at[0], equation
    )


def narrowed(equation: str) -> str:
    """The equation with derivatives of what stands in brackets behind their sign, and of nothing
    else."""
    if len(equation) > _LONGEST:
        return equation
    return respelled(equation, ((start, end, f"({equation[start:end]})") for start, end in _brackets(equation)))


def _brackets(equation: str) -> Iterator[tuple[int, int]]:
    """From each sign of a derivative up to the end of the bracket behind it, where a factor
    follows."""
    for found in _OPERATOR.finditer(equation):
        end = closing(equation, found.end(), found["bracket"])
        if end and _FACTOR.match(equation, end):
            yield found.start(), end


_FACTOR = pattern(
    r"\s*(?:\\cdot|\\times|\\,|[·*×⋅])?\s*(?:\\[dt]?frac|[A-Za-z0-9(∂]|\\(?!cdot|times|right|quad|qquad|end|begin|\\)[A-Za-z]+)"
)


_GROUP = pattern(r"\A\s*(?:\\left\s*|\\[bB]igg?l?\s*)?(?P<bracket>[(\[])")
_GROUP_PRIMED = pattern(r"[)\]]\s*(?:['′]|\^\s*\{?\s*\\prime)")
_MOST_PRIMES = 3


def with_arguments(equation: str, line: Line, context: Context) -> str:
    """The equation with the arguments of functions that it has primes of and leaves out; itself for
    any other."""
    if names_called(equation, line.notation):
        return equation
    left, _, right = equation.partition("=")
    group = _primed_group(left)
    primed = {at.name for at in names_at(equation) if _primes(equation, at.end)}
    functions = _functions(equation, line, context) or _derived_twice(equation, group, line, context)
    fits = functions and (group or primed) and primed <= functions
    variable = _variable(equation, functions, line, context) if fits else None
    if variable is None:
        return equation
    said = _called(right, functions, variable)
    if group is None:
        return f"{_called(left, functions, variable)} = {said}"
    inside, order = group
    power = f"^{order}" * (order != 1)
    return rf"\frac{{d{power}}}{{d{variable}{power}}}\left({_called(inside, functions, variable)}\right) = {said}"


def _primes(text: str, start: int) -> int:
    """How many primes stand at a place."""
    found = text[start : behind_primes(text, start)]
    return found.count("'") + found.count("′") + found.count("\\prime")


def _primed_group(side: str) -> tuple[str, int] | None:
    """What stands in the primed bracket that a side consists of, and the number of its primes."""
    side = trimmed(side)
    found = bracketed(side, _GROUP.match(side))
    if found is None or PRIMES.fullmatch(side, found[1]) is None:
        return None
    order = _primes(side, found[1])
    return (found[0], order) if 0 < order <= _MOST_PRIMES else None


def _functions(equation: str, line: Line, context: Context) -> frozenset[str]:
    """The names of an equation that the text knows as functions of one number."""
    return frozenset([at.name for at in names_at(equation) if at.name == at.base and _is_function(at.name, line, context)])


def _derived_twice(equation: str, group: tuple[str, int] | None, line: Line, context: Context) -> frozenset[str]:
    """The small letters in a bracket with several primes, each of which has primes on the other
    side, if nothing is known of any name."""
    right = equation.partition("=")[2]
    if group is None or group[1] == 1 or _GROUP_PRIMED.search(right):
        return frozenset()  # the prime of a bracket would be read as a transpose
    found = frozenset([at.name for at in names_at(group[0])])
    derived = {at.name for at in names_at(right) if _primes(right, at.end)}
    every = names_at(equation)
    unknown = all(_is_unknown(at, line, context) for at in every)
    return found if unknown and found == derived == {at.name for at in every} else frozenset()


def _is_unknown(at: NameAt, line: Line, context: Context) -> bool:
    """Whether a name is a small letter of which nothing is known."""
    name, small = at.name, at.name == at.base and at.name.islower() and not at.bold
    known = is_function(name) or name in USUAL or context.definitions.is_obscure(name, line.number)
    return small and not known and not context.stands_for_something(name, line)


def _is_function(name: str, line: Line, context: Context) -> bool:
    one = context.definitions.at(name, line.number)
    if one is not None:
        return one.is_function and len(one.head.arguments) == 1
    told, _ = context.told(name, line.number)
    return told is not None and told.kind == "function" and told.shape is None and not told.properties


def _variable(equation: str, functions: frozenset[str], line: Line, context: Context) -> str | None:
    """The argument that these functions are defined with, or a letter that stands for nothing else;
    None where they have several."""
    defined = [one for name in functions if (one := context.definitions.at(name, line.number)) is not None]
    arguments = {one.head.arguments[0] for one in defined}
    used = {at.name for at in names_at(equation)}
    free = [name for name in "xtszy" if name not in used and context.definitions.at(name, line.number) is None]
    if arguments:
        return arguments.pop() if len(arguments) == 1 else None
    return next(iter(free), None)


def _called(text: str, functions: frozenset[str], variable: str) -> str:
    """A formula with these functions at a variable."""
    found = [at for at in names_at(text) if at.name in functions]
    called = [f"{{{text[at.start : at.end]}{chr(39) * _primes(text, at.end)}({variable})}}" for at in found]
    return respelled(text, ((at.start, behind_primes(text, at.end), new) for at, new in zip(found, called, strict=True)))


@dataclass(frozen=True, slots=True)
class Generic:
    """An equation with derivatives of functions as the language writes them, in the ways in which
    that may be meant.

    ``functions`` have no formula, ``variables`` are numbers. ``is_rule``: it says how a formula of
    several functions is differentiated. ``definitions`` stand before the equation.
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
        doubts = (
            one.doubts
            if self.is_rule
            else (*one.doubts, Doubt("it is false of some functions, and may be true of those that are meant", "false"))
        )
        return replace(one.declaring(*told), doubts=doubts)


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

    def at_their_points(unknown: frozenset[str], factors: bool = True) -> str:
        def meaning(name: str) -> Meaning:
            return "generic" if name in unknown else "defined" if arguments(name) else ""

        return at_points(equation, meaning, arguments, factors=factors)

    equation = with_brackets(composed(equation), arguments)
    equation = with_array(without_subscripts(equation, lambda name: context.partly_derived(name, line)))
    unknown = _unknown(equation, line, context)
    numbers = _variables(equation, unknown)
    if not all(_may_be_number(name, line, context) for name in numbers):
        unknown = frozenset()
    if any(one.name in unknown for one in quotients(at_their_points(unknown))):
        unknown = frozenset()
    found = at_their_points(unknown)
    along, lines = along_lines(found, arguments)
    if lines:
        return Generic((along,), definitions=(*_functions_behind(lines, line, context), *lines))
    equations = tuple(dict.fromkeys((found, at_their_points(unknown, factors=False))))
    if not unknown or _is_of_arrays(found, unknown, line, context):
        return Generic(equations, doubts=_doubts_of(equation, line, context))
    return Generic(equations, unknown, numbers, _is_rule(found, unknown, line, context))


def _functions_behind(lines: Sequence[str], line: Line, context: Context) -> Iterator[str]:
    """The definitions of the functions that formulas rest on."""
    behind = context.behind(names_used("; ".join(lines), line.notation), line)
    return (one.text for one in behind if one.is_function)


def _is_of_arrays(equation: str, functions: frozenset[str], line: Line, context: Context) -> bool:
    """Whether functions may have arrays for values, as what the text says of functions holds for
    arrays, too."""
    told = any(not context.is_untold(name, line) for name in functions)
    return _OF_ARRAYS.search(equation) is not None or (told and _D_BY.search(equation) is None)


_OF_ARRAYS = pattern(
    r"\\(?:odot|circ|partial|nabla|top|intercal|operatorname|mathrm|mathbf|boldsymbol|times|otimes|[lr]?Vert|langle)(?![A-Za-z])"
    r"|\^\s*\{?\s*T(?![A-Za-z])|\\\||⊙|∂|∇|‖"
)
"""What tells that the functions may have vectors or matrices for values."""


def _doubts_of(equation: str, line: Line, context: Context) -> tuple[Doubt, ...]:
    """That a name which is called with a variable, and differentiated, may be a function whose
    values are arrays."""
    arrays = sorted(_derived_calls(equation) - USUAL.keys())
    unread = [
        name for name in arrays if not is_function(name) and not context.behind([name], line) and context.is_untold(name, line)
    ]
    return (Doubt(f"{unread[0]} may be a function whose values are arrays", "false"),) if unread else ()


def _derived_calls(equation: str) -> frozenset[str]:
    """The functions that have primes, or are called with what something is differentiated by."""
    by = {found[1] for found in _D_BY.finditer(equation)}
    return frozenset(call.name for call in _calls(equation) if call.primed or call.argument in by)


def _unknown(equation: str, line: Line, context: Context) -> frozenset[str]:
    """The names that are called with one argument and differentiated, and of which nothing else is
    known."""
    calls = list(_calls(equation))
    whole = [one for one in quotients(equation) if not one.partial]
    several = {call.name for call in calls if not call.argument or "," in call.argument}
    called = {call.name for call in calls}.union(_at_variables(whole)) - several
    derived = _derived_calls(equation).union(one.name for one in whole)
    return frozenset(name for name in called & derived if _is_generic(name, line, context))


def _at_variables(found: Iterable[Quotient]) -> set[str]:
    """The functions whose last derivative stands with its variable for a point."""
    return {name for name, one in {one.name: one for one in found}.items() if one.is_at_variable}


def _calls(equation: str) -> Iterator[_Call]:
    for found in names_at(equation):
        end = behind_primes(equation, found.end)
        call = call_at(equation, end)
        if call is not None and not is_bold(equation[found.start : found.end]):
            yield _Call(found.name, call.inside, end > found.end)


_D_BY = pattern(
    r"\\[dt]?frac\s*\{\s*(?:d|\\(?:mathrm|text)\s*\{d\})\s*\}\s*\{\s*(?:d|\\(?:mathrm|text)\s*\{d\})\s*([A-Za-z])\s*\}"
)


def _is_generic(name: str, line: Line, context: Context) -> bool:
    """Whether a name may be any function of numbers; a capital may be a matrix."""
    return name[:1].islower() and not context.behind([name], line) and context.may_be_any_function(name, line)


def _variables(equation: str, unknown: frozenset[str]) -> frozenset[str]:
    """What these functions are functions of, and what is differentiated by."""
    arguments = {whole_name(call.argument) for call in _calls(equation) if call.name in unknown}
    by = {one.variable for one in quotients(equation) if one.name in unknown} | {found[1] for found in _D_BY.finditer(equation)}
    return frozenset(name for name in arguments | by if name is not None) - unknown


def _may_be_number(name: str, line: Line, context: Context) -> bool:
    return context.may_be_number(name, line) and context.definitions.at(name, line.number) is None


def _is_rule(equation: str, unknown: frozenset[str], line: Line, context: Context) -> bool:
    """Whether an equation says for several functions, and for them alone, how a formula of them is
    differentiated."""
    left, _, right = equation.partition("=")
    names = names_used(equation, line.notation)
    supposed = line.number in context.conditional or line.row.condition or context.suppositions.at(line, unknown)
    definitions = context.definitions
    if supposed or any(definitions.at(name, line.number) or definitions.is_obscure(name, line.number) for name in names):
        return False
    differentiates = len(unknown) > 1 and _D_BY.match(trimmed(left)) is not None
    return differentiates and _calls_alike(left, right, unknown, line)


def _calls_alike(left: str, right: str, functions: frozenset[str], line: Line) -> bool:
    """Whether both sides have all of these functions, the right one with no other arguments than
    the left one."""
    sides = [functions & names_used(side, line.notation) for side in (left, right)]
    arguments = [{call.argument for call in _calls(side) if call.name in functions} for side in (left, right)]
    return sides[0] == sides[1] == functions and arguments[1] <= arguments[0]
