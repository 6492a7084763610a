"""The control API, asked as values, in front of a real runtime."""

import asyncio
import json
import re
import zipfile
from collections.abc import Mapping
from datetime import timedelta
from io import BytesIO
from itertools import pairwise

import pytest
from msgspec.structs import replace

import kit
from simulator.base.clock import Clock, wall_time
from simulator.base.http import Headers, HttpReply, HttpRequest
from simulator.devca import Certificates, ensure
from simulator.hub.limits import Limit, Limits
from simulator.hub.record import names_step
from simulator.hub.switches import Switches
from simulator.scenario.expect import Expectation, HandledOnce, Polls, QueueEmpty
from simulator.scenario.loader import load
from simulator.scenario.verdict import read_verdict
from simulator.stores import JournalFailed
from simulator.web.app import App
from simulator.web.control import Control
from simulator.web.diagram import mermaid
from simulator.web.openapi import PARAMETERS
from simulator.web.problems import BODY_LIMIT

BEGIN = "2026-03-02T09:00:00+10:00"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return ensure(tmp_path_factory.mktemp("certs"), ["RETAILA", "RETAILC"], [], wall_time())


@pytest.fixture
def control(certificates: Certificates) -> Control:
    return Control(certificates, runtime=kit.runtime())


async def ask(
    control: Control, target: str, body: bytes | str | None = None, method: str = "", **headers: str
) -> HttpReply:
    path, _, query = target.partition("?")
    pairs = tuple(tuple(pair.split("=")) for pair in query.split("&") if pair)
    raw = body.encode() if isinstance(body, str) else body or b""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    method = method or ("GET" if body is None else "POST")
    request = HttpRequest(method, "/_sim/" + path, pairs, Headers({"Host": "127.0.0.1:9380", **fields}))

    async def read_body(limit: int) -> bytes:
        return raw[: limit + 1]

    return await App(control, wall_time).answer(request, read_body)


def content(reply: HttpReply, status: int = 200) -> dict:
    assert reply.status == status, reply
    assert reply.content_type == ("application/json" if status < 400 else "application/problem+json")
    return json.loads(reply.body)


def problem(reply: HttpReply, status: int, rule: str) -> str:
    told = content(reply, status)
    assert (told["status"], told["rule"]) == (status, rule)
    return told["detail"]


async def test_alive_and_ready(control: Control) -> None:
    assert content(await ask(control, "health")) == {"status": "ok"}
    assert content(await ask(control, "ready")) == {"status": "ready", "scenario": "test market"}


async def test_alive_but_not_loaded(certificates: Certificates) -> None:
    control = Control(certificates)
    assert content(await ask(control, "health")) == {"status": "ok"}
    for target in ("ready", "clock", "messages", "messages/x", "scenario"):
        problem(await ask(control, target), 503, "control.loading")
    problem(await ask(control, "reset", ""), 503, "control.loading")


async def test_a_halted_simulation_is_not_ready_and_says_why(control: Control) -> None:
    assert control.runtime is not None
    control.runtime.failure = "disk full"
    assert problem(await ask(control, "ready"), 503, "control.halted") == "disk full"
    assert problem(await ask(control, "messages"), 503, "control.not-ready") == "disk full"


async def test_a_journal_that_failed_is_told_of_whatever_is_asked(control: Control, monkeypatch) -> None:
    assert control.runtime is not None

    def fail(*_: object) -> int:
        raise JournalFailed("no room left on the disk")

    monkeypatch.setattr(type(control.runtime.journal), "append", fail)
    assert (
        problem(await ask(control, "clock", '{"advance": "PT30M"}'), 503, "control.journal")
        == "no room left on the disk"
    )
    problem(await ask(control, "ready"), 503, "control.halted")
    monkeypatch.setattr(type(control.runtime.journal), "clear", fail)
    assert problem(await ask(control, "reset", ""), 503, "control.journal") == "no room left on the disk"


