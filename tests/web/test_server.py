"""The server of ``matcalc web``, over real connections: what is answered, refused and cut off, and by whom it cannot be used."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha512
from pathlib import Path
from typing import Any

import pytest

from matcalc.base.errors import MatcalcError
from matcalc.base.records import replace
from matcalc.service import OPERATIONS
from matcalc.web import assets, server, workers
from tests.attack import web as attacks

jsonschema = pytest.importorskip("jsonschema")
pytestmark = pytest.mark.skipif(not workers._FORKS, reason="processes are not forked here")
FIELDS = {"text": "x'Ax", "wrt": "x"}
FILES = {**server.files_of(None), "index.html": b"<!doctype html>"}
LIMITS = workers.Limits(seconds=30.0, patience=0.2)


@dataclass
class Running:
    """A server in a thread, and the workers behind it."""

    address: tuple[str, int]
    crew: workers.Crew

    def answer(self, attack: bytes | attacks.Attack) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body."""
        given = attack if isinstance(attack, attacks.Attack) else attacks.Attack("", (attack,))
        head, _, body = attacks.sent(given, self.address).partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return int(first.split()[1]), headers, body

    def ask(self, operation: str = "derive", /, **fields: object) -> tuple[int, dict[str, Any]]:
        """Status of a request, and what was answered."""
        own = FIELDS if operation == "derive" else {}
        status, _, body = self.answer(attacks.request(attacks.as_json({**own, **fields}), operation))
        return status, json.loads(body)

    def until(self, condition: Callable[[], object], seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end
            time.sleep(0.01)


@contextmanager
def running(limits: workers.Limits) -> Iterator[Running]:
    crew = workers.Crew(limits)
    crew._nursery._door, gone = socket.socketpair()
    gone.close()  # a nursery that has died; another one comes in its place
    listening = server.bound("127.0.0.1", 0)
    serving = server.Server(server.application(crew, server.served_hosts("127.0.0.1"), FILES), crew)
    thread = threading.Thread(target=serving.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield Running(listening.getsockname(), crew)
    finally:
        serving.should_exit = True
        thread.join(20)
        listening.close()


@pytest.fixture(scope="module")
def there() -> Iterator[Running]:
    with running(LIMITS) as found:
        found.until(lambda: len(found.crew._idle) == LIMITS.workers)
        yield found


@contextmanager
def limited(there: Running, **limits: float) -> Iterator[None]:
    there.crew.limits = replace(LIMITS, **limits)
    try:
        yield
    finally:
        there.crew.limits = LIMITS


def stop_workers(there: Running) -> list[int]:
    """From now on the workers that are there take for ever; two of them are."""
    while len(there.crew._idle) < LIMITS.workers:
        there.crew._idle.append(there.crew._nursery.worker())
    numbers = [worker.pid for worker in there.crew._idle]
    for number in numbers:
        os.kill(number, signal.SIGSTOP)
    return numbers


# ---------------------------------------------------------------- answers


STATUSES = [
    (attacks.request(b'{"text":"x\'Ax","wrt":"x"}'), 200, "(A + Aᵀ) x"),
    (attacks.request(b'{"text":"(x","wrt":"x"}'), 422, "ParseError"),
    (attacks.request(b'{"txt":"x"}'), 400, "there is no field"),
    (attacks.request(b'{"text":'), 400, "JSON"),
    (attacks.request(b'{"text":NaN}'), 400, "JSON"),
    (attacks.request(b'{"order":1e999}'), 400, "JSON"),
    (attacks.request(b'{"order":' + b"9" * 9000 + b"}"), 400, "JSON"),
    (attacks.request(b'{"text":"x","text":"y"}'), 400, "JSON"),
    (attacks.request(b'{"text":"\\ud800"}'), 400, "halves of characters"),
    (attacks.request(b'{"text":"\xff"}'), 400, "UTF-8"),
    (attacks.request(b"[" * 90_000), 400, "deeply"),
    (attacks.request(b"[]"), 400, "object"),
    (attacks.request(b"{}", "nothing"), 404, "no such operation"),
    (attacks.request(b"{}", "../healthz"), 405, "other methods"),
    (attacks.request(b"{}").replace(b"POST", b"GET"), 405, "other methods"),
    (attacks.request(b"{}").replace(b"/api/v1/derive", b"/healthz"), 405, "other methods"),
    (attacks.request(b"", length=10**6), 413, "at most 262,144 bytes"),
    (attacks.request(b"", length=10**18), 413, "at most 262,144 bytes"),
    (attacks.request(b"{}", headers={"Content-Type": "text/plain"}), 415, "application/json"),
    (attacks.request(b"{}", headers={"Content-Type": "application/json; charset=utf-16"}), 415, "UTF-8"),
    (attacks.request(b"{}", headers={"Content-Encoding": "gzip"}), 415, "compressed"),
    (attacks.request(b"{}", headers={"Origin": "https://evil.example"}), 403, "another site"),
    (attacks.request(b"{}", headers={"Origin": "null"}), 403, "another site"),
    (attacks.request(b"{}", headers={"Sec-Fetch-Site": "cross-site"}), 403, "another site"),
    (attacks.request(b"{}", headers={"Host": "evil.example"}), 421, "not known by that name"),
    (attacks.request(b"{}", headers={"Host": "localhost.evil.example"}), 421, "not known by that name"),
    (b"GET / HTTP/1.1\r\nHost: rebound.example\r\n\r\n", 421, "not known by that name"),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 9000 + b"\r\n", 431, "headers"),
    (b"GET / HTTP/1.1\r\n\r\n", 400, "cannot be read"),
    (b"GET /../pyproject.toml HTTP/1.1\r\nHost: localhost\r\n\r\n", 404, "nothing at this address"),
    (b"GET /%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", 404, "nothing at this address"),
    (b"GET /healthz HTTP/1.1\r\nHost: localhost:1\r\n\r\n", 200, '"ok":true'),
    (b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: [::1]\r\n\r\n", 200, '"openapi":"3.1.0"'),
    (attacks.request(b'{"text":"x\'Ax","wrt":"x"}', headers={"Origin": "http://127.0.0.1"}), 200, "(A + Aᵀ) x"),
    (attacks.request(b'{"text":"x\'Ax","wrt":"x"}', headers={"Origin": "https://outside", "Sec-Fetch-Site": "same-origin"}), 200, "(A"),
    (attacks.request(b'{"text":"x\'Ax","wrt":"x"}', headers={"Host": "192.168.1.5:80"}), 200, "(A + Aᵀ) x"),
    (b"no http\r\n\r\n", 400, "cannot be read"),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "status", "words"), STATUSES, ids=range(len(STATUSES)))
def test_statuses(there: Running, request_: bytes, status: int, words: str) -> None:
    found, headers, body = there.answer(request_)
    assert (found, words in body.decode(), headers["content-type"]) == (status, True, "application/json")
    assert {name: headers.get(name) for name in server._HEADERS} == server._HEADERS
    assert "access-control-allow-origin" not in headers
    assert json.loads(body).get("ok", True) is (status == 200)


def test_bodies_may_come_in_pieces_but_not_for_ever(there: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "BODY_SECONDS", 0.5)
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.5)
    whole = attacks.request(attacks.as_json(FIELDS))
    assert there.answer(attacks.Attack("", (whole[:-9], whole[-9:-3], whole[-3:]), 0.05))[0] == 200
    assert there.answer(attacks.Attack("", (whole[:-9], b"")))[0] == 408
    began = time.monotonic()
    assert attacks.sent(attacks.Attack("", (b"GET / ",)), there.address) == b""
    assert (
        attacks.sent(
            attacks.Attack("", tuple(b"GET / HTTP/1.1\r\nHost: localh"[k : k + 1] for k in range(20)), 0.05), there.address
        )
        == b""
    )
    assert time.monotonic() - began < 5
    chunks = (
        attacks.request(b"", headers={"Content-Length": "", "Transfer-Encoding": "chunked"}),
        *[b"10000\r\n" + b"x" * 0x10000 + b"\r\n"] * 4,
    )
    assert there.answer(attacks.Attack("", (*chunks, b"8\r\n12345678\r\n")))[0] == 413


