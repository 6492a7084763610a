"""Reports C2 to C8, Snapshot, MSATSLimits, ParticipantSystemStatus: what they show, to whom, and in which shape."""

from datetime import date

import pytest
from market_kit import BASIC_NMI, NMI, VIC_NMI, Bench, change, request_id
from reports_kit import EVER, NOW, ask, one, replication, report, told

from simulator.asexml.model import element
from simulator.market.report_limits import KINDS, SEEN, Count, msats_limits
from simulator.market.report_values import Asked

C4_BLOCKS = [
    "ElectricityNMIMaster",
    "ElectricityNMIRoles",
    "ElectricityNMIDataStreams",
    "ElectricityNMIMeters",
    "ElectricityNMIRegisterConfiguration",
]
OF_NMI = {**EVER, **NOW, "NMI": NMI, "Participant": "RETAILB"}
C4 = {**OF_NMI, "Role": "FRMP", "ReportType": "Detailed"}
AUDIT = {**EVER, "AsAtFromDate": "2000-01-01T00:00:00+10:00", "AsAtToDate": "2030-01-01T00:00:00+10:00", "NMI": NMI}
MARCH = {"FromDate": "2026-03-01", "ToDate": "2026-03-31"}
TIMES = {"FromDate": "2026-03-01T00:00:00+10:00", "ToDate": "2026-03-31T00:00:00+10:00"}


def c4(**changed):
    """C4's parameters in schema order."""
    wanted = {**C4, **changed}
    order = "FromDate ToDate AsAtDate LastSequenceNumber NMI NMIClassificationCode JurisdictionCode ExcludeParticipant"
    names = f"{order} Participant ExcludeRole Role ReportType".split()
    return report("Master", {name: wanted[name] for name in names if wanted.get(name)})


def transferred():
    bench = Bench()
    number = request_id(bench.submit("RETAILA", change()))
    bench.until(date(2026, 3, 10))
    return bench, number


# C4


@pytest.mark.parametrize("release", ["r39_p1", "r44", "r46"])
def test_c4_shows_a_nmi_in_five_blocks(release):
    answer = one(Bench(), "RETAILB", c4(), release=release)
    assert answer.codes == ["0"]
    assert answer.explanations == ["Success"]
    assert answer.blocks() == C4_BLOCKS
    assert answer.view.text("ReportParameters/ReportType") == "Detailed"
    assert answer.initiating == "T1"
    assert answer.priority == "Low"
    assert [row["Party"] for row in answer.rows("ElectricityNMIRoles") if row["Role"] == "FRMP"] == ["RETAILB"]
    registers = answer.rows("ElectricityNMIRegisterConfiguration")
    assert [row["RegisterID"] for row in registers] == ["E1", "B1", "Q1"]
    first = answer.rows()[0]
    assert first["FromDate"] == "0001-01-01T00:00:00+10:00"
    assert first["ToDate"] == "9999-12-31T00:00:00+10:00"


def test_c4_by_class_and_jurisdiction():
    bench = Bench()
    for place, nmis in (("NSW", [NMI, BASIC_NMI]), ("VIC", [VIC_NMI]), ("ALL", [NMI, BASIC_NMI, VIC_NMI]), ("TAS", [])):
        asked = c4(NMI="", NMIClassificationCode="SMALL", JurisdictionCode=place)
        answer = one(bench, "RETAILB", asked)
        assert [row["NMI"] for row in answer.rows("ElectricityNMIMaster")] == nmis
    assert one(bench, "RETAILB", c4(NMI="", NMIClassificationCode="LARGE", JurisdictionCode="NSW")).rows() == []
    every = one(bench, "RETAILB", c4(NMI="", NMIClassificationCode="ALL", JurisdictionCode="NSW"))
    assert [row["NMI"] for row in every.rows("ElectricityNMIMaster")] == [NMI, BASIC_NMI]
    nowhere = one(bench, "RETAILB", c4(NMI="", NMIClassificationCode="HUGE", JurisdictionCode="NSW"))
    assert nowhere.codes == ["204"]


