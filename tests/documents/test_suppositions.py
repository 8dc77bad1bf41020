"""A claim that holds under a condition is true where the text supposes just that, and only as far as the supposition reaches."""

from __future__ import annotations

from pathlib import Path

import pytest

from matcalc.documents.examination import verify_document
from tests.documents.notes import statuses, verified

LOSS = r"Let $\ell = -\sum_k t_k \log q_k$ with $q = \operatorname{softmax}(u)$"
SQUARE = r"$(P + R)^2 = P^2 + 2 P R + R^2$"


TRUE = [
    LOSS + r" and $\sum_k t_k = 1$. Then $\frac{\partial \ell}{\partial u_i} = q_i - t_i$.",
    LOSS + r", where $\mathbf{1}^\top t = 1$. Then $\nabla_u \ell = q - t$.",
    f"Suppose $P R = R P$. Then {SQUARE}.",
    "$$(P + R)^2 = P^2 + 2 P R + R^2 \\quad\\text{if } P R = R P$$",
    f"We have {SQUARE} if $P R = R P$.",
]
WHERE_IT_IS_MET = [
    r"Suppose $u^\top w = 0$. Then $\|u + w\|^2 = \|u\|^2 + \|w\|^2$.",
    r"Suppose $u'w = 0$. Then $\|u - w\|^2 = \|u\|^2 + \|w\|^2$.",
    r"Suppose $P R = I$. Then $(P R)^2 = P R$.",
]
NOWHERE = [
    r"Suppose $u^\top w = 0$. Then $\|u + w\|^2 = \|u\|^2 - \|w\|^2$.",
    r"Suppose $u^\top w = 0$. Then $\nabla_u \|u\|^2 = u$.",
    r"Suppose $u^\top w = 0$. Then $\nabla_u\, u^\top w = u$.",
    r"Suppose $P R = R P$. Then $\operatorname{tr}(P R) = \operatorname{tr}(P) \operatorname{tr}(R)$.",
    r"Suppose $P R = I$. Then $(P R)^2 = 2 P R$.",
]
CONDITIONAL = [
    r"With $\mathbb{E}[u u^\top] = C + w w^\top$ we get $\nabla_w\,(w^\top P w + \operatorname{tr}(P C)) = 2 P w$.",
    LOSS + r". Then $\nabla_u \ell = q - t$.",
    f"Suppose $P S = S P$. Then {SQUARE}.",
    f"If $P R = R P$, then $(P R)^2 = P^2 R^2$.\n\nNow in general {SQUARE}.",
]


@pytest.mark.parametrize("text", TRUE)
def test_what_is_supposed_makes_it_true(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] == "confirmed"


@pytest.mark.parametrize("text", WHERE_IT_IS_MET)
def test_what_is_false_elsewhere_alone_is_not_refuted(text: str, tmp_path: Path) -> None:
    entry = verified(text, tmp_path).claims[-1]
    assert entry.status == "undecided" and entry.verdict is not None and "under a supposition" in entry.verdict.reason


@pytest.mark.parametrize("text", NOWHERE)
def test_what_is_false_where_it_is_met_is_refuted(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] == "refuted"


@pytest.mark.parametrize("text", CONDITIONAL)
def test_what_is_supposed_elsewhere_does_not(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] == "conditional"


def test_what_a_directive_declares_makes_equations_claims(tmp_path: Path) -> None:
    text = "<!-- matcalc: declare Q: orthogonal -->\nThen $\\|Q v\\| = \\|v\\|$ and $Q^{-1} = Q^\\top$."
    path = tmp_path / "notes.md"
    path.write_text(text + "\n", encoding="utf-8")
    assert [entry.status for entry in verify_document(path, cache=False).claims] == ["proved", "proved"]
    path.write_text(
        "<!-- matcalc: declare x: n; c: scalar -->\nShifts: $\\operatorname{softmax}(x + c\\mathbf{1}) = \\operatorname{softmax}(x)$.\n"
    )
    assert [entry.status for entry in verify_document(path, cache=False).claims] == ["proved"]


def test_what_is_supposed_in_later_sections_leaves_what_holds_here(tmp_path: Path) -> None:
    later = "".join(f"## {letter}\n\nSuppose $P R {letter} = {letter} R P$.\n\n" for letter in "STUVW")
    assert statuses(f"## First\n\nSuppose $P R = R P$. Then {SQUARE}.\n\n{later}", tmp_path) == ["confirmed"]
