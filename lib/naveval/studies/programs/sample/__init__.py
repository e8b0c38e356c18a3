"""The effect sample."""
