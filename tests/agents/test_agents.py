"""Requests as lines of JSON, and tools of the Model Context Protocol."""

from __future__ import annotations

import io
import json
import os
import sys
import threading
import time
from importlib.util import find_spec
from typing import Any

import pytest

import matcalc.agents as agents
from matcalc.agents import Lines, schemas
from matcalc.service import OPERATIONS, answer
from tests.documents.running import called


def answers(*lines: Any, seconds: float = 10.0) -> list[dict[str, Any]]:
    """The answers to lines: of bytes as they are, of other values as JSON."""
    raw = b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
    out = io.StringIO()
    Lines(io.BytesIO(raw), out, seconds).run()
    assert out.getvalue().isascii()
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_each_line_has_its_answer_in_order() -> None:
    derive = {"operation": "derive", "text": "x'Ax", "wrt": "x"}
    verify = {"operation": "verify", "text": "tr(A*B) = tr(B*A)"}
    found = answers({"id": 7, **derive}, {"id": "b", **verify}, b"", derive)
    assert [one["id"] for one in found] == [7, "b", None]
    assert found[0] == {"id": 7, **answer("derive", {"text": "x'Ax", "wrt": "x"})}
    assert (found[0]["result"]["unicode"], found[1]["result"]["status"]) == ("(A + Aᵀ) x", "proved")


MALFORMED = [
    (b"rubbish", "no JSON"),
    (b'{"id": 1, "operation": "derive", ', "no JSON"),
    (b"\xff\xfe\x00", "no JSON"),
    (b"[" * 100_000, "no JSON"),
    (b"[1, 2]", "no JSON object"),
    (b"null", "no JSON object"),
    (b'{"id": {}, "operation": "derive"}', "the id"),
    (b'"' + b"x" * 3_000_000 + b'"', "too long"),
    (b"1" * 5000, "no JSON"),
    (b'{"operation": "derive", "text": "' + b"x + " * 10_000 + b'x"}', "text is too long"),
    (b"{}", "no such operation"),
    (b'{"operation": ["derive"]}', "no such operation"),
    (b'{"operation": "derive", "text": 3}', "text is no string"),
    (b'{"operation": "derive", "text": "x", "more": 1}', "no field"),
    (b'{"operation": "derive", "text": "x\'x", "seconds": -1}', "seconds"),
    (b'{"operation": "derive", "text": "x\'x", "seconds": true}', "seconds"),
    (b'{"operation": "derive", "text": "x\'x", "seconds": NaN}', "seconds"),
    (b'{"operation": "derive", "text": "<script>alert(1)</script>"}', ""),
    (b'{"operation": "derive", "text": "\\ud800"}', ""),
    (b'{"operation": "derive", "text": "x\'(A"}', "("),
]


