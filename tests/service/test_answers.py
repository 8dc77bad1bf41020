"""Requests and answers as data: every operation keeps its schema, and nothing that is sent is answered by anything but an answer."""

from __future__ import annotations

import json
from time import thread_time
from typing import Any

import jsonschema
import pytest

from matcalc.interface.api import derive
from matcalc.service import OPERATIONS, SCHEMA_VERSION, answer
from matcalc.verification.judgement import verify

GOOD: dict[str, list[dict[str, Any]]] = {
    "simplify": [
        {"text": "inv(A*B)*A", "declare": "A: n×n invertible; B: n×n"},
        {"text": "expand (A + B)*C"},
        {"text": "x", "form": "factored"},
    ],
    "taylor": [
        {"text": "x'Ax", "wrt": "x", "order": 1, "direction": "v", "target": "numpy"},
        {"text": "third-order Taylor polynomial of logdet(X)"},
    ],
    "read": [
        {"text": "x'Ax"},
        {"text": "d(x'Ax)/dx = 2Ax"},
        {"text": "tr(AB) = tr(BA)", "dialect": "math"},
        {"text": "z = W*x + b; h = tanh(z); ||h||²", "declare": "b: n"},
        {"text": "d(tr(X'X)) = 2 tr(X' dX)"},
        {"text": "sum(f(x)) + g(x)", "declare": "f: function; g: R^n -> R"},
    ],
    "derive": [
        {"text": "x'Ax", "wrt": "x"},
        {"text": "x'Ax wrt x"},
        {"text": "∇²(x'x)"},
        {"text": "x'Ay", "wrt": "x, y"},
        {"text": "X*X", "wrt": "X", "layout": "tensor"},
        {"text": "||Xw - y||²", "wrt": "X[1,2]"},
        {"text": "tr(S*A)", "wrt": "S", "declare": "S: symmetric", "symmetric": "cookbook", "order": 1, "strict": False},
    ],
    "hvp": [{"text": "x'Ax", "wrt": "x"}, {"text": "hvp x'Ax wrt x along v"}, {"text": "x'Ay", "wrt": "x, y", "direction": "v"}],
    "gradient": [{"text": "z = W*x + b; u'*tanh(z)", "wrt": ["W", "b"]}],
    "differential": [{"text": "x'x"}, {"text": "x'Ax", "wrt": "x, A"}],
    "steps": [{"text": "x'Ax", "wrt": "x"}, {"text": "x'Ax", "wrt": "x", "style": "differential"}],
    "code": [{"text": "x'Ax", "wrt": "x", "target": "julia"}, {"text": "x'Ax", "wrt": "x"}],
    "verify": [
        {"text": "d(x'Ax)/dx = 2Ax"},
        {"text": "d(x'Ax)/dx = (A + A')x", "proof": True},
        {"text": "1/0 = x"},
        {"text": "log(x) = log(-x)"},
    ],
    "convexity": [
        {"text": "logsumexp(x)"},
        {"text": "x'x/t", "wrt": "x, t"},
        {"text": "convexity of c*x'x in x"},
        {"text": "x'A*y", "wrt": "x, y"},
    ],
    "help": [{"name": "cholesky"}],
    "functions": [{}],
    "examples": [{}],
    "settings": [{}],
    "draw": [
        {"text": "x.*y", "wrt": "x", "picture": "sparsity", "entries": "n=3"},
        {"text": "x'Ax", "wrt": "x", "order": 2, "picture": "sparsity"},
    ],
}
ENVELOPE = {"schema", "operation", "ok"}


def result(operation: str, **request: Any) -> Any:
    found = answer(operation, request)
    assert found["ok"], found
    return found["result"]


def error(operation: str, request: object) -> Any:
    found = answer(operation, request)
    assert set(found) == ENVELOPE | {"error"}
    assert set(found["error"]) == {"kind", "message", "expected", "suggestion", "span", "source", "text"}
    return found["error"]


