"""What a body is written in: content types, Accept, gzip, problem bodies. The only place for ASP.NET's own habits."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

import msgspec

from simulator.base.http import HttpReply, HttpRequest
from simulator.cim.faults import Fault
from simulator.netstream.model import guid

JSON, XML = "application/json", "application/xml"
_JSON_TYPES = ("application/json", "text/json")
_XML_TYPES = ("application/xml", "text/xml")
_CHARSETS = ("utf-8", "utf8", "us-ascii")
_encode = msgspec.json.Encoder().encode
_TITLES = {
    400: "One or more validation errors occurred.",
    403: "Forbidden",
    406: "Not Acceptable",
    413: "Payload Too Large",
    415: "Unsupported Media Type",
}
_SECTIONS = {400: "15.5.1", 403: "15.5.4", 406: "15.5.7", 413: "15.5.14", 415: "15.5.16"}


def body_type(request: HttpRequest) -> str | None:
    """`JSON` or `XML`, as the request's body says it is; None when it is neither, or not in UTF-8."""
    if (request.headers.get("Content-Encoding") or "identity").strip().lower() != "identity":
        return None
    kind, *parameters = (part.strip().lower() for part in (request.headers.get("Content-Type") or "").split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip(' "') not in _CHARSETS:
            return None
    if kind in _JSON_TYPES or (kind.startswith("application/") and kind.endswith("+json")):
        return JSON
    if kind in _XML_TYPES or (kind.startswith("application/") and kind.endswith("+xml")):
        return XML
    return None


def accepted(accept: str | None) -> str | None:
    """The content type to answer in; None when nothing asked for is there. No Accept: JSON."""
    if not (accept or "").strip():
        return JSON
    ranges = sorted(_ranges(accept or ""), key=lambda each: -each[1])
    for kind, quality in ranges:
        if quality > 0:
            found = _offered(kind)
            if found is not None:
                return found
    return None


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    for part in accept.split(",")[:50]:
        kind, *parameters = (each.strip().lower() for each in part.split(";"))
        quality = next((each[2:].strip() for each in parameters if each.startswith("q=")), "1")
        try:
            yield kind, min(max(float(quality), 0.0), 1.0)
        except ValueError:
            yield kind, 0.0


def _offered(kind: str) -> str | None:
    if kind in (*_JSON_TYPES, *_XML_TYPES):
        return kind
    return {"*/*": JSON, "application/*": JSON, "text/*": "text/json"}.get(kind)


def wants_gzip(request: HttpRequest) -> bool:
    """Whether the client takes gzip."""
    found = dict(_ranges(request.headers.get("Accept-Encoding") or ""))
    return found.get("gzip", found.get("*", 0.0)) > 0


def gzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same, compressed as it goes."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()


def problem(status: int, rule: str, faults: Iterable[Fault] = (), empty: bool = False) -> HttpReply:
    """A refusal as ASP.NET writes it: problem+json with the faults by path."""
    if empty:
        return HttpReply(status, rule=rule)
    errors: dict[str, list[str]] = {}
    for fault in faults:
        errors.setdefault(fault.path, []).append(fault.explanation)
    title = _TITLES[status]
    seed = guid("trace", f"{status} {rule} {sorted(errors.items())}").replace("-", "")
    body = {
        "type": f"https://tools.ietf.org/html/rfc9110#section-{_SECTIONS[status]}",
        "title": title,
        "status": status,
        **({"errors": errors} if errors else {}),
        "traceId": f"00-{seed}-{seed[:16]}-00",
    }
    return HttpReply(status, _encode(body), "application/problem+json; charset=utf-8", rule=rule)
