"""Keys of a scenario file for what a rule asks: of a message, of a request, of Netstream, of what was before."""

from __future__ import annotations

from typing import Any

import msgspec
from yaml.nodes import Node

from simulator.asexml.content import TRANSACTIONS
from simulator.scenario import patterns, xpaths
from simulator.scenario import vocabulary as words
from simulator.scenario.kinds import DAY, WRONG, Flag, Json, Kind, Text, Whole, bad
from simulator.scenario.mistakes import Notes, shown
from simulator.scenario.shapes import ByForm, Key, ListOf, MapOf, Shape
from simulator.scenario.vocabulary import choice, free
from simulator.scenario.words import EVENTS


class Pattern(msgspec.Struct, frozen=True):
    """A pattern whose worst case is bounded."""

    def read(self, node: Node, notes: Notes) -> Any:
        """A `str`."""
        found = free("a pattern such as CATS.*", patterns.LONGEST_PATTERN).read(node, notes)
        problem = None if found is WRONG else patterns.problem(found)
        return found if problem is None else bad(node, notes, f"the pattern {shown(found)}: {problem}", "mend it")

    def schema(self) -> Json:
        """A string."""
        return {"type": "string", "minLength": 1, "maxLength": patterns.LONGEST_PATTERN}


class XPath(Text, frozen=True):
    """An XPath expression whose cost is bounded."""

    def read(self, node: Node, notes: Notes) -> Any:
        """A `str`."""
        found = free("an XPath such as //Meter/SerialNumber", xpaths.LONGEST).read(node, notes)
        problem = None if found is WRONG else xpaths.problem(found)
        return found if problem is None else bad(node, notes, f"the XPath {shown(found)}: {problem}", "mend it")

    def schema(self) -> Json:
        """A string."""
        return {"type": "string", "minLength": 1, "maxLength": xpaths.LONGEST}


def wanted(text: Kind) -> ByForm:
    """What a text must be: one text, any of a list, ``{matches: pattern}``, or ``{absent: true}``."""
    other = Shape(
        "what is wanted",
        (
            Key("matches", Pattern(), "a pattern it matches whole", example="410203.*"),
            Key("absent", Flag(), "it must not be there", example=True),
        ),
        least=1,
        most=1,
    )
    return ByForm(scalar=text, sequence=ListOf(text, least=1), mapping=other)


_PARTY = wanted(words.PARTICIPANT)
_TEXT = wanted(free("a text in quotes", 1000))
_GROUP = wanted(choice(*words.GROUPS, "MSGS"))
_PRIORITY = wanted(choice("High", "Medium", "Low"))
_ROLE = wanted(choice(*words.ROLES))
_FIELDS_DOC = "elements, or paths of them, with the text they must have"
_XPATH = XPath()
_XPATH_DOC = "expressions that must find something, or with the text they must have"
_SELECTED = ByForm(scalar=_XPATH, sequence=ListOf(_XPATH, least=1), mapping=MapOf(_XPATH, _TEXT, least=1))


def _message(transactions: tuple[str, ...], sender: Key, receiver: Key, example: str) -> tuple[Key, ...]:
    return (
        Key("transaction", wanted(choice(*transactions)), "name of the transaction", example=example),
        sender,
        receiver,
        Key("participant", _PARTY, "who sent it, or is to get it", example="RETAILA"),
        Key("role", _ROLE, "a role that participant is declared with", example="FRMP"),
        Key("nmi", wanted(words.NMI), "a NMI that is named in it", example="4102034567"),
        Key("release", wanted(words.RELEASE), "its aseXML release", example="r46"),
        Key("group", _GROUP, "its transaction group", example="CATS"),
        Key("priority", _PRIORITY, "its priority", example="High"),
        Key("fields", MapOf(words.ELEMENT, _TEXT), _FIELDS_DOC, example={"ChangeReasonCode": "1000"}),
        Key("xpath", _SELECTED, _XPATH_DOC, example={"//RoleAssignment[Role='FRMP']/Party": "RETAILA"}),
    )


