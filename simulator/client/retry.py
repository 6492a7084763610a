"""The only place that decides whether a call is made again, and after how long.

Exponential back-off with full jitter; the hub's own ``Retry-After`` is honoured where it sends one (AEMO documents
none, aemo-b2m §1.5). Every call of this client may be repeated: a GET changes nothing, and a repeated POST carries the
same MessageID and context id, which the hub answers with the same receipt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from itertools import count

from simulator.base.clock import market_time
from simulator.base.draw import Chance
from simulator.client.errors import ClientError, Kind
from simulator.client.values import Flow, HttpAnswer, HttpCall, Note, Pause

MEANINGS = {
    400: "a mandatory HTTP header is missing",
    401: "user or password wrong, user locked out, or the user may not act for this participant",
    403: "the participant has no access to this API",
    404: "no such resource; is the base URL right?",
    405: "the verb is not allowed for this resource",
    413: "the message is too large for the gateway",
    429: "too many requests",
    500: "the hub failed, does not know a group or a type that was asked for, or the client certificate does not match "
    "the participant",
    503: "the hub is unavailable or throttles",
}


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and how patiently: pauses are drawn from 0 up to ``base`` doubled each time, at most ``cap`` seconds.

    A ``Retry-After`` of more than ``patience`` seconds is not waited for: the call fails and says so.
    """

    attempts: int = 6
    base: float = 0.5
    cap: float = 30.0
    patience: float = 300.0

    def pause(self, attempt: int, chance: Chance, asked: float | None) -> float:
        """Seconds to wait after the failed attempt number ``attempt`` (from 1)."""
        jitter = chance.uniform() * min(self.cap, self.base * 2.0 ** min(attempt, 60))
        return (asked or 0.0) + jitter


def persistently(
    call: HttpCall,
    retry: Retry,
    chance: Chance,
    now: Callable[[], datetime],
    explain: Callable[[HttpAnswer], str] = lambda answer: "",
) -> Flow[HttpAnswer]:
    """Make a call until it is answered with 200, as often as ``retry`` allows. Raises `ClientError`.

    ``explain`` finds what an answer's body says about a refusal.
    """
    for attempt in count(1):
        try:
            answer: HttpAnswer = yield call
            if answer.status == 200:
                return answer
            raise _refusal(call, answer, now, explain(answer))
        except ClientError as failure:
            if not failure.temporary or attempt >= retry.attempts or (failure.retry_after or 0.0) > retry.patience:
                raise
            seconds = retry.pause(attempt, chance, failure.retry_after)
            said = f"{failure}; attempt {attempt} of {retry.attempts}, again in {seconds:.1f} s"
        yield Note("waiting", said)
        yield Pause(seconds)
    raise AssertionError("unreachable: the loop above only returns or raises")


def _refusal(call: HttpCall, answer: HttpAnswer, now: Callable[[], datetime], told: str) -> ClientError:
    operation = call.path.rsplit("/", 1)[-1]
    meaning = (
        told or MEANINGS.get(answer.status) or ("redirects are not followed" if 300 <= answer.status < 400 else "")
    )
    text = f"{operation} answered HTTP {answer.status}" + (f": {meaning}" if meaning else "")
    asked = retry_after(answer.headers.get("retry-after"), now)
    if asked is not None:
        text += f" (asked to wait {asked:.0f} s)"
    return ClientError(Kind.STATUS, text, status=answer.status, retry_after=asked)


def retry_after(value: str | None, now: Callable[[], datetime]) -> float | None:
    """Seconds to wait by a ``Retry-After`` header: a number of seconds or an HTTP date; None when absent or neither."""
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return float(value.strip()[:9])
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (market_time(when) - now()).total_seconds())
