from __future__ import annotations

import argparse
from pathlib import Path

import msgspec
import pytest

from simulator.base.errors import BadValue
from simulator.config import ANY_PORT, OPTIONS, Reports, Settings, add_options, add_reports, reports, settings


def read(*arguments: str, **environ: str) -> Settings:
    parser = argparse.ArgumentParser()
    parser.add_argument("scenario", nargs="?")
    add_options(parser)
    return settings(parser.parse_args(arguments), environ)


def refusal(*arguments: str, **environ: str) -> BadValue:
    with pytest.raises(BadValue) as caught:
        read(*arguments, **environ)
    assert "\n" not in str(caught.value)
    return caught.value


def test_nothing_given_is_the_documented_default() -> None:
    assert read() == Settings(
        host="127.0.0.1",
        port=9319,
        plain_port=9380,
        certs=Path("certs-dev"),
        journal="memory:",
        clock="real",
        schemas=None,
        control_token=None,
        sans=(),
        log="text",
        ready_file=None,
        scenario=None,
    )


def test_every_field_but_the_scenario_is_an_option() -> None:
    fields = {field.name for field in msgspec.structs.fields(Settings)}
    assert {option.field for option in OPTIONS} == fields - {"scenario"}


def test_flags(tmp_path: Path) -> None:
    got = read(
        "story.yaml",
        "--host",
        "0.0.0.0",
        "--port",
        "0",
        "--plain-port",
        "1",
        "--certs",
        str(tmp_path),
        "--journal",
        "sqlite:a.sqlite",
        "--clock",
        "60x",
        "--schemas",
        str(tmp_path),
        "--control-token",
        "t0ken",
        "--san",
        "hub",
        "--san",
        "10.0.0.1",
        "--log",
        "json",
        "--ready-file",
        str(tmp_path / "ready.json"),
    )
    assert got == Settings(
        "0.0.0.0",
        0,
        1,
        tmp_path,
        "sqlite:a.sqlite",
        "60x",
        tmp_path,
        "t0ken",
        ("hub", "10.0.0.1"),
        "json",
        tmp_path / "ready.json",
        Path("story.yaml"),
    )


def test_environment(tmp_path: Path) -> None:
    got = read(
        EHUBSIM_HOST="::1",
        EHUBSIM_PORT="1234",
        EHUBSIM_PLAIN_PORT="0",
        EHUBSIM_CERTS=str(tmp_path / "new"),
        EHUBSIM_JOURNAL="memory:",
        EHUBSIM_CLOCK="held",
        EHUBSIM_SCHEMAS=str(tmp_path),
        EHUBSIM_CONTROL_TOKEN="x",
        EHUBSIM_SAN="hub, ci-service,hub",
        EHUBSIM_LOG="json",
        EHUBSIM_READY_FILE=str(tmp_path / "r"),
    )
    assert got == Settings(
        "::1",
        1234,
        0,
        tmp_path / "new",
        "memory:",
        "held",
        tmp_path,
        "x",
        ("hub", "ci-service"),
        "json",
        tmp_path / "r",
    )


def test_a_flag_wins_over_a_variable_and_a_variable_over_the_default() -> None:
    assert read("--port", "1", EHUBSIM_PORT="2").port == 1
    assert read(EHUBSIM_PORT="2").port == 2
    assert read("--port", "1", EHUBSIM_PORT="nonsense").port == 1


def test_an_empty_variable_is_not_set() -> None:
    assert read(EHUBSIM_PORT="", EHUBSIM_SAN="", EHUBSIM_CONTROL_TOKEN="") == Settings()


def test_the_process_environment_is_read_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EHUBSIM_PORT", "4321")
    assert settings(argparse.Namespace()).port == 4321


@pytest.mark.parametrize(
    ("flag", "text", "rule"),
    [
        ("port", "abc", "config.port"),
        ("port", "-1", "config.port"),
        ("port", "65536", "config.port"),
        ("port", "٣", "config.port"),
        ("plain-port", "99999999999999999999", "config.port"),
        ("host", "not a host", "config.host"),
        ("host", "*", "config.host"),
        ("host", "*.example.org", "config.host"),
        ("san", "a b", "config.host"),
        ("san", "-x", "config.host"),
        ("san", "x" * 64, "config.host"),
        ("journal", "redis://x", "config.journal"),
        ("journal", "sqlite:", "config.journal"),
        ("clock", "fast", "clock.mode"),
        ("clock", "0x", "clock.mode"),
        ("log", "xml", "config.log"),
        ("schemas", "/nowhere/at/all", "config.directory"),
        ("certs", __file__, "config.directory"),
        ("ready-file", "/nowhere/at/all/ready", "config.file"),
        ("ready-file", "/", "config.file"),
        ("control-token", "two words", "config.token"),
    ],
)
def test_a_bad_value_names_where_it_came_from(flag: str, text: str, rule: str) -> None:
    by_flag = refusal(f"--{flag}={text}")
    variable = "EHUBSIM_" + flag.upper().replace("-", "_")
    by_variable = refusal(**{variable: text})
    assert (by_flag.rule, by_variable.rule) == (rule, rule)
    assert str(by_flag).startswith(f"--{flag} ")
    assert str(by_variable).startswith(f"{variable} ")


def test_only_journals_that_there_are_are_offered() -> None:
    assert str(refusal("--journal", "redis://x")).endswith("is none of: memory:, sqlite:PATH")


def test_a_bad_token_is_not_shown() -> None:
    assert "hunter 2" not in str(refusal("--control-token", "hunter 2"))


def test_wildcard_names_and_addresses_may_stand_in_the_server_certificate() -> None:
    assert read("--san", "*.svc.local", "--san", "::1").sans == ("*.svc.local", "::1")


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("LOCALHOST", True),
        ("0.0.0.0", False),
        ("::", False),
        ("hub", False),
    ],
)
def test_loopback(host: str, loopback: bool) -> None:
    assert read("--host", host).loopback is loopback


def test_any_plain_port() -> None:
    assert read("--plain-port", "any").plain_port == ANY_PORT
    assert read(EHUBSIM_PLAIN_PORT="any").plain_port == ANY_PORT


def reported(*flags: str, **environ: str) -> Reports:
    parser = argparse.ArgumentParser()
    add_reports(parser)
    return reports(parser.parse_args(flags), environ)


def test_reports_by_flag_and_by_variable(tmp_path: Path) -> None:
    assert reported() == Reports(None, None, None, 5.0)
    page = tmp_path / "page.html"
    assert reported("--html", str(page), "--grace", "0.5", EHUBSIM_GRACE="9") == Reports(html=page, grace=0.5)
    assert reported(EHUBSIM_JUNIT=str(page), EHUBSIM_MARKDOWN=str(page)) == Reports(junit=page, markdown=page)


@pytest.mark.parametrize("grace", ["", "-1", "1e3", "0x5", "nan", "1234567", "٥"])
def test_a_grace_that_is_none(grace: str) -> None:
    with pytest.raises(BadValue, match=r"^--grace .* is not a number of seconds"):
        reported("--grace", grace)
