"""Markdown as pieces, in the spellings of GitHub, Jekyll, Quarto, MathJax and MyST."""

from __future__ import annotations

import pytest

from matcalc.documents.blocks import Fault, Formula
from matcalc.documents.formats.markdown import manuscript
from tests.documents.showing import formulas, lines


def read(text: str) -> list[str]:
    return lines(manuscript(text, "notes.md").pieces)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("where $x$ and $`y_1`$ are", ["[x]", "[y_1]"]),
        ("$$x$$ in a line", ["[display: x]"]),
        ("so\n$$\nx = y\n$$\nand", ["[display: x = y]"]),
        ("```math\nx = y\n```", ["[display: x = y]"]),
        ("```{math}\n:label: eq-a\nx = y\n```", ["[display: x = y]"]),
        ("by {math}`x_1`, see {eq}`eq-a`", ["[x_1]"]),
        (r"\\( x_1 \\) and \\[ y = x \\]", ["[x_1]", "[display: y = x]"]),
        (r"\( x_1 \) and \[ y = x \]", ["[x_1]", "[display: y = x]"]),
        (r"\(\(x = y.\)\)", ["[display: x = y.]"]),
        ("\\begin{align}\na &= b \\\\\n&= c\n\\end{align}", ["[align: a &= b \\\\\n&= c]"]),
        ("$$\\begin{align*} a &= b \\end{align*}$$", [r"[display: \begin{align*} a &= b \end{align*}]"]),
        ("\\begin{alignat}{2} a &= b \\end{alignat}", ["[alignat: a &= b]"]),
        ("$$\na\n\n- b\n= c\n$$", ["[display: a\n\n- b\n= c]"]),
        ("Then: $$\na\n= b\n- c\n$$ so", ["[display: a\n= b\n- c]"]),
        ("- item $$\n  a\n  = b\n  $$\n- $c$", ["[display: a\n= b]", "[c]"]),
        ("1. a\n\n    $$x = y$$", ["[display: x = y]"]),
        ("> $a$ and\n> $$\n> b\n> = c\n> $$", ["[a]", "[display: b\n= c]"]),
        ("| a | $|x|$ |\n|--|--|\n| $y$ | $\\|z\\| = 1$ |", ["[|x|]", "[y]", r"[\|z\| = 1]"]),
        ("# On $x^2$\n\n$y$\n===", ["[x^2]", "[y]"]),
        ("![figure of $x$](a.png) and [link on $y$](http://a.b/$c$)", ["[x]", "[y]"]),
        ("_emphasis on $a_1 b_2$_ and **$c$**", ["[a_1 b_2]", "[c]"]),
        (r"$a \text{ if $b$ holds}$", [r"[a \text{ if $b$ holds}]"]),
        (r"in Jekyll \\( a\_1 \\\\ b \\)", [r"[a_1 \\ b]"]),
        (":::{math}\n:label: a\n\nx = y\n:::", ["[display: x = y]"]),
        ("f(x) = x<sup>2</sup>, say", ["{f(x) = x^(2)}"]),
        ("<div>\n<p>with $x$</p>\n</div>", ["[x]"]),
        ("!!! note\n    with $x$\n", ["[x]"]),
    ],
)
def test_mathematics_is_found_in_each_spelling(text: str, expected: list[str]) -> None:
    assert formulas(manuscript(text, "notes.md").pieces) == expected


