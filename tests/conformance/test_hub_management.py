"""HubMessageManagement v2 and v1, clause by clause, in our own words. Each test names the clause it keeps."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kit import Party, macks, other, outcome, parse, runtime, scenario, transfer
from simulator.asexml.decode import read
from simulator.asexml.schemas import Schemas
from simulator.base.http import HttpReply, Peer
from simulator.hub.switches import Switches

V2 = "/HubMessageManagement/v2/getAlerts"
V1 = "/ws/HubMessageManagement/1.0/"
B2M = (("alertType", "B2MStopFile"),)
ME = ("initiatingParticipantID", "RETAILA")
KEY = {"x-eHub-APIKey": "any"}


@pytest.fixture
def party() -> Party:
    return Party(runtime())


def party_with(**switches: object) -> Party:
    return Party(runtime(scenario(switches=Switches(**switches))))  # type: ignore[arg-type]


def alerts(reply: HttpReply) -> list[dict[str, str]]:
    assert reply.status == 200, reply
    report = parse(reply.body).find("Transactions/Transaction/HubFlowControlReport")
    assert report is not None
    found = [{child.tag: child.text or "" for child in alert} for alert in report.iter("FlowControlAlert")]
    assert report.findtext("ResultCount") == str(len(found))
    return found


def stop(party: Party, participant: str, kind: str = "OUTBOX FILE", alert_type: str = "B2MStopFile") -> None:
    simulation = party.house.simulation
    simulation.hub.flow.raise_by_hand(simulation.turn(party.house.clock.now()), participant, kind, alert_type)


async def badack(party: Party, wrong: str = "NEVER-SENT") -> dict[str, str]:
    """A message in the queue, and a bad acknowledgement for it."""
    assert outcome(await party.submit(transfer())).status == "Accept"
    entry = (await party.queue())[0]
    assert outcome(await party.acknowledge(macks(wrong, own="BAD-1"), entry["MessageContextID"])).status == "Reject"
    return entry


async def test_nothing_stands_is_a_report_of_none(party):
    """getAlerts answers a HubFlowControlReport; ResultCount says how many alerts it holds."""
    reply = await party.call("GET", V2, query=B2M)
    assert alerts(reply) == []
    assert reply.content_type == "application/xml"
    header = parse(reply.body).find("Header")
    assert header is not None
    assert (header.findtext("From"), header.findtext("To"), header.findtext("TransactionGroup")) == (
        "NEMMCO",
        "RETAILA",
        "HMGT",
    )


async def test_a_stop_file_is_named_with_its_cause_and_since_when(party):
    """FlowControlAlert: type, participant, stop file, cause, and when it was raised; no action in standing data."""
    stop(party, "RETAILA")
    assert alerts(await party.call("GET", V2, query=B2M)) == [
        {
            "AlertType": "B2MStopFile",
            "ParticipantID": "RETAILA",
            "StopFileName": "retaila.stp",
            "Cause": "OUTBOX FILE",
            "StopDateTime": "2026-03-02T09:00:00.000+10:00",
        }
    ]


async def test_the_default_alert_type_is_b2b(party):
    """alertType: B2BStopFile is the default."""
    stop(party, "RETAILA")
    stop(party, "RETAILC", alert_type="B2BStopFile")
    plain, named = await party.call("GET", V2), await party.call("GET", V2, query=(("alertType", "B2BStopFile"),))
    assert [a["ParticipantID"] for a in alerts(plain)] == ["RETAILC"]
    assert alerts(plain) == alerts(named)


@pytest.mark.parametrize(("asked", "shown"), [("", ["RETAILA", "RETAILC"]), ("RETAILC", ["RETAILC"]), ("NOBODY", [])])
async def test_b2b_is_asked_for_all_participants_or_for_one(party, asked, shown):
    """queryParticipantID: without it all participants' B2B stop files; an unknown one gives ResultCount 0, no error."""
    stop(party, "RETAILA", alert_type="B2BStopFile")
    stop(party, "RETAILC", alert_type="B2BStopFile")
    reply = await party.call("GET", V2, query=(("queryParticipantID", asked),))
    assert [alert["ParticipantID"] for alert in alerts(reply)] == shown


