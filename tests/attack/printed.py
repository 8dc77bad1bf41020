"""Random expressions to be printed and read back: everyday ones, all functions, sums over indices and tensors, derivatives, odd names."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import cast

from matcalc.base import functions as table
from matcalc.base.errors import MatcalcError
from matcalc.base.shapes import Shape, sizes_text
from matcalc.base.sizes import Size
from matcalc.evaluation.sampling import user_functions
from matcalc.expr import nodes as e
from tests.fuzz.checking import derivation, operators
from tests.fuzz.expressions import generate, generate_wide
from tests.fuzz.rebuilding import with_children
from tests.fuzz.vocabulary import symbol

KINDS = ("everyday", "functions", "indices", "derivative")
_WORDS = (
    "alpha beta_1 gamma lambda sigma Sigma Gamma Lambda phi Phi psi ell varepsilon mu theta_0 Omega Alpha omicron pi e i I T K F H d f "
    "g E N y_hat x_bar_0 Sigma_hat beta_tilde mu_0 w_ddot A_ring W1 W_2 X_train loss lam learning_rate x_01 x_12 a_0 S_xx k_star x_max "
    "x′ A_1′ beta0 conv2 vec det log_p X_0 X_12 AB xy sum_of_x logits Mu nabla T_k_1 eig tr Tr inv norm rank A_inv x_new theta_old W_ih "
    "L_1 dx "
)
NAMES = tuple(_WORDS.split())
"""Names of all kinds that people give, among them such as would mean something else if they were not declared."""
SIZES = ("n", "m", "k", "N", "T", "d", "n_1", "n_train", "p", "K", "D_in", "i")
_FUNCTIONS = ("f", "g", "phi", "act", "f_1", "sigma", "h_theta", "psi", "rho")


@dataclass(frozen=True)
class Printed:
    """An expression, and what must be declared for its text to be read."""

    expression: e.Expr
    declared: Mapping[str, str]
    kind: str


def drawn(number: int, seed: int = 0) -> Printed:
    """The case of this number; every second one has its symbols, sizes and functions renamed."""
    chooser = random.Random(f"{seed}/{number}/printed")
    kind = KINDS[number % len(KINDS)]
    expression = _MAKERS[kind](chooser)
    expression = _rebuilt(expression, _Changes(numbers=_other_numbers(expression, chooser)))
    if chooser.randrange(2):
        expression = _renamed(expression, chooser)
    return Printed(expression, declarations(expression), kind)


def declarations(expression: e.Expr) -> dict[str, str]:
    """Kinds and facts of all symbols; a size that no symbol has is that of one more vector, so that its name is known."""
    symbols = {node.name: node for node in e.postorder(expression) if isinstance(node, e.Symbol)}
    fixed = {name for node in symbols.values() for size in node.shape for name in size.names}
    for name in sorted(_sizes(expression) - fixed):
        symbols[f"size_of_{name}"] = e.Symbol(f"size_of_{name}", (Size.of(name),))
    functions = dict.fromkeys([name.rstrip("'") for name in user_functions(e.postorder(expression))], "function")
    return {name: _declaration(node) for name, node in sorted(symbols.items())} | functions


def _declaration(node: e.Symbol) -> str:
    sizes = sizes_text(node.shape) or "scalar"
    return " ".join([sizes, *sorted(node.properties)])


def _sizes(expression: e.Expr) -> set[str]:
    found: set[str] = set()
    for node in e.postorder(expression):
        sizes = [*node.shape]
        match node:
            case e.SizeValue(size=size):
                sizes.append(size)
            case e.IndexSum(index=index):
                sizes.append(index.size)
        found |= {name for size in sizes for name in size.names}
    return found


# ---------------------------------------------------------------- names


def _renamed(root: e.Expr, chooser: random.Random) -> e.Expr:
    """The same with other names for some symbols, all sizes and all functions."""
    names: dict[str, str] = {}
    nodes = e.postorder(root)
    bound = {index.name for node in nodes for index in _bound(node)}
    sizes = dict(zip(sorted(_sizes(root)), chooser.sample([name for name in SIZES if name not in bound], len(_sizes(root)))))
    used = {name.lower() for name in operators(root)} | {"inv", "tr", "diag", "sum", "norm", "det"}
    free = [name for name in NAMES if name not in sizes.values() and name not in bound and name.lower() not in used]
    chooser.shuffle(free)
    kept = set(sizes.values()) | bound
    for node in nodes:
        if isinstance(node, e.Symbol) and node.name not in names:
            other = node.name in kept or chooser.randrange(2)
            names[node.name] = next(name for name in iter(free.pop, None) if name not in kept) if other else node.name
            kept.add(names[node.name])
    free_functions = [name for name in _FUNCTIONS if name not in names.values() and name not in kept]
    functions = dict(zip(user_functions(nodes), chooser.sample(free_functions, 4)))
    return _rebuilt(root, _Changes(names, {name.rstrip("'"): new for name, new in functions.items()}, sizes))


_NUMBERS = tuple(map(Fraction, ("1/3", "2/7", "-1", "-2/3", "0.0625", "12", "1.5", "-4", "5/6", "0.001", "100")))


def _other_numbers(root: e.Expr, chooser: random.Random) -> dict[Fraction, Fraction]:
    """Other numbers for some of those that are no exponents, and not to be whole ones."""
    nodes = e.postorder(root)
    kept = {node.exponent for node in nodes if isinstance(node, (e.Power, e.MatrixPower))}
    kept |= {node.parameter for node in nodes if isinstance(node, e.Norm) and node.parameter is not None}
    whole = {name for name, function in table.functions().items() if function.whole}
    called = [node for node in nodes if isinstance(node, e.Call) and node.function in whole]
    kept |= {argument for node in called for argument in node.arguments}
    free = [node.value for node in nodes if isinstance(node, e.Number) and node not in kept]
    return {value: _NUMBERS[chooser.randrange(len(_NUMBERS))] for value in free if chooser.randrange(2)}


def _bound(node: e.Expr) -> tuple[e.Index, ...]:
    match node:
        case e.IndexSum(index=index):
            return (index,)
        case e.IndexArray(indices=indices):
            return indices
        case _:
            return ()


@dataclass(frozen=True)
class _Changes:
    """New names for old ones, and new numbers."""

    names: Mapping[str, str] = field(default_factory=dict)
    functions: Mapping[str, str] = field(default_factory=dict)
    sizes: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[Fraction, Fraction] = field(default_factory=dict)


def _rebuilt(root: e.Expr, changes: _Changes) -> e.Expr:
    names, functions, sizes = changes.names, changes.functions, changes.sizes

    def sized(size: Size) -> Size:
        return size.replaced({old: Size.of(new) for old, new in sizes.items()})

    def shaped(shape: Shape) -> Shape:
        return tuple([sized(size) for size in shape])

    def index(old: int | e.Index) -> int | e.Index:
        return e.Index(old.name, sized(old.size)) if isinstance(old, e.Index) else old

    built: dict[e.Expr, e.Expr] = {}
    for node in e.postorder(root):
        below = tuple(built[child] for child in e.children(node))
        match cast("e.Node", node):
            case e.Symbol(name=name, properties=properties):
                built[node] = e.Symbol(names.get(name, name), shaped(node.shape), properties)
            case e.Number(value=value):
                built[node] = e.Number(changes.numbers.get(value, value))
            case e.SizeValue(size=size) | e.Identity(size=size):
                built[node] = type(node)(sized(size))
            case e.Ones(sizes=own) | e.Zeros(sizes=own):
                built[node] = type(node)(shaped(own))
            case e.UnitVector(position=position, size=size):
                built[node] = e.UnitVector(sized(position), sized(size))
            case e.Commutation(m=m, n=n):
                built[node] = e.Commutation(sized(m), sized(n))
            case e.Reshape(m=m, n=n):
                built[node] = e.Reshape(below[0], sized(m), sized(n))
            case e.Elementwise(function=name):
                stem = name.rstrip("'")
                built[node] = e.Elementwise(functions.get(stem, stem) + name[len(stem) :], below[0])
            case e.Call(function=name, axis=axis, result_shape=shape):
                built[node] = e.Call(name, below, axis, shaped(shape))
            case e.Index():
                built[node] = cast("e.Expr", index(node))
            case e.Entry(positions=positions):
                built[node] = e.Entry(below[0], tuple([index(position) for position in positions]))
            case e.IndexSum(index=one):
                built[node] = e.IndexSum(cast("e.Index", index(one)), below[0])
            case e.IndexArray(indices=indices):
                built[node] = e.IndexArray(tuple([cast("e.Index", index(one)) for one in indices]), below[0])
            case _:
                built[node] = with_children(node, below) if below else node
    return built[root]


# ---------------------------------------------------------------- kinds


def _everyday(chooser: random.Random) -> e.Expr:
    return generate(chooser.randrange, depth=2 + chooser.randrange(3)).expression


def _functions(chooser: random.Random) -> e.Expr:
    return generate_wide(chooser.randrange, depth=2 + chooser.randrange(3)).expression


def _derivative(chooser: random.Random) -> e.Expr:
    """The derivative of a random expression; the expression itself where there is none in matrix form."""
    wide = chooser.randrange(2)
    orders = (1, 1, 2)
    case = (generate_wide if wide else generate)(chooser.randrange, depth=2 + chooser.randrange(2), orders=orders)
    try:
        found = derivation(case).expression
    except MatcalcError:
        found = None
    return case.expression if found is None else found.node


class _Indices:
    """Grows scalars made of entries, sums over indices, and tensors made of such scalars."""

    def __init__(self, chooser: random.Random) -> None:
        self.choose = chooser.randrange
        self.sizes = [Size.of(name) for name in ("n", "m", "k")]
        self.free: dict[Size, list[e.Index]] = {}
        self.letters = list("ijlqrst")

    def tensor(self) -> e.Symbol:
        sizes = tuple([self.sizes[self.choose(3)] for _ in range(3 + self.choose(2))])
        return e.Symbol("TQ"[len(sizes) - 3] + "".join(str(size) for size in sizes), sizes)

    def array(self) -> e.Symbol:
        match self.choose(5):
            case 0 | 1:
                name, size = (("x", "n"), ("z", "m"), ("u", "k"), ("y", "n"))[self.choose(4)]
                return symbol(name, Size.of(size))
            case 2 | 3:
                name, *sizes = (("A", "n", "n"), ("X", "m", "n"), ("B", "n", "m"), ("W", "n", "k"), ("K", "k", "k"))[
                    self.choose(5)
                ]
                return symbol(name, *[Size.of(size) for size in sizes])
            case _:
                return self.tensor()

    def entry(self) -> e.Expr:
        array = self.array()
        base: e.Expr = array
        if len(array.shape) < 3 and not self.choose(4):
            base = e.Sum((array, e.Elementwise("tanh", array)))
        elif len(array.shape) == 2 and not self.choose(6):
            base = e.Transpose(array)
        at: list[Size | e.Index] = []
        for size in base.shape:
            known = self.free.get(size, [])
            at.append(known[self.choose(len(known))] if known and self.choose(6) else Size.of(1 + self.choose(3)))
        return e.Entry(base, tuple(at))

    def member(self) -> e.Expr:
        """The product or the distance of a vector and a row of a matrix, which is a member of a family."""
        array = (symbol("X", Size.of("m"), Size.of("n")), symbol("W", Size.of("n"), Size.of("k")))[self.choose(2)]
        known = self.free.get(array.shape[0], [])
        if not known:
            return self.entry()
        vector = symbol({"n": "x", "k": "u"}[str(array.shape[1])], array.shape[1])
        row = e.Entry(array, (known[self.choose(len(known))],))
        if self.choose(2):
            return e.Product((e.Transpose(vector), row))
        return e.Power(e.Norm(e.Sum((row, e.Negative(vector))), "2"), e.Number(Fraction(2)))

    def scalar(self, depth: int) -> e.Expr:
        if depth <= 0:
            number = e.Number(Fraction(2 + self.choose(4), 1 + self.choose(2)))
            return (self.entry(), self.entry(), self.entry(), symbol("a"), number)[self.choose(5)]
        d = depth - 1
        forms: list[Callable[[], e.Expr]] = [
            lambda: self.summed(d),
            lambda: self.summed(d),
            lambda: e.Product((self.scalar(d), self.scalar(d))),
            lambda: e.Sum((self.scalar(d), self.scalar(d))),
            lambda: e.Sum((self.scalar(d), e.Negative(self.scalar(d)))),
            lambda: e.Elementwise(("log", "exp", "tanh", "sigmoid", "f", "f'", "abs", "relu")[self.choose(8)], self.scalar(d)),
            lambda: e.Power(self.scalar(d), e.Number(Fraction(2 + self.choose(2)))),
            lambda: e.Quotient(self.scalar(d), self.scalar(d)),
            lambda: e.Negative(self.scalar(d)),
            self.entry,
            self.member,
        ]
        return forms[self.choose(len(forms))]()

    def summed(self, depth: int) -> e.Expr:
        return self.bound(1, lambda bound: e.IndexSum(bound[0], self.holding(bound[0], depth)), lambda: self.scalar(depth))

    def holding(self, index: e.Index, depth: int) -> e.Expr:
        """A scalar in which the index occurs."""
        body = self.scalar(depth)
        used = any(index in node.positions for node in e.postorder(body) if isinstance(node, e.Entry))
        return (
            body
            if used
            else e.Product((e.Entry(symbol({"n": "x", "m": "z", "k": "u"}[str(index.size)], index.size), (index,)), body))
        )

    def bound(self, count: int, build: Callable[[tuple[e.Index, ...]], e.Expr], otherwise: Callable[[], e.Expr]) -> e.Expr:
        if len(self.letters) < count:
            return otherwise()
        indices = tuple([e.Index(self.letters.pop(0), self.sizes[self.choose(3)]) for _ in range(count)])
        for index in indices:
            self.free.setdefault(index.size, []).append(index)
        built = build(indices)
        for index in indices:
            self.free[index.size].remove(index)
            self.letters.append(index.name)
        return built

    def whole(self, depth: int) -> e.Expr:
        match self.choose(4):
            case 0 | 1:
                return self.scalar(depth)
            case 2:
                return self.bound(
                    1 + self.choose(4), lambda bound: e.IndexArray(bound, self.scalar(depth - 1)), lambda: self.scalar(depth)
                )
            case _:
                array = self.elementwise(self.tensor(), depth)
                return (array, array, e.Total(array), e.Vec(array))[self.choose(4)]

    def elementwise(self, tensor: e.Expr, depth: int) -> e.Expr:
        """Arithmetic of a tensor with itself."""
        if depth <= 0:
            return tensor
        below = self.elementwise(tensor, depth - 1)
        forms: list[Callable[[], e.Expr]] = [
            lambda: e.Sum((below, tensor)),
            lambda: e.Hadamard((tensor, below)),
            lambda: e.Elementwise("exp", below),
            lambda: e.Product((symbol("a"), below)),
            lambda: e.Quotient(below, symbol("a")),
            lambda: e.Power(below, e.Number(Fraction(2))),
            lambda: e.Negative(below),
        ]
        return forms[self.choose(len(forms))]()


def _indices(chooser: random.Random) -> e.Expr:
    return _Indices(chooser).whole(2 + chooser.randrange(3))


_MAKERS: Mapping[str, Callable[[random.Random], e.Expr]] = {
    "everyday": _everyday,
    "functions": _functions,
    "indices": _indices,
    "derivative": _derivative,
}