async def test_the_clock_is_told_advanced_and_set(control: Control) -> None:
    assert content(await ask(control, "clock")) == {"now": BEGIN, "rate": 0}
    moved = content(await ask(control, "clock", '{"advance": "PT30M"}'))
    assert moved["now"] == "2026-03-02T09:30:00+10:00"
    assert [event["type"] for event in moved["fired"]] == ["ClockMoved"]
    assert content(await ask(control, "clock", '{"set": "2026-03-03T00:00:00Z"}'))["now"] == "2026-03-03T10:00:00+10:00"
    assert content(await ask(control, "clock", '{"set": "2026-03-03T11:00:00"}'))["now"] == "2026-03-03T11:00:00+10:00"


@pytest.mark.parametrize(
    "body",
    [
        *(
            "",
            "{",
            "[]",
            "{}",
            "\xff",
            '{"advance": "soon"}',
            '{"advance": 30}',
            '{"advance": null}',
            '{"advance": "P1M"}',
        ),
        *('{"forward": "PT1M"}', '{"set": "tomorrow"}', '{"advance": "PT1M", "set": "2026-03-03T00:00:00Z"}'),
    ],
)
async def test_a_clock_order_that_is_none(control: Control, body: str) -> None:
    problem(await ask(control, "clock", body.encode("latin-1")), 400, "control.clock")
    assert content(await ask(control, "clock"))["now"] == BEGIN


@pytest.mark.parametrize(
    "body",
    [
        '{"advance": "-PT1S"}',
        '{"set": "2026-03-01T00:00:00Z"}',
        '{"advance": "P99999999D"}',
        '{"set": "9999-12-31T23:59:59Z"}',
    ],
)
async def test_the_clock_only_moves_forward_and_not_out_of_time(control: Control, body: str) -> None:
    told = content(await ask(control, "clock", body), 422)
    assert told["rule"].startswith("clock.")
    assert content(await ask(control, "clock"))["now"] == BEGIN


async def test_an_order_may_not_be_endless(control: Control) -> None:
    problem(await ask(control, "clock", b" " * (BODY_LIMIT + 1)), 413, "control.clock")


async def test_reset_goes_back_to_the_beginning(control: Control) -> None:
    assert control.runtime is not None
    party = kit.Party(control.runtime)
    await party.submit(kit.transfer())
    await ask(control, "clock", '{"advance": "PT30M"}')
    assert content(await ask(control, "messages"))["messages"]
    assert content(await ask(control, "reset", ""))["now"] == BEGIN
    assert content(await ask(control, "messages"))["messages"] == []


async def test_messages_are_told_filtered_and_one_by_one(control: Control) -> None:
    assert control.runtime is not None
    await kit.Party(control.runtime).submit(kit.transfer())
    everything = content(await ask(control, "messages"))["messages"]
    sent = content(await ask(control, "messages?from=RETAILA"))["messages"]
    assert [entry["from"] for entry in sent] == ["RETAILA"]
    assert len(everything) > 1
    one = content(await ask(control, f"messages/{sent[0]['id']}"))
    assert one["body"].startswith("<?xml")
    assert one["timeline"] == sent[0]["timeline"]
    lines = await ask(control, "messages", Accept="application/x-ndjson")
    assert lines.content_type == "application/x-ndjson"
    assert [json.loads(line) for line in lines.body.splitlines()] == everything


async def test_unknown_messages_and_filters(control: Control) -> None:
    problem(await ask(control, "messages/none"), 404, "control.no-message")
    assert "transactionGroup" in problem(await ask(control, "messages?colour=red"), 400, "control.filter")
    twice = problem(await ask(control, "messages?to=RETAILA&to=RETAILB"), 400, "control.filter")
    assert twice == "'to' is given twice; ask once for each"


async def test_a_step_that_there_is_none_of_is_not_waited_for(control: Control) -> None:
    told = problem(await ask(control, "messages?step=acknowledgd&wait=PT60S"), 422, "control.step")
    assert told == "step='acknowledgd' is no step of a message; did you mean 'acknowledged'?"
    assert "known here: received, lost" in problem(await ask(control, "messages?step="), 422, "control.step")
    for wrong in ("refused:", "refused: event", "refused: event x", "overlooked: 1", "visible: event 1", "Queued"):
        problem(await ask(control, f"messages?step={wrong}"), 422, "control.step")


