"""Disks: full, slow, failing or read-only, for one server at a time."""
