"""Typst source: its forms, its words and brackets, and, where a Typst compiler is installed, that it compiles."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from matcalc.base.errors import MatcalcError
from matcalc.interface.api import derive, gradient, parse
from matcalc.printing import index_text, text
from matcalc.printing.names import GREEK
from tests.codegen.expressions import EXPRESSIONS

FORMS = [
    ("X'*A^-1*x", "X^top A^(-1) x"),
    ("x/2 - alpha*y", "frac(x, 2) - alpha y"),
    ("x.*y.^2./z", "x ⊙ y^(⊙ 2) ⊘ z"),
    ("norm(x)^2 + norm1(x) + norm(X, nuclear)", "norm(x)^2 + norm(x)_1 + norm(X)_*"),
    ("kron(A, B)", "A ⊗ B"),
    ("softmax(x)'*sigmoid(y)", 'op("softmax") (x)^top sigma (y)'),
    ("exp(x) + tanh(x)", "exp (x) + tanh (x)"),
    ("W_1*x_hat + X_train*w", 'W_1 hat(x) + X_(upright("train")) w'),
    ("loss*a", 'upright("loss") a'),
    ("(a + b)/(c + d)", "frac(a + b, c + d)"),
    ("tr(A)*diag(x)", 'tr (A) op("diag") (x)'),
    ("sum(i, x_i^2)", "sum_(i) (x_(i))^2"),
    ("2*3^n", "2 dot 3^(n)"),
]


@pytest.mark.parametrize(("formula", "expected"), FORMS, ids=lambda one: one)
def test_forms(formula: str, expected: str) -> None:
    assert parse(formula).typeset("typst") == expected


def test_bold_type_and_equations() -> None:
    derivation = derive("x'*A*x", "x")
    assert derivation.typeset("typst", equation=True) == "frac(∂, ∂ x) x^top A x = (A + A^top) x"
    assert derivation.typeset("typst", bold=True) == "(bold(A) + bold(A)^top) bold(x)"
    assert index_text(derivation.outcome.tensor, "typst") == "A_(j i) x_j + A_(i j) x_j"
    assert derivation.differential().typeset("typst", equation=True) == "dif f = x^top (A + A^top) dif x"
    assert derive("a*x^3", "x", order=2).typeset("typst", equation=True).startswith("frac(∂^2, ∂ x^2) ")
    assert derive("a*x", "x").entries(n=2).typeset("typst") == 'mat(delim: "[", a, 0; 0, a)'


def test_steps_and_several_gradients() -> None:
    rows = derive("x'*A*x", "x").steps_text("typst").splitlines()
    assert rows[0] == 'f &= x_i A_(i j) x_j & quad "index notation" \\'
    assert rows[-1] == 'frac(∂ f, ∂ x) &= (A + A^top) x & quad "fold"'
    assert "⟨" in derive("||X - U*V||^2", "V").steps_text("typst", "differential")
    both = gradient("z = W*x + b; h = tanh(z); u'*h", ["W", "x"]).typeset("typst")
    assert both.splitlines()[-1] == "frac(∂ f, ∂ x) &= W^top delta"


def test_another_notation_is_an_error() -> None:
    with pytest.raises(MatcalcError, match="no notation 'troff'"):
        derive("x'*A*x", "x").typeset("troff")


def sources() -> Iterator[str]:
    for expression in EXPRESSIONS.values():
        yield text(expression, "typst")
        yield text(expression, "typst", bold=True)
    for formula, wrt in (("A*X*B", "X"), ("exp(A*x)", "A"), ("logdet(X)", "X"), ("softmax(x)", "x"), ("eigmax(A)", "A")):
        derivation = derive(formula, wrt)
        yield derivation.typeset("typst", equation=True)
        yield index_text(derivation.outcome.tensor, "typst")
        yield derivation.steps_text("typst")


WORDS = frozenset(GREEK) | frozenset(
    """
    frac sqrt norm op upright bold attach br mat delim sum top dot dots c quad thin dif display hat macron tilde double caron breve acute
    grave circle exp log sin cos tan sinh cosh tanh arcsin arccos arctan det tr max min alt
    """.split()  # noqa: SIM905
)


def test_words_and_brackets_are_ones_of_typst() -> None:
    """Other words of several letters, without quotes, would be names that Typst does not know."""
    for source in sources():
        plain = re.sub(r'"[^"]*"', '""', source)
        assert set(re.findall(r"[A-Za-z]{2,}", plain)) <= WORDS, source
        assert all(plain.count(one) == plain.count(other) for one, other in ("()", "[]", "⟨⟩")), source
        assert not re.search(r"[_^]\s|[_^]$|\(\)", plain.replace('("")', "")), source


def test_a_compiler_takes_it() -> None:
    typst = pytest.importorskip("typst")
    document = "#set page(width: 60cm, height: auto)\n" + "\n\n".join([f"$ {source} $" for source in sources()])
    assert typst.compile(document.encode(), format="svg")
    with pytest.raises(Exception, match="unclosed delimiter"):
        typst.compile(b"$ frac(a, b $", format="svg")
