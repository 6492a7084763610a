"""What rules may ask: texts, lists, patterns and XPath that are bounded, requests, questions, what was before."""

from datetime import date, datetime

import pytest
from lxml import etree

from simulator.asexml.model import Header, Message, ReceivedTransaction, View, element
from simulator.asexml.model import Transaction as Sent
from simulator.base.clock import MARKET_ZONE
from simulator.base.draw import Draw
from simulator.base.turn import Event, Turn
from simulator.hub.events import MessageFetched
from simulator.scenario import counts, patterns, xpaths
from simulator.scenario.counts import RulePassed, RuleUsed
from simulator.scenario.engine import NO_REACTION, Engine
from simulator.scenario.facts import MessageFacts, OutgoingFacts, Question, RequestFacts
from simulator.scenario.loader import load
from simulator.scenario.model import Rule

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=MARKET_ZONE)
XML = """<CATSChangeRequest><ChangeReasonCode>1000</ChangeReasonCode><NMIStandingData><NMI checksum="3">4102034567</NMI>
<RoleAssignments><RoleAssignment><Party>RETAILA</Party><Role>FRMP</Role></RoleAssignment></RoleAssignments>
</NMIStandingData></CATSChangeRequest>"""
REFUSE = "answer: [{reject: {code: 1, explanation: x}}]"


class House:
    waiting = 0

    def depth(self, participant: str) -> int:
        return self.waiting if participant == "RETAILA" else 0

    def roles(self, participant: str) -> tuple[str, ...]:
        return ("FRMP", "LR") if participant == "RETAILA" else ()


class Stage:
    """An engine with the rules of a file, and everything that happened."""

    def __init__(self, *lines: str, seed: int = 7) -> None:
        self.when: tuple[Rule, ...] = load(
            "scenario: x\nwhen:\n" + "".join(f"  - {{{line}}}\n" for line in lines), "f.yaml"
        ).when
        self.house, self.seed, self.events = House(), seed, list[Event]()
        self.engine = Engine(self.when, self.house)

    def turn(self) -> Turn:
        turn = Turn(NOW, Draw(self.seed), self.happens)
        turn.events = self.events
        return turn

    def happens(self, event: Event) -> None:
        for kind, change in self.engine.changes.items():
            if isinstance(event, kind):
                change(event)

    def fits(self, sender: str = "RETAILA", number: int = 1, nmi: str = "4102034567", **head: str) -> bool:
        return self.engine.react(self.turn(), facts(sender, number, nmi, **head)) is not NO_REACTION

    def why(self, sender: str = "RETAILA") -> str:
        return str(self.engine.nearest(self.turn(), facts(sender)))

    def asks(self, operation: str = "getMessages", question: Question | None = None, **header: str) -> bool:
        asked = RequestFacts("B2MMessagingPull", operation, "RETAILA", "RETAILB", "CATS", "c1", header, question)
        return self.engine.on_request(self.turn(), asked) is not None


def facts(sender: str = "RETAILA", number: int = 1, nmi: str = "4102034567", **head: str) -> MessageFacts:
    payload = etree.fromstring(XML.replace("4102034567", nmi))
    asked = ReceivedTransaction("CATSChangeRequest", f"T-{number}", "2026-03-02", None, "r29", View(payload))
    given = {"message_id": f"M-{number}", "group": "CATS", "release": "r46", "priority": "Medium", **head}
    return MessageFacts(sender, asked, **given)


@pytest.mark.parametrize(
    ("message", "fits"),
    [
        ("{from: [RETAILB, RETAILA]}", True),
        ("{from: {matches: RETAIL.}}", True),
        ("{from: {matches: RETAIL}}", False),
        ("{to: NEMMCO, participant: RETAILA}", True),
        ("{to: RETAILA}", False),
        ("{role: LR}", True),
        ("{role: [MDP, MPB]}", False),
        ("{nmi: '4102034567', group: CATS, release: r46, priority: Medium}", True),
        ("{nmi: {matches: '41020[0-9]{5}'}}", True),
        ("{priority: High}", False),
        ("{release: [r43, r44]}", False),
        ("{fields: {ProposedDate: {absent: true}}}", True),
        ("{fields: {ChangeReasonCode: {absent: true}}}", False),
        ("{fields: {NMI/@checksum: {matches: '[0-9]'}}}", True),
        ("{xpath: \"//RoleAssignment[Role='FRMP']/Party\"}", True),
        ("{xpath: \"//RoleAssignment[Role='MDP']\"}", False),
        ("{xpath: {\"//RoleAssignment[Role='FRMP']/Party\": RETAILA}}", True),
        ("{xpath: {\"count(//RoleAssignment)\": '1', 'ChangeReasonCode': '1000'}}", True),
        ("{xpath: ['//NMI', 'count(//RoleAssignment) > 1']}", False),
        ("{xpath: {'//ProposedDate': {absent: true}}}", True),
    ],
)
def test_a_message(message: str, fits: bool) -> None:
    assert Stage(f"message: {message}, {REFUSE}").fits() is fits


