"""The verbs of ``ehubsim client``: what they print, where, and how they end."""

from __future__ import annotations

import argparse
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from client_fake_hub import NOW, Queued, acknowledgement, change_response
from client_stub import Stub, serving

from simulator.asexml import encode
from simulator.client import messages, verbs
from simulator.client.values import HttpAnswer


@pytest.fixture
def stub():
    with serving() as found:
        yield found


class Ran:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


def client(stub: Stub, *words: Any, stdin: bytes = b"", **changed: str) -> Ran:
    environ = {
        "EHUBSIM_URL": stub.url,
        "EHUBSIM_PARTICIPANT": "RETAILA",
        "EHUBSIM_USER": "RETAILAB",
        "EHUBSIM_PASSWORD": "secret",
        **changed,
    }
    parser = argparse.ArgumentParser()
    verbs.add_arguments(parser)
    namespace = parser.parse_args([str(word) for word in (*words, "--attempts", 1)])
    out, err = io.StringIO(), io.StringIO()
    code = verbs.run(namespace, environ, out, err, io.BytesIO(stdin))
    assert "Traceback" not in out.getvalue() + err.getvalue()
    return Ran(code, out.getvalue(), err.getvalue())


def submission(message_id: str = "RETAILA-MSG-1") -> bytes:
    stamp = messages.Envelope("RETAILA", message_id, NOW)
    return encode.write(messages.change_request(stamp, "4102034567", proposed_date=date(2026, 3, 20)))


def test_submit_a_file_and_standard_input(stub, tmp_path):
    file = tmp_path / "m.xml"
    file.write_bytes(submission())
    ran = client(stub, "submit", file)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Accept message=RETAILA-MSG-1 context=catsm_retaila_")
    again = client(stub, "submit", "-", stdin=submission())
    assert again.code == 0
    assert "duplicate=Yes" in again.out
    assert list(stub.hub.submitted) == ["RETAILA-MSG-1"]


def test_a_reject_is_shown_with_its_events_and_ends_with_1(stub):
    stub.hub.scripted = [HttpAnswer(200, {}, acknowledgement("RETAILA-MSG-1", status="Reject", why="From differs"))]
    ran = client(stub, "submit", "-", "--context-id", "catsm_retaila_1", stdin=submission())
    assert ran.code == 1
    assert ran.out.splitlines() == ["Reject message=RETAILA-MSG-1 context=catsm_retaila_1", "  Error 7: From differs"]


def test_broken_bytes_are_sent_when_a_context_id_is_given(stub):
    stub.hub.scripted = [HttpAnswer(200, {}, b"<oops/>")]
    assert client(stub, "submit", "-", "--context-id", "catsm_retaila_1", stdin=b"\xff broken").code == 1
    assert stub.hub.calls[0].body == b"\xff broken"
    assert client(stub, "submit", "-", stdin=b"\xff broken").code == 2


def test_a_file_that_is_not_there(stub):
    ran = client(stub, "submit", "/no/such/file.xml")
    assert ran.code == 3
    assert ran.err == "ehubsim client: /no/such/file.xml: No such file or directory\n"


def test_the_queue_as_lines_and_as_json(stub):
    stub.hub.put(1)
    stub.hub.put(2)
    ran = client(stub, "queue")
    assert ran.code == 0
    assert ran.out.splitlines()[0] == (
        "catsm_nemmco_1  NEMMCO-MSG-1  NEMMCO  Medium  2026-03-02T09:00:00+10:00  Transaction Message"
    )
    assert ran.err == "2 queued\n"
    found = json.loads(client(stub, "queue", "--json").out)
    assert [entry["context_id"] for entry in found] == ["catsm_nemmco_1", "catsm_nemmco_2"]
    assert found[0]["message_id"] == "NEMMCO-MSG-1"
    assert json.loads(client(stub, "queue", "--json", "--group", "NMID").out) == []


def test_get_prints_the_message_or_writes_it(stub, tmp_path):
    context_id = stub.hub.put(1)
    assert client(stub, "get", context_id).out.encode() == change_response(1)
    assert client(stub, "get", context_id, "--out", tmp_path / "m.xml").out == ""
    assert (tmp_path / "m.xml").read_bytes() == change_response(1)
    ran = client(stub, "get", "catsm_nemmco_9")
    assert (ran.code, ran.err) == (1, "ehubsim client: getMessages: catsm_nemmco_9 is not in the queue\n")


def test_ack_fetches_to_see_the_message_id_or_takes_it(stub):
    for number in (1, 2, 3):
        stub.hub.put(number)
    assert client(stub, "ack", "catsm_nemmco_1").code == 0
    assert client(stub, "ack", "catsm_nemmco_2", "--message-id", "NEMMCO-MSG-2", "--ack-id", "MINE").code == 0
    assert client(stub, "ack", "catsm_nemmco_3", "--reject", "2", "schema broken").code == 0
    assert [(own == "MINE", status) for _, own, status, _ in stub.hub.macks] == [
        (False, "Accept"),
        (True, "Accept"),
        (False, "Reject"),
    ]
    assert b"<Explanation>schema broken</Explanation>" in stub.hub.macks[2][3]
    assert not stub.hub.queue
    assert client(stub, "ack", "catsm_nemmco_1", "--message-id", "NEMMCO-MSG-9").code == 1


@pytest.mark.parametrize("code", ["two", "٢", "1.5", "9" * 30])
def test_a_reject_needs_a_number(stub, code):
    ran = client(stub, "ack", "catsm_nemmco_1", "--message-id", "M", "--reject", code, "why")
    assert ran.code == 2
    assert "an event code is a number" in ran.err
    assert not stub.hub.calls


