"""What the calls of the Python interface take as an expression or as a name: a text, a typed expression, a SymPy expression."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias, TypeVar

from matcalc.budgets import metered
from matcalc.errors import LimitError, MatcalcError
from matcalc.expr.nodes import Expr, Symbol
from matcalc.expr.rewriting import replaced, symbols_in
from matcalc.language import Elaborated, elaborate, parse_declarations
from matcalc.language.build.construction import Differentiated
from matcalc.language.decisions import Decision
from matcalc.language.declare.declared import Declaration
from matcalc.language.declare.texts import Declare, SharedNames, SharedText, declaration_text
from matcalc.language.options import AS_USUAL, ReadingOptions
from matcalc.language.text.spelling import canonical_name, is_name
from matcalc.later import later
from matcalc.limits import DERIVATION_SECONDS
from matcalc.operators import Arithmetic
from matcalc.records import replace

if TYPE_CHECKING:
    import sympy

    from matcalc.operators import combining
else:
    combining = later("matcalc.operators.combining")

Given = ParamSpec("Given")
Answer = TypeVar("Answer")

Expression: TypeAlias = "str | Arithmetic | sympy.Basic"
"""A text of the language, an expression built with operators, or a SymPy expression."""
Name: TypeAlias = "str | Arithmetic | sympy.Basic"
"""The name of a symbol, or the symbol itself."""
Names: TypeAlias = "Name | Sequence[Name]"


def derivative_within(question: Differentiated) -> Expr | None:
    """The closed form of a derivative within an expression; what does it is loaded when it is first used."""
    found: Expr | None = import_module("matcalc.products.directional").closed_form(question)
    return found


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

    ``declare`` may give properties to the symbols of a typed expression, and declare others. Raises MatcalcError for what is no expression.
    """
    if isinstance(expression, str):
        return elaborate(expression, declare, wrt=wrt, results=results, options=options, question=question, calculus=derivative_within)
    if isinstance(expression, Arithmetic):
        found = _typed(expression.node, expression.declarations, expression.notes, declare)
        return replace(found, origin=expression.origin)
    if is_sympy(expression):
        found = _exchange().read(expression)
        return replace(_typed(found.expression, combining.declarations_of(found.expression), found.notes, declare), origin=expression)
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
    if not isinstance(symbol, str) or not is_name(symbol):
        raise MatcalcError(f"{symbol!r} is not the name of a symbol", expected="one name to differentiate by, such as x or W_1")
    return canonical_name(symbol)


def is_single(wrt: Names) -> bool:
    """Whether one name or symbol was given, rather than several."""
    return isinstance(wrt, (str, Arithmetic)) or is_sympy(wrt) or not isinstance(wrt, Sequence)


def listed(wrt: Names) -> tuple[Name, ...]:
    """The names or symbols as they were given, one or several."""
    return tuple(wrt) if isinstance(wrt, Sequence) and not is_single(wrt) else (wrt,)


def names_of(wrt: Names) -> tuple[str, ...]:
    """The names of one symbol or of several. Raises MatcalcError for what is no symbol."""
    return tuple([name_of(name) for name in listed(wrt)])


def with_symbols(declare: Declare, wrt: Names) -> Declare:
    """The declarations, and those of symbols given as such: a text is read with them, and the derivative by a symbol that does not occur is
    a zero of its shape."""
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


@contextmanager
def explained(expression: object, seconds: float = DERIVATION_SECONDS) -> Iterator[None]:
    """The door of a call: errors know the text they are about, no error but MatcalcError gets out, and the call has a budget."""
    text = expression if isinstance(expression, str) else None
    try:
        with metered(seconds):
            yield
    except MatcalcError as error:
        if text is not None:
            error.with_text(text)
        raise
    except RecursionError:
        raise LimitError("the expression is nested too deeply", text=text) from None
    except MemoryError:
        raise LimitError("the memory does not reach for this", text=text, suggestion="smaller sizes, or a smaller expression") from None
    except ValueError as error:
        if "integer string conversion" not in str(error):
            raise
        raise LimitError("a number in the formula has thousands of digits", text=text, suggestion="a symbol with its value") from None


def as_call(function: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """The method of a result as a call of its own, with a budget and no errors but those of this package."""

    @wraps(function)
    def bounded(*arguments: Given.args, **keywords: Given.kwargs) -> Answer:
        with explained(None):
            return function(*arguments, **keywords)

    return bounded


def is_sympy(value: object) -> bool:
    """Whether the value is an expression or a matrix of SymPy's; without loading SymPy, nor asking what another thread is still loading."""
    return any(cls.__name__ in ("Basic", "MatrixBase") and str(cls.__module__).startswith("sympy.") for cls in type(value).__mro__)


def _exchange() -> Any:
    """Reading SymPy, loaded when it is first used."""
    return import_module("matcalc.sympy_exchange.reading")


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


def _declared(declaration: Declaration, occurring: Symbol | None) -> Symbol | None:
    """The symbol with what is declared of it; None where a declaration says nothing about a typed expression.

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
