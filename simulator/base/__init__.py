"""What everything may use: time, chance, turns, identifiers, HTTP as values, refusals."""
