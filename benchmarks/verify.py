"""How long the shipped identities take to verify.

    python benchmarks/verify.py [--jobs N]

Prints the time for the library, statements a second, and the slowest statements.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter

from matcalc.documents.deciding import verdicts
from matcalc.verification.items import library
from matcalc.verification.judgement import verdict_on

_SLOWEST = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1, help="processes that share the work")
    jobs: int = parser.parse_args().jobs
    items = [item for document in library() for item in document.items]
    start = time.perf_counter()
    times: list[tuple[float, str]] = []
    counts: Counter[str] = Counter()
    if jobs > 1:
        counts.update(verdict.status for verdict in verdicts(items, jobs=jobs))
    else:
        for item in items:
            before = time.perf_counter()
            counts[verdict_on(item).status] += 1
            times.append((time.perf_counter() - before, item.name))
    total = time.perf_counter() - start
    print(
        f"{len(items)} statements in {total:.1f} s with {jobs} process{'es' if jobs > 1 else ''}: {len(items) / total:.0f} a second"
    )
    print(", ".join(f"{count} {status}" for status, count in sorted(counts.items())))
    for seconds, name in sorted(times, reverse=True)[:_SLOWEST]:
        print(f"  {1000 * seconds:7.0f} ms  {name}")


if __name__ == "__main__":
    main()
