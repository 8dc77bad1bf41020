"""What programs ask: requests as lines of JSON, for editors, and tools of the Model Context
Protocol, for agents. Both are answered by ``matcalc.service``."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO, TypeAlias

from matcalc.base.budgets import REQUEST_SECONDS
from matcalc.base.errors import MatcalcError
from matcalc.base.extras import needs_extra
from matcalc.base.lazy import later
from matcalc.base.version import VERSION
from matcalc.interface.analyses import analyses
from matcalc.service.request_fields import SCHEMA_VERSION, RequestError

if TYPE_CHECKING:
    import matcalc.service as service
else:
    service = later("matcalc.service")

Values: TypeAlias = dict[str, Any]

_MOST_SECONDS = 600.0
_LONGEST_LINE = 1_000_000
_EXAMPLE = '{"operation": "derive", "text": "x\'Ax"}'
_MOST_WAITING = 10_000
TOOLS = ("read", "derive", "gradient", "hvp", "differential", "steps", "code", "verify", "help")
"""Operations that are tools for agents, beside the analyses."""
CANCEL = "cancel"
_CANCEL_SUMMARY = "Ends another request, which is answered with an error."
_SECONDS_SCHEMA = {"type": "number", "exclusiveMinimum": 0, "maximum": _MOST_SECONDS, "description": "How long it may take."}


def schemas() -> Values:
    """The JSON schemas of all operations: of what is sent, and of the result that comes back."""
    found: Values = {
        name: {"summary": one.summary, "request": one.request_schema, "result": one.result_schema}
        for name, one in service.OPERATIONS.items()
    }
    return {"schema": SCHEMA_VERSION, "operations": found, "line": _line_schema()}


def _line_schema() -> Values:
    """A line that is sent, whatever its operation."""
    return {
        "type": "object",
        "properties": {
            "id": {"type": ["string", "number", "null"], "description": "Comes back with the answer."},
            "operation": {"enum": [*service.OPERATIONS, CANCEL]},
            "seconds": _SECONDS_SCHEMA,
            "cancel": {"type": ["string", "number"], "description": f"With {CANCEL}: the id of the request to end."},
        },
        "required": ["operation"],
        "additionalProperties": True,
    }


# ---------------------------------------------------------------- lines of JSON


class Cancelled(MatcalcError):
    """What is answered to a request that was cancelled."""


class _Cancelled(BaseException):
    """The request that is being answered is to end; no ``except Exception`` takes it."""


class Lines:
    """Requests, one a line, and their answers, one a line, in the same order.

    A thread reads ahead, so that a request can be cancelled while it is answered, or waits.
    """

    def __init__(self, lines: BinaryIO, out: TextIO, seconds: float = REQUEST_SECONDS) -> None:
        self._lines = lines
        self._out = out
        self._seconds = seconds
        self._waiting: deque[Values | MatcalcError] = deque()
        self._changed = threading.Condition()
        self._ended = False
        self._now: Any = None
        """The request that is being answered."""
        self._stopped: Any = None
        """The one that was interrupted last."""
        self._sent = self._seen = 0
        """Interruptions."""
        self._gone: list[Any] = []
        """Requests that are cancelled, and not answered yet."""

    def run(self) -> None:
        """Answers until the input ends."""
        reader = threading.Thread(target=self._read, daemon=True)
        with self._interruptible():
            reader.start()
            while (request := self._next()) is not None:
                found = _failed(None, request) if isinstance(request, MatcalcError) else self._answered(request)
                self._out.write(json.dumps(found, ensure_ascii=True, allow_nan=False) + "\n")
                self._out.flush()

    def _next(self) -> Values | MatcalcError | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ended)
            found = self._waiting.popleft() if self._waiting else None
            self._changed.notify_all()
            return found

    def _answered(self, request: Values) -> Values:
        fields = {name: value for name, value in request.items() if name not in ("id", "operation", "seconds")}
        head = {"id": request.get("id")}
        if request.get("operation") == CANCEL:
            return {**head, "schema": SCHEMA_VERSION, "operation": CANCEL, "ok": True, "result": {"cancelled": request["found"]}}
        seconds = request.get("seconds", self._seconds)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= _MOST_SECONDS:
            return _failed(
                request, MatcalcError("seconds is no time that a request may take", expected=f"0 to {_MOST_SECONDS:g}")
            )
        try:
            with self._current(request):
                return {**head, **service.answer(request.get("operation", ""), fields, seconds=float(seconds))}
        except _Cancelled:
            self._now = None
            return _failed(request, Cancelled("the request was cancelled"))

    # ------------------------------------------------------------ reading ahead

    def _read(self) -> None:
        try:
            for line in self._whole_lines():
                if line.strip():
                    self._take(_request(line))
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _whole_lines(self) -> Iterator[bytes]:
        """Lines; of one that is too long so much that this can be seen."""
        while line := self._lines.readline(_LONGEST_LINE + 1):
            yield line
            while line and not line.endswith(b"\n") and len(line) > _LONGEST_LINE:
                line = self._lines.readline(_LONGEST_LINE + 1)

    def _take(self, request: Values | MatcalcError) -> None:
        with self._changed:
            self._changed.wait_for(lambda: len(self._waiting) < _MOST_WAITING)
            if isinstance(request, dict) and request.get("operation") == CANCEL:
                request["found"] = self._cancelled(request.get("cancel"))
            self._waiting.append(request)
            self._changed.notify_all()

    def _cancelled(self, which: Any) -> bool:
        """Ends the request with this id, if it has not been answered."""
        if which is None:
            return False
        if isinstance(self._now, dict) and self._now.get("id") == which:
            self._stopped = self._now
            self._sent += 1
            signal.raise_signal(signal.SIGINT)
            return True
        found = [
            one for one in self._waiting if isinstance(one, dict) and one.get("id") == which and one.get("operation") != CANCEL
        ]
        self._gone += found
        return bool(found)

    @contextmanager
    def _current(self, request: Values) -> Iterator[None]:
        """The request is the one that is being answered; it is not begun when it is cancelled."""
        try:
            with self._changed:
                if any(one is request for one in self._gone):
                    self._gone = [one for one in self._gone if one is not request]
                    raise _Cancelled
                self._now = request
            yield
        finally:
            self._now = None

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """A cancelled request is interrupted as by Ctrl-C, which goes on to end the program."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.getsignal(signal.SIGINT)

        def interrupted(number: int, frame: Any) -> None:
            if self._seen == self._sent:
                signal.default_int_handler(number, frame)
            self._seen = self._sent
            if self._now is not None and self._now is self._stopped:
                raise _Cancelled

        signal.signal(signal.SIGINT, interrupted)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


