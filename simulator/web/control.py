"""The control API under ``/_sim/``: never part of an emulated API. JSON; problem+json (RFC 9457) on error.

Beyond loopback it wants ``Authorization: Bearer <control token>``; ``health`` stays open for container health checks.
"""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from simulator import __version__
from simulator.asexml.decode import read
from simulator.base.clock import clock_rate, market_time, wall_time
from simulator.base.errors import BadValue, NotReady, Refused
from simulator.base.http import HttpReply, HttpRequest
from simulator.devca import Certificates, bundle, ensure
from simulator.stores.journal import JournalFailed
from simulator.web import evidence
from simulator.web.diagram import mermaid
from simulator.web.openapi import Operation, document
from simulator.web.problems import BODY_LIMIT, Problem, ReadBody, bounded, json_reply, read_json
from simulator.web.scenario_texts import MOST_BYTES, ScenarioTexts

if TYPE_CHECKING:
    from simulator.runtime import Runtime
    from simulator.scenario.model import Scenario
    from simulator.workspaces import Workspaces

__all__ = ["BODY_LIMIT", "Control", "Problem"]

REDACTED = "***"
FILTERS = ("from", "to", "messageId", "messageContextId", "transactionGroup")
"""Keys of a message's summary that ``GET messages`` takes as query parameters."""
MESSAGES_QUERY = (*FILTERS, *evidence.WAITING, "step")
EXCHANGES_QUERY = (*evidence.EXCHANGE_FILTERS, *evidence.WAITING)
INJECT_QUERY, SCENARIO_QUERY, WORKSPACE_QUERY = ("contextId",), ("file",), ("clock", "file")


class ClockMove(msgspec.Struct, forbid_unknown_fields=True):
    """Body of ``POST clock``: exactly one of the two. ``advance`` is an ISO 8601 duration, ``set`` a date and time."""

    advance: timedelta | None = None
    set: datetime | None = None