def test_a_c4_with_nothing_in_it_says_so_and_has_no_results():
    answer = one(Bench(), "RETAILB", c4(Role="MDP"))
    assert answer.codes == ["200"]
    assert answer.view.attribute("severity", "Event") == "Warning"
    assert answer.view.first("ReportResults") is None


def test_a_summary_has_master_data_and_roles():
    assert one(Bench(), "RETAILB", c4(ReportType="Summary")).blocks() == C4_BLOCKS[:2]


def test_c4_as_at_a_day_before_the_transfer():
    bench, _ = transferred()
    before = one(bench, "RETAILB", c4(AsAtDate="2026-03-08"))
    holding = [row for row in before.rows("ElectricityNMIRoles") if row["Role"] == "FRMP"]
    assert [(row["Party"], row["ToDate"][:10]) for row in holding] == [("RETAILB", "9999-12-31")]
    after = one(bench, "RETAILB", c4(AsAtDate="2026-03-10"))
    holding = [row for row in after.rows("ElectricityNMIRoles") if row["Role"] == "FRMP"]
    assert sorted((row["Party"], row["ToDate"][:10]) for row in holding) == [
        ("RETAILA", "9999-12-31"),
        ("RETAILB", "2026-03-08"),
    ]
    assert all(row["RowStatus"] == "A" for row in after.rows())


def test_c4_of_a_period_counts_who_held_the_role_then():
    bench, _ = transferred()
    later = {"FromDate": "2026-03-09", "ToDate": "2026-04-01", "AsAtDate": "2026-03-10"}
    assert one(bench, "RETAILB", c4(**later)).codes == ["200"]
    answer = one(bench, "RETAILA", c4(**later, Participant="RETAILA"))
    assert [row["Party"] for row in answer.rows("ElectricityNMIRoles") if row["Role"] == "FRMP"] == ["RETAILA"]


def test_exclude_turns_the_choice_round():
    bench = Bench()
    assert one(bench, "RETAILB", c4(ExcludeRole="Y")).codes == ["200"]
    assert one(bench, "RETAILB", c4(Role="LNSP", ExcludeParticipant="Y")).codes == ["0"]
    assert one(bench, "RETAILC", c4(Role="LNSP", ExcludeParticipant="Y", Participant="RETAILC")).codes == ["200"]


def test_c4_pages_by_number():
    bench = Bench()
    whole = one(bench, "NETWORK", _all_of("NETWORK")).rows()
    rows, after = [], 0
    for _ in range(20):
        answer = one(bench, "NETWORK", _all_of("NETWORK", MaximumRows="4", LastSequenceNumber=str(after)))
        rows += answer.rows()
        if len(answer.codes) == 1:
            break
        after = max(int(row["SequenceNumber"]) for row in rows)
    assert sorted(rows, key=lambda row: int(row["SequenceNumber"])) == sorted(
        whole, key=lambda row: int(row["SequenceNumber"])
    )


def _all_of(party, **more):
    wanted = {
        **EVER,
        **NOW,
        "NMIClassificationCode": "SMALL",
        "JurisdictionCode": "ALL",
        "Participant": party,
        "Role": "LNSP",
        "ReportType": "Detailed",
        **more,
    }
    order = "MaximumRows FromDate ToDate AsAtDate LastSequenceNumber NMIClassificationCode JurisdictionCode Participant"
    names = f"{order} Role ReportType".split()
    return report("Master", {name: wanted[name] for name in names if name in wanted})


# C2, C3, C5


