"""Tables behind the first two parts."""
