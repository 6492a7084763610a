"""``ehubsim client readings``: readings of Netstream as a table, CSV, JSON, NEM12 or a chart."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from simulator.asexml import mdff
from simulator.asexml.mdff_model import Header, IntervalDay, IntervalEvent, NmiDataDetails, number_text
from simulator.base.clock import MARKET_ZONE
from simulator.base.errors import BadValue
from simulator.cim.nem import reading_type_of, suffix_letter_of
from simulator.cim.reading_type import ReadingType
from simulator.cim.scalars import read_moment
from simulator.client.account import Options
from simulator.client.blocking import NetstreamClient
from simulator.client.errors import ClientError, Kind
from simulator.client.netstream import VARIABLES, NetstreamAccount
from simulator.client.netstream_rows import Row, Rows
from simulator.client.retry import Retry

GOOD, FAILED = 0, 1
_ACCOUNT = (
    ("--url", "base_url", "base URL, such as https://127.0.0.1:9319"),
    ("--tenant", "tenant", "tenant id"),
    ("--client-id", "client_id", "application id"),
    ("--client-secret", "client_secret", "its secret (better: EHUBSIM_NETSTREAM_CLIENT_SECRET)"),
)
_SUBJECTS = (
    ("--nmi", "NMI", "usage point, by NMI, name or mRID"),
    ("--group", "NAME", "usage point group"),
    ("--meter", "SERIAL", "meter"),
    ("--type", "CODE", "reading type, or a suffix such as E1 (E1 and B1)"),
)
_DAY = timedelta(days=1)


def add_arguments(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verb and its options."""
    about = "readings of a usage point from Netstream: a table, a file or a chart"
    parser = verbs.add_parser("readings", help=about, description=about)
    variables = {field: variable for variable, field in VARIABLES.items()}
    for flag, field, explanation in _ACCOUNT:
        parser.add_argument(flag, dest=field, metavar="X", help=f"{explanation} [{variables[field]}]")
    parser.add_argument("--ca", metavar="X", help="PEM file with the CA to trust [EHUBSIM_CA]")
    parser.add_argument("--scope", default="https://graph.microsoft.com/.default", help="scope of the token (Graph's)")
    for flag, metavar, explanation in _SUBJECTS:
        parser.add_argument(flag, action="append", default=[], metavar=metavar, help=f"{explanation}; repeatable")
    parser.add_argument("--from", dest="start", required=True, metavar="TIME", help="2026-03-02, or to the minute")
    parser.add_argument("--to", dest="end", metavar="TIME", help="until when (now)")
    parser.add_argument("--interval", type=int, default=30, metavar="MINUTES", help="of suffixes; 1440: days (30)")
    parser.add_argument("--zone", default="Australia/Sydney", help="time zone of the usage points (Australia/Sydney)")
    parser.add_argument(
        "--chart", type=Path, metavar="F", help="draw them: .png, .svg or .pdf (needs the extra 'chart')"
    )
    form = parser.add_mutually_exclusive_group()
    for name in ("csv", "json", "nem12"):
        form.add_argument(f"--{name}", dest="form", action="store_const", const=name, help=f"as {name.upper()}")
    parser.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS", help="for a whole call (60)")
    parser.add_argument("--attempts", type=int, default=4, metavar="N", help="calls before giving up (4)")
    parser.add_argument("--insecure-plain", action="store_true", help="allow http:// to a host that is not loopback")


def readings(namespace: argparse.Namespace, environ: Mapping[str, str], stdout: TextIO, stderr: TextIO) -> int:
    """Do it; returns the exit code: 1 when there are none. Raises `ClientError`, `BadValue`, `OSError`."""
    account = _account(namespace, environ)
    if not (namespace.nmi or namespace.group or namespace.meter):
        raise ClientError(Kind.USAGE, "name a usage point (--nmi), a group (--group) or a meter (--meter)")
    types = [_type(each, namespace.interval) for each in namespace.type or ("E1", "B1")]
    start, end = read_moment(namespace.start), None if namespace.end is None else read_moment(namespace.end)
    if end is not None and (start.tzinfo is None) != (end.tzinfo is None):
        raise ClientError(Kind.USAGE, "--from and --to: give both an offset, or neither")
    with NetstreamClient(account) as client:
        rows = client.readings(
            types, start, end, usage_points=namespace.nmi, groups=namespace.group, meters=namespace.meter
        )
    if namespace.chart is not None:
        from simulator.client.netstream_chart import draw  # noqa: PLC0415 - brings matplotlib, an extra

        draw(rows, namespace.chart, account.zone)
        print(f"drawn: {namespace.chart}", file=stderr, flush=True)
    if namespace.chart is None or namespace.form is not None:
        stdout.write(_formed(rows, namespace.form, account, stderr))
        stdout.flush()
    print(f"{len(rows)} readings", file=stderr, flush=True)
    return GOOD if rows else FAILED


