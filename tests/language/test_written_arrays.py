"""Equations between arrays that are written out entry by entry, and gradients and Hessians of functions of numbers."""

from __future__ import annotations

import pytest

import matcalc
from matcalc import verify
from matcalc.base.errors import ParseError, ShapeError

G = "g(s, t) = s^2 t + \\sin(t); "

# Behind G: statement | that it holds, or the entry that is wrong
TABLE = r"""
\nabla g(s, t) = \begin{bmatrix} 2st \\ s^2 + \cos(t) \end{bmatrix} | holds
\nabla g = \left[ 2st, s^2 + \cos t \right] | holds
\nabla g(s, t)^\top = \begin{pmatrix} 2st & s^2 + \cos t \end{pmatrix} | holds
\nabla g = 2 \begin{bmatrix} st \\ 0 \end{bmatrix} + \begin{bmatrix} 0 \\ s^2 + \cos t \end{bmatrix} | holds
\nabla g(1, 0) = [0, 2] | holds
\nabla g(a, \pi) = \begin{bmatrix} 2 a \pi \\ a^2 - 1 \end{bmatrix} | holds
\nabla^2 g(s, t) = \begin{bmatrix} 2t & 2s \\ 2s & -\sin t \end{bmatrix} | holds
\mathbf{H} g(s, t) = \left[\begin{array}{cc} 2t & 2s \\ 2s & -\sin(t) \end{array}\right] | holds
\mathbf{H}_g = \begin{bmatrix} \frac{\partial^2 g}{\partial s^2} & 2s \\ \frac{d^2 g}{dt ds} & -\sin t \end{bmatrix} | holds
J_g = \begin{bmatrix} 2st & s^2 + \cos t \end{bmatrix} | holds
\begin{bmatrix} 2st \\ s^2 + \cos t \end{bmatrix} = \nabla g | holds
\nabla g(s, t) = \begin{bmatrix} 2st \\ s^2 - \cos(t) \end{bmatrix} | entry 2 (∂g/∂t)
\nabla g(1, 0) = [0, 1] | entry 2 (∂g/∂t)
\nabla^2 g(s, t) = \begin{bmatrix} 2t & 2s \\ 2t & -\sin t \end{bmatrix} | entry (2, 1) (∂²g/∂t∂s)
""".strip().splitlines()


@pytest.mark.parametrize("line", TABLE)
def test_each_entry_is_compared(line: str) -> None:
    statement, expected = (part.strip() for part in line.split(" | "))
    found = verify(G + statement)
    assert found.ok == (expected == "holds")
    assert found.ok or (found.status == "refuted" and found.reason.startswith(f"{expected} is refuted"))


def test_the_right_entry_is_given() -> None:
    found = verify(G + r"\nabla g(s, t) = \begin{bmatrix} st \\ s^2 + \cos(t) \end{bmatrix}")
    assert [link.status for link in found.links] == ["refuted", "proved"]
    assert found.correction is not None and found.correction.text("ascii") == "2*s*t"


REFUSED = [
    (G + r"\nabla g(s, t) = \begin{bmatrix} 2st \\ s^2 \\ 0 \end{bmatrix}", ShapeError, "2×1 entries, the right side 3×1"),
    (
        G + r"\nabla g(s, t) = \begin{bmatrix} 2st & 1 \\ s^2 \end{bmatrix}",
        ParseError,
        "rows of this array have different lengths",
    ),
    (G + r"\nabla g(s, t) = \begin{bmatrix} 2st \\  & 1 \end{bmatrix}", ParseError, "an entry of this array is missing"),
    (G + r"\nabla g(s, t) = M \begin{bmatrix} 2st \\ 1 \end{bmatrix}", ParseError, "it is not known that it is a number"),
    (G + r"\nabla g(s, t) = w", ParseError, "g has several arguments"),
]


