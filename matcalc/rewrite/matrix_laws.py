"""Laws of functions of a whole matrix or vector: inverses and determinants of products and
Kronecker products, exponentials, softmax."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

from matcalc.base.records import record
from matcalc.base.shapes import Selection, Shape
from matcalc.base.sizes import ONE as ONE_SIZE, ZERO, Size
from matcalc.einstein.algebra import contract, elementwise, rows_of_identity, size_value, symbolic_power, transposed
from matcalc.einstein.linear import ONE_TENSOR, YES, add, content, delta, is_zero, number, scale, terms_of, value_of, zero
from matcalc.einstein.nodes import Apply, Contraction, Sum, Symbol, Tensor, is_symmetric
from matcalc.einstein.pairing_laws import selection_of
from matcalc.einstein.substitution import apply
from matcalc.einstein.tensor_deduction import is_antisymmetric, known
from matcalc.rewrite.distribution import spread
from matcalc.rewrite.monomials import Chain, Monomial, chain_of, joined, primitive, reached, square_runs, whole
from matcalc.rewrite.scalar_laws import map_law, power_law


def apply_law(function: str, argument: Tensor, shape: Shape) -> Tensor:
    """``function`` of a normal ``argument``, in normal form."""
    law = _LAWS.get(function)
    return spread(law(argument, shape)) if law else apply(function, (argument,), shape)


def _softmax(argument: Tensor, shape: Shape) -> Tensor:
    exponential = map_law("exp", argument)
    labels = tuple(range(argument.order))
    sizes = dict(enumerate(argument.shape))
    total = power_law(spread(contract([exponential], [labels], labels[:-1], sizes)), -YES)
    return contract([exponential, total], [labels, labels[:-1]], labels, sizes)


def _logsumexp(argument: Tensor, shape: Shape) -> Tensor:
    labels = tuple(range(argument.order))
    total = contract([map_law("exp", argument)], [labels], labels[:-1], dict(enumerate(argument.shape)))
    return map_law("log", spread(total))


def _logdet(argument: Tensor, shape: Shape) -> Tensor:
    """log|det|: the logarithm of a determinant is treated as additive over products."""
    return map_law("log", spread(determinant(argument)))


def _adjugate(argument: Tensor, shape: Shape) -> Tensor:
    inverted = inverse(argument)
    return elementwise([spread(determinant(argument)), inverted], shape)


def _exponential(argument: Tensor, shape: Shape) -> Tensor:
    """expm(-A) is inv(expm(A)); of a multiple of the identity it is a multiple of the identity."""
    if isinstance(argument, Sum) and not argument.terms:
        return delta(shape[:1])
    factor, core = content(argument)
    if factor < 0:
        return inverse(_exponential(scale(-factor, core), shape))
    if isinstance(argument, Apply) and argument.function == "logm":
        return argument.arguments[0]
    if "idempotent" in known(core):  # expm(c P) = I + (exp(c) - 1) P
        growth = add([(YES, map_law("exp", number(factor))), (-YES, ONE_TENSOR)], ())
        return add([(YES, delta(shape[:1])), (YES, elementwise([growth, core], shape))], shape)
    return apply("expm", (argument,), shape)


def _logarithm(argument: Tensor, shape: Shape) -> Tensor:
    """logm(expm(A)) is A when A has real eigenvalues."""
    if isinstance(argument, Apply) and argument.function == "expm" and is_symmetric(argument.arguments[0]):
        return argument.arguments[0]
    return apply("logm", (argument,), shape)


def _norm_of_singular_values(name: str) -> Callable[[Tensor, Shape], Tensor]:
    """The nuclear and the spectral norm; of ``u v'``, which has one singular value, both are the
    product of the lengths."""

    def law(argument: Tensor, shape: Shape) -> Tensor:
        factor, core = content(argument)
        if not isinstance(core, Contraction) or not _is_outer(core):
            return apply(name, (argument,), shape)
        squares = contract([core, core], [(0, 1), (0, 1)], (), dict(enumerate(core.shape)))
        return scale(abs(factor), power_law(spread(squares), Fraction(1, 2)))

    return law


_MOST_FACTORS = 6


def matrix_power_law(base: Tensor, exponent: Tensor, shape: Shape) -> Tensor:
    """X^(a + b) as X^a X^b, factor by factor; of a negative exponent the inverse."""
    terms = terms_of(exponent)
    if any(c.denominator != 1 for c, _ in terms) or sum(abs(c) for c, _ in terms) > _MOST_FACTORS:
        return apply("matrix_power", (base, exponent), shape)
    pieces: list[Tensor] = []
    for coefficient, term in terms:
        piece = base if term is ONE_TENSOR else apply("matrix_power", (base, term), shape)
        pieces += [piece if coefficient > 0 else inverse(piece)] * abs(coefficient.numerator)
    return spread(joined(pieces, shape[0]))


# ---------------------------------------------------------------- inverse


def inverse(argument: Tensor) -> Tensor:
    """The inverse of a normal matrix: of a product of square pieces the product of their inverses,
    of a sum without its common factors."""
    terms = terms_of(argument)
    size = argument.shape[0]
    if len(terms) == 1:
        return _inverse_of_chain(chain_of(terms[0][1], terms[0][0]), size)
    if all(isinstance(term, Contraction) and term.output == (0, 0) for _, term in terms):
        return _inverse_diagonal(argument)
    scalars, left, rest, right = _common(argument)
    if left or right or scalars:
        inner = inverse(spread(rest))
        pieces = [*map(_inverse_of_letter, reversed(right)), inner, *map(_inverse_of_letter, reversed(left))]
        product = joined(pieces, size)
        return elementwise([power_law(_monomial_scalar(scalars), -YES), product], argument.shape)
    factor, core = content(argument)
    if factor != 1:
        return scale(1 / factor, inverse(core))
    return _rank_one_update(argument) or _inverse_of_blocks(argument) or apply("inv", (argument,), argument.shape)


def _rank_one_update(argument: Tensor) -> Tensor | None:
    """inv(B + U) = inv(B) - inv(B) U inv(B) / (1 + tr(inv(B) U)) for U of rank one (Sherman and
    Morrison)."""
    terms = terms_of(argument)
    if len(terms) != 2:
        return None
    for (c, one), (d, other) in (terms, terms[::-1]):
        base = chain_of(one, c)
        if _is_base(base) and isinstance(other, Contraction) and _is_outer(other):
            inverted = _inverse_of_chain(base, argument.shape[0])
            update = scale(d, other)
            first = spread(joined((inverted, update), argument.shape[0]))
            trace = spread(contract([first], [(0, 0)], (), {0: argument.shape[0]}))
            divisor = power_law(spread(add([(YES, ONE_TENSOR), (YES, trace)], ())), -YES)
            correction = spread(elementwise([divisor, spread(joined((first, inverted), argument.shape[0]))], argument.shape))
            return add([(YES, inverted), (-YES, correction)], argument.shape)
    return None


def _inverse_of_blocks(argument: Tensor) -> Tensor | None:
    """By the Schur complement of the first block; None where there are no blocks."""
    found = _cut(argument)
    if found is None or not _is_base_matrix(found.blocks[0][0]):
        return None
    (first, right), (below, last) = found.blocks
    before = inverse(first)
    end = inverse(_complement(last, below, before, right))
    beside, under = _multiplied(before, right, end), _multiplied(end, below, before)
    blocks = (
        (add([(YES, before), (YES, _multiplied(beside, below, before))], first.shape), scale(-YES, beside)),
        (scale(-YES, under), end),
    )
    terms = [
        (YES, _multiplied(transposed(one), block, other))
        for one, row in zip(found.runs, blocks)
        for other, block in zip(found.runs, row)
    ]
    return spread(add(terms, argument.shape))


def _inverse_of_chain(chain: Chain, size: Size) -> Tensor:
    pieces = square_runs(chain.letters, size)
    product = joined([_inverse_of_letter(piece) for piece in reversed(pieces)], size)
    return scale(1 / chain.coefficient, elementwise([power_law(chain.scalar, -YES), product], product.shape))


def _inverse_of_letter(letter: Tensor) -> Tensor:
    if isinstance(letter, Contraction) and letter.output == (0, 0):
        return _inverse_diagonal(letter)
    return apply("inv", (letter,), letter.shape)


def _inverse_diagonal(matrix: Tensor) -> Tensor:
    diagonal = spread(contract([matrix], [(0, 0)], (0,), {0: matrix.shape[0]}))
    return contract([power_law(diagonal, -YES)], [(0,)], (0, 0), {0: matrix.shape[0]})


def _monomial_scalar(factors: Monomial) -> Tensor:
    return elementwise([power_law(base, exponent) for (base, _), exponent in factors.items()], ())


def _common(argument: Tensor) -> tuple[Monomial, list[Tensor], Tensor, list[Tensor]]:
    """Scalar factors and square letters that all terms of a sum begin or end with, and the sum of
    what is left."""
    assert isinstance(argument, Sum)
    common, _ = primitive(argument)
    scalars = {key: e for key, e in common.items() if not key[1]}
    size = argument.shape[0]
    opposite = _monomial_scalar({key: -e for key, e in scalars.items()})
    bare = spread(elementwise([opposite, argument], argument.shape)) if scalars else argument
    chains = [chain_of(term, c) for c, term in terms_of(bare)]
    words = [list(chain.letters) for chain in chains]
    left, right = _shared(words, size, 0), _shared(words, size, -1)
    if not left and not right:
        return scalars, [], bare, []
    rest = add(
        [(YES, whole(Chain(c.coefficient, c.scalar, tuple(word)), size)) for c, word in zip(chains, words)], argument.shape
    )
    return scalars, left, rest, right


def _shared(words: list[list[Tensor]], size: Size, end: int) -> list[Tensor]:
    """Takes letters that all words share off one of their ends."""
    taken: list[Tensor] = []
    while all(words):
        letter = words[0][end]
        if letter.shape != (size, size) or any(word[end] is not letter for word in words):
            break
        for word in words:
            word.pop(end)
        taken.append(letter)
    return taken if end == 0 else taken[::-1]


# ---------------------------------------------------------------- arrays of blocks


@record
class _Blocks:
    """A square matrix cut in two both ways: the rows of the identity that select either part of an
    axis, and the blocks."""

    runs: tuple[Tensor, Tensor]
    blocks: tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]


def _cut(argument: Tensor) -> _Blocks | None:
    """The matrix as four blocks, where its terms are blocks that are put along both axes."""
    size = argument.shape[0]
    ends = {one.size for _, term in terms_of(argument) for one in _put(term) if one.before is ZERO}
    for end in sorted(ends):
        parts = Selection(end, size, ZERO), Selection(size - end, size, end)
        runs = rows_of_identity(parts[0]), rows_of_identity(parts[1])
        first, last = [tuple([_multiplied(run, argument, transposed(other)) for other in runs]) for run in runs]
        if sum(len(terms_of(block)) for block in (*first, *last) if not is_zero(block)) <= len(terms_of(argument)):
            return _Blocks(runs, ((first[0], first[1]), (last[0], last[1])))
    return None


def _put(term: Tensor) -> list[Selection]:
    """Where a term is put along its axes."""
    if not isinstance(term, Contraction):
        return []
    found = [selection_of(operand) for operand, index in zip(term.operands, term.indices) if set(index[-1:]) & {*term.output}]
    return [one for one in found if one is not None and one.size != one.whole]


def _multiplied(*matrices: Tensor) -> Tensor:
    labels = range(len(matrices) + 1)
    sizes = dict(zip(labels, [matrices[0].shape[0], *[matrix.shape[1] for matrix in matrices]]))
    return spread(contract(matrices, list(pairwise(labels)), (0, len(matrices)), sizes))


def _complement(last: Tensor, below: Tensor, inverted: Tensor, right: Tensor) -> Tensor:
    """The Schur complement."""
    return spread(add([(YES, last), (-YES, _multiplied(below, inverted, right))], last.shape))


def _is_base_matrix(matrix: Tensor) -> bool:
    terms = terms_of(matrix)
    return len(terms) == 1 and _is_base(chain_of(terms[0][1], terms[0][0]))


def determinant_of_blocks(argument: Tensor, of: Callable[[Tensor], Tensor]) -> Tensor | None:
    """By a Schur complement, or of two blocks where another one is 0; None where there are no
    blocks. ``of`` gives the determinants of the blocks."""
    found = _cut(argument)
    if found is None:
        return None
    (first, right), (below, last) = found.blocks
    if is_zero(right) or is_zero(below):
        return elementwise([of(first), of(last)], ())
    if _is_base_matrix(first):
        return elementwise([of(first), of(_complement(last, below, inverse(first), right))], ())
    if _is_base_matrix(last):
        return elementwise([of(last), of(_complement(first, right, inverse(last), below))], ())
    return None


# ---------------------------------------------------------------- determinant


def determinant(argument: Tensor) -> Tensor:
    """The determinant of a normal matrix: multiplicative, and det(B + UV) = det(B) det(I + V B⁻¹ U)
    in one chosen rotation."""
    terms = terms_of(argument)
    size = argument.shape[0]
    if not terms or (size.number is not None and size.number % 2 and is_antisymmetric(argument)):
        return zero(())
    if len(terms) == 1:
        return _determinant_of_chain(chain_of(terms[0][1], terms[0][0]), size)
    scalars, left, rest, right = _common(argument)
    factor, core = content(spread(rest))
    factors = [
        _to_the_size(scale(factor, _monomial_scalar(scalars)), size),
        *(_determinant_of_letter(letter) for letter in (*left, *right)),
    ]
    factors.append(_determinant_of_sum(core, size) if len(terms_of(core)) > 1 else determinant(core))
    return elementwise(factors, ())


def _to_the_size(scalar: Tensor, size: Size) -> Tensor:
    if scalar is ONE_TENSOR:
        return scalar
    exponent = size_value(size)
    known = value_of(exponent)
    return power_law(scalar, known) if known is not None else symbolic_power(scalar, exponent)


def _determinant_of_chain(chain: Chain, size: Size) -> Tensor:
    pieces = [_determinant_of_letter(piece) for piece in square_runs(chain.letters, size)]
    scalar = _to_the_size(scale(chain.coefficient, chain.scalar), size)
    return elementwise([scalar, *pieces], ())


def _determinant_of_letter(letter: Tensor) -> Tensor:
    if isinstance(letter, Apply) and letter.function == "inv":
        return power_law(determinant(letter.arguments[0]), -YES)
    if isinstance(letter, Apply) and letter.function == "expm":
        trace = contract([letter.arguments[0]], [(0, 0)], (), {0: letter.shape[0]})
        return map_law("exp", spread(trace))
    if _is_transpose(letter):
        return determinant(transposed(letter))
    return apply("det", (letter,), ())


def _determinant_of_sum(argument: Tensor, size: Size) -> Tensor:
    chains = [chain_of(term, c) for c, term in terms_of(argument)]
    bases = [k for k, chain in enumerate(chains) if _is_base(chain)]
    chosen = [k for k in bases if not chains[k].letters] or bases
    if len(chosen) != 1 or len(chains) != 2:
        return determinant_of_blocks(argument, determinant) or apply("det", (argument,), ())
    base, other = chains[chosen[0]], chains[1 - chosen[0]]
    if not other.letters and base.letters:
        return apply("det", (argument,), ())
    letters = (*map(_inverse_of_letter, reversed(base.letters)), *other.letters)
    scalar = elementwise([power_law(base.scalar, -YES), other.scalar], ())
    word = chain_of(joined(letters, size)).letters
    lemma = _sylvester(other.coefficient / base.coefficient, scalar, word)
    return elementwise([_determinant_of_chain(base, size), lemma], ())


def _is_base(chain: Chain) -> bool:
    """Whether a term is invertible at almost all points: determinants are continuous, so the
    identity then holds everywhere."""
    return all(_generically_invertible(letter) for letter in chain.letters)


def _is_transpose(letter: Tensor) -> bool:
    return isinstance(letter, Contraction) and len(letter.operands) == 1 and letter.indices[0] == letter.output[::-1]


def _generically_invertible(letter: Tensor) -> bool:
    if letter.shape[0] != letter.shape[1]:
        return False
    if _is_transpose(letter):
        letter = transposed(letter)
    if "invertible" in known(letter):
        return True
    return isinstance(letter, Symbol) and letter.properties <= _GENERIC


_GENERIC = frozenset({
    "symmetric", "diagonal", "lower_triangular", "upper_triangular", "positive_semidefinite", "nonnegative", "positive", "constant",
})  # fmt: skip
"""Any set of these facts has invertible members near every other."""


def _sylvester(coefficient: Fraction, scalar: Tensor, letters: tuple[Tensor, ...]) -> Tensor:
    """det(I + c W) in the rotation of the word W that comes first: smallest size, then the smallest
    digest."""
    candidates: list[tuple[tuple[int, str, int], Tensor]] = []
    for k in range(len(letters)):
        rotated = (*letters[k:], *letters[:k])
        size = rotated[0].shape[0]
        inner = spread(scale(coefficient, elementwise([scalar, joined(rotated, size)], (size, size))))
        total = add([(YES, delta((size,))), (YES, inner)], (size, size))
        candidates.append(((0 if size == ONE_SIZE else 1, str(size), total.digest), total))
    cut = _rank_one_cut(letters)
    if cut is not None:
        return spread(add([(YES, ONE_TENSOR), (coefficient, elementwise([scalar, cut], ()))], ()))
    best = min(candidates, key=lambda pair: pair[0])[1]
    return apply("det", (best,), ())


def _rank_one_cut(letters: tuple[Tensor, ...]) -> Tensor | None:
    """The trace of the word when one of its letters has rank one: then det(I + W) = 1 + tr(W)."""
    if not any(isinstance(letter, Contraction) and _is_outer(letter) for letter in letters):
        return None
    size = letters[0].shape[0]
    return contract([joined(letters, size)], [(0, 0)], (), {0: size})


def _is_outer(letter: Contraction) -> bool:
    """Whether nothing joins the rows of a matrix to its columns, as in ``x y'``."""
    return len(letter.output) == 2 and letter.output[1] not in reached(letter, letter.output[0])


_LAWS: dict[str, Callable[[Tensor, Shape], Tensor]] = {
    "softmax": _softmax,
    "logsumexp": _logsumexp,
    "logdet": _logdet,
    "adj": _adjugate,
    "expm": _exponential,
    "logm": _logarithm,
    "inv": lambda argument, shape: inverse(argument),
    "det": lambda argument, shape: determinant(argument),
    "nuclear_norm": _norm_of_singular_values("nuclear_norm"),
    "spectral_norm": _norm_of_singular_values("spectral_norm"),
}