@pytest.mark.parametrize("name", list(OPERATIONS))
def test_every_operation_keeps_its_schema(name: str) -> None:
    operation = OPERATIONS[name]
    for schema in (operation.request_schema, operation.result_schema):
        jsonschema.Draft202012Validator.check_schema(schema)
    for request in GOOD[name]:
        jsonschema.validate(request, operation.request_schema)
        found = answer(name, request)
        assert found["schema"] == SCHEMA_VERSION and found["operation"] == name
        assert json.loads(json.dumps(found, allow_nan=False)) == found
        if found["ok"]:
            jsonschema.validate(found["result"], operation.result_schema)
        else:
            assert request["text"] in ("1/0 = x",), found


def test_a_result_without_a_field_is_seen() -> None:
    found = result("derive", text="x'Ax", wrt="x")
    del found["latex"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, OPERATIONS["derive"].result_schema)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (None, "object"),
        ([], "object"),
        ({}, "text is missing"),
        ({"text": 3}, "text is no string"),
        ({"text": "x'x", "order": True}, "order is no whole number"),
        ({"text": "x'x", "order": 3}, "order is 3"),
        ({"text": "x'x", "layout": "sideways"}, "layout is 'sideways'"),
        ({"text": "x" * 20_001}, "too long"),
        ({"text": "x'x", "surprise": "y"}, "no field 'surprise'"),
        ({"text": "x'x", "strict": "yes"}, "strict is no true or false"),
    ],
)
def test_requests_of_another_form_are_refused(request_: object, words: str) -> None:
    found = error("derive", request_)
    assert found["kind"] == "RequestError" and words in found["message"]
    assert not jsonschema.Draft202012Validator(OPERATIONS["derive"].request_schema).is_valid(request_)


@pytest.mark.parametrize("name", ["nothing", "", None, 3, ["derive"], "__class__"])
def test_other_operations_are_refused(name: Any) -> None:
    assert error(name, {"text": "x'x"})["expected"].startswith("read, derive")


@pytest.mark.parametrize(
    "text", ["", "   ", "(", "<script>alert(1)</script>", "x'(A", "\x00", "𝟙" * 50, "d/d", "= =", "a:b:c", ";;;", "exp(" * 4000]
)
@pytest.mark.parametrize("name", ["read", "derive", "verify", "steps", "code", "differential"])
def test_any_text_is_answered(name: str, text: str) -> None:
    found = answer(name, {"text": text}, seconds=2)
    assert found["ok"] or found["error"]["kind"] != "InternalError"


def test_an_error_points_into_the_text() -> None:
    found = error("derive", {"text": "x'(A", "wrt": "x"})
    assert found["span"] == [2, 3] and found["text"].splitlines()[1:3] == ["  x'(A", "    ^"]


def test_answers_are_those_of_the_calls() -> None:
    for request in GOOD["derive"][:1] + GOOD["derive"][3:5]:
        wrt = request["wrt"].split(", ")
        called = derive(request["text"], wrt if len(wrt) > 1 else wrt[0], layout=request.get("layout", "denominator"))
        found = result("derive", **request)
        assert {name: found[name] for name in called.to_dict()} == json.loads(json.dumps(called.to_dict()))
    verdict = result("verify", text="d(x'Ax)/dx = 2Ax")
    assert verdict["unicode"] == verify("d(x'Ax)/dx = 2Ax").explain() and verdict["correction_latex"] == "(A + A^{\\top}) x"


def test_a_reading_says_what_is_asked_for() -> None:
    asked = {text: result("read", text=text) for text in ("x'Ax wrt x", "∇²(x'x)", "tr(AB) = tr(BA)", "x'Ax", "d/dx x'Ax")}
    assert [(one["operation"], one["formula"], one["wrt"]) for one in asked.values()] == [
        ("derive", "x'Ax", ["x"]),
        ("hessian", "(x'x)", ["x"]),
        ("verify", "tr(AB) = tr(BA)", []),
        ("derive", "x'Ax", []),
        ("derive", "d/dx x'Ax", ["x"]),
    ]
    claim = result("read", text="d(x'Ax)/dx = 2Ax")
    assert claim["latex"] == "\\frac{\\partial}{\\partial x} x^{\\top} A x = 2 A x"


