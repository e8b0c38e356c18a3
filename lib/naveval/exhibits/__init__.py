"""From numbers to what a reader sees: estimates, words, tables, figures."""