def test_the_page_is_served_and_kept(there: Running) -> None:
    get = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    status, headers, body = there.answer(get + b"\r\n")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert body == FILES["index.html"]
    assert there.answer(get + f"If-None-Match: {headers['etag']}\r\n\r\n".encode())[0] == 304
    assert there.answer(b"GET /assets/katex/katex.min.js HTTP/1.1\r\nHost: localhost\r\n\r\n")[0::2] == (200, b"")


def test_the_description_is_true(there: Running) -> None:
    described = json.loads(there.answer(b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n")[2])
    failure = described["components"]["schemas"]["Failure"]
    for name in OPERATIONS:
        post = described["paths"][f"/api/v1/{name}"]["post"]
        body = post["requestBody"]["content"]["application/json"]
        answer = post["responses"]["200"]["content"]["application/json"]["schema"]
        for schema in (body["schema"], answer, failure):
            jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(body["example"], body["schema"])
        status, found = there.ask(name, **body["example"])
        assert (name, status) == (name, 200)
        jsonschema.validate(found, answer)
    jsonschema.validate(there.ask(text="(x")[1], failure)
    with pytest.raises(jsonschema.ValidationError):  # a planted error is seen
        jsonschema.validate({**there.ask()[1], "ok": 1}, answer)


# ---------------------------------------------------------------- workers


def test_what_takes_too_long_is_cut_off_and_the_next_is_answered(there: Running) -> None:
    numbers = stop_workers(there)
    with limited(there, seconds=0.3):
        status, found = there.ask(text="x'Ax + 1")
    assert (status, found["error"]["kind"]) == (504, "CutOffError")
    there.until(lambda: any(not is_running(number) for number in numbers))
    for number in numbers:
        with_signal(number, signal.SIGCONT)
    assert there.ask(text="x'Ax + 1")[0] == 200


def test_a_hostile_formula_is_within_its_budget(there: Running) -> None:
    began = time.monotonic()
    with limited(there, seconds=0.5):
        status, found = there.ask(text="\\sqrt{" * 1000 + "X^200" + "}" * 1000, wrt="X", order=2)
    assert status in (422, 503, 504) and found["error"]["text"]
    assert time.monotonic() - began < 5


def test_short_formulas_do_not_wait_behind_long_ones(there: Running) -> None:
    stop_workers(there)
    with ThreadPoolExecutor(2) as clients, limited(there, seconds=2.0):
        long = [clients.submit(there.ask, text=f"x'Ax + {k}*b'x") for k in range(2)]
        there.until(lambda: len(there.crew.busy) == 2)
        assert there.ask(text="x'Ax + 5*b'x")[0] == 200
        assert not any(one.done() for one in long)
        assert [one.result()[0] for one in long] == [504, 504]


def test_a_full_queue_is_said(there: Running) -> None:
    stop_workers(there)
    with ThreadPoolExecutor(2) as clients, limited(there, seconds=1.0, waiting=0, patience=9.0):
        long = [clients.submit(there.ask, text=f"x'Ax + {k}*c'x") for k in range(2)]
        there.until(lambda: len(there.crew.busy) == 2)
        assert there.crew._quick.locked()
        status, headers, body = there.answer(attacks.request(attacks.as_json({"text": "x'x"})))
        assert (status, headers["retry-after"], b"too many requests" in body) == (429, "1", True)
        assert [one.result()[0] for one in long] == [504, 504]


def test_a_worker_that_dies_is_told_and_replaced(there: Running) -> None:
    stop_workers(there)
    with ThreadPoolExecutor(1) as client:
        asked = client.submit(there.ask, text="x'Ax + 7")
        there.until(lambda: there.crew.busy)
        for worker in list(there.crew.busy):
            os.kill(worker.pid, signal.SIGKILL)
        status, found = asked.result()
    assert (status, found["error"]["kind"]) == (503, "LostError")
    for worker in there.crew._idle:  # one that dies while it does nothing is not even noticed
        os.kill(worker.pid, signal.SIGKILL)
    there.until(lambda: not any(worker.is_well for worker in there.crew._idle))
    assert there.ask(text="x'Ax + 7")[0] == 200


def test_who_leaves_frees_the_worker(there: Running) -> None:
    numbers = stop_workers(there)
    with socket.create_connection(there.address) as client:
        client.sendall(attacks.request(attacks.as_json({"text": "x'Ax + 9"})))
        there.until(lambda: there.crew.busy)
    there.until(lambda: not there.crew.busy, 5.0)
    there.until(lambda: any(not is_running(number) for number in numbers))
    there.crew._idle.clear()


def test_the_same_again_is_remembered(there: Running) -> None:
    first = there.answer(attacks.request(b'{"text":"y\'Ay","wrt":"y"}'))
    stop_workers(there)  # none is needed
    assert there.answer(attacks.request(b' {"wrt":"y", "text": "y\'Ay"}'))[2] == first[2]
    there.crew._idle.clear()
    with limited(there, kept=1000):
        for k in range(5):
            there.ask("help", name=f"log{k}")
        assert sum(len(reply.body) for reply in there.crew._kept.values()) == there.crew._bytes <= 1000


def test_workers_are_renewed(there: Running) -> None:
    there.ask(text="z'z")
    number = there.crew._idle[-1].pid
    with limited(there, requests=there.crew._idle[-1].asked + 1):
        there.ask(text="2*z'z")
    assert number not in [worker.pid for worker in there.crew._idle]


def greedy(operation: str, fields: Any, seconds: float) -> dict[str, Any]:
    held = bytearray(b"x") * (fields["megabytes"] << 20)
    return {"ok": True, "result": len(held)}


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a process that is forked from this one, with an operation that takes memory."""
    monkeypatch.setattr(workers.service, "answer", greedy)
    ours, theirs = workers.get_context("fork").Pipe()
    process = workers.get_context("fork").Process(target=workers.work, args=(theirs, 1 << 30, 1.0), daemon=True)
    process.start()
    theirs.close()
    worker = workers.Worker(ours, workers._kill)
    assert worker.ask(b'["", {"megabytes": 1}]', 20.0).status == 200
    with pytest.raises(workers.LostError, match="memory"):
        worker.ask(b'["", {"megabytes": 2000}]', 20.0)
    assert worker.asked > 1000


def is_running(number: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{number}/status").read_text(encoding="utf-8")
    except OSError:
        return False


def with_signal(number: int, sent: signal.Signals) -> None:
    if is_running(number):
        os.kill(number, sent)


# ---------------------------------------------------------------- attacks


def test_hostile_requests(there: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "BODY_SECONDS", 1.0)
    monkeypatch.setattr(server, "HEAD_SECONDS", 1.0)
    numbers = [number for number in range(210) if attacks.attack_of(number).pause < 0.1][:200]  # the others take ten seconds
    with limited(there, seconds=0.25), ThreadPoolExecutor(16) as clients:
        found = list(clients.map(lambda number: attacks.attacked(number, there.address), numbers))
    assert [fault for outcome in found for fault in outcome.faults] == []
    assert {outcome.counts[1] for outcome in found} == set(attacks.KINDS)
    assert {"200", "400", "403", "413", "415", "422"} <= {outcome.counts[0] for outcome in found}
    assert list(attacks.is_well(there.address)) == []


GOOD = (
    b"HTTP/1.1 422 \r\n"
    + b"".join(b"%s: %s\r\n" % pair for pair in attacks._HEADERS.items())
    + b"content-type: application/json\r\n\r\n"
)
SAID = b'{"ok":false,"error":{"text":"words"}}'
PLANTED = [
    (GOOD.replace(b"422", b"500") + SAID, "status 500"),
    (GOOD + SAID.replace(b"words", b"<script>alert(1)</script>"), "markup"),
    (GOOD + SAID.replace(b"words", b"<b onclick=x>"), "markup"),
    (GOOD.replace(b"nosniff", b"sniff") + SAID, "x-content-type-options"),
    (GOOD.replace(b"default-src 'none'", b"default-src *") + SAID, "content-security-policy"),
    (GOOD.replace(b"application/json", b"text/html") + SAID, "text/html"),
    (GOOD + b"Traceback", "no JSON"),
    (GOOD + SAID.replace(b"words", b" "), "without words"),
    (GOOD.replace(b"422", b"200") + SAID.replace(b'"error"', b'"schema"'), "ok False"),
    (b"", "no answer"),
]


@pytest.mark.parametrize(("answer", "fault"), PLANTED, ids=range(len(PLANTED)))
def test_a_planted_fault_is_seen(answer: bytes, fault: str) -> None:
    attack = attacks.Attack("", (b"",))
    assert list(attacks.faults_of(attack, GOOD + SAID)) == []
    assert fault in "".join(attacks.faults_of(attack, answer))


def test_planted_openings_are_seen(there: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its checks the server does what they forbid, and the attacks see it."""
    monkeypatch.setattr(server.Guard, "refusal", lambda self, method, headers: None)
    assert there.answer(attacks.request(attacks.as_json(FIELDS), headers={"Origin": "https://evil.example"}))[0] == 200
    monkeypatch.setattr(workers, "_ESCAPED", {})
    monkeypatch.setattr(server, "_WORDS", {**server._WORDS, 404: "<script>"})
    attack = attacks.Attack("", (b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n",))
    assert "markup" in "".join(attacks.faults_of(attack, attacks.sent(attack, there.address)))


# ---------------------------------------------------------------- the command, and KaTeX


def test_a_port_that_is_taken() -> None:
    with server.bound("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(MatcalcError, match=f"no server at 127.0.0.1, port {port}"):
            server.bound("127.0.0.1", port)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(server, "PORT", port)
            with server.bound("127.0.0.1", None) as free:
                assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", server.address_of(free))
    with pytest.raises(MatcalcError, match="no server at 192.0.2.1"):
        server.bound("192.0.2.1", None)


def test_without_the_extra_it_says_how_to_get_it() -> None:
    script = "import sys; sys.modules['uvicorn'] = None; sys.argv = ['matcalc', 'web']; from matcalc.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert 'the page needs uvicorn, which is not installed\ntry: pip install "matcalculus[web]"' in done.stderr


def archive(script: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as opened:
        for name in ("package/dist/a.js", "package/dist/../../evil.js", "package/README.md"):
            member = tarfile.TarInfo(name)
            member.size = len(script)
            opened.addfile(member, io.BytesIO(script))
    return made.getvalue()


def test_archives_are_compared_with_their_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = archive(b"1")
    package = assets.Package("some", "1.0", b64encode(sha512(content).digest()).decode(), "dist", ("a.js",))
    monkeypatch.setattr(assets, "_places", lambda: iter([tmp_path]))
    monkeypatch.setattr(assets.shutil, "which", lambda name: None)
    with pytest.raises(MatcalcError, match="comes from npm, which is not here\ntry: npm pack some@1.0"):
        assets._files(package, None, True)
    (tmp_path / package.archive).write_bytes(archive(b"2"))
    with pytest.raises(MatcalcError, match="not at hand"):  # somebody else's script
        assets._files(package, None, False)
    (tmp_path / package.archive).write_bytes(content)
    assert assets._files(package, None, False) == {"a.js": b"1"}


def test_a_folder_with_the_files_may_be_given(tmp_path: Path) -> None:
    (tmp_path / "katex" / "dist" / "fonts").mkdir(parents=True)
    for name in ("katex.min.js", "katex.min.css", "fonts/A.woff2", "fonts/A.ttf"):
        (tmp_path / "katex" / "dist" / name).write_bytes(b"1")
    assert set(assets.katex(str(tmp_path))) == {"katex.min.js", "katex.min.css", "fonts/A.woff2"}
    with pytest.raises(MatcalcError, match=r"has no katex\.min\.js"):
        assets.katex(str(tmp_path / "katex" / "dist" / "fonts"))


@pytest.mark.parametrize(("headers", "status"), attacks.FOREIGN, ids=range(len(attacks.FOREIGN)))
def test_a_request_of_another_site_is_refused(there: Running, headers: dict[str, str], status: int) -> None:
    attack = attacks.foreign("of another site", headers, status)
    assert list(attacks.faults_of(attack, attacks.sent(attack, there.address))) == []


def test_a_server_that_does_not_ask_whose_a_request_is_would_be_seen(there: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server.Guard, "refusal", lambda *_: None)
    for headers, status in attacks.FOREIGN:
        if status in (403, 421):
            attack = attacks.foreign("of another site", headers, status)
            found = list(attacks.faults_of(attack, attacks.sent(attack, there.address)))
            assert found == [f"status 200 instead of the refusal {status}"], headers
