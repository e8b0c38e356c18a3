"""Difference-in-differences with one treated unit, and inference that is honest about it."""
