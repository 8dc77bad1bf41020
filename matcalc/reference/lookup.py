"""What there is to say about a word: a function, a sign, a constant, a fact, a dialect, or what
others call it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, assert_never

from matcalc.base.errors import MatcalcError
from matcalc.base.files import stored_table
from matcalc.base.functions import Function, functions
from matcalc.base.records import record, replace
from matcalc.facts.table import Fact, canonical, facts
from matcalc.interface.api import derive, parse
from matcalc.language.decisions import DIALECTS, Dialect
from matcalc.language.syntax.tables import tables
from matcalc.language.text.dialects import templates
from matcalc.language.text.meanings import advice_for, is_foreign
from matcalc.language.text.spelling import NORM_NAMES

# ------------------------------------------------------------
# The parts of the language that are no functions of the table, from ``rules/language.toml``, and
# how tightly its operators bind.

SECTIONS = ("operators", "functions", "constants", "sums", "derivatives", "declarations", "dialects")


@record
class Row:
    """A part of the language; the fields are those of ``rules/language.toml``."""

    section: str
    written: tuple[str, ...]
    meaning: str
    latex: tuple[str, ...] = ()
    matlab: tuple[str, ...] = ()
    numpy: tuple[str, ...] = ()
    julia: tuple[str, ...] = ()
    source: str = ""
    declare: str = ""
    action: str = ""
    by: str = ""
    names: tuple[str, ...] = ()

    @property
    def spellings(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What is written in each dialect that has a spelling of its own."""
        return tuple((name, found) for name in ("latex", "matlab", "numpy", "julia") if (found := getattr(self, name)))


@cache
def rows() -> tuple[Row, ...]:
    """Every row, in the order of the file."""
    return tuple([_row(section, fields) for section in SECTIONS for fields in stored_table("language")[section]])


def of_section(section: str) -> tuple[Row, ...]:
    return tuple([row for row in rows() if row.section == section])


def _row(section: str, fields: Mapping[str, Any]) -> Row:
    parts: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()}
    return Row(section=section, **parts)


@cache
def levels() -> Mapping[str, int]:
    """How tightly the operators bind, by their names in the grammar: 1 is the loosest, and what
    closes itself in brackets the tightest.

    >>> levels()["add"] == levels()["subtract"] < levels()["multiply"] < levels()["minus"] < levels()["power"] < levels()["bars"]
    True
    """
    order = list(dict.fromkeys(rule.origin for rule in tables().rules if rule.origin in _LEVELS))
    tightest: dict[str, int] = {}
    for rule in tables().rules:
        if rule.origin in order and not rule.passes_on:
            tightest[rule.action] = max(order.index(rule.origin) + 1, tightest.get(rule.action, 0))
    return tightest


_LEVELS = frozenset(["sum", "product", "unary", "postfix", "atom"])
"""The rules of the grammar, loosest first there, each of which takes the next for its operands."""


# ------------------------------------------------------------
# What the derivation says of a function: its derivative, where it holds, how it is written in
# LaTeX and in NumPy.


@record
class Sample:
    """A function of the letters of its signature. ``of`` is what was differentiated where that is
    not the function itself."""

    call: str
    value: str
    derivative: str = ""
    of: str = ""
    conditions: tuple[str, ...] = ()
    latex: str = ""
    numpy: str = ""
    source: str = ""


@cache
def of_function(function: Function) -> Sample:
    """A function of the table, called with the names of its signature."""
    left, _, right = [part.strip() for part in function.signature.partition("->")]
    parts = [part.partition(":") for part in left.split(",")]
    names = [name.strip() for name, _, _ in parts]
    declare = "; ".join(f"{name.strip()}: {shape.strip() or 'scalar'}" for name, _, shape in parts)
    if function.requires:
        declare = f"{declare} {function.requires}"
    sample = _sample(f"{function.name}({', '.join(names)})", declare, names[0])
    value = f"{left} → {right}" if ":" in left else "each entry"
    numpy = function.code("numpy") or _code(function.definition, declare)
    conditions = sample.conditions
    if function.kind == "elementwise":
        conditions = () if function.domain == "all" else (function.domain.replace("!=", "≠"),)
    latex = "" if "\\cdot" in function.latex else sample.latex
    return replace(sample, latex=latex, value=value, numpy=numpy, conditions=conditions, source=function.source)


@cache
def of_row(row: Row) -> Sample:
    """A function that is a row of ``rules/language.toml``, in its first spelling."""
    sample = _sample(row.written[0], row.declare, row.by)
    numpy = row.numpy[0] if row.numpy else _code(row.written[0], row.declare)
    latex = row.latex[0] if row.latex else sample.latex
    return replace(sample, value=row.declare, numpy=numpy, latex=latex, source=row.source)


def _sample(call: str, declare: str, by: str) -> Sample:
    """Of a value with so many axes that its derivative has more than two, the differential says
    more than the derivative; where a matrix function has no derivative in closed form, that of its
    trace may have one."""
    read = parse(call, declare)
    latex = read.latex()
    for of in (call, f"tr({call})") if len(read.shape) == 2 else (call,):
        try:
            found = derive(of, by, declare=declare)
            many = len(parse(of, declare).shape) + len(parse(by, declare).shape) > 2
            derivative = str(found.differential()) if many else str(found)
        except MatcalcError:
            continue
        return Sample(call, "", derivative, "" if of == call else of, found.conditions, latex)
    return Sample(call, "", latex=latex)


