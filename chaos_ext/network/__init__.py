"""Faults of the network: the same words on every substrate, each measured."""