def test_the_audit_shows_every_row_a_nmi_had():
    bench, _ = transferred()
    answer = one(bench, "RETAILA", report("NMIAudit", AUDIT))
    holding = [row for row in answer.rows("ElectricityNMIRoles") if row["Role"] == "FRMP"]
    assert sorted((row["Party"], row["RowStatus"]) for row in holding) == [
        ("RETAILA", "A"),
        ("RETAILB", "A"),
        ("RETAILB", "I"),
    ]
    narrow = {**AUDIT, "AsAtFromDate": "2026-03-09T00:00:01+10:00"}
    assert len(one(bench, "RETAILA", report("NMIAudit", narrow)).rows()) == len(answer.rows()) - 2
    assert one(bench, "RETAILC", report("NMIAudit", AUDIT)).codes == ["202"]


def c3(**more):
    wanted = {**MARCH, "AsAtDate": "2026-03-02T00:00:00+10:00", "NMI": NMI, "Participant": "RETAILA", **more}
    order = "FromDate ToDate AsAtDate NMI NMIClassificationCode JurisdictionCode ExcludeParticipant Participant Role"
    return report("ChangeManagement", {name: wanted[name] for name in order.split() if wanted.get(name)})


def test_c3_shows_requests_as_they_were():
    bench, number = transferred()
    for as_at, status in (
        ("2026-03-02T00:00:00", "REQ"),
        ("2026-03-02T12:00:00", "REQ"),
        ("2026-03-08T00:00:00", "PEN"),
        ("2026-03-10T00:00:00", "COM"),
    ):
        answer = one(bench, "RETAILA", c3(AsAtDate=f"{as_at}+10:00"))
        assert [(row["RequestID"], row["ChangeStatusCode"]) for row in answer.rows()] == [(number, status)]
        assert answer.blocks() == ["CATSChangeRequests"]
    for early in ("2026-03-01T00:00:00", "2026-03-02T08:00:00"):
        assert one(bench, "RETAILA", c3(AsAtDate=f"{early}+10:00")).codes == ["200"]


def test_c3_is_for_those_the_request_concerns():
    bench, number = transferred()
    for party, count in (("RETAILA", 1), ("NETWORK", 1), ("RETAILC", 0)):
        answer = one(bench, party, c3(AsAtDate="2026-03-10T00:00:00+10:00", Participant=party))
        assert len(answer.rows()) == count
    excluded = c3(AsAtDate="2026-03-10T00:00:00+10:00", ExcludeParticipant="Y")
    assert one(bench, "RETAILA", excluded).rows() == []
    by_class = {"NMI": "", "NMIClassificationCode": "SMALL", "JurisdictionCode": "NSW", "Role": "FRMP"}
    answer = one(bench, "RETAILA", c3(AsAtDate="2026-03-10T00:00:00+10:00", **by_class))
    assert [row["RequestID"] for row in answer.rows()] == [number]


def test_statistics_count_requests_by_reason_and_status():
    bench, _ = transferred()
    bench.submit("RETAILC", change(BASIC_NMI, proposed="2026-03-20", roles=(("FRMP", "RETAILC"),)), "T2")
    public = one(bench, "RETAILA", report("Statistics", {**MARCH, "ReportType": "Public"})).csv()
    assert public == [["ChangeReasonCode", "ChangeStatusCode", "Count"], ["1000", "COM", "1"], ["1000", "REQ", "1"]]
    own = one(bench, "RETAILA", report("Statistics", {**MARCH, "ReportType": "Internal"})).csv()
    assert own[1:] == [["1000", "COM", "1"]]


# C6


def discovery(**parts):
    return element("NMIDiscoveryRequest", *(element(name, value) for name, value in parts.items()))


