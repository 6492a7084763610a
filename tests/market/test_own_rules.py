"""A user's own rule tables: C1 answers as they come, our CSV form, mistakes at their lines, and a market that obeys."""

from datetime import date

import pytest
from market_kit import Bench, change, codes

from simulator.market.extracts import TABLES, Extracts
from simulator.market.market import Market
from simulator.market.own_rules import OwnRules, own_rules
from simulator.market.rules import Notice
from simulator.market.tables import shipped
from simulator.world.calendar import Calendar

C1 = """<?xml version="1.0"?>
<ase:aseXML xmlns:ase="urn:aseXML:r35" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<Header><From>NEMMCO</From></Header>
<Transactions><Transaction transactionID="CATS-1" transactionDate="2026-01-01T00:00:00+10:00">
<ReplicationNotification version="r10">
{}
</ReplicationNotification></Transaction></Transactions></ase:aseXML>
"""
STAMPS = (
    "<SequenceNumber>7</SequenceNumber><CreationDate>2009-01-01T00:00:00+10:00</CreationDate>"
    "<MaintenanceDate>2009-01-01T00:00:00+10:00</MaintenanceDate><RowStatus>{status}</RowStatus>"
    "<FromDate>2009-01-01T00:00:00+10:00</FromDate><ToDate>{to}</ToDate>"
)


def row(kind: str, status: str = "A", to: str = "9999-12-31T00:00:00+10:00", **cells: str) -> str:
    leaves = "".join(f"<{name}>{text}</{name}>" for name, text in cells.items())
    return f'<Row xsi:type="ase:{kind}Row">{STAMPS.format(status=status, to=to)}{leaves}</Row>\n'


def block(name: str, *rows: str) -> str:
    return f'<ReplicationBlock tableName="{name}">\n{"".join(rows)}</ReplicationBlock>'


def period(reason: str, days: int, jurisdiction: str = "NSW", **more: str) -> str:
    return row(
        "CATSJurisdictionalRule",
        more.pop("status", "A"),
        more.pop("to", "9999-12-31T00:00:00+10:00"),
        ChangeReasonCode=reason,
        JurisdictionCode=jurisdiction,
        ObjectionLodgementPeriod=str(days),
        ObjectionClearancePeriod="7",
        NotificationPeriod="2",
        ProspectiveDays="10",
        RetrospectiveDays="0",
        TimeOfChange="",
        NMIClassificationCode="SMALL",
    )


def read(**files: str) -> Extracts:
    extracts = Extracts()
    for name, text in files.items():
        extracts.read(name.replace("_csv", ".csv").replace("_xml", ".xml"), text)
    return extracts


def made(on: date | None = None, **files: str) -> OwnRules:
    extracts = read(**files)
    found = own_rules(extracts, on)
    assert extracts.faults == []
    assert found is not None
    return found


def faults(**files: str) -> list[str]:
    extracts = read(**files)
    assert own_rules(extracts, None) is None
    return [f"{each.file}:{each.line}: {each.what}; {each.right}" for each in extracts.faults]


def test_a_c1_answer_replaces_a_table_whole():
    rules = made(c1_xml=C1.format(block("CATSJurisdictionalRules", period("1000", 4)))).rules
    assert rules.periods("1000", ("NSW", "SMALL")).lodgement == 4
    assert rules.periods("1000", ("NSW", "SMALL")).prospective == 10
    assert rules.periods("1000", ("VIC", "SMALL")).lodgement == 0
    assert {row["confidence"] for row in rules.tables["jurisdictional_rules"]} == {"participant"}
    assert {row["source"] for row in rules.tables["jurisdictional_rules"]} == {"c1.xml"}
    assert rules.tables["objection_rules"] == shipped()["objection_rules"]


def test_rows_that_are_inactive_or_over_do_not_count():
    rows = (
        period("1000", 4, status="I"),
        period("1000", 5, to="2020-01-01T00:00:00+10:00"),
        period("1000", 6, to="2030-01-01T00:00:00+10:00"),
    )
    text = C1.format(block("catsjurisdictionalrules", *rows))
    assert made(date(2026, 3, 2), c1_xml=text).rules.periods("1000", ("NSW", "SMALL")).lodgement == 6


