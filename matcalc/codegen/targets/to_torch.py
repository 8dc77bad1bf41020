"""Code for PyTorch, whose functions take tensors only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Any, ClassVar

from matcalc.base.errors import MatcalcError
from matcalc.base.functions import computable
from matcalc.codegen.emission import is_view
from matcalc.codegen.operations import Op
from matcalc.codegen.targets.array_libraries import ArrayLibrary
from matcalc.codegen.targets.target import Step, Target, Text, Writer, is_constant

_HELPERS = {
    "adj": '''
def _adj(A):
    """The adjugate; near singular matrices from the singular value decomposition, elsewhere without, as that has no derivative at I."""
    n = len(A)
    sizes = torch.linalg.svdvals(A.detach())
    regular = sizes[-1] > 1e-4*sizes[0]
    plain = torch.where(regular, A, torch.eye(n, dtype=A.dtype, device=A.device))
    apart = torch.diag(torch.arange(1, n + 1, dtype=A.dtype, device=A.device))
    left, values, right = torch.linalg.svd(torch.where(regular, apart, A))
    others = torch.where(torch.eye(n, dtype=A.dtype, device=A.device) > 0, torch.ones_like(values), values)
    sign = torch.linalg.det(left)*torch.linalg.det(right)
    cofactors = sign*(right.T*torch.prod(others, dim=1)) @ left.T
    return torch.where(regular, torch.linalg.det(plain)*torch.linalg.inv(plain), cofactors)
''',
    "norm2": '''
def _norm2(x):
    """The Euclidean norm, scaled so that squares of the entries neither overflow nor underflow."""
    scale = torch.amax(torch.abs(x.detach()))
    scale = torch.where((scale > 0) & torch.isfinite(scale), scale, torch.ones_like(scale))
    return scale*torch.sqrt(torch.sum(torch.abs(x/scale)**2))
''',
    "kron": '''
def _kron(left, right):
    """torch.kron takes only arrays that lie row by row."""
    return torch.kron(left.contiguous(), right.contiguous())
''',
    "expm": """
def _expm(A):
    return torch.linalg.matrix_exp(A)
""",
}


class _PyTorch(ArrayLibrary):
    """A library whose scalars are tensors, too: they have a type and a device."""

    name = "torch"
    module = "torch"
    mapping = "torch.vmap"
    imported = "import torch"
    given = "torch.as_tensor(entry, dtype=torch.float64)"
    permute = "permute"
    typed = ", dtype={0}.dtype, device={0}.device"
    helpers = _HELPERS
    needs: ClassVar[Mapping[str, str]] = {"logm": "numpy"}
    parts: Mapping[str, str] = MappingProxyType(
        {
            "dim": "dim", "detached": "torch.amax(size.detach())", "polynomial": "numpy.polynomial", "kron": "_kron",
        }
    )  # fmt: skip

    calls: Mapping[str, Text] = MappingProxyType(
        {
            **ArrayLibrary.calls,
            "kron": Text("{step.helper}({codes})"),
            "dot_all": Text("torch.sum({0:times}*{1:times})"),
            "cholesky_inverse": Text("torch.cholesky_inverse({0})"),
        }
    )

    def made_like(self, writer: Writer) -> str:
        """The type and the device of the first array."""
        return self.typed.format(writer.like) if writer.like else ""

    def conversions(self, scalars: Sequence[str], like: str | None) -> list[str]:
        """Scalars as tensors like the first array."""
        made = "" if like in scalars or like is None else self.typed.format(like)
        return [f"{scalar} = torch.as_tensor({scalar}{made})" for scalar in scalars]

    def repeated(self, value: Text, step: Step) -> Text:
        return super().repeated(value, step) if is_constant(step.op.operands[0]) else Target.repeated(self, value, step)

    def from_host(self, number: str, writer: Writer) -> str:
        """A tensor of it."""
        return self.constant(number, writer)

    def beside_arrays(self, step: Step) -> list[str]:
        """Tensors, of the type and on the device of the others; but a number that the function
        cannot be differentiated by is none that it takes as a tensor."""
        self.refuse_lists(step)
        partials = computable()[step.op.data].partials
        return [
            self.constant(code, step.writer) if partial and is_constant(op) else code
            for partial, op, code in zip(partials, step.op.operands, step.codes, strict=True)
        ]

    def embedded(self, step: Step, block: str) -> str:
        """``diag_embed`` for every axis that is tied to an earlier one."""
        places = step.op.data
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

    def joined(self, codes: Iterable[str], axis: int = 0) -> str:
        return f"torch.cat([{', '.join(codes)}]{f', dim={axis}' if axis else ''})"

    def grid(self, rows: Sequence[Sequence[Text]]) -> Text:
        if len(rows) == 1 or len(rows[0]) == 1:
            return super().grid(rows)
        return Text(self.joined([self.joined([block.code for block in row], 1) for row in rows]))

    def array(self, rows: Sequence[Sequence[Text]], step: Step) -> Text:
        """Numbers that are tensors are stacked."""
        constant = [is_constant(op) for op in step.op.operands]
        if all(constant):
            return Text(super().array(rows, step).code.replace("torch.array(", "torch.tensor(", 1))
        entries = [entry.code for row in rows for entry in row]
        shown = [self.constant(code, step.writer) if plain else code for code, plain in zip(entries, constant, strict=True)]
        stacked = f"torch.stack([{', '.join(shown)}])"
        return Text(stacked if step.op.order == 1 else f"{stacked}.reshape({len(rows)}, {len(rows[0])})")

    def _max(self, step: Step) -> Text:
        return Text(f"torch.amax({step.first.code}, dim={'()' if step.op.data is None else step.op.data})")

    def _cholesky_solve(self, step: Step) -> Text:
        factor, right = step.operands
        if step.op.order == 1:
            return Text(f"torch.cholesky_solve({right:unary}[:, None], {factor.code})[:, 0]")
        return Text(f"torch.cholesky_solve({right.code}, {factor.code})")

    def exponentials(self, step: Step, name: str, along: int | None) -> Text:
        """The library's own, which always asks for the axis."""
        return Text(f"torch.{name}({step.first.code}, dim={-1 if along is None else along})")

    def mapped(self, function: str, batch: int, signature: str) -> str:
        """``vmap`` for each axis."""
        return f"{'torch.vmap(' * batch}{function}{')' * batch}"

    def constant(self, code: str, writer: Writer) -> str:
        """A tensor."""
        return f"torch.tensor(float({code}){self.made_like(writer)})"

    def own_memory(self, op: Op, text: Text) -> str:
        """A copy of what is a part of an argument, or cannot be written to."""
        return f"{text:unary}.clone()" if is_view(op) else text.code

    def converter(self) -> Callable[[str, Any], Any]:
        """Tensors; whole numbers become ones of the default type."""
        import torch

        def torch_tensor(name: str, value: Any) -> Any:
            try:
                array = value if isinstance(value, torch.Tensor) else torch.as_tensor(value)
                return array if array.is_floating_point() or array.is_complex() else array.to(torch.get_default_dtype())
            except (TypeError, ValueError, RuntimeError, OverflowError) as error:
                raise MatcalcError(f"the value of {name} is not a numeric array") from error

        return torch_tensor

    def failures(self) -> tuple[type[Exception], ...]:
        """What a call may raise."""
        linalg: Any = import_module("torch.linalg")
        return (linalg.LinAlgError, *super().failures())


TARGET: Target = _PyTorch()
