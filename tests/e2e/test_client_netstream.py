"""The Netstream client against the real server: both drivers, tokens, chunks, rows, and the verb."""

from __future__ import annotations

import argparse
import asyncio
import io
import json
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from in_thread import served

from simulator.asexml import mdff
from simulator.client import blocking, verbs
from simulator.client.aio import NetstreamClient as AioNetstreamClient
from simulator.client.errors import ClientError, Kind
from simulator.client.netstream import NetstreamAccount, _chunks
from simulator.client.retry import Retry
from simulator.netstream.model import Given

TENANT = Given().tenant
HOUSE = "4102034567"
THIRTY = "0.0.5.4.1.1.12.0.0.0.0.0.0.0.224.3.72.0"
DIAL = "0.0.0.1.1.1.12.0.0.0.0.0.0.0.224.3.72.0"


def local(*parts: int) -> datetime:
    return datetime(*parts)  # noqa: DTZ001 - on the clock of the usage point


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return tmp_path_factory.mktemp("certs")


@pytest.fixture(scope="module")
def gaps(certificates):
    with served(certificates, "netstream-gaps.yaml") as found:
        yield found


@pytest.fixture
def site(certificates):
    with served(certificates, "netstream-token-expiry.yaml") as found:
        yield found


def account(site, **changed) -> NetstreamAccount:
    options = {"ca": site.ca, "now": site.served.runtime.clock.now, "retry": Retry(attempts=2)}
    return NetstreamAccount(**{
        "base_url": site.url, "tenant": TENANT, "client_id": "app-1", "client_secret": "s3cret", "options": options,
        **changed,
    })  # fmt: skip


def test_a_day_of_rows(gaps):
    with blocking.NetstreamClient(account(gaps)) as client:
        rows = client.readings([THIRTY], local(2026, 3, 5), local(2026, 3, 6), usage_points=[HOUSE])
    assert len(rows) == 48
    assert (rows[0].point, rows[0].unit) == (HOUSE, "kWh")
    assert (rows[0].start, rows[0].end) == (local(2026, 3, 5), local(2026, 3, 5, 0, 30))
    assert isinstance(rows[0].value, Decimal)
    failed = [row.start.hour for row in rows if row.qualities == ("1.2.32",)]
    assert failed == [13, 13, 14, 14, 15]
    assert rows.csv().splitlines()[1].startswith(f"{HOUSE},,{THIRTY},2026-03-05T00:00:00,2026-03-05T00:30:00,")


def test_asyncio_gives_the_same(gaps):
    async def ask():
        async with AioNetstreamClient(account(gaps)) as client:
            return await client.readings([THIRTY], local(2026, 3, 5), local(2026, 3, 6), usage_points=[HOUSE])

    with blocking.NetstreamClient(account(gaps)) as client:
        assert asyncio.run(ask()) == client.readings(
            [THIRTY], local(2026, 3, 5), local(2026, 3, 6), usage_points=[HOUSE]
        )


def test_chunks_are_the_whole(gaps):
    period = (local(2025, 9, 1), local(2026, 3, 1))
    with blocking.NetstreamClient(account(gaps, chunk=timedelta(days=17))) as client:
        in_parts = client.readings([THIRTY, DIAL], *period, usage_points=[HOUSE])
    with blocking.NetstreamClient(account(gaps, chunk=timedelta(days=400))) as client:
        at_once = client.readings([THIRTY, DIAL], *period, usage_points=[HOUSE])
    intervals = [row for row in in_parts if row.reading_type == THIRTY]
    assert len(intervals) == 181 * 48 - 2
    assert in_parts == at_once
    assert [row.start for row in in_parts if row.reading_type == DIAL] == [None] * 6


def test_a_period_without_an_end_is_asked_for_in_chunks_too(gaps):
    with blocking.NetstreamClient(account(gaps, chunk=timedelta(days=17))) as client:
        rows = client.readings([THIRTY], local(2026, 2, 1), usage_points=[HOUSE])
    assert (rows[0].start, rows[-1].end) == (local(2026, 2, 1), local(2026, 3, 20, 10))
    assert len(rows) == len({row.start for row in rows}) == 47 * 48 + 20 - 21


@pytest.mark.parametrize(
    ("start", "asked"),
    [
        (local(2026, 2, 1), [(local(2026, 2, 1), local(2026, 2, 18)), (local(2026, 2, 18), None)]),
        (local(2026, 3, 19), [(local(2026, 3, 19), None)]),
        (local(2027, 1, 1), [(local(2027, 1, 1), None)]),
    ],
)
def test_chunks_without_an_end(start, asked):
    assert list(_chunks(start, None, timedelta(days=17), local(2026, 3, 5))) == asked


@pytest.mark.parametrize(("day", "count"), [((2025, 10, 5), 46), ((2025, 4, 6), 50)])
def test_days_of_clock_changes(gaps, day, count):
    with blocking.NetstreamClient(account(gaps)) as client:
        start = local(*day)
        rows = client.readings([THIRTY], start, start + timedelta(days=1), usage_points=[HOUSE])
    assert len(rows) == count
    assert all(row.end.minute in (0, 30) for row in rows)
    assert rows[-1].end == start + timedelta(days=1)


