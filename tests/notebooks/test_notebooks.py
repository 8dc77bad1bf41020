"""``%matcalc`` and ``%%matcalc`` in a shell as notebooks have it, and how results show themselves there."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import matcalc
from matcalc.evaluation.differences import numerical_derivative


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance()
    made.run_cell("%load_ext matcalc")
    yield made
    InteractiveShell.clear_instance()


def run(shell: InteractiveShell, code: str) -> tuple[Any, str, list[dict[str, str]]]:
    """The value of a cell, what it prints, and what it displays by media type."""
    with capture_output() as captured:
        done = shell.run_cell(code)
    return done.result, captured.stdout, [output.data for output in captured.outputs]


def test_a_line_gives_a_derivation_that_shows_itself(shell: InteractiveShell) -> None:
    found, printed, _ = run(shell, "%matcalc x'Ax wrt x")
    assert isinstance(found, matcalc.Derivation)
    assert found.text() == "(A + Aᵀ) x"
    assert found._repr_latex_().startswith(r"$\displaystyle \frac{\partial}{\partial x} x^{\top} A x = ")
    assert "note:     assumed A: matrix; x: vector" in printed


def test_a_cell_keeps_names_and_declarations(shell: InteractiveShell) -> None:
    _, printed, shown = run(shell, "%%matcalc\nA: n×n symmetric\nf = x'Ax +\n  b'x\nf wrt x")
    assert [data["text/latex"] for data in shown] == [
        r"$\displaystyle f = x^{\top} A x + b^{\top} x$",
        r"$\displaystyle \frac{\partial}{\partial x} (x^{\top} A x + b^{\top} x) = 2 A x + b$",
    ]
    assert "declared: A: n×n symmetric" in printed
    assert run(shell, "%matcalc hessian f by x")[0].text() == "2 A"
    assert run(shell, "%matcalc :forget all")[1] == "forgot:   everything\n"


def test_a_derivative_gets_a_name_in_python(shell: InteractiveShell) -> None:
    _, printed, _ = run(shell, "%matcalc G = x'Ax wrt x")
    assert "bound:    G in Python, a Derivation" in printed
    value, _, _ = run(shell, "G.at(x=[1.0, 2.0], A=[[1.0, 2.0], [3.0, 4.0]])")
    found = shell.user_ns["G"]
    point = {"x": np.array([1.0, 2.0]), "A": np.array([[1.0, 2.0], [3.0, 4.0]])}
    assert np.allclose(value, numerical_derivative(found.source.node, found.wrt, point, {"n": 2}).value)
    for name in ("lambda", "print", "__builtins__", "get_ipython"):
        before = shell.user_ns.get(name)
        assert "can be no name of a result in Python" in run(shell, f"%matcalc {name} = x'Ax wrt x")[1]
        assert shell.user_ns.get(name) is before


def test_steps_and_code_are_asked_for_by_options(shell: InteractiveShell) -> None:
    shown = run(shell, "%%matcalc --style differential\nexp(a'x) wrt x")[2]
    assert "chain rule: outer $\\exp(t)$, inner $a^{\\top} x$" in shown[-1]["text/markdown"]
    assert shown[-1]["text/markdown"].startswith("Differentiate $f(x) = ")
    assert run(shell, "%matcalc :steps")[2][0]["text/markdown"].startswith("Differentiate $f(x) = ")
    assert "def gradient(A, x" in run(shell, "%matcalc --to numpy x'Ax wrt x")[1]
    assert "expected: unicode, ascii, latex" in run(shell, "%matcalc --to docx x'Ax wrt x")[1]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("%matcalc x'A(x wrt x", "MatcalcError: '(' is never closed\n  x'A(x\n     ^"),
        ("%matcalc x'Ax + {open('/etc/passwd').read()}", "MatcalcError: '{' is not used here"),
        ("%matcalc x'Ax + $HOME", "MatcalcError"),
        ("%%matcalc\nx'Ax wrt x\nsin(", "MatcalcError"),
        ("%matcalc --wrong x", "expected: --steps, --style, --to"),
        ("%matcalc " + "(" * 4000 + "x", "MatcalcError"),
    ],
)
def test_what_is_wrong_is_said_without_a_traceback(shell: InteractiveShell, code: str, said: str) -> None:
    printed = run(shell, code)[1]
    assert said in printed
    assert "Traceback" not in printed
    assert "root:" not in printed


class _Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.cells: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.cells += [""] if tag in ("th", "td") else []

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "th" in self.open or "td" in self.open:
            self.cells[-1] += data


def test_a_refuted_claim_shows_its_counterexample_as_a_table(shell: InteractiveShell) -> None:
    found, _, _ = run(shell, "%matcalc d(x'Ax)/dx = 2A x")
    page = found._repr_html_()
    reader = _Cells()
    reader.feed(page)
    assert reader.open == []
    table = dict(zip(reader.cells[::2], reader.cells[1::2], strict=True))
    left, right = (np.array(eval(table[side])) for side in ("left side", "right side"))  # whole numbers in brackets
    x = np.array(eval(table["x"]))
    A = np.array([eval(row) for row in table["A"].splitlines()])
    assert np.allclose(left, (A + A.T) @ x)
    assert np.allclose(right, 2 * A @ x)
    assert "<b>conditional:</b>" in page
    assert "right answer: $(A + A^{\\top}) x$" in page


def test_nothing_typed_is_taken_for_markup() -> None:
    page = matcalc.verify("d(x'x)/dx = 2*x", declare={"x": "n"})._repr_html_()
    assert page.startswith('<div class="matcalc-verdict matcalc-proved">')
    wrong = matcalc.Verdict("<script>alert(1)</script>", "undecided", "denominator", "<b>", problem="<i>")._repr_html_()
    assert "<script>" not in wrong
    assert "<i>" not in wrong


def test_without_the_extension_there_is_no_magic(shell: InteractiveShell) -> None:
    run(shell, "%unload_ext matcalc")
    assert "not found" in run(shell, "%matcalc x wrt x")[1] or not shell.find_magic("matcalc")
