"""``pytest --matcalc docs/``: the claims in documents as tests.

A claim that is proved or confirmed passes, one that is refuted fails with the right answer, and one
that is undecided or not read is skipped with the reason. What makes a test fail is chosen with
``--matcalc-fail-on``, as for ``matcalc verify``.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

_LEVELS = ("refuted", "conditional", "unread")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options."""
    group = parser.getgroup("matcalc", "claims in documents")
    group.addoption(
        "--matcalc", action="store_true", help="collect the claims in documents (.tex, .md, .ipynb, .rst, .html, ...) as tests"
    )
    group.addoption(
        "--matcalc-fail-on", choices=_LEVELS, default="refuted", help="the mildest verdict that fails (default: refuted)"
    )
    group.addoption("--matcalc-root", metavar="FOLDER", help="the folder below which files that documents take in must lie")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A document is a collection of claims, where ``--matcalc`` is given."""
    if not parent.config.getoption("matcalc"):
        return None
    found: pytest.Collector | None = import_module("matcalc.documents.reports.collecting").document_file(
        file_path, parent, import_module("matcalc.documents.examination").verify_document
    )
    return found
