"""A change of retailer through its life, as its initiator, the losing retailer and the metering parties meet it."""

from datetime import date

import pytest
from market_kit import BASIC_NMI, NMI, Bench, answer_of, change, codes, find, request_id, same, schemas, text
from msgspec.structs import replace

from simulator.asexml.decode import read
from simulator.asexml.encode import write
from simulator.asexml.model import Header, Message, element
from simulator.hub.switches import Switches
from simulator.market.played import owed


def test_a_remotely_read_transfer_completes_on_the_proposed_date():
    bench = Bench()
    sent = bench.submit("RETAILA", change())
    number = request_id(sent)
    assert codes(sent) == ["0"]
    assert sent[0].name == "CATSChangeResponse"
    assert (sent[0].to, sent[0].release) == ("RETAILA", "r46")
    assert sent[0].transactions[0].initiating_transaction_id == "T1"
    assert bench.status(number) == "REQ"
    bench.until(date(2026, 3, 3))
    assert bench.status(number) == "REQ"
    bench.until(date(2026, 3, 4))
    assert bench.status(number) == "PEN"
    bench.until(date(2026, 3, 8))
    assert bench.status(number) == "PEN"
    bench.until(date(2026, 3, 9))
    assert bench.status(number) == "COM"
    assert bench.world.holder(NMI, "FRMP", date(2026, 3, 8)) == "RETAILB"
    assert bench.world.holder(NMI, "FRMP", date(2026, 3, 9)) == "RETAILA"
    assert not any(each.name == "CATSDataRequest" for each in bench.sent)


def test_who_is_told_what_follows_the_matrix_since_2021():
    bench = Bench()
    number = request_id(bench.submit("RETAILA", change(roles=(("FRMP", "RETAILA"), ("MDP", "NEWMDP")))))
    bench.until(date(2026, 3, 9))
    assert bench.status(number) == "COM"
    requested = [("RETAILA", "FRMP", "N"), ("METERCO", "RP", "C"), ("METERDP", "MDP", "C"), ("NEWMDP", "MDP", "N")]
    assert bench.told("REQ") == requested
    pending = [*requested, ("NETWORK", "LNSP", "C"), ("METERPB", "MPB", "C")]
    assert sorted(bench.told("PEN")) == sorted(pending)
    completed = [*pending, ("RETAILB", "FRMP", "C"), ("LOCAL", "LR", "C")]
    assert sorted(bench.told("COM")) == sorted(completed)


def test_every_notification_is_a_message_of_its_own_with_the_initiators_transaction():
    bench = Bench()
    bench.submit("RETAILA", change(), "retaila-17")
    bench.until(date(2026, 3, 9))
    notices = [each for each in bench.sent if each.name == "CATSNotification"]
    assert all(len(each.transactions) == 1 and each.release is None for each in notices)
    assert {each.transactions[0].initiating_transaction_id for each in notices} == {"retaila-17"}
    numbers = [each.transactions[0].transaction_id for each in bench.sent]
    assert len(set(numbers)) == len(numbers)
    assert all(len(number) <= 36 for number in numbers)


def test_a_notification_shows_the_request_and_when_objections_end():
    bench = Bench()
    notice = bench.submit("RETAILA", change())[1]
    assert notice.text("ChangeRequest/Participant") == "RETAILA"
    assert notice.text("ChangeRequest/ChangeData/ChangeReasonCode") == "1000"
    assert notice.text("ChangeRequest/ChangeData/ProposedDate") == "2026-03-09"
    assert notice.text("ChangeRequest/ChangeData/MeterReadTypeCode") == "SP"
    assert notice.text("ObjectionEndDate") == "2026-03-03"
    assert (notice.text("JurisdictionCode"), notice.text("NMIClassificationCode")) == ("NSW", "SMALL")
    assert notice.text("NMIStatus") is None


def test_a_manually_read_transfer_waits_for_the_actual_read():
    bench = Bench()
    number = request_id(bench.submit("RETAILA", change(BASIC_NMI)))
    asked = [each for each in bench.until(date(2026, 3, 12)) if each.name == "CATSDataRequest"]
    assert [(each.to, each.text("Role"), each.text("RoleStatus")) for each in asked] == [("METERDP", "MDP", "C")]
    assert asked[0].text("InitiatingRequestID") == number
    assert next(find(asked[0].payload, "ActualChangeDate")).attributes == {"xsi:nil": "true"}
    assert bench.status(number) == "PEN"
    supply = change(BASIC_NMI, "1500", roles=(), actual="2026-03-10", read_type=None, answers=number)
    sent = bench.submit("METERDP", supply, "mdp-1")
    assert codes(sent) == ["0"]
    assert bench.status(number) == "COM"
    assert bench.world.holder(BASIC_NMI, "FRMP", date(2026, 3, 9)) == "RETAILB"
    assert bench.world.holder(BASIC_NMI, "FRMP", date(2026, 3, 10)) == "RETAILA"
    told = next(each for each in sent if each.name == "CATSNotification")
    assert told.text("ChangeRequest/ChangeData/ActualChangeDate") == "2026-03-10"


