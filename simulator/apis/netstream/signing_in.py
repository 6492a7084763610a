"""The token endpoint and what clients ask before it, after Microsoft Entra: the only place with its errors.

GET  /{tenant}/v2.0/.well-known/openid-configuration
POST /{tenant}/oauth2/v2.0/token      client_id, client_secret, scope, grant_type=client_credentials
"""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import UTC, timedelta
from urllib.parse import parse_qsl, unquote_plus

import msgspec
from msgspec.structs import replace

from simulator.apis.face import Visit
from simulator.base.http import HttpReply, HttpRequest
from simulator.netstream.model import guid

TOKEN = "/oauth2/v2.0/token"  # noqa: S105 - a path
OPENID = "/v2.0/.well-known/openid-configuration"
KEYS = "/discovery/v2.0/keys"
BODY_LIMIT = 65_536
_JSON = "application/json; charset=utf-8"
_UNCACHED = (("Cache-Control", "no-store, no-cache"), ("Pragma", "no-cache"))
_encode = msgspec.json.Encoder().encode


class EntraError(Exception):
    """An error of the token endpoint: OAuth's name of it, Entra's number, HTTP status."""

    def __init__(self, code: int, error: str, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.code = code
        self.error = error
        self.status = status


def base_of(request: HttpRequest) -> str:
    """The address the client used, up to the tenant. A Host that is none is answered by name."""
    host = request.headers.get("Host") or ""
    sound = host and len(host) < 256 and all(sign.isascii() and (sign.isalnum() or sign in ".-:[]_") for sign in host)
    return f"{'https' if request.secure else 'http'}://{host if sound else 'localhost'}{request.prefix}"


def openid_configuration(request: HttpRequest, tenant: str) -> HttpReply:
    """What MSAL looks up first. Endpoints we have not got are named all the same, as clients demand them."""
    base = f"{base_of(request)}/{tenant}"
    found = {
        "token_endpoint": base + TOKEN,
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "jwks_uri": base + KEYS,
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"{base}/v2.0",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nbf", "tid", "ver", "azp", "oid"],
        "tenant_region_scope": "OC",
    }
    return HttpReply(200, _encode(found), _JSON, rule="netstream.openid-configuration")


def tenant_unknown(visit: Visit, tenant: str) -> HttpReply:
    """AADSTS90002."""
    text = f"Tenant '{tenant[:80]}' not found. Check to make sure you have the correct tenant ID"
    return error_reply(EntraError(90002, "invalid_request", text), visit)


def token_reply(request: HttpRequest, body: bytes, visit: Visit) -> HttpReply:
    """A token, or Entra's error."""
    try:
        reply = _issued(request, _form(request, body), visit)
    except EntraError as error:
        reply = error_reply(error, visit)
    return replace(reply, client=asking(request, body, visit))


def asking(request: HttpRequest, body: bytes, visit: Visit) -> str:
    """The client that asks for a token; "" for one nobody knows."""
    try:
        form = _form(request, body)
    except EntraError:
        return ""
    known = visit.simulation.netstream.directory.client(form.get("client_id", ""))
    return "" if known is None else known.client_id


def _issued(request: HttpRequest, form: dict[str, str], visit: Visit) -> HttpReply:
    netstream = visit.simulation.netstream
    grant = _field(form, "grant_type")
    if grant != "client_credentials":
        raise EntraError(
            70003, "unsupported_grant_type", f"The app requested an unsupported grant type '{grant[:60]}'."
        )
    client_id = _field(form, "client_id")
    client = netstream.directory.client(client_id)
    if client is None:
        text = (
            f"Application with identifier '{client_id[:80]}' was not found in the directory '{netstream.given.tenant}'."
        )
        raise EntraError(700016, "unauthorized_client", text)
    if not form.get("client_secret"):
        text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
        raise EntraError(7000218, "invalid_client", text, 401)
    if not hmac.compare_digest(form["client_secret"].encode(), client.secret.encode()):
        text = f"Invalid client secret provided. Ensure the secret being sent is one of app '{client_id}'."
        raise EntraError(7000215, "invalid_client", text, 401)
    audience = _audience(_field(form, "scope"), visit)
    lifetime = netstream.switches.token_lifetime
    issuer = f"{base_of(request)}/{netstream.given.tenant}/v2.0"
    access = netstream.issuer.issue(client, audience, issuer, visit.now, lifetime)
    found = {"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": access}
    expires = visit.now.replace(microsecond=0) + timedelta(seconds=lifetime)
    return HttpReply(200, _encode(found), _JSON, _UNCACHED, rule="netstream.token", expires=expires)


def _field(form: dict[str, str], name: str) -> str:
    value = form.get(name, "")
    if not value:
        text = f"The request body must contain the following parameter: '{name}'."
        raise EntraError(900144, "invalid_request", text)
    return value


def _audience(scope: str, visit: Visit) -> str:
    """The resource behind ``…/.default``."""
    scopes = scope.split()
    if len(scopes) != 1:
        text = f"The provided value for the input parameter 'scope' is not valid: '{scope[:200]}'."
        raise EntraError(70011, "invalid_scope", text)
    resource, found, rest = scopes[0].rpartition("/.default")
    if not found or rest or not resource:
        text = (
            f"The provided value for scope {scope[:200]} is not valid. Client credential flows must have a scope value "
            "with /.default suffixed to the resource identifier (application ID URI)."
        )
        raise EntraError(1002012, "invalid_scope", text)
    issuer = visit.simulation.netstream.issuer
    if not (issuer.takes(resource) or issuer.known(resource)):
        text = f"The resource principal named {resource[:200]} was not found in the tenant."
        raise EntraError(500011, "invalid_resource", text)
    return resource


def _form(request: HttpRequest, body: bytes) -> dict[str, str]:
    """The form; client id and secret may also come by HTTP Basic (RFC 6749 §2.3.1)."""
    if len(body) > BODY_LIMIT:
        raise EntraError(90014, "invalid_request", f"The request body has more than {BODY_LIMIT} bytes.")
    kind = (request.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return {}
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=100)
    except ValueError:
        raise EntraError(9000411, "invalid_request", "The request is not properly formatted.") from None
    form: dict[str, str] = {}
    for name, value in pairs:
        if name in form:
            text = f"The request is not properly formatted. The parameter '{name[:60]}' is duplicated."
            raise EntraError(9000411, "invalid_request", text)
        form[name] = value
    return _with_basic(request.headers.get("Authorization"), form)


def _with_basic(authorization: str | None, form: dict[str, str]) -> dict[str, str]:
    kind, _, coded = (authorization or "").partition(" ")
    if kind.lower() != "basic":
        return form
    try:
        name, _, secret = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise EntraError(9000411, "invalid_request", "The Authorization header is not properly formatted.") from None
    return {"client_id": unquote_plus(name), "client_secret": unquote_plus(secret), **form}


def error_reply(error: EntraError, visit: Visit) -> HttpReply:
    """Entra's JSON error."""
    now = visit.now.astimezone(UTC)
    stamp = f"{now:%Y-%m-%d %H:%M:%S}Z"
    trace = guid("trace", f"{error.code} {error} {now.isoformat()}")
    correlation = guid("correlation", f"{error.code} {error} {now.isoformat()}")
    text = f"AADSTS{error.code}: {error} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}"
    found = {
        "error": error.error,
        "error_description": text,
        "error_codes": [error.code],
        "timestamp": stamp,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"https://login.microsoftonline.com/error?code={error.code}",
    }
    return HttpReply(error.status, _encode(found), _JSON, _UNCACHED, rule=f"netstream.AADSTS{error.code}")


class Place(msgspec.Struct, frozen=True):
    """A path of the sign-in: its tenant, and what is asked of it."""

    tenant: str
    what: str


def place(path: str) -> Place | None:
    """The tenant and endpoint of a path; None when it is none of ours."""
    for what in (TOKEN, OPENID, KEYS):
        tenant = path[1 : -len(what)]
        if path.endswith(what) and tenant and "/" not in tenant:
            return Place(tenant, what)
    return None
