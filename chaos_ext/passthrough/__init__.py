"""A folder that leads to itself through a process of ours, so that its disk can be hurt while it serves."""
