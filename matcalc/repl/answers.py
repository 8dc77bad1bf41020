"""What a session says about one statement, and how results are shown in the forms that the prompt offers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, TypeAlias, assert_never

from matcalc.errors import MatcalcError
from matcalc.named_results import Gradients
from matcalc.presentation import reading_lines, remark_lines, remarks, rendered, shape_words
from matcalc.products.equations import Equation
from matcalc.results import Derivation, ParsedExpression, Style
from matcalc.verification.verdict import Verdict, exit_status

Result: TypeAlias = Derivation | Gradients | Equation | ParsedExpression | Verdict

BAD_INPUT = 2

TARGETS = ("unicode", "ascii", "latex", "markdown", "index", "numpy", "jax", "torch", "sympy", "json")


@dataclass(frozen=True, slots=True)
class Answer:
    """``output`` is the result, ``reading`` what comes before it, ``remarks`` what is said about it, ``error`` what is wrong.

    ``status`` is 0, or as for ``matcalc verify`` 1 when a formula is refuted, 2 for bad input and 3 when a formula stays undecided.
    """

    output: str = ""
    remarks: tuple[str, ...] = ()
    reading: tuple[str, ...] = ()
    error: str = ""
    status: int = 0
    leave: bool = False


def answer_of(result: Result, *, ascii: bool) -> Answer:
    """A result with what it rests on."""
    style: Style = "ascii" if ascii else "unicode"
    reading = () if isinstance(result, Verdict) else tuple(reading_lines(result.reading, style=style))
    match result:
        case Derivation():
            return Answer(rendered(result, style), tuple(remarks(result)), reading)
        case Verdict():
            return Answer(result.explain(), status=exit_status([result]))
        case ParsedExpression():
            kind = f"{'kind:':<10}{kind_words(result.shape)}"
            return Answer(result.text(style), (kind, *remark_lines(result.declarations, (), result.notes, result.warnings)), reading)
        case Gradients() | Equation():
            shown = result.text(style) if isinstance(result, Gradients) else result.equation(style)
            rests = remark_lines(result.declarations, result.conditions, result.notes, result.warnings)
            return Answer(shown, tuple(rests), reading)
        case _:
            assert_never(result)


def kind_words(shape: tuple[int | str, ...]) -> str:
    """A shape in words that name the kind.

    >>> kind_words(("n", "m"))
    'n×m matrix'
    """
    return shape_words(shape) + (" matrix" if len(shape) == 2 else " tensor" if len(shape) > 2 else "")


def shown_as(result: Result, target: str) -> str:
    """A result in another form. Raises MatcalcError for a form that this kind of result does not have."""
    match result:
        case Derivation():
            return rendered(result, target)
        case Equation():
            match target:
                case "unicode" | "ascii":
                    return result.equation(target)
                case "latex":
                    return result.latex(equation=True)
                case "markdown":
                    return result.markdown()
                case "index":
                    return result.index_form
                case "json":
                    return _json(result.to_dict())
                case _:
                    return _code(result, target)
        case ParsedExpression():
            match target:
                case "unicode" | "ascii":
                    return result.text(target)
                case "latex":
                    return result.latex()
                case "markdown":
                    return result.markdown()
                case _:
                    return _code(result, target)
        case Gradients():
            match target:
                case "unicode" | "ascii":
                    return result.text(target)
                case "latex":
                    return result.latex()
                case "json":
                    return _json(result.to_dict())
                case _:
                    return _code(result, target)
        case Verdict():
            if target == "json":
                return _json(result.to_dict())
            raise MatcalcError(f"a verdict has no form called {target}", suggestion="a derivative first, such as x'*A*x wrt x")
        case _:
            assert_never(result)


def _json(parts: dict[str, Any]) -> str:
    return json.dumps(parts, ensure_ascii=False, indent=2)


def _code(result: Equation | ParsedExpression | Gradients, target: str) -> str:
    if target not in ("numpy", "jax", "torch", "sympy"):
        raise MatcalcError(f"there is no {target} form of this result", expected="a derivative by one name")
    return result.code(target).rstrip("\n")
