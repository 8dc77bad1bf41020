"""Verdicts on convexity, compared with chords and differences that share nothing with how they are found."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

import matcalc
from matcalc.analysis import convex_verdicts
from matcalc.analysis.atoms import Atom, atoms
from matcalc.analysis.chords import Field
from matcalc.evaluation.interpreter import evaluate
from matcalc.expr.nodes import Number, Product, Total
from matcalc.interface.convexity_call import convexity

VERDICTS = [
    ("softplus(a'*x) + norm(A*x, inf)", "x", "", "convex"),
    ("max(A*x + b) + 3*norm(x)", "x", "A: m×n; b: m; x: n", "convex"),
    ("(x'*P*x + 1)/t", "x t", "x: n; P: n×n positive_definite; t: scalar positive", "convex"),
    ("x'*inv(A + diag(y))*x", "x y", "x: n; y: n positive; A: n×n positive_definite", "convex"),
    ("log(sum(exp(A*x - b)))", "x", "A: m×n; x: n; b: m", "convex"),
    ("sum(log(b - A*x))", "x", "A: m×n; x: n; b: m", "concave"),
    ("x^0.3*y^0.5", "x y", "x: scalar positive; y: scalar positive", "concave"),
    ("t*log(t/s) + s", "t s", "t: scalar positive; s: scalar positive", "convex"),
    ("logdet(X) - tr(A*inv(X))", "X", "X: n×n positive_definite; A: n×n positive_definite", "concave"),
    ("sum(huber(A*x - b))", "x", "A: m×n; x: n; b: m", "convex"),
    ("3*x^4 - 8*x^3 + 8*x^2", "x", "x: scalar", "convex"),
    ("c'*x - b'*x/2", "x", "c: n; x: n; b: n", "affine"),
    ("x*y", "x y", "x: scalar positive; y: scalar positive", "neither"),
    ("sum(sin(x))", "x", "x: n", "neither"),
    ("sum(log(1 + x.^2))", "x", "x: n", "neither"),
    ("x^4 - x^2", "x", "x: scalar", "neither"),
    ("sqrt(x^2)", "x", "x: scalar", "convex"),
    ("-sqrt(x^2)", "x", "x: scalar", "concave"),
    ("1/x", "x", "x: scalar", "neither"),
    ("(ones(n)'*ones(n) - 40)*sum(exp(x))", "x", "x: n", "unknown"),
    ("(40 - tr(eye(n)))*logsumexp(x)", "x", "x: n", "unknown"),
    ("sum(i<j, (x_i - x_j)^2)", "x", "x: n", "convex"),
]
CONDITIONS = [
    ("c*norm(x) + x'*x", "x", "c: scalar; x: n", "c >= 0"),
    ("x'*(A + 2*eye(n))*x", "x", "A: n×n symmetric; x: n", "2*eye + A >= 0"),
    ("sum(y.*exp(x))", "x", "x: n; y: n", "y >= 0"),
    ("x^p", "x", "x: scalar positive; p: scalar", "p >= 1 or p <= 0"),
    ("a*x^2 + 4*x*y + y^2", "x y", "a: scalar; x: scalar; y: scalar", "a - 4 >= 0"),
]


@pytest.mark.parametrize(("words", "wrt", "declare", "verdict"), VERDICTS)
def test_verdicts(words: str, wrt: str, declare: str, verdict: str) -> None:
    found = convexity(words, wrt.split(), declare=declare or None)
    assert found.verdict == verdict
    if verdict == "neither":
        assert found.witness is not None
        assert set(found.witness) == {"not_convex", "not_concave"}
    if found.certificate is not None:
        _check_certificate(found)


def _check_certificate(found: matcalc.Convexity) -> None:
    """Against differences of the function along random directions."""
    sign = -1 if found.finding.turned else 1
    moves = dict(zip(found.wrt, found.finding.directions, strict=True))
    symbols = {node.name: node for node in Field(found.given.node, ()).program.symbols}
    assert found.certificate is not None
    field = Field(found.given.node, [symbols[name] for name in found.wrt])
    for constants, sizes in field.points(2):
        for values, bend in field.bends(constants, sizes, {symbols[name]: move for name, move in moves.items()}, 5):
            value = np.asarray(evaluate(found.certificate.node, values, sizes))
            step = np.concatenate([np.ravel(values[move.name], "F") for move in moves.values()])
            along = set(found.directions) & {node.name for node in Field(found.certificate.node, ()).program.symbols}
            form = float(value) if along else float(step @ value.reshape(step.size, step.size) @ step)
            assert form > -1e-9
            assert abs(sign * form - bend) < 1e-4 * (1 + abs(bend))


@pytest.mark.parametrize(("words", "wrt", "declare", "condition"), CONDITIONS)
def test_conditions(words: str, wrt: str, declare: str, condition: str) -> None:
    found = convexity(words, wrt.split(), declare=declare)
    assert (found.verdict, found.condition) == ("convex only if", condition)
    assert found.witness is not None


def _atoms() -> list[tuple[int, Atom]]:
    found = [(order, atom) for order in (0, 1) for atom in atoms(order) if not atom.in_order or not atom.pattern.shape]
    return [(order, atom) for order, atom in found if order == 0 or len(atom.pattern.shape) == 1]


@pytest.mark.parametrize(("_", "atom"), _atoms(), ids=lambda one: one.name if isinstance(one, Atom) else str(one))
def test_atoms_are_curved_as_their_lines_say(_: int, atom: Atom) -> None:
    whole = Total(atom.pattern) if atom.pattern.shape else atom.pattern
    moving = [one for one, monotone in zip(atom.variables, atom.monotone, strict=True) if monotone != "constant"]
    field = Field(whole, moving)
    for seed, (constants, sizes) in enumerate(field.points(1)):
        seen = field.seen(constants, sizes, seed)
        assert (seen.not_convex if atom.sign > 0 else seen.not_concave) is None
        assert (seen.not_concave if atom.sign > 0 else seen.not_convex) is not None


def test_a_planted_claim_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A composition that takes every function for convex is contradicted by chords."""

    def convex(*_: object) -> object:
        return convex_verdicts.Curve(1)

    monkeypatch.setattr(convex_verdicts.Composition, "of", convex)
    assert convexity("sum(sin(x))", "x", declare="x: n").verdict == "neither"
    assert convexity("sum(sqrt(x))", "x", declare="x: n positive").verdict == "concave"


