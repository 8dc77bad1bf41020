"""Tensors in index notation: ``A_kj x_j + A_jk x_j``, factors in the order in which they are
read."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import TypeAlias, assert_never, cast

from matcalc.base.budgets import spend
from matcalc.base.errors import LimitError
from matcalc.base.functions import function_called, functions
from matcalc.base.own_functions import own_function
from matcalc.base.records import grouped
from matcalc.base.sizes import names_in
from matcalc.base.traversal import bottom_up
from matcalc.einstein import nodes as t
from matcalc.printing.index_notation import Composer, IndexNotation
from matcalc.printing.notation import LONGEST_TEXT, Level, Piece, fits, piece, render

# ------------------------------------------------------------
# In which order the factors of a contraction are read, and which of their indices are in sight.


def reading_order(product: t.Contraction) -> list[int]:
    """The operands as a chain: scalars first, then from each output index on along shared indices,
    then closed chains."""
    order = [k for k, axes in enumerate(product.indices) if not axes]
    left = {k: None for k, axes in enumerate(product.indices) if axes}
    holders = grouped((label, k) for k in left for label in dict.fromkeys(product.indices[k]))
    for label, found in holders.items():
        # Matrices before vectors, so that a chain ends in its vector; an operand that has the label
        # first reads forwards.
        found.sort(key=lambda k: (-len(product.indices[k]), product.indices[k].index(label), _name(product.operands[k])))
    stack = list(dict.fromkeys(reversed(product.output)))
    # A closed chain starts at a vector if it has one: x_i A_ij x_j.
    starts = iter(sorted(left, key=lambda k: (len(product.indices[k]), _name(product.operands[k]))))
    while left:
        waiting = holders.get(stack[-1], []) if stack else starts
        chosen = next((k for k in waiting if k in left), None)
        if chosen is None:
            stack.pop()
            continue
        del left[chosen]
        order.append(chosen)
        stack.extend(reversed(product.indices[chosen]))
    return order


def _name(tensor: t.Tensor) -> tuple[int, str]:
    """Symbols by name before anything else, so that the order does not hang on digests alone."""
    return (0, tensor.name) if isinstance(tensor, t.Symbol) else (1, "")


def shown_once(root: t.Tensor) -> Mapping[t.Tensor, tuple[bool, ...]]:
    """For every axis of every node, whether its letter stands exactly once in each term of the
    text, outside any function's argument."""
    return bottom_up(t.postorder(root), _shown_once)


def _shown_once(node: t.Node, once: Mapping[t.Tensor, tuple[bool, ...]]) -> tuple[bool, ...]:
    match node:
        case t.Symbol() | t.Constant() | t.SizeValue() | t.Unit():
            return (True,) * node.order
        case t.Pairing():
            return (False, False, True)  # a pair of letters is written wherever the index stands that counts it
        case t.Sum():
            return tuple([bool(node.terms) and all(once[term][axis] for _, term in node.terms) for axis in range(node.order)])
        case t.Contraction():
            return tuple([_once_in_product(node, axis, once) for axis in range(node.order)])
        case t.Power() | t.Map():
            return (False,) * len(once[t.children(node)[0]])
        case t.Apply():
            orders = [len(once[argument]) for argument in node.arguments]
            batch = max([order - own_axes(node.function, order, place) for place, order in enumerate(orders)])
            return tuple([axis >= batch for axis in range(node.order)])  # the letters of a batch stand in the argument too
        case _:
            assert_never(node)


def own_axes(function: str, order: int, place: int = 0) -> int:
    """How many of the last axes of the argument at ``place``, with ``order`` axes, a function
    takes; those before them are a batch."""
    if own_function(function) is not None:
        return function_called(function).orders[place] or 0
    known = functions().get(function)
    if known is None:
        return order
    kind = known.signature.split("->")[0].rpartition(":")[2].strip()
    return min(order, 0 if kind == "scalar" else kind.count("×") + 1)


