"""Whoever does what a message says gets on: the formula is read then, or refused for something else further on."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest

from matcalc.base.errors import MatcalcError, ParseError, ShapeError, Span
from tests.language.following import Case, nonsense, refusal
from tests.language.test_bad_inputs import blocks

INPUTS = Path(__file__).with_name("advice.txt")


def cases() -> list[Case]:
    """Every input of ``advice.txt`` and of ``bad_inputs.txt``."""
    found: list[Case] = [(text, declare) for text, declare, _ in blocks()]
    for line in INPUTS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("# "):
            text, mark, declare = line.partition("    where ")
            found.append((text, declare if mark else None))
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("case", cases(), ids=lambda case: case[0])
def test_the_advice_of_a_refusal_helps(case: Case) -> None:
    error = refusal(case)
    assert error is not None, "this is read now: take it out of the file, or think of a worse one"
    assert nonsense(case, error) == [], error
    assert error.message[0].islower() or error.message[0] in "'\"∇\\" or error.message.split()[0] in str(case), (
        "a message begins like one"
    )


def test_most_refusals_have_an_advice() -> None:
    told = [error for case in cases() if (error := refusal(case)) is not None]
    advised = [error for error in told if error.suggestion or error.expected or re.search(r"'\w+': ", error.message)]
    assert len(told) > 350
    assert len(advised) > 0.88 * len(told)


@pytest.mark.parametrize(
    ("case", "error"),
    [
        (("2*(A*B)", "A: n×m; B: n×m"), ShapeError("cannot multiply", span=Span(0, 7), suggestion="transpose: 2'*(A*B)")),
        (("A*B + C", "A: n×m; B: n×m; C: n×n"), ShapeError("cannot multiply", span=Span(0, 3), suggestion="transpose: (A*B")),
        (("foo(x)", None), ParseError("there is no function 'foo'", span=Span(0, 3), suggestion="foo")),
        (("x'*(A*x", None), ParseError("'(' is never closed", span=Span(3, 4), suggestion="write it otherwise")),
        (("x + y", "x: n; y: m"), ShapeError("cannot add", span=Span(0, 5), suggestion="transpose one side: y'")),
    ],
)
def test_planted_nonsense_is_seen(case: Case, error: MatcalcError) -> None:
    said = refusal(case)
    assert said is not None
    error.with_text(case[0])
    if "never" not in error.message:
        error.message = said.message
    assert nonsense(case, error) != []


def test_the_operator_that_fails_is_blamed() -> None:
    """Sizes that products of sizes imply clash after all operators were joined: the last one is not to blame."""
    error = refusal(("2*(kron((A*B), C) + A*B)", "A: n×n"))
    assert error is not None and error.span is not None
    assert error.message.startswith("cannot add kron((A*B), C) (n*p×m*q matrix) and A*B")
    assert "2 (scalar)" not in str(error)


def test_the_marked_place_has_whole_brackets() -> None:
    error = refusal(("(A + B)*(C + D)*x", "A: n×m; B: n×m; C: n×m; D: n×m; x: m"))
    assert error is not None and error.span == Span(0, 15)


FORMULAS: list[Case] = [
    ("x'*A*x + b'*x", "x: n; A: n×n; b: n"),
    ("||A*x - b||^2 + lam*norm1(x)", "A: m×n; x: n; b: m; lam: scalar"),
    ("tr(A*X*B*X')", "A: n×n; X: n×m; B: m×m"),
    ("-sum(Y.*log(softmax(X*W, rows)))", "X: n×d; W: d×k; Y: n×k"),
    ("np.mean((X @ w - y)**2)", "X: n×d; w: d; y: n"),
    (r"\frac{1}{2}\|X w - y\|^2 + \lambda w^\top w", "X: n×d; w: d; y: n"),
    ("kron(A, B)*vec(X)", "A: n×n; B: m×m; X: m×n"),
    ("(A + B)*(C - D)*x", "A: n×m; B: n×m; C: m×k; D: m×k; x: k"),
    ("sum(q .* log.(q ./ p))", "q: n; p: n"),
]


def slip(case: Case, random: Random) -> Case:
    """A formula with a letter less, or more, or two exchanged, its end cut off, or a matrix declared the other way round."""
    text, declare = case[0], case[1] or ""
    place, other = sorted(random.sample(range(len(text)), 2))
    match random.randrange(5):
        case 0:
            text = text[:place] + text[place + 1 :]
        case 1:
            text = text[:place] + random.choice("()[]{}|*+^'.,;=@_\\ 0Zq&~") + text[place:]
        case 2:
            text = text[:place] + text[other] + text[place + 1 : other] + text[place] + text[other + 1 :]
        case 3:
            text = text[: place + 1]
        case _:
            matrices = re.findall(r"(\w): (\w)×(\w)", declare)
            if matrices:
                name, rows, cols = random.choice(matrices)
                declare = declare.replace(f"{name}: {rows}×{cols}", f"{name}: {cols}×{rows}")
    return text.strip() or "x", declare


def test_the_advice_on_slips_helps() -> None:
    random = Random(7)
    refused = [
        (case, error)
        for case in (slip(random.choice(FORMULAS), random) for _ in range(500))
        if (error := refusal(case)) is not None
    ]
    useless = [f"{case}: {error}" for case, error in refused if nonsense(case, error)]
    assert len(refused) > 300
    assert len(useless) < 0.03 * len(refused), "\n".join(useless)
