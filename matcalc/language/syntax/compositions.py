"""Functions of functions: behind ``f(u, v) = ...; u(a, b) = ...; v(a, b) = ...`` f depends on a, too, and ``∂f/∂a`` is by the chain rule.

A derivative by one of its own arguments holds the other ones of that very function fixed. Where another argument depends on the one that is
differentiated by, the notation does not say whether it is held fixed or moves along.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from matcalc.base.errors import ParseError, Span
from matcalc.base.records import replace
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.survey import mapped, ungrouped, walk
from matcalc.language.text.terminals import PARTIALS


def composed(program: s.Program) -> s.Program:
    """The program with functions of functions as values of each other, where it differentiates what lies behind arguments or by it.

    Where nothing behind them is asked about, arguments stand for themselves. Raises ParseError where it is not said what a derivative
    holds fixed.
    """
    functions = {definition.function: definition for definition in program.definitions}
    asked = [found for node in walk(program.value) for found in _derived(node, functions)]
    behind = [one for name, _, _ in asked for one in _behind(name, functions)]
    inner = {parameter for one in behind for parameter in one.parameters if parameter in functions}
    if not inner:
        return program
    for name, by, place in asked:
        _check_fixed(name, by, place, functions)
    nodes = walk(program.value)
    used = {name for name, _, _ in asked} | {node.function for node in nodes if isinstance(node, s.Applied)}
    if inner.isdisjoint(used) and not any(_lies_behind(name, by, functions) for name, by, _ in asked):
        return replace(program, definitions=tuple([one for one in program.definitions if one.function not in inner]))
    layers = [one for one in program.definitions if one.function in inner or not inner.isdisjoint(one.parameters)]
    values = tuple([(s.Name(one.span, one.function), one.body) for one in layers])
    by_name = {one.function: one for one in layers}
    return replace(program, assignments=(*program.assignments, *values), value=mapped(program.value, lambda node: _named(node, by_name)))


def _derived(node: s.Syntax, functions: Mapping[str, s.Definition]) -> list[tuple[str, str, Span]]:
    """The function that is differentiated as it is defined and what by, where a node is the first derivative of one, or all of them."""
    if isinstance(node, s.Applied) and node.function in PARTIALS:
        whole = _named(node.arguments[0], functions)
        found = functions.get(whole.name) if isinstance(whole, s.Name) else None
        return [] if found is None else [(found.function, name, node.span) for name in found.parameters]
    if not isinstance(node, s.DerivativeOf) or not node.plain or len(set(node.wrt)) != 1:
        return []
    body = _named(ungrouped(node.body), functions)
    return [(body.name, node.wrt[0], node.span)] if isinstance(body, s.Name) and body.name in functions else []


def _named(node: s.Syntax, functions: Mapping[str, s.Definition]) -> s.Syntax:
    """A function at its own arguments as its name: u for ``u(a, b)``."""
    if not isinstance(node, s.Applied) or node.function not in functions:
        return node
    names = tuple([argument.name if isinstance(argument, s.Name) else "" for argument in node.arguments])
    return s.Name(node.span, node.function) if names == functions[node.function].parameters else node


def _behind(name: str, functions: Mapping[str, s.Definition]) -> Iterator[s.Definition]:
    """A function and those that are arguments of it, or of each other."""
    opened = {name}
    waiting = [name]
    while waiting:
        one = functions[waiting.pop()]
        yield one
        new = [parameter for parameter in one.parameters if parameter in functions and parameter not in opened]
        opened.update(new)
        waiting += new


def _depends(name: str, by: str, functions: Mapping[str, s.Definition]) -> bool:
    return name in functions and any(by in one.parameters for one in _behind(name, functions))


def _lies_behind(name: str, by: str, functions: Mapping[str, s.Definition]) -> bool:
    """Whether a function depends on a name that is no argument of its own."""
    return by not in functions[name].parameters and _depends(name, by, functions)


def _check_fixed(name: str, by: str, place: Span, functions: Mapping[str, s.Definition]) -> None:
    for one in _behind(name, functions):
        moving = [other for other in one.parameters if other != by and _depends(other, by, functions)]
        if by in one.parameters and moving:
            said = f"{one.function} depends on {by} and on {moving[0]}, which depends on {by} itself: it is not said what is held fixed"
            raise ParseError(said, span=place, suggestion=f"another name for the {by} in {moving[0]}")
