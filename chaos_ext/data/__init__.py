"""Data: what lies on a server's disk or in its memory is spoilt, and given back."""
