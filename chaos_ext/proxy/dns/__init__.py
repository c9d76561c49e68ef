"""A resolver for the names of a lab."""
