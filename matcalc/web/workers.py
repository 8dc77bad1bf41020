"""Requests are computed in processes of their own, which a budget of time and of memory ends.

A *nursery* has loaded the engine and forks workers from itself, so that a new one is there in some
milliseconds; where processes are not forked, each worker loads the engine itself. A request that
takes long gives up its place among the quick ones, so that these need not wait for it.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import blake2b
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, NoReturn

from matcalc.base.errors import MatcalcError
from matcalc.base.lazy import later
from matcalc.base.records import record

if TYPE_CHECKING:
    import matcalc.service as service
else:
    service = later("matcalc.service")

try:
    import resource
except ImportError:  # on Windows
    resource = None  # type: ignore[assignment]

MEBIBYTE = 1 << 20
_LOADING_SECONDS = 60.0
"""A process that has not begun by then will not."""
_FORKS = sys.platform.startswith("linux")
"""Elsewhere libraries of the system do not bear being forked."""
_ESCAPED = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}
"""Signs that are escaped in JSON, so that no answer is a page, whoever takes it for one."""


class BusyError(MatcalcError):
    """More requests wait than there is room for."""


class CutOffError(MatcalcError):
    """The request took longer than it may."""


class LostError(MatcalcError):
    """The process that computed the answer has ended, most often for want of memory."""


STATUS = {
    "RequestError": 400, "BusyError": 429, "CutOffError": 504, "LostError": 503, "SpentError": 503, "InternalError": 500,
}  # fmt: skip
"""HTTP statuses of failures by their kind; of formulas that cannot be read and all else it is
422."""
_UNREADABLE, _FINE = 422, 200
_MORE, _LAST = b"+", b"-"
_NEVER_AGAIN = 1 << 30
_BETWEEN_COLLECTIONS = 50_000
"""New objects after which garbage is looked for: more than an answer to a short formula makes."""
_STEPPED_BACK = 10
"""The niceness of a process that takes long."""
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""A process with threads cannot be forked, and the other workers are there for the other cores."""
_LASTING = frozenset([_FINE, 400, _UNREADABLE])
"""Statuses of answers that are the same every time."""


@record
class Limits:
    """What requests may use: ``seconds`` on the clock and bytes of ``memory`` each. ``workers``
    compute at once, and as many more those that take longer than ``patience``; ``waiting`` requests
    may wait for that, no longer than they may take. A worker ends after so many ``requests``.
    ``kept`` bytes of answers are remembered."""

    workers: int = 2
    seconds: float = 10.0
    memory: int = 1024 * MEBIBYTE
    patience: float = 1.0
    waiting: int = 200
    requests: int = 1000
    kept: int = 16 * MEBIBYTE


@record
class Reply:
    """The status and the body of a response."""

    status: int
    body: bytes


def failed(operation: str | None, error: MatcalcError) -> Reply:
    """An error as a reply."""
    return Reply(_status(type(error).__name__), written(service.failure(operation, error)))


def _status(kind: str) -> int:
    return STATUS.get(kind, _UNREADABLE)


def written(data: Any) -> bytes:
    r"""Data as JSON in which no sign is left that means something in a page.

    >>> written({"echo": "a < b"})
    b'{"echo":"a \\u003c b"}'
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.translate(_ESCAPED).encode("utf-8", "replace")


# ---------------------------------------------------------------- in a worker

_WARMING = (
    ("read", {"text": "||X - U*V||^2"}),
    ("derive", {"text": "logdet(X) + x'*A*x", "wrt": "x", "order": 2}),
    ("steps", {"text": "sum(log(1 + exp(-y.*(X*w))))", "wrt": "w"}),
    ("steps", {"text": "x'*A*x", "wrt": "x", "style": "differential"}),
    ("code", {"text": "tr(X'*A*X)", "wrt": "X"}),
    ("verify", {"text": "d(x'Ax)/dx = 2 A x", "proof": True}),
    ("verify", {"text": "d(tr(A*X))/dX = A'", "proof": True}),
)
"""Requests after which nearly all is loaded that others need."""


def _warm_up() -> None:
    gc.set_threshold(_BETWEEN_COLLECTIONS)
    for operation, request in _WARMING:
        service.answer(operation, request)


def nurse(door: int, memory: int, seconds: float) -> None:
    """Loads the engine, then forks a worker for each connection that comes through the door."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server says when it is over
    _warm_up()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for workers to end
    gc.freeze()  # what is loaded is not looked through again, and stays one copy in memory
    with socket.socket(fileno=door) as opened:
        while True:
            handles = socket.recv_fds(opened, 1, 1)[1]
            if not handles:
                os._exit(0)
            if os.fork() == 0:
                opened.close()
                work(Connection(handles[0]), memory, seconds)
            os.close(handles[0])


