"""The HTTP API: Toxiproxy's, and ours under `/chaos/`."""