def test_drain_prints_a_line_each_and_writes_files(stub, tmp_path):
    stub.hub.put(1)
    stub.hub.put(2)
    ran = client(stub, "drain", "--once", "--inbox", tmp_path / "inbox", "--out", tmp_path / "out")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        f"catsm_nemmco_{n}  NEMMCO/NEMMCO-MSG-{n}  CATSChangeResponse  {tmp_path / 'out' / f'catsm_nemmco_{n}.xml'}"
        for n in (1, 2)
    ]
    assert ran.err == "2 handled, 2 acknowledged, 0 rejected, 0 repeated, 0 left\n"
    assert (tmp_path / "out" / "catsm_nemmco_1.xml").read_bytes() == change_response(1)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["catsm_nemmco_1.xml", "catsm_nemmco_2.xml"]
    stub.hub.put(1)
    again = client(stub, "drain", "--once", "--inbox", tmp_path / "inbox", "--out", tmp_path / "out")
    assert "repeated: NEMMCO/NEMMCO-MSG-1" in again.err
    assert again.out == ""


def test_drain_without_a_directory_says_what_that_means(stub):
    stub.hub.put(1)
    ran = client(stub, "drain", "--once")
    assert "acknowledged and not kept" in ran.err
    assert ran.out == "catsm_nemmco_1  NEMMCO/NEMMCO-MSG-1  CATSChangeResponse\n"


def test_drain_reports_what_it_rejected_and_keeps_it(stub, tmp_path):
    broken = change_response(1).replace(b"RequestID", b"Unknown")
    stub.hub.queue["catsm_nemmco_1"] = Queued("NEMMCO-MSG-1", broken)
    ran = client(stub, "drain", "--once", "--out", tmp_path)
    assert ran.code == 1
    assert "unreadable: code 2" in ran.err
    assert (tmp_path / "catsm_nemmco_1.unreadable.xml").read_bytes() == broken


def test_a_hub_does_not_choose_where_we_write(stub, tmp_path):
    stub.hub.queue["../../evil"] = Queued("NEMMCO-MSG-1", change_response(1))
    out = tmp_path / "a" / "b"
    ran = client(stub, "drain", "--once", "--out", out)
    assert ran.code == 0
    assert len(list(out.iterdir())) == 1
    assert not list(tmp_path.glob("*evil*"))


def test_a_directory_that_cannot_be_written(stub, tmp_path):
    (tmp_path / "file").write_text("")
    stub.hub.put(1)
    assert client(stub, "drain", "--once", "--out", tmp_path / "file").code == 3
    assert client(stub, "drain", "--once", "--inbox", tmp_path / "file" / "x").code == 3
    assert stub.hub.queue


def test_what_the_hub_says_cannot_steer_the_terminal(stub):
    why = "bad &#x9b;31m value"
    stub.hub.scripted = [HttpAnswer(200, {}, acknowledgement("M", status="Reject", why=why))]
    ran = client(stub, "submit", "-", "--context-id", "c", stdin=submission())
    assert ran.out.splitlines()[1] == "  Error 7: bad \\x9b31m value"


@pytest.mark.parametrize(("status", "code"), [(400, 1), (401, 3), (403, 3), (404, 1), (405, 1), (429, 3), (500, 3)])
def test_exit_codes_by_status(stub, status, code):
    stub.hub.scripted = [HttpAnswer(status)]
    ran = client(stub, "queue")
    assert ran.code == code
    assert ran.err.count("\n") == 1


def test_exit_codes_without_a_hub(stub, tmp_path):
    assert client(stub, "queue", EHUBSIM_URL="https://no-such-host.invalid").code == 3
    assert client(stub, "queue", EHUBSIM_CA=str(tmp_path / "none.pem"), EHUBSIM_URL="https://127.0.0.1:1").code == 3


def test_what_is_missing_is_named_by_flag_and_variable(stub):
    ran = client(stub, "queue", EHUBSIM_USER="", EHUBSIM_URL="")
    assert ran.code == 2
    assert ran.err == "ehubsim client: missing: --url (EHUBSIM_URL), --user (EHUBSIM_USER)\n"


def test_a_flag_wins_over_the_environment(stub):
    assert client(stub, "queue", "--url", stub.url, EHUBSIM_URL="https://no-such-host.invalid").code == 0


@pytest.mark.parametrize("words", [("--attempts", "0"), ("--timeout", "0"), ("--timeout", "nan")])
def test_numbers_that_make_no_sense(stub, words):
    parser = argparse.ArgumentParser()
    verbs.add_arguments(parser)
    environ = {"EHUBSIM_URL": stub.url, "EHUBSIM_PARTICIPANT": "A", "EHUBSIM_USER": "u", "EHUBSIM_PASSWORD": "p"}
    err = io.StringIO()
    assert verbs.run(parser.parse_args(["queue", *words]), environ, io.StringIO(), err) == 2
    assert "--attempts must be at least 1" in err.getvalue()


def test_a_wrong_verb_is_wrong_usage():
    parser = argparse.ArgumentParser()
    verbs.add_arguments(parser)
    with pytest.raises(SystemExit) as caught:
        parser.parse_args(["nonsense"])
    assert caught.value.code == 2


def test_messages_are_written_whole(tmp_path: Path, stub):
    stub.hub.put(1)
    (tmp_path / "catsm_nemmco_1.xml").write_text("old")
    client(stub, "drain", "--once", "--out", tmp_path)
    assert (tmp_path / "catsm_nemmco_1.xml").read_bytes() == change_response(1)
    assert not list(tmp_path.glob(".*"))
