"""The quarterly update."""
