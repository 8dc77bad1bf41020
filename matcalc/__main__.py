"""``python -m matcalc``: the command line."""

from __future__ import annotations

from matcalc.cli import main

main()
