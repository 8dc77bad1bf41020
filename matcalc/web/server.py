"""The page and the programming interface over HTTP: what comes in is checked, what goes out cannot
be taken for anything but data."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import os
import re
import socket
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from hashlib import blake2b
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import h11
import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from matcalc.base.errors import MatcalcError
from matcalc.base.lazy import later
from matcalc.base.version import VERSION
from matcalc.web import content_policy
from matcalc.web.assets import NO_KATEX
from matcalc.web.workers import Crew, Reply, failed, written

if TYPE_CHECKING:
    import matcalc.service as service
else:
    service = later("matcalc.service")

API = "/api/v1"
PORT = 8000
PAGE = Path(__file__).with_name("page")
MOST_BYTES = 256 * 1024
"""Of a body: the longest text that an operation takes, with every character escaped."""
_MOST_DIGITS = 12
MOST_HEAD_BYTES = 16 * 1024
"""Of a request's line and headers."""
BODY_SECONDS = 10.0
HEAD_SECONDS = 10.0
"""A request that has not come in by then is given up; connections are not held by those who say
nothing."""
_MOST_CONNECTIONS = 500
_SECONDS_TO_FINISH = 2

_HEADERS = {
    "content-security-policy": content_policy(),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
"""Of every response."""
_WORDS = {
    400: "the request cannot be read",
    404: "there is nothing at this address",
    405: "this address takes other methods",
    408: "the request came too slowly",
    413: "the request is too large",
    415: "the request is of another type",
    431: "the headers of the request are too large",
    500: "matcalc itself has failed",
}
"""What failures say that have no words of their own; nothing of the request is repeated in them."""
_TYPES = {
    ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".mjs": "text/javascript", ".json": "application/json",
    ".svg": "image/svg+xml", ".png": "image/png", ".woff2": "font/woff2", ".wasm": "application/wasm",
}  # fmt: skip
"""Browsers are told not to guess."""


class RefusedError(MatcalcError):
    """A request that is refused for its form, whatever it asks for; ``status`` is that of the
    response."""

    def __init__(self, status: int, message: str | None = None, expected: str | None = None) -> None:
        super().__init__(message or _WORDS.get(status, _WORDS[400]), expected=expected)
        self.status = status


def application(crew: Crew, hosts: frozenset[str], files: Mapping[str, bytes]) -> ASGIApp:
    """The page as ``files`` by their names, and the interface, for requests to one of the
    ``hosts``."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        starting = asyncio.create_task(crew.begin())  # the page can be loaded meanwhile
        try:
            yield
        finally:
            starting.cancel()
            crew.close()

    async def health(_: Request) -> Response:
        return _json({"ok": True, "version": VERSION, "waiting": crew.waiting, "busy": len(crew.busy)})

    async def description(_: Request) -> Response:
        return _json(openapi())

    async def operation(request: Request) -> Response:
        return await _operation(request, crew)

    async def not_read(_: Request) -> Response:
        raise HTTPException(405, headers={"allow": "POST"})

    async def file(request: Request) -> Response:
        return _file(request, files)

    routes = [
        Route("/healthz", health),
        Route(f"{API}/openapi.json", description),
        Route(f"{API}/{{operation}}", operation, methods=["POST"]),
        Route(f"{API}/{{operation}}", not_read),
        Route("/{name:path}", file),
    ]
    handlers: Mapping[Any, Any] = {HTTPException: _refused, RefusedError: _refused, MatcalcError: _failed, Exception: _broken}
    return Guard(Starlette(routes=routes, exception_handlers=handlers, lifespan=lifespan), hosts)


def files_of(katex: Mapping[str, bytes] | None) -> dict[str, bytes]:
    """Everything that is served as it is, by its address. Where there is no KaTeX its files are
    empty, and the page shows formulas in Unicode."""
    page = {path.relative_to(PAGE).as_posix(): path.read_bytes() for path in sorted(PAGE.rglob("*")) if path.is_file()}
    return {**page, **{f"assets/katex/{name}": content for name, content in (katex or NO_KATEX).items()}}


# ---------------------------------------------------------------- what goes out


def _json(data: Any) -> Response:
    return _replied(Reply(200, written(data)))


def _replied(reply: Reply, headers: Mapping[str, str] | None = None) -> Response:
    later = {"retry-after": "1"} if reply.status in (429, 503) else {}
    own = {"cache-control": "no-store", **later, **(headers or {})}
    return Response(reply.body, reply.status, own, media_type="application/json")


def _file(request: Request, files: Mapping[str, bytes]) -> Response:
    name = request.path_params["name"] or "index.html"
    if name not in files:
        raise RefusedError(404)
    tag = f'"{blake2b(files[name], digest_size=12).hexdigest()}"'
    headers = {"etag": tag, "cache-control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(files[name], headers=headers, media_type=_TYPES.get(os.path.splitext(name)[1], "text/plain"))


def _refused(_: Request, error: Exception) -> Response:
    """A refusal as a response, in the same form as all other failures."""
    assert isinstance(error, HTTPException | RefusedError)
    status = error.status if isinstance(error, RefusedError) else error.status_code
    said = error if isinstance(error, RefusedError) else RefusedError(status)
    return _replied(Reply(status, failed(None, said).body), getattr(error, "headers", None))


def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, MatcalcError)
    return _replied(failed(request.path_params.get("operation"), error))


def _broken(request: Request, _: Exception) -> Response:
    return _failed(request, service.InternalError(_WORDS[500]))


# ---------------------------------------------------------------- what comes in


async def _operation(request: Request, crew: Crew) -> Response:
    name = request.path_params["operation"]
    if name not in service.OPERATIONS:
        raise RefusedError(404, "there is no such operation", ", ".join(service.OPERATIONS))
    try:
        fields = parsed(await _body(request))
        return _replied(await _while_there(request, crew.ask(name, fields)))
    except ClientDisconnect:
        return Response(status_code=204)  # which nobody reads


async def _body(request: Request) -> bytes:
    """The body, as long as it is JSON in plain encoding, not too large, and does not come too
    slowly."""
    kind, _, parameters = request.headers.get("content-type", "").lower().partition(";")
    if kind.strip() != "application/json" or "charset" in parameters and not re.search(r'charset="?utf-?8"?', parameters):
        raise RefusedError(415, expected="application/json in UTF-8")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise RefusedError(415, expected="a body that is not compressed")
    length = request.headers.get("content-length", "0")
    if len(length) > _MOST_DIGITS or int(length) > MOST_BYTES:  # h11 has looked that it is a number
        raise RefusedError(413, expected=f"at most {MOST_BYTES:,} bytes")
    found = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                found += chunk
                if len(found) > MOST_BYTES:
                    raise RefusedError(413, expected=f"at most {MOST_BYTES:,} bytes")
    except TimeoutError:
        raise RefusedError(408) from None
    return bytes(found)


def parsed(body: bytes) -> Any:
    """What a body says in JSON. Raises RefusedError for what is none, and for what only Python takes
    for JSON.

    >>> parsed(b'{"text": "x"}')
    {'text': 'x'}
    """
    try:
        found = json.loads(body.decode("utf-8"), parse_constant=_no_number, parse_float=_finite, object_pairs_hook=_once)
        json.dumps(found, ensure_ascii=False).encode("utf-8")
    except UnicodeError:
        raise RefusedError(400, expected="JSON in UTF-8, without halves of characters") from None
    except RecursionError:
        raise RefusedError(400, expected="JSON that is not nested so deeply") from None
    except ValueError:
        raise RefusedError(400, expected='JSON, such as {"text": "x\'Ax"}') from None
    return found


def _no_number(_: str) -> NoReturn:
    raise ValueError


def _finite(digits: str) -> float:
    return float(digits) if isfinite(float(digits)) else _no_number(digits)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; which of two values of one name is meant, readers of JSON do not agree on."""
    if len(found := dict(pairs)) < len(pairs):
        raise ValueError
    return found


async def _while_there(request: Request, asking: Coroutine[Any, Any, Reply]) -> Reply:
    """What is asked for, as long as the client is there. Raises ClientDisconnect when it has gone."""
    answering = asyncio.ensure_future(asking)
    leaving = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if answering.done():
            return answering.result()
        raise ClientDisconnect
    finally:
        answering.cancel()
        leaving.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


class Guard:
    """Stands before everything: refuses requests that other sites have made a browser send, and puts
    the headers on every response."""

    def __init__(self, inner: ASGIApp, hosts: frozenset[str]) -> None:
        self.inner = inner
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-cache")
            await send(message)

        if scope["type"] != "http":
            await self.inner(scope, receive, send)
            return
        refusal = self.refusal(scope["method"], Headers(scope=scope))
        if refusal is None:
            await self.inner(scope, receive, guarded)
        else:
            await _refused(Request(scope), refusal)(scope, receive, guarded)

    def refusal(self, method: str, headers: Headers) -> RefusedError | None:
        """Why a request is not looked at: its host is a name that others have given to this machine,
        or it comes from a page of others."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_known(hosts[0]):
            return RefusedError(421, "this server is not known by that name", "the address that it has printed")
        if sum(len(name) + len(value) for name, value in headers.raw) > MOST_HEAD_BYTES:
            return RefusedError(431)
        if method in ("GET", "HEAD"):
            return None
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")  # pages cannot set the first, proxies leave it
        own = origin is None or origin.partition("://")[2] == hosts[0] if site is None else site in ("same-origin", "none")
        return None if own else RefusedError(403, "the request comes from a page of another site")

    def _is_known(self, host: str) -> bool:
        """A number is nobody's name, and cannot be turned from one machine to another."""
        name = re.sub(r":\d+$", "", host).lower().removesuffix(".")
        return name in self.hosts or _is_number(name)


def _is_number(name: str) -> bool:
    with suppress(ValueError):
        return bool(ipaddress.ip_address(name.removeprefix("[").removesuffix("]")))
    return False


# ---------------------------------------------------------------- the description

_VALUES = {"text": "x'Ax", "wrt": "x", "name": "logdet", "picture": "sparsity"}
_OWN_VALUES: Mapping[str, Any] = {"verify": {"text": "d(x'Ax)/dx = 2Ax"}, "gradient": {"text": "a'*X*b", "wrt": ["a", "b"]}}
"""What examples of requests say in their fields; those of some operations say something else."""
_FAILURES = {
    400: "A request that is no JSON, or not of the form of its schema.",
    408: "A request that came too slowly.",
    413: "A request that is too large.",
    415: "A request that is not application/json.",
    422: "A formula that cannot be read or differentiated; the error has its place.",
    429: "Too many requests are waiting.",
    503: "The budget or the memory of the request is spent.",
    504: "The request was cut off.",
}
_MAYBE = {"type": ["string", "null"]}
_ERROR: dict[str, Any] = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "description": "The class of the error, such as ParseError."},
        "message": {"type": "string"},
        "expected": _MAYBE,
        "suggestion": _MAYBE,
        "source": {**_MAYBE, "description": "The text that the span points into."},
        "span": {"type": ["array", "null"], "items": {"type": "integer"}, "description": "Where in the text, from and to."},
        "text": {"type": "string", "description": "All of it on some lines, with the place marked."},
    },
}
_ERROR["required"] = [*_ERROR["properties"]]


