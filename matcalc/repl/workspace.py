"""What a session keeps between lines, what changes the names in it, and the programs that
statements with definitions are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from matcalc.base.errors import MatcalcError, ParseError
from matcalc.base.layouts import COSTS, LAYOUTS, SYMMETRIC
from matcalc.base.records import grouped
from matcalc.interface.api import parse
from matcalc.language import Elaborated, elaborate
from matcalc.language.build.own_calls import signed_functions
from matcalc.language.decisions import WITH_COMPLEX
from matcalc.language.declare.declarations import owners, written
from matcalc.language.declare.declared import SharedNames, complex_signs, declaration_text, parse_declarations, says_function
from matcalc.language.syntax.parser import parse_syntax
from matcalc.language.syntax.trees import (
    Applied,
    Binary,
    DerivativeOf,
    Group,
    Name,
    NumberLiteral,
    Program,
    Raised,
    Summation,
    Syntax,
    Transposed,
    Word,
    walk,
)
from matcalc.language.text.spelling import Vocabulary, canonical_name, is_name, known_functions
from matcalc.language.text.tokenization import is_latex
from matcalc.objects.inputs import NAMES, derivative_within
from matcalc.objects.parsed import Style
from matcalc.printing import latex, text
from matcalc.repl.request_lines import Define

SETTINGS: dict[str, tuple[str, ...]] = {
    "layout": LAYOUTS,
    "order": ("1", "2"),
    "symmetric": SYMMETRIC,
    "names": NAMES,
    "cost": COSTS,
    "letters": ("unicode", "ascii"),
}
"""The settings with their choices, the first of which is the default."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A name with its value as it was typed, and in plain notation."""

    name: str
    value: str
    plain: str
    names: tuple[str, ...] = ()
    """All names that occur in the value, defined or not."""
    parameters: tuple[str, ...] = ()
    """The arguments of a function."""

    @property
    def head(self) -> str:
        """What stands left of the equals sign."""
        return f"{self.name}({', '.join(self.parameters)})" if self.parameters else self.name

    @property
    def is_latex(self) -> bool:
        return is_latex(self.value)


@dataclass(slots=True)
class State:
    declarations: dict[str, str] = field(default_factory=dict)
    """What was declared of a name, in the ``declare`` syntax."""
    definitions: dict[str, Definition] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=lambda: {name: choices[0] for name, choices in SETTINGS.items()})

    @property
    def shared(self) -> SharedNames:
        """The declarations as those of many formulas."""
        return SharedNames(self.declarations)

    @property
    def order(self) -> int:
        return int(self.settings["order"])

    @property
    def conventions(self) -> dict[str, Any]:
        """What the session says of every formula, as arguments of the Python interface."""
        return {"declare": self.shared, "layout": self.settings["layout"], "symmetric": self.settings["symmetric"]}

    @property
    def style(self) -> Style:
        return "ascii" if self.settings["letters"] == "ascii" else "unicode"

    @property
    def known(self) -> set[str]:
        """Names that are declared or have a value."""
        return {*self.declarations, *self.definitions}

    def vocabulary(self) -> Vocabulary:
        """The names as the reader of tokens must know them."""
        functions = {name: kind for name, kind in self.declarations.items() if says_function(kind)}
        called = {*functions, *signed_functions(parse_declarations(functions))}
        defined = {name: definition.parameters for name, definition in self.definitions.items() if definition.parameters}
        values = self.definitions.keys() - defined.keys()
        signs = complex_signs(parse_declarations(self.declarations).values(), known=True)
        return Vocabulary.of(self.known - called - defined.keys(), called, complex=signs).defining(defined, values, ())

    def needed(self, names: Iterable[str]) -> list[Definition]:
        """The definitions that these names rest on, each after those that it uses (where values do
        not need each other)."""
        found: dict[str, Definition] = {}
        seen: set[str] = set()
        stack = [(name, False) for name in reversed(list(dict.fromkeys(names))) if name in self.definitions]
        while stack:
            name, ready = stack.pop()
            if ready:
                found[name] = self.definitions[name]
            elif name not in seen:
                seen.add(name)
                stack.append((name, True))
                stack.extend((other, False) for other in reversed(self.definitions[name].names) if other in self.definitions)
        return list(found.values())

    def dependants(self, names: Iterable[str]) -> list[str]:
        """The defined names among these, and those whose values rest on one of these names or
        symbols."""
        users = grouped((used, name) for name, definition in self.definitions.items() for used in definition.names)
        reached = set(names)
        stack = sorted(reached)
        while stack:
            fresh = [user for user in users.get(stack.pop(), ()) if user not in reached]
            reached.update(fresh)
            stack += fresh
        return [name for name in self.definitions if name in reached]


