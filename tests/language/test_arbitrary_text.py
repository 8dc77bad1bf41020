"""Whatever the text: an expression or a MatcalcError, and what is printed reads back."""

from __future__ import annotations

from hypothesis import given, settings, strategies as st

from matcalc.base.errors import MatcalcError
from matcalc.language import elaborate, elaborate_statement, parse_declarations
from matcalc.printing import text as printed

PIECES = [
    *"xyzABXWbcnij12()[]'+-*/^|;=,_ᵀ²",
    *(".*", "./", ".^", "||", "⁻¹", "⁻ᵀ", "^T", "^-1", "⊗", "⊙", "‖", "𝟏", "∂", "∇_x", "Σ_i"),
    *("x_i", "X_ij", "e_3", "0.5", "11'", "\n", " ", "reshape(", ",m,n)"),
    *(
        "exp(",
        "log(",
        "tr(",
        "sum(",
        "sum(i,",
        "det(",
        "diag(",
        "inv(",
        "vec(",
        "reshape(",
        ",m,n)",
        "kron(",
        "norm(",
        "softmax(",
        "mean(",
        "var(",
        "sqrt(",
    ),
    *(
        "f(",
        "f'(",
        "eye",
        "eye(n)",
        "ones(n)",
        "vector(1)",
        "matrix(0)",
        "zeros",
        "commutation(m,n)",
        ",rows)",
        ",cols)",
        ",nuclear)",
    ),
    *("d(", ")/dx", "grad(", ",x)", "alpha", "Sigma", "pi", "I", "[1,2]", "[i]", "foo"),
]
DECLARATIONS = [
    None,
    "x: n; A: n×n; f: function",
    "X: n×m; A: m×m symmetric; b: scalar",
    "x: 3; X: 3×4; n: scalar",
    "x: 1×n; W: 2×3×4; e: n",
]
DECLARATION_PIECES = ["x", "A", ":", ";", "n", "m", "×", ",", "(", ")", " ", "symmetric", "scalar", "function", "3", "*", "^2"]


def closed(text: str) -> str:
    return text + ")" * max(0, text.count("(") - text.count(")"))


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=30), st.sampled_from(DECLARATIONS))
def test_any_text_is_read_or_refused(text: str, declare: str | None) -> None:
    for read in (elaborate, elaborate_statement):
        try:
            read(text, declare)
        except MatcalcError as error:
            assert str(error)


@settings(max_examples=700, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=10).map("".join).map(closed), st.sampled_from(DECLARATIONS))
def test_what_looks_like_a_formula_is_read_or_refused(text: str, declare: str | None) -> None:
    try:
        elaborate_statement(text, declare)
    except MatcalcError as error:
        assert str(error)
    try:
        found = elaborate(text, declare)
    except MatcalcError as error:
        assert str(error)
        return
    for style in ("ascii", "unicode"):
        shown = printed(found.expression, style)
        again = elaborate(shown, found.declarations, shape=found.expression.shape)
        assert again.expression.shape == found.expression.shape


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(DECLARATION_PIECES)).map("".join))
def test_any_declaration_is_read_or_refused(text: str) -> None:
    try:
        parse_declarations(text)
    except MatcalcError as error:
        assert str(error)
