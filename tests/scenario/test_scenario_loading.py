"""A good file becomes exactly the values it says."""

from datetime import date, datetime, timedelta

import pytest
from scenario_told import mistakes

from simulator.base.clock import MARKET_ZONE
from simulator.hub.switches import Switches
from simulator.market.acts import Change
from simulator.scenario import source
from simulator.scenario.expect import Acknowledged, Expectation, OneContent
from simulator.scenario.loader import ScenarioMistakes, load
from simulator.scenario.model import Delay, Given, MessageMatch, Participant, Reject, Rule, Scenario, User, Where
from simulator.scenario.story import Entry, Object, Objecting, Submit, SupplyRead, Withdraw, WithdrawObjection
from simulator.world.changes import Patch
from simulator.world.growth import Growth
from simulator.world.model import Address, ConnectionPoint, DataStream, Meter, Register, RoleAssignment

HEAD = """\
scenario: Small customer changes retailer
about: RETAILA wins a customer from RETAILB; one objection-free day; completed on the actual read.
release: r46
seed: 7
clock: "2026-03-02T09:00:00+10:00"        # omitted: the wall clock
given:
  participants:
    - {id: RETAILA, roles: [FRMP], user: RETAILAB, password: secret, delivery: {CATS: pull, NMID: pull, MDMT: pull}}
    - {id: RETAILB, roles: [FRMP], played: auto}         # whoever is not declared is played too
  nmis:
    - {nmi: "4102034567", jurisdiction: NSW, classification: SMALL, frmp: RETAILB, lnsp: ENERGYP, \
meters: [{serial: "M1", registers: ["E1", "B1"], interval: 5}]}
"""
LATER_GIVEN = """\
  population: {count: 500, jurisdiction: VIC, frmp: RETAILA}      # generated, the same for the same seed
  netstream: {clients: [{id: app-1, secret: s3cret, usage point groups: [all]}]}
"""
WHEN = """\
when:                                     # first match answers; nothing matches: the market's own behaviour
  - name: Change request refused once
    message: {transaction: CATSChangeRequest, from: RETAILA, fields: {ChangeReasonCode: "1000"}}
    times: 1
    answer: [{reject: {code: 1100, explanation: "Value of [ProposedDate] is invalid"}}]
"""
LATER = """\
  - name: The hub is busy
    request: {api: B2MMessagingPull, operation: getMessages, participant: RETAILA}
    times: 3
    fault: {status: 429}
at:                                       # timeline, in market time
  - {after: PT10M, raise stop file: {participant: RETAILA, cause: OUTBOX FILE}}
then:                                     # judged on the system under test
  - {name: everything acknowledged, every: delivered message, acknowledged within: PT5M}
  - {name: no id used for two messages, never: {submit: same message id with other content}}
"""


def point(keys: str, **options: datetime) -> ConnectionPoint:
    text = f'scenario: x\ngiven: {{nmis: [{{nmi: "4102034567", jurisdiction: NSW, {keys}}}]}}\n'
    return load(text, "f.yaml", **options).given.points[0]


def test_the_sketch_of_the_interface_less_what_comes_later() -> None:
    assert load(HEAD + WHEN, "x.yaml") == Scenario(
        name="Small customer changes retailer",
        about="RETAILA wins a customer from RETAILB; one objection-free day; completed on the actual read.",
        release="r46",
        seed=7,
        clock=datetime(2026, 3, 2, 9, 0, tzinfo=MARKET_ZONE),
        given=Given(
            (
                Participant(
                    "RETAILA",
                    ("FRMP",),
                    (User("RETAILAB", "secret"),),
                    delivery={"CATS": "pull", "NMID": "pull", "MDMT": "pull"},
                ),
                Participant("RETAILB", ("FRMP",), played=True),
            ),
            (
                ConnectionPoint(
                    "4102034567",
                    "NSW",
                    roles=(RoleAssignment("FRMP", "RETAILB"), RoleAssignment("LNSP", "ENERGYP")),
                    meters=(Meter("M1", (Register("E1", "E1"), Register("B1", "B1")), interval=5),),
                ),
            ),
        ),
        when=(
            Rule(
                "Change request refused once",
                Where("x.yaml", 13, 5),
                MessageMatch("CATSChangeRequest", "RETAILA", fields={"ChangeReasonCode": "1000"}),
                (Reject(1100, "Value of [ProposedDate] is invalid"),),
                times=1,
            ),
        ),
        file="x.yaml",
    )


