"""Results as lines of text for the command line and the prompt; and by which symbol is meant when
nobody said so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from matcalc.base.errors import MatcalcError, ParseError
from matcalc.base.functions import code_targets, typesetting
from matcalc.interface.api import parse
from matcalc.interface.results import Derivation
from matcalc.language.decisions import Question, reading_options
from matcalc.language.declare.declared import Declare
from matcalc.language.elaboration import question_in
from matcalc.objects.inputs import Expression, explained
from matcalc.objects.parsed import Reading, Style
from matcalc.printing.names import ascii_name, unicode_name

CODE = (*code_targets(), "sympy")
"""What a result can be written as a program for."""
FORMATS = ("unicode", "ascii", *typesetting(), "markdown", "json", "index", *CODE)


def rendered(derivation: Derivation, target: str, *, ascii_json: bool = False, bold: bool = False) -> str:
    """The derivation in one of ``FORMATS``; JSON with nothing but ASCII characters where the output
    can show no others."""
    match target:
        case "ascii":
            return derivation.text("ascii")
        case _ if target in typesetting():
            return derivation.typeset(target, bold=bold)
        case "markdown":
            return derivation.markdown(bold=bold)
        case "json":
            import json

            return json.dumps(derivation.to_dict(), ensure_ascii=ascii_json, indent=2)
        case "index":
            return derivation.index_form
        case _ if target in CODE:
            return derivation.code(target).rstrip("\n")
        case _:
            return derivation.written()


def steps_rendered(derivation: Derivation, target: str, style: str = "index", *, ascii_json: bool = False) -> str:
    """The derivation in steps, in one of ``STEP_FORMATS``; JSON is the object of ``rendered`` with
    the steps in it.

    Raises MatcalcError for another form.
    """
    import json

    if target != "json":
        return derivation.steps_text(target, style)
    steps = [step.to_dict() for step in derivation.derivation_steps(style)]
    return json.dumps({**derivation.to_dict(), "derivation": steps}, ensure_ascii=ascii_json, indent=2)


def reading_lines(reading: Reading, *, whole: bool = False, style: Style = "unicode") -> list[str]:
    """How the input was read, which comes before the result: what is doubtful, and the reading
    itself where it is more than usual.

    ``whole`` tells every decision, and what else the input could mean.
    """
    lines = [f"warning: {warning}" for warning in reading.warnings]
    if whole:
        return [*lines, *reading.explain(style).splitlines()]
    return [*lines, reading.echo(style)] if reading.surprising else lines


def remark_lines(
    declarations: Mapping[str, str], conditions: Sequence[str], notes: Sequence[str], warnings: Sequence[str] = ()
) -> list[str]:
    """What a result rests on, a labelled line each; notes that were said as ``warnings`` are left
    out."""
    rows = [("where", "; ".join(f"{name}: {kind}" for name, kind in declarations.items()))]
    rows += [("holds if", condition) for condition in conditions]
    rows += [("note", note) for note in notes if note not in warnings]
    return _labelled(rows)


def remarks(derivation: Derivation, *, shown_as_index: bool = False) -> list[str]:
    """What a derivation rests on, a labelled line each, with the shape of the result."""
    rows = [("where", "; ".join(f"{name}: {kind}" for name, kind in derivation.declarations.items()))]
    rows.append(("shape", f"{shape_words(derivation.shape)}, {derivation.layout} layout"))
    rows += [("holds if", condition) for condition in derivation.conditions]
    rows += [("note", note) for note in derivation.notes if note not in derivation.warnings]
    if not derivation.closed and not shown_as_index:
        form = "index notation" if derivation.outcome.shown is None else "a form with explicit sums"
        rows.append(("note", f"no closed matrix form is known; this is {form}"))
    return _labelled(rows)


def joint_remarks(derivations: Sequence[Derivation]) -> list[str]:
    """What several derivatives of one expression rest on, each thing once."""
    declarations = {name: kind for one in derivations for name, kind in one.declarations.items()}
    shapes = "; ".join(f"{left_side(one, 'unicode')}: {shape_words(one.shape)}" for one in derivations)
    rows = [("where", "; ".join(f"{name}: {kind}" for name, kind in declarations.items()))]
    rows.append(("shape", f"{shapes}, {derivations[0].layout} layout"))
    rows += [("holds if", condition) for condition in dict.fromkeys(said for one in derivations for said in one.conditions)]
    rows += [
        ("note", note) for note in dict.fromkeys(said for one in derivations for said in one.notes if said not in one.warnings)
    ]
    rows += [("note", f"no closed matrix form of {left_side(one, 'unicode')} is known") for one in derivations if not one.closed]
    return _labelled(rows)


def left_side(derivation: Derivation, style: Literal["unicode", "ascii"]) -> str:
    """What stands left of the equals sign: ``∂f/∂x``, ``d2f/dx2``."""
    ascii = style == "ascii"
    sign, spell = ("d", ascii_name) if ascii else ("∂", unicode_name)
    value = next(name for name in ("f", "F", "y", "value") if name not in derivation.declarations or name == "value")
    names = [spell(symbol.name) for symbol in derivation.wrt]
    if len(names) == 1:
        return f"{sign}{value}/{sign}{names[0]}"
    two = "2" if ascii else "²"
    below = f"{sign}{names[0]}{two}" if names[0] == names[1] else f"{sign}{names[0]} {sign}{names[1]}"
    return f"{sign}{two}{value}/{below}" if names[0] == names[1] else f"{sign}{two}{value}/({below})"


def shape_words(shape: tuple[Any, ...]) -> str:
    """A shape in words.

    >>> shape_words(()), shape_words(("n",)), shape_words(("n", "m*p"))
    ('scalar', 'vector of size n', 'n×(m*p)')
    """
    sizes = [f"({size})" if len(shape) > 1 and any(sign in str(size) for sign in "*+-") else str(size) for size in shape]
    match len(sizes):
        case 0:
            return "scalar"
        case 1:
            return f"vector of size {sizes[0]}"
        case _:
            return "×".join(sizes)


def _labelled(rows: Sequence[tuple[str, str]]) -> list[str]:
    return [f"{label + ':':<10}{content}" for label, content in rows if content]


_NO_VARIABLES = frozenset(["function", "constant"])


def variables(expression: Expression, **reading: object) -> dict[str, str]:
    """The symbols that a formula can be differentiated by, with kind and size as in declarations;
    ``reading`` as for ``parse``.

    >>> variables("a*norm2(X*w - y)^2 + sum(f(w))", declare="f: function; y: constant")
    {'a': 'scalar', 'X': 'n×m', 'w': 'm'}
    """
    read = parse(expression, **reading)  # type: ignore[arg-type]
    return {name: kind for name, kind in read.declarations.items() if _NO_VARIABLES.isdisjoint(kind.replace(",", " ").split())}


def said_in(text: str, *, declare: Declare = None, strict: bool = False, dialect: str | None = None) -> Question | None:
    """What a text says itself that it is to be differentiated by: ``d/dx x'Ax``, ``f(x) = x'Ax``;
    None when it says nothing.

    >>> said_in("d/dx x'Ax").names, said_in("x'Ax")
    (('x',), None)
    """
    with explained(text):
        return question_in(text, declare, reading_options(strict, dialect))


def clear_choice(found: Mapping[str, str]) -> str | None:
    """The one vector or matrix, or the one scalar where there are no others; None when there is a
    choice.

    >>> clear_choice({"a": "scalar", "w": "m"}), clear_choice({"x": "n", "A": "n×n"})
    ('w', None)
    """
    arrays = [name for name, kind in found.items() if not kind.startswith("scalar")]
    candidates = arrays or list(found)
    return candidates[0] if len(candidates) == 1 else None


def described(kind: str) -> str:
    """A kind in words.

    >>> described("n"), described("n×n symmetric"), described("scalar")
    ('vector of size n', 'n×n symmetric matrix', 'scalar')
    """
    size, _, facts = kind.partition(" ")
    if not kind:
        return "an argument"
    if size == "scalar":
        return f"{facts} scalar".strip()
    return f"{kind} matrix" if "×" in size else f"{facts} vector of size {size}".strip()


def question(found: Mapping[str, str], ways: list[str]) -> MatcalcError:
    """What is asked where nobody answers: the symbols, and what to write for each of them."""
    if not found:
        return ParseError("there is no symbol to differentiate by", suggestion="a formula with a symbol, such as x'*A*x")
    names = "; ".join(f"{name} ({described(kind)})" for name, kind in found.items())
    return ParseError("by which symbol?", expected=f"one of {names}", suggestion="\n     ".join(ways))
