"""Verification of claimed formulas: a symbolic proof and a numerical witness, each without the
other's help."""
