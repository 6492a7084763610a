"""``ehubsim serve`` as a process: what it prints works, how it ends, what it says when it cannot start."""

import json
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from process import QUEUE, Served, ehubsim, serving

from kit import transfer

BASIC = "Basic " + b64encode(b"RETAILAB:secret").decode()
MEMBER = {"Authorization": BASIC, "X_initiatingParticipantID": "RETAILA", "X_market": "NEM"}
SUBMIT = QUEUE.replace("getQueueMetaData", "submitMessages")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[Served]:
    with serving(folder) as process:
        yield process


def test_the_printed_curl_line_works_as_printed(served: Served, folder: Path) -> None:
    (line,) = [line for line in served.banner if line.strip().startswith("curl ")]
    words = shlex.split(line)
    options = dict(zip(words[1::2], words[2::2], strict=False))
    assert words[-1] == served.facts["url"] + QUEUE
    assert (folder / options["--cacert"]) == Path(served.facts["ca"])
    assert options["--user"] == "RETAILAB:secret"
    if shutil.which("curl"):
        done = subprocess.run([*words, "--silent", "--fail"], cwd=folder, capture_output=True, timeout=20, check=True)
        assert b"<HubQueueReport" in done.stdout


def test_the_standard_library_is_client_enough(served: Served) -> None:
    reply = served.ask("GET", QUEUE, Accept="application/xml", **MEMBER)
    assert (reply.status, reply.getheader("Content-Type")) == (200, "application/xml")
    assert b"<HubQueueReport" in reply.content


@pytest.mark.parametrize(("method", "path", "status"), [
    ("GET", "/", 404), ("GET", "/NEMRetail/B2MMessagingPull/v1/none", 404), ("GET", "/w/other" + QUEUE, 404),
    ("POST", QUEUE, 405), ("HEAD", QUEUE, 405), ("OPTIONS", QUEUE, 405), ("PROPFIND", QUEUE, 405), ("GET", SUBMIT, 405),
    ("GET", QUEUE, 400), ("GET", "/w/default" + QUEUE, 400),
])  # fmt: skip
def test_refusals_are_truly_empty(served: Served, method: str, path: str, status: int) -> None:
    reply = served.ask(method, path)
    assert (reply.status, reply.content, reply.getheader("Content-Type")) == (status, b"", None)
    assert reply.getheader("Server") is None


