"""What the calls of the Python interface take: expressions, names, and programs with named
intermediate results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from itertools import chain, count
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from matcalc.base.budgets import explained
from matcalc.base.errors import ComplexError, MatcalcError
from matcalc.base.layouts import LAYOUTS, SYMMETRIC
from matcalc.base.lazy import later, pattern
from matcalc.base.records import replace
from matcalc.base.shapes import axes_of
from matcalc.einstein.algebra import selects
from matcalc.einstein.lowering import lower
from matcalc.einstein.nodes import Contraction, Symbol as TensorSymbol
from matcalc.expr.nodes import Expr, Symbol
from matcalc.expr.rewriting import replaced, resolved, rested_on, symbols_in
from matcalc.facts.table import COMPLEX
from matcalc.language import Elaborated, elaborate, parse_declarations
from matcalc.language.decisions import AS_USUAL, Decision, Differentiated, ReadingOptions
from matcalc.language.declare.declared import (
    Declaration,
    Declare,
    SharedNames,
    SharedText,
    declaration_text,
    not_real,
)
from matcalc.language.elaboration import about_unused, question_in
from matcalc.language.text.spelling import canonical_name, is_name
from matcalc.objects.arithmetic import Arithmetic

if TYPE_CHECKING:
    import sympy

    from matcalc.objects import combining
else:
    combining = later("matcalc.objects.combining")

Expression: TypeAlias = "str | Arithmetic | sympy.Basic"
"""A text of the language, an expression built with operators, or a SymPy expression."""
Name: TypeAlias = "str | Arithmetic | sympy.Basic"
"""The name of a symbol, or the symbol itself."""
Names: TypeAlias = "Name | Sequence[Name]"


def derivative_within(question: Differentiated) -> Expr | None:
    """The closed form of a derivative within an expression; what does it is loaded when it is first
    used."""
    return cast("Expr | None", import_module("matcalc.products.differentials").closed_form(question))


def read(
    expression: Expression,
    declare: Declare = None,
    *,
    wrt: Iterable[str] = (),
    results: bool = False,
    options: ReadingOptions = AS_USUAL,
    question: bool = False,
) -> Elaborated:
    """The typed expression, in whichever way it was given; parameters as for ``elaborate``.

    ``declare`` may give properties to the symbols of a typed expression, and declare others. Raises
    MatcalcError for what is no expression.
    """
    if isinstance(expression, str):
        return elaborate(
            expression, declare, wrt=wrt, results=results, options=options, question=question, calculus=derivative_within
        )
    if isinstance(expression, Arithmetic):
        found = _typed(expression.node, expression.declarations, expression.notes, declare)
        if not options.complex:
            _require_real(found.symbols)
        return replace(found, origin=expression.origin)
    if is_sympy(expression):
        found = _exchange().read(expression)
        return replace(
            _typed(found.expression, combining.declarations_of(found.expression), found.notes, declare), origin=expression
        )
    value = combining.number(expression)
    if value is not None:
        return _typed(value, {}, (), declare)
    raise MatcalcError(
        f"a value of type {type(expression).__name__} is no expression",
        expected="a text, an expression built from matcalc.symbols, or a SymPy expression",
    )


def name_of(symbol: Name) -> str:
    """The name of a symbol, in its one spelling. Raises MatcalcError for what is none."""
    if isinstance(symbol, Arithmetic):
        if not isinstance(symbol.node, Symbol):
            raise MatcalcError(f"{symbol} is not a symbol", expected="one symbol to differentiate by")
        return symbol.node.name
    if is_sympy(symbol):
        return str(_exchange().symbol_name(symbol))
    if isinstance(symbol, str) and _CONJUGATE.search(symbol) is not None:
        said = f"{symbol} is the conjugate of what is not declared as complex"
        raise ComplexError(said, suggestion='declare="z: n complex"')
    if not isinstance(symbol, str) or not is_name(symbol):
        raise MatcalcError(f"{symbol!r} is not the name of a symbol", expected="one name to differentiate by, such as x or W_1")
    return canonical_name(symbol)


def with_parts(
    expression: Expression, wrt: Sequence[Name], declare: Declare, options: ReadingOptions
) -> tuple[tuple[Name, str], ...]:
    """Names, and what is said of positions behind them: ``X[1:k,:]``, or ``X_12`` where X is an
    array of the expression and X_12 is nothing."""
    found: list[tuple[Name, str]] = []
    for symbol in wrt:
        match = _IN_BRACKETS.fullmatch(symbol) if isinstance(symbol, str) else None
        name = canonical_name(symbol) if isinstance(symbol, str) and match is None and is_name(symbol) else ""
        if match is not None:
            found.append((match["name"], match["positions"]))
        elif name.rpartition("_")[2].isdecimal():
            found.append(_subscripted(name, read(expression, declare, results=True, options=options, question=True).symbols))
        else:
            found.append((symbol, ""))
    return tuple(found)


def _subscripted(name: str, symbols: Mapping[str, Symbol]) -> tuple[str, str]:
    """The array and the positions of an entry that is called by its subscript; the name itself
    where that is none."""
    stem, _, subscript = name.rpartition("_")
    if name in symbols or stem not in symbols:
        return name, ""
    axes = len(axes_of(symbols[stem].shape))
    positions = [subscript] if axes == 1 else list(subscript)
    return (stem, ",".join(positions)) if len(positions) == axes else (name, "")


def part_named(symbol: Symbol, positions: str) -> Expr:
    """The part of a symbol at positions. Raises MatcalcError for what selects none."""
    text = f"{symbol.name}[{positions}]"
    with explained(text):
        part = elaborate(text, {symbol.name: declaration_text(symbol.shape, ())}).expression
        tensor = lower(part).tensor
        arrays = [operand for operand in tensor.below if not selects(operand)] if isinstance(tensor, Contraction) else [tensor]
        if len(arrays) != 1 or not isinstance(arrays[0], TensorSymbol):
            raise MatcalcError(f"{text} is no part of {symbol.name}", suggestion=f"{symbol.name}[1,2], {symbol.name}[1:2,:]")
    return replaced(part, {symbol.name: symbol})


_CONJUGATE = pattern(r"\bconj(?:ugate)?\s*\(|\^\s*\{?\s*\*")
"""What is not the name of a symbol, but that of its conjugate."""
_IN_BRACKETS = pattern(r"\s*(?P<name>[^\[\]]+?)\s*\[(?P<positions>[^\[\]]+)\]\s*")


def is_single(wrt: Names) -> bool:
    """Whether one name or symbol was given, rather than several."""
    return isinstance(wrt, (str, Arithmetic)) or is_sympy(wrt) or not isinstance(wrt, Sequence)


def listed(wrt: Names) -> tuple[Name, ...]:
    """The names or symbols as they were given, one or several."""
    return tuple(wrt) if isinstance(wrt, Sequence) and not is_single(wrt) else (wrt,)


def names_of(wrt: Names) -> tuple[str, ...]:
    """The names of one symbol or of several. Raises MatcalcError for what is no symbol."""
    return tuple([name_of(name) for name in listed(wrt)])


def batched_names(batched: Names, symbols: Sequence[Symbol], word: str = "batched") -> tuple[str, ...]:
    """The names of symbols that have leading axes, or are what the ``word`` says. Raises
    MatcalcError for one that is none of the symbols."""
    names, there = names_of(batched), dict.fromkeys(symbol.name for symbol in symbols)
    for name in names:
        if name not in there:
            raise MatcalcError(f"{name} cannot be {word}: it does not occur", expected=", ".join(there))
    return names


def with_symbols(declare: Declare, wrt: Names) -> Declare:
    """The declarations, and those of symbols given as such: a text is read with them, and the
    derivative by a symbol that does not occur is a zero of its shape."""
    found: dict[str, str] = {}
    for symbol in listed(wrt):
        if isinstance(symbol, Arithmetic):
            found.update(combining.declarations_of(symbol.node))
        elif is_sympy(symbol):
            found.update(combining.declarations_of(_exchange().read(symbol).expression))
    return also_declared(declare, found) if found else declare


def also_declared(declare: Declare, known: Mapping[str, str]) -> Declare:
    """The declarations, and what is known of other names."""
    said = parse_declarations(declare)
    new = {name: text for name, text in known.items() if name not in said}
    if isinstance(declare, Mapping):
        every = {**declare, **new}
        return SharedNames(every) if isinstance(declare, SharedNames) else every
    joined = "; ".join(
        [*import_module("matcalc.language.declare.objects").texts_of(declare), *(f"{name}: {text}" for name, text in new.items())]
    )
    return SharedText(joined) if isinstance(declare, SharedText) else joined


def is_sympy(value: object) -> bool:
    """Whether the value is an expression or a matrix of SymPy's; without loading SymPy, nor asking
    what another thread is still loading."""
    return any(
        cls.__name__ in ("Basic", "MatrixBase") and str(cls.__module__).startswith("sympy.") for cls in type(value).__mro__
    )


def _exchange() -> Any:
    """Reading SymPy, loaded when it is first used."""
    return import_module("matcalc.sympy_exchange.sympy_reader")


def _typed(expression: Expr, declarations: Mapping[str, str], notes: Sequence[str], declare: Declare) -> Elaborated:
    symbols = symbols_in(expression)
    texts = {name: declarations.get(name, text) for name, text in combining.declarations_of(expression).items()}
    changed: dict[str, Expr] = {}
    for name, declaration in parse_declarations(declare).items():
        symbol = _declared(declaration, symbols.get(name))
        if symbol is None:
            continue
        if name in symbols and symbol is not symbols[name]:
            changed[name] = symbol
            texts[name] = declaration_text(symbol.shape, declaration.properties)
        symbols[name] = symbol
    whole = replaced(expression, changed) if changed else expression
    return Elaborated(whole, symbols, texts, tuple([Decision(note) for note in notes]), {}, {}, whole)


def _require_real(symbols: Mapping[str, Symbol]) -> None:
    """Raises ComplexError for a symbol that is complex."""
    for name, symbol in symbols.items():
        if COMPLEX in symbol.properties:
            raise not_real(name)


def _declared(declaration: Declaration, occurring: Symbol | None) -> Symbol | None:
    """The symbol with what is declared of it; None where a declaration says nothing about a typed
    expression.

    Raises MatcalcError where the declaration contradicts the expression.
    """
    if declaration.kind == "function":
        return None
    if occurring is None:
        return None if declaration.shape is None else Symbol(declaration.name, declaration.shape, declaration.facts)
    if declaration.shape is not None and declaration.shape != occurring.shape:
        found, said = (declaration_text(shape, ()) for shape in (occurring.shape, declaration.shape))
        raise MatcalcError(f"{declaration.name} is {found} in the expression, but declared as {said}")
    return Symbol(declaration.name, occurring.shape, occurring.properties | declaration.facts)


# ------------------------------------------------------------
# Programs with named intermediate results, as the expressions that were written.

_VALUE_NAMES = {True: ("f", "s", "L", "loss"), False: ("y", "Y", "F", "result")}


class Outline:
    """``steps`` in the order of computation, each in terms of symbols and the names before it, then
    ``value`` in terms of all of them.

    ``names`` are the symbols that stand for the steps; ``value_name`` is what the value is called,
    a step's name where it is that step, else one that is not ``taken``.
    """

    def __init__(
        self,
        steps: Mapping[str, Expr],
        value: Expr,
        expanded: Mapping[str, Expr],
        expression: Expr,
        taken: frozenset[str] = frozenset(),
    ) -> None:
        self.steps, self.value, self.expanded, self.expression = steps, value, expanded, expression
        self.names = {name: Symbol(name, step.shape) for name, step in steps.items()}
        known = {*steps, *symbols_in(expression), *taken}
        names = _VALUE_NAMES[expression.is_scalar]
        fresh = next((name for name in names if name not in known), None) or fresh_name(names[-1], known)
        self.value_name = value.name if isinstance(value, Symbol) and value.name in steps else fresh

    @property
    def is_step(self) -> bool:
        """Whether the value is one of the steps."""
        return self.value_name in self.steps

    def parts(self) -> dict[str, Expr]:
        """Every step and the value by name, in the order of computation."""
        return dict(self.steps) if self.is_step else {**self.steps, self.value_name: self.value}

    def opened(self, *but: str) -> Expr:
        """The value with all names but these replaced by what they stand for."""
        if not but:
            return self.expression
        return replaced(
            self.value, resolved({name: self.names[name] if name in but else step for name, step in self.steps.items()})
        )

    def needed(self, *expressions: Expr) -> dict[str, Expr]:
        """The steps that expressions rest on, in the order of computation."""
        return rested_on(self.steps, *expressions)


def outline_of(elaborated: Elaborated) -> Outline:
    taken = frozenset({*elaborated.declarations, *elaborated.symbols})
    return Outline(elaborated.steps, elaborated.outline, elaborated.intermediates, elaborated.expression, taken)


def fresh_name(stem: str, taken: set[str]) -> str:
    """``delta_z`` for ``delta`` and ``z``, or the first such name that is free."""
    candidates = chain([stem], (f"{stem}_{k}" for k in count(1)))
    return next(name for name in map(canonical_name, candidates) if name not in taken)


# ------------------------------------------------------------
# Programs and names as the calls of the Python interface take them, read into typed expressions.

NAMES = ("substitute", "keep")
"""What becomes of the names of intermediate results in an answer."""


def named_in(expression: Expression, declare: Declare, options: ReadingOptions) -> tuple[str, ...]:
    """The names that a text itself says it is to be differentiated by. Raises MatcalcError when it
    says none."""
    question = question_in(expression, declare, options) if isinstance(expression, str) else None
    if question is None:
        symbols = tuple(read(expression, declare, options=options, question=True).declarations)
        advice = (
            f'derive("{expression}", "{symbols[0]}")' if isinstance(expression, str) and symbols else 'derive(expression, "x")'
        )
        raise MatcalcError(
            "what to differentiate by is not said",
            expected=f"one of {', '.join(symbols)}" if symbols else None,
            suggestion=advice,
        )
    if not question.settled:
        raise MatcalcError(
            f"the function has {len(question.names)} arguments",
            expected=f"which to differentiate by: {' or '.join(question.names)}",
        )
    return question.names


def read_program(
    expression: Expression,
    wrt: Names,
    declare: Declare,
    options: ReadingOptions,
    *,
    question: bool = False,
    others: Sequence[str] = (),
) -> tuple[Elaborated, Outline, tuple[Symbol, ...]]:
    """The expression, its outline, and the symbols of these names, intermediate results among them.

    With ``question`` the text may say itself that it asks for a derivative; then that is by the
    same names. ``others`` are names that may be declared although they do not occur. Raises
    MatcalcError for names that are neither.
    """
    names = names_of(wrt)
    elaborated = read(expression, with_symbols(declare, wrt), wrt=names, results=True, options=options, question=question)
    elaborated = elaborated.with_more(about_unused(declare, tuple(elaborated.declarations), *names, *others))
    if elaborated.question is not None and elaborated.question.said:
        names = _agreed(tuple([_subscripted(name, elaborated.symbols)[0] for name in elaborated.question.names]), names)
    outline = outline_of(elaborated)
    return elaborated, outline, tuple([outline.names.get(name) or symbol_named(name, elaborated) for name in names])


def _agreed(said: tuple[str, ...], given: tuple[str, ...]) -> tuple[str, ...]:
    """The names that the text differentiates by. Raises MatcalcError when others are asked for, or
    another order."""
    if set(said) != set(given):
        advice = "the formula without the sign of differentiation, or d(d(f)/dx)/dA for a derivative of the derivative"
        shown, asked = " and ".join(dict.fromkeys(said)), " and ".join(dict.fromkeys(given))
        raise MatcalcError(f"the text is a derivative by {shown}, and one by {asked} is asked for", suggestion=advice)
    if len(given) > len(said):
        raise MatcalcError(
            "the text asks for a first derivative, and a second one is asked for",
            suggestion=f"∇²_{said[0]}(...), or the formula alone",
        )
    return said


def symbol_named(name: str, elaborated: Elaborated) -> Symbol:
    """The symbol of this name: one of the expression's, or a declared one. Raises MatcalcError when
    there is none."""
    if name in elaborated.symbols:
        return elaborated.symbols[name]
    there = ", ".join([*elaborated.symbols, *elaborated.steps])
    raise MatcalcError(
        f"{name} does not occur in the expression, and it is not declared",
        expected=f"one of its symbols: {there}" if there else None,
        suggestion=f'declare="{name}: n" to get a zero of its shape',
    )


def require_choices(layout: str, symmetric: str, names: str = "substitute") -> None:
    """Raises MatcalcError for a layout, a convention or a treatment of names that there is not."""
    require_choice("layout", layout, LAYOUTS)
    require_choice("symmetric", symmetric, SYMMETRIC)
    require_choice("treatment of names", names, NAMES)


def require_choice(name: str, value: str, choices: Sequence[str]) -> None:
    """Raises MatcalcError when ``value`` is not one of the choices."""
    if value not in choices:
        raise MatcalcError(f"there is no {name} {value!r}", expected=", ".join(choices))


_NAME = pattern(r"(?:[^\s,;\[{]|\[[^\]]*\]|\{[^}]*\}|[\[{])+")


def split_names(wrt: str) -> list[str]:
    """The names of a list separated by commas, semicolons or spaces, some perhaps with positions.

    >>> split_names("x, X[1, 2]"), split_names("W b")
    (['x', 'X[1, 2]'], ['W', 'b'])
    """
    return [found[0] for found in _NAME.finditer(wrt)]
