"""What rules and the timeline have AEMO do by itself: fill in templates, send messages, change the world.

The only place that hands a template its names. What cannot be done is an event of its own, and nothing else happens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from msgspec.structs import replace

from simulator.asexml.model import AseEvent, Element, Transaction
from simulator.base.errors import BadValue
from simulator.base.ids import Nmi
from simulator.base.turn import Event, Turn
from simulator.hub import post
from simulator.hub.exchanges import shared
from simulator.hub.order import BY_HAND, Acted, Order
from simulator.market import completion
from simulator.market.desk import Refusals
from simulator.scenario.engine import Engine, Reaction, RequestReaction, RuleUsed
from simulator.scenario.facts import Facts, MessageFacts, OutgoingFacts, RequestFacts
from simulator.scenario.model import Rule
from simulator.scenario.reactions import ChangeWorld, Send, SetFlag, Template
from simulator.scenario.readers import field_texts, is_path, nmis
from simulator.scenario.state import scope_of
from simulator.world.changes import Proposal
from simulator.world.events import ConnectionPointChanged
from simulator.world.model import OPEN_END, ConnectionPoint
from simulator.world.world import World, holders

PATHS_READ = 100
"""So many paths of a message one template may read."""
MOST_TOLD = 20
"""So many rules are told of one exchange: a message may have a thousand transactions, and each its rules."""
LONGEST_WHY = 200
"""Characters of why something could not be done."""


class ReactionFailed(Event, frozen=True, tag=True):
    """What a rule, or an entry of the timeline, wanted could not be done. ``by`` names it."""

    by: str
    why: str


BESIDE_EVENTS = (ReactionFailed,)
Act = tuple[str, ...]
"""Which act of somebody's a thing is, where it may be done again: a request, a fetch. Empty for what happens once."""


class Sender(Protocol):
    """Queues a message from NEMMCO."""

    def __call__(
        self, turn: Turn, to: str, group: str, priority: str, transactions: tuple[Transaction, ...], /
    ) -> None:
        """To whom, in which group, how urgent, what."""
        ...


