"""Beyond one device, one memory and one machine, with the communication counted.

Run as ``python -m benchmarks.beyond devices``, ``rows`` or ``cluster``:

- ``devices``: gradients split over eight virtual devices of JAX: collectives of the compiled program and what each device sends.
- ``rows``: the gradient of logistic regression on rows that are drawn when they are needed, by two processes: peak memory above their
  start, and bytes between them. ``--gigabytes`` says how many.
- ``cluster``: documents verified by the processes of a Dask cluster, of which one is ended on the way, against the same here.
"""

from __future__ import annotations

import os
import re
import resource
import signal
import tempfile
import time
from math import prod
from pathlib import Path
from typing import Any

import click
import numpy as np

from matcalc import derive
from matcalc.documents.clusters import Terms, examined_on
from matcalc.documents.deciding import Memory
from matcalc.documents.examination import examined
from matcalc.documents.formats import documents_below
from matcalc.documents.reports import Report
from matcalc.documents.reports.interchange import as_json
from matcalc.objects.programs import compile as compile_derivatives

LOGISTIC = "sum(log(1 + exp(-y.*(X*w))))"
PROBLEMS = {
    "least squares": ("||X*w - y||^2", "w", "X: n×m; w: m; y: n"),
    "logistic regression": (LOGISTIC, "w", "X: n×m; w: m; y: n"),
    "softmax cross entropy": ("sum(logsumexp(X*W, rows)) - tr(Y'*X*W)", "W", "X: n×m; W: m×c; Y: n×c"),
    "Gaussian likelihood": ("n*logdet(S) + tr(inv(S)*X'*X)", "S", "S: m×m positive_definite; X: n×m"),
    "factorisation by V": ("||X - U*V||^2", "V", "X: n×m; U: n×c; V: c×m"),
}
SIZES = {"n": 4096, "m": 32, "c": 8}
COLLECTIVES = ("all-reduce", "all-gather", "all-to-all", "collective-permute", "reduce-scatter")
COLUMNS, CHUNK = 50, 250_000


@click.group()
def main() -> None:
    """Beyond one machine."""


@main.command()
def devices() -> None:
    """Value and gradient on eight virtual devices."""
    os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=8"
    import jax

    rng = np.random.default_rng(0)
    for name, (formula, by, declare) in PROBLEMS.items():
        function = compile_derivatives(formula, declare=declare, gradient=by, target="jax", shard="n")
        values = {}
        for said in declare.split("; "):
            symbol, _, kind = said.partition(": ")
            values[symbol] = rng.normal(size=[SIZES[size] for size in kind.split()[0].split("×")]).astype(np.float32)
            if "definite" in kind:
                values[symbol] = values[symbol] @ values[symbol].T + np.eye(SIZES["m"], dtype=np.float32)
        text = jax.jit(lambda given, function=function: function(**given)).lower(values).compile().as_text()
        found = {one: len(re.findall(rf"= [^=]*\b{one}(?:-start)?\(", text)) for one in COLLECTIVES}
        sent = sum(_bytes(shapes) for shapes in re.findall(r"= ([^=]*?) all-reduce(?:-start)?\(", text))
        data = sum(array.nbytes for array in values.values())
        counts = ", ".join(f"{count} {one}" for one, count in found.items() if count)
        click.echo(f"{name:24}{counts} of {sent:,} bytes; the data have {data:,}")


def _bytes(shapes: str) -> int:
    """The bytes of the single-precision arrays that a program text names."""
    return sum(4 * prod(int(length) for length in shape.split(",") if length) for shape in re.findall(r"f32\[([\d,]*)\]", shapes))


@main.command()
@click.option("--gigabytes", type=float, default=10.0, show_default=True)
def rows(gigabytes: float) -> None:
    """Logistic regression on lazy rows."""
    import dask
    import dask.array as da
    from distributed import Client, LocalCluster

    count = round(gigabytes * 1e9 / 8 / COLUMNS / CHUNK) * CHUNK
    rng = da.random.default_rng(0)
    X, y = rng.standard_normal((count, COLUMNS), chunks=(CHUNK, COLUMNS)), da.sign(rng.standard_normal(count, chunks=CHUNK))
    lazy = derive(LOGISTIC, "w").function("dask")(X=X, y=y, w=np.full(COLUMNS, 0.1))
    small = derive(LOGISTIC, "w").function("numpy")
    # Else idle processes take tasks whose chunks are elsewhere, and chunks are sent.
    dask.config.set({"distributed.scheduler.work-stealing": False})
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        first, of_first = X[:CHUNK].compute(), y[:CHUNK].compute()
        part = derive(LOGISTIC, "w").function("dask")(X=X[:CHUNK], y=y[:CHUNK], w=np.full(COLUMNS, 0.1))
        assert np.allclose(part.compute(), small(X=first, y=of_first, w=np.full(COLUMNS, 0.1)))
        before = client.run(_peak)
        sent = sum(client.run(_sent).values())
        start = time.perf_counter()
        lazy.compute()
        seconds = time.perf_counter() - start
        risen = max(peak - before[worker] for worker, peak in client.run(_peak).items())
        received = sum(client.run(_sent).values()) - sent
    chunk = CHUNK * COLUMNS * 8
    click.echo(f"{X.nbytes / 1e9:.1f} GB in {X.npartitions} chunks of {chunk / 1e6:.0f} MB: {seconds:.0f} s")
    click.echo(f"peak memory of a process: {risen / 1e6:+.0f} MB against one chunk; between processes: {received:,} bytes")


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _sent(dask_worker: Any) -> int:
    return int(dask_worker.transfer_outgoing_bytes_total)


@main.command()
@click.option("--documents", type=int, default=200, show_default=True)
def cluster(documents: int) -> None:
    """Documents on a cluster."""
    from distributed import Client, LocalCluster

    with tempfile.TemporaryDirectory() as folder:
        for number in range(documents):
            wrong = "3" if number % 7 == 0 else ""
            formula, answer = f"x^\\top A x + {number} b^\\top x", f"{wrong}(A + A^\\top) x + {number} b"
            text = f"The gradient of ${formula}$ is\n$$\\frac{{\\partial}}{{\\partial x}} ({formula}) = {answer}.$$\n"
            Path(folder, f"{number:05}.md").write_text(text, encoding="utf-8")
        files = documents_below(folder)
        start = time.perf_counter()
        here = [examined(path, jobs=1, memory=Memory(kept=False)) for path in files]
        alone = time.perf_counter() - start
        with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as workers, Client(workers) as client:
            victim = client.run(os.getpid)
            start = time.perf_counter()
            there = []
            for found in examined_on(workers.scheduler_address, files, Terms(os.getcwd(), kept=False)):
                there.append(found)
                if len(there) == documents // 4:
                    os.kill(min(victim.values()), signal.SIGKILL)
            seconds = time.perf_counter() - start
    reports = [found for found in there if isinstance(found, Report)]
    same = as_json(reports) == as_json(here)
    size = sum(len(as_json([report]).encode()) for report in reports)
    click.echo(
        f"{len(reports)} of {documents} documents, a worker lost on the way: {'the same report' if same else 'ANOTHER REPORT'}"
    )
    click.echo(f"{alone:.1f} s in one process, {seconds:.1f} s by two; reports of {size:,} bytes came back")
    if not same or len(reports) != documents:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
