"""Operations as the statements of a function: what is used twice gets a name, the rest stands where
it is used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field

from matcalc.codegen.operations import Builder, Op
from matcalc.codegen.requests import Names
from matcalc.codegen.targets.target import Step, Text, Writer

# ------------------------------------------------------------
# Operations as the statements of a function: what is used twice gets a name, the rest stands where
# it is used.

_LONGEST_LINE = 96
# Not new arrays: adding to their diagonals in place would change something else.
_NOT_FRESH = frozenset({
    "transpose", "reshape", "permute", "expand", "pick", "vec", "unvec", "diagonal", "broadcast", "row", "column", "input", "einsum",
    "user", "call", "kron_sum",
})  # fmt: skip


@dataclass(slots=True)
class Body:
    """Statements, and the code of each result."""

    statements: list[str] = field(default_factory=list)
    results: dict[str, str] = field(default_factory=dict)


def written_body(
    outputs: Mapping[str, Op], writer: Writer, names: Names, given: Mapping[Op, str] | None = None, rows: Container[str] = ()
) -> Body:
    """The statements that compute ``outputs``, of which ``rows`` are row vectors; ``given``
    operations have these names already."""
    target = writer.target
    given = dict(given or {})
    order = reachable(list(outputs.values()), given)
    uses = Counter(operand for op in order if op not in given for operand in op.operands)
    uses.update(outputs.values())
    body = Body()
    results = {op: name for name, op in reversed(list(outputs.items())) if "/" not in name} if len(outputs) > 1 else {}
    texts: dict[Op, Text] = {op: Text(name) for op, name in given.items()}
    for op in order:
        if op in given:
            continue
        operands = [texts[operand] for operand in op.operands]
        first = op.operands[0] if op.operands else None
        in_place = first is not None and _is_fresh(first, uses, given)
        text = target.written(Step(op, operands, writer, in_place))
        if op.kind == "neg" and first is not None and first.kind == "add" and uses[first] == 1 and first not in given:
            text = target.negated(Step(first, [texts[operand] for operand in first.operands], writer))
        while len(text.code) > _LONGEST_LINE and op.kind != "neg":
            longest = max(op.operands, key=lambda operand: len(texts[operand].code), default=None)
            if longest is None or len(texts[longest].code) < _LONGEST_LINE // 4 or texts[longest].code.isidentifier():
                break
            texts[longest] = _named(body, names, texts[longest])
            text = target.written(Step(op, [texts[operand] for operand in op.operands], writer, in_place))
        if uses[op] > 1 and not _is_trivial(op, texts):
            text = _named(body, names, text, results.get(op))
        texts[op] = text
    for name, op in outputs.items():
        body.results[name] = target.returned(op, texts[op], writer, row=name in rows)
    return body


def reachable(roots: Sequence[Op], stop: Mapping[Op, object] | None = None) -> list[Op]:
    """Every operation that the roots need, operands first; those in ``stop`` without what they
    need."""
    seen: set[Op] = set()
    stack = list(roots)
    while stack:
        op = stack.pop()
        if op not in seen:
            seen.add(op)
            if not stop or op not in stop:
                stack.extend(op.operands)
    return sorted(seen, key=lambda op: op.serial)


def _is_fresh(op: Op, uses: Mapping[Op, int], given: Mapping[Op, str]) -> bool:
    """Whether the array is a new one that only one operation uses; a new one in another shape is
    new too."""
    while uses[op] == 1 and op not in given:
        if op.kind != "reshape":
            return op.kind not in _NOT_FRESH
        op = op.operands[0]
    return False


def _named(body: Body, names: Names, text: Text, result: str | None = None) -> Text:
    """A statement that names the value, by the name of the result that it is if it is one."""
    name = names.fresh() if result is None else names.of("result", result)
    body.statements.append(f"{name} = {text.code}")
    return Text(name)


def _is_trivial(op: Op, texts: Mapping[Op, Text]) -> bool:
    """Whether writing the operation again costs no work and no reading."""
    if op.kind in ("input", "literal", "pi", "size"):
        return True
    return op.kind in ("transpose", "row", "column") and texts[op.operands[0]].code.isidentifier()


# ------------------------------------------------------------
# Transposes taken into products and sums entry by entry, where they meet transposes that they
# undo.

_ENTRYWISE = frozenset({"add", "mul", "div", "neg"})


def oriented(b: Builder, roots: Mapping[str, Op]) -> dict[str, Op]:
    """The same operations with ``(A.T*v[:, None]).T`` as ``A*v``; what anything else uses stays as
    it is."""
    order = reachable(list(roots.values()))
    uses = Counter(operand for op in order for operand in op.operands)
    uses.update(roots.values())
    done: dict[Op, Op] = {}
    for op in order:
        operands = tuple([done[operand] for operand in op.operands])
        made = op if operands == op.operands else _remade(b, op, operands)
        done[op] = _turned(b, operands[0]) or made if op.kind == "transpose" and uses[op.operands[0]] == 1 else made
    return {name: done[op] for name, op in roots.items()}


def _remade(b: Builder, op: Op, operands: tuple[Op, ...]) -> Op:
    made = b.make(op.kind, operands, op.data, op.shape)
    return b.mark_symmetric(made) if b.is_symmetric(op) else made


def _turned(b: Builder, op: Op) -> Op | None:
    """The transpose of an operation entry by entry without any transpose in it; None where one
    would be left."""
    if op.kind not in _ENTRYWISE or not any(operand.kind == "transpose" for operand in op.operands):
        return None
    turned: list[Op] = []
    for operand in op.operands:
        if not operand.shape or b.is_symmetric(operand):
            turned.append(operand)
        elif operand.kind == "transpose":
            turned.append(operand.operands[0])
        elif operand.kind == "column" or operand.kind == "row":
            turned.append(b.make("row" if operand.kind == "column" else "column", operand.operands, None, operand.shape[::-1]))
        else:
            return None
    return b.make(op.kind, turned, op.data, op.shape[::-1])
