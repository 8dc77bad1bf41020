"""The site is made from the pages in ``docs/``: each has a place in its navigation, and asks for nothing from elsewhere."""

from __future__ import annotations

import re

from tests.documents.running import ROOT


def sections(index: str) -> dict[str, list[str]]:
    """The pages that the sections of an index link, as the navigation has them."""
    parts = [part.partition("\n") for part in re.split(r"^## ", index, flags=re.MULTILINE)[1:]]
    return {title: re.findall(r"\]\(([\w-]+\.md)\)", body) for title, _, body in parts}


def test_every_page_has_a_place() -> None:
    found = sections((ROOT / "docs" / "README.md").read_text(encoding="utf-8"))
    assert list(found) == ["Learn", "Use", "Reference", "Carry on"]
    placed = [page for pages in found.values() for page in pages]
    assert set(placed) == {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert sections("## A\n- [b](c.md)\n## D\n[e](f.md#g)\n") == {"A": ["c.md"], "D": []}


def test_nothing_is_loaded_from_elsewhere() -> None:
    assert "\n  font: false\n" in (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for path in [*(ROOT / "docs").rglob("*.md"), *(ROOT / "docs" / "_site").iterdir(), ROOT / "mkdocs.yml"]:
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert re.findall(r"!\[[^]]*\]\(https?:|src=.https?:|url\(.?https?:|^```mermaid", text, re.MULTILINE) == [], path