@pytest.mark.parametrize(("line", "said"), MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_line_is_answered_and_the_next_one_too(line: bytes, said: str) -> None:
    found = answers(line, {"id": 2, "operation": "derive", "text": "x'x"})
    assert [one["ok"] for one in found] == [False, True]
    assert said in found[0]["error"]["message"] + found[0]["error"]["text"]
    assert (found[0]["schema"], found[1]["id"]) == ("matcalc/1", 2)


def test_a_budget_bounds_a_request() -> None:
    long = {"operation": "derive", "text": "sum(exp(" * 60 + "x" + "))" * 60, "wrt": "x"}
    (found,) = answers({**long, "seconds": 0.001})
    assert found["error"]["kind"] in ("LimitError", "SpentError")


class Slow:
    """An operation that does not end by itself, and a client that goes on when it has begun."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun = threading.Event()
        monkeypatch.setattr(agents.service, "answer", self.answer)

    def answer(self, operation: str, request: dict[str, Any], *, seconds: float) -> dict[str, Any]:
        if request.get("text") != "endless":
            return answer(operation, request, seconds=seconds)
        self.begun.set()
        end = time.monotonic() + 20
        while time.monotonic() < end:
            pass
        raise AssertionError("it was not interrupted")

    def asked(self, *lines: dict[str, Any]) -> list[dict[str, Any]]:
        """The answers to lines of which the second and later ones are sent when the first is being answered."""
        reading, writing = os.pipe()
        out = io.StringIO()

        def send() -> None:
            with os.fdopen(writing, "wb") as sink:
                for number, line in enumerate(lines):
                    if number == 1:
                        self.begun.wait(20)
                    sink.write(json.dumps(line).encode() + b"\n")
                    sink.flush()

        sender = threading.Thread(target=send)
        sender.start()
        with os.fdopen(reading, "rb") as source:
            Lines(source, out).run()
        sender.join()
        return [json.loads(line) for line in out.getvalue().splitlines()]


def test_requests_are_cancelled_while_they_are_answered_and_while_they_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(monkeypatch)
    found = slow.asked(
        {"id": 1, "operation": "derive", "text": "endless"},
        {"id": 2, "operation": "derive", "text": "endless"},
        {"id": 3, "operation": "derive", "text": "x'x"},
        {"id": "c", "operation": "cancel", "cancel": 2},
        {"id": "d", "operation": "cancel", "cancel": 1},
        {"id": "e", "operation": "cancel", "cancel": 99},
        {"id": 4, "operation": "derive", "text": "a'x", "wrt": "x"},
    )
    assert [one["id"] for one in found] == [1, 2, 3, "c", "d", "e", 4]
    assert [one["error"]["kind"] for one in found[:2]] == ["Cancelled", "Cancelled"]
    assert [one["result"].get("cancelled") for one in found[3:6]] == [True, True, False]
    assert (found[2]["result"]["unicode"], found[6]["result"]["unicode"]) == ("2 x", "a")


def test_the_schemas_are_those_of_the_service() -> None:
    found = schemas()
    assert found["schema"] == "matcalc/1"
    assert {name: one["request"] for name, one in found["operations"].items()} == {
        name: one.request_schema for name, one in OPERATIONS.items()
    }
    status, output = called(["json-schema"])
    assert (status, json.loads(output)) == (0, found)


def spoken(*calls: tuple[str, dict[str, Any]], server: Any = None) -> tuple[list[Any], list[Any]]:
    """The tools that a server of its own process lists, and the results of calls."""
    import anyio
    import mcp

    where = server or mcp.StdioServerParameters(
        command=sys.executable, args=["-m", "matcalc", "mcp"], env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    )

    async def speak() -> tuple[list[Any], list[Any]]:
        async with mcp.Client(where) as client:
            listed = await client.list_tools()
            return listed.tools, [await client.call_tool(name, arguments) for name, arguments in calls]

    return anyio.run(speak)


CALLS: list[tuple[str, dict[str, Any], bool, str]] = [
    ("derive", {"text": "||X*w - y||^2", "wrt": "w"}, False, "2 Xᵀ (X w − y)"),
    ("derive", {"text": "log(det(X))", "wrt": "X"}, False, "X"),
    ("verify", {"text": "d(x'Ax)/dx = 2Ax"}, False, "conditional: d(x'Ax)/dx = 2Ax"),
    ("code", {"text": "x'Ax", "wrt": "x", "target": "torch"}, False, "import torch"),
    ("steps", {"text": "x'Ax", "wrt": "x"}, False, "x"),
    ("read", {"text": "x'Ax"}, False, "xᵀ A x"),
    ("derive", {"text": "x'(A"}, True, "^"),
    ("derive", {}, True, "text is missing"),
    ("derive", {"text": ["x"]}, True, "no string"),
    ("derive", {"text": "x'x", "extra": 1}, True, "no field"),
    ("derive", {"text": "x + " * 10_000 + "x"}, True, "too long"),
    ("derive", {"text": "<script>alert(1)</script>"}, True, ""),
    ("functions", {}, True, "there is no such tool"),
    ("__import__", {"text": "os"}, True, "there is no such tool"),
]


@pytest.mark.skipif(find_spec("mcp_types") is None, reason="the extra mcp is not installed")
def test_tools_over_standard_input_and_output() -> None:
    listed, results = spoken(*[(name, arguments) for name, arguments, _, _ in CALLS])
    assert {"read", "derive", "steps", "code", "verify"} <= {tool.name for tool in listed}
    for tool in listed:
        assert (tool.input_schema, tool.description) == (OPERATIONS[tool.name].request_schema, OPERATIONS[tool.name].summary)
    for (name, arguments, is_error, text), result in zip(CALLS, results, strict=True):
        assert (result.is_error, text in result.content[0].text) == (is_error, True), (name, str(arguments)[:80], result)
        assert result.structured_content["ok"] is not is_error
