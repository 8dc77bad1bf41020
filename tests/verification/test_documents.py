"""Identity files, Markdown and LaTeX documents: what is found, what is not, and the reports."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import matcalc
from matcalc.verification import documents, judgement
from matcalc.verification.claims import Claim
from matcalc.verification.documents import read_document, verdicts
from matcalc.verification.identity_files import read_identities
from matcalc.verification.prose import read_latex, read_markdown
from matcalc.verification.reports import as_json, as_junit, exit_status, table
from matcalc.verification.witness import Witness, witness

IDENTITIES = """\
# a comment
[quadratic] Matrix Cookbook (2012) eq. 81
declare x: n; B: n×n
d(x'*B*x)/dx = (B + B')*x

[jacobian] numerator layout
layout numerator
d(A*x)/dx = A   # a comment after the statement

[long] a statement on two lines
declare A: n×n
tr(A*A) =
  tr(A'*A')

[wrong] a mistake
expect false
d(x'*A*x)/dx = 2*A*x
"""

MARKDOWN = """\
# Gradients

The gradient $d(x'*A*x)/dx = (A + A')*x$ is well known, costs $5 and $6, and
$$
∂(xᵀAx)/∂x = (A + Aᵀ)x
$$
Not a claim: $x = 3$, and `y = 2`. In code: `d(tr(A*X))/dX = A'`.

<!-- matcalc: declare A: n×n symmetric -->
With $A$ symmetric $d(x'*A*x)/dx = (A + A')*x = 2*A*x$.

```
d(norm2(A*x - b)^2)/dx = A'*(A*x - b)
print("hello")
```

Unreadable: $∂ L/∂ w = ???$ and <!-- matcalc: declared A -->.
"""


def test_names_of_identities_may_have_spaces() -> None:
    items = read_identities("[first]\ntr(A) = tr(A')\n[eq. 61, page 3] Cookbook\ntr(A*B) = tr(B*A)\n").items
    assert [(item.name, item.source, item.statement) for item in items] == [
        ("first", "", "tr(A) = tr(A')"),
        ("eq. 61, page 3", "Cookbook", "tr(A*B) = tr(B*A)"),
    ]


def test_identity_files() -> None:
    document = read_identities(IDENTITIES, "some.identities")
    names = [item.name for item in document.items]
    assert names == ["quadratic", "jacobian", "long", "wrong"]
    assert [item.line for item in document.items] == [4, 8, 12, 17]
    assert document.items[0].source == "Matrix Cookbook (2012) eq. 81"
    assert document.items[1].layout == "numerator"
    assert document.items[2].statement == "tr(A*A) = tr(A'*A')"
    found = list(verdicts(document.items))
    assert [verdict.status for verdict in found] == ["proved", "proved", "proved", "conditional"]
    assert all(verdict.as_expected for verdict in found)
    assert exit_status(found) == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("d(x)/dx = eye", "line 1: a block begins with its name and source"),
        ("[a] source\n", "line 1: the identity a has no statement"),
        ("[a] s\nlayout sideways\nx = x", "line 2: 'sideways' is not a value of layout"),
        ("[a] s\nx = x\n[a] s\ny = y", "line 3: the name a was used before, in line 1"),
    ],
)
def test_malformed_identity_files(text: str, message: str) -> None:
    with pytest.raises(matcalc.ParseError) as caught:
        read_identities(text)
    assert message in str(caught.value)


def test_a_statement_that_cannot_be_read_ends_nothing(tmp_path: Path) -> None:
    path = tmp_path / "bad.identities"
    path.write_text("[broken] nowhere\nd(x'*A*x/dx = (\n[good] there\ntr(A) = tr(A')\n", encoding="utf-8")
    broken, good = matcalc.verify_file(path)
    assert (broken.name, broken.line, broken.status, broken.problem) == ("broken", 2, "undecided", "not read")
    assert not broken.as_expected
    assert "never closed" in broken.explain()
    assert (good.status, good.problem) == ("proved", "")
    assert exit_status([broken, good]) == 2


@pytest.mark.parametrize("error", [StopIteration, RuntimeError, KeyError, AssertionError])
@pytest.mark.parametrize("name", ["some.identities", "some.md"])
def test_an_exception_in_one_statement_costs_no_other(
    error: type[Exception], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(claim: Claim, **options: Any) -> Witness:
        if any(symbol.name == "B" for symbol in claim.symbols):
            raise error("planted")
        return witness(claim, **options)

    monkeypatch.setattr(judgement, "witness", failing)
    claims = ["d(tr(A))/dA = eye", "d(tr(B))/dB = eye", "d(tr(A))/dA = 2*eye"]
    identities = "\n".join(f"[c{k}] here\n{claim}" for k, claim in enumerate(claims))
    path = tmp_path / name
    path.write_text(identities if name.endswith("identities") else "\n".join(f"`{claim}`" for claim in claims), encoding="utf-8")
    found = matcalc.verify_file(path)
    assert [verdict.problem or verdict.status for verdict in found] == ["proved", "internal error", "refuted"]
    assert "planted" in found[1].reason
    assert exit_status(found) == 1
    assert exit_status(found[:2]) == 2
    document = read_document(path)
    assert "1 internal error" in table(document, found)
    assert found[1].to_dict()["problem"] == "internal error"
    assert ElementTree.fromstring(as_junit([(document, found)])).find("testsuite/testcase/error") is not None


def _ended(part: object) -> None:
    os._exit(1)


def test_processes_that_end_are_said_and_shorten_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_portable_all", _ended)
    items = read_identities(IDENTITIES).items
    found = list(verdicts(items, jobs=2))
    assert [verdict.name for verdict in found] == [item.name for item in items]
    assert {verdict.problem for verdict in found} == {"internal error"}


def test_markdown() -> None:
    document = read_markdown(MARKDOWN, "notes.md")
    statements = [(item.line, item.statement) for item in document.items]
    assert statements == [
        (3, "d(x'*A*x)/dx = (A + A')*x"),
        (5, "∂(xᵀAx)/∂x = (A + Aᵀ)x"),
        (7, "d(tr(A*X))/dX = A'"),
        (10, "d(x'*A*x)/dx = (A + A')*x"),
        (10, "d(x'*A*x)/dx = 2*A*x"),
        (13, "d(norm2(A*x - b)^2)/dx = A'*(A*x - b)"),
    ]
    assert [item.declare for item in document.items[2:4]] == ["", "A: n×n symmetric"]
    assert [unread.line for unread in document.unread] == [17, 17]
    found = list(verdicts(document.items))
    assert [verdict.status for verdict in found] == ["proved", "proved", "proved", "proved", "proved", "refuted"]
    assert exit_status(found) == 1
    shown = table(document, found)
    assert "6 statements: 5 proved, 1 refuted, 2 not read, 1 not as expected" in shown
    assert "   13  refuted" in shown


LATEX = r"""
\section{Gradients} % $d(x'*x)/dx = x$ is commented out
Inline $d(x'*A*x)/dx = (A + A')*x$ and
% matcalc: expect false
\begin{equation}
  d(x'*A*x)/dx = 2*A*x. \label{eq:wrong}
\end{equation}
\begin{align}
  d(a'*x)/dx &= a, \\
  x &= 3 \\
  d(b'*x)/dx &= 2*b \nonumber
\end{align}
\begin{verbatim}
$d(x'*x)/dx = 7$
\end{verbatim}
"""


def test_latex() -> None:
    document = read_latex(LATEX, "paper.tex")
    assert [(item.line, item.statement, item.expected) for item in document.items] == [
        (3, "d(x'*A*x)/dx = (A + A')*x", True),
        (6, "d(x'*A*x)/dx = 2*A*x", False),
        (9, "d(a'*x)/dx = a", True),
        (11, "d(b'*x)/dx = 2*b", True),
    ]
    found = list(verdicts(document.items))
    assert [verdict.as_expected for verdict in found] == [True, True, True, False]


PREAMBLE = r"""\newcommand{\vx}{\mathbf{x}} % \newcommand{\vx}{\mathbf{y}}
\DeclareMathOperator{\Tr}{tr}
\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}}
\def\be{\begin{equation}} \def\ee{\end{equation}}
\begin{document}
\be \pd{\vx^\top A \vx}{\vx} = (A + A^\top)\vx \label{a}\ee
and $\pd{\Tr(AX)}{X}
 = A$.
"""


def test_commands_of_the_writer() -> None:
    document = read_latex(PREAMBLE, "paper.tex")
    assert [item.line for item in document.items] == [6, 7]
    assert document.items[1].statement == r"\frac{\partial \operatorname{tr}(AX)}{\partial X} = A"
    assert [verdict.status for verdict in verdicts(document.items)] == ["proved", "refuted"]
    endless = read_latex(PREAMBLE + r"\def\vx{\vx\vx}", "paper.tex")
    assert endless.items == ()


def test_reports() -> None:
    document = read_markdown(MARKDOWN, "notes.md")
    found = list(verdicts(document.items))
    data = json.loads(as_json([(document, found)]))
    assert data["files"][0]["verdicts"][5]["status"] == "refuted"
    assert data["files"][0]["verdicts"][5]["correction"]
    assert len(data["files"][0]["unread"]) == 2
    root = ElementTree.fromstring(as_junit([(document, found)]))
    suite = root.find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("8", "1", "2")
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert "the factor 2 is missing" in (failure.text or "")


def test_several_processes_give_the_same_verdicts() -> None:
    items = read_identities(IDENTITIES).items
    alone, shared = list(verdicts(items)), list(verdicts(items, jobs=2))
    assert [verdict.to_dict() for verdict in alone] == [verdict.to_dict() for verdict in shared]


def test_files_of_other_kinds_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(matcalc.MatcalcError, match="kind of file"):
        read_document(tmp_path / "notes.txt")
    with pytest.raises(matcalc.MatcalcError, match="cannot be read"):
        read_document(tmp_path / "missing.md")
    (tmp_path / "empty.md").write_text("", encoding="utf-8")
    assert matcalc.verify_file(tmp_path / "empty.md") == []


PAPER = r"""\documentclass{article}
\begin{document}
The gradient is
\begin{equation}\label{eq:quadratic}
  \frac{\partial}{\partial \mathbf{x}} \mathbf{x}^\top A \mathbf{x} = (A + A^\top)\mathbf{x}\,.
\end{equation}
\begin{align}
  \frac{\partial \operatorname{tr}(AX)}{\partial X} &= A^\top, \\
  \nabla_{\boldsymbol\beta} \left\lVert y - X\boldsymbol\beta \right\rVert_2^2
     &= -2 X^\top (y - X\boldsymbol\beta) \\
     &= 2 X^\top X\boldsymbol\beta - 2X^\top y
\end{align}
and $\frac{\partial \log\det X}{\partial X} = X^{-1}$, which is wrong. % $\nabla_x x = 3$
% matcalc: declare \hat{\Sigma}: n×n symmetric
\[ \nabla_x x^\top\hat{\Sigma} x = 2\hat{\Sigma} x. \]
Not read: $\nabla_x f(x) = \int_0^1 x$.
\end{document}
"""


def test_claims_in_latex_notation(tmp_path: Path) -> None:
    path = tmp_path / "paper.tex"
    path.write_text(PAPER, encoding="utf-8")
    document = read_document(path)
    assert [item.line for item in document.items] == [5, 8, 9, 9, 13, 15]
    assert document.items[1].statement == r"\frac{\partial \operatorname{tr}(AX)}{\partial X} = A^\top"
    assert document.items[3].statement.endswith(r"= 2 X^\top X\boldsymbol\beta - 2X^\top y")
    assert [(unread.line, unread.reason) for unread in document.unread] == [(16, "integrals are not read")]
    found = list(verdicts(document.items))
    assert [verdict.status for verdict in found] == ["proved"] * 4 + ["conditional", "proved"]


def test_latex_notation_in_markdown() -> None:
    document = read_markdown(
        "Here $\\frac{\\partial}{\\partial X}\\|X - A\\|_F^2 = 2(X - A)$ and\n\n$$\n\\nabla_x \\mathbf{a}^\\top x\n= \\mathbf{a}\n$$\n"
    )
    assert [item.line for item in document.items] == [1, 4]
    assert document.unread == ()
    assert [verdict.status for verdict in verdicts(document.items)] == ["proved", "proved"]


def test_what_is_declared_again_takes_the_place_of_what_was_said_before() -> None:
    claim = "`d(x'*A*x)/dx = 2*A*x`"
    text = "\n".join(
        f"<!-- matcalc: declare {said} -->\n{claim}" for said in ("A: n×n", "A: n×n symmetric", "A: n×n symmetric", "A, B: n×n")
    )
    document = read_markdown(text)
    assert not document.unread
    assert [verdict.ok for verdict in verdicts(document.items)] == [False, True, True, False]
