"""The JSON Schema says what the loader says, for every file whose mistakes a schema can see."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from msgspec.structs import replace
from scenario_documents import DOCUMENTS, untangled, written

from simulator.hub.switches import ASSUMPTIONS
from simulator.netstream.switches import ASSUMPTIONS as NETSTREAM_ASSUMPTIONS
from simulator.scenario.keys import FILE, LATER
from simulator.scenario.kinds import Flag, Kind
from simulator.scenario.loader import ScenarioMistakes, load
from simulator.scenario.schema import json_schema
from simulator.scenario.shapes import ByForm, Key, ListOf, MapOf, Shape

VALIDATOR = Draft202012Validator(json_schema())


def refused(text: str) -> bool:
    try:
        load(text, "f.yaml")
    except ScenarioMistakes:
        return True
    return False


def shapes(kind: Kind | None) -> list[Shape]:
    """Every mapping with known keys, the kind itself first."""
    if isinstance(kind, Shape):
        return [kind, *(shape for key in kind.keys for shape in shapes(key.kind))]
    if isinstance(kind, ListOf | MapOf):
        return shapes(kind.kind)
    if isinstance(kind, ByForm):
        return [shape for inner in (kind.scalar, kind.sequence, kind.mapping) for shape in shapes(inner)]
    return []


def test_the_schema_is_a_valid_schema_and_plain_json() -> None:
    Draft202012Validator.check_schema(json_schema())
    assert json.loads(json.dumps(json_schema())) == json_schema()


def test_a_shape_with_other_keys_than_one_it_was_made_of_knows_only_these() -> None:
    whole = Shape("all", (Key("a", Flag(), "one", spellings=("an a",)), Key("b", Flag(), "another")))
    part = replace(whole, keys=whole.keys[1:])
    assert [list(each.schema()["properties"]) for each in (part, whole)] == [["b"], ["a", "an a", "b"]]


@settings(max_examples=60)
@given(DOCUMENTS)
def test_the_schema_accepts_whatever_the_loader_accepts(document: dict[str, Any]) -> None:
    load(written(untangled(document)), "f.json")
    VALIDATOR.validate(document)


PARTICIPANT = "scenario: x\ngiven: {{participants: [{{id: A, roles: [FRMP], played: auto, {}}}]}}"
POINT = "scenario: x\ngiven: {{nmis: [{{nmi: '4102034567', jurisdiction: NSW, {}}}]}}"
RULE = "scenario: x\nwhen: [{{{}}}]"
AT = "scenario: x\nat: [{{{}}}]"
ANSWER = "answer: [{reject: {code: 1, explanation: x}}]"


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "scenario: 5",
        "scenario: ''",
        "scenario: [x]",
        "scenario: x\nunknown: 1",
        "scenario: x\nrelease: r28",
        "scenario: x\nseed: -1",
        "scenario: x\nseed: 1.5",
        "scenario: x\nseed: '1'",
        "scenario: x\nclock: yesterday",
        "scenario: x\nclock: '2026-03-02T09:00:00'",
        "scenario: x\nthen: {}",
        "scenario: x\nthen: [{}]",
        "scenario: x\nthen: [{every: message, acknowledged within: PT5M}]",
        "scenario: x\nthen: [{acknowledged within: PT5M}]",
        "scenario: x\nthen: [{never: {}}]",
        "scenario: x\nthen: [{never: {handle: same message twice, refer to: what was never sent}}]",
        "scenario: x\nthen: [{never: {submit: nonsense}}]",
        "scenario: x\nthen: [{queue: empty, polls: getMessages, no more often than: PT1S}]",
        "scenario: x\nthen: [{after status: 429}]",
        "scenario: x\nthen: [{after status: 200, no request for: PT1S}]",
        "scenario: x\nthen: [{polls: getMessages}]",
        "scenario: x\nthen: [{sent: {}, exactly: 1}]",
        "scenario: x\nthen: [{readings of: all, from: '2026-03-02T09:00:00Z'}]",
        "scenario: x\nat: {}",
        AT.format("after: PT1M"),
        AT.format("release: x"),
        AT.format("after: PT1M, at: '2026-03-02T09:00:00+10:00', withdraw: {nmi: '4102034567'}"),
        AT.format("after: PT1M, withdraw: {nmi: '4102034567'}, release: x"),
        AT.format("after: PT1M, withdraw: {}"),
        AT.format("after: PT1M, object: {nmi: '4102034567', role: FRMP}"),
        AT.format("after: PT1M, submit: {nmi: '4102034567', participant: A, reason: '1000'}"),
        AT.format("after: PT1M, raise stop file: {participant: A}"),
        PARTICIPANT.format("objects: []"),
        PARTICIPANT.format("objects: {role: FRMP}"),
        PARTICIPANT.format("never answers: often"),
        "scenario: x\nwhen: {}",
        "scenario: x\nassume: {lockout after: 0}",
        "scenario: x\nassume: {lockout after: many}",
        "scenario: x\nassume: {error bodies: xml}",
        "scenario: x\nassume: {bodies: xml}",
        "scenario: x\ngiven: {population: {count: 5}}",
        "scenario: x\ngiven: {population: {count: 900001, jurisdiction: VIC}}",
        "scenario: x\ngiven: {population: []}",
        "scenario: x\ngiven: {population: {count: 5, jurisdiction: VIC, frmp: {}}}",
        "scenario: x\ngiven: {population: {count: 5, jurisdiction: VIC, frmp: {A: 0}}}",
        "scenario: x\ngiven: {population: {count: 5, jurisdiction: VIC, frmp: [A]}}",
        "scenario: x\ngiven: {participants: [A]}",
        "scenario: x\ngiven: {participants: [{id: A, roles: [], played: auto}]}",
        "scenario: x\ngiven: {nmis: [{nmi: 4102034567, jurisdiction: NSW}]}",
        PARTICIPANT.format("user: U"),
        PARTICIPANT.format("users: []"),
        PARTICIPANT.format("users: [{name: U}]"),
        PARTICIPANT.format("pace: 10m"),
        PARTICIPANT.format("certificate: maybe"),
        PARTICIPANT.format("delivery: {CATS: push}"),
        PARTICIPANT.format("delivery: {CAT: pull}"),
        POINT.format("frmp: retailb"),
        POINT.format("frmp: []"),
        POINT.format("frmp: {from: '2020-01-01'}"),
        POINT.format("status: Z"),
        POINT.format("address: {suburb: X, state: NSW, postcode: 2037}"),
        POINT.format("address: {suburb: X, state: NSW, postcode: '2037', house number: 1.5}"),
        POINT.format("meters: [{serial: M1, interval: 7}]"),
        POINT.format("meters: [{serial: M1, registers: []}]"),
        POINT.format("meters: [{serial: M1, registers: [E11]}]"),
        POINT.format("meters: [{serial: M1, registers: [{id: E1, multiplier: x}]}]"),
        POINT.format("meters: [{serial: M1, next scheduled read: soon}]"),
        POINT.format("data streams: [{type: Interval}]"),
        RULE.format(ANSWER),
        RULE.format("message: {from: A}"),
        RULE.format("message: {}, " + ANSWER),
        RULE.format("message: {transaction: Change}, " + ANSWER),
        RULE.format("message: {fields: {'a b': x}}, " + ANSWER),
        RULE.format("message: {fields: {a: 1}}, " + ANSWER),
        RULE.format("message: {from: A}, times: 0, " + ANSWER),
        RULE.format("message: {from: A}, answer: []"),
        RULE.format("message: {from: A}, answer: [{}]"),
        RULE.format("message: {from: A}, answer: [{accept: {}}]"),
        RULE.format("message: {from: A}, answer: [{reject: {code: 1}}]"),
        RULE.format("message: {from: A}, answer: [{delay: soon}]"),
        RULE.format("message: {from: A}, answer: [{hold: ''}]"),
        RULE.format("message: {from: A}, answer: [{hold: x, delay: PT1M}]"),
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(text: str) -> None:
    assert refused(text)
    assert not VALIDATOR.is_valid(yaml.safe_load(text))


def test_every_key_is_described_and_no_key_is_both_there_and_still_to_come() -> None:
    for shape in shapes(FILE):
        assert not shape.later.keys() & {key.name for key in shape.keys}
        for key in shape.keys:
            assert key.doc, f"{shape.name}: {key.name}"
            assert not key.required or key.example is not None, f"{shape.name}: {key.name}"


def test_every_later_key_belongs_somewhere() -> None:
    names = {shape.name for shape in shapes(FILE)} | {"delivery"}
    assert LATER.keys() <= names
    assert all(shape.later == LATER.get(shape.name, {}) for shape in shapes(FILE))


def test_every_switch_can_be_set() -> None:
    assume = next(shape for shape in shapes(FILE) if shape.name == "assume")
    assert {key.name.replace(" ", "_") for key in assume.keys} == {
        each.switch for each in (*ASSUMPTIONS, *NETSTREAM_ASSUMPTIONS)
    }
    for each in ASSUMPTIONS:
        loaded = load(f"scenario: x\nassume: {{{each.switch}: {each.default}}}", "f.yaml")
        assert str(getattr(loaded.switches, each.switch)) == each.default