def test_discoveries_are_reported_and_counted():
    bench = Bench()
    bench.submit("RETAILA", discovery(JurisdictionCode="NSW", MeterSerialNumber="REMOTE1"), group="NMID")
    bench.submit("RETAILA", discovery(JurisdictionCode="NSW", MeterSerialNumber="NOTHING"), "T2", group="NMID")
    bench.submit("RETAILC", discovery(JurisdictionCode="NSW", MeterSerialNumber="DIAL1"), "T3", group="NMID")
    told(bench)
    about = {**MARCH, "Participant": "RETAILA"}
    rows = one(bench, "RETAILA", report("NMIDiscovery", {**about, "ReportType": "SourceContent"})).csv()
    assert [row[2:] for row in rows[1:]] == [["1", NMI, "NSW", "0", "1"], ["1", "", "", "1404", "2"]]
    there = {**MARCH, "NMI": NMI, "Participant": "RETAILA", "ReportType": "SourceContent"}
    assert len(one(bench, "RETAILA", report("NMIDiscovery", there)).csv()) == 2
    elsewhere = {**MARCH, "JurisdictionCode": "VIC", "Participant": "RETAILA", "ReportType": "SourceContent"}
    assert len(one(bench, "RETAILA", report("NMIDiscovery", elsewhere)).csv()) == 1
    counted = one(bench, "RETAILA", report("NMIDiscovery", {**about, "ReportType": "Statistic"})).csv()
    assert [row[2:] for row in counted[1:]] == [["1", "", "1", "0", "1"], ["1", "NSW", "1", "1", "2"]]


# C7, C8, Snapshot


def test_a_new_participant_is_told_of_the_nmi():
    bench, number = transferred()
    answer = one(bench, "RETAILA", report("NewParticipantAccess", {"RequestID": number}))
    assert answer.codes == ["0"]
    assert answer.view.text("ReportResults/NMIStandingData/NMI") == NMI
    assert answer.view.attribute("checksum", "ReportResults/NMIStandingData/NMI") is not None
    assert one(bench, "RETAILB", report("NewParticipantAccess", {"RequestID": number})).codes == ["202"]
    assert one(bench, "RETAILA", report("NewParticipantAccess", {"RequestID": "999"})).codes == ["200"]


def test_c8_lists_completed_changes():
    bench, number = transferred()
    rows = one(bench, "NETWORK", report("C8", TIMES)).csv()
    assert rows[1:] == [[number, "1000", NMI, "2026/03/09", "2026/03/09 00:00:00", "1"]]
    assert len(one(bench, "RETAILC", report("C8", TIMES)).csv()) == 1
    before = {"FromDate": "2026-03-01T00:00:00+10:00", "ToDate": "2026-03-08T23:59:59+10:00"}
    assert len(one(bench, "NETWORK", report("C8", before)).csv()) == 1


def snapshot(tables, as_at="2026-03-02T00:00:00+10:00", party="NETWORK"):
    return report("Snapshot", {"Participant": party, "AsAtDateTime": as_at, "Tables": tables})


def test_a_snapshot_holds_several_tables_as_they_were():
    bench, _ = transferred()
    tables = "CATS_NMI_PARTICIPANT_RELATIONS cats_roles CATSReadTypeCodes"
    before = one(bench, "NETWORK", snapshot(tables, "2026-03-08T00:00:00+10:00"))
    assert before.blocks() == ["ElectricityNMIRoles", "RoleIdentifiers", "CATSReadTypeCodes"]
    parties = {row["Party"] for row in before.rows("ElectricityNMIRoles") if row["Role"] == "FRMP"}
    assert parties == {"RETAILB"}
    after = one(bench, "NETWORK", snapshot(tables, "2026-03-10T00:00:00+10:00"))
    parties = {row["Party"] for row in after.rows("ElectricityNMIRoles") if row["Role"] == "FRMP"}
    assert parties == {"RETAILA", "RETAILB"}
    assert {row["RowStatus"] for row in after.rows()} == {"A"}


def test_a_snapshot_of_what_is_no_table_is_refused():
    bench = Bench()
    assert one(bench, "NETWORK", snapshot("CATS_ROLES CATS_NOTHING")).codes == ["205"]
    assert one(bench, "NETWORK", snapshot(" ".join(["CATS_ROLES"] * 101))).codes == ["204"]
    assert one(bench, "NETWORK", snapshot("CATS_ROLES", party="RETAILB")).codes == ["202"]


# Limits and status


