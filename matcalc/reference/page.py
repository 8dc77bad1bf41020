"""The language on one page, as Markdown: ``docs/language.md``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from matcalc.base.functions import Function, functions
from matcalc.facts.table import facts
from matcalc.language.decisions import Dialect
from matcalc.language.text.meanings import foreign_functions
from matcalc.reference.lookup import (
    SHAPES,
    Row,
    Sample,
    calls_of,
    described,
    fact_meaning,
    is_called,
    levels,
    of_function,
    of_row,
    of_section,
    works,
)

_INTRODUCTION = """\
# The language

Everything that can be written, on one page. It is made from the grammar, the function table and the facts, by
`matcalc help --to markdown`, and `matcalc help NAME` says what stands here about a name, as `:help NAME` does at the prompt:
"""
_OPERATORS = """\
The first spelling stands for all. How tightly an operator binds is told by a number, 1 the loosest; those of one number go from the left.
A prefix function without brackets, `log x`, binds between 3 and 4, and an exponent is one symbol, number or bracket with an optional minus.
What the columns say for other programs is read as there; [what it is written in](dialects.md) is recognised.
"""
_ENTRIES = "Of a scalar `t`, and of each entry of a vector or a matrix.\n"
_MATRICES = """\
The derivative is that in denominator layout, or the differential, with `dX`, where that says more. With `rows` or `cols` as second argument
those of vectors are taken along a matrix: `sum(X, rows)`, `softmax(X, cols)`.
"""
_ANSWERS = "These stand in answers, and can be written as well.\n"
_FACTS = "Words behind the sizes of a declaration; [more on facts](facts.md).\n"
_OTHERS = """\
What programs have under other names is read where the text shows the dialect, some of it anywhere; help knows it by name, too. The letters
are the arguments.
"""
_MORE = "What these stand for is told by help and in the refusal, where they are not read: "


def page() -> str:
    """The whole page."""
    return "\n".join(_sections()).rstrip() + "\n"


def _sections() -> Iterator[str]:
    yield _INTRODUCTION
    yield f"```console\n$ matcalc help softplus\n{described('softplus')}\n```\n"
    yield "## Operators\n"
    yield _OPERATORS
    yield from _table(
        ("written", "binds", "MATLAB", "NumPy", "Julia", "LaTeX", "is"),
        (
            [_code(row.written), str(levels()[row.action]), *_elsewhere(row), _prose(row.meaning)]
            for row in of_section("operators")
        ),
    )
    yield "## Functions of each entry\n"
    yield _ENTRIES
    yield from _table(
        ("function", "is", "derivative", "where", "NumPy", "LaTeX", "source"),
        _function_rows(lambda f: _by_entries(f) and is_called(f), False),
    )
    yield "## Functions of vectors and matrices\n"
    yield _MATRICES
    heads = ("function", "takes", "is", "derivative", "holds if", "NumPy", "LaTeX", "source")
    of_rows = [
        [_code(row.written), _code([row.declare]), _prose(row.meaning), *_sampled(of_row(row))] for row in of_section("functions")
    ]
    yield from _table(heads, [*of_rows, *_function_rows(lambda f: not _by_entries(f) and is_called(f), True)])
    yield _ANSWERS
    yield from _table(heads, _function_rows(lambda f: bool(f.note), True))
    for section, title in (
        ("constants", "Constants"),
        ("sums", "Sums"),
        ("derivatives", "Derivatives"),
        ("declarations", "Declarations"),
    ):
        yield f"## {title}\n"
        yield from _table(
            ("written", "LaTeX", "is"),
            ([_code(row.written), _code(row.latex), _prose(row.meaning)] for row in of_section(section)),
        )
    yield "## Facts\n"
    yield _FACTS
    yield from _table(("fact", "of", "says", "implies"), _fact_rows())
    yield "## Other programs\n"
    yield from _table(("dialect", "is"), ([_code(row.written), _prose(row.meaning)] for row in of_section("dialects")))
    yield _OTHERS
    yield from _table(("here", "anywhere", "NumPy, JAX, PyTorch", "MATLAB", "Julia"), _calls())
    yield _MORE + ", ".join(f"`{name}`" for name in foreign_functions()) + ".\n"
    yield "## Sources\n"
    yield from (f"- {cited}: {work}." for cited, work in works().items())


def _by_entries(function: Function) -> bool:
    return ":" not in function.signature


def _function_rows(wanted: Callable[[Function], bool], takes: bool) -> Iterator[list[str]]:
    for function in functions().values():
        if wanted(function):
            sample = of_function(function)
            yield [
                _code([sample.call, *function.aliases]),
                *([_code([sample.value])] if takes else []),
                _prose(function.meaning or function.note),
                *_sampled(sample),
            ]


def _sampled(sample: Sample) -> list[str]:
    derivative = _code([sample.derivative]) + (f" of {_code([sample.of])}" if sample.of else "")
    return [derivative, _prose("; ".join(sample.conditions)), _code([sample.numpy]), _code([sample.latex]), sample.source]


def _fact_rows() -> Iterator[list[str]]:
    yield from (
        [_code([fact.name, *fact.aliases]), SHAPES[fact.shape], _prose(fact_meaning(fact)), _code(fact.implies)]
        for fact in facts().values()
        if not fact.refused
    )


def _elsewhere(row: Row) -> list[str]:
    found = dict(row.spellings)
    return [_code(found.get(name, ())) for name in ("matlab", "numpy", "julia", "latex")]


def _calls() -> Iterator[list[str]]:
    """The functions of other programs by the formula that they stand for."""
    programs: tuple[Dialect, ...] = ("math", "numpy", "matlab", "julia")
    found: dict[str, dict[Dialect, list[str]]] = {}
    for dialect in programs:
        for _, call, formula in calls_of(dialect):
            found.setdefault(formula, {}).setdefault(dialect, []).append(call)
    yield from ([_code([formula]), *(_code(calls.get(dialect, ())) for dialect in programs)] for formula, calls in found.items())


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield "|" + "---|" * len(heads)
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def _prose(text: str) -> str:
    """Words in a table, where the signs of formulas are no signs of Markdown."""
    return re.sub(r"[|*\\_]", r"\\\g<0>", text)


def _code(texts: Iterable[str]) -> str:
    """Texts as they are typed; a bar would end a column."""
    return ", ".join(f"`{text}`".replace("|", "\\|") for text in texts if text)