def _once_in_product(node: t.Contraction, axis: int, once: Mapping[t.Tensor, tuple[bool, ...]]) -> bool:
    label = node.output[axis]
    places = [
        once[operand][place]
        for operand, axes in zip(node.operands, node.indices, strict=True)
        for place, other in enumerate(axes)
        if other == label
    ]
    deltas = node.output.count(label) - 1
    if deltas and node.output.index(label) != axis:
        return True
    return len(places) + deltas == 1 and all(places)


# ------------------------------------------------------------
# Tensors in index notation: ``A_kj x_j + A_jk x_j``.
#
# An index that occurs exactly twice in a product is summed by convention; every other sum is
# written with Σ. An index inside a function's argument is not counted, so it is never summed
# silently. The axes of the whole have the first letters, in order.

Letter: TypeAlias = "int | tuple[Letter, Letter]"
"""The number of a letter; a pair of indices that are counted as one has theirs."""
Letters: TypeAlias = tuple[Letter, ...]
Request: TypeAlias = tuple[t.Tensor, Letters, int]
"""A tensor, the numbers of the letters of its axes, and the number of the first letter that is
free."""
Answer: TypeAlias = tuple[Piece, int]
"""The text, and the first letter that is free after it."""
Steps: TypeAlias = Generator[Request, Answer, Answer]

_MOST_STEPS = 300_000


def index_text(tensor: t.Tensor, style: str = "unicode", letters: Sequence[str] = ()) -> str:
    """The entry of ``tensor`` at ``i, j, ...`` in index notation; where no ``letters`` are given,
    ``index_letters`` says those of the axes.

    Raises LimitError when shared parts, written out at every use, make it too long.
    """
    if _least_length(tensor) > LONGEST_TEXT:
        raise _too_long()
    return render(_Printer(_notation(tensor, style, letters), tensor).printed())


def _least_length(tensor: t.Tensor) -> int:
    """A number of characters that the text has at least: one for each node and use of it."""
    lengths: Mapping[t.Tensor, int] = bottom_up(
        t.postorder(tensor), lambda node, below: 1 + sum([below[child] for child in node.below])
    )
    return lengths[tensor]


def _too_long() -> LimitError:
    return LimitError("the index form is too long to print", suggestion="use the closed form, or the result as a function")


def index_letters(tensor: t.Tensor) -> tuple[str, ...]:
    """The letters of the axes in ``index_text``, in order."""
    notation = _notation(tensor, "ascii")
    return tuple([notation.letter(axis) for axis in range(len(shown_once(tensor)[tensor]))])


def letters_within(product: t.Contraction, letters: Sequence[str] = ()) -> dict[int, str]:
    """The letters of all labels of a contraction in its ``index_text``."""
    notation = _notation(product, "unicode", letters)
    printer = _Printer(notation, product)
    numbers = numbered(product, tuple(range(product.order)), product.order)[0]
    return {label: printer.name(letter) for label, letter in numbers.items()}


def _notation(tensor: t.Tensor, style: str, letters: Sequence[str] = ()) -> IndexNotation:
    names: dict[str, None] = {}
    for node in t.postorder(tensor):
        if isinstance(node, t.Symbol | t.Constant):
            names[node.name] = None
        sizes = node.sizes if isinstance(node, t.Symbol) else (node.size,) if isinstance(node, t.SizeValue) else ()
        names.update(dict.fromkeys(names_in(sizes)))
    return IndexNotation(style, names, letters)


Labels: TypeAlias = tuple[int, ...]


def _pairs(product: t.Contraction) -> dict[int, Labels]:
    """The summed labels that are written as pairs of others, ``x_(ij)`` for ``x_k`` where k counts
    the pairs: for each the two, and the place of the pairing, which then is not written."""
    found: dict[int, Labels] = {}
    for k, (operand, axes) in enumerate(zip(product.operands, product.indices, strict=True)):
        if isinstance(operand, t.Pairing) and axes[2] not in (*product.output, *found) and not set(axes[:2]) & set(found):
            counted = sum(index.count(axes[2]) for index in product.indices)
            inside = any(axes[2] in labels[:2] for labels in found.values())
            if counted > 1 and not inside:
                found[axes[2]] = (*axes[:2], k)
    return found


