"""Batteries swapped at a station: which went in and out, in what state (2.1 S)."""
