"""Straight-line functions for expressions and their derivatives, in the languages of
``targets``."""
