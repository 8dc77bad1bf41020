"""``import matcalc`` is next to free, and a derivation loads no numerical or symbolic library it does not need."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("numpy", "sympy", "mpmath", "jax", "torch", "scipy", "rich")


def loaded(program: str, among: tuple[str, ...]) -> list[str]:
    """Which of the modules a fresh interpreter has loaded after running the program."""
    script = f"{program}\nimport sys\nprint('loaded:', *[name for name in {among!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1].split()[1:]


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded("import matcalc", (*HEAVY, "lark", "click", "matcalc.api")) == []


@pytest.mark.parametrize("module", ["matcalc.api", "matcalc.cli"])
def test_the_entry_points_load_nothing_heavy(module: str) -> None:
    assert loaded(f"import {module}", HEAVY) == []


def test_a_plain_derivation_loads_nothing_heavy() -> None:
    assert loaded("import matcalc; matcalc.derive(\"x'Ax\", 'x').text()", HEAVY) == []


def test_the_check_sees_a_loaded_library() -> None:
    assert loaded("import matcalc, numpy", HEAVY) == ["numpy"]


def test_every_public_name_can_be_imported_from_the_root() -> None:
    script = "import matcalc\nfor name in matcalc.__all__: getattr(matcalc, name)\nassert set(matcalc.__all__) <= set(dir(matcalc))"
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize("said", ["matcalc.derivation.cache.forget()", "matcalc.testing.assert_identity", "matcalc.errors.MatcalcError"])
def test_what_is_said_of_modules_works_in_a_fresh_process(said: str) -> None:
    """A module is there after ``import matcalc`` alone."""
    subprocess.run([sys.executable, "-c", f"import matcalc; {said}"], check=True)


def test_an_unknown_name_is_an_attribute_error() -> None:
    done = subprocess.run([sys.executable, "-c", "import matcalc; matcalc.derivative"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "AttributeError: module 'matcalc' has no attribute 'derivative'" in done.stderr
