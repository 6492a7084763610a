"""Every key of a scenario file as data: its kind, what it is for, an example. Validator and schema come from it.

`FILE` is the whole file; its larger parts stand in modules of their own.
"""

from __future__ import annotations

from simulator.hub.strictness import STRICTNESS
from simulator.hub.switches import ASSUMPTIONS, DEFAULTS, Assumption
from simulator.netstream.switches import ASSUMPTIONS as NETSTREAM_ASSUMPTIONS
from simulator.netstream.switches import DEFAULTS as NETSTREAM_DEFAULTS
from simulator.scenario import vocabulary as words
from simulator.scenario.keys_expect import EXPECTATION
from simulator.scenario.keys_flow import FLOW
from simulator.scenario.keys_given import GIVEN
from simulator.scenario.keys_rules import RULE
from simulator.scenario.keys_story import ENTRY
from simulator.scenario.kinds import MOMENT, Flag, Setting, Text, Whole
from simulator.scenario.later import LATER
from simulator.scenario.shapes import Key, ListOf, Shape

__all__ = ["FILE", "LATER", "switch_of"]


_NUMBERS = {
    name
    for defaults in (DEFAULTS, NETSTREAM_DEFAULTS)
    for name in defaults.__struct_fields__
    if isinstance(getattr(defaults, name), int)
}


def _switch(assumption: Assumption) -> Key:
    make = int if assumption.switch in _NUMBERS else str
    name = assumption.switch.replace("_", " ")
    spellings = (assumption.switch,) if assumption.switch != name else ()
    doc = f"{assumption.reason}; left out: {assumption.default}"
    return Key(name, Setting(assumption.choices, make), doc, spellings=spellings)


def switch_of(key: str) -> str:
    """The name of a switch from the spelling of a file: ``lockout after`` → ``lockout_after``."""
    return key.replace(" ", "_")


ASSUME = Shape("assume", tuple(map(_switch, (*ASSUMPTIONS, *NETSTREAM_ASSUMPTIONS))))

EXPLAIN_DOC = "answers that no rule fits tell the nearest one, in the header X-Ehubsim-Nearest-Rule"
FILE = Shape(
    "the file",
    (
        Key("scenario", words.NAME, "the name of the story", required=True, example="A customer changes retailer"),
        Key("about", Text("a text", longest=10_000, lines=True), "what happens, in a few sentences"),
        Key("release", words.RELEASE, "the aseXML release AEMO writes; left out: r46", example="r46"),
        Key("seed", Whole(0, 999_999_999_999), "everything left to chance grows from it; left out: 0", example=7),
        Key("clock", MOMENT, "market time at the beginning; left out: now", example="2026-03-02T09:00:00+10:00"),
        Key("assume", ASSUME, "switches for what AEMO's documents leave open"),
        Key("strictness", Setting(STRICTNESS, str), "how much of what is documented is insisted on; left out: strict"),
        Key("rules", ListOf(words.FILE_NAME), "your own rule tables: C1 extracts, or CSV", example=["c1-rules.xml"]),
        Key("given", GIVEN, "the market as the story begins"),
        Key("explain", Flag(), EXPLAIN_DOC, example=True),
        Key("when", ListOf(RULE), "rules: the first that fits answers; if none does, the market answers"),
        *FLOW,
        Key("at", ListOf(ENTRY), "the timeline: what others do, and when"),
        Key("then", ListOf(EXPECTATION), "what is expected of the system under test, judged when asked for"),
    ),
    LATER["the file"],
)
