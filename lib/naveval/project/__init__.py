"""What everything stands on: errors, paths, parameters, places, months, formats, the store."""
