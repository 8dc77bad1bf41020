"""Operations as the statements of a function: what is used twice gets a name, the rest stands where
it is used."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence

from matcalc.base.sizes import ONE
from matcalc.codegen.operations import CONSTANTS, Builder, Op
from matcalc.codegen.ordering import reachable
from matcalc.codegen.requests import Names
from matcalc.codegen.targets.target import Step, Text, Writer

_LONGEST_LINE = 96
_WORD = re.compile(r"[^\W\d]\w*")
# Not new arrays: adding to their diagonals in place would change something else.
_NOT_FRESH = frozenset({
    "transpose", "reshape", "permute", "expand", "pick", "slice", "vec", "unvec", "diagonal", "broadcast", "row", "column", "input",
    "einsum", "user", "call", "kron_sum", "sparse",
})  # fmt: skip


class Body:
    """Statements, and the code of each result."""

    def __init__(self, writer: Writer, names: Names, uses: Mapping[Op, int], given: Mapping[Op, str]) -> None:
        self.statements: list[str] = []
        self.results: dict[str, str] = {}
        self._writer, self._names, self._uses, self._given = writer, names, uses, given
        self._texts: dict[Op, Text] = {op: Text(name) for op, name in given.items()}
        self._large: dict[str, int] = {}
        """Names of intermediate matrices, by the statements that make them."""

    def write(self, op: Op, result: str | None) -> None:
        """Writes an operation, as the result of this name if it is one: what is used twice, and
        parts of what is too long for a line, get names."""
        uses, texts = self._uses, self._texts
        if op.kind == "chain":  # its factors are written once for each order
            texts.update(
                {operand: self._named(texts[operand], operand) for operand in op.operands if not _is_short(texts[operand])}
            )
        first = op.operands[0] if op.operands else None
        in_place = first is not None and _is_fresh(first, uses, self._given)
        text = self._code(op, in_place)
        if op.kind == "neg" and first is not None and first.kind == "add" and uses[first] == 1 and first not in self._given:
            text = self._writer.target.negated(self._step(first, in_place=False))
        while len(text.code) > _LONGEST_LINE and op.kind != "neg" and (longest := self._longest(op)) is not None:
            texts[longest] = self._named(texts[longest], longest)
            text = self._code(op, in_place)
        texts[op] = self._named(text, op, result) if uses[op] > 1 and not _is_trivial(op, texts) else text

    def _step(self, op: Op, in_place: bool) -> Step:
        return Step(op, [self._texts[operand] for operand in op.operands], self._writer, in_place)

    def _code(self, op: Op, in_place: bool) -> Text:
        return self._writer.target.written(self._step(op, in_place))

    def _longest(self, op: Op) -> Op | None:
        """The operand with the longest code, unless a name would hardly be shorter."""
        longest = max(op.operands, key=lambda operand: len(self._texts[operand].code), default=None)
        code = "" if longest is None else self._texts[longest].code
        return None if len(code) < _LONGEST_LINE // 4 or code.isidentifier() else longest

    def _named(self, text: Text, op: Op, result: str | None = None) -> Text:
        """A statement that names the value, by the name of the result that it is if it is one."""
        name = self._names.fresh() if result is None else self._names.of("result", result)
        if op.order > 1 and ONE not in op.shape:
            self._large[name] = len(self.statements)
        self.statements.append(f"{name} = {text.code}")
        return Text(name)

    def free(self) -> None:
        """Lets go of matrices that are not used any more while others are still to be made, whose
        memory can be theirs then."""
        last = dict.fromkeys(self._large, -1)
        for place, statement in enumerate([*self.statements, " ".join(self.results.values())]):
            last |= dict.fromkeys(last.keys() & set(_WORD.findall(statement)), place)
        made = max(self._large.values(), default=0)
        plain = all(code.isidentifier() for code in self.results.values())
        done: dict[int, list[str]] = {}
        for name, place in last.items():
            if place < (made if plain else len(self.statements)) and name not in self.results.values():
                done.setdefault(place, []).append(name)
        for place in sorted(done, reverse=True):
            self.statements.insert(place + 1, f"del {', '.join(done[place])}")

    def give(self, name: str, op: Op, *, row: bool) -> None:
        """Notes the code of a result."""
        self.results[name] = self._writer.target.returned(op, self._texts[op], self._writer, row=row)


def written_body(
    outputs: Mapping[str, Op], writer: Writer, names: Names, given: Mapping[Op, str] | None = None, rows: Container[str] = ()
) -> Body:
    """The statements that compute ``outputs``, of which ``rows`` are row vectors; ``given``
    operations have these names already."""
    given = dict(given or {})
    order = [op for op in reachable(list(outputs.values()), given) if op not in given]
    uses = Counter(operand for op in order for operand in op.operands)
    uses.update(outputs.values())
    several = list(outputs.items()) if len(outputs) > 1 else []
    results = {op: name for name, op in reversed(several) if "/" not in name}
    body = Body(writer, names, uses, given)
    for op in order:
        body.write(op, results.get(op))
    for name, op in outputs.items():
        body.give(name, op, row=name in rows)
    if writer.target.reuses_memory:
        body.free()
    return body


def _is_fresh(op: Op, uses: Mapping[Op, int], given: Mapping[Op, str]) -> bool:
    """Whether the array is a new one that only one operation uses; a new one in another shape is
    new too."""
    while uses[op] == 1 and op not in given:
        if op.kind != "reshape":
            return op.kind not in _NOT_FRESH
        op = op.operands[0]
    return False


def _is_short(text: Text) -> bool:
    return text.code.removesuffix(".T").isidentifier()


_VIEWS = frozenset(
    {"transpose", "reshape", "permute", "expand", "pick", "slice", "vec", "unvec", "diagonal", "broadcast", "row", "column"}
)
_READ_ONLY = frozenset({"broadcast", "diagonal"})


def is_view(op: Op) -> bool:
    """Whether the array is an argument or a part of one, or cannot be written to."""
    read_only = False
    while op.kind in _VIEWS or (op.kind == "einsum" and len(op.operands) == 1):
        read_only |= op.kind in _READ_ONLY
        op = op.operands[0]
    return op.kind == "input" or read_only


def _is_trivial(op: Op, texts: Mapping[Op, Text]) -> bool:
    """Whether writing the operation again costs no work and no reading."""
    if op.kind in ("input", *CONSTANTS):
        return True
    return op.kind in ("transpose", "row", "column") and texts[op.operands[0]].code.isidentifier()


def without_unused(statements: Sequence[str], results: Iterable[str]) -> list[str]:
    """The statements, without those that name what no later code uses: an identity whose size alone
    was needed."""
    kept: list[str] = []
    used = set(_WORD.findall(" ".join(results)))
    for statement in reversed(statements):
        name, _, code = statement.partition(" = ")
        if not used.isdisjoint(name.split(", ")) or statement.startswith("del "):
            used.update(_WORD.findall(code))
            kept.append(statement)
    return [
        statement for statement in kept[::-1] if not statement.startswith("del ") or used.issuperset(_WORD.findall(statement)[1:])
    ]


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
        made = op
        if operands != op.operands:
            made = b.make(op.kind, operands, op.data, op.shape)
            if b.is_symmetric(op):
                b.mark_symmetric(made)
        done[op] = _turned(b, operands[0]) or made if op.kind == "transpose" and uses[op.operands[0]] == 1 else made
    return {name: done[op] for name, op in roots.items()}


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
