"""A market in which one rule has something go wrong, and what its clients see, as values."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

import kit
import netstream_kit
from simulator.base.http import HttpReply
from simulator.scenario.criteria import RequestMatch
from simulator.scenario.faults import BY_NAME, Mishap
from simulator.scenario.model import Rule, Where
from simulator.simulation.mishaps import FaultFired


def rule(
    fault: str, operation: str | None = None, *, times: int | None = None, name: str = "upset", **more: Any
) -> Rule:
    """A rule on requests of an operation, or on what ``more`` names."""
    settings = {key: more.pop(key) for key in list(more) if key in {each.name for each in BY_NAME[fault].settings}}
    about = more or {"request": RequestMatch(operation=operation)}
    return Rule(name, Where("story.yaml", 1), times=times, fault=Mishap(BY_NAME[fault], settings), **about)


def house(*rules: Rule) -> kit.Party:
    """A participant in front of a market with these rules."""
    return kit.Party(kit.runtime(kit.scenario(*rules)))


def portal(*rules: Rule) -> netstream_kit.Portal:
    """A client of Netstream with these rules."""
    return netstream_kit.Portal.open(replace(netstream_kit.story(), when=rules))


def fired(party: kit.Party | netstream_kit.Portal) -> list[FaultFired]:
    """Every firing that the journal holds."""
    return [event for event in party.house.journal.replay() if isinstance(event, FaultFired)]


def shown(party: kit.Party | netstream_kit.Portal) -> tuple[int, str, str]:
    """The latest exchange as the log shows it: status, rule, why."""
    latest = party.house.exchanges[-1]
    return latest.status, latest.rule, latest.why


def nothing_told(reply: HttpReply) -> bool:
    """Whether no byte of a reply is sent."""
    return reply.wire is not None and reply.wire.instead == b"" and bool(reply.wire.ends)
