"""Every kind of mistake: where it is told, what is wrong, and what would be right. A caret marks the place."""

import pytest
from scenario_told import expect, mistakes

from simulator.scenario.keys import FILE
from simulator.scenario.keys_story import ACTIONS
from simulator.scenario.loader import Mistake, load
from simulator.scenario.mistakes import MOST
from simulator.scenario.model import Where

A_MOMENT = 'write a point in time with its zone, such as "2026-03-02T09:00:00+10:00"'


def test_a_mistake_prints_its_place_what_is_wrong_and_what_would_be_right() -> None:
    assert str(Mistake(Where("f.yaml", 3, 5), "unknown key 'x'", "did you mean 'y'?")) == (
        "f.yaml:3:5: unknown key 'x'; did you mean 'y'?"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("^", "the file is empty; begin with 'scenario: ' and a name"),
        ("^# nothing but a comment\n", "the file is empty; begin with 'scenario: ' and a name"),
        ("^- a", "a list stands here; write keys with values: scenario, about, release, seed, clock, assume"),
        (
            "scenario: 'x^",
            "not YAML: while scanning a quoted scalar, found unexpected end of stream; close the quotation mark",
        ),
        (
            "scenario: a^: b",
            "not YAML: mapping values are not allowed in this context; "
            "quote a text that has ': ' in it, and indent keys of one level alike",
        ),
        (
            "scenario: [a\n^",
            "not YAML: while parsing a flow sequence, did not find expected ',' or ']'; close the list with ]",
        ),
        (
            "scenario: x\n^\tseed: 1\n",
            "not YAML: while scanning a plain scalar, found a tab character that violates indentation; "
            "indent with blanks, not tabs",
        ),
        ("scenario: ^*x", "not YAML: found undefined alias; quote a text that begins with *"),
        (
            "scenario: ^@x",
            "not YAML: while scanning for the next token, found character that cannot start any token; "
            "indent with blanks, not tabs, and quote a text that begins with @, ` or %",
        ),
        (
            'scenario: "^\\q"',
            "not YAML: while parsing a quoted scalar, found unknown escape character; "
            "in double quotation marks write \\\\ for a backslash, or use single ones",
        ),
        (
            "scenario: x\n^---\nscenario: y\n",
            "not YAML: expected a single document in the stream, but found another document; "
            "one story a file: remove the '---'",
        ),
        ("scenario: x\nabout: a^\x07b\n", "the character '\\x07' cannot stand in YAML; remove it"),
        ("scenario: x\nabout: ^\ud800\n", "the character '\\ud800' cannot stand in YAML; remove it"),
        ("scenario: &a x\nabout: ^*a\n", "the alias '*a'; write it out: scenarios have no aliases"),
        ("scenario: ^!!str x", "a single value, marked 'tag:yaml.org,2002:str' stands here; write a name"),
        ("scenario: x\n? ^[a]\n: b\n", "a key that is no text; write a name before the colon"),
        ("scenario: x\n^scenario: y", "'scenario' a second time; the first is in line 1"),
    ],
)
def test_what_is_not_plain_yaml(text: str, told: str) -> None:
    expect(text, told)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("^relese: r46", "unknown key 'relese' in the file; did you mean 'release'?"),
        (
            "^qqq: 1",
            f"unknown key 'qqq' in the file; known here: {', '.join(key.name for key in FILE.keys)}",
        ),
        ("given: {^nmi: []}", "unknown key 'nmi' in given; did you mean 'nmis'?"),
        ("about: ^[]", "a list stands here; write a text"),
        ("about:^", "nothing stands here; write a text"),
        ("about: ^''", "an empty text; write a text"),
        ('about: ^"a\\x01b"', "a control character in a text; remove it"),
        ("release: ^r12", "'r12' stands here; write an aseXML release from r29 on, such as r46"),
        ("release: ^46", "YAML reads '46' as a number; quote it, and write an aseXML release from r29 on, such as r46"),
        ("seed: ^one", "'one' is not a whole number; write a number from 0 to 999999999999"),
        ("seed: ^007", "'007' is not a whole number; write a number from 0 to 999999999999"),
        ("seed: ^-1", "-1 stands here; write a number from 0 to 999999999999"),
        ('seed: ^"1"', "a number in quotes; leave the quotes off: 1"),
        ("seed: ^[]", "a list stands here; write a number from 0 to 999999999999"),
        ("clock: ^2026-03-02", f"'2026-03-02' stands here; {A_MOMENT}"),
        ("clock: ^2026-03-02T09:00:00", f"'2026-03-02T09:00:00' stands here; {A_MOMENT}"),
        ("clock: ^1066-10-14T09:00:00Z", f"'1066-10-14T09:00:00Z' stands here; {A_MOMENT}"),
        ("clock: ^[now]", f"a list stands here; {A_MOMENT}"),
        ("when: ^{}", "a group of keys stands here; write a list: [..., ...]"),
        ("assume: {^lockout aftr: 3}", "unknown key 'lockout aftr' in assume; did you mean 'lockout after'?"),
        ("assume: {^lockout_aftr: 3}", "unknown key 'lockout_aftr' in assume; did you mean 'lockout after'?"),
        ("assume: {lockout after: ^0}", "'0' stands here; write a number from 1 to 100"),
        ("assume: {error bodies: ^jsn}", "'jsn' stands here; did you mean 'json'?"),
        ("assume: {error bodies: ^[]}", "a list stands here; write one of: empty, json"),
        ("assume: {too big: reject, too_big: ^reject}", "switch 'too_big' a second time; the first is in line 2"),
    ],
)
def test_keys_and_values_of_the_file(line: str, told: str) -> None:
    expect(f"scenario: x\n{line}\n", told)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (
            "message: {transaction: CATSChangeRequest}, answer: [{reject: {code: 1, explanation: ^no}}]",
            "YAML reads 'no' as a boolean; quote it: \"no\"",
        ),
        ("message: {transaction: CATSChangeRequest}, answer: ^[]", "an empty list; name at least one"),
        (
            "message: {transaction: CATSChangeRequest}, answer: [^{}]",
            "0 keys in an answer; write one of accept, reject, partial, template, drop, delay, hold, reorder, "
            "duplicate, send, change, set, unset",
        ),
        (
            "message: {transaction: CATSChangeRequest}, answer: [^reject]",
            "'reject' stands here; 'reject' takes settings: write {reject: ...}",
        ),
        ("message: {transaction: CATSChangeRequest}, answer: [^Drop]", "'Drop' stands here; did you mean 'drop'?"),
        (
            "message: {transaction: CATSChangeRequest}, answer: [^zzz]",
            "'zzz' stands here; known here: accept, reject, partial, template, drop, delay, hold, reorder, duplicate, "
            "send, change, set, unset",
        ),
        (
            "message: {transaction: CATSChangeRequest}, answer: [{^rejct: 1}]",
            "unknown key 'rejct' in an answer; did you mean 'reject'?",
        ),
        (
            "message: {from: A}, answer: [{delay: ^10m}]",
            "'10m' stands here; write a period such as PT10M, PT1H30M or P2D",
        ),
        ("message: {from: A}, answer: [{hold: ^}]", "nothing stands here; write a name"),
        (
            "message: {from: A}, answer: [{hold: x}, ^{delay: PT1M}]",
            "'delay' after 'hold'; an answer is late in one way: keep one of them",
        ),
        (
            "message: {transaction: CATSChangeRequest}, answer: [{reject: {code: ^0, explanation: x}}]",
            "0 stands here; write a number from 1 to 99999",
        ),
        (
            "message: {transaction: CATSChangeRequest}, answer: [{reject: ^{code: 1}}]",
            "reject without 'explanation'; add 'explanation: Not today'",
        ),
        (
            "message: {transaction: CATSChangeRequest}, times: ^0, answer: [{reject: {code: 1, explanation: x}}]",
            "0 stands here; write a number from 1 to 1000000",
        ),
        (
            "message: ^{}, answer: [{reject: {code: 1, explanation: x}}]",
            "0 keys in message; write at least one of transaction, from, to, participant, role, nmi, release, group, "
            "priority, fields, xpath",
        ),
        (
            "message: {transaction: ^CATSChangeReqest}, answer: [{reject: {code: 1, explanation: x}}]",
            "'CATSChangeReqest' stands here; did you mean 'CATSChangeRequest'?",
        ),
        (
            "message: {fields: {ChangeReasonCode: ^1000}}, answer: [{reject: {code: 1, explanation: x}}]",
            "YAML reads '1000' as a number; quote it: \"1000\"",
        ),
        (
            "netstream: {period: {from: 2026-03-05, to: ^2026-03-02}}, fault: not JSON",
            "'to' is before 'from'; both days belong to the period",
        ),
        (
            "request: {operation: getMessages}, per: ^nmi, fault: empty 200",
            "a request names no nmi; count per participant, or leave this out",
        ),
        (
            "netstream: {client: app-1}, per: ^conversation, fault: not JSON",
            "a netstream names no conversation; count per participant, or leave this out",
        ),
        (
            "netstream: {client: app-1}, answer: [{send: ^{template: <A/>}}]",
            "a message to a client of Netstream, which is no participant; say 'to' whom",
        ),
        (
            "request: {operation: token}, answer: [{send: ^{template: <A/>}}]",
            "a message to a client of Netstream, which is no participant; say 'to' whom",
        ),
        (
            "request: {api: Netstream}, answer: [{send: ^{template: <A/>}}]",
            "a message to a client of Netstream, which is no participant; say 'to' whom",
        ),
        (
            "name: a, message: {from: A}, per: nmi, answer: [drop]}, "
            "{message: {from: A}, state: {after: ^a}, answer: [drop]",
            "rule 'a' counts per nmi, and this one does not; count this one per nmi as well",
        ),
        (
            "message: {from: A}, per: nmi, answer: [{set: busy}]}, "
            "{message: {from: A}, per: participant, state: {flag: ^busy}, answer: [drop]",
            "the flag 'busy' is kept per nmi, and this rule does not look there; count this one per nmi as well",
        ),
        (
            "message: {fields: {^'//NMI': x}}, answer: [{reject: {code: 1, explanation: x}}]",
            "'//NMI' stands here; write an element such as ChangeReasonCode, MasterData/Status or NMI/@checksum",
        ),
    ],
)
def test_rules(keys: str, told: str) -> None:
    expect(f"scenario: x\nwhen: [{{{keys}}}]\n", told)