def load_and_work(connection: Connection, memory: int, seconds: float) -> None:
    """What a worker does that is not forked."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _warm_up()
    work(connection, memory, seconds)


def work(connection: Connection, memory: int, seconds: float) -> NoReturn:
    """Answers requests one after the other, until the server is gone or the process has grown.

    What a reply begins with says whether another request may follow.
    """
    sys.dont_write_bytecode = True  # what strangers ask for is not kept on disk
    _bound(memory)
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(connection, requests), daemon=True).start()
    sign, reply = b"", str(os.getpid()).encode()
    with suppress(OSError):  # where the server is gone
        while sign != _LAST:
            connection.send_bytes(sign + reply)
            reply = _computed(requests.get(), seconds)
            sign = _LAST if _peak() > memory // 2 else _MORE
        connection.send_bytes(sign + reply)
    os._exit(0)


def _listen(connection: Connection, requests: queue.SimpleQueue[bytes]) -> None:
    """Ends the process when the server is gone, also in the middle of a computation."""
    while True:
        try:
            requests.put(connection.recv_bytes())
        except (EOFError, OSError):
            os._exit(0)


def _computed(request: bytes, seconds: float) -> bytes:
    operation, fields = json.loads(request)
    found = service.answer(operation, fields, seconds=seconds)
    status = _FINE if found["ok"] else _status(found["error"]["kind"])
    return status.to_bytes(2, "big") + written(found)


def _bound(memory: int) -> None:
    """From now on the process may take so many bytes more than it has."""
    if resource is None:
        return
    with suppress(OSError, ValueError):  # some systems know no such limits
        with open("/proc/self/statm", encoding="ascii") as opened:
            memory += int(opened.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _peak() -> int:
    """The most bytes that the process has had in memory."""
    if resource is None:
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(most) if sys.platform == "darwin" else int(most) * 1024


# ---------------------------------------------------------------- in the server


class Worker:
    """The server's end of a worker: the connection to it, and how it is killed."""

    def __init__(self, connection: Connection, kill: Callable[[int], object]) -> None:
        self.connection = connection
        self.asked = 0
        self._kill = kill
        try:
            if not connection.poll(_LOADING_SECONDS):
                raise EOFError
            self.pid = int(connection.recv_bytes())
        except (EOFError, OSError):
            raise LostError("a process for computing has not begun") from None

    def ask(self, request: bytes, seconds: float) -> Reply:
        """The reply to a request. Raises CutOffError when it does not come in time, LostError when
        the worker has ended; it is not to be asked again then."""
        self.asked += 1
        reply = b""
        try:
            self.connection.send_bytes(request)
            if not self.connection.poll(seconds):
                self.end()
                raise CutOffError(f"cut off after {seconds:g} s", suggestion="a name for a part that is repeated or large")
            reply = self.connection.recv_bytes()
        except (EOFError, OSError):
            raise LostError(
                "the computation has ended without an answer; it may have needed too much memory",
                suggestion="smaller sizes, or a smaller formula",
            ) from None
        finally:
            if reply[:1] != _MORE:
                self.asked = _NEVER_AGAIN
        return Reply(int.from_bytes(reply[1:3], "big"), reply[3:])

    @property
    def is_well(self) -> bool:
        """Of a worker that is doing nothing, whether it has not ended."""
        return not self.connection.poll(0)

    def end(self) -> None:
        """Kills the worker in the middle of what it is doing; whoever waits for its reply is told.

        One that is doing nothing ends when the connection is dropped.
        """
        self.asked = _NEVER_AGAIN
        if not self.connection.poll(0):  # else it has answered or ended, and its number may be another's
            with suppress(OSError):
                self._kill(self.pid)

    def step_back(self) -> None:
        """Lets others go first from now on, and is not asked again."""
        self.asked = _NEVER_AGAIN
        if hasattr(os, "setpriority"):
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self.pid, _STEPPED_BACK)


def _kill(process: int) -> None:
    os.kill(process, signal.SIGKILL)


