"""Mistakes about participants and connection points. A caret marks the place."""

import pytest
from scenario_told import expect, mistakes


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "scenario: x\ngiven: {participants: [^{id: A, roles: [FRMP], }]}\n",
            "nobody acts for A; add 'user' and 'password', or 'played: auto'",
        ),
        (
            "scenario: x\ngiven: {participants: [^{id: A, roles: [FRMP], user: U}]}\n",
            "'user' without 'password'; add 'password'",
        ),
        (
            "scenario: x\ngiven: {participants: [^{id: A, roles: [FRMP], password: p}]}\n",
            "'password' without 'user'; add 'user'",
        ),
        (
            "scenario: x\nwhen: [^{message: {transaction: CATSChangeRequest}}]\n",
            "a rule without 'answer' or 'fault'; add one of them",
        ),
        (
            "scenario: x\nwhen: [^{answer: [{reject: {code: 1, explanation: x}}]}]\n",
            "a rule without 'message' or 'outgoing' or 'request' or 'netstream'; add one of them",
        ),
    ],
)
def test_what_is_missing(text: str, told: str) -> None:
    expect(text, told)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("played: auto, ^id: B", "'id' a second time; the first is in line 2"),
        ("user: U, password: ^12345", "YAML reads this as a number; quote it"),
        ("user: ^'a b', password: p", "'a b' stands here; write a user name without blanks or ':'"),
        ("user: ^U, password: p, users: [{name: V, password: p}]", "both 'user' and 'users'; move it into 'users'"),
        ("users: ^[]", "an empty list; name at least one"),
        ("users: [^{name: V}]", "a user without 'password'; add 'password: secret'"),
        ("users: [{name: V, password: p}, {name: ^V, password: q}]", "user 'V' a second time; the first is in line 2"),
        ("users: [{name: V, password: p, rights: [^CAT]}]", "'CAT' stands here; did you mean 'CATS'?"),
        ("played: ^automatic", "'automatic' stands here; write auto or true or false"),
        ("played: auto, pace: ^10m", "'10m' stands here; write a period such as PT10M, PT1H30M or P2D"),
        ("played: auto, pace: ^P", "'P' stands here; write a period such as PT10M, PT1H30M or P2D"),
        ("user: U, password: p, pace: ^PT1M", "a pace, but A is not played; add 'played: auto' or leave it out"),
        (
            "user: U, password: p, never answers: ^true",
            "'never answers', but A is not played; add 'played: auto' or leave it out",
        ),
        (
            "user: U, password: p, objects: ^{role: FRMP, code: DEBT}",
            "'objects', but A is not played; add 'played: auto' or leave it out",
        ),
        (
            "played: auto, never answers: true, objects: ^{role: FRMP, code: DEBT}",
            "A never answers; leave one of the two out",
        ),
        ("played: auto, objects: ^{code: DEBT}", "objects without 'role'; add 'role: FRMP'"),
        (
            "played: auto, objects: [{role: FRMP, code: DEBT, to: [^100]}]",
            "YAML reads '100' as a number; quote it, and write a change reason code: four digits in quotes",
        ),
        (
            "played: auto, delivery: {CATS: ^push}",
            "not yet: 'push' comes with the push-push API; leave it out until then",
        ),
        ("played: auto, delivery: {^CAT: pull}", "'CAT' stands here; did you mean 'CATS'?"),
        ("played: auto, delivery: ^pull", "a single value stands here; write keys with values"),
        ("played: auto, certificate: ^maybe", "'maybe' stands here; write true or false"),
        ("played: auto, certificate: ^'yes'", "'yes' stands here; write true or false"),
    ],
)
def test_participants(keys: str, told: str) -> None:
    expect(f"scenario: x\ngiven: {{participants: [{{id: A, roles: [FRMP], {keys}}}]}}\n", told)