def test_a_step_may_be_what_its_description_lets_it_be() -> None:
    named, begun = PARAMETERS["step"]["schema"]["anyOf"]
    for text in (
        "visible",
        "refused",
        "refused: event 7",
        "overlooked: event 7 some.rule",
        "refused: event 7x",
        "seen",
    ):
        described = text in named["enum"] or re.search(begun["pattern"], text) is not None
        assert described == names_step(text), text


async def test_a_finding_is_asked_for_by_its_beginning(control: Control) -> None:
    assert control.runtime is not None
    await kit.Party(control.runtime).submit(kit.transfer().replace("<To>NEMMCO", "<To>NOBODYS"))
    (refused,) = content(await ask(control, "messages"))["messages"]
    what = refused["timeline"][0]["what"]
    event = what.rpartition(" ")[0]
    assert re.fullmatch("refused: event [0-9]+", event)
    for asked, found in (("refused", 1), (event, 1), (what, 1), (f"{event}0", 0), (f"{what}s", 0), ("overlooked", 0)):
        assert len(content(await ask(control, f"messages?step={asked}"))["messages"]) == found, asked


async def test_the_scenario_is_told_without_passwords(control: Control) -> None:
    told = content(await ask(control, "scenario"))
    assert told["name"] == "test market"
    assert told["given"]["participants"][0]["users"][0] == {"name": "ALICE", "password": "***", "rights": ["*"]}
    assert b"secret" not in (await ask(control, "scenario")).body


async def test_a_scenario_with_tables_of_its_own_is_told_with_these(certificates: Certificates) -> None:
    files = {
        "initiation_rules.csv": "ChangeReasonCode,Role,RoleStatus\n1000,LNSP,C\n",
        "national_calendar.csv": "Date,Type\n2026-03-04,H\n2026-03-03,NSW\n",
    }
    story = load(f"scenario: x\nrules: [{', '.join(files)}]\n", "x.yaml", read_file=files.__getitem__)
    control = Control(certificates, runtime=kit.runtime(replace(kit.scenario(), own_rules=story.own_rules)))
    own = content(await ask(control, "scenario"))["own_rules"]
    assert own["days_off"] == {"ALL": ["2026-03-04"], "NSW": ["2026-03-03", "2026-03-04"]}
    assert {name: [row["Role"] for row in rows] for name, rows in own["tables"].items()} == {
        "initiation_rules": ["LNSP"]
    }


async def test_certificates_are_handed_out(control: Control, certificates: Certificates) -> None:
    ca = await ask(control, "certs/ca.pem")
    assert ca.body == certificates.ca.read_bytes()
    bundle = await ask(control, "certs/RETAILA.zip")
    assert bundle.content_type == "application/zip"
    with zipfile.ZipFile(BytesIO(bundle.body)) as archive:
        assert set(archive.namelist()) == {"ca.pem", "RETAILA.pem", "RETAILA.key"}


@pytest.mark.parametrize("name", ["RETAILZ.zip", "server.zip", "ca.zip", "CA.zip"])
async def test_no_bundle_for_strangers(control: Control, name: str) -> None:
    problem(await ask(control, f"certs/{name}"), 404, "control.no-bundle")


@pytest.mark.parametrize(
    "target", ["", "nothing", "certs/ca.key", "certs/../ca.key", "certs/ca.pem/x", "healthy", "exchange"]
)
async def test_unknown_resources(control: Control, target: str) -> None:
    problem(await ask(control, target), 404, "control.unknown")


@pytest.mark.parametrize(("target", "method", "allow"), [
    ("health", "POST", "GET"), ("clock", "DELETE", "GET, POST"), ("reset", "GET", "POST"),
    ("messages", "PUT", "GET, POST"),
])  # fmt: skip
async def test_wrong_verbs(control: Control, target: str, method: str, allow: str) -> None:
    reply = await ask(control, target, method=method)
    problem(reply, 405, "control.verb")
    assert ("Allow", allow) in reply.headers


