"""Who may call: certificate, Basic user, lock-out, identity, rights, in the order the e-Hub checks them.

    certificate (500) → user and password, lock-out (401) → X-initiatingParticipantID (401) → right for the group (401)

Nothing of a body is read for a caller who is not let in.
Sources: B2MMessagingPull API description, "401" and "500"; the statuses that are assumptions are switches.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from simulator.base.errors import Refused
from simulator.base.http import Peer
from simulator.base.turn import Event
from simulator.hub.events import SignedIn, SignInFailed, ThrottlingBegan
from simulator.hub.switches import Switches
from simulator.hub.throttle import Throttle, Throttling

ENVIRONMENT = "ehubsim"
"""The environment our certificates are issued for; another one is another AEMO environment's certificate."""
GATE_EVENTS = (SignInFailed, SignedIn, ThrottlingBegan)
_REMEMBERED = 4096


class Account(msgspec.Struct, frozen=True):
    """A user of a participant, as the participant's administrator set it up."""

    user: str
    password: str
    participant: str
    rights: frozenset[str] = frozenset(("*",))
    certificate: bool = True


class Caller(msgspec.Struct, frozen=True, gc=False):
    """A caller who was let in."""

    participant: str
    user: str
    rights: frozenset[str] = frozenset(("*",))


class WrongPassword(Refused):
    """A refusal that counts towards the lock-out of ``user``."""

    def __init__(self, user: str) -> None:
        super().__init__(401, "gate.password", f"wrong password for user {user}")
        self.user = user


class _Failures(msgspec.Struct, frozen=True):
    count: int
    last: datetime


class Gate:
    """The accounts of one simulation and their failed sign-ins."""

    def __init__(self, accounts: Iterable[Account], switches: Switches, throttling: Throttling | None = None) -> None:
        self.throttle = Throttle(throttling)
        self._accounts = {account.user: account for account in accounts}
        self._switches = switches
        self._failures: dict[str, _Failures] = {}
        self._known: dict[str, Account] = {}

    def apply(self, event: Event) -> None:
        """Count failed sign-ins; a good one starts the count again. Who was throttled waits."""
        if isinstance(event, SignInFailed):
            before = None if self._served(event.user, event.at) else self._failures.get(event.user)
            self._failures[event.user] = _Failures(before.count + 1 if before else 1, event.at)
        elif isinstance(event, SignedIn):
            self._failures.pop(event.user, None)
        elif isinstance(event, ThrottlingBegan):
            self.throttle.apply(event)

    def check(
        self, authorization: str | None, initiating: str, peer: Peer | None, secure: bool, now: datetime
    ) -> Caller:
        """The caller behind a request; raises `Refused`. The plain port (``secure`` False) waives the certificate."""
        account = self._known.get(authorization or "")
        if secure:
            named = account or self._accounts.get(_basic(authorization)[0])
            self._check_certificate(named, peer, initiating)
        if account is None or account.user in self._failures:
            account = self._sign_in(authorization, now)
        if initiating != account.participant:
            reason = f"X-initiatingParticipantID {initiating[:20]} is not the participant of user {account.user}"
            raise Refused(self._switches.wrong_identity_status, "gate.identity", reason)
        return Caller(account.participant, account.user, account.rights)

    def _check_certificate(self, account: Account | None, peer: Peer | None, initiating: str) -> None:
        """The certificate must be the named user's participant's; an unknown user's, the initiating participant's."""
        if account is not None and not account.certificate:
            return
        status = self._switches.certificate_status
        owner = account.participant if account else initiating
        if peer is None:
            raise Refused(status, "gate.certificate-missing", "no client certificate")
        if peer.environment != ENVIRONMENT:
            reason = f"the client certificate was issued for environment {peer.environment!r}"
            raise Refused(status, "gate.certificate-environment", reason)
        if peer.participant != owner:
            reason = f"the client certificate is {peer.participant}'s, the user is {owner[:20]}'s"
            raise Refused(status, "gate.certificate-participant", reason)

    def _sign_in(self, authorization: str | None, now: datetime) -> Account:
        if authorization is None:
            raise Refused(401, "gate.authorization-missing", "no Authorization header")
        user, password = _basic(authorization)
        account = self._accounts.get(user)
        if account is None:
            raise Refused(401, "gate.user", f"no user {user[:40]!r}")
        if self._locked(user, now):
            raise Refused(401, "gate.locked-out", f"user {user} is locked out")
        if not hmac.compare_digest(account.password.encode(), password.encode()):
            raise WrongPassword(user)
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[authorization] = account
        return account

    def _served(self, user: str, now: datetime) -> bool:
        """Whether a lock-out of this user is over: its wrong passwords count no more."""
        failures = self._failures.get(user)
        locked = failures is not None and failures.count >= self._switches.lockout_after
        return locked and not self._locked(user, now)

    def _locked(self, user: str, now: datetime) -> bool:
        failures = self._failures.get(user)
        if failures is None or failures.count < self._switches.lockout_after:
            return False
        return now < failures.last + timedelta(minutes=self._switches.lockout_minutes)

    def recovering(self, user: str) -> bool:
        """Whether a user who was just let in has failed sign-ins to be forgotten."""
        return user in self._failures

    def owner(self, authorization: str | None) -> str:
        """The participant of the user that is named, whatever the password; empty for nobody's."""
        account = self._accounts.get(_basic(authorization)[0])
        return "" if account is None else account.participant

    def check_right(self, caller: Caller, group: str | None) -> None:
        """Refuse a user without the right for a transaction group; None asks for no particular one."""
        if group is not None and "*" not in caller.rights and group not in caller.rights:
            reason = f"user {caller.user} has no right for {group}"
            raise Refused(self._switches.missing_right_status, "gate.right", reason)


def _basic(authorization: str | None) -> tuple[str, str]:
    """User and password of a Basic header; two empty texts when it is none."""
    scheme, _, credentials = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return "", ""
    return user, password