@pytest.mark.parametrize(
    "unquoted",
    ["0012345670", "4102034567", "1e5", "1_000", "0x1F", "0o17", "0b11", "+12", "-3.5", ".5", "6E+23", ".inf", ".NaN"],
)
def test_an_identifier_that_yaml_reads_as_a_number_is_to_be_quoted(unquoted: str) -> None:
    (told,) = mistakes(f"scenario: x\ngiven: {{nmis: [{{nmi: {unquoted}, jurisdiction: NSW}}]}}")
    assert told.startswith(f"2:22: YAML reads '{unquoted}' as a number; quote it")


@pytest.mark.parametrize(
    ("unquoted", "kind"),
    [
        *((word, "boolean") for word in ("NO", "no", "Yes", "on", "OFF", "true", "y", "N")),
        *((word, "time") for word in ("12:30", "1:2", "190:20:30", "09:00:00.5")),
        *((word, "date") for word in ("2026-03-02", "2026-3-2", "2026-03-02T09:00:00Z", "2026-03-02 09:00:00 +10:00")),
    ],
)  # fmt: skip
def test_a_text_that_yaml_reads_as_something_else_is_to_be_quoted(unquoted: str, kind: str) -> None:
    assert mistakes(f"scenario: {unquoted}\n") == [f'1:11: YAML reads {unquoted!r} as a {kind}; quote it: "{unquoted}"']
    assert load(f'scenario: "{unquoted}"\n', "f.yaml").name == unquoted


