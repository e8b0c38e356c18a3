"""What a folder must pass before it is published."""
