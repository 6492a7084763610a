"""The exchange log: every HTTP exchange that is kept, and how many were let go. The only place that bounds it.

Evidence of conduct: when who asked for what, and what was answered. It is not journalled; a restart begins it anew.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any

import msgspec

EXCHANGES_KEPT = 10_000
NAMES_KEPT = 100_000
"""So many things asked for by name (usage points, meters, groups) are kept over all exchanges."""


LONGEST_KEPT = 500
"""Characters of a path, a name or a reason that are kept of an exchange: a client may send as many as it likes."""


def bounded(text: str) -> str:
    """A text as it is kept; one that was cut says how long it was."""
    return text if len(text) <= LONGEST_KEPT else f"{text[:LONGEST_KEPT]}… ({len(text):,} characters)"


@lru_cache(maxsize=1_000)
def shared(text: str) -> str:
    """The object there is of a text already, if it came lately: of ten thousand exchanges nearly all say the same.

    Not `sys.intern`: what clients make up would stay for ever in Pythons that never let go of it (3.12.0 to 3.12.4).
    """
    return text


class ReadingsAsked(msgspec.Struct, frozen=True, gc=False):
    """What a GetMeterReadings asked for and was given: mRIDs or names as written, reading types, periods."""

    client: str
    points: tuple[str, ...]
    groups: tuple[str, ...]
    meters: tuple[str, ...]
    meter_groups: tuple[str, ...]
    types: tuple[str, ...]
    periods: tuple[tuple[datetime, datetime], ...]

    @property
    def weight(self) -> int:
        """How many names it holds."""
        return sum(map(len, (self.points, self.groups, self.meters, self.meter_groups, self.types, self.periods)))


class Exchange(msgspec.Struct, frozen=True, gc=False):
    """One HTTP exchange as the log shows it: never a credential. ``why`` explains a refusal.

    ``context_id`` is the message a get asked for, ``asked`` the readings that were asked for and given.
    """

    at: datetime
    method: str
    path: str
    participant: str
    status: int
    rule: str
    why: str = ""
    step: int = 0
    """The ledger's last step when it was answered: what came before it and what after, also under a held clock."""
    context_id: str = ""
    asked: ReadingsAsked | None = None
    nearest: object = ""
    """Where no rule about the message answered it, and no fault struck: the nearest one, and everything that kept it
    from having a say. It is put into words when somebody asks."""
    rules: tuple[str, ...] = ()
    """Which rules of the scenario had a say, each with its place, and what of it could not be done."""
    arrived: datetime | None = None
    """When its head had come, where that is known; ``at`` is when it was answered."""
    client: str = ""
    """Whose it is, where that is no participant."""
    depth: int = 0
    """How deep its client was (`simulator.hub.order`)."""

    @property
    def rank(self) -> tuple[datetime, int, str, str]:
        """What exchanges are sorted by. Those of one moment whose client nobody knows are sorted by what they say."""
        client = self.client or self.participant
        said = ""
        if not client:
            said = f"{self.method} {self.path} {self.status} {self.rule} {self.why} {self.rules} {self.nearest}"
        return self.at, self.depth, client, said

    @property
    def asked_at(self) -> datetime:
        """When it was asked, as far as that is known."""
        return self.arrived or self.at

    @property
    def api(self) -> str:
        """The path of the API it belongs to."""
        return self.path.rpartition("/")[0]

    @property
    def operation(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]

    @property
    def place(self) -> tuple[int, str, int]:
        """Its place among all that happened at its moment, behind the steps of the messages it was about."""
        return self.depth, self.client or self.participant, self.step

    def summary(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "at": self.at.isoformat(),
            "method": self.method,
            "path": self.path,
            "participant": self.participant,
            "status": self.status,
            "rule": self.rule,
            "why": self.why,
            "rules": list(self.rules),
            "nearest": str(self.nearest),
        }


class ExchangesKept:
    """The latest exchanges, oldest first. ``noted`` counts all there ever were, ``evicted`` those this story lost.

    ``evicted_by`` counts the lost ones by the rule that answered them. ``cursor`` is the number of the latest: numbers
    go on growing over a restart, though how many there were before is not known.
    """

    def __init__(self) -> None:
        self._kept: deque[Exchange] = deque()
        self._names = 0
        self.noted = 0
        self.evicted = 0
        self.evicted_by: dict[str, int] = {}
        self.restarted = False
        """Whether there were others before, of which nothing is known."""
        self.before = 0
        """The number that none of an earlier process is above."""

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    def __getitem__(self, place: int) -> Exchange:
        return self._kept[place]

    @property
    def complete(self) -> bool:
        """Whether every exchange of the story is there."""
        return not (self.evicted or self.restarted)

    @property
    def cursor(self) -> int:
        """The number of the latest."""
        return self.before + self.noted

    def go_on(self, before: int) -> None:
        """There were others before a restart, with numbers up to this one."""
        self.restarted, self.before = True, before

    def note(self, exchange: Exchange) -> None:
        """One more; the oldest make room."""
        kept = self._kept
        kept.append(exchange)
        self.noted += 1
        if exchange.asked is not None:
            self._names += exchange.asked.weight
        while len(kept) > EXCHANGES_KEPT or self._names > NAMES_KEPT:
            self.evict()

    def evict(self) -> None:
        """Let the oldest go."""
        gone = self._kept.popleft()
        self.evicted += 1
        self.evicted_by[gone.rule] = self.evicted_by.get(gone.rule, 0) + 1
        if gone.asked is not None:
            self._names -= gone.asked.weight

    def since(self, number: int) -> list[Exchange]:
        """Those noted after the exchange of that number."""
        latest = list(islice(reversed(self._kept), max(0, self.cursor - number)))
        return latest[::-1]

    def ranked(self, after: int = 0) -> list[Exchange]:
        """Those noted after the exchange of that number, in the order of ranks, each client's as they came."""
        return sorted(self.since(after), key=lambda exchange: exchange.rank)

    def begin_anew(self) -> None:
        """Another story begins: nothing of this one is kept, and nothing of the next is lost yet."""
        self._kept.clear()
        self.restarted = False
        self._names = self.evicted = 0
        self.evicted_by.clear()
