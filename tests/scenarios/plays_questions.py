"""How the stories go in which something is asked: discovery, reports, replication."""

from __future__ import annotations

from lxml import etree
from msgspec.structs import replace
from plays_readings import interval, load, nem12
from stage import Actor, Stage, codes, day

from simulator.asexml.content_replication import TABLES
from simulator.asexml.content_reports import REPORTS
from simulator.asexml.model import Element, Message, Transaction, element
from simulator.client.messages import change_request, nmi_discovery, nmi_standing_data

HOUSE, FLATS, MINE = "4102034567", ("2001985732", "2002014408"), "4102036789"


def address(suburb: str, street: str | None = None, house: str | None = None, flat: str | None = None) -> Element:
    structured = element(
        "StructuredAddress",
        element("FlatOrUnit", element("FlatOrUnitType", "U"), element("FlatOrUnitNumber", flat)) if flat else None,
        element("House", element("HouseNumber", house)) if house else None,
        element("Street", element("StreetName", street)) if street else None,
    )
    return element("Address", structured, element("SuburbOrPlaceOrLocality", suburb))


async def searched(retailer: Actor, jurisdiction: str, **criteria: object) -> tuple[list[str], list[str]]:
    """The NMIs a search finds, and the codes of its events."""
    request = nmi_discovery(retailer.envelope(), jurisdiction, **criteria)  # type: ignore[arg-type]
    answer = await retailer.answer(request)
    return [each.text or "" for each in answer.iter("NMI")], codes(answer)


