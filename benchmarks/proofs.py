"""How many statements that are proved have a proof line by line, which the checker accepts, and how long these are.

Run as ``python -m benchmarks.proofs``, for the shipped identities, or with ``--corpus FOLDER`` for records in YAML files: a ``function``,
the variable ``wrt``, the ``order`` of the derivative, its ``result``, and ``declarations`` with ``properties``. ``--open`` lists the
statements without a proof.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from matcalc import Verdict, verify
from matcalc.base.errors import MatcalcError
from matcalc.proofs.checker import check
from matcalc.verification.items import library

_FACTS = {"binary": "mask", "unit_interval": "positive", "onehot": "simplex", "unit_norm": "", "real": ""}
_FLATTENED = ("matrix_by_matrix", "vector_by_matrix", "matrix_by_vector")


def identities() -> Iterator[tuple[str, Verdict]]:
    """The verdicts on the shipped identities that are expected to hold, by name."""
    for document in library():
        for item in document.items:
            if item.expected:
                verdict = verify(item.statement, declare=item.declare, layout=item.layout, symmetric=item.symmetric, help=False)
                yield from named(item.name, verdict)


def records(folder: Path) -> Iterator[tuple[str, Verdict]]:
    """The verdicts on records of derivatives that are expected to hold."""
    import yaml

    for file in sorted(folder.glob("*.yaml")):
        for record in yaml.safe_load(file.read_text(encoding="utf-8")):
            if record.get("expected", True) and record.get("result"):
                yield from named(record["id"], _verdict_on(record))


def _verdict_on(record: Mapping[str, Any]) -> Verdict:
    variable, second = record["wrt"], record.get("order", 1) == 2
    left = f"d2({record['function']})/d{variable}2" if second else f"d({record['function']})/d{variable}"
    layout = "numerator" if record["kind"] in _FLATTENED else "denominator"
    convention = {"symmetric": "cookbook", "diagonal": "projected"}.get(record.get("structured"), "independent")
    return verify(f"{left} = {record['result']}", declare=_declared(record), layout=layout, symmetric=convention, help=False)


def _declared(record: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for name, sizes in record["declarations"].items():
        kind = "scalar" if sizes in ("scalar", []) else "×".join(map(str, sizes))
        facts = [_FACTS.get(fact, fact) for fact in (record.get("properties") or {}).get(name, [])]
        found[name] = " ".join([kind, *filter(None, dict.fromkeys(facts))])
    return found


def named(name: str, verdict: Verdict) -> Iterator[tuple[str, Verdict]]:
    """The verdict, or those on the equations of a chain."""
    parts = verdict.links or (verdict,)
    yield from ((name if len(parts) == 1 else f"{name}#{k}", part) for k, part in enumerate(parts, 1))


@click.command()
@click.option(
    "--corpus", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Records instead of the shipped identities."
)
@click.option("--open", "lists", is_flag=True, help="List the statements without a proof line by line.")
def main(corpus: Path | None, lists: bool) -> None:
    lengths: list[int] = []
    proved = 0
    missing: list[str] = []
    seconds = 0.0
    for name, verdict in records(corpus) if corpus else identities():
        if verdict.status != "proved":
            continue
        proved += 1
        start = time.perf_counter()
        proof = verdict.proof
        seconds += time.perf_counter() - start
        if proof is None:
            missing.append(f"{name}: {verdict.statement}")
            continue
        check(json.loads(proof.json()))
        lengths.append(len(proof.lines))
    print(
        f"{len(lengths)} of {proved} statements that are proved have a proof that the checker accepts, {len(lengths) / proved:.1%}"
    )
    print(f"lines: median {statistics.median(lengths):g}, longest {max(lengths)}; {seconds / proved * 1000:.0f} ms each")
    if lists:
        print("\n".join(missing))


if __name__ == "__main__":
    try:
        main()
    except MatcalcError as error:
        raise SystemExit(str(error)) from None
