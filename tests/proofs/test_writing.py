"""Proofs are found for most of what is proved, and read as they are checked."""

from __future__ import annotations

import json
import pickle

from matcalc import verify
from matcalc.proofs.checker import check
from matcalc.proofs.printed import conditions_text, proof_lines
from matcalc.verification.items import library

EVERY = 23
"""Of the shipped identities one in so many."""


def test_nine_of_ten_identities_have_a_proof_that_the_checker_accepts() -> None:
    items = [item for document in library() for item in document.items if item.expected]
    proved, found, lengths = 0, 0, []
    for item in items[::EVERY]:
        told = {"declare": item.declare, "layout": item.layout, "symmetric": item.symmetric}
        verdict = verify(item.statement, help=False, **told)  # type: ignore[arg-type]
        for one in verdict.links or (verdict,):
            if one.status == "proved":
                proved += 1
                found += one.proof is not None
                lengths += [] if one.proof is None else [len(one.proof.lines)]
    assert proved > 20
    assert found >= 0.9 * proved
    assert sorted(lengths)[len(lengths) // 2] <= 30


def test_lines_are_equalities_with_their_rules() -> None:
    proof = verify("d(x'*x)/dx = 2*x").proof
    assert proof is not None
    lines = proof_lines(proof)
    assert lines[0] == "d(xᵀ x)/dx = 2 x"
    assert len(lines) == 1 + len(proof.lines)
    assert all("   by " in line for line in lines[1:])
    assert any("differential: product rule" in line for line in lines)
    assert "definition of Transpose" in lines[1]
    assert all(line.isascii() for line in proof_lines(proof, "ascii"))


def test_laws_are_named_with_their_sources() -> None:
    proof = verify("det(A*B) = det(A)*det(B)", declare="A, B: n×n").proof
    assert proof is not None
    assert any("determinant of a product (Matrix Cookbook (2012) eq. 21)" in line for line in proof_lines(proof))


def test_conditions_are_those_of_the_laws() -> None:
    proof = verify("d(log(det(X)))/dX = inv(X)'").proof
    assert proof is not None
    theorem = check(json.loads(proof.json()))
    assert conditions_text(theorem.conditions) == ["det(X) ≠ 0"]
    assert theorem.sides == proof.sides


def test_what_is_not_proved_has_no_proof() -> None:
    assert verify("d(x'*A*x)/dx = 2*A*x").proof is None
    assert verify("d(x'*A*x)/dx = A*x", help=False).proof is None


def test_a_chain_has_a_proof_of_each_equation() -> None:
    verdict = verify("tr(A*B) = tr(B*A) = tr((A*B)')")
    assert verdict.proof is None
    assert all(link.proof is not None for link in verdict.links)


def test_a_verdict_with_a_proof_can_be_pickled() -> None:
    verdict = verify("tr(A*B) = tr(B*A)")
    again = pickle.loads(pickle.dumps(verdict))
    assert again.proof is not None
    assert again.proof.json() == verdict.proof.json()  # type: ignore[union-attr]


def test_proofs_are_the_same_every_time() -> None:
    texts = [verify("d(norm(X*w)^2)/dw = 2*X'*X*w").proof for _ in range(2)]
    assert texts[0] is not None and texts[1] is not None
    assert texts[0].json() == texts[1].json()
