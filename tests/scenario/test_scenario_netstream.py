"""Netstream and readings in scenario files: what is built, and every mistake with its place."""

from __future__ import annotations

from datetime import datetime

import pytest

from simulator.base.clock import MARKET_ZONE
from simulator.netstream.model import Client, Group, UsagePoint, guid
from simulator.scenario.loader import ScenarioMistakes, load
from simulator.scenario.model import Scenario
from simulator.world.irregularities import Irregularity

HEAD = "scenario: x\ngiven:\n"
NEM12 = (
    "100,NEM12,202603031200,METERCO,RETAILA\n"
    "200,4102034567,E1,E1,E1,E1,M1,kWh,30,\n"
    "300,20260302," + ",".join(["0.5"] * 48) + ",A,,,20260303120000,\n900\n"
)


def loaded(text: str, files: dict[str, str] | None = None) -> Scenario:
    def read_file(name: str) -> str:
        if files is None or name not in files:
            raise OSError("there is none")
        return files[name]

    return load(HEAD + text, "f.yaml", read_file=read_file)


def mistakes(text: str, files: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ScenarioMistakes) as raised:
        loaded(text, files)
    return [str(each).removeprefix("f.yaml:") for each in raised.value.mistakes]


def test_everything_of_netstream():
    given = loaded("""\
  netstream:
    tenant: contoso.example
    audience: api://meters
    clients: [{id: app-1, secret: s3cret, usage point groups: [North]}, {id: app-2, secret: x}]
    usage points:
      - {nmi: "4102034567", mrid: 6f1e0f3c-8c1b-4b53-9a53-0c7f6a9d1e11, zone: Australia/Perth}
      - {name: Site, children: ["4102034567", "4102035678"]}
    groups: [{name: North, usage points: [Site, "4102034567"]}]
    meter groups: [{name: Street, mrid: street-1, meters: [M1, M2]}]
""").given.netstream
    assert (given.tenant, given.audience) == ("contoso.example", "api://meters")
    assert given.clients == (Client("app-1", "s3cret", ("North",)), Client("app-2", "x", ("all",)))
    assert given.points == (
        UsagePoint("4102034567", "6f1e0f3c-8c1b-4b53-9a53-0c7f6a9d1e11", "4102034567", "Australia/Perth"),
        UsagePoint("Site", guid("usage-point", "Site"), children=("4102034567", "4102035678")),
    )
    assert given.groups == (Group("North", guid("group", "North"), ("Site", "4102034567")),)
    assert given.meter_groups == (Group("Street", "street-1", ("M1", "M2")),)


def test_odd_readings_in_a_line_each():
    odd = loaded("""\
  readings:
    - {nmi: "4102034567", what: missing, from: "2026-03-02T10:00+10:00", to: "2026-03-02T12:00+10:00", suffix: E1}
    - {nmi: "4102034567", what: meter exchange, from: "2026-03-05T10:00+10:00", meter: M2}
""").given.readings.odd
    start, end = datetime(2026, 3, 2, 10, tzinfo=MARKET_ZONE), datetime(2026, 3, 2, 12, tzinfo=MARKET_ZONE)
    exchange = Irregularity("4102034567", "meter exchange", datetime(2026, 3, 5, 10, tzinfo=MARKET_ZONE), meter="M2")
    assert odd == (Irregularity("4102034567", "missing", start, end, "E1"), exchange)


def test_a_file_of_readings():
    readings = loaded("  readings: [{file: day.csv}]", {"day.csv": NEM12}).given.readings
    assert [(day.nmi, day.suffix, len(day.values)) for day in readings.days] == [("4102034567", "E1", 48)]


CLIENTS = "  netstream: {clients: [%s]}"
POINTS = "  netstream: {usage points: [{%s}]}"
ODD = '  readings: [{nmi: "4102034567"%s}]'
FROM = ', from: "2026-03-02T10:00Z"'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "  netstream: {clients: [{id: a, secret: x, usage point groups: [Nort]}], "
            "groups: [{name: North, usage points: []}]}",
            "3:64: 'Nort' is no group; did you mean 'North'?",
        ),
        ("  netstream: {groups: [{name: North, usage points: [Blok]}]}", "3:52: 'Blok' is no usage point; name a NMI"),
        (
            POINTS % "name: Block",
            "3:30: a usage point without 'nmi'; add it, or 'name' and 'children' of a virtual one",
        ),
        (
            POINTS % 'nmi: "4102034567", children: ["4102035678"]',
            "3:60: both 'nmi' and 'children'; a virtual usage point has no NMI of its own",
        ),
        (CLIENTS % "{id: a, secret: x}, {id: a, secret: z}", "3:50: 'a' a second time; give each a name of its own"),
        (ODD % "", "3:14: odd readings without 'what'; add 'what', or name a 'file'"),
        (ODD % (", what: missing" + FROM), "3:14: 'missing' without 'to'; add 'to'"),
        (ODD % (", what: meter exchange" + FROM), "3:14: 'meter exchange' without 'meter'; add 'meter'"),
        (
            ODD % (", what: skipped" + FROM + ', to: "2026-03-02T09:00Z"'),
            "3:80: 'to' is not after 'from'; put them in order",
        ),
        (
            ODD % (", what: skipped" + FROM + ', to: "2026-03-02T11:00Z", reported: "2026-03-02T11:00Z"'),
            "3:111: a skipped is never reported anew; leave it out, or write missing",
        ),
        ('  readings: [{file: a.csv, nmi: "4102034567"}]', "3:14: a file with further keys; write the file alone"),
        ("  readings: [{file: a.csv}]", "3:21: 'a.csv' cannot be read; there is none"),
    ],
)
def test_mistakes(text, told):
    assert told in mistakes(text)


def test_a_wrong_file_is_told_with_its_line():
    found = mistakes("  readings: [{file: day.csv}]", {"day.csv": NEM12.replace("0.5,0.5", "x,0.5", 1)})
    assert found[0].startswith("3:21: day.csv:3: ")
    assert mistakes("  readings: [{file: day.csv}]", {"day.csv": "hello"})[-1].endswith("begin it with a 100 record")


def test_files_only_where_there_are_any():
    with pytest.raises(ScenarioMistakes, match="came without files"):
        load(HEAD + "  readings: [{file: day.csv}]", "f.yaml")
