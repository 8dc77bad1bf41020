"""Formulas as people write them, and the rows that they have."""

from __future__ import annotations

import pytest

from matcalc.documents.blocks import Formula, Notation, Place, placed
from matcalc.documents.rows import rows
from matcalc.documents.sides import Row
from matcalc.documents.signs import signs_of

HERE = Place("notes.md", 7)


def rows_of(text: str, notation: Notation = "latex", environment: str = "") -> list[Row]:
    return list(rows(Formula(placed(text, HERE), True, environment, notation)))


def said(text: str, notation: Notation = "latex", environment: str = "") -> list[str]:
    """Each row as ``lead | left relation right | behind``, blanks put together."""
    out = []
    for row in rows_of(text, notation, environment):
        sides = f"{row.left.text} {row.relation} {row.right.text}" if row.right is not None else row.left.text
        out.append(
            " | ".join([" ".join(part.split()) for part in (row.lead, sides, row.behind)]).replace(" |  | ", " | ").strip(" |")
        )
    return out


LATEX = {
    # alignment, continuation, chains
    r"a &= b \\ &= c \label{x}\tag{3}": ["a = b", "b = c"],
    r"\begin{aligned} a &= b \\[2pt] &\quad + c \\ &\qquad (d + e), \\ f &= g. \end{aligned}": ["a = b + c (d + e)", "f = g"],
    r"\begin{eqnarray} a &=& b \nonumber \\ &=& c \qedhere \end{eqnarray}": ["a = b", "b = c"],
    r"\begin{aligned} a &= b & c &= d \\ e &= f & g &= h \end{aligned}": ["a = b", "c = d", "e = f", "g = h"],
    r"a = \left(b \\ + c\right) \\ -d = e": [r"a = \left(b + c\right)", "-d = e"],
    r"a = \left( b \right. \\ \left. + c \right)": [r"a = \left( b + c \right)"],
    r"a \\ = b": ["a = b"],
    r"f = \\ b": ["f = b"],
    r"\begin{array}{rcl} a &=& b \\ c &=& d \end{array}": ["a = b", "c = d"],
    r"\left\{ \begin{aligned} a &= b \\ c &= d \end{aligned} \right.": ["a = b", "c = d"],
    # a remark in colour, perhaps set as an array
    r"a &= b & \textcolor{gray}{\begin{pmatrix*}[l] \text{We write $b$ for it} \\[1em] \text{twice} \end{pmatrix*}} \\ &= c": [
        r"a = b | \textcolor{gray}{\begin{pmatrix*}[l] \text{We write $b$ for it} \\[1em] \text{twice} \end{pmatrix*}}",
        "b = c",
    ],
    r"a = \textcolor{red}{b + \text{c}} d": [r"a = \textcolor{red}{b + \text{c}} d"],
    # separators
    r"a = b, \quad c = d \qquad \text{and} \qquad e = f; g = h": ["a = b", "c = d", "and | e = f", "g = h"],
    r"f(x, y) = [1, 2], x, y \in R": ["f(x, y) = [1, 2]", r"x, y ∈ R"],
    r"i = 1, \dots, n": [r"i = 1, \dots, n"],
    r"\mathrm{d} f = a \quad\Longrightarrow\quad \nabla f = b": [r"\mathrm{d} f = a", r"⇒ | \nabla f = b"],
    r"\therefore a = b": ["∴ | a = b"],
    r"z = Wx \longleftarrow x": ["z = Wx", "← | x"],
    r"f : R \to S": [r"f : R → S"],
    # words
    r"x^\top K x = 0 \quad\text{if } K^\top = -K .": [r"x^\top K x = 0 | \text{if } K^\top = -K"],
    r"a = b \quad (1)": ["a = b | (1)"],
    r"\text{hence } a = b \text{ (chain rule)}": [r"hence | a = b | \text{ (chain rule)}"],
    r"a = b \text{ where } c = d": ["a = b", "where | c = d"],
    r"\text{loss} = \text{softmax}(z)": [r"\text{loss} = \text{softmax}(z)"],
    r"a = b, \quad i = 1, \dots, n, \quad c = d, \quad k = 3": [r"a = b | i = 1, \dots, n", "c = d", "k = 3"],
    r"\frac{\partial a_j}{\partial z_i} = -a_i a_j, \quad i \neq j": [r"\frac{\partial a_j}{\partial z_i} = -a_i a_j | i \neq j"],
    r"x^\top A x > 0 \quad \forall x": [r"x^\top A x > 0 | \forall x"],
    r"\forall x \in R: f(x) = 1": [r"for all x \in R | f(x) = 1"],
    r"a &= b & \text{if } x > 0,\\ c &= d &&\text{with } w \sim N": [r"a = b | \text{if } x > 0", "c = d", "with | w ∼ N"],
    r"\textrm{MSE} (x) = \log \textrm{price} + \text{tr} A": [r"\textrm{MSE} (x) = \log \textrm{price} + \text{tr} A"],
    # cases
    r"y = \begin{cases} 2Sz & \text{if } S = S^\top, \\ (S + S^\top)z & \text{otherwise.} \end{cases}": [
        r"y = 2Sz | \text{if } S = S^\top",
        r"y = (S + S^\top)z | \text{otherwise.}",
    ],
    r"y = \begin{cases} x & x > 0 \\ 0 & \text{otherwise} \end{cases}": [
        r"y = \begin{cases} x & x > 0 \\ 0 & \text{otherwise} \end{cases}"
    ],
    r"\begin{cases} a = b \\ c = d \end{cases}": ["a = b", "c = d"],
    # signs
    r"a \overset{!}{=} b \stackrel{(a)}{=} c": ["a = b", "b = c"],
    r"a \overset{\text{def}}{=} b \le c \coloneqq d": ["a := b", "b ≤ c", "c := d"],
    r"\boxed{a = b}": ["a = b"],
    r"{\displaystyle a={\frac {b}{c}}}": [r"a = {\frac {b}{c}}"],
    r"\sum_{i=1}^n x_i = \max_{y = 0} z": [r"\sum_{i=1}^n x_i = \max_{y = 0} z"],
    # not cut, and not lost
    r"f = \begin{pmatrix} a & b \\ c & d \end{pmatrix}": [r"f = \begin{pmatrix} a & b \\ c & d \end{pmatrix}"],
    r"x": ["x"],
    r"= b": ["= b"],
    r"a =": ["a ="],
}