def test_every_criterion_that_fails_is_told_with_its_line() -> None:
    stage = Stage(
        "name: Far, message: {from: [A, B], role: MDP, xpath: '//Meter', fields: {NMI: {matches: '5.*'}}}, " + REFUSE
    )
    assert stage.why() == (
        "f.yaml:3:5: rule 'Far' did not answer: from is RETAILA, not A or B; role is FRMP, LR, not MDP; "
        "NMI is '4102034567', not a match of '5.*'; //Meter finds nothing"
    )


def test_the_nearest_of_many_is_found_by_what_tells_most() -> None:
    rules = [f"message: {{from: R{n}, nmi: '41020{n:05d}'}}, {REFUSE}" for n in range(300)]
    stage = Stage(*rules, f"name: Near, message: {{from: OTHER, nmi: '4102034567'}}, {REFUSE}")
    assert "rule 'Near' did not answer: from is RETAILA, not OTHER" in stage.why()


@pytest.mark.parametrize(
    ("request_", "fits"),
    [
        ("{api: B2MMessagingPull, operation: [getMessages, getQueueMetaData]}", True),
        ("{operation: submitMessages}", False),
        ("{participant: RETAILA, certificate: RETAILB}", True),
        ("{certificate: RETAILA}", False),
        ("{group: CATS, context id: c1}", True),
        ("{header: {ACCEPT: {matches: '.*xml'}}}", True),
        ("{header: {X-Odd: {absent: true}}}", True),
        ("{header: {Accept: text/plain}}", False),
    ],
)
def test_a_request(request_: str, fits: bool) -> None:
    stage = Stage(f"request: {request_}, answer: [{{set: seen}}]")
    assert stage.asks(Accept="text/xml") is fits
    assert (stage.engine.flag("seen") == "yes") is fits


@pytest.mark.parametrize(
    ("netstream", "fits"),
    [
        ("{client: app-1, usage point: '4102034567'}", True),
        ("{usage point: {matches: '41.*'}, reading type: {matches: '0[.]0[.].*'}}", True),
        ("{usage point group: all}", False),
        ("{period: {from: 2026-03-01}}", True),
        ("{period: {from: 2026-02-01, to: 2026-02-28}}", False),
        ("{period: {from: 2026-02-01, to: 2026-03-01}}", True),
    ],
)
def test_a_question(netstream: str, fits: bool) -> None:
    asked = Question("app-1", ("4102034567",), (), ("0.0.7.4",), date(2026, 3, 1), date(2026, 3, 3))
    stage = Stage(f"netstream: {netstream}, answer: [{{set: seen}}]")
    assert stage.asks("GetMeterReadings", asked) is fits
    assert not stage.asks("GetMeterReadings")


def test_a_message_that_is_sent() -> None:
    payload = element("CATSNotification", element("NMI", "4102034567"))
    head = Header("NEMMCO", "RETAILA", "N-1", NOW, "CATS", "Medium")
    message = Message("r46", head, (Sent("CATS-1", NOW, payload, "T-1"),))
    for outgoing, fits in (
        ("{transaction: CATSNotification, to: RETAILA, fields: {NMI: '4102034567'}}", True),
        ("{transaction: CATSChangeResponse}", False),
        ("{participant: RETAILA, xpath: '//NMI', role: FRMP, group: CATS}", True),
    ):
        stage = Stage(f"outgoing: {outgoing}, answer: [drop]")
        assert stage.engine.on_outgoing(stage.turn(), OutgoingFacts("RETAILA", message)).drop is fits


# What was before