@pytest.mark.parametrize("word", ["~", "null", "Null", "NULL"])
def test_nothing_is_not_a_text(word: str) -> None:
    assert mistakes(f"scenario: {word}\n") == ["1:11: nothing stands here; write a name"]


@pytest.mark.parametrize(
    "text", ["Nothing", "r46", "E1", "0E", "A1e5", "1-2", "2026-03", "yes please", "12:75", "0x", "1.2.3"]
)
def test_a_text_that_only_looks_a_little_like_something_else_needs_no_quotes(text: str) -> None:
    assert load(f"scenario: {text}\n", "f.yaml").name == text


def test_two_rules_of_one_name() -> None:
    rule = "message: {transaction: CATSChangeRequest}, answer: [{reject: {code: 1, explanation: x}}]"
    first, second = f"{{name: Twice, {rule}}}", f"{{name: ^Twice, {rule}}}"
    expect(f"scenario: x\nwhen:\n  - {first}\n  - {second}\n", "rule 'Twice' a second time; the first is in line 3")


def test_a_file_with_very_many_mistakes_is_given_back_with_the_first_of_them() -> None:
    told = mistakes("scenario: x\n" + "".join(f"unknown{i}: 1\n" for i in range(1000)))
    assert len(told) == MOST + 1
    assert told[-1] == f"{MOST + 2}:1: more than {MOST} mistakes; mend the ones above first"


