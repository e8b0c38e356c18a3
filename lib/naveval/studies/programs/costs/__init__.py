"""The cost-benefit part."""
