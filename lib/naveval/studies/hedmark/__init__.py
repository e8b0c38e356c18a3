"""A stricter practice in one county from November 2014."""