@pytest.mark.parametrize(
    "text",
    [
        "costs $5 or $6, at most $10.",
        "between $100,000 and $200,000 a year",
        "a \\$x\\$ b",
        "in code `$x$ and $y$`",
        "```python\na = '$x$'\n```",
        "``` sh\necho $HOME $PATH\n```",
        r"see \[1\] and \[link\]",
        "`pip install x`, `lr=0.01`, `f(a=1)`, `a == b`, `x.y = np.ones(3)`",
        "set `a` == 3 and US$5=US$5",
        "a --flag=value, key=value and width=100%",
        "the loss = number of errors",
        "an image of 32 x 32 x 3 = 3072 pixels",
        "with x, y = f(z) in Python",
    ],
)
def test_prices_and_programs_are_no_mathematics(text: str) -> None:
    assert [shown for shown in formulas(manuscript(text, "notes.md").pieces) if shown != "{a}"] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("so `d(x'*A*x)/dx = 2*A*x` for `A`", ["so", "{d(x'*A*x)/dx = 2*A*x}", "for", "{A}"]),
        (
            "`W_1` is `n×n`, `alpha` not, and `name` too",
            ["{W_1}", "is", "{n×n}", ",", "{alpha}", "not, and `name` too"],
        ),
        ("hence ∂(b'x)/∂x = b, and so on", ["hence", "{∂(b'x)/∂x = b}", ", and so on"]),
        (
            "```\nd(A*x)/dx = A'   (denominator layout)\n\ntr(A*B) = tr(B*A)\n```",
            ["{d(A*x)/dx = A'   (denominator layout)}", "/", "{tr(A*B) = tr(B*A)}"],
        ),
        ("```\nimport numpy as np\ny = A*x\n```", ["`import numpy as np\ny = A*x`"]),
        ("```matcalc\nx = y'*z\n```", ["{x = y'*z}"]),
        ("```text\n+--+\n```", ["`+--+`"]),
        ("```{r, echo=FALSE}\nx <- 1\n```", ["`x <- 1`"]),
        ("{% highlight ruby %}\na = b*c\n{% endhighlight %}\nc", ["`a = b*c`", "c"]),
    ],
)
def test_plain_characters_are_read_as_notes(text: str, expected: list[str]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("---\ntitle: a\n---\n\n# B *c* {#sec-b}", ["`title: a`", "# B c"]),
        ("$$x$$ {#eq-a}\n\n$$y$$ (eq-b)\nc", ["[display: x]", "/", "[display: y]", "c"]),
        (
            "a\n\n<!-- matcalc: declare A: n×n -->\n\nb <!-- matcalc: expect false --> c",
            ["a", "/", "!declare A: n×n", "/", "b", "!expect false", "c"],
        ),
        ("<!-- a comment on $x$ -->\n\nb", ["b"]),
        ("::: {#thm-a}\na\n:::\nb", ["<theorem>", "a", "/", "</theorem>", "b"]),
        (
            "::: {.callout-note}\na\n::: {.proof}\nb\n:::\n:::",
            ["<note>", "a", "/", "<proof>", "b", "/", "</proof>", "</note>"],
        ),
        ("```{prf:lemma} Title\n:label: l\n\n$x$\n```", ["<lemma>", "[x]", "/", "</lemma>"]),
        ("```{theorem}\n$x$\n```", ["<theorem>", "[x]", "/", "</theorem>"]),
        ("\\begin{thm}\nlet $x$ be\n\\end{thm}", ["<theorem>", "let", "[x]", "be", "</theorem>"]),
        (
            '<div class="theorem">\n\nlet $x$ be\n\n</div>\n\nb',
            ["<theorem>", "let", "[x]", "be", "/", "</theorem>", "/", "b"],
        ),
        ("- a\n- b", ["<item>", "a", "/", "</item>", "<item>", "b", "/", "</item>"]),
        ("{: .note}\na\n{% raw %}\nb", ["a", "/", "b"]),
        ("$$\\newcommand{\\v}[1]{\\mathbf{#1}}$$\n\n$\\v{x} = 1$", [r"[\mathbf{x} = 1]"]),
        ("$\\def\\a{\\a}\\a$", ["?\\a is defined by itself", "[\\def\\a{\\a}\\a]"]),
    ],
)
def test_what_stands_around_mathematics(text: str, expected: list[str]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\n\n$$ x = \\frac{1}{2}\n\nthen we see that this is so, $b$ too\n\n$$c$$", 3),
        ("a\n\n\\begin{align}\nx &= y\n\nthen we see that this is so, $b$ too\n\n$$c$$", 3),
        ("a $\\frac{1}{2} x\n\n$b$\n\n$$c$$", 1),
    ],
)
def test_what_is_not_closed_is_a_fault_and_the_rest_is_read(text: str, line: int) -> None:
    pieces = manuscript(text, "notes.md").pieces
    assert [fault.place.line for fault in pieces if isinstance(fault, Fault)] == [line]
    assert formulas(pieces) == ["[b]", "[display: c]"]


def test_what_is_too_deep_is_a_fault() -> None:
    pieces = manuscript("> " * 100 + "$a$\n\n$b$", "notes.md").pieces
    assert [fault.place.line for fault in pieces if isinstance(fault, Fault)] == [1]
    assert formulas(pieces) == ["[b]"]


def test_a_display_knows_how_it_stands() -> None:
    (found,) = [piece for piece in manuscript("a\n\n  $$\n  x\n  = y\n  $$\n", "notes.md").pieces if isinstance(piece, Formula)]
    assert [(found.text.place(at).line, found.text.place(at).column) for at in (0, 2, 4, 6)] == [
        (4, 3),
        (5, 1),
        (5, 3),
        (5, 5),
    ]
