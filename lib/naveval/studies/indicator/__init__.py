"""Nav's regression-adjusted work indicator."""
