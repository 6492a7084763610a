"""Identifiers as values: they are text, always, and parsed at the border.

Sources: NMI form and checksum, identifier lengths: aseXML r39 schema and AEMO's NMI procedure;
context ids: the e-Hub API descriptions.
"""

from __future__ import annotations

import re

import msgspec

from simulator.base.errors import BadValue

PRIORITIES = {"h": "High", "m": "Medium", "l": "Low"}
_PRIORITY_LETTERS = {name: letter for letter, name in PRIORITIES.items()}
_NMI = re.compile(r"[A-HJ-NP-Z0-9]{10}")
_CONTEXT = re.compile(
    r"(?P<group>[0-9a-z_]{1,4})(?P<priority>[hml])_(?P<sender>[0-9a-z_]{1,10}?)_(?P<unique>[0-9a-z_]{1,18})"
)
_PARTICIPANT = re.compile(r"[A-Z0-9_]{1,10}")
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
_PAIRS = {a + b: sum(map(int, f"{ord(a)}{2 * ord(b)}")) for a in _LETTERS for b in _LETTERS}
"""Two neighbouring characters of a NMI → the digit sums of the first one's ASCII code and of twice the second one's."""


def _parsed(pattern: re.Pattern[str], text: str, rule: str, what: str) -> re.Match[str]:
    found = pattern.fullmatch(text)
    if found is None:
        raise BadValue(f"{text[:80]!r} is not {what}", rule=rule)
    return found


class Nmi(msgspec.Struct, frozen=True, gc=False):
    """A National Metering Identifier: ten characters of 0-9 and A-Z without I and O."""

    text: str

    @classmethod
    def parse(cls, text: str) -> Nmi:
        """Ten characters; raises `BadValue` (``id.nmi``) for any other form."""
        return cls(_parsed(_NMI, text, "id.nmi", "a NMI: ten of 0-9 and A-Z without I and O").group())

    @property
    def checksum(self) -> str:
        """The published check digit: double the ASCII code of every other character from the right, sum the digits."""
        text = self.text
        pairs = _PAIRS
        total = pairs[text[:2]] + pairs[text[2:4]] + pairs[text[4:6]] + pairs[text[6:8]] + pairs[text[8:]]
        return str(-total % 10)

    def __str__(self) -> str:
        return self.text


class ParticipantId(msgspec.Struct, frozen=True, gc=False):
    """A participant, at most ten characters, upper case in XML and lower case inside context ids."""

    text: str

    @classmethod
    def parse(cls, text: str) -> ParticipantId:
        """Raises `BadValue` (``id.participant``) for any other form."""
        return cls(_parsed(_PARTICIPANT, text, "id.participant", "a participant id: 1 to 10 of A-Z, 0-9, _").group())

    def __str__(self) -> str:
        return self.text


class ContextId(msgspec.Struct, frozen=True, gc=False):
    """The name an exchange goes by: group, priority letter, sender, and a part unique to the sender."""

    text: str
    group: str
    priority: str
    sender: str

    @classmethod
    def parse(cls, text: str) -> ContextId:
        """Raises `BadValue` (``id.context``) for any other form; lower case only."""
        what = "a messageContextID such as catsm_retaila_1: group, h|m|l, _, participant, _, up to 18 of 0-9 a-z _"
        found = _parsed(_CONTEXT, text, "id.context", what)
        return cls(text, found["group"].upper(), PRIORITIES[found["priority"]], found["sender"].upper())

    @staticmethod
    def fits(text: str) -> bool:
        """Whether a text has the form that `parse` wants."""
        return _CONTEXT.fullmatch(text) is not None

    @classmethod
    def compose(cls, group: str, priority: str, sender: str, unique: str) -> ContextId:
        """``("CATS", "Medium", "NEMMCO", "42")`` → ``catsm_nemmco_42``; raises as `parse` does.

        A sender with an underscore is kept whole here; from the text alone only its first part can be told.
        """
        letter = _PRIORITY_LETTERS.get(priority)
        if letter is None:
            raise BadValue(f"{priority[:20]!r} is none of High, Medium, Low", rule="id.context")
        text = cls.parse(f"{group}{letter}_{sender}_{unique}".lower()).text
        return cls(text, group.upper(), priority, ParticipantId.parse(sender.upper()).text)

    def __str__(self) -> str:
        return self.text


def message_or_transaction_id(text: str) -> str:
    """1 to 36 characters, as message, transaction and receipt ids are; raises `BadValue` (``id.length``)."""
    if not 1 <= len(text) <= 36:
        raise BadValue(f"{text[:40]!r} is not 1 to 36 characters long", rule="id.length")
    return text
