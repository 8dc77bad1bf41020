"""LaTeX as it stands in books and papers is read as its plain twin is (``books.pairs``)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from matcalc.base.errors import MatcalcError
from matcalc.language import elaborate, elaborate_statement
from matcalc.language.latex.latex_texts import Macro, counted
from matcalc.language.latex.macro_expansion import expanded

LINES = (Path(__file__).parent / "books.pairs").read_text(encoding="utf-8").splitlines()
PAIRS = [(*[part.strip() for part in line.split(" :: ")], "")[:3] for line in LINES if line and not line.startswith("#")]


def agree(source: str, plain: str, declare: str) -> bool:
    """Whether LaTeX and plain text stand for the same, with what reading the LaTeX inferred declared for both."""
    if " = " in plain and ";" not in plain:
        left = elaborate_statement(source, declare or None)
        right = elaborate_statement(plain, left.declarations)
        left = elaborate_statement(source, left.declarations)
        return (left.left, left.right) == (right.left, right.right)
    found = elaborate(source, declare or None).declarations
    return elaborate(source, found).expression is elaborate(plain, found).expression


@pytest.mark.parametrize(("source", "plain", "declare"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_books(source: str, plain: str, declare: str) -> None:
    assert agree(source, plain, declare)


def test_there_are_many_and_none_stands_twice() -> None:
    assert len(PAIRS) >= 140
    assert [source for source, count in Counter(pair[0] for pair in PAIRS).items() if count > 1] == []


@pytest.mark.parametrize(
    ("source", "plain", "declare"),
    [
        (r"\mathbf{x}^\top A \mathbf{x}", "x'*A'*x", ""),
        (r"\tfrac12\|Ax-b\|_2^2", "(1/2)*||A*x-b||", ""),
        (r"{a \over b c}", "a/b*c", "a: scalar; b: scalar; c: scalar"),
        (r"\frac{\partial a^T x}{\partial x} = a", "d(a'*x)/dx = x", ""),
        (r"\newcommand{\q}[2]{#2^\top #1} \q{x}{A}", "x'*A", "A: n×n; x: n"),
    ],
)
def test_a_planted_difference_is_seen(source: str, plain: str, declare: str) -> None:
    assert not agree(source, plain, declare)


@pytest.mark.parametrize(
    ("source", "marked", "message"),
    [
        (r"\newcommand{\h}[2]{#1 #2} x + \h{y}", r"\h", "\\h needs 2 arguments after it"),
        (r"\newcommand{\a}{\b x}\newcommand{\b}{\a} x + \a", r"\a", "is defined by itself"),
        (r"\def\a{\a\a} x + \a", r"\a", "is defined by itself"),
        (r"\newcommand{\vx}{\mathbf{x}} A \vx + \foo \vx", r"\foo", "the command \\foo is not read"),
        (r"\newcommand{\vx}{\mathbf{x}} \vx^\top A \vx \leq 3", r"\leq", "inequalities are not read"),
        (r"\newcommand{\q}[1]{#1^\top #1} \q{\vec{x} + \badly}", r"\badly", "the command \\badly is not read"),
        (r"\newcommand{\q}[1]{#1 \wrong} x + \q{x} + y", r"\q{x}", "the command \\wrong is not read"),
        (r"x_1^\top x_1 + \cdots + x_n^\top x_n", r"\cdots", "an ellipsis is not read"),
        (r"{x^\top \over} y", r"\over", "\\over has an empty side"),
        (r"\operatorname*{arg\,min} x", r"\operatorname", "there is no such function"),
        (r"A_{2,\cdot} \mathbf{x}", "_{2,\\cdot}", "rows and columns are not read as entries"),
        (r"W^{[2]} \mathbf{x} + W_2 \mathbf{y}", "^", "W_2 would be one name for two symbols"),
        (r"\left.x^\top x\right|_{x=0}", r"\left.", "a delimiter that is left out is not read"),
        (r"\mathrm{d}X \mathbf{x}", r"\mathrm{d}", "differentials are not read"),
        (r"x^{\mkern q} \mathbf{x}", r"\mkern", "\\mkern needs a width after it"),
    ],
)
def test_errors_point_at_what_was_written(source: str, marked: str, message: str) -> None:
    with pytest.raises(MatcalcError) as caught:
        elaborate(source)
    error = caught.value
    assert message in error.message
    assert error.text == source
    assert error.span is not None
    assert source[error.span.start :].startswith(marked)
    assert "^" in str(error).splitlines()[2]


def test_messages_quote_what_the_commands_stand_for() -> None:
    with pytest.raises(MatcalcError) as caught:
        elaborate(r"\newcommand{\vx}{\mathbf{x}} a + \vx \vx", "x: n")
    assert caught.value.message.startswith(r"cannot multiply \mathbf{x}")
    assert caught.value.span is not None
    assert caught.value.span.start == 33


def test_definitions_made_elsewhere() -> None:
    source = expanded(r"\vx^\top \T{}", {"vx": Macro(r"\mathbf{x}"), "T": Macro(r"\b#1", counted(1))})
    assert source.text == r"\mathbf{x}^\top \b"
    assert [source.offset(place) for place in (0, 9, 10, 16)] == [0, 0, 3, 9]


def test_a_comment_defines_nothing() -> None:
    assert expanded("% \\newcommand{\\foo}{x}\n\\foo").text == "% \\newcommand{\\foo}{x}\n\\foo"


def test_a_command_that_nothing_defines_is_a_letter_and_said_to_be_one() -> None:
    found = elaborate(r"\x^\top \bA \x")
    assert [note for note in found.notes if "nothing defines" in note] == [
        r"\x, which nothing defines, is read as a letter", r"\bA, which nothing defines, is read as a letter",
    ]  # fmt: skip
    assert not elaborate(r"\newcommand{\x}{\mathbf{x}} \x^\top A \x").notes[1:]


@pytest.mark.parametrize("text", ["A\\B", "sum(sum((A\\B).^2))", "trace(inv(A)*(B\\A))"])
def test_division_from_the_left_is_no_command(text: str) -> None:
    assert expanded(text).text == text
