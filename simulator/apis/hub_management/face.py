"""The operations of HubMessageManagement: verbs, mandatory headers and parameters, alert types."""

from __future__ import annotations

from simulator.apis import ehub
from simulator.apis.face import Call
from simulator.apis.hub_management import content
from simulator.asexml.encode import write
from simulator.asexml.model import Received
from simulator.base.errors import Refused
from simulator.base.http import HttpReply, HttpRequest
from simulator.hub.commands import Alerts, Command, ListAlerts, Ping, Reply
from simulator.hub.flow import B2B, B2M
from simulator.hub.gate import Caller
from simulator.hub.switches import Switches

V2 = "/HubMessageManagement/v2/getAlerts"
V1 = "/ws/HubMessageManagement/1.0/"
ALERT_TYPES = (B2B, B2M)
V1_KEY = "x-eHub-APIKey"


class HubManagement:
    """The face of HubMessageManagement, both versions."""

    name = "HubMessageManagement"
    paths = (V2, V1 + "alerts", V1 + "ping")

    def parse(self, request: HttpRequest, switches: Switches) -> Call:
        """The documented checks of verb (405), headers and parameters (400); an unknown alertType (500)."""
        ehub.demand_verb(request, "GET")
        if request.path == V2:
            ehub.demand_headers(request, ("X-initiatingParticipantID",), switches)
            ehub.demand_api_key(request, switches)
            participant = request.headers["X-initiatingParticipantID"]
        else:
            participant = _v1_participant(request, switches)
        return Call(
            self.name,
            request.path.rpartition("/")[2],
            participant,
            request.headers.get("Authorization"),
            False,
            content_type=ehub.content_type(request.headers.get("Accept")),
            alert_type=None if request.path == V1 + "ping" else _alert_type(request, switches),
            query_participant=request.parameter("queryParticipantID"),
            transaction_id=_transaction_id(request.headers.get("X-transactionID")),
        )

    def command(self, call: Call, caller: Caller, received: Received | None, body: bytes) -> Command:
        """What the call asks of the hub."""
        if call.alert_type is None:
            return Ping(caller)
        return ListAlerts(caller, call.alert_type, call.query_participant, call.transaction_id)

    def render(self, call: Call, reply: Reply) -> HttpReply:
        """The report; a ping is answered without a body."""
        if not isinstance(reply, Alerts):
            return HttpReply(200, rule="alerts.ping")
        given = (("alertType", call.alert_type), ("queryParticipantID", call.query_participant))
        message = content.report(reply, tuple((name, value) for name, value in given if value))
        return HttpReply(200, write(message), call.content_type, rule="alerts.list")


def _v1_participant(request: HttpRequest, switches: Switches) -> str:
    """v1 names its caller in a parameter and its key in a header."""
    if switches.alerts_api_key == "demand" and not ehub.has_api_key(request):
        raise Refused(400, "http.mandatory-header", f"Mandatory HTTP header {V1_KEY} is missing")
    participant = request.parameter("initiatingParticipantID")
    if not participant:
        reason = "Mandatory query parameter initiatingParticipantID is missing"
        raise Refused(400, "http.mandatory-parameter", reason)
    return participant


def _alert_type(request: HttpRequest, switches: Switches) -> str:
    asked = request.parameter("alertType") or B2B
    if asked not in ALERT_TYPES and switches.unknown_alert_type != "empty":
        reason = f"alertType {asked[:50]!r} is none of {', '.join(ALERT_TYPES)}"
        raise Refused(int(switches.unknown_alert_type), "alerts.unknown-type", reason)
    return asked


def _transaction_id(given: str | None) -> str | None:
    """The report answers the caller's transaction, where its id has the form of one."""
    return given if given and len(given) <= 36 else None


FACE = HubManagement()