def test_the_sketch_of_the_interface_is_taken_whole() -> None:
    story = load(HEAD + LATER_GIVEN + WHEN + LATER, "x.yaml")
    assert story.then == (
        Expectation("everything acknowledged", "x.yaml:26:5", Acknowledged(timedelta(minutes=5))),
        Expectation("no id used for two messages", "x.yaml:27:5", OneContent()),
    )


def test_a_name_is_enough() -> None:
    assert load("scenario: x", "f.yaml") == Scenario("x", file="f.yaml")


def test_json_is_read_as_well() -> None:
    text = '{\n\t"scenario": "x \\u00e9 \\/",\n\t"seed": 3,\n\t"assume": {"error_bodies": "json"},"given":{"nmis":[]}}'
    assert load(text, "f.json") == Scenario("x é /", seed=3, switches=Switches(error_bodies="json"), file="f.json")


def test_a_clock_in_another_zone_is_market_time() -> None:
    for written in ("2026-03-01T23:00:00Z", '"2026-03-02T10:00:00+11:00"', "2026-03-02 09:00+10:00"):
        assert load(f"scenario: x\nclock: {written}", "f.yaml").clock == datetime(2026, 3, 2, 9, tzinfo=MARKET_ZONE)


def test_a_participant_in_full() -> None:
    text = """\
scenario: x
given:
  participants:
    - id: BOTH
      roles: [MC, MDP, RP]
      users:
        - {name: ALL, password: "1"}
        - {name: SOME, password: "2", rights: [CATS, NMID]}
      release: r44
      certificate: no
    - {id: SLOW, roles: [LNSP], played: true, pace: P1DT2H}
"""
    assert load(text, "f.yaml").given.participants == (
        Participant(
            "BOTH",
            ("RP", "MDP"),
            (User("ALL", "1"), User("SOME", "2", ("CATS", "NMID"))),
            release="r44",
            certificate=False,
        ),
        Participant("SLOW", ("LNSP",), played=True, pace=timedelta(days=1, hours=2)),
    )


def test_switches_may_be_spelled_with_blanks_or_underscores_and_quoted_or_not() -> None:
    text = """\
scenario: x
assume:
  unknown context status: 200
  certificate_status: "403"
  lockout after: 3
  require api key: yes
  transition times: business days
"""
    expected = Switches(unknown_context_status=200, certificate_status=403, lockout_after=3, require_api_key="yes")
    assert load(text, "f.yaml").switches == expected


def test_roles_over_time() -> None:
    found = point("frmp: [{party: OLD, to: 2025-06-30}, {party: NEW, from: 2025-07-01}], mc: {party: MCCO}")
    assert found.roles == (
        RoleAssignment("FRMP", "OLD", to_date=date(2025, 6, 30)),
        RoleAssignment("FRMP", "NEW", date(2025, 7, 1)),
        RoleAssignment("RP", "MCCO"),
    )


def test_a_point_in_full() -> None:
    found = point(
        "classification: LARGE, status: D, tni: NAB1, dlf: BL01, customer class: BUSINESS, customer threshold: HIGH, "
        "parent: NKKK000001, "
        "address: {suburb: Glebe, state: NSW, postcode: '0800', house number: 12, house suffix: a, street name: King, "
        "street type: St, flat type: U, flat number: 3B, lot number: '007', building: River House, "
        "delivery point: '54321098'}, "
        "meters: [{serial: M1, installation type: COMMS4, read type: MV3, interval: 30, status: R, manufacturer: ACME, "
        "model: X, next scheduled read: 2026-05-01, registers: [{id: R1, suffix: E1, unit: WH, network tariff: EA010, "
        "time of day: PEAK, multiplier: 1.50, dial format: '5.1', controlled load: hot water, "
        "consumption type: Cumulative, status: R}]}], "
        "data streams: [{suffix: E1, type: Consumption, profile: NSLP, average daily load: 16, status: I, "
        "from: 2020-01-01, to: 2020-12-31}]"
    )
    register = Register("R1", "E1", "WH", "EA010", "PEAK", "1.50", "5.1", "hot water", "Cumulative", "R")
    address = Address("GLEBE", "NSW", "0800", "12", "A", "KING", "ST", "U", "3B", "007", "RIVER HOUSE", "54321098")
    assert found == ConnectionPoint(
        nmi="4102034567",
        jurisdiction="NSW",
        classification="LARGE",
        status="D",
        tni="NAB1",
        dlf="BL01",
        address=address,
        customer_class="BUSINESS",
        customer_threshold="HIGH",
        data_streams=(DataStream("E1", "Consumption", "NSLP", 16, "I", date(2020, 1, 1), date(2020, 12, 31)),),
        meters=(Meter("M1", (register,), "COMMS4", "MV3", 30, "R", "ACME", "X", date(2026, 5, 1)),),
        parent="NKKK000001",
    )


