"""The commands that serve nothing, called in this process."""

import json
import os
import stat
from pathlib import Path

import jsonschema
import pytest

from simulator import __version__
from simulator.cli import main

SCENARIOS = sorted((Path(__file__).parents[2] / "scenarios").glob("*.yaml"))


def test_check_is_content_with_what_is_shipped(capsys) -> None:
    assert main(["check", *map(str, SCENARIOS)]) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert [line.partition(": good: ")[0] for line in told.err.splitlines()] == list(map(str, SCENARIOS))


def test_check_tells_every_mistake_of_every_file(tmp_path: Path, capsys) -> None:
    one, two, none = tmp_path / "one.yaml", tmp_path / "two.yaml", tmp_path / "none.yaml"
    one.write_text("scenario: One\ncolour: red\nshape: round\n")
    two.write_text("scenario: Two\nabout: [")
    assert main(["check", str(one), str(SCENARIOS[0]), str(two), str(none)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(" ")[0] for line in lines[:2]] == [f"{one}:2:1:", f"{one}:3:1:"]
    assert lines[2].startswith(f"{two}:")
    assert str(none) in lines[-1]


def test_check_warns_of_what_never_happens_and_is_content(tmp_path: Path, capsys) -> None:
    one = tmp_path / "one.yaml"
    rules = "  - {name: A, request: {api: Netstream}, fault: empty 200}\n" * 2
    one.write_text("scenario: One\nwhen:\n" + rules.replace("A", "B", 1))
    assert main(["check", str(one)]) == 0
    told = capsys.readouterr()
    assert told.out.startswith(f"{one}:4:5: warning: rule 'A' never answers: 'B' takes everything it would; move it ")
    assert told.err == f"{one}: good: One\n"


def test_schema_is_a_json_schema(capsys) -> None:
    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(schema)
    with pytest.raises(jsonschema.ValidationError, match="colour"):
        jsonschema.validate({"scenario": "One", "colour": "red"}, schema)


def test_certs_makes_what_is_missing(tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["certs", "here", "--san", "hub.example"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["CA", "server", "client"]
    assert "here/RETAILA.pem" in lines[2]
    before = {path.name: path.read_bytes() for path in Path("here").iterdir()}
    assert stat.S_IMODE(os.stat("here/RETAILA.key").st_mode) == 0o600
    assert main(["certs", "here", "--san", "hub.example"]) == 0
    assert {path.name: path.read_bytes() for path in Path("here").iterdir()} == before


@pytest.mark.parametrize("scenario", ["none.yaml", "bad.yaml"])
def test_certs_for_a_scenario_that_is_none(tmp_path: Path, capsys, scenario: str) -> None:
    (tmp_path / "bad.yaml").write_text("colour: red\nshape: round")
    assert main(["certs", str(tmp_path / "certs"), "--scenario", str(tmp_path / scenario)]) == 3
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert not (tmp_path / "certs").exists()


@pytest.mark.parametrize("name", ["bad name", "good.example,-bad", "under_score!", "x" * 300, "a/b"])
def test_certs_refuses_a_name_as_serve_does(tmp_path: Path, capsys, name: str) -> None:
    assert main(["certs", str(tmp_path / "certs"), "--san", "hub.example", "--san", name]) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert told.err.startswith("ehubsim: --san 'hub.example,")
    assert not (tmp_path / "certs").exists()


@pytest.mark.parametrize("words", [["serve", "--bogus"], ["certs", "here", "--bogus"], ["client", "--bogus", "queue"]])
def test_wrong_usage_shows_the_usage_of_the_command(capsys, words: list[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        main(words)
    assert ending.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith(f"usage: ehubsim {words[0]} ")
    assert "--bogus" in told


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["serve", "--help"], ["client", "drain", "--help"]])
def test_what_explains_itself_ends_well(capsys, words: list[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        main(words)
    assert ending.value.code == 0
    assert ("usage: ehubsim" in capsys.readouterr().out) == (words != ["--version"])


def test_the_version_is_told(capsys) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"ehubsim {__version__}\n"


def test_ctrl_c_is_no_traceback(monkeypatch) -> None:
    def interrupted(paths: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("simulator.web.scenario_files.check", interrupted)
    assert main(["check", "a.yaml"]) == 130
