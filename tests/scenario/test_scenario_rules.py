"""Rules at work: a match is "no differences", the first match answers, and only events change the count."""

from datetime import datetime, timedelta

from lxml import etree

from simulator.asexml.model import AseEvent, ReceivedTransaction, View
from simulator.base.clock import MARKET_ZONE
from simulator.base.draw import Draw
from simulator.base.turn import Event, Turn
from simulator.scenario.engine import NO_REACTION, SCENARIO_EVENTS, Engine, Reaction, RuleUsed
from simulator.scenario.facts import MessageFacts
from simulator.scenario.loader import load
from simulator.scenario.match import Look, criteria, unmet
from simulator.scenario.model import Rule
from simulator.scenario.readers import field_texts

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=MARKET_ZONE)

REQUEST = """
<CATSChangeRequest version="r29">
  <ChangeReasonCode>1000</ChangeReasonCode>
  <NMIStandingData>
    <NMI checksum="3">4102034567</NMI>
    <MasterData><Status> A </Status></MasterData>
    <RoleAssignments>
      <RoleAssignment><Party>RETAILA</Party><Role>FRMP</Role></RoleAssignment>
      <RoleAssignment><Party>METERCO</Party><Role>MDP</Role></RoleAssignment>
    </RoleAssignments>
  </NMIStandingData>
</CATSChangeRequest>
"""


def transaction(xml: str = REQUEST) -> ReceivedTransaction:
    payload = etree.fromstring(xml)
    return ReceivedTransaction(payload.tag, "T-1", "2026-03-02T09:00:00+10:00", None, "r29", View(payload))


def rules(*lines: str) -> tuple[Rule, ...]:
    return load("scenario: x\nwhen:\n" + "".join(f"  - {{{line}}}\n" for line in lines), "f.yaml").when


def rule(message: str, times: str = "") -> Rule:
    return rules(f"message: {message}, {times} answer: [{{reject: {{code: 1100, explanation: x}}}}]")[0]


def differences(one: Rule, sender: str, asked: ReceivedTransaction) -> tuple[str, ...]:
    look = Look(MessageFacts(sender, asked), Nobody())
    return tuple(each.difference(look.texts(each.dimension)) for each in unmet(criteria(one), look))


class Nobody:
    def depth(self, participant: str) -> int:
        return 0

    def roles(self, participant: str) -> tuple[str, ...]:
        return ()


class Stage:
    """An engine with the turns it acts in."""

    def __init__(self, *when: Rule) -> None:
        self.engine = Engine(when)
        self.events: list[Event] = []

    def react(self, sender: str = "RETAILA", xml: str = REQUEST) -> tuple[AseEvent, ...]:
        return self.reaction(sender, xml).rejection

    def reaction(self, sender: str = "RETAILA", xml: str = REQUEST) -> Reaction:
        turn = Turn(NOW, Draw(0), self.engine.apply)
        answer = self.engine.react(turn, MessageFacts(sender, transaction(xml)))
        self.events += turn.events
        return answer

    def nearest(self, sender: str) -> str:
        turn = Turn(NOW, Draw(0), self.engine.apply)
        return str(self.engine.nearest(turn, MessageFacts(sender, transaction())))


def test_a_rule_that_fits_has_no_differences() -> None:
    fits = rule(
        "{transaction: CATSChangeRequest, from: RETAILA, fields: {ChangeReasonCode: '1000', NMI/@checksum: '3'}}"
    )
    assert differences(fits, "RETAILA", transaction()) == ()


def test_every_criterion_that_fails_is_told() -> None:
    other = rule(
        "{transaction: ReportRequest, from: RETAILB, "
        "fields: {ChangeReasonCode: '1030', Role: LNSP, ProposedDate: '2026-03-03', NMI/@checksum: '4'}}"
    )
    assert differences(other, "RETAILA", transaction()) == (
        "transaction is CATSChangeRequest, not ReportRequest",
        "from is RETAILA, not RETAILB",
        "ChangeReasonCode is '1000', not '1030'",
        "Role is 'FRMP', 'MDP', not 'LNSP'",
        "ProposedDate is not there, not '2026-03-03'",
        "NMI/@checksum is '3', not '4'",
    )


def test_one_of_several_elements_of_a_name_is_enough() -> None:
    assert differences(rule("{fields: {RoleAssignment/Role: MDP}}"), "RETAILA", transaction()) == ()