async def test_head_is_as_good_as_get(control: Control) -> None:
    assert (await ask(control, "health", method="HEAD")).status == 200


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic right"}, {"Authorization": "right"},
     {"Authorization": "Bearer"}, {"Authorization": "Bearer r\udce4ght"}, {"Authorization": "Bearer righté"}],
)  # fmt: skip
async def test_beyond_loopback_only_the_token_opens(certificates: Certificates, headers: Mapping[str, str]) -> None:
    control = Control(certificates, "right", kit.runtime())
    assert (await ask(control, "health", **headers)).status == 200
    for target in (
        "ready",
        "clock",
        "messages",
        "messages/1",
        "scenario",
        "certs/ca.pem",
        "certs/RETAILA.zip",
        "nothing",
    ):
        reply = await ask(control, target, **headers)
        problem(reply, 401, "control.token")
        assert ("WWW-Authenticate", 'Bearer realm="ehubsim control"') in reply.headers
    problem(await ask(control, "reset", "", **headers), 401, "control.token")


@pytest.mark.parametrize("word", ["Bearer right", "bearer right", "Bearer  right "])
async def test_the_token_opens(certificates: Certificates, word: str) -> None:
    assert (await ask(Control(certificates, "right", kit.runtime()), "ready", Authorization=word)).status == 200


async def test_pages_of_other_origins_are_refused(control: Control) -> None:
    problem(await ask(control, "reset", "", Origin="https://evil.example"), 403, "control.origin")
    assert (await ask(control, "reset", "", Origin="http://127.0.0.1:9380")).status == 200


async def test_workspaces(control: Control) -> None:
    reply = await App(control, wall_time).answer(HttpRequest("GET", "/w/default/_sim/health"), None)
    assert reply.status == 200
    for path in ("/w/other/_sim/health", "/w/default", "/w/", "/w/default/w/default/_sim/health"):
        assert (await App(control, wall_time).answer(HttpRequest("GET", path), None)).status == 404


async def test_nothing_is_answered_before_the_journal_is_replayed(control: Control) -> None:
    reply = await App(control, wall_time).answer(HttpRequest("GET", "/NEMRetail/x"), None)
    assert (reply.status, reply.body) == (500, b"")


async def test_exchanges_are_told_filtered_and_since_a_cursor(control: Control) -> None:
    assert control.runtime is not None
    party = kit.Party(control.runtime)
    await party.queue()
    await party.call("GET", "/NEMRetail/nothing")
    told = content(await ask(control, "exchanges"))
    assert [(each["status"], each["rule"]) for each in told["exchanges"]] == [
        (200, "queue.list"),
        (404, "http.path"),
    ]
    assert (told["cursor"], told["evicted"], told["bugs"]) == (2, 0, [])
    assert len(content(await ask(control, "exchanges?status=404&method=GET"))["exchanges"]) == 1
    assert content(await ask(control, "exchanges?after=2"))["exchanges"] == []
    await party.queue()
    assert len(content(await ask(control, "exchanges?after=2&wait=PT5S"))["exchanges"]) == 1
    control.runtime.exchanges.evict()
    assert content(await ask(control, "exchanges"))["evicted"] == 1
    assert len(content(await ask(control, "exchanges?after=1"))["exchanges"]) == 2


async def test_exchanges_are_waited_for(control: Control) -> None:
    assert control.runtime is not None
    waiting = asyncio.create_task(ask(control, "exchanges?participant=RETAILA&wait=PT60S"))
    await asyncio.sleep(0)
    assert control.runtime.watchers
    await kit.other(control.runtime).queue()
    await kit.Party(control.runtime).queue()
    assert [each["participant"] for each in content(await waiting)["exchanges"]] == ["RETAILA"]
    assert not control.runtime.watchers
    assert content(await ask(control, "exchanges?after=9&wait=PT0.01S"))["exchanges"] == []


async def test_nobody_waits_for_a_workspace_that_ends(control: Control) -> None:
    assert control.runtime is not None
    waiting = asyncio.create_task(ask(control, "exchanges?wait=PT60S"))
    await asyncio.sleep(0)
    await control.runtime.close()
    async with asyncio.timeout(20):
        assert content(await waiting)["exchanges"] == []