def _lettered(product: t.Contraction, order: Sequence[int], pairs: Mapping[int, Labels]) -> list[int]:
    """The labels that have letters of their own, in the order of reading."""
    read = [label for k in order for label in product.indices[k]] + list(range(len(product.sizes)))
    return [part for label in read for part in (pairs[label][:2] if label in pairs else (label,))]


def numbered(product: t.Contraction, at: Letters, free: int) -> tuple[dict[int, Letter], list[int], list[int], dict[int, Labels]]:
    """The letters of all labels, ``at`` those of the axes and ``free`` the first for others; the
    operands in the order of reading, the labels that are bound, and those that are written as
    pairs."""
    letters: dict[int, Letter] = dict(zip(reversed(product.output), reversed(at), strict=True))
    pairs = _pairs(product)
    order = [k for k in reading_order(product) if k not in {place for _, _, place in pairs.values()}]
    order.sort(key=lambda k: isinstance(product.operands[k], t.Pairing))  # with the deltas, at the end
    bound = [label for label in dict.fromkeys(_lettered(product, order, pairs)) if label not in letters]
    letters |= dict(zip(bound, range(free, free + len(bound))))
    letters |= {label: (letters[slow], letters[fast]) for label, (slow, fast, _) in pairs.items()}
    return letters, order, bound, pairs


