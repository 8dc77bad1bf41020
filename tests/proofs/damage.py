"""Ways to damage a line of a proof that was saved."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

Saved = dict[str, Any]


def _scaled(proof: Saved, place: int) -> int:
    """A new node that is 7/3 of a tensor."""
    shape = _sizes(proof, place)
    proof["nodes"].append(["einstein.Sum", [[{"number": "7/3"}, {"node": place}]], shape])
    return len(proof["nodes"]) - 1


def _sizes(proof: Saved, place: int) -> list[Any]:
    """The sizes of the axes of a tensor in the table."""
    name, *fields = proof["nodes"][place]
    match name.partition(".")[2]:
        case "Symbol" | "Sum":
            return list(fields[1])
        case "Contraction":
            return [fields[3][label] for label in fields[2]]
        case "Power":
            return _sizes(proof, fields[0]["node"])
        case "Map":
            return _sizes(proof, fields[1][0]["node"])
        case "Apply":
            return list(fields[2])
        case "Unit":
            return [fields[1]]
    return []


def left_out(proof: Saved, place: int) -> None:
    del proof["lines"][place]


def said_twice(proof: Saved, place: int) -> None:
    proof["lines"].insert(place, proof["lines"][place])


def scaled_result(proof: Saved, place: int) -> None:
    line = proof["lines"][place]
    line["to"] = _scaled(proof, line["to"])


def scaled_start(proof: Saved, place: int) -> None:
    line = proof["lines"][place]
    key = "of" if "of" in line else "from"
    if key == "of":
        line["to"] = line["of"]
    else:
        line["from"] = _scaled(proof, line["from"])


def by_another_rule(proof: Saved, place: int) -> None:
    line = proof["lines"][place]
    line["rule"] = "distribute" if line["rule"] != "distribute" else "collect"


def by_no_rule(proof: Saved, place: int) -> None:
    proof["lines"][place]["rule"] = "normal form"


def without_details(proof: Saved, place: int) -> None:
    line = proof["lines"][place]
    for key in list(line):
        if key != "rule":
            del line[key]


def elsewhere(proof: Saved, place: int) -> None:
    """Within a tensor that stands nowhere."""
    line = proof["lines"][place]
    key = "within" if "within" in line else "to"
    line[key] = _scaled(proof, line[key])


KINDS: tuple[Callable[[Saved, int], None], ...] = (
    left_out, said_twice, scaled_result, scaled_start, by_another_rule, by_no_rule, without_details, elsewhere,
)  # fmt: skip


def damaged(proof: Saved) -> Iterator[tuple[str, int, Saved]]:
    """Every line damaged in every way."""
    for place in range(len(proof["lines"])):
        for kind in KINDS:
            other = copy.deepcopy(proof)
            kind(other, place)
            yield kind.__name__, place, other