@pytest.mark.parametrize("query", ["after=-1", "after=x", "after=", "wait=5", "wait=PT61S", "wait=-PT1S", "wait=soon"])
async def test_cursors_and_waits_that_are_none(control: Control, query: str) -> None:
    assert content(await ask(control, f"exchanges?{query}"), 400)["rule"] in ("control.cursor", "control.wait")


async def test_the_ledger_as_a_diagram(control: Control) -> None:
    assert control.runtime is not None
    party = kit.Party(control.runtime)
    assert (await ask(control, "diagram")).body == b"sequenceDiagram\n"
    await party.submit(kit.transfer())
    await party.clear()
    lines = (await ask(control, "diagram")).body.decode().splitlines()
    assert lines[:3] == ["sequenceDiagram", "    participant p1 as RETAILA", "    participant p2 as NEMMCO"]
    assert sum("Note over" in line and line.endswith(": 2026-03-02") for line in lines) == 1
    assert "    p1->>p2: 09:00:00 received CATS RETAILA-MSG-1" in lines
    assert sum("p2-)p1: " in line and "queued" in line for line in lines) == 2
    assert sum("p2-->>p1: " in line and "fetched" in line for line in lines) == 2
    assert sum("p1->>p2: " in line and "acknowledged" in line for line in lines) == 2
    only = (await ask(control, "diagram?messageId=RETAILA-MSG-1")).body.decode()
    assert "queued" not in only
    assert "received" in only


async def test_a_diagram_of_a_stretch_of_time(control: Control) -> None:
    assert control.runtime is not None
    party = kit.Party(control.runtime)
    for hour in (1, 2, 3):
        await party.submit(kit.transfer(hour), f"catsm_retaila_{hour}")
        await control.runtime.advance(timedelta(hours=1))
    hours = ["2026-03-02T09:00:00+10:00", "2026-03-02T10:00:00 10:00", "2026-03-02T01:00:00Z", "2026-03-02T12:00:00"]
    parts = []
    for since, until in pairwise(hours):
        told = (await ask(control, f"diagram?from=RETAILA&since={since}&until={until}")).body.decode()
        parts.append([line.split()[-1] for line in told.splitlines() if "received" in line])
    assert parts == [["RETAILA-MSG-1"], ["RETAILA-MSG-2"], ["RETAILA-MSG-3"]]
    assert (await ask(control, f"diagram?since={hours[-1]}")).body == b"sequenceDiagram\n"
    late = problem(await ask(control, "diagram?until=noon"), 400, "control.filter")
    assert late == "until='noon' is no time such as 2026-03-02T09:00:00+10:00"


def test_a_diagram_is_text_of_mermaids_whatever_was_said() -> None:
    step = {"at": "2026-03-02T09:00:00+10:00", "what": "refused: event 7 hub.x", "detail": "a;b#c\nd"}
    message = {"from": "A", "to": "B", "messageId": None, "messageContextId": "c1", "transactionGroup": None}
    lines = mermaid([{**message, "timeline": [step] * 501}]).splitlines()
    assert lines[-1] == "    p1-xp2: 09:00:00 refused: event 7 hub.x c1 a#59;b#35;c d"
    assert lines[3] == "    Note over p1: 1 earlier steps are not shown"
    assert len(lines) == 505


def test_a_diagram_is_not_set_up_by_what_was_sent() -> None:
    """Mermaid takes a directive out of any line, and follows it."""
    sent = "%%{init: {'theme': 'dark'}}%%"
    message = {"from": sent, "to": "B", "messageId": sent, "messageContextId": "c1", "transactionGroup": None}
    step = {"at": "2026-03-02T09:00:00+10:00", "what": "received"}
    assert "%%" not in mermaid([{**message, "timeline": [step]}], [(step["at"], f"%{sent}")])


@pytest.mark.parametrize(
    ("what", "line"),
    [("lost", "p1-xp2: 09:00:00 lost c1 why"), ("answer struck", "p2-xp1: 09:00:00 answer struck c1 why")],
)
def test_a_diagram_shows_what_its_sender_could_not_know(what: str, line: str) -> None:
    step = {"at": "2026-03-02T09:00:00+10:00", "what": what, "detail": "why"}
    message = {"from": "A", "to": "B", "messageId": None, "messageContextId": "c1", "transactionGroup": None}
    assert mermaid([{**message, "timeline": [step]}]).splitlines()[-1] == f"    {line}"


