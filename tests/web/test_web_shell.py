"""The small parts of the shell: the log, the files it reads, what it tells about progress."""

import io
import json
import os
import re
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest

import kit
from simulator.base.errors import BadValue
from simulator.base.http import Headers, HttpReply, HttpRequest, Peer
from simulator.config import Settings
from simulator.scenario.mistakes import ScenarioMistakes
from simulator.web import exchange_log, serve
from simulator.web.exchange_log import ExchangeLog
from simulator.web.listeners import CannotStart
from simulator.web.scenario_files import read_scenario, shipped
from simulator.web.schema_files import read_schemas
from simulator.web.start import start

REQUEST = HttpRequest(
    "GET",
    "/a b/\n\x1b[31mé",
    (("transactionGroup", "CATS & Co"), ("subscription-key", "hush"), ("client_secret", "hush"), ("X-apiKey", "hush")),
    Headers({"Authorization": "Basic aHVzaA==", "X-initiatingParticipantID": "RET\x1b[0mAILA"}),
    Peer("RETAILA", "ehubsim"),
)


def test_a_line_of_text_is_one_printable_line_without_secrets() -> None:
    stream = io.StringIO()
    refused = HttpReply(401, rule="gate.user", why="no\nsuch user")
    log = ExchangeLog(stream, "text")
    log.note(kit.START, REQUEST, refused, 0.00123)
    log.close()
    line = stream.getvalue()
    assert line.endswith("\n")
    assert line[:-1].isprintable()
    assert "hush" not in line
    assert "aHVzaA" not in line
    assert "2026-03-02 09:00:00.000+10:00" in line
    assert "transactionGroup=CATS%20%26%20Co&subscription-key=***&client_secret=***&X-apiKey=***" in line
    assert r"401  0 B  1.2 ms  gate.user: 'no\nsuch user'" in line


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_reply_whose_length_nobody_knows_yet_is_not_told_to_be_empty(form: str) -> None:
    stream = io.StringIO()
    log = ExchangeLog(stream, form)
    log.note(kit.START, REQUEST, HttpReply(200, stream=iter([b"<a/>"])), 0.001)
    log.close()
    line = stream.getvalue()
    assert "200  streamed  1.0 ms" in line if form == "text" else json.loads(line)["bytes"] is None


def test_a_line_for_machines_is_json_without_secrets() -> None:
    stream = io.StringIO()
    log = ExchangeLog(stream, "json")
    log.note(kit.START, REQUEST, HttpReply(200, b"<a/>", "application/xml"), 0.5)
    log.note_handshake(kit.START, "unknown ca")
    log.close()
    exchange, handshake = map(json.loads, stream.getvalue().splitlines())
    assert (exchange["status"], exchange["bytes"], exchange["ms"], exchange["rule"]) == (200, 4, 500.0, None)
    assert exchange["certificate"] == "RETAILA"
    assert "hush" not in stream.getvalue()
    assert handshake == {"at": "2026-03-02T09:00:00.000+10:00", "tls": "unknown ca"}


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_line_is_cut_where_a_client_made_it_long_and_says_so(form: str) -> None:
    stream = io.StringIO()
    request = HttpRequest("GET", "/" + "x" * 8_000, (("name", "y" * 8_000),), Headers({}), None, False)
    log = ExchangeLog(stream, form)
    log.note(kit.START, request, HttpReply(404, rule="http.path", why="z" * 8_000), 0.1)
    log.close()
    assert "(16,007 characters)" in stream.getvalue()
    assert len(stream.getvalue()) < 1_500


def test_a_log_nobody_reads_any_more_ends_quietly() -> None:
    class Gone(io.StringIO):
        written = 0

        def write(self, text: str) -> int:
            self.written += 1
            raise BrokenPipeError

    stream = Gone()
    log = ExchangeLog(stream, "text")
    log.note(kit.START, REQUEST, HttpReply(200), 0.1)
    log.close()
    log.note_handshake(kit.START, "unknown ca")
    log.close()
    assert stream.written == 1


