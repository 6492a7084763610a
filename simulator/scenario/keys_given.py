"""Keys of a scenario file under ``given``: participants, connection points, populations."""

from __future__ import annotations

from simulator.scenario import vocabulary as words
from simulator.scenario.keys_faults import TLS_PORTS
from simulator.scenario.keys_netstream import NETSTREAM, READINGS
from simulator.scenario.kinds import DAY, DAY_OR_PERIOD, PERIOD, Flag, Text, Whole
from simulator.scenario.later import LATER
from simulator.scenario.shapes import ByForm, Key, ListOf, MapOf, Shape
from simulator.scenario.vocabulary import choice, free
from simulator.world.numbering import MOST_GROWN

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

OBJECTS = Shape(
    "objects",
    (
        Key("role", choice(*words.ROLES), "as which role", required=True, example="FRMP"),
        Key("code", words.OBJECTION, "the objection code", required=True, example="DEBT"),
        Key("to", ListOf(words.REASON, least=1), "change reasons it objects to; left out: all", example=["1000"]),
        Key("withdraws after", PERIOD, "when it takes the objection back; left out: never", example="P1D"),
    ),
)
OBJECTIONS = ByForm(sequence=ListOf(OBJECTS, least=1), mapping=OBJECTS)

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
        Key("never answers", Flag(), "a played participant takes what it is sent and does nothing", example=True),
        Key("objects", OBJECTIONS, "what a played participant objects to as soon as it is requested"),
        Key("delivers readings", PERIOD, "a played provider sends NEM12 so long after each midnight", example="PT6H"),
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

CLASSIFICATION = choice(*words.CLASSIFICATIONS)
CUSTOMER = choice("RESIDENTIAL", "BUSINESS")
THRESHOLD = choice("LOW", "MEDIUM", "HIGH")

POINT = Shape(
    "a NMI",
    (
        Key("nmi", words.NMI, "the NMI without its checksum", required=True, example="4102034567"),
        Key("jurisdiction", choice(*words.JURISDICTIONS), "jurisdiction", required=True, example="NSW"),
        Key("classification", CLASSIFICATION, "NMI classification; left out: SMALL", example="SMALL"),
        Key("status", STATUS, STATUS_DOC, example="A"),
        Key("tni", words.NODE, "transmission node identifier", example="NTNI"),
        Key("dlf", words.LOSS_FACTOR, "distribution loss factor code", example="NDLF"),
        *(
            Key(role.lower(), HELD, f"{doc}, or who held it when", example="RETAILB")
            for role, doc in words.ROLES.items()
        ),
        Key("address", ADDRESS, "where it is; left out: a made-up one"),
        Key("customer class", CUSTOMER, "left out: RESIDENTIAL", example="BUSINESS"),
        Key("customer threshold", THRESHOLD, "left out: LOW", example="LOW"),
        Key("meters", ListOf(METER), "its meters; left out: one of type COMMS4D"),
        Key("data streams", ListOf(STREAM), "left out: one for each energy register"),
        Key("parent", words.CODE, "the embedded network it is a child of", example="NKKK000001"),
    ),
)


def shares(kind: Text) -> ByForm:
    """One value for all, or several with their shares."""
    return ByForm(scalar=kind, mapping=MapOf(kind, Whole(1, 1_000_000), least=1))


PARTY = shares(words.PARTICIPANT)
POPULATION = Shape(
    "a population",
    (
        Key("count", Whole(1, MOST_GROWN), "how many NMIs there are of this kind", required=True, example=500),
        Key("jurisdiction", choice(*words.JURISDICTIONS), "jurisdiction", required=True, example="VIC"),
        Key("classification", shares(CLASSIFICATION), "NMI classification; left out: SMALL", example="SMALL"),
        Key("status", shares(STATUS), STATUS_DOC, example={"A": 97, "D": 3}),
        *(
            Key(role.lower(), PARTY, f"{doc}, or several with their shares", example={"RETAILA": 2, "RETAILB": 3})
            for role, doc in words.ROLES.items()
        ),
        Key(
            "installation type",
            shares(choice(*words.INSTALLATIONS)),
            "of the meters; left out: what is plausible there",
            example={"COMMS4D": 60, "BASIC": 40},
        ),
        Key(
            "customer class",
            shares(CUSTOMER),
            "left out: 88 RESIDENTIAL to 12 BUSINESS",
            example={"RESIDENTIAL": 9, "BUSINESS": 1},
        ),
    ),
)
POPULATIONS = ByForm(sequence=ListOf(POPULATION, least=1), mapping=POPULATION)

GIVEN = Shape(
    "given",
    (
        Key("participants", ListOf(PARTICIPANT), "who is in the market; whoever is not named here is played"),
        Key("nmis", ListOf(POINT), "the connection points of the market"),
        Key("population", POPULATIONS, "connection points that grow from the seed", example={"count": 500}),
        Key("netstream", NETSTREAM, "the Netstream service: who may ask, and for what"),
        Key("readings", READINGS, "readings from files, and what is odd about those that grow from the seed"),
        Key("tls port", TLS_PORTS, "extra ports whose TLS is at fault", example="{fault: expired certificate}"),
    ),
)
