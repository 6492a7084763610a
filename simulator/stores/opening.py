"""The only place that reads a journal's URL."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl

from simulator.base.errors import BadValue
from simulator.stores.codec import EventCodec
from simulator.stores.journal import Journal
from simulator.stores.memory import MemoryJournal

_RULE = "journal.kind"


def open_journal(url: str, stream: str, codec: EventCodec) -> Journal:
    """The journal of one stream: ``memory:``, or ``sqlite:PATH`` (``?durable=full`` to survive the loss of power).

    Several streams may share a file. ``memory:`` only counts events, for nothing can outlive its process; with
    ``memory:?keep=yes`` it keeps them and can replay them to another simulation. Raises `BadValue`
    for another URL, `JournalFailed` when the journal cannot be used.
    """
    kind, colon, rest = url.partition(":")
    place, _, query = rest.partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    if kind + colon == "memory:" and not place:
        return MemoryJournal(keep=_choice(url, options, "keep", ("no", "yes")) == "yes")
    if kind == "sqlite" and place:
        full = _choice(url, options, "durable", ("normal", "full")) == "full"
        from simulator.stores.sqlite import SqliteJournal  # noqa: PLC0415 - sqlite3 only for those who ask for it

        return SqliteJournal(Path(place).expanduser(), stream, codec, full=full)
    if kind == "postgresql":
        raise BadValue("journal postgresql:// is not there yet; use sqlite:PATH or memory:", rule=_RULE)
    raise BadValue(f"journal {url[:80]!r} is none of: memory:, sqlite:PATH", rule=_RULE)


def _choice(url: str, options: dict[str, str], name: str, choices: tuple[str, str]) -> str:
    """The value of the one option a kind has; the first choice is the default."""
    if set(options) - {name} or options.get(name, choices[0]) not in choices:
        raise BadValue(f"journal {url[:80]!r}: its only option is {name}={'|'.join(choices)}", rule=_RULE)
    return options.get(name, choices[0])
