"""The tables of the language: the page is what is made of them, every spelling in them means what it says, and help finds all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import matcalc
from matcalc.base.errors import MatcalcError
from matcalc.base.functions import functions
from matcalc.base.records import replace
from matcalc.facts.table import facts
from matcalc.language.declare.declared import declaration_text, parse_declarations
from matcalc.language.text.meanings import foreign_functions
from matcalc.language.text.spelling import STRUCTURAL
from matcalc.reference import described, overview, page
from matcalc.reference.lookup import Row, is_called, is_known, levels, of_section, rows, work_of, works
from matcalc.repl.session import Session
from tests.documents.running import called

PAGE = Path(__file__).resolve().parents[2] / "docs" / "language.md"
READ = [row for row in rows() if row.section in ("operators", "functions", "sums", "derivatives")]


def test_the_page_is_made_from_the_tables() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "matcalc help --to markdown > docs/language.md"


def misread(row: Row) -> Iterator[str]:
    """Spellings that are not read as the first one."""
    first = matcalc.parse(row.written[0], row.declare or None).text("ascii")
    for dialect, group in ((None, row.written), *row.spellings):
        for spelling in group:
            found = matcalc.parse(spelling, row.declare or None, dialect=dialect).text("ascii")
            if found != first:
                yield f"{spelling} is {found}, not {first}"


@pytest.mark.parametrize("row", READ, ids=lambda row: row.written[0])
def test_every_spelling_means_what_it_stands_for(row: Row) -> None:
    assert list(misread(row)) == []


def test_a_spelling_of_something_else_is_seen() -> None:
    product = next(row for row in READ if row.action == "multiply")
    assert len(list(misread(replace(product, numpy=("A * B",), declare="A: n×n; B: n×n")))) == 1


@pytest.mark.parametrize("row", [row for row in rows() if row.section == "declarations"], ids=lambda row: row.written[0])
def test_every_declaration_says_the_same(row: Row) -> None:
    def said(text: str) -> dict[str, str]:
        found = parse_declarations(text)
        return {name: declaration_text(what.shape, [p for p in what.properties if p in facts()]) for name, what in found.items()}

    for spelling in (*row.written, *row.latex):
        assert said(spelling).keys() == said(row.written[0]).keys()
        if "=" not in spelling:
            assert said(spelling) == said(row.written[0])


@pytest.mark.parametrize(
    ("constant", "formula", "declare"),
    [
        ("eye(n)", "I*A", "A: n×n"),
        ("ones(n)", "1'*x", "x: n"),
        ("commutation(m, n)", "commutation(m, n)*vec(X) = vec(X')", "X: m×n"),
        ("e_1", "X*e_1", "X: n×m"),
        ("zeros(n)", "x + 0", "x: n"),
        ("pi", "π*t", "t: scalar"),
        ("e^x", "e^x", "x: scalar"),
    ],
)
def test_the_constants_are_read(constant: str, formula: str, declare: str) -> None:
    assert constant in {row.written[0] for row in rows() if row.section == "constants"}
    if "=" in formula:
        assert matcalc.verify(formula, declare=declare).ok
    else:
        assert matcalc.parse(formula, declare).text("ascii")


def test_the_grammar_says_how_tightly_operators_bind() -> None:
    for one, other, text in (
        ("add", "multiply", "A + B*C"),
        ("multiply", "minus", "A*-B"),
        ("minus", "power", "-A^2"),
        ("power", "bars", "|A|^2"),
    ):
        assert levels()[one] < levels()[other], text
    assert levels()["multiply"] == levels()["element_multiply"] == levels()["kronecker"]
    assert all(row.action in levels() for row in rows() if row.section == "operators")


def test_everything_has_its_help() -> None:
    words = [
        *functions(),
        *(alias for f in functions().values() for alias in f.aliases),
        *STRUCTURAL,
        *facts(),
        *foreign_functions(),
    ]
    words += [spelling for row in rows() for spelling in (*row.written, *row.names)]
    assert [word for word in words if not is_known(word)] == []
    for function in functions().values():
        assert function.meaning or function.note, function.name
        assert not is_called(function) or function.name in overview()


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("LN", "log(t), also ln"),
        ("np.linalg.slogdet", "  derivative:  X⁻ᵀ"),
        ("\\det", "  holds if:    X invertible"),
        (".*", "  NumPy:       A * B"),
        ("psd", "  order:       X ⪰ 0"),
        ("Positive-Definite", "  implies:     positive_semidefinite, invertible"),
        ("probit", "  written here:  a function of your own: the inverse of (1 + erf(x/sqrt(2)))/2 is not in the language"),
        ("l1norm", "  written here:  norm1(x)"),
        ("maximum", "  holds if:    s ≠ t"),
        ("softmin", "  softmin(a) in NumPy:  softmax(-a)"),
        ("softmax", "  taken:       of each row"),
        ("torch", "numpy"),
        ("Σ", "  sum over all positions; the limits name the size"),
    ],
)
def test_what_help_says(word: str, line: str) -> None:
    assert line in described(word).splitlines()
    status, output = called(["help", word])
    assert (status, output.rstrip("\n")) == (0, described(word))
    assert next(Session().run(f":help {word}")).output.endswith(described(word))


@pytest.mark.parametrize(
    ("word", "near"), [("sofmax", "softmax"), ("symetric", "symmetric"), ("frobnicate", None), ("xyzzy", None)]
)
def test_an_unknown_word_is_refused_with_the_nearest(word: str, near: str | None) -> None:
    with pytest.raises(MatcalcError) as caught:
        described(word)
    assert caught.value.suggestion == near
    assert called(["help", word])[0] == 2


def test_help_of_commands_and_of_all() -> None:
    assert called(["help", "Derive"])[1].startswith("Usage: matcalc derive")
    assert called(["help", "grad"])[1].startswith("Usage: matcalc gradient")
    assert overview() in called(["help"])[1]
    assert called(["help", "--to", "markdown"])[1].rstrip("\n") == page().rstrip("\n")


def test_every_function_has_a_source_that_is_listed() -> None:
    sources = {one.name: one.source for one in functions().values()}
    sources |= {row.written[0]: row.source for row in of_section("functions")}
    assert {name: source for name, source in sources.items() if not work_of(source)} == {}
    assert {work_of(source) for source in sources.values()} == set(works())
    assert not work_of("Bishop, page 1")
