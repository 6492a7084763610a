"""How everything goes that the market refuses: each refusal of its tables, by its rule."""

from __future__ import annotations

from plays_questions import EVER, MARCH, MOMENTS, address, asking, replication, report
from plays_readings import interval, nem12
from plays_standing import message
from stage import Actor, Stage, codes, day, statuses

from simulator.asexml.model import Element, Message, element
from simulator.client import messages as made
from simulator.market.acts import Change
from simulator.market.events import AnswerGiven
from simulator.world.changes import Patch
from simulator.world.events import ChangeRequestRefused

VICTORIAN, TERRACE, MINE, FREE = "6305888444", "4102035671", "4102036789", "4102039999"
IN_A_WEEK = day("2026-03-09")


async def refused(stage: Stage, actor: Actor, sent: Message, *rules: str) -> None:
    """Hand a message in, whose refusal must go by these rules, the first of them journalled."""
    before = len(stage.events())
    await actor.send(sent)
    await actor.take()
    fresh = stage.events()[before:]
    found = [each.rule for each in fresh if isinstance(each, ChangeRequestRefused | AnswerGiven)]
    assert found == list(rules), (found, rules)


async def refusals(stage: Stage) -> None:
    alice, bob, nadia, mona = (stage.actor(name) for name in ("RETAILA", "RETAILB", "NETWORKA", "METERCO"))
    await _requests(stage, alice, nadia)
    await _dates_and_reads(stage, alice, nadia, mona)
    await _objections(stage, alice, bob)
    await _discoveries(stage, alice, nadia)
    await _readings(stage, mona, nadia)
    await _reports(stage, alice, nadia)
    await _conflict(stage, alice, mona)


def transfer(actor: Actor, nmi: str = VICTORIAN, **more: object) -> Message:
    if "actual_change_date" not in more:
        more = {"proposed_date": IN_A_WEEK, **more}
    return made.change_request(actor.envelope(), nmi, **more)  # type: ignore[arg-type]


async def _requests(stage: Stage, alice: Actor, nadia: Actor) -> None:
    def changed(actor: Actor, change: Change) -> Message:
        return message(actor.envelope(), change)

    soon = {"proposed": IN_A_WEEK, "read_type": "SP"}
    mine, other = (("FRMP", "RETAILA"),), (("FRMP", "RETAILB"),)
    meter = (Patch("NOTHERE", {"manufacturer": "ACME"}),)
    for sent, rule in (
        (transfer(alice, reason="9999"), "cr.unknown-code"),
        (transfer(alice, "4102000000"), "cr.nmi-unknown"),
        (transfer(alice, checksum="9"), "cr.checksum"),
        (transfer(alice, roles=other), "cr.not-initiator"),
        (transfer(alice, read_type=None), "cr.missing-RI"),
        (transfer(alice, proposed_date=day("2027-03-02")), "cr.date-window"),
        (changed(alice, Change("1000", VICTORIAN, roles=mine, master={"status": "D"}, **soon)), "cr.field-not-RI-OI"),
        (transfer(alice, roles=(*mine, ("RP", "METERCO"))), "cr.participant-not-registered-for-role"),
        (transfer(alice, initiating_request_id="424242"), "cr.unknown-request"),
        (
            changed(alice, Change("5054", MINE, day("2026-02-10"), master={"customer_class": "BUSINESS"})),
            "cr.role-period",
        ),
        (changed(nadia, Change("5051", TERRACE, day("2026-02-27"), master={"status": "Q"})), "cr.enum"),
        (_unstructured(nadia), "cr.address-unstructured"),
        (changed(nadia, Change("2000", TERRACE, IN_A_WEEK, roles=(("LNSP", "NETWORKA"),))), "cr.nmi-exists"),
    ):
        await refused(stage, nadia if sent.header.sender == "NETWORKA" else alice, sent, rule)
    fitter = message(nadia.envelope(), Change("3100", TERRACE, IN_A_WEEK, meters=meter))
    await refused(stage, nadia, fitter, "cr.meter-unknown")


def _unstructured(actor: Actor) -> Message:
    lines = element("UnstructuredAddress", element("AddressLine", "BEHIND THE OLD MILL"))
    where = element("Address", lines, element("SuburbOrPlaceOrLocality", "NEWTOWN"))
    change = element(
        "CATSChangeRequest",
        element("ChangeReasonCode", "5051"),
        element("ProposedDate", "2026-02-27"),
        element(
            "NMIStandingData",
            element("NMI", TERRACE),
            element("MasterData", where),
            xsi_type="ase:ElectricityStandingData",
        ),
    )
    return asking(actor, change)