def test_a_token_is_renewed_before_it_ends_and_when_it_has(site):
    with blocking.NetstreamClient(account(site)) as client:

        def ask():
            return client.readings([THIRTY], local(2026, 3, 5), local(2026, 3, 6), usage_points=[HOUSE])

        assert ask() == ask()
        tokens = [each for each in site.served.runtime.exchanges if each.path.endswith("/token")]
        assert len(tokens) == 1
        site.advance(seconds=61)
        ask()
        site.advance(seconds=130)
        client.session._token = (client.session._token[0], client.session._token[1] + timedelta(days=1))
        ask()
    statuses = [each.status for each in site.served.runtime.exchanges]
    assert statuses == [200, 200, 200, 200, 200, 401, 200, 200]


def test_what_the_server_says_is_told(gaps):
    with blocking.NetstreamClient(account(gaps, client_secret="wrong")) as client:
        with pytest.raises(ClientError, match="AADSTS7000215: Invalid client secret") as refused:
            client.readings([THIRTY], local(2026, 3, 5), usage_points=[HOUSE])
        assert refused.value.status == 401
    with (
        blocking.NetstreamClient(account(gaps)) as client,
        pytest.raises(ClientError, match=r"GetMeterReadings\.ReadingType\[0\]\.mRID: '5' is not a reading type"),
    ):
        client.readings(["5"], local(2026, 3, 5), usage_points=[HOUSE])
    with blocking.NetstreamClient(account(gaps)) as client, pytest.raises(ClientError) as wrong:
        client.readings([THIRTY], local(2026, 3, 5), local(2026, 3, 5), usage_points=[HOUSE])
    assert wrong.value.kind is Kind.USAGE


def test_a_status_without_words_is_told_in_netstreams_own(certificates):
    with served(certificates, "netstream-troubles.yaml") as site, blocking.NetstreamClient(account(site)) as client:
        with pytest.raises(ClientError, match=r"get answered HTTP 401: the token is not taken.* limit of calls"):
            client.readings([THIRTY], local(2026, 1, 5), local(2026, 1, 6), usage_points=[HOUSE])
        assert len(client.readings([THIRTY], local(2026, 1, 8), local(2026, 1, 9), usage_points=[HOUSE])) == 48


def done(site, *words: str) -> tuple[int, str, str]:
    parser = argparse.ArgumentParser()
    verbs.add_arguments(parser)
    out, err = io.StringIO(), io.StringIO()
    environ = {
        "EHUBSIM_URL": site.url,
        "EHUBSIM_CA": site.ca,
        "EHUBSIM_NETSTREAM_TENANT": TENANT,
        "EHUBSIM_NETSTREAM_CLIENT_ID": "app-1",
        "EHUBSIM_NETSTREAM_CLIENT_SECRET": "s3cret",
    }
    code = verbs.run(parser.parse_args(["readings", *words]), environ, out, err)
    return code, out.getvalue(), err.getvalue()


DAY = ("--nmi", HOUSE, "--from", "2026-03-05", "--to", "2026-03-06")


def test_the_verb_as_a_table_csv_and_json(gaps):
    code, out, err = done(gaps, *DAY, "--type", "E1")
    assert (code, err) == (0, "48 readings\n")
    assert out.splitlines()[0].startswith(f"2026-03-05 00:30  {HOUSE}  E  0.")
    assert done(gaps, *DAY, "--csv")[1].count("\n") == 97
    rows = json.loads(done(gaps, *DAY, "--json", "--type", THIRTY)[1])
    assert rows[26]["qualities"] == ["1.2.32"]
    assert len(done(gaps, *DAY, "--type", "E1", "--interval", "1440")[1].splitlines()) == 1


def test_the_verb_as_nem12(gaps):
    code, out, _ = done(gaps, "--nmi", HOUSE, "--from", "2026-03-04T01:00:00", "--to", "2026-03-07T01:00:00", "--nem12")
    assert code == 0
    data = mdff.read(out)
    assert not data.faults
    assert sorted({day.date.isoformat() for day in data.records}) == ["2026-03-04", "2026-03-05", "2026-03-06"]
    assert {day.suffix for day in data.records} == {"E1", "B1"}
    assert any(event.quality == "S52" for day in data.records for event in day.events)
    told = done(gaps, *DAY, "--nem12")
    assert "2 days are not whole in market time" in told[2]
    assert "one is from 2026-03-" in told[2]
    assert "T01:00 to 2026-03-" in told[2]


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_the_verb_draws(gaps, tmp_path, suffix):
    out = tmp_path / f"day{suffix}"
    words = ("--nmi", HOUSE, "--from", "2026-03-01", "--to", "2026-03-07", "--chart", str(out))
    assert done(gaps, *words)[0] == 0
    drawn = out.read_bytes()
    assert drawn.startswith(b"\x89PNG" if suffix == ".png" else b"<?xml")
    assert len(drawn) > 10_000
    code, _, err = done(gaps, *DAY, "--chart", str(tmp_path / "day.txt"))
    assert (code, ".png, .svg" in err) == (2, True)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--nmi", HOUSE, "--from", "yesterday"), 2, "is not a time such as"),
        (("--from", "2026-03-05"), 2, "name a usage point"),
        ((*DAY, "--zone", "Nowhere"), 2, "is no time zone"),
        ((*DAY, "--type", "X9"), 2, "no suffix of known direction"),
        ((*DAY, "--client-secret", "wrong"), 3, "AADSTS7000215"),
        ((*DAY, "--timeout", "0"), 2, "--timeout"),
        (("--nmi", "9999999999", "--from", "2026-03-05", "--to", "2026-03-06"), 1, "0 readings"),
    ],
)
def test_what_goes_wrong_is_one_line(gaps, words, code, told):
    found, _, err = done(gaps, *words)
    assert (found, told in err) == (code, True), err
    assert err.count("\n") == 1
