"""``python -m tests.coded``: every mistake of the table is named rightly, and no right gradient is
called wrong: generated code for NumPy, JAX and PyTorch, where these are installed, and differences.

Of every formula the code is also multiplied by 2 and by -1 and, where it is a matrix, transposed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from importlib.util import find_spec
from typing import Any

import numpy as np

import matcalc
from matcalc.base.errors import MatcalcError
from tests.coded.frameworks import answers
from tests.coded.planted import PLANTED, judged
from tests.coded.right import by_differences, generated, questions

CHANGES: dict[str, tuple[Any, str]] = {
    "twice": (lambda result: 2 * result, "the result is 2 times too large"),
    "turned": (lambda result: -result, "the sign is wrong"),
}


def planted() -> int:
    """How many of the planted mistakes are not named as they should be."""
    wrong = 0
    for one in PLANTED:
        verdict = judged(one)
        if verdict.kind != one.kind or one.words not in verdict.reason:
            wrong += 1
            print(
                f"not named: {one.question[0]}: {one.body}\n  should be: {one.kind}: {one.words}\n  is: {verdict.kind}: {verdict.reason}"
            )
    print(f"{len(PLANTED)} mistakes, {wrong} not named rightly")
    return wrong


def right(target: str) -> int:
    """How many verdicts on right gradients, and on multiples of them, are wrong."""
    count: Counter[str] = Counter()
    wrong = 0
    for asked in questions():
        try:
            found = matcalc.derive(asked["formula"], asked["wrt"], declare=asked["declare"], order=asked["order"])
            code = generated(found, target)
        except MatcalcError:
            count["no code"] += 1
            continue
        names = list(code.__code__.co_varnames[: code.__code__.co_argcount + code.__code__.co_kwonlyargcount])
        verdict = matcalc.check(code, **asked, arrays=target, seconds=300)
        count[verdict.status] += 1
        if not verdict.ok:
            print(f"{target}: {asked['formula']} by {asked['wrt']}: {verdict.status}: {verdict.reason}")
        wrong += verdict.is_false
        for name, (change, words) in CHANGES.items() if target == "numpy" else ():
            space: dict[str, Any] = {"code": code, "change": change}
            exec(f"def changed({', '.join(names)}): return change(code({', '.join(f'{one}={one}' for one in names)}))", space)
            verdict = matcalc.check(space["changed"], **asked)
            named = verdict.is_false and words in verdict.reason
            count[f"{name}, named" if named else f"{name}, not named"] += 1
            wrong += verdict.ok and found.text() != "0"
            if not named and found.text() != "0":
                print(f"{name}: {asked['formula']} by {asked['wrt']}: {verdict.status}: {verdict.reason}")
    print(f"{target}: {dict(count)}")
    return wrong


def written_with(library: str) -> int:
    """How many questions about functions of a library are not answered as they should be."""
    count: Counter[bool] = Counter()
    for question, good, answer in answers(library):
        count[good] += 1
        if not good:
            print(f"{question}: {answer}")
    print(f"{library}: {count[True]} functions judged rightly, {count[False]} not")
    return count[False]


def differences() -> int:
    """How many right gradients by differences are called wrong."""
    count: Counter[str] = Counter()
    for asked in questions():
        gradient = by_differences(asked)
        if gradient is None:
            continue
        names = ",".join(matcalc.parse(asked["formula"], asked["declare"]).declarations)
        try:
            verdict = matcalc.check(gradient, **asked, arguments=names)
        except MatcalcError as error:
            count["not called"] += 1
            print(f"differences: {asked['formula']}: {error.message}")
            continue
        count[verdict.status] += 1
        if not verdict.ok:
            print(f"differences: {asked['formula']} by {asked['wrt']}: {verdict.status}: {verdict.reason}")
    print(f"differences: {dict(count)}")
    return count["refuted"] + count["conditional"]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.coded", description=__doc__)
    parser.add_argument("--only", choices=["planted", "numpy", "jax", "torch", "differences"])
    only = parser.parse_args().only
    started = time.perf_counter()
    np.random.seed(0)
    wrong = planted() if only in (None, "planted") else 0
    for target in ("numpy", "jax", "torch"):
        if only in (None, target) and find_spec(target) is not None:
            wrong += right(target)
        if only in (None, target) and target != "numpy":
            wrong += written_with(target)
    wrong += differences() if only in (None, "differences") else 0
    print(f"{wrong} wrong, {time.perf_counter() - started:.0f} s")
    return int(wrong > 0)


sys.exit(main())
