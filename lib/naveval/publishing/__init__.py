"""From executed notebooks to reports, the site and what leaves the house."""