def test_an_actual_read_that_comes_early_completes_when_the_logging_period_is_over():
    bench = Bench()
    number = request_id(bench.submit("RETAILA", change(BASIC_NMI, proposed="2026-03-03")))
    bench.until(date(2026, 3, 3))
    supply = change(BASIC_NMI, "1500", roles=(), actual="2026-03-03", read_type=None, answers=number)
    bench.submit("METERDP", supply, "mdp-1")
    assert bench.status(number) == "REQ"
    bench.until(date(2026, 3, 4))
    assert bench.status(number) == "COM"
    assert bench.told("PEN") == []


def test_the_new_metering_data_provider_is_asked_when_one_is_nominated():
    bench = Bench()
    number = request_id(bench.submit("RETAILA", change(BASIC_NMI, roles=(("FRMP", "RETAILA"), ("MDP", "NEWMDP")))))
    asked = [each for each in bench.until(date(2026, 3, 9)) if each.name == "CATSDataRequest"]
    assert [(each.to, each.text("RoleStatus")) for each in asked] == [("NEWMDP", "N")]
    supply = change(BASIC_NMI, "1500", roles=(), actual="2026-03-09", read_type=None, answers=number)
    assert codes(bench.submit("METERDP", supply, "old")) == ["202"]
    assert codes(bench.submit("NEWMDP", supply, "new")) == ["0"]
    assert bench.world.holder(BASIC_NMI, "MDP", date(2026, 3, 9)) == "NEWMDP"


def test_a_played_provider_owes_the_read_on_the_proposed_date():
    bench = Bench()
    number = request_id(bench.submit("RETAILA", change(BASIC_NMI)))
    asked = next(each for each in bench.until(date(2026, 3, 4)) if each.name == "CATSDataRequest")
    message = Message("r46", Header("NEMMCO", "METERDP", "M1", asked.at, "CATS"), asked.transactions)
    (debt,) = owed("METERDP", message, bench.world)
    assert (debt.group, debt.priority) == ("CATS", "Medium")
    assert debt.when is not None
    assert debt.when.isoformat() == "2026-03-09T00:00:00+10:00"
    bench.at(debt.when)
    supply = debt.transactions[0]
    assert codes(bench.submit("METERDP", supply.payload, supply.transaction_id)) == ["0"]
    assert bench.status(number) == "COM"
    assert owed("METERDP", message, bench.world) == ()


def test_retailers_are_alerted_when_the_read_is_overdue():
    bench = Bench()
    number = request_id(bench.submit("RETAILA", change(BASIC_NMI)))
    assert not any(each.name == "CATSChangeAlert" for each in bench.until(date(2026, 3, 16)))
    alerts = [each for each in bench.until(date(2026, 3, 17)) if each.name == "CATSChangeAlert"]
    assert [each.to for each in alerts] == ["RETAILA", "RETAILB"]
    assert {each.text("Participant") for each in alerts} == {"METERDP"}
    assert alerts[0].text("InitiatingRequestID") == number


def test_a_new_party_learns_the_master_record_on_completion_and_the_loser_does_not():
    bench = Bench()
    bench.submit("RETAILA", change())
    done = bench.until(date(2026, 3, 9))
    shown = {
        each.to: each.text("ChangeRequest/ChangeData/NMIStandingData/MasterData/JurisdictionCode")
        for each in done
        if each.name == "CATSNotification" and each.text("ChangeRequest/ChangeStatusCode") == "COM"
    }
    assert shown["RETAILA"] == "NSW"
    assert shown["RETAILB"] is None


def test_a_retrospective_transfer_completes_when_the_logging_period_is_over():
    bench = Bench()
    number = request_id(bench.submit("RETAILA", change(reason="1010", proposed="2026-02-16")))
    bench.until(date(2026, 3, 4))
    assert bench.status(number) == "COM"
    assert bench.world.holder(NMI, "FRMP", date(2026, 2, 15)) == "RETAILB"
    assert bench.world.holder(NMI, "FRMP", date(2026, 2, 16)) == "RETAILA"


def test_an_end_date_in_the_past_edits_history_only():
    bench = Bench()
    bench.submit("RETAILA", change(reason="1010", proposed="2026-02-16", actual_end="2026-02-20"))
    bench.until(date(2026, 3, 4))
    held = [bench.world.holder(NMI, "FRMP", date(2026, 2, day)) for day in (15, 16, 20, 21)]
    assert held == ["RETAILB", "RETAILA", "RETAILA", "RETAILB"]


def test_two_transfers_in_competition_the_later_one_is_rejected():
    bench = Bench()
    first = request_id(bench.submit("RETAILA", change(proposed="2026-03-09"), "a"))
    second = request_id(bench.submit("RETAILC", change(proposed="2026-03-09", roles=(("FRMP", "RETAILC"),)), "c"))
    bench.until(date(2026, 3, 9))
    assert (bench.status(first), bench.status(second)) == ("COM", "REJ")
    assert ("RETAILC", "FRMP", "N") in bench.told("REJ")


