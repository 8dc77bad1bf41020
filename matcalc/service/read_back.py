"""How a text was read, as data: what it asks for, its symbols, what is doubtful and what else it
could mean."""

from __future__ import annotations

from typing import Any

from matcalc.base.errors import MatcalcError
from matcalc.interface.analyses import analyses
from matcalc.interface.api import parse
from matcalc.interface.presentation import clear_choice, said_in, varying
from matcalc.language.decisions import reading_options
from matcalc.language.declare.declared import parse_declarations, says_function
from matcalc.language.statements import elaborate_statement
from matcalc.objects.inputs import derivative_within
from matcalc.objects.parsed import Reading
from matcalc.printing import latex
from matcalc.repl.alone import analysis_asked, asked, in_words


def reading_of(text: str, reading: dict[str, Any], *, others: bool = True) -> dict[str, Any]:
    """The reading of an expression or a statement; ``reading`` holds the keywords of ``parse``.

    ``operation`` is what the text asks for, ``formula`` what it asks it of, and ``wrt``
    the names that it says or that alone can be meant, ``parameters`` those of an analysis that stand in
    words beside the formula. Other readings are looked for with
    ``others`` alone: the list is empty without.
    """
    operation, formula = asked(text)
    said: list[str] = []
    by: dict[str, str] = {}
    values: dict[str, Any] = {}
    if operation == "verify":
        found = _statement(formula, reading)
    elif operation in analyses():
        told = analysis_asked(analyses()[operation], text)
        formula, values = told.expression, dict(told.values)
        found = parse(formula, **reading).reading
        by = varying(found.declarations)
        said = [one for one in [values.get("wrt")] if one]
    else:
        words = in_words(formula)
        if words is not None:
            formula, said = words.formula, words.names
        found = parse(formula, **reading).reading
        by = varying(found.declarations)
        said = said or _said(formula, reading)
    return {
        "operation": operation,
        "formula": formula,
        "latex": found.latex(),
        "symbols": _symbols(found),
        "variables": list(by),
        "wrt": said or [name for name in [clear_choice(by)] if name is not None],
        "says_itself": bool(said),
        "parameters": values,
        "alternatives": [{"words": other.words, "instead": other.instead} for other in (found.alternatives if others else ())],
        **found.to_dict(),
    }


def _statement(text: str, reading: dict[str, Any]) -> Reading:
    options = reading_options(reading["strict"], reading["dialect"])
    return Reading(elaborate_statement(text, reading["declare"], options=options, calculus=derivative_within))


def _said(formula: str, reading: dict[str, Any]) -> list[str]:
    said = said_in(formula, **reading)
    return [] if said is None or not said.settled else list(said.names)


def _symbols(reading: Reading) -> list[dict[str, Any]]:
    """Each name with its kind, size and facts; ``declared`` where somebody said them."""
    given = reading.source.given or {}
    return [_symbol(name, kind, reading, name in given) for name, kind in reading.declarations.items()]


def _symbol(name: str, declaration: str, reading: Reading, declared: bool) -> dict[str, Any]:
    symbol = reading.source.symbols.get(name)
    size = declaration.partition(" ")[0]
    kind = "function" if says_function(declaration) or symbol is None else _kind(size)
    shown = {"scalar": "", "function": ""}.get(kind, size)
    return {
        "name": name,
        "latex": name if symbol is None else latex(symbol),
        "declaration": declaration,
        "kind": kind,
        "size": shown,
        "facts": [] if kind == "function" else _facts(name, declaration),
        "declared": declared,
    }


def _kind(size: str) -> str:
    return "scalar" if size == "scalar" else "matrix" if size.count("×") == 1 else "tensor" if "×" in size else "vector"


def _facts(name: str, declaration: str) -> list[str]:
    try:
        return list(parse_declarations(f"{name}: {declaration}")[name].properties)
    except MatcalcError:
        return []
