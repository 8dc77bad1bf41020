"""Rewriting of tensors: one match of patterns, one way to distribute, and strategies with budgets
above them."""