@pytest.mark.parametrize(
    ("participants", "told"),
    [
        ("[^{roles: [FRMP], played: auto}]", "a participant without 'id'; add 'id: RETAILA'"),
        ("[^{id: A, played: auto}]", "a participant without 'roles'; add 'roles: [FRMP]'"),
        (
            "[{id: A, roles: [MDP], user: U, password: p, delivers readings: ^PT6H}]",
            "'delivers readings', but A is not played; add 'played: auto' or leave it out",
        ),
        (
            "[{id: A, roles: [FRMP], played: auto, delivers readings: ^PT6H}]",
            "A provides no meter data; add MDP to its 'roles'",
        ),
        (
            "[{id: A, roles: [MDP], played: auto, delivers readings: ^P2D}]",
            "more than a day after midnight; make it PT24H or less",
        ),
        ("[{id: A, roles: ^[], played: auto}]", "an empty list; name at least one"),
        ("[{id: A, roles: ^FRMP, played: auto}]", "a single value stands here; write a list: [FRMP]"),
        ("[{id: A, roles: [^FRPM], played: auto}]", "'FRPM' stands here; did you mean 'FRMP'?"),
        ("[{id: ^retaila, roles: [FRMP], played: auto}]", "'retaila' stands here; write it in capitals: RETAILA"),
        ("[{id: ^NEMMCO, roles: [FRMP], played: auto}]", "NEMMCO is AEMO itself; leave it out: it is always there"),
        (
            "[{id: ^A-B, roles: [FRMP], played: auto}]",
            "'A-B' stands here; write a participant id: 1 to 10 of A-Z, 0-9, _",
        ),
        (
            "[{id: A, roles: [FRMP], played: auto}, {id: ^A, roles: [LR], played: auto}]",
            "participant 'A' a second time; the first is in line 2",
        ),
        (
            "[{id: A, roles: [FRMP], user: U, password: p}, {id: B, roles: [LR], users: [{name: ^U, password: p}]}]",
            "user 'U' a second time; the first is in line 2",
        ),
        ("[^A]", "a single value stands here; write keys with values: id, roles, user, password, users, played"),
    ],
)
def test_participants_as_a_whole(participants: str, told: str) -> None:
    expect(f"scenario: x\ngiven: {{participants: {participants}}}\n", told)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("^nmi: x", "'nmi' a second time; the first is in line 2"),
        ("classification: ^SMAL", "'SMAL' stands here; did you mean 'SMALL'?"),
        ("status: ^N", "YAML reads 'N' as a boolean; quote it: \"N\""),
        ("tni: ^NTN", "'NTN' stands here; write four capitals or digits"),
        ("frmp: ^retailb", "'retailb' stands here; write it in capitals: RETAILB"),
        ("frmp: [^RETAILB]", "a single value stands here; write keys with values: party, from, to"),
        ("frmp: ^{from: 2026-01-01}", "a role without 'party'; add 'party: RETAILB'"),
        ("frmp: {party: A, from: ^2026-02-30}", "'2026-02-30' stands here; write a date such as 2026-03-02"),
        (
            "frmp: {party: A, from: 2026-03-02, to: ^2026-03-01}",
            "'to' is before 'from'; both days belong to the period",
        ),
        (
            "frmp: [{party: A}, ^{party: B, from: 2026-03-02}]",
            "two hold FRMP on one day; end the one in line 2 the day before",
        ),
        ("rp: A, mc: ^A", "both 'rp' and 'mc'; they are the same role: keep one"),
        ("address: {suburb: GLEBE, state: NSW, postcode: ^2037}", "YAML reads '2037' as a number; quote it: \"2037\""),
        ("address: {suburb: GLEBE, state: NSW, postcode: ^'203'}", "'203' stands here; write four digits in quotes"),
        ("address: ^{state: NSW, postcode: '2037'}", "an address without 'suburb'; add 'suburb: PARRAMATTA'"),
        (
            "address: {suburb: ^GGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGG, state: NSW, postcode: '2037'}",
            "47 characters; at most 46 fit here",
        ),
        ("meters: [^{registers: [E1]}]", "a meter without 'serial'; add 'serial: M1'"),
        ("meters: [{serial: ^12345}]", "YAML reads '12345' as a number; quote it: \"12345\""),
        ("meters: [{serial: M1}, {serial: ^M1}]", "meter 'M1' a second time; the first is in line 2"),
        ("meters: [{serial: M1, interval: ^7}]", "7 stands here; write one of 1, 5, 10, 15, 30"),
        (
            "meters: [{serial: M1, interval: ^5, installation type: BASIC}]",
            "a BASIC meter has no intervals; leave it out",
        ),
        (
            "meters: [{serial: M1, ^installation_type: BASIC}]",
            "unknown key 'installation_type' in a meter; did you mean 'installation type'?",
        ),
        ("meters: [{serial: M1, read type: ^XYZ}]", "'XYZ' stands here; write a read type such as RWDA or MV3"),
        (
            "meters: [{serial: M1, next scheduled read: ^soon}]",
            "'soon' stands here; write a date such as 2026-06-30, or a period after the beginning such as P30D",
        ),
        ("meters: [{serial: M1, registers: [^11]}]", "YAML reads '11' as a number; quote it: \"11\""),
        ("meters: [{serial: M1, registers: ^[E1, E1]}]", "register 'E1' a second time; the first is in line 2"),
        ("meters: [{serial: M1, registers: [^[E1]]}]", "a list stands here; write a single value or a group of keys"),
        ("meters: [{serial: M1, registers: [^{suffix: E1}]}]", "a register without 'id'; add 'id: E1'"),
        ("meters: [{serial: M1, registers: [{id: E1, multiplier: ^x}]}]", "'x' stands here; write a number"),
        ("meters: [{serial: M1, registers: [{id: E1, multiplier: ^[]}]}]", "a list stands here; write a number"),
        ("data streams: [{suffix: E1}, {suffix: ^E1}]", "data stream 'E1' a second time; the first is in line 2"),
        (
            "data streams: [{suffix: E1, from: 2026-03-02, to: ^2026-03-01}]",
            "'to' is before 'from'; both days belong to the period",
        ),
    ],
)
def test_connection_points(keys: str, told: str) -> None:
    expect(f'scenario: x\ngiven: {{nmis: [{{nmi: "4102034567", jurisdiction: NSW, {keys}}}]}}\n', told)


