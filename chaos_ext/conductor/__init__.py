"""The conductor: one object a run; it says which step calls which room."""
