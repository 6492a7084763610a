"""The e-Hub: takes messages over, keeps queues, hands out and removes. Decides in `handle`, changes in `apply`.

    Submit ──► envelope faults ─► seen before? ─► content faults ─► MessageReceived      ─► Acknowledged (Accept)
                    └─► MessageRefused            └─► MessageRefused ────────────────────► Acknowledged (Reject)
    Acknowledge ─► the same, then every MACK must name a queued message ─► MessageAcknowledged | AcknowledgementRefused
    Fetch ──► MessageFetched (once) ─► Delivered        ListQueue ──► Listed

What AEMO answers to a message it took over is the market's business, above this layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from simulator.asexml.model import (
    Finding,
    Message,
    MessageAcknowledgement,
    Transaction,
    TransactionAcknowledgement,
)
from simulator.base.clock import MARKET_ZONE
from simulator.base.errors import Refused
from simulator.base.turn import Turn
from simulator.hub import alerts, checks, post
from simulator.hub.badack import named_by, refused_acknowledgement
from simulator.hub.commands import (
    Acknowledge,
    Acknowledged,
    Command,
    Delivered,
    Fetch,
    ListAlerts,
    Listed,
    ListQueue,
    Noted,
    NoteSignIn,
    Reply,
    Submit,
    TransportError,
)
from simulator.hub.events import (
    AcknowledgementReceived,
    DuplicateReceived,
    MessageAcknowledged,
    MessageAppeared,
    MessageFetched,
    MessageKept,
    MessageQueued,
    MessageReceived,
    MessageRefused,
    SignedIn,
    SignInFailed,
)
from simulator.hub.flow import Flow
from simulator.hub.holdings import Holdings, Seen, Taken
from simulator.hub.letters import Letters, queued_together
from simulator.hub.limits import Limits
from simulator.hub.members import Membership
from simulator.hub.order import Order
from simulator.hub.queue import Entry, Stamp, by_priority
from simulator.hub.strictness import noted, sifted
from simulator.hub.switches import Switches
from simulator.hub.takeover import taken_over

UNTIL_RELEASED = datetime(9999, 12, 31, tzinfo=MARKET_ZONE)
"""``visible_at`` of a message that no time makes visible."""


class Hub:
    """The queues and receipts of one simulation."""

    def __init__(
        self, members: Membership, switches: Switches, limits: Limits | None = None, order: Order | None = None
    ) -> None:
        self.order = order or Order()
        self._members = members
        self._switches = switches
        self._held = Holdings(switches.repeats_known, self.order)
        self.queue = self._held.queue
        self.flow = Flow(limits or Limits(), self.queue, self.order, switches.stream_limit)
        self.changes = (self._held.changes, self.flow.changes)

    def placed(self, command: Command) -> Command:
        """The operation that the content belongs to, where a switch has us overlook the one it was sent to."""
        if self._switches.misplaced == "reject" or not isinstance(command, Submit | Acknowledge):
            return command
        kind = Acknowledge if command.received.message_acknowledgements else Submit
        return kind(command.caller, command.context_id, command.market, command.received, command.body)

    def handle(self, command: Command, turn: Turn) -> Reply:
        """Decide what a command leads to; raises `Refused` for refusals of the wire."""
        match command:
            case Submit():
                return self._submit(command, turn)
            case Acknowledge():
                return self._acknowledge(command, turn)
            case Fetch():
                return self._fetch(command, turn)
            case ListQueue():
                return self._list(command, turn)
            case ListAlerts():
                return self._alerts(command, turn)
            case NoteSignIn():
                turn.emit((SignedIn if command.succeeded else SignInFailed)(turn.now, command.user))
        return Noted()

    @property
    def forgotten(self) -> int:
        """How many messages that were taken over are no longer known: a repeat of one is a new message."""
        return self._held.forgotten

    # What a participant sends

    def _submit(self, command: Submit, turn: Turn) -> Reply:
        received, sender = command.received, command.caller.participant
        faults = (
            *checks.tolerated(received, self._switches),
            *self._envelope(command),
            *checks.submission_findings(received),
            *checks.undescribed_findings(received, self._switches),
        )
        faults, overlooked = sifted(faults, received, self._switches.strictness)
        if (early := self._answered_early(command, faults, turn)) is not None:
            return early
        if (stop := checks.stopped_finding(received, self.flow.stops_of(sender), self._switches)) is not None:
            return self._refuse(command, stop, turn)
        made = taken_over(MessageReceived, command, turn, self._members.release)
        turn.emit(made)
        return noted(self._accept(made, duplicate=False), overlooked, command, turn)

    def _acknowledge(self, command: Acknowledge, turn: Turn) -> Reply:
        received, sender = command.received, command.caller.participant
        findings = (*received.findings, *self._acknowledgement_envelope(command))
        faults, overlooked = sifted(findings, received, self._switches.strictness)
        repeats = self._switches.repeated_acknowledgement == "same answer"
        if repeats and not faults and (seen := self._held.seen[sender].get(received.message_id or "")) is not None:
            same = seen.digest == received.digest
            if not same:
                turn.emit(DuplicateReceived(turn.now, sender, command.context_id, received.message_id or "", same))
            return self._accept(seen, duplicate=not same)
        unmatched, unseen = sifted(self._unmatched(command), received, self._switches.strictness)
        if (fault := checks.first(faults or unmatched, self._switches)) is not None:
            return self._refuse_acknowledgement(command, fault, turn)
        header = received.header
        if header is None:
            raise LookupError("acknowledgements without findings have a header")
        named = named_by(command, unseen[0], self.queue(sender)) if unseen else (None, None)
        number = post.number(turn.draw, "receipt", f"{sender}/{header.message_id}")
        made = AcknowledgementReceived(
            turn.now,
            sender,
            command.context_id,
            header.message_id,
            f"NEMMCO-MSGR-{number}",
            received.digest,
            header.transaction_group,
            received.release or self._members.release,
            f"NEMMCO-MSG-{number}",
        )
        turn.emit(made)
        for mack in received.message_acknowledgements:
            entry = self.queue(sender).by_message(mack.initiating_message_id, command.context_id)
            if entry is not None and (mack.status == "Accept" or self._switches.rejected_message == "remove"):
                turn.emit(MessageAcknowledged(turn.now, sender, entry.context_id, header.message_id, mack.status))
        self.flow.settle(turn)
        return noted(self._accept(made, duplicate=False), (*overlooked, *unseen), command, turn, named)

    def acknowledge_as(self, participant: str, context_id: str, message_id: str, turn: Turn) -> None:
        """A played participant's valid MACK, without the round trip through bytes."""
        turn.emit(MessageAcknowledged(turn.now, participant, context_id, message_id, "Accept"))
        self.flow.settle(turn)

    def _envelope(self, command: Submit) -> tuple[Finding, ...]:
        users = self._members.users
        sender = command.caller.participant
        found = checks.envelope_findings(command.received, sender, command.context_id, command.market, users)
        if self._switches.security_context == "ignore":
            found = tuple(finding for finding in found if finding.rule != "hub.security-context")
        used_by = self._held.contexts[sender].get(command.context_id)
        reused = used_by is not None and used_by != command.received.message_id
        if reused and self._switches.context_reuse == "reject":
            text = f"messageContextID {command.context_id!r} was used for message {used_by!r} already"
            return (*found, Finding(7, "hub.context-reused", text))
        return found

    def _acknowledgement_envelope(self, command: Acknowledge) -> tuple[Finding, ...]:
        received, caller = command.received, command.caller.participant
        found = checks.envelope_findings(received, caller, command.context_id, command.market, self._members.users)
        named = tuple(f for f in found if f.rule not in ("hub.context-mismatch", "hub.security-context"))
        return (*named, *checks.acknowledgement_findings(received))

    def _unmatched(self, command: Acknowledge) -> tuple[Finding, ...]:
        """Every MACK must name a message this participant can see, one of them the one the context id names."""
        participant = command.caller.participant
        queue = self.queue(participant)
        entries = [
            (mack, queue.by_message(mack.initiating_message_id, command.context_id))
            for mack in command.received.message_acknowledgements
        ]
        for mack, entry in entries:
            text = f"no message {mack.initiating_message_id!r} waits for an acknowledgement by {participant}"
            if entry is None:
                return (Finding(7, "hub.mack-unknown", text),)
            if entry.state == "QUEUED" and self._switches.acknowledge_unfetched == "reject":
                return (Finding(7, "hub.mack-unfetched", f"message {entry.message_id!r} was never fetched"),)
        if not any(entry is not None and entry.context_id == command.context_id for _, entry in entries):
            text = f"no acknowledgement here is for the message of messageContextID {command.context_id!r}"
            return (Finding(7, "hub.mack-context", text),)
        return ()

    def _answered_early(self, command: Submit, faults: tuple[Finding, ...], turn: Turn) -> Reply | None:
        """Faults and repeats, in the decided order: envelope faults, then repeats, then faults of the content."""
        received, sender = command.received, command.caller.participant
        fault = checks.first(faults, self._switches)
        if fault is not None and fault.code in checks.ENVELOPE:
            return self._refuse(command, fault, turn)
        seen = self._held.seen[sender].get(received.message_id or "")
        if seen is not None:
            return self._repeat(command, seen, turn)
        return None if fault is None else self._refuse(command, fault, turn)

    def _repeat(self, command: Submit, seen: Seen, turn: Turn) -> Reply:
        message_id, sender = command.received.message_id or "", command.caller.participant
        same = command.received.digest == seen.digest
        if not same and self._switches.other_content == "reject":
            text = f"message {message_id!r} was received before with other content"
            return self._refuse(command, Finding(7, "hub.other-content", text), turn)
        turn.emit(DuplicateReceived(turn.now, sender, command.context_id, message_id, same))
        return self._accept(seen, duplicate=True)

    # What is answered

    def _accept(self, seen: Seen | Taken, *, duplicate: bool) -> Acknowledged:
        content = MessageAcknowledgement(seen.message_id, seen.at, "Accept", seen.receipt_id, duplicate)
        message = post.acknowledgement(seen.sender, seen.acknowledgement_id, seen.at, seen.group, seen.release, content)
        return Acknowledged(message, "hub.duplicate" if duplicate else "hub.accept")

    def _refuse(self, command: Submit, fault: Finding, turn: Turn) -> Reply:
        received = command.received
        turn.emit(
            MessageRefused(
                turn.now,
                command.caller.participant,
                command.context_id,
                received.message_id,
                fault.code,
                fault.rule,
                fault.explanation,
                fault.line,
                received.digest,
            )
        )
        return self._rejection(command, fault, turn)

    def _refuse_acknowledgement(self, command: Acknowledge, fault: Finding, turn: Turn) -> Reply:
        turn.emit(refused_acknowledgement(command, fault, turn.now, self.queue(command.caller.participant)))
        return self._rejection(command, fault, turn)

    def _rejection(self, command: Submit | Acknowledge, fault: Finding, turn: Turn) -> Reply:
        received, sender = command.received, command.caller.participant
        release = received.release or self._members.release
        event = checks.fault_event(fault, release)
        if received.message_id is None:
            return TransportError(release, event, fault.rule)
        group = received.header.transaction_group if received.header is not None else "MSGS"
        key = (sender, received.message_id, received.digest, turn.now.isoformat())
        content = MessageAcknowledgement(received.message_id, turn.now, "Reject", events=(event,))
        message_id = f"NEMMCO-MSG-{post.number(turn.draw, 'rejection', *key)}"
        known = group if fault.code not in (2, 9) or group in checks.GROUPS else "MSGS"
        refusal = post.acknowledgement(sender, message_id, turn.now, known, release, content)
        return Acknowledged(refusal, fault.rule, f"event {fault.code}: {fault.explanation}")

    # What a participant takes

    def _fetch(self, command: Fetch, turn: Turn) -> Reply:
        queue, to = self.queue(command.caller.participant), command.caller.participant
        if command.context_id is None:
            entry = next(queue.entries(command.group), None)
        else:
            entry = queue.get(command.context_id)
        if entry is None or (command.group is not None and entry.group != command.group):
            if self._switches.unknown_context_status == 200:
                return self._listed((), to, command.group, turn)
            reason = f"nothing is queued for {to} under messageContextID {command.context_id!r}"
            raise Refused(self._switches.unknown_context_status, "queue.unknown-context", reason)
        if entry.state == "QUEUED":
            turn.emit(MessageFetched(turn.now, to, entry.context_id))
        return Delivered(entry)

    def _list(self, command: ListQueue, turn: Turn) -> Reply:
        to = command.caller.participant
        rights = command.caller.rights
        entries = tuple(self.queue(to).entries(command.group))
        if "*" not in rights:
            entries = tuple(entry for entry in entries if entry.group in rights)
        self.order.shown(turn, to, entries)
        if self._switches.queue_order == "priority":
            entries = tuple(sorted(entries, key=by_priority))
        return self._listed(entries, to, command.group, turn)

    def _alerts(self, command: ListAlerts, turn: Turn) -> Reply:
        self.flow.settle(turn)
        caller = command.caller.participant
        badacks, release = self._held.badacks_of(caller, turn.now), self._members.release_for(caller)
        return alerts.alerts(command, self.flow, badacks, self._switches, release, turn)

    def _listed(self, entries: tuple[Entry, ...], to: str, group: str | None, turn: Turn) -> Listed:
        told = str(self.order.depth(to, turn.now)), str(len(entries))  # others for each that may tell something else
        serial = post.number(turn.draw, "queue", to, turn.now.isoformat(), group or "", *told)
        release = self._members.release_for(to)
        return Listed(entries, to, group, f"NEMMCO-MSG-{serial}", f"HMGT-{serial}", release, turn.now)

    # What AEMO sends

    def send(
        self,
        turn: Turn,
        to: str,
        group: str,
        priority: str,
        transactions: Sequence[Transaction] = (),
        acknowledgements: Sequence[TransactionAcknowledgement] = (),
        *,
        release: str | None = None,
        visible_at: datetime | None = None,
    ) -> str:
        """Queue a message from NEMMCO; returns its context id. See `queue_up`."""
        context, made = self.made(turn, to, group, priority, transactions, acknowledgements, release)
        self.queue_up(turn, to, context, made, visible_at)
        return context

    def send_all(self, turn: Turn, group: str, priority: str, letters: Letters, *, release: str | None = None) -> None:
        """Queue a message from NEMMCO for each receiver: what `send` does one by one, together where nothing is in the
        way."""
        events = None
        if self.flow.at_ease(letters):
            events = queued_together(turn.now, group, priority, letters, release, self._members, self._held.queues)
        if events:
            turn.emit_round(events)
            return
        for to, transactions in letters:
            self.send(turn, to, group, priority, transactions, release=release)

    def queued(self, events: Sequence[MessageQueued], stamps: Sequence[Stamp]) -> None:
        """Make true that messages were queued by `send_all` together."""
        self._held.put(events, stamps)
        self.flow.queued(events)

    def made(
        self,
        turn: Turn,
        to: str,
        group: str,
        priority: str,
        transactions: Sequence[Transaction],
        acknowledgements: Sequence[TransactionAcknowledgement],
        release: str | None,
    ) -> tuple[str, Message]:
        """A message from NEMMCO and a context id for it; nothing comes of it yet."""
        stem = post.stem(group, priority)
        serial = post.free_serial(turn, to, stem, self._held.queues[to], transactions, acknowledgements)
        kind = (group, priority, release or self._members.release_for(to))
        return stem + serial, post.message(to, serial, turn.now, *kind, tuple(transactions), tuple(acknowledgements))

    def queue_up(self, turn: Turn, to: str, context: str, made: Message, visible_at: datetime | None = None) -> None:
        """Queue a message. A future ``visible_at`` keeps it unseen till then, `UNTIL_RELEASED` until `release`."""
        now, kept = turn.now, False
        if visible_at is None or visible_at <= now:
            kept = self.flow.blocks(to, context, made)
            visible_at = UNTIL_RELEASED if kept else now
        turn.emit(MessageQueued(now, to, context, made, visible_at))
        if kept:
            turn.emit(MessageKept(now, to, context))
        elif now < visible_at < UNTIL_RELEASED:
            turn.schedule(visible_at, "hub", "appear", f"{to}/{context}")
        self.flow.settle(turn)

    def fire(self, turn: Turn, kind: str, key: str) -> None:
        """A message that was to be seen later can be seen now; or a business day is over."""
        if kind == "business-day":
            self.flow.new_day(key)
            self.flow.settle(turn)
            return
        to, _, context_id = key.partition("/")
        self.release(turn, to, context_id)

    def release(self, turn: Turn, to: str, context_id: str, stamp: Stamp | None = None) -> None:
        """Let a message be seen that was not, unless a stop file keeps it; ``stamp`` is that of `MessageAppeared`."""
        stopped = self.flow.blocks(to, context_id, self.queue(to).waiting(context_id).message)
        turn.emit((MessageKept if stopped else MessageAppeared)(turn.now, to, context_id, stamp))
        self.flow.settle(turn)