def test_symbols_are_told_with_kind_size_and_facts() -> None:
    found = result("read", text="a*x'*S*x + sum(f(x))", declare="S: symmetric positive definite; f: function; a: scalar")
    table = {one["name"]: (one["kind"], one["size"], one["facts"], one["declared"]) for one in found["symbols"]}
    assert table == {
        "a": ("scalar", "", [], True),
        "x": ("vector", "n", [], False),
        "S": ("matrix", "n×n", ["positive_definite"], True),
        "f": ("function", "", [], True),
    } or table["S"][2] == ["symmetric", "positive_definite"]


def test_other_readings_are_looked_for_unless_nobody_wants_them() -> None:
    quick = result("read", text="x'Ax", alternatives=False)
    whole = result("read", text="x'Ax")
    assert quick["alternatives"] == [] != whole["alternatives"] and quick == {**whole, "alternatives": []}


def test_what_contradicts_the_text_is_said() -> None:
    found = result("derive", text="hessian of x'Ax wrt x", order=1)
    assert found["order"] == 2 and any("the order 1 beside it is not taken" in note for note in found["notes"])
    for order in (None, 2):
        assert result("derive", text="hessian of x'Ax wrt x", order=order)["notes"] == ["assumed A: matrix; x: vector"]
    assert error("derive", {"text": "x'x", "wrt": ""})["message"] == "wrt is empty"


def test_words_and_a_name_beside_them_agree() -> None:
    for text in ("hessian of x'Ax wrt x", "hessian of x'Ax", "∇²(x'Ax)", "f = x'Ax; hessian of f wrt x"):
        assert result("derive", text=text, wrt="x")["unicode"] == "A + Aᵀ", text
    assert result("derive", text="x'Ax wrt x", wrt="x")["unicode"] == result("derive", text="x'Ax", wrt="x")["unicode"]
    assert "the text asks for the derivative by x" in error("derive", {"text": "hessian of x'Ax wrt x", "wrt": "A"})["message"]


def test_a_hessian_along_a_direction_is_told_in_words_or_fields() -> None:
    for request in (
        {"text": "x'Ax", "wrt": "x", "direction": "v"},
        {"text": "hvp x'Ax wrt x along v"},
        {"text": "the Hessian of x'Ax along v", "wrt": "x"},
    ):
        found = result("hvp", **request)
        assert found["equation"]["unicode"] == "∂²f/∂x² [v] = (A + Aᵀ) v" and found["expression"] == "xᵀ A x", request
    assert "first derivative" in error("hvp", {"text": "gradient of x'x"})["message"]
    assert "direction is w" in error("hvp", {"text": "hvp x'x along v", "direction": "w"})["message"]
    assert "the operation hvp" in error("derive", {"text": "hessian of x'x along v"})["suggestion"]


@pytest.mark.parametrize(("name", "more"), [("derive", {"wrt": "x"}), ("steps", {}), ("differential", {})])
def test_the_budget_is_that_of_the_whole_answer(name: str, more: dict[str, str]) -> None:
    began = thread_time()
    found = answer(name, {"text": "^".join(["x"] * 500), **more}, seconds=0.6)
    assert "budget of 0.6 s" in found["error"]["message"] and thread_time() - began < 1.5


def test_a_verdict_that_used_its_budget_up_is_told() -> None:
    began = thread_time()
    found = answer("verify", {"text": f"d/dx ({'^'.join(['x'] * 200)}) = 1", "proof": True}, seconds=0.3)
    assert thread_time() - began < 1.5
    assert found["ok"]
    status, said = found["result"]["status"], found["result"]["unicode"]
    assert status == "refuted" or (status == "undecided" and "budget" in said)


def test_the_budget_holds() -> None:
    text = "tr(" + "*".join(f"inv(A{k} + X)" for k in range(40)) + ")"
    assert error("derive", {"text": text, "wrt": "X"} | {"order": 2})["kind"] != "InternalError"
    assert "budget" in answer("derive", {"text": text, "wrt": "X", "order": 2}, seconds=0.01)["error"]["message"]


def test_every_example_is_answered() -> None:
    for example in result("examples")["examples"]:
        request = {name: value for name, value in example.items() if name != "title"}
        assert answer("derive" if "wrt" in request else "verify", request)["ok"], example