def test_a_diagram_tells_what_happened_without_a_message_behind_the_steps_of_its_moment() -> None:
    times = [f"2026-03-0{day}T09:00:00+10:00" for day in (2, 3)]
    message = {"from": "A", "to": "B", "messageId": None, "messageContextId": "c1", "transactionGroup": None}
    timeline = [{"at": at, "what": "fetched"} for at in times]
    lines = mermaid([{**message, "timeline": timeline}], [(times[1], "later; much"), (times[0], "sooner")]).splitlines()
    assert lines[3:] == [
        "    Note over p1,p2: 2026-03-02",
        "    p1-->>p2: 09:00:00 fetched c1",
        "    Note over p1,p2: 09:00:00 sooner",
        "    Note over p1,p2: 2026-03-03",
        "    p1-->>p2: 09:00:00 fetched c1",
        "    Note over p1,p2: 09:00:00 later#59; much",
    ]


async def test_messages_are_waited_for_by_cursor_and_step(control: Control) -> None:
    assert control.runtime is not None
    party = kit.Party(control.runtime)
    begin = content(await ask(control, "messages"))["cursor"]
    waiting = asyncio.create_task(ask(control, f"messages?after={begin}&from=RETAILA&wait=PT60S"))
    await asyncio.sleep(0)
    await party.submit(kit.transfer())
    told = content(await waiting)
    assert [each["messageId"] for each in told["messages"]] == ["RETAILA-MSG-1"]
    cursor = content(await ask(control, "messages"))["cursor"]
    assert content(await ask(control, f"messages?after={cursor}"))["messages"] == []
    waiting = asyncio.create_task(ask(control, "messages?to=RETAILA&step=acknowledged&wait=PT60S"))
    await asyncio.sleep(0)
    await party.clear()
    assert content(await waiting)["messages"][0]["timeline"][-1]["what"] == "acknowledged"
    assert len(content(await ask(control, f"messages?after={cursor}&to=RETAILA"))["messages"]) == 2
    await ask(control, "reset", "")
    again = content(await ask(control, "messages"))
    assert again["messages"] == []
    await party.submit(kit.transfer())
    assert content(await ask(control, f"messages?after={again['cursor']}"))["messages"] != []


async def test_what_comes_due_ends_a_wait_in_real_time(certificates: Certificates) -> None:
    """Nobody asks and nobody moves the clock: market time alone makes it happen."""
    house = kit.runtime(clock=Clock(kit.START, rate=1_000_000))
    await kit.Party(house).submit(kit.transfer())
    reply = await ask(Control(certificates, runtime=house), "messages?to=RETAILA&step=queued&wait=PT30S&after=4")
    assert content(reply)["messages"]


async def test_a_message_is_injected(control: Control) -> None:
    assert control.runtime is not None
    party = kit.Party(control.runtime)
    body = kit.transactions(kit.change_request(), first="NEMMCO-T")
    text = kit.message(body, sender="NEMMCO", to="RETAILA", message_id="NEMMCO-MSG-77")
    told = content(await ask(control, "messages", text), 201)
    assert told["id"] == f"RETAILA/{told['messageContextId']}"
    (entry,) = await party.queue()
    assert (entry["MessageID"], entry["MessageContextID"]) == ("NEMMCO-MSG-77", told["messageContextId"])
    fetched = kit.parse((await party.get(told["messageContextId"])).body)
    assert fetched.findtext(".//CATSChangeRequest/ChangeReasonCode") == "1000"
    assert len(await party.clear()) == 1
    content(await ask(control, "messages?contextId=catsm_nemmco_5", text), 201)
    assert [each["MessageContextID"] for each in await party.queue()] == ["catsm_nemmco_5"]
    assert content(await ask(control, "messages", text), 422)["rule"] == "inject.message-id"
    another = text.replace("NEMMCO-MSG-77", "NEMMCO-MSG-78")
    assert content(await ask(control, "messages?contextId=catsm_nemmco_5", another), 422)["rule"] == "inject.context-id"
    assert content(await ask(control, "messages?contextId=none", another), 422)["rule"] == "id.context"