MESSAGE = Shape(
    "message",
    _message(
        words.TRANSACTIONS,
        Key("from", _PARTY, "who sent it", example="RETAILA"),
        Key("to", _PARTY, "whom it is addressed to", example="NEMMCO"),
        "CATSChangeRequest",
    ),
    least=1,
)
OUTGOING = Shape(
    "outgoing",
    _message(
        tuple(sorted(TRANSACTIONS)),
        Key("from", _PARTY, "whom it is from", example="NEMMCO"),
        Key("to", _PARTY, "whom it is for", example="RETAILA"),
        "CATSNotification",
    ),
    least=1,
)

REQUEST = Shape(
    "request",
    (
        Key("api", wanted(choice(*words.APIS)), "name of the API", example="B2MMessagingPull"),
        Key("operation", wanted(choice(*words.OPERATIONS)), "name of the operation", example="getMessages"),
        Key("participant", _PARTY, "who it says it is from", example="RETAILA"),
        Key("certificate", _PARTY, "the participant that its client certificate was issued for", example="RETAILB"),
        Key("group", _GROUP, "the transaction group it asks for", example="CATS"),
        Key("context id", _TEXT, "its messageContextID", example="catsm_retaila_1"),
        Key("header", MapOf(words.HEADER, _TEXT, least=1), "header fields, by name", example={"Accept": "text/xml"}),
    ),
    least=1,
)

PERIOD_ASKED = Shape(
    "period",
    (
        Key("from", DAY, "the first day", required=True, example="2026-03-01"),
        Key("to", DAY, "the last day; left out: the first", example="2026-03-07"),
    ),
)
NETSTREAM = Shape(
    "netstream",
    (
        Key("client", _TEXT, "the client that asks", example="app-1"),
        Key("usage point", _TEXT, "a usage point it asks for, as it names it", example="4102034567"),
        Key("usage point group", _TEXT, "a group it asks for", example="all"),
        Key("reading type", _TEXT, "a reading type it asks for", example={"matches": r".*\.72\.0"}),
        Key("period", PERIOD_ASKED, "days of which it asks for at least one", example="{from: 2026-03-01}"),
    ),
    least=1,
)

_TIME = Whole(1, 1_000_000)
AFTER = Shape(
    "after",
    (
        Key("rule", words.NAME, "the name of a rule that was used", example="Refused once"),
        Key("event", choice(*EVENTS), "what must have come about", example="message fetched"),
        Key("times", _TIME, "how often; left out: once", example=2),
    ),
    one_of=(("rule", "event"),),
)
_AFTER = ByForm(scalar=words.NAME, sequence=ListOf(AFTER, least=1), mapping=AFTER)
QUEUE = Shape(
    "queue",
    (
        Key("at least", Whole(1, 1_000_000), "so many messages wait, or more", example=10),
        Key("at most", Whole(0, 1_000_000), "so many, or fewer", example=0),
        Key("of", words.PARTICIPANT, "whose queue; left out: whom the rule is about", example="RETAILA"),
    ),
    least=1,
)
FLAG = ByForm(scalar=words.FLAG, mapping=MapOf(words.FLAG, wanted(words.FLAG_VALUE), least=1))
"""A flag, or flags with the values wanted."""
FLAGS = ByForm(scalar=words.FLAG, sequence=ListOf(words.FLAG, least=1))
STATE = Shape(
    "state",
    (
        Key("nth", ByForm(scalar=_TIME, sequence=ListOf(_TIME, least=1)), "the first, third … that fits", example=3),
        Key("after", _AFTER, "a rule that was used, or an event that came about", example="{event: message fetched}"),
        Key("queue", QUEUE, "how much waits", example="{at least: 10}"),
        Key("flag", FLAG, "a flag that is set, or flags with their values", example="busy"),
        Key("no flag", FLAGS, "flags that are not set", example="busy"),
    ),
    least=1,
)
