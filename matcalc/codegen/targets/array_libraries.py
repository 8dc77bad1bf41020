"""How operations are written for libraries of arrays in Python. What NumPy, JAX and PyTorch do
alike stands here, in NumPy's way."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matcalc.base.errors import MatcalcError
from matcalc.base.functions import computable
from matcalc.base.sizes import Shape
from matcalc.codegen.operations import Op
from matcalc.codegen.requests import identifier
from matcalc.codegen.targets.python_files import PythonFiles
from matcalc.codegen.targets.python_helpers import COMMON, NEEDS
from matcalc.codegen.targets.target import (
    PLUS,
    TIMES,
    UNARY,
    Application,
    Operations,
    Step,
    Text,
    Writer,
    as_float,
    is_constant,
    put_in,
    signed_sum,
)
from matcalc.expr.nodes import Symbol

_RESERVED = frozenset({*keyword.kwlist, "np", "jnp", "jax", "torch", "math", "numpy", "functools", "unused", "rng", "self"})
_OF_STACKS = frozenset({"det", "logdet", "pinv"})
"""Functions whose code takes stacks of matrices as it stands."""
_ON_HOST = frozenset(["exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos", "atan", "erf", "log1p", "expm1"])
"""Elementwise functions that Python's own ``math`` has by these names."""
_LETTERS = "ijklmnpqrstuvwabcdefghoxyzIJKLMNPQRSTUVWABCDEFGHOXYZ"


