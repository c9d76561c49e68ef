"""The canary: a process that asks at a fixed pace, so that an outage has edges."""
