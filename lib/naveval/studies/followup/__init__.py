"""Follow-up of long-term unemployed from July 2017."""
