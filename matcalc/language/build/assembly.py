"""Making terms: each operator puts its relations between the cells of its operands and of its
result."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from matcalc.base.errors import ParseError, ShapeError, Span
from matcalc.base.lazy import later
from matcalc.base.sizes import ONE, Size
from matcalc.language.build import terms as t
from matcalc.language.build.scope import MASKS, Members, Scope, letter_class
from matcalc.language.decisions import Decision, Topic, Weight
from matcalc.language.syntax import trees as s
from matcalc.language.text.dialects import MATH
from matcalc.language.typing import constraints as c
from matcalc.language.typing.dimensions import Dimension, Unknown, unify
from matcalc.language.typing.kinds import (
    ANY,
    COLUMN,
    KINDS,
    MATRIX,
    NUMBER_NORMED,
    NUMBER_SUMMED,
    ROW,
    SCALAR,
    TENSOR,
    Cell,
    Constraint,
    extent,
    kind_of,
)

if TYPE_CHECKING:
    from matcalc.language.text import meanings
    from matcalc.language.typing import kind_relations
else:
    kind_relations = later("matcalc.language.typing.kind_relations")
    meanings = later("matcalc.language.text.meanings")


_ENTRYWISE = (
    t.SumTerm,
    t.ProductTerm,
    t.ElementProductTerm,
    t.NegativeTerm,
    t.TransposeTerm,
    t.ElementwiseTerm,
    t.PowerTerm,
    t.QuotientTerm,
    t.InverseTerm,
)
"""What makes one number of numbers."""
_ONES = (t.FilledTerm, t.NumberTerm)
"""What may be a row of ones when it is transposed."""


class Assembly:
    """Collects the constraints of one text while terms are made; ``constraints`` are in the order
    of evaluation, operands first."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.written = MATH
        self.depth = 0
        """How many definitions deep the builder is."""
        self._rows: dict[t.Term, t.Term] = {}
        """Rows ``X[i,:]``, with the vectors that they are transposes of."""
        self.constraints: list[Constraint] = []
        self.soft: list[Cell] = []
        """Cells of literals that may be scalars or ones: the literal 1 in a product, and 𝟏."""
        self.asked: list[Callable[[], Decision | None]] = []
        """Asked for what they decided when all kinds are known."""
        self.ones_signs: set[t.Term] = set()
        """The terms written 𝟏."""
        self.sure_of_ones = False
        """Whether a side of an equation is 1 alone: ``S*1 = 1`` is about the sums of rows."""
        self._singles: set[t.Term] = set()
        self.evidence = False
        """Something in the text shows that vectors or matrices are meant."""
        self._indexed: set[t.BoundIndex] = set()
        self._place: Span | None = None
        self.reached: list[t.Reached] = []
        """The last positions of parts of arrays over which sums run."""
        self.lying: bool | None = None
        """How vectors stand beside matrices, where the sizes are not to tell."""

    def _declared(self, *names: s.Name) -> bool:
        return all(name.name in self.scope.declarations or name.name in self.scope.values for name in names)

    def cell(self, mask: int, span: Span) -> Cell:
        made = Cell(mask, self._place or span)
        made.lying = self.lying
        return made

    def undecided(self, mask: int, span: Span) -> Cell:
        """The cell of a literal that is what its surroundings ask for."""
        self.soft.append(self.cell(mask, span))
        return self.soft[-1]

    def made(self, span: Span) -> Cell:
        """The cell of a number that is made of vectors or matrices."""
        self.evidence = True
        cell = self.cell(SCALAR, span)
        cell.made = True
        return cell

    def relate(self, constraint: Constraint) -> None:
        self.constraints.append(constraint)

    def related(self, relation: Callable[..., Constraint], span: Span, *said: Any) -> Cell:
        """The cell of what is made of vectors or matrices, the last one in a relation."""
        self.evidence = True
        result = self.cell(ANY, span)
        self.relate(relation(self.place(span), *said, result))
        return result

    def place(self, span: Span) -> Span:
        """Inside a definition everything stands at the place of the call."""
        return self._place or span

    def decide(
        self,
        words: str,
        topic: Topic,
        weight: Weight = "assumed",
        *,
        span: Span | None = None,
        instead: tuple[str, ...] = (),
        otherwise: str = "",
        when: Callable[[], bool] = lambda: True,
    ) -> None:
        """A decision, made only if ``when`` is true when all kinds are known."""
        self.asked.append(lambda: Decision(words, topic, weight, span, instead, otherwise) if when() else None)

    def answers(self) -> list[Decision]:
        """What was decided of what ``asked`` holds, now that all kinds are known."""
        return [decision for decision in (ask() for ask in self.asked) if decision is not None]

    def single(self, term: t.Term) -> bool:
        """Whether the term is one number because symbols in it have sizes of 1: then it is a vector
        and a matrix as well."""
        sized = False
        stack = [term]
        while stack:
            part = stack.pop()
            if part in self._singles:
                sized = True
                continue
            if part.cell.mask != SCALAR:
                if not isinstance(part, _ENTRYWISE):
                    return False
            elif isinstance(part, t.SymbolTerm):
                declaration = self.scope.variables[part.name].declaration
                sized |= declaration is not None and declaration.kind is None
            stack += t.operands_of(part)
        if sized:
            self._singles.add(term)
        return sized

    def noted_as_single(self, term: t.Term) -> t.Term:
        """The term, which is a vector of size 1 as well."""
        self._singles.add(term)
        return term

    # ------------------------------------------------------------ constants

    def measured(self, kind: int, rows: Dimension, cols: Dimension, words: str, span: Span) -> Cell:
        """The cell of a constant of this kind and these sizes."""
        cell = self.cell(kind, span)
        self.relate(kind_relations.Measured(self.place(span), frozenset({(kind,)}), words, (cell,), ((rows, cols),)))
        return cell

    def one(self, span: Span) -> t.Term:
        """The number 1: what has one row and one column is a scalar everywhere."""
        return t.NumberTerm(self.cell(SCALAR, span), self.place(span), Fraction(1))

    def identity(self, span: Span, size: Dimension | None = None) -> t.Term:
        self.evidence = True
        if size == ONE:
            return self.one(span)
        size = size or Unknown()
        cell = self.measured(MATRIX, size, size, "eye", span)
        cell.identity = True
        return t.IdentityTerm(cell, self.place(span))

    def unit(self, position: Dimension, span: Span, size: Dimension | None = None) -> t.Term:
        if isinstance(position, Size) and not position.can_be_positive:
            raise ShapeError("unit vectors are counted from 1", span=span, suggestion="e_1")
        if size == ONE:
            if position != ONE:
                raise ShapeError(f"position {position} is outside a vector of size 1", span=span)
            return self.one(span)
        self.evidence = True
        return t.UnitTerm(self.measured(COLUMN, size or Unknown(), ONE, "unit", span), self.place(span), position)

    def filled(self, value: Fraction, sizes: list[Dimension], span: Span) -> t.Term:
        """All entries ``value``; without sizes a vector or matrix, as the surroundings ask."""
        self.evidence = True
        if not sizes:
            return t.FilledTerm(self.undecided(COLUMN | ROW | MATRIX, span), self.place(span), value)
        if len(sizes) > 2:
            cell = self.cell(TENSOR, span)
            self.relate(kind_relations.ArrayOf(self.place(span), "ones", tuple(sizes), cell))
        else:
            rows, cols = (*sizes, ONE)[:2]
            kind = (SCALAR if cols == ONE else ROW) if rows == ONE else COLUMN if cols == ONE else MATRIX
            cell = self.measured(kind, rows, cols, "ones", span)
        return t.FilledTerm(cell, self.place(span), value)

    # ------------------------------------------------------------ operators

    def total(self, operands: list[t.Term], negative: tuple[bool, ...], span: Span) -> t.Term:
        return t.SumTerm(self.folded(c.Broadcast, operands), self.place(span), tuple(operands), negative)

    def product(self, operands: list[t.Term], span: Span) -> t.Term:
        factors = [self._perhaps_ones(operand, operands, k) for k, operand in enumerate(operands)]
        for before, factor, after in zip(factors, factors[1:], factors[2:]):
            if isinstance(factor, t.IndexSumTerm):
                self.relate(kind_relations.Between(self.place(span), before.cell, factor.cell, after.cell))
        return t.ProductTerm(self.folded(c.Multiplied, factors), self.place(span), tuple(factors))

    def _perhaps_ones(self, factor: t.Term, factors: list[t.Term], position: int) -> t.Term:
        """The literal 1 as a factor may be a vector of ones; it is one before a row of ones, and
        behind a matrix: ``S*1 = 1``."""
        if not isinstance(factor, t.NumberTerm) or factor.value != 1 or factor in self.scope.uses:
            return factor
        after = factors[position + 1] if position + 1 < len(factors) else None
        behind = after is None and position > 0 and self._is_matrix_by_letter(factors[position - 1])
        if behind and not any(isinstance(one, t.TransposeTerm) and isinstance(one.operands[0], _ONES) for one in factors):
            self._doubt_ones(factor, factors[position - 1])
        if behind or (isinstance(after, t.TransposeTerm) and isinstance(after.operands[0], t.FilledTerm)):
            return t.NumberTerm(self.cell(COLUMN, factor.span), factor.span, factor.value)
        return t.NumberTerm(self.undecided(SCALAR | COLUMN, factor.span), factor.span, factor.value)

    def _doubt_ones(self, factor: t.Term, before: t.Term) -> None:
        """What is said of a 1 behind a matrix, which may be the number: that changes nothing, and
        would hardly be written, but nothing else shows that ones are meant."""
        symbol = before.operands[0] if isinstance(before, t.TransposeTerm) else before
        name = f"{symbol.name}{chr(39) * (symbol is not before)}" if isinstance(symbol, t.SymbolTerm) else "it"
        self.decide(
            f"1 behind {name} is read as the vector of ones",
            "notation",
            "doubtful",
            span=factor.span,
            instead=(f"the row sums: {name}*ones", f"the matrix itself: {name}"),
            when=lambda: not (self.sure_of_ones or self.ones_signs),
        )

    def _is_matrix_by_letter(self, factor: t.Term) -> bool:
        """Whether a factor is a capital, or its transpose, that is declared as nothing else than a
        matrix."""
        symbol = factor.operands[0] if isinstance(factor, t.TransposeTerm) else factor
        return (
            isinstance(symbol, t.SymbolTerm)
            and symbol.cell.mask & MATRIX != 0
            and (symbol.cell.mask == MATRIX or letter_class(symbol.name) == "upper")
        )

    def folded(self, constraint: type[Constraint], operands: list[t.Term]) -> Cell:
        """The cell of ``a op b op c``, grouped from the left."""
        cell, left = operands[0].cell, operands[0].span
        for operand in operands[1:]:
            span = self.place(Span(left.start, max(operand.span.end, left.end)))
            result = self.cell(ANY, span)
            self.relate(constraint(span, cell, operand.cell, result).at(left, operand.span))
            cell, left = result, span
        return cell

    def kronecker(self, operands: list[t.Term], span: Span) -> t.Term:
        cell = operands[0].cell
        for operand in operands[1:]:
            cell = self.related(kind_relations.KroneckerOf, span, cell, operand.cell)
        return t.KroneckerTerm(cell, self.place(span), tuple(operands))

    def transpose(self, operand: t.Term, span: Span) -> t.Term:
        symbol = isinstance(operand, t.SymbolTerm | t.FilledTerm)
        if isinstance(operand, t.SymbolTerm):
            self.scope.variables[operand.name].transposed = True
        if operand in self.ones_signs:
            operand.cell.mask = COLUMN  # 𝟏ᵀ is a row; a matrix of ones is its own transpose, so nobody writes it
        result = self.cell(ANY, span)
        self.relate(c.TransposedTo(self.place(span), operand.cell, result, symbol))
        return t.TransposeTerm(result, self.place(span), (operand,))

    # ------------------------------------------------------------ norms, entries, sums

    def norm(self, operands: list[t.Term], kind: str, span: Span) -> t.Term:
        """A norm; ``kind`` is empty when the second operand is p or A."""
        if kind in ("nuclear", "spectral") and self.single(operands[0]):
            kind = "2"
        if kind in ("nuclear", "spectral"):
            self.relate(kind_relations.InRelation(self.place(span), frozenset({(MATRIX,)}), f"the {kind} norm", operands[0].cell))
        self.relate(kind_relations.Whole(self.place(span), "norm", operands[0].cell, NUMBER_NORMED))
        if not kind:
            self.relate(kind_relations.NormParameter(self.place(span), operands[0].cell, operands[1].cell))
        return t.NormTerm(self.made(span), self.place(span), tuple(operands), kind)

    def entry(self, operand: t.Term, positions: tuple[t.Position, ...], span: Span) -> t.Term:
        self.evidence = True
        if len(positions) > 4:
            raise ShapeError("at most four positions", span=span, expected="one to four numbers or indices")
        self.note_indices(positions)
        if self.single(operand):
            return self._only_entry(operand, positions, span)
        dimensions = tuple([position.size if isinstance(position, t.BoundIndex) else None for position in positions])
        cell = self.member_cell(operand, positions, span)
        self.relate(kind_relations.MemberOf(self.place(span), operand.cell, cell, dimensions))
        return t.EntryTerm(cell, self.place(span), (operand,), positions)

    def note_indices(self, positions: Iterable[t.Position]) -> None:
        """Something stands at these positions."""
        self._indexed.update(position for position in positions if isinstance(position, t.BoundIndex))

    def member_cell(self, operand: t.Term, positions: tuple[t.Position, ...], span: Span) -> Cell:
        """What stands at the positions: at numbers an entry, at indices perhaps a vector or a
        matrix, the same everywhere."""
        if not any(isinstance(position, t.BoundIndex) for position in positions):
            return self.cell(SCALAR, span)
        if not isinstance(operand, t.SymbolTerm):
            return self.cell(SCALAR | COLUMN | MATRIX, span)
        variable = self.scope.variables[operand.name]
        if variable.members is None:
            letters = tuple([position.name if isinstance(position, t.BoundIndex) else str(position) for position in positions])
            alone = variable.open and variable.name not in self.scope.written
            variable.members = Members({}, letters, self.place(span), letter_class(self.scope.base_of(operand.name)), alone)
            if alone:
                variable.cell.mask |= TENSOR
        cells = variable.members.cells
        if len(positions) not in cells:
            cells[len(positions)] = Cell(SCALAR | COLUMN | MATRIX, self.place(span), member=variable.members.sort)
            self._declared_member(operand, cells[len(positions)], len(positions))
        return cells[len(positions)]

    def _declared_member(self, operand: t.SymbolTerm, cell: Cell, count: int) -> None:
        """What is declared of the members: their kind and sizes, and how many there are."""
        declaration = self.scope.declared_members.get((self.scope.base_of(operand.name), count))
        if declaration is None:
            return
        shape, words = declaration.shape, f"what is declared of {declaration.name}"
        if shape is not None and len(shape) < 3:
            self.relate(kind_relations.Measured(cell.span, frozenset({(kind_of(shape),)}), words, (cell,), (extent(shape),)))
        elif declaration.kind in MASKS:
            self.relate(kind_relations.InRelation(cell.span, frozenset({(MASKS[declaration.kind],)}), words, cell))
        if declaration.count is not None:
            self.relate(kind_relations.MemberOf(cell.span, operand.cell, cell, (declaration.count, *[None] * (count - 1))))
        if declaration.properties:
            said = f"that {declaration.name} is {', '.join(declaration.properties)} is not used"
            self.asked.append(lambda: Decision(said, "samples", span=cell.span))

    def _only_entry(self, operand: t.Term, positions: tuple[t.Position, ...], span: Span) -> t.Term:
        """The entry of a vector of size 1 or a matrix of 1×1, which are scalars."""
        for position in positions:
            if isinstance(position, t.BoundIndex):
                unify(position.size, ONE)
            elif position not in (1, ONE):
                raise ShapeError(f"position {position} is outside a size of 1", span=span)
        return operand

    def stands_at(self, name: str) -> bool:
        """Whether something stands at the index of this name."""
        return self.scope.bound_index(name) in self._indexed

    def index_sum(self, name: str, body: t.Term, span: Span) -> t.Term:
        index = self.scope.bound_index(name)
        assert index is not None
        if not self.stands_at(name):
            axis = isinstance(body, t.NumberTerm) and body.value in (0, 1, 2)
            raise meanings.not_indexed("sum", name, span, meanings.along_an_axis("sum", name) if axis else "")
        self.relate(kind_relations.SummedOver(self.place(span), body.cell))
        return t.IndexSumTerm(body.cell, self.place(span), (body,), index)

    def index_array(self, names: tuple[str, ...], body: t.Term, span: Span) -> t.Term:
        """The array of the values of ``body``, an axis for each index; where nothing has the index,
        a copied one."""
        indices = tuple([index for name in names if (index := self.scope.bound_index(name)) is not None])
        dimensions = tuple([index.size for index in indices])
        result = self.related(kind_relations.ArrayOf, span, "an entry of tensor(...)", dimensions, body.cell)
        return t.IndexArrayTerm(result, self.place(span), (body,), indices)

    def total_of(self, operand: t.Term, axis: str | None, span: Span) -> t.Term:
        """The sum of all entries, or one for each row or column."""
        if axis is None:
            self.relate(kind_relations.Whole(self.place(span), "sum", operand.cell, NUMBER_SUMMED))
            return t.TotalTerm(self.made(span), self.place(span), (operand,), None)
        result = self.related(kind_relations.Totalled, span, axis, "sum", operand.cell)
        return t.TotalTerm(result, self.place(span), (operand,), axis)

    def restricted(self, node: s.Summation, body: t.Term) -> t.Term:
        """The summand, and zero where the indices are not as the sum says: ``Σ_{i<j}``."""
        for left, relation, right in node.relations:
            if relation.startswith("∈"):
                continue
            first, second = self.scope.bound_index(left), self.scope.bound_index(right)
            if first is None or second is None:
                unbound = left if first is None else right
                raise ParseError(
                    f"the index {unbound} is not bound", span=node.span, suggestion=f"a sum over {unbound} around it"
                )
            where = self._where(first, relation, second, node.span)
            body = t.RestrictedTerm(body.cell, self.place(node.span), (where, body), (first, second))
        return body

    def related_apart(self, left: t.BoundIndex, relation: str, right: t.BoundIndex, span: Span) -> t.Term:
        """The same of indices of which one runs over a part of an axis, and of relations that say
        how far they are apart."""
        raise NotImplementedError

    def _where(self, left: t.BoundIndex, relation: str, right: t.BoundIndex, span: Span) -> t.Term:
        """One where the indices are in relation, else zero."""
        if relation in (">", "≥"):
            left, relation, right = right, "<" if relation == ">" else "≤", left
        if left.ends is not None or right.ends is not None or len(relation) > 1:
            return self.related_apart(left, relation, right, span)
        same = self.entry(self.identity(span), (left, right), span)
        if relation == "≠":
            one = t.NumberTerm(Cell(SCALAR, self.place(span), literal=True), self.place(span), Fraction(1))
            return self.total([one, same], (False, True), span)
        cell = self.measured(MATRIX, left.size, left.size, "ones", span)
        ones = t.FilledTerm(cell, self.place(span), Fraction(1))
        above = self.entry(t.CallTerm(ones.cell, self.place(span), (ones,), "triu", None), (left, right), span)
        return above if relation == "≤" else self.total([above, same], (False, True), span)

    def left_quotient(self, node: s.Binary, operands: list[t.Term]) -> t.Term:
        """``A\\b``, the solution x of A x = b."""
        self.evidence = True
        left, right = operands
        span = self.place(node.span)
        solved = frozenset({(MATRIX, COLUMN), (MATRIX, MATRIX), *((SCALAR, kind) for kind in KINDS)})
        self.relate(kind_relations.InRelation(span, solved, "divide from the left", left.cell, right.cell, square=True))
        self.decide(
            "A\\b is read as inv(A)*b with a square A; a least squares solution is pinv(A)*b",
            "dialect",
            span=self.place(node.operator_span),
            when=lambda: left.cell.mask == MATRIX,
        )
        return self.product([t.InverseTerm(left.cell, self.place(left.span), (left,)), right], node.span)

    def bars(self, operand: t.Term, span: Span) -> t.Term:
        self.evidence = True
        result = self.undecided(ANY, span)
        result.soft = "bars"
        bars = kind_relations.Barred(self.place(span), operand.cell, result)
        self.relate(bars)
        self.decide(
            "|...| of a vector is read as its norm",
            "notation",
            "doubtful",
            span=self.place(span),
            instead=("its norm: ||x||", "entry by entry: abs(x)"),
            when=lambda: bars.is_norm,
        )
        return t.BarsTerm(result, self.place(span), (operand,))
