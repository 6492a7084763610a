"""SequenceNumbers: the only place that gives them out. A number is the rank of what touched a row last.

    rows as the story began ... by the place of their NMI
    rows touched since ........ by rank (`simulator.hub.order`): moment, depth, client; `STRIDE` numbers for each touch

So they grow with everything that happens, are the same whoever came first and after a restart, and are not dense.

Whoever asks for what comes after the largest number it was told is told everything since, also at one moment of a held
clock: what touches a row that somebody may see who was told of rows at this moment ranks after those rows. Others'
numbers do not depend on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Sequence as Several
from datetime import datetime

from simulator.base.turn import Turn
from simulator.hub.order import Order, Rested
from simulator.hub.queue import Stamp
from simulator.market.report_tables import assumed, unusable

STRIDE = 10_000
"""Numbers kept free for the rows of one NMI or one event."""
LATER = int(assumed("assume.replication-size"))
"""Where the numbers of what happened begin, beyond all NMIs of a large market: the schema has an integer from 0 on and
no size (``assume.replication-size``)."""


def see_room(nmis: int) -> None:
    """Raises `BadValue` where what happens would have numbers of so many NMIs: whoever pages would miss rows."""
    if (least := (nmis + 1) * STRIDE) > LATER:
        raise unusable("assume.replication-size", f"[{LATER}] is less than {least}, which {nmis} NMIs take")


def later(place: int) -> int:
    """The first number of what happened at that place."""
    return LATER + (place + 1) * STRIDE


class Sequence:
    """Places of what touches rows, ever growing. State changes only in `place`, `places`, `forget`,
    `show` and `show_all`."""

    __slots__ = ("_at", "_base", "_by", "_end", "_order", "_shown", "_touched", "_width")

    def __init__(self, order: Order) -> None:
        self._order = order
        self._width = len(order.places)
        self._at: datetime | None = None
        self._base = 0
        """The first place of the moment."""
        self._end = 0
        """The first place of the next one."""
        self._by: set[str] = set()
        """Whose acts touched rows at this moment."""
        self._shown: dict[str, int] = {}
        """Participant → how deep the rows were that it was told of at this moment."""
        self._touched: dict[str, int] = {}
        """NMI → how deep it was touched last at this moment, by itself or by what goes by it: requests, objections.

        However long a moment lasts, no more NMIs are here than there are in the market and in requests that are kept.
        """

    def place(self, at: datetime, nmi: str | None = None, seen_by: Iterable[str] = ()) -> int:
        """The place of something that touches what goes by a NMI, and that these participants may see."""
        if at is not self._at and at != self._at:
            self._begin(at)
        beyond = 0 if nmi is None else self._touched.get(nmi, 0)
        for party in seen_by if self._shown else ():
            beyond = max(beyond, self._shown.get(party, 0))
        depth, client = self._order.go_on(at, beyond)
        if nmi is not None:
            self._touched[nmi] = depth
        self._by.add(client)
        place = self._base + depth * self._width
        end = place + self._width
        self._end = max(self._end, end)
        return place + self._order.places.get(client, 0)

    def places(self, at: datetime, seen_by: Several[str]) -> list[tuple[int, Stamp]]:
        """Places one after the other, and the stamps that go with them: of what each of these participants may see."""
        if self._shown or not seen_by:
            return [(self.place(at, None, (party,)), self._order.stamp) for party in seen_by]
        if at is not self._at and at != self._at:
            self._begin(at)
        last, client = self._order.go_on_by(at, len(seen_by))
        self._by.add(client)
        self._end = max(self._end, self._base + (last + 1) * self._width)
        first = self._base + self._order.places.get(client, 0)
        depths = range(last - len(seen_by) + 1, last + 1)
        return [(first + depth * self._width, (depth, client)) for depth in depths]

    def forget(self, nmi: str, place: int) -> None:
        """What touched a NMI at that place made room, and the NMI is neither in the market nor in a request under way:
        if nothing touched it since, nothing that is known goes by it."""
        if self._touched.get(nmi) == (place - self._base) // self._width:
            del self._touched[nmi]

    def _begin(self, at: datetime) -> None:
        """Another moment."""
        self._at, self._base = at, self._end
        self._shown.clear()
        self._touched.clear()
        self._by.clear()

    @property
    def stamp(self) -> Stamp:
        """Depth and client of what happens now."""
        return self._order.stamp

    def depth(self, number: int, at: datetime) -> int:
        """How deep the row of that number was touched at this moment; 0 if it was not."""
        if at != self._at or number < later(self._base):
            return 0
        return ((number - LATER) // STRIDE - 1 - self._base) // self._width

    def show(self, to: str, at: datetime) -> None:
        """Somebody is told of rows, none of them touched deeper than we are."""
        if at == self._at:
            self._shown[to] = max(self._order.stamp[0], self._shown.get(to, 0))

    def show_all(self, to: str, at: datetime) -> None:
        """Somebody is being told of rows, a few at a time: none of them is touched deeper than the deepest there is."""
        if at == self._at:
            self._shown[to] = max((self._end - self._base) // self._width - 1, self._shown.get(to, 0))

    # Deciding

    def rest_on_rows(self, turn: Turn, numbers: Iterable[int]) -> None:
        """What follows tells of these rows."""
        if turn.now == self._at:
            self._rest(turn, max((self.depth(number, turn.now) for number in numbers), default=0))

    def rest_on(self, turn: Turn, nmis: Callable[[], Iterable[str]]) -> None:
        """What follows depends on what goes by these NMIs; they are asked for if others touched any at this moment."""
        if turn.now == self._at and self._by - {self._order.stamp[1]}:
            self._rest(turn, max((self._touched.get(nmi, 0) for nmi in nmis()), default=0))

    def _rest(self, turn: Turn, depth: int) -> None:
        mine, client = self._order.stamp
        if depth > mine:
            turn.emit(Rested(turn.now, client, depth))
