"""Models on categorical characteristics at register scale."""
