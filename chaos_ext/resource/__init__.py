"""Resources: faults that take them away, and the watch over how much is used."""