# ------------------------------------------------------------
# Statements with the definitions they rest on, as programs that every call of the Python interface
# reads.


def program(statement: str, state: State, extra: Iterable[str] = ()) -> str:
    """The statement after the definitions that it, and the names ``extra``, rest on, each on a line
    of its own.

    A statement in LaTeX is given its definitions in LaTeX. Raises ParseError for a statement that
    cannot be read.
    """
    return _joined(state.needed([*extra, *names_in(statement, state)]), statement, state)


def names_in(statement: str, state: State) -> tuple[str, ...]:
    """The names that occur in a statement, defined or not."""
    tree = _tree(statement, state)
    found = [node.name for node in walk(tree) if isinstance(node, Name)]
    found += [node.function.rstrip("'") for node in walk(tree) if isinstance(node, Applied)]
    found += [name for node in walk(tree) if isinstance(node, DerivativeOf) for name in node.wrt]
    return tuple(dict.fromkeys(found))


def is_derivative(statement: str, state: State) -> bool:
    """Whether a text is one derivative, such as ``d(f)/dV``, ``∇f(x)`` or ``hessian(f, x)``, that
    is not taken at a point of its own."""
    tree = _tree(statement, state).value
    while isinstance(tree, Group | Transposed):
        tree = tree.operand
    return isinstance(tree, DerivativeOf) and tree.point is None and not tree.along


def reading(statement: str, state: State) -> list[object]:
    """What a statement is read as with the names known now, to be compared with another reading of
    it."""
    return _outline(_tree(statement, state))


def _tree(statement: str, state: State) -> Program:
    try:
        return parse_syntax(statement, state.vocabulary()).program
    except MatcalcError as error:
        raise error.with_text(statement) from None


def _outline(root: Syntax) -> list[object]:
    """A tree as a list without places, to compare trees by."""
    found: list[object] = []
    for node in walk(root):
        match node:
            case Group():
                continue
            case NumberLiteral():
                found.append(node.value)
            case Name():
                found.append(node.name)
            case Word():
                found.append((node.word,))
            case _:
                found.append(_operation(node))
    return found


def _operation(node: Syntax) -> object:
    match node:
        case Binary():
            return node.operator, 2
        case Raised():
            return "^", node.elementwise
        case Applied():
            return node.function, "()", len(node.arguments)
        case Summation():
            return node.function or "sum", node.indices
        case DerivativeOf():
            return "d", node.wrt
        case _:
            return type(node)


def _joined(needed: list[Definition], statement: str, state: State) -> str:
    # A newline alone would join a statement that begins with a sign to the one before it.
    if not is_latex(statement):
        return ";\n".join([*(f"{d.head} = {d.plain}" for d in needed), statement])
    values = {d.head: d.value if d.is_latex else _in_latex(d, state) for d in needed}
    return ";\n".join([*(f"{head} = {value}" for head, value in values.items()), statement])


