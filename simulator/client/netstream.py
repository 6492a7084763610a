"""Netstream's client as a flow: a token when one is needed, GetMeterReadings in chunks, rows out.

    token      ── POST /{tenant}/oauth2/v2.0/token ───────► kept until a minute before it ends
    readings   ── POST /api/cim17/9/MeterReadings2/get ──► Rows; a 401 gets a new token, once

The only place that knows the client's side of Netstream.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from simulator.cim import json_in, json_out
from simulator.cim.faults import CimError
from simulator.cim.model import GetMeterReadings, Identified, Interval, Name, RequestedReading
from simulator.client.account import Account, Options
from simulator.client.errors import ClientError, Kind
from simulator.client.netstream_rows import Rows, rows_of
from simulator.client.retry import persistently
from simulator.client.values import Flow, HttpAnswer, HttpCall

PATH = "/api/cim17/9/MeterReadings2/get"
EARLY = timedelta(seconds=60)
"""A token is renewed this long before it ends."""
_ANSWER_LIMIT = 256 * 1024 * 1024
VARIABLES = {
    "EHUBSIM_URL": "base_url",
    "EHUBSIM_NETSTREAM_TENANT": "tenant",
    "EHUBSIM_NETSTREAM_CLIENT_ID": "client_id",
    "EHUBSIM_NETSTREAM_CLIENT_SECRET": "client_secret",
}


@dataclass(frozen=True, slots=True)
class NetstreamAccount:
    """The settings of one client. ``chunk`` is how much is asked for at a time; ``zone`` that of compact answers.

    ``options`` are those of `simulator.client.Account`: ``ca``, ``timeout``, ``retry``, ``now`` …
    """

    base_url: str
    tenant: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = "https://graph.microsoft.com/.default"
    zone: str = "Australia/Sydney"
    chunk: timedelta = timedelta(days=92)
    options: Options = field(default_factory=Options)

    @property
    def wire(self) -> Account:
        """The same, as what drivers connect by."""
        return Account(self.base_url, "NETSTREAM", self.client_id, "", **self.options)


_MEANINGS = {
    400: "the request is not as it should be",
    401: "the token is not taken; does the application have the right audience, or is this a limit of calls?",
    403: "the application is entitled to none of these",
    404: "no such resource; is the base URL right?",
    415: "the content type is not taken",
    500: "Netstream failed",
    503: "Netstream is unavailable",
}
"""What a status means where the answer does not say."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose readings, of which types, from when to when. Names or mRIDs; the end left out is now."""

    reading_types: Sequence[str]
    start: datetime
    end: datetime | None = None
    usage_points: Sequence[str] = ()
    groups: Sequence[str] = ()
    meters: Sequence[str] = ()
    meter_groups: Sequence[str] = ()


