"""What tables must hold: breaches, what must be covered, persons and levels over time."""
