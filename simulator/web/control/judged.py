"""The verdict on the system under test, judged now; and the stop files that stand in its way."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from simulator.base.http import HttpReply
from simulator.hub.limits import KINDS
from simulator.hub.record import Record
from simulator.runtime import Runtime
from simulator.scenario.verdict import Finding
from simulator.web.control.asked import Asked
from simulator.web.diagram import mermaid
from simulator.web.problems import Problem, json_reply

ALERT_TYPES = ("B2MStopFile", "B2BStopFile")


class StopFile(msgspec.Struct, forbid_unknown_fields=True):
    """Body of ``POST stop-files``."""

    participant: str
    cause: str
    type: str = "B2MStopFile"


STOP_FILE = {
    "type": "object",
    "required": ["participant", "cause"],
    "properties": {
        "participant": {"type": "string", "description": "one the scenario declares"},
        "cause": {"enum": list(KINDS)},
        "type": {"enum": list(ALERT_TYPES)},
    },
    "additionalProperties": False,
}
"""`StopFile` as JSON Schema."""


async def verdict(asked: Asked) -> HttpReply:
    """The scenario's expectations, judged now: pass, fail with its evidence, or cannot know."""
    runtime = asked.runtime
    judged = await runtime.verdict(asked.story)
    records = {record.key: record for record in (asked.story or runtime.simulation).ledger.records()}
    findings = tuple(_drawn(finding, records) for finding in judged.findings)
    return json_reply(replace(judged, findings=findings).summary())


def _drawn(finding: Finding, records: dict[str, Record]) -> Finding:
    """A finding that fails, with the part of the diagram it is about: the messages, and what happened without one."""
    if finding.outcome != "fail":
        return finding
    concerned = (records[key] for key in finding.messages if key in records)
    besides = [(each.at.isoformat(), each.what) for each in finding.evidence if each.message not in records]
    return replace(finding, diagram=mermaid((record.ranked() for record in concerned), besides))


async def stop_files(asked: Asked) -> HttpReply:
    """Every stop file that stands."""
    runtime = asked.runtime
    await runtime.wake()
    standing = runtime.simulation.hub.flow.by_name()
    told: list[dict[str, Any]] = [
        {
            "id": name,
            "participant": stop.unit,
            "cause": stop.kind,
            "type": stop.alert_type,
            "since": stop.at.isoformat(),
            "byHand": stop.by_hand,
        }
        for name, stop in standing.items()
    ]
    return json_reply({"stopFiles": told})


async def raise_stop_file(asked: Asked) -> HttpReply:
    """A stop file stands until it is cleared."""
    runtime, wanted = asked.runtime, await asked.json(StopFile, "control.stop-file")
    _one_of("cause", wanted.cause, KINDS)
    _one_of("type", wanted.type, ALERT_TYPES)
    _declared(runtime, wanted.participant)
    name = await runtime.raise_stop_file(wanted.participant, wanted.cause, wanted.type, asked.story)
    return json_reply({"id": name}, 201)


async def clear_stop_file(asked: Asked) -> HttpReply:
    """Clear a stop file; one whose count is at its limit rises again."""
    (name,) = asked.named
    again = await asked.runtime.clear_stop_file(name, asked.story)
    if again is None:
        raise Problem(404, f"no stop file {name[:80]!r} stands", "control.no-stop-file")
    return json_reply({"status": "raised again" if again else "cleared"})


def _one_of(member: str, given: str, known: tuple[str, ...]) -> None:
    if given not in known:
        raise Problem(400, f"{member} {given[:20]!r} is none of {', '.join(known)}", "control.stop-file")


def _declared(runtime: Runtime, participant: str) -> None:
    if runtime.scenario.participant(participant) is None:
        raise Problem(422, f"the scenario declares no participant {participant[:20]!r}", "control.no-participant")
