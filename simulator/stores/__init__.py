"""Journals: events on disk or in memory, durable before the caller is answered."""
