"""The only place that makes the client's TLS context, and that says in one line what failed on the way to the hub.

The server's certificate and name are always verified; there is no switch to turn that off.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

from simulator.client.account import Account
from simulator.client.errors import ClientError, Kind

_WRONG_NAME = (62, 64)
"""OpenSSL verify codes: host name mismatch, IP address mismatch."""
_REFUSED = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED", "HANDSHAKE_FAILURE", "DECRYPT_ERROR")
"""Alerts by which a server says it does not take our certificate."""
_NOT_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")


def client_context(account: Account) -> ssl.SSLContext | None:
    """The context for an account; None for plain HTTP. Raises `ClientError` when a file cannot be used."""
    if account.split.scheme != "https":
        return None
    for what, path in (("CA", account.ca), ("client certificate", account.certificate), ("client key", account.key)):
        if path and not Path(path).is_file():
            raise ClientError(Kind.TLS, f"the {what} file {path} does not exist")
    if account.key and not account.certificate:
        raise ClientError(Kind.USAGE, "a client key was given without its certificate")
    context = _trusting(account.ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if account.certificate:
        _present(context, account.certificate, account.key)
    return context


def _trusting(ca: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca or None)
    except (ssl.SSLError, OSError) as error:
        raise ClientError(Kind.TLS, f"the CA file {ca} cannot be used: {_reason(error)}") from None


def _present(context: ssl.SSLContext, certificate: str, key: str | None) -> None:
    try:
        # A key that needs a password is refused rather than asked for on a terminal.
        context.load_cert_chain(certificate, key or None, password=lambda: "")
    except (ssl.SSLError, OSError, ValueError) as error:
        files = certificate if not key else f"{certificate} with {key}"
        raise ClientError(Kind.TLS, f"the client certificate {files} cannot be used: {_reason(error)}") from None


def _reason(error: BaseException) -> str:
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def explained(error: BaseException, account: Account) -> ClientError:
    """What a failure of the transport means, as one line. The whole chain of causes is looked at."""
    host = account.split.netloc
    causes = tuple(_chain(error))
    for cause in causes:
        # aiohttp wraps TLS failures in errors that are SSLErrors by class, but know neither reason nor verify code.
        if isinstance(cause, ssl.SSLError) and (getattr(cause, "reason", None) or hasattr(cause, "verify_code")):
            return _tls_failure(cause, host, account)
    for cause in causes:
        if isinstance(cause, TimeoutError):
            return ClientError(Kind.TIMEOUT, f"{host} did not answer within {account.timeout:g} s")
        if isinstance(cause, socket.gaierror | UnicodeError):
            return ClientError(Kind.UNREACHABLE, f"{account.split.hostname} is no host that can be found")
        if isinstance(cause, ConnectionRefusedError):
            return ClientError(Kind.UNREACHABLE, f"{host} refused the connection; is the server running?")
    hint = "; the server may not have taken our client certificate" if account.split.scheme == "https" else ""
    return ClientError(Kind.LOST, f"{host} closed the connection before it answered{hint}")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _tls_failure(error: ssl.SSLError, host: str, account: Account) -> ClientError:
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in _WRONG_NAME:
            return ClientError(
                Kind.WRONG_NAME, f"the certificate of {host} is not for that name: {error.verify_message}"
            )
        trust = f"by {account.ca}" if account.ca else "by this system; give the CA that signed it"
        return ClientError(Kind.UNTRUSTED, f"the certificate of {host} is not trusted {trust}: {error.verify_message}")
    reason = error.reason or ""
    if "ALERT" in reason and any(word in reason for word in _REFUSED):
        ours = "our client certificate" if account.certificate else "a connection without a client certificate"
        return ClientError(Kind.CERTIFICATE, f"{host} refused {ours}: {_reason(error)}")
    if any(word in reason for word in _NOT_TLS):
        return ClientError(Kind.TLS, f"{host} does not speak TLS; is it the plain HTTP port?")
    if isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return ClientError(
            Kind.LOST, f"{host} closed the connection during TLS; it may not take our client certificate"
        )
    return ClientError(Kind.TLS, f"TLS with {host} failed: {_reason(error)}")
