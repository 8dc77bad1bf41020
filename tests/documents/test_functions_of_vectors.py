"""Functions of vectors of which a document gives no formula."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.notes import statuses

MAPS = r"Let $p: \mathbb{R}^n \to \mathbb{R}$ and $q: \mathbb{R} \to \mathbb{R}$ be smooth. "
FIELDS = r"Let $p, q: \mathbb{R}^n \to \mathbb{R}$ be smooth. "
VECTORS = r"Let $P: \mathbf{R}^n \to \mathbf{R}^m$ and $Q: \mathbf{R}^m \to \mathbf{R}^k$ be smooth. "
AFFINE = (
    r"Let $M \in \mathbb{R}^{m\times n}$, $c \in \mathbb{R}^m$ and $p: \mathbb{R}^m \to \mathbb{R}$. Put $s(z) = p(Mz + c)$. "
)

TRUE = [
    MAPS + r"With $s(z) = q(p(z))$ we have $\nabla s(z) = q'(p(z)) \nabla p(z)$.",
    MAPS + r"With $s(z) = q(p(z))$ we have $\nabla^2 s(z) = q''(p(z)) \nabla p(z) \nabla p(z)^\top + q'(p(z)) \nabla^2 p(z)$.",
    MAPS + r"Then $\nabla (q \circ p)(z) = q'(p(z)) \nabla p(z)$.",
    MAPS + r"Then $\nabla_z \, q(p(z)) = q'(p(z)) \nabla p(z)$.",
    MAPS + r"Then $\nabla e^{p(z)} = e^{p(z)} \nabla p(z)$.",
    MAPS + r"Then $\nabla \log p(z) = \frac{1}{p(z)} \nabla p(z)$.",
    MAPS + r"Then $\nabla_\theta \log p(\theta) = \nabla_\theta p(\theta) / p(\theta)$.",
    MAPS + r"Then $D \nabla p(z) = \nabla^2 p(z)$ and $\nabla \nabla^\top p(z) = \nabla^2 p(z)$.",
    MAPS + r"Then $\nabla p(z) = Dp(z)^\top$.",
    AFFINE + r"Then $\nabla s(z) = M^\top \nabla p(Mz + c)$.",
    AFFINE + r"Then $\nabla^2 s(z) = M^\top \nabla^2 p(Mz + c) M$.",
    FIELDS + r"Then $\nabla (pq) = q \nabla p + p \nabla q$.",
    FIELDS + r"Then $\nabla (p - 3q)(z) = \nabla p(z) - 3 \nabla q(z)$.",
    FIELDS + r"Then $\nabla\left(\frac{p}{q}\right) = \frac{q \nabla p - p \nabla q}{q^2}$.",
    FIELDS
    + r"Then $\frac{\partial (p(z) q(z))}{\partial z} = q(z) \frac{\partial p(z)}{\partial z} + p(z) \frac{\partial q(z)}{\partial z}$.",
    FIELDS + r"Along $v$ we have $D_v p(z) = \nabla p(z)^\top v$.",
    FIELDS + r"Along $\mathbf{v}$ we have $p'(\mathbf{z}; \mathbf{v}) = \nabla p(\mathbf{z}) \cdot \mathbf{v}$.",
    FIELDS + r"With $\varphi(t) = p(z + tv)$ we have $\varphi''(t) = v^\top \nabla^2 p(z + tv) v$.",
    FIELDS + r"With $\varphi(t) = p(z + tv)$ we have $\varphi'(0) = \nabla p(z)^\top v$.",
    FIELDS + r"Along $v$ we have $D_v p = \nabla p \cdot v$.",
    FIELDS + r"Along $v$ we have $\nabla_v p(z) = \nabla p(z) \cdot v$.",
    FIELDS + r"Entry by entry $[\nabla p]_i = \frac{\partial p}{\partial z_i}$.",
    VECTORS + r"Let $J(z)$ be the Jacobian of $P$. With $s(z) = \frac12 \|P(z)\|^2$ we have $\nabla s(z) = J(z)^\top P(z)$.",
    FIELDS + r"With $s(z, \lambda) = p(z) + \lambda q(z)$ we have $\nabla_z s(z, \lambda) = \nabla p(z) + \lambda \nabla q(z)$.",
    FIELDS + r"With $s(z, \lambda) = p(z) + \lambda q(z)$ we have $\frac{\partial s}{\partial \lambda} = q(z)$.",
    FIELDS + r"By Schwarz $D_{i,j} p(z) = D_{j,i} p(z)$.",
    FIELDS + r"The model $\hat m(s) = p(z_0) + \nabla p(z_0)^\top s + \frac12 s^\top \nabla^2 p(z_0) s$ has "
    r"$\nabla \hat m(s) = \nabla p(z_0) + \nabla^2 p(z_0) s$.",
    VECTORS + r"Then $D(Q \circ P)(z) = DQ(P(z)) \, DP(z)$.",
    VECTORS + r"With $s(z) = \frac12 \|P(z)\|^2$ we have $\nabla s(z) = J_P(z)^\top P(z)$.",
    r"The curve $r: \mathbb{R} \to \mathbb{R}^n$ lies in a level set of $p: \mathbb{R}^n \to \mathbb{R}$. With $s(t) = p(r(t))$ we have "
    r"$s'(t) = \nabla p(r(t))^\top r'(t)$.",
    "# One\nLet $p(x, y) = xy$.\n\n# Two\n" + FIELDS + r"Then $\nabla (pq) = q \nabla p + p \nabla q$.",
]
NEVER_TRUE = [
    r"Let $P(U, V) = \frac12\|R - UV^\top\|_F^2$. Then $\nabla_U P = \nabla_V P$.",
    FIELDS + r"Then $\nabla_z p = \nabla_y p$.",
    FIELDS + r"Then $\nabla_y p = \nabla p(z)$.",
    MAPS + r"With $s(z) = q(p(z))$ we have $\nabla s(z) = q'(z) \nabla p(z)$.",
    MAPS + r"With $s(z) = q(p(z))$ we have $\nabla^2 s(z) = q'(p(z)) \nabla^2 p(z)$.",
    MAPS + r"Then $\nabla e^{p(z)} = e^{p(z)}$.",
    MAPS + r"Then $\nabla \log p(z) = \nabla p(z)$.",
    AFFINE + r"Then $\nabla s(z) = M \nabla p(Mz + c)$.",
    AFFINE + r"Then $\nabla s(z) = M^\top \nabla p(z)$.",
    AFFINE + r"Then $\nabla^2 s(z) = M^\top \nabla^2 p(Mz + c)$.",
    FIELDS + r"Then $\nabla (pq) = \nabla p \nabla q$.",
    FIELDS + r"Then $\nabla (p + q)(z) = \nabla p(z) - \nabla q(z)$.",
    FIELDS + r"Along $v$ we have $D_v p(z) = \nabla p(z)$.",
    FIELDS + r"Thus $p(z + h) = p(z) + \nabla p(z)^\top h + \frac12 h^\top \nabla^2 p(z) h$.",
    FIELDS + r"Thus $\nabla p(z + h) = \nabla p(z) + \nabla^2 p(z) h$.",
    FIELDS + r"Thus $p(z + h) - p(z - h) = 2 \nabla p(z)^\top h$.",
    FIELDS + r"Thus $p(z + h) - p(z - h) = \frac13 h^\top (\nabla p(z + h) + 4 \nabla p(z) + \nabla p(z - h))$.",
    FIELDS + r"Thus $p(y) - p(z) = \nabla p(\xi)^\top (y - z)$.",
    FIELDS + r"Along $v$ we have $\nabla_v p(z) = \nabla p(z)$.",
    VECTORS + r"Let $J(z)$ be the Jacobian of $P$. With $s(z) = \frac12 \|P(z)\|^2$ we have $\nabla s(z) = J(z) P(z)$.",
    FIELDS + r"With $s(z, \lambda) = p(z) + \lambda q(z)$ we have $\nabla_z s(z, \lambda) = \nabla p(z) - \lambda \nabla q(z)$.",
    FIELDS + r"Thus $\nabla^2 p(z) = \nabla p(z) \nabla p(z)^\top$.",
    VECTORS + r"Then $D(Q \circ P)(z) = DP(z) \, DQ(P(z))$.",
    VECTORS + r"Then $D(Q \circ P)(z) = DQ(z) \, DP(z)$.",
    r"The matrix $D$ is diagonal. Then $D p(z) = \nabla p(z)^\top$.",
    r"The fields $\mathbf{p}, \mathbf{q}$ are smooth. "
    r"Then $\nabla (\mathbf{p} \mathbf{q}) = \mathbf{q} \nabla \mathbf{p} + \mathbf{p} \nabla \mathbf{q}$.",
    r"Let $P, Q: \mathbb{R}^n \to \mathbb{R}^n$. Then $\nabla (P \cdot Q) = Q \nabla P + P \nabla Q$.",
    r"Let $z$ be a number. Then $\nabla p(z) = J_p(z)^\top$ holds in both conventions.",
    r"The costs are $J_k(z) = J_k(0) + \nabla J_k(0)^\top z$.",
]


@pytest.mark.parametrize("text", TRUE)
def test_true(text: str, tmp_path: Path) -> None:
    assert set(statuses(text, tmp_path)) == {"proved"}


@pytest.mark.parametrize("text", NEVER_TRUE)
def test_never_true(text: str, tmp_path: Path) -> None:
    assert not {"proved", "confirmed", "conditional"} & set(statuses(text, tmp_path))


def test_maps_are_no_factors(tmp_path: Path) -> None:
    """What is false of them as letters in a product may be true of functions."""
    assert "refuted" not in statuses(VECTORS + r"Then $D(P^2)(z) = 2 DP(z) P(z)$ and $P(y + z) = Py + Pz + P$.", tmp_path)
