"""Normal distributions: whose covariance is symmetric, and whose density is meant by its letter."""

from __future__ import annotations

from pathlib import Path

from tests.documents.notes import statuses

_DENSITY = r"\log q(v\mid m,P) = -\frac{d}{2}\log(2\pi) - \frac12\log|P| - \frac12(v-m)^\top P^{-1}(v-m)"


def test_the_second_parameter_of_a_normal_distribution_is_a_covariance(tmp_path: Path) -> None:
    claim = r"Let $h(z) = (b - Gz)^\top S^{-1}(b - Gz)$. Then $$\nabla_z h = -2G^\top S^{-1}(b - Gz).$$"
    assert statuses(rf"The noise is $e \sim \mathcal{{N}}(0, S)$. {claim}", tmp_path) == ["proved"]
    assert statuses(claim, tmp_path) == ["conditional"]
    assert statuses(rf"# A{chr(10)}{chr(10)}Let $e \sim N(0, S)$.{chr(10)}{chr(10)}# B{chr(10)}{chr(10)}{claim}", tmp_path) != [
        "proved"
    ]
    wrong = claim.replace("-2G", "-G")
    assert statuses(rf"The noise is $e \sim \mathcal{{N}}(0, S)$. {wrong}", tmp_path) == ["refuted"]


def test_the_letter_of_a_density_alone_means_it(tmp_path: Path) -> None:
    text = rf"For $v \sim N(m, P)$ we have $${_DENSITY}.$$ Hence $$\frac{{\partial \log q}}{{\partial m}} = P^{{-1}}(v - m).$$"
    assert statuses(text, tmp_path) == ["proved"]
    assert statuses(text.replace("P^{-1}(v - m).$$", "P^{-1}(m - v).$$"), tmp_path) == ["refuted"]
    another = rf"{text} Let $$\log q(u\mid s) = -s u^2.$$ Then $$\frac{{\partial \log q}}{{\partial s}} = -u^2.$$"
    assert statuses(another, tmp_path)[-1] not in ("proved", "refuted")  # which of both is not said
