"""``import matcalc`` is next to free, and a derivation loads no library and no module of this package that it does not need."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Sequence

import pytest

from tests.architecture.test_imports import by_name, sources

HEAVY = ("numpy", "sympy", "mpmath", "jax", "torch", "scipy", "rich")


def loaded(program: str, among: tuple[str, ...]) -> list[str]:
    """Which of the modules a fresh interpreter has loaded after running the program."""
    script = f"{program}\nimport sys\nprint('loaded:', *[name for name in {among!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1].split()[1:]


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded("import matcalc", (*HEAVY, "lark", "click", "matcalc.interface.api")) == []


@pytest.mark.parametrize("module", ["matcalc.interface.api", "matcalc.cli"])
def test_the_entry_points_load_nothing_heavy(module: str) -> None:
    assert loaded(f"import {module}", HEAVY) == []


def test_the_command_line_opens_without_the_engine() -> None:
    engine = ("matcalc.interface.api", "matcalc.language.reader", "matcalc.derivation.pipeline", "matcalc.printing.printer")
    assert loaded("import matcalc.cli", engine) == []
    assert loaded("import matcalc.interface.api", engine) == [*engine]


def test_a_plain_derivation_loads_nothing_heavy() -> None:
    assert loaded("import matcalc; matcalc.derive(\"x'Ax\", 'x').text()", HEAVY) == []


SLOW = frozenset([
    "ast", "click", "copy", "dataclasses", "datetime", "difflib", "dis", "gettext", "hashlib", "inspect", "json", "lark", "locale",
    "logging", "pathlib", "platform", "shutil", "subprocess", "tempfile", "textwrap", "threading", "tokenize", "tomllib",
    "traceback", "uuid", "weakref",
])  # fmt: skip
"""Modules that take longer to load than a step of a derivation takes to do."""
ALWAYS = frozenset([
    "matcalc.interface.api", "matcalc.base.budgets", "matcalc.base.errors", "matcalc.base.shapes", "matcalc.commands.derivatives", "matcalc.language.declare.declared",
    "matcalc.language.decisions", "matcalc.language.elaboration", "matcalc.language.syntax.parser", "matcalc.language.text.spelling",
    "matcalc.objects.parsed", "matcalc.interface.results", "matcalc.simplifying.shown_forms",
])  # fmt: skip
"""Of what is loaded later, that which every derivative needs."""
PLAIN = {
    "x'*A*x": frozenset[str](),
    "||X - U*V||^2": frozenset([
        "matcalc.einstein.pairing_laws", "matcalc.language.text.doubtful_signs", "matcalc.language.typing.kind_relations",
    ]),
}  # fmt: skip
"""Formulas, and what they need besides."""
MOST_MODULES = 105
"""Of this package; each costs a fifth of a millisecond and as much for what is in it."""


def loaded_by(arguments: Sequence[str]) -> set[str]:
    """The modules that the command line has loaded when it ends, without those of a bare interpreter, on its second run: the first one
    stores parse tables and the like."""
    script = "import sys\nbare = set(sys.modules)\nimport atexit\n"
    script += "atexit.register(lambda: print('loaded:', *sorted(set(sys.modules) - bare)))\n"
    script += f"sys.argv = ['matcalc', *{list(arguments)!r}]\nfrom matcalc.cli import main\nmain()"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, encoding="utf-8", env=environment)
    return set(done.stdout.splitlines()[-1].split()[1:])


def loaded_later() -> set[str]:
    """The modules that others load when they first need them."""
    calls = [
        (source, node)
        for source in sources().values()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "later"))
    ]
    return {module for source, call in calls for module in by_name(source, call.args[0])}


@pytest.mark.parametrize("formula", PLAIN)
def test_a_plain_command_loads_what_it_needs(formula: str) -> None:
    found = loaded_by(["derive", formula, "--wrt", "x" if "x" in formula else "U"])
    assert found & SLOW == set()
    assert found & loaded_later() == ALWAYS | PLAIN[formula]
    assert len([module for module in found if module.startswith("matcalc")]) <= MOST_MODULES


def test_the_check_sees_what_another_command_loads() -> None:
    found = loaded_by(["derive", "tr(X)", "--wrt=X"])
    assert {"click", "inspect", "matcalc.cli.clicked", "matcalc.language.build.dialect_calls"} <= found & (SLOW | loaded_later())


def test_the_check_sees_a_loaded_library() -> None:
    assert loaded("import matcalc, numpy", HEAVY) == ["numpy"]


def test_every_public_name_can_be_imported_from_the_root() -> None:
    script = (
        "import matcalc\nfor name in matcalc.__all__: getattr(matcalc, name)\nassert set(matcalc.__all__) <= set(dir(matcalc))"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize(
    "said", ["matcalc.derivation.pipeline.forget()", "matcalc.testing.assert_identity", "matcalc.base.errors.Span"]
)
def test_what_is_said_of_modules_works_in_a_fresh_process(said: str) -> None:
    """A module is there after ``import matcalc`` alone."""
    subprocess.run([sys.executable, "-c", f"import matcalc; {said}"], check=True)


def test_an_unknown_name_is_an_attribute_error() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import matcalc; matcalc.derivative"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "AttributeError: module 'matcalc' has no attribute 'derivative'" in done.stderr