def test_a_field_is_found_at_any_depth_by_name_or_path_and_without_its_blanks() -> None:
    view = transaction().view
    assert field_texts(view, "Party") == ("RETAILA", "METERCO")
    assert field_texts(view, "MasterData/Status") == ("A",)
    assert field_texts(view, "NMIStandingData/NMI/@checksum") == ("3",)
    assert field_texts(view, "NMI/@scheme") == ()
    assert field_texts(view, "RoleAssignment/Status") == ()


def test_an_empty_element_has_an_empty_text() -> None:
    assert field_texts(transaction("<ReportRequest><ReportName/></ReportRequest>").view, "ReportName") == ("",)


def test_the_answer_is_a_business_event() -> None:
    stage = Stage(
        *rules(
            "message: {from: RETAILA}, answer: ["
            "{reject: {code: 1100, explanation: first}}, {reject: {code: 201, explanation: second, severity: Fatal}}]"
        )
    )
    assert stage.react() == (
        AseEvent(1100, severity="Error", event_class="Application", explanation="first"),
        AseEvent(201, severity="Fatal", event_class="Application", explanation="second"),
    )


def test_an_answer_may_be_delayed_or_held_refused_or_not() -> None:
    message = "message: {from: RETAILA}, times: 1, answer:"
    stage = Stage(
        *rules(
            f"{message} [{{delay: PT30M}}]",
            f"{message} [{{hold: late ones}}]",
            f"{message} [{{delay: PT1M}}, {{reject: {{code: 1, explanation: x}}}}]",
        )
    )
    assert stage.reaction().delay == timedelta(minutes=30)
    assert stage.reaction().hold == "late ones"
    both = stage.reaction()
    assert both.rejection == (AseEvent(1, "Error", "Application", explanation="x"),)
    assert both.delay == timedelta(minutes=1)
    assert stage.reaction() is NO_REACTION


def test_the_first_rule_that_fits_answers() -> None:
    stage = Stage(
        *rules(
            "message: {transaction: ReportRequest}, answer: [{reject: {code: 1, explanation: x}}]",
            "message: {from: RETAILA}, answer: [{reject: {code: 2, explanation: x}}]",
            "message: {transaction: CATSChangeRequest}, answer: [{reject: {code: 3, explanation: x}}]",
            "message: {from: RETAILB}, answer: [{reject: {code: 4, explanation: x}}]",
        )
    )
    codes = [stage.react("RETAILA")[0].code, stage.react("RETAILB")[0].code]
    codes.append(stage.react("RETAILB", "<NMIDiscoveryRequest/>")[0].code)
    assert codes == [2, 3, 4]
    assert stage.react("RETAILC", "<NMIDiscoveryRequest/>") == ()


def test_a_rule_answers_as_often_as_it_says_and_then_the_market_does() -> None:
    stage = Stage(rule("{transaction: CATSChangeRequest}", "times: 2,"))
    assert [len(stage.react()) for _ in range(4)] == [1, 1, 0, 0]
    assert stage.events == [RuleUsed(NOW, "rule 1", "RETAILA", "T-1")] * 2
    assert stage.engine.used("rule 1") == 2


def test_a_message_that_does_not_fit_uses_nothing_up() -> None:
    stage = Stage(rule("{from: RETAILA}", "times: 1,"))
    assert stage.react("RETAILB") == ()
    assert stage.events == []
    assert len(stage.react("RETAILA")) == 1


def test_a_replay_of_the_events_brings_the_counts_back() -> None:
    when = rule("{transaction: CATSChangeRequest}", "times: 1,")
    before, after = Stage(when), Stage(when)
    before.react()
    for event in before.events:
        assert isinstance(event, SCENARIO_EVENTS)
        after.engine.apply(event)
    assert after.react() == ()


def test_without_rules_nothing_is_looked_at() -> None:
    stage = Stage()
    assert stage.react(xml="<Anything/>") == ()
    assert stage.nearest("RETAILA") == "None"


def test_the_nearest_rule_explains_itself_with_its_line() -> None:
    stage = Stage(
        *rules(
            "message: {transaction: ReportRequest, from: RETAILB}, answer: [{reject: {code: 1, explanation: x}}]",
            "name: Once, message: {from: RETAILA}, times: 1, answer: [{reject: {code: 2, explanation: x}}]",
            "name: Other, message: {from: RETAILC}, answer: [{reject: {code: 3, explanation: x}}]",
        )
    )
    stage.react()
    nearest = stage.nearest("RETAILA")
    assert str(nearest) == "f.yaml:4:5: rule 'Once' did not answer: used 1 of 1 times"
    nearest = stage.nearest("RETAILX")
    assert str(nearest) == "f.yaml:5:5: rule 'Other' did not answer: from is RETAILX, not RETAILC"
