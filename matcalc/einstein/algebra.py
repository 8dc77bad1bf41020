"""Building tensors in normal form: sums with like terms collected, contractions without deltas,
ones or nested contractions.

Functions take and give normal tensors; each step removes a factor, label or term, so building ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

from matcalc.base.budgets import spend
from matcalc.base.errors import LimitError
from matcalc.base.functions import computable, function_called
from matcalc.base.lazy import later
from matcalc.base.shapes import Selection, Shape
from matcalc.base.sizes import ONE, Size
from matcalc.einstein.linear import (
    NO,
    ONE_TENSOR,
    YES,
    Labels,
    add,
    components,
    constant_value,
    content,
    delta,
    exact_root,
    interned,
    is_zero,
    number,
    ones,
    permuted as permuted,
    prefers_transposed,
    rational_power,
    scale,
    terms_of,
    transposed as transposed,
    zero,
)
from matcalc.einstein.nodes import (
    Apply,
    Contraction,
    Factor,
    Map,
    Pairing,
    Power,
    SizeValue,
    Sum,
    Symbol,
    Tensor,
    Unit,
    is_symmetric,
)

if TYPE_CHECKING:
    from matcalc.einstein import pairing_laws, tensor_deduction
else:
    pairing_laws = later("matcalc.einstein.pairing_laws")
    tensor_deduction = later("matcalc.einstein.tensor_deduction")


_MOST_OPERANDS = 20_000
_MOST_INLINED = 40


# ---------------------------------------------------------------- contractions


def contract(
    operands: Sequence[Tensor], indices: Sequence[Sequence[int]], output: Sequence[int], sizes: Mapping[int, Size]
) -> Tensor:
    """The einsum of ``operands``; labels are any integers, ``sizes`` gives each one's size.

    Deltas and ones are absorbed, nested contractions merged, numbers pulled out, repeated factors
    collected into powers, and scalar factors that stand alone kept as operands of their own.
    """
    used = {label for index in indices for label in index} | set(output)
    labels = Labels({label: sizes[label] for label in used})
    coefficient = YES
    flat: list[tuple[Tensor, tuple[int, ...]]] = []
    stack = [(operand, tuple(index)) for operand, index in zip(operands, indices)]
    stack.reverse()
    while stack:
        operand, index = stack.pop()
        if isinstance(operand, Sum):
            if not operand.terms:
                return zero(tuple([labels.sizes[label] for label in output]))
            factor, operand = content(operand)
            if factor is not YES:
                coefficient *= factor
            if isinstance(operand, Sum) and len(index) == 2 and prefers_transposed(operand):
                operand, index = transposed(operand), index[::-1]
        if (
            isinstance(operand, Contraction)
            and not _is_scalar_atom(operand)
            and not (len(operands) > 1 and _stays_nested(operand))
        ):
            new: dict[int, int] = {}
            for inner, outside in zip(operand.output, index):
                if inner in new:
                    labels.join(new[inner], outside)
                else:
                    new[inner] = outside
            for inner, size in enumerate(operand.sizes):
                if inner not in new:
                    new[inner] = labels.fresh(size)
            stack.extend(
                (o, tuple([new[label] for label in i])) for o, i in zip(reversed(operand.operands), reversed(operand.indices))
            )
        else:
            if isinstance(operand, Symbol) and "diagonal" in operand.properties and len(index) == 2:
                labels.join(*index)
            flat.append((operand, index))
            if len(flat) > _MOST_OPERANDS:
                raise LimitError(
                    f"a product of more than {_MOST_OPERANDS} factors",
                    suggestion="name the repeated part and differentiate by it",
                )
    spend(2 + (len(flat) >> 1))
    outer = tuple(output)
    if labels.joined:
        outer = tuple([labels.find(label) for label in outer])
        flat = [(operand, tuple([labels.find(label) for label in index])) for operand, index in flat]
    factor, factors = _collected(flat)
    assembled = _assembled(factors, outer, labels)
    return scale(coefficient if factor is YES else coefficient * factor, assembled)


def _is_scalar_atom(tensor: Contraction) -> bool:
    """A connected scalar contraction stays one factor, so that ``(a'x)²`` is seen as a power."""
    return not tensor.output and bool(tensor.sizes)


def _stays_nested(operand: Contraction) -> bool:
    """Long products of matrices and vectors stay one operand: a chain of layers costs time and
    space in proportion to its length."""
    return len(operand.operands) > _MOST_INLINED and operand.order <= 2 and len(set(operand.output)) == operand.order


_NO_POWERS = frozenset({Symbol, Apply, Contraction, Sum, Pairing})
"""Kinds of tensors that are not themselves a power of something."""


def _collected(factors: Sequence[Factor]) -> tuple[Fraction, list[Factor]]:
    """Factors with the same base on the same labels become one power; the number that this frees
    comes first."""
    exponents: dict[tuple[Tensor, tuple[int, ...]], Fraction] = {}
    symbolic: dict[tuple[Tensor, tuple[int, ...]], list[Tensor]] = {}
    for operand, index in factors:
        if len(index) == 2 and index[0] > index[1] and is_symmetric(operand):
            index = (index[1], index[0])
        base, exponent = (operand, YES) if type(operand) in _NO_POWERS else base_and_exponent(operand)
        key = (base, index)
        if isinstance(exponent, Fraction):
            known = exponents.get(key)
            exponents[key] = exponent if known is None else known + exponent
        else:
            symbolic.setdefault(key, []).append(exponent)
    coefficient = YES
    result: list[Factor] = []
    for key, parts in symbolic.items():
        base, index = key
        rational = exponents.pop(key, NO)
        total = add([(YES, part) for part in parts] + [(rational, ones(base.shape))], base.shape)
        result.append((symbolic_power(base, total), index))
    for (base, index), exponent in exponents.items():
        if exponent is YES and isinstance(base, (Symbol, Apply)):
            result.append((base, index))
            continue
        if not exponent:
            continue
        factor, core = content(base if exponent is YES else power(base, exponent))
        if factor is not YES:
            coefficient *= factor
        if core is ONE_TENSOR:
            continue
        if isinstance(core, Contraction) and len(core.sizes) == len(core.output):
            result.extend(_inlined(core, index))
        else:
            result.append((core, index))
    return coefficient, result


def _inlined(core: Contraction, index: tuple[int, ...]) -> list[Factor]:
    """The factors of an elementwise product (no bound labels, distinct outputs) on ``index``."""
    return [(o, tuple([index[core.output.index(label)] for label in i])) for o, i in zip(core.operands, core.indices)]


def base_and_exponent(operand: Tensor) -> tuple[Tensor, Fraction | Tensor]:
    """A factor as a power, so that factors with the same base are one."""
    if isinstance(operand, Power):
        return operand.base, operand.exponent
    if isinstance(operand, Map) and operand.function == "pow":
        return operand.arguments[0], operand.arguments[1]
    if isinstance(operand, Map) and operand.function == "exp":
        factor, core = content(operand.arguments[0])
        return Map("exp", (core,)), factor
    return operand, YES


def _assembled(factors: list[Factor], output: tuple[int, ...], labels: Labels) -> Tensor:
    """Canonical contraction of collected factors; each scalar component becomes a factor of its
    own."""
    coefficient, factors, output = cancelled(factors, output, labels)
    used = {label for _, index in factors for label in index}
    used.update(output)
    for label in labels.parent:
        if label not in used and labels.find(label) == label and label not in labels.retired:
            number, counted = _size_factors(labels.sizes[label])
            coefficient *= number
            if counted:
                factor, factors = _collected([*factors, *counted])
                coefficient *= factor
    main, scalars = components(factors, set(output))
    if scalars and (main or output or len(scalars) > 1):
        atoms = [interned(component, (), labels) for component in scalars]
        main += [(atom, ()) for atom in atoms]
        factor, main = _collected(main)
        coefficient *= factor
    elif scalars:
        main = scalars[0]
    return scale(coefficient, interned(main, output, labels))


def _size_factors(size: Size) -> tuple[int | Fraction, list[Factor]]:
    """A size as a number and scalar factors: single sizes, or one sum of such products."""
    if len(size.terms) > 1:
        return 1, [(size_value(size), ())]
    ((names, number),) = size.terms
    return number, [(SizeValue(Size.of(name)), ()) for name in names]


def size_value(size: Size) -> Tensor:
    """A size as a number: a sum of products of single sizes."""
    terms = [(Fraction(factor), [SizeValue(Size.of(name)) for name in names]) for names, factor in size.terms]
    return add([(factor, contract(names, [()] * len(names), (), {})) for factor, names in terms], ())


def cancelled(factors: list[Factor], output: tuple[int, ...], labels: Labels) -> tuple[Fraction, list[Factor], tuple[int, ...]]:
    """An inverse next to its matrix, or an orthogonal matrix next to its transpose, becomes a
    delta; each time two factors go, or positions are selected from a shorter axis."""
    coefficient = YES
    while coefficient and any(factor[0].reduces for factor in factors):
        factors = tensor_deduction.without_unit_sums(factors, output, labels)
        found = (
            tensor_deduction.cancelling_pair(factors, output)
            or tensor_deduction.needless_pairing(factors, output, labels)
            or _selected(factors, output, labels)
        )
        if found is None:
            break
        gone, joined, sign, put = found
        coefficient *= sign
        for one, other in joined:
            labels.join(one, other)
        rest = [*[factor for k, factor in enumerate(factors) if k not in gone], *put]
        factor, factors = _collected([(operand, tuple([labels.find(label) for label in index])) for operand, index in rest])
        coefficient *= factor
        output = tuple([labels.find(label) for label in output])
    return coefficient, factors, output


def _selected(factors: list[Factor], output: tuple[int, ...], labels: Labels) -> tensor_deduction.Cancelling | None:
    """Two factors that select from a common axis."""
    law = pairing_laws.selected_together(factors, output) if any(selects(operand) for operand, _ in factors) else None
    if law is None:
        return None
    if law.summed is not None:
        labels.retire(law.summed)
    put = [
        (rows_of_identity(chosen) if len(index) == 2 else Unit(chosen.before + ONE, chosen.whole), index)
        for chosen, index in law.put
    ]
    return law.gone, law.joined, 0 if law.vanishes else 1, tuple(put)


def selects(operand: Tensor) -> bool:
    """Whether it is rows of an identity matrix, or one of them."""
    return isinstance(operand, Unit) or (isinstance(operand, Apply) and operand.function == "selection" and operand.order == 2)


def rows_of_identity(chosen: Selection) -> Tensor:
    """The rows as a matrix."""
    shape = (chosen.size, chosen.whole)
    if chosen.size == chosen.whole:
        return delta(shape[:1])
    return Apply("selection", (ones(shape), size_value(chosen.before)), shape)


# ---------------------------------------------------------------- rearranging


def elementwise(factors: Sequence[Tensor], shape: Shape) -> Tensor:
    """Product entry by entry; scalar factors multiply every entry."""
    labels = tuple(range(len(shape)))
    return contract(factors, [labels if factor.order else () for factor in factors], labels, dict(enumerate(shape)))


def broadcast(scalar: Tensor, shape: Shape) -> Tensor:
    """The scalar in every entry of ``shape``."""
    return elementwise([scalar], shape)


def unbroadcast(tensor: Tensor) -> Tensor | None:
    """The scalar that stands in every entry of ``tensor``; None when entries differ."""
    if isinstance(tensor, Sum):
        parts = [(coefficient, unbroadcast(term)) for coefficient, term in tensor.terms]
        known = [(coefficient, part) for coefficient, part in parts if part is not None]
        return add(known, ()) if len(known) == len(parts) else None
    if isinstance(tensor, Contraction) and not any(tensor.indices) and len(set(tensor.output)) == len(tensor.output):
        return contract(tensor.operands, tensor.indices, (), {})
    return tensor if not tensor.order else None


def _elsewhere(function: Callable[[Tensor], Tensor], tensor: Tensor) -> Tensor | None:
    """A function of every entry of a contraction that only copies, splits or joins axes, taken of
    each entry once: ``exp(x 1')`` is ``exp(x) 1'``. None for all others."""
    if not isinstance(tensor, Contraction) or len(set(tensor.output)) < len(tensor.output):
        return None
    sizes = dict(enumerate(tensor.sizes))
    used = {label for index in tensor.indices for label in index}
    kept = tuple([label for label in tensor.output if label in used])
    if kept and len(kept) < len(tensor.output):
        narrow = contract(tensor.operands, tensor.indices, kept, sizes)
        return contract([function(narrow)], [kept], tensor.output, sizes)
    place = pairing_laws.rearranged(tensor)
    if place is None:
        return None
    operands = [*tensor.operands[:place], function(tensor.operands[place]), *tensor.operands[place + 1 :]]
    return contract(operands, tensor.indices, tensor.output, sizes)


# ---------------------------------------------------------------- functions of one entry


def power(base: Tensor, exponent: Fraction) -> Tensor:
    """Elementwise rational power, with numbers, products and inner powers taken out where that is
    valid for real entries."""
    if exponent == 1:
        return base
    if exponent == 0:
        return ones(base.shape)
    whole, even = exponent.denominator == 1, exponent.denominator == 1 and exponent.numerator % 2 == 0
    match base:
        case Sum() if prefers_transposed(base):
            return transposed(power(transposed(base), exponent))
        case Sum(terms=()):
            return base if exponent > 0 else Power(base, exponent)
        case Sum():
            return _power_of_sum(base, exponent)
        case Power():
            return _power_of_power(base, exponent)
        case Map(function="exp"):
            return Map("exp", (scale(exponent, base.arguments[0]),))
        case Pairing() | Unit() if exponent > 0:
            return base
        case Map(function="abs") if even:
            return power(base.arguments[0], exponent)
        case Map(function="pow", arguments=(inner, upper)) if whole:
            return symbolic_power(inner, scale(exponent, upper))
        case Contraction():
            return _power_of_product(base, exponent)
        case Symbol() | Apply() if whole and tensor_deduction.known(base).entries.signed:
            return ones(base.shape) if even else base
        case Symbol() | Apply() if exponent > 0 and tensor_deduction.known(base).entries.bit:
            return base
    return Power(base, exponent)


def _power_of_power(base: Power, exponent: Fraction) -> Tensor:
    """The root of an even power is one of the absolute value."""
    total = base.exponent * exponent
    if exponent.denominator == 1 or base.exponent.denominator != 1 or base.exponent.numerator % 2:
        return power(base.base, total)
    even = total.denominator == 1 and total.numerator % 2 == 0
    return power(base.base if even else apply_map("abs", base.base), total)


def _power_of_product(base: Contraction, exponent: Fraction) -> Tensor:
    """Factor by factor, where nothing is summed: each for a whole exponent, else those that are not
    negative."""
    found = _elsewhere(partial(power, exponent=exponent), base)
    if found is not None:
        return found
    once, sizes = tuple(dict.fromkeys(base.output)), dict(enumerate(base.sizes))
    if exponent > 0 and len(once) < len(base.output):  # it is zero off some diagonal
        entries = power(contract(base.operands, base.indices, once, sizes), exponent)
        return contract([entries], [once], base.output, {label: sizes[label] for label in once})
    if base.output != once or len(sizes) > len(once):
        return Power(base, exponent)
    if not base.operands:
        return base
    if exponent.denominator == 1:
        return contract([power(operand, exponent) for operand in base.operands], base.indices, base.output, sizes)
    leaving = [k for k, operand in enumerate(base.operands) if tensor_deduction.is_nonnegative(operand)]
    if not leaving or len(base.operands) == 1:
        return Power(base, exponent)
    staying = [k for k in range(len(base.operands)) if k not in leaving]
    rest = contract([base.operands[k] for k in staying], [base.indices[k] for k in staying], base.output, sizes)
    operands = [*(power(base.operands[k], exponent) for k in leaving), power(rest, exponent)]
    return contract(operands, [*(base.indices[k] for k in leaving), base.output], base.output, sizes)


def _power_of_sum(base: Sum, exponent: Fraction) -> Tensor:
    factor, core = content(base)
    if exponent.denominator == 1:
        return Power(base, exponent) if factor == 1 else scale(rational_power(factor, exponent.numerator), power(core, exponent))
    size = abs(factor)
    root = exact_root(size, exponent)
    if size == 1 or (root is None and (core is ONE_TENSOR or len(base.terms) > 1)):
        return Power(base, exponent)
    rest = power(core, exponent) if factor > 0 else Power(scale(-YES, core), exponent)
    return scale(root, rest) if root is not None else elementwise([Power(number(size), exponent), rest], base.shape)


def symbolic_power(base: Tensor, exponent: Tensor) -> Tensor:
    """Elementwise power whose exponent is a tensor of the same shape."""
    known = constant_value(exponent)
    if known is not None:
        return power(base, known)
    if constant_value(base) == 1 or (constant_value(base) == -1 and _is_even(exponent)):
        return ones(base.shape)
    if prefers_transposed(exponent if unbroadcast(base) is not None else base):
        return transposed(Map("pow", (transposed(base), transposed(exponent))))
    return Map("pow", (base, exponent))


def _is_even(exponent: Tensor) -> bool:
    """Whether it is twice a whole number, such as 2n."""
    return all(
        c.denominator == 1 and c.numerator % 2 == 0 and tensor_deduction.known(term).entries.whole
        for c, term in terms_of(exponent)
    )


def apply_map(function: str, argument: Tensor, *others: Tensor) -> Tensor:
    """A function of every entry; values at 0 and parity come from the function table."""
    if others:
        return _map_of_several(function, (argument, *others))
    if prefers_transposed(argument):
        return transposed(apply_map(function, transposed(argument)))
    scalar = unbroadcast(argument) if argument.order else None
    if scalar is not None:
        return broadcast(apply_map(function, scalar), argument.shape)
    known_value = _known_value(function, argument)
    if known_value is not None:
        return known_value
    found = _elsewhere(partial(apply_map, function), argument)
    if found is not None:
        return found
    entry = computable().get(function)
    if entry is not None and entry.parity and isinstance(argument, Sum):
        if not argument.terms:
            return argument if entry.parity == "odd" else Map(function, (argument,))
        if len(argument.terms) == 1 and argument.terms[0][0] < 0:
            flipped = Map(function, (scale(-YES, argument),))
            return scale(-YES, flipped) if entry.parity == "odd" else flipped
    return Map(function, (argument,))


def _map_of_several(function: str, arguments: tuple[Tensor, ...]) -> Tensor:
    """A function of the entries of several tensors of one shape."""
    shape = arguments[0].shape
    scalars = [unbroadcast(argument) for argument in arguments] if shape else []
    shaped = [argument for argument, scalar in zip(arguments, scalars) if scalar is None]
    if shape and not shaped:
        found = _map_of_several(function, tuple([scalar for scalar in scalars if scalar is not None]))
        return broadcast(found, shape)
    if shaped and prefers_transposed(shaped[0]):
        return transposed(_map_of_several(function, tuple(map(transposed, arguments))))
    if function_called(function).commutes:
        arguments = tuple(sorted(arguments, key=lambda argument: (constant_value(argument) is not None, argument.digest)))
    return Map(function, arguments)


_UNDONE = {"exp": "log", "log": "exp"}
_ALWAYS_ONE: Mapping[str, Callable[[Tensor], bool]] = {
    "exp": is_zero,
    "abs": lambda tensor: tensor_deduction.known(tensor).entries.signed,
    "sign": lambda tensor: tensor_deduction.is_positive(tensor),
    "step": lambda tensor: tensor_deduction.is_positive(tensor),
}
"""When all entries of a function are 1."""


def _known_value(function: str, argument: Tensor) -> Tensor | None:
    """The value where the argument, its sign or the function that it is of tells it."""
    if isinstance(argument, Map) and argument.function == _UNDONE.get(function):
        return argument.arguments[0]
    if function == "log" and constant_value(argument) == 1:
        return zero(argument.shape)
    if function in ("abs", "relu") and tensor_deduction.is_nonnegative(argument):
        return argument
    if function in _ALWAYS_ONE and _ALWAYS_ONE[function](argument):
        return ones(argument.shape)
    return None
