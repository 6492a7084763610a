"""``ehubsim client …``: the reference client by hand, against the simulator or any other base URL.

Results go to stdout, progress and errors to stderr, one line each. Exit codes: 0 good; 1 the hub said no (a Reject, a
message that is not there, a message left in the queue); 2 wrong usage; 3 the hub could not be reached or signed in to.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO, TextIO

from simulator.base.errors import BadValue
from simulator.client import netstream_verbs
from simulator.client.account import VARIABLES, Account
from simulator.client.blocking import HubClient
from simulator.client.errors import ClientError, Kind
from simulator.client.file_inbox import FileInbox
from simulator.client.inbox import MemoryInbox
from simulator.client.message_files import MessageFiles, as_text
from simulator.client.post import rejection
from simulator.client.retry import Retry
from simulator.client.values import Delivered, Note, Receipt

GOOD, FAILED, WRONG_USAGE, COULD_NOT_START = 0, 1, 2, 3
SHOWN = frozenset(("waiting", "gone", "left", "repeated", "unreadable", "conflict", "raised", "cleared", "alerts"))
"""What people are told of while something goes on."""
_SAID_NO = frozenset({Kind.NOT_FOUND, Kind.ANSWER, Kind.TOO_BIG})
_COMMON = (
    ("--url", "base_url", "base URL, such as https://127.0.0.1:9319"),
    ("--participant", "participant", "participant to act for"),
    ("--user", "user", "URM user"),
    ("--password", "password", "its password (better: EHUBSIM_PASSWORD)"),
    ("--ca", "ca", "PEM file with the CA to trust"),
    ("--cert", "certificate", "PEM file with our client certificate"),
    ("--key", "key", "PEM file with its key"),
    ("--api-key", "api_key", "API key, where the gateway wants one"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs and their options."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    submit = _verb(verbs, "submit", "send an aseXML message")
    submit.add_argument("file", metavar="FILE|-", help="the message; - reads standard input")
    submit.add_argument("--context-id", help="messageContextID (made from the header)")
    submit.add_argument("--wait", action="store_true", help="not while a stop file stands that would hold it")
    queue = _verb(verbs, "queue", "list what waits in the hub queue")
    queue.add_argument("--group", help="only this transaction group")
    queue.add_argument("--json", action="store_true", help="as JSON")
    get = _verb(verbs, "get", "fetch a queued message; it stays queued")
    get.add_argument("context_id", metavar="CONTEXT_ID")
    get.add_argument("--out", metavar="F", type=Path, help="write it to this file instead of stdout")
    ack = _verb(verbs, "ack", "acknowledge a queued message, which removes it")
    ack.add_argument("context_id", metavar="CONTEXT_ID")
    ack.add_argument("--message-id", help="its MessageID, instead of fetching it to see")
    ack.add_argument("--reject", nargs=2, metavar=("CODE", "TEXT"), help="with status Reject and this event")
    ack.add_argument("--ack-id", metavar="ID", help="MessageID of the acknowledgement (made from what it acknowledges)")
    _drain_arguments(_verb(verbs, "drain", "take, keep and acknowledge whatever is queued"))
    alerts = _verb(verbs, "alerts", "list the stop files and bad acknowledgements that stand")
    alerts.add_argument("--type", default="B2MStopFile", help="alertType (B2MStopFile)")
    alerts.add_argument("--json", action="store_true", help="as JSON")
    alerts.add_argument("--watch", action="store_true", help="go on looking; tell what is raised and cleared")
    alerts.add_argument("--every", metavar="SECONDS", type=float, default=10.0, help="how often to look (10)")
    netstream_verbs.add_arguments(verbs)


def _drain_arguments(drain: argparse.ArgumentParser) -> None:
    drain.add_argument("--group", help="only this transaction group")
    drain.add_argument("--inbox", metavar="DIR", type=Path, help="keep a durable inbox here; survives a crash")
    drain.add_argument("--once", action="store_true", help="end when the queue is empty instead of looking again")
    drain.add_argument("--every", metavar="SECONDS", type=float, default=10.0, help="how often to look (10)")
    drain.add_argument(
        "--alerts", metavar="SECONDS", type=float, default=60.0, help="look for alerts so often (60; 0: not)"
    )
    drain.add_argument("--out", metavar="DIR", type=Path, help="write each message to a file in this directory")
    drain.add_argument(
        "--unreadable", choices=("reject", "leave", "handle"), default="reject",
        help="what to do with messages that break the schema (reject)",
    )  # fmt: skip


def _verb(verbs: argparse._SubParsersAction[argparse.ArgumentParser], name: str, about: str) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=about, description=about)
    variables = {field: variable for variable, field in VARIABLES.items()}
    for flag, field, explanation in _COMMON:
        parser.add_argument(flag, dest=field, metavar="X", help=f"{explanation} [{variables[field]}]")
    parser.add_argument("--market", default="NEM", help="X-market (NEM)")
    parser.add_argument("--release", default="r46", help="aseXML release of what the client writes by itself (r46)")
    parser.add_argument("--timeout", type=float, default=30.0, metavar="SECONDS", help="for a whole call (30)")
    parser.add_argument("--attempts", type=int, default=4, metavar="N", help="calls before giving up (4)")
    parser.add_argument("--insecure-plain", action="store_true", help="allow http:// to a host that is not loopback")
    return parser


def run(
    namespace: argparse.Namespace,
    environ: Mapping[str, str],
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
    stdin: BinaryIO | None = None,
) -> int:
    """Do one verb; returns the exit code. ``environ`` gives the defaults; flags win over it."""
    streams = _Streams(stdout or sys.stdout, stderr or sys.stderr, stdin)
    try:
        if namespace.verb == "readings":
            return netstream_verbs.readings(namespace, environ, streams.stdout, streams.stderr)
        verb = VERBS[namespace.verb]
        account = _account(namespace, environ)
        with HubClient.of(account, progress=streams.progress) as client:
            return verb(client, namespace, streams)
    except ClientError as error:
        return streams.fail(str(error), _exit_code(error))
    except BadValue as error:
        return streams.fail(str(error), WRONG_USAGE)
    except OSError as error:
        named = f"{error.filename}: " if error.filename else ""
        return streams.fail(f"{named}{error.strerror or error}", COULD_NOT_START)


class _Streams:
    """Where results, progress and input are."""

    def __init__(self, stdout: TextIO, stderr: TextIO, stdin: BinaryIO | None) -> None:
        self.stdout = stdout
        self.stderr = stderr
        self._stdin = stdin

    def say(self, text: str) -> None:
        print(as_text(text), file=self.stdout, flush=True)

    def fail(self, text: str, code: int) -> int:
        print(f"ehubsim client: {as_text(text)}", file=self.stderr, flush=True)
        return code

    def progress(self, note: Note) -> None:
        if note.what in SHOWN:
            print(as_text(f"{note.what}: {note.text}"), file=self.stderr, flush=True)

    def input(self) -> bytes:
        return (self._stdin or sys.stdin.buffer).read()


def _exit_code(error: ClientError) -> int:
    if error.kind is Kind.USAGE:
        return WRONG_USAGE
    if error.kind in _SAID_NO or (error.status is not None and error.status not in (401, 403) and error.status < 429):
        return FAILED
    return COULD_NOT_START


def _account(namespace: argparse.Namespace, environ: Mapping[str, str]) -> Account:
    values: dict[str, str] = {}
    missing = []
    for variable, field in VARIABLES.items():
        value = getattr(namespace, field) or environ.get(variable)
        if value:
            values[field] = value
        elif field in ("base_url", "participant", "user", "password"):
            missing.append(next(f"{flag} ({variable})" for flag, name, _ in _COMMON if name == field))
    if missing:
        raise ClientError(Kind.USAGE, f"missing: {', '.join(missing)}")
    if namespace.attempts < 1 or not namespace.timeout > 0:
        raise ClientError(Kind.USAGE, "--attempts must be at least 1 and --timeout above 0")
    return Account(
        **values,  # type: ignore[arg-type]  # all of these fields are text
        market=namespace.market,
        release=namespace.release,
        timeout=namespace.timeout,
        retry=Retry(attempts=namespace.attempts),
        insecure_plain=namespace.insecure_plain,
    )


def _submit(client: HubClient, namespace: argparse.Namespace, streams: _Streams) -> int:
    body = streams.input() if namespace.file == "-" else Path(namespace.file).read_bytes()
    send = client.submit_when_clear if namespace.wait else client.submit
    return _tell(send(body, namespace.context_id), streams)


def _tell(receipt: Receipt, streams: _Streams) -> int:
    words = [receipt.status]
    named = (("message", receipt.message_id), ("context", receipt.context_id), ("receipt", receipt.receipt_id))
    words += [f"{name}={value}" for name, value in named if value]
    words += ["duplicate=Yes"] if receipt.duplicate else []
    streams.say(" ".join(words))
    for event in receipt.events:
        streams.say(f"  {event.severity} {event.code}: {event.explanation or event.context or ''}".rstrip(": "))
    return GOOD if receipt.accepted else FAILED


def _queue(client: HubClient, namespace: argparse.Namespace, streams: _Streams) -> int:
    entries = client.queue(namespace.group)
    if namespace.json:
        streams.say(json.dumps([asdict(entry) for entry in entries], indent=2))
        return GOOD
    for entry in entries:
        known = (entry.message_id, entry.sender, entry.priority, entry.received, entry.message_type)
        streams.say("  ".join((entry.context_id, *(value for value in known if value))))
    print(f"{len(entries)} queued", file=streams.stderr, flush=True)
    return GOOD


def _alerts(client: HubClient, namespace: argparse.Namespace, streams: _Streams) -> int:
    if namespace.watch:
        client.progress = lambda note: streams.say(f"{note.what}: {note.text}")
        client.watch(namespace.every, namespace.type)
        return GOOD
    found = client.alerts(namespace.type)
    if namespace.json:
        streams.say(json.dumps([asdict(each) for each in found], indent=2))
        return GOOD
    for alert in found:
        streams.say(str(alert))
    print(f"{len(found)} standing", file=streams.stderr, flush=True)
    return GOOD


def _get(client: HubClient, namespace: argparse.Namespace, streams: _Streams) -> int:
    delivered = client.get(namespace.context_id)
    if namespace.out is None:
        _write_bytes(streams.stdout, delivered.body)
    else:
        namespace.out.write_bytes(delivered.body)
    return GOOD


def _write_bytes(stdout: TextIO, body: bytes) -> None:
    stdout.flush()
    raw = getattr(stdout, "buffer", None)
    if raw is None:
        stdout.write(body.decode("utf-8", "replace"))
    else:
        raw.write(body)
        raw.flush()


def _ack(client: HubClient, namespace: argparse.Namespace, streams: _Streams) -> int:
    context_id, message_id = namespace.context_id, namespace.message_id
    status, events = "Accept", ()
    if namespace.reject is not None:
        code, text = namespace.reject
        if not (code.isascii() and code.isdigit() and len(code) <= 9):
            raise ClientError(Kind.USAGE, f"--reject {code!r}: an event code is a number")
        outcome = rejection(int(code), text)
        status, events = outcome.status, outcome.events  # type: ignore[assignment]  # a longer tuple
    what = context_id if message_id else client.get(context_id)
    return _tell(client.acknowledge(what, message_id, status, events, namespace.ack_id), streams)


def _drain(client: HubClient, namespace: argparse.Namespace, streams: _Streams) -> int:
    files = MessageFiles(namespace.out) if namespace.out is not None else None
    if files is None:
        print("note: without --out the messages are acknowledged and not kept", file=streams.stderr, flush=True)

    def handle(delivered: Delivered) -> None:
        where = f"  {files.write(delivered)}" if files else ""
        names = ", ".join(transaction.name for transaction in delivered.received.transactions) or "acknowledgements"
        streams.say(f"{delivered.context_id}  {delivered.key}  {names}{where}")

    def progress(note: Note) -> None:
        if note.what == "unreadable" and note.delivered is not None and files is not None:
            files.write(note.delivered, ".unreadable.xml")
        streams.progress(note)

    client.progress = progress
    with FileInbox(namespace.inbox) if namespace.inbox is not None else nullcontext(MemoryInbox()) as inbox:
        try:
            done = client.drain(
                handle,
                inbox=inbox,
                until_empty=namespace.once,
                group=namespace.group,
                every=namespace.every,
                unreadable=namespace.unreadable,
                alerts=namespace.alerts,
            )
        except KeyboardInterrupt:
            print("stopped; what was begun is finished by the next drain", file=streams.stderr, flush=True)
            return GOOD
    print(
        f"{done.handled} handled, {done.acknowledged} acknowledged, {done.rejected} rejected, "
        f"{done.repeated} repeated, {len(done.left)} left",
        file=streams.stderr,
        flush=True,
    )
    return FAILED if done.left or done.rejected else GOOD


VERBS: dict[str, Callable[[HubClient, argparse.Namespace, _Streams], int]] = {
    "submit": _submit,
    "queue": _queue,
    "alerts": _alerts,
    "get": _get,
    "ack": _ack,
    "drain": _drain,
}
