"""What each type of toxic does to the bytes of one direction of one connection."""