async def test_b2m_is_ones_own_whoever_is_asked_for(party):
    """queryParticipantID is for B2B only and ignored for B2M."""
    stop(party, "RETAILC")
    query = (*B2M, ("queryParticipantID", "RETAILC"))
    assert alerts(await party.call("GET", V2, query=query)) == []
    assert len(alerts(await other(party.house).call("GET", V2, query=B2M))) == 1


@pytest.mark.parametrize(("choice", "status"), [("500", 500), ("400", 400)])
async def test_an_unknown_alert_type_is_refused(choice, status):
    """assume.unknown-alert-type: by analogy with an invalid transactionGroup of B2B; no body."""
    party = party_with(unknown_alert_type=choice)
    reply = await party.call("GET", V2, query=(("alertType", "b2mstopfile"),))
    assert (reply.status, reply.body) == (status, b"")


async def test_an_unknown_alert_type_may_be_a_report_of_none():
    party = party_with(unknown_alert_type="empty")
    stop(party, "RETAILA", alert_type="B2BStopFile")
    assert alerts(await party.call("GET", V2, query=(("alertType", "Dogs"),))) == []


async def test_the_mandatory_header_is_demanded(party):
    """X-initiatingParticipantID is required: 400 without a body."""
    reply = await party.call("GET", V2, without="X-initiatingParticipantID")
    assert (reply.status, reply.body) == (400, b"")


@pytest.mark.parametrize("optional", ["X-market", "Accept"])
async def test_no_other_header_is_demanded(party, optional):
    """The operation has no X-market and no mandatory Accept."""
    assert (await party.call("GET", V2, without=optional)).status == 200


async def test_credentials_are_demanded(party):
    """401: Authorization missing, or a wrong password; no body."""
    missing = await party.call("GET", V2, without="Authorization")
    party.password = "wrong"
    wrong = await party.call("GET", V2)
    assert [(reply.status, reply.body) for reply in (missing, wrong)] == [(401, b"")] * 2


async def test_another_participants_identity_is_refused(party):
    """The identity must be the credentials' and the certificate's own."""
    reply = await party.call("GET", V2, also={"X-initiatingParticipantID": "RETAILC"})
    assert (reply.status, reply.body) == (401, b"")
    party.peer = Peer("RETAILC", "ehubsim")
    assert (await party.call("GET", V2)).status == 500


async def test_the_callers_transaction_is_answered(party):
    """X-transactionID is optional; the report names it as the one it answers."""
    reply = await party.call("GET", V2, also={"X-transactionID": "ASKED-1"})
    assert parse(reply.body).find("Transactions/Transaction").get("initiatingTransactionID") == "ASKED-1"
    too_long = await party.call("GET", V2, also={"X-transactionID": "X" * 37})
    assert parse(too_long.body).find("Transactions/Transaction").get("initiatingTransactionID") is None


