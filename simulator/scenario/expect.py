"""What a scenario expects of the system under test, as values: one for each form that ``then:`` may take.

The system under test is every participant that is not played. Each form says of itself what it is called (`title`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from simulator.scenario.criteria import MessageMatch


class Acknowledged(msgspec.Struct, frozen=True):
    """Every message is acknowledged within a time after it could first be seen."""

    within: timedelta

    @property
    def title(self) -> str:
        """What it is called."""
        return f"every delivered message is acknowledged within {period(self.within)}"


class Repaired(msgspec.Struct, frozen=True):
    """Every bad acknowledgement is followed by a good one within a time."""

    within: timedelta

    @property
    def title(self) -> str:
        """What it is called."""
        return f"every bad acknowledgement is repaired within {period(self.within)}"


class HandledOnce(msgspec.Struct, frozen=True):
    """No message is acknowledged again, or fetched again, once its acknowledgement was taken."""

    title = "no message is handled twice"


class OneContent(msgspec.Struct, frozen=True):
    """No MessageID is used for two contents."""

    title = "no message id is used for two contents"


class Valid(msgspec.Struct, frozen=True):
    """Nothing is sent that is not well-formed, or not valid against its schema."""

    title = "no invalid message is sent"


class Correlated(msgspec.Struct, frozen=True):
    """Acknowledgements and responses name what was sent to whoever sends them."""

    title = "nothing refers to what was never sent"


class Sent(msgspec.Struct, frozen=True):
    """So many transactions like this are sent, and taken over by the hub. None is no limit."""

    like: MessageMatch
    least: int | None = None
    most: int | None = None

    @property
    def title(self) -> str:
        """What it is called."""
        what = self.like.transaction if isinstance(self.like.transaction, str) else "such a transaction"
        if self.most == 0:
            return f"{what} is never sent"
        if self.least == self.most:
            return f"{what} is sent exactly {self.most} times"
        limits = [f"at {word} {n}" for word, n in (("least", self.least), ("most", self.most)) if n is not None]
        return f"{what} is sent {' and '.join(limits)} times"


class StopsSending(msgspec.Struct, frozen=True):
    """Nothing of a stopped kind is sent while a stop file stands; ``grace`` is the time there is to notice it."""

    grace: timedelta = timedelta(0)

    title = "sends stop while a stop file stands"


class BacksOff(msgspec.Struct, frozen=True):
    """After an answer of such a status, the API is left alone for a time, but for ``most`` requests.

    A status is a number as text, or ``5xx``.
    """

    statuses: tuple[str, ...]
    quiet: timedelta
    most: int = 0

    @property
    def title(self) -> str:
        """What it is called."""
        return f"after {', '.join(self.statuses)}, no request for {period(self.quiet)}"

    def met_by(self, status: int) -> bool:
        """Whether an answer of that status asks for patience."""
        return bool({str(status), f"{status // 100}xx"} & set(self.statuses))


class Polls(msgspec.Struct, frozen=True):
    """An operation is called no more often than that."""

    operation: str
    every: timedelta

    @property
    def title(self) -> str:
        """What it is called."""
        return f"{self.operation} no more often than every {period(self.every)}"


class Fetched(msgspec.Struct, frozen=True):
    """All readings of a period are fetched from Netstream, and with ``once`` none twice.

    ``points`` are NMIs or names of usage points; ``types`` reading types, without any: those that were asked for.
    """

    points: tuple[str, ...]
    start: datetime
    end: datetime
    types: tuple[str, ...] = ()
    client: str | None = None
    once: bool = True

    @property
    def title(self) -> str:
        """What it is called."""
        how = "once" if self.once else "at least once"
        return f"all readings from {self.start.isoformat()} to {self.end.isoformat()} are fetched {how}"


class QueueEmpty(msgspec.Struct, frozen=True):
    """Nothing waits to be fetched or acknowledged when it is judged."""

    title = "the queue is empty at the end"


Form = (
    Acknowledged
    | Repaired
    | HandledOnce
    | OneContent
    | Valid
    | Correlated
    | Sent
    | StopsSending
    | BacksOff
    | Polls
    | Fetched
    | QueueEmpty
)


class Expectation(msgspec.Struct, frozen=True):
    """One entry of ``then:``. ``where`` is its place: ``file:line:column``. ``participant`` None is all under test."""

    name: str
    where: str
    form: Form
    participant: str | None = None


def period(length: timedelta) -> str:
    """A length of time as ISO 8601 writes it: ``PT5M``."""
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    clock = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n)
    made = (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    return f"P{made}" if made else "PT0S"
