"""What stands in a scenario and can never happen: rules behind others that take everything, faults that touch nothing.

Only what is certain is told: `ehubsim check` warns of it, and the scenario is good all the same.
"""

from __future__ import annotations

from collections.abc import Mapping

from simulator.scenario.criteria import Absent, StateMatch, Wanted
from simulator.scenario.faults import Hook, Level
from simulator.scenario.match import Criterion, criteria, satisfied
from simulator.scenario.mistakes import Mistake, listed, shown
from simulator.scenario.model import Rule, Scenario

Asks = tuple[Criterion, ...]
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
    takers: dict[tuple[str, bool], list[Rule]] = {}
    for rule in scenario.when:
        earlier = takers.setdefault(_about(rule), [])
        why = _never_met(rule) or _behind(rule, earlier) or _strikes_nothing(rule)
        if why is not None:
            found.append(Mistake(rule.where, f"rule {shown(rule.name)} {why[0]}", why[1]))
        if _always(rule):
            earlier.append(rule)
    return tuple(found)


def _behind(rule: Rule, earlier: list[Rule]) -> Why | None:
    """Why nothing is left for a rule."""
    asks = criteria(rule)
    taker = next((each for each in earlier if _takes(criteria(each), asks)), None)
    if taker is None:
        return None
    what = f"never answers: {shown(taker.name)} takes everything it would"
    return what, f"move it before line {taker.where.line}, or give that one 'times' or a further criterion"


def _takes(asks: Asks, later: Asks) -> bool:
    """Whether these are met wherever those of a later rule are."""
    return all(
        any(each.dimension == one.dimension and _implies(each.wanted, one.wanted) for each in later) for one in asks
    )


def _about(rule: Rule) -> tuple[str, bool]:
    """Rules of one kind are asked in turn: what it is about, and for messages whether something goes wrong."""
    if rule.request is not None or rule.netstream is not None:
        return ("request" if rule.netstream is None else "netstream"), False
    return ("message" if rule.outgoing is None else "outgoing"), rule.fault is not None


def _always(rule: Rule) -> bool:
    """Whether nothing but its criteria decides whether it answers."""
    return rule.state == StateMatch() and (rule.times, rule.every, rule.chance) == (None, None, None)


def _implies(narrow: Wanted | None, wide: Wanted | None) -> bool:
    """Whether texts that are as the one wants are as the other wants, too."""
    if narrow == wide:
        return True
    exact = (narrow,) if isinstance(narrow, str) else narrow
    if not isinstance(exact, tuple) or isinstance(wide, Absent):
        return False
    return all(satisfied(wide, (text,)) for text in exact)


def _never_met(rule: Rule) -> Why | None:
    if _operations(rule):
        return None
    return "never answers: its API has no such operation", "name an operation of that API, or leave one of the two out"


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
