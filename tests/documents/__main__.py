"""Puts into pages of documentation what their examples really show: ``python -m tests.documents docs/tutorial.md``."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.documents.running import Page


def main(names: list[str]) -> None:
    for path in [Path(name).resolve() for name in names]:
        text = path.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            path.write_text(Page(text, Path(folder)).rewritten(text), encoding="utf-8")
            os.chdir(path.parent)


if __name__ == "__main__":
    main(sys.argv[1:])
