"""LaTeX source to the raw tokens of the plain language."""
