"""Kinds and sizes: what operators demand, and the search for what fits."""
