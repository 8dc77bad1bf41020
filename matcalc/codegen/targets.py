"""How each operation is written for NumPy, JAX and PyTorch."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, TypeAlias, assert_never

from matcalc.codegen.helpers import helper_source
from matcalc.codegen.operations import Op
from matcalc.errors import MatcalcError
from matcalc.functions import computable
from matcalc.sizes import Shape, Size

# ------------------------------------------------------------
# How blocks are written where axes agree, for JAX and PyTorch, which have no views to write to.

Places = tuple[int, ...]
"""For every axis of the result the axis of the block that it is."""


def masked(block: str, places: Places, shape: Shape, size: Callable[[Size], str]) -> str:
    """JAX: the block repeated along the second of two tied axes, and zero where they differ. The compiler makes one loop of it."""
    masks: list[str] = []
    kept: set[int] = set()
    for axis, place in enumerate(places):
        first = places.index(place)
        if first == axis:
            kept.add(axis)
        else:
            masks.append(f"jnp.eye({size(shape[axis])}, dtype=bool){_expanded({first, axis}, len(places))}")
    return f"jnp.where({' & '.join(masks)}, {block}{_expanded(kept, len(places))}, 0)"


def _expanded(kept: set[int], order: int) -> str:
    if len(kept) == order:
        return ""
    return f"[{', '.join(':' if axis in kept else 'None' for axis in range(order))}]"


def embedded(block: str, places: Places) -> str:
    """PyTorch: ``diag_embed`` for every axis that is tied to an earlier one."""
    there = [places.index(place) for place in range(max(places) + 1)]  # the axes of the result that the array has so far
    code = block
    for axis, place in enumerate(places):
        if axis in there:
            continue
        earlier = max(one for one in there if places[one] == place and one < axis)
        at = there.index(earlier)
        if at != len(there) - 1:
            code = f"{code}.movedim({at}, -1)"
        there = sorted([*there, axis])
        code = f"torch.diag_embed({code}, dim1={there.index(earlier)}, dim2={there.index(axis)})"
    return code


# ------------------------------------------------------------
# How each operation is written for NumPy, JAX and PyTorch.

TargetName: TypeAlias = Literal["numpy", "jax", "torch"]
TARGETS: tuple[TargetName, ...] = ("numpy", "jax", "torch")
MODULES = {"numpy": "np", "jax": "jnp", "torch": "torch"}

ATOM, UNARY, TIMES, PLUS = 4, 3, 2, 1
_OF_STACKS = frozenset({"det", "logdet", "pinv"})
"""Functions whose code takes stacks of matrices as it stands."""
_LETTERS = "ijklmnpqrstuvwabcdefghoxyzIJKLMNPQRSTUVWABCDEFGHOXYZ"


@dataclass(frozen=True, slots=True)
class Text:
    """Code and how tightly it holds together; ``kind`` tells products apart that bind equally."""

    code: str
    level: int = ATOM
    kind: str = ""

    def within(self, level: int, *, kinds: tuple[str, ...] = ()) -> str:
        """The code as an operand of something of this level: in brackets where it would fall apart."""
        if self.level > level or (self.level == level and self.kind in kinds):
            return self.code
        return f"({self.code})"


@dataclass(slots=True)
class Writer:
    """Writes operations for one target, and notes the helper functions that the code calls.

    ``like`` is a parameter whose dtype and device new arrays take; ``name`` gives the identifier of a symbol, size or user function.
    """

    target: TargetName
    name: Callable[[str, str], str]
    like: str | None = None
    helpers: dict[str, None] = field(default_factory=dict)
    imports: dict[str, None] = field(default_factory=dict)

    @property
    def xp(self) -> str:
        return MODULES[self.target]

    def helper(self, name: str) -> str:
        """The name of a helper function, which the file will define."""
        if helper_source(self.target, name) is None:
            raise MatcalcError(f"there is no {self.target} code for the function {name}")
        self.helpers.setdefault(name)
        return f"_{name}"

    def size(self, size: Size) -> str:
        """A size as code."""
        parts = ([str(size.factor)] if size.factor != 1 or not size.names else []) + [self.name("size", name) for name in size.names]
        return "*".join(parts)

    def shape(self, shape: Shape) -> str:
        """A shape as code: a number for one axis, a tuple for more."""
        return self.size(shape[0]) if len(shape) == 1 else f"({', '.join(map(self.size, shape))})"

    def made_like(self) -> str:
        """Keyword arguments that give a new array the dtype (and device) of the inputs."""
        if self.like is None or self.target == "numpy":
            return ""
        return f", dtype={self.like}.dtype" + (f", device={self.like}.device" if self.target == "torch" else "")

    def number(self, value: Fraction) -> Text:
        """An exact number as code."""
        if value.denominator == 1 and abs(value) < 10**15:
            return Text(str(value), ATOM if value >= 0 else UNARY)
        near = _as_float(value)
        if math.isinf(near):
            raise MatcalcError("a number in the formula is too large for floating point", expected="numbers up to 1e308")
        if value.denominator == 1 or Fraction(near) == value or Fraction(repr(near)) == value:
            return Text(repr(near), ATOM if value >= 0 else UNARY)
        if abs(value.numerator) > 10**15 or value.denominator > 10**15:
            return Text(repr(near), ATOM if value >= 0 else UNARY)
        return Text(f"{value.numerator}/{value.denominator}", TIMES, "div")

    # ------------------------------------------------------------ operations

    def written(self, op: Op, operands: Sequence[Text], *, in_place: bool = False) -> Text:
        """The code of ``op``, given that of its operands; ``in_place`` when the first is an array that nothing else uses."""
        xp = self.xp
        codes = [operand.code for operand in operands]
        first = operands[0] if operands else Text("")
        match op.kind:
            case "input":
                return Text(self.name("symbol", op.data))
            case "literal":
                return self.number(op.data)
            case "pi":
                return Text(f"{xp}.pi")
            case "size":
                return Text(self.size(op.data), ATOM if len(op.data.names) == 1 and op.data.factor == 1 else TIMES, "mul")
            case "eye":
                return Text(f"{xp}.eye({self.size(op.shape[0])}{self.made_like()})")
            case "full":
                return self._full(op, first)
            case "unit":
                return Text(f"{xp}.eye({self.size(op.shape[0])}{self.made_like()})[{op.data - 1}]")
            case "add":
                return _signed_sum(list(zip(op.data, operands, strict=True)))
            case "mul":
                left = first.within(TIMES, kinds=("mul",))
                return Text("*".join([left, *(operand.within(TIMES) for operand in operands[1:])]), TIMES, "mul")
            case "div":
                return Text(f"{first.within(TIMES, kinds=('mul', 'div'))}/{operands[1].within(TIMES)}", TIMES, "div")
            case "neg":
                if op.operands[0].kind == "mul" and first.kind == "mul":
                    return Text(f"-{first.code}", TIMES, "mul")  # the sign is that of the first factor, a number if there is one
                return Text(f"-{first.within(UNARY)}", UNARY)
            case "pow":
                return Text(f"{first.within(UNARY)}**{operands[1].within(UNARY)}", UNARY)
            case "sqrt":
                return Text(f"math.sqrt({first.code})" if self._on_host(op) else f"{xp}.sqrt({first.code})")
            case "map":
                return self._map(op, first)
            case "user":
                return Text(f"{self.name('function', op.data)}({first.code})")
            case "transpose":
                return Text(f"{first.within(UNARY)}.T")
            case "column":
                return Text(f"{first.within(UNARY)}[:, None]")
            case "row":
                return first  # a vector broadcasts along rows as it is
            case "broadcast":
                return Text(f"{xp}.broadcast_to({first.code}, {self._tuple(op.shape)})")
            case "reshape":
                return Text(f"{first.within(UNARY)}.reshape({', '.join(map(self.size, op.shape)) or '()'})")
            case "permute":
                axes = ", ".join(map(str, op.data))
                return Text(f"{first.within(UNARY)}.{'permute' if self.target == 'torch' else 'transpose'}({axes})")
            case "expand":
                places = ["None" if axis in op.data else ":" for axis in range(op.order)]
                return Text(f"{first.within(UNARY)}[{', '.join(places)}]")
            case "pick":
                places = [":" if place is None else str(place) for place in op.data]
                while places[-1] == ":":
                    places.pop()
                return Text(f"{first.within(UNARY)}[{', '.join(places)}]")
            case "diagonal":
                return Text(f"{xp}.diagonal({first.code})")
            case "diagonal_matrix":
                return Text(f"{xp}.diag({first.code})")
            case "add_diagonal":
                return self._add_diagonal(op, operands, in_place)
            case "on_diagonal":
                return self._on_diagonal(op, operands, in_place)
            case "outer":
                return Text(f"{xp}.outer({codes[0]}, {codes[1]})")
            case "kron_sum":
                return Text(f"{self.helper('kron_sum')}([{', '.join(codes[: len(codes) // 2])}], [{', '.join(codes[len(codes) // 2 :])}])")
            case "kron":
                return self._kronecker(op, codes)
            case "vec":
                turned = op.operands[0].kind == "transpose" and first.code.endswith(".T")  # else it has a name of its own
                return Text(f"{first.code.removesuffix('.T')}.reshape(-1)" if turned else f"{first.within(UNARY)}.T.reshape(-1)")
            case "unvec":
                return Text(f"{first.within(UNARY)}.reshape({self.size(op.shape[1])}, {self.size(op.shape[0])}).T")
            case "matmul":
                return Text(f"{first.within(TIMES, kinds=('matmul',))} @ {operands[1].within(TIMES)}", TIMES, "matmul")
            case "dot_all":
                if self.target == "torch":
                    return Text(f"torch.sum({operands[0].within(TIMES)}*{operands[1].within(TIMES)})")
                return Text(f"{xp}.vdot({codes[0]}, {codes[1]})")
            case "sum" | "max":
                if op.kind == "max" and self.target == "torch":
                    return Text(f"torch.amax({first.code}, dim={'()' if op.data is None else op.data})")
                return Text(f"{xp}.{op.kind}({first.code}{'' if op.data is None else f', axis={op.data}'})")
            case "trace":
                return Text(f"{xp}.trace({first.code})")
            case "einsum":
                indices, output = op.data
                names = [_index_names(labels) for labels in (*indices, output)]
                return Text(f'{xp}.einsum("{",".join(names[:-1])}->{names[-1]}", {", ".join(codes)})')
            case "matrix_power":
                if op.operands[1].kind == "literal":
                    return Text(f"{xp}.linalg.matrix_power({codes[0]}, {codes[1]})")
                return Text(f"{self.helper('matrix_power')}({codes[0]}, {codes[1]})")
            case "inverse":
                return Text(f"{xp}.linalg.inv({first.code})")
            case "solve":
                return Text(f"{xp}.linalg.solve({codes[0]}, {codes[1]})")
            case "cholesky":
                return Text(f"{xp}.linalg.cholesky({first.code})")
            case "cholesky_solve":
                return self._cholesky_solve(op, operands)
            case "cholesky_inverse":
                if self.target == "torch":
                    return Text(f"torch.cholesky_inverse({first.code})")
                return Text(f"{self.helper('cholesky_inverse')}({first.code})")
            case "cholesky_logdet":
                return Text(f"2*{xp}.sum({xp}.log({xp}.diagonal({first.code})))", TIMES, "mul")
            case "call":
                return self._call(op, codes)
            case _:
                assert_never(op.kind)

    def _tuple(self, shape: Shape) -> str:
        return f"({self.size(shape[0])},)" if len(shape) == 1 else self.shape(shape)

    def negated_sum(self, op: Op, operands: Sequence[Text]) -> Text:
        """The negative of a sum, written with the opposite signs."""
        return _signed_sum(sorted([(-sign, text) for sign, text in zip(op.data, operands, strict=True)], key=lambda pair: -pair[0]))

    def _full(self, op: Op, value: Text) -> Text:
        xp, inner = self.xp, op.operands[0]
        if inner.kind == "literal" and inner.data in (0, 1):
            return Text(f"{xp}.{'ones' if inner.data else 'zeros'}({self.shape(op.shape)}{self.made_like()})")
        if self.target == "torch" and not self._is_constant(inner):
            return Text(f"{value.within(TIMES)}*torch.ones({self.shape(op.shape)}{self.made_like()})", TIMES, "mul")
        code = repr(_as_float(inner.data)) if inner.kind == "literal" else value.code
        return Text(f"{xp}.full({self._tuple(op.shape)}, {code}{self.made_like()})")

    def _map(self, op: Op, argument: Text) -> Text:
        if self._on_host(op):
            if op.data in ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos", "atan", "erf", "log1p", "expm1"):
                return Text(f"math.{op.data}({argument.code})")
            if self.target == "torch":
                argument = Text(f"torch.tensor(float({argument.code}){self.made_like()})")
        if helper_source(self.target, op.data) is not None:
            return Text(f"{self.helper(op.data)}({argument.code})")
        code = elementwise_code(self.target, op.data)
        simple = re.fullmatch(r"([\w.]+)\(t\)", code)
        if simple:
            if code.startswith("jax."):
                self._import_of(code)
            return Text(f"{simple[1]}({argument.code})")
        self.helpers.setdefault(op.data)
        return Text(f"_{op.data}({argument.code})")

    def _import_of(self, code: str) -> None:
        self.imports.setdefault("jax")
        if code.startswith("jax.scipy"):
            self.imports.setdefault(".".join(code.split("(")[0].split(".")[:-1]))

    def _add_diagonal(self, op: Op, operands: Sequence[Text], in_place: bool) -> Text:
        base, entries = operands
        xp = self.xp
        if self.target == "numpy" and in_place:
            return Text(f"{self.helper('add_diagonal')}({base.code}, {entries.code})")
        left = base.within(PLUS, kinds=("sum",))
        if op.operands[1].shape:
            return Text(f"{left} + {xp}.diag({entries.code})", PLUS, "sum")
        sign = "-" if entries.code.startswith("-") and entries.level > PLUS else "+"
        if sign == "-":
            entries = Text(entries.code[1:], entries.level, entries.kind)
        eye = f"{xp}.eye({self.size(op.shape[0])}{self.made_like()})"
        scaled = eye if entries.code == "1" else f"{entries.within(TIMES, kinds=('mul',))}*{eye}"
        return Text(f"{left} {sign} {scaled}", PLUS, "sum")

    def _on_diagonal(self, op: Op, operands: Sequence[Text], in_place: bool) -> Text:
        base, block = operands if len(operands) == 2 else (None, operands[0])
        if self.target == "numpy":
            indices = f'"{_index_names(op.data)}->{_index_names(range(max(op.data) + 1))}"'
            if base is None:
                return Text(f"{self.helper('on_diagonal')}({indices}, {block.code}, {self._tuple(op.shape)})")
            fresh = base.code if in_place else f"np.array({base.code})"
            return Text(f"{self.helper('add_on_diagonal')}({indices}, {block.code}, {fresh})")
        code = masked(block.within(UNARY), op.data, op.shape, self.size) if self.target == "jax" else embedded(block.within(UNARY), op.data)
        return Text(code) if base is None else Text(f"{base.within(PLUS, kinds=('sum',))} + {code}", PLUS, "sum")

    def _kronecker(self, op: Op, codes: Sequence[str]) -> Text:
        left, right = op.operands
        if self.target == "numpy" and left.kind == "eye":
            return Text(f"{self.helper('eye_kron')}({self.size(left.shape[0])}, {codes[1]})")
        if self.target == "numpy" and right.kind == "eye":
            return Text(f"{self.helper('kron_eye')}({codes[0]}, {self.size(right.shape[0])})")
        if self.target == "torch":
            return Text(f"{self.helper('kron')}({codes[0]}, {codes[1]})")
        return Text(f"{self.xp}.kron({codes[0]}, {codes[1]})")

    def _cholesky_solve(self, op: Op, operands: Sequence[Text]) -> Text:
        factor, right = operands
        match self.target:
            case "numpy":
                return Text(f"{self.helper('cholesky_solve')}({factor.code}, {right.code})")
            case "jax":
                self._import_of("jax.scipy.linalg.cho_solve(t)")
                return Text(f"jax.scipy.linalg.cho_solve(({factor.code}, True), {right.code})")
            case "torch":
                if op.order == 1:
                    return Text(f"torch.cholesky_solve({right.within(UNARY)}[:, None], {factor.code})[:, 0]")
                return Text(f"torch.cholesky_solve({right.code}, {factor.code})")

    def _call(self, op: Op, codes: Sequence[str]) -> Text:
        name, axis = op.data
        known = computable().get(name)
        if known is None:
            return Text(f"{self.name('function', name)}({', '.join(codes)})")
        along = {None: -1, "rows": 1, "cols": 0, "each": -1}[axis]
        if name in ("softmax", "logsumexp"):
            match self.target, name:
                case "numpy", _:
                    return Text(f"{self.helper(name)}({codes[0]}{'' if axis is None else f', axis={along}'})")
                case "jax", _:
                    self.imports.setdefault("jax")
                    return Text(f"jax.nn.{name}({codes[0]}{'' if axis is None else f', axis={along}'})")
                case _:
                    return Text(f"torch.{name}({codes[0]}, dim={along})")
        if axis == "each":
            return self._each(op, codes)
        if axis is not None:
            raise MatcalcError(f"there is no code for {name} along {axis}")
        return self._whole(name, codes)

    def _each(self, op: Op, codes: Sequence[str]) -> Text:
        """A function of each of the matrices or vectors along leading axes: linear algebra takes stacks, other functions are mapped."""
        name = op.data[0]
        if name == "inv":
            return Text(f"{self.xp}.linalg.inv({codes[0]})")
        if name in _OF_STACKS:
            return self._whole(name, codes)
        known = computable()[name]
        given, _, result = known.signature.partition("->")
        parameters = [part.partition(":")[0].strip() for part in given.split(",")]
        one = f"lambda {', '.join(parameters)}: {self._whole(name, parameters).code}"
        batch = op.operands[0].order - known.argument_order
        if self.target == "torch":
            return Text(f"{'torch.vmap(' * batch}{one}{')' * batch}({', '.join(codes)})")
        sizes = ",".join([_core(part.rpartition(":")[2]) for part in given.split(",")])
        return Text(f"{self.xp}.vectorize({one}, signature='{sizes}->{_core(result)}')({', '.join(codes)})")

    def _whole(self, name: str, codes: Sequence[str]) -> Text:
        """A function of one vector or matrix."""
        known = computable()[name]
        if helper_source(self.target, name) is not None:
            return Text(f"{self.helper(name)}({', '.join(codes)})")
        own = {"jax": known.jax, "torch": known.torch}.get(self.target, "")
        text = own or known.numpy
        if not text or (not own and re.search(r"(?<![\w.])(?!np\b)[a-z_]\w+\(", text)):
            raise MatcalcError(f"there is no {self.target} code for the function {name}")
        if own.startswith("jax."):
            self._import_of(own)
        elif not own:
            text = re.sub(r"\bnp\.", f"{self.xp}.", text)
        parameters = [part.partition(":")[0].strip() for part in known.signature.partition("->")[0].split(",")]
        for parameter, code in zip(parameters, codes, strict=True):
            safe = code if re.fullmatch(r"[\w.]+", code) else f"({code})" if not text.count(f"({parameter})") else code
            text = re.sub(rf"(?<![\w.]){parameter}(?!\w)", lambda _, safe=safe: safe, text)  # type: ignore[misc]
        return Text(text, ATOM)

    # ------------------------------------------------------------ numbers known to Python

    def _is_constant(self, op: Op) -> bool:
        return is_constant(op)

    def _on_host(self, op: Op) -> bool:
        """Whether the operation is a number that Python's ``math`` works out: PyTorch's functions take tensors only, and a number of NumPy
        would make double precision of single. Under ``jax.jit`` a size may be a tracer."""
        if self.target != "jax" and is_constant(op):
            self.imports.setdefault("math")
            return True
        return False


def _index_names(labels: Sequence[int]) -> str:
    return "".join(_LETTERS[label] for label in labels)


def _signed_sum(terms: list[tuple[int, Text]]) -> Text:
    code = ""
    for sign, operand in terms:
        inner = operand.within(PLUS, kinds=("sum",) if not code and sign > 0 else ())
        if not code:
            code = inner if sign > 0 else f"-{operand.within(UNARY)}"
        else:
            code += f" {'+' if sign > 0 else '-'} {inner}"
    return Text(code, PLUS, "sum")


def is_constant(op: Op) -> bool:
    """Whether the value is a Python number: made of numbers and sizes, without any array."""
    stack = [op]
    while stack:
        node = stack.pop()
        if node.shape or node.kind not in ("literal", "pi", "size", "add", "mul", "div", "neg", "pow", "sqrt", "map"):
            return False
        stack.extend(node.operands)
    return True


def elementwise_code(target: TargetName, name: str) -> str:
    """The code of an elementwise function of ``t``.

    Raises MatcalcError when the table has none for the target.
    """
    function = computable().get(name)
    if function is None or not function.numpy:
        raise MatcalcError(f"there is no code for the function {name}")
    own = {"jax": function.jax, "torch": function.torch}.get(target, "")
    return own or re.sub(r"\bnp\.", f"{MODULES[target]}.", function.numpy)


def _as_float(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _core(kind: str) -> str:
    """The axes of a kind in the signatures of generalised functions: ``(m,n)`` for m×n."""
    return f"({','.join(part.strip() for part in kind.split('×') if part.strip() != 'scalar')})"
