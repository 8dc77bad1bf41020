"""Claims of documents as tests of pytest; ``matcalc.pytest_plugin`` loads this when a run asks for
them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from matcalc.base.errors import MatcalcError
from matcalc.documents.formats import IDENTITIES, READERS
from matcalc.documents.reports import SEVERITIES, Entry, Report


def document_file(file_path: Path, parent: pytest.Collector, verify: Callable[..., Report]) -> pytest.Collector | None:
    """The collector of a document, whose claims ``verify`` decides; None for a file of another
    kind."""
    if file_path.suffix.lower() not in (*READERS, IDENTITIES):
        return None
    document: pytest.Collector = DocumentFile.from_parent(parent, path=file_path, verify=verify)
    return document


class DocumentFile(pytest.File):
    """A document; its claims are decided once, when the first of them is collected."""

    def __init__(self, *, verify: Callable[..., Report], **others: Any) -> None:
        super().__init__(**others)
        self._verify = verify

    def collect(self) -> Iterator[pytest.Item]:
        """A test for each claim, and one for each place that cannot be read."""
        try:
            report = self._verify(self.path, root=self.config.getoption("matcalc_root"))
        except MatcalcError as error:
            raise self.CollectError(str(error)) from None
        names: dict[str, int] = {}
        for entry in report.claims:
            name = entry.name or f"line {entry.place.line}: {' '.join(entry.text.split())}"
            names[name] = names.get(name, 0) + 1
            number = f" ({names[name]})" if names[name] > 1 else ""
            yield ClaimItem.from_parent(self, name=name + number, entry=entry)
        for fault in report.faults:
            name = f"line {fault.place.line}: not readable"
            yield FaultItem.from_parent(self, name=name, reason=f"{fault.reason} {fault.advice}".strip())


class ClaimFailed(Exception):
    """A claim that does not hold."""


class ClaimItem(pytest.Item):
    """One claim of a document."""

    def __init__(self, *, entry: Entry, **others: Any) -> None:
        super().__init__(**others)
        self.entry = entry

    def runtest(self) -> None:
        """Raises ClaimFailed for a claim that is at least as bad as ``--matcalc-fail-on``; skips
        one that is not as expected else."""
        entry = self.entry
        if entry.severity == "none":
            return
        if SEVERITIES.index(entry.severity) >= SEVERITIES.index(self.config.getoption("matcalc_fail_on")):
            raise ClaimFailed(f"{entry.status}: {entry.text}\n{entry.remark}")
        pytest.skip(f"{entry.status}: {entry.remark}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The verdict instead of a traceback."""
        if not isinstance(excinfo.value, ClaimFailed):
            return super().repr_failure(excinfo, style)
        verdict = self.entry.verdict
        context = [f"with {said}" for said in self.entry.context]
        return "\n".join([verdict.explain() if verdict is not None else str(excinfo.value), *context])

    def reportinfo(self) -> tuple[Path, int, str]:
        """The line of the claim."""
        return self.path, max(0, self.entry.place.line - 1), self.name


class FaultItem(pytest.Item):
    """A place of a document that cannot be read."""

    def __init__(self, *, reason: str, **others: Any) -> None:
        super().__init__(**others)
        self.reason = reason

    def runtest(self) -> None:
        """Skips, with the reason."""
        pytest.skip(self.reason)