def _code(formula: str, declare: str) -> str:
    """What a NumPy function of the formula gives back, where it takes nothing but sizes before."""
    if not formula:
        return ""
    lines = parse(formula, declare).code("numpy").rstrip().splitlines()
    start = 1 + max(place for place, line in enumerate(lines) if line.startswith("def "))
    *before, last = [line.strip() for line in lines[start:]]
    return last.removeprefix("return ") if all(".shape[" in line for line in before) else ""


# ------------------------------------------------------------
# What there is to say about a word: a function, a sign, a constant, a fact, a dialect, or what
# other programs call otherwise.

PROGRAMS: Mapping[Dialect, str] = {"numpy": "NumPy", "matlab": "MATLAB", "julia": "Julia", "latex": "LaTeX", "math": "books"}
SHAPES = {
    "any": "anything", "array": "a vector or matrix", "vector": "a vector", "matrix": "a matrix", "square": "a square matrix",
    "tall": "a matrix with no more columns than rows",
}  # fmt: skip
Topic = Function | Row | Fact


@record
class Foreign:
    """A function of other programs, and what is written for it here."""

    name: str
    instead: tuple[tuple[str, str], ...]
    """Who calls it so, with its arguments, and the formula."""


def described(word: str) -> str:
    """What the language has under a name, in any spelling. Raises MatcalcError for a word that it
    does not have, with the nearest.

    >>> print(described("ln"))
    log(t), also ln
      natural logarithm
      of:          each entry
      derivative:  1/t
      holds if:    t > 0
      NumPy:       np.log(t)
      LaTeX:       \\log(t)
      source:      DLMF 4.7
    """
    texts = ["\n".join(_lines(topic)) for topic in _found(word)]
    if foreign := _foreign(word):
        texts.append("\n".join(_foreign_lines(foreign)))
    if not texts:
        near = nearest(word)
        raise MatcalcError(f"the language has nothing called {word}", suggestion=near)
    if differing := _differences(word):
        texts.append("\n".join(differing))
    return "\n\n".join(texts)


def is_known(word: str) -> bool:
    """Whether there is anything to say about it."""
    return bool(_found(word)) or _foreign(word) is not None


def nearest(word: str, others: tuple[str, ...] = ()) -> str | None:
    """The known word that is most like it, in spelling."""
    known = [*topics(), *_calls_elsewhere(), *others]
    found = difflib.get_close_matches(_plain(word), known, n=1, cutoff=0.7)
    return found[0] if found else None


def overview() -> str:
    """Everything that help knows, by its names."""
    named = {section: [row.written[0] for row in of_section(section)] for section in SECTIONS}
    called = [function.name for function in functions().values() if is_called(function)]
    listed = {
        **{section: named[section] for section in SECTIONS[:-1]},
        "functions": [*called, *named["functions"]],
        "facts": [fact.name for fact in facts().values() if not fact.refused],
        "dialects": named["dialects"],
    }
    width = max(map(len, listed)) + 2
    lines = [line for title, words in listed.items() for line in _wrapped(f"{title}:".ljust(width), words)]
    return "\n".join(lines)


def _wrapped(title: str, words: list[str], width: int = 100) -> Iterator[str]:
    """Words behind a title, those of the next lines below the first."""
    line, first = title, True
    for word in words:
        more = ("" if first else ",") + " " + word
        if len(line) + len(more) >= width and not first:
            yield line + ","
            line, first = " " * len(title), True
            more = " " + word
        line, first = line + more, False
    yield line


# ---------------------------------------------------------------- finding


def _plain(word: str) -> str:
    """A word as it is looked up: without capitals, brackets behind it and the name of a module."""
    short = word.strip().removesuffix("()")
    head, _, tail = short.rpartition(".")
    if head and tail.isalnum() and head.replace(".", "").isalpha() and head not in ("x", "X"):
        short = tail
    short = short.removeprefix("\\") if short[1:].isalpha() else short
    return short.lower() if len(short) > 1 else short


@cache
def topics() -> Mapping[str, tuple[Topic, ...]]:
    """What each word means, in lower case: what is called so, before what is only found by it."""
    named: list[tuple[str, Topic]] = [
        (_plain(name), function) for function in functions().values() for name in (function.name, *function.aliases)
    ]
    named += [(name, row) for row in rows() for name in dict.fromkeys(map(_plain, _words(row)))]
    named += [(name.lower(), fact) for fact in facts().values() for name in (fact.name, *fact.aliases)]
    found: dict[str, tuple[Topic, ...]] = {}
    for name, topic in named:
        found[name] = (*found.get(name, ()), topic)
    return found


def _words(row: Row) -> list[str]:
    heads = [spelling.partition("(")[0] for spelling in row.written if row.section == "functions" and spelling.endswith(")")]
    return [*heads, *row.names, *row.written, *(spelling for _, group in row.spellings for spelling in group)]


