"""Rows of operations and arrivals, and what they mean."""
