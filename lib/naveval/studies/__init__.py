"""The studies, one folder each; none imports another."""
