"""Statements with the definitions they rest on, as programs that every call of the Python interface reads."""

from __future__ import annotations

from collections.abc import Iterable

from matcalc.errors import MatcalcError
from matcalc.inputs import derivative_within
from matcalc.language import elaborate
from matcalc.language.declare.texts import declaration_text
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.parser import parse_syntax
from matcalc.language.syntax.survey import walk
from matcalc.language.text.tokens import is_latex
from matcalc.printing import latex
from matcalc.repl.state import Definition, State


def program(statement: str, state: State, extra: Iterable[str] = ()) -> str:
    """The statement after the definitions that it, and the names ``extra``, rest on, each on a line of its own.

    A statement in LaTeX is given its definitions in LaTeX. Raises ParseError for a statement that cannot be read.
    """
    needed = state.needed([*extra, *names_in(statement, state)])
    return _joined(needed, statement, state)


def names_in(statement: str, state: State) -> tuple[str, ...]:
    """The names that occur in a statement, defined or not."""
    tree = _tree(statement, state)
    found = [node.name for node in walk(tree) if isinstance(node, s.Name)]
    found += [node.function.rstrip("'") for node in walk(tree) if isinstance(node, s.Applied)]
    found += [name for node in walk(tree) if isinstance(node, s.DerivativeOf) for name in node.wrt]
    return tuple(dict.fromkeys(found))


def is_derivative(statement: str, state: State) -> bool:
    """Whether a text is one derivative, such as ``d(f)/dV``, ``∇f(x)`` or ``hessian(f, x)``, that is not taken at a point of its own."""
    tree = _tree(statement, state).value
    while isinstance(tree, s.Group | s.Transposed):
        tree = tree.operand
    return isinstance(tree, s.DerivativeOf) and tree.point is None and not tree.along


def reading(statement: str, state: State) -> list[object]:
    """What a statement is read as with the names known now, to be compared with another reading of it."""
    return _outline(_tree(statement, state))


def _tree(statement: str, state: State) -> s.Program:
    try:
        return parse_syntax(statement, state.vocabulary()).program
    except MatcalcError as error:
        raise error.with_text(statement) from None


def _outline(root: s.Syntax) -> list[object]:
    """A tree as a list without places, to compare trees by."""
    found: list[object] = []
    for node in walk(root):
        match node:
            case s.Group():
                continue
            case s.NumberLiteral():
                found.append(node.value)
            case s.Name():
                found.append(node.name)
            case s.Word():
                found.append((node.word,))
            case s.Binary():
                found.append((node.operator, 2))
            case s.Raised():
                found.append(("^", node.elementwise))
            case s.Applied():
                found.append((node.function, "()", len(node.arguments)))
            case s.Summation():
                found.append(("sum", node.indices))
            case s.DerivativeOf():
                found.append(("d", node.wrt))
            case _:
                found.append(type(node))
    return found


def _joined(needed: list[Definition], statement: str, state: State) -> str:
    # A newline alone would join a statement that begins with a sign to the one before it.
    if not is_latex(statement):
        return ";\n".join([*(f"{d.head} = {d.plain}" for d in needed), statement])
    values = {d.head: d.value if d.is_latex else _in_latex(d, state) for d in needed}
    return ";\n".join([*(f"{head} = {value}" for head, value in values.items()), statement])


def _in_latex(definition: Definition, state: State) -> str:
    """The value of a plain definition in LaTeX; an error when it would be read as something else."""
    name, needed = definition.name, state.needed([definition.name])
    meant = elaborate(";\n".join([*(f"{d.head} = {d.plain}" for d in needed), name]), state.declarations, calculus=derivative_within)
    form = meant.steps.get(name, meant.outline)
    value = latex(form)
    results = {d.name: declaration_text(meant.steps[d.name].shape, ()) for d in needed if d.name != name and d.name in meant.steps}
    written = elaborate(f"{definition.head} = {value};\n{name}", {**meant.declarations, **results}, calculus=derivative_within)
    if written.steps.get(name, written.outline) is not form:
        raise MatcalcError(f"{name} has no spelling in LaTeX that reads back to it", suggestion="plain notation in this line")
    return value