def openapi() -> dict[str, Any]:
    """The interface in OpenAPI 3.1, made from the table of operations."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "matcalc", "version": VERSION, "description": f"Schema {service.SCHEMA_VERSION}."},
        "servers": [{"url": "/"}],
        "paths": {
            **{f"{API}/{name}": {"post": _described(name)} for name in service.OPERATIONS},
            "/healthz": {
                "get": {"operationId": "healthz", "summary": "Whether it is there.", "responses": _found({"type": "object"})}
            },
        },
        "components": {"schemas": {"Failure": _envelope({"ok": {"const": False}, "error": _ERROR})}},
    }


def example(name: str) -> dict[str, Any]:
    """A request for an operation."""
    values = {**_VALUES, **_OWN_VALUES.get(name, {})}
    return {field.name: values[field.name] for field in service.OPERATIONS[name].fields if field.name in values}


def _described(name: str) -> dict[str, Any]:
    operation = service.OPERATIONS[name]
    body = {"schema": operation.request_schema, "example": example(name)}
    failure = {"application/json": {"schema": {"$ref": "#/components/schemas/Failure"}}}
    return {
        "operationId": name,
        "summary": operation.summary,
        "requestBody": {"required": True, "content": {"application/json": body}},
        "responses": {
            **_found(_envelope({"ok": {"const": True}, "result": operation.result_schema})),
            **{str(status): {"description": words, "content": failure} for status, words in _FAILURES.items()},
        },
    }


def _found(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"200": {"description": "What was asked for.", "content": {"application/json": {"schema": schema}}}}


def _envelope(properties: Mapping[str, Any]) -> dict[str, Any]:
    head = {"schema": {"const": service.SCHEMA_VERSION}, "operation": _MAYBE}
    return {"type": "object", "properties": {**head, **properties}, "required": [*head, *properties]}


# ---------------------------------------------------------------- the server


class Doorkeeper(H11Protocol):
    """A connection that is closed when no request begins on it, or one does not get on."""

    _closing: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._closing is not None:
            self._closing.cancel()

    def _watch(self) -> None:
        """Bytes of a request's head that come one by one do not put off its end."""
        if self.cycle is not None and not self.cycle.response_complete:
            if self._closing is not None:
                self._closing.cancel()
            self._closing = None
        elif self._closing is None:
            self._closing = self.loop.call_at(self.loop.time() + HEAD_SECONDS, self.transport.close)

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP is answered as all else, while there is an answer to give, and ends the
        connection."""
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        body = failed(None, RefusedError(400)).body
        headers = {**_HEADERS, "content-type": "application/json", "content-length": str(len(body)), "connection": "close"}
        with suppress(h11.LocalProtocolError):
            self.transport.write(self.conn.send(h11.Response(status_code=400, headers=list(headers.items()))) or b"")
            self.transport.write(self.conn.send(h11.Data(data=body)) or b"")
        self.transport.close()


def served_hosts(host: str) -> frozenset[str]:
    """The names by which a server at this address may be called, beside numbers.

    >>> sorted(served_hosts("127.0.0.1"))
    ['127.0.0.1', 'localhost']
    """
    names = [host, "localhost"] if is_loopback(host) else [host, "localhost", socket.gethostname()]
    return frozenset(name.lower() for name in names)


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine reaches the address."""
    return host == "localhost" or (_is_number(host) and ipaddress.ip_address(host).is_loopback)


