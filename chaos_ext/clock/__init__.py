"""Clocks: what one process is told of the time."""