async def discovery(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    assert await searched(retailer, "NSW", address=address("GLEBE", "GLEBE POINT", "12")) == ([HOUSE], ["0"])
    assert await searched(retailer, "NSW", delivery_point="54321098") == ([HOUSE], ["0"])
    assert await searched(retailer, "NSW", meter_serial="SM100001") == ([HOUSE], ["0"])
    assert await searched(retailer, "SA", address=address("NORWOOD", "THE PARADE", "60", "2")) == ([FLATS[1]], ["0"])
    assert await searched(retailer, "SA", address=address("NORWOOD", "THE PARADE", "60")) == ([*FLATS], ["0"])
    assert await searched(retailer, "NSW", address=address("GLEBE", "GLEBE POINT", "13")) == ([], ["1404"])
    assert await searched(retailer, "VIC", meter_serial="SM100001") == ([], ["1404"])
    many, told = await searched(retailer, "NT", address=address("PARAP"))
    assert (len(many), told) == (99, ["1410"])
    grown = stage.world.point(many[42])
    assert grown is not None
    assert await searched(retailer, "NT", meter_serial=grown.meters[0].serial) == ([grown.nmi], ["0"])
    await _standing_data(retailer)


async def _standing_data(retailer: Actor) -> None:
    shown = await retailer.answer(nmi_standing_data(retailer.envelope(), HOUSE))
    assert "FRMP" not in _roles(shown), "who the retailer is, is nobody's business"
    assert shown.findtext(".//MasterData/Status") == "A"
    reasoned = await retailer.answer(nmi_standing_data(retailer.envelope(), HOUSE, reason="TRI"))
    assert _roles(reasoned)["FRMP"] == "RETAILB"
    for refused in (
        nmi_standing_data(retailer.envelope(), HOUSE, reason="WHY"),
        nmi_standing_data(retailer.envelope(), HOUSE, checksum="9"),
        nmi_standing_data(retailer.envelope(), "4102030000"),
    ):
        assert codes(await retailer.answer(refused))[-1] != "0"


def _roles(answer: etree._Element) -> dict[str, str]:
    rows = answer.iter("RoleAssignment")
    return {row.findtext("Role") or "": row.findtext("Party") or "" for row in rows}


def asking(asker: Actor, payload: Element, group: str = "CATS") -> Message:
    """A question: the builder of another message gives the envelope."""
    made = change_request(asker.envelope(), HOUSE, proposed_date=day("2026-03-02"))
    asked = made.transactions[0]
    transaction = Transaction(asked.transaction_id, asked.transaction_date, payload)
    return Message(made.release, replace(made.header, transaction_group=group), (transaction,))


def replication(table: str, after: int) -> Element:
    return element(
        "ReplicationRequest",
        element(
            "ReplicationParameters",
            element("TableName", table),
            element("CreationFromDate", "1970-01-01T00:00:00+10:00"),
            element("CreationToDate", "2030-01-01T00:00:00+10:00"),
            element("LastSequenceNumber", str(after)),
            element("MaximumRows", "50"),
        ),
    )


async def c1_refresh(stage: Stage) -> None:
    retailer = stage.actor("RETAILA")
    retailer.replies = "ReplicationNotification"
    rows: dict[str, int] = {}
    for table in TABLES:
        after, last = 0, -1
        while after != last:
            last = after
            answer = await retailer.answer(asking(retailer, replication(table, after)))
            numbers = [int(each.text or "0") for each in answer.iter("SequenceNumber")]
            assert numbers == sorted(numbers)
            rows[table] = rows.get(table, 0) + len(numbers)
            after = max(numbers, default=after)
    assert rows["CATS_NMI_DATA"] == 40
    assert rows["CATS_NMI_PARTICIPANT_RELATIONS"] == 40 * 6
    assert rows["CATS_CHANGE_REASON_CODES"] > 50
    assert len(rows) == len(TABLES)


def report(name: str, **parameters: str) -> Element:
    parts = [element(key, value) for key, value in parameters.items()]
    return element(
        "ReportRequest",
        element("ReportParameters", element("ReportName", name), *parts, xsi_type=f"ase:{REPORTS[name]}"),
    )


EVER = {"FromDate": "2000-01-01", "ToDate": "9999-12-31"}
MARCH = {"FromDate": "2026-03-01", "ToDate": "2026-03-31"}
MOMENTS = {"FromDate": "2026-03-01T00:00:00+10:00", "ToDate": "2026-03-31T00:00:00+10:00"}
NOW = "2026-03-31T00:00:00+10:00"


async def reports(stage: Stage) -> None:
    retailer, provider = stage.actor("RETAILA"), stage.actor("METERCO")
    request = await retailer.request(change_request(retailer.envelope(), HOUSE, proposed_date=day("2026-03-12")))
    assert await load(provider, nem12(interval(HOUSE))) == (1, ["0"])
    await stage.until("2026-03-31")
    await retailer.take()
    retailer.replies = "ReportResponse"
    told = {}
    for asked in _every_report(request):
        kind = (asked.children[0].attributes or {}).get("xsi:type", "")
        answer = await retailer.answer(asking(retailer, asked, "MDMT" if "MDMT" in kind else "CATS"))
        name = answer.findtext("ReportParameters/ReportName") or ""
        told[name] = codes(answer)
    assert {name for name, answered in told.items() if answered == ["0"]} >= {
        "NMIAudit", "ChangeManagement", "Master", "Statistics", "NMIDiscovery", "NewParticipantAccess", "C8",
        "Snapshot", "MSATSLimits", "ParticipantSystemStatus", "MissingData",
    }  # fmt: skip
    assert told["DataEstimation"] == ["203"]


def _every_report(request: str) -> list[Element]:
    moments = {"AsAtFromDate": MOMENTS["FromDate"], "AsAtToDate": NOW}
    dates = {**MARCH, "AsAtDate": NOW}
    return [
        report("NMIAudit", **EVER, **moments, NMI=HOUSE),
        report("ChangeManagement", **EVER, AsAtDate=NOW, NMI=HOUSE, Participant="RETAILA"),
        report(
            "Master",
            **EVER,
            AsAtDate="2026-03-31",
            NMI=HOUSE,
            Participant="RETAILA",
            Role="FRMP",
            ReportType="Detailed",
        ),
        report("Statistics", **MARCH, ReportType="Internal"),
        report("NMIDiscovery", **MARCH, Participant="RETAILA", ReportType="Statistic"),
        report("NewParticipantAccess", RequestID=request),
        report("C8", **MOMENTS),
        element(
            "ReportRequest",
            element(
                "ReportParameters",
                element("ReportName", "Snapshot"),
                element("Participant", "RETAILA"),
                element("AsAtDateTime", NOW),
                element("Tables", element("Table", "CATS_ROLES")),
                xsi_type="ase:CATSSnapshotReportParameters",
            ),
        ),
        report("MSATSLimits"),
        report("ParticipantSystemStatus"),
        report("MissingData", **dates, DataType="I", NMISelection="AllNMIs"),
        report("NMIDataStreamsHistory", **dates, NMI=HOUSE, DataType="I"),
        report("ActualvsEstimate", **dates, DataType="I"),
        report("Level1SettlementReconciliation", SettlementCase="1"),
        report("Level3SettlementReconciliation", SettlementCase="1", NMI=HOUSE),
        report("HighPriorityMissingData", **dates),
        report("DataStreamMissingData", **dates),
        report("MismatchData", **dates),
        report("DataEstimation", SettlementCase="1"),
    ]


PLAYS = {"discovery": discovery, "c1-refresh": c1_refresh, "reports": reports}
