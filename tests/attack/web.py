"""``python -m tests.attack.web --count 1000``: HTTP requests that nobody should send, against a server of its own.

Number k is one connection: script in every field, bodies that are large, slow or no JSON, what is no HTTP at all, requests of other sites,
formulas that take long, and clients that hang up. A fault is a status of 500, an answer in which something of the request could be taken for
a page, an answer to a page of another site that is no refusal, a missing answer, one later than the budget, and a server that afterwards does
not answer a plain request rightly. Exit status 1 when there is one.
"""

from __future__ import annotations

import json
import random
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, TypeAlias

import click

from matcalc.service import OPERATIONS
from matcalc.web import content_policy
from matcalc.web.server import PAGE
from tests.attack.running import Limits, Outcome, report

Address: TypeAlias = tuple[str, int]
SECONDS = 25.0
"""For an answer: the budget of a request and the wait behind others."""
SCRIPTS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</script><svg onload=alert(1)>",
    "x'Ax<iframe src=javascript:alert(1)>",
    '"><body onload=alert(1)>',
    "\u2028<script>\u2029",
)
_MARKUP = re.compile(rb"<\s*/?\s*(script|img|svg|iframe|body|html|[a-z]+[^<>]*\son\w+=)", re.IGNORECASE)
_HEADERS = {b"x-content-type-options": b"nosniff", b"content-security-policy": content_policy().encode()}


@dataclass(frozen=True)
class Attack:
    """What is sent, in parts with ``pause`` seconds between them; whether the client then waits for an answer, and whether there must be
    one; where it has to be refused, the status of that."""

    kind: str
    parts: tuple[bytes, ...]
    pause: float = 0.0
    waits: bool = True
    answered: bool = True
    refused: int = 0


def attack_of(number: int, seed: int = 0) -> Attack:
    """The attack of this number."""
    chooser = random.Random(f"{seed}/{number}/web")
    kind = list(KINDS)[number % len(KINDS)]
    return KINDS[kind](kind, chooser)


def request(body: bytes, operation: str = "derive", headers: Mapping[str, str] | None = None, length: int | None = None) -> bytes:
    """A request as bytes; headers replace those that it should have, ``""`` leaves one out."""
    own = {
        "Host": "127.0.0.1",
        "Content-Type": "application/json",
        "Content-Length": str(len(body) if length is None else length),
    }
    lines = [f"{name}: {value}" for name, value in {**own, "Connection": "close", **(headers or {})}.items() if value]
    return "\r\n".join([f"POST /api/v1/{operation} HTTP/1.1", *lines, "", ""]).encode() + body


def as_json(value: object) -> bytes:
    return json.dumps(value).encode()


# ---------------------------------------------------------------- kinds


def script_in_a_field(kind: str, chooser: random.Random) -> Attack:
    operation = chooser.choice(list(OPERATIONS.values()))
    script = chooser.choice(SCRIPTS)
    names = [field.name for field in operation.fields]
    fields: dict[str, Any] = {"text": "x'Ax", "wrt": "x"} if "text" in names else {}
    for name in chooser.sample(names, min(len(names), chooser.randint(1, 3))):
        fields[name] = chooser.choice([script, script, [script], {script: script}])
    if not names or not chooser.randrange(4):
        fields[script] = script
    return Attack(kind, (request(as_json(fields), operation.name),))


def script_in_the_head(kind: str, chooser: random.Random) -> Attack:
    script = chooser.choice(SCRIPTS[:-1])
    header = chooser.choice(
        ["Host", "Origin", "User-Agent", "Referer", "Cookie", "Content-Type", "Sec-Fetch-Site", "X-Forwarded-Host", "Accept"]
    )
    path = (
        "/"
        + chooser.choice(["", "api/v1/", "assets/", "healthz?q="])
        + script.replace(" ", "%20").encode().hex(" ").replace(" ", "%")
    )
    if chooser.randrange(2):
        return Attack(kind, (request(as_json({"text": "x'Ax", "wrt": "x"}), headers={header: script}),))
    return Attack(
        kind,
        (
            f"{chooser.choice(['GET', 'POST', 'DELETE'])} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode(),
        ),
    )


def no_json(kind: str, chooser: random.Random) -> Attack:
    body = chooser.choice(_NO_JSON)
    if not chooser.randrange(3):
        body = bytes(chooser.randrange(256) for _ in range(chooser.randrange(1, 400)))
    return Attack(kind, (request(body, chooser.choice(list(OPERATIONS))),))


