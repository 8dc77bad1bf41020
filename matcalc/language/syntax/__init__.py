"""Terminals to syntax trees."""
