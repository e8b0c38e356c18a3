"""Simulated registers with known truth."""
