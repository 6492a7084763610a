"""How strictly a workspace judges what it is sent, and the only list of what may be overlooked.

strict    everything is judged as documented: the default, because a test that passes should mean something
lenient   what a forgiving reader would take is taken
observe   whatever can be taken is taken: for learning what a system does, all of it, in one run

What was overlooked is an event, a step in the ledger, and the reason of the exchange. Who somebody is, what they may,
sizes and what cannot be read safely are judged in each of them; so is what the market decides about a request.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from simulator.asexml.model import Finding, Received
from simulator.base.turn import Turn
from simulator.hub.commands import Acknowledge, Acknowledged, Submit
from simulator.hub.events import FindingOverlooked

STRICTNESS = ("strict", "lenient", "observe")
MOST_TOLD = 20
"""Findings of one message that are told."""


class Relaxed(msgspec.Struct, frozen=True):
    """A rule that is relaxed, from which strictness on, and what happens then."""

    rule: str
    since: str
    effect: str


_TAKEN, _LEFT = "the value is taken as it is", "what is not expected is left alone"
_ENVELOPE = "the message is taken for what its header says"
RELAXED: tuple[Relaxed, ...] = (
    Relaxed("asexml.order", "lenient", _LEFT),
    Relaxed("asexml.attribute", "lenient", _LEFT),
    Relaxed("asexml.enumeration", "lenient", _TAKEN),
    Relaxed("asexml.length", "lenient", _TAKEN),
    Relaxed("asexml.pattern", "lenient", _TAKEN),
    Relaxed("asexml.range", "lenient", _TAKEN),
    Relaxed("asexml.digits", "lenient", _TAKEN),
    Relaxed("asexml.version", "lenient", "the transaction is read as its release has it"),
    Relaxed("hub.context-mismatch", "lenient", _ENVELOPE),
    Relaxed("hub.context-reused", "lenient", "the messageContextID stands for the later message"),
    Relaxed("http.mandatory-header", "lenient", "X-market is NEM, Accept is XML; no other header"),
    Relaxed("asexml.missing", "observe", "what is missing is taken for absent"),
    Relaxed("asexml.text", "observe", _LEFT),
    Relaxed("asexml.nil", "observe", "a nil element is taken for absent"),
    Relaxed("asexml.type", "observe", _TAKEN),
    Relaxed("asexml.xsi-type", "observe", _LEFT),
    Relaxed("asexml.schema", "observe", _LEFT),
    Relaxed("asexml.official-schema", "observe", _LEFT),
    Relaxed("asexml.group", "observe", "the transaction is processed whatever its group"),
    Relaxed("hub.context-form", "observe", _ENVELOPE),
    Relaxed("hub.market", "observe", "the market is taken for NEM"),
    Relaxed("hub.undescribed", "observe", "the transaction is taken without an answer"),
    Relaxed("hub.mack-context", "observe", "the messages it names are acknowledged"),
    Relaxed("hub.mack-unknown", "observe", "the other messages it names are acknowledged"),
    Relaxed("hub.mack-unfetched", "observe", "the message is acknowledged"),
)
_SINCE = {each.rule: STRICTNESS.index(each.since) for each in RELAXED}


def overlooks(strictness: str, rule: str) -> bool:
    """Whether a finding of that rule is no reason to refuse."""
    return _SINCE.get(rule, len(STRICTNESS)) <= STRICTNESS.index(strictness)


Named = tuple[str | None, str | None]
MISNAMED = frozenset(("hub.mack-unknown", "hub.mack-context", "hub.mack-unfetched"))
"""Rules about what acknowledgements name."""
Sifted = tuple[tuple[Finding, ...], tuple[Finding, ...]]


def sifted(findings: Iterable[Finding], received: Received, strictness: str) -> Sifted:
    """(what refuses the message, what is overlooked). Nothing is of a message whose header cannot be read."""
    found = tuple(findings)
    if strictness == "strict" or received.header is None:
        return found, ()
    kept = tuple(each for each in found if not overlooks(strictness, each.rule))
    return kept, tuple(each for each in found if overlooks(strictness, each.rule))


def noted(
    reply: Acknowledged,
    overlooked: tuple[Finding, ...],
    command: Submit | Acknowledge,
    turn: Turn,
    named: Named = (None, None),
) -> Acknowledged:
    """The reply to what was taken over in spite of findings, which become events. ``named``: see `named_by`."""
    if not overlooked:
        return reply
    for each in overlooked[:MOST_TOLD]:
        by, message_id = command.caller.participant, command.received.message_id or ""
        told = (each.code, each.rule, each.explanation, each.line)
        about = (isinstance(command, Acknowledge), *(named if each.rule in MISNAMED else (None, None)))
        turn.emit(FindingOverlooked(turn.now, by, command.context_id, message_id, *told, *about))
    more = f" (and {len(overlooked) - 1} more)" if len(overlooked) > 1 else ""
    why = f"overlooked {overlooked[0].rule}: {overlooked[0].explanation}{more}"
    return replace(reply, why=why)