def test_a_name_that_is_the_number_of_another_rule() -> None:
    rule = "message: {from: A}, answer: [{reject: {code: 1, explanation: x}}]"
    text = f"scenario: x\nwhen:\n  - {{name: rule 2, {rule}}}\n  - ^{{{rule}}}\n"
    expect(text, "rule 'rule 2' a second time; the first is in line 3")


VERBS = " or ".join(repr(key.name) for key in ACTIONS)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("^{after: PT1M}", f"an entry of the timeline without {VERBS}; add one of them"),
        ("^{withdraw: {nmi: 'NAAAMYS582'}}", "an entry of the timeline without 'after' or 'at'; add one of them"),
        (
            "^{after: PT1M, at: '2026-03-02T09:00:00+10:00', withdraw: {nmi: 'NAAAMYS582'}}",
            "'after' and 'at' in an entry of the timeline; keep one of them",
        ),
        (
            "{at: ^'2026-03-02T08:59:59+10:00', withdraw: {nmi: 'NAAAMYS582'}}",
            "before the story begins; it begins at 2026-03-02T09:00:00+10:00",
        ),
        (
            "{after: PT1M, object: {nmi: 'NAAAMYS582', role: FRMP, code: DEBT, participant: ^RETAILA}}",
            "RETAILA is not played: its own system acts for it; name a played one, not RETAILA",
        ),
        (
            "{after: PT1M, object: {nmi: 'NAAAMYS582', role: ^FRPM, code: DEBT}}",
            "'FRPM' stands here; did you mean 'FRMP'?",
        ),
        (
            "{after: PT1M, object: {nmi: 'NAAAMYS582', role: FRMP, code: ^debt}}",
            "'debt' stands here; write an objection code of up to eight capitals, such as DEBT",
        ),
        (
            "{after: PT1M, submit: ^{participant: RETAILB, reason: '1000', nmi: 'NAAAMYS582'}}",
            "submit without 'proposed' or 'actual'; add one of them",
        ),
        (
            "{after: PT1M, submit: {participant: RETAILB, reason: ^1000, nmi: 'NAAAMYS582', proposed: P1D}}",
            "YAML reads '1000' as a number; quote it: \"1000\"",
        ),
        ("{after: PT1M, release: ^nigt}", "no rule holds 'nigt'; did you mean 'night'?"),
        ("{after: PT1M, ^relese: night}", "unknown key 'relese' in an entry of the timeline; did you mean 'release'?"),
    ],
)
def test_the_timeline(entry: str, told: str) -> None:
    others = "" if "unknown key" not in told else f": an entry of the timeline without {VERBS}; add one of them"
    marked = (
        "scenario: x\nclock: 2026-03-02T09:00:00+10:00\n"
        "given: {participants: [{id: RETAILA, roles: [FRMP], user: U, password: p}]}\n"
        f"when: [{{message: {{from: A}}, answer: [{{hold: night}}]}}]\nat: [{'^' if others else ''}{entry}]\n"
    )
    expect(marked, *([others.removeprefix(": ")] if others else []), told)


def test_something_is_released_that_nothing_holds() -> None:
    told = "no rule holds 'x'; add a rule with 'hold', or leave this out"
    expect("scenario: x\nat: [{after: PT1M, release: ^x}]\n", told)
