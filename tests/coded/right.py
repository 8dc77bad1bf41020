"""Right gradients from elsewhere: code that is generated, and differences of the function's value."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import matcalc
from matcalc.interface.results import Derivation

FORMULAS = Path(__file__).resolve().parents[2] / "benchmarks" / "formulas.toml"

MORE = """
||X*w - y||^2/m by w where X: m×n
||X*w - y||^2 + lambda*w'*w by w
lambda*sum(abs(w)) + ||X*w - y||^2 by w
sum(log(1 + exp(-y.*(X*w)))) by w
-sum(y.*log(sigmoid(X*w)) + (1 - y).*log(1 - sigmoid(X*w))) by w
logsumexp(X*w) by w
-y'*log(softmax(W*x + b)) by W
-y'*log(softmax(W*x + b)) by b
u'*tanh(W*x + b) by W
u'*relu(W*x + b) by W
||X - U*V||^2 by U
||X - U*V||^2 by V
||M.*(X - U*V)||^2 by V
tr(A*X*B) by X
tr(X'*A*X) by X
tr(X'*A*X*B) by X
tr(inv(X)*A) by X
log(det(X)) by X where X: n×n positive definite
log(det(X)) by X where X: n×n
log(det(eye + X'*X)) by X
tr(A*X*B*X) by X where X: n×n symmetric
x'*S*x by S where S: n×n symmetric
x'*inv(S)*x by S where S: n×n positive definite
x'*D*x by D where D: n×n diagonal
x'*L*x by L where L: n×n lower triangular
x'*K*y by K where K: n×n antisymmetric
||x|| by x
||x - y|| by x
x'*A*x/(x'*x) by x
x'*y/(||x||*||y||) by x
exp(-||x - c||^2/(2*s^2)) by x where s: scalar
sum(exp(X)) by X
sum(sin(X).*cos(Y)) by X
sqrt(1 + x'*x) by x
log(x'*A*x) by x where A: n×n positive definite
(a'*x)^3 by x
sum(x.^p) by x where p: scalar; x: n positive
a'*inv(X)*b by X
||A*X*B - C||^2 by X
det(X) by X where X: n×n
tr(expm(X)) by X
||X||_* by X where X: m×n
sum(max(X, 0)) by X
mean((X*w - y).^2) by w
var(x) by x
x'*x*y'*y by y
t^2*sin(a*t) by t where a: scalar; t: scalar
A*x by x
tanh(W*x) by x
softmax(x) by x
x*x'*a by x
diag(x)*A*x by x
kron(a, x) by x
"""


def questions() -> Iterator[dict[str, Any]]:
    """What ``check`` is asked: formula, variable, declarations, order."""
    for one in tomllib.loads(FORMULAS.read_text(encoding="utf-8"))["formula"]:
        yield {"formula": one["text"], "wrt": one["by"], "declare": one.get("declare"), "order": one.get("order", 1)}
    for line in MORE.strip().splitlines():
        formula, _, rest = line.partition(" by ")
        wrt, _, declare = rest.partition(" where ")
        yield {"formula": formula, "wrt": wrt, "declare": declare or None, "order": 1}


def generated(found: Derivation, target: str) -> Callable[..., Any]:
    """The function that generated code defines."""
    space: dict[str, Any] = {"__name__": "generated"}
    exec(compile(found.code(target), "<generated>", "exec"), space)
    return next(value for name, value in reversed(space.items()) if callable(value) and not name.startswith("_"))


def by_differences(asked: dict[str, Any]) -> Callable[..., Any] | None:
    """A gradient by central differences of the value, as people write one; None of what is no scalar
    function of an array."""
    parsed = matcalc.parse(asked["formula"], asked["declare"])
    name = asked["wrt"]
    if parsed.shape or asked["order"] > 1 or " " in parsed.declarations[name] or parsed.declarations[name] == "scalar":
        return None
    value = parsed.function()
    names = list(parsed.declarations)

    def gradient(*arguments: Any) -> Any:
        given = dict(zip(names, arguments, strict=True))
        x = np.array(given[name], dtype=float)
        result = np.zeros_like(x)
        for place in np.ndindex(*x.shape):
            step = np.zeros_like(x)
            step[place] = 1e-4
            ahead = [value(**{**given, name: x + times * step}) for times in (1, -1, 2, -2)]
            result[place] = (8 * (ahead[0] - ahead[1]) - (ahead[2] - ahead[3])) / 12e-4
        return result

    return gradient
