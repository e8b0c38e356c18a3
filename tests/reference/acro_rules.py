"""Outcomes of acro's checks on a made-up table, to hold our frequency and dominance rules against.

Run in an environment of its own, where `acro` is installed (0.4.12 made the stored file):

    python tests/reference/acro_rules.py > tests/reference/acro_rules.csv

acro: https://github.com/AI-SDC/ACRO, its default configuration (threshold 10, residual degrees of
freedom 10, two persons with 90 per cent of a sum).
"""

from acro.acro_tables import create_crosstab_masks  # noqa: F401 (tells an older acro at once)
