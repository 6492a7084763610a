"""Access tokens: the only place that makes and judges them. JWTs, signed with a key grown from the seed.

Entra signs with RS256; nobody but Netstream looks into these, so HS256 does (`netstream.token-signature`). Nothing is
kept: who holds a token holds it until market time passes its end, also over a restart.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

import msgspec

from simulator.base.draw import Draw
from simulator.netstream.model import Client, guid

GRAPH = "https://graph.microsoft.com"
_HEAD = {"typ": "JWT", "alg": "HS256", "kid": "ehubsim"}
_LONGEST = 8192
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class BadToken(Exception):
    """A token that is not taken; the text is the ``error_description`` of the challenge."""

    def __init__(self, rule: str, description: str) -> None:
        super().__init__(description)
        self.rule = rule


class Issuer(msgspec.Struct, frozen=True):
    """Issues and judges the tokens of one tenant. ``audience`` None takes Graph's and any ``api://`` resource."""

    tenant: str
    draw: Draw
    audience: str | None = None

    @property
    def _key(self) -> bytes:
        chance = self.draw.of("netstream-tokens", self.tenant)
        return b"".join(chance.below(2**63).to_bytes(8, "big") for _ in range(4))

    def issue(self, client: Client, audience: str, issuer: str, now: datetime, lifetime: int) -> str:
        """A token for a client, good for ``lifetime`` seconds from now."""
        begin = int(now.timestamp())
        claims = {
            "aud": audience,
            "iss": issuer,
            "iat": begin,
            "nbf": begin,
            "exp": begin + lifetime,
            "azp": client.client_id,
            "azpacr": "1",
            "oid": guid("service-principal", client.client_id),
            "sub": guid("service-principal", client.client_id),
            "tid": self.tenant,
            "ver": "2.0",
        }
        signed = f"{_text(_encode(_HEAD))}.{_text(_encode(claims))}"
        return f"{signed}.{_text(self._signature(signed))}"

    def _signature(self, signed: str) -> bytes:
        return hmac.new(self._key, signed.encode(), hashlib.sha256).digest()

    def client_of(self, token: str, now: datetime) -> str:
        """The application a token was issued to; raises `BadToken`."""
        signed, _, signature = token.rpartition(".")
        if len(token) > _LONGEST or signed.count(".") != 1 or not token.isascii():
            raise BadToken("netstream.token-malformed", "The token is not a JWT")
        if not hmac.compare_digest(self._signature(signed), _bytes(signature)):
            raise BadToken("netstream.token-signature", "The signature is invalid")
        claims: dict[str, Any] = _decode(_bytes(signed.partition(".")[2]))
        if now.timestamp() >= claims["exp"]:
            ended = datetime.fromtimestamp(claims["exp"], UTC)
            raise BadToken("netstream.token-expired", f"The token expired at '{ended:%m/%d/%Y %H:%M:%S}'")
        if not self.takes(claims["aud"]):
            raise BadToken("netstream.token-audience", f"The audience '{claims['aud'][:200]}' is invalid")
        return str(claims["azp"])

    def takes(self, audience: str) -> bool:
        """Whether the readings endpoint takes tokens for an audience."""
        if self.audience is not None:
            return audience == self.audience
        return self.known(audience)

    @staticmethod
    def known(resource: str) -> bool:
        """Whether tokens are issued for a resource: Graph and applications; the published samples use both."""
        return resource == GRAPH or (resource.startswith("api://") and len(resource) > 6)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
