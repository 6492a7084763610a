"""Keys of a scenario file for what happens by itself: the timeline ``at``, and what played participants do."""

from __future__ import annotations

from simulator.scenario import vocabulary as words
from simulator.scenario.keys_flow import STOP_FILES
from simulator.scenario.keys_given import ADDRESS, CLASSIFICATION, CUSTOMER, METER, STATUS, STREAM, THRESHOLD
from simulator.scenario.keys_rules import CHANGE_ENTRY, SEND_ENTRY, SET
from simulator.scenario.kinds import DAY, DAY_OR_PERIOD, MOMENT, PERIOD, Flag, Whole
from simulator.scenario.shapes import ByForm, Key, ListOf, MapOf, Shape
from simulator.scenario.vocabulary import choice

_NMI = Key("nmi", words.NMI, "the NMI of the change request", required=True, example="4102034567")
_WHICH = Key("reason", words.REASON, "its change reason, if the NMI has several; left out: the latest", example="1000")
_ROLE = choice(*words.ROLES)

OBJECT = Shape(
    "object",
    (
        _NMI,
        Key("role", _ROLE, "as which role", required=True, example="FRMP"),
        Key("code", words.OBJECTION, "the objection code", required=True, example="DEBT"),
        Key("participant", words.PARTICIPANT, "left out: who holds the role, or is nominated", example="RETAILB"),
        _WHICH,
    ),
)
WITHDRAW_OBJECTION = Shape(
    "withdraw objection",
    (
        _NMI,
        Key("participant", words.PARTICIPANT, "whose; left out: everybody's", example="RETAILB"),
        Key("role", _ROLE, "lodged as which role; left out: any", example="FRMP"),
        Key("code", words.OBJECTION, "with which code; left out: any", example="DEBT"),
    ),
)
WITHDRAW = Shape("withdraw", (_NMI, _WHICH))
SENT_METER = Shape("a meter", tuple(key for key in METER.keys if key.name != "interval"))
SUBMIT = Shape(
    "submit",
    (
        Key("participant", words.PARTICIPANT, "who sends it", required=True, example="RETAILB"),
        Key("reason", words.REASON, "change reason code", required=True, example="1000"),
        Key("nmi", words.NMI, "the NMI without its checksum", required=True, example="4102034567"),
        Key("proposed", DAY_OR_PERIOD, "proposed date, or a period after the day it is sent", example="P10D"),
        Key("actual", DAY_OR_PERIOD, "actual change date, or a period after that day", example="2026-02-20"),
        Key("actual end", DAY, "actual end date", example="2026-02-28"),
        Key("read type", words.REQUEST_READ_TYPE, "which read is wanted", example="SP"),
        Key("answers", Flag(), "whether it answers, or edits, the unfinished request of the NMI", example=True),
        Key("roles", MapOf(_ROLE, words.PARTICIPANT, least=1), "who is nominated", example={"FRMP": "RETAILB"}),
        Key("jurisdiction", choice(*words.JURISDICTIONS), "jurisdiction", example="NSW"),
        Key("classification", CLASSIFICATION, "NMI classification", example="SMALL"),
        Key("status", STATUS, "NMI status", example="A"),
        Key("tni", words.NODE, "transmission node identifier", example="NTNI"),
        Key("dlf", words.LOSS_FACTOR, "distribution loss factor code", example="NDLF"),
        Key("address", ADDRESS, "where it is"),
        Key("customer class", CUSTOMER, "customer classification", example="BUSINESS"),
        Key("customer threshold", THRESHOLD, "customer threshold", example="LOW"),
        Key("parent", words.CODE, "the embedded network it is a child of", example="NKKK000001"),
        Key("meters", ListOf(SENT_METER, least=1), "meters with their registers"),
        Key("data streams", ListOf(STREAM, least=1), "data streams"),
    ),
    one_of=(("proposed", "actual"),),
)
SUPPLY_READ = Shape(
    "supply read",
    (
        _NMI,
        Key("date", DAY_OR_PERIOD, "the actual change date; left out: the day it is sent", example="2026-03-16"),
        Key("participant", words.PARTICIPANT, "left out: the metering data provider", example="METERCO"),
    ),
)
OUTAGE = ByForm(
    scalar=PERIOD,
    mapping=Shape(
        "outage",
        (
            Key("for", PERIOD, "how long", required=True, example="PT5M"),
            Key("status", Whole(400, 599), "what is answered meanwhile; left out: 500", example=503),
        ),
    ),
)
ACTIONS = (
    Key("object", OBJECT, "a played participant objects"),
    Key("withdraw objection", WITHDRAW_OBJECTION, "played participants take objections back"),
    Key("withdraw", WITHDRAW, "the played initiator takes a change request back"),
    Key("submit", SUBMIT, "a played participant sends a change request"),
    Key("supply read", SUPPLY_READ, "the played metering data provider gives the actual change date"),
    *STOP_FILES,
    Key("outage", OUTAGE, "no request is answered well for so long", example="PT5M"),
    Key("set", SET, "set a flag, or flags to values", example="busy"),
    Key("send", SEND_ENTRY, "AEMO sends a message"),
    Key("change", CHANGE_ENTRY, "standing data of a NMI is another from now on, and nobody is told"),
    Key("release", words.NAME, "what rules hold under this name can be seen", example="late answers"),
)

ENTRY = Shape(
    "an entry of the timeline",
    (
        Key("after", PERIOD, "how long after the beginning it happens", example="PT10M"),
        Key("at", MOMENT, "when it happens", example="2026-03-03T10:00:00+10:00"),
        *ACTIONS,
    ),
    one_of=(("after", "at"), tuple(key.name for key in ACTIONS)),
)