class Nursery:
    """Where workers come from; ``worker`` may be called from several threads."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._door: socket.socket | None = None

    def worker(self) -> Worker:
        """A new worker that has loaded the engine. Raises LostError where there can be none."""
        if not _FORKS:
            return self._loaded()
        with self._lock:
            try:
                return self._forked()
            except (LostError, OSError):  # the nursery itself may have been killed
                self.close()
                return self._forked()

    def _forked(self) -> Worker:
        door = self._door or self._opened()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            socket.send_fds(door, [b"w"], [theirs.fileno()])
            connection = Connection(ours.detach())
        return Worker(connection, _kill)

    def _opened(self) -> socket.socket:
        """A door to a nursery that has just been started."""
        ours, theirs = socket.socketpair()
        with theirs:
            what = f"from {__name__} import nurse; nurse({theirs.fileno()}, {self._limits.memory}, {self._limits.seconds / 2})"
            path = os.pathsep.join(part or os.getcwd() for part in sys.path)
            self._process = subprocess.Popen(
                [sys.executable, "-c", what],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={**os.environ, "PYTHONPATH": path, **_ONE_THREAD},
            )
        self._door = ours
        return ours

    def _loaded(self) -> Worker:
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=load_and_work, args=(theirs, self._limits.memory, self._limits.seconds / 2), daemon=True)
        process.start()
        theirs.close()
        return Worker(ours, lambda _: process.kill())

    def close(self) -> None:
        """Ends the nursery; its workers end when their connections are dropped."""
        if self._door is not None:
            self._door.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._door = self._process = None


class Crew:
    """The workers, those who wait for them, and the answers that are remembered."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.waiting = 0
        self.busy: set[Worker] = set()
        self._nursery = Nursery(limits)
        self._idle: list[Worker] = []
        self._ended = False
        self._quick = asyncio.Semaphore(limits.workers)
        self._slow = asyncio.Semaphore(limits.workers)
        self._kept: OrderedDict[bytes, Reply] = OrderedDict()
        self._bytes = 0
        self._threads = ThreadPoolExecutor(3 * limits.workers, thread_name_prefix="waiting")

    async def begin(self) -> None:
        """Starts the workers, and loads what describes requests, so that the first one finds all
        ready."""
        loop = asyncio.get_running_loop()
        loading = loop.run_in_executor(self._threads, lambda: service.OPERATIONS)
        starting = [loop.run_in_executor(self._threads, self._nursery.worker) for _ in range(self.limits.workers)]
        self._idle += await asyncio.gather(*starting)
        await loading

    def close(self) -> None:
        """Ends all workers, and tells those who wait."""
        self._ended = True
        self._nursery.close()
        for worker in self.busy:
            worker.end()
        self._idle.clear()
        self._threads.shutdown(wait=False)

    async def ask(self, operation: str, fields: object) -> Reply:
        """The reply to a request, from memory or from a worker; a worker of which the reply is no
        longer waited for is killed.

        Raises BusyError, CutOffError and LostError.
        """
        request = json.dumps([operation, fields], sort_keys=True).encode()
        key = blake2b(request, digest_size=16).digest()
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
            return found
        reply = await self._computed(request)
        if reply.status in _LASTING:
            self._keep(key, reply)
        return reply

    def _keep(self, key: bytes, reply: Reply) -> None:
        """Remembers a reply, and forgets those that were not asked for longest."""
        if key not in self._kept:  # another may have asked the same meanwhile
            self._kept[key] = reply
            self._bytes += len(reply.body)
        while self._bytes > self.limits.kept:
            self._bytes -= len(self._kept.popitem(last=False)[1].body)

    async def _computed(self, request: bytes) -> Reply:
        if self._quick.locked() and self.waiting >= self.limits.waiting:
            raise _busy()
        self.waiting += 1
        try:
            async with asyncio.timeout(self.limits.seconds):
                await self._quick.acquire()
        except TimeoutError:
            raise _busy() from None
        finally:
            self.waiting -= 1
        lane = [self._quick]
        try:
            return await self._asked(request, lane)
        finally:
            lane.pop().release()

    async def _asked(self, request: bytes, lane: list[asyncio.Semaphore]) -> Reply:
        """The reply of a worker; the place in the lane is exchanged for one in the slow lane where
        it takes long."""
        if self._ended:
            raise LostError("the server is being ended")
        loop = asyncio.get_running_loop()
        while self._idle and not self._idle[-1].is_well:
            self._idle.pop()
        worker = self._idle.pop() if self._idle else await loop.run_in_executor(self._threads, self._nursery.worker)
        self.busy.add(worker)
        try:
            asking = loop.run_in_executor(self._threads, worker.ask, request, self.limits.seconds)
            asking.add_done_callback(_seen)
            await asyncio.wait({asking}, timeout=self.limits.patience)
            if not asking.done() and not self._slow.locked():
                await self._slow.acquire()
                lane.pop().release()
                lane.append(self._slow)
                worker.step_back()
            return await asking
        except asyncio.CancelledError:
            worker.end()
            raise
        finally:
            self.busy.discard(worker)
            if worker.asked < self.limits.requests:
                self._idle.append(worker)


def _busy() -> BusyError:
    return BusyError("too many requests are waiting", suggestion="the same again in a few seconds")


def _seen(asking: asyncio.Future[Reply]) -> None:
    """The error of a worker for whose reply nobody waits any longer is nobody's."""
    if not asking.cancelled():
        asking.exception()
