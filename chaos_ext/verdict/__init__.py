"""Judging: facts from a folder of evidence become held, broke, void or dirty."""
