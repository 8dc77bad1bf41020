"""Identity files, Markdown and LaTeX documents: what is found, what is not, and the reports."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import matcalc
from matcalc.documents import clusters, deciding
from matcalc.documents.deciding import verdicts
from matcalc.documents.examination import verify_document, verify_file
from matcalc.documents.reports import Report, status_of
from matcalc.documents.reports.interchange import as_json, as_junit
from matcalc.documents.reports.pages import as_table
from matcalc.verification import judgement
from matcalc.verification.claims import Claim
from matcalc.verification.items import read_identities
from matcalc.verification.verdict import exit_status
from matcalc.verification.witness.searching import Witness, witness
from tests.documents.running import called

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

Unreadable: $∂(x'*x)/∂x = foo(x, 2)$ and <!-- matcalc: declared A -->.
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
    assert "report" in found[1].reason
    assert exit_status(found) == 1
    assert exit_status(found[:2]) == 2
    report = verify_document(path, cache=False)
    assert "1 not read" in as_table(report)
    assert f"internal error ({error.__name__} in matcalc." in as_table(report)
    assert found[1].to_dict()["problem"] == "internal error"
    skipped = ElementTree.fromstring(as_junit([report])).find("testsuite/testcase/skipped")
    assert skipped is not None
    assert "planted" not in (skipped.get("message") or "")


def _ended(part: object) -> None:
    os._exit(1)


def test_processes_that_end_are_said_and_shorten_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deciding, "_decided_all", _ended)
    items = read_identities(IDENTITIES).items
    found = list(verdicts(items, jobs=2))
    assert [verdict.name for verdict in found] == [item.name for item in items]
    assert {verdict.problem for verdict in found} == {"internal error"}


def _read(text: str, name: str, folder: Path) -> Report:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return verify_document(path, cache=False)


def test_markdown(tmp_path: Path) -> None:
    report = _read(MARKDOWN, "notes.md", tmp_path)
    statements = [(entry.place.line, entry.text) for entry in report.claims if entry.status != "not read"]
    assert statements == [
        (3, "d(x'*A*x)/dx = (A + A')*x"),
        (5, "∂(xᵀAx)/∂x = (A + Aᵀ)x"),
        (7, "d(tr(A*X))/dX = A'"),
        (10, "d(x'*A*x)/dx = (A + A')*x"),
        (10, "d(x'*A*x)/dx = 2*A*x"),
        (13, "d(norm2(A*x - b)^2)/dx = A'*(A*x - b)"),
    ]
    assert [fault.place.line for fault in report.faults] == [17]
    assert [entry.place.line for entry in report.claims if entry.status == "not read"] == [17]
    statuses = [entry.status for entry in report.claims if entry.status != "not read"]
    assert statuses == ["proved", "proved", "proved", "proved", "proved", "refuted"]
    assert status_of([report]) == 1
    assert status_of([Report("notes.md", report.entries[:1], report.faults)], lenient=True) == 2  # a directive was left out
    shown = as_table(report)
    assert "7 claims: 5 proved, 1 refuted, 1 not read" in shown
    assert "    13  ✗ refuted" in shown


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


def test_latex(tmp_path: Path) -> None:
    report = _read(LATEX, "paper.tex", tmp_path)
    assert [(entry.place.line, entry.text, entry.expected) for entry in report.claims] == [
        (3, "d(x'*A*x)/dx = (A + A')*x", True),
        (6, "d(x'*A*x)/dx = 2*A*x", False),
        (9, "d(a'*x)/dx = a", True),
        (11, "d(b'*x)/dx = 2*b", True),
    ]
    assert [entry.as_expected for entry in report.claims] == [True, True, True, False]


PREAMBLE = r"""\newcommand{\vx}{\mathbf{x}} % \newcommand{\vx}{\mathbf{y}}
\DeclareMathOperator{\Tr}{tr}
\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}}
\def\be{\begin{equation}} \def\ee{\end{equation}}
\begin{document}
\be \pd{\vx^\top A \vx}{\vx} = (A + A^\top)\vx \label{a}\ee
and $\pd{\Tr(AX)}{X}
 = A$.
