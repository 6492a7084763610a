"""Netstream's paths and the order of its checks: verb (405), bearer (401), content type (415), body (413, 400).

POST /api/cim17/9/MeterReadings2/get     GetMeterReadings in, MeterReadings2 out
POST /api/cim17/9/GetMeterReadings       the same
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, cast

from msgspec.structs import replace

from simulator.apis.face import Visit
from simulator.apis.netstream import content, signing_in
from simulator.apis.netstream.questions import question
from simulator.base.http import HttpReply, HttpRequest
from simulator.base.pausing import Pausing
from simulator.cim import json_in, json_out, xml_in, xml_out
from simulator.cim.faults import CimError, Fault
from simulator.cim.json_out import JsonStyle
from simulator.cim.model import GetMeterReadings, Identified, Interval, MeterReadings
from simulator.cim.xml_out import XmlStyle
from simulator.hub.exchanges import ReadingsAsked, bounded
from simulator.netstream.answer import Answer
from simulator.netstream.model import Client
from simulator.netstream.request import NotAnswered
from simulator.netstream.switches import NetstreamSwitches
from simulator.netstream.tokens import BadToken
from simulator.scenario.facts import Question

PATHS = ("/api/cim17/9/MeterReadings2/get", "/api/cim17/9/GetMeterReadings")
BODY_LIMIT = 4 * 1024 * 1024
"""Bytes of a request: some 50,000 usage points (`netstream.body-limit`; ASP.NET takes 30,000,000)."""


class NetstreamService:
    """The face of Netstream."""

    name = "Netstream"

    def serves(self, path: str) -> bool:
        """The readings, and the sign-in of any tenant."""
        return path in PATHS or signing_in.place(path) is not None

    def reads(self, path: str) -> bool:
        """Everything but signing in answers with readings."""
        return signing_in.place(path) is None

    def operation(self, path: str) -> str:
        """``GetMeterReadings``, ``token``, or what clients ask before it."""
        place = signing_in.place(path)
        if place is None:
            return "GetMeterReadings"
        return "token" if place.what == signing_in.TOKEN else "discovery"

    def client(self, request: HttpRequest, body: bytes, visit: Visit) -> str:
        """Whose token it bears, or who asks for one."""
        if signing_in.place(request.path) is not None:
            return signing_in.asking(request, body, visit)
        caller = _caller(request, visit)
        return "" if isinstance(caller, HttpReply) else caller.client_id

    def question(self, request: HttpRequest, body: bytes, visit: Visit) -> Question | None:
        """What a GetMeterReadings asks for; None for one that cannot be read."""
        if signing_in.place(request.path) is not None or len(body) > BODY_LIMIT:
            return None
        caller = _caller(request, visit)
        if isinstance(caller, HttpReply):
            return None
        try:
            asked = _read(content.body_type(request) or content.JSON, body, visit.simulation.netstream.switches)
        except CimError:
            return None
        return question(caller.client_id, asked)

    def admit(self, request: HttpRequest, visit: Visit) -> HttpReply | int:
        """Verb, tenant, bearer, content type."""
        place = signing_in.place(request.path)
        if place is not None:
            return _sign_in(request, place, visit)
        if request.method != "POST":
            return HttpReply(405, headers=(("Allow", "POST"),), rule="http.verb")
        caller = _caller(request, visit)
        if isinstance(caller, HttpReply):
            return caller
        switches = visit.simulation.netstream.switches
        if content.accepted(request.headers.get("Accept")) is None and switches.not_acceptable == "406":
            return HttpReply(406, rule="assume.netstream-accept")
        if content.body_type(request) is None:
            return content.problem(415, "netstream.content-type", empty=switches.error_details == "empty")
        return BODY_LIMIT

    def answer(self, request: HttpRequest, body: bytes, visit: Visit) -> Pausing[HttpReply]:
        """A token, or readings."""
        if signing_in.place(request.path) is not None:
            return signing_in.token_reply(request, body, visit)
        caller = _caller(request, visit)
        if isinstance(caller, HttpReply):  # it ended while its body came
            return caller
        reply = yield from _answered(request, body, visit, caller)
        return replace(reply, client=caller.client_id)


def _answered(request: HttpRequest, body: bytes, visit: Visit, caller: Client) -> Pausing[HttpReply]:
    """The readings, or why there are none."""
    switches = visit.simulation.netstream.switches
    empty = switches.error_details == "empty"
    if len(body) > BODY_LIMIT:
        return content.problem(413, "netstream.body-limit", empty=empty)
    try:
        asked = _read(content.body_type(request) or content.JSON, body, switches)
        yield
        found = yield from visit.simulation.netstream.read(asked, caller, visit.now)
    except CimError as error:
        return content.problem(400, error.rule, error.faults, empty)
    except NotAnswered as refused:
        return content.problem(refused.status, refused.rule, refused.faults, empty)
    return replace(_written(request, found, switches), asked=_evidence(asked, caller, visit))


def _evidence(asked: GetMeterReadings, caller: Client, visit: Visit) -> ReadingsAsked:
    """What was asked for and is answered, for whoever judges that readings are fetched once."""
    periods = (each.time_period or Interval() for each in asked.readings)
    return ReadingsAsked(
        caller.client_id,
        _names(asked.usage_points),
        _names(asked.usage_point_groups),
        _names(asked.end_devices),
        _names(asked.end_device_groups),
        _names(asked.reading_types),
        tuple([(each.start or visit.now, each.end or visit.now) for each in periods]),
    )


def _names(asked: tuple[Identified, ...]) -> tuple[str, ...]:
    return tuple(bounded(each.mrid or (each.names[0].name if each.names else "")) for each in asked)


def _sign_in(request: HttpRequest, place: signing_in.Place, visit: Visit) -> HttpReply | int:
    if place.tenant != visit.simulation.netstream.given.tenant:
        return signing_in.tenant_unknown(visit, place.tenant)
    if place.what == signing_in.TOKEN:
        if request.method == "POST":
            return signing_in.BODY_LIMIT
        text = f"The endpoint only accepts POST, OPTIONS requests. Received a {request.method[:10]} request."
        return signing_in.error_reply(signing_in.EntraError(900561, "invalid_request", text), visit)
    if request.method not in ("GET", "HEAD"):
        return HttpReply(405, headers=(("Allow", "GET"),), rule="http.verb")
    if place.what == signing_in.KEYS:
        return HttpReply(200, b'{"keys":[]}', content.JSON, rule="netstream.keys")
    return signing_in.openid_configuration(request, place.tenant)


def _caller(request: HttpRequest, visit: Visit) -> Client | HttpReply:
    """The client behind the bearer token, or the empty 401 of ASP.NET with its challenge."""
    kind, _, token = (request.headers.get("Authorization") or "").strip().partition(" ")
    netstream = visit.simulation.netstream
    if kind.lower() != "bearer" or not token.strip():
        return HttpReply(401, headers=(("WWW-Authenticate", "Bearer"),), rule="netstream.no-token")
    try:
        name = netstream.issuer.client_of(token.strip(), visit.now)
    except BadToken as bad:
        challenge = f'Bearer error="invalid_token", error_description="{bad}"'
        return HttpReply(401, headers=(("WWW-Authenticate", challenge),), rule=bad.rule)
    client = netstream.directory.client(name)
    if client is None:
        challenge = 'Bearer error="invalid_token", error_description="The application is not registered"'
        return HttpReply(401, headers=(("WWW-Authenticate", challenge),), rule="netstream.token-client")
    return client


def _read(kind: str, body: bytes, switches: NetstreamSwitches) -> GetMeterReadings:
    if not body.strip():
        raise CimError((Fault("GetMeterReadings", "cim.empty", "a request body is required"),))
    if kind == content.XML:
        return xml_in.read_request(body, BODY_LIMIT)
    return json_in.read_request(body, switches.specified_flags == "honour", BODY_LIMIT)


def _written(request: HttpRequest, found: Answer, switches: NetstreamSwitches) -> HttpReply:
    kind = content.accepted(request.headers.get("Accept")) or content.JSON
    # an Answer has the members of a MeterReadings, and makes them as they are written
    answer = cast("MeterReadings", found)
    pieces = _xml(answer, switches) if kind.endswith("xml") else _json(answer, switches)
    headers: tuple[tuple[str, str], ...] = (("Vary", "Accept-Encoding"),)
    if content.wants_gzip(request):
        pieces = content.gzipped(pieces)
        headers = (*headers, ("Content-Encoding", "gzip"))
    first: Any = next(pieces)  # what goes wrong at once is no answer yet
    return HttpReply(
        200, b"", f"{kind}; charset=utf-8", headers, rule="netstream.readings", stream=chain((first,), pieces)
    )


def _json(answer: MeterReadings, switches: NetstreamSwitches) -> Iterator[bytes]:
    style = JsonStyle(
        compact=switches.json_blocks == "compact",
        objects=switches.reading_values == "objects",
        quoted=switches.quoted_values == "yes",
        nulls=switches.json_nulls == "yes",
    )
    return json_out.response_pieces(answer, style)


def _xml(answer: MeterReadings, switches: NetstreamSwitches) -> Iterator[bytes]:
    style = XmlStyle(
        namespace="" if switches.xml_namespace == "none" else None,
        root=switches.xml_root,
        compact=switches.xml_blocks == "compact",
    )
    return xml_out.response_pieces(answer, style)


SERVICE = NetstreamService()