def _in_latex(definition: Definition, state: State) -> str:
    """The value of a plain definition in LaTeX; an error when it would be read as something
    else."""
    name, needed = definition.name, state.needed([definition.name])
    meant = elaborate(
        ";\n".join([*(f"{d.head} = {d.plain}" for d in needed), name]),
        state.declarations,
        options=WITH_COMPLEX,
        calculus=derivative_within,
    )
    form = meant.steps.get(name, meant.outline)
    value = latex(form)
    results = {
        d.name: declaration_text(meant.steps[d.name].shape, ()) for d in needed if d.name != name and d.name in meant.steps
    }
    written = elaborate(
        f"{definition.head} = {value};\n{name}",
        {**meant.declarations, **results},
        options=WITH_COMPLEX,
        calculus=derivative_within,
    )
    if written.steps.get(name, written.outline) is not form:
        raise MatcalcError(f"{name} has no spelling in LaTeX that reads back to it", suggestion="plain notation in this line")
    return value


# ------------------------------------------------------------
# What changes the names of a session: values, declarations, forgetting. Each change is made whole
# or not at all.


def define(state: State, asked: Sequence[Define]) -> Elaborated:
    """Gives names their values, or a function its formula; the values may use each other in any
    order. The program that they make is read once, as a whole.

    Raises MatcalcError for a name that cannot have a value, for values that need each other, and
    for what cannot be read.
    """
    values = {one.name: one for one in (_definition(one, state) for one in asked)}
    if len(values) < len(asked):
        raise ParseError("a name is given two values in one line", suggestion="one of them")
    kept = {name: d.value for name, d in state.definitions.items() if name not in values and not asked[0].parameters}
    readings = {name: reading(value, state) for name, value in kept.items()}
    before = dict(state.definitions)
    try:
        state.definitions |= values
        for name, was in readings.items():
            if reading(kept[name], state) != was:
                raise MatcalcError(f"{name} = {kept[name]} would be read in another way", suggestion="another name")
        _settle_names(state)
        for name in values:
            _refuse_cycle(name, state)
        *_, last = values
        whole = elaborate(program(last, state, values), state.declarations, options=WITH_COMPLEX, calculus=derivative_within)
        for name in values:
            definition = state.definitions[name]
            if definition.is_latex:
                form = whole.steps.get(name, whole.outline)
                state.definitions[name] = replace(definition, plain=text(form, "ascii"))
    except MatcalcError:
        state.definitions = before
        raise
    return whole


def declare(state: State, declarations: str) -> list[str]:
    """Takes down what a text declares, in place of what was declared of the same names; gives the
    names.

    Raises MatcalcError for what is not understood, and for a name that has a value.
    """
    found = parse_declarations(declarations)
    if not found:
        raise ParseError("nothing is declared", suggestion="X: n×m, or x: n; A: n×n symmetric")
    for name in found:
        if name in state.definitions:
            raise MatcalcError(f"{name} has the value {state.definitions[name].value}", suggestion=f":forget {name} first")
    for one in written(declarations):
        for name in one.names or owners(one.value, found):
            before = state.declarations.get(name) if one.adds or not one.names else None
            state.declarations[name] = ", ".join(filter(None, [before, one.value]))
    _settle_names(state)
    return list(found)


def forget(state: State, names: Iterable[str]) -> list[str]:
    """Drops declarations and values; gives the names. Values that use a dropped name use a symbol
    of that name from then on.

    Raises MatcalcError for a name that has neither, and where a value could not be read as before:
    a name of several letters that is not known is a product.
    """
    dropped = [canonical_name(name) for name in names]
    for name in dropped:
        if name not in state.known:
            known = ", ".join([*state.declarations, *state.definitions]) or "nothing is declared or defined"
            raise MatcalcError(f"{name} is neither declared nor defined", expected=known)
    kept = {name: reading(d.plain, state) for name, d in state.definitions.items() if name not in dropped}
    before = dict(state.declarations), dict(state.definitions)
    for name in dropped:
        state.declarations.pop(name, None)
        state.definitions.pop(name, None)
    users = [name for name, was in kept.items() if reading(state.definitions[name].plain, state) != was]
    if users:
        state.declarations, state.definitions = before
        raise MatcalcError(
            f"without {', '.join(dropped)} the value of {', '.join(users)} could not be read as before",
            suggestion=f":forget {' '.join([*dropped, *users])}",
        )
    _settle_names(state)
    return dropped


