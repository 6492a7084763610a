"""What stands against us at the hub: stop files and bad acknowledgements, read, watched, and waited for.

    alerts ─────────── GET getAlerts ─► Alert…
    watch ──────────── the same every so often; what is new and what is over are told (a drain does so beside its work)
    submit_when_clear  the same until no stop file stands, then POST submitMessages

AEMO recommends that every user of B2M watches HubMessageManagement v2. A bad acknowledgement is put right by a correct
one: draining the queue does that.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.asexml.model import Message, Received
from simulator.client.errors import ClientError, Kind
from simulator.client.session import Session
from simulator.client.values import Flow, HttpCall, Note, Pause, Receipt

ALERTS = "/HubMessageManagement/v2/getAlerts"
B2M = "B2MStopFile"
BADACK = "BADACK"
STOPS_SENDING = frozenset(("CR", "NSRD NOTIFICATION", "NSRD RESPONSE", "REPORT"))
"""Causes that hold what we send; the others hold what AEMO sends, which is a reason to drain, not to wait."""
DRAINING_CLEARS = frozenset(("OUTBOX FILE", "NSRD RESPONSE"))
"""Causes that are over once we have acknowledged enough."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One entry of a HubFlowControlReport."""

    alert_type: str
    participant: str
    cause: str
    since: str | None = None
    stop_file: str | None = None

    @property
    def draining_clears(self) -> bool:
        """Whether acknowledging what is queued ends it: a full outbox, or a bad acknowledgement."""
        return self.alert_type == BADACK or self.cause in DRAINING_CLEARS

    def __str__(self) -> str:
        since = f" since {self.since}" if self.since else ""
        return f"{self.alert_type} {self.participant}: {self.cause}{since}"


def alerts(session: Session, alert_type: str = B2M) -> Flow[tuple[Alert, ...]]:
    """What stands. Raises `ClientError`."""
    call = HttpCall("GET", ALERTS, (("alertType", alert_type),), session.account.headers())
    answer = yield from session.call(call)
    return _alerts(session.read(answer.body))


def _alerts(received: Received) -> tuple[Alert, ...]:
    report = next((each.view for each in received.transactions if each.name == "HubFlowControlReport"), None)
    if report is None:
        raise ClientError(Kind.ANSWER, "getAlerts did not answer with a HubFlowControlReport")
    return tuple(
        Alert(
            alert.text("AlertType") or "",
            alert.text("ParticipantID") or "",
            alert.text("Cause") or "",
            alert.text("StopDateTime"),
            alert.text("StopFileName"),
        )
        for alert in report.all("FlowControlStandingData/FlowControlAlert")
    )


class Watch:
    """What stood when it was looked last."""

    def __init__(self, session: Session, alert_type: str = B2M) -> None:
        self.standing: tuple[Alert, ...] = ()
        self._session = session
        self._alert_type = alert_type

    def look(self) -> Flow[None]:
        """Look once; what is new and what is over are told as notes. Raises `ClientError`."""
        known, found = self.standing, tuple(dict.fromkeys((yield from alerts(self._session, self._alert_type))))
        self.standing = found
        for alert in found:
            if alert not in known:
                yield Note("raised", str(alert))
        for alert in known:
            if alert not in found:
                yield Note("cleared", str(alert))


def watch(session: Session, every: float, alert_type: str = B2M) -> Flow[None]:
    """Look every so many seconds, for ever; see `Watch.look`."""
    watching = Watch(session, alert_type)
    while True:
        yield from watching.look()
        yield Pause(every)


def submit_when_clear(
    session: Session, message: Message | bytes, context_id: str | None, every: float
) -> Flow[Receipt]:
    """Submit once no stop file stands that would hold what we send; until then, look every so many seconds."""
    while True:
        found = yield from alerts(session)
        stops = [each for each in found if each.alert_type == B2M and each.cause in STOPS_SENDING]
        if not stops:
            return (yield from session.submit(message, context_id))
        yield Note("waiting", f"not sent: {', '.join(each.cause for each in stops)} stands; again in {every:g} s")
        yield Pause(every)