_DEEP = 50_000
_NO_JSON = (
    b"", b"{", b"nul", b"[]", b"null", b'"x"', b"3", b"[" * _DEEP, b"[" * _DEEP + b"]" * _DEEP, b'{"a":' * _DEEP + b"1" + b"}" * _DEEP,
    b'{"text":NaN}', b'{"text":Infinity}', b'{"order":1e999}', b'{"text":"x","order":' + b"9" * 100_000 + b"}", b'{"text":"\\ud800"}',
    b'{"text":"x","text":"y"}', b'{"text":"\xff\xfe"}', b"\xef\xbb\xbf{}", b'{"text":"x"}}', b'{"text":"x" "wrt":"y"}', b'{"text":"\x00"}',
    b'{"text":"x\\u0000y","wrt":"x"}', b'{"text":["x"]}', b'{"text":{}}', b'{"text":true,"wrt":1}', b"<xml/>", b"text=x", b'{"text":"' + b"x" * 300_000,
    b'{"order":-1e400}', b'{"text":"x","order":1.5}', b'{"text":"x","order":true}', b'{"text":"x","wrt":[]}', b'{"__proto__":{"text":"x"}}',
)  # fmt: skip


def large(kind: str, chooser: random.Random) -> Attack:
    many = chooser.choice([300_000, 1_000_000, 3_000_000])
    shape = chooser.randrange(5)
    if shape == 0:
        return Attack(
            kind, (request(b'{"text":"' + b"x" * many + b'"}'),), answered=False
        )  # the connection may close before all is sent
    if shape == 1:
        return Attack(kind, (request(b"", length=chooser.choice([10**6, 10**12, 10**19])),))
    if shape == 2:
        head = request(b"", headers={"Content-Length": "", "Transfer-Encoding": "chunked"})
        return Attack(kind, (head, *[b"10000\r\n" + b"x" * 0x10000 + b"\r\n"] * (many // 0x10000)), answered=False)
    if shape == 3:
        head = f"GET /{'x' * many} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        return Attack(kind, (head,), answered=False)
    lines = "".join(f"X-{k}: {'y' * 30}\r\n" for k in range(many // 1000))
    return Attack(kind, (f"GET / HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n".encode(),), answered=False)


def no_http(kind: str, chooser: random.Random) -> Attack:
    garbage = bytes(chooser.randrange(256) for _ in range(chooser.randrange(1, 300)))
    return Attack(kind, (chooser.choice([*_NO_HTTPS, garbage + b"\r\n\r\n"]),), answered=False)


_GET = b"GET / HTTP/1.1\r\n"
_NO_HTTPS = (
    b"GET /\r\n\r\n", _GET + b"\r\n", _GET + b"Host: localhost\r\nHost: evil\r\n\r\n", b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", b"CONNECT evil:443 HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\r\n" * 5000,
    _GET + b"Host: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n",
    request(b"{}", headers={"Content-Length": "-1"}), request(b"{}", headers={"Content-Length": "9" * 5000}),
    request(b"2\r\n{}\r\n0\r\n\r\n", headers={"Transfer-Encoding": "chunked"}), request(b"zz\r\n{}\r\n", headers={"Content-Length": "", "Transfer-Encoding": "chunked"}),
    request(b"{}", headers={"Content-Length": "", "Transfer-Encoding": "gzip, chunked"}), request(b"{}", headers={"Bad Header": "x"}),
    request(b"{}", headers={"X": "a\r\n\tb"}), request(b"{}", headers={"Expect": "100-continue"}), request(b"{}", headers={"Content-Encoding": "gzip"}),
    _GET + b"Host: localhost\r\nRange: bytes=0-1,5-2,-9\r\nConnection: close\r\n\r\n", b"GET /%00%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    b"GET /../../../../etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"GET http://evil/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
)  # fmt: skip


def of_another_site(kind: str, chooser: random.Random) -> Attack:
    return foreign(kind, *chooser.choice(FOREIGN))


def foreign(kind: str, headers: Mapping[str, str], status: int) -> Attack:
    """A request with these headers, which has to be refused."""
    return Attack(kind, (request(as_json({"text": "x'Ax", "wrt": "x"}), headers=headers),), refused=status)


FOREIGN: tuple[tuple[Mapping[str, str], int], ...] = (
    ({"Origin": "https://evil.example"}, 403), ({"Origin": "null"}, 403), ({"Origin": "http://127.0.0.1.evil.example"}, 403),
    ({"Origin": "http://["}, 403), ({"Sec-Fetch-Site": "cross-site"}, 403), ({"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1"}, 403),
    ({"Host": "evil.example"}, 421), ({"Host": "localhost.evil.example:8000"}, 421), ({"Host": "127.0.0.1@evil"}, 421),
    ({"Content-Type": "text/plain"}, 415), ({"Content-Type": "application/x-www-form-urlencoded"}, 415), ({"Content-Type": ""}, 415),
    ({"Content-Type": "multipart/form-data; boundary=x"}, 415), ({"Content-Type": "application/json; charset=utf-16"}, 415),
)  # fmt: skip
"""Headers of requests that another site can make a browser send, or that come to a name of another machine, and the status of the refusal."""


def slow(kind: str, chooser: random.Random) -> Attack:
    """Some bytes at a time; those who take longest are cut off, which one in many waits for."""
    whole = request(as_json({"text": "x'Ax", "wrt": "x"}))
    step = chooser.choice([20, 60])
    parts = [whole[place : place + step] for place in range(0, len(whole), step)]
    if not chooser.randrange(20):
        return Attack(kind, (*parts[:-2], b"", b""), 12.0 / len(parts), answered=False)
    if chooser.randrange(2):
        return Attack(kind, tuple(parts), 0.02)
    return Attack(kind, tuple(parts[: chooser.randrange(1, len(parts))]), 0.02, waits=False)


def long_to_work_on(kind: str, chooser: random.Random) -> Attack:
    fields = {"text": chooser.choice(_LONG)(chooser)[:20_000]}
    operation = chooser.choice(["read", "derive", "derive", "steps", "code", "verify"])
    if operation not in ("read", "verify"):
        fields |= {"wrt": chooser.choice(["x", "X", "A"])}
        fields |= {"order": 2} if not chooser.randrange(3) else {}  # type: ignore[dict-item]
    return Attack(kind, (request(as_json(fields), operation),))


_LONG: tuple[Callable[[random.Random], str], ...] = (
    lambda chooser: f"X^{chooser.choice([30, 200])}",
    lambda chooser: "x'Ax" + "\n" * 19_000,
    lambda chooser: "||" * chooser.choice([100, 1000]) + "x",
    lambda chooser: "\\sqrt{" * 1000 + "x" + "}" * 1000,
    lambda chooser: "".join(chooser.choice("abcxyzABX") for _ in range(chooser.choice([300, 19_000]))),
    lambda chooser: "(" * 5000 + "x" + ")" * 5000,
    lambda chooser: "sin(" * 900 + "x" + ")" * 900,
    lambda chooser: "(" + "+".join(f"a{k}*x" for k in range(30)) + f")^{chooser.choice([5, 40])}",
    lambda chooser: " + ".join(f"x'*A^{k}*x" for k in range(1, 40)),
    lambda chooser: "\\newcommand{\\a}{\\a\\a}" + "\\a" * 50,
    lambda chooser: "\\begin{cases}" * 500,
    lambda chooser: "kron(" * 12 + "X" + ", X)" * 12,
    lambda chooser: "inv(" * 40 + "X" + ")" * 40,
    lambda chooser: "x" + "'" * 9000,
    lambda chooser: "d(" * 60 + "x" + ")/dx" * 60,
    lambda chooser: "logdet(" + "*".join(["X"] * 60) + ")",
    lambda chooser: "9" * chooser.choice([300, 19_000]) + "*x^" + "9" * 300,
    lambda chooser: "=".join(["x'Ax"] * 200),
    lambda chooser: "\u202e" * 1000 + "x\u0301" * 3000,
    lambda chooser: "det(" + "+".join(f"kron(X, A{k})" for k in range(20)) + ")",
)  # fmt: skip


def hanging_up(kind: str, chooser: random.Random) -> Attack:
    """Clients that leave while their formula is worked on."""
    attack = long_to_work_on(kind, chooser)
    return Attack(kind, attack.parts, 0.05, waits=False)


Maker: TypeAlias = Callable[[str, random.Random], Attack]
KINDS: dict[str, Maker] = {
    maker.__name__.replace("_", " "): maker
    for maker in (
        script_in_a_field, no_json, script_in_the_head, large, no_http, script_in_a_field, of_another_site, slow, long_to_work_on, hanging_up,
    )
}  # fmt: skip


# ---------------------------------------------------------------- what comes back


_GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"


def sent(attack: Attack, address: Address, seconds: float = SECONDS) -> bytes:
    """All that comes back, without the word that more may be sent."""
    found = b""
    with socket.create_connection(address, timeout=seconds) as connection, suppress(ConnectionError):
        for part in attack.parts:
            connection.sendall(part)
            time.sleep(attack.pause)
        if attack.waits:
            with suppress(ConnectionError):
                while chunk := connection.recv(1 << 16):
                    found += chunk
                    if _is_whole(found):
                        break
    return found.removeprefix(_GO_ON)


def _is_whole(answer: bytes) -> bool:
    head, gap, body = answer.removeprefix(_GO_ON).partition(b"\r\n\r\n")
    length = _length(head)
    return bool(gap) and length is not None and len(body) >= length


def _length(head: bytes) -> int | None:
    found = re.search(rb"(?im)^content-length: (\d+)", head)
    return int(found[1]) if found else None


def faults_of(attack: Attack, answer: bytes) -> Iterator[str]:
    """What is wrong with an answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    body = body[: _length(head)]  # another answer may follow
    lines = head.split(b"\r\n")
    status = re.match(rb"HTTP/1\.1 (\d{3}) ", lines[0])
    if attack.answered and attack.waits and status is None:
        yield f"no answer: {answer[:80]!r}"
    if status is None:
        return
    if status[1] == b"500":
        yield f"status 500: {body[:200]!r}"
    if attack.refused and int(status[1]) != attack.refused:
        yield f"status {int(status[1])} instead of the refusal {attack.refused}"
    if _MARKUP.search(head if body == _page() else answer):
        yield f"markup in the answer: {_MARKUP.search(answer)}"
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines[1:])}
    for name, value in _HEADERS.items():
        if headers.get(name) != value:
            yield f"header {name!r} is {headers.get(name)!r}"
    if status[1] != b"200" or b'"schema"' in body:
        yield from _faults_of_json(int(status[1]), headers, body)


@cache
def _page() -> bytes:
    """What is markup rightly, as long as nothing is added to it."""
    place = PAGE / "index.html"
    return place.read_bytes() if place.is_file() else b""


def _faults_of_json(status: int, headers: Mapping[bytes, bytes], body: bytes) -> Iterator[str]:
    if headers.get(b"content-type") != b"application/json":
        yield f"status {status} as {headers.get(b'content-type')!r}"
        return
    try:
        found = json.loads(body)
    except ValueError:
        yield f"no JSON: {body[:80]!r}"
        return
    if found.get("ok") is not (status == 200):
        yield f"status {status} with ok {found.get('ok')!r}"
    if status != 200 and not found["error"]["text"].strip():
        yield "a failure without words"


def is_well(address: Address) -> Iterator[str]:
    """Whether a plain request is answered rightly: nothing, or what is wrong."""
    answer = sent(Attack("plain", (request(as_json({"text": "x'*A*x", "wrt": "x"})),)), address, 60.0)
    found = json.loads(answer.partition(b"\r\n\r\n")[2] or b"{}")
    if found.get("result", {}).get("unicode") != "(A + Aᵀ) x":
        yield f"the server is not well: {answer[:300]!r}"


def attacked(number: int, address: Address, seed: int = 0) -> Outcome:
    """One attack, its answer looked at."""
    attack = attack_of(number, seed)
    began = time.monotonic()
    try:
        answer = sent(attack, address)
        faults = list(faults_of(attack, answer))
    except TimeoutError:
        answer, faults = b"", [f"no answer within {SECONDS:g} s"]
    except OSError as error:
        answer, faults = b"", [f"no connection: {error}"]
    status = answer[9:12].decode("ascii", "replace") if answer else "closed" if attack.waits else "left"
    told = f"{attack.kind}, {time.monotonic() - began:.1f} s: {attack.parts[0][:300]!r}"
    return Outcome((status, attack.kind), tuple([f"{told}\n{fault}" for fault in faults]))


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[Address, int]]:
    """``matcalc web`` in a process of its own: where it is, and its number."""
    command = [sys.executable, "-u", "-m", "matcalc", "web", "--no-open", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://([\d.]+):(\d+)/", line)
        try:
            assert found is not None, line
            yield (found[1], int(found[2])), process.pid
        finally:
            process.terminate()


@click.command(help=__doc__)
@click.option("--count", default=1000, show_default=True, help="Number of requests.")
@click.option("--seed", default=0, show_default=True)
@click.option("--start", default=0, show_default=True, help="Number of the first one, to send one again.")
@click.option("--workers", default=8, show_default=True, help="Clients at once.")
def main(count: int, seed: int, start: int, workers: int) -> None:
    with serving() as (address, _):
        unwell = list(is_well(address))
        task = partial(attacked, address=address, seed=seed)
        again = f"python -m tests.attack.web --seed {seed}"
        summary = report("web", range(start, start + count), task, workers, Limits(seconds=90.0), again)
        unwell += is_well(address)
    for fault in unwell:
        click.echo(fault)
    raise SystemExit(1 if summary.faults or unwell else 0)


if __name__ == "__main__":
    main()