def _request(line: bytes) -> Values | MatcalcError:
    """What a line asks, or what is wrong with it."""
    if len(line) > _LONGEST_LINE:
        return RequestError("the line is too long", expected=f"at most {_LONGEST_LINE:,} bytes")
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        return RequestError(f"the line is no JSON: {' '.join(str(error).split())[:100]}", suggestion=_EXAMPLE)
    if not isinstance(found, dict):
        return RequestError("the line is no JSON object", suggestion=_EXAMPLE)
    if isinstance(found.get("id"), dict | list):
        return RequestError("the id is no string or number")
    return found


def _failed(request: Values | None, error: MatcalcError) -> Values:
    operation = None if request is None else request.get("operation")
    known = operation if isinstance(operation, str) and operation in service.OPERATIONS else None
    return {"id": request and request.get("id"), **service.failure(known, error)}


# ---------------------------------------------------------------- the Model Context Protocol

_INSTRUCTIONS = """\
Symbolic matrix calculus. Write formulas as in mathematics, MATLAB, NumPy or LaTeX: "||X*w - y||^2", "x'*A*x", "\\log\\det X".
Capital letters are matrices and small letters vectors unless `declare` says otherwise: "A: n×n symmetric; t: scalar".
Use derive for a derivative, steps to explain it, code for a program, and read where a reading is doubtful. Use verify before
you state that an equation holds: "d(x'Ax)/dx = (A + A')x"."""


def tools() -> dict[str, Any]:
    """The operations that are tools, by name."""
    return {name: service.OPERATIONS[name] for name in (*TOOLS, *analyses())}


def said(found: Mapping[str, Any]) -> str:
    """What an answer says in words: the result as it is read, or the error with its place."""
    if not found["ok"]:
        return str(found["error"]["text"])
    result = found["result"]
    lines = [f"warning: {warning}" for warning in result.get("warnings", ())]
    shown = next((result[name] for name in ("code", "unicode", "echo", "text") if isinstance(result.get(name), str)), None)
    lines.append(json.dumps(result, ensure_ascii=False) if shown is None else shown)
    conditions = result.get("conditions") or ()
    return "\n".join([*lines, *(f"holds if {condition}" for condition in conditions)])


def serve_tools(seconds: float = REQUEST_SECONDS) -> None:
    """Serves the tools on standard input and output, until the client goes. Raises MatcalcError
    where the protocol's package is not installed."""
    server = tool_server(seconds)
    _package("anyio").run(_serve, server)


def _package(name: str) -> Any:
    """A module of the protocol's packages, which are an extra."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise needs_extra("the server for agents", "mcp", error) from None


async def _serve(server: Any) -> None:
    async with _package("mcp.server.stdio").stdio_server() as (receiving, sending):
        await server.run(receiving, sending, server.create_initialization_options())


def tool_server(seconds: float = REQUEST_SECONDS) -> Any:
    """The server, to be run on any transport of the protocol."""
    server, types, anyio = _package("mcp.server"), _package("mcp_types"), _package("anyio")
    annotations = types.ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
    listed = [
        types.Tool(name=name, title=name, description=one.summary, input_schema=one.request_schema, annotations=annotations)
        for name, one in tools().items()
    ]
    at_once = anyio.CapacityLimiter(1)

    async def list_tools(context: Any, params: Any) -> Any:
        return types.ListToolsResult(tools=listed)

    async def call_tool(context: Any, params: Any) -> Any:
        if params.name in tools():
            ask = partial(service.answer, params.name, params.arguments or {}, seconds=seconds)
            found = await anyio.to_thread.run_sync(ask, limiter=at_once)
        else:
            found = _failed(None, RequestError("there is no such tool", expected=", ".join(tools())))
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=said(found))], structured_content=found, is_error=not found["ok"]
        )

    return server.Server(
        "matcalc", version=VERSION, title="matcalc", instructions=_INSTRUCTIONS, on_list_tools=list_tools, on_call_tool=call_tool
    )


def serve_lines(seconds: float = REQUEST_SECONDS) -> None:
    """Answers requests that come on standard input, a line each, on standard output."""
    Lines(sys.stdin.buffer, sys.stdout, seconds).run()
