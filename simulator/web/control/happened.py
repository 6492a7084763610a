"""What happened in a simulation: its messages, its exchanges, their diagram; and a message put there by hand."""

from __future__ import annotations

import msgspec

from simulator.asexml.decode import read
from simulator.base.http import HttpReply
from simulator.web import evidence
from simulator.web.control.asked import Asked
from simulator.web.diagram import mermaid, within
from simulator.web.feeding import CONTENT_TYPE, events
from simulator.web.problems import Problem, json_reply
from simulator.web.waiting import cursor, moment

FILTERS = ("from", "to", "messageId", "messageContextId", "transactionGroup")
"""Keys of a message's summary that ``GET messages`` takes as query parameters."""
MESSAGES_QUERY = (*FILTERS, *evidence.WAITING, "step")
DIAGRAM_QUERY = (*FILTERS, "since", "until")
EXCHANGES_QUERY = (*evidence.EXCHANGE_FILTERS, *evidence.WAITING)
EVENTS_QUERY = ("after",)
INJECT_QUERY = ("contextId",)


async def messages(asked: Asked) -> HttpReply:
    """The ledger; query parameters are filters; NDJSON when asked for."""
    told = await evidence.messages(asked.runtime, asked.parameters(MESSAGES_QUERY))
    if "application/x-ndjson" in asked.request.headers.get("Accept", ""):
        lines = msgspec.json.Encoder().encode_lines(told["messages"])
        return HttpReply(200, lines, "application/x-ndjson")
    return json_reply(told)


async def message(asked: Asked) -> HttpReply:
    """One message's timeline."""
    runtime, (key,) = asked.runtime, asked.named
    await runtime.wake()
    found = runtime.message(key)
    if found is None:
        raise Problem(404, f"no message goes by {key!r}", "control.no-message")
    return json_reply(found)


async def inject(asked: Asked) -> HttpReply:
    """The body, an aseXML message, is queued for the participant it is addressed to."""
    runtime, given = asked.runtime, asked.parameters(INJECT_QUERY)
    body = await asked.body(runtime.simulation.switches.size_limit, "control.message")
    received = read(body, runtime.schemas)
    to = received.header.receiver if received.header is not None else None
    if to is not None and runtime.scenario.participant(to) is None:
        raise Problem(422, f"the scenario declares no participant {to[:20]!r}", "control.no-participant")
    context_id = await runtime.inject(received, given.get("contextId"), asked.story)
    return json_reply({"id": f"{to}/{context_id}", "messageContextId": context_id}, 201)


async def diagram(asked: Asked) -> HttpReply:
    """A Mermaid sequence diagram of the ledger; query parameters are the filters of messages, and a stretch of time."""
    runtime, filters = asked.runtime, asked.parameters(DIAGRAM_QUERY)
    since, until = (moment(filters.pop(name, None), name) for name in ("since", "until"))
    await runtime.wake()
    shown = (within(each, since, until) for each in runtime.messages(0, ranked=True, **filters))
    return HttpReply(200, mermaid(shown).encode(), "text/plain; charset=utf-8")


async def exchanges(asked: Asked) -> HttpReply:
    """Every HTTP exchange that is kept, with the rule that answered."""
    return json_reply(await evidence.exchanges(asked.runtime, asked.parameters(EXCHANGES_QUERY)))


async def feed(asked: Asked) -> HttpReply:
    """Server-sent events: messages' steps, exchanges, moves of the clock, what came due; after ``Last-Event-ID``."""
    after = asked.parameters(EVENTS_QUERY).get("after") or asked.request.headers.get("Last-Event-ID") or None
    live = events(asked.runtime, None if after is None else cursor(after))
    return HttpReply(200, content_type=CONTENT_TYPE, headers=(("Cache-Control", "no-store"),), feed=live)
