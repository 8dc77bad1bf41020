"""One expression or more for every operator, and for everything that the code generator treats in a way of its own."""

from __future__ import annotations

from fractions import Fraction

from matcalc.base.sizes import ONE, Size
from matcalc.expr import nodes as e

M, N, K = Size.of("m"), Size.of("n"), Size.of("k")
X, Y = e.Symbol("X", (M, N)), e.Symbol("Y", (M, N))
A, B, C = (e.Symbol(name, (N, N)) for name in "ABC")
U, V = e.Symbol("U", (M, K)), e.Symbol("V", (K, N))
S = e.Symbol("S", (N, N), frozenset({"symmetric"}))
P = e.Symbol("P", (N, N), frozenset({"positive_definite"}))
Q = e.Symbol("Q", (N, N), frozenset({"orthogonal"}))
x, z = e.Symbol("x", (N,)), e.Symbol("z", (N,))
y = e.Symbol("y", (M,))
v = e.Symbol("v", (M,), frozenset({"positive"}))
r = e.Symbol("r", (ONE, N))
a, b = e.Symbol("a", ()), e.Symbol("b", ())
D = e.Symbol("D", (N, M))
T = e.Symbol("T", (M, N, K))
i, j, k = e.Index("i", M), e.Index("j", N), e.Index("k", K)


def number(value: int | str) -> e.Expr:
    return e.Number(Fraction(value))


def t(node: e.Expr) -> e.Expr:
    return e.Transpose(node)


def product(*factors: e.Expr) -> e.Expr:
    return e.Product(factors)


def plus(*terms: e.Expr) -> e.Expr:
    return e.Sum(terms)


def minus(first: e.Expr, second: e.Expr) -> e.Expr:
    return e.Sum((first, e.Negative(second)))


def inv(node: e.Expr) -> e.Expr:
    return e.Inverse(node)


def fn(name: str, node: e.Expr) -> e.Expr:
    return e.Elementwise(name, node)


def call(name: str, argument: e.Expr, shape: tuple[Size, ...] = (), axis: str | None = None) -> e.Expr:
    return e.Call(name, (argument,), axis, shape)


one, two, half = number(1), number(2), number("1/2")
ones_m, ones_n = e.Ones((M,)), e.Ones((N,))
eye = e.Identity(N)
sigmoid = fn("sigmoid", product(X, x))
weights = e.Hadamard((sigmoid, minus(ones_m, sigmoid)))
exps = fn("exp", product(X, x))
shares = call("softmax", x, (N,))
gram = product(t(X), X)
tall = plus(product(t(X), X), eye)

