"""Sheets: problems are read with their places, solutions are checked before they are written, and every kind of file holds them."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import matcalc
from matcalc.teaching.problems import Problem, Sheet, sheet_of, shuffled
from matcalc.teaching.sheets import FORMS, as_pdf, confirm, solved, typed, written
from tests.cli.test_derive_command import run

LIST = """\
# Derivatives

<!-- matcalc: style differential -->
<!-- matcalc: declare A: n×n symmetric; S: n×n -->

1. Differentiate $x^T A x$ by $x$. (2 points)
   Hint: A is its own transpose.
2. Find the Hessian of $\\log(\\sum_i \\exp(x_i))$ with respect to $x$.
3. Prove or refute: $\\frac{d}{dx} x^T S x = 2 S x$
4. gradient of $\\|Xw - y\\|^2$ wrt $w$, where $X$ is n×m
"""


def test_a_list_in_markdown_is_read(tmp_path: Path) -> None:
    path = tmp_path / "list.md"
    path.write_text(LIST, encoding="utf-8")
    sheet = sheet_of(str(path))
    assert sheet.title == "Derivatives"
    one, two, three, four = sheet.problems
    assert (one.formula, one.wrt, one.points, one.hint, one.style) == (
        "x^T A x", "x", 2.0, "A is its own transpose.", "differential",
    )  # fmt: skip
    assert (two.order, two.wrt, three.statement[:5], four.formula) == (2, "x", "\\frac", "\\|Xw - y\\|^2, where X is n×m")
    assert three.place == f"{path}, line 9"
    answers = [solved(problem) for problem in sheet.problems]
    assert [str(one.derivation) for one in answers if one.derivation] == [
        "2 A x", "diag(softmax(x)) − softmax(x) softmax(x)ᵀ", "2 Xᵀ (X w − y)",
    ]  # fmt: skip
    assert answers[2].answer[0] == "False"


def test_toml_says_everything_of_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "sheet.toml"
    path.write_text(
        'title = "T"\ndeclare = "A: n×n symmetric; B: m×m"\n[credit]\nsign = 0.25\n[[problem]]\nformula = "x\'*A*x"\nwrt = "x"\n'
        'points = 2.5\nlayout = "numerator"\nhint = "h"\ntext = "Find it for $A$."\n[[problem]]\nstatement = "tr(B) = tr(B\')"\n',
        encoding="utf-8",
    )
    sheet = sheet_of(str(path))
    assert (sheet.title, sheet.credit["sign"], sheet.credit["factor"]) == ("T", 0.25, 0.5)
    first, second = map(solved, sheet.problems)
    assert str(first.derivation) == "2 xᵀ A"
    assert first.asked[0] == "Find it for "
    assert second.verdict is not None and second.verdict.status == "proved"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "a.md",
            "1. Differentiate $x^T A x$ by $x$.\n\n2. Bake a cake.\n",
            "problem 2 (a.md, line 3): this asks for no derivative",
        ),
        ("a.md", "\n1. Differentiate x'A(x by x", "problem 1 (a.md, line 2): '(' is never closed\n  x'A(x\n     ^"),
        ("a.md", "No list", "a.md has no problems"),
        ("a.toml", "[[problem]]\nformula = 'x'\nworth = 2", "a.toml, line 1: problem 1: 'worth' is no key here"),
        ("a.toml", "[[problem]]\nformula = 'x'\nlayout = 'odd'", "layout is 'odd'"),
        ("a.toml", "[[problem]]\nformula = 'x'\norder = true", "order is True"),
        ("a.toml", "[[problem]]\npoints = 2", "problem 1 (a.toml, line 1): a problem has a formula, or a statement"),
        ("a.toml", "[[problem]\n", "a.toml is no TOML"),
        ("a.toml", "problem = 3", "problem is no list of tables"),
        ("a.md", "1. Prove or refute: $\\tr(f(X)) = 0$", "problem 1 (a.md, line 1): "),
    ],
)
def test_what_is_wrong_is_said_with_its_number_and_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(text, encoding="utf-8")
    status, out, err = run("worksheet", name)
    assert (status, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


@pytest.mark.parametrize("kind", FORMS)
def test_every_kind_of_file_holds_the_sheet(kind: str) -> None:
    sheet = Sheet("A & B_1 <i>", (Problem("x'*A*x", "x", number=1, hint="$A$ first"), Problem(statement="A*B = B*A", number=2)))
    found = [solved(problem) for problem in sheet.problems]
    none, answers, steps = (written(sheet, found, kind, show) for show in ("none", "answers", "steps"))
    assert "Solutions" not in none and "Solutions" in answers and "product rule" in steps and "product rule" not in answers
    assert {"md": "$\\frac{\\partial f}{\\partial x} = (A + A^{\\top}) x$", "typ": "frac(∂ f, ∂ x) = (A + A^top) x"}.get(
        kind, "\\frac{\\partial f}{\\partial x} = (A + A^{\\top}) x"
    ) in (json.dumps(json.loads(answers), ensure_ascii=False).replace("\\\\", "\\") if kind == "ipynb" else answers)
    assert "False" in answers
    if kind == "html":
        assert "<i>" not in answers.replace("<i>", "", 0).split("</title>")[1].split("<script>")[0]
        assert not re.search(r"(?:src|href)=", answers.split("<script>")[0])
    if kind == "tex":
        assert r"\section*{A \& B\_1 <i>}" in answers
    if kind == "ipynb":
        cells = json.loads(steps)["cells"]
        code = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
        assert code == [["%load_ext matcalc"], *[["%%matcalc\n", "# your work, as at the prompt\n"]] * 2]


def test_nothing_that_is_typed_is_taken_for_commands() -> None:
    for command in (r"\input{/etc/passwd}", r"\write18{ls} x", r"x^^5cinput{a}", "x % y", r"\end{document}"):
        assert typed(command).latex.startswith(r"\texttt{")
    assert typed(r"\frac{d}{dx} x^T A x").latex == r"\frac{d}{dx} x^T A x"


def test_a_statement_is_typeset_and_what_is_not_stays_whole_in_its_box(tmp_path: Path) -> None:
    (tmp_path / "s.md").write_text("# S\n\n1. Prove or refute: $(A+B)^2 = A^2 + 2AB + B^2$\n", encoding="utf-8")
    [problem] = sheet_of(str(tmp_path / "s.md")).problems
    claim = solved(problem).asked[1]
    assert not isinstance(claim, str)
    assert claim.latex == r"(A + B)^{2} = A^{2} + 2 A B + B^{2}"
    assert claim.unicode == "(A+B)^2 = A^2 + 2AB + B^2"
    assert typed("x^2 ~ A\\b").latex == r"\texttt{x\textasciicircum{}2 \textasciitilde{} A\textbackslash{}b}"


def test_a_wrong_step_is_not_printed() -> None:
    derivation = matcalc.derive("x'*A*x", "x")
    for style in ("index", "differential"):
        steps = list(derivation.derivation_steps(style))
        confirm(derivation, steps)
        other = matcalc.derive("2*x'*A*x", "x").derivation_steps(style)
        for k in range(1, len(steps)):
            planted = [*steps[:k], replace(steps[k], right=other[k].right), *steps[k + 1 :]]
            with pytest.raises(matcalc.MatcalcError, match="does not agree with numbers"):
                confirm(derivation, planted)


def test_an_order_comes_from_its_seed() -> None:
    sheet = Sheet("s", tuple([Problem(f"x'*x + {k}", "x", number=k) for k in range(1, 9)]))
    first, again, other = shuffled(sheet, 1), shuffled(sheet, 1), shuffled(sheet, 2)
    assert first == again != other
    assert [problem.number for problem in first.problems] == list(range(1, 9))
    assert {problem.formula for problem in first.problems} == {problem.formula for problem in sheet.problems}
    assert shuffled(sheet, None) is sheet


def test_a_pdf_needs_an_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setitem(__import__("sys").modules, "typst", None)
    with pytest.raises(matcalc.MatcalcError, match="a PDF without a TeX engine needs typst") as caught:
        as_pdf(lambda kind: "")
    assert 'pip install "matcalculus[worksheet]"' in str(caught.value)
    assert "pdflatex" in str(caught.value)
    with pytest.raises(matcalc.MatcalcError, match="tectonic is not installed"):
        as_pdf(lambda kind: "", "tectonic")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_a_pdf_is_set(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Title Δ\n\n1. Differentiate $x^T A x$ by $x$, where $A$ is symmetric.\n", encoding="utf-8")
    status, _, err = run("worksheet", str(tmp_path / "a.md"), "--engine", "pdflatex", "-o", str(tmp_path / "a.pdf"))
    assert (status, err) == (0, "")
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
