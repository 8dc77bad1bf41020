"""What ``pyproject.toml`` and ``CITATION.cff`` say of the package."""

from __future__ import annotations

import tomllib
from typing import Any

import yaml

from tests.documents.running import ROOT

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CITATION: dict[str, Any] = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
