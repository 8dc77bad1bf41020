"""Results as lines of text for the command line and the prompt; and by which symbol is meant when
nobody said so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

from matcalc.base.budgets import explained
from matcalc.base.errors import MatcalcError, ParseError
from matcalc.base.functions import OVER, code_targets, typesetting
from matcalc.base.records import replace
from matcalc.interface.api import parse
from matcalc.interface.results import Derivation, HessianProduct
from matcalc.language.decisions import Question, reading_options
from matcalc.language.declare.declared import Declare, says_function
from matcalc.language.elaboration import question_in
from matcalc.objects.inputs import Expression
from matcalc.objects.parsed import Reading, Style
from matcalc.printing.names import ascii_name, unicode_name

CODE = (*code_targets(), "sympy")
"""What a result can be written as a program for."""
OF_MANIFOLDS = ("pymanopt",)
"""The same for derivatives on manifolds alone."""
FORMATS = ("unicode", "ascii", *typesetting(), "markdown", "json", "index", *CODE)


def is_code(target: str) -> bool:
    """Whether a form is code, be it code that is split over devices."""
    return target.partition(OVER)[0] in (*CODE, *OF_MANIFOLDS)


def as_json(parts: Mapping[str, Any] | Sequence[Any], *, ascii: bool = False) -> str:
    """One JSON object, or a list; with nothing but ASCII characters where the output can show no
    others."""
    import json

    return json.dumps(parts, ensure_ascii=ascii, indent=2)


NO_ARRAYS: Mapping[str, Sequence[str]] = MappingProxyType({})
"""No arrays that code is to take otherwise than usual."""


def rendered(
    result: Any,
    target: str,
    *,
    equation: bool = False,
    bold: bool = False,
    ascii_json: bool = False,
    arrays: Mapping[str, Sequence[str]] = NO_ARRAYS,
) -> str:
    """A result in one of ``FORMATS``, an ``equation`` with both sides; ``ascii_json`` as
    ``as_json`` has it. ``arrays`` are options of code that name arrays.

    Raises MatcalcError for a form that a result of this kind does not have.
    """
    match target:
        case "unicode":
            text: str = (
                result.equation() if equation else result.written() if hasattr(result, "written") else result.text("unicode")
            )
        case "ascii":
            text = result.equation("ascii") if equation else result.text("ascii")
        case _ if target in typesetting():
            text = result.typeset(target, bold=bold, **({"equation": True} if equation else {}))
        case _ if is_code(target):
            text = result.code(target, **arrays).rstrip("\n")
        case "markdown" if hasattr(result, "markdown"):
            text = result.markdown(bold=bold)
        case "index" if hasattr(type(result), "index_form"):
            text = result.index_form
        case "json" if hasattr(result, "to_dict"):
            text = as_json(result.to_dict(), ascii=ascii_json)
        case _:
            raise MatcalcError(f"there is no {target} form of this result", expected="a derivative by one name")
    return text


def steps_rendered(derivation: Derivation, target: str, style: str = "index", *, ascii_json: bool = False) -> str:
    """The derivation in steps, in one of ``STEP_FORMATS``; JSON is the object of ``rendered`` with
    the steps in it.

    Raises MatcalcError for another form.
    """
    if target != "json":
        return derivation.steps_text(target, style)
    steps = [step.to_dict() for step in derivation.derivation_steps(style)]
    return as_json({**derivation.to_dict(), "derivation": steps}, ascii=ascii_json)


def reading_lines(reading: Reading, *, whole: bool = False, style: Style = "unicode") -> list[str]:
    """How the input was read, which comes before the result: what is doubtful, and the reading
    itself where it is more than usual.

    ``whole`` tells every decision, and what else the input could mean.
    """
    said = reading.explain(style).splitlines() if whole else [reading.echo(style)] if reading.surprising else []
    return [*(f"warning: {warning}" for warning in reading.warnings), *said]


def remark_lines(
    declarations: Mapping[str, str],
    conditions: Iterable[str],
    notes: Iterable[str],
    warnings: Sequence[str] = (),
    shape: str = "",
) -> list[str]:
    """What a result rests on, a labelled line each; notes that were said as ``warnings`` are left
    out."""
    rows = [
        ("where", "; ".join(f"{name}: {kind}" for name, kind in declarations.items())),
        ("shape", shape),
        *(("holds if", condition) for condition in conditions),
        *(("note", note) for note in notes if note not in warnings),
    ]
    return [f"{label + ':':<10}{content}" for label, content in rows if content]


def remarks(result: Any, *, shown_as_index: bool = False) -> list[str]:
    """What a result rests on, a labelled line each; of a derivation with its shape, and that it has
    no closed form."""
    shape, notes = "", list(result.notes)
    if isinstance(result, Derivation):
        shape = f"{shape_words(result.shape)}, {result.layout} layout"
        if not result.closed and not shown_as_index:
            form = "index notation" if result.outcome.shown is None else "a form with explicit sums"
            notes.append(f"no closed matrix form is known; this is {form}")
    return remark_lines(result.declarations, result.conditions, notes, result.warnings, shape)


def joint_remarks(derivations: Sequence[Derivation]) -> list[str]:
    """What several derivatives of one expression rest on, each thing once."""
    declarations = {name: kind for one in derivations for name, kind in one.declarations.items()}
    shapes = "; ".join(f"{left_side(one, 'unicode')}: {shape_words(one.shape)}" for one in derivations)
    conditions = dict.fromkeys(said for one in derivations for said in one.conditions)
    notes = dict.fromkeys(said for one in derivations for said in one.notes if said not in one.warnings)
    still_open = [f"no closed matrix form of {left_side(one, 'unicode')} is known" for one in derivations if not one.closed]
    return remark_lines(declarations, conditions, [*notes, *still_open], (), f"{shapes}, {derivations[0].layout} layout")


def left_side(derivation: Derivation, style: Literal["unicode", "ascii"]) -> str:
    """What stands left of the equals sign: ``∂f/∂x``, ``d2f/dx2``."""
    ascii = style == "ascii"
    sign, spell = ("d", ascii_name) if ascii else ("∂", unicode_name)
    value = value_name(derivation)
    if derivation.operator:
        return f"{derivation.operator}_{spell(derivation.wrt[0].name)} {value}"
    by, along = (derivation.by, derivation.direction) if isinstance(derivation, HessianProduct) else (derivation.wrt, None)
    names = [spell(symbol.name) for symbol in by]
    if len(names) == 1:
        return f"{sign}{value}/{sign}{names[0]}"
    whole = _of_second_order(value, names, sign, ascii)
    return whole if along is None else f"{whole} [{spell(along.name)}]"


def _of_second_order(value: str, names: Sequence[str], sign: str, ascii: bool) -> str:
    two = "2" if ascii else "²"
    below = f"{sign}{names[0]}{two}" if names[0] == names[1] else f"{sign}{names[0]} {sign}{names[1]}"
    return f"{sign}{two}{value}/{below}" if names[0] == names[1] else f"{sign}{two}{value}/({below})"


def value_name(derivation: Derivation) -> str:
    """What the differentiated value is called: a name that none of its symbols has."""
    return next(name for name in ("f", "F", "y", "value") if name not in derivation.declarations or name == "value")


def shape_words(shape: tuple[Any, ...]) -> str:
    """A shape in words.

    >>> shape_words(()), shape_words(("n",)), shape_words(("n", "m*p"))
    ('scalar', 'vector of size n', 'n×(m*p)')
    """
    sizes = [f"({size})" if len(shape) > 1 and any(sign in str(size) for sign in "*+-") else str(size) for size in shape]
    return f"vector of size {sizes[0]}" if len(sizes) == 1 else "×".join(sizes) or "scalar"


def variables(expression: Expression, **reading: object) -> dict[str, str]:
    """The symbols that a formula can be differentiated by, with kind and size as in declarations;
    ``reading`` as for ``parse``.

    >>> variables("a*norm2(X*w - y)^2 + sum(f(w))", declare="f: function; y: constant")
    {'a': 'scalar', 'X': 'n×m', 'w': 'm'}
    """
    return varying(parse(expression, **reading).declarations)  # type: ignore[arg-type]


def varying(declarations: Mapping[str, str]) -> dict[str, str]:
    """Of the symbols of a formula those that it can be differentiated by."""
    symbols = {name: kind for name, kind in declarations.items() if not says_function(kind)}
    return {name: kind for name, kind in symbols.items() if "constant" not in kind.replace(",", " ").split()}


def said_in(text: str, *, declare: Declare = None, strict: bool = False, dialect: str | None = None) -> Question | None:
    """What a text says itself that it is to be differentiated by: ``d/dx x'Ax``, ``f(x) = x'Ax``;
    None when it says nothing.

    >>> said_in("d/dx x'Ax").names, said_in("x'Ax")
    (('x',), None)
    """
    with explained(text):
        return question_in(text, declare, replace(reading_options(strict, dialect), complex=True))


def named_or_open(text: str, **reading: Any) -> tuple[list[str], dict[str, str]]:
    """The names that a text says itself it is to be differentiated by; where it does not say, or
    leaves a choice, none, and the symbols to choose from.

    >>> named_or_open("d/dx x'Ax"), named_or_open("x'Ax")
    ((['x'], {}), ([], {'x': 'n', 'A': 'n×n'}))
    """
    said = said_in(text, **reading)
    if said is None:
        found = variables(text, **reading)
        both = {f"conj({name})": kind for name, kind in found.items() if {"complex", "hermitian", "unitary"} & set(kind.split())}
        return [], {**found, **both}
    return (list(said.names), {}) if said.settled else ([], dict.fromkeys(said.names, ""))


def clear_choice(found: Mapping[str, str]) -> str | None:
    """The one vector or matrix, or the one scalar where there are no others; None when there is a
    choice.

    >>> clear_choice({"a": "scalar", "w": "m"}), clear_choice({"x": "n", "A": "n×n"})
    ('w', None)
    """
    candidates = [name for name, kind in found.items() if not kind.startswith("scalar")] or list(found)
    return candidates[0] if len(candidates) == 1 else None


def described(kind: str) -> str:
    """A kind in words.

    >>> described("n"), described("n×n symmetric"), described("scalar")
    ('vector of size n', 'n×n symmetric matrix', 'scalar')
    """
    size, _, facts = kind.partition(" ")
    if "×" in size or not kind:
        return f"{kind} matrix" if kind else "an argument"
    return f"{facts} {'scalar' if size == 'scalar' else f'vector of size {size}'}".strip()


def question(found: Mapping[str, str], ways: list[str]) -> MatcalcError:
    """What is asked where nobody answers: the symbols, and what to write for each of them."""
    if not found:
        return ParseError("there is no symbol to differentiate by", suggestion="a formula with a symbol, such as x'*A*x")
    names = "; ".join(f"{name} ({described(kind)})" for name, kind in found.items())
    return ParseError("by which symbol?", expected=f"one of {names}", suggestion="\n     ".join(ways))