@dataclass(slots=True)
class Control:
    """Answers control requests for one simulation; ``runtime`` is None until the journal is replayed.

    ``workspaces`` is None inside a workspace: there are none within one.
    """

    certificates: Certificates
    token: str | None = None
    runtime: Runtime | None = None
    workspaces: Workspaces | None = None
    texts: ScenarioTexts = field(default_factory=ScenarioTexts)

    def within(self, workspace: str, runtime: Runtime) -> Control:
        """The control API of a workspace."""
        return replace(self, runtime=runtime, workspaces=None)

    async def exchange(self, request: HttpRequest, read_body: ReadBody) -> HttpReply:
        """One control request; never raises for bad input."""
        try:
            return await self._routed(request, read_body)
        except Problem as problem:
            return problem.reply()
        except Refused as refused:
            return Problem(refused.status, refused.reason, refused.rule).reply()
        except BadValue as error:
            return Problem(422, str(error), error.rule).reply()
        except NotReady as error:
            return Problem(503, str(error), "control.not-ready").reply()
        except JournalFailed as error:
            return Problem(503, str(error), "control.journal").reply()

    async def _routed(self, request: HttpRequest, read_body: ReadBody) -> HttpReply:
        path = request.path.removeprefix("/_sim").removeprefix("/")
        for route in ROUTES:
            found = route.pattern.fullmatch(path)
            if found is None:
                continue
            if not route.open:
                self._admit(request)
            handler = route.verbs.get("GET" if request.method == "HEAD" else request.method)
            if handler is None:
                allow = ", ".join(route.verbs)
                raise Problem(405, f"{request.method} is not for this; it takes {allow}", "control.verb", allow)
            return await handler(self, request, read_body, *found.groups())
        self._admit(request)
        raise Problem(404, f"there is no control resource {request.path!r}", "control.unknown")

    def _admit(self, request: HttpRequest) -> None:
        """The token, and no web page of another origin (a browser would send its requests to loopback gladly)."""
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.headers.get("Host"):
            raise Problem(403, "requests from web pages of another origin are refused", "control.origin")
        if self.token is None:
            return
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        right = hmac.compare_digest(given.strip().encode(errors="surrogateescape"), self.token.encode())
        if scheme.lower() != "bearer" or not right:
            raise Problem(401, "the control token is missing or wrong", "control.token")

    def _loaded(self) -> Runtime:
        if self.runtime is None:
            raise Problem(503, "the scenario and its journal are still being loaded", "control.loading")
        return self.runtime

    async def openapi(self, request: HttpRequest, read_body: ReadBody) -> HttpReply:
        """This description."""
        return json_reply(document(operations(), __version__))

    async def health(self, request: HttpRequest, read_body: ReadBody) -> HttpReply:
        """Alive."""
        return json_reply({"status": "ok"})

    async def ready(self, request: HttpRequest, read_body: ReadBody) -> HttpReply:
        """Whether requests are answered: 503 with the reason while not."""
        runtime = self._loaded()
        if not runtime.ready:
            raise Problem(503, runtime.failure or "halted", "control.halted")
        return json_reply({"status": "ready", "scenario": runtime.scenario.name})

    async def clock(self, request: HttpRequest, read_body: ReadBody) -> HttpReply:
        """Market time and how fast it goes."""
        clock = self._loaded().clock
        return json_reply({"now": clock.now(), "rate": clock.rate})

    async def move_clock(self, request: HttpRequest, read_body: ReadBody) -> HttpReply:
        """Advance or set; answers with what fired on the way."""
        runtime = self._loaded()
        move = await read_json(read_body, ClockMove, "control.clock")
        if (move.advance is None) == (move.set is None):
            raise Problem(
                400, 'give either {"advance": "PT30M"} or {"set": "2026-03-02T09:00:00+10:00"}', "control.clock"
            )
        if move.advance is not None:
            fired = await runtime.advance(move.advance)
        else:
            assert move.set is not None
            fired = await runtime.set_clock(_market_time(move.set))
        return json_reply({"now": runtime.clock.now(), "fired": fired})

    async def reset(self, request: HttpRequest, read_body: ReadBody) -> HttpReply:
        """Back to the scenario's beginning."""
        runtime = self._loaded()
        await runtime.reset()
        return json_reply({"status": "reset", "now": runtime.clock.now()})

    async def messages(self, request: HttpRequest, read_body: ReadBody) -> HttpReply:
        """The ledger; query parameters are filters; NDJSON when asked for."""
        given = _parameters(request, MESSAGES_QUERY)
        told = await evidence.messages(self._loaded(), given)
        if "application/x-ndjson" in request.headers.get("Accept", ""):
            lines = msgspec.json.Encoder().encode_lines(told["messages"])
            return HttpReply(200, lines, "application/x-ndjson")
        return json_reply(told)

    async def inject(self, request: HttpRequest, read_body: ReadBody) -> HttpReply:
        """The body, an aseXML message, is queued for the participant it is addressed to."""
        runtime, given = self._loaded(), _parameters(request, INJECT_QUERY)
        body = await bounded(read_body, runtime.simulation.switches.size_limit, "control.message")
        received = read(body, runtime.schemas)
        to = received.header.receiver if received.header is not None else None
        if to is not None and runtime.scenario.participant(to) is None:
            raise Problem(422, f"the scenario declares no participant {to[:20]!r}", "control.no-participant")
        context_id = await runtime.inject(received, given.get("contextId"))
        return json_reply({"id": f"{to}/{context_id}", "messageContextId": context_id}, 201)

    async def message(self, request: HttpRequest, read_body: ReadBody, key: str) -> HttpReply:
        """One message's timeline."""
        runtime = self._loaded()
        await runtime.wake()
        found = runtime.message(key)
        if found is None:
            raise Problem(404, f"no message goes by {key!r}", "control.no-message")
        return json_reply(found)

    async def diagram(self, request: HttpRequest, read_body: ReadBody) -> HttpReply:
        """A Mermaid sequence diagram of the ledger; query parameters are the filters of messages."""
        runtime = self._loaded()
        await runtime.wake()
        text = mermaid(runtime.messages(0, **_parameters(request, FILTERS)))
        return HttpReply(200, text.encode(), "text/plain; charset=utf-8")

    async def exchanges(self, request: HttpRequest, read_body: ReadBody) -> HttpReply:
        """Every HTTP exchange that is kept, with the rule that answered."""
        given = _parameters(request, EXCHANGES_QUERY)
        return json_reply(await evidence.exchanges(self._loaded(), given))

    async def scenario(self, request: HttpRequest, read_body: ReadBody) -> HttpReply:
        """What is loaded, passwords masked."""
        return json_reply(_masked(self._loaded().scenario))

    async def tell(self, request: HttpRequest, read_body: ReadBody) -> HttpReply:
        """The body is the scenario to tell from now on, from its beginning; one with mistakes changes nothing."""
        runtime, given = self._loaded(), _parameters(request, SCENARIO_QUERY)
        body = await bounded(read_body, MOST_BYTES, "control.scenario")
        scenario = await self.texts.scenario(body, given.get("file", "scenario"))
        await runtime.tell(scenario)
        if self.workspaces is not None:
            self.workspaces.share(runtime)
        return json_reply({"status": "told", "scenario": scenario.name, "now": runtime.clock.now()})

    async def ca(self, request: HttpRequest, read_body: ReadBody) -> HttpReply:
        """The CA to trust."""
        return HttpReply(200, self.certificates.ca.read_bytes(), "application/x-pem-file")

    async def client_bundle(self, request: HttpRequest, read_body: ReadBody, participant: str) -> HttpReply:
        """A participant's certificate and key."""
        certificates = self.certificates
        if participant not in certificates.participants:
            scenario = None if self.runtime is None else self.runtime.scenario
            if scenario is None or scenario.participant(participant) is None:
                raise Problem(404, f"no participant {participant!r} has a certificate here", "control.no-bundle")
            certificates = await asyncio.to_thread(ensure, certificates.directory, [participant], [], wall_time())
        content = bundle(certificates.directory, participant)
        return HttpReply(200, content, "application/zip", (("Cache-Control", "no-store"),))

    # Workspaces

    async def list_workspaces(self, request: HttpRequest, read_body: ReadBody) -> HttpReply:
        """Who is alive beside the default workspace."""
        return json_reply({"workspaces": [_told(name, runtime) for name, runtime in self._outside()]})

    async def make_workspace(self, request: HttpRequest, read_body: ReadBody, name: str) -> HttpReply:
        """A fresh one; the body is its scenario, else it tells this server's. ``clock`` and ``file`` are optional."""
        workspaces, given = self._outside(), _parameters(request, WORKSPACE_QUERY)
        rate = clock_rate(given["clock"]) if "clock" in given else None
        body = await bounded(read_body, MOST_BYTES, "control.scenario")
        if body.strip():
            scenario = await self.texts.scenario(body, given.get("file", "scenario"))
        else:
            scenario = self._loaded().scenario
        fresh = workspaces.find(name) is None
        return json_reply(_told(name, await workspaces.make(name, scenario, rate)), 201 if fresh else 200)

    async def drop_workspace(self, request: HttpRequest, read_body: ReadBody, name: str) -> HttpReply:
        """Gone with everything in it."""
        if not await self._outside().drop(name):
            raise Problem(404, f"no workspace is named {name[:64]!r}", "control.no-workspace")
        return json_reply({"status": "dropped"})

    def _outside(self) -> Workspaces:
        self._loaded()
        if self.workspaces is None:
            raise Problem(404, "workspaces are made and dropped under /_sim/workspaces/ only", "control.nested")
        return self.workspaces