def test_the_nth_and_every_nth_time_count_what_fits_and_nothing_else() -> None:
    stage = Stage(f"message: {{from: RETAILA}}, state: {{nth: [1, 4]}}, {REFUSE}")
    assert [stage.fits(sender) for sender in ("RETAILA", "B", "RETAILA", "B", "RETAILA", "RETAILA", "RETAILA")] == [
        True, False, False, False, False, True, False,
    ]  # fmt: skip
    assert [type(event) for event in stage.events] == [RuleUsed, RulePassed, RulePassed, RuleUsed, RulePassed]
    every = Stage(f"message: {{from: RETAILA}}, every: 3, times: 2, {REFUSE}")
    assert [every.fits() for _ in range(9)] == [False, False, True, False, False, True, False, False, False]


def test_counts_are_kept_for_each_nmi_or_participant() -> None:
    for per, other in (("participant", {"sender": "RETAILC"}), ("nmi", {"nmi": "4102036789"})):
        stage = Stage(f"message: {{group: CATS}}, per: {per}, times: 1, {REFUSE}")
        assert [stage.fits(), stage.fits(), stage.fits(**other), stage.fits(**other)] == [True, False, True, False]


def test_after_a_rule_or_an_event() -> None:
    stage = Stage(
        f"name: First, message: {{from: RETAILC}}, {REFUSE}",
        "message: {from: RETAILA}, state: {after: [{rule: First}, {event: message fetched, times: 2}]}, " + REFUSE,
    )
    stage.fits("RETAILC")
    assert not stage.fits()
    for _ in range(2):
        assert not stage.fits()
        stage.happens(MessageFetched(NOW, "RETAILA", "c"))
    assert stage.fits()


def test_the_depth_of_a_queue() -> None:
    stage = Stage(f"message: {{group: CATS}}, state: {{queue: {{at least: 2, at most: 3}}}}, {REFUSE}")
    fits = []
    for stage.house.waiting in range(5):
        fits.append(stage.fits())
    assert fits == [False, False, True, True, False]
    assert stage.why() == "f.yaml:3:5: rule 'rule 1' did not answer: 4 messages wait for RETAILA, not 3 or fewer"


def test_flags_belong_to_whom_they_were_set_for_or_to_everybody() -> None:
    stage = Stage(
        "request: {operation: getMessages}, per: participant, times: 1, answer: [{set: {mood: bad}}]",
        f"message: {{group: CATS}}, per: participant, state: {{flag: {{mood: [bad, worse]}}}}, {REFUSE}",
    )
    assert not stage.fits()
    stage.asks()
    assert [stage.fits(), stage.fits("RETAILC")] == [True, False]


def test_chance_hangs_on_the_message_and_the_seed_not_on_the_order() -> None:
    line = f"message: {{group: CATS}}, chance: 0.3, {REFUSE}"
    forth, back, other = Stage(line), Stage(line), Stage(line, seed=8)
    numbers = range(300)
    drawn = {number: forth.fits(number=number) for number in numbers}
    assert {number: back.fits(number=number) for number in reversed(numbers)} == drawn
    assert {number: other.fits(number=number) for number in numbers} != drawn
    assert 60 < sum(drawn.values()) < 120


def test_chance_of_requests_goes_on_with_each_one_a_participant_makes() -> None:
    stage = Stage("request: {operation: getMessages}, chance: 0.5, answer: [{set: seen}]")
    assert 10 < sum(stage.asks() for _ in range(40)) < 30


def test_a_replay_brings_everything_back() -> None:
    lines = (
        f"name: A, message: {{group: CATS}}, per: nmi, every: 2, {REFUSE}",
        "name: B, message: {group: CATS}, chance: 0.5, answer: [{set: {seen: often}}]",
    )
    live, again = Stage(*lines), Stage(*lines)
    for number in range(20):
        live.fits(number=number, nmi=f"410203456{number % 3}")
    for event in live.events:
        again.happens(event)
    assert [again.engine.used(name) for name in "AB"] == [live.engine.used(name) for name in "AB"]
    rest = [live.fits(number=n, nmi=f"410203456{n % 3}") for n in range(20, 40)]
    assert [again.fits(number=n, nmi=f"410203456{n % 3}") for n in range(20, 40)] == rest


def test_scopes_are_bounded_and_those_forgotten_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "SCOPES_KEPT", 3)
    stage = Stage(f"message: {{group: CATS}}, per: participant, times: 1, {REFUSE}")
    assert all(stage.fits(f"R{number}") for number in range(5))
    assert not stage.fits("R4")
    assert stage.fits("R0"), "forgotten, so it counts from the beginning"
    assert stage.engine.forgotten > 0


