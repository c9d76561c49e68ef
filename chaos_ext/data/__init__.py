"""Faults of data: files spoiled, keys gone, a replica that serves what was."""
