"""Writes the manual pages in ``man/`` anew from the commands: ``python -m tests.package``."""

from __future__ import annotations

from tests.documents.running import ROOT
from tests.package.manual import pages

if __name__ == "__main__":
    made = pages()
    for path in (ROOT / "man").glob("*.1"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (ROOT / "man" / name).write_text(text, encoding="ascii")
