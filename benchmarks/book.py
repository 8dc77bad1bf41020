"""How long a book of 300 pages takes to verify, and whether every claim is found at its line.

    python benchmarks/book.py [--pages 300] [--jobs 2] [--keep book.tex]

The book is made of the shipped identities, in LaTeX as matcalc prints it, each with a different factor every time it comes, so that no
verdict can be taken from another; every seventh claim is made false by a factor on one side. A page has 40 lines. Prints the time, the
memory of the largest process, the counts, and what is not as planted; exit status 1 then.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from matcalc.base.errors import MatcalcError
from matcalc.expr.nodes import Number, Zeros
from matcalc.language.statements import DerivativeSide, Side, elaborate_statement
from matcalc.objects.inputs import derivative_within
from matcalc.printing import latex
from matcalc.verification.items import Item, library

_LINES = 40
_PROSE = "The rule below is used again and again, and is worth a second look before it is applied to a larger problem."


@dataclass(frozen=True)
class Sample:
    """An identity as LaTeX: its sides, and the kinds of its letters."""

    left: str
    right: str
    declare: str


def samples() -> Iterator[Sample]:
    """The shipped identities that hold in denominator layout."""
    for item in [item for document in library() for item in document.items]:
        found = _sample(item)
        if found is not None:
            yield found


def _sample(item: Item) -> Sample | None:
    if not item.expected or item.layout != "denominator" or item.symmetric != "projected":
        return None
    try:
        statement = elaborate_statement(item.statement, item.declare or None, calculus=derivative_within)
    except MatcalcError:
        return None
    sides = _written(statement.left), _written(statement.right)
    if statement.links or sides[0] is None or sides[1] is None or _vanishes(statement.right):
        return None
    return Sample(sides[0], sides[1], "; ".join(f"{name}: {kind}" for name, kind in statement.declarations.items()))


def _vanishes(side: Side | None) -> bool:
    """Whether a factor would not make a side another one."""
    return isinstance(side, Number | Zeros)


def _written(side: Side | None) -> str | None:
    match side:
        case DerivativeSide() if side.order == 1:
            return rf"\frac{{\partial}}{{\partial {latex(side.wrt[0])}}} \left({latex(side.expression)}\right)"
        case DerivativeSide() | None:
            return None
        case _:
            try:
                return latex(side)  # type: ignore[arg-type]
            except (AttributeError, MatcalcError):
                return None


def book(pages: int) -> tuple[str, dict[int, bool]]:
    """The text, and for the line of each claim whether it is true."""
    rules = list(samples())
    lines = [r"\documentclass{book}", r"\begin{document}"]
    planted: dict[int, bool] = {}
    while len(lines) < pages * _LINES:
        count = len(planted)
        if count % 50 == 0:
            lines += ["", rf"\chapter{{Rules {count // 50 + 1}}}"]
        elif count % 10 == 0:
            lines += ["", rf"\section{{Part {count // 10 + 1}}}"]
        rule, factor, true = rules[count % len(rules)], count // len(rules) + 2, count % 7 != 6
        lines += ["", _PROSE, f"% matcalc: declare {rule.declare}", r"\begin{equation}"]
        planted[len(lines) + 1] = true
        lines += [
            rf"{factor} \left({rule.left}\right) = {factor if true else factor + 1} \left({rule.right}\right)",
            r"\end{equation}",
        ]
    return "\n".join([*lines, r"\end{document}", ""]), planted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", help="write the book to this file")
    options = parser.parse_args()
    text, planted = book(options.pages)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(options.keep or Path(folder, "book.tex"))
        path.write_text(text, encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "matcalc",
            "verify",
            str(path),
            "--no-cache",
            "--jobs",
            str(options.jobs),
            "--to",
            "json",
        ]
        start = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True)
        seconds = time.perf_counter() - start
    claims = [entry for entry in json.loads(done.stdout)["files"][0]["entries"] if entry["role"] == "claim"]
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(
        f"{options.pages} pages, {len(text):,} characters, {len(planted)} claims: {seconds:.1f} s with {options.jobs} processes"
    )
    print(f"the largest process had {memory:.0f} MB, all of them at most {memory * (options.jobs + 1):.0f} MB")
    print(dict(Counter(entry["status"] for entry in claims)))
    wrong = _wrong(claims, planted)
    print("\n".join(wrong) or "every claim was found at its line, with the verdict that it should have")
    sys.exit(bool(wrong))


def _wrong(claims: list[dict[str, object]], planted: dict[int, bool]) -> list[str]:
    seen = {int(str(entry["line"])): entry for entry in claims}
    missing = [f"line {line}: not found" for line in planted if line not in seen]
    stray = [f"line {line}: no claim was planted here" for line in seen if line not in planted]
    other = [
        f"line {line}: {seen[line]['status']}: {seen[line]['text']}"
        for line, true in planted.items()
        if line in seen and seen[line]["status"] in (("refuted", "conditional") if true else ("proved", "confirmed"))
    ]
    return [*missing, *stray, *other]


if __name__ == "__main__":
    main()
