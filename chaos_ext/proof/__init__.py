"""Proofs: an experiment run on a weakened system must break the claim that guards it."""
