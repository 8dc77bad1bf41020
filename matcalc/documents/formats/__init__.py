"""One file for each format: a text of it becomes a manuscript."""
