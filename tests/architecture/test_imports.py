"""A module imports only from the layers before its own, at the top of the file, and never the package root."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "matcalc"

LAYERS = (
    {"base"},
    {"facts"},
    {"expr"},
    {"language", "einstein"},
    {"rules"},
    {"rewrite"},
    {"stable"},
    {"calculus"},
    {"folding"},
    {"printing", "evaluation"},
    {"sympy_exchange"},
    {"derivation", "codegen"},
    {"simplifying"},
    {"objects"},
    {"entries"},
    {"products"},
    {"analysis"},
    {"steps"},
    {"interface"},
    {"proofs"},
    {"verification"},
    {"documents"},
    {"testing", "pytest_plugin", "reference"},
    {"coded", "pictures"},
    {"repl"},
    {"service"},
    {"web", "agents"},
    {"notebooks", "teaching"},
    {"cli"},
    {"commands"},
    {"__main__"},
)
RANK = {part: rank for rank, layer in enumerate(LAYERS) for part in layer}
HEAVY = {"numpy", "sympy", "mpmath", "jax", "torch", "rich", "graphviz", "dask", "distributed"}
"""Slow to import, or installed with an extra only: these are imported inside the functions that need them, never at the top."""
EITHER_WAY = {"difflib", "json", "lark", "tomllib"}
"""May be imported at the top or where it is needed."""
BY_NAME = {
    ("matcalc.language.declare.declared", "matcalc.language.declare.declarations"),
    ("matcalc.language", "matcalc.language.declare.declared"),
    ("matcalc.language", "matcalc.language.elaboration"),
    ("matcalc.language", "matcalc.language.decisions"),
    ("matcalc.language", "matcalc.language.statements"),
    ("matcalc.language", "matcalc.language.syntax.parser"),
    ("matcalc.language", "matcalc.language.text.spelling"),
    ("matcalc.base.lazy", "?"),
    ("matcalc.agents", "matcalc.service"),
    ("matcalc.base.lazy", "matcalc.base.errors"),
    ("matcalc.codegen.targets", "?"),
    ("matcalc.printing.notations", "matcalc.printing.typeset_notation"),
    ("matcalc.objects.arithmetic", "matcalc.objects.combining"),
    ("matcalc.printing", "matcalc.printing.indices"),
    ("matcalc.objects.parsed", "matcalc.language.statements"),
    ("matcalc.language.declare.declared", "matcalc.language.declare.stated_facts"),
    ("matcalc.objects.inputs", "matcalc.language.declare.objects"),
    ("matcalc.derivation.pipeline", "matcalc.folding.explicit_sums"),
    ("matcalc.language.elaboration", "matcalc.language.declare.unused_names"),
    ("matcalc.derivation.pipeline", "matcalc.evaluation.differences"),
    ("matcalc.interface.api", "matcalc.analysis.manifolds"),
    ("matcalc.interface.api", "matcalc.interface.manifold_call"),
    ("matcalc.interface.api", "matcalc.interface.product_calls"),
    ("matcalc.objects.inputs", "matcalc.sympy_exchange.sympy_reader"),
    ("matcalc.objects.inputs", "matcalc.products.differentials"),
    ("matcalc.sympy_exchange", "matcalc.sympy_exchange.sympy_writer"),
    ("matcalc.sympy_exchange", "matcalc.sympy_exchange.sympy_writer"),
    ("matcalc.objects.parsed", "matcalc.objects.programs"),
    ("matcalc.objects.parsed", "matcalc.objects.programs"),
    ("matcalc.objects.parsed", "matcalc.entries"),
    ("matcalc.objects.parsed", "matcalc.interface.simplify_call"),
    ("matcalc.interface.results", "matcalc.entries"),
    ("matcalc.interface.results", "matcalc.interface.equations"),
    ("matcalc.interface.results", "matcalc.steps"),
    ("matcalc.interface.results", "matcalc.steps.step"),
    ("matcalc.cli.showing", "matcalc.entries"),
    ("matcalc.cli.arguments", "matcalc.repl.alone"),
    ("matcalc.cli.arguments", "matcalc.interface.analyses"),
    ("matcalc.interface.analyses", "?"),
    ("matcalc.cli.front", "matcalc.commands.derivatives"),
    ("matcalc.cli.front", "matcalc.commands.simplify"),
    ("matcalc.cli.front", "matcalc.commands.taylor"),
    ("matcalc.cli.front", "matcalc.commands.convexity"),
    ("matcalc.interface.taylor_call", "matcalc.steps.along_direction"),
    ("matcalc.interface.manifold_call", "matcalc.steps.on_manifold"),
    ("matcalc.interface.with_steps", "matcalc.steps"),
    ("matcalc.interface.simplify_call", "matcalc.steps.simplified"),
    ("matcalc.cli.front", "matcalc.cli.clicked"),
    ("matcalc.cli.front", "matcalc.commands.help"),
    ("matcalc.cli.front", "matcalc.commands.linear_maps"),
    ("matcalc.cli.front", "matcalc.commands.identities"),
    ("matcalc.cli.front", "matcalc.commands.repl"),
    ("matcalc.cli.front", "matcalc.commands.draw"),
    ("matcalc.cli.front", "matcalc.commands.worksheet"),
    ("matcalc.teaching.sheets", "typst"),
    ("matcalc.cli.front", "matcalc.commands.check_proof"),
    ("matcalc.cli.front", "matcalc.commands.machines"),
    ("matcalc.agents", "?"),
    ("matcalc.coded.called", "?"),
    ("matcalc.cli.front", "matcalc.commands.verify"),
    ("matcalc.cli.front", "matcalc.commands.web"),
    ("matcalc.commands.web", "matcalc.web.static_site"),
    ("matcalc.commands.web", "matcalc.web.server"),
    ("matcalc.commands.web", "matcalc.web.workers"),
    ("matcalc.web.server", "matcalc.service"),
    ("matcalc.web.workers", "matcalc.service"),
    ("matcalc.pytest_plugin", "matcalc.documents.reports.collecting"),
    ("matcalc.pytest_plugin", "matcalc.documents.examination"),
    ("matcalc.documents.reports", "matcalc.documents.reports.pages"),
    ("matcalc.documents.reports", "matcalc.documents.reports.pages"),
    ("matcalc.documents.formats", "matcalc.documents.formats.html"),
    ("matcalc.documents.formats", "matcalc.documents.formats.latex"),
    ("matcalc.documents.formats", "matcalc.documents.formats.markdown"),
    ("matcalc.documents.formats", "matcalc.documents.formats.notebook"),
    ("matcalc.documents.formats", "matcalc.documents.formats.plain"),
    ("matcalc.documents.formats", "matcalc.documents.formats.restructured"),
}
"""(module, what it loads by name when first used), for a quick start: a derivation that is only printed does without code
generation, and each subcommand loads what it needs itself."""


@cache
def files() -> dict[str, str]:
    """Every file of the package, by its path from the package's folder."""
    return {path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py"))}


def module_of(path: str) -> str:
    """The dotted name of the module that such a path is of."""
    return ".".join(["matcalc", *path.removesuffix(".py").split("/")]).removesuffix(".__init__")


def sources() -> dict[str, str]:
    """Every module of the package by its dotted name."""
    return {module_of(path): text for path, text in files().items()}


@lru_cache(maxsize=1)
def parsed(source: str) -> ast.Module:
    return ast.parse(source)


def imports(source: str) -> list[tuple[str, str | None, bool]]:
    """(module, imported name, inside a function) for every import statement, those for type checking included."""
    found: list[tuple[str, str | None, bool]] = []
    stack: list[tuple[ast.AST, bool]] = [(parsed(source), False)]
    sought = ast.AST if re.search(r"import_module\(|later\(", source) else ast.stmt | ast.excepthandler | ast.match_case
    while stack:
        node, inside = stack.pop()
        if isinstance(node, ast.Import):
            found += [(alias.name, None, inside) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [("." * node.level + (node.module or ""), alias.name, inside) for alias in node.names]
        elif isinstance(node, ast.Call) and called(node).endswith(("import_module", "later")):
            late = inside or called(node) == "later"
            found += [(module, None, late if module in HEAVY else inside) for module in by_name(source, node.args[0])]
        within = inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        stack += [(child, within) for child in ast.iter_child_nodes(node) if isinstance(child, sought)]
    return found


def called(call: ast.Call) -> str:
    """The last name of what is called."""
    return getattr(call.func, "attr", "") or getattr(call.func, "id", "")


def by_name(source: str, argument: ast.expr) -> list[str]:
    """What ``import_module(argument)`` may load: the constant, or every module name that is written out in the source."""
    if isinstance(argument, ast.Constant):
        return [str(argument.value)]
    nodes = list(ast.walk(parsed(source)))
    apart = {id(node.args[0]) for node in nodes if isinstance(node, ast.Call) and called(node) == "later"}
    constants = [node.value for node in nodes if isinstance(node, ast.Constant) and id(node) not in apart]
    return [text for text in constants if isinstance(text, str) and re.fullmatch(r"matcalc(\.\w+)+", text)] or ["?"]


def under_type_checking(source: str) -> set[str]:
    """Modules imported only for type checkers: they are never loaded, so a heavy one may stand at the top."""
    guarded = [node for node in parsed(source).body if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)]
    return {module for node in guarded for statement in node.body for module, _, _ in imports(ast.unparse(statement))}


def violations(modules: Mapping[str, str]) -> list[str]:
    """Everything in these sources that breaks the direction of imports, one line each."""
    found: list[str] = []
    graph: dict[str, set[str]] = {}
    for name, source in modules.items():
        if name == "matcalc":  # the root only names what the layers offer
            continue
        part = name.split(".")[1]
        if part not in RANK:
            found.append(f"{name}: {part!r} is in no layer")
            continue
        typing_only = under_type_checking(source)
        for module, imported, inside in imports(source):
            top = module.split(".")[0]
            if module.startswith("."):
                found.append(f"{name}: relative import {module}")
            elif module == "matcalc":
                found.append(f"{name}: imports the package root")
            elif (name, module) in BY_NAME:
                continue
            elif top == "matcalc":
                target = f"{module}.{imported}" if f"{module}.{imported}" in modules else module
                graph.setdefault(name, set()).add(target)
                other = module.split(".")[1]
                if inside:
                    found.append(f"{name}: imports {module} inside a function")
                if other != part and RANK.get(other, len(LAYERS)) >= RANK[part]:
                    found.append(f"{name}: {part} may not import {other}")
            elif top in HEAVY and not inside and module not in typing_only:
                found.append(f"{name}: imports {top} at the top")
            elif top not in HEAVY | EITHER_WAY and inside:
                found.append(f"{name}: imports {module} inside a function")
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found.append("cycle: " + " -> ".join(error.args[1]))
    return found


def test_the_package_keeps_the_direction() -> None:
    modules = sources()
    assert "matcalc.expr.nodes" in modules
    assert violations(modules) == []


def test_the_page_shows_the_layers() -> None:
    shown = "".join(f"{' '.join(sorted(layer))}\n" for layer in LAYERS)
    page = (PACKAGE.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert f"```text\n{shown}```\n" in page, f"docs/architecture.md should show:\n{shown}"


def test_every_layer_exists() -> None:
    parts = {name.split(".")[1] for name in sources() if "." in name}
    assert parts == set(RANK)


PLANTED = [
    ("matcalc.expr.nodes", "from matcalc.printing import text", "expr may not import printing"),
    ("matcalc.language.syntax.parser", "import matcalc.einstein.nodes", "language may not import einstein"),
    ("matcalc.einstein.algebra", "from matcalc.language import elaborate", "einstein may not import language"),
    ("matcalc.steps.step", "from matcalc.interface.api import derive", "steps may not import interface"),
    ("matcalc.derivation.pipeline", "from matcalc import derive", "imports the package root"),
    ("matcalc.derivation.pipeline", "import matcalc", "imports the package root"),
    ("matcalc.folding.matrix_terms", "from . import costs", "relative import"),
    ("matcalc.folding.matrix_terms", "def f():\n    from matcalc.expr.nodes import Expr", "inside a function"),
    ("matcalc.folding.matrix_terms", "def f():\n    import csv", "imports csv inside a function"),
    ("matcalc.evaluation.arrays", "import numpy as np", "imports numpy at the top"),
    ("matcalc.evaluation.arrays", "numpy = import_module('numpy')", "imports numpy at the top"),
    (
        "matcalc.evaluation.arrays",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from matcalc.interface.api import derive",
        "may not import interface",
    ),
    ("matcalc.newpackage.module", "import json", "is in no layer"),
    ("matcalc.folding.matrix_terms", "def f():\n    return importlib.import_module('matcalc.base.errors')", "inside a function"),
    ("matcalc.folding.matrix_terms", "def f(name):\n    return import_module(name)", "imports ? inside a function"),
    (
        "matcalc.folding.matrix_terms",
        "T = {'a': 'matcalc.base.errors'}\ndef f(name):\n    return import_module(T[name])",
        "inside a function",
    ),
    ("matcalc.objects.programs", "import_module('matcalc.interface.results')", "objects may not import interface"),
    ("matcalc.folding.fold", "steps = later('matcalc.steps')", "folding may not import steps"),
    ("matcalc.folding.fold", "def f():\n    return later('matcalc.base.errors')", "inside a function"),
]


@pytest.mark.parametrize(("module", "source", "complaint"), PLANTED)
def test_a_planted_violation_is_seen(module: str, source: str, complaint: str) -> None:
    found = violations({module: source})
    assert len(found) == 1
    assert complaint in found[0]


def test_a_planted_cycle_is_seen() -> None:
    first, second = "from matcalc.folding.second import b", "from matcalc.folding.first import a"
    found = violations({"matcalc.folding.first": first, "matcalc.folding.second": second})
    assert len(found) == 1
    assert found[0].startswith("cycle: ")


@pytest.mark.parametrize(
    "source",
    [
        "import json\nfrom matcalc.expr.nodes import Expr",
        "def f():\n    import numpy as np",
        "numpy = later('numpy')",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import numpy as np",
    ],
)
def test_what_is_allowed_passes(source: str) -> None:
    assert violations({"matcalc.evaluation.arrays": source}) == []


def missing_files(page: str) -> set[str]:
    """The files that a page names by their paths and that are not there."""
    root = PACKAGE.parent
    return {
        path
        for path in re.findall(r"\b(?:matcalc|tests|benchmarks|rules|grammar)/[\w/]+\.\w+", page)
        if not (root / path).exists()
    }


@pytest.mark.parametrize("page", sorted(path.name for path in (PACKAGE.parent / "docs").glob("*.md")))
def test_files_that_a_page_names_exist(page: str) -> None:
    assert missing_files((PACKAGE.parent / "docs" / page).read_text(encoding="utf-8")) == set()


def test_a_planted_path_is_seen() -> None:
    assert missing_files("`matcalc/base/nothing.py` beside `matcalc/base/errors.py`") == {"matcalc/base/nothing.py"}
