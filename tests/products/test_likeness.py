"""Steps that differ in names only are differentiated once: with the right names in every answer, and only where they are alike."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import matcalc
from matcalc.interface.named_results import NamedDerivation
from matcalc.language import elaborate
from matcalc.products import sweeping
from matcalc.products.program_steps import Pattern, pattern_of, renamed
from tests.oracle import Disagreement, check_answer, points
from tests.products.checking import check_named


def layers(count: int, step: str, start: int = 1) -> Iterator[str]:
    """Steps in which ``{k}`` is the number and ``{j}`` the number before."""
    return (step.format(k=k, j=k - 1) for k in range(start, start + count))


PROGRAMS = {
    "network": ("; ".join([*layers(5, "h{k} = tanh(W{k}*h{j} + b{k})"), "norm2(h5 - y)^2"]), ["W1", "b3", "h0"], "h0: n0"),
    "two steps a layer": (
        "; ".join([*layers(4, "z{k} = W{k}*h{j} + b{k}; h{k} = sigmoid(z{k})"), "u'*h4"]),
        ["W1", "h2"],
        "h0: n0",
    ),
    "all weights": (
        "; ".join([*layers(4, "h{k} = tanh(W{k}*h{j} + b{k})"), "u'*h4"]),
        [f"{c}{k}" for c in "Wb" for k in (1, 2, 3, 4)],
        None,
    ),
    "symmetric weights": (
        "; ".join([*layers(4, "h{k} = tanh(S{k}*h{j})"), "u'*h4"]),
        ["S1", "S2", "S3", "S4"],
        "".join(layers(4, "S{k}: n×n symmetric; ")),
    ),
    "one weight": ("; ".join([*layers(5, "h{k} = tanh(W*h{j} + U*x{k})"), "u'*h5"]), ["W", "U"], "h0: n"),
    "residual": ("; ".join([*layers(4, "h{k} = h{j} + tanh(W{k}*h{j})"), "u'*h4"]), ["W1", "W4", "h0"], "h0: n"),
    "matrices": ("; ".join([*layers(4, "H{k} = relu(H{j}*W{k})"), "tr(C'*H4)"]), ["W1", "H0"], "C: m×q; H0: m×n"),
    "facts": ("; ".join([*layers(4, "h{k} = exp(S{k}*h{j})"), "sum(h4)"]), ["h0"], "h0: n; S2: n×n symmetric; S4: n×n symmetric"),
    "rows": (
        "; ".join([*layers(4, "r{k} = tanh(r{j}*W{k})"), "r4*c"]),
        ["W1", "r0"],
        "r0: 1×n; " + "".join(layers(4, "W{k}: n×n; ")),
    ),
    "widths": (
        "; ".join([*layers(5, "h{k} = tanh(W{k}*h{j})"), "sum(h5)"]),
        ["W1"],
        "h0: a; W1: b×a; W2: b×b; W3: b×b; W4: 3×b; W5: 3×3",
    ),
    "twice the same": ("p = exp(x); q = exp(x); r = sin(p.*q); s = sin(q.*p); sum(r) + sum(s)", ["x", "p"], None),
    "order of names": ("b = sin(c.*a); d = sin(a.*c); e = sin(d.*b); sum(e)", ["a", "c"], "a: n; c: n"),
    "ones for some": ("; ".join([*layers(4, "h{k} = h{j} + c{k}*sum(h{j})*ones(n)"), "h4'*h4"]), ["h0"], "h0: n"),
    "no closed form": (
        "; ".join([*layers(3, "h{k} = sum(exp(vec(X{k})*h{j}'), cols)/n"), "u'*h3"]),
        ["h0", "X1", "X2", "X3"],
        "h0: n; u: n",
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_answers_are_those_of_each_step_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program, wrt, declare = PROGRAMS[name]
    found = matcalc.gradient(program, wrt, declare=declare)
    for symbol in wrt:
        derivation = found[symbol]
        assert isinstance(derivation, NamedDerivation)
        if derivation.closed and f"{symbol} =" not in program:
            check_named(derivation)
        elif f"{symbol} =" not in program:
            check_answer(derivation.function("numpy"), list(points(derivation.source.node, derivation.wrt)), what=symbol)
    monkeypatch.setattr(sweeping, "pattern_of", lambda *_: None)
    alone = matcalc.gradient(program, wrt, declare=declare)
    assert found.text("ascii") == alone.text("ascii")
    for symbol in wrt:
        assert found[symbol].outcome == alone[symbol].outcome


def test_a_wrong_name_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pattern, "names_in", lambda *_: ({}, {}))
    program, _, _ = PROGRAMS["network"]
    with pytest.raises(Disagreement):
        check_named(matcalc.gradient(program, ["W1"], declare="".join(layers(5, "W{k}: n×n; ")))["W1"])  # type: ignore[arg-type]


def test_alike_steps_are_folded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    folded, count = sweeping.folded, 0

    def counted(*given: object) -> object:
        nonlocal count
        count += 1
        return folded(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(sweeping, "folded", counted)
    program = "; ".join([*layers(30, "h{k} = tanh(W{k}*h{j} + b{k})"), "u'*h30"])
    assert len(matcalc.gradient(program, ["W1"]).text().splitlines()) == 30
    assert count < 5


def test_patterns_tell_structure_sizes_facts_and_repetition_apart() -> None:
    texts = ["A*x + b", "B*y + c", "A*x + x", "A*x - b", "A'*x + b", "A*y + b"]
    declared = "A: n×n; B: n×n; x: n; y: n; b: n; c: n"
    keys = [pattern.key for text in texts if (pattern := pattern_of(elaborate(text, declared).expression, (), str.isupper))]
    assert keys[0] == keys[1] == keys[5]
    assert len(set(keys)) == 4
    wide = pattern_of(elaborate("A*x + b", "A: m×n").expression, (), str.isupper)
    facts = pattern_of(elaborate("A*x + b", "A: n×n symmetric").expression, (), str.isupper)
    assert wide is not None
    assert facts is not None
    assert len({keys[0], wide.key, facts.key}) == 3
    assert pattern_of(elaborate("sum(i, x[i]^2)").expression, (), str.isupper) is None


def test_renaming_changes_symbols_and_sizes() -> None:
    expression = elaborate("A*x + ones(m)*sum(x) + eye(m)*A*x", "A: m×n").expression
    expected = elaborate("B*y + ones(p)*sum(y) + eye(p)*B*y", "B: p×q").expression
    assert renamed(expression, {"A": "B", "x": "y"}, {"m": "p", "n": "q"}) is expected