PLAIN = {
    "dh/dx = Q*x + c   if Q = Q'": ["dh/dx = Q*x + c | if Q = Q'"],
    "h = x'*Q*x      (Q is any square matrix)": ["h = x'*Q*x | (Q is any square matrix)"],
    "tol = 1e-8, maxit = 200": ["tol = 1e-8", "maxit = 200"],
    "optimality: df/dx = 0": ["optimality: | df/dx = 0"],
    "a = b  # why\n  + c\n  = d": ["a = b + c | # why", "b + c = d"],
    "norm(A*x) <= norm(A)*norm(x)": ["norm(A*x) ≤ norm(A)*norm(x)"],
    "df = tr(A*dX) => grad(f) = A'": ["df = tr(A*dX)", "⇒ | grad(f) = A'"],
}


@pytest.mark.parametrize("text", LATEX)
def test_rows_of_latex(text: str) -> None:
    assert said(text) == LATEX[text]


@pytest.mark.parametrize("text", PLAIN)
def test_rows_of_plain_text(text: str) -> None:
    assert said(text, "plain") == PLAIN[text]


def test_links_know_their_first_side_and_their_own_line() -> None:
    first, second, third = rows_of("a &= b \\\\\n  &= c\n  := d")
    assert (first.link, second.link, third.link) == (0, 1, 2)
    assert [row.first.text for row in (first, second, third)] == ["a", "a", "a"]
    assert second.right is not None and second.right.place() == Place("notes.md", 8, 6)


def test_a_chain_that_is_no_chain_of_equations_begins_anew() -> None:
    assert [row.first.text for row in rows_of(r"a \le b = c = d")] == ["a", "b", "b"]


def test_a_formula_that_begins_with_a_relation_goes_on_with_the_one_before() -> None:
    (before,) = rows_of("a = b")
    (row,) = rows(Formula(placed("= c", HERE)), before)
    assert (row.first.text, row.left.text, row.link) == ("a", "b", 1)


@pytest.mark.parametrize(
    "text", [*LATEX, *PLAIN, r"\left( } \end{x} [ \begin{cases} & \\ \text{", "]) { = ", r"a_ = \overset{ = b"]
)
@pytest.mark.parametrize("notation", ["latex", "plain"])
def test_the_signs_are_the_whole_formula(text: str, notation: Notation) -> None:
    signs = signs_of(text, notation)
    assert "".join([text[sign.start : sign.end] for sign in signs]) == text
    assert rows_of(text, notation)


def test_no_row_is_lost_in_a_multline() -> None:
    assert said(r"a \\ b = c \\ + d", environment="multline") == ["a b = c + d"]
