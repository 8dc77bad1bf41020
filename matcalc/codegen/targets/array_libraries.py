"""How operations are written for libraries of arrays in Python. What NumPy, JAX and PyTorch do
alike stands here, in NumPy's way."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from matcalc.base.errors import MatcalcError
from matcalc.base.functions import computable, function_called
from matcalc.base.shapes import Selection, Shape
from matcalc.base.sizes import ONE, ZERO, Size
from matcalc.codegen.operations import Op
from matcalc.codegen.ordering import Order, Tree
from matcalc.codegen.requests import Application
from matcalc.codegen.targets.python_files import COMMON, PythonFiles
from matcalc.codegen.targets.target import (
    CHOICE,
    LETTERS,
    PLUS,
    TIMES,
    UNARY,
    Step,
    Text,
    Writer,
    is_constant,
    plain_call,
    put_in,
)
from matcalc.expr.nodes import Symbol

_PARTS = ("rows", "cols", "values")
"""Of the entries of a sparse matrix."""
_MOST_WRITTEN = 3
"""Orders of a product that are written out beside each other."""
_OF_STACKS = frozenset({"det", "logdet", "pinv"})
"""Functions whose code takes stacks of matrices as it stands."""
_ON_HOST = frozenset(["exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos", "atan", "erf", "log1p", "expm1"])
"""Elementwise functions that Python's own ``math`` has by these names."""


_CALLS = {
    "pi": Text("{xp}.pi"),
    "imaginary": Text("1j"),
    "diagonal": Text("{xp}.diagonal({0})"),
    "diagonal_matrix": Text("{xp}.diag({0})"),
    "outer": Text("{xp}.outer({codes})"),
    "kron": Text("{xp}.kron({codes})"),
    "dot_all": Text("{xp}.vdot({codes})"),
    "trace": Text("{xp}.trace({0})"),
    "inverse": Text("{xp}.linalg.inv({0})"),
    "solve": Text("{xp}.linalg.solve({codes})"),
    "cholesky": Text("{xp}.linalg.cholesky({0})"),
    "cholesky_solve": Text("{step.helper}({codes})"),
    "cholesky_inverse": Text("{step.helper}({0})"),
    "cholesky_logdet": Text("2*{xp}.sum({xp}.log({xp}.diagonal({0})))", TIMES, "mul"),
    "div": Text("{0:times mul div}/{1:times}", TIMES, "div"),
    "pow": Text("{0:unary}**{1:unary}", UNARY),
    "matmul": Text("{0:times matmul} @ {1:times}", TIMES, "matmul"),
    "whole_power": Text("{xp}.linalg.matrix_power({codes})"),
    "user": Text("{step.user}({codes})"),
    "transpose": Text("{0:unary}.T"),
    "column": Text("{0:unary}[:, None]"),
}