def test_registers_written_as_suffixes_know_their_unit_and_whether_they_accumulate() -> None:
    found = point(
        "meters: [{serial: M1, registers: [E1, Q1]}, {serial: M2, installation type: BASIC, registers: ['11']}]"
    )
    assert found.meters[0].registers == (Register("E1", "E1"), Register("Q1", "Q1", "KVARH"))
    assert found.meters[1].registers == (
        Register("11", "11", time_of_day="ALLDAY", dial_format="5.0", consumption_type="Cumulative"),
    )


def test_a_read_may_be_scheduled_some_time_after_the_beginning() -> None:
    meter = "meters: [{serial: M1, next scheduled read: P30D}]"
    beginning = datetime(2026, 3, 2, 9, tzinfo=MARKET_ZONE)
    assert point(meter, today=beginning).meters[0].next_scheduled_read == date(2026, 4, 1)
    assert point(meter).meters[0].next_scheduled_read is None
    clock = "clock: 2026-01-01T00:00:00+10:00"
    dated = f"scenario: x\n{clock}\ngiven: {{nmis: [{{nmi: '4102034567', jurisdiction: NSW, {meter}}}]}}"
    assert load(dated, "f.yaml", today=beginning).given.points[0].meters[0].next_scheduled_read == date(2026, 1, 31)


def test_a_population_of_one_kind() -> None:
    text = "scenario: x\ngiven:\n  population: {count: 500, jurisdiction: VIC, frmp: RETAILA}"
    assert load(text, "f.yaml").given.population == (Growth(500, "VIC", {"FRMP": (("RETAILA", 1),)}),)


def test_populations_of_several_kinds_with_shares() -> None:
    text = """\
scenario: x
clock: "2026-03-02T09:00:00+10:00"
given:
  population:
    - {count: 10, jurisdiction: NSW, mc: MCCO, frmp: {RETAILA: 2, RETAILB: 3}}
    - count: 20
      jurisdiction: TAS
      classification: {SMALL: 9, LARGE: 1}
      status: D
      installation type: {BASIC: 1, COMMS4D: 1}
      customer class: BUSINESS
"""
    assert load(text, "f.yaml").given.population == (
        Growth(
            10,
            "NSW",
            {"FRMP": (("RETAILA", 2), ("RETAILB", 3)), "RP": (("MCCO", 1),)},
            beginning=date(2026, 3, 2),
        ),
        Growth(
            20,
            "TAS",
            {},
            (("SMALL", 9), ("LARGE", 1)),
            (("D", 1),),
            (("BASIC", 1), ("COMMS4D", 1)),
            (("BUSINESS", 1),),
            date(2026, 3, 2),
        ),
    )


