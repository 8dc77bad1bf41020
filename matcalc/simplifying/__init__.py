"""Shorter forms of expressions: equations tried in either direction, the shortest form kept."""
