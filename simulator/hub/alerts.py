"""What getAlerts answers: stop files that stand, and acknowledgements that were bad and have not been put right.

B2M stop files are the caller's own. B2B's are everybody's, for a sender must know which receivers are stopped.
Source: HubMessageManagement v2 and v1 API descriptions; how a badack shows is a switch.
"""

from __future__ import annotations

from collections.abc import Iterable

from simulator.base.turn import Turn
from simulator.hub import post
from simulator.hub.commands import Alert, Alerts, ListAlerts
from simulator.hub.events import AcknowledgementRefused
from simulator.hub.flow import B2B, B2M, BADACK, Flow
from simulator.hub.switches import Switches

_CAUSE = 80
CONTEXT_ID, MESSAGE_ID = 50, 36
"""How long the hub management schema lets what was named be: longer ones, which were the fault, are cut."""


def alerts(
    asked: ListAlerts,
    flow: Flow,
    badacks: Iterable[AcknowledgementRefused],
    switches: Switches,
    release: str,
    turn: Turn,
) -> Alerts:
    """The alerts of a caller. ``badacks`` are those of the caller's that nothing has put right yet."""
    caller = asked.caller.participant
    whose = (asked.query_participant or None) if asked.alert_type == B2B else caller
    found = [
        Alert(asked.alert_type, participant, stop.kind, stop.at, f"{participant.lower()}.stp")
        for participant, stop in flow.standing(asked.alert_type, whose)
    ]
    bad = tuple(badacks) if asked.alert_type == B2M and switches.badack_in_alerts != "off" else ()
    if switches.badack_in_alerts == "flow control alert":
        found += [Alert(BADACK, caller, _cause(each), each.at) for each in bad]
        bad = ()
    asking = (asked.alert_type, asked.query_participant or "", asked.transaction_id or "", release)
    serial = post.number(turn.draw, "alerts", caller, turn.now.isoformat(), *asking, *map(repr, (*found, *bad)))
    return Alerts(asked, tuple(found), bad, f"NEMMCO-MSG-{serial}", f"HMGT-{serial}", release, turn.now)


def _cause(badack: AcknowledgementRefused) -> str:
    return f"BADACK {badack.context_id[:CONTEXT_ID]} event {badack.code} {badack.rule}"[:_CAUSE]