def test_a_planted_certificate_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is off by a hundredth is not what differences say."""
    plain = convex_verdicts.tidied
    monkeypatch.setattr(convex_verdicts, "tidied", lambda form: Product((Number(Fraction(101, 100)), plain(form))))
    found = convexity("x'*x/t", ["x", "t"], declare="x: n; t: scalar positive")
    assert (found.verdict, found.certificate) == ("convex", None)


def test_text_and_steps() -> None:
    found = convexity("logsumexp(A*x) + x'*x", "x")
    assert [step["rule"] for step in found.steps] == ["log-sum-exp", "quadratic form", "sum"]
    assert found.text("ascii").startswith("convex\nsecond derivative: ")
    assert found.latex().startswith(r"\text{convex}:\quad ")
    assert all(one < other for one, other in pairwise([0, len(found.steps_text()), len(found.steps_text("latex"))]))
    assert found.to_dict()["verdict"] == "convex"


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(matcalc.ShapeError):
        convexity("A*x", "x")


# ------------------------------------------------------------ statements of order

STATEMENTS = [
    ("hessian(logsumexp(x), x) >= 0", "proved"),
    (r"\nabla_x^2 \log \sum_i \exp(x_i) \succeq 0", "proved"),
    ("x'*A*x >= 0 where A is psd", "proved"),
    ("x'*A*x >= 0", "refuted"),
    ("eye - x*x'/(x'*x) ⪰ 0", "proved"),
    ("eye(n) - x*x' ⪰ 0", "refuted"),
    ("exp(t) >= 1 + t", "proved"),
    ("exp(t) >= 1 + 2*t", "refuted"),
    ("log(t) <= t - 1 where t: scalar positive", "proved"),
    ("hessian(-logdet(X), X) >= 0 where X is positive definite", "proved"),
    ("tr(A)*tr(B) >= tr(A*B) where A is psd, B is psd", "undecided"),
    ("logsumexp(A*x) is convex in x", "proved"),
    ("sum(log(x)) is concave", "proved"),
    ("x^3 is convex", "refuted"),
    ("norm(x) is affine", "refuted"),
    ("a'*x is convex in x", "proved"),
    ("x'*A*x is convex in x", "conditional"),
]


@pytest.mark.parametrize(("statement", "status"), STATEMENTS)
def test_statements_of_order(statement: str, status: str) -> None:
    found = matcalc.verify(statement)
    assert found.status == status
    if found.counterexample is not None:
        values = found.counterexample.values
        gap = matcalc.parse(statement.partition(" ⪰ ")[0].partition(" >= ")[0]).function("numpy")(**values)
        right = 1 + 2 * values["t"] if "2*t" in statement else 0.0
        low = np.linalg.eigvalsh(gap).min() if np.ndim(gap) == 2 else gap - right
        assert low < 0


def test_a_planted_form_is_contradicted(monkeypatch: pytest.MonkeyPatch) -> None:
    from matcalc.analysis.definiteness import Definite
    from matcalc.verification import orders

    monkeypatch.setattr(orders, "_seen", lambda _: Definite(1, False, ("planted",)))
    with pytest.raises(matcalc.MatcalcError, match="numerically false"):
        matcalc.verify("eye(n) - x*x' ⪰ 0")


@pytest.mark.parametrize("statement", ["x is convex in y and y is", "A*x is convex in x", "a >= b >= c", "x*y is convex"])
def test_what_is_no_such_statement_is_refused(statement: str) -> None:
    with pytest.raises(matcalc.MatcalcError):
        matcalc.verify(statement)
