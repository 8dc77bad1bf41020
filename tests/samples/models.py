"""Models as sums over samples, in several spellings, with what they are as loops in Python."""

from __future__ import annotations

from dataclasses import dataclass

LOOPS = """
def sq(v): return (v * v).sum()
def sig(t): return 1 / (1 + jnp.exp(-t))
def over(xs): return sum(xs[1:], xs[0])
"""


@dataclass(frozen=True)
class Model:
    """``texts`` are spellings of one function, ``loop`` is an expression over jax.numpy with arrays of these ``shapes``."""

    name: str
    texts: tuple[str, ...]
    wrt: tuple[str, ...]
    loop: str
    shapes: dict[str, tuple[int, ...]]
    positive: frozenset[str] = frozenset()
    definite: frozenset[str] = frozenset()


def model(name: str, texts: str, wrt: str, loop: str, positive: str = "", definite: str = "", **shapes: tuple[int, ...]) -> Model:
    lines = tuple([line.strip() for line in texts.strip().splitlines()])
    return Model(name, lines, tuple(wrt.split()), loop, shapes, frozenset(positive.split()), frozenset(definite.split()))


N, D, K = 5, 3, 4

MODELS = [
    model(
        "least squares",
        r"""
        \sum_{i=1}^n (y_i - w^\top x_i)^2
        Σ_i (y_i - wᵀx_i)²
        sum(i, (y[i] - w'*x[i])^2)
        \sum_i (x^{(i)\top} w - y^{(i)})^2
        ∑ᵢ₌₁ⁿ (yᵢ − xᵢᵀw)²
        """,
        "w x",
        "over([(y[i] - w @ x[i])**2 for i in range(5)])",
        y=(N,), w=(D,), x=(N, D),
    ),
    model(
        "ridge regression",
        r"""
        \frac{1}{2n} \sum_{i=1}^n (w^\top x_i + b - y_i)^2 + \frac{\lambda}{2} \|w\|^2
        1/(2n) Σ_{i=1}^n (wᵀx_i + b - y_i)² + λ/2 ‖w‖²
        """,
        "w b",
        "over([(w @ x[i] + b - y[i])**2 for i in range(5)])/10 + lam/2*sq(w)",
        y=(N,), w=(D,), x=(N, D), b=(), lam=(),
    ),
    model(
        "logistic regression, labels 0 and 1",
        r"""
        -\sum_{n=1}^N [t_n \log \sigma(w^\top x_n) + (1-t_n) \log(1-\sigma(w^\top x_n))]
        -Σ_n (t_n log(σ(w'x_n)) + (1 - t_n) log(1 - σ(w'x_n)))
        """,
        "w",
        "-over([t[n]*jnp.log(sig(w @ x[n])) + (1 - t[n])*jnp.log(1 - sig(w @ x[n])) for n in range(5)])",
        t=(N,), w=(D,), x=(N, D),
    ),
    model(
        "logistic regression, labels -1 and 1",
        r"""
        \sum_i \log(1 + \exp(-y_i w^\top x_i))
        Σ_i log(1 + exp(-y_i w'x_i))
        """,
        "w y",
        "over([jnp.log(1 + jnp.exp(-y[i]*(w @ x[i]))) for i in range(5)])",
        y=(N,), w=(D,), x=(N, D),
    ),
    model(
        "softmax regression",
        r"""
        -\sum_i \sum_k y_{ik} \log \frac{\exp(w_k^\top x_i)}{\sum_j \exp(w_j^\top x_i)}
        Σ_i Σ_k y_ik (log Σ_j exp(w_j'x_i) - w_k'x_i)
        """,
        "w",
        "-over([y[i, k]*(w[k] @ x[i] - jnp.log(over([jnp.exp(w[j] @ x[i]) for j in range(4)]))) for i in range(5) for k in range(4)])",
        y=(N, K), w=(K, D), x=(N, D),
    ),
    model(
        "Poisson regression",
        r"""
        \sum_i (\exp(w^\top x_i) - y_i w^\top x_i)
        Σ_i exp(wᵀx_i) - Σ_i y_i wᵀx_i
        """,
        "w",
        "over([jnp.exp(w @ x[i]) - y[i]*(w @ x[i]) for i in range(5)])",
        y=(N,), w=(D,), x=(N, D),
    ),
    model(
        "Gaussian likelihood",
        r"""
        -\frac{n}{2}\log\det\Sigma - \frac12 \sum_{i=1}^n (x_i - \mu)^\top \Sigma^{-1} (x_i - \mu)
        """,
        "mu Sigma",
        "-5/2*jnp.linalg.slogdet(Sigma)[1] - 0.5*over([(x[i] - mu) @ jnp.linalg.inv(Sigma) @ (x[i] - mu) for i in range(5)])",
        definite="Sigma",
        x=(N, D), mu=(D,), Sigma=(D, D),
    ),
    model(
        "k-means",
        r"""
        \sum_{i=1}^n \sum_{k=1}^K r_{ik} \|x_i - \mu_k\|^2
        Σ_i Σ_k r_ik ‖x_i - μ_k‖²
        """,
        "mu x r",
        "over([r[i, k]*sq(x[i] - mu[k]) for i in range(5) for k in range(4)])",
        r=(N, K), x=(N, D), mu=(K, D),
    ),
    model(
        "Gaussian mixture",
        r"""
        \sum_{n=1}^N \log \sum_{k=1}^K \pi_k \exp(-\frac12 (x_n - \mu_k)^\top \Sigma_k^{-1} (x_n - \mu_k))
        """,
        "mu pi",
        "over([jnp.log(over([pi[k]*jnp.exp(-0.5*(x[n] - mu[k]) @ jnp.linalg.inv(Sigma[k]) @ (x[n] - mu[k])) for k in range(4)]))"
        " for n in range(5)])",
        positive="pi",
        definite="Sigma",
        x=(N, D), mu=(K, D), pi=(K,), Sigma=(K, D, D),
    ),
    model(
        "principal components",
        r"""
        \sum_i \|x_i - W W^\top x_i\|^2
        Σ_i ‖x_i - W Wᵀ x_i‖²
        """,
        "W",
        "over([sq(x[i] - W @ W.T @ x[i]) for i in range(5)])",
        x=(N, D), W=(D, 2),
    ),
    model(
        "Bradley and Terry",
        r"""
        \sum_{i,j} n_{ij} \log \sigma(s_i - s_j)
        \sum_{i \ne j} n_{ij} \log \sigma(s_i - s_j) - \log 2 \sum_i n_{ii}
        """,
        "s",
        "over([n[i, j]*jnp.log(sig(s[i] - s[j])) for i in range(4) for j in range(4)])",
        n=(K, K), s=(K,),
    ),
    model(
        "word vectors",
        r"""
        -\log\sigma(u_o^\top v) - \sum_{k=1}^K \log\sigma(-u_k^\top v)
        -log(σ(u_o'v)) - Σ_k log(σ(-u_k'v))
        """,
        "v u_o u",
        "-jnp.log(sig(u_o @ v)) - over([jnp.log(sig(-u[k] @ v)) for k in range(4)])",
        u_o=(D,), v=(D,), u=(K, D),
    ),
    model(
        "matrix factorisation",
        r"""
        \sum_{i,j} (r_{ij} - u_i^\top v_j)^2 + c \sum_i \|u_i\|^2
        \sum_{(i,j)} (r_{ij} - u_i^\top v_j)^2 + c \sum_i \|u_i\|^2
        Σ_ij (r_ij - u_i'v_j)^2 + c Σ_i ‖u_i‖²
        """,
        "u v",
        "over([(r[i, j] - u[i] @ v[j])**2 for i in range(5) for j in range(4)]) + c*over([sq(u[i]) for i in range(5)])",
        r=(N, K), u=(N, D), v=(K, D), c=(),
    ),
    model(
        "point to plane",
        r"""
        \sum_i (n_i^\top (R p_i + t - q_i))^2
        Σ_i (n_i'(R p_i + t - q_i))^2
        """,
        "t R",
        "over([(n[i] @ (R @ p[i] + t - q[i]))**2 for i in range(5)])",
        n=(N, D), R=(D, D), p=(N, D), t=(D,), q=(N, D),
    ),
    model(
        "kernel sums",
        r"""
        \sum_{i=1}^n \sum_{j=1}^m a_i b_j \exp(-\|x_i - z_j\|^2 / (2 s^2))
        Σ_i Σ_j a_i b_j exp(-‖x_i - z_j‖²/(2s²))
        """,
        "x a",
        "over([a[i]*b[j]*jnp.exp(-sq(x[i] - z[j])/(2*s**2)) for i in range(5) for j in range(4)])",
        a=(N,), b=(K,), x=(N, D), z=(K, D), s=(),
    ),
    model(
        "dual of a support vector machine",
        r"""
        \sum_i \alpha_i - \frac12 \sum_{i,j} \alpha_i \alpha_j y_i y_j x_i^\top x_j
        """,
        "alpha",
        "alpha.sum() - 0.5*over([alpha[i]*alpha[j]*y[i]*y[j]*(x[i] @ x[j]) for i in range(5) for j in range(5)])",
        alpha=(N,), y=(N,), x=(N, D),
    ),
    model(
        "hinge loss",
        r"""
        \sum_i \operatorname{relu}(1 - y_i (w^\top x_i + b))
        Σ_i relu(1 - y_i (w'x_i + b))
        """,
        "w b",
        "over([jnp.maximum(0, 1 - y[i]*(w @ x[i] + b)) for i in range(5)])",
        y=(N,), x=(N, D), w=(D,), b=(),
    ),
    model(
        "matrices of a family",
        r"""
        \sum_k \|A_k x - b_k\|^2
        Σ_k ‖A_k x - b_k‖²
        """,
        "x b",
        "over([sq(A[k] @ x - b[k]) for k in range(4)])",
        A=(K, 2, D), x=(D,), b=(K, 2),
    ),
    model(
        "linear matrix function",
        r"""
        \log\det(\sum_k c_k A_k) + \operatorname{tr}(B \sum_k c_k A_k)
        """,
        "c",
        "jnp.linalg.slogdet(over([c[k]*A[k] for k in range(4)]))[1] + jnp.trace(B @ over([c[k]*A[k] for k in range(4)]))",
        positive="c",
        definite="A",
        A=(K, D, D), c=(K,), B=(D, D),
    ),
    model(
        "repulsion",
        r"""
        \sum_{i<j} \frac{1}{\|x_i - x_j\|}
        \frac12 \sum_{i \ne j} 1/\|x_i - x_j\|
        Σ_{i<j} 1/‖x_i - x_j‖
        """,
        "x",
        "over([1/jnp.sqrt(sq(x[i] - x[j])) for i in range(5) for j in range(i + 1, 5)])",
        x=(N, D),
    ),
    model(
        "log gas",
        r"""
        \sum_i x_i^2/2 - c \sum_{i<j} \log |x_i - x_j|
        \sum_i x_i^2/2 - \frac{c}{2} \sum_i \sum_{j \ne i} \log |x_i - x_j|
        """,
        "x",
        "sq(x)/2 - c*over([jnp.log(jnp.abs(x[i] - x[j])) for i in range(5) for j in range(i + 1, 5)])",
        x=(N,), c=(),
    ),
    model(
        "entries of samples",
        r"""
        \sum_i \sum_j c_j (x^{(i)}_j)^2
        \sum_{i,j} c_j x_{ij}^2
        """,
        "x c",
        "over([c[j]*x[i, j]**2 for i in range(5) for j in range(3)])",
        x=(N, D), c=(D,),
    ),
    model(
        "centred samples",
        r"""
        \sum_{i=1}^n \|x_i - \frac1n \sum_{j=1}^n x_j\|^2
        """,
        "x",
        "over([sq(x[i] - x.sum(0)/5) for i in range(5)])",
        x=(N, D),
    ),
    model(
        "cross entropy of a softmax layer",
        r"""
        -\sum_i y_i^\top \log \operatorname{softmax}(W x_i + b)
        """,
        "W b",
        "-over([y[i] @ jax.nn.log_softmax(W @ x[i] + b) for i in range(5)])",
        y=(N, K), W=(K, D), x=(N, D), b=(K,),
    ),
]  # fmt: skip
