"""Keys of a scenario file under ``when``: what a rule is about, how often it answers, and what it does."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace
from yaml.nodes import Node, ScalarNode

from simulator.scenario import vocabulary as words
from simulator.scenario.keys_faults import FAULT
from simulator.scenario.keys_match import FLAGS, MESSAGE, NETSTREAM, OUTGOING, REQUEST, STATE
from simulator.scenario.kinds import PERIOD, WRONG, Figure, Flag, Json, Text, Whole
from simulator.scenario.mistakes import Notes, nearest
from simulator.scenario.shapes import ByForm, Key, ListOf, MapOf, Shape, demanding
from simulator.scenario.vocabulary import choice, free
from simulator.scenario.where import Where

REJECT = Shape(
    "reject",
    (
        Key("code", Whole(1, 99_999), "the event code", required=True, example=1100),
        Key("explanation", free("an explanation", 1000), "what the event says", required=True, example="Not today"),
        Key("severity", choice("Error", "Fatal"), "severity of the event; left out: Error", example="Error"),
    ),
)
_PLACE = Whole(1, 1_000_000)
PARTIAL = Shape(
    "partial",
    (
        *REJECT.keys,
        Key("every", Whole(2, 1_000_000), "every second, third … row, or transaction of a message", example=2),
        Key("places", ListOf(_PLACE, least=1), "the rows, or transactions, at these places", example=[1, 3]),
        Key("nmis", ListOf(words.NMI, least=1), "those of these NMIs", example=["4102034567"]),
    ),
    one_of=(("every", "places", "nmis"),),
)
REORDER = ByForm(
    scalar=Whole(2, 1000),
    mapping=Shape(
        "reorder",
        (
            Key("of", Whole(2, 1000), "how many messages change places", required=True, example=2),
            Key("within", PERIOD, "how long they wait for one another; left out: PT5M", example="PT5M"),
        ),
    ),
)


class TemplateText:
    """A Jinja2 template; its mistakes are told at their own lines where it stands as a block."""

    def read(self, node: Node, notes: Notes) -> Any:
        """A `str`."""
        found = _TEMPLATE.read(node, notes)
        if found is WRONG:
            return WRONG
        from simulator.scenario import templates  # noqa: PLC0415  only a scenario with a template pays for Jinja2

        problem = templates.problem(found)
        if problem is None:
            return found
        line, what = problem
        place = notes.at(node)
        block = isinstance(node, ScalarNode) and node.style == "|"
        where = Where(place.file, place.line + line, 1) if block else place
        notes.add(where, f"the template: {what}", "mend it")
        return WRONG

    def schema(self) -> Json:
        """A string."""
        return _TEMPLATE.schema()


_TEMPLATE = Text("a template of XML", longest=100_000, lines=True)
TEMPLATE = TemplateText()
SEND = Shape(
    "send",
    (
        Key("template", TEMPLATE, "its payload: a Jinja2 template of XML", required=True, example="<ReportResponse/>"),
        Key("to", words.PARTICIPANT, "whom; left out: whom the rule is about, if that has a queue", example="RETAILB"),
        Key(
            "group",
            choice("CATS", "NMID", "MDMT"),
            "its transaction group; left out: as what it follows",
            example="CATS",
        ),
        Key("priority", choice("High", "Medium", "Low"), "its priority; left out: Medium", example="Low"),
    ),
)
_MASTER = (
    Key("status", choice("A", "D", "X", "G", "N"), "status", example="D"),
    Key("classification", choice(*words.CLASSIFICATIONS), "NMI classification", example="LARGE"),
    Key("tni", words.NODE, "transmission node identifier", example="NTNI"),
    Key("dlf", words.LOSS_FACTOR, "distribution loss factor code", example="NDLF"),
)
CHANGE = Shape(
    "change",
    (
        Key("nmi", words.NMI, "whose standing data; left out: that of the first NMI named", example="4102034567"),
        Key("roles", MapOf(choice(*words.ROLES), words.PARTICIPANT, least=1), "roles from today on"),
        *_MASTER,
    ),
    least=1,
)
SEND_ENTRY = demanding(SEND, "to", "group")
CHANGE_ENTRY = demanding(CHANGE, "nmi")
"""In the timeline there is nobody that a rule is about."""
SET = ByForm(scalar=words.FLAG, mapping=MapOf(words.FLAG, words.FLAG_VALUE, least=1))
_ALONE = Flag()

ANSWER = Shape(
    "an answer",
    (
        Key("accept", _ALONE, "the market answers as without rules; no later rule is asked", example=True),
        Key("reject", REJECT, "refuse it with a business event"),
        Key("partial", PARTIAL, "refuse some rows of meter data, or some transactions of a message"),
        Key("template", TEMPLATE, "answer with this payload instead: a Jinja2 template of XML"),
        Key("drop", _ALONE, "the market does what it does, and nobody is told", example=True),
        Key("delay", PERIOD, "what AEMO sends in answer is seen so much later", example="PT30M"),
        Key("hold", words.NAME, "what AEMO sends in answer is held until `release` names it", example="late answers"),
        Key("reorder", REORDER, "what AEMO sends in answer waits for others, and the last is seen first", example=2),
        Key("duplicate", Whole(2, 100), "what AEMO sends in answer is queued so many times in all", example=2),
        Key("send", SEND, "AEMO sends one more message"),
        Key("change", CHANGE, "standing data of a NMI is another from now on, and nobody is told"),
        Key("set", SET, "set a flag, or flags to values, for whom the rule counts", example="busy"),
        Key("unset", FLAGS, "take flags away", example="busy"),
    ),
    least=1,
    most=1,
)
_ALONE_WORDS = ("accept", "drop")


def _with_settings(word: str) -> str | None:
    """Advice for an answer that stands alone and is not one of the two that may."""
    names = tuple(key.name for key in ANSWER.keys)
    found = nearest(word, names)
    close = next((name for name in names if found == f"did you mean {name!r}?"), None)
    if close is None:
        return found
    return None if close in _ALONE_WORDS else f"{close!r} takes settings: write {{{close}: ...}}"


_ANSWERS = ByForm(scalar=replace(choice(*_ALONE_WORDS), hint=_with_settings), mapping=ANSWER)
_CHANCE = Figure(words.CHANCE, "a number above 0 and below 1, such as 0.1", {"type": "number"})

RULE = Shape(
    "a rule",
    (
        Key("name", words.NAME, "what reports call it; left out: rule and its number", example="Refused once"),
        Key("message", MESSAGE, "what a message to AEMO must have", example="{transaction: CATSChangeRequest}"),
        Key("outgoing", OUTGOING, "what a message of AEMO's must have", example="{transaction: CATSNotification}"),
        Key("request", REQUEST, "what an HTTP request must have", example="{operation: getMessages}"),
        Key("netstream", NETSTREAM, "what a GetMeterReadings must ask for", example="{client: app-1}"),
        Key("state", STATE, "what must have been before", example="{nth: 3}"),
        Key("per", choice("participant", "nmi", "conversation"), "what counts and flags are kept for; left out: all"),
        Key("times", Whole(1, 1_000_000), "how often it answers; left out: always", example=1),
        Key("every", Whole(2, 1_000_000), "it answers every second, third … time it fits", example=2),
        Key("chance", _CHANCE, "how likely it answers, drawn from the seed", example=0.1),
        Key("answer", ListOf(_ANSWERS, least=1), "what it does", example="[{reject: {code: 1100, …}}]"),
        Key("fault", FAULT, "what goes wrong", example="slow body"),
        Key("strict", _ALONE, "nobody should meet this rule: that it answered fails tests and verdict", example=True),
    ),
    one_of=(("message", "outgoing", "request", "netstream"),),
    any_of=("answer", "fault"),
)
