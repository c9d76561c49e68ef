"""Faults of processes: killed, ended, frozen, restarted."""
