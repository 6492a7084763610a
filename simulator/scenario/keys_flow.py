"""Keys of a scenario file for flow control: limits, processing rates, throttling, and stop files in the timeline."""

from __future__ import annotations

from simulator.hub.limits import INBOUND, KINDS
from simulator.scenario import vocabulary as words
from simulator.scenario.kinds import PERIOD, Whole
from simulator.scenario.shapes import ByForm, Key, ListOf, MapOf, Shape
from simulator.scenario.vocabulary import choice

_COUNT = Whole(1, 10_000_000)
LIMIT = ByForm(
    scalar=_COUNT,
    mapping=Shape(
        "a limit",
        (
            Key("upper", _COUNT, "a stop file is raised when so many are reached", required=True, example=100),
            Key("lower", _COUNT, "it is cleared when there are fewer; left out: as upper", example=80),
        ),
    ),
)
_ABOUT = {
    "CR": "change requests of a participant on a business day",
    "CR NOTIFICATION": "notifications a participant is sent on a business day",
    "NSRD NOTIFICATION": "changes of next scheduled read dates that are not processed",
    "NSRD RESPONSE": "answers to them that are not acknowledged",
    "OUTBOX FILE": "messages for a participant that are not acknowledged",
    "REPORT": "reports that are not processed",
}
_KINDS = tuple(Key(kind, LIMIT, _ABOUT[kind], example=10) for kind in KINDS)
OWN = Shape("limits of a participant", _KINDS, least=1)
GROUP = Shape(
    "a participant group",
    (
        Key("name", words.NAME, "the name of the group", required=True, example="RETAIL"),
        Key("members", ListOf(words.PARTICIPANT, least=1), "counted together", required=True, example=["RETAILA"]),
        *_KINDS,
    ),
)
LIMITS = Shape(
    "limits",
    (
        *_KINDS,
        Key("participants", MapOf(words.PARTICIPANT, OWN), "limits of single participants"),
        Key("groups", ListOf(GROUP, least=1), "participant groups: their members are counted and stopped together"),
    ),
)
PROCESSING = MapOf(choice(*INBOUND), PERIOD, least=1)
THROTTLE = Shape(
    "throttle",
    (
        Key("requests", Whole(1, 1_000_000), "how many requests of a participant to an API", required=True, example=1),
        Key("per", PERIOD, "in which time; left out: PT1S", example="PT1S"),
        Key("burst", Whole(1, 1_000_000), "how many of them at once; left out: as requests", example=1),
        Key(
            "apis",
            ListOf(choice("B2MMessagingPull", "HubMessageManagement"), least=1),
            "which APIs; left out: all",
            example=["B2MMessagingPull"],
        ),
    ),
)
FLOW = (
    Key("limits", LIMITS, "how much may pile up until a stop file is raised; left out: as a real answer has it"),
    Key("processing", PROCESSING, "how long AEMO takes for one request of a kind; left out: no time"),
    Key("throttle", THROTTLE, "how often an API may be called: more is answered 429; left out: as often as one likes"),
)
STOP_FILE = Shape(
    "a stop file",
    (
        Key("participant", words.PARTICIPANT, "whom it stops", required=True, example="RETAILA"),
        Key("cause", choice(*KINDS), "what it is about", required=True, example="OUTBOX FILE"),
        Key("type", choice("B2MStopFile", "B2BStopFile"), "left out: B2MStopFile", example="B2MStopFile"),
    ),
)
SET_LIMIT = Shape(
    "a limit from now on",
    (
        Key("cause", choice(*KINDS), "what it is about", required=True, example="OUTBOX FILE"),
        Key("upper", _COUNT, "a stop file is raised when so many are reached", required=True, example=100),
        Key("lower", _COUNT, "it is cleared when there are fewer; left out: as upper", example=80),
        Key("participant", words.PARTICIPANT, "whose, or whose group's; left out: all without their own", example="A"),
    ),
)
STOP_FILES = (
    Key("raise stop file", STOP_FILE, "a stop file stands until it is cleared"),
    Key("clear stop file", STOP_FILE, "a stop file is cleared; one whose count is at its limit rises again"),
    Key("set limit", SET_LIMIT, "how much may pile up is another number from now on"),
)
