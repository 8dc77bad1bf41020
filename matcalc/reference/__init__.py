"""The language as tables, for ``matcalc help``, ``:help`` and ``docs/language.md``.

They are made from ``rules/language.toml``, the function table, the facts and the dialects.
"""

from matcalc.reference.lookup import described, is_known, overview
from matcalc.reference.page import page

__all__ = ["described", "is_known", "overview", "page"]
