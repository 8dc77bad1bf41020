"""The recipes of docs/recipes.md are followed in a copy of the package's data: before, what they
add is missing, and after it is there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")


def recipe(name: str) -> str:
    found = re.search(rf"^```\w+ recipe={name}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of the package alone."""
    place = tmp_path_factory.mktemp("checkout")
    for folder in ("matcalc", "grammar", "rules"):
        shutil.copytree(ROOT / folder, place / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return place


def said(place: Path, program: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(place), "XDG_CACHE_HOME": str(place / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", env=environment, cwd=place, check=False
    )
    return done.stdout.strip() or done.stderr.strip()


def appended(file: Path, text: str) -> None:
    file.write_text(file.read_text(encoding="utf-8") + "\n" + text, encoding="utf-8")


def test_a_function_is_a_few_lines(copy: Path) -> None:
    asked = "import matcalc\nprint(matcalc.derive('sum(gompertz(A*x))', 'x'))"
    assert "gompertz" in said(copy, asked) and "no function" in said(copy, asked)
    appended(copy / "rules" / "functions.toml", recipe("function"))
    assert said(copy, asked) == "Aᵀ (gompertz(A x) ⊙ exp(−A x))"
    numbers = (
        "import matcalc, numpy as np\nprint(matcalc.derive('gompertz(t)', 't', declare='t: scalar').function()(t=0.0).round(6))"
    )
    assert said(copy, numbers) == "0.367879"
    proved = "import matcalc\nprint(matcalc.verify('d(gompertz(t))/dt = exp(-t)*gompertz(t)', declare='t: scalar').status)"
    assert said(copy, proved) == "proved"


def test_a_fact_is_one_table(copy: Path) -> None:
    asked = "import matcalc\nprint(matcalc.parse('tr(A*X)', declare='X: n×m centered').declarations['X'])"
    assert "centered" in said(copy, asked) and "Error" in said(copy, asked)
    appended(copy / "rules" / "facts.toml", recipe("fact"))
    assert said(copy, asked) == "n×m centered"


def test_a_rule_is_one_line(copy: Path) -> None:
    asked = "import matcalc\nprint(matcalc.derive('y*exp(-exp(-t))', 'y', declare='t: scalar; y: scalar'))"
    assert said(copy, asked) == "exp(−exp(−t))"
    appended(copy / "rules" / "rewrites.rules", recipe("rule"))
    assert said(copy, asked) == "gompertz(t)"
