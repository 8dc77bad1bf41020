"""A match on nodes says what it does with every node: a class that is new is named by the type checker."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "matcalc").rglob("*.py"))
OPEN = {"sympy"}
"""Modules whose classes may have the names of nodes, and are no closed set."""


def tree_of(path: Path) -> ast.Module:
    """Read when it is asked for: all trees at once are more than a hundred megabytes, which every test after this one would carry."""
    return ast.parse(path.read_text(encoding="utf8"))


def classes(trees: Iterable[ast.Module]) -> set[str]:
    return {node.name for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)}


NODES = classes([tree_of(path) for path in FILES if path.name == "nodes.py"])
GROUPS = {"Expr", "Tensor"}
"""Classes of all nodes: to name one is to name none."""


def names(pattern: ast.pattern) -> Iterator[str]:
    """The classes of nodes that a pattern names, those within it included."""
    for part in ast.walk(pattern):
        if isinstance(part, ast.MatchClass):
            module, _, name = ast.unparse(part.cls).rpartition(".")
            if name in NODES and module not in OPEN:
                yield name


def takes_all(pattern: ast.pattern) -> bool:
    """Whether a pattern fits every node, whatever its class: ``_``, a name, ``Expr()``."""
    if isinstance(pattern, ast.MatchAs):
        return pattern.pattern is None or takes_all(pattern.pattern)
    if isinstance(pattern, ast.MatchOr):
        return any(map(takes_all, pattern.patterns))
    return isinstance(pattern, ast.MatchClass) and ast.unparse(pattern.cls).rpartition(".")[2] in {*GROUPS, "object"}


def silent(tree: ast.Module) -> list[int]:
    """The lines of matches on nodes with a case for all nodes that are not named, unless it is unreachable."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Match) and any(True for case in node.cases for _ in names(case.pattern)):
            last = node.cases[-1]
            if takes_all(last.pattern) and last.guard is None and "assert_never" not in ast.unparse(last):
                found.append(node.lineno)
    return found


def test_no_match_on_nodes_has_a_silent_default() -> None:
    assert len(NODES) > 40
    assert {str(path.relative_to(ROOT)): lines for path in FILES if (lines := silent(tree_of(path)))} == {}


def test_the_type_checker_asks_for_a_case_for_every_node() -> None:
    """So a match that simply ends, or that leaves out a group, is found too."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["tool"]["mypy"]
    assert settings["strict"] and "exhaustive-match" in settings["enable_error_code"]


@pytest.mark.parametrize("default", ["_", "other", "e.Expr()", "Negative() | Expr() as other", "object()"])
def test_a_planted_default_is_seen(default: str) -> None:
    planted = f"match node:\n    case e.Sum():\n        pass\n    case {default}:\n        pass"
    assert silent(ast.parse(planted)) == [1]


@pytest.mark.parametrize(
    "last", ["case e.Leaf() | e.Linear(): pass", "case _: assert_never(node)", "case _ if node.is_scalar: pass"]
)
def test_a_match_that_names_what_it_leaves_alone_is_none(last: str) -> None:
    assert silent(ast.parse(f"match node:\n    case e.Sum(): pass\n    {last}")) == []
    assert silent(ast.parse("match node:\n    case sympy.Symbol(): pass\n    case _: pass")) == []