def test_several_blocks_and_files_of_a_table_go_together():
    one = C1.format(block("CATSJurisdictionalRules", period("1000", 4)) + block("TransmissionNodeIdentifiers"))
    other = C1.format(block("CATSJurisdictionalRules", period("1030", 5)))
    rules = made(one_xml=one, other_xml=other).rules
    assert [rules.periods(reason, ("NSW", "SMALL")).lodgement for reason in ("1000", "1030")] == [4, 5]


def test_what_msats_does_not_replicate_comes_from_the_nearest_code():
    codes = [row("CATSChangeReasonCode", Code=code, Description="x") for code in ("1000", "1099", "5071")]
    reasons = made(c1_xml=C1.format(block("CATSChangeReasonCodes", *codes))).rules.reasons
    assert list(reasons) == ["1000", "1099", "5071"]
    assert (reasons["1099"].family, reasons["1000"].completes, reasons["5071"].completes) == (
        "transfer",
        "read",
        "at once",
    )


def test_roles_and_objections_have_the_names_of_their_extract():
    roles = block("RoleIdentifiers", row("RoleIdentifier", Identifier="FRMP", Description="retailer"))
    objections = block("CATSObjectionCodes", row("CATSObjectionCode", Code="DATEBAD", Description="late"))
    rules = made(c1_xml=C1.format(roles + objections)).rules
    assert rules.codes["roles"] == {"FRMP"}
    assert rules.unbound == {"DATEBAD"}


def notification(kind: str) -> str:
    cells = {"ChangeReasonCode": "1000", "Role": "FRMP", "RoleStatus": "C", "ChangeStatusCode": "REQ"}
    return block("CATSNotificationRules", row("CATSNotificationRule", **cells, TransactionTypeCode=kind))


def test_kinds_of_notification_are_told_by_their_descriptions():
    kinds = block(
        "CATSTransactionTypeCodes",
        row("CATSTransactionTypeCode", Code="X1", Description="Change notification"),
        row("CATSTransactionTypeCode", Code="X2", Description="Data request"),
        row("CATSTransactionTypeCode", Code="X3", Description="Something else"),
    )
    for code, told, asked in (("X1", 1, 0), ("X2", 0, 1), ("NOTF", 1, 0), ("RDAT", 0, 1)):
        rules = made(c1_xml=C1.format(notification(code) + kinds)).rules
        assert rules.notices("1000", "REQ") == (Notice("FRMP", "C"),) * told
        assert rules.data_requests("1000", "REQ") == (Notice("FRMP", "C"),) * asked
    assert made(c1_xml=C1.format(notification("X3") + kinds)).rules.notices("1000", "REQ") != ()


def test_a_kind_of_notification_that_nobody_describes_is_a_mistake():
    (told,) = faults(c1_xml=C1.format(notification("X1")))
    assert told.startswith("c1.xml:7: TransactionTypeCode 'X1' is not known; add the extract of CATS_TRANS_TYPE_CODES")


def test_field_rules_by_whatever_spelling():
    def rule(table, name, source="RI"):
        given = {"TransactionTypeCode": "CR", "ChangeReasonCode": "5050", "Field": name, "Table": table}
        return row("CATSTransactionFieldValidation", **given, DataSourceCode=source)

    text = C1.format(
        block(
            "CATSTransactionFieldValidations",
            rule("CATS_INBOUND_NMI_DATA", "NMI_CLASSIFICATION_CODE"),
            rule("cats_nmi_data", "STATUS", "OI"),
            rule("CATS_NMI_DATA", "NO_SUCH_FIELD"),
        )
    )
    fields = made(c1_xml=text).rules.reasons["5050"].fields
    assert fields.required == {"MasterData": ("NMIClassificationCode",)}
    assert fields.allowed == {"MasterData": {"NMIClassificationCode", "Status"}}


def test_csv_files_go_by_their_names_and_event_codes_one_by_one():
    periods = (
        "ChangeReasonCode,JurisdictionCode,NMIClassificationCode,ObjectionLodgementPeriod,ObjectionClearancePeriod,"
        "NotificationPeriod,ProspectiveDays,RetrospectiveDays\n\n1000 1030,ALL,ALL,9,9,9,9,9\n"
    )
    rules = made(jurisdictional_rules_csv=periods, event_rules_csv="Code,Rule\n4711,cr.nmi-unknown\n").rules
    assert rules.periods("1030", ("TAS", "LARGE")).lodgement == 9
    assert rules.code("cr.nmi-unknown") == 4711
    assert rules.code("cr.nmi-exists") == 202


