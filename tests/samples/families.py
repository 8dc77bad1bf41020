"""Sums over the members of families, and their values by loops written in Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from matcalc.base.shapes import axes_of
from matcalc.base.sizes import Size
from matcalc.evaluation.interpreter import evaluate
from matcalc.expr.nodes import Entry, Expr, Index, IndexSum, Symbol
from matcalc.expr.rewriting import replaced, symbols_in
from matcalc.language import elaborate

SIZES = {"n": 7, "d": 3, "K": 4, "m": 2, "p": 5}
COUNTS = {"i": "n", "j": "p", "k": "K"}


@dataclass(frozen=True)
class Family:
    """``name`` under the indices ``of``: the members stand in formulas as a symbol of their own."""

    name: str
    of: str


@dataclass(frozen=True)
class Summed:
    """``before`` the sums over ``indices``, the innermost last, of ``body``; each is a formula of what is inside, called ``s``."""

    body: str
    declare: str
    families: Mapping[str, Family]
    indices: str = "i"
    between: str = "s"
    after: str = "s"

    def expression(self) -> Expr:
        """The formula with its sums."""
        inside = self._read(self.body)
        found = replaced(
            inside, {name: self.member(name, symbol) for name, symbol in symbols_in(inside).items() if name in self.families}
        )
        for place, letter in enumerate(reversed(self.indices)):
            found = IndexSum(index(letter), found)
            found = self._around(self.after if place == len(self.indices) - 1 else self.between, found)
        return found

    def member(self, name: str, symbol: Symbol) -> Entry:
        family = self.families[name]
        shape = (*[Size.of(COUNTS[letter]) for letter in family.of], *axes_of(symbol.shape))
        facts = frozenset() if len(shape) > 2 else symbol.properties - {"symmetric", "positive_definite"}
        return Entry(Symbol(family.name, shape, facts), tuple([index(letter) for letter in family.of]))

    def by_loops(self, values: Mapping[str, np.ndarray]) -> np.ndarray:
        """The value with every sum as a loop; the parts by the evaluator, of one member at a time."""
        inside, between, after = self._read(self.body), self.between, self.after

        def total(letters: str, here: dict[str, int]) -> np.ndarray:
            if not letters:
                members = {
                    name: values[it.name][tuple([here[letter] for letter in it.of])]
                    for name, it in self.families.items()
                    if it.name in values
                }
                return evaluate(inside, {**values, **members}, SIZES)
            letter, rest = letters[0], letters[1:]
            found = sum(total(rest, {**here, letter: place}) for place in range(SIZES[COUNTS[letter]]))
            around = after if len(letters) == len(self.indices) else between
            outer = elaborate(around, f"{self.declare}; s: scalar") if around != "s" else None
            return found if outer is None else evaluate(outer.expression, {**values, "s": found}, SIZES)

        return total(self.indices, {})

    def _read(self, formula: str) -> Expr:
        return elaborate(formula, self.declare).expression

    def _around(self, formula: str, inner: Expr) -> Expr:
        if formula == "s":
            return inner
        outer = elaborate(formula, f"{self.declare}; s: scalar").expression
        return replaced(outer, {"s": inner})


def index(letter: str) -> Index:
    return Index(letter, Size.of(COUNTS[letter]))


X_AND_Y = {"x": Family("X", "i"), "t": Family("y", "i")}
MIXTURE = {"x": Family("X", "i"), "u": Family("M", "k"), "q": Family("pi_k", "k")}

CASES = {
    "least squares": Summed("(t - w'*x)^2", "x: d; w: d; t: scalar", X_AND_Y),
    "distances": Summed("norm2(x - mu)^2", "x: d; mu: d", X_AND_Y),
    "norms": Summed("norm2(x - mu)", "x: d; mu: d", X_AND_Y),
    "absolute values": Summed("norm1(x - mu)", "x: d; mu: d", X_AND_Y),
    "p-norms": Summed("norm(x - mu, p)", "x: d; mu: d; p: scalar", X_AND_Y),
    "p-norms of members": Summed("norm(mu, t)", "mu: d; t: scalar", {"t": Family("y", "i")}),
    "weighted norms": Summed("norm(x - mu, S)^2", "x: d; mu: d; S: d×d positive_definite", X_AND_Y),
    "Gaussian": Summed("(x - mu)'*inv(S)*(x - mu)", "x: d; mu: d; S: d×d positive_definite", X_AND_Y),
    "logistic": Summed("t*log(sigmoid(w'*x)) + (1 - t)*log(1 - sigmoid(w'*x))", "x: d; w: d; t: scalar", X_AND_Y),
    "softmax": Summed("y'*log(softmax(W'*x))", "x: d; y: m; W: d×m", {"x": Family("X", "i"), "y": Family("Y", "i")}),
    "logsumexp": Summed("logsumexp(W'*x + b)", "x: d; W: d×m; b: m", X_AND_Y),
    "means": Summed(
        "r*norm2(x - u)^2", "x: d; u: d; r: scalar", {"x": Family("X", "i"), "u": Family("M", "k"), "r": Family("R", "ik")}, "ik"
    ),
    "projections": Summed("norm2(x - W*W'*x)^2", "x: d; W: d×m", X_AND_Y),
    "traces": Summed("tr(a*P)", "a: d×m; P: m×d", {"a": Family("A", "k")}, "k"),
    "mixture": Summed(
        "q*exp(-1/2*(x - u)'*S*(x - u))", "x: d; u: d; q: scalar; S: d×d symmetric", MIXTURE, "ik", between="log(1 + s^2)"
    ),
    "inverses": Summed("x'*inv(S + t^2*eye)*x", "x: d; S: d×d positive_definite; t: scalar", X_AND_Y),
    "inverses of members": Summed("b'*inv(eye + a*a')*b", "a: d×m; b: d", {"a": Family("A", "k")}, "k"),
    "log-determinants": Summed("logdet(P*P' + t^2*eye)", "P: d×m; t: scalar", {"t": Family("y", "i")}),
    "determinants": Summed("det(a*a' + P)", "a: d×m; P: d×d positive_definite", {"a": Family("A", "k")}, "k"),
    "spectral norms": Summed("norm(a + P, spectral)", "a: d×m; P: d×m", {"a": Family("A", "k")}, "k"),
    "adjugates": Summed("tr(adj(eye + a*a')*P)", "a: d×m; P: d×d", {"a": Family("A", "k")}, "k"),
    "matrix powers": Summed("tr((a*P)^3*a*P)", "a: d×m; P: m×d", {"a": Family("A", "k")}, "k", after="s^2"),
    "exponentials": Summed("x'*expm(t*S)*x", "x: d; t: scalar; S: d×d", X_AND_Y),
    "traces of exponentials": Summed("tr(expm(t*S)*S)", "t: scalar; S: d×d", {"t": Family("y", "i")}),
    "logarithms": Summed("x'*logm(S + t^2*eye)*x", "x: d; t: scalar; S: d×d positive_definite", X_AND_Y),
    "quotients": Summed("sum((x - mu)./(1 + x.^2))/(1 + t^2)", "x: d; mu: d; t: scalar", X_AND_Y),
    "powers": Summed("sum(abs(x).^t)", "x: d; t: scalar", X_AND_Y),
    "entrywise powers": Summed("sum((1 + mu.^2).^x)", "x: d; mu: d", X_AND_Y),
    "entrywise": Summed("sum(a.*P.*exp(a))", "a: d×m; P: d×m", {"a": Family("A", "k")}, "k"),
    "diagonals": Summed("sum(diag(x)*P*diag(P'*P))", "x: d; P: d×d", X_AND_Y),
    "diagonals of members": Summed("x'*diag(a*P)", "a: d×m; P: m×d; x: d", {"a": Family("A", "k"), "x": Family("M", "k")}, "k"),
    "stacked": Summed("norm2(kron(x, y) - vec(P))^2", "x: d; y: m; P: m×d", {"x": Family("X", "i"), "y": Family("Y", "i")}),
    "vec of members": Summed("vec(a)'*vec(P)", "a: d×m; P: d×m", {"a": Family("A", "k")}, "k"),
    "row sums": Summed("x'*sum(a, rows)", "a: d×m; x: d", {"a": Family("A", "k"), "x": Family("M", "k")}, "k"),
    "softmax of rows": Summed("sum(softmax(a, rows).*P)", "a: d×m; P: d×m", {"a": Family("A", "k")}, "k"),
    "softmax of columns": Summed("sum(softmax(a, cols).*P)", "a: d×m; P: d×m", {"a": Family("A", "k")}, "k"),
    "reshaped": Summed("norm2(reshape(a, m, d) - P)^2", "a: d×m; P: m×d", {"a": Family("A", "k")}, "k"),
    "vectors": Summed("(w'*x - t)*x", "x: d; w: d; t: scalar", X_AND_Y),
    "matrices": Summed("(x - mu)*(x - mu)'", "x: d; mu: d", X_AND_Y),
    "inverses, a matrix": Summed("inv(eye + a*a')", "a: d×m", {"a": Family("A", "k")}, "k"),
    "constant": Summed("w'*w", "w: d", {}),
    "pairs": Summed("exp(-norm2(x - z)^2)", "x: d; z: d", {"x": Family("X", "i"), "z": Family("Z", "j")}, "ij"),
    "partial likelihood": Summed(
        "r*exp(x'*b)", "x: d; b: d; r: scalar", {"x": Family("Z", "j"), "r": Family("R2", "ij")}, "ij", between="log(1 + s^2)"
    ),
}
