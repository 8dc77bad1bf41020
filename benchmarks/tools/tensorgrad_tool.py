"""tensorgrad: tensor networks with named axes, ``Derivative``, ``full_simplify``, and ``str``."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from numpy.typing import NDArray

from benchmarks.tasks import Task
from benchmarks.tools.tensorgrad_values import value_of


class Letters:
    """A matrix or vector whose axes get their names where it is used: ``A.ij`` has axes i and j, ``A.ii`` is the trace."""

    def __init__(self, variable: Any, edges: tuple[str, ...]) -> None:
        self.variable, self.edges = variable, edges

    def __getattr__(self, names: str) -> Any:
        if len(names) != len(self.edges):
            raise AttributeError(f"{len(self.edges)} names are needed, not {names!r}")
        if len(set(names)) < len(names):
            import tensorgrad.functions as functions

            return functions.trace(self.variable)
        return self.variable.rename(**dict(zip(self.edges, names, strict=True)))


class Tensorgrad:
    def __init__(self, simplify: str = "full_simplify") -> None:
        import tensorgrad.structure

        self.name = f"tensorgrad {version('tensorgrad')} {simplify}"
        self._simplify = simplify
        self._sizes = tensorgrad.structure.size_key
        self._words = _words()
        self._compiled: dict[str, Any] = {}

    def spellings(self, task: Task) -> list[str]:
        return [task.tensorgrad] if task.tensorgrad else []

    def build(self, task: Task, spelling: str) -> tuple[Any, dict[str, Any]]:
        """The expression, and its variables by name. Axes of the variables are called first and second."""
        import sympy
        import tensorgrad

        variables: dict[str, Any] = {}
        words = dict(self._words)
        for name, shape in task.shapes.items():
            edges = ("first", "second")[: len(shape)]
            variables[name] = tensorgrad.Variable(
                name, **{e: sympy.Symbol(str(size)) for e, size in zip(edges, shape, strict=True)}
            )
            words[name] = Letters(variables[name], edges) if shape else variables[name]
        code = self._compiled.get(spelling) or self._compiled.setdefault(spelling, compile(spelling, spelling, "eval"))
        return eval(code, words), variables  # the text is the project's own, from formulas.toml

    def solve(self, task: Task, spelling: str) -> Any:
        import tensorgrad

        expression, variables = self.build(task, spelling)
        for number in range(task.order):
            edges = {edge: f"{edge}{number}" for edge in variables[task.by].edges}
            expression = tensorgrad.Derivative(expression, variables[task.by], edges)
        return getattr(expression, self._simplify)()

    def text(self, answer: Any) -> str:
        return str(answer)

    def value(self, task: Task, spelling: str) -> NDArray[Any]:
        return value_of(self.build(task, spelling)[0], task.point)

    def derivative(self, task: Task, answer: Any) -> NDArray[Any]:
        edges = ("first", "second")[: len(task.shapes[task.by])]
        return value_of(answer, task.point, [f"{edge}{number}" for number in range(task.order) for edge in edges])

    def forget(self) -> None:
        """Everything else that tensorgrad remembers hangs on the objects of one expression."""
        self._sizes.cache_clear()


def _words() -> dict[str, Any]:
    """What the spellings use besides the variables."""
    import tensorgrad
    import tensorgrad.functions as functions

    words = {
        name: getattr(functions, name) for name in ("det", "exp", "log", "pow", "relu", "sqrt", "sum", "tanh", "trace", "softmax")
    }
    return words | {
        "inv": functions.inverse,
        "square": functions.frobenius2,
        "eye": lambda matrix, names: tensorgrad.Delta(matrix.variable.shape["first"], *names),
    }