def _found(word: str) -> tuple[Topic, ...]:
    plain = _plain(word)
    for name in (word.strip(), plain, plain.replace("_", ""), NORM_NAMES.get(plain, "").lower()):
        if name in topics():
            return topics()[name]
    fact = canonical(word)
    return (facts()[fact],) if fact else ()


@cache
def _calls_elsewhere() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Calls of other programs that the language spells otherwise, by the name of the function."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for dialect in DIALECTS:
        for name, call, formula in calls_of(dialect):
            found[name.lower()] = (*found.get(name.lower(), ()), (f"{call} in {PROGRAMS[dialect]}", formula))
    return found


def calls_of(dialect: Dialect) -> Iterator[tuple[str, str, str]]:
    """The functions of a dialect: the name, the call with its arguments, and the formula."""
    for name, ways in templates(dialect).items():
        yield from ((name, f"{name}({', '.join([*way.parameters, *way.defaults])})", way.formula) for way in ways)


def _foreign(word: str) -> Foreign | None:
    plain = _plain(word)
    ways = _calls_elsewhere().get(plain, ())
    named = word.strip() if is_foreign(word.strip()) else plain
    if not ways and not _found(word) and is_foreign(named):
        ways = (("written here", advice_for(named)),)
    return Foreign(named, ways) if ways else None


# ---------------------------------------------------------------- lines


def _lines(topic: Topic) -> Iterator[str]:
    match topic:
        case Function():
            yield _heading(of_function(topic).call, topic.aliases)
            yield f"  {topic.meaning or topic.note}"
            yield from _labelled(_of_sample(of_function(topic)))
        case Row():
            yield _heading(topic.written[0], topic.written[1:])
            yield f"  {topic.meaning}"
            yield from _labelled(_of_row(topic))
        case Fact():
            yield _heading(topic.name, topic.aliases)
            yield f"  a fact that is declared of {SHAPES[topic.shape]}: {fact_meaning(topic)}"
            yield from _labelled(
                [("implies", ", ".join(topic.implies)), ("equation", " or ".join(topic.relations)), ("order", topic.order)]
            )
        case _:
            assert_never(topic)


def _heading(name: str, others: Sequence[str]) -> str:
    return ", also ".join([name, ", ".join(others)] if others else [name])


def is_called(function: Function) -> bool:
    """Whether it is written as a call, and not only by a sign of its own, such as the bars of a
    norm, or in answers."""
    return not function.note and "\\cdot" not in function.latex


def fact_meaning(fact: Fact) -> str:
    return fact.meaning or fact.refused or fact.entries or " and ".join(fact.relations) or fact.called


def _of_row(row: Row) -> list[tuple[str, str]]:
    found = [("binds", f"{levels()[row.action]} of {max(levels().values())}, 1 the loosest")] if row.action else []
    if row.section == "functions":
        return [*found, *_of_sample(of_row(row))]
    return [*found, *((PROGRAMS[name], ", ".join(group)) for name, group in _spellings(row))]


def _spellings(row: Row) -> Iterator[tuple[Dialect, tuple[str, ...]]]:
    for name in ("matlab", "numpy", "julia", "latex"):
        group = dict(row.spellings).get(name)
        if group:
            yield name, group


def _of_sample(sample: Sample) -> list[tuple[str, str]]:
    derivative = f"{sample.derivative}, of {sample.of}" if sample.of else sample.derivative
    return [
        ("of", sample.value),
        ("derivative", derivative or "no closed form"),
        ("holds if", "; ".join(sample.conditions)),
        ("NumPy", sample.numpy),
        ("LaTeX", sample.latex),
        ("source", sample.source),
    ]


@cache
def works() -> Mapping[str, str]:
    """What the sources of functions name, in full, by what they are cited as."""
    found: dict[str, str] = stored_table("sources")
    return MappingProxyType(found)


def work_of(source: str) -> str:
    """The work that a source is a place in, as it is cited.

    >>> work_of("DLMF 4.7")
    'DLMF'
    """
    return max([work for work in works() if source == work or source.startswith(f"{work} ")], key=len, default="")


def _labelled(pairs: list[tuple[str, str]]) -> list[str]:
    width = max([len(label) for label, _ in pairs] + [10]) + 3
    return [f"  {label + ':':<{width}}{text}" for label, text in pairs if text]


def _foreign_lines(foreign: Foreign) -> Iterator[str]:
    yield f"{foreign.name}: what other programs and books have"
    yield from _labelled([(who, formula) for who, formula in foreign.instead])


def _differences(word: str) -> list[str]:
    """Where the dialects mean different things by it."""
    plain = _plain(word)
    found = []
    for row in stored_table("dialects")["differences"]:
        if plain.isalpha() and f"{plain}(" in row["written"]:
            pairs = [*((PROGRAMS[name], row[name]) for name in ("matlab", "numpy", "julia")), ("taken", row["taken"])]
            found += [f"{row['written']} in other programs", *_labelled([(str(who), text) for who, text in pairs])]
    return found