class NetstreamSession:
    """The flows of one account, and its token."""

    def __init__(self, account: NetstreamAccount) -> None:
        self.account = account
        self._wire = account.wire
        self._chance = self._wire.chance.of("back-off", account.client_id)
        self._token: tuple[str, datetime] | None = None

    def readings(self, wanted: Wanted) -> Flow[Rows]:
        """Everything wanted, in chunks; raises `ClientError` with what the server said."""
        found = Rows()
        for start, end in _chunks(wanted.start, wanted.end, self.account.chunk, self._now(wanted.start)):
            body = json_out.write_request(_request(wanted, start, end))
            answer = yield from self._asked(body)
            try:
                found += rows_of(json_in.read_response(answer.body), self.account.zone)
            except CimError as error:
                raise ClientError(Kind.ANSWER, f"the answer cannot be read: {error}") from None
        return Rows(sorted(found, key=lambda row: (row.point, row.reading_type))) if len(found) > 1 else found

    def _now(self, start: datetime) -> datetime:
        """Now, on the clock that a moment is told by."""
        now = self._wire.now()
        return now if start.tzinfo is not None else now.astimezone(ZoneInfo(self.account.zone)).replace(tzinfo=None)

    def _asked(self, body: bytes) -> Flow[HttpAnswer]:
        try:
            return (yield from self._post(body))
        except ClientError as error:
            if error.status != 401:
                raise
        self._token = None  # it ended earlier than it was to, or the server forgot it
        return (yield from self._post(body))

    def _post(self, body: bytes) -> Flow[HttpAnswer]:
        token = yield from self._signed_in()
        headers = (
            ("Authorization", f"Bearer {token}"),
            ("Content-Type", "application/json"),
            ("Accept", "application/json"),
            ("Accept-Encoding", "identity"),
            ("User-Agent", "ehubsim-client"),
        )
        return (yield from self._call(HttpCall("POST", PATH, headers=headers, body=body, limit=_ANSWER_LIMIT)))

    def _signed_in(self) -> Flow[str]:
        """The token, a new one when it is about to end."""
        now = self._wire.now()
        if self._token is not None and now < self._token[1]:
            return self._token[0]
        form = {
            "client_id": self.account.client_id,
            "client_secret": self.account.client_secret,
            "scope": self.account.scope,
            "grant_type": "client_credentials",
        }
        headers = (("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json"))
        path = f"/{self.account.tenant}/oauth2/v2.0/token"
        answer = yield from self._call(HttpCall("POST", path, headers=headers, body=urlencode(form).encode()))
        told = _json(answer)
        token, seconds = told.get("access_token"), told.get("expires_in")
        if not isinstance(token, str) or not isinstance(seconds, int):
            raise ClientError(Kind.ANSWER, "the token endpoint answered without a token")
        self._token = (token, now + timedelta(seconds=seconds) - EARLY)
        return token

    def _call(self, call: HttpCall) -> Flow[HttpAnswer]:
        return (yield from persistently(call, self._wire.retry, self._chance, self._wire.now, _explained))


def _json(answer: HttpAnswer) -> Mapping[str, Any]:
    try:
        found = json.loads(answer.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _explained(answer: HttpAnswer) -> str:
    """What Entra's error, a problem body or a challenge says."""
    told = _json(answer)
    if "error_description" in told:
        return str(told["error_description"]).partition(" Trace ID")[0]
    errors = told.get("errors")
    if isinstance(errors, dict) and errors:
        return "; ".join(f"{path}: {' '.join(map(str, why))}" for path, why in list(errors.items())[:5])
    challenge = answer.headers.get("www-authenticate", "")
    return challenge.partition('error_description="')[2].rstrip('"') or _MEANINGS.get(answer.status, "")


def _chunks(
    start: datetime, end: datetime | None, chunk: timedelta, now: datetime
) -> Iterator[tuple[datetime, datetime | None]]:
    """Half-open periods one after another. Without an end the last one has none: the server's clock says when it is."""
    if end is None:
        while start + chunk < now:
            yield start, start + chunk
            start += chunk
        yield start, None
        return
    if start >= end:
        raise ClientError(Kind.USAGE, f"from {start.isoformat()} is not before {end.isoformat()}")
    while start < end:
        until = min(start + chunk, end)
        yield start, until
        start = until


def _request(wanted: Wanted, start: datetime, end: datetime | None) -> GetMeterReadings:
    return GetMeterReadings(
        readings=(RequestedReading(Interval(start, end)),),
        reading_types=tuple(Identified(code) for code in wanted.reading_types),
        usage_points=tuple(map(_identified, wanted.usage_points)),
        usage_point_groups=tuple(map(_identified, wanted.groups)),
        end_devices=tuple(map(_identified, wanted.meters)),
        end_device_groups=tuple(map(_identified, wanted.meter_groups)),
    )


def _identified(text: str) -> Identified:
    """A GUID is an mRID, anything else a name."""
    plain = text.replace("-", "")
    guid = len(text) == 36 and len(plain) == 32 and all(sign in "0123456789abcdefABCDEF" for sign in plain)
    return Identified(text) if guid else Identified(names=(Name(text),))