def _account(namespace: argparse.Namespace, environ: Mapping[str, str]) -> NetstreamAccount:
    found = {field: getattr(namespace, field) or environ.get(variable) for variable, field in VARIABLES.items()}
    variables = {field: variable for variable, field in VARIABLES.items()}
    missing = [f"{flag} ({variables[field]})" for flag, field, _ in _ACCOUNT if not found[field]]
    if missing:
        raise ClientError(Kind.USAGE, f"missing: {', '.join(missing)}")
    if namespace.attempts < 1 or not namespace.timeout > 0:
        raise ClientError(Kind.USAGE, "--attempts must be at least 1 and --timeout above 0")
    try:
        ZoneInfo(namespace.zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise ClientError(Kind.USAGE, f"--zone {namespace.zone!r} is no time zone such as Australia/Sydney") from None
    options = Options(
        timeout=namespace.timeout, retry=Retry(attempts=namespace.attempts), insecure_plain=namespace.insecure_plain
    )
    options["ca"] = namespace.ca or environ.get("EHUBSIM_CA")
    given = {name: text or "" for name, text in found.items()}
    who = (given["base_url"], given["tenant"], given["client_id"], given["client_secret"])
    return NetstreamAccount(*who, namespace.scope, namespace.zone, options=options)


def _type(text: str, minutes: int) -> str:
    """A code as it is; a suffix with its unit and the length of intervals."""
    if len(text) == 2:
        return reading_type_of(text, "kVArh" if text[0] in "QK" else "kWh", minutes).text
    return ReadingType.parse(text).text


def _formed(rows: Rows, form: str | None, account: NetstreamAccount, stderr: TextIO) -> str:
    if form == "csv":
        return rows.csv()
    if form == "json":
        return msgspec.json.format(msgspec.json.encode(rows), indent=1).decode() + "\n"
    if form == "nem12":
        return _nem12(rows, account, stderr)
    return "".join(f"{_line(row)}\n" for row in rows)


def _line(row: Row) -> str:
    end = "-" if row.end is None else f"{row.end:%Y-%m-%d %H:%M}"
    value = "-" if row.value is None else number_text(row.value)
    return "  ".join((end, row.point, _named(row), f"{value} {row.unit}", *row.qualities))


def _named(row: Row) -> str:
    try:
        return suffix_letter_of(ReadingType.parse(row.reading_type)) or row.reading_type
    except BadValue:
        return row.reading_type


# NEM12


def _nem12(rows: Rows, account: NetstreamAccount, stderr: TextIO) -> str:
    """Whole market days; what is not whole is told and left out."""
    days: list[IntervalDay] = []
    left: list[date] = []
    zone = ZoneInfo(account.zone)
    timed = (row for row in rows if row.start is not None)
    for key, found in groupby(timed, key=lambda row: (row.point, row.reading_type)):
        for day, of_day in groupby(_on_market_clock(found, zone), key=lambda each: each[0]):
            made = _day(key, day, [row for _, row in of_day])
            if made is None:
                left.append(day)
            else:
                days.append(made)
    if left:
        begin = datetime.combine(left[0], datetime.min.time(), MARKET_ZONE)
        span = " to ".join(f"{each.astimezone(zone):%Y-%m-%dT%H:%M}" for each in (begin, begin + _DAY))
        said = f"{len(set(left))} days are not whole in market time, and left out; in {account.zone} one is from {span}"
        print(said, file=stderr, flush=True)
    now = account.wire.now().astimezone(MARKET_ZONE)
    return mdff.write_nem12(Header("NEM12", now, "EHUBSIM", "EHUBSIM"), days)


def _on_market_clock(rows: Iterator[Row], zone: ZoneInfo) -> Iterator[tuple[date, Row]]:
    """The market day each reading belongs to. The second of two equal local hours comes after the first."""
    before: datetime | None = None
    for row in rows:
        begin = row.start or datetime.min  # noqa: DTZ901 - rows without a start were left out
        aware = begin.replace(tzinfo=zone)
        if before is not None and aware.astimezone(UTC) < before:
            aware = begin.replace(tzinfo=zone, fold=1)
        before = aware.astimezone(UTC)
        yield before.astimezone(MARKET_ZONE).date(), row


def _day(key: tuple[str, str], day: date, rows: list[Row]) -> IntervalDay | None:
    point, code = key
    asked = ReadingType.parse(code)
    letter, minutes = suffix_letter_of(asked), asked.minutes
    if letter is None or not minutes or len(rows) * minutes != 1440:
        return None
    suffix = f"{letter}1"
    unit = "kVArh" if letter in "QK" else "kWh"
    scale = int(asked.multiplier) - 3
    details = NmiDataDetails(point, suffix, suffix, suffix, suffix, rows[0].meter or "", unit, minutes)
    text = ",".join(number_text((row.value or Decimal(0)).scaleb(scale)) for row in rows)
    updated = datetime.combine(day + _DAY, datetime.min.time(), MARKET_ZONE)
    qualities = [_quality(row) for row in rows]
    spans = tuple(_spans(qualities))
    if len(spans) == 1:
        return IntervalDay(details, day, text, spans[0].quality, spans[0].reason, updated_at=updated)
    return IntervalDay(details, day, text, "V", updated_at=updated, events=spans)


def _spans(qualities: list[str]) -> Iterator[IntervalEvent]:
    start = 1
    for quality, run in groupby(qualities):
        end = start + len(list(run)) - 1
        yield IntervalEvent(start, end, quality, 76 if quality[0] == "S" else 78 if quality == "N" else None)
        start = end + 1


def _quality(row: Row) -> str:
    if row.value is None:
        return "N"
    estimated = any(code.split(".")[1:2] in (["7"], ["8"], ["11"]) for code in row.qualities)
    return "S52" if estimated else "A"
