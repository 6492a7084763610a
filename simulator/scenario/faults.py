"""Every fault, written out: its level, the hook it acts at, what it does, its settings. The only list of faults.

instead of handling           after the gate; the request is not handled (or only noted as accepted)
on an outgoing message        aseXML or JSON that goes out is changed: a reply, or a message when it is fetched
on the wire plan of a reply   the reply is made as usual; how its bytes go onto the wire is not
in the handshake              of an extra port of the workspace, whose TLS is at fault
A rule (``fault:``) switches a fault on, the timeline (``outage``), or ``given: tls port``; nothing else does.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

import msgspec

Value = timedelta | int | str
"""What a setting of a fault may hold."""


class Hook(StrEnum):
    """Where a fault acts."""

    INSTEAD = "instead of handling"
    MESSAGE = "on an outgoing message"
    WIRE = "on the wire plan of a reply"
    TLS = "in the handshake"


class Level(StrEnum):
    """What a fault is a fault of."""

    NETWORK = "network"
    TLS = "TLS"
    HTTP = "HTTP"
    XML = "XML"
    JSON = "JSON"
    QUEUE = "queue"
    BUSINESS = "business"
    TIME = "time"


class Setting(msgspec.Struct, frozen=True):
    """A setting of a fault. ``kind`` is ``period``, ``real period``, ``count``, ``status``, ``release`` or ``text``.

    ``default`` None leaves it to the fault, as ``doc`` says.
    """

    name: str
    kind: str
    doc: str
    default: Value | None = None


class Fault(msgspec.Struct, frozen=True):
    """One thing that can go wrong. ``status`` is what a refusal answers; 0 where the fault is no status.

    ``only``: the operations that it can happen to; none named is all of them.
    """

    name: str
    level: Level
    hook: Hook
    meaning: str
    settings: tuple[Setting, ...] = ()
    status: int = 0
    only: tuple[str, ...] = ()

    @property
    def rule(self) -> str:
        """The rule id that replies carry: ``fault.slow-body``."""
        return "fault." + self.name.lower().replace(" ", "-").replace(".", "-").replace("'", "")


class Mishap(msgspec.Struct, frozen=True):
    """A fault as a rule asks for it: with what it set, by the names of settings."""

    fault: Fault
    set: Mapping[str, Value] = msgspec.field(default_factory=dict)

    def value(self, name: str) -> Value | None:
        """A setting, or its default."""
        default = next(each.default for each in self.fault.settings if each.name == name)
        return self.set.get(name, default)

    def period(self, name: str) -> timedelta:
        """A setting that is a period."""
        value = self.value(name)
        return value if isinstance(value, timedelta) else timedelta(0)

    def number(self, name: str) -> int | None:
        """A setting that is a number; None when it is left to the fault."""
        value = self.value(name)
        return value if isinstance(value, int) else None

    def text(self, name: str) -> str:
        """A setting that is a text."""
        return str(self.value(name) or "")


LONGEST = timedelta(minutes=10)
"""The longest that a reply is drawn out or withheld: real time, so that no client is held for ever."""
OVER = Setting("over", "real period", "how long it takes, in real time", timedelta(seconds=5))
BY = Setting("by", "real period", "how late, in real time", timedelta(seconds=5))
FOR = Setting("for", "real period", "after so much real time the connection is closed", timedelta(seconds=60))
AFTER = Setting("after", "count", "so many bytes of the body are sent; left out: half of it")
LASTS = Setting("for", "period", "how long, in market time", timedelta(minutes=5))
STATUS = Setting("status", "status", "the status told", 500)
CODE = Setting("code", "count", "the event code told", 100)
UNKNOWN_CODE = Setting("code", "count", "the event code told", 99_999)
AHEAD = Setting("by", "period", "how far ahead", timedelta(hours=1))
DOWN = Setting("down", "period", "how long down, in market time", timedelta(minutes=1))
UP = Setting("up", "period", "how long up, in market time", timedelta(minutes=1))
_FETCH, _QUEUE, _MACK = "getMessages", "getQueueMetaData", "submitMessageAcknowledgements"
_READINGS = "GetMeterReadings"


def _happens(level: Level, name: str, meaning: str, *settings: Setting, status: int = 0, only: str = "") -> Fault:
    return Fault(name, level, Hook.INSTEAD, meaning, settings, status, tuple(only.split()))


def _network(hook: Hook, name: str, meaning: str, *settings: Setting) -> Fault:
    return Fault(name, Level.NETWORK, hook, meaning, settings)


def _tls(name: str, meaning: str, *settings: Setting) -> Fault:
    return Fault(name, Level.TLS, Hook.TLS, meaning, settings)


def _status(name: str, status: int, meaning: str) -> Fault:
    return Fault(name, Level.HTTP, Hook.INSTEAD, f"{status}: {meaning}", (), status)


def _http(name: str, meaning: str, *settings: Setting, hook: Hook = Hook.WIRE) -> Fault:
    return Fault(name, Level.HTTP, hook, meaning, settings)


def _message(level: Level, name: str, meaning: str, *settings: Setting, only: str = "") -> Fault:
    return Fault(name, level, Hook.MESSAGE, meaning, settings, only=tuple(only.split()))


NETWORK = (
    _network(Hook.WIRE, "late reply", "the first byte comes late", BY),
    _network(Hook.WIRE, "slow headers", "the head of the reply comes in dribs and drabs", OVER),
    _network(Hook.WIRE, "slow body", "the body of the reply comes in dribs and drabs", OVER),
    _network(Hook.WIRE, "stalled body", "part of the body comes, then nothing more", AFTER, FOR),
    _network(Hook.WIRE, "truncated headers", "the connection is closed in the middle of the head"),
    _network(Hook.WIRE, "truncated body", "the connection is closed before the whole body has come", AFTER),
    _network(Hook.INSTEAD, "reset before processing", "the connection is reset; nothing was handled"),
    _network(Hook.WIRE, "reset after processing", "the request is handled, the connection reset: nobody is told"),
    _network(Hook.WIRE, "reset within body", "the connection is reset in the middle of the body", AFTER),
    _network(Hook.INSTEAD, "closed before processing", "the connection is closed without a byte; nothing was handled"),
    _network(Hook.WIRE, "closed after processing", "the request is handled, the connection closed without a byte"),
    _network(Hook.INSTEAD, "never answers", "the connection stays open and silent; nothing was handled", FOR),
    _network(Hook.WIRE, "never answers after processing", "the request is handled, the connection stays silent", FOR),
    _network(Hook.WIRE, "closed unannounced", "a whole reply that promises to stay, then the connection is closed"),
    _network(Hook.WIRE, "garbage", "bytes that are no HTTP instead of the reply; the request was handled"),
    _network(Hook.WIRE, "stray bytes", "a whole reply, and bytes behind it that belong to none"),
)

TLS = (
    _tls("expired certificate", "the server's certificate ended yesterday"),
    _tls("not yet valid certificate", "the server's certificate begins tomorrow"),
    _tls("foreign certificate", "the server's certificate is of a CA nobody knows"),
    _tls("self-signed certificate", "the server's certificate is signed by itself"),
    _tls("wrong host certificate", "the server's certificate is for another host"),
    _tls("wrong purpose certificate", "the server's certificate is one for clients"),
    _tls("weak certificate", "the server's key is an RSA key of 1024 bits"),
    _tls("only TLS 1.1", "the server speaks nothing newer than TLS 1.1"),
    _tls("only TLS 1.2", "the server speaks TLS 1.2 and nothing newer"),
    _tls("only TLS 1.3", "the server speaks TLS 1.3 and nothing older"),
    _tls("no common cipher", "the server knows no cipher that clients offer"),
    _tls("handshake reset", "the connection is reset when the client begins TLS"),
    _tls("handshake silence", "the client begins TLS and never hears anything", FOR),
    _tls("no TLS", "the port speaks HTTP without TLS"),
    _tls("client certificate demanded", "a client without certificate is refused in the handshake"),
    _tls("wrong CA list", "the server asks for certificates of another CA, and refuses ours"),
    _tls("client certificate not asked for", "the server asks for no certificate, so the gate sees none"),
    _tls("expired client certificate", "the participant's own certificate, as handed out, ended yesterday"),
    _tls("not yet valid client certificate", "the participant's own certificate, as handed out, begins tomorrow"),
    _tls("foreign client certificate", "the participant's own certificate, as handed out, is of another CA"),
    _tls("wrong purpose client certificate", "the participant's own certificate, as handed out, is one for servers"),
    _tls("no close notify", "the server ends the connection without saying so in TLS"),
)

STATUSES = (
    _status("bad request", 400, "a mandatory header is missing; Netstream: what was sent cannot be read"),
    _status("unauthorised", 401, "user, password or token are refused, or the account is locked"),
    _status("forbidden", 403, "the participant has no access to the API"),
    _status("not found", 404, "no such resource"),
    _status("method not allowed", 405, "the verb is not for this resource"),
    _status("not acceptable", 406, "no format asked for can be written"),
    _status("request timeout", 408, "the request took too long to arrive"),
    _status("length required", 411, "Content-Length is missing"),
    _status("payload too large", 413, "the body is too large"),
    _status("unsupported media type", 415, "the content type is not read"),
    _status("unprocessable", 422, "the user has no right to this, or a business rule fails"),
    _status("too many requests", 429, "the throttling limit is exceeded"),
    _status("internal server error", 500, "any unforeseen error: certificate, or what stands behind the hub"),
    _status("bad gateway", 502, "the gateway reaches nobody behind it"),
    _status("service unavailable", 503, "refused by policy, or what stands behind the hub is down"),
    _status("gateway timeout", 504, "the gateway waited in vain"),
)

HTTP = (
    *STATUSES,
    _http("status", "the status given, with the body it has by documentation", STATUS, hook=Hook.INSTEAD),
    _http("status after processing", "the request is handled, and the status given is told", STATUS),
    _http("redirect", "302 to another place", Setting("to", "text", "the place", "/elsewhere"), hook=Hook.INSTEAD),
    _http("error page", "200 with a page of HTML, as proxies answer", hook=Hook.INSTEAD),
    _http("empty 200", "the request is handled, and answered 200 without a body"),
    _http("wrong content type", "the body is told to be something else", Setting("type", "text", "what", "text/html")),
    _http("no content type", "the body is not told to be anything"),
    _http("content length too long", "fewer bytes come than Content-Length promises"),
    _http("content length too short", "more bytes come than Content-Length promises"),
    _http("two content lengths", "Content-Length stands there twice, with two values"),
    _http("chunked reply", "a sound reply in chunks of odd sizes, without Content-Length"),
    _http("broken chunk", "a chunk whose size is no number"),
    _http("unfinished chunks", "the chunk that ends the body never comes"),
    _http("gzip unasked", "the body is compressed though nobody asked for it"),
    _http("broken gzip", "the body is told to be compressed, and does not inflate"),
    _http("unknown encoding", "the body is told to be of a content encoding nobody knows"),
    _http("bad status line", "the reply begins with a status line that is none"),
    _http("huge header", "a header field of 64 KiB"),
    _http("interim replies", "two interim replies (102, 103) before the real one"),
    _http("HTTP 1.0 reply", "the reply is of HTTP/1.0, and the connection closed behind it"),
)

XML = (
    _message(Level.XML, "malformed XML", "an end tag is missing"),
    _message(Level.XML, "cut off XML", "the document ends in the middle, Content-Length is right"),
    _message(Level.XML, "wrong encoding", "the declaration says UTF-16, the bytes are UTF-8"),
    _message(Level.XML, "byte order mark", "the body begins with a byte order mark"),
    _message(Level.XML, "document type", "a document type with an entity that is used"),
    _message(Level.XML, "other namespace", "the root is of a namespace that is not aseXML's"),
    _message(
        Level.XML,
        "other release",
        "the message says it is of another release",
        Setting("release", "release", "which", "r38"),
    ),
    _message(Level.XML, "unknown element", "the header has an element that the schema does not know"),
    _message(Level.XML, "missing header", "the message has no header"),
    _message(Level.XML, "event instead of message", "a root-level event instead of the message"),
    _message(Level.XML, "wrong initiating message id", "the acknowledgement names a message nobody sent"),
    _message(Level.XML, "acknowledgement for another", "the acknowledgement is for somebody else's message"),
    _message(Level.XML, "wrong initiating transaction id", "the answer names a transaction nobody sent"),
    _message(Level.XML, "wrong receiver", "the message is addressed to somebody else"),
    _message(Level.XML, "wrong sender", "the message is from somebody nobody knows"),
    _message(Level.XML, "wrong message id", "the message has another MessageID than the queue told"),
)

JSON = (
    _message(Level.JSON, "cut off JSON", "the document ends in the middle, Content-Length is right"),
    _message(Level.JSON, "not JSON", "the body is no JSON at all, the content type says it is"),
    _message(Level.JSON, "trailing comma", "a comma before the closing brace"),
    _message(Level.JSON, "duplicate keys", "the first key of the document stands there twice, with two values"),
    _message(Level.JSON, "wrong types", "numbers are texts, and texts of digits are numbers"),
    _message(Level.JSON, "NaN", "values that are NaN, as no JSON has it"),
    _message(Level.JSON, "nulls", "numbers and texts are null"),
    _message(Level.JSON, "missing member", "the document's first list is missing"),
    _message(Level.JSON, "unexpected member", "objects have a member nobody described"),
    _message(Level.JSON, "empty object", "the document is an empty object"),
    _message(Level.JSON, "local times as UTC", "times of the clock on the wall are marked as UTC"),
)

QUEUE = (
    _message(
        Level.QUEUE,
        "duplicate delivery",
        "a message that is handed over is queued once more, under other ids",
        only=_FETCH,
    ),
    _happens(Level.QUEUE, "disappearing message", "404: the queue has not got what it told", status=404, only=_FETCH),
    _happens(Level.QUEUE, "wrong message", "another message of the queue is handed over", only=_FETCH),
    _happens(Level.QUEUE, "acknowledgement lost", "a MACK is accepted and forgotten: the message stays", only=_MACK),
    _message(Level.QUEUE, "phantom message", "the queue report names a message that is not there", only=_QUEUE),
    _message(Level.QUEUE, "hidden messages", "the queue report says that nothing is queued", only=_QUEUE),
    _message(Level.QUEUE, "out of order", "the queue report names the latest message first", only=_QUEUE),
)

BUSINESS = (
    _happens(Level.BUSINESS, "accepted but lost", "the message is accepted and never processed", only="submitMessages"),
    _message(Level.BUSINESS, "rejected though processed", "the message is processed and told to be rejected", CODE),
    _message(Level.BUSINESS, "accepted though rejected", "the message is rejected and told to be accepted"),
    _message(Level.BUSINESS, "failure for success", "event code 0 is told as another", UNKNOWN_CODE),
    _message(Level.BUSINESS, "unknown status", "the status of the change request is one nobody knows"),
    _message(Level.BUSINESS, "wrong request id", "the request id is another one's"),
    _message(Level.BUSINESS, "wrong NMI", "the NMI is another one's"),
    _message(Level.BUSINESS, "wrong checksum", "the checksum of the NMI is off by one"),
)

TIME = (
    _message(Level.TIME, "clock skew", "every time told is off", AHEAD),
    _message(Level.TIME, "times in UTC", "times are told in UTC instead of market time"),
    _happens(Level.TIME, "token expired", "401: the token has expired", status=401, only=_READINGS),
    _happens(Level.TIME, "token not yet valid", "401: the token is one of the future", status=401, only=_READINGS),
    _happens(Level.TIME, "token expired at once", "a token that has expired when it is issued", only="token"),
    _happens(Level.TIME, "outage", "from the first time on, for a period: only the status given", LASTS, STATUS),
    _happens(Level.TIME, "maintenance", "503 with Retry-After, from the first time on, for a period", LASTS),
    _happens(Level.TIME, "throttling burst", "429, from the first time on, for a period", LASTS),
    _happens(Level.TIME, "flapping", "down and up in turns, from the first time on", DOWN, UP, STATUS),
)

SOUND = frozenset(("closed unannounced", "stray bytes", "chunked reply", "interim replies", "HTTP 1.0 reply"))
"""Faults under which the whole reply comes at once and as HTTP allows: whoever keeps to HTTP has read it."""
FAULTS: tuple[Fault, ...] = (*NETWORK, *TLS, *HTTP, *XML, *JSON, *QUEUE, *BUSINESS, *TIME)
BY_NAME: Mapping[str, Fault] = {fault.name: fault for fault in FAULTS}
