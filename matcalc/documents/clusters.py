"""Documents that the workers of a Dask cluster verify, a task each: the paths go out, the reports
come back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextvars import copy_context
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matcalc.base.budgets import DOCUMENT_SECONDS, Allowance, allow, allowance
from matcalc.base.errors import MatcalcError, internal_error
from matcalc.base.extras import needs_extra
from matcalc.base.files import FOLDER
from matcalc.base.lazy import later
from matcalc.base.records import blake2b
from matcalc.base.version import VERSION
from matcalc.documents.deciding import Memory, source_files
from matcalc.documents.reports import Report

if TYPE_CHECKING:
    from matcalc.documents import examination
else:
    examination = later("matcalc.documents.examination")

_SECONDS = 10
"""How long a scheduler may take to answer."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How documents are verified: from which folder their paths are meant, and by which program."""

    folder: str
    root: str | None = None
    kept: bool = True
    seconds: float = DOCUMENT_SECONDS
    allowance: Allowance | None = None
    program: str = ""


@cache
def program() -> str:
    """Which matcalc this is: its version and what its files hold, wherever they lie."""
    digest = blake2b(digest_size=8)
    for path in source_files():
        digest.update(Path(path).read_bytes())
    return f"{VERSION} ({digest.hexdigest()})"


def verified(path: str, terms: Terms) -> Report | MatcalcError:
    """What a worker makes of a document, or why there is no report."""
    if program() != terms.program:
        return MatcalcError(f"a worker has matcalc {program()}, and {terms.program} was asked for")
    return copy_context().run(_verified, path, terms)


def _verified(path: str, terms: Terms) -> Report | MatcalcError:
    FOLDER.set(terms.folder)
    if terms.allowance is not None:
        allow(terms.allowance)
    try:
        return examination.examined(path, root=terms.root, jobs=1, memory=Memory(kept=terms.kept), seconds=terms.seconds)
    except MatcalcError as error:
        return error


def examined_on(address: str, paths: Sequence[str], terms: Terms) -> Iterator[Report | MatcalcError]:
    """What the workers of the scheduler at an address find in documents, in their order; an error
    for each that has no report.

    The workers see the files under the same paths. Raises MatcalcError where no scheduler answers,
    it has no workers, or one of them has another matcalc.
    """
    try:
        distributed: Any = import_module("distributed")
    except ModuleNotFoundError as error:
        raise needs_extra("a cluster", "dask", error) from error
    try:
        client = distributed.Client(address, timeout=_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise MatcalcError(
            f"no scheduler answers at {address}: {reason}", expected="an address such as tcp://host:8786"
        ) from error
    with client:
        _check_workers(client, address)
        agreed = replace(terms, allowance=allowance(), program=program())
        futures = client.map(verified, list(paths), terms=agreed, pure=False)
        for path, future in zip(paths, futures, strict=True):
            yield _collected(path, future)
            future.release()


def _check_workers(client: Any, address: str) -> None:
    """Raises MatcalcError where not all workers have this matcalc."""
    found = client.run(program, on_error="return")
    if not found:
        raise MatcalcError(f"the scheduler at {address} has no workers", suggestion=f"dask worker {address}")
    others = {worker: said for worker, said in sorted(found.items()) if said != program()}
    if others:
        told = [f"{worker}: {said if isinstance(said, str) else _without(said)}" for worker, said in others.items()]
        raise MatcalcError(
            f"not all workers have the matcalc that is here, {program()}:\n  " + "\n  ".join(told),
            suggestion="the same version of matcalc in the environment of the workers",
        )


def _without(error: object) -> str:
    return "no matcalc" if isinstance(error, ModuleNotFoundError) else f"{type(error).__name__}: {error}"


def _collected(path: str, future: Any) -> Report | MatcalcError:
    """What a task gave; an error where its worker was lost, again and again."""
    try:
        found: Report | MatcalcError = future.result()
    except Exception as error:
        if type(error).__name__ == "KilledWorker":
            return MatcalcError(f"{path}: the workers that worked on it were ended, perhaps for lack of memory")
        if type(error).__name__ in ("CancelledError", "FutureCancelledError"):
            return MatcalcError(f"{path}: the scheduler was lost before it was verified")
        return MatcalcError(f"{path}, on a worker: {internal_error(error)}")
    return found
