"""The door out: what may leave, and what protects it."""