@pytest.mark.parametrize(("statement", "error", "message"), REFUSED)
def test_what_else_is_refused(statement: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        verify(statement)


OF_OTHERS = [
    r"f(x) = x_1^2 + 3 x_1 x_2; \nabla f(x) = \begin{bmatrix} 2 x_1 + 3 x_2 \\ 3 x_1 \end{bmatrix}",
    r"f(x) = x_1^2 + 3 x_1 x_2; \nabla^2 f(x) = \begin{bmatrix} 2 & 3 \\ 3 & 0 \end{bmatrix}",
    r"F(s, t) = \begin{bmatrix} s^2 t \\ 5s + \sin t \end{bmatrix}; J_F(s, t) = \begin{bmatrix} 2st & s^2 \\ 5 & \cos t \end{bmatrix}",
    r"F(s, t) = \begin{bmatrix} s^2 t \\ 5s + t \end{bmatrix}; J_F(1, 2) = \begin{bmatrix} 4 & 1 \\ 5 & 1 \end{bmatrix}",
    r"f(u, v) = uv; u(s) = s^2; v(s) = 2s; \nabla f(u, v) = [v, u]",
]


@pytest.mark.parametrize("statement", OF_OTHERS)
def test_functions_of_entries_and_with_several_values(statement: str) -> None:
    assert verify(statement).ok


def test_a_wrong_entry_of_a_jacobian_is_named() -> None:
    found = verify(r"F(s, t) = [s t, s + t]; J_F = \begin{bmatrix} s & t \\ 1 & 1 \end{bmatrix}")
    assert found.status == "refuted" and found.reason.startswith("entry (1, 1) (∂F_1/∂s) is refuted")


def test_row_ends_that_lost_a_backslash() -> None:
    found = verify(G + r"\nabla^2 g(s, t) = \begin{bmatrix} 2t & 2s \ 2s & -\sin t \end{bmatrix}")
    assert found.ok and any("read as the end of a row" in warning for warning in found.warnings)
    assert verify(G + r"\nabla g(s, t)^\top = \begin{bmatrix} 2st\ & s^2 + \cos t \end{bmatrix}").warnings == ()


def test_marks_of_columns_outside_of_arrays_align_equations() -> None:
    assert verify(r"\begin{aligned} f(x) &= x^\top x \\ \nabla f(x) &= 2x \end{aligned}").status == "proved"


# A function that is given by a derivative, at other places.
AT_POINTS = [
    "f(s,t) = s^2*t; g(s,t) = d(f)/ds; g(1,2) = 4",
    "f(s,t) = s^2*t; h(s,t) = f(t,s); g(s,t) = d(h)/ds; g(1,2) = 4",
    "f(s,t) = s^2*t; h(s) = f(s,s); g(s) = d(h)/ds; g(2) = 12",
]


@pytest.mark.parametrize("statement", AT_POINTS)
def test_derivatives_at_points(statement: str) -> None:
    assert verify(statement).status == "proved"


M = r"M = \begin{pmatrix} 2 & 1 \\ 5 & 3 \end{pmatrix}; "
V = r"v = \begin{pmatrix} 1 \\ -1 \end{pmatrix}; "
TURN = r"R = \begin{pmatrix} \cos t & -\sin t \\ \sin t & \cos t \end{pmatrix}; "

# Behind arrays with names: statement | that it holds, is false, or is not read
ARITHMETIC = rf"""
{M}{V} M v = \begin{{pmatrix}} 1 \\ 2 \end{{pmatrix}} | proved
{M}{V} M v = \begin{{pmatrix}} 1 \\ 3 \end{{pmatrix}} | refuted
{M}{V} M v = [1, 2]^\top | proved
{M}{V} v^\top M v = -1 | proved
{M}{V} v^\top M v = 1 | refuted
{M} \det M = 1 | proved
{M} |M| = 1 | proved
{M} \det M = 11 | refuted
{M} \operatorname{{tr}}(M) = 5 | proved
{M} M^{{-1}} = \begin{{pmatrix}} 3 & -1 \\ -5 & 2 \end{{pmatrix}} | proved
{M} M^{{-1}} = \begin{{pmatrix}} 3 & 1 \\ -5 & 2 \end{{pmatrix}} | refuted
{M} M M^{{-1}} = I | proved
{M} M^2 = \begin{{pmatrix}} 9 & 5 \\ 25 & 14 \end{{pmatrix}} | proved
{M} M + M^\top = \begin{{pmatrix}} 4 & 6 \\ 6 & 6 \end{{pmatrix}} | proved
{M} M - M^\top = 0 | refuted
{M} \det(M - \lambda I) = \lambda^2 - 5 \lambda + 1 | proved
{M} \det(M - \lambda I) = \lambda^2 + 5 \lambda + 1 | refuted
{V} \|v\|^2 = 2 | proved
{V} \|v\| = 2 | refuted
u = [3, 4]; \|u\|_2 = 5 | proved
u = [3, 4]; w = [1, 2]; u \cdot w = 11 | proved
u = [3, 4]; w = [1, 2]; u^\top w = 11 | proved
u = [3, 4]; w = [-4, 3]; u^\top w = 0 | proved
u = [3, 4]; w = [4, 3]; u^\top w = 0 | refuted
{M} M \odot M = \begin{{pmatrix}} 4 & 1 \\ 25 & 9 \end{{pmatrix}} | proved
{M} M \odot M = \begin{{pmatrix}} 9 & 5 \\ 25 & 14 \end{{pmatrix}} | refuted
{M} \|M\|_F^2 = 39 | proved
{M} \|M\|_F^2 = 5 | refuted
u = [3, 4]; w = [1, 2]; u w^\top = \begin{{pmatrix}} 3 & 6 \\ 4 & 8 \end{{pmatrix}} | proved
{TURN} R^\top R = I | proved
{TURN} R^2 = I | refuted
{TURN} \det R = 1 | proved
J = \begin{{pmatrix}} \cos t & -r \sin t \\ \sin t & r \cos t \end{{pmatrix}}; \det J = r | proved
J = \begin{{pmatrix}} \cos t & -r \sin t \\ \sin t & r \cos t \end{{pmatrix}}; \det J = -r | refuted
N = \begin{{pmatrix}} a & b \\ c & h \end{{pmatrix}}; (a h - b c) N^{{-1}} = \begin{{pmatrix}} h & -b \\ -c & a \end{{pmatrix}} | proved
q(x) = (x_1 - 1)^2 + 4 x_2^2; p = [3, 1]^\top; \nabla q(p) = [4, 8]^\top | proved
q(x) = (x_1 - 1)^2 + 4 x_2^2; p = [3, 1]^\top; \nabla q(p) = [4, 4]^\top | refuted
q(x) = (x_1 - 1)^2 + 4 x_2^2; p = [3, 1]^\top; \nabla^2 q(p) = \begin{{pmatrix}} 2 & 0 \\ 0 & 8 \end{{pmatrix}} | proved
q(x) = (x_1 - 1)^2 + 4 x_2^2; p = [3, 1]^\top; q(p) = 8 | proved
q(x) = (x_1 - 1)^2 + 4 x_2^2; p = [3, 1]^\top; q(p) = 4 | refuted
q(x) = (x_1 - 1)^2 + 4 x_2^2; p = [3, 1]^\top; p - \frac{{1}}{{2}} \nabla q(p) = [1, -3]^\top | proved
{M}{V} q(x) = \frac12 x^\top M x - v^\top x; p = [1, 1]^\top; \nabla q(p) = \begin{{pmatrix}} 4 \\ 7 \end{{pmatrix}} | proved
{M}{V} q(x) = \frac12 x^\top M x - v^\top x; p = [1, 1]^\top; \nabla q(p) = \begin{{pmatrix}} 2 \\ 9 \end{{pmatrix}} | refuted
{M}{V} q(x) = \frac12 x^\top M x - v^\top x; p = [1, 1]^\top; q(p) = \frac{{11}}{{2}} | proved
""".strip().splitlines()


@pytest.mark.parametrize("line", ARITHMETIC)
def test_arithmetic_of_arrays_with_names(line: str) -> None:
    statement, expected = (part.strip() for part in line.split(" | "))
    assert verify(statement, dialect="latex").status == expected


BLOCKS = [
    (
        r"N = \begin{pmatrix} A & B \\ 0 & D \end{pmatrix}; N N = \begin{pmatrix} A^2 & BA + DB \\ 0 & D^2 \end{pmatrix}",
        "may be a block",
    ),
    (r"N = \begin{pmatrix} \mathbf{a} & 1 \\ 0 & 1 \end{pmatrix}; \det N = \mathbf{a}", "may be a block"),
    (r"N = \begin{pmatrix} a^\top & 1 \\ 0 & 1 \end{pmatrix}; \det N = a^\top", "may be a block"),
    (M + "M x = w", "it is not known that it is a number"),
    (M + r"q(x) = x^\top M x; \nabla q(x) = 2 M x", "written out"),
    (M + "M * M = M^2", "written out"),
    ("[P, Q] = 0", "or their commutator"),
    ("[P, Q] = -[Q, P]", "or their commutator"),
    (r"\operatorname{tr}([P, Q]) = 0", "or their commutator"),
    ("[P, [Q, R]] + [Q, [R, P]] + [R, [P, Q]] = 0", "Q, R. may be"),
    (M + r"M \times M = M^2", "written out"),
    (M + "L M = M L", "it is not known that it is a number"),
    (r"N = \begin{pmatrix} 1 & 2 \\ 2 & 4 \end{pmatrix}; N^{-1} = N", "has no inverse"),
    (M + r"\det(M^9) = 1", "written out"),
]


@pytest.mark.parametrize(("statement", "message"), BLOCKS)
def test_what_may_be_no_number_is_refused(statement: str, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        verify(statement, dialect="latex")


def test_two_matrices_with_a_comma_are_asked_about() -> None:
    """``[A, B]`` is an array where the sizes or the dialect say so, and else doubtful."""
    for doubtful in ("[A, B]*x", "norm2([A, B]*x)^2", r"\|[A, B] x\|^2"):
        read = matcalc.parse(doubtful)
        assert len(read.warnings) == 1 and "commutator" in read.warnings[0]
        with pytest.raises(ParseError, match=r"the array: \[A B\]; or the commutator: A\*B - B\*A"):
            matcalc.parse(doubtful, strict=True)
    for clear in ("[A B]*x", "[A, B, C]*x", "hcat(A, B)*x", "[A, x]'*x", "norm([A, B], 'fro')^2"):
        assert not matcalc.parse(clear).warnings
    assert not matcalc.parse("norm2([A, B]*x)^2", declare="A: n×m").warnings
    with pytest.raises(ShapeError, match=r"the commutator: A\*B - B\*A; or the array"):
        matcalc.parse("tr([A,B])", declare="A: n×n; B: n×n")
    assert verify("norm([A, B], 'fro')^2 = norm(A, 'fro')^2 + norm(B, 'fro')^2").ok
    assert verify("f(A, B) = A^2 + B; ∇f(A, B) = [2A, 1]").ok
