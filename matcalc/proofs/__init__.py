"""Proofs as lists of lines, each made by one rule, and the checker that believes nobody."""
