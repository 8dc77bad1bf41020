"""Formulas that calls of programs stand for, with what is given for their parameters."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from matcalc.base.errors import ParseError, Span
from matcalc.base.records import replace
from matcalc.language.build.calls import CallBuilder
from matcalc.language.syntax import trees as s
from matcalc.language.syntax.parser import parse_syntax
from matcalc.language.syntax.trees import mapped, number_in, walk
from matcalc.language.text.dialects import Template
from matcalc.language.text.spelling import Vocabulary

HARMLESS: Mapping[str, frozenset[str]] = {
    "dtype": frozenset(), "optimize": frozenset(), "ddof": frozenset(["0"]), "correction": frozenset(["0"]),
    "unbiased": frozenset(["False"]), "reduction": frozenset(["mean"]), "corrected": frozenset(["False"]),
}  # fmt: skip
"""Options without a meaning in a formula, and the values that say what is read anyway; none: any
value."""


def check_option(option: s.Keyword) -> None:
    """Raises ParseError for an option that would change what is meant."""
    allowed = HARMLESS.get(option.name)
    if allowed is not None and (not allowed or option_text(option) in allowed):
        return
    if option.name in ("ddof", "correction", "unbiased", "corrected"):
        raise ParseError(
            "a variance divides by n, or by n - 1",
            span=option.span,
            suggestion="var(x), or var(x, ddof=1)",
        )
    raise ParseError(f"the option {option.name} is not read", span=option.span)


def option_text(option: s.Keyword) -> str:
    """The value of an option, where it is a word or a number."""
    match option.value:
        case s.Word(word=word) | s.Name(name=word):
            return word
        case s.NumberLiteral(value=value):
            return str(value)
        case _:
            return ""


def whole_number(node: s.Syntax) -> int | None:
    """The whole number that is written; None for anything else."""
    value = number_in(node)
    return int(value) if value is not None and value.denominator == 1 else None


def parameter_names(way: Template) -> tuple[str, ...]:
    """The parameters that stand in the formula."""
    return tuple([part for part in way.parameters if not part.isdigit()])


def fitted_arguments(
    way: Template, arguments: tuple[s.Syntax, ...], options: Mapping[str, s.Keyword]
) -> tuple[s.Syntax, ...] | None:
    """The values of the parameters, if the arguments are those of the signature."""
    named = way.parameters[len(arguments) :]
    if not options.keys() >= set(named):
        return None
    given = [*arguments, *[options[parameter].value for parameter in named]]
    fixed = {name.strip(): value.strip() for name, _, value in (part.partition("=") for part in way.defaults)}
    if len(given) != len(way.parameters) or any(isinstance(part, s.Word | s.Listed) for part in given):
        return None
    if (
        any(name not in options or option_text(options[name]) != value for name, value in fixed.items())
        or options.keys() - HARMLESS.keys() - set(named) - fixed.keys()
    ):
        return None
    for name, option in options.items():
        if name in HARMLESS and name not in fixed:
            check_option(option)
    return _without_numbers(list(zip(way.parameters, given)))


def _without_numbers(pairs: list[tuple[str, s.Syntax]]) -> tuple[s.Syntax, ...] | None:
    """The values of the parameters with a name; None where a number of the signature is another
    one."""
    if any(parameter.isdigit() and whole_number(part) != int(parameter) for parameter, part in pairs):
        return None
    return tuple([part for parameter, part in pairs if not parameter.isdigit()])


@cache
def is_taken_along(way: Template) -> bool:
    """Whether something in the formula goes along an axis, which would be dropped else."""
    return any(
        isinstance(node, s.Applied) and CallBuilder._has_axis(node.function)
        for node in walk(template_of(way.formula, parameter_names(way), ()))
    )


@cache
def template_of(formula: str, parameters: tuple[str, ...], words: tuple[str, ...]) -> s.Syntax:
    """The syntax tree of a formula; ``words`` name the axis that its functions are taken along."""
    tree = parse_syntax(formula, Vocabulary.of(parameters), "math").program.value
    along = [s.Word(Span(0, 0), word) for word in words]

    def taken_along(node: s.Syntax) -> s.Syntax:
        if isinstance(node, s.Applied) and CallBuilder._has_axis(node.function):
            return replace(node, arguments=(node.arguments[0], *along, *node.arguments[1:]))
        return node

    return mapped(tree, taken_along) if words else tree
