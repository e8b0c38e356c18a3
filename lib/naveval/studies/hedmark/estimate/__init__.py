"""The estimates of the study."""
