"""Writes anew what is made from the commands, the manual pages in ``man/`` and the picture of a terminal: ``python -m tests.package``."""

from __future__ import annotations

from tests.documents.running import ROOT
from tests.package.manual import pages
from tests.package.terminal import picture

if __name__ == "__main__":
    made = pages()
    for path in (ROOT / "man").glob("*.1"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (ROOT / "man" / name).write_text(text, encoding="ascii")
    (ROOT / "docs" / "pictures" / "terminal.svg").write_text(picture(), encoding="utf-8")