class Beside:
    """Does what is done beside an answer.

    ``send`` queues a message, ``attend`` has played participants take what came: given once there is somebody who does.
    """

    def __init__(self, engine: Engine, world: World, order: Order) -> None:
        self._engine = engine
        self._order = order
        self._world = world
        self.send: Sender | None = None
        self.attend: Callable[[Turn, int], None] | None = None

    def do(self, turn: Turn, reaction: Reaction | RequestReaction, facts: Facts, act: Act = ()) -> None:
        """Everything a reaction wants besides the answer, in the order of its file."""
        rule = reaction.rule
        for number, wanted in enumerate(reaction.beside if rule is not None else ()):
            assert rule is not None
            if isinstance(wanted, ChangeWorld):
                named = nmis(facts) if isinstance(facts, MessageFacts | OutgoingFacts) else ()
                self.failed(turn, rule.name, self.change(turn, wanted, f"rule {rule.name}", next(iter(named), None)))
            else:
                self._send(turn, wanted, facts, rule, (*act, str(number)))

    def alone(self, turn: Turn, reaction: RequestReaction, facts: Facts) -> None:
        """The same where no command follows that played participants would attend to."""
        mark = len(turn.events)
        if reaction.beside:
            turn.emit(Acted(turn.now, facts.party or BY_HAND))
        self.do(turn, reaction, facts, (turn.now.isoformat(), str(self._order.stamp[0])))
        if self.attend is not None and len(turn.events) > mark:
            self.attend(turn, mark)

    def payload(self, turn: Turn, reaction: Reaction, facts: Facts, template: Template) -> Element | None:
        """What a template makes of what a rule is about; None after noting why it makes nothing."""
        assert reaction.rule is not None
        return self._rendered(turn, template, reaction.rule.name, self._names(turn, facts, reaction.rule))

    def by_itself(self, turn: Turn, act: SetFlag | Send | ChangeWorld, entry: str) -> str:
        """What an entry of the timeline wants; returns in words what was done."""
        if isinstance(act, SetFlag):
            self._engine.set_flags(turn, act)
            return ", ".join(f"{flag} {'unset' if value is None else 'set'}" for flag, value in act.flags.items())
        if isinstance(act, ChangeWorld):
            return self.change(turn, act, f"timeline {entry}", None) or f"NMI {act.nmi} changed"
        payload = self._rendered(turn, act.template, entry, self._common(turn, (entry,), None, ""))
        if payload is None or act.to is None or act.group is None:
            return "nothing could be sent"
        self._post(turn, act.to, act.group, act.priority, payload, (entry,))
        return f"{payload.name} sent to {act.to}"

    def told(self, events: Iterable[Event]) -> tuple[str, ...]:
        """Which rules had a say in what happened, each once, and what of it could not be done, in words."""
        said: dict[str, None] = {}
        for event in events:
            if isinstance(event, RuleUsed):
                said[shared(f"{self._engine.named(event.rule)} answered")] = None
            elif isinstance(event, ReactionFailed):
                said[shared(f"{self._engine.named(event.by)} could not: {event.why[:LONGEST_WHY]}")] = None
        shown = tuple(said)
        return shown if len(shown) <= MOST_TOLD else (*shown[:MOST_TOLD], f"and {len(shown) - MOST_TOLD} more")

    def change(self, turn: Turn, act: ChangeWorld, because: str, named: str | None) -> str | None:
        """Change standing data; returns why not, where that is impossible."""
        nmi = act.nmi or named
        point = None if nmi is None else self._world.point(nmi)
        if point is None:
            return f"NMI {nmi} is not known" if nmi else "no NMI is named"
        fields: dict[str, Any] = dict(act.master)
        if act.roles:
            proposal = Proposal(roles=tuple(act.roles.items()))
            fields["roles"] = completion.with_roles(point.roles, proposal, turn.now.date(), OPEN_END)
        turn.emit(ConnectionPointChanged(turn.now, replace(point, **fields), because))
        return None

    def failed(self, turn: Turn, rule: str, why: str | None) -> None:
        """What a rule wanted could not be done, if there is a reason why."""
        if why is not None:
            turn.emit(ReactionFailed(turn.now, rule, why))

    def _send(self, turn: Turn, wanted: Send, facts: Facts, rule: Rule, act: Act) -> None:
        to = wanted.to or (facts.participant if isinstance(facts, RequestFacts) else facts.party)
        if not to:
            self.failed(turn, rule.name, "send to nobody: the request is no participant's, and 'to' names none")
            return
        group = wanted.group or (facts.group if not isinstance(facts, RequestFacts) else None) or "CATS"
        payload = self._rendered(turn, wanted.template, rule.name, self._names(turn, facts, rule, act[:-1]))
        if payload is not None:
            self._post(turn, to, group, wanted.priority, payload, (*facts.identity, *act))

    def _post(self, turn: Turn, to: str, group: str, priority: str, payload: Element, key: tuple[str, ...]) -> None:
        number = post.number(turn.draw, "sent by rule", to, *key, turn.now.isoformat())
        assert self.send is not None
        self.send(turn, to, group, priority, (Transaction(f"{group}-{number}", turn.now, payload),))

    # Templates

    def _rendered(self, turn: Turn, template: Template, rule: str, names: Mapping[str, Any]) -> Element | None:
        from simulator.scenario import templates  # noqa: PLC0415  only a rule with a template pays for Jinja2

        try:
            return templates.render(template.text, names)
        except templates.TemplateFailed as failed:
            self.failed(turn, rule, f"the template: {failed}")
            return None

    def _names(self, turn: Turn, facts: Facts, rule: Rule, act: Act = ()) -> dict[str, Any]:
        scope, key = scope_of(rule, facts), (*facts.identity, *act)
        if isinstance(facts, RequestFacts):
            asked = {"api": facts.api, "operation": facts.operation, "sender": facts.party}
            return {**self._common(turn, key, None, scope), "message": asked}
        named = next(iter(nmis(facts)), None)
        return {
            **self._common(turn, key, named, scope),
            "message": _message(facts),
            "transaction": _transaction(facts),
            "field": _field(facts),
            "fields": _fields(facts),
        }

    def _common(self, turn: Turn, key: tuple[str, ...], nmi: str | None, scope: str) -> dict[str, Any]:
        point = None if nmi is None else self._world.point(nmi)
        return {
            "now": turn.now.isoformat(timespec="seconds"),
            "today": turn.now.date().isoformat(),
            "nmi": {} if nmi is None else _nmi(nmi, point, turn),
            "number": _number(turn, key),
            "flag": lambda name: self._engine.flag(name, scope) or "",
        }


