"""``python -m tests.fuzz.convexity --count 2000``: verdicts on the convexity of many random expressions, against chords of its own.

Half of the expressions are any, half are made of convex and concave parts, put together rightly or wrongly. Exit status 1
when a verdict is false.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import click
import numpy as np

import matcalc
from matcalc.analysis.convex_verdicts import Finding, curvature
from matcalc.base.budgets import metered
from matcalc.base.sizes import Size
from matcalc.evaluation.arrays import as_array
from matcalc.evaluation.interpreter import Program
from matcalc.evaluation.sampling import equal_sizes, sample
from matcalc.expr import nodes as e
from matcalc.expr.rewriting import symbols_in
from matcalc.facts.table import implied
from matcalc.language import elaborate
from matcalc.printing import text
from matcalc.products.differentials import moving
from tests.fuzz.__main__ import TooSlow, time_limit
from tests.fuzz.forms import written
from tests.fuzz.growing import Grower
from tests.fuzz.table import TableGrower
from tests.fuzz.vocabulary import declarations

_DECLARED = (
    "x: n; y: n positive; z: n; s: scalar positive; t: scalar; u: scalar positive; A: m×n; b: m; c: n; k: scalar; "
    "p: scalar positive; P: n×n positive_definite; X: n×n positive_definite; S: n×n symmetric"
)
_VECTORS = (
    "x",
    "z",
    "A*x - b",
    "P*x",
    "2*x + z",
    "y",
    "x - c",
    "-y",
    "x.*z",
    "exp(x)",
    "log(y)",
    "x.^2",
    "abs(z)",
    "y + 1",
    "c.*y",
)
_PARTS = (
    "logsumexp({v})", "norm({v})", "norm1({v})", "sum(exp({v}))", "sum(log({v}))", "{v}'*{v}", "max({v})", "min({v})", "sum({v}.^2)",
    "sum(sqrt({v}))", "c'*x", "t^2", "s*log(s)", "1/s", "s^1.5", "sqrt(s)", "t", "exp(t)", "log(s)", "s*t", "t^2/s", "x'*x/s", "s^2/u",
    "sqrt(s*u)", "x'*P*x", "logdet(X)", "tr(inv(X))", "eigmax(S)", "tr(S*X)", "x'*inv(X)*x", "tr(X^2)", "sum(huber({v}))", "t^3", "cos(t)",
    "sum(softplus({v}))", "log(cosh(t))", "sqrt(1 + t^2)", "abs(t)", "tanh(t)", "s/u", "prod(y)^(1/n)", "var(x)", "sum(tanh({v}))",
    "norm(A*x - b)^2", "x'*S*x", "s^(-2)", "s^p", "lgamma(s)", "tr(S*S)", "tr(X*logm(X))", "sum({v}.*log({v}))", "log(sum(exp({v})))",
)  # fmt: skip
_AROUND = (
    "{f} + {g}", "{f} - {g}", "2*{f} + {g}", "k*{f} + {g}", "p*{f}", "-{f}", "exp({f})", "log({f})", "maximum({f}, {g})", "minimum({f}, {g})",
    "({f})^2", "sqrt({f})", "1/({f})", "({f})*({g})", "({f})/({g})", "abs({f})", "log(1 + exp({f}))", "relu({f})", "({f})^1.5", "s*({f})",
    "({f})/s", "sqrt({f} + {g})", "log(exp({f}) + exp({g}))", "{f}", "{f}", "{f}", "({f})^3", "({f})^4", "tanh({f})",
)  # fmt: skip


def tempting(choose: random.Random) -> e.Expr | None:
    """An expression of curved parts."""

    def part() -> str:
        return choose.choice(_PARTS).replace("{v}", choose.choice(_VECTORS))

    words = part()
    for _ in range(choose.randrange(3)):
        words = choose.choice(_AROUND).replace("{f}", words).replace("{g}", part())
    try:
        found = elaborate(words, _DECLARED).expression
    except matcalc.MatcalcError:
        return None
    return found if found.is_scalar else None


def anything(choose: random.Random) -> e.Expr | None:
    """An expression of all operations."""
    grower = (Grower if choose.random() < 0.4 else TableGrower)(choose.randrange, (Size.of("m"), Size.of("n")))
    grown = grower.scalar(choose.randrange(1, 4))
    try:
        return elaborate(written(grown), declarations(grown)).expression
    except matcalc.MatcalcError:
        return None


def variables(expression: e.Expr, choose: random.Random) -> tuple[e.Symbol, ...]:
    """One symbol, or several."""
    free = [one for one in symbols_in(expression).values() if len(one.shape) < 3]
    count = min(len(free), choose.choice((1, 1, 1, 2, 3)))
    return tuple(choose.sample(free, count)) if free else ()


class Chords:
    """Chords of a function at random points; another search than that of the package."""

    def __init__(self, expression: e.Expr, wrt: Sequence[e.Symbol], seed: int) -> None:
        self.program, self.wrt, self.rng, self.seed = Program(expression), wrt, np.random.default_rng(seed), seed

    def worst(self, constants: Mapping[str, Any] | None = None, sizes: Mapping[str, int] | None = None) -> tuple[float, float]:
        """The largest relative gaps by which the function lies above and below a chord."""
        symbols = [*self.program.symbols, *self.wrt]
        everywhere = [size for one in symbols for size in one.shape]
        here = dict(sizes or equal_sizes(self.program.size_names, 2 + self.seed % 2, symbols=symbols, sizes=everywhere))
        fixed = constants or sample([one for one in self.program.symbols if one not in self.wrt], here, self.seed)
        arrays = {one.name: as_array(one.name, fixed[one.name], one.shape) for one in self.program.symbols if one not in self.wrt}
        above = below = 0.0
        for turn in range(6):
            ends = [{one.name: self._drawn(one, here, turn) for one in self.wrt} for _ in range(2)]
            if turn % 2:
                ends[1] = {name: ends[0][name] + 0.05 * (one - ends[0][name]) for name, one in ends[1].items()}
            theta = self.rng.uniform(0.1, 0.9, (_COUNT, 1, 1))
            middle = {name: theta * ends[0][name] + (1 - theta) * ends[1][name] for name in ends[0]}
            with np.errstate(all="ignore"):
                f, g, m = [self._values({**arrays, **point}, here) for point in (*ends, middle)]
                gap = (theta[:, 0, 0] * f + (1 - theta[:, 0, 0]) * g - m) / (1 + abs(f) + abs(g))
            gap = gap[np.isfinite(gap) & (abs(f) + abs(g) < 1e7)]
            above, below = max(above, -gap.min(initial=0.0)), max(below, gap.max(initial=0.0))
        return above, below

    def _drawn(self, one: e.Symbol, sizes: Mapping[str, int], turn: int) -> Any:
        members = [sample([one], sizes, 31 * self.seed + 7 * turn + k)[one.name] for k in range(5)]
        inside = np.stack([as_array(one.name, member, one.shape) for member in members])
        weights = self.rng.dirichlet(np.full(5, 0.4), size=_COUNT)
        mixed = np.tensordot(weights, inside, axes=(1, 0))
        if implied(one.properties) & {"simplex", "doubly_stochastic", "unit"}:
            return mixed
        sign = self.rng.choice([-1.0, 1.0], (_COUNT, 1, 1)) if not implied(one.properties) - {"symmetric", "diagonal"} else 1.0
        return mixed * 10.0 ** self.rng.uniform(-2, 1, (_COUNT, 1, 1)) * sign

    def _values(self, point: Mapping[str, Any], sizes: Mapping[str, int]) -> Any:
        try:
            found = self.program.run_inside(point, sizes, {}, lead=1)
        except matcalc.MatcalcError:
            return np.full(_COUNT, np.nan)
        return np.broadcast_to(found.reshape(found.shape[0], -1)[:, 0], (_COUNT,))


_COUNT = 60
_CLEAR = 1e-6


def fault(expression: e.Expr, wrt: Sequence[e.Symbol], found: Finding) -> str | None:
    """What contradicts a verdict."""
    if found.word in ("unknown", "neither"):
        return None
    for seed in range(4):
        try:
            above, below = Chords(expression, wrt, seed).worst()
        except matcalc.MatcalcError:
            continue
        if found.word in ("convex", "affine") and above > _CLEAR:
            return f"not convex by {above:.1g}"
        if found.word in ("concave", "affine") and below > _CLEAR:
            return f"not concave by {below:.1g}"
    return None


@click.command(help=__doc__)
@click.option("--count", default=2000, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--start", default=0, show_default=True)
@click.option("--seconds", default=20, show_default=True, help="For one expression.")
def main(count: int, seed: int, start: int, seconds: int) -> None:
    totals: Counter[str] = Counter()
    false, begun = 0, time.monotonic()
    for number in range(start, start + count):
        choose = random.Random(f"{seed}/{number}")
        made = tempting(choose) if number % 2 else anything(choose)
        wrt = () if made is None else variables(made, choose)
        if made is None or not wrt:
            totals["not drawn"] += 1
            continue
        taken = frozenset(symbols_in(made))
        moves = {one: moving(one, f"h{k}moved", taken) for k, one in enumerate(wrt)}
        words = f"{text(made, 'ascii')} by {', '.join(one.name for one in wrt)}"
        try:
            with time_limit(seconds), metered(8.0):
                found = curvature(made, wrt, moves)
        except TooSlow:
            totals["slow"] += 1
            print(f"slow {number}: {words}")
            continue
        except matcalc.MatcalcError as problem:
            totals[f"refused: {type(problem).__name__}"] += 1
            continue
        except Exception as problem:
            totals["crash"] += 1
            print(f"crash {number}: {words}: {type(problem).__name__} {problem}")
            continue
        totals[found.word] += 1
        wrong = fault(made, wrt, found)
        if wrong is not None:
            false += 1
            print(f"FALSE {number}: {words}: {found.word}, {wrong}", flush=True)
    print(f"{count} expressions in {time.monotonic() - begun:.0f} s, {false} false: {dict(totals.most_common())}")
    sys.exit(bool(false))


if __name__ == "__main__":
    main()
