"""The embedded proxy: Toxiproxy's API, and faults that end with their lease."""