def refusing(reaction: Reaction, facts: MessageFacts) -> tuple[tuple[AseEvent, ...], Refusals | None]:
    """The events a transaction is refused with as a whole, and which of its rows are."""
    partial = reaction.partial
    if partial is None:
        return reaction.rejection, None
    event = AseEvent(partial.code, partial.severity, "Application", explanation=partial.explanation)
    refusals = Refusals(event, partial.every, partial.places, partial.nmis)
    if facts.transaction.name == "MeterDataNotification":
        return (), refusals
    named = next(iter(nmis(facts)), "")
    return ((event,) if refusals.chosen(facts.place, named) else ()), None


def _message(facts: MessageFacts | OutgoingFacts) -> dict[str, str]:
    named = facts.message_id if isinstance(facts, MessageFacts) else facts.message.header.message_id
    return {
        "id": named,
        "sender": facts.sender,
        "receiver": facts.receiver,
        "group": facts.group,
        "release": facts.release,
        "priority": facts.priority or "",
    }


def _transaction(facts: MessageFacts | OutgoingFacts) -> dict[str, str]:
    if isinstance(facts, OutgoingFacts):
        first = next(iter(facts.message.transactions), None)
        return {"name": next(iter(facts.transactions), ""), "id": "" if first is None else first.transaction_id}
    return {"name": facts.transaction.name, "id": facts.transaction.transaction_id}


def _field(facts: MessageFacts | OutgoingFacts) -> Callable[..., str]:
    fields = _fields(facts)

    def field(path: str, otherwise: str | None = None) -> str:
        """The first text of that path."""
        found = fields(path)
        if found:
            return found[0]
        if otherwise is None:
            raise LookupError(f"there is no {path}, and no other text is given")
        return otherwise

    return field


def _fields(facts: MessageFacts | OutgoingFacts) -> Callable[[str], list[str]]:
    found: dict[str, list[str]] = {}

    def fields(path: str) -> list[str]:
        """The texts of that path, the first thousand."""
        if not is_path(path):
            raise LookupError(f"{str(path)[:40]!r} is no path such as NMI, MasterData/Status or NMI/@checksum")
        if path not in found:
            if len(found) == PATHS_READ:
                raise LookupError(f"more than {PATHS_READ} different paths")
            found[path] = [text for view in facts.views for text in field_texts(view, path)][:1000]
        return found[path]

    return fields


def _number(turn: Turn, key: tuple[str, ...]) -> Callable[..., str]:
    def number(name: str | int = "") -> str:
        """A number of its own for each name."""
        if not isinstance(name, str | int):
            raise TypeError("a number has a text or a number for its name")
        return post.number(turn.draw, "template", *key, str(name))

    return number


def _checksum(nmi: str) -> str:
    """That of a NMI; "" for what is none: a workspace that is not strict takes anything."""
    try:
        return Nmi.parse(nmi).checksum
    except BadValue:
        return ""


def _nmi(nmi: str, point: ConnectionPoint | None, turn: Turn) -> dict[str, Any]:
    """Standing data of the NMI a message names first, as far as it is known."""
    named: dict[str, Any] = {"id": nmi, "checksum": _checksum(nmi)}
    if point is not None:
        named |= {key: getattr(point, key) or "" for key in ("jurisdiction", "classification", "status", "tni", "dlf")}
        named["roles"] = holders(point, turn.now.date())
    return named
