"""The site around the reports."""
