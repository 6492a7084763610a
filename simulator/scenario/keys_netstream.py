"""Keys of a scenario file about Netstream and readings: ``given: {netstream: …, readings: …}``."""

from __future__ import annotations

from simulator.scenario import vocabulary as words
from simulator.scenario.kinds import MOMENT, Text
from simulator.scenario.shapes import Key, ListOf, Shape
from simulator.scenario.vocabulary import choice, formed, free
from simulator.world.irregularities import KINDS

MRID = formed("an mRID: up to 64 letters, digits, points and hyphens", "[A-Za-z0-9.{}_-]{1,64}")
CLIENT_ID = formed("an application id without blanks", "[!-9;-~]{1,64}")
TENANT = formed("a tenant id or domain", "[A-Za-z0-9][A-Za-z0-9.-]{0,63}")
AUDIENCE = formed("a resource such as api://netstream", "[A-Za-z][A-Za-z0-9+.-]*://[!-~]{1,200}")
MEMBER = free("the name or NMI of a usage point", 64)
ZONES = choice(
    *(f"Australia/{place}" for place in ("Sydney", "Melbourne", "Brisbane", "Adelaide", "Hobart", "Canberra")),
    *(f"Australia/{place}" for place in ("Darwin", "Perth", "Broken_Hill", "Eucla", "Lindeman", "Lord_Howe")),
)
GROUPS_DOC = "the groups of usage points it may see; left out: all"

CLIENT = Shape(
    "a client",
    (
        Key("id", CLIENT_ID, "the application id", required=True, example="app-1"),
        Key("secret", Text("a secret", secret=True), "its client secret", required=True, example="s3cret"),
        Key("usage point groups", ListOf(free("a group", 64)), GROUPS_DOC, example=["all"]),
    ),
)

USAGE_POINT = Shape(
    "a usage point",
    (
        Key("nmi", words.NMI, "the NMI of a physical usage point", example="4102034567"),
        Key("name", free("a name", 64), "what it is called; left out: its NMI", example="Block A"),
        Key("mrid", MRID, "its mRID; left out: one made of its name", example="6f1e0f3c-8c1b-4b53-9a53-0c7f6a9d1e11"),
        Key("zone", ZONES, "its time zone; left out: that of the jurisdiction", example="Australia/Sydney"),
        Key("children", ListOf(MEMBER, least=1), "a virtual one: the usage points it sums up", example=["4102034567"]),
    ),
    least=1,
)

GROUP = Shape(
    "a group",
    (
        Key("name", free("a name", 64), "what the group is called", required=True, example="North"),
        Key("mrid", MRID, "its mRID; left out: one made of its name"),
        Key("usage points", ListOf(MEMBER), "its members", required=True, example=["4102034567"]),
    ),
)

METER_GROUP = Shape(
    "a meter group",
    (
        Key("name", free("a name", 64), "what the group is called", required=True, example="Street"),
        Key("mrid", MRID, "its mRID; left out: one made of its name"),
        Key("meters", ListOf(words.SERIAL), "serial numbers of its meters", required=True, example=["M1"]),
    ),
)

NETSTREAM = Shape(
    "netstream",
    (
        Key("tenant", TENANT, "the tenant id; left out: one made up"),
        Key("audience", AUDIENCE, "the only resource taken in tokens; left out: Graph's and any api:// one"),
        Key("clients", ListOf(CLIENT), "registered applications"),
        Key("usage points", ListOf(USAGE_POINT), "more about usage points, and virtual ones; every NMI is one anyway"),
        Key("groups", ListOf(GROUP), "groups of usage points; all is always there"),
        Key("meter groups", ListOf(METER_GROUP), "groups of meters"),
    ),
)

READING = Shape(
    "a reading",
    (
        Key("file", free("the name of a file beside this one", 200), "a NEM12 or NEM13 file", example="solar.csv"),
        Key("nmi", words.NMI, "whose readings are odd", example="4102034567"),
        Key("what", choice(*KINDS), "what is odd about them", example="missing"),
        Key("from", MOMENT, "from when on", example="2026-03-02T10:00:00+10:00"),
        Key("to", MOMENT, "until when", example="2026-03-02T12:00:00+10:00"),
        Key("suffix", words.SUFFIX, "of which register; left out: all", example="E1"),
        Key("reported", MOMENT, "when the real readings arrive after all", example="2026-03-05T08:00:00+10:00"),
        Key("meter", words.SERIAL, "the new meter of a meter exchange", example="M2"),
    ),
    least=1,
)
READINGS = ListOf(READING)