def bound(host: str, port: int | None) -> socket.socket:
    """A socket at the port; without one at ``PORT`` if it is free, else at one that is.

    Raises MatcalcError for a port that is taken, and for a host that is none of this machine.
    """
    for tried in [PORT, 0] if port is None else [port]:
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(host, tried, type=socket.SOCK_STREAM)[0]
            found = socket.socket(family, kind, protocol)
            if os.name == "posix":  # a port is not kept for those who left
                found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind(address)
            found.listen(_MOST_CONNECTIONS)
        except (OSError, OverflowError) as error:
            refused = error
            continue
        return found
    raise MatcalcError(f"there can be no server at {host}, port {port or PORT}: {refused}", suggestion="another --host or --port")


def address_of(listening: socket.socket) -> str:
    """Where the page is."""
    host, port = listening.getsockname()[:2]
    host = socket.gethostname() if host in ("0.0.0.0", "::") else host
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


class Server(uvicorn.Server):
    """The server, to be ``run`` with sockets; when it ends, nobody waits for a formula."""

    def __init__(self, app: ASGIApp, crew: Crew) -> None:
        config = uvicorn.Config(
            app, http=Doorkeeper, ws="none", log_level="error", access_log=False, server_header=False, proxy_headers=False,
            h11_max_incomplete_event_size=MOST_HEAD_BYTES, limit_concurrency=_MOST_CONNECTIONS, timeout_keep_alive=30,
            timeout_graceful_shutdown=_SECONDS_TO_FINISH,
        )  # fmt: skip
        super().__init__(config)
        self._crew = crew

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._crew.close()
        await super().shutdown(sockets)