async def _dates_and_reads(stage: Stage, alice: Actor, nadia: Actor, mona: Actor) -> None:
    """The actual date of somebody else's request, of a day to come, and without the request it is for."""
    unasked = transfer(mona, TERRACE, reason="1500", actual_change_date=day("2026-03-02"), roles=(), read_type=None)
    await refused(stage, mona, unasked, "cr.missing-RI")


async def _objections(stage: Stage, alice: Actor, bob: Actor) -> None:
    request = await alice.request(transfer(alice))
    await refused(stage, alice, transfer(alice), "cr.duplicate-open")

    def against(code: str = "DEBT", number: str = request) -> Message:
        return made.objection(bob.envelope(), number, role="FRMP", code=code)

    await refused(stage, bob, against(number="424242"), "obj.unknown-cr")
    await refused(stage, bob, against("RETRO"), "obj.not-allowed")
    objection = (await bob.answer(against())).findtext("ObjectionID") or ""
    other = made.objection_withdrawal(bob.envelope(), objection, request, role="FRMP", code="AGEDDEBT")
    await refused(stage, bob, other, "obj.withdraw-mismatch")
    await bob.send(made.objection_withdrawal(bob.envelope(), objection, request, role="FRMP", code="DEBT"))
    await refused(stage, bob, made.withdrawal(bob.envelope(), request), "wd.not-owner")
    await refused(stage, bob, made.withdrawal(bob.envelope(), "424242"), "wd.unknown-cr")
    await stage.until("2026-03-05")
    await refused(stage, bob, against(), "obj.period-over")
    await stage.until("2026-03-09")
    await alice.take()
    assert statuses(alice.taken, request)[-1] == "COM"
    await refused(stage, alice, made.withdrawal(alice.envelope(), request), "wd.too-late")


async def _discoveries(stage: Stage, alice: Actor, nadia: Actor) -> None:
    for sent, rule in (
        (made.nmi_discovery(alice.envelope(), "NSW"), "nmid.nothing-to-search"),
        (made.nmi_discovery(alice.envelope(), "XYZ", meter_serial="SM100003"), "nmid.jurisdiction"),
        (made.nmi_discovery(alice.envelope(), "NSW", address=address("NOWHERE", "LOST")), "nmid.none"),
        (made.nmi_standing_data(alice.envelope(), MINE, checksum="9"), "nmid.checksum"),
        (made.nmi_standing_data(alice.envelope(), "4102000000"), "nmid.nmi-unknown"),
        (made.nmi_standing_data(alice.envelope(), MINE, reason="WHY"), "nmid.reason"),
    ):
        await refused(stage, alice, sent, rule)
    await refused(stage, nadia, made.nmi_standing_data(nadia.envelope(), MINE), "nmid.no-access")
    sam = stage.actor("SECONDNS")
    await refused(stage, sam, made.nmi_discovery(sam.envelope(), "NSW", meter_serial="SM100003"), "nmid.no-search")
    await refused(stage, sam, made.nmi_standing_data(sam.envelope(), MINE), "nmid.no-access")
    shown = await alice.answer(made.nmi_standing_data(alice.envelope(), MINE))
    assert codes(shown) == ["1021", "0"], "no previous read of an interval meter"


def old_table(begin: str, end: str, version: str = "20260305010000") -> str:
    header = "NMI,Suffix,MDPVersionDate,FromDate,ToDate,Status,Reading"
    return f"{header}\n{TERRACE},11,{version},{begin},{end},A,150"


async def _readings(stage: Stage, mona: Actor, nadia: Actor) -> None:
    def delivered(text: str, count: int | None = None) -> Message:
        return made.meter_data(mona.envelope(), text, record_count=count)

    good = interval(MINE)
    nothing = element("MeterDataNotification", element("CSVIntervalData", xsi_nil="true"))
    await mona.answer(delivered(nem12(good)))
    await mona.answer(delivered(old_table("20260201", "20260214")))
    for sent, rule in (
        (delivered(nem12(interval("4102099999"))), "mdm.nmi-unknown"),
        (delivered(nem12(interval("4102034567", version="x"))), "mdm.row"),
        (delivered(nem12(interval(MINE, suffix="E7"))), "mdm.suffix"),
        (delivered(old_table("20260201", "20260214").replace(f"{TERRACE},11", f"{MINE},E1")), "mdm.kind"),
        (delivered(nem12(good.replace("20260301", "20270301"))), "mdm.future"),
        (delivered(nem12(good)), "mdm.same-version"),
        (delivered(nem12(good.replace("20260302010000", "20260301230000"))), "mdm.older-version"),
        (delivered(old_table("20260210", "20260220")), "mdm.overlap"),
        (delivered(nem12(good), 7), "mdm.record-count"),
        (asking(mona, nothing, "MDMT"), "mdm.no-data"),
    ):
        await refused(stage, mona, sent, rule)
    await refused(stage, nadia, made.meter_data(nadia.envelope(), nem12(good)), "mdm.not-mdp")