@pytest.mark.parametrize(("form", "gap"), [("text", "lines left out"), ("json", '{"leftOut": ')])
def test_what_a_log_that_is_read_late_left_out_is_counted(form: str, gap: str, monkeypatch) -> None:
    monkeypatch.setattr(exchange_log, "MOST_WAITING", 10)
    reading, writing = os.pipe()
    with open(reading) as reader, open(writing, "w") as stream:
        log = ExchangeLog(stream, form)
        for _ in range(200):
            log.note(kit.START, REQUEST, HttpReply(401, rule="gate.user", nearest="x" * 20_000), 0.1)
        log.close(0.05)
        assert log._writer is not None
        assert log._writer.is_alive()
        Thread(target=lambda: (log._writer.join(10), stream.close())).start()
        lines = reader.read().splitlines()
    gaps = [int(re.sub(r"\D", "", line)) for line in lines if gap in line]
    assert len(lines) > len(gaps) > 0
    assert sum(gaps) + len(lines) - len(gaps) == 200


def test_progress_is_told_once_a_second(capsys, monkeypatch) -> None:
    now = 0.0
    monkeypatch.setattr(serve.time, "monotonic", lambda: now)
    tell = serve._progress()
    for second in (0.5, 1.5, 1.6, 2.5):
        now = second
        tell(round(second * 10_000), 100_000)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [f"ehubsim: replaying the journal: {n} of 100,000 events" for n in ("15,000", "25,000")]


def test_the_quick_start_is_there_without_being_asked_for() -> None:
    assert shipped("quickstart.yaml").is_file()
    assert read_scenario(None).name == "Quick start"


@pytest.mark.parametrize(
    ("content", "rule"), [(b"scenario: \xff", "scenario.encoding"), (None, "scenario.file")], ids=["not utf-8", "none"]
)
def test_scenario_files_that_cannot_be_read(tmp_path: Path, content: bytes | None, rule: str) -> None:
    path = tmp_path / "a.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadValue, match=r"a\.yaml") as refused:
        read_scenario(path)
    assert refused.value.rule == rule


def test_a_byte_order_mark_is_no_mistake_and_mistakes_are_all_told(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfscenario: One\ncolour: red\nshape: round\n")
    with pytest.raises(ScenarioMistakes) as refused:
        read_scenario(path)
    assert [mistake.where.line for mistake in refused.value.mistakes] == [2, 3]


def test_schema_sets_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(BadValue, match=r"no \.xsd") as refused:
        read_schemas(tmp_path)
    assert refused.value.rule == "schemas.none"
    (tmp_path / "aseXML_r46.xsd").write_text("not a schema")
    with pytest.raises(BadValue) as refused:
        read_schemas(tmp_path)
    assert refused.value.rule == "asexml.official-schema"


def settings(folder: Path, **more: object) -> Settings:
    return Settings(port=0, plain_port=0, certs=folder / "certs", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("host", "url"), [("::1", "https://[::1]:"), ("localhost", "https://localhost:")])
async def test_any_spelling_of_loopback_serves(tmp_path: Path, host: str, url: str) -> None:
    served = await start(settings(tmp_path, host=host), kit.scenario())
    assert served.url.startswith(url)
    assert served.control_token is None
    await served.close()


async def test_beyond_loopback_there_is_a_token_and_a_given_one_is_kept(tmp_path: Path) -> None:
    first = await start(settings(tmp_path, host="0.0.0.0"), kit.scenario())
    second = await start(settings(tmp_path, host="0.0.0.0", control_token="given"), kit.scenario())
    assert len(first.control_token or "") >= 24
    assert second.control_token == "given"
    await first.close()
    await second.close()


async def test_a_journal_that_tells_another_story_cannot_start(tmp_path: Path) -> None:
    journal = f"sqlite:{tmp_path / 'journal'}"
    await (await start(settings(tmp_path, journal=journal), kit.scenario(seed=1))).close()
    with pytest.raises(CannotStart, match="another journal"):
        await start(settings(tmp_path, journal=journal), kit.scenario(seed=2))
    again = await start(settings(tmp_path, journal=journal), kit.scenario(seed=1))
    await again.close()


async def test_market_time_goes_on_where_the_journal_ends(tmp_path: Path) -> None:
    story = settings(tmp_path, journal=f"sqlite:{tmp_path / 'journal'}", clock="held")
    served = await start(story, kit.scenario())
    await served.runtime.advance(timedelta(days=3))
    await served.close()
    again = await start(story, kit.scenario())
    assert again.runtime.clock.now() == kit.START + timedelta(days=3)
    await again.close()
