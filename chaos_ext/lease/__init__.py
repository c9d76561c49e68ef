"""Leases: every fault has a deadline, an owner and an undo that somebody else can do."""
