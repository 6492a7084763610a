"""Who calls whom, and how: the settings of a client, checked once, and the headers that follow from them.

Header names as documented for B2MMessagingPull (aemo-b2m §1.2).
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from ipaddress import ip_address
from typing import TypedDict, Unpack
from urllib.parse import SplitResult, urlsplit

from simulator.base.clock import wall_time
from simulator.base.draw import Draw
from simulator.base.errors import BadValue
from simulator.base.ids import ParticipantId
from simulator.client.errors import ClientError, Kind
from simulator.client.retry import Retry

PULL = "/NEMRetail/B2MMessagingPull/v1/"
API_KEY_HEADER = "Ocp-Apim-Subscription-Key"
"""The spelling declared for the Pull API; other e-Hub APIs say ``x-apikey`` or ``x-eHub-APIKey``."""

_SENDABLE = re.compile(r"[!-~]+")
_RELEASE = re.compile(r"r[0-9]+(_[a-z][0-9]+)?")
VARIABLES = {
    "EHUBSIM_URL": "base_url",
    "EHUBSIM_PARTICIPANT": "participant",
    "EHUBSIM_USER": "user",
    "EHUBSIM_PASSWORD": "password",
    "EHUBSIM_CA": "ca",
    "EHUBSIM_CLIENT_CERT": "certificate",
    "EHUBSIM_CLIENT_KEY": "key",
    "EHUBSIM_API_KEY": "api_key",
}


class Options(TypedDict, total=False):
    """What may be set beside base URL, participant, user and password; see `Account`."""

    ca: str | None
    certificate: str | None
    key: str | None
    api_key: str | None
    api_key_header: str
    market: str
    release: str
    security_context: str | None
    timeout: float
    retry: Retry
    now: Callable[[], datetime]
    draw: Draw | None
    ids: Callable[..., str] | None
    insecure_plain: bool


@dataclass(frozen=True, slots=True)
class Account:
    """The settings of one client.

    ``ca`` is a PEM file to trust instead of the system's; ``certificate`` and ``key`` are PEM files (the key may stand
    in the certificate's). ``timeout`` is in seconds, for a whole call. ``ids`` makes an id of at most 36 characters
    from a key and gives the same id for the same key; ``draw`` is the chance behind back-off. ``http://`` is for
    loopback only, unless ``insecure_plain``: the password would travel in clear. Raises `ClientError` (usage).
    """

    base_url: str
    participant: str
    user: str
    password: str = field(repr=False)
    ca: str | None = None
    certificate: str | None = None
    key: str | None = field(default=None, repr=False)
    api_key: str | None = field(default=None, repr=False)
    api_key_header: str = API_KEY_HEADER
    market: str = "NEM"
    release: str = "r46"
    security_context: str | None = None
    timeout: float = 30.0
    retry: Retry = field(default_factory=Retry)
    now: Callable[[], datetime] = wall_time
    draw: Draw | None = None
    ids: Callable[..., str] | None = None
    insecure_plain: bool = False

    def __post_init__(self) -> None:
        try:
            ParticipantId.parse(self.participant)
        except BadValue as error:
            raise ClientError(Kind.USAGE, str(error)) from None
        _check_url(self.base_url, self.insecure_plain)
        if not self.user or ":" in self.user:
            raise ClientError(Kind.USAGE, "a user for Basic authentication is not empty and holds no colon")
        if any(ord(character) < 32 for character in self.user + self.password):
            raise ClientError(Kind.USAGE, "user and password hold no control characters")
        sent = (("market", self.market), ("API key", self.api_key or "-"), ("API key header", self.api_key_header))
        for name, text in sent:
            if not _SENDABLE.fullmatch(text):
                raise ClientError(Kind.USAGE, f"the {name} holds characters that no header may hold")
        if not _RELEASE.fullmatch(self.release):
            raise ClientError(Kind.USAGE, f"{self.release[:40]!r} is no aseXML release such as r46")

    @property
    def split(self) -> SplitResult:
        """The base URL in parts."""
        return urlsplit(self.base_url)

    @property
    def prefix(self) -> str:
        """The path before every operation: a workspace's, or none."""
        return self.split.path.rstrip("/")

    @property
    def chance(self) -> Draw:
        """The chance behind back-off: what was injected, or one that no other client shares."""
        return self.draw or Draw(int(wall_time().timestamp() * 1_000_000))

    def make_id(self, *key: str) -> str:
        """An id for a key: the same for the same key, no other for any other (96 bits), at most 36 characters."""
        if self.ids is not None:
            return self.ids(*key)
        return f"{self.participant}-{blake2b(chr(31).join(key).encode(), digest_size=12).hexdigest()}"

    def headers(self, context_id: str | None = None, *, body: bool = False) -> tuple[tuple[str, str], ...]:
        """The documented headers of a call."""
        basic = b64encode(f"{self.user}:{self.password}".encode()).decode()
        fields = [
            ("X-initiatingParticipantID", self.participant),
            ("X-market", self.market),
            ("Accept", "application/xml"),
            ("Accept-Encoding", "identity"),
            ("Authorization", f"Basic {basic}"),
            ("User-Agent", "ehubsim-client"),
        ]
        if context_id is not None:
            fields.insert(0, ("messageContextID", context_id))
        if body:
            fields.append(("Content-Type", "application/xml"))
        if self.api_key is not None:
            fields.append((self.api_key_header, self.api_key))
        return tuple(fields)


def _check_url(url: str, insecure_plain: bool) -> None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ClientError(Kind.USAGE, f"{url!r} is no URL") from None
    if parts.scheme not in ("https", "http") or not host:
        raise ClientError(Kind.USAGE, f"{url!r} is no base URL such as https://127.0.0.1:9319")
    if parts.username is not None or parts.query or parts.fragment:
        raise ClientError(Kind.USAGE, "the base URL must carry no credentials, query or fragment")
    if parts.scheme == "http" and not insecure_plain and not _is_loopback(host):
        raise ClientError(Kind.USAGE, f"{url} is plain HTTP: the password would travel in clear; use https://")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def from_environment(environ: Mapping[str, str], **options: Unpack[Options]) -> Account:
    """An account from the variables that ``ehubsim run`` gives its command; ``options`` win over them.

    Raises `ClientError` (usage) naming the variables that are missing.
    """
    found = {name: environ[variable] for variable, name in VARIABLES.items() if environ.get(variable)}
    missing = [v for v, name in VARIABLES.items() if name not in found and name in _MANDATORY]
    if missing:
        raise ClientError(Kind.USAGE, f"not set in the environment: {', '.join(missing)}")
    return Account(**{**found, **options})  # type: ignore[arg-type]  # mixed value types, each right for its field


_MANDATORY = ("base_url", "participant", "user", "password")
