"""Exact computing: linear algebra over any field, in pure Python."""