async def _reports(stage: Stage, alice: Actor, nadia: Actor) -> None:
    dates = {**MARCH, "ToDate": "2026-03-08", "AsAtDate": "2026-03-08T00:00:00+10:00"}
    audit = {"AsAtFromDate": MOMENTS["FromDate"], "AsAtToDate": MOMENTS["ToDate"]}
    master = {**EVER, "AsAtDate": "2026-03-09", "NMI": MINE, "Participant": "RETAILA", "Role": "FRMP"}
    typed = element("ReportParameters", element("ReportName", "C8"), xsi_type="ase:GenericReportParameters")
    for asked, group, rule in (
        (report("DataEstimation", SettlementCase="1"), "MDMT", "report.unknown"),
        (element("ReportRequest", typed), "CATS", "report.parameter-type"),
        (report("Master", **{**master, "ReportType": "Detailed", "Participant": "RETAILB"}), "CATS", "report.not-own"),
        (report("Statistics", **{**MARCH, "FromDate": "2026-04-30"}, ReportType="Public"), "CATS", "report.dates"),
        (report("C8", MaximumRows="0", **MOMENTS), "CATS", "report.parameters"),
        (report("NMIAudit", **EVER, **audit, NMI="4102000000"), "CATS", "report.nmi-unknown"),
        (report("NewParticipantAccess", RequestID="424242"), "CATS", "report.request-unknown"),
        (_snapshot("CATS_NOTHING"), "CATS", "c1.unknown-table"),
        (report("MissingData", **dates, DataType="X", NMISelection="AllNMIs"), "MDMT", "report.code"),
        (_no_rows(replication("CATS_ROLES", 0)), "CATS", "c1.parameters"),
    ):
        await refused(stage, alice, asking(alice, asked, group), rule)
    missing = report("MissingData", **dates, DataType="I", NMISelection="AllNMIs")
    await refused(stage, nadia, asking(nadia, missing, "MDMT"), "report.role")
    alice.replies = "ReportResponse"
    nothing = await alice.answer(asking(alice, report("Master", **{**master, "NMI": TERRACE}, ReportType="Detailed")))
    assert codes(nothing) == ["200"]
    alice.replies = "ReplicationNotification"
    part = await alice.answer(asking(alice, _rows(replication("CATS_ROLES", 0), "1")))
    assert codes(part) == ["0", "0"]
    alice.replies = "Response"


def _snapshot(table: str) -> Element:
    parts = (
        element("ReportName", "Snapshot"),
        element("Participant", "RETAILA"),
        element("AsAtDateTime", "2026-03-01T00:00:00+10:00"),
        element("Tables", element("Table", table)),
    )
    return element("ReportRequest", element("ReportParameters", *parts, xsi_type="ase:CATSSnapshotReportParameters"))


def _rows(asked: Element, count: str) -> Element:
    parts = asked.children[0].children
    kept = [each for each in parts if each.name != "MaximumRows"]
    return element("ReplicationRequest", element("ReplicationParameters", *kept, element("MaximumRows", count)))


def _no_rows(asked: Element) -> Element:
    return _rows(asked, "0")


async def _conflict(stage: Stage, alice: Actor, mona: Actor) -> None:
    """Two retailers want the terrace; the read for the later date comes first, so the earlier one cannot complete."""
    carol = stage.actor("RETAILC")
    early = await alice.request(transfer(alice, TERRACE, proposed_date=day("2026-03-12")))
    late = await carol.request(transfer(carol, TERRACE, proposed_date=day("2026-03-13")))
    await stage.until("2026-03-13")
    for request, on in ((late, "2026-03-13"), (early, "2026-03-12")):
        read = transfer(
            mona,
            TERRACE,
            reason="1500",
            actual_change_date=day(on),
            roles=(),
            read_type=None,
            initiating_request_id=request,
        )
        await mona.answer(read)
    await alice.take()
    await carol.take()
    assert statuses(carol.taken, late)[-1] == "COM"
    assert statuses(alice.taken, early)[-1] == "REJ"


PLAYS = {"refused": refusals}
