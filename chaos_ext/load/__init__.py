"""The traffic of users: arrivals on an absolute schedule, in a process of its own."""