class ArrayLibrary(Operations, PythonFiles):
    """A library whose arrays have NumPy's ways."""

    in_python = True
    evaluates = False
    draws = True
    reuses_memory = False
    permute = "transpose"
    on_host = True
    """Whether numbers made of sizes are worked out by Python: a number of NumPy would make double
    precision of single."""
    helpers: Mapping[str, str]
    """Sources of helper functions of its own; ``parts`` are what stands in braces in those that
    libraries share."""
    parts: Mapping[str, str]

    # ------------------------------------------------------------ names and sizes

    def identifier(self, name: str) -> str:
        """A Python identifier."""
        return identifier(name, _RESERVED)

    def length(self, name: str, axis: int) -> str:
        """The length of an axis."""
        return f"{name}.shape[{axis}]"

    def root(self, length: str, divisor: str, power: int) -> str:
        """A size from the length of an axis that is made of it."""
        if divisor:
            length = f"{length} // {divisor}"
        return length if power == 1 else f"round(({length})**(1/{power}))"

    def guides(self, symbols: Sequence[Symbol]) -> list[Symbol]:
        """Of which arrays new ones take the type."""
        return [symbol for symbol in symbols if symbol.shape]

    def made_like(self, writer: Writer) -> str:
        """Keyword arguments that give a new array the type of the inputs."""
        return f", dtype={writer.like}.dtype" if writer.like else ""

    def _shape(self, shape: Shape, writer: Writer) -> str:
        """A shape as code: a number for one axis, a tuple for more."""
        return writer.size(shape[0]) if len(shape) == 1 else f"({', '.join(map(writer.size, shape))})"

    def _tuple(self, shape: Shape, writer: Writer) -> str:
        return f"({writer.size(shape[0])},)" if len(shape) == 1 else self._shape(shape, writer)

    # ------------------------------------------------------------ operations

    def __init__(self) -> None:
        self.calls = {kind: template.replace("{xp}", self.module) for kind, template in _CALLS.items()}

    def _eye(self, step: Step) -> Text:
        return Text(f"{self.module}.eye({step.writer.size(step.op.shape[0])}{self.made_like(step.writer)})")

    def _full(self, step: Step) -> Text:
        inner, shape, like = step.op.operands[0], step.op.shape, self.made_like(step.writer)
        if inner.kind == "literal" and inner.data in (0, 1):
            return Text(f"{self.module}.{'ones' if inner.data else 'zeros'}({self._shape(shape, step.writer)}{like})")
        code = repr(as_float(inner.data)) if inner.kind == "literal" else step.first.code
        return Text(f"{self.module}.full({self._tuple(shape, step.writer)}, {code}{like})")

    def _unit(self, step: Step) -> Text:
        return Text(f"{self._eye(step).code}[{step.op.data - 1}]")

    def _add(self, step: Step) -> Text:
        return signed_sum(step, negated=False)

    def negated(self, step: Step) -> Text:
        """The negative of a sum."""
        return signed_sum(step, negated=True)

    def _mul(self, step: Step) -> Text:
        left = step.first.within(TIMES, kinds=("mul",))
        return Text("*".join([left, *(operand.within(TIMES) for operand in step.operands[1:])]), TIMES, "mul")

    def _div(self, step: Step) -> Text:
        return Text(f"{step.first.within(TIMES, kinds=('mul', 'div'))}/{step.operands[1].within(TIMES)}", TIMES, "div")

    def _pow(self, step: Step) -> Text:
        return Text(f"{step.first.within(UNARY)}**{step.operands[1].within(UNARY)}", UNARY)

    def _sqrt(self, step: Step) -> Text:
        return Text(f"{'math' if self._is_host(step) else self.module}.sqrt({step.first.code})")

    def _map(self, step: Step) -> Text:
        name, argument = step.op.data, step.first.code
        if self._is_host(step):
            if name in _ON_HOST:
                return Text(f"math.{name}({argument})")
            argument = self.from_host(argument, step.writer)
        if self.helper_source(name) is not None:
            return Text(f"{step.writer.helper(name)}({argument})")
        code = self._elementwise(name)
        simple = re.fullmatch(r"([\w.]+)\(t\)", code)
        if simple:
            self.note_import(code, step.writer)
            return Text(f"{simple[1]}({argument})")
        return Text(f"{step.writer.defined(name)}({argument})")

    def from_host(self, number: str, writer: Writer) -> str:
        """A number of Python as an argument of the library's functions."""
        return number

    def note_import(self, code: str, writer: Writer) -> None:
        """Notes the module, besides the library's own, that the code uses."""

    def _user(self, step: Step) -> Text:
        return Text(f"{step.writer.name('function', step.op.data)}({step.first.code})")

    def _transpose(self, step: Step) -> Text:
        return Text(f"{step.first.within(UNARY)}.T")

    def _column(self, step: Step) -> Text:
        return Text(f"{step.first.within(UNARY)}[:, None]")

    def _row(self, step: Step) -> Text:
        return step.first  # a vector broadcasts along rows as it is

    def _broadcast(self, step: Step) -> Text:
        return Text(f"{self.module}.broadcast_to({step.first.code}, {self._tuple(step.op.shape, step.writer)})")

    def _reshape(self, step: Step) -> Text:
        return Text(f"{step.first.within(UNARY)}.reshape({', '.join(map(step.writer.size, step.op.shape)) or '()'})")

    def _permute(self, step: Step) -> Text:
        return Text(f"{step.first.within(UNARY)}.{self.permute}({', '.join(map(str, step.op.data))})")

    def _expand(self, step: Step) -> Text:
        places = ["None" if axis in step.op.data else ":" for axis in range(step.op.order)]
        return Text(f"{step.first.within(UNARY)}[{', '.join(places)}]")

    def _pick(self, step: Step) -> Text:
        places = [":" if place is None else str(place) for place in step.op.data]
        while places[-1] == ":":
            places.pop()
        return Text(f"{step.first.within(UNARY)}[{', '.join(places)}]")

    def _add_diagonal(self, step: Step) -> Text:
        base, entries = step.operands
        left = base.within(PLUS, kinds=("sum",))
        if step.op.operands[1].shape:
            return Text(f"{left} + {self.module}.diag({entries.code})", PLUS, "sum")
        sign = "-" if entries.code.startswith("-") and entries.level > PLUS else "+"
        if sign == "-":
            entries = Text(entries.code[1:], entries.level, entries.kind)
        eye = self._eye(step).code
        scaled = eye if entries.code == "1" else f"{entries.within(TIMES, kinds=('mul',))}*{eye}"
        return Text(f"{left} {sign} {scaled}", PLUS, "sum")

    def _on_diagonal(self, step: Step) -> Text:
        code = self.embedded(step, step.operands[-1].within(UNARY))
        return Text(code) if len(step.operands) == 1 else Text(f"{step.first.within(PLUS, kinds=('sum',))} + {code}", PLUS, "sum")

    def embedded(self, step: Step, block: str) -> str:
        """The block where axes agree, and zeros elsewhere."""
        raise NotImplementedError

    def _kron_sum(self, step: Step) -> Text:
        half = len(step.codes) // 2
        return Text(f"{step.writer.helper('kron_sum')}([{', '.join(step.codes[:half])}], [{', '.join(step.codes[half:])}])")

    def _vec(self, step: Step) -> Text:
        first = step.first
        turned = step.op.operands[0].kind == "transpose" and first.code.endswith(".T")  # else it has a name of its own
        return Text(f"{first.code.removesuffix('.T')}.reshape(-1)" if turned else f"{first.within(UNARY)}.T.reshape(-1)")

    def _unvec(self, step: Step) -> Text:
        cols, rows = map(step.writer.size, step.op.shape[::-1])
        return Text(f"{step.first.within(UNARY)}.reshape({cols}, {rows}).T")

    def _matmul(self, step: Step) -> Text:
        return Text(f"{step.first.within(TIMES, kinds=('matmul',))} @ {step.operands[1].within(TIMES)}", TIMES, "matmul")

    def _sum(self, step: Step) -> Text:
        return Text(f"{self.module}.sum({step.first.code}{'' if step.op.data is None else f', axis={step.op.data}'})")

    def _max(self, step: Step) -> Text:
        return Text(f"{self.module}.max({step.first.code}{'' if step.op.data is None else f', axis={step.op.data}'})")

    def _einsum(self, step: Step) -> Text:
        indices, output = step.op.data
        names = [index_names(labels) for labels in (*indices, output)]
        return Text(f'{self.module}.einsum("{",".join(names[:-1])}->{names[-1]}", {", ".join(step.codes)})')

    def _matrix_power(self, step: Step) -> Text:
        plain = step.op.operands[1].kind == "literal"
        function = f"{self.module}.linalg.matrix_power" if plain else step.writer.helper("matrix_power")
        return Text(f"{function}({', '.join(step.codes)})")

    def _cholesky_solve(self, step: Step) -> Text:
        return Text(f"{step.writer.helper('cholesky_solve')}({', '.join(step.codes)})")

    def _cholesky_inverse(self, step: Step) -> Text:
        return Text(f"{step.writer.helper('cholesky_inverse')}({step.first.code})")

    def _cholesky_logdet(self, step: Step) -> Text:
        xp = self.module
        return Text(f"2*{xp}.sum({xp}.log({xp}.diagonal({step.first.code})))", TIMES, "mul")

    # ------------------------------------------------------------ functions of whole arrays

    def _call(self, step: Step) -> Text:
        name, axis = step.op.data
        if name not in computable():
            return Text(f"{step.writer.name('function', name)}({', '.join(step.codes)})")
        if name in ("softmax", "logsumexp"):
            along = {None: None, "rows": 1, "cols": 0, "each": -1}[axis]
            return self.exponentials(step, name, along)
        if axis == "each":
            return self._each(step)
        if axis is not None:
            raise MatcalcError(f"there is no code for {name} along {axis}")
        return self._whole(name, step.codes, step.writer)

    def exponentials(self, step: Step, name: str, along: int | None) -> Text:
        """``softmax`` or ``logsumexp``."""
        return Text(f"{step.writer.helper(name)}({step.first.code}{'' if along is None else f', axis={along}'})")

    def _each(self, step: Step) -> Text:
        """A function of each of the matrices or vectors along leading axes: linear algebra takes
        stacks, other functions are mapped."""
        name = step.op.data[0]
        if name == "inv":
            return Text(f"{self.module}.linalg.inv({step.first.code})")
        if name in _OF_STACKS:
            return self._whole(name, step.codes, step.writer)
        known = computable()[name]
        given, _, result = known.signature.partition("->")
        parameters = [part.partition(":")[0].strip() for part in given.split(",")]
        one = f"lambda {', '.join(parameters)}: {self._whole(name, parameters, step.writer).code}"
        sizes = ",".join([_core(part.rpartition(":")[2]) for part in given.split(",")])
        batch = step.op.operands[0].order - known.argument_order
        return Text(f"{self.mapped(one, batch, f'{sizes}->{_core(result)}')}({', '.join(step.codes)})")

    def mapped(self, function: str, batch: int, signature: str) -> str:
        """The function of arrays with so many axes more, in front."""
        return f"{self.module}.vectorize({function}, signature='{signature}')"

    def _whole(self, name: str, codes: Sequence[str], writer: Writer) -> Text:
        """A function of one vector or matrix."""
        if self.helper_source(name) is not None:
            return Text(f"{writer.helper(name)}({', '.join(codes)})")
        own, numpy = self._fields(name)
        text = own or numpy
        if not text or (not own and re.search(r"(?<![\w.])(?!np\b)[a-z_]\w+\(", text)):
            raise MatcalcError(f"there is no {self.name} code for the function {name}")
        self.note_import(own, writer)
        if not own:
            text = re.sub(r"\bnp\.", f"{self.module}.", text)
        return Text(put_in(text, computable()[name].signature, codes))

    def _fields(self, name: str) -> tuple[str, str]:
        """The library's own expression for a function, and NumPy's, which will do with another
        module name."""
        known = computable()[name]
        return known.code(self.name), known.code("numpy")

    def _elementwise(self, name: str) -> str:
        """The code of an elementwise function of ``t``. Raises MatcalcError when the table has
        none."""
        own, numpy = self._fields(name) if name in computable() else ("", "")
        if not numpy:
            raise MatcalcError(f"there is no code for the function {name}")
        return own or re.sub(r"\bnp\.", f"{self.module}.", numpy)

    def _is_host(self, step: Step) -> bool:
        """Whether the operation is a number that Python's ``math`` works out."""
        if not self.on_host or not is_constant(step.op):
            return False
        step.writer.imports.setdefault("math")
        return True

    # ------------------------------------------------------------ results and files

    def returned(self, op: Op, text: Text, writer: Writer, *, row: bool) -> str:
        """The code of a result."""
        return self.constant(text.code, writer) if is_constant(op) else self.own_memory(op, text)

    def constant(self, code: str, writer: Writer) -> str:
        """A number of Python as an array."""
        return f"{self.module}.asarray(float({code}){self.made_like(writer)})"

    def own_memory(self, op: Op, text: Text) -> str:
        """A result that shares no memory with an argument."""
        return text.code

    def helper_name(self, name: str) -> str:
        """Names of helpers are private."""
        return f"_{name}"

    def helper_source(self, name: str) -> str | None:
        """The library's own source, or the shared one with what the library says differently."""
        text = self.helpers.get(name)
        if text is None and name in COMMON:
            text = COMMON[name]
            for part, code in self.parts.items():
                text = text.replace(f"{{{part}}}", code)
        return text and text.strip("\n")

    def needed_helpers(self, name: str) -> tuple[str, ...]:
        """Helpers that a helper calls: those of its names that the library itself does not have."""
        return tuple([needed for needed in NEEDS.get(name, ()) if self.helper_source(needed) is not None])

    def elementwise_source(self, name: str) -> str:
        """An elementwise function of the table."""
        return f"def _{name}(t):\n    return {self._elementwise(name)}"

    def applied(self, application: Application, writer: Writer) -> str:
        """The function with its first arguments bound."""
        writer.imports.setdefault("functools")
        return f"functools.partial({', '.join([application.name, *application.bound])})"

    # ------------------------------------------------------------ running

    def converter(self) -> Callable[[str, Any], Any]:
        """Makes arrays of values."""
        raise NotImplementedError

    def failures(self) -> tuple[type[Exception], ...]:
        """What a call may raise."""
        return (ArithmeticError, ValueError, IndexError)

    def is_traced(self, value: Any) -> bool:
        """No number is known later only."""
        return False


_CALLS = {
    "pi": "{xp}.pi",
    "diagonal": "{xp}.diagonal({})",
    "diagonal_matrix": "{xp}.diag({})",
    "outer": "{xp}.outer({}, {})",
    "kron": "{xp}.kron({}, {})",
    "dot_all": "{xp}.vdot({}, {})",
    "trace": "{xp}.trace({})",
    "inverse": "{xp}.linalg.inv({})",
    "solve": "{xp}.linalg.solve({}, {})",
    "cholesky": "{xp}.linalg.cholesky({})",
}


def index_names(labels: Sequence[int]) -> str:
    """Labels of axes as letters."""
    return "".join(_LETTERS[label] for label in labels)


def _core(kind: str) -> str:
    """The axes of a kind in the signatures of generalised functions: ``(m,n)`` for m×n."""
    return f"({','.join(part.strip() for part in kind.split('×') if part.strip() != 'scalar')})"