@pytest.mark.parametrize(
    ("nmi", "told"),
    [
        ('^"41020345673"', "'41020345673' stands here; leave the checksum off: \"4102034567\""),
        ('^"41020345674"', "'41020345674' stands here; write a NMI: ten of 0-9 and A-Z without I and O, no checksum"),
        ('^"4102O34567"', "'4102O34567' stands here; write a NMI: ten of 0-9 and A-Z without I and O, no checksum"),
        ("^qaaavzzzzz", "'qaaavzzzzz' stands here; write it in capitals: \"QAAAVZZZZZ\""),
    ],
)
def test_the_form_of_a_nmi(nmi: str, told: str) -> None:
    expect(f"scenario: x\ngiven: {{nmis: [{{nmi: {nmi}, jurisdiction: NSW}}]}}\n", told)


def test_a_nmi_twice_and_a_holder_declared_for_other_roles() -> None:
    text = """scenario: x
given:
  participants:
    - {id: METERCO, roles: [MDP], played: auto}
    - {id: MCCO, roles: [MC], played: auto}
  nmis:
    - {nmi: "4102034567", jurisdiction: NSW, frmp: METERCO, rp: MCCO, mdp: {party: METERCO}}
    - {nmi: "4102034567", jurisdiction: NSW, mc: MCCO, frmp: UNDECLARED, mdp: [{party: MCCO}]}
"""
    assert mistakes(text) == [
        "7:52: METERCO is declared as MDP; add FRMP to its roles, or name another",
        "8:13: NMI '4102034567' a second time; the first is in line 7",
        "8:88: MCCO is declared as MC; add MDP to its roles, or name another",
    ]


WITH_PASSWORD = "scenario: x\ngiven: {{participants: [{{id: A, roles: [FRMP], user: U, password: {}}}]}}\n"


def test_a_password_is_never_shown() -> None:
    for password in ("8675309", "''", "[8675309]", f"{'8675309' * 40}x"):
        assert not [told for told in mistakes(WITH_PASSWORD.format(password)) if "8675309" in told]


@pytest.mark.parametrize(
    ("population", "told"),
    [
        ("^5", "a single value stands here; write a list or a group of keys"),
        ("^[]", "an empty list; name at least one"),
        ("^{jurisdiction: VIC}", "a population without 'count'; add 'count: 500'"),
        ("[^{count: 5}]", "a population without 'jurisdiction'; add 'jurisdiction: VIC'"),
        ("{count: ^0, jurisdiction: VIC}", "0 stands here; write a number from 1 to 900000"),
        ("{count: 5, jurisdiction: ^VICT}", "'VICT' stands here; did you mean 'VIC'?"),
        ("{count: 5, jurisdiction: VIC, frmp: ^{}}", "nothing named; name at least one"),
        (
            "{count: 5, jurisdiction: VIC, frmp: {A: ^none}}",
            "'none' is not a whole number; write a number from 1 to 1000000",
        ),
        ("{count: 5, jurisdiction: VIC, frmp: {^a: 1}}", "'a' stands here; write it in capitals: A"),
        ("{count: 5, jurisdiction: VIC, frmp: ^A}", "A is declared as LNSP; add FRMP to its roles, or name another"),
        (
            "{count: 5, jurisdiction: VIC, frmp: {B: 1, ^A: 1}}",
            "A is declared as LNSP; add FRMP to its roles, or name another",
        ),
        ("{count: 5, jurisdiction: VIC, rp: B, mc: ^B}", "both 'rp' and 'mc'; they are the same role: keep one"),
        ("{count: 5, jurisdiction: VIC, status: {^N: 1}}", "YAML reads 'N' as a boolean; quote it: \"N\""),
        (
            "[{count: 900000, jurisdiction: VIC}, {count: ^1, jurisdiction: NSW}]",
            "900001 NMIs in all; a market grows 900000 at most",
        ),
    ],
)
def test_populations(population: str, told: str) -> None:
    declared = "participants: [{id: A, roles: [LNSP], played: auto}]"
    expect(f"scenario: x\ngiven: {{{declared}, population: {population}}}\n", told)
