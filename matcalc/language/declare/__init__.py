"""Declarations of names: kinds, sizes, facts."""
