"""``ehubsim explain``: every code and rule of the tables is explained, and what is not there is said not to be."""

import pytest

from simulator.cli import main
from simulator.harness import explain
from simulator.harness.explain import CONFIDENCE, LISTS, entries
from simulator.market.tables import shipped
from simulator.register import register
from simulator.scenario.faults import FAULTS


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["explain", *words])
    out, err = capsys.readouterr()
    return code, out, err


def test_an_event_code_with_the_rules_it_answers(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "1404")
    assert code == 0
    assert out.splitlines() == [
        "1404: event code",
        "  No NMI matches the search",
        "  confidence D (documented by AEMO or by a standards body that works with it); "
        "source: AEMO technical specification Nov 2022",
        "  answers rule nmid.none: No NMI matches (D)",
        "  reached by the shipped scenarios: discovery, refused",
    ]


def test_a_change_reason_with_what_governs_it(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = told(capsys, "1000")
    assert "1000: change reason\n  Change retailer\n" in out
    assert "  initiated by the new FRMP (R+)\n" in out
    assert "objections may be lodged for 1, and stand for 3, proposed up to 65 ahead, or 0 back (R-)" in out
    assert "objections in VIC, class ALL: DEBT AGEDDEBT by the current FRMP (R)" in out
    assert "transfer-actual-read" in out


@pytest.mark.parametrize(
    ("word", "kind", "more"),
    [
        ("debt", "objection", "lodged by the current FRMP in VIC"),
        ("Pval", "status of a change request", "new-connection"),
        ("cr.enum", "rule", "answered with event 1100, severity Error"),
        ("report.unknown", "rule", "reached by the shipped scenarios: refused, reports"),
        ("2", "event code", "reached by the shipped scenarios: none"),
        ("nmi_checksum", "switch", "assume: {nmi checksum: check}"),
        ("nmi checksum", "switch", "may be check, ignore; left out: check"),
        ("assume.netstream-gaps", "switch", "reading gaps"),
        ("reading gaps", "switch", "netstream-other-shapes"),
        ("given.lnsp", "default of the pretend market", "the first declared LNSP"),
        ("grown.meters", "default of the pretend market", "VICAMI 90"),
        ("hub.too-big", "rule", "kept in simulator/exchange.py:"),
        ("netstream.aadsts70011", "rule", "the scope is not one scope"),
        ("mdff.date", "rule", "confidence D"),
        ("VICAMI", "meter installation type", "confidence D"),
        ("TRI", "reason of a NMI discovery", "confidence D"),
        ("A6", "switch", "unknown context status"),
        ("a40", "switch", "rule assume.netstream-time"),
    ],
)
def test_what_a_word_is(capsys: pytest.CaptureFixture[str], word: str, kind: str, more: str) -> None:
    code, out, _ = told(capsys, word)
    assert code == 0
    assert f": {kind}\n" in out
    assert more in out


def test_a_word_with_several_meanings_gets_them_all() -> None:
    assert [entry.kind for entry in entries("D")] == ["NMI status"]
    assert {entry.kind for entry in entries("CR")} == {"read type of a change request"}
    assert len(list(entries("grown.registers"))) == 2


def test_a_word_that_means_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = told(capsys, "cr.enun", "1100", "zzz.zzz")
    assert code == 1
    assert out.startswith("1100: event code")
    assert err.splitlines() == [
        "ehubsim: nothing here is called 'cr.enun'; did you mean cr.enum?",
        "ehubsim: nothing here is called 'zzz.zzz'",
    ]


def test_every_row_of_every_code_list_is_explained_with_a_known_confidence() -> None:
    for name in LISTS:
        for row in shipped()[name]:
            found = [entry for entry in entries(row["Code"]) if entry.meaning]
            assert found, (name, row["Code"])
            assert row["confidence"] in CONFIDENCE


def test_every_name_is_explained() -> None:
    for name in explain.names():
        assert any(entries(name)), name


def test_every_rule_of_the_register_is_explained() -> None:
    assert [rule for rule in register() if not any(entries(rule))] == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_fault_is_explained_by_rule_and_by_name(fault, capsys: pytest.CaptureFixture[str]) -> None:
    for word in (fault.rule, fault.name, fault.name.upper()):
        assert explain.explain([word]) == 0
        said = capsys.readouterr().out
        assert f"{fault.name}: {fault.level} fault\n  {fault.meaning}\n" in said
        assert f"reached by the shipped scenarios: fault-{fault.level.lower()}\n" in said
