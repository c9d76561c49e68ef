"""Keeping: the folder of a run, what is written into it, and its seal."""
