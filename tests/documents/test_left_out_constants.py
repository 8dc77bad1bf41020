"""Constants without a name and factorials are numbers to a derivative."""

from __future__ import annotations

from pathlib import Path

from tests.documents.notes import statuses

NORMAL = r"With a symmetric matrix $A$ let $$\ell(m) = -\frac12\sum_{i=1}^n (u_i - m)^\top A (u_i - m) + \text{const}.$$ "
POISSON = r"Let $$\ell(r) = \sum_{i=1}^n (t_i \log r - r - \log t_i!).$$ "
BINOMIAL = r"Let $$\ell(q) = \log\frac{n!}{k!(n-k)!} + k\log q + (n-k)\log(1-q).$$ "


def test_a_constant_without_a_name(tmp_path: Path) -> None:
    text = NORMAL + r"Then $$\frac{\partial\ell}{\partial m} = \sum_{i=1}^n A(u_i - m).$$"
    assert statuses(text, tmp_path) == ["proved"]
    assert statuses(text.replace("A(u_i - m)", "A(u_i + m)"), tmp_path) == ["refuted"]
    value = NORMAL + r"So $$\ell(m) - \ell(0) = m^\top m.$$"
    assert not {"proved", "refuted"} & set(statuses(value, tmp_path))


def test_what_is_constant_to_one_of_two_variables(tmp_path: Path) -> None:
    text = r"Let $$\ell(m, A) = -\frac12 (u - m)^\top A (u - m) + \text{const}.$$ "
    text += r"Then $$\frac{\partial\ell}{\partial A} = \frac12 A^{-\top}.$$"
    assert statuses(text, tmp_path) == ["undecided"]


def test_factorials(tmp_path: Path) -> None:
    text = POISSON + r"Then $$\ell'(r) = \frac{1}{r}\sum_{i=1}^n t_i - n.$$"
    assert statuses(text, tmp_path) == ["proved"]
    assert statuses(text.replace("- n.", "+ n."), tmp_path) == ["refuted"]
    text = BINOMIAL + r"Then $$\frac{d\ell}{dq} = \frac{k}{q} - \frac{n-k}{1-q}.$$"
    assert statuses(text, tmp_path) == ["proved"]
    assert statuses(BINOMIAL + r"Then $$\frac{d\ell}{dk} = \log q - \log(1-q).$$", tmp_path) not in (["proved"], ["refuted"])
