"""HubFlowControlReport and PayloadExceptionAlert (aseXML r37 hub management): the only place for their elements."""

from __future__ import annotations

from datetime import datetime

from simulator.asexml.model import Element, Message, Transaction, element, optional
from simulator.hub import post
from simulator.hub.alerts import CONTEXT_ID, MESSAGE_ID
from simulator.hub.commands import Alert, Alerts
from simulator.hub.events import AcknowledgementRefused


def report(alerts: Alerts, parameters: tuple[tuple[str, str], ...]) -> Message:
    """The answer of getAlerts: what stands, then every badack that is shown by itself."""
    asked = [element("Parameter", element("Name", name), element("Value", value[:100])) for name, value in parameters]
    content = element(
        "HubFlowControlReport",
        element("RequestParameters", *asked) if asked else None,
        element("ResultCount", str(len(alerts.alerts))),
        element("FlowControlStandingData", *map(_alert, alerts.alerts)),
        version="r37",
    )
    now, to = alerts.now, alerts.asked.caller.participant
    first = Transaction(alerts.transaction_id, now, content, alerts.asked.transaction_id)
    others = (
        Transaction(f"{alerts.transaction_id}-{number}", now, payload_exception(badack))
        for number, badack in enumerate(alerts.badacks, 1)
    )
    header = post.header(to, alerts.message_id, now, "HMGT", "High")
    return Message(alerts.release, header, (first, *others))


def _alert(alert: Alert) -> Element:
    """Standing data names neither an action nor a time of removal."""
    return element(
        "FlowControlAlert",
        element("AlertType", alert.alert_type),
        element("ParticipantID", alert.participant),
        optional("StopFileName", alert.stop_file_name),
        element("Cause", alert.cause),
        element("StopDateTime", _instant(alert.since)),
    )


def payload_exception(badack: AcknowledgementRefused) -> Element:
    """A bad acknowledgement with every reference it has."""
    where = (("Name", "B2MMessagingPull"), ("Resource", "submitMessageAcknowledgements"), ("Method", "POST"))
    return element(
        "PayloadExceptionAlert",
        element("InitiatingAPIReference", *(element(name, value) for name, value in where)),
        element("MessageType", "Message Acknowledgement"),
        element("MessageInitiator", badack.by),
        optional("MessageID", badack.message_id and badack.message_id[:MESSAGE_ID]),
        optional("InitiatingMessageID", badack.initiating_message_id and badack.initiating_message_id[:MESSAGE_ID]),
        element("MessageContextID", badack.context_id[:CONTEXT_ID]),
        element("AlertDateTime", _instant(badack.at)),
        element(
            "Event",
            element("Code", str(badack.code)),
            element("Explanation", badack.explanation),
            class_="Message",
            severity="Error",
        ),
        version="r37",
    )


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
