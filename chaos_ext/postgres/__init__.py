"""PostgreSQL: so far, what its own tools say of its files."""