EXPRESSIONS: dict[str, e.Expr] = {
    # leaves
    "symbol": X,
    "transpose": t(X),
    "row": r,
    "scalar": a,
    "number": number("1/3"),
    "pi": product(two, e.Constant("pi"), a),
    "size": e.Quotient(product(ones_n.__class__((ONE, N)), x), e.SizeValue(N)),
    "size only": e.SizeValue(M * N),
    "identity": eye,
    "ones vector": ones_n,
    "ones matrix": e.Ones((M, N)),
    "zeros": plus(X, e.Zeros((M, N))),
    "zero": e.Zeros((M, N)),
    "unit vector": e.UnitVector(Size.of(2), N),
    "commutation": e.Commutation(M, N),
    # sums
    "sum": plus(X, Y, e.Negative(product(U, V))),
    "negative sum": plus(e.Negative(X), e.Negative(Y)),
    "identity added": plus(A, product(a, eye)),
    "identity subtracted": minus(product(x, t(x)), eye),
    "diagonal added": minus(e.DiagonalMatrix(shares), product(shares, t(shares))),
    "diagonals": plus(e.DiagonalMatrix(x), eye, e.Negative(e.DiagonalMatrix(z))),
    "only identities": plus(eye, product(two, eye)),
    "ones added": plus(X, product(a, e.Ones((M, N)))),
    "row added": plus(product(U, V), product(ones_m, t(x))),
    "column added": plus(product(U, V), product(y, t(ones_n))),
    "both added": plus(product(y, t(ones_n)), product(ones_m, t(x))),
    "rows only": plus(product(ones_m, t(x)), product(ones_m, t(z))),
    "rows in a transpose": e.Hadamard((t(X), t(e.Power(plus(product(ones_m, t(x)), e.Ones((M, N))), number(-2))))),
    "scalars": plus(a, one, e.Negative(b)),
    # products
    "scaled": product(two, a, X),
    "halved": e.Quotient(X, two),
    "quotient by scalars": e.Quotient(product(a, X), plus(b, one)),
    "reciprocal": e.Quotient(one, plus(a, b)),
    "chain": product(t(U), X, A, t(V)),
    "vector chain": product(A, B, C, x),
    "row chain": product(t(x), A, B),
    "bilinear": product(t(x), A, z),
    "bilinear scales": product(t(x), A, z, X),
    "scalar inside": product(t(x), a, A, z),
    "inner": product(t(x), z),
    "outer": product(number(-3), x, t(z)),
    "outer of chains": product(a, A, x, t(z), B),
    "ones in a chain": product(t(ones_m), X, ones_n),
    "row sums": product(X, ones_n),
    "column sums": product(t(ones_m), X),
    "ones matrix in a chain": product(X, e.Ones((N, M)), U),
    "identity in a chain": product(X, eye, x),
    "unit vectors": product(t(e.UnitVector(Size.of(2), M)), X, e.UnitVector(Size.of(3), N)),
    "units at sizes": e.Sum((product(X, e.UnitVector(N - ONE, N)), e.UnitVector(M, M))),
    "row of a matrix": product(t(e.UnitVector(Size.of(2), M)), X),
    "column of a matrix": product(X, e.UnitVector(Size.of(3), N)),
    "unit outer": product(x, t(e.UnitVector(Size.of(1), N))),
    "diagonal left": product(e.DiagonalMatrix(y), X),
    "diagonal right": product(X, e.DiagonalMatrix(x)),
    "diagonal vector": product(e.DiagonalMatrix(x), z),
    "diagonal twice": product(e.DiagonalMatrix(x), e.DiagonalMatrix(z)),
    "diagonal between": product(t(X), e.DiagonalMatrix(y), Y),
    "weighted gram": product(two, t(X), e.DiagonalMatrix(weights), X),
    "weighted gram, other side": product(X, e.DiagonalMatrix(e.Power(x, two)), t(X)),
    "weighted gram, any sign": product(t(X), e.DiagonalMatrix(y), X),
    "gram": product(two, gram),
    "gram times vector": product(t(X), e.DiagonalMatrix(weights), X, x),
    "transposed product": t(product(number("1/2"), A, x, t(z), B)),
    "negative product": e.Negative(product(A, B)),
    "zero in a chain": product(X, e.Zeros((N, N)), x),
    "nested products": product(product(A, B), product(C, product(A, x))),
    # entry by entry
    "hadamard": e.Hadamard((X, Y, product(U, V))),
    "hadamard with a row": e.Hadamard((X, product(ones_m, t(x)))),
    "hadamard with an outer product": e.Hadamard((product(y, t(x)), X)),
    "hadamard with identity": e.Hadamard((A, eye)),
    "elementwise quotient": e.Quotient(X, plus(e.Power(Y, two), e.Ones((M, N)))),
    "scalar over vector": e.Quotient(one, plus(e.Power(x, two), ones_n)),
    "square": e.Power(product(A, x), two),
    "cube": e.Power(x, number(3)),
    "sixth": e.Power(X, number(6)),
    "negative power": e.Power(plus(a, two), number(-2)),
    "root": e.Power(plus(e.Power(x, two), ones_n), number("1/2")),
    "three halves": e.Power(plus(e.Power(a, two), one), number("3/2")),
    "other power": e.Power(plus(e.Power(x, two), ones_n), number("1/3")),
    "symbolic power": e.Power(plus(e.Power(x, two), ones_n), a),
    "power by entries": e.Power(plus(e.Power(x, two), ones_n), z),
    "sine": fn("sin", product(A, x)),
    "absolute value": fn("abs", X),
    "sign": fn("sign", x),
    "relu": fn("relu", product(X, x)),
    "step": fn("step", X),
    "sigmoid": fn("sigmoid", X),
    "softplus": fn("softplus", X),
    "erf": fn("erf", X),
    "gelu": fn("gelu", X),
    "tanh": fn("tanh", product(U, V)),
    "asin": fn("asin", e.Quotient(x, plus(e.Norm(x, "2"), one))),
    "user function": fn("f", product(A, x)),
    "user derivative": fn("f''", product(A, x)),
    "constant function": product(fn("exp", e.Negative(one)), e.Power(product(two, e.Constant("pi")), number("1/2")), x),
    # stable forms
    "log of one plus exp": fn("log", plus(ones_m, exps)),
    "log1p": fn("log", plus(ones_n, e.Power(x, two))),
    "expm1": minus(exps, ones_m),
    "sigmoid written out": e.Quotient(ones_m, plus(ones_m, fn("exp", e.Negative(product(X, x))))),
    "sigmoid written out otherwise": e.Quotient(exps, plus(ones_m, exps)),
    "log of sigmoid": fn("log", sigmoid),
    "log of one minus sigmoid": fn("log", minus(ones_m, sigmoid)),
    "log of a sum of exps": fn("log", e.Total(exps)),
    "softmax written out": e.Quotient(exps, e.Total(exps)),
    "softmax applied": e.Quotient(product(t(X), exps), e.Total(exps)),
    "softmax hessian": minus(
        e.Quotient(e.DiagonalMatrix(exps), e.Total(exps)), e.Quotient(product(exps, t(exps)), e.Power(e.Total(exps), two))
    ),
    "log of softmax": fn("log", shares),
    "log of a determinant": fn("log", call("det", P)),
    # structure
    "trace": e.Trace(A),
    "trace of a product": e.Trace(product(U, V, t(X))),
    "trace of a gram": e.Trace(product(t(X), X)),
    "trace of four": e.Trace(product(A, B, C, A)),
    "trace of a sum": e.Trace(plus(product(A, B), product(x, t(z)), eye)),
    "trace of an outer product": e.Trace(product(two, A, x, t(z))),
    "trace with a diagonal": e.Trace(product(A, e.DiagonalMatrix(x), B)),
    "trace with an inverse": e.Trace(product(inv(P), A)),
    "trace with inverses": e.Trace(product(inv(P), A, inv(P), B)),
    "total": e.Total(X),
    "total of a product": e.Total(product(U, V)),
    "total of a hadamard product": e.Total(e.Hadamard((X, Y))),
    "total of a vector": e.Total(fn("exp", x)),
    "row totals": e.Total(product(U, V), "rows"),
    "column totals": e.Total(fn("exp", X), "cols"),
    "column total of a vector": e.Total(x, "cols"),
    "row total of a vector": e.Total(x, "rows"),
    "row totals of squares": e.Total(e.Power(X, two), "rows"),
    "diagonal": e.Diagonal(A),
    "diagonal of a product": e.Diagonal(product(t(V), t(U), X)),
    "diagonal of an outer product": e.Diagonal(product(a, x, t(z))),
    "diagonal of a scaled product": e.Diagonal(product(e.DiagonalMatrix(x), A, B)),
    "diagonal matrix": product(two, e.DiagonalMatrix(fn("exp", x))),
    "vec": e.Vec(X),
    "vec of a product": e.Vec(product(U, V)),
    "reshape": e.Reshape(X, N, M),
    "reshape of a vec": product(e.Reshape(e.Vec(product(U, V)), M, N), x),
    "reshape to a row": e.Reshape(X, ONE, M * N),
    "norm": e.Norm(minus(x, z), "2"),
    "squared norm": e.Power(e.Norm(minus(X, product(U, V)), "2"), two),
    "fourth power of a norm": e.Power(e.Norm(x, "2"), number(4)),
    "norm 1": e.Norm(X, "1"),
    "norm p": e.Norm(x, "p", plus(e.Power(a, two), two)),
    "norm A": e.Norm(x, "A", P),
    "squared norm A": e.Power(e.Norm(x, "A", P), two),
    "nuclear norm": e.Norm(X, "nuclear"),
    "spectral norm": e.Norm(X, "spectral"),
    # inverses, determinants, matrix functions
    "inverse": inv(plus(A, product(number(9), eye))),
    "inverse applied": product(inv(plus(A, product(number(9), eye))), x),
    "inverse transposed applied": product(t(x), inv(plus(A, product(number(9), eye)))),
    "inverse applied to a matrix": product(inv(plus(A, product(number(9), eye))), t(X)),
    "inverse from the right": product(X, inv(plus(A, product(number(9), eye)))),
    "definite inverse applied": product(inv(P), x),
    "definite inverse both ways": product(t(x), inv(P), z),
    "definite inverse matrix": product(X, inv(P), t(X)),
    "definite inverse itself": minus(product(number("1/2"), inv(P)), product(inv(P), S, inv(P))),
    "inverse of a gram": product(inv(tall), t(X), y),
    "inverse between": product(inv(P), A, inv(plus(B, product(number(9), eye)))),
    "inverse of ones": product(t(ones_n), inv(P), ones_n),
    "inverse of an inverse": inv(inv(P)),
    "inverse of a diagonal": product(inv(e.DiagonalMatrix(plus(e.Power(x, two), ones_n))), z),
    "inverse of an orthogonal matrix": product(inv(Q), x),
    "inverse of a Kronecker product": product(inv(e.Kronecker((P, plus(e.Identity(M), product(y, t(y)))))), e.Vec(X)),
    "determinant": call("det", A),
    "logdet": call("logdet", plus(A, product(number(9), eye))),
    "logdet, definite": plus(call("logdet", P), product(t(x), inv(P), x)),
    "matrix power": e.MatrixPower(A, number(5)),
    "negative matrix power": e.MatrixPower(P, number(-2)),
    "matrix power zero": e.MatrixPower(A, number(0)),
    "softmax": shares,
    "softmax of rows": call("softmax", X, (M, N), "rows"),
    "softmax of columns": call("softmax", X, (M, N), "cols"),
    "logsumexp": call("logsumexp", x),
    "logsumexp of rows": call("logsumexp", X, (M,), "rows"),
    "logsumexp of columns": call("logsumexp", X, (N,), "cols"),
    "largest of rows": call("max", X, (M,), "rows"),
    "product of columns": call("prod", X, (N,), "cols"),
    "places of the largest of rows": call("indmax", X, (M, N), "rows"),
    "places of the largest of columns": call("indmax", X, (M, N), "cols"),
    "matrix exponential": call("expm", A, (N, N)),
    "matrix logarithm": call("logm", P, (N, N)),
    "matrix root": call("sqrtm", P, (N, N)),
    "adjugate": call("adj", A, (N, N)),
    "pseudoinverse": call("pinv", X, (N, M)),
    "largest eigenvalue": call("eigmax", S),
    # Kronecker products
    "kron": e.Kronecker((A, X)),
    "kron of three": e.Kronecker((X, A, e.Identity(K))),
    "kron with identities": plus(e.Kronecker((A, e.Identity(M))), product(two, e.Kronecker((B, e.Identity(M))))),
    "identity kron": product(two, e.Kronecker((e.Identity(M), product(A, B)))),
    "kron of vectors": e.Kronecker((x, y)),
    "kron of a row": e.Kronecker((t(x), X)),
    "kron of a column": e.Kronecker((x, X)),
    "kron applied": product(e.Kronecker((A, t(X))), e.Vec(product(X, B))),
    "kron applied to a vector": product(e.Kronecker((A, X)), e.Kronecker((x, z))),
    "kron from the left": product(t(e.Vec(X)), e.Kronecker((A, U))),
    "kron sum applied": product(plus(e.Kronecker((A, e.Identity(M))), e.Negative(e.Kronecker((B, product(U, t(U)))))), e.Vec(X)),
    "commutation applied": product(e.Commutation(M, N), e.Vec(X)),
    "sum of krons": plus(e.Kronecker((A, X)), e.Negative(e.Kronecker((B, Y))), product(a, e.Kronecker((C, X)))),
    "sum of krons with one factor": minus(e.Kronecker((A, X)), plus(e.Kronecker((A, Y)), product(two, e.Kronecker((A, X))))),
    "sum of krons that cancel": plus(e.Kronecker((A, X)), e.Kronecker((B, X)), e.Negative(e.Kronecker((A, X)))),
    "sum of krons of many kinds": plus(
        e.Kronecker((A, B)),
        e.Kronecker((B, e.Identity(N))),
        e.Quotient(e.Kronecker((C, A)), a),
        e.Identity(N * N),
        e.Commutation(N, N),
    ),
    "scaled sum of krons": e.Quotient(
        product(half, a, minus(e.Kronecker((U, X)), product(b, e.Kronecker((product(X, t(V)), Y))))), b
    ),
    "symmetrized sum of krons": product(
        half,
        plus(e.Identity(N * N), e.Commutation(N, N)),
        minus(e.Kronecker((P, P)), plus(e.Kronecker((P, S)), e.Kronecker((S, P)))),
    ),
    "sum of krons, its rows exchanged": product(half, a, e.Commutation(N, M), plus(e.Kronecker((X, A)), e.Kronecker((Y, B)))),
    "sum of krons between matrices": product(
        e.Kronecker((A, X)), half, t(plus(e.Kronecker((A, X)), e.Kronecker((B, Y)))), e.Kronecker((B, X))
    ),
    "sum of krons turned": product(half, t(minus(e.Kronecker((A, X)), e.Kronecker((B, Y))))),
    "commutation times kron": product(e.Commutation(N, N), e.Kronecker((A, B))),
    "kron times commutation": product(e.Kronecker((A, X)), e.Commutation(N, N)),
    "kron commutation applied": product(e.Kronecker((t(A), e.Identity(M))), e.Commutation(N, M), e.Vec(D)),
    "kron times kron": product(e.Kronecker((A, X)), e.Kronecker((B, t(X)))),
    "trace of kron": e.Trace(e.Kronecker((A, B))),
    "entry at sizes": product(e.Entry(X, (M, N - ONE)), e.Entry(x, (N,))),
    "entry": product(e.Entry(X, (Size.of(2), Size.of(3))), e.Entry(x, (Size.of(1),))),
    # tensors of order 3, and arrays of entries
    "array of entries": e.IndexArray((j, i), product(e.Entry(X, (i, j)), e.Entry(y, (i,)))),
    "copied entries": product(e.IndexArray((i, j), e.Entry(y, (i,))), x),
    "tensor": T,
    "tensor elementwise": minus(e.Hadamard((T, fn("log", plus(e.Ones(T.shape), fn("exp", T))))), product(a, T)),
    "tensor broadcasting": e.Quotient(e.IndexArray((i, j, k), e.Entry(x, (j,))), T),
    "tensor reductions": product(e.Total(T), e.Norm(T, "2")),
    "tensor contraction": e.IndexArray((k, i), e.IndexSum(j, product(e.Entry(T, (i, j, k)), e.Entry(x, (j,))))),
}
