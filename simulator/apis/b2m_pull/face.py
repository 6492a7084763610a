"""The four operations: verbs, mandatory headers, parameters. The only place for B2MMessagingPull's own words."""

from __future__ import annotations

import msgspec

from simulator.apis import ehub
from simulator.apis.face import Call
from simulator.asexml.model import Received
from simulator.base.errors import Refused
from simulator.base.http import HttpReply, HttpRequest
from simulator.hub.commands import Acknowledge, Command, Fetch, ListQueue, Reply, Submit
from simulator.hub.gate import Caller
from simulator.hub.switches import Switches

BASE = "/NEMRetail/B2MMessagingPull/v1/"


class Operation(msgspec.Struct, frozen=True):
    """An operation as documented: its verb and its mandatory headers (Authorization is the gate's: 401)."""

    verb: str
    headers: tuple[str, ...]


_POST = ("messageContextID", "X-initiatingParticipantID", "X-market", "Accept")
_GET = ("X-initiatingParticipantID", "X-market")
OPERATIONS = {
    "submitMessages": Operation("POST", _POST),
    "submitMessageAcknowledgements": Operation("POST", tuple(h for h in _POST if h != "X-market")),
    "getMessages": Operation("GET", _GET),
    "getQueueMetaData": Operation("GET", _GET),
}


class B2mPull:
    """The face of B2MMessagingPull v1."""

    name = "B2MMessagingPull"
    paths = tuple(BASE + operation for operation in OPERATIONS)

    def parse(self, request: HttpRequest, switches: Switches) -> Call:
        """The documented checks of verb (405), headers and parameters (400); an unknown group filter (500)."""
        name = request.path[len(BASE) :]
        operation = OPERATIONS[name]
        ehub.demand_verb(request, operation.verb)
        overlooked = ehub.demand_headers(request, operation.headers, switches)
        ehub.demand_api_key(request, switches)
        if operation.verb == "GET":
            ehub.demand_market(request, switches)
        headers = request.headers
        posts = operation.verb == "POST"
        context_id = headers["messageContextID"] if posts else request.parameter("messageContextID") or None
        if name == "getMessages" and context_id is None and switches.missing_context == "refuse":
            raise Refused(400, "http.mandatory-parameter", "Mandatory query parameter messageContextID is missing")
        return Call(
            self.name,
            name,
            headers["X-initiatingParticipantID"],
            headers.get("Authorization"),
            posts,
            headers.get("X-market"),
            context_id,
            None if posts else ehub.group_filter(request.parameter("transactionGroup"), switches),
            ehub.content_type(headers.get("Accept")),
            overlooked=overlooked,
        )

    def command(self, call: Call, caller: Caller, received: Received | None, body: bytes) -> Command:
        """What the call asks of the hub. The two POSTs come with what was read of their body."""
        if received is not None:
            kind = Submit if call.operation == "submitMessages" else Acknowledge
            return kind(caller, call.context_id or "", call.market, received, body)
        if call.operation == "getMessages":
            return Fetch(caller, call.context_id, call.group)
        return ListQueue(caller, call.group)

    def render(self, call: Call, reply: Reply) -> HttpReply:
        """The answer, in the content type asked for."""
        return ehub.render(call, reply)


FACE = B2mPull()
