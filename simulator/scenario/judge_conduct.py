"""Judges of how a system behaves: what it sends, how it waits, how often it asks.

A request has the time it came at, an answer its own: what was under way when somebody was told to wait is no offence,
nor is it counted among what came after. On a clock that stands, two requests at one moment tell nothing of what was
waited between them: that cannot be known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import pairwise, takewhile

from simulator.hub.exchanges import Exchange
from simulator.hub.limits import INBOUND, kind_of, stopped_by
from simulator.scenario.expect import BacksOff, OneContent, Polls, Sent, StopsSending, Valid, period
from simulator.scenario.judged import Judged, named, times
from simulator.scenario.sent_like import like
from simulator.scenario.testimony import Sending, Standing, Testimony
from simulator.scenario.verdict import Evidence
from simulator.scenario.vocabulary import RENAMED

Who = frozenset[str]
_OTHER_CONTENT = "hub.other-content"
_UNREADABLE = frozenset((1, 2, 3, 4))
"""Event codes: not well-formed, not valid, no such transaction, no such version."""
_REMARKS = 3
"""Of so many messages a finding tells why their senders may not know what became of them."""
_STOPS_SENDING = frozenset(stop for kind in INBOUND for stop in stopped_by(kind))


def one_content(_form: OneContent, who: Who, told: Testimony) -> Judged:
    """A MessageID that came again came with the same bytes, also where it was refused the first time."""
    found = Judged("every message id had one content", "a message id came again with other content")
    found.unless(_sent_anything(who, told), f"{named(who)} never sent anything")
    for each in told.repeats:
        if each.sender in who and not each.same_content:
            found.against.append(Evidence(each.at, f"{each.message_id} came again with other content", each.key))
    found.against += [each.told() for each in told.refusals if each.sender in who and each.rule == _OTHER_CONTENT]
    found.against += _other_content(who, told)
    found.doubt(told, "messages", "repeats")
    return found


def _other_content(who: Who, told: Testimony) -> Iterator[Evidence]:
    """What the hub did not know as a repeat: the other was refused, or is so old that it was forgotten."""
    sent = [(each.step, each.sender, each.message_id, each.message.digest, each.at, each.key) for each in told.sendings]
    refused = [
        (each.step, each.sender, each.message_id, each.digest, each.at, each.key)
        for each in told.refusals
        if each.digest and each.rule != _OTHER_CONTENT
    ]
    first: dict[tuple[str, str], str] = {}
    for _, sender, message_id, digest, at, key in sorted(sent + refused):
        if sender in who and first.setdefault((sender, message_id), digest) != digest:
            yield Evidence(at, f"{message_id} came again with other content", key)


def _sent_anything(who: Who, told: Testimony) -> bool:
    senders = {each.sender for kind in (told.sendings, told.refusals, told.repeats) for each in kind}
    return bool(senders & who) or any(each.acknowledged is not None for each in told.deliveries if each.to in who)


def valid(_form: Valid, who: Who, told: Testimony) -> Judged:
    """Nothing was refused because of its form."""
    found = Judged("everything sent was valid", "an invalid message was sent")
    found.unless(_sent_anything(who, told), f"{named(who)} never sent anything")
    found.against += [each.told() for each in told.refusals if each.sender in who and each.code in _UNREADABLE]
    found.doubt(told, "messages")
    return found


def sent(form: Sent, who: Who, told: Testimony) -> Judged:
    """Transactions like this that the hub took over: not fewer than the least, not more than the most."""
    fitting = [
        (each, transaction)
        for each in _each_once(told)
        if each.sender in who
        for transaction in like(form.like, each, told)
    ]
    count, seen = len(fitting), [each.told(f"carries {transaction}") for each, transaction in fitting]
    found = Judged(_often(fitting), _often(fitting), tally=False)
    found.unless(_present(who, told), f"{named(who)} was never here")
    missing = form.least is not None and count < form.least
    if form.most is not None and count > form.most:
        found.bad = f"{_often(fitting)}; expected: {_number(form)}"
        found.against += seen
    elif missing and not found.doubts and "messages" not in told.lost:
        found.bad = f"{_often(fitting)}; expected: {_number(form)}"
        found.against += [*seen, Evidence(told.now, "no other was sent")]
    if form.most is not None or missing:
        found.doubt(told, "messages", "repeats")
    return found


def _each_once(told: Testimony) -> Iterator[Sending]:
    """Sendings, but for what was lost and sent again, or lost twice."""
    known = {_identity(each) for each in told.sendings if not each.lost}
    for each in told.sendings:
        if not each.lost:
            yield each
        elif _identity(each) not in known:
            known.add(_identity(each))
            yield each


def _identity(sending: Sending) -> tuple[str, str, str]:
    return sending.sender, sending.message_id, sending.message.digest


def _often(fitting: list[tuple[Sending, str]]) -> str:
    """How often it was sent, and what may have kept senders from knowing it, of the first of them."""
    odd = list({each.key: each for each, _ in fitting if each.remark}.values())
    remarks = [f"{each.message_id}: {each.remark}" for each in odd[:_REMARKS]]
    more = [f"and so it was with {len(odd) - _REMARKS} more"] * (len(odd) > _REMARKS)
    return "; ".join((f"it was sent {times(len(fitting))}", *remarks, *more))


def _number(form: Sent) -> str:
    if form.most == 0:
        return "never"
    if form.least == form.most:
        return f"exactly {form.least}"
    bounds = (("at least", form.least), ("at most", form.most))
    return ", ".join(f"{word} {bound}" for word, bound in bounds if bound is not None)


def _present(who: Who, told: Testimony) -> bool:
    return _sent_anything(who, told) or any(each.participant in who for each in told.exchanges)


def stops_sending(form: StopsSending, who: Who, told: Testimony) -> Judged:
    """While a stop file stands, nothing of its kind is sent once there was time to notice it."""
    found = Judged("nothing of a stopped kind was sent", "sent while a stop file stood")
    stood = [each for each in told.standings if each.kind in _STOPS_SENDING and each.members & who]
    found.unless(stood, f"no stop file that stops {named(who)} from sending ever stood")
    for standing in stood:
        found.against += _despite(standing, form.grace, who & standing.members, told)
    found.doubt(told, "messages", "stop files")
    return found


def _despite(standing: Standing, grace: timedelta, who: Who, told: Testimony) -> Iterator[Evidence]:
    noticed = standing.at + grace
    for each in told.sendings:
        if each.sender in who and standing.holds(each.step) and each.at >= noticed and _of(standing.kind, each, told):
            yield Evidence(each.at, f"{each.message_id} sent; {standing.kind} stands since {standing.at}", each.key)
    for refusal in told.refusals:
        over = standing.cleared is not None and refusal.at > standing.cleared
        if refusal.sender in who and refusal.rule == "flow.stopped" and refusal.at >= noticed and not over:
            yield refusal.told()


def _of(stop: str, sending: Sending, told: Testimony) -> bool:
    """Whether a message carries anything that a stop file of that kind holds."""
    received = () if told.read is None else told.read(sending.message).transactions
    kinds = {kind for transaction in received if (kind := kind_of(transaction)) is not None}
    return any(stop in stopped_by(kind) for kind in kinds)


def backs_off(form: BacksOff, who: Who, told: Testimony) -> Judged:
    """After an answer of such a status, an API sees no more than so many requests of its caller for a time."""
    what = ", ".join(form.statuses)
    found = Judged(f"after {what}, the API was left alone", "asked again too soon")
    refused = 0
    for one in _by_caller(told.exchanges, who):
        for number, exchange in enumerate(one):
            if form.met_by(exchange.status):
                refused += 1
                _after(form, exchange, _since(exchange, one, number), told, found)
    found.unless(refused, f"{named(who)} was never answered {what}")
    found.doubt(told, "exchanges")
    return found


def _since(refusal: Exchange, one: list[Exchange], number: int) -> list[Exchange]:
    """What was asked after a refusal was answered, as it was asked: what was under way then is not."""
    later = (each for each in one[number + 1 :] if each.asked_at >= refusal.at)
    return sorted(later, key=lambda each: each.asked_at)


def _after(form: BacksOff, refusal: Exchange, later: list[Exchange], told: Testimony, found: Judged) -> None:
    until = refusal.at + form.quiet
    soon = list(takewhile(lambda each: each.asked_at < until, later))
    certain = [each for each in soon if each.asked_at > refusal.at or not told.clock_stands]
    if len(certain) > form.most:
        why = f"{refusal.status} was answered at {refusal.at.isoformat()}"
        found.against += [_asked(each, why) for each in certain[form.most :]]
    elif len(soon) > form.most:
        found.doubts.append(_STANDS)
    elif told.now < until and len(soon) == len(later):
        found.doubts.append(f"the time after {refusal.status} is not over until {until.isoformat()}")


_STANDS = "the clock stands, and requests came at one moment: nobody can tell what was waited between them"


def polls(form: Polls, who: Who, told: Testimony) -> Judged:
    """Between two calls of an operation by one caller, whatever version of its API they are of, lies at least that
    time."""
    found = Judged(f"{form.operation} was called no more often", "called again too soon")
    operation = _renamed(form.operation)
    called = [each for each in told.exchanges if _renamed(each.operation) == operation]
    found.unless([each for each in called if each.participant in who], f"{named(who)} never called {form.operation}")
    in_all_versions = operation in RENAMED.values()
    for one in _by_caller(called, who, in_all_versions):
        for before, after in pairwise(sorted(one, key=lambda each: each.asked_at)):
            if told.clock_stands and after.asked_at == before.asked_at and form.every:
                found.doubts.append(_STANDS)
            elif after.asked_at - before.asked_at < form.every:
                found.against.append(
                    _asked(after, f"{period(form.every)} had not passed since {before.asked_at.isoformat()}")
                )
    found.doubt(told, "exchanges")
    return found


def _renamed(operation: str) -> str:
    """What the latest version of its API calls an operation."""
    return RENAMED.get(operation, operation)


def _by_caller(exchanges: Iterable[Exchange], who: Who, as_one: bool = False) -> Iterable[list[Exchange]]:
    """Exchanges of each participant with each API, or with all of them ``as_one``, in order."""
    found: dict[tuple[str, str], list[Exchange]] = {}
    for each in exchanges:
        if each.participant in who:
            found.setdefault((each.participant, "" if as_one else each.api), []).append(each)
    return found.values()


def _asked(exchange: Exchange, why: str) -> Evidence:
    return Evidence(
        exchange.asked_at, f"{exchange.participant} called {exchange.operation}, answered {exchange.status}: {why}"
    )
