"""Strict, lenient, observe: what each takes in spite of a finding, that it is told, and what none of them takes."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kit
from simulator.hub.strictness import RELAXED, STRICTNESS, overlooks
from simulator.hub.switches import Switches
from simulator.register import register
from simulator.runtime import Runtime

NEVER = (
    "gate.",
    "flow.",
    "hub.from",
    "hub.to",
    "hub.security-context",
    "hub.too-big",
    "asexml.too-big",
    "asexml.inflate",
)


def house(strictness: str, **switches: object) -> Runtime:
    return kit.runtime(kit.scenario(switches=Switches(strictness=strictness, **switches)))  # type: ignore[arg-type]


def without(name: str) -> Callable[[str], str]:
    return lambda text: re.sub(f"<{name}>.*?</{name}>", "", text)


def instead(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new)


FAULTY = [
    ("asexml.order", "lenient", instead("<MeterReadTypeCode>", "<Bogus/><MeterReadTypeCode>")),
    ("asexml.attribute", "lenient", instead("<Transaction ", '<Transaction odd="1" ')),
    ("asexml.enumeration", "lenient", instead("<Priority>Medium", "<Priority>Middling")),
    ("asexml.length", "lenient", instead("<MeterReadTypeCode>RR", "<MeterReadTypeCode>RRRRRRRRRR")),
    ("asexml.version", "lenient", instead('CATSChangeRequest version="r29"', 'CATSChangeRequest version="r17"')),
    ("asexml.type", "observe", instead("<ProposedDate>2026-03-16", "<ProposedDate>tomorrow")),
    ("asexml.text", "observe", instead("<RoleAssignments>", "<RoleAssignments>words")),
    ("asexml.group", "observe", instead("CATSChangeRequest", "NMIDiscoveryRequest")),
    ("hub.market", "observe", instead("<Market>NEM", "<Market>VICGAS")),
]


@pytest.mark.parametrize("strictness", STRICTNESS)
@pytest.mark.parametrize(("rule", "since", "spoil"), FAULTY, ids=[rule for rule, _, _ in FAULTY])
async def test_a_message_with_a_fault(strictness: str, rule: str, since: str, spoil: Callable[[str], str]) -> None:
    runtime = house(strictness)
    sound = kit.transfer()
    assert spoil(sound) != sound
    reply = await kit.Party(runtime).submit(spoil(sound))
    (record,) = (each for each in runtime.messages() if each["from"] == "RETAILA")
    told = [step["what"] for step in record["timeline"]]
    if STRICTNESS.index(strictness) < STRICTNESS.index(since):
        assert kit.outcome(reply).status == "Reject"
        assert told[0].startswith("refused: event")
        return
    assert (kit.outcome(reply).status, reply.rule) == ("Accept", "hub.accept")
    assert told[0] == "received"
    assert any(step.endswith(f" {rule}") and step.startswith("overlooked: event ") for step in told)
    assert runtime.exchanges[-1].why.startswith("overlooked ")
    assert not runtime.bugs


async def test_context_ids_are_overlooked() -> None:
    for strictness, context_id, rule in (
        ("lenient", "nmidm_retaila_1", "hub.context-mismatch"),
        ("observe", "whatever", "hub.context-form"),
    ):
        assert kit.outcome(await kit.Party(house("strict")).submit(kit.transfer(), context_id)).status == "Reject"
        reply = await kit.Party(house(strictness)).submit(kit.transfer(), context_id)
        assert (reply.rule, reply.why.split(":")[0]) == ("hub.accept", f"overlooked {rule}")


async def test_headers_that_can_be_guessed_are_overlooked_and_told() -> None:
    for name in ("Accept", "X-market"):
        assert (await kit.Party(house("strict")).submit(kit.transfer(), without=name)).status == 400
        reply = await kit.Party(house("lenient")).submit(kit.transfer(), without=name)
        assert (reply.status, reply.why) == (200, f"overlooked http.mandatory-header: {name} is missing")
    for name in ("messageContextID", "X-initiatingParticipantID"):
        assert (await kit.Party(house("observe")).submit(kit.transfer(), without=name)).status == 400


async def test_acknowledgements_for_nothing_are_observed() -> None:
    for strictness, status in (("strict", "Reject"), ("lenient", "Reject"), ("observe", "Accept")):
        runtime = house(strictness)
        reply = await kit.Party(runtime).acknowledge(kit.macks("NEMMCO-MSG-9"), "catsm_nemmco_1")
        assert kit.outcome(reply).status == status
        (record,) = runtime.messages()
        assert record["timeline"][0]["what"] == (
            "badack" if status == "Reject" else "overlooked: event 7 hub.mack-unknown"
        )


@pytest.mark.parametrize("strictness", STRICTNESS)
async def test_identity_and_size_are_judged_in_each_of_them(strictness: str) -> None:
    party = kit.Party(house(strictness))
    assert (await kit.Party(house(strictness), password="wrong").submit(kit.transfer())).status == 401
    assert (await kit.Party(house(strictness), peer=None).submit(kit.transfer())).status == 500
    foreign = kit.message(kit.transactions(kit.change_request()), sender="RETAILC")
    assert kit.outcome(await party.submit(foreign, "catsm_retailc_1")).codes == (7,)
    large = kit.transfer().replace("</ase:aseXML>", " " * 2_000_000 + "</ase:aseXML>")
    assert kit.outcome(await party.submit(large, "catsm_retaila_2")).codes == (6,)
    assert kit.outcome(await party.submit("<?xml", "catsm_retaila_3")).codes == (1,)


def test_what_is_relaxed_is_registered_and_never_what_protects() -> None:
    assert {each.rule for each in RELAXED} <= set(register())
    assert {each.since for each in RELAXED} == {"lenient", "observe"}
    assert not [rule for rule in register() if rule.startswith(NEVER) and overlooks("observe", rule)]
    assert not [rule for rule in register() if overlooks("strict", rule)]
    assert register()["asexml.order"].relaxed == "lenient"


async def test_what_was_overlooked_is_there_after_a_restart() -> None:
    runtime = house("observe")
    await kit.Party(runtime).submit(kit.transfer().replace("<Market>NEM", "<Market>VICGAS"))
    again = kit.runtime(runtime.scenario, runtime.journal)
    assert list(again.messages()) == list(runtime.messages())


SOUND = kit.transfer()
_ELEMENTS = sorted({found.start() for found in re.finditer(r"<(?!/|\?|ase:)", SOUND)})


@settings(max_examples=120, derandomize=True)
@given(
    at=st.sampled_from(_ELEMENTS),
    how=st.sampled_from(("drop", "empty", "text", "twice", "rename", "attributes")),
    word=st.sampled_from(("", "0", "-1", "é", "2026-13-45", "9" * 40, "x" * 500)),
)
async def test_no_message_breaks_what_observes(at: int, how: str, word: str) -> None:
    name = re.match(r"<(\w+)", SOUND[at:])[1]  # type: ignore[index]
    whole = re.compile(rf"<{name}\b[^>]*>(.*?)</{name}>", re.DOTALL).search(SOUND, at)
    assert whole is not None
    spoiled = {
        "drop": "",
        "empty": f"<{name}/>",
        "text": f"<{name}>{word}</{name}>",
        "twice": whole[0] * 2,
        "rename": whole[0].replace(name, f"{name}X"),
        "attributes": f"<{name}>{whole[1]}</{name}>",
    }[how]
    runtime = house("observe")
    reply = await kit.Party(runtime).submit(SOUND.replace(whole[0], spoiled, 1))
    assert not runtime.bugs
    assert reply.status == 200
    await kit.Party(runtime).clear()
    assert not runtime.bugs