@pytest.mark.parametrize(("text", "rule"), [
    ("", "inject.message"), ("<a/>", "inject.message"), ("{}", "inject.message"),
    (kit.message(kit.transactions(kit.change_request()), to="NOBODY"), "control.no-participant"),
])  # fmt: skip
async def test_what_cannot_be_injected(control: Control, text: str, rule: str) -> None:
    assert content(await ask(control, "messages", text, method="POST"), 422)["rule"] == rule
    assert content(await ask(control, "messages"))["messages"] == []


async def test_another_story_is_told(control: Control) -> None:
    assert control.runtime is not None
    await kit.Party(control.runtime).submit(kit.transfer())
    text = 'scenario: New\nclock: "2026-05-04T09:00:00+10:00"\n'
    text += "given: {participants: [{id: RETAILZ, roles: [FRMP], played: auto}]}\n"
    told = content(await ask(control, "scenario", text, method="PUT"))
    assert told == {"status": "told", "scenario": "New", "now": "2026-05-04T09:00:00+10:00"}
    assert content(await ask(control, "messages"))["messages"] == []
    assert content(await ask(control, "ready"))["scenario"] == "New"
    await ask(control, "clock", '{"advance": "P1D"}')
    assert content(await ask(control, "reset", ""))["now"] == told["now"]


async def test_a_story_with_mistakes_changes_nothing(control: Control) -> None:
    assert control.runtime is not None
    await kit.Party(control.runtime).submit(kit.transfer())
    before = content(await ask(control, "messages"))
    told = content(await ask(control, "scenario?file=s.yaml", "scenario: S\nsed: 7\ngiven: 5\n", method="PUT"), 422)
    assert [mistake.partition(": ")[0] for mistake in told["mistakes"]] == ["s.yaml:2:1", "s.yaml:3:8"]
    assert content(await ask(control, "messages")) == before
    assert content(await ask(control, "ready"))["scenario"] == "test market"


async def test_the_register_of_behaviour_with_what_the_scenario_sets(certificates: Certificates) -> None:
    story = kit.scenario(switches=Switches(wrong_identity_status=403))
    control = Control(certificates, runtime=kit.runtime(story))
    told = content(await ask(control, "register?area=ehub&basis=assumed"))["rules"]
    assert {each["basis"] for each in told} == {"assumed"}
    (identity,) = (each for each in told if each["rule"] == "assume.wrong-identity")
    assert (identity["default"], identity["here"], identity["number"]) == ("401", "403", "A1")
    (one,) = content(await ask(control, "register?rule=hub.duplicate"))["rules"]
    assert one["source"] == "aseXML Acknowledgements: duplicate"
    problem(await ask(control, "register?bogus=1"), 400, "control.filter")
    told_of = problem(await ask(control, "register?basis=banana"), 400, "control.filter")
    assert "'banana' is no basis; known are assumed, documented, own, seen" in told_of
    assert "known are asexml, cim, " in problem(await ask(control, "register?area=hub"), 400, "control.filter")


async def test_a_stop_file_is_raised_listed_and_cleared(control: Control) -> None:
    wanted = json.dumps({"participant": "RETAILA", "cause": "OUTBOX FILE"})
    name = content(await ask(control, "stop-files", wanted), 201)["id"]
    assert name == "B2MStopFile.RETAILA.OUTBOX-FILE"
    (told,) = content(await ask(control, "stop-files"))["stopFiles"]
    assert (told["id"], told["cause"], told["byHand"]) == (name, "OUTBOX FILE", True)
    assert control.runtime is not None
    asked = (("alertType", "B2MStopFile"),)
    alerts = await kit.Party(control.runtime).call("GET", "/HubMessageManagement/v2/getAlerts", query=asked)
    assert b"OUTBOX FILE" in alerts.body
    assert content(await ask(control, f"stop-files/{name}", method="DELETE")) == {"status": "cleared"}
    assert content(await ask(control, "stop-files"))["stopFiles"] == []
    problem(await ask(control, f"stop-files/{name}", method="DELETE"), 404, "control.no-stop-file")


