"""Judges of what becomes of delivered messages: acknowledged, repaired, handled once, rightly named; the queue's words.

What came first within one moment is told by the ledger's steps.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulator.scenario.expect import Acknowledged, Correlated, HandledOnce, QueueEmpty, Repaired, period
from simulator.scenario.judged import Judged, named
from simulator.scenario.testimony import Delivery, Refusal, Sending, Testimony
from simulator.scenario.verdict import Evidence

Who = frozenset[str]
_UNKNOWN = "hub.mack-unknown"
_MISNAMED = frozenset((_UNKNOWN, "hub.mack-context", "hub.mack-unfetched"))
_GIVEN = "queue.fetch"
"""The rule that answers a get with its message."""


def acknowledged(form: Acknowledged, who: Who, told: Testimony) -> Judged:
    """Late ones fail, and those that are not acknowledged though the time is over; others may still come in time."""
    found = Judged(f"every message was acknowledged within {period(form.within)}", "not acknowledged in time")
    due = [each for each in told.deliveries if each.to in who and each.wants and each.seen_from is not None]
    found.unless(due, f"nothing was delivered to {named(who)}")
    for each in due:
        assert each.seen_from is not None
        deadline = each.seen_from + form.within
        if each.acknowledged is not None and each.acknowledged > deadline:
            found.against.append(each.told(each.acknowledged, f"acknowledged; due by {deadline.isoformat()}"))
        elif each.acknowledged is None and told.now > deadline:
            found.against.append(each.told(each.seen_from, f"not acknowledged; due by {deadline.isoformat()}"))
        elif each.acknowledged is None:
            found.doubts.append(f"{each.message_id} may still be acknowledged until {deadline.isoformat()}")
    found.doubt(told, "messages")
    return found


def repaired(form: Repaired, who: Who, told: Testimony) -> Judged:
    """A bad acknowledgement of a message that waits is made good by one that is taken."""
    found = Judged(f"no bad acknowledgement stood longer than {period(form.within)}", "not repaired in time")
    mine = [each for each in told.deliveries if each.to in who]
    bad = [each for each in told.refusals if each.acknowledges and each.sender in who and not each.overlooked]
    found.unless(bad or any(each.acknowledged for each in mine), f"{named(who)} never acknowledged anything")
    for refusal in bad:
        meant = _meant(refusal, mine)
        if meant is None:
            continue
        deadline, good = refusal.at + form.within, meant.acknowledged
        if good is not None and good > deadline:
            late = meant.told(good, f"acknowledged; repair was due by {deadline.isoformat()}")
            found.against += [_of(refusal, meant), late]
        elif good is None and told.now > deadline:
            found.against.append(_of(refusal, meant))
        elif good is None:
            found.doubts.append(f"{meant.message_id} may still be repaired until {deadline.isoformat()}")
    found.doubt(told, "messages")
    return found


def _meant(refusal: Refusal, deliveries: list[Delivery]) -> Delivery | None:
    """The waiting message that a bad acknowledgement was for: by context id, else by MessageID."""
    waiting = [each for each in deliveries if each.to == refusal.sender and not _before(each, refusal)]
    by_context = (each for each in waiting if each.context_id == refusal.context_id)
    by_message = (each for each in waiting if each.message_id == refusal.initiating)
    return next(by_context, None) or next(by_message, None)


def _before(delivery: Delivery, refusal: Refusal) -> bool:
    """Whether a message was acknowledged before an acknowledgement of it was refused, or could not be seen yet."""
    if delivery.seen_from is None or delivery.seen_from > refusal.at:
        return True
    return delivery.acknowledged is not None and delivery.step < refusal.step


def _of(refusal: Refusal, meant: Delivery) -> Evidence:
    return Evidence(refusal.at, f"bad acknowledgement {refusal.message_id}: event {refusal.code}", meant.key)


def handled_once(_form: HandledOnce, who: Who, told: Testimony) -> Judged:
    """Acknowledged again under another MessageID, or fetched again after the acknowledgement was taken."""
    found = Judged("no message was handled twice", "handled again after its acknowledgement")
    done = [each for each in told.deliveries if each.to in who and each.acknowledged is not None]
    found.unless(done, f"{named(who)} never acknowledged anything")
    found.against += twice(who, told)
    found.doubt(told, "messages", "exchanges")
    return found


def twice(who: Who, told: Testimony) -> Iterator[Evidence]:
    """Every time that a message was handled that was acknowledged before."""
    done = {(each.to, each.message_id): each for each in told.deliveries if each.to in who and each.acknowledged}
    for refusal in told.refusals:
        before = done.get((refusal.sender, refusal.unknown or ""))
        if before is not None and before.step < refusal.step:
            yield before.told(refusal.at, f"acknowledged again by {refusal.message_id}")
    contexts = {(each.to, each.context_id): each for each in done.values()}
    for exchange in told.exchanges:
        known = contexts.get((exchange.participant, exchange.context_id))
        again = known is not None and exchange.step >= known.step and exchange.rule != _GIVEN
        if known is not None and again and exchange.operation == "getMessages":
            yield known.told(exchange.at, "fetched again")


def correlated(_form: Correlated, who: Who, told: Testimony) -> Judged:
    """MACKs name messages that were delivered, TACKs and responses transactions."""
    found = Judged("everything referred to something that was sent", "refers to what was never sent")
    named_wrongly = list(misnamed(who, told))
    strange, judged = _strange(who, told)
    answered = judged or any(each.acknowledged for each in told.deliveries if each.to in who)
    found.unless(answered or named_wrongly, f"{named(who)} never acknowledged or answered anything")
    if "messages" not in told.lost:
        found.against += [*(each.told() for each in named_wrongly), *strange]
    else:
        found.against += [each.told() for each in named_wrongly if each.rule != _UNKNOWN]
    found.doubt(told, "messages")
    return found


def misnamed(who: Who, told: Testimony) -> Iterator[Refusal]:
    """Acknowledgements of messages that their sender was never given, or did not take."""
    given = {(each.to, each.message_id) for each in told.deliveries}
    for each in told.refusals:
        again = each.rule == _UNKNOWN and (each.sender, each.unknown) in given
        if each.sender in who and each.rule in _MISNAMED and not again:
            yield each


def _strange(who: Who, told: Testimony) -> tuple[list[Evidence], bool]:
    """References of what was sent to transactions nobody sent; and whether there were any references at all."""
    found: list[Evidence] = []
    referring = [
        each for each in told.sendings if each.sender in who and b"initiatingTransactionID" in each.message.body
    ]
    for each in referring:
        known = _transactions(each.sender, told)
        strange = (reference for reference in _references(each, told) if reference not in known)
        found += [Evidence(each.at, f"{each.message_id} refers to transaction {name}", each.key) for name in strange]
    return found, bool(referring)


def _transactions(sender: str, told: Testimony) -> set[str]:
    """Transactions that a participant was given, or sent itself: a withdrawal refers to a request of its own."""
    given = {each for delivery in told.deliveries if delivery.to == sender for each in delivery.transactions}
    own = {each for one in told.sendings if one.sender == sender for each, _ in one.message.transactions}
    return given | own


def _references(sending: Sending, told: Testimony) -> Iterator[str]:
    if told.read is None:
        return
    received = told.read(sending.message)
    for transaction in received.transactions:
        if transaction.initiating_transaction_id is not None:
            yield transaction.initiating_transaction_id
    for acknowledgement in received.transaction_acknowledgements:
        yield acknowledgement.initiating_transaction_id


def queue_empty(_form: QueueEmpty, who: Who, told: Testimony) -> Judged:
    """Nothing that can be seen waits."""
    found = Judged("nothing waits", "still waits")
    mine = [each for each in told.deliveries if each.to in who and each.wants and each.seen_from is not None]
    found.unless(mine or "messages" in told.lost, f"nothing was delivered to {named(who)}")
    for each in mine:
        if each.acknowledged is None:
            found.against.append(each.told(each.seen_from or told.now, "waits"))
    return found


def queue_words(told: Testimony) -> dict[str, int]:
    """Messages to those under test, counted as Jepsen's queue checkers do; see the README.

    lost: can be seen and is not acknowledged; duplicated: handled again after its acknowledgement; unexpected: an
    acknowledgement of what was never delivered; recovered: acknowledged after a bad acknowledgement.
    """
    who = told.tested
    mine = [each for each in told.deliveries if each.to in who and each.wants and each.seen_from is not None]
    meant = [
        _meant(each, mine) for each in told.refusals if each.acknowledges and each.sender in who and not each.overlooked
    ]
    recovered = {each.key for each in meant if each is not None and each.acknowledged is not None}
    return {
        "lost": sum(1 for each in mine if each.acknowledged is None),
        "duplicated": len({each.message for each in twice(who, told)}),
        "unexpected": sum(1 for each in misnamed(who, told) if each.rule == _UNKNOWN),
        "recovered": len(recovered),
    }
