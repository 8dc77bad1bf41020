"""Analyses at the prompt and in words: those of ``rules/analyses.toml`` with their parameters."""

from __future__ import annotations

import numpy as np
import pytest

from matcalc.base.errors import MatcalcError
from matcalc.interface.analyses import analyses
from matcalc.repl.alone import analysis_asked, asked
from matcalc.repl.answers import Answer
from matcalc.repl.session import Session


def last(*lines: str) -> Answer:
    session = Session()
    return [answer for line in lines for answer in session.run(line)][-1]


@pytest.mark.parametrize(
    ("text", "name", "expression", "values"),
    [
        ("taylor x'*A*x by x order 2 along h", "taylor", "x'*A*x", {"wrt": "x", "order": 2, "direction": "h"}),
        (
            "third-order Taylor polynomial of tr(X^3) by X along H",
            "taylor",
            "tr(X^3)",
            {"wrt": "X", "order": 3, "direction": "H"},
        ),
        ("quadratic model of f(x) with respect to x", "taylor", "f(x)", {"wrt": "x", "order": 2}),
        ("convexity of x'*A*y in x and y", "convexity", "x'*A*y", {"wrt": ["x", "y"]}),
        ("factor A*B + A*C", "simplify", "A*B + A*C", {"form": "factored"}),
        ("y = A*x; convexity y'*y in x", "convexity", "y = A*x; y'*y", {"wrt": "x"}),
    ],
)
def test_words_say_the_analysis_and_its_parameters(text: str, name: str, expression: str, values: dict[str, object]) -> None:
    assert asked(text)[0] == name
    found = analysis_asked(analyses()[name], text)
    assert (found.name, found.expression, dict(found.values)) == (name, expression, values)


def test_another_analysis_or_unread_words_are_refused() -> None:
    with pytest.raises(MatcalcError, match="asks for taylor"):
        analysis_asked(analyses()["convexity"], "taylor x'*x by x")
    with pytest.raises(MatcalcError, match="asks for a derivative"):
        analysis_asked(analyses()["taylor"], "second derivative of x'*A*x")
    assert "'around 3' is not understood" in last("convexity x'*x around 3").error


def test_the_prompt_answers_with_steps() -> None:
    assert last("convexity logsumexp(A*x) in x").output.startswith("convex\n")
    assert "log-sum-exp" in last("convexity logsumexp(A*x) in x", ":steps").output
    assert "strongly convex with: 6\n" in last("t = 3", "convexity t*x'*x in x").output
    model = last("taylor x'*A*x by x along h", ":steps")
    assert "derivative of order 2" in model.output


def test_a_polynomial_of_the_prompt_is_that_of_numbers() -> None:
    session = Session()
    list(session.run("taylor (a'*x)^3 by x order 2 along h"))
    a, x, h = np.array([1.0, -2.0]), np.array([0.5, 3.0]), np.array([0.25, 1.0])
    value = session.last.function("numpy")(a=a, x=x, h=h)
    u, v = a @ x, a @ h
    assert np.allclose(value, u**3 + 3 * u**2 * v + 3 * u * v**2)
    assert not np.allclose(value, u**3 + 3 * u**2 * v)