def test_a_calendar_names_days_off():
    text = "\ufeffDate,Type\n2026-03-03,NSW\n2026-03-04,H\n"
    days = made(national_calendar_csv=text).days_off
    assert days == {"ALL": {date(2026, 3, 4)}, "NSW": {date(2026, 3, 3), date(2026, 3, 4)}}
    calendar = Calendar(days)
    assert not calendar.is_business_day(date(2026, 3, 3), "NSW")
    assert calendar.is_business_day(date(2026, 3, 3), "VIC")
    assert calendar.is_business_day(date(2026, 12, 25), "NSW"), "nothing but the table counts"


def test_the_market_obeys():
    nobody = "ChangeReasonCode,Role,RoleStatus\n1000,LNSP,C\n"
    bench = Bench()
    own = made(initiation_rules_csv=nobody, event_rules_csv="Rule,Code\ncr.not-initiator,4711\n")
    bench.market = Market(bench.world, bench.switches, bench, own.rules, Calendar(own.days_off))
    assert codes(bench.submit("RETAILA", change())) == ["4711"]
    assert codes(bench.submit("NETWORK", change(), "T2")) == ["0"]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("x_xml", "<", "x.xml:1: not well formed"),
        ("x_xml", "<!DOCTYPE a []><a/>", "x.xml:1: a DOCTYPE is not accepted"),
        ("x_xml", "<a>\n<b></a>", "x.xml:2: not well formed"),
        ("x_xml", "<a/>", "x.xml:1: no rule table is in it (blocks: none); known here: CATSChangeReasonCodes"),
        ("x_xml", '<a><ReplicationBlock tableName="Q"/></a>', "x.xml:1: no rule table is in it (blocks: Q)"),
        (
            "x_xml",
            C1.format(block("CATSObjectionCodes", row("X", Description="y"))),
            "x.xml:7: a row of objection_codes",
        ),
        ("x_xml", C1.format(block("ErrorCodes", row("X", Code="A1", Description="y"))), "x.xml:7: Code is 'A1'; write"),
        (
            "x_xml",
            C1.format(block("MeterInstallationTypeCodes", row("X", Code="A", Description="y", ManualRead="N"))),
            "x.xml:7: ManualRead is 'N'; write Yes or No",
        ),
        ("x_csv", "Code\nA", "x.csv:1: 'x' is no rule table, and the file is no aseXML; name it after its table"),
        ("roles_csv", "Name\nA", "roles.csv:1: no column Code; begin with Code,Description"),
        ("roles_csv", "Code,Description\nA\n", "roles.csv:2: 1 cells under 2 columns; quote a text with a comma in it"),
        ("roles_csv", "", "roles.csv:1: no column Code"),
        (
            "initiation_rules_csv",
            "ChangeReasonCode,Role,RoleStatus\n1,A,X\n",
            "initiation_rules.csv:2: RoleStatus is 'X'",
        ),
        ("event_rules_csv", "Rule,Code\ncr.nothing,5\n", "event_rules.csv:2: rule 'cr.nothing' is not known"),
        ("national_calendar_csv", "Date\ntoday\n", "national_calendar.csv:2: Date is 'today'; write a date"),
    ],
)
def test_mistakes_have_their_line(name, text, told):
    assert faults(**{name: text})[0].startswith(told)


def test_very_many_mistakes_are_told_in_part():
    assert len(faults(roles_csv="Code,Description\n" + ",x\n" * 1000)) == 21


def test_every_shipped_table_can_be_brought_back_as_it_is():
    """The package's own files, handed in as a user's, change nothing but who answers for them."""
    brought = {table.name for table in TABLES.values()} & shipped().keys()
    extracts = Extracts()
    for name in brought:
        rows = shipped()[name]
        lines = [",".join(rows[0]), *(",".join(f'"{cell}"' for cell in row.values()) for row in rows)]
        extracts.read(f"{name}.csv", "\n".join(lines))
    assert extracts.faults == []
    own = own_rules(extracts, None)
    assert own is not None
    for reason, found in own.rules.reasons.items():
        if reason:
            assert found == Bench().market.rules.reasons[reason]
