"""What stands in a scenario and can never happen: rules behind others that take everything, faults that touch nothing.

Only what is certain is told: `ehubsim check` warns of it, and the scenario is good all the same.
"""

from __future__ import annotations

from collections.abc import Mapping

from simulator.scenario.behind import Takers
from simulator.scenario.faults import Hook, Level
from simulator.scenario.match import satisfied
from simulator.scenario.mistakes import Mistake, listed, shown
from simulator.scenario.model import Rule, Scenario
from simulator.scenario.words import EVENTS

Why = tuple[str, str]
"""What is wrong, and what would be right."""
_OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "B2MMessagingPull": ("submitMessages", "submitMessageAcknowledgements", "getMessages", "getQueueMetaData"),
    "HubMessageManagement": ("getAlerts", "ping"),
    "Netstream": ("GetMeterReadings", "token", "discovery"),
}
"""API → its operations, as rules know them."""
_HUB = frozenset((*_OPERATIONS["B2MMessagingPull"], *_OPERATIONS["HubMessageManagement"]))
_BODILESS = frozenset(("ping",))
"""Operations whose reply has no body."""


def warnings(scenario: Scenario) -> tuple[Mistake, ...]:
    """Everything that can never happen, in the order of the file."""
    found: list[Mistake] = []
    takers: dict[tuple[str, bool], Takers] = {}
    for rule in scenario.when:
        earlier = takers.setdefault(_about(rule), Takers())
        why = _never_met(rule) or _waits_in_vain(rule) or _behind(rule, earlier) or _strikes_nothing(rule)
        if why is not None:
            found.append(Mistake(rule.where, f"rule {shown(rule.name)} {why[0]}", why[1]))
        earlier.add(rule)
    return tuple(found)


def _behind(rule: Rule, earlier: Takers) -> Why | None:
    """Why nothing is left for a rule."""
    takers = earlier.before(rule)
    if not takers:
        return None
    names, first = [shown(each.name) for each in takers], takers[0].where.line
    if len(takers) == 1:
        what = f"never answers: {names[0]} takes everything it would"
        return what, f"move it before line {first}, or give that one 'times' or a further criterion"
    what = f"never answers: {', '.join(names[:-1])} and {names[-1]} take everything it would"
    return what, f"move it before line {first}, or give one of them 'times' or a further criterion"


def _about(rule: Rule) -> tuple[str, bool]:
    """Rules of one kind are asked in turn: what it is about, and for messages whether something goes wrong."""
    if rule.request is not None or rule.netstream is not None:
        return ("request" if rule.netstream is None else "netstream"), False
    return ("message" if rule.outgoing is None else "outgoing"), rule.fault is not None


def _never_met(rule: Rule) -> Why | None:
    if _operations(rule):
        return None
    return "never answers: its API has no such operation", "name an operation of that API, or leave one of the two out"


def _waits_in_vain(rule: Rule) -> Why | None:
    """Why what a rule waits for never counts for it: everybody who calls the e-Hub is a participant."""
    if rule.per != "participant" or not _operations(rule) <= _HUB:
        return None
    for event in (after.event for after in rule.state.after):
        if event is not None and not EVENTS[event].party:
            what = f"never answers: it counts per participant, and {shown(event)} is about none"
            return what, "leave out 'per', or wait for another event"
    return None


def _strikes_nothing(rule: Rule) -> Why | None:
    """Why the fault of a rule can touch nothing the rule is about, and what would be right."""
    if rule.fault is None:
        return None
    fault, met = rule.fault.fault, _operations(rule)
    name, where = shown(fault.name), listed(sorted(met))
    if fault.only and not met.intersection(fault.only):
        only = listed(fault.only)
        return f"strikes nothing: {name} happens to {only}, and this is about {where}", f"name {only}, or another fault"
    if fault.level is Level.JSON and met <= _HUB:
        return f"strikes nothing: {name} is of JSON, and the e-Hub answers in XML", "take a fault of XML"
    if fault.hook is Hook.MESSAGE and met <= _BODILESS:
        return f"strikes nothing: {name} is of a body, and a {where} is answered without one", "take a fault of HTTP"
    return None


def _operations(rule: Rule) -> frozenset[str]:
    """The operations in which a rule can be met."""
    if rule.outgoing is not None:
        return frozenset(("getMessages",))
    if rule.netstream is not None:
        return frozenset(("GetMeterReadings",))
    if rule.request is None:
        return frozenset(("submitMessages", "submitMessageAcknowledgements"))
    api, operation = rule.request.api, rule.request.operation
    return frozenset(
        each
        for name, operations in _OPERATIONS.items()
        for each in operations
        if (api is None or satisfied(api, (name,))) and (operation is None or satisfied(operation, (each,)))
    )