@pytest.mark.parametrize("path", [V2, V1 + "alerts", V1 + "ping"])
@pytest.mark.parametrize("verb", ["POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "BREW"])
async def test_a_wrong_verb_is_answered_405_without_a_body(party, path, verb):
    """Every operation is a GET."""
    reply = await party.call(verb, path, query=(ME,), also=KEY)
    assert (reply.status, reply.body) == (405, b"")


@pytest.mark.parametrize("path", [V2 + "/", "/HubMessageManagement/v2/getalerts", "/HubMessageManagement/v3/getAlerts"])
async def test_an_unknown_path_is_answered_404(party, path):
    assert (await party.call("GET", path)).status == 404


# v1


async def test_v1_names_its_caller_in_a_parameter(party):
    """v1: initiatingParticipantID, alertType and queryParticipantID are parameters."""
    stop(party, "RETAILA")
    reply = await party.call("GET", V1 + "alerts", query=(ME, *B2M), also=KEY, without="X-initiatingParticipantID")
    assert [alert["Cause"] for alert in alerts(reply)] == ["OUTBOX FILE"]


async def test_ping_answers_that_the_hub_is_up(party):
    """ping: 200 is connected, authorised and up; it says nothing more."""
    reply = await party.call("GET", V1 + "ping", query=(ME,), also=KEY, without="X-initiatingParticipantID")
    assert (reply.status, reply.body) == (200, b"")


async def test_ping_answers_500_while_the_hub_is_down(party):
    """ping: 500 is the core application being down."""
    party.house.failure = "the disk is full"
    assert (await party.call("GET", V1 + "ping", query=(ME,), also=KEY)).status == 500


@pytest.mark.parametrize("operation", ["alerts", "ping"])
async def test_v1_demands_its_parameter_its_key_and_the_callers_own_identity(party, operation):
    """v1: a missing parameter or key header 400; another participant's identity is refused."""
    path = V1 + operation
    assert (await party.call("GET", path, also=KEY)).status == 400
    assert (await party.call("GET", path, query=(ME,))).status == 400
    foreign = await party.call("GET", path, query=(("initiatingParticipantID", "RETAILC"),), also=KEY)
    assert (foreign.status, foreign.body) == (401, b"")
    assert (await party.call("GET", path, query=(ME,), also=KEY, without="Authorization")).status == 401


@pytest.mark.parametrize("operation", ["alerts", "ping"])
@pytest.mark.parametrize(
    ("switches", "answer"),
    [
        ({}, (401, b"")),
        ({"error_bodies": "json"}, (401, b'{"Exception": "Unauthorised: Invalid Username or Password"}')),
        ({"wrong_identity_status": 403}, (403, b"")),
        ({"wrong_identity_status": 500}, (500, b"")),
    ],
)
async def test_v1_sends_an_exception_for_another_participants_identity(operation, switches, answer):
    """v1: an identity that does not match "will send an exception"; which form that has, the switches say."""
    foreign = (("initiatingParticipantID", "RETAILC"),)
    reply = await party_with(**switches).call("GET", V1 + operation, query=foreign, also=KEY)
    assert (reply.status, reply.body) == answer


async def test_v1_without_a_key_where_the_switch_says_so():
    party = party_with(alerts_api_key="no")
    assert (await party.call("GET", V1 + "ping", query=(ME,))).status == 200


def v1(*query: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return (ME, *query)


@pytest.mark.parametrize("asked", ["b2mstopfile", "B2MStopFile ", "OUTBOX FILE", "\x01<&"])
@pytest.mark.parametrize("path", [V2, V1 + "alerts"])
async def test_an_alert_type_that_is_none_of_the_two_is_answered_500(party, path, asked):
    """assume.unknown-alert-type, the same for both versions: case and blanks count."""
    reply = await party.call("GET", path, query=v1(("alertType", asked)), also=KEY)
    assert (reply.status, reply.body, reply.rule) == (500, b"", "alerts.unknown-type")


@pytest.mark.parametrize("asked", ["NOBODY", "retailc", "X" * 400, "\x01<&]]>"])
@pytest.mark.parametrize("path", [V2, V1 + "alerts"])
async def test_an_unknown_query_participant_is_a_report_of_none(party, path, asked):
    """queryParticipantID: an unknown one gives ResultCount 0, in both versions, whatever it is made of."""
    stop(party, "RETAILC", alert_type="B2BStopFile")
    assert alerts(await party.call("GET", path, query=v1(("queryParticipantID", asked)), also=KEY)) == []


async def test_v1_ignores_a_query_participant_for_b2m_and_defaults_to_b2b(party):
    stop(party, "RETAILC")
    stop(party, "RETAILC", alert_type="B2BStopFile")
    assert (
        alerts(await party.call("GET", V1 + "alerts", query=v1(*B2M, ("queryParticipantID", "RETAILC")), also=KEY))
        == []
    )
    (plain,) = alerts(await party.call("GET", V1 + "alerts", query=v1(), also=KEY))
    assert (plain["AlertType"], plain["ParticipantID"]) == ("B2BStopFile", "RETAILC")


MISSING = [
    (V2, "X-initiatingParticipantID", 400, "http.mandatory-header"),
    (V2, "Authorization", 401, "gate.authorization-missing"),
    (V1 + "alerts", "x-eHub-APIKey", 400, "http.mandatory-header"),
    (V1 + "alerts", "Authorization", 401, "gate.authorization-missing"),
    (V1 + "ping", "x-eHub-APIKey", 400, "http.mandatory-header"),
    (V1 + "ping", "Authorization", 401, "gate.authorization-missing"),
]


@pytest.mark.parametrize("empty", [False, True])
@pytest.mark.parametrize(("path", "header", "status", "rule"), MISSING)
async def test_each_header_that_is_missing_or_empty(party, path, header, status, rule, empty):
    """Mandatory headers one by one: 400 without a body; Authorization is 401, missing or not understood."""
    headers = {**KEY, header: "" if empty else None}
    reply = await party.call(
        "GET",
        path,
        query=v1(),
        also={n: v for n, v in headers.items() if v is not None},
        without=None if empty else header,
    )
    assert (reply.status, reply.body) == (status, b"")
    assert reply.rule == ("gate.user" if empty and header == "Authorization" else rule)


@pytest.mark.parametrize("query", [(), (("initiatingParticipantID", ""),), (("initiatingparticipantid", "RETAILA"),)])
@pytest.mark.parametrize("operation", ["alerts", "ping"])
async def test_v1_without_its_parameter(party, operation, query):
    reply = await party.call("GET", V1 + operation, query=query, also=KEY)
    assert (reply.status, reply.body, reply.rule) == (400, b"", "http.mandatory-parameter")


@pytest.mark.parametrize("operation", ["alerts", "ping"])
async def test_v1_with_another_participants_certificate(party, operation):
    party.peer = Peer("RETAILC", "ehubsim")
    reply = await party.call("GET", V1 + operation, query=v1(), also=KEY)
    assert (reply.status, reply.body) == (500, b"")


# Bad acknowledgements


@pytest.mark.parametrize("shown", ["flow control alert", "payload exception"])
async def test_a_badack_that_names_what_is_too_long_is_shown_within_the_schema(shown):
    party = party_with(badack_in_alerts=shown)
    await party.acknowledge(macks("X" * 500, own="B" * 500), "c" * 400)
    reply = await party.call("GET", V2, query=B2M)
    assert read(reply.body, Schemas()).findings == ()
    if shown == "flow control alert":
        (alert,) = alerts(reply)
        assert alert["Cause"] == f"BADACK {'c' * 50} event 7 hub.context-form"[:80]
    else:
        exception = parse(reply.body).find("Transactions/Transaction/PayloadExceptionAlert")
        assert exception is not None
        assert exception.findtext("InitiatingMessageID") == "X" * 36


async def test_a_badack_shows_until_it_is_put_right(party):
    """badack: raised when an acknowledgement fails validation; the message stays queued until a good one comes."""
    entry = await badack(party)
    (alert,) = alerts(await party.call("GET", V2, query=B2M))
    assert (alert["AlertType"], alert["ParticipantID"]) == ("BADACK", "RETAILA")
    assert entry["MessageContextID"] in alert["Cause"]
    assert entry in await party.queue()
    record = party.house.message(entry["MessageContextID"])
    assert record is not None
    assert record["timeline"][-1]["what"] == "badack"
    good = macks(entry["MessageID"], own="GOOD-1")
    assert outcome(await party.acknowledge(good, entry["MessageContextID"])).status == "Accept"
    assert alerts(await party.call("GET", V2, query=B2M)) == []


async def test_a_badack_is_seen_by_nobody_else_and_not_among_b2b(party):
    await badack(party)
    assert alerts(await party.call("GET", V2)) == []
    assert alerts(await other(party.house).call("GET", V2, query=B2M)) == []


async def test_a_badack_with_the_wrong_context_is_its_messages(party):
    """It names a queued message in its content: that one waits for a good acknowledgement."""
    await party.submit(transfer())
    entry = (await party.queue())[0]
    await party.acknowledge(macks(entry["MessageID"], own="BAD-1"), "catsm_nemmco_999")
    await party.house.advance(timedelta(days=3))
    assert len(alerts(await party.call("GET", V2, query=B2M))) == 1
    await party.acknowledge(macks(entry["MessageID"], own="GOOD-1"), entry["MessageContextID"])
    assert alerts(await party.call("GET", V2, query=B2M)) == []


async def test_a_badack_for_nothing_shows_on_its_day(party):
    """Nothing can put it right, so it does not show for ever."""
    await party.acknowledge(macks("NEVER-SENT"), "catsm_nemmco_999")
    assert len(alerts(await party.call("GET", V2, query=B2M))) == 1
    await party.house.advance(timedelta(days=1))
    assert alerts(await party.call("GET", V2, query=B2M)) == []


async def test_a_badack_as_payload_exception_alert():
    """PayloadExceptionAlert: who, which message by all its references, when, and the event."""
    party = party_with(badack_in_alerts="payload exception")
    entry = await badack(party)
    reply = await party.call("GET", V2, query=B2M)
    assert alerts(reply) == []
    exception = parse(reply.body).find("Transactions/Transaction/PayloadExceptionAlert")
    assert exception is not None
    told = {child.tag: child.text for child in exception if len(child) == 0}
    assert told == {
        "MessageType": "Message Acknowledgement",
        "MessageInitiator": "RETAILA",
        "MessageID": "BAD-1",
        "InitiatingMessageID": "NEVER-SENT",
        "MessageContextID": entry["MessageContextID"],
        "AlertDateTime": "2026-03-02T09:00:00.000+10:00",
    }
    assert exception.findtext("Event/Code") == "7"
    assert [child.text for child in exception.find("InitiatingAPIReference")] == [
        "B2MMessagingPull",
        "submitMessageAcknowledgements",
        "POST",
    ]


async def test_a_badack_not_shown():
    party = party_with(badack_in_alerts="off")
    await badack(party)
    reply = await party.call("GET", V2, query=B2M)
    assert alerts(reply) == []
    assert b"PayloadExceptionAlert" not in reply.body


async def test_a_badack_survives_a_restart(party):
    entry = await badack(party)
    house = party.house
    again = Party(type(house).open(house.scenario, house.journal, house.clock, Schemas()))
    (alert,) = alerts(await again.call("GET", V2, query=B2M))
    assert entry["MessageContextID"] in alert["Cause"]


async def test_answers_of_one_moment_that_tell_something_else_are_other_messages(party):
    """No MessageID is used for two messages, also under a clock that stands, and whoever raised what is told."""
    told: dict[str, bytes] = {}

    async def look() -> None:
        for path, query in ((V2, B2M), (V2, ()), (V1 + "alerts", (ME, *B2M))):
            for asked in ({}, {"X-transactionID": "ASKED-1"}):
                body = (await party.call("GET", path, query=query, also={**KEY, **asked})).body
                assert told.setdefault(parse(body).findtext("Header/MessageID") or "", body) == body

    await look()
    await badack(party)
    await look()
    stop(party, "RETAILA")
    await look()
    stop(party, "RETAILC", alert_type="B2BStopFile")
    await look()
    stop(party, "RETAILA", kind="CR NOTIFICATION")
    await look()
    assert len(told) >= 12
