"""Journals: events on disk or in memory, durable before the caller is answered."""

from simulator.stores.codec import EventCodec
from simulator.stores.journal import Journal, JournalFailed
from simulator.stores.memory import MemoryJournal
from simulator.stores.opening import open_journal

__all__ = ["EventCodec", "Journal", "JournalFailed", "MemoryJournal", "open_journal"]
