"""Keys of a scenario file under ``when``: what a rule asks of a message, and how it steers AEMO's answer."""

from __future__ import annotations

from simulator.scenario import vocabulary as words
from simulator.scenario.kinds import PERIOD, Whole
from simulator.scenario.later import LATER
from simulator.scenario.shapes import Key, ListOf, MapOf, Shape
from simulator.scenario.vocabulary import choice, free

REJECT = Shape(
    "reject",
    (
        Key("code", Whole(1, 99_999), "the event code", required=True, example=1100),
        Key("explanation", free("an explanation", 1000), "what the event says", required=True, example="Not today"),
        Key("severity", choice("Error", "Fatal"), "severity of the event; left out: Error", example="Error"),
    ),
)

ANSWER = Shape(
    "an answer",
    (
        Key("reject", REJECT, "refuse it with a business event"),
        Key("delay", PERIOD, "what AEMO sends in answer is seen so much later", example="PT30M"),
        Key("hold", words.NAME, "what AEMO sends in answer is held until `release` names it", example="late answers"),
    ),
    LATER["an answer"],
    least=1,
    most=1,
)

MATCHED = MapOf(words.ELEMENT, free("a text in quotes", 1000))
MATCHED_DOC = "elements, or paths of them, with the text they must have"

MESSAGE = Shape(
    "message",
    (
        Key("transaction", choice(*words.TRANSACTIONS), "name of the transaction", example="CATSChangeRequest"),
        Key("from", words.PARTICIPANT, "who sent it", example="RETAILA"),
        Key("fields", MATCHED, MATCHED_DOC, example={"ChangeReasonCode": "1000"}),
    ),
    LATER["message"],
    least=1,
)

RULE = Shape(
    "a rule",
    (
        Key("name", words.NAME, "what reports call it; left out: rule and its number", example="Refused once"),
        Key("message", MESSAGE, "what a message must have", required=True, example="{transaction: CATSChangeRequest}"),
        Key("times", Whole(1, 1_000_000), "how often it answers; left out: always", example=1),
        Key("answer", ListOf(ANSWER, least=1), "what it answers", required=True, example="[{reject: {code: 1100, …}}]"),
    ),
    LATER["a rule"],
)