"""


def test_commands_of_the_writer(tmp_path: Path) -> None:
    report = _read(PREAMBLE, "paper.tex", tmp_path)
    assert [entry.place.line for entry in report.claims] == [6, 8]
    assert report.claims[1].text == r"\frac{\partial \operatorname{tr}(AX)}{\partial X} = A"
    assert [entry.status for entry in report.claims] == ["proved", "undecided"]
    assert report.claims[1].remark == "true in numerator layout, and it is not known which the text uses"


def test_reports(tmp_path: Path) -> None:
    report = _read(MARKDOWN, "notes.md", tmp_path)
    data = json.loads(as_json([report]))
    wrong = next(entry for entry in data["files"][0]["entries"] if entry["line"] == 13 and entry["role"] == "claim")
    assert wrong["status"] == "refuted"
    assert wrong["correction"]
    assert data["files"][0]["summary"]["not read"] == 1
    suite = ElementTree.fromstring(as_junit([report])).find("testsuite")
    assert suite is not None
    counts = (suite.get("tests"), suite.get("failures"), suite.get("errors"), suite.get("skipped"))
    assert counts == ("8", "1", "1", "1")
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert "the factor 2 is missing" in (failure.text or "")


def test_several_processes_give_the_same_verdicts() -> None:
    items = read_identities(IDENTITIES).items
    alone, shared = list(verdicts(items)), list(verdicts(items, jobs=2))
    assert [verdict.to_dict() for verdict in alone] == [verdict.to_dict() for verdict in shared]


def test_files_of_other_kinds_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(matcalc.MatcalcError, match="kind of file"):
        verify_document(tmp_path / "notes.docx")
    with pytest.raises(matcalc.MatcalcError, match="cannot be read"):
        verify_document(tmp_path / "missing.md")
    (tmp_path / "empty.md").write_text("", encoding="utf-8")
    assert verify_file(tmp_path / "empty.md") == []


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
    report = _read(PAPER, "paper.tex", tmp_path)
    read = [entry for entry in report.claims if entry.status != "not read"]
    assert [entry.place.line for entry in read] == [5, 8, 10, 11, 13, 15]
    assert read[1].text == r"\frac{\partial \operatorname{tr}(AX)}{\partial X} = A^\top"
    assert read[3].text.endswith(r"= 2 X^\top X\boldsymbol\beta - 2X^\top y")
    assert [entry.status for entry in read] == ["proved"] * 4 + ["conditional", "proved"]
    assert [entry.place.line for entry in report.entries if entry not in read and r"\int" in entry.text] == [16]


def test_latex_notation_in_markdown(tmp_path: Path) -> None:
    text = "Here $\\frac{\\partial}{\\partial X}\\|X - A\\|_F^2 = 2(X - A)$ and\n\n$$\n\\nabla_x \\mathbf{a}^\\top x\n= \\mathbf{a}\n$$\n"
    report = _read(text, "notes.md", tmp_path)
    assert [entry.place.line for entry in report.claims] == [1, 5]
    assert [entry.status for entry in report.claims] == ["proved", "proved"]


def test_what_is_declared_again_takes_the_place_of_what_was_said_before(tmp_path: Path) -> None:
    claim = "`d(x'*A*x)/dx = 2*A*x`"
    text = "\n".join(
        f"<!-- matcalc: declare {said} -->\n{claim}\n" for said in ("A: n×n", "A: n×n symmetric", "A: n×n symmetric", "A, B: n×n")
    )
    report = _read(text, "notes.md", tmp_path)
    assert not report.faults
    assert [entry.as_expected for entry in report.claims] == [False, True, True, False]


# ---------------------------------------------------------------- folders, and clusters


def written_folder(folder: Path) -> Path:
    """A folder with three documents, a chapter that one of them takes in, and what is no document."""
    (folder / "notes" / "deep").mkdir(parents=True)
    (folder / "notes" / ".hidden").mkdir()
    (folder / "notes" / "b.md").write_text("$$\\frac{\\partial}{\\partial x} x^\\top A x = 3 A x$$\n")
    (folder / "notes" / "a.tex").write_text("\\begin{document}\\input{deep/part}\\end{document}\n")
    (folder / "notes" / "deep" / "part.tex").write_text("\\[\\frac{\\partial}{\\partial x} b^\\top x = b\\]\n")
    (folder / "notes" / "deep" / "c.md").write_text("$$\\nabla_x x^\\top x = 2 x$$\n")
    (folder / "notes" / ".hidden" / "d.md").write_text("$$\\nabla_x x^\\top x = 3 x$$\n")
    (folder / "notes" / "picture.png").write_bytes(b"\x89PNG")
    return folder / "notes"


def test_a_folder_is_its_documents_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written_folder(tmp_path)
    monkeypatch.chdir(tmp_path)
    status, output = called(["verify", "notes", "--no-cache", "--to", "json"])
    found = json.loads(output)["files"]
    assert [one["path"] for one in found] == ["notes/a.tex", "notes/b.md", "notes/deep/c.md"] and status == 1
    assert found[0]["includes"] == ["notes/deep/part.tex"]
    assert [len(one["entries"]) for one in found] == [1, 1, 1]
    named = json.loads(called(["verify", "notes", "notes/deep/part.tex", "--no-cache", "--to", "json"])[1])["files"]
    assert [one["path"] for one in named] == [*[one["path"] for one in found], "notes/deep/part.tex"]
    status, output = called(["verify", "notes/.hidden/..", "--scheduler", "tcp://127.0.0.1:1", "--jobs", "2"])
    assert status == 2 and "--scheduler takes neither --jobs nor --watch" in output


def test_a_cluster_makes_the_same_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    written_folder(tmp_path)
    (tmp_path / "notes" / "z.ipynb").write_text("no notebook")
    monkeypatch.chdir(tmp_path)
    asked = ["verify", "notes", "--no-cache", "--to", "json"]
    with distributed.LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None) as cluster:
        there = called([*asked, "--scheduler", cluster.scheduler_address])
        monkeypatch.chdir(tmp_path)
        assert there == called(asked) and there[0] == 2 and "z.ipynb" in there[1]
        # Another folder of the workers changes nothing: paths are meant from where they were given.
        terms = clusters.Terms(str(tmp_path), kept=False)
        monkeypatch.chdir("/")
        found = list(clusters.examined_on(cluster.scheduler_address, ["notes/b.md", "notes/missing.md"], terms))
        assert isinstance(found[0], Report) and found[0].path == "notes/b.md" and "cannot be read" in str(found[1])
        # A worker that has another matcalc, and one whose task fails, are told.
        assert "a worker has matcalc" in str(clusters.verified("notes/b.md", dataclasses.replace(terms, program="0.0.1 (0)")))
        monkeypatch.setattr(clusters, "verified", failing)
        (failed,) = clusters.examined_on(cluster.scheduler_address, ["notes/b.md"], terms)
        assert "notes/b.md, on a worker: internal error (ZeroDivisionError" in str(failed)


def failing(path: str, terms: clusters.Terms) -> Report:
    raise ZeroDivisionError(path)


def test_what_is_no_cluster_is_told(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed")
    with pytest.raises(matcalc.MatcalcError, match="no scheduler answers at nowhere"):
        list(clusters.examined_on("nowhere://1", [], clusters.Terms(str(tmp_path))))


class KilledWorker(Exception):
    """As Dask's."""


def test_a_lost_worker_is_told() -> None:
    class Lost:
        def result(self) -> Report:
            raise KilledWorker

    assert "a.md: the workers that worked on it were ended" in str(clusters._collected("a.md", Lost()))