def captured(state: State, before: Mapping[str, Definition]) -> list[str]:
    """A remark for each value in which a symbol has got a value of its own; ``before`` are the
    definitions until then."""
    new = state.definitions.keys() - before.keys()
    using = {name: [used for used in was.names if used in new] for name, was in before.items()}
    return [
        f"{'note:':<10}{name} = {before[name].value} now uses the value of {', '.join(fresh)}"
        for name, fresh in using.items()
        if fresh and state.definitions[name].value == before[name].value
    ]


def misfits(state: State, changed: Iterable[str]) -> list[str]:
    """A remark for each value that rests on these names and cannot be read any more."""
    names = set(changed)
    remarks = []
    for name in [other for other in state.dependants(names) if other not in names]:
        try:
            parse(program(name, state), state.shared)
        except MatcalcError as error:
            remarks.append(f"{'note:':<10}{name} = {state.definitions[name].value} does not fit any more: {error.message}")
    return remarks


def hidden_sign(names: Iterable[str]) -> list[str]:
    """A remark when ``d`` has become a name."""
    written = "d is a name now: write ∂(f)/∂x or f wrt x for derivatives, d(f)/dx only as a side of an equation"
    return [f"{'note:':<10}{written}"] if "d" in names else []


def _definition(asked: Define, state: State) -> Definition:
    """What is to be defined. Raises MatcalcError for names that cannot have a value or be an
    argument."""
    name = _checked_name(asked.name, asked.value, state)
    names = tuple([canonical_name(parameter) for parameter in asked.parameters])
    if len(set(names)) < len(names) or not all(map(is_name, asked.parameters)):
        raise ParseError(f"the arguments of {asked.name} are different names", suggestion=f"{asked.name}(x) = {asked.value}")
    for parameter in names:
        if parameter in state.definitions:
            value = state.definitions[parameter].value
            raise MatcalcError(f"{parameter} has the value {value}", suggestion=f":forget {parameter} first")
    return Definition(name, asked.value, asked.value, parameters=names)


def _checked_name(written: str, value: str, state: State) -> str:
    name = canonical_name(written)
    if not is_name(name):
        raise ParseError(
            f"{written!r} cannot be a name", expected="letters, with digits or an index after them", suggestion=f"f = {value}"
        )
    if name in state.declarations:
        raise MatcalcError(
            f"{written} is declared ({state.declarations[name]}) and cannot be given a value too",
            suggestion=f":forget {written} first, or :verify {written} = {value}",
        )
    if name in known_functions():
        raise MatcalcError(
            f"{written} is a function and cannot be given a value", suggestion=f"another name, such as {written}_1"
        )
    if not value:
        raise ParseError(f"the value of {written} is missing", suggestion=f"{written} = x'*A*x")
    return name


def _refuse_cycle(name: str, state: State) -> None:
    rests = state.needed(state.definitions[name].names)
    if name in (definition.name for definition in rests):
        through = [d.name for d in rests if d.name != name and name in (other.name for other in state.needed(d.names))]
        way = f" through {', '.join(through)}" if through else ""
        value = state.definitions[name].value
        raise MatcalcError(f"{name} would be defined by itself{way}", suggestion=f"another name, or :verify {name} = {value}")


def _settle_names(state: State) -> None:
    """Which names stand in which values, after names came or went."""
    for name, definition in state.definitions.items():
        names = [used for used in names_in(definition.plain, state) if used not in definition.parameters]
        state.definitions[name] = replace(definition, names=tuple(names))