def test_ten_megabytes_get_event_6(served: Served) -> None:
    header = transfer().partition("<Transactions>")[0].encode()
    headers = {**MEMBER, "Accept": "application/xml", "messageContextID": "catsm_retaila_1"}
    for _ in range(3):
        reply = served.ask("POST", SUBMIT, header + b"<a>" * (10 * 1024 * 1024 // 3), **headers)
        assert (reply.status, b"<Code>6</Code>" in reply.content) == (200, True)


def test_the_health_check_of_the_image(served: Served) -> None:
    lines = (Path(__file__).parents[2] / "Dockerfile").read_text().splitlines()
    (check,) = [json.loads(line.strip().removeprefix("CMD ")) for line in lines if "/_sim/health" in line]
    port = served.facts["url"].rpartition(":")[2]
    for number, code in ((port, 0), ("1", 1)):
        words = [sys.executable, *check[1:]]
        done = subprocess.run(words, env={"EHUBSIM_PORT": number}, capture_output=True, timeout=20, check=False)
        assert done.returncode == code


def test_the_ready_file_is_for_its_owner_alone(served: Served, folder: Path) -> None:
    assert stat.S_IMODE((folder / "ready.json").stat().st_mode) == 0o600
    assert served.facts["pid"] == served.process.pid
    assert served.facts["plain_url"] is None
    assert served.facts["control_token"] is None
    (member,) = served.facts["participants"]
    assert (member["participant"], member["user"], member["password"]) == ("RETAILA", "RETAILAB", "secret")


def test_no_certificate_is_a_500_and_a_wrong_password_a_401(served: Served) -> None:
    wrong = "Basic " + b64encode(b"RETAILAB:wrong").decode()
    reply = served.ask("GET", QUEUE, **{**MEMBER, "Authorization": wrong})
    assert (reply.status, reply.content) == (401, b"")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_and_ends_well(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path) as served, closing(served.connection()) as connection:
        body = b"<not-asexml/>"
        headers = {name.replace("_", "-"): value for name, value in MEMBER.items()}
        connection.putrequest("POST", SUBMIT)
        for name, value in {**headers, "Accept": "application/xml", "messageContextID": "catsm_retaila_1"}.items():
            connection.putheader(name, value)
        connection.putheader("Expect", "100-continue")
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders()
        assert connection.sock.recv(1000).startswith(b"HTTP/1.1 100")
        served.process.send_signal(number)
        connection.send(body)
        reply = connection.getresponse()
        assert (reply.status, b"Event" in reply.read()) == (200, True)
        code, out, err = served.ended()
    assert (code, err) == (0, "")
    assert "submitMessages  200" in out


def test_who_never_reads_the_log_holds_nobody_up(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        for _ in range(30):
            assert served.ask("GET", "/none" + "x" * 7000).status == 404
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(20) == 0
        assert len(served.process.stdout.read()) > 20 * 1024


def test_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    with serving(tmp_path) as served, closing(served.connection()) as connection:
        connection.putrequest("POST", SUBMIT)
        for name, value in {**MEMBER, "Accept": "application/xml", "messageContextID": "catsm_retaila_1"}.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.putheader("Expect", "100-continue")
        connection.putheader("Content-Length", "10")
        connection.endheaders()
        assert connection.sock.recv(1000).startswith(b"HTTP/1.1 100")
        served.process.send_signal(signal.SIGTERM)
        _until_refused(served.facts["url"])
        served.process.send_signal(signal.SIGTERM)
        assert served.ended()[0] == -signal.SIGTERM


def _until_refused(url: str) -> None:
    """Until the listener is closed, which says that the first signal has arrived."""
    host, port = url.removeprefix("https://").split(":")
    while True:
        try:
            socket.create_connection((host, int(port))).close()
        except ConnectionError:
            return


def test_the_log_says_who_what_and_why_but_no_secret(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        served.ask("GET", QUEUE + "?subscription-key=hush", **MEMBER)
        served.ask("GET", QUEUE, **{**MEMBER, "X_initiatingParticipantID": "RETAILZ"})
        served.process.send_signal(signal.SIGTERM)
        _, out, _ = served.ended()
    first, second = out.splitlines()
    assert "RETAILA     GET" in first
    assert "subscription-key=***  200" in first
    assert "401" in second
    assert "gate." in second
    assert "hush" not in out
    assert BASIC not in out
    assert "secret" not in out


def test_the_log_for_machines(tmp_path: Path) -> None:
    with serving(tmp_path, "--log", "json") as served:
        served.ask("GET", QUEUE, **MEMBER)
        served.process.send_signal(signal.SIGTERM)
        _, out, _ = served.ended()
    (entry,) = [json.loads(line) for line in out.splitlines()]
    assert (entry["method"], entry["target"], entry["status"], entry["certificate"]) == ("GET", QUEUE, 200, "RETAILA")


def test_beyond_loopback_the_control_api_wants_the_printed_token(tmp_path: Path) -> None:
    with serving(tmp_path, "--host", "0.0.0.0", "--san", "hub.example") as served:
        token = served.facts["control_token"]
        assert any(token in line for line in served.banner)
        assert served.facts["url"].startswith("https://localhost:")
        assert served.ask("GET", "/_sim/health").status == 200
        assert served.ask("GET", "/_sim/clock").status == 401
        assert served.ask("GET", "/_sim/clock", Authorization=f"Bearer {token}").status == 200


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    context = {"messageContextID": "catsm_retaila_1", "Accept": "application/xml", "Content_Type": "application/xml"}
    story = (Path(__file__).parents[2] / "scenarios" / "quickstart.yaml").as_posix()
    arguments = (story, "--journal", "sqlite:journal.sqlite")
    with serving(tmp_path, *arguments) as served:
        body = transfer().encode()
        before = served.ask("POST", SUBMIT, body, **MEMBER, **context)
        assert b'status="Accept"' in before.content
        served.process.kill()
        served.ended()
    with serving(tmp_path, *arguments) as served:
        again = served.ask("POST", SUBMIT, body, **MEMBER, **context)
        assert b'duplicate="Yes"' in again.content
        told = json.loads(served.ask("GET", "/_sim/messages?from=RETAILA").content)["messages"]
        assert [entry["messageId"] for entry in told] == ["RETAILA-MSG-1"]


@pytest.fixture
def taken_port() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield str(other.getsockname()[1])


def test_a_port_that_is_taken(tmp_path: Path, taken_port: str) -> None:
    for flag in ("--port", "--plain-port"):
        done = ehubsim("serve", "--port", "0", "--plain-port", "0", flag, taken_port, folder=tmp_path)
        assert (done.returncode, done.stdout) == (3, "")
        assert done.stderr == f"ehubsim: port {taken_port} on 127.0.0.1 is taken; choose another with {flag}\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["none.yaml"], "none.yaml"),
        (["bad.yaml"], "bad.yaml:2:1"),
        (["binary.yaml"], "binary.yaml"),
        (["--journal", "sqlite:text.txt"], "text.txt"),
        (["--journal", "sqlite:no/such/folder/journal"], "no/such/folder"),
        (["--journal", "postgresql://nowhere/x"], "not there yet"),
        (["--journal", "memory:?keep=perhaps"], "keep"),
        (["--schemas", "empty"], "empty"),
        (["--certs", "text.txt/certs"], "text.txt"),
        (["--host", "192.0.2.1"], "192.0.2.1"),
    ],
)
def test_what_cannot_start_says_why_in_one_line(tmp_path: Path, arguments: list[str], told: str) -> None:
    (tmp_path / "bad.yaml").write_text("scenario: Bad\ncolour: red\nshape: round\n")
    (tmp_path / "binary.yaml").write_bytes(b"scenario: \xff\xfe")
    (tmp_path / "text.txt").write_text("not a database, not a folder " * 100)
    (tmp_path / "empty").mkdir()
    done = ehubsim("serve", "--port", "0", "--plain-port", "0", *arguments, folder=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "dance",
        "serve --port x",
        "serve --clock 7",
        "serve a b",
        "run a.yaml",
        "check",
        "client",
        "certs a b",
    ],
)
def test_wrong_usage(tmp_path: Path, arguments: str) -> None:
    done = ehubsim(*arguments.split(), folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_the_environment_steers_too(tmp_path: Path) -> None:
    done = ehubsim("serve", folder=tmp_path, EHUBSIM_PORT="99999")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "EHUBSIM_PORT" in done.stderr
