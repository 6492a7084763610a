"""The shipped tables: whole, consistent with each other, every row with source and confidence; replaceable."""

import re
from pathlib import Path

import pytest
from market_kit import VIC_NMI, Bench, change, codes, request_id
from msgspec.structs import replace

import simulator.market
import simulator.world
from simulator.asexml.model import element
from simulator.market.lifecycle import WAYS
from simulator.market.market import Market
from simulator.market.rules import Notice, Rules, shipped_rules
from simulator.market.tables import TABLES, shipped, spread
from simulator.world.model import ConnectionPoint, Meter
from simulator.world.requests import FINISHED

CONFIDENCE = {"D", "C", "S", "R+", "R", "R-"}
RULES = shipped_rules()


@pytest.mark.parametrize("table", TABLES)
def test_every_row_says_how_sure_it_is_and_where_from(table):
    rows = shipped()[table]
    assert rows
    for row in rows:
        assert row["confidence"] in CONFIDENCE
        assert row["source"]
        assert None not in row.values()


@pytest.mark.parametrize("table", [name for name in TABLES if name.endswith("_rules") and name != "event_rules"])
def test_rules_speak_of_reasons_roles_and_statuses_that_exist(table):
    known = {
        "ChangeReasonCode": set(RULES.reasons),
        "Role": RULES.codes["roles"],
        "RoleStatus": {"N", "C"},
        "ChangeStatusCode": RULES.codes["change_status_codes"],
        "JurisdictionCode": RULES.codes["jurisdiction_codes"],
        "ObjectionCode": RULES.codes["objection_codes"],
    }
    for row in shipped()[table]:
        for column, values in known.items():
            assert set(row.get(column, "").split()) <= set(values), row


@pytest.mark.parametrize("code", RULES.reasons)
def test_every_reason_has_initiator_periods_and_fields(code):
    reason = RULES.reasons[code]
    assert reason.initiators
    assert reason.dates in {"pro", "ret", "any"}
    assert reason.completes in {"date", "read", "at once"}
    assert reason.fields.required
    periods = RULES.periods(code, ("NSW", "SMALL"))
    assert periods.prospective or periods.retrospective
    assert reason.family == "actual" or RULES.notices(code, "COM")


def test_every_status_of_the_life_cycle_is_in_the_table_and_finished_ones_have_no_way_out():
    assert {status for status, _ in WAYS} | set(WAYS.values()) == RULES.codes["change_status_codes"]
    assert not {status for status, _ in WAYS} & FINISHED


def test_every_rule_in_the_code_has_an_event_and_every_event_a_rule_in_the_code():
    sources = "".join(path.read_text("utf-8") for path in Path(simulator.market.__file__).parent.glob("*.py"))
    used = set(re.findall(r'"((?:cr|obj|wd|nmid|mdm)\.[a-zA-Z-]+)"', sources))
    listed = {row["Rule"] for row in shipped()["event_rules"]}
    assert used == listed


def test_every_event_code_is_described():
    described = RULES.codes["error_codes"]
    assert {row["Code"] for row in shipped()["event_rules"]} <= described


def test_exact_jurisdiction_and_class_come_before_all():
    tables = dict(shipped())
    rows = list(tables["jurisdictional_rules"])
    one = {**rows[0], "ChangeReasonCode": "1000", "JurisdictionCode": "VIC", "ObjectionLodgementPeriod": "7"}
    two = {**one, "NMIClassificationCode": "LARGE", "ObjectionLodgementPeriod": "9"}
    tables["jurisdictional_rules"] = [*rows, one, two]
    rules = Rules.of(tables)
    lengths = [
        rules.periods("1000", place).lodgement for place in (("VIC", "LARGE"), ("VIC", "SMALL"), ("NSW", "SMALL"))
    ]
    assert lengths == [9, 7, 1]


def test_a_participants_own_table_replaces_ours():
    tables = dict(shipped())
    own = {**tables["jurisdictional_rules"][0], "ChangeReasonCode": "1000", "ObjectionLodgementPeriod": "0"}
    tables["jurisdictional_rules"] = [own]
    bench = Bench()
    bench.market = Market(bench.world, bench.switches, bench, Rules.of(tables))
    number = request_id(bench.submit("RETAILA", change(VIC_NMI)))
    assert bench.status(number) == "PEN"


def test_a_field_that_a_table_calls_removed_is_refused_with_1101():
    tables = dict(shipped())
    row = {"ChangeReasonCode": "5050", "Table": "CATS_NMI_DATA", "Field": "FeederClass", "DataSourceCode": "RM"}
    tables["field_validation"] = [*tables["field_validation"], row]
    bench = Bench()
    bench.market = Market(bench.world, bench.switches, bench, Rules.of(tables))
    master = element("MasterData", element("FeederClass", "X"))
    sent = bench.submit("NETWORK", change(reason="5050", roles=(), read_type=None, master=master))
    assert codes(sent) == ["1101"]


def test_the_legacy_profile_tells_the_losing_retailer_from_the_beginning():
    bench = Bench()
    bench.market = Market(bench.world, bench.switches, bench, shipped_rules().switching("before 2021"))
    assert codes(bench.submit("RETAILA", change(VIC_NMI))) == ["0"]
    assert ("RETAILB", "FRMP", "C") in bench.told("REQ")


@pytest.mark.parametrize(
    ("kind", "read_type", "manual"),
    [
        ("BASIC", "MV3", True),
        ("MRIM", "MV3", True),
        ("MRIM", "RWDA", False),
        ("MRAM", None, True),
        ("COMMS4D", None, False),
    ],
)
def test_who_is_read_manually(kind, read_type, manual):
    meter = Meter("M1", installation_type=kind, read_type=read_type)
    point = ConnectionPoint(VIC_NMI, "VIC", meters=(meter,))
    assert RULES.manually_read(point) is manual
    assert not RULES.manually_read(replace(point, meters=(replace(meter, status="R"),)))


def test_badparty_rows_of_2022_are_kept():
    row = [
        key for key, _ in spread(shipped()["objection_rules"], "ChangeReasonCode", "JurisdictionCode", "ObjectionCode")
    ]
    assert ("6300", "VIC", "BADPARTY") in row
    assert RULES.may_object("6300", ("VIC", "SMALL"), "BADPARTY", Notice("RP", "C"))
    assert not RULES.may_object("6300", ("VIC", "LARGE"), "BADPARTY", Notice("RP", "C"))
