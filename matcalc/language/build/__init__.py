"""Syntax trees to typed expressions: names, terms, families, construction."""