Handler = Callable[..., Awaitable[HttpReply]]


@dataclass(frozen=True, slots=True)
class Route:
    """A control resource: its path below ``/_sim/``, and who answers each verb."""

    pattern: re.Pattern[str]
    shown: str
    verbs: Mapping[str, Handler]
    open: bool = False


def _route(shown: str, open_: bool = False, **verbs: Handler) -> Route:
    pattern = re.escape(shown)
    for name, form in (("id", ".+"), ("name", "[^/]+"), ("participant", "[A-Za-z0-9_]{1,10}")):
        pattern = pattern.replace(re.escape(f"{{{name}}}"), f"({form})")
    return Route(re.compile(pattern), shown, verbs, open_)


ROUTES = (
    _route("openapi.json", GET=Control.openapi),
    _route("health", open_=True, GET=Control.health),
    _route("ready", GET=Control.ready),
    _route("clock", GET=Control.clock, POST=Control.move_clock),
    _route("reset", POST=Control.reset),
    _route("diagram", GET=Control.diagram),
    _route("exchanges", GET=Control.exchanges),
    _route("messages", GET=Control.messages, POST=Control.inject),
    _route("messages/{id}", GET=Control.message),
    _route("workspaces", GET=Control.list_workspaces),
    _route("workspaces/{name}", PUT=Control.make_workspace, DELETE=Control.drop_workspace),
    _route("scenario", GET=Control.scenario, PUT=Control.tell),
    _route("certs/ca.pem", GET=Control.ca),
    _route("certs/{participant}.zip", GET=Control.client_bundle),
)
_DESCRIBED: Mapping[Handler, Mapping[str, Any]] = {
    Control.messages: {"query": MESSAGES_QUERY},
    Control.exchanges: {"query": EXCHANGES_QUERY},
    Control.diagram: {"query": FILTERS, "answers": "text/plain"},
    Control.inject: {"query": INJECT_QUERY, "body": "application/xml", "status": (201,)},
    Control.make_workspace: {"query": WORKSPACE_QUERY, "body": "application/yaml", "status": (200, 201)},
    Control.tell: {"query": SCENARIO_QUERY, "body": "application/yaml"},
    Control.move_clock: {"body": "application/json"},
    Control.ca: {"answers": "application/x-pem-file"},
    Control.client_bundle: {"answers": "application/zip"},
}
"""What is more to say of an operation than its path, its verb and its docstring."""


def operations() -> Iterator[Operation]:
    """Everything the control API does."""
    for route in ROUTES:
        for verb, handler in route.verbs.items():
            about = (handler.__doc__ or "").partition("\n")[0]
            yield Operation(route.shown, verb, about, **_DESCRIBED.get(handler, {}))


def _market_time(when: datetime) -> datetime:
    try:
        return market_time(when)
    except OverflowError:
        raise BadValue("market time ends with the year 9999", rule="clock.range") from None


def _parameters(request: HttpRequest, known: tuple[str, ...]) -> dict[str, str]:
    for name, _ in request.query:
        if name not in known:
            raise Problem(400, f"{name[:40]!r} is no parameter here; known are {', '.join(known)}", "control.filter")
    return dict(request.query)


def _told(name: str, runtime: Runtime) -> dict[str, object]:
    clock = runtime.clock
    return {
        "name": name,
        "path": f"/w/{name}",
        "scenario": runtime.scenario.name,
        "now": clock.now(),
        "rate": clock.rate,
    }


def _masked(scenario: Scenario) -> object:
    participants = tuple(
        replace(p, users=tuple(replace(user, password=REDACTED) for user in p.users))
        for p in scenario.given.participants
    )
    return msgspec.to_builtins(replace(scenario, given=replace(scenario.given, participants=participants)))
