"""What is decided in reading, and how sure it is: the reading of least cost is taken, and what is against the convention is said."""

from __future__ import annotations

import pytest

import matcalc
from matcalc.base.errors import ParseError, ShapeError, UnknownFunctionError
from matcalc.language import elaborate
from matcalc.language.decisions import ReadingOptions
from matcalc.printing import text as text_of

# text | how it is read | what is said beyond the usual kinds, with its weight
TABLE = """
1/2 w'w + C sum(relu(1 - y.*(Xw + b)))  | 0.5*w'*w + C*sum(relu(1 - y.*(X*w + b)))            | doubtful: C is read as a scalar
mean((y - X @ beta)**2)                 | mean((y - X*beta).^2)                               | -
mean((y - X w)^2)                       | mean((y - X*w).^2)                                  | assumed: a power of a vector in a sum
sum(x^2)                                | sum(x.^2)                                           | assumed: a power of a vector in a sum
sum(2^x)                                | sum(2.^x)                                           | assumed: a power of a vector in a sum
sum(x.^p)                               | sum(x.^p)                                           | -
sum(log(1 + x^2))                       | sum(log(1 + x.^2))                                  | assumed: a power of a vector in a sum
sum(X^2)                                | sum(X^2)                                            | -
sum(X^-1)                               | sum(inv(X))                                         | -
lambda*norm1(beta) + c/2*norm2(beta)^2  | lambda*norm1(beta) + (c/2)*norm2(beta)^2            | -
-N/2*log(2*pi) - x'x                    | -(N/2)*log(2*pi) - x'*x                             | assumed: N is read as a scalar
1/N*||X*w - y||^2 + K*x'x               | (1/N)*norm2(X*w - y)^2 + K*x'*x                     | assumed: K is read as a scalar
K*alpha                                 | K*alpha                                             | -
y'*K*y                                  | y'*K*y                                              | -
X + N                                   | X + N                                               | -
X + lambda                              | X + lambda*ones(n, m)                               | assumed: lambda is added to every entry
T*x + t*y                               | T*x + t*y                                           | -
A + x'x                                 | A + x'*x                                            | doubtful: A is read as a scalar
k*x'*x                                  | k*x'*x                                              | -
W*p + b                                 | W*p + b                                             | -
u'*sigma(W*x + b)   | u'*sigmoid(W*x + b)   | assumed: sigma(...) is read as the logistic function
sigma(x) + sigma | sigma*x + sigma | assumed: sigma(...) is read as a product
W(Ax - b)                               | W*(A*x - b)                                         | -
lambda(a'x - 1)                         | lambda*(a'*x - 1)                                   | -
A(x) + A*y                              | A*x + A*y                                           | -
f(W*x + b)                              | f*(W*x + b)                                         | doubtful: f(...) is read as a product
lam * w'w                               | lam*w'*w                                            | assumed: lam is read as one name
learning_rate*x                         | learning_rate*x                                     | assumed: learning_rate is read as one name
beta0 + x'w                             | beta0 + x'*w                                        | -
loss + eps                              | loss + eps                                          | assumed: loss is read as one name
MSE + lam*w'w                           | MSE + lam*w'*w                                      | assumed: MSE is read as one name
log_likelihood + x'x                    | log_likelihood + x'*x                               | assumed: log_likelihood is read as one name
a + b + abx                             | a + b + a*b*x                                       | assumed: abx is read as the product a·b·x
X_train*w - y_train                     | X_train*w - y_train                                 | -
x1'*x2                                  | x1'*x2                                              | -
||X - UV||^2                            | norm2(X - U*V)^2                                    | -
x'ABx                                   | x'*A*B*x                                            | -
2Xw                                     | 2*X*w                                               | -
(A + uv')^-1                            | inv(A + u*v')                                       | doubtful: uv is read as the product u·v
tr(xy')                                 | tr(x*y')                                            | doubtful: xy is read as the product x·y
x'ab'y                                  | x'*a*b'*y                                           | doubtful: ab is read as the product a·b
I - 2vv'                                | eye - 2*v*v'                                        | assumed: vv is read as the product v·v
ab'x                                    | ab'*x                                               | assumed: ab is read as one name
loss'*x                                 | loss'*x                                             | assumed: loss is read as one name
A/B                                     | A*inv(B)                                            | doubtful: a quotient by a matrix
softmax(Q*K.T/sqrt(d))*V                | softmax(Q*K'/sqrt(d), rows)*V                       | assumed: softmax
tr(G'*softmax(Q*K'/sqrt(d))*V)          | tr(G'*softmax(Q*K'/sqrt(d), rows)*V)                | assumed: softmax
|Ax-b|^2 | norm2(A*x - b)^2 | doubtful: |...| of a vector is read as its norm
lambda*|w| + ||y - X*w||^2 | lambda*norm2(w) + norm2(y - X*w)^2 | doubtful: |...| of a vector is read as its norm
|x - y|                                 | abs(x - y)                                          | -
|x|^2 + |X|                             | abs(x)^2 + det(X)                                   | -
S*1                                     | S*ones(m)                                           | doubtful: 1 behind S is read as the vector of ones
norm2(2*X'*1)^2                         | norm2(2*X'*ones(n))^2                               | doubtful: 1 behind X' is read as the vector of ones
1'*S*1                                  | ones(n)'*S*ones(m)                                  | -
S*𝟏 + T*1                               | S*ones(m) + T*ones(p)                               | -
N/2*(d*log(2*pi) + log(det(C)))         | (N/2)*(d*log(2*pi) + log(det(C)))                   | assumed: N is read as a scalar
sum(x**2)                               | sum(x.^2)                                           | -
""".strip().splitlines()


