"""Keys of a scenario file under ``then``: what is expected of the system under test."""

from __future__ import annotations

import re

from simulator.scenario import vocabulary as words
from simulator.scenario.keys_match import MESSAGE
from simulator.scenario.kinds import MOMENT, PERIOD, Figure, Whole
from simulator.scenario.shapes import ByForm, Key, ListOf, Shape
from simulator.scenario.vocabulary import choice, free

DELIVERED, BADACK = "delivered message", "bad acknowledgement"
OTHER_CONTENT = "same message id with other content"
INVALID, STOPPED = "invalid message", "while a stop file stands"
TWICE, NEVER_SENT = "same message twice", "what was never sent"
OPERATIONS = (
    "submitMessages",
    "submitMessageAcknowledgements",
    "getMessages",
    "getQueueMetaData",
    "getAlerts",
    "alerts",
)

NEVER = Shape(
    "never",
    (
        Key(
            "submit",
            ByForm(choice(OTHER_CONTENT, INVALID, STOPPED), mapping=MESSAGE),
            "what is never submitted: an offence, or a message as `when` describes it",
            example=OTHER_CONTENT,
        ),
        Key(
            "handle", choice(TWICE), "nothing is acknowledged or fetched again once it was acknowledged", example=TWICE
        ),
        Key("refer to", choice(NEVER_SENT), "acknowledgements and responses name what was sent", example=NEVER_SENT),
    ),
    least=1,
    most=1,
)
_STATUS = Figure(
    re.compile("[45]([0-9]{2}|xx)"), "a status such as 429, or 5xx", {"type": "integer", "minimum": 400, "maximum": 599}
)
_COUNT = Whole(0, 1_000_000)
_POINT = free("a NMI or the name of a usage point", 100)
FORMS = ("every", "never", "sent", "after status", "polls", "readings of", "queue")
"""Every expectation has exactly one of these."""

EXPECTATION = Shape(
    "an expectation",
    (
        Key("every", choice(DELIVERED, BADACK), "something that must come of each of these", example=DELIVERED),
        Key("name", words.NAME, "what reports call it; left out: what it says", example="everything acknowledged"),
        Key("participant", words.PARTICIPANT, "whom it is about; left out: all that are not played", example="RETAILA"),
        Key("acknowledged within", PERIOD, "how long a message may wait for its acknowledgement", example="PT5M"),
        Key("repaired within", PERIOD, "how long a bad acknowledgement may stand", example="PT1H"),
        Key("never", NEVER, "what must not happen", example="{handle: same message twice}"),
        Key("grace", PERIOD, "how long there is to notice a stop file; left out: no time", example="PT5M"),
        Key("sent", MESSAGE, "transactions that are sent and taken over", example={"transaction": "CATSChangeRequest"}),
        Key("exactly", _COUNT, "so often, no more and no less", example=1),
        Key("at least", _COUNT, "so often or more; left out with the others: once", example=1),
        Key(
            "at most",
            _COUNT,
            "so often or less; after a status: so many requests are let pass, left out: none",
            example=3,
        ),
        Key("after status", ByForm(_STATUS, ListOf(_STATUS, least=1)), "answers that ask for patience", example=429),
        Key("no request for", PERIOD, "how long the API is left alone after it", example="PT2S"),
        Key("polls", choice(*OPERATIONS), "an operation that is called again and again", example="getQueueMetaData"),
        Key("no more often than", PERIOD, "the time between two calls at least", example="PT10S"),
        Key(
            "readings of",
            ByForm(choice("all"), ListOf(_POINT, least=1)),
            "usage points whose readings are fetched from Netstream",
            example=["4102034567"],
        ),
        Key("from", MOMENT, "the period's beginning", example="2026-03-02T00:00:00+10:00"),
        Key("to", MOMENT, "the period's end", example="2026-03-03T00:00:00+10:00"),
        Key("reading types", ListOf(free("a reading type", 100), least=1), "left out: those that were asked for"),
        Key("client", free("a client id", 100), "which Netstream client fetches them; left out: any", example="app-1"),
        Key("fetched", choice("once", "at least once"), "how often; left out: once", example="once"),
        Key("queue", choice("empty"), "nothing waits when it is judged", example="empty"),
    ),
    needs=(
        ("acknowledged within", "every"),
        ("repaired within", "every"),
        ("grace", "never"),
        ("exactly", "sent"),
        ("at least", "sent"),
        ("after status", "no request for"),
        ("no request for", "after status"),
        ("polls", "no more often than"),
        ("no more often than", "polls"),
        ("readings of", "from"),
        ("readings of", "to"),
        ("from", "readings of"),
        ("to", "readings of"),
        ("reading types", "readings of"),
        ("client", "readings of"),
        ("fetched", "readings of"),
    ),
    one_of=(FORMS,),
)
