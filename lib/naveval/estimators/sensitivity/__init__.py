"""How far trends may differ before a conclusion falls."""
