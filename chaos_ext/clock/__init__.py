"""Faults of clocks: one server's time jumps, or runs too fast or too slow."""
