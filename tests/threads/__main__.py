"""One process in which many threads do the same at once from its first call on: prints what each of them found, as JSON.

python -m tests.threads THREADS SWITCH    the answers of THREADS threads; SWITCH seconds between changes of the running thread
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable

import matcalc

CALLS: list[Callable[[], object]] = [
    lambda: matcalc.derive("(a'*x)/(b'*x)", "x"),
    lambda: matcalc.derive("t/(1 + t) + 1/(1 + t)^2", "t", declare="t: scalar").text("ascii"),
    lambda: matcalc.derive("log(det(X))/tr(X'*X)", "X").latex(),
    lambda: matcalc.derive(r"\frac{a^\top x}{x^\top x}", "x").code(),
    lambda: matcalc.verify("d(x'*A*x)/dx = (A + A')*x").status,
    lambda: [step.text for step in matcalc.derive("||X - U*V||^2", "V").steps],
    lambda: matcalc.symbols("A: n×n, x: n")[0].T,
    lambda: matcalc.norm(matcalc.parse("A*x")),
    lambda: matcalc.vjp("softmax(W*x)", "W", "g").text("ascii"),
    lambda: matcalc.derive("log(det(X))", "X").sympy(),
    lambda: matcalc.derive("x'*A*x", "x").function()(x=[1.0, 2.0], A=[[1.0, 2.0], [3.0, 4.0]]).tolist(),
]


def answers(barrier: threading.Barrier, first: int, out: list[str]) -> None:
    """Texts of the answers to all calls, or of what was raised, in the order of the calls; each thread begins at another call."""
    found = [""] * len(CALLS)
    barrier.wait()
    for step in range(len(CALLS)):
        place = (first + step) % len(CALLS)
        try:
            found[place] = str(CALLS[place]())
        except Exception as error:
            found[place] = f"{type(error).__name__}: {error}"
    out += found


def main() -> None:
    count, switch = int(sys.argv[1]), float(sys.argv[2])
    sys.setswitchinterval(switch)
    barrier = threading.Barrier(count)
    results: list[list[str]] = [[] for _ in range(count)]
    threads = [threading.Thread(target=answers, args=(barrier, place, out)) for place, out in enumerate(results)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(results))


if __name__ == "__main__":
    main()