def test_limits_are_those_of_a_real_answer_and_count_requests():
    bench = Bench()
    bench.submit("RETAILA", change())
    answer = one(bench, "RETAILA", report("MSATSLimits", {}))
    limits = answer.view.first("ReportResults/MsatsLimits")
    assert [part.name for part in limits.children()] == ["Participant", *KINDS]
    told = {kind: [part.text() for part in limits.first(kind).children()] for kind in KINDS}
    assert told == {
        "Cr": ["1300", "1300", "1", "N"],
        "CrNotification": ["7500", "7500", "0", "N"],
        "NsrdNotification": ["100000", "100000", "0", "N"],
        "NsrdResponse": ["80", "100", "0", "N"],
        "OutboxFile": ["200", "200", "0", "N"],
        "Report": ["80", "100", "0", "N"],
    }
    assert limits.first("Cr").children()[0].name == "DefaultLimit"
    assert limits.first("Report").children()[0].name == "LowerLimit"
    bench.until(date(2026, 3, 3))
    later = one(bench, "RETAILA", report("MSATSLimits", {}))
    assert later.view.text("ReportResults/MsatsLimits/Cr/ParticipantActual") == "0"


def test_whoever_counts_hands_the_numbers_in():
    counted = {**SEEN, "OutboxFile": Count(200, 200, 201, 333, stopped=True)}
    asked = Asked("RETAILA", "CATS", "r46", "T1", Bench().now, "MSATSLimits", {}, "")
    result = msats_limits(None, asked, lambda op, asked: counted)
    outbox = next(each for each in result.children[0].children if each.name == "OutboxFile")
    assert [each.text for each in outbox.children] == ["200", "200", "201", "333", "Y"]


def test_every_system_has_a_status():
    answer = one(Bench(), "RETAILA", report("ParticipantSystemStatus", {}))
    statuses = answer.view.all("ReportResults/ParticipantSystemsStatus/ParticipantSystemStatus")
    assert [each.text("Status") for each in statuses] == ["Running"] * 3
    assert statuses[0].text("HeartbeatTime") == "2026-03-02T09:00:00+10:00"


# Registers that are told by what was sent


def test_what_was_asked_and_objected_is_replicated():
    bench = Bench()
    number = request_id(bench.submit("RETAILA", change(BASIC_NMI)))
    parts = {"InitiatingRequestID": number, "Role": "LNSP", "ObjectionCode": "BADDATA"}
    objection = element("CATSObjectionRequest", *(element(name, value) for name, value in parts.items()))
    lodged = next(each for each in bench.submit("NETWORK", objection, "T2") if each.name == "CATSObjectionResponse")
    parts = {"ObjectionID": lodged.text("ObjectionID"), **parts}
    withdrawal = element("CATSObjectionWithdrawal", *(element(name, value) for name, value in parts.items()))
    bench.submit("NETWORK", withdrawal, "T3")
    bench.until(date(2026, 3, 10))
    told(bench)
    answers = one(bench, "NETWORK", replication("CATS_OUTBOUND_OBJECTIONS")).rows()
    assert [(row["ObjectionID"], row["InitiatingTransactionID"], row["Status"]) for row in answers] == [
        (lodged.text("ObjectionID"), "T2", "A")
    ]
    raised = one(bench, "NETWORK", replication("CATS_INBOUND_OBJECTIONS")).rows()
    assert [row["TransactionID"] for row in raised] == ["T2"]
    answer = one(bench, "METERDP", replication("CATS_OUTBOUND_REQUESTS"))
    wanted = answer.view.first("ReplicationBlock/Row/DataRequest")
    assert (wanted.text("Role"), wanted.text("InitiatingRequestID")) == ("MDP", number)
    notices = one(bench, "RETAILA", replication("CATS_OUTBOUND_NOTIFICATIONS")).rows()
    assert ("Raised", "NETWORK") in {(row.get("ObjectionAction"), row.get("ObjectingParticipant")) for row in notices}
    assert ask(bench, "RETAILC", replication("CATS_OUTBOUND_NOTIFICATIONS"))[0].rows() == []
