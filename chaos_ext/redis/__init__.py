"""Redis and Sentinel (or Valkey): lab, questions, and what watches and loads them."""
