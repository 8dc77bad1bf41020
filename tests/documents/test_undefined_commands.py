r"""Commands that no file in sight defines: ``\q`` as a bold letter where a document uses it as one, ``\pdv`` as packages have it."""

from __future__ import annotations

from pathlib import Path

import pytest

from matcalc.documents.formats import finishing
from matcalc.documents.formats.markdown import manuscript
from tests.documents.notes import statuses

LETTERS = r"Let $\q \in \R^n$ and $\W$ be a symmetric matrix, not $\W + \q$. "
LOSS = r"Let $f(\vq) = \vq^\top \mW \vq$. "

TRUE = [
    LETTERS + r"$$\nabla_\q (\q^\top \W \q) = 2\W\q$$",
    LETTERS + r"$$\norm{\q}^2 = \ip{\q}{\q}$$",
    LOSS + r"$$\pdv{f}{\vq} = (\mW + \mW^\top)\vq$$",
    LOSS + r"$$\pdv[2]{f}{\vq} = \mW + \mW^\top$$",
]
FALSE = [
    LETTERS + r"$$\nabla_\q (\q^\top \W \q) = \W\q$$",
    LOSS + r"$$\pdv{f}{\vq} = (\mW - \mW^\top)\vq$$",
]
UNREAD = [
    r"For matrices $$(A \x B)^\top = B^\top \x A^\top$$",  # an operator of the author's
    r"For matrices $$(A B)\t = B\t A\t$$",
    r"$$\E (A x) = A \E x$$",
]


@pytest.mark.parametrize("text", TRUE)
def test_true(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] == "proved"


@pytest.mark.parametrize("text", FALSE)
def test_false(text: str, tmp_path: Path) -> None:
    assert statuses(text, tmp_path)[-1] == "refuted"


@pytest.mark.parametrize("text", UNREAD)
def test_what_does_not_stand_as_letters_do_is_not_read(text: str, tmp_path: Path) -> None:
    assert not {"proved", "refuted", "conditional", "confirmed"} & set(statuses(text, tmp_path))


@pytest.mark.parametrize("count", [3, 60])
def test_how_letters_are_used_is_looked_at_once(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once for each formula would be quadratic in their number."""
    seen: list[str] = []
    look = finishing.operands
    monkeypatch.setattr(finishing, "operands", lambda text: seen.append(text) or look(text))
    manuscript("\n\n".join([rf"$$\q^\top \q_{{{number}}} = (\q + y)$$" for number in range(count)]), "notes.md")
    assert len(seen) == 1