# Bounds


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+",
        "(a|a)*",
        "(a?){20}",
        "a*" * 9,
        "a?" * 40,
        "(?=a)",
        r"(a)\1",
        "(?P<n>a)",
        "[",
        "a**",
        "x" * 201,
        "(",
        ")",
        "*",
        "(.*.*.*.*.*.*x{300}|)y",
        "(.*.*.*.*.*.*x{999,}|)y",
    ],
)
def test_patterns_that_could_take_long_are_refused(pattern: str) -> None:
    assert patterns.problem(pattern) is not None


@pytest.mark.parametrize("pattern", ["CATS.*", "(?:AB|CD)[0-9]{3}", r"\d{4}-\d\d", "(abc)+", "[^a-z]+?x", "a|b|c", ""])
def test_patterns_that_are_taken(pattern: str) -> None:
    assert patterns.problem(pattern) is None


def test_a_text_that_is_too_long_matches_nothing() -> None:
    assert patterns.fits("a*", "a" * patterns.LONGEST_TEXT)
    assert not patterns.fits("a*", "a" * (patterns.LONGEST_TEXT + 1))


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("a[.//b]", "// inside a condition"),
        ("//a//b", "more than one //"),
        ("/a", "a path from the root: begin with // or with a name"),
        ("a[/b = '1']", "a path from the root: begin with // or with a name"),
        ("count(a) * /b", "a path from the root: begin with // or with a name"),
        ("ancestor::a", "ancestor: as an axis or a prefix: write names alone"),
        ("ase:a", "ase: as an axis or a prefix: write names alone"),
        ("document('x')", "the function document()"),
        ("a[b[c]]", "a condition inside a condition"),
        ("a[../b]", ".. inside a condition"),
        ("$x", "'$x' is not understood"),
        ("a[", "Invalid expression"),
        ("//a/ /b", "Invalid expression"),
        ("a[. / /b]", "Invalid expression"),
        ("a[. . /b]", "Invalid predicate"),
        ("a = 1 2", "Invalid expression"),
        ("a" * 301, "301 characters, at most 300 are taken"),
    ],
)
def test_xpath_that_is_refused(expression: str, why: str) -> None:
    assert xpaths.problem(expression) == why


@pytest.mark.parametrize(
    ("expression", "squared"),
    [
        ("A/B = A/C", True),
        ("(A|A)/B", True),
        ("//A[B < C]", True),
        ("A/text() = B", True),
        ("//A[B = 'x']", False),
        ("count(//A) > 5", False),
        ("A[position() > last() - 5]", False),
    ],
)
def test_xpath_that_costs_the_square_of_what_it_finds_is_not_asked_of_very_many(expression: str, squared: bool) -> None:
    few, many = (
        View(etree.fromstring(f"<T><A><B>x</B><C>x</C>x</A>{'<A><B>x</B></A>' * count}<B>x</B></T>"))
        for count in (10, xpaths.MOST_NODES)
    )
    if "<" not in expression:
        assert xpaths.select(few, expression) not in ((), ("false",))
    assert (xpaths.select(many, expression) == ()) == squared


def test_xpath_stays_inside_its_transaction() -> None:
    root = etree.fromstring("<m><a><NMI>1</NMI></a><b><NMI>2</NMI></b></m>")
    assert xpaths.select(View(root[0]), "//NMI") == ("1",)
    assert xpaths.select(View(root[0]), "count(//NMI) + 1") == ("2",)
    assert xpaths.select(View(root[0]), "//NMI = '1'") == ("true",)


def of_a_conversation(number: int, answers: str | None = None, names: str = "") -> MessageFacts:
    payload = View(etree.fromstring(f"<CATSObjectionRequest>{names}</CATSObjectionRequest>"))
    asked = ReceivedTransaction("CATSObjectionRequest", f"T-{number}", "2026-03-02", answers, "r29", payload)
    return MessageFacts("RETAILA", asked, message_id=f"M-{number}")


def test_a_conversation_is_the_request_named_else_what_is_answered_else_the_transaction_itself() -> None:
    stage = Stage(f"message: {{from: RETAILA}}, per: conversation, times: 1, {REFUSE}")
    named = "<InitiatingRequestID>R-1</InitiatingRequestID>"
    asked = [
        of_a_conversation(1),
        of_a_conversation(2, "T-1"),
        of_a_conversation(3, "T-1"),
        of_a_conversation(4, "T-1", named),
        of_a_conversation(5, None, named.replace("Initiating", "")),
        of_a_conversation(6),
    ]
    answered = [stage.engine.react(stage.turn(), each) is not NO_REACTION for each in asked]
    assert answered == [True, False, False, True, False, True]
