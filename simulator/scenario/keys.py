"""Every key of a scenario file as data: its kind, what it is for, an example. Validator and schema come from it.

`FILE` is the whole file. `LATER` are the keys that later versions bring.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from simulator.hub.switches import ASSUMPTIONS, Assumption, Switches
from simulator.scenario import vocabulary as words
from simulator.scenario.kinds import DAY, DAY_OR_PERIOD, MOMENT, PERIOD, Flag, Setting, Text, Whole
from simulator.scenario.shapes import ByForm, Key, ListOf, MapOf, Shape
from simulator.scenario.vocabulary import choice, free

LATER: Mapping[str, Mapping[str, str]] = {
    "the file": {
        "at": "the timeline of things that happen at a market time",
        "then": "verdicts on the system under test",
        "rules": "rule tables taken from your own C1 extracts",
        "limits": "flow control and stop files",
    },
    "given": {
        "population": "generated markets",
        "netstream": "the Netstream service",
        "readings": "the Netstream service",
    },
    "a rule": {
        "request": "rules on HTTP requests",
        "fault": "faults",
        "state": "rules on state",
    },
    "message": dict.fromkeys(
        ("group", "priority", "nmi", "role", "release", "receiver", "xpath"), "wider matching of messages"
    ),
    "an answer": dict.fromkeys(
        ("accept", "partial", "delay", "hold", "reorder", "duplicate", "drop", "template", "send", "change", "set"),
        "further reactions",
    ),
    "delivery": {"push": "the push-push API"},
}
"""What the interface promises and this version has not got: key → what it comes with. Such a key is a mistake today."""

RIGHTS = ListOf(choice("*", *words.GROUPS), least=1)
DELIVERY = MapOf(choice(*words.GROUPS), Text("pull", choices=("pull",), later=LATER["delivery"]))

USER = Shape(
    "a user",
    (
        Key("name", words.USER_NAME, "the URM user name", required=True, example="RETAILAB"),
        Key("password", words.PASSWORD, "its password", required=True, example="secret"),
        Key("rights", RIGHTS, "the transaction groups it may use; left out: all", example=["CATS"]),
    ),
)

PARTICIPANT = Shape(
    "a participant",
    (
        Key("id", words.PARTICIPANT, "the participant id", required=True, example="RETAILA"),
        Key("roles", ListOf(choice(*words.ROLES), least=1), "its market roles", required=True, example=["FRMP"]),
        Key("user", words.USER_NAME, "the user name of its only user", example="RETAILAB"),
        Key("password", words.PASSWORD, "the password of that user", example="secret"),
        Key("users", ListOf(USER, least=1), "its users, when there are several or their rights differ"),
        Key("played", Flag(("auto",)), "auto: the simulator acts for it", example="auto"),
        Key("pace", PERIOD, "how long a played participant takes to act", example="PT10M"),
        Key("delivery", DELIVERY, "how messages of a group reach it; left out: pull", example={"CATS": "pull"}),
        Key("release", words.RELEASE, "the aseXML release it is sent; left out: the scenario's", example="r44"),
        Key("certificate", Flag(), "whether its client certificate is demanded; left out: true", example=True),
    ),
    needs=(("user", "password"), ("password", "user")),
)

ADDRESS = Shape(
    "an address",
    (
        Key("suburb", free("a suburb", 46), "suburb, place or locality", required=True, example="PARRAMATTA"),
        Key("state", choice(*words.JURISDICTIONS), "state or territory", required=True, example="NSW"),
        Key("postcode", words.POSTCODE, "post code", required=True, example="2150"),
        Key("house number", words.HOUSE_NUMBER, "house number", example=12),
        Key("house suffix", words.HOUSE_SUFFIX, "letter after the house number", example="A"),
        Key("street name", free("a street name", 45), "street name without its type", example="CHURCH"),
        Key("street type", words.STREET_TYPE, "street type as MSATS abbreviates it", example="ST"),
        Key("flat type", words.FLAT_TYPE, "kind of flat or unit", example="U"),
        Key("flat number", words.FLAT_NUMBER, "number of the flat or unit", example=3),
        Key("lot number", words.LOT_NUMBER, "lot number", example=7),
        Key("building", free("a name", 50), "building or property name", example="RIVER HOUSE"),
        Key("delivery point", words.DELIVERY_POINT, "delivery point identifier", example="54321098"),
    ),
)

REGISTER = Shape(
    "a register",
    (
        Key("id", words.CODE, "the register id", required=True, example="E1"),
        Key("suffix", words.SUFFIX, "NMI suffix; left out: the register id", example="E1"),
        Key("unit", words.UNIT, "unit of measure; left out: KVARH for Q and K, else KWH", example="KWH"),
        Key("network tariff", words.CODE, "network tariff code", example="EA010"),
        Key("time of day", free("a time of day", 10), "INTERVAL, ALLDAY, PEAK, OFFPEAK …", example="INTERVAL"),
        Key("multiplier", words.MULTIPLIER, "what a reading is multiplied by", example=1),
        Key("dial format", words.DIAL_FORMAT, "digits before and after the point", example="8.0"),
        Key("controlled load", free("a text", 100), "NO, or what load it controls", example="NO"),
        Key("consumption type", choice("Actual", "Cumulative"), "what a reading of it is", example="Actual"),
        Key("status", choice("C", "R"), "C current, R removed", example="C"),
    ),
)
REGISTERS = ListOf(ByForm(scalar=words.SUFFIX, mapping=REGISTER), least=1)
INTERVAL = Whole(1, 30, choices=(1, 5, 10, 15, 30))

METER = Shape(
    "a meter",
    (
        Key("serial", words.SERIAL, "meter serial number", required=True, example="M1"),
        Key("registers", REGISTERS, "its registers, as suffixes or with all they have", example=["E1", "B1"]),
        Key("interval", INTERVAL, "minutes of an interval meter; left out: 5", example=5),
        Key("installation type", choice(*words.INSTALLATIONS), "left out: COMMS4D", example="BASIC"),
        Key("read type", words.READ_TYPE, "how, and how often, it is read", example="RWDA"),
        Key("status", choice("C", "R", "D"), "C current, R removed, D remotely disconnected", example="C"),
        Key("manufacturer", free("a manufacturer", 15), "manufacturer", example="ACME"),
        Key("model", free("a model", 12), "model", example="A1"),
        Key("next scheduled read", DAY_OR_PERIOD, "a date, or a period after the beginning", example="P30D"),
    ),
)

STREAM = Shape(
    "a data stream",
    (
        Key("suffix", words.SUFFIX, "NMI suffix", required=True, example="E1"),
        Key("type", choice("Interval", "Consumption"), "what readings it takes", example="Interval"),
        Key("profile", words.CODE, "profile name", example="NOPROF"),
        Key("average daily load", Whole(0, 9_999_999_999), "kWh a day", example=16),
        Key("status", choice("A", "I"), "A active, I inactive", example="A"),
        Key("from", DAY, "first market day; left out: always", example="2020-01-01"),
        Key("to", DAY, "last market day; left out: for ever", example="2030-12-31"),
    ),
)

HOLDER = Shape(
    "a role",
    (
        Key("party", words.PARTICIPANT, "who holds the role", required=True, example="RETAILB"),
        Key("from", DAY, "first market day; left out: always", example="2020-01-01"),
        Key("to", DAY, "last market day; left out: for ever", example="2030-12-31"),
    ),
)
HELD = ByForm(scalar=words.PARTICIPANT, sequence=ListOf(HOLDER, least=1), mapping=HOLDER)

STATUS = choice("A", "D", "X", "G", "N")
STATUS_DOC = "A active, D de-energised, X extinct, G greenfield, N off-market; left out: A"

POINT = Shape(
    "a NMI",
    (
        Key("nmi", words.NMI, "the NMI without its checksum", required=True, example="4102034567"),
        Key("jurisdiction", choice(*words.JURISDICTIONS), "jurisdiction", required=True, example="NSW"),
        Key("classification", choice(*words.CLASSIFICATIONS), "NMI classification; left out: SMALL", example="SMALL"),
        Key("status", STATUS, STATUS_DOC, example="A"),
        Key("tni", words.NODE, "transmission node identifier", example="NTNI"),
        Key("dlf", words.LOSS_FACTOR, "distribution loss factor code", example="NDLF"),
        *(
            Key(role.lower(), HELD, f"{doc}, or who held it when", example="RETAILB")
            for role, doc in words.ROLES.items()
        ),
        Key("address", ADDRESS, "where it is; left out: a made-up one"),
        Key("customer class", choice("RESIDENTIAL", "BUSINESS"), "left out: RESIDENTIAL", example="BUSINESS"),
        Key("customer threshold", choice("LOW", "MEDIUM", "HIGH"), "left out: LOW", example="LOW"),
        Key("meters", ListOf(METER), "its meters; left out: one of type COMMS4D"),
        Key("data streams", ListOf(STREAM), "left out: one for each energy register"),
        Key("parent", words.CODE, "the embedded network it is a child of", example="NKKK000001"),
    ),
)

REJECT = Shape(
    "reject",
    (
        Key("code", Whole(1, 99_999), "the event code", required=True, example=1100),
        Key("explanation", free("an explanation", 1000), "what the event says", required=True, example="Not today"),
        Key("severity", choice("Error", "Fatal"), "severity of the event; left out: Error", example="Error"),
    ),
)

ANSWER = Shape(
    "an answer", (Key("reject", REJECT, "refuse it with a business event"),), LATER["an answer"], least=1, most=1
)

MATCHED = MapOf(words.ELEMENT, free("a text in quotes", 1000))
MATCHED_DOC = "elements, or paths of them, with the text they must have"

MESSAGE = Shape(
    "message",
    (
        Key("transaction", choice(*words.TRANSACTIONS), "name of the transaction", example="CATSChangeRequest"),
        Key("from", words.PARTICIPANT, "who sent it", example="RETAILA"),
        Key("fields", MATCHED, MATCHED_DOC, example={"ChangeReasonCode": "1000"}),
    ),
    LATER["message"],
    least=1,
)

RULE = Shape(
    "a rule",
    (
        Key("name", words.NAME, "what reports call it; left out: rule and its number", example="Refused once"),
        Key("message", MESSAGE, "what a message must have", required=True, example="{transaction: CATSChangeRequest}"),
        Key("times", Whole(1, 1_000_000), "how often it answers; left out: always", example=1),
        Key("answer", ListOf(ANSWER, least=1), "what it answers", required=True, example="[{reject: {code: 1100, …}}]"),
    ),
    LATER["a rule"],
)


def _switch(assumption: Assumption) -> Key:
    default = next(each.default for each in fields(Switches) if each.name == assumption.switch)
    make = int if isinstance(default, int) else str
    name = assumption.switch.replace("_", " ")
    spellings = (assumption.switch,) if assumption.switch != name else ()
    doc = f"{assumption.reason}; left out: {assumption.default}"
    return Key(name, Setting(assumption.choices, make), doc, spellings=spellings)


def switch_of(key: str) -> str:
    """The name of a switch from the spelling of a file: ``lockout after`` → ``lockout_after``."""
    return key.replace(" ", "_")


ASSUME = Shape("assume", tuple(map(_switch, ASSUMPTIONS)))

GIVEN = Shape(
    "given",
    (
        Key("participants", ListOf(PARTICIPANT), "who is in the market; whoever is not named here is played"),
        Key("nmis", ListOf(POINT), "the connection points of the market"),
    ),
    LATER["given"],
)

FILE = Shape(
    "the file",
    (
        Key("scenario", words.NAME, "the name of the story", required=True, example="A customer changes retailer"),
        Key("about", Text("a text", longest=10_000, lines=True), "what happens, in a few sentences"),
        Key("release", words.RELEASE, "the aseXML release AEMO writes; left out: r46", example="r46"),
        Key("seed", Whole(0, 999_999_999_999), "everything left to chance grows from it; left out: 0", example=7),
        Key("clock", MOMENT, "market time at the beginning; left out: now", example="2026-03-02T09:00:00+10:00"),
        Key("assume", ASSUME, "switches for what AEMO's documents leave open"),
        Key("given", GIVEN, "the market as the story begins"),
        Key("when", ListOf(RULE), "rules: the first that fits answers; if none does, the market answers"),
    ),
    LATER["the file"],
)
