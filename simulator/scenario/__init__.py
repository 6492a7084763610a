"""Scenario files: the model, the loader, matching and reactions."""