def test_a_deenergised_nmi_shows_its_status_in_notifications():
    bench = Bench([replace(point, status="D") for point in Bench().given])
    assert bench.submit("RETAILA", change())[1].text("NMIStatus") == "D"


@pytest.mark.parametrize("release", ["r29", "r39_p1", "r44", "r46"])
def test_everything_written_reads_clean(release):
    bench = Bench()
    number = request_id(bench.submit("RETAILA", change(BASIC_NMI), release=release))
    bench.until(date(2026, 3, 17))
    supply = change(BASIC_NMI, "1500", roles=(), actual="2026-03-10", read_type=None, answers=number)
    bench.submit("METERDP", supply, "mdp-1", release=release)
    names = set()
    for sent in bench.sent:
        head = Header("NEMMCO", sent.to, "M1", sent.at, sent.group, sent.priority)
        received = read(write(Message(release, head, sent.transactions)), schemas())
        assert received.findings == ()
        names.add(sent.name)
    assert names == {"CATSChangeResponse", "CATSNotification", "CATSDataRequest", "CATSChangeAlert", "ReportResponse"}


def test_numbers_do_not_depend_on_who_comes_first():
    def numbers(order):
        bench = Bench()
        mine = {
            sender: change(nmi, roles=(("FRMP", sender),)) for sender, nmi in (("RETAILA", NMI), ("RETAILC", BASIC_NMI))
        }
        return {sender: [t.transactions for t in bench.submit(sender, mine[sender], "1")] for sender in order}

    assert numbers(["RETAILA", "RETAILC"]) == numbers(["RETAILC", "RETAILA"])


def test_another_seed_gives_other_numbers():
    one, other = (request_id(Bench(seed=seed).submit("RETAILA", change())) for seed in (1, 2))
    assert one != other


def test_a_restart_rebuilds_the_same_state():
    bench = Bench()
    bench.submit("RETAILA", change(BASIC_NMI))
    bench.submit("RETAILA", change(NMI), "T2")
    bench.until(date(2026, 3, 10))
    assert same(bench.world, bench.replayed())
    assert text(answer_of(bench.sent).payload, "RequestID")


def masters(bench: Bench) -> list[tuple[str, str | None]]:
    """(participant, role) of the C4 reports that were sent."""
    sent = [each for each in bench.sent if each.name == "ReportResponse"]
    assert all((each.group, each.priority) == ("CATS", "Low") for each in sent)
    return [(each.to, each.text("ReportParameters/Role")) for each in sent]


def test_every_new_party_gets_a_c4_report_of_what_holds_from_then_on():
    bench = Bench()
    bench.submit("RETAILA", change(roles=(("FRMP", "RETAILA"), ("MDP", "NEWMDP"), ("MPC", "NEWMPC"))))
    assert masters(bench) == []
    bench.until(date(2026, 3, 9))
    assert masters(bench) == [("RETAILA", "FRMP"), ("NEWMDP", "MDP")], "the MPC is not among the roles of the guide"
    report = next(each for each in bench.sent if each.name == "ReportResponse")
    asked = {name: report.text(f"ReportParameters/{name}") for name in ("FromDate", "ToDate", "AsAtDate", "ReportType")}
    assert asked == {
        "FromDate": "2026-03-09",
        "ToDate": "9999-12-31",
        "AsAtDate": "2026-03-09",
        "ReportType": "Detailed",
    }
    rows = list(find(report.payload, "ReportResults/ReplicationBlock/Row"))
    parties = {text(row, "Role"): text(row, "Party") for row in rows if text(row, "Party")}
    assert (parties["FRMP"], parties["MDP"], parties["LNSP"]) == ("RETAILA", "NEWMDP", "NETWORK")


@pytest.mark.parametrize(("reason", "sender", "role"), [("6300", "RETAILB", "RP"), ("6200", "METERCO", "MDP")])
def test_a_new_role_holder_gets_one_too(reason, sender, role):
    bench = Bench()
    number = request_id(bench.submit(sender, change(reason=reason, roles=((role, "SOMEONE"),), read_type=None)))
    bench.until(date(2026, 3, 10))
    assert bench.status(number) == "COM"
    assert masters(bench) == [("SOMEONE", role)]


def test_no_c4_report_where_it_is_switched_off_or_nobody_is_new():
    bench = Bench(switches=Switches(automatic_master="off"))
    bench.submit("RETAILA", change())
    bench.until(date(2026, 3, 9))
    other = Bench()
    master = element("MasterData", element("Status", "D"))
    other.submit("NETWORK", change(reason="5050", roles=(), read_type=None, master=master))
    other.until(date(2026, 3, 9))
    assert masters(bench) == masters(other) == []
