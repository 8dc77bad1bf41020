"""SymPy: matrix expressions with symbolic sizes, ``diff``, and ``str``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.tasks import Task
from benchmarks.tools.sympy_values import value_of


class SymPy:
    def __init__(self) -> None:
        import sympy
        from sympy.core.cache import clear_cache

        self.name = f"SymPy {sympy.__version__}"
        self.forget = clear_cache
        self._words = _words(sympy)
        self._compiled: dict[str, Any] = {}

    def spellings(self, task: Task) -> list[str]:
        return list(task.sympy)

    def build(self, task: Task, spelling: str) -> tuple[Any, dict[str, Any]]:
        """The expression, and its symbols by name."""
        import sympy

        symbols: dict[str, Any] = {}
        for name, shape in task.shapes.items():
            sizes = [sympy.Symbol(size) if isinstance(size, str) else sympy.Integer(size) for size in shape]
            symbols[name] = sympy.MatrixSymbol(name, *(sizes + [1, 1])[:2]) if shape else sympy.Symbol(name)
        code = self._compiled.get(spelling) or self._compiled.setdefault(spelling, compile(spelling, spelling, "eval"))
        return eval(code, {**self._words, **symbols}), symbols  # the text is the project's own, from formulas.toml

    def solve(self, task: Task, spelling: str) -> Any:
        expression, symbols = self.build(task, spelling)
        for _ in range(task.order):
            expression = expression.diff(symbols[task.by])
        return expression

    def text(self, answer: Any) -> str:
        return str(answer)

    def value(self, task: Task, spelling: str) -> NDArray[Any]:
        return np.asarray(value_of(self.build(task, spelling)[0], task.point)).squeeze()

    def derivative(self, task: Task, answer: Any) -> NDArray[Any]:
        """SymPy puts the axes of the variable first."""
        found = np.asarray(value_of(answer, task.point)).squeeze()
        below = len(task.shapes[task.by])
        return found.transpose([*range(below, found.ndim), *range(below)]) if found.ndim == task.derivative.ndim else found


def _words(sympy: Any) -> dict[str, Any]:
    """What the spellings use besides the symbols."""
    names = (
        "Abs DiagMatrix Determinant HadamardPower HadamardProduct Identity KroneckerProduct Lambda Max OneMatrix Rational Trace "
        "cos exp log sin sqrt tanh"
    )
    words = {name: getattr(sympy, name) for name in names.split()}
    return words | {
        "t": sympy.Dummy("t"),
        "I": lambda x: sympy.Identity(x.rows),
        "J": lambda x: sympy.OneMatrix(x.rows, 1),
        "total": lambda x: sympy.OneMatrix(1, x.rows) * x,
        "ew": lambda function, x: x.applyfunc(function),
    }