@pytest.mark.parametrize("line", TABLE, ids=lambda line: line.split(" | ")[0].strip())
def test_how_a_text_is_read(line: str) -> None:
    text, read, said = (part.strip() for part in line.split(" | "))
    found = elaborate(text)
    assert text_of(found.expression, "ascii") == read
    told = [f"{decision.weight}: {decision.words}" for decision in found.decisions if decision.surprising]
    assert told == [] if said == "-" else any(one.startswith(said) for one in told)


@pytest.mark.parametrize(
    "text", ["x'*A(x)*x", "q(u)", "L(θ)", "f(x, y)", "zeta(x)", "chi2(y)", r"\gamma(x)", "γ(x)", "betainc(p)", r"L(\theta)"]
)
def test_functions_that_nobody_defined_are_not_read(text: str) -> None:
    with pytest.raises(UnknownFunctionError):
        elaborate(text)


def test_letters_that_are_declared_or_differentiated_by_are_factors_and_parts_of_products() -> None:
    assert text_of(elaborate("A(x)", "A: n×n").expression, "ascii") == "A*x"
    assert text_of(elaborate("A(x)", wrt=("A",)).expression, "ascii") == "A*x"
    assert text_of(elaborate("ax^2 + bx + c", wrt=("x",)).expression, "ascii") == "a*x^2 + b*x + c"
    assert text_of(elaborate("lam*x", "lam: scalar").expression, "ascii") == "lam*x"
    assert set(elaborate("lam*x", "l, a, m: scalar").declarations) == {"l", "a", "m", "x"}


def test_the_other_reading_of_a_number_behind_a_matrix_is_sure() -> None:
    for text, read in (("norm2(X*ones)^2", "norm2(X*ones(m))^2"), ("norm2(X)^2", "norm2(X)^2")):
        assert text_of(elaborate(text, options=ReadingOptions(strict=True)).expression, "ascii") == read
    with pytest.raises(ParseError, match=r"the row sums: X\*ones; or the matrix itself: X"):
        elaborate("norm2(X*1)^2", options=ReadingOptions(strict=True))
    stated = [matcalc.verify(claim).reading.warnings for claim in ("S*1 = 1", "A*1 = A")]
    assert stated == [(), ("1 behind A is read as the vector of ones",)]


@pytest.mark.parametrize("text", ["1/2 w'w + C sum(relu(1 - y.*(Xw + b)))", "A + x'x"])
def test_what_is_doubtful_is_refused_by_a_strict_reader_and_its_advice_works(text: str) -> None:
    doubtful = [decision for decision in elaborate(text).decisions if decision.weight == "doubtful"]
    with pytest.raises(ParseError, match="the reading is doubtful"):
        elaborate(text, options=ReadingOptions(strict=True))
    for reading in doubtful[0].instead:
        found = elaborate(text, reading.partition(": declare ")[2], options=ReadingOptions(strict=True))
        assert doubtful[0] not in found.decisions


def test_names_are_searched_within_bounds() -> None:
    """Many runs of letters in a text that does not fit are not read again without end, and the error is that of the usual reading."""
    words = [f"w{chr(97 + k)}{chr(97 + j)}" for k in range(20) for j in range(20)]
    text = " + ".join([*words, "A*B*x", "tr(x)"]) + " + ones(2)'*ones(3)"
    with pytest.raises(ShapeError, match="2 and 3 differ"):
        elaborate(text)


def test_the_error_is_that_of_the_usual_reading() -> None:
    with pytest.raises(ShapeError) as caught:
        elaborate("lam'*(x*y)", "x, y: n")
    with pytest.raises(ShapeError) as again:
        elaborate("lam'*(x*y)", "x, y: n; lam: n")
    assert str(caught.value) == str(again.value)
