"""Lists the benchmarks: ``python -m benchmarks``."""

from __future__ import annotations

import ast
from pathlib import Path


def benchmarks() -> dict[str, str]:
    """The first line of what each command measures, by its name; a command is a module that ends in ``if __name__ == ...``."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("[!_]*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if any(isinstance(node, ast.If) and "__name__" in ast.unparse(node.test) for node in tree.body):
            found[path.stem] = (ast.get_docstring(tree) or "").partition("\n")[0]
    return found


if __name__ == "__main__":
    for name, line in benchmarks().items():
        print(f"python -m benchmarks.{name:<18}{line}")
