"""Demand response: a cap of the grid for a window, what it changes, and whether it was kept."""
