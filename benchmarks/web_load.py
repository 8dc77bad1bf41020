"""Fifty users of ``matcalc web`` at once: how long they wait for short formulas, and how much memory the server and its workers take.

Run as ``python -m benchmarks.web_load``. Each user reads a formula, as the page does while it is typed, derives it, and now and then asks
for code; ``--think`` is the most time between an answer and the next request (half of it on average; 0 for programs that ask without a
break). Formulas have numbers of their own, so that few answers are there from before. It needs a system with ``/proc``.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import time
from dataclasses import dataclass, field
from pathlib import Path

import click

from benchmarks.tables import MARKDOWN, show
from tests.attack.web import Address, serving

FORMULAS = (
    ("x'*A*x + {}*b'*x", "x"), ("||X - {}*U*V||^2", "U"), ("{}*a'*X*b", "X"), ("tr(X'*A*X) - {}*tr(X)", "X"), ("logdet({}*X)", "X"),
    ("sum(log(1 + exp(-y.*(X*w)))) + {}*w'*w", "w"), ("||y - X*b||^2 + {}*||b||^2", "b"), ("exp({}*x'*x)", "x"),
)  # fmt: skip
OPERATIONS = ("read", "read", "derive", "derive", "code")


@dataclass
class Seen:
    """What the users have seen: seconds of answers by operation, and statuses that are no 200; the most memory in MiB, and seconds of
    processor time."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    failures: list[int] = field(default_factory=list)
    memory: dict[str, float] = field(default_factory=dict)
    processor: dict[str, float] = field(default_factory=dict)


async def user(number: int, address: Address, end: float, think: float, seen: Seen) -> None:
    """One user, until the end."""
    chooser = random.Random(number)
    reader, writer = await asyncio.open_connection(*address)
    while time.monotonic() < end:
        text, wrt = chooser.choice(FORMULAS)
        text = text.format(chooser.randrange(2, 100_000))
        for operation in OPERATIONS[chooser.randrange(3) : chooser.randrange(3, 6)]:
            await asyncio.sleep(think * chooser.random())
            fields = {"text": text, "alternatives": False} if operation == "read" else {"text": text, "wrt": wrt}
            began = time.monotonic()
            status = await asked(reader, writer, operation, fields)
            seen.seconds.setdefault(operation, []).append(time.monotonic() - began)
            if status != 200:
                seen.failures.append(status)
    writer.close()


async def asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, operation: str, fields: dict[str, str]) -> int:
    """The status of a request on a connection that is kept."""
    body = json.dumps(fields).encode()
    head = f"POST /api/v1/{operation} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    found = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    await reader.readexactly(int(found.partition("content-length: ")[2].partition("\r\n")[0]))
    return int(found.split()[1])


async def watched(process: int, end: float, seen: Seen) -> None:
    """Looks at memory and processor time of the server and of all processes below it; what those use that end between two looks is not
    seen."""
    before: dict[int, float] = {}
    latest: dict[int, float] = {}
    while time.monotonic() < end:
        family = [process, *below(process)]
        latest |= {one: processor_time(one) for one in family}
        before = before or dict(latest)
        largest = max(memory([one]) for one in family)
        found = {"server": memory([process]), "all": memory(family), "largest": largest, "processes": len(family)}
        seen.memory = {what: max(seen.memory.get(what, 0.0), figure) for what, figure in found.items()}
        await asyncio.sleep(0.5)
    spent = {one: latest[one] - before.get(one, 0.0) for one in latest}
    seen.processor = {"server": spent[process], "all": sum(spent.values())}


def processor_time(process: int) -> float:
    """Seconds that a process has used."""
    try:
        figures = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(figures[11]) + int(figures[12])) / os.sysconf("SC_CLK_TCK")


def below(process: int) -> list[int]:
    """The processes that a process has begun, and those that these have."""
    found = []
    try:
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *below(int(child))]
    except OSError:
        pass
    return found


def memory(processes: list[int]) -> float:
    """Mebibytes that processes have in memory; what they share counts once, divided among them."""
    total = 0.0
    for process in processes:
        try:
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
            total += sum(float(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
        except OSError:
            continue
    return total


async def loaded(address: Address, process: int, users: int, seconds: float, think: float) -> Seen:
    """What so many users see in that time; one request of each kind before it is not counted."""
    await asyncio.gather(*[user(-number, address, time.monotonic() + 2.0, 0.0, Seen()) for number in range(1, 5)])
    seen = Seen()
    end = time.monotonic() + seconds
    await asyncio.gather(watched(process, end, seen), *[user(number, address, end, think, seen) for number in range(users)])
    return seen


@click.command(help=__doc__)
@click.option("--users", default=50, show_default=True)
@click.option("--seconds", default=60.0, show_default=True)
@click.option("--think", default=1.0, show_default=True, help="Most seconds between an answer and the next request.")
@click.option("--workers", default=2, show_default=True)
@MARKDOWN
def main(users: int, seconds: float, think: float, workers: int, markdown: bool) -> None:
    with serving("--workers", str(workers)) as (address, process):
        seen = asyncio.run(loaded(address, process, users, seconds, think))
    everything = [one for times in seen.seconds.values() for one in times]
    rows = [row(name, times, seconds) for name, times in [*sorted(seen.seconds.items()), ("all", everything)]]
    heads = ["", "answers", "/ s", "p50", "p95", "max"]
    show(f"{users} users for {seconds:g} s, {think:g} s at most between requests", heads, rows, markdown)
    click.echo("memory in MiB: " + ", ".join(f"{what} {most:.0f}" for what, most in seen.memory.items()))
    spent = {what: f"{1000 * most / max(1, len(everything)):.1f} ms" for what, most in seen.processor.items()}
    click.echo(f"processor time of an answer: {spent}; answers that are no 200: {len(seen.failures)}")
    raise SystemExit(1 if seen.failures or not everything else 0)


def row(name: str, times: list[float], seconds: float) -> list[str]:
    """Percentiles of waiting times."""
    ordered = sorted(times)
    parts = [ordered[min(len(ordered) - 1, int(part * len(ordered)))] for part in (0.5, 0.95, 1.0)]
    return [name, str(len(times)), f"{len(times) / seconds:.0f}", *[f"{1000 * part:.0f} ms" for part in parts]]


if __name__ == "__main__":
    main()
