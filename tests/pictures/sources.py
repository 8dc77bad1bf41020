"""Sources for Graphviz read again, by nothing of the package; and central differences."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any
from xml.etree import ElementTree as et

import numpy as np

_STATEMENT = re.compile(r"\s*(\w+)(?:\s*->\s*(\w+))?\s*\[(.*)\]\s*$")


@dataclass(frozen=True)
class Source:
    """Nodes by name, and edges with where they start and end; each with its attributes, labels as lines of text."""

    nodes: Mapping[str, Mapping[str, Any]]
    edges: tuple[tuple[str, str, Mapping[str, Any]], ...]


def read(dot: str) -> Source:
    nodes, edges = {}, []
    for line in dot.splitlines():
        found = _STATEMENT.match(line)
        if found is None or found[1] in ("graph", "node", "edge"):
            continue
        known = attributes(found[3])
        if found[2] is None:
            nodes[found[1]] = known
        elif known.get("style") != "invis":
            edges.append((found[1], found[2], known))
    return Source(nodes, tuple(edges))


def attributes(text: str) -> dict[str, Any]:
    """``a=b c="d e" label=<<TABLE>...>>``."""
    found: dict[str, Any] = {}
    while text := text.strip():
        name, _, text = text.partition("=")
        if text.startswith("<"):
            depths = accumulate((character == "<") - (character == ">") for character in text)
            place = next(k for k, depth in enumerate(depths, 1) if not depth)
            found[name] = lines_of(text[1 : place - 1])
        else:
            place = (
                next(k for k in range(1, len(text)) if text[k] == '"' and text[k - 1] != "\\") + 1
                if text[0] == '"'
                else len(text.split()[0])
            )
            found[name] = text[:place].strip('"').replace("\\\\", "\\")
        text = text[place:]
    return found


def lines_of(table: str) -> list[str]:
    return ["".join(row.itertext()).replace("\u00a0", " ").strip() for row in et.fromstring(table).iter("TR")]


def differences(function: Callable[..., Any], values: Mapping[str, Any], name: str) -> Any:
    """The derivative with the axes of the value, then those of the variable, by central differences."""
    point = np.array(values[name], float)
    found = np.zeros(np.shape(function(**values)) + point.shape)
    for place in np.ndindex(point.shape):
        step = np.zeros_like(point)
        step[place] = 1e-5
        ends = [np.asarray(function(**{**values, name: point + sign * step})) for sign in (1, -1)]
        found[(..., *place)] = (ends[0] - ends[1]) / 2e-5
    return found