def test_the_timeline_and_habits() -> None:
    text = """\
scenario: x
clock: "2026-03-02T09:00:00+10:00"
given:
  participants:
    - {id: DEAF, roles: [MDP], played: auto, never answers: true}
    - {id: RETAILB, roles: [FRMP], played: auto, objects: {role: FRMP, code: DEBT, to: ["1000"], withdraws after: P1D}}
    - {id: MCCO, roles: [MC], played: auto, objects: [{role: MC, code: DECLINED}]}
when: [{message: {from: A}, answer: [{delay: PT5M}, {reject: {code: 1, explanation: x}}]}]
at:
  - {after: PT10M, object: {nmi: "4102034567", role: MC, code: BADPARTY, participant: MCCO, reason: "1080"}}
  - {at: "2026-03-03T00:00:00Z", withdraw objection: {nmi: "4102034567", role: MC, code: BADPARTY}}
  - {after: P1D, withdraw: {nmi: "4102034567"}}
  - {after: P2D, supply read: {nmi: "4102034567", date: P1D}}
  - after: P3D
    submit:
      participant: RETAILC
      reason: "5050"
      nmi: "4102034567"
      proposed: 2026-04-01
      read type: SP
      roles: {FRMP: RETAILC, MC: MCCO}
      status: D
      customer class: BUSINESS
      address: {suburb: Glebe, state: NSW, postcode: "2037"}
      meters: [{serial: M9, installation type: BASIC, registers: ["11"], next scheduled read: P7D}]
      data streams: [{suffix: "11", type: Consumption}]
"""
    loaded = load(text, "f.yaml")
    assert [each.never_answers for each in loaded.given.participants] == [True, False, False]
    assert [each.objects for each in loaded.given.participants] == [
        (),
        (Objecting("FRMP", "DEBT", ("1000",), timedelta(days=1)),),
        (Objecting("RP", "DECLINED"),),
    ]
    assert loaded.when[0].answer == (Delay(timedelta(minutes=5)), Reject(1, "x"))
    register = {
        "suffix": "11",
        "unit": "KWH",
        "network_tariff": "N/A",
        "time_of_day": "ALLDAY",
        "multiplier": "1",
        "dial_format": "5.0",
        "controlled_load": "NO",
        "consumption_type": "Cumulative",
        "status": "C",
    }
    meter = {"installation_type": "BASIC", "next_scheduled_read": "2026-03-09"}
    change = Change(
        "5050",
        "4102034567",
        read_type="SP",
        roles=(("FRMP", "RETAILC"), ("RP", "MCCO")),
        master={"status": "D", "customer_class": "BUSINESS"},
        address=Address("GLEBE", "NSW", "2037"),
        meters=(Patch("M9", meter, (Patch("11", register),)),),
        streams=(DataStream("11", "Consumption"),),
    )
    assert loaded.at == (
        Entry("f.yaml:10:5", timedelta(minutes=10), Object("4102034567", "RP", "BADPARTY", "MCCO", "1080")),
        Entry(
            "f.yaml:11:5",
            datetime(2026, 3, 3, 10, tzinfo=MARKET_ZONE),
            WithdrawObjection("4102034567", role="RP", code="BADPARTY"),
        ),
        Entry("f.yaml:12:5", timedelta(days=1), Withdraw("4102034567")),
        Entry("f.yaml:13:5", timedelta(days=2), SupplyRead("4102034567", timedelta(days=1))),
        Entry("f.yaml:14:5", timedelta(days=3), Submit("RETAILC", change, date(2026, 4, 1))),
    )


def test_rules_without_a_name_are_called_by_their_number() -> None:
    answer = "answer: [{reject: {code: 1, explanation: x, severity: Fatal}}]"
    text = f"scenario: x\nwhen:\n- {{message: {{from: A}}, {answer}}}\n- {{message: {{from: B}}, {answer}}}\n"
    first, second = load(text, "f.yaml").when
    assert (first.name, second.name, second.where) == ("rule 1", "rule 2", Where("f.yaml", 4, 3))
    assert (first.times, first.answer) == (None, (Reject(1, "x", "Fatal"),))


@pytest.mark.parametrize("text", [HEAD + WHEN, '{"scenario": "x", "given": {"nmis": []}}'])
def test_without_libyaml_a_file_reads_the_same(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = load(text, "f.yaml")
    monkeypatch.setattr(source, "_compose", source.PureComposer)
    assert load(text, "f.yaml") == fast


def test_rule_tables_come_from_files_beside_the_scenario() -> None:
    given = {"my/initiation_rules.csv": "ChangeReasonCode,Role,RoleStatus\n1000,LNSP,C\n"}
    text = "scenario: x\nrules: [my/initiation_rules.csv]\n"
    own = load(text, "f.yaml", read_file=given.__getitem__).own_rules
    assert own is not None
    assert [notice.role for notice in own.rules.reasons["1000"].initiators] == ["LNSP"]
    assert own.days_off is None
    assert load("scenario: x\nrules: []\n", "f.yaml").own_rules is None


def test_mistakes_of_rule_tables_are_told_at_their_own_lines() -> None:
    files = {"roles.csv": "Code,Description\n,x\n", "c1.xml": "<a>\n<b/>"}

    def read_file(name: str) -> str:
        if name not in files:
            raise ValueError("no such file")
        return files[name]

    with pytest.raises(ScenarioMistakes) as refused:
        load("scenario: x\nrules: [roles.csv, c1.xml, gone.csv]\n", "f.yaml", read_file=read_file)
    told = [str(each) for each in refused.value.mistakes]
    assert [each.partition(";")[0] for each in told] == [
        "f.yaml:2:28: 'gone.csv' cannot be read",
        "c1.xml:2:1: not well formed: Premature end of data in tag a line 1",
        "roles.csv:2:1: a row of roles without Code",
    ]


def test_a_scenario_that_came_without_files_may_name_none() -> None:
    assert mistakes("scenario: x\nrules: [a.csv]\n") == [
        "2:8: files are named, but this scenario came without files; start from the scenario's own file"
    ]
