"""Which transactions of a message that was sent are like those a scenario asks for: the language of ``when:`` rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from simulator.scenario.criteria import MessageMatch
from simulator.scenario.facts import sent
from simulator.scenario.match import Look, criteria, unmet
from simulator.scenario.model import Rule
from simulator.scenario.testimony import Sending, Testimony
from simulator.scenario.where import Where

_NOWHERE = Where("", 0)


class _House(msgspec.Struct, frozen=True):
    """What a match may ask of the house: roles. Queues are no part of it."""

    declared: Mapping[str, tuple[str, ...]]

    def depth(self, participant: str) -> int:
        """Nothing a message is matched on."""
        return 0

    def roles(self, participant: str) -> tuple[str, ...]:
        """The roles a participant is declared with."""
        return self.declared.get(participant, ())


def like(match: MessageMatch, sending: Sending, told: Testimony) -> Iterator[str]:
    """The ids of the transactions that fit; a message is read only where its transactions' names leave it open."""
    fitting = [each for each, name in sending.message.transactions if match.transaction in (None, name)]
    if match == MessageMatch(match.transaction) and isinstance(match.transaction, str):
        yield from fitting
        return
    if told.read is None or (isinstance(match.transaction, str) and not fitting):
        return
    asks, house = criteria(Rule("", _NOWHERE, match)), _House(told.roles)
    for facts in sent(told.read(sending.message)):
        if not unmet(asks, Look(facts, house)):
            yield facts.transaction.transaction_id
