"""Labs: real servers that we start on loopback addresses, and stop without a trace."""
