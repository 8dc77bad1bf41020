"""``python -m tests.attack.threads --count 20``: many threads in a fresh process, whose results must be those of a single thread.

Number k is a list of calls, drawn at random. A fresh process makes them in several threads at once, each in another order and all starting
at the same moment, so that everything that is loaded or filled when it is first needed is needed by several at once; another process makes
them one after the other. Exit status 1 when a result differs.
"""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import click

from tests.attack.running import Limits, Outcome, report

ROOT = Path(__file__).resolve().parents[2]
_THREADS, _CALLS = 8, 10
_SECONDS = 100
_WORK = 600_000

Results: TypeAlias = Mapping[str, list[str]]
"""What each call gave, in each thread."""

# Text, variable, declarations: quotients, kinks, matrix functions, sums over indices, facts, user's functions.
FORMULAS: tuple[tuple[str, str, str], ...] = (
    ("x'*A*x/(x'*x)", "x", "A: n×n symmetric"),
    ("log(sum(exp(A*x + b)))", "x", ""),
    ("norm2(X*w - y)^2/n + c*norm2(w)^2", "w", "X: n×d; w: d; y: n; c: scalar"),
    ("log(det(X))", "X", "X: n×n positive_definite"),
    ("tr(inv(X)*A)", "X", ""),
    ("sum(i, log(1 + x[i]^2))", "x", ""),
    ("softmax(A*x)", "x", ""),
    ("||X - U*V||^2", "U", ""),
    ("tr(expm(X)*A)", "X", ""),
    ("f(W*x)", "x", "f: function"),
    ("norm(X, nuclear)", "X", ""),
    (r"\frac{x^\top A x}{x^\top x}", "x", ""),
    ("relu(A*x)'*b", "x", ""),
    ("(x'*y)^(3/2)/sqrt(x'*x)", "x", ""),
)


def drawn(seed: int, number: int) -> list[tuple[str, tuple[str, str, str]]]:
    """The calls of this number: what is done with which formula."""
    chooser = random.Random(f"{seed}/{number}/threads")
    return [(chooser.choice(tuple(ACTIONS)), chooser.choice(FORMULAS)) for _ in range(_CALLS)]


def _derived(formula: str, wrt: str, declare: str) -> Any:
    import matcalc

    return matcalc.derive(formula, wrt, declare=declare or None)


def _verified(formula: str, wrt: str, declare: str) -> str:
    import matcalc

    answer = _derived(formula, wrt, declare).text("ascii")
    return str(matcalc.verify(f"d({formula})/d{wrt} = 2*({answer})", declare=declare or None).explain())


ACTIONS: Mapping[str, Callable[[str, str, str], Any]] = {
    "derive": lambda *asked: str(_derived(*asked)),
    "latex": lambda *asked: _derived(*asked).latex(),
    "code": lambda *asked: _derived(*asked).code("numpy"),
    "steps": lambda *asked: [step.text for step in _derived(*asked).steps],
    "sympy": lambda *asked: str(_derived(*asked).sympy()),
    "verify": _verified,
    "conditions": lambda *asked: _derived(*asked).conditions,
}


def results(seed: int, number: int, threads: int) -> Results:
    """The results of every call, by the call, one for each thread; errors with their type."""
    calls = drawn(seed, number)
    found: dict[str, list[str]] = {str(call): [""] * threads for call in calls}
    start = threading.Barrier(threads)

    def work(thread: int) -> None:
        order = list(calls)
        random.Random(f"{seed}/{number}/{thread}").shuffle(order)
        start.wait()
        for action, asked in order:
            found[str((action, asked))][thread] = _told(action, asked)

    crew = [threading.Thread(target=work, args=(thread,)) for thread in range(threads)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    return found


def _told(action: str, asked: tuple[str, str, str]) -> str:
    import matcalc
    from matcalc.base.errors import MatcalcError

    try:
        with matcalc.budget(seconds=math.inf, work=_WORK):  # the clock would tell a busy machine from an idle one
            return str(ACTIONS[action](*asked))
    except MatcalcError as error:
        return f"refused: {error}"
    except Exception as error:
        return f"crashed: {type(error).__name__}: {error}"


def in_a_fresh_process(seed: int, number: int, threads: int) -> Results:
    """The results in a process that has loaded nothing yet."""
    program = (
        "import sys, json; from tests.attack.threads import results; json.dump(results(*map(int, sys.argv[1:])), sys.stdout)"
    )
    arguments = [sys.executable, "-c", program, str(seed), str(number), str(threads)]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, timeout=_SECONDS, check=True)
    found: Results = json.loads(done.stdout)
    return found


def attack(number: int, seed: int = 0, found: Callable[[int, int, int], Results] = in_a_fresh_process) -> Outcome:
    """One list of calls in many threads and in one."""
    together, alone = found(seed, number, _THREADS), found(seed, number, 1)
    faults = []
    for call, said in alone.items():
        faults += [f"{call}: crashed alone: {said[0]}"] * said[0].startswith("crashed")
        others = sorted(set(together[call]) - set(said))
        faults += [
            f"{call}: {together[call].count(other)} of {_THREADS} threads gave\n{other}\ninstead of\n{said[0]}"
            for other in others
        ]
    return Outcome(("fresh process", *("call",) * (_THREADS * len(alone))), tuple(faults))


@click.command(help=__doc__)
@click.option("--count", default=20, show_default=True, help="Number of fresh processes with threads.")
@click.option("--seed", default=0, show_default=True)
@click.option("--start", default=0, show_default=True, help="Number of the first one, to run one again.")
@click.option("--workers", default=1, show_default=True)
def main(count: int, seed: int, start: int, workers: int) -> None:
    again = f"python -m tests.attack.threads --seed {seed}"
    task = partial(attack, seed=seed)
    summary = report("threads", range(start, start + count), task, workers, Limits(seconds=3.0 * _SECONDS, memory=1 << 30), again)
    raise SystemExit(1 if summary.faults else 0)


if __name__ == "__main__":
    main()
