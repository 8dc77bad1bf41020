"""Values of derivatives at points: in brackets, and behind a bar."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.notes import statuses

TWO = r"Let $g(s, t) = s^2 t + t^3$. "
ONE = r"Let $h(s) = s^3$. "

TRUE = [
    TWO + "Then $g_s(2, 3) = 12$.",
    TWO + r"Then $\frac{\partial g}{\partial t}(2, 3) = 31$.",
    TWO + r"Then $\frac{\partial g}{\partial s}(a, b) = 2ab$.",
    TWO + r"Then $\left.\frac{\partial g}{\partial t}\right|_{(2, 3)} = 31$.",
    TWO + r"Then $\frac{\partial g}{\partial t}\Big|_{t=3, s=2} = 31$.",
    TWO + r"Then $\nabla g\big|_{(2, 3)} = (12, 31)$.",
    ONE + r"Then $\left.\frac{dh}{ds}\right|_{s=2} = 12$.",
    ONE + r"Then $\frac{dh}{ds}\bigg|_{s=c} = 3c^2$.",
]
FALSE = [
    TWO + r"Then $\frac{\partial g}{\partial t}(3, 2) = 31$.",
    TWO + r"Then $\left.\frac{\partial g}{\partial t}\right|_{(2, 3)} = 30$.",
    TWO + r"Then $\frac{\partial g}{\partial t}\Big|_{t=2, s=3} = 31$.",
    TWO + r"Then $\nabla g\big|_{(2, 3)} = (31, 12)$.",
    ONE + r"Then $\left.\frac{dh}{ds}\right|_{s=2} = 8$.",
    ONE + r"Then $\frac{dh}{ds}\bigg|_{s=c} = 3s^2$.",
]
NOT_PROVED = [
    TWO + "Then $g_s(3, 2) = 13$.",
    TWO + r"Then $\frac{\partial g}{\partial t}\Big|_{t=3} = 31$.",
    TWO + r"Then $\frac{\partial g}{\partial t}\Big|_{u=3, s=2} = 31$.",
]


@pytest.mark.parametrize("text", TRUE)
def test_true(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1:] == ["proved"]


@pytest.mark.parametrize("text", FALSE)
def test_false(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1:] in (["refuted"], ["undecided"])


@pytest.mark.parametrize("text", NOT_PROVED)
def test_never_proved(text: str, tmp_path: Path) -> None:
    """Neither is refuted what is about another point than the text understood."""
    assert not {"proved", "confirmed", "refuted"} & set(statuses(text, tmp_path))
