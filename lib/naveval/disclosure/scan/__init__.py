"""The last search of a finished folder, before it is published."""
