"""The loop a participant needs: metadata → get → durable inbox → handler → MACK, resumable at every point.

    crash before or after the get ........ nothing was recorded: the message is still queued, and is fetched again
    after the inbox write ................ RECEIVED: the handler runs on the next drain, without another get
    in the handler, or just after it ..... HANDLING: it runs again, same key, ``starts`` one higher
    after the outcome was recorded ....... HANDLED with its MACK: the MACK is sent, the handler does not run
    MACK sent, answer lost ............... the same bytes again: the hub answers the same; or it says that the message
                                           is gone and no longer lists it, which settles it too

A 400, 401, 403, 404 or 405 ends the drain at once; what passes by itself is retried with back-off. Meanwhile it looks
for alerts: stop files that are raised and cleared are told, and a bad acknowledgement of ours is made again, once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from simulator.asexml import encode
from simulator.asexml.model import Received
from simulator.client.alerts import BADACK, Watch
from simulator.client.errors import ClientError, Kind
from simulator.client.inbox import Arrival, Entry, Outcome, State
from simulator.client.post import ACCEPTED, message_acknowledgement, outcome_of, rejection
from simulator.client.session import Session
from simulator.client.values import Delivered, Drained, Flow, Handle, Note, Pause, QueueEntry, keep

UNREADABLE = ("reject", "leave", "handle")


@dataclass(frozen=True, slots=True)
class DrainOptions:
    """How to drain. ``group`` limits it to one transaction group.

    ``until_empty`` ends it once nothing is left to do; otherwise it looks again every ``every`` seconds.
    ``unreadable`` messages are rejected with the event code of their first fault, left in the queue, or handed to the
    handler like any other. ``alerts`` is how many seconds there are between two looks for alerts, with one more at the
    end where the drain may have cleared some; 0: it never looks.
    """

    group: str | None = None
    until_empty: bool = True
    every: float = 10.0
    unreadable: str = "reject"
    alerts: float = 0.0

    def __post_init__(self) -> None:
        if self.unreadable not in UNREADABLE:
            raise ClientError(Kind.USAGE, f"unreadable is one of {', '.join(UNREADABLE)}, not {self.unreadable!r}")


class Drain:
    """One drain. ``result`` grows while it runs, so that it is there after an interruption too."""

    def __init__(self, session: Session, options: DrainOptions) -> None:
        self.result = Drained()
        self._session = session
        self._options = options
        self._seen: set[str] = set()
        """Context ids that this drain is done with, as long as the hub lists them: none is tried twice."""
        self._refusals: set[str] = set()
        """Those whose acknowledgement the hub refused: they are tried once more when it shows as bad."""
        self._again: set[str] = set()
        self._watch: Watch | None = Watch(session) if options.alerts > 0 else None
        self._looked: datetime | None = None

    def run(self) -> Flow[Drained]:
        """The whole loop. Raises `ClientError`; what the handler raises passes through."""
        while True:
            try:
                worked = yield from self._pass()
            except ClientError as error:
                if self._options.until_empty or not error.temporary:
                    raise
                worked = False
                yield Note("waiting", f"{error}; again in {self._options.every:g} s")
            if not worked:
                if self._options.until_empty:
                    return self.result
                yield Pause(self._options.every)

    def _pass(self) -> Flow[bool]:
        group = self._options.group
        unfinished = yield from keep(lambda inbox: inbox.unfinished(group))
        for entry in unfinished:
            if entry.context_id not in self._seen:
                yield from self._finish(entry)
        listed = yield from self._session.queue(group)
        names = {line.context_id for line in listed}
        self._seen &= names
        yield from keep(lambda inbox: inbox.forget(names, group))
        if any(line.context_id not in self._seen for line in listed):
            yield from self._look()
        else:
            yield from self._look_at_the_end()
        fresh = [line for line in listed if line.context_id not in self._seen]
        for line in fresh:
            yield from self._take(line)
        return bool(fresh)

    def _look(self) -> Flow[None]:
        """Look for alerts when it is time to. A hub that does not tell them is drained all the same."""
        now = self._session.account.now()
        if self._looked is not None and (now - self._looked).total_seconds() < self._options.alerts:
            return
        self._looked = now
        yield from self._look_now()

    def _look_at_the_end(self) -> Flow[None]:
        """Nothing is left to take: when the drain ends with it, tell what it cleared, see what has to be made again."""
        standing = self._watch.standing if self._watch is not None else ()
        cleared = self.result.acknowledged and any(alert.draining_clears for alert in standing)
        due = self._options.until_empty and (cleared or self._refusals - self._again)
        yield from self._look_now() if due else self._look()

    def _look_now(self) -> Flow[None]:
        if self._watch is None:
            return
        try:
            yield from self._watch.look()
        except ClientError as error:
            yield Note("alerts", f"not told: {error}")
            if not error.temporary:
                self._watch = None
            return
        if any(alert.alert_type == BADACK for alert in self._watch.standing):
            self._seen -= self._refusals - self._again
            self._again |= self._refusals

    def _take(self, line: QueueEntry) -> Flow[None]:
        """One listed message, from get to MACK."""
        try:
            body, received = yield from self._fetch(line.context_id)
        except ClientError as error:
            if error.kind is Kind.NOT_FOUND:
                yield from self._gone(line.context_id)
            elif error.kind is Kind.ANSWER:
                yield from self._leave(line.context_id, f"is left: {error}")
            else:
                raise
            return
        arrival = self._arrival(line, body, received)
        if arrival is None or (received.findings and self._options.unreadable == "leave"):
            why = received.findings[0].explanation if received.findings else "it has no MessageID"
            yield from self._leave(line.context_id, f"cannot be read: {why}")
            return
        outcome = self._refusal(received)
        entry = yield from keep(lambda inbox: inbox.receive(arrival, outcome))
        yield from self._announce(entry, received)
        if entry.state is State.ACKNOWLEDGED:
            entry = yield from keep(lambda inbox: inbox.refused(entry))
        yield from self._finish(entry)

    def _fetch(self, context_id: str) -> Flow[tuple[bytes, Received]]:
        """A message. One that cannot be read is fetched again: a gateway's error page must not get it rejected."""
        body, received = yield from self._session.fetch(context_id)
        if not received.findings:
            return body, received
        again = yield from self._session.fetch(context_id)
        if again[1].findings and again[1].digest != received.digest:
            raise ClientError(Kind.ANSWER, f"two gets of {context_id} gave different bytes, and neither can be read")
        return again

    def _arrival(self, line: QueueEntry, body: bytes, received: Received) -> Arrival | None:
        message_id = received.message_id or line.message_id
        if message_id is None:
            return None
        arrival = self._session.arrival(Delivered(line.context_id, body, received, ""), message_id)
        return arrival if received.header else replace(arrival, sender=line.sender or arrival.sender)

    def _refusal(self, received: Received) -> Outcome | None:
        if not received.findings or self._options.unreadable == "handle":
            return None
        first = received.findings[0]
        return rejection(first.code, first.explanation)

    def _announce(self, entry: Entry, received: Received) -> Flow[None]:
        delivered = Delivered(entry.context_id, entry.arrival.body, received, entry.key, entry.starts)
        if entry.repeat or entry.state is State.ACKNOWLEDGED:
            self.result.repeated += 1
            yield Note("repeated", f"{entry.key} was handled before; not handled again", entry.context_id)
        elif entry.state is State.HANDLED and received.findings:
            yield Note("unreadable", _fault(received), entry.context_id, delivered)
        elif "#" in entry.key:
            yield Note("conflict", f"{entry.key}: its MessageID was used for other content", entry.context_id)
        else:
            yield Note("received", entry.key, entry.context_id)

    def _finish(self, entry: Entry) -> Flow[None]:
        if entry.state in (State.RECEIVED, State.HANDLING):
            entry = yield from self._handle(entry)
        yield from self._acknowledge(entry)

    def _handle(self, entry: Entry) -> Flow[Entry]:
        begun = yield from keep(lambda inbox: inbox.begin(entry))
        arrival = begun.arrival
        received = self._session.read(arrival.body)
        delivered = Delivered(arrival.context_id, arrival.body, received, begun.key, begun.starts)
        result = yield Handle(delivered)
        outcome = outcome_of(result)
        mack = self._mack(begun, outcome) if arrival.wants_acknowledgement else None
        self.result.handled += 1
        return (yield from keep(lambda inbox: inbox.finish(begun, outcome, mack)))

    def _mack(self, entry: Entry, outcome: Outcome) -> bytes:
        return encode.write(message_acknowledgement(self._session.account, entry, outcome))

    def _acknowledge(self, entry: Entry) -> Flow[None]:
        self._seen.add(entry.context_id)
        if not entry.arrival.wants_acknowledgement:
            yield from keep(lambda inbox: inbox.acknowledged(entry))
            yield Note("read", f"{entry.key} carries acknowledgements; it is not acknowledged itself", entry.context_id)
            return
        mack = entry.acknowledgement
        if mack is None:
            mack = fresh = self._mack(entry, entry.outcome or ACCEPTED)
            yield from keep(lambda inbox: inbox.renew(entry, fresh))
        receipt = yield from self._session.post_acknowledgement(entry.context_id, mack)
        if receipt.accepted:
            yield from self._acknowledged(entry)
        else:
            why = _events(receipt.events)
            yield from self._refused(entry, why)

    def _acknowledged(self, entry: Entry) -> Flow[None]:
        yield from keep(lambda inbox: inbox.acknowledged(entry))
        self.result.left.pop(entry.context_id, None)
        outcome = entry.outcome or ACCEPTED
        if outcome.status == "Accept":
            self.result.acknowledged += 1
            yield Note("acknowledged", entry.key, entry.context_id)
        else:
            self.result.rejected += 1
            yield Note("rejected", f"{entry.key}: {_events(outcome.events)}", entry.context_id)

    def _refused(self, entry: Entry, why: str) -> Flow[None]:
        """The hub did not take our MACK. If it lists the message no longer, an earlier one removed it."""
        listed = yield from self._session.queue(self._options.group)
        if any(line.context_id == entry.context_id for line in listed):
            yield from keep(lambda inbox: inbox.refused(entry))
            self._refusals.add(entry.context_id)
            yield from self._leave(entry.context_id, f"the hub refused its acknowledgement: {why}")
        else:
            yield from keep(lambda inbox: inbox.acknowledged(entry))
            yield from self._gone(entry.context_id)

    def _gone(self, context_id: str) -> Flow[None]:
        self._seen.add(context_id)
        self.result.gone += 1
        yield Note("gone", f"{context_id} is no longer in the queue", context_id)

    def _leave(self, context_id: str, why: str) -> Flow[None]:
        self._seen.add(context_id)
        self.result.left[context_id] = why
        yield Note("left", f"{context_id} {why}", context_id)


def _fault(received: Received) -> str:
    first = received.findings[0]
    where = f" (line {first.line})" if first.line is not None else ""
    return f"code {first.code}: {first.explanation}{where}"


def _events(events: tuple[object, ...]) -> str:
    texts = [f"code {getattr(e, 'code', '?')} {getattr(e, 'explanation', None) or ''}".strip() for e in events]
    return "; ".join(texts) or "no event given"
