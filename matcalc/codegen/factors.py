"""Products taken apart: a number, scalar factors, and the chain of vectors and matrices, some of
which are never formed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import cast

from matcalc.base.budgets import spend
from matcalc.base.shapes import Shape, axes_of, product_shape, shape_of
from matcalc.base.sizes import ONE, Size, product_of
from matcalc.codegen.operations import Builder, Kind, Op
from matcalc.codegen.ordering import LinkKind
from matcalc.expr import nodes as e
from matcalc.expr.deduction import Factor

# ------------------------------------------------------------
# Forms of expressions that decide how a product with them is computed.


def as_expression(factor: Factor) -> e.Expr:
    return e.Transpose(factor[0]) if factor[1] else factor[0]


def arrays_of(product: e.Product | e.Kronecker) -> list[e.Expr]:
    """The factors that are no scalars."""
    return [factor for factor in product.factors if not factor.is_scalar]


def is_thin(term: e.Expr) -> bool:
    """Whether multiplying by the term costs no more than scaling: an identity, a permutation, a
    diagonal, an outer product of vectors."""
    term = _bare(term)
    if isinstance(term, e.Product):
        factors = arrays_of(term)
        return any(factor.cols == ONE for factor in factors[:-1]) or (len(factors) == 1 and is_thin(factors[0]))
    return is_written_diagonal(term) or isinstance(term, e.Commutation)


def is_linear(term: e.Expr) -> bool:
    """Whether the term is a symbol or a product, which are multiplied by a vector without being
    formed anew."""
    return isinstance(_bare(term), e.Symbol | e.Product | e.Ones | e.Inverse) or is_written_diagonal(term)


def is_written_diagonal(term: e.Expr) -> bool:
    """Whether the term is written as a multiple of the identity or as a diagonal matrix."""
    term = _bare(term)
    if isinstance(term, e.Product):
        factors = arrays_of(term)
        return len(factors) == 1 and isinstance(_bare(factors[0]), e.Identity | e.DiagonalMatrix)
    return isinstance(term, e.Identity | e.DiagonalMatrix)


def _bare(term: e.Expr) -> e.Expr:
    """The term without signs, transposes and scalar denominators around it."""
    while isinstance(term, e.Negative | e.Transpose) or (isinstance(term, e.Quotient) and term.denominator.is_scalar):
        term = term.below[0]
    return term


def has_kronecker(factor: e.Expr) -> bool:
    terms = factor.terms if isinstance(factor, e.Sum) else ()
    return any(isinstance(node, e.Kronecker | e.Commutation) for term in terms for node in (term, *e.children(term)))


def multiplies_kroneckers(expression: e.Expr) -> bool:
    """Whether matrices that are Kronecker products are multiplied with each other, with diagonals
    between: over the indices that is done without such large matrices."""
    large = {node for node in e.postorder(expression) if isinstance(node, e.Kronecker) and ONE not in (node.rows, node.cols)}
    within: set[e.Expr] = set(large)  # a node is known before those that have it as an operand
    for node in e.postorder(expression) if len(large) > 1 else ():
        holding = sum([child in within and child.is_matrix for child in e.children(node)])
        if holding > 1 and isinstance(node, e.Product):
            return True
        if holding:
            within.add(node)
    return False


# ------------------------------------------------------------
# A product taken apart: a number, scalar factors above and below, and the chain of vectors and
# matrices.


@dataclass(slots=True)
class Factors:
    """``coefficient * above / below`` times the chain, each factor of which may be transposed."""

    coefficient: Fraction = Fraction(1)
    above: list[e.Expr] = field(default_factory=list)
    below: list[e.Expr] = field(default_factory=list)
    chain: list[Factor] = field(default_factory=list)

    def scale(self, expression: e.Expr, uses: Mapping[e.Expr, int], *, under: bool = False) -> None:
        """Takes a scalar factor in; products, quotients and signs of scalars are opened, but no
        products that are used elsewhere too."""
        stack = [(expression, under)]
        while stack:
            node, below = stack.pop()
            spend()
            match node := cast("e.Node", node):
                case e.Number(value=value) if value or not below:
                    self.coefficient = self.coefficient / value if below else self.coefficient * value
                case e.Negative(operand=operand):
                    self.coefficient = -self.coefficient
                    stack.append((operand, below))
                case e.Transpose(operand=operand):
                    stack.append((operand, below))
                case e.Quotient(numerator=numerator, denominator=denominator):
                    stack += [(denominator, not below), (numerator, below)]
                case e.Product(factors=factors) if not arrays_of(node) and (node is expression or uses.get(node, 0) <= 1):
                    stack.extend((factor, below) for factor in reversed(factors))
                case e.Leaf() | e.Linear() | e.Sum() | e.Multilinear() | e.Nonlinear() | e.Indexed():
                    (self.below if below else self.above).append(node)


def taken_apart(node: e.Expr, uses: Mapping[e.Expr, int]) -> Factors:
    """The factors of ``node``. Nested products are opened unless they are used elsewhere too: then
    they are computed once."""
    result = Factors()
    stack: list[tuple[e.Expr, bool, bool]] = [(node, False, False)]
    while stack:
        factor, turned, shared = stack.pop()
        spend()
        if factor.is_scalar and not (factor is node and isinstance(factor, e.Product)):
            result.scale(factor, uses)
            continue
        shared = factor is not node and (shared or uses.get(factor, 0) > 1)
        match factor := cast("e.Node", factor):
            case e.Transpose(operand=operand):
                stack.append((operand, not turned, shared))
            case e.Negative(operand=operand):
                result.coefficient = -result.coefficient
                stack.append((operand, turned, shared))
            case e.Quotient(numerator=above, denominator=below) if below.is_scalar and not above.is_scalar:
                result.scale(below, uses, under=True)
                stack.append((above, turned, shared))
            case e.Product() if not shared:
                scalars, run = _opened(factor, factor is node)
                for scalar in scalars:
                    result.scale(scalar, uses)
                # A scalar met inside x'(cA)x stays a factor: scalars commute with everything.
                stack += [(inner, turned, False) for inner in (run if turned else reversed(run))]
            case e.Leaf() | e.Linear() | e.Sum() | e.Multilinear() | e.Nonlinear() | e.Indexed():
                result.chain.append((factor, turned))
    return result


def scalars_of(product: e.Product, uses: Mapping[e.Expr, int]) -> Factors:
    """The scalar factors of a product."""
    result = Factors()
    for factor in product.factors:
        if factor.is_scalar:
            result.scale(factor, uses)
    return result


def _opened(product: e.Product, whole: bool) -> tuple[list[e.Expr], list[e.Expr]]:
    """``segments`` of a product; of a whole chain that ends as a scalar, such as ``x'Ax``, the
    chain alone."""
    scalars, run = segments(product.factors)
    return ([], list(product.factors)) if whole and not run and scalars == [product] else (scalars, run)


def segments(factors: tuple[e.Expr, ...]) -> tuple[list[e.Expr], list[e.Expr]]:
    """The scalar parts of a product read from the left (a run such as ``x'Ax`` is one), and the run
    that remains."""
    scalars: list[e.Expr] = []
    run: list[e.Expr] = []
    shape: Shape = ()
    for factor in factors:
        if factor.is_scalar:
            (run or scalars).append(factor)
            continue
        run.append(factor)
        shape = product_shape(shape, factor.shape)
        if not shape:
            scalars.append(e.Product(tuple(run)))
            run = []
    inner = [factor for factor in run if factor.is_scalar]
    return scalars + inner, [factor for factor in run if not factor.is_scalar]


def explicit_inverses(order: Sequence[e.Expr], roots: tuple[e.Expr, ...]) -> set[e.Expr]:
    """Inverses that are needed as matrices somewhere, not only applied to something."""
    found: set[e.Expr] = set()
    for root in roots:
        _note(root, found)
    for node in order:
        passed_on = isinstance(node, e.Transpose | e.Negative) or (isinstance(node, e.Quotient) and node.denominator.is_scalar)
        if passed_on or (isinstance(node, e.Product) and _applies_inverses(node)):
            continue  # of the first ones, whoever uses them decides
        for child in e.children(node):
            _note(child, found)
    return found


def _applies_inverses(product: e.Product) -> bool:
    """Whether inverses in the product meet something else than an identity: in
    ``S⁻¹ (I - u v') S⁻¹`` they do meet it, once the product is taken apart."""
    arrays = arrays_of(product)
    alone = all(_is_inverse(factor) or _is_identity_plus(factor) for factor in arrays)
    return len(arrays) > 1 and not (alone and any(_is_identity_plus(factor) for factor in arrays))


def _is_inverse(factor: e.Expr) -> bool:
    return isinstance(factor.operand if isinstance(factor, e.Transpose) else factor, e.Inverse)


def _is_identity_plus(factor: e.Expr) -> bool:
    factor = factor.operand if isinstance(factor, e.Transpose) else factor
    return (
        isinstance(factor, e.Sum)
        and all(is_thin(term) for term in factor.terms)
        and any(is_written_diagonal(term) for term in factor.terms)
    )


def _note(node: e.Expr, found: set[e.Expr]) -> None:
    shaped = [node]
    while len(shaped) == 1 and isinstance(node := shaped[0], e.Transpose | e.Negative | e.Quotient | e.Product):
        shaped = arrays_of(node) if isinstance(node, e.Product) else [node.below[0]]
    if isinstance(node, e.Inverse):
        found.add(node)


# ------------------------------------------------------------
# Factors of a chain as they are multiplied: arrays, and matrices that are not formed (diagonal,
# ones, inverse, permutation, Kronecker).


@dataclass(frozen=True, slots=True)
class Value:
    """A matrix with ``rows`` and ``cols``. What ``ops`` are depends on the kind.

    array: the array, which may broadcast; ones: nothing; unit: nothing, its place in ``sizes``;
    diagonal: the diagonal, ``position`` 1 where nothing in it is negative; inverse,
    definite_inverse: the matrix to solve with (for the latter its Cholesky factor); permutation:
    nothing, K of ``sizes``; kronecker: its factors, ``shapes`` their rows and columns.
    """

    kind: LinkKind
    rows: Size
    cols: Size
    ops: tuple[Op, ...] = ()
    position: int = 0
    sizes: tuple[Size, Size] = (ONE, ONE)
    shapes: tuple[tuple[Size, Size], ...] = ()

    @property
    def shape(self) -> Shape:
        return shape_of(self.rows, self.cols)

    @property
    def array_shape(self) -> Shape:
        return axes_of(self.shape)


def array(op: Op, rows: Size, cols: Size) -> Value:
    return Value("array", rows, cols, (op,))


class Multiplication:
    """Products of two values, and values as arrays."""

    def __init__(self, builder: Builder) -> None:
        self.b = builder

    def op(self, value: Value) -> Op:
        """The value as one operation, which may still broadcast."""
        b = self.b
        match value.kind:
            case "array":
                return value.ops[0]
            case "ones":
                return b.literal(1)
            case "unit":
                return b.make("unit", (), value.sizes[0], value.array_shape)
            case "diagonal":
                return self.diagonal_matrix(value.ops[0], value.rows)
            case "inverse":
                return b.inverse(value.ops[0])
            case "definite_inverse":
                return b.mark_symmetric(b.make("cholesky_inverse", (value.ops[0],), None, value.shape))
            case "permutation":
                m, n = value.sizes
                return self._permuted_rows(value, array(b.make("eye", (), None, (m * n, m * n)), m * n, m * n)).ops[0]
            case "kronecker":
                return self.kronecker(value)

    def exact(self, value: Value) -> Op:
        """The value as an array with all its axes."""
        return self.b.full_shape(self.op(value), value.array_shape)

    def diagonal_matrix(self, entries: Op, size: Size) -> Op:
        """A matrix with these entries on its diagonal; one scalar for all of them gives a multiple
        of the identity."""
        if not entries.shape:
            return self.b.mul([entries, self.b.make("eye", (), None, (size, size))])
        return self.b.make("diagonal_matrix", (entries,), None, (size, size))

    def product(self, left: Value, right: Value) -> Value:
        """``left`` times ``right``."""
        rows, cols = left.rows, right.cols
        if _is_identity(left) or _is_identity(right):
            return right if _is_identity(left) else left
        kinds = {left.kind, right.kind}
        if kinds == {"kronecker"} and self._matches(left, right):
            pairs = zip(self._kronecker_parts(left), self._kronecker_parts(right), strict=True)
            return self._of_parts([self.product(one, other) for one, other in pairs], rows, cols)
        if kinds == {"diagonal"}:
            return Value("diagonal", rows, cols, (self.b.mul([left.ops[0], right.ops[0]]),))
        if left.cols == ONE:
            return self._outer(left, right)
        for kind in ("ones", "diagonal", "unit", "inverse", "permutation", "kronecker"):
            if _acts_as(kind, left, rows):
                return self._applied(left, right)
            if _acts_as(kind, right, cols):
                if kind == "diagonal":
                    return array(self._column_scaled(left, right.ops[0]), rows, cols)
                return self.turned(self._applied(self.turned(right), self.turned(left)))
        return array(self.b.matmul(self.exact(left), self.exact(right)), rows, cols)

    def turned(self, value: Value) -> Value:
        """The transpose."""
        if value.kind in ("array", "inverse"):
            ops = tuple([self.b.transpose(op) for op in value.ops])
        elif value.kind == "kronecker":
            ops = tuple([self.turned(part).ops[0] for part in self._kronecker_parts(value)])
        else:
            ops = value.ops
        return Value(
            value.kind,
            value.cols,
            value.rows,
            ops,
            value.position,
            value.sizes[::-1],
            tuple([shape[::-1] for shape in value.shapes]),
        )

    # ------------------------------------------------------------ the cases

    def _outer(self, left: Value, right: Value) -> Value:
        rows, cols = left.rows, right.cols
        b = self.b
        if rows == ONE or cols == ONE:  # a scalar times a row or column
            return array(b.mul([self.op(left), self.op(right)]), rows, cols)
        if left.kind == "ones":
            return array(b.literal(1) if right.kind == "ones" else b.row(self.exact(right)), rows, cols)
        if right.kind == "ones":
            return array(b.column(self.exact(left)), rows, cols)
        return array(b.outer(self.exact(left), self.exact(right)), rows, cols)

    def _column_sums(self, value: Value) -> Value:
        """``1'`` times the value."""
        b = self.b
        if value.kind in ("diagonal", "permutation", "unit"):
            # A permutation and a unit vector add up to ones.
            op = b.full_shape(value.ops[0], (value.cols,)) if value.kind == "diagonal" else b.literal(1)
        elif value.kind == "ones":
            op = b.size(value.rows)
        elif value.kind.endswith("inverse"):
            return self.product(array(b.full(b.literal(1), (value.rows,)), ONE, value.rows), value)
        elif value.kind == "kronecker":
            return self._of_parts([self._column_sums(part) for part in self._kronecker_parts(value)], ONE, value.cols)
        else:
            op = b.sum(self.exact(value), None if value.cols == ONE else 0)
        return array(op, ONE, value.cols)

    def _row_scaled(self, entries: Op, value: Value) -> Op:
        """``diag(entries)`` times the value."""
        if value.kind == "ones":
            return entries if value.cols == ONE else self.b.column(entries)
        op = self.op(value)
        return self.b.mul([self.b.column(entries) if entries.order == 1 and value.cols != ONE else entries, op])

    def _column_scaled(self, value: Value, entries: Op) -> Op:
        """The value times ``diag(entries)``."""
        b = self.b
        if value.kind == "ones":
            return entries if value.rows == ONE else b.row(b.full_shape(entries, (value.cols,)))
        scaled = b.row(entries) if entries.order == 1 and value.rows != ONE else entries
        return b.mul([self.op(value), scaled])

    def _applied(self, operator: Value, value: Value) -> Value:
        """What is not formed times the value."""
        rows, cols = operator.rows, value.cols
        match operator.kind:
            case "ones":
                return self._column_sums(value)
            case "diagonal":
                return array(self._row_scaled(operator.ops[0], value), rows, cols)
            case "unit":  # picks a row
                return array(self.b.pick(self.exact(value), (operator.sizes[0],)), rows, cols)
            case "inverse" | "definite_inverse":
                op = self.exact(value)
                kind: Kind = "solve" if operator.kind == "inverse" else "cholesky_solve"
                return array(self.b.make(kind, (operator.ops[0], op), None, op.shape), rows, cols)
            case "permutation":
                return self._permuted_rows(operator, value)
            case _:
                return self._kronecker_applied(operator, value)

    def _permuted_rows(self, permutation: Value, value: Value) -> Value:
        """K times the value, where K vec(X) = vec(X') for X with m rows and n columns."""
        m, n = permutation.sizes
        b = self.b
        op = self.exact(value)
        if value.cols == ONE:
            return array(b.vec(b.transpose(b.unvec(op, axes_of(shape_of(m, n))))), value.rows, ONE)
        rest = op.shape[1:]
        inner = op.operands[0] if op.kind == "reshape" else op
        if inner.order > 2 and inner.shape[:2] == (n, m):  # the axes are still apart
            return array(b.reshape(b.permute(inner, (1, 0, *range(2, inner.order))), (m * n, *rest)), value.rows, value.cols)
        axes = b.permute(b.reshape(op, (n, m, *rest)), (1, 0, *range(2, 2 + len(rest))))
        return array(b.reshape(axes, (m * n, *rest)), value.rows, value.cols)

    # ------------------------------------------------------------ Kronecker products

    def _kronecker_parts(self, value: Value) -> list[Value]:
        return [array(op, rows, cols) for op, (rows, cols) in zip(value.ops, value.shapes, strict=True)]

    def _of_parts(self, parts: Sequence[Value], rows: Size, cols: Size) -> Value:
        shapes = tuple([(part.rows, part.cols) for part in parts])
        return Value("kronecker", rows, cols, tuple([self.exact(part) for part in parts]), shapes=shapes)

    def _matches(self, left: Value, right: Value) -> bool:
        return [cols for _, cols in left.shapes] == [rows for rows, _ in right.shapes]

    def kronecker(self, value: Value) -> Op:
        """The Kronecker product as an array."""
        b = self.b
        result: Op | None = None
        rows, cols = ONE, ONE
        for part in self._kronecker_parts(value):
            op = self.exact(part)
            if result is None or not result.shape or not op.shape:
                result = op if result is None else b.mul([result, op])
            elif {len(result.shape), len(op.shape)} == {1} and ((rows == ONE) == (part.rows == ONE)):
                result = b.make("kron", (result, op), None, (result.shape[0] * op.shape[0],))
            else:
                result = b.reshape(result, (rows, cols))
                op = b.reshape(op, (part.rows, part.cols))
                made = b.make("kron", (result, op), None, (rows * part.rows, cols * part.cols))
                result = b.mark_symmetric(made) if b.is_symmetric(result) and b.is_symmetric(op) else made
            rows, cols = rows * part.rows, cols * part.cols
        assert result is not None
        return b.reshape(result, axes_of(shape_of(rows, cols)))

    def _kronecker_applied(self, operator: Value, value: Value) -> Value:
        """``(A kron B) vec(D) = vec(B D A')``, for every column of the value; the Kronecker product
        is not formed."""
        b = self.b
        if value.kind != "array" or value.cols != ONE:
            return array(b.matmul(self.kronecker(operator), self.exact(value)), operator.rows, value.cols)
        first, rest, *more = self._kronecker_parts(operator)
        if more:
            rows, cols = map(product_of, zip(*operator.shapes[1:]))
            rest = Value("kronecker", rows, cols, operator.ops[1:], shapes=operator.shapes[1:])
        inner = array(b.unvec(self.exact(value), (rest.cols, first.cols)), rest.cols, first.cols)
        done = self.product(inner, self.turned(first))
        if rest.kind == "kronecker":
            # Column by column: vec of the columns stays apart in the second axis.
            result = array(b.matmul(self.kronecker(rest), self.exact(done)), rest.rows, done.cols)
        else:
            result = self.product(rest, done)
        return array(b.vec(self.exact(result)), operator.rows, ONE)


def _acts_as(kind: str, value: Value, outer: Size) -> bool:
    """Whether a factor is of the kind, and taken for it: ones and unit vectors, when they are
    vectors on the outside."""
    return value.kind.endswith(kind) and (outer == ONE or kind not in ("ones", "unit"))


def _is_identity(value: Value) -> bool:
    return value.kind == "array" and value.ops[0].kind == "eye"