@pytest.mark.parametrize(
    ("body", "status", "rule"),
    [
        ("{}", 400, "control.stop-file"),
        ('{"participant": "RETAILA", "cause": "RAIN"}', 400, "control.stop-file"),
        ('{"participant": "RETAILA", "cause": "CR", "colour": "red"}', 400, "control.stop-file"),
        ('{"participant": "NOBODY", "cause": "CR"}', 422, "control.no-participant"),
    ],
)
async def test_what_is_no_stop_file(control: Control, body: str, status: int, rule: str) -> None:
    problem(await ask(control, "stop-files", body), status, rule)


@pytest.mark.parametrize(
    ("member", "detail"),
    [
        ("cause", "cause 'RAIN' is none of CR, CR NOTIFICATION, NSRD NOTIFICATION, NSRD RESPONSE, OUTBOX FILE, REPORT"),
        ("type", "type 'RAIN' is none of B2MStopFile, B2BStopFile"),
    ],
)
async def test_what_a_stop_file_may_be_is_told(control: Control, member: str, detail: str) -> None:
    body = json.dumps({"participant": "RETAILA", "cause": "CR", member: "RAIN"})
    assert problem(await ask(control, "stop-files", body), 400, "control.stop-file") == detail


async def test_a_message_put_there_by_hand_counts_at_once(certificates: Certificates) -> None:
    limits = Limits({"OUTBOX FILE": Limit(1, 1)})
    control = Control(certificates, runtime=kit.runtime(replace(kit.scenario(), limits=limits)))
    await ask(control, "messages", kit.message(kit.transactions(kit.change_request()), sender="NEMMCO", to="RETAILA"))
    (told,) = content(await ask(control, "stop-files"))["stopFiles"]
    assert (told["participant"], told["cause"], told["byHand"]) == ("RETAILA", "OUTBOX FILE", False)
    cleared = content(await ask(control, f"stop-files/{told['id']}", method="DELETE"))
    assert cleared == {"status": "raised again"}


async def test_the_verdict_draws_what_is_against(certificates: Certificates) -> None:
    then = (
        Expectation("empty", "f.yaml:1:1", QueueEmpty()),
        Expectation("once", "f.yaml:2:1", HandledOnce()),
    )
    control = Control(certificates, runtime=kit.runtime(replace(kit.scenario(), then=then)))
    assert content(await ask(control, "verdict"))["outcome"] == "cannot know"
    assert control.runtime is not None
    await kit.Party(control.runtime).submit(kit.transfer())
    told = content(await ask(control, "verdict"))
    assert told["outcome"] == "fail"
    assert told["queues"]["lost"] == len(told["findings"][0]["evidence"]) > 0
    empty, once = told["findings"]
    assert empty["diagram"].startswith("sequenceDiagram")
    assert "queued CATS" in empty["diagram"]
    assert "diagram" not in once
    assert set(empty) == {"expectation", "where", "outcome", "why", "evidence", "diagram"}
    assert read_verdict(told).summary() == told


async def test_the_verdict_draws_calls_that_were_about_no_message(certificates: Certificates) -> None:
    then = (Expectation("patient", "f.yaml:1:1", Polls("getQueueMetaData", timedelta(minutes=1))),)
    control = Control(certificates, runtime=kit.runtime(replace(kit.scenario(), then=then)))
    assert control.runtime is not None
    party = kit.Party(control.runtime)
    await party.queue()
    await control.runtime.advance(timedelta(seconds=5))
    await party.queue()
    (finding,) = content(await ask(control, "verdict"))["findings"]
    assert finding["diagram"].splitlines()[1:] == [
        "    participant p1 as the system under test",
        "    Note over p1: 2026-03-02",
        "    Note over p1: 09:00:05 RETAILA called getQueueMetaData, answered 200: "
        "PT1M had not passed since 2026-03-02T09:00:00+10:00",
    ]
