"""A proof in which any line is damaged is refused."""

from __future__ import annotations

import json

import pytest

from matcalc import verify
from matcalc.proofs.checker import check
from matcalc.rules.entries import Refused
from tests.proofs.damage import KINDS, damaged

CLAIMS = [
    ("d(x'Ax)/dx = (A + A')x", None),
    ("d(x'*A*x)/dx = 2*A*x", "A: n×n symmetric"),
    ("d(tr(A*inv(X)*B))/dX = -(inv(X)*B*A*inv(X))'", "X: n×n invertible"),
    ("d(norm(X*w - y)^2)/dw = 2*X'*(X*w - y)", None),
    ("tr(A*B) = tr(B*A)", None),
    ("d(A*X*B)/dX = kron(B, A')", None),
    ("d(sum(log(1 + exp(x))))/dx = sigmoid(x)", "x: n"),
]


@pytest.mark.parametrize(("claim", "declare"), CLAIMS)
def test_every_line_damaged_in_every_way_is_refused(claim: str, declare: str | None) -> None:
    proof = verify(claim, declare=declare).proof
    assert proof is not None
    saved = json.loads(proof.json())
    check(saved)
    tried = 0
    for kind, place, other in damaged(saved):
        with pytest.raises(Refused):
            check(other)
            pytest.fail(f"line {place}, {kind}, is accepted")
        tried += 1
    assert tried == len(KINDS) * len(saved["lines"])


def test_another_claim_is_not_proved() -> None:
    proof = verify("d(x'Ax)/dx = (A + A')x").proof
    assert proof is not None
    for key, value in (("left", "right"), ("right", "left")):
        saved = json.loads(proof.json())
        saved["claim"][key] = saved["claim"][value]
        with pytest.raises(Refused):
            check(saved)


def test_the_same_lines_in_another_order_are_refused() -> None:
    proof = verify("d(x'Ax)/dx = (A + A')x").proof
    assert proof is not None
    saved = json.loads(proof.json())
    saved["lines"].reverse()
    with pytest.raises(Refused):
        check(saved)