class ArrayLibrary(PythonFiles):
    """A library whose arrays have NumPy's ways."""

    in_python = True
    chooses = True
    draws = True
    reserved = frozenset({*keyword.kwlist, "np", "jnp", "jax", "torch", "math", "numpy", "functools", "unused", "rng", "self"})
    calls: Mapping[str, Text] = MappingProxyType(_CALLS)
    permute = "transpose"
    whole_over = "//"
    on_host = True
    """Whether numbers made of sizes are worked out by Python: a number of NumPy would make double
    precision of single."""
    typed = ", dtype={}.dtype"
    """Keyword arguments that give a new array the type of another one."""
    helpers: Mapping[str, str]
    """Sources of helper functions of its own; ``parts`` are what stands in braces in those that
    libraries share."""
    parts: Mapping[str, str]

    # ------------------------------------------------------------ names and sizes

    def length(self, name: str, axis: int) -> str:
        """The length of an axis."""
        return f"{name}.shape[{axis}]"

    def root(self, length: str, divisor: str, power: int) -> str:
        """A size from the length of an axis that is made of it."""
        length = f"{length} // {divisor}" if divisor else length
        return length if power == 1 else f"round(({length})**(1/{power}))"

    def made_like(self, writer: Writer) -> str:
        """Keyword arguments that give a new array the type of the inputs."""
        return f", dtype={self.type_name(writer)}" if writer.like else ""

    def guides(self, symbols: Sequence[Symbol]) -> list[Symbol]:
        """Arrays first, as a scalar may have been a number of Python."""
        return sorted(symbols, key=lambda symbol: not symbol.shape)

    def common_type(self, names: Sequence[str]) -> str:
        """What the library makes of them, and of whole numbers what it makes of these and a broken
        one."""
        return f"{self.module}.result_type({', '.join(names)}, 1.0)"

    def type_name(self, writer: Writer) -> str:
        """The variable of the type that the inputs have together; the function will set it."""
        writer.typed = writer.name("type", "dtype")
        return writer.typed

    def _shape(self, shape: Shape, writer: Writer) -> str:
        """A shape as code: a number for one axis, a tuple for more."""
        return writer.size(shape[0]) if len(shape) == 1 else f"({', '.join(map(writer.size, shape))})"

    def _tuple(self, step: Step) -> str:
        return f"({step.size},)" if step.op.order == 1 else self._shape(step.op.shape, step.writer)

    # ------------------------------------------------------------ operations

    def eye(self, step: Step) -> str:
        return f"{self.module}.eye({step.size}{self.made_like(step.writer)})"

    def _eye(self, step: Step) -> Text:
        return Text(self.eye(step))

    def _unit(self, step: Step) -> Text:
        return Text(f"{self.eye(step)}[{self.place(step.op.data, step.op.shape[0], step.writer)}]")

    def filled(self, function: str, step: Step) -> str:
        return f"{self.module}.{function}({self._shape(step.op.shape, step.writer)}{self.made_like(step.writer)})"

    def repeated(self, value: Text, step: Step) -> Text:
        return Text(f"{self.module}.full({self._tuple(step)}, {value}{self.made_like(step.writer)})")

    def _mul(self, step: Step) -> Text:
        return Text("*".join([f"{step.first:times mul}", *(f"{operand:times}" for operand in step.operands[1:])]), TIMES, "mul")

    def _sqrt(self, step: Step) -> Text:
        return Text(f"{'math' if self._is_host(step) else self.module}.sqrt({step.first.code})")

    def _map(self, step: Step) -> Text:
        name, arguments = step.op.data, step.codes
        if self._is_host(step):
            if name in _ON_HOST:
                return Text(f"math.{name}({arguments[0]})")
            return self.to_host(
                self._called(name, [self.from_host(argument, step.writer) for argument in arguments], step.writer)
            )
        elif len(arguments) > 1:
            arguments = self.beside_arrays(step)
        return self._called(name, arguments, step.writer)

    def _called(self, name: str, arguments: Sequence[str], writer: Writer) -> Text:
        """An elementwise function of the table."""
        argument = ", ".join(arguments)
        if self.helper_source(name) is not None:
            return Text(f"{writer.helper(name)}({argument})")
        code = self._elementwise(name)
        if called := plain_call(name, code):
            self.note_import(code, writer)
            return Text(f"{called}({argument})")
        return Text(f"{writer.defined(name)}({argument})")

    def _chain(self, step: Step) -> Text:
        """The order that costs least at the lengths there are, the first where two cost the same;
        by the library where there are many."""
        orders: tuple[Order, ...] = step.op.data
        if len(orders) > _MOST_WRITTEN:
            return Text(f"{self.module}.linalg.multi_dot([{', '.join(step.codes)}])")
        codes = [self._in_order(order.tree, step.operands).code for order in orders]
        shown = codes[-1]
        for place in reversed(range(len(orders) - 1)):
            wins = dict.fromkeys([_at_most(orders[place].cost, other.cost, step.writer) for other in orders[place + 1 :]])
            shown = f"{codes[place]} if {' and '.join(wins)} else {shown}"
        return Text(shown, CHOICE)

    def _sparse(self, step: Step) -> Text:
        name, codes = step.op.data, step.codes
        if name in _PARTS:
            return Text(f"{step.first:unary}[{_PARTS.index(name)}]")
        if name == "taken":
            return Text(f"{step.first:unary}[{codes[1]}]")
        if name in ("totals", "times"):
            codes.append(step.size)
        if name == "sparse_array":
            codes.append(f"({', '.join(step.sizes)})")
        return Text(f"{step.writer.helper(name)}({', '.join(codes)})")

    def _in_order(self, tree: Tree, factors: Sequence[Text]) -> Text:
        """A short product; its order is no deeper than it is long."""
        if isinstance(tree, int):
            return factors[tree]
        form = self.calls["matmul"]
        code = form.code.format(self._in_order(tree[0], factors), self._in_order(tree[1], factors))
        return Text(code, form.level, form.kind)

    def from_host(self, number: str, writer: Writer) -> str:
        """A number of Python as an argument of the library's functions."""
        return number

    def to_host(self, value: Text) -> Text:
        """What the library makes of numbers of Python, as such a number where it can be one."""
        return value

    def beside_arrays(self, step: Step) -> list[str]:
        """The arguments of a function of several numbers, of which some may be numbers of Python;
        where all of those are that the value is made of, one gets the type of the arrays."""
        values = [partial not in ("", "0") for partial in computable()[step.op.data].partials]
        codes, plain = list(step.codes), [is_constant(op) for op in step.op.operands]
        if all(constant for constant, value in zip(plain, values, strict=True) if value) and any(values):
            first = values.index(True)
            codes[first] = self.constant(codes[first], step.writer)
        return codes

    def note_import(self, code: str, writer: Writer) -> None:
        """Notes the module, besides the library's own, that the code uses."""

    def _row(self, step: Step) -> Text:
        return step.first  # a vector broadcasts along rows as it is

    def _broadcast(self, step: Step) -> Text:
        return Text(f"{self.module}.broadcast_to({step.first.code}, {self._tuple(step)})")

    def _reshape(self, step: Step) -> Text:
        return Text(f"{step.first:unary}.reshape({', '.join(step.sizes) or '()'})")

    def _permute(self, step: Step) -> Text:
        return Text(f"{step.first:unary}.{self.permute}({', '.join(map(str, step.op.data))})")

    def _expand(self, step: Step) -> Text:
        places = ["None" if axis in step.op.data else ":" for axis in range(step.op.order)]
        return Text(f"{step.first:unary}[{', '.join(places)}]")

    def _pick(self, step: Step) -> Text:
        pairs = zip(step.op.data, step.op.operands[0].shape, strict=True)
        places = [":" if place is None else self.place(place, size, step.writer) for place, size in pairs]
        while places[-1] == ":":
            places.pop()
        return Text(f"{step.first:unary}[{', '.join(places)}]")

    def place(self, position: Size, size: Size, writer: Writer) -> str:
        """A position on an axis of this size as a subscript; one that is so far from the end is
        counted from there, so that none before the first is taken for another."""
        behind = (size - position).number if position.names else None
        return writer.size(position - ONE) if behind is None else str(-1 - behind)

    def run(self, run: Selection, writer: Writer) -> str:
        start = writer.size(run.before) if run.before is not ZERO else ""
        return f"{start}:{writer.size(run.before + run.size) if run.behind is not ZERO else ''}"

    def sliced(self, array: Text, runs: Sequence[str]) -> Text:
        kept = list(runs)
        while kept and kept[-1] == ":":
            kept.pop()
        return Text(f"{array:unary}[{', '.join(kept)}]") if kept else array

    def _stack(self, step: Step) -> Text:
        return Text(self.joined(step.codes))

    def joined(self, codes: Iterable[str], axis: int = 0) -> str:
        """Arrays beside each other along an axis."""
        return f"{self.module}.concatenate([{', '.join(codes)}]{f', axis={axis}' if axis else ''})"

    def grid(self, rows: Sequence[Sequence[Text]]) -> Text:
        lines = [", ".join([block.code for block in row]) for row in rows]
        if len(rows) == 1 or len(rows[0]) == 1:
            return Text(self.joined(lines, int(len(rows) == 1)))
        return Text(f"{self.module}.block([{', '.join([f'[{line}]' for line in lines])}])")

    def array(self, rows: Sequence[Sequence[Text]], step: Step) -> Text:
        lines = [f"[{', '.join([entry.code for entry in row])}]" for row in rows]
        shown = lines[0] if step.op.order == 1 else f"[{', '.join(lines)}]"
        return Text(f"{self.module}.array({shown}{self.made_like(step.writer)})")

    def _add_diagonal(self, step: Step) -> Text:
        base, entries = step.operands
        if step.op.operands[1].shape:
            return Text(f"{base:plus sum} + {self.module}.diag({entries})", PLUS, "sum")
        return super()._add_diagonal(step)

    def _on_diagonal(self, step: Step) -> Text:
        code = self.embedded(step, f"{step.operands[-1]:unary}")
        return Text(code) if len(step.operands) == 1 else Text(f"{step.first:plus sum} + {code}", PLUS, "sum")

    def embedded(self, step: Step, block: str) -> str:
        """The block where axes agree, and zeros elsewhere."""
        raise NotImplementedError

    def _vec(self, step: Step) -> Text:
        first = step.first
        turned = step.op.operands[0].kind == "transpose" and first.code.endswith(".T")  # else it has a name of its own
        return Text(f"{first.code.removesuffix('.T')}.reshape(-1)" if turned else f"{first:unary}.T.reshape(-1)")

    def _unvec(self, step: Step) -> Text:
        return Text(f"{step.first:unary}.reshape({', '.join(map(step.writer.size, step.op.shape[::-1]))}).T")

    def _einsum(self, step: Step) -> Text:
        indices, output = step.op.data
        names = [index_names(labels) for labels in (*indices, output)]
        return Text(f'{self.module}.einsum("{",".join(names[:-1])}->{names[-1]}", {", ".join(step.codes)})')

    def _sum(self, step: Step) -> Text:
        return Text(f"{self.module}.{step.op.kind}({step.first}{'' if step.op.data is None else f', axis={step.op.data}'})")

    _max = _sum

    # ------------------------------------------------------------ functions of whole arrays

    def _call(self, step: Step) -> Text:
        name, axis = step.op.data
        if name in ("softmax", "logsumexp"):
            return self.exponentials(step, name, {None: None, "rows": 1, "cols": 0, "each": -1}[axis])
        return super()._call(step)

    def along(self, step: Step) -> Text:
        raise MatcalcError("there is no code for {} along {}".format(*step.op.data))

    def exponentials(self, step: Step, name: str, along: int | None) -> Text:
        """``softmax`` or ``logsumexp``."""
        return Text(f"{step.writer.helper(name)}({step.first.code}{'' if along is None else f', axis={along}'})")

    def each(self, step: Step) -> Text:
        """A function of each of the matrices or vectors along leading axes: linear algebra takes
        stacks, other functions are mapped."""
        name = step.op.data[0]
        if name == "inv":
            return Text(f"{self.module}.linalg.inv({step.first.code})")
        if name in _OF_STACKS:
            return self.whole(name, step.codes, step.writer)
        known = function_called(name)
        given, _, result = known.signature.partition("->")
        one = f"lambda {', '.join(known.parameters)}: {self.called(name, known.parameters, step.writer).code}"
        sizes = ",".join([_core(part.rpartition(":")[2]) for part in given.split(",")])
        batch = step.op.operands[0].order - known.argument_order
        return Text(f"{self.mapped(one, batch, f'{sizes}->{_core(result)}')}({', '.join(step.codes)})")

    def mapped(self, function: str, batch: int, signature: str) -> str:
        """The function of arrays with so many axes more, in front."""
        return f"{self.module}.vectorize({function}, signature='{signature}')"

    def whole(self, name: str, codes: Sequence[str], writer: Writer) -> Text:
        """A function of one vector or matrix."""
        if self.helper_source(name) is not None:
            return Text(f"{writer.helper(name)}({', '.join(codes)})")
        own, numpy = self._fields(name)
        text = own or numpy
        if not text or (not own and re.search(r"(?<![\w.])(?!(?:np|int)\b)[a-z_]\w+\(", text)):
            raise MatcalcError(f"there is no {self.name} code for the function {name}")
        self.note_import(own, writer)
        if not own:
            text = re.sub(r"\bnp\.", f"{self.module}.", text)
        if computable()[name].of_sizes and "{like}" not in text and self.made_like(writer):
            text += f".astype({self.type_name(writer)})"
        if "{like}" in text:
            text = text.replace("{like}", self.made_like(writer))
        return Text(put_in(text, computable()[name].parameters, codes))

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

    def helper_source(self, name: str) -> str | None:
        """The library's own source, or the shared one with what the library says differently."""
        text = self.helpers.get(name)
        if text is None and name in COMMON:
            text = COMMON[name]
            own = {
                "xp": self.module,
                "kron": f"{self.module}.kron",
                "like": self.typed.format("A"),
                "like_basis": self.typed.format("basis"),
                **self.parts,
            }
            for part, code in own.items():
                text = text.replace(f"{{{part}}}", code)
        return text and text.strip("\n")

    def needed_helpers(self, name: str) -> tuple[str, ...]:
        """What stands in the source of a helper, and what stands in that, first."""
        called = dict.fromkeys(re.findall(r"\b_(\w+)", self.helper_source(name) or ""))
        found = [other for other in called if other != name and self.helper_source(other) is not None]
        return tuple(dict.fromkeys([one for other in found for one in (*self.needed_helpers(other), other)]))

    def elementwise_source(self, name: str) -> str:
        """An elementwise function of the table."""
        return f"def _{name}({', '.join(computable()[name].parameters)}):\n    return {self._elementwise(name)}"

    def applied(self, application: Application, writer: Writer) -> str:
        """The function with its first arguments bound."""
        writer.imports.setdefault("functools")
        return f"functools.partial({', '.join([application.name, *application.bound])})"


def _at_most(cost: Size, other: Size, writer: Writer) -> str:
    """That one cost is not above another one, without what is common to both."""
    gap = (cost - other).primitive
    above = Size(tuple([term for term in gap.terms if term[1] > 0]))
    return f"{writer.size(above)} <= {writer.size(above - gap)}"


def index_names(labels: Sequence[int]) -> str:
    """Labels of axes as letters."""
    return "".join(LETTERS[label] for label in labels)


def _core(kind: str) -> str:
    """The axes of a kind in the signatures of generalised functions: ``(m,n)`` for m×n, ``(minmn)``
    for min(m,n)."""
    axes = [re.sub(r"\W", "", part) for part in kind.split("×") if part.strip() != "scalar"]
    return f"({','.join(axes)})"
