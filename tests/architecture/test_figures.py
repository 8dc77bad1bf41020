"""The size and shape of the package: each figure has a limit, which is lowered when the code allows it and never raised
without a word in the changelog."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.architecture.test_imports import files, module_of

# The vocabulary added 13 files (25 were allowed for an issue) and 5,000 statements: functions of the user's own, composed sizes, parts and
# blocks, sums over ranges, cases. Simplified forms, shorter answers, batches, sparse masks, several devices, arrays of Dask and Taylor
# polynomials added 25 files and 3,000 statements. Convexity, manifolds, complex symbols and the table of analyses added 22 files and 4,500
# statements, and functions that are denser than the rest: the limit on complexity was 11 before them.
LIMITS = {
    "import chain": 18,
    "modules in the root": 3,
    "files": 440,
    "lines of a file": 500,
    "names of files used twice": 1,
    "complexity of 95 % of the functions": 12,
    "lines over 100 columns, per mille": 58,
    "statements": 69_500,
}


def figures(texts: Mapping[str, str]) -> dict[str, int]:
    """The figures of a package, whose files are given by their paths; every file is parsed once and its tree let go."""
    complexities: list[int] = []
    statements = 0
    graph: dict[str, set[str]] = {}
    for path, text in texts.items():
        tree = ast.parse(text)
        nodes = walked(tree)
        statements += sum(isinstance(node, ast.stmt) and not is_docstring(node) for node in nodes)
        complexities += [complexity(node) for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        graph[module_of(path)] = imported(tree)
    lines = [line for text in texts.values() for line in text.splitlines()]
    names = Counter(Path(path).name for path in texts if not path.endswith("__init__.py"))
    return {
        "import chain": longest_chain(graph),
        "modules in the root": sum("/" not in path and path != "__init__.py" for path in texts),
        "files": len(texts),
        "lines of a file": max(text.count("\n") for text in texts.values()),
        "names of files used twice": sum(count > 1 for count in names.values()),
        "complexity of 95 % of the functions": sorted(complexities)[int(0.95 * len(complexities))] if complexities else 0,
        "lines over 100 columns, per mille": round(1000 * sum(len(line) > 100 for line in lines) / len(lines)),
        "statements": statements,
    }


def is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def complexity(function: ast.AST) -> int:
    """Cyclomatic complexity: one more than the number of places where the way divides."""
    return 1 + sum(map(_ways, walked(function)))


def walked(root: ast.AST) -> list[ast.AST]:
    """All nodes below, and the root; ``ast.walk`` takes twice as long."""
    nodes = [root]
    for node in nodes:
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                nodes += [part for part in value if isinstance(part, ast.AST)]
            elif isinstance(value, ast.AST):
                nodes.append(value)
    return nodes


def _ways(node: ast.AST) -> int:
    match node:
        case ast.If() | ast.For() | ast.While() | ast.IfExp() | ast.ExceptHandler() | ast.Assert():
            return 1
        case ast.comprehension(ifs=conditions):
            return 1 + len(conditions)
        case ast.BoolOp(values=values):
            return len(values) - 1
        case ast.match_case(pattern=pattern):
            return int(not (isinstance(pattern, ast.MatchAs) and pattern.pattern is None))
        case _:
            return 0


def imported(tree: ast.Module) -> set[str]:
    """What the statements that run on import may load: modules, and names in them."""
    found: set[str] = set()
    for node in _run_on_import(tree.body):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        else:
            found |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def _run_on_import(body: Iterable[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    for node in body:
        match node:
            case ast.Import() | ast.ImportFrom():
                yield node
            case ast.If(test=test) if "TYPE_CHECKING" in ast.unparse(test):
                yield from _run_on_import(node.orelse)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                pass
            case _:
                yield from _run_on_import([child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)])


def longest_chain(graph: Mapping[str, set[str]]) -> int:
    """The number of modules in the longest way along imports."""
    depth: dict[str, int] = {}
    for start in graph:
        stack = [start]
        while stack:
            module = stack[-1]
            below = [other for other in graph[module] if other in graph and other != module]
            waiting = [other for other in below if other not in depth]
            if waiting:
                stack += waiting
            else:
                depth[module] = 1 + max((depth[other] for other in below), default=0)
                stack.pop()
    return max(depth.values(), default=0)


def test_the_package_keeps_its_figures() -> None:
    found = figures(files())
    assert {name: value for name, value in found.items() if value > LIMITS[name]} == {}


DENSE = "def f(a, b):\n    return [x for x in a if x and b or a] if a else (b if b else a)\n"
PLANTED = [
    (
        "import chain",
        {"a.py": "", "b.py": "import matcalc.a", "c.py": "from matcalc import b", "d.py": "if 1:\n    import matcalc.c"},
        4,
    ),
    ("modules in the root", {"__init__.py": "", "a.py": "", "b/c.py": ""}, 1),
    ("files", {"a.py": "", "b/c.py": ""}, 2),
    ("lines of a file", {"a.py": "1\n2\n", "b.py": "1\n"}, 2),
    ("names of files used twice", {"a/c.py": "", "b/c.py": "", "d.py": "", "a/__init__.py": "", "b/__init__.py": ""}, 1),
    ("complexity of 95 % of the functions", {"a.py": DENSE}, 7),
    ("lines over 100 columns, per mille", {"a.py": "1\n" * 3 + "#" * 101 + "\n"}, 250),
    ("statements", {"a.py": '"""Words."""\nx = 1\ndef f():\n    """Words."""\n    return x\n'}, 3),
]


@pytest.mark.parametrize(("figure", "texts", "expected"), PLANTED, ids=[figure for figure, _, _ in PLANTED])
def test_a_planted_figure_is_seen(figure: str, texts: dict[str, str], expected: int) -> None:
    assert figures({path: text or "\n" for path, text in texts.items()})[figure] == expected


def test_imports_for_type_checkers_and_in_functions_are_no_links() -> None:
    lazy = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import matcalc.a\ndef f():\n    import matcalc.a\n"
    assert figures({"a.py": "\n", "b.py": lazy})["import chain"] == 1