class _Printer:
    """Walks the tensor with generators on an explicit stack: depth costs no recursion."""

    def __init__(self, notation: IndexNotation, root: t.Tensor) -> None:
        self._to = notation
        self._glyphs = notation.glyphs
        self._root = root
        self._once = shown_once(root)
        self._compose = Composer(notation.glyphs)

    def printed(self) -> Piece:
        order = len(self._once[self._root])
        request: Request = (self._root, tuple(range(order)), order)
        done: dict[Request, Answer] = {}
        stack: list[tuple[Request, Steps]] = [(request, self._steps(request))]
        answer: Answer | None = None
        steps = 0
        while stack:
            request, walk = stack[-1]
            steps += 1
            spend()
            if steps > _MOST_STEPS:
                raise _too_long()
            try:
                wanted = next(walk) if answer is None else walk.send(answer)
            except StopIteration as stop:
                answer = done[request] = stop.value
                stack.pop()
                continue
            answer = done.get(wanted)
            if answer is None:
                stack.append((wanted, self._steps(wanted)))
        assert answer is not None
        return answer[0]

    def _steps(self, request: Request) -> Steps:
        tensor, at, free = request
        match cast("t.Node", tensor):
            case t.Symbol(name=name):
                return self._leaf(self._to.entry(self._glyphs.symbol(name), self._names(at)), free)
            case t.Constant(name=name):
                return self._leaf(self._glyphs.symbol(name), free)
            case t.SizeValue(size=size):
                return self._leaf(self._glyphs.size_value(size), free)
            case t.Unit(position=position):
                return self._leaf(self._to.delta(self._names(at)[0], self._glyphs.place_below(position)), free)
            case t.Pairing():
                slow, fast, whole = self._names(at)
                return self._leaf(self._to.delta(self._glyphs.pair(slow, fast), whole), free)
            case t.Sum() as total:
                return self._sum(total, at, free)
            case t.Contraction() as product:
                return self._product(product, at, free)
            case t.Power() as power:
                return self._power(power, at, free)
            case t.Map() as mapped:
                return self._map(mapped, at, free)
            case t.Apply() as applied:
                return self._apply(applied, at, free)
            case unreachable:
                assert_never(unreachable)

    def _names(self, at: Letters) -> list[str]:
        return [self.name(letter) for letter in at]

    def name(self, letter: Letter) -> str:
        if isinstance(letter, int):
            return self._to.letter(letter)
        slow, fast = letter
        return self._glyphs.pair(self.name(slow), self.name(fast))

    def _leaf(self, text: Piece, free: int) -> Steps:
        return text, free
        yield  # makes this a generator like the others

    def _sum(self, total: t.Sum, at: Letters, free: int) -> Steps:
        if not total.terms:
            return piece("0"), free
        # A sum that begins with a minus sign reads worse than one that does not.
        terms = sorted(total.terms, key=lambda term: term[0] < 0)
        last = free
        pieces = []
        for coefficient, term in terms:
            text, end = yield (term, at, free)
            pieces.append(self._compose.multiple(coefficient, text))
            last = max(last, end)
        return self._compose.total(pieces), last

    def _product(self, product: t.Contraction, at: Letters, free: int) -> Steps:
        letters, order, bound, pairs = numbered(product, at, free)
        free += len(bound)
        places = [product.output.index(label) for label in product.output]
        deltas = [self._to.delta(*self._names((at[first], at[k]))) for k, first in enumerate(places) if first != k]
        above: list[Piece] = []
        below: list[Piece] = []
        for k in order:
            operand, axes = product.operands[k], tuple([letters[label] for label in product.indices[k]])
            if isinstance(operand, t.Power) and operand.exponent < 0:
                base, free = yield (operand.base, axes, free)
                below.append(self._compose.raised(base, -operand.exponent))
            else:
                text, free = yield (operand, axes, free)
                above.append(text)
        body = self._compose.quotient(above + deltas, below)
        silent = self._summed_silently(product, pairs)
        if silent and body.level == Level.ATOM:
            # The square of A_ii is (A_ii)²; without brackets the squares would seem to be summed.
            body = piece(body, level=Level.POSTFIX)
        explicit = self._names(tuple([letters[label] for label in bound if label not in silent]))
        return (self._glyphs.summed(explicit, body) if explicit else body), free

    def _summed_silently(self, product: t.Contraction, pairs: Mapping[int, Labels]) -> frozenset[int]:
        """The bound labels that occur exactly twice, both times in sight."""
        count = dict.fromkeys(range(len(product.sizes)), 0)
        hidden = set(product.output)
        written = {place for _, _, place in pairs.values()}
        for k, (operand, axes) in enumerate(zip(product.operands, product.indices, strict=True)):
            if k in written:
                continue
            for axis, label in enumerate(axes):
                for part in pairs[label][:2] if label in pairs else (label,):
                    count[part] += 1
                    if not self._once[operand][axis]:
                        hidden.add(part)
        return frozenset(label for label, times in count.items() if times == 2 and label not in hidden)

    def _power(self, power: t.Power, at: Letters, free: int) -> Steps:
        base, free = yield (power.base, at, free)
        if power.exponent < 0:
            return self._compose.quotient([], [self._compose.raised(base, -power.exponent)]), free
        return self._compose.raised(base, power.exponent), free

    def _map(self, mapped: t.Map, at: Letters, free: int) -> Steps:
        pieces = []
        for argument in mapped.arguments:
            text, free = yield (argument, at, free)
            pieces.append(text)
        if mapped.function == "pow":
            base = pieces[0] if fits(pieces[0], Level.ATOM) else self._glyphs.bracketed(pieces[0])
            return self._glyphs.power(base, pieces[1], False), free
        return self._glyphs.call(mapped.function, tuple(pieces), None), free

    def _apply(self, applied: t.Apply, at: Letters, free: int) -> Steps:
        pieces = []
        for place, argument in enumerate(applied.arguments):
            order = len(self._once[argument])
            batch = order - own_axes(applied.function, order, place)
            if isinstance(argument, t.Symbol) and not batch:
                pieces.append(self._glyphs.symbol(argument.name))
                continue
            inner = tuple(range(free, free + order - batch))
            free += len(inner)
            text, free = yield (argument, at[:batch] + inner, free)
            pieces.append(self._to.array(text, self._names(inner)))
        whole = (
            self._glyphs.inverse(pieces[0])
            if applied.function == "inv"
            else self._glyphs.call(applied.function, tuple(pieces), None)
        )
        own = own_function(applied.function)  # the letters of a batch stand in its arguments
        return self._to.entry(whole, self._names(at if own is None else at[len(at) - own.order :])), free
