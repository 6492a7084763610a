"""The register of behaviour holds every rule id the program can answer with, and none that it cannot."""

import json
from importlib.resources import files
from pathlib import Path

import pytest
from register_ids import composed, entra_codes, written

import kit
from simulator.apis import catalogue
from simulator.base.draw import Draw
from simulator.base.errors import Refused
from simulator.base.turn import Turn
from simulator.cli import main
from simulator.hub.events import MessageRefused
from simulator.hub.switches import ASSUMPTIONS
from simulator.market import replication_log, replication_rows, report_tables
from simulator.market.sequence import later
from simulator.market.tables import shipped
from simulator.netstream.switches import ASSUMPTIONS as NETSTREAM_ASSUMPTIONS
from simulator.register import markdown, register, section
from simulator.register.entries import rows, unnumbered
from simulator.world import readings

SWITCHES = {each.switch for each in (*ASSUMPTIONS, *NETSTREAM_ASSUMPTIONS)}
KEPT_IN_TABLES = ("default", "switch")
"""What is no answer by itself: it decides what another one says."""


def test_every_id_in_the_program_is_registered() -> None:
    assert written() - set(register()) == set(), "write them into one of simulator/register/data/*.csv"


def test_ids_that_are_put_together_are_of_known_families() -> None:
    assert composed() == {
        "netstream.AADSTS": "apis/netstream/signing_in.py",
        "client.": "client/errors.py",
        "event.": "register/entries.py",
        "fault.": "scenario/faults.py",
        "ehubsim.": "harness/reports_junit.py",
    }
    known = {f"netstream.AADSTS{code}" for code in entra_codes()}
    assert known == {rule for rule in register() if rule.startswith("netstream.AADSTS")}


def test_nothing_is_registered_that_cannot_be_answered() -> None:
    answers = {entry.rule for entry in register().values() if entry.answer not in KEPT_IN_TABLES}
    unmade = {rule for rule in answers - written() if not rule.startswith(("event.", "fault.", "netstream.AADSTS"))}
    assert unmade == set()


def test_every_event_code_of_a_rule_is_registered_and_none_is_idle() -> None:
    coded = (*shipped()["event_rules"], *report_tables.read("rules"))
    used = {f"event.{row['Code']}" for row in coded} | {"event.0"}
    used |= {entry.answer.replace(" ", ".") for entry in register().values() if entry.area in ("ehub", "asexml")}
    used = {code for code in used if code.startswith("event.")}
    listed = {rule for rule in register() if rule.startswith("event.")}
    assert used - listed == {"event.100"} - listed
    assert listed - used <= {"event.101", "event.102", "event.203", "event.204", "event.205"}


@pytest.mark.parametrize("entry", register().values(), ids=lambda entry: entry.rule)
def test_an_entry_says_what_it_is_and_where_that_is_from(entry) -> None:
    assert all((entry.meaning, entry.source, entry.answer))
    if entry.basis == "assumed":
        assert entry.set_by, "what sets it otherwise?"
    if entry.set_by.startswith("market/data/"):
        assert files("simulator").joinpath(entry.set_by).is_file()
    if entry.set_by.startswith("assume: "):
        assert entry.set_by.removeprefix("assume: ").replace(" ", "_") in SWITCHES


def test_assumptions_are_numbered_and_no_number_is_given_twice() -> None:
    numbers = [row["Number"] for row in rows("numbers")]
    assert len(set(numbers)) == len(numbers)
    last = max(int(number.removeprefix("A")) for number in numbers)
    missing = [f"{rule},A{last + count}" for count, rule in enumerate(unnumbered(register().values()), 1)]
    assert missing == [], "append these lines to simulator/register/data/numbers.csv; lines there are never removed"


def test_every_assumption_about_reports_is_read_by_the_program_or_says_why_it_is_fixed() -> None:
    """No other behaviour may be fixed; a docstring that names a row does not read it."""
    listed = {row["Rule"]: row["Fixed"] for row in report_tables.read("assumptions")}
    assert {rule for rule in listed if rule in written()} == {rule for rule, why in listed.items() if not why}
    fixed = {entry.rule: entry.set_by for entry in register().values() if entry.set_by.startswith("fixed: ")}
    assert fixed == {rule: f"fixed: {why}" for rule, why in listed.items() if why}


def test_values_that_are_registered_are_those_that_are_gone_by() -> None:
    """Where an assumption about reports is a number or a date, its row in the table tells it."""
    gone_by = {
        "assume.replication-size": later(-1),
        "assume.replication-kept": replication_log.MOST_KEPT,
        "assume.versions-kept": readings.REPLACED_KEPT,
        "assume.replication-beginning": replication_rows.BEGINNING[:10],
        "assume.report-days": max(each.days for each in report_tables.limits().values()),
    }
    valued = {
        row["Rule"]: row["Value"]
        for row in report_tables.read("assumptions")
        if row["Value"].replace("-", "").isdigit()
    }
    assert valued == {rule: str(value) for rule, value in gone_by.items()}


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["register"]) == 0
    assert capsys.readouterr().out == markdown() + "\n"
    assert markdown().count("\n") == len(register()) + 2
    assert main(["register", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [each["rule"] for each in told] == list(register())
    assert told[0] == {
        "rule": "http.path",
        "area": "ehub",
        "answer": "404",
        "meaning": "no emulated API has this path",
        "basis": "documented",
        "confidence": "D",
        "source": "B2MMessagingPull v1 API description: responses",
    }


def test_a_readme_is_renewed_between_its_marks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- register of behaviour -->\nold\n<!-- end of the register -->\nafter\n")
    assert main(["register", "--into", str(readme)]) == 0
    text = readme.read_text()
    assert text.startswith("before\n<!-- register of behaviour -->\n\n| area | documented | seen | assumed | own |\n")
    assert text.endswith("\n<!-- end of the register -->\nafter\n")
    assert "\nold\n" not in text
    assert section(text) == text
    readme.write_text("no marks")
    assert main(["register", "--into", str(readme)]) == 1
    assert main(["register", "--into", str(tmp_path / "none.md")]) == 1
    assert "the marks" in capsys.readouterr().err


async def test_an_answer_and_an_event_of_no_registered_rule_are_noticed(
    every_rule_is_registered: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watch that every test stands under (``tests/conftest.py``)."""

    def refuse(path: str) -> None:
        raise Refused(418, "no.such-rule", "planted")

    monkeypatch.setattr(catalogue, "find", refuse)
    assert (await kit.Party(kit.runtime()).call("GET", "getQueueMetaData")).status == 418
    event = MessageRefused(kit.START, "RETAILA", "c", None, 1, "no.such-event", "planted", None)
    Turn(kit.START, Draw(1), lambda event: None).emit(event)
    assert [text.split()[-1] for text in every_rule_is_registered[:1]] == ["'no.such-rule'"]
    assert "no.such-event" in every_rule_is_registered[1]
    every_rule_is_registered.clear()
