"""Exercises: sheets of problems with solutions that were checked, and answers that are graded."""
