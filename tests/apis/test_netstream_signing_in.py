"""Tokens: the sign-in after Entra, and the bearer check after ASP.NET."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
from msgspec import structs
from msgspec.structs import replace

from netstream_kit import CLIENT, GIVEN, READINGS, TOKEN, Portal, asking, story
from simulator.base.http import Headers, HttpRequest
from simulator.netstream.model import Client

OPENID = f"/{GIVEN.tenant}/v2.0/.well-known/openid-configuration"
RAW = json.dumps(asking()).encode()


async def test_a_token():
    reply = await Portal.open().sign_in()
    found = json.loads(reply.body)
    assert (found["token_type"], found["expires_in"], found["ext_expires_in"]) == ("Bearer", 3599, 3599)
    claims = json.loads(base64.urlsafe_b64decode(found["access_token"].split(".")[1] + "=="))
    assert claims["aud"] == "https://graph.microsoft.com"
    assert claims["tid"] == GIVEN.tenant
    assert claims["exp"] - claims["iat"] == 3599
    assert dict(reply.headers)["Cache-Control"] == "no-store, no-cache"


@pytest.mark.parametrize(
    ("fields", "status", "error", "code"),
    [
        ({"grant_type": ""}, 400, "invalid_request", 900144),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"client_id": ""}, 400, "invalid_request", 900144),
        ({"client_id": "nobody"}, 400, "unauthorized_client", 700016),
        ({"client_secret": ""}, 401, "invalid_client", 7000218),
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_secret": "wröng"}, 401, "invalid_client", 7000215),
        ({"scope": ""}, 400, "invalid_request", 900144),
        ({"scope": "https://graph.microsoft.com/User.Read"}, 400, "invalid_scope", 1002012),
        ({"scope": "/.default"}, 400, "invalid_scope", 1002012),
        ({"scope": "api://a/.default api://b/.default"}, 400, "invalid_scope", 70011),
        ({"scope": "https://elsewhere.example/.default"}, 400, "invalid_resource", 500011),
    ],
)
async def test_what_entra_refuses(fields, status, error, code):
    reply = await Portal.open().sign_in(**fields)
    found = json.loads(reply.body)
    assert (reply.status, found["error"], found["error_codes"]) == (status, error, [code])
    assert found["error_description"].startswith(f"AADSTS{code}: ")
    for part in ("Trace ID: ", "Correlation ID: ", "Timestamp: 2026-03-19 23:00:00Z"):
        assert part in found["error_description"]
    assert found["trace_id"] in found["error_description"]


async def test_another_tenant():
    reply = await Portal.open().sign_in(path="/contoso.example/oauth2/v2.0/token")
    assert (reply.status, json.loads(reply.body)["error_codes"]) == (400, [90002])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"grant_type=client_credentials&grant_type=x", 9000411),
        (b"&".join(b"a%d=1" % number for number in range(200)), 9000411),
        (b"\xff", 9000411),
        (b"x" * 70_000, 90014),
        (b"", 900144),
    ],
)
async def test_forms_that_are_none(body, code):
    reply = await Portal.open().call("POST", TOKEN, body, {"Content-Type": "application/x-www-form-urlencoded"})
    assert (reply.status, json.loads(reply.body)["error_codes"]) == (400, [code])


async def test_json_is_no_form():
    reply = await Portal.open().call("POST", TOKEN, b"{}", {"Content-Type": "application/json"})
    assert json.loads(reply.body)["error_codes"] == [900144]


async def test_the_token_endpoint_takes_post_only():
    reply = await Portal.open().call("GET", TOKEN)
    assert json.loads(reply.body)["error_codes"] == [900561]


async def test_credentials_by_basic():
    header = "Basic " + base64.b64encode(b"app-1:s3cret").decode()
    form = b"grant_type=client_credentials&scope=api%3A%2F%2Fx%2F.default"
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": header}
    assert (await Portal.open().call("POST", TOKEN, form, headers)).status == 200
    broken = await Portal.open().call("POST", TOKEN, form, headers | {"Authorization": "Basic !"})
    assert json.loads(broken.body)["error_codes"] == [9000411]


async def test_what_msal_asks_first():
    portal = Portal.open()

    async def no_body(limit: int) -> bytes:
        return b""

    request = HttpRequest("GET", OPENID, headers=Headers({"Host": "localhost:9319"}), prefix="/w/default")
    found = json.loads((await portal.house.exchange(request, no_body)).body)
    base = f"https://localhost:9319/w/default/{GIVEN.tenant}"
    assert found["token_endpoint"] == f"{base}/oauth2/v2.0/token"
    assert found["issuer"] == f"{base}/v2.0"
    evil = structs.replace(request, headers=Headers({"Host": 'x"\r\nSet-Cookie: a'}))
    assert b"Set-Cookie" not in (await portal.house.exchange(evil, no_body)).body
    keys = await portal.call("GET", f"/{GIVEN.tenant}/discovery/v2.0/keys")
    assert json.loads(keys.body) == {"keys": []}
    assert (await portal.call("POST", OPENID)).status == 405


def challenge(reply) -> str:
    return dict(reply.headers)["WWW-Authenticate"]


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer  ", "Basic abc", "bearer"])
async def test_no_token(header):
    headers = {"Content-Type": "application/json"} | ({} if header is None else {"Authorization": header})
    reply = await Portal.open().call("POST", READINGS, RAW, headers)
    assert (reply.status, reply.body, challenge(reply)) == (401, b"", "Bearer")


async def test_an_expired_token_and_a_new_one():
    portal = Portal.open()
    assert (await portal.post(RAW)).status == 200
    await portal.house.advance(timedelta(seconds=3598))
    assert (await portal.post(RAW)).status == 200
    await portal.house.advance(timedelta(seconds=1))
    reply = await portal.post(RAW)
    assert (reply.status, reply.body, reply.rule) == (401, b"", "netstream.token-expired")
    assert 'error="invalid_token", error_description="The token expired at ' in challenge(reply)
    await portal.sign_in()
    assert (await portal.post(RAW)).status == 200


def forged(token: str, **claims: object) -> str:
    head, body, signature = token.split(".")
    told = json.loads(base64.urlsafe_b64decode(body + "=="))
    body = base64.urlsafe_b64encode(json.dumps(told | claims).encode()).rstrip(b"=").decode()
    return f"{head}.{body}.{signature}"


async def test_forged_and_broken_tokens():
    portal = Portal.open()
    await portal.sign_in()
    good = portal.token
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    for token in (
        forged(good, azp="app-2"),
        forged(good, exp=9_999_999_999),
        good[:-2] + "AA",
        unsigned + "." + good.split(".")[1] + ".",
        "x",
        "a.b.c",
        "a.b.c.d",
        "é.é.é",
        "x" * 20_000,
    ):
        portal.token = token
        reply = await portal.post(RAW)
        assert (reply.status, reply.body) == (401, b""), token[:50]
        assert reply.rule.startswith("netstream.token-")
        assert challenge(reply).startswith('Bearer error="invalid_token", error_description="')


async def test_a_token_of_another_seed():
    portal = Portal.open()
    portal.token = "unused"
    other = Portal.open(story(seed=8))
    await other.sign_in()
    portal.token = other.token
    assert (await portal.post(RAW)).rule == "netstream.token-signature"


async def test_a_token_for_another_audience():
    given = replace(GIVEN, audience="api://netstream")
    portal = Portal.open(story(given=given))
    assert (await portal.sign_in(scope="https://graph.microsoft.com/.default")).status == 200
    reply = await portal.post(RAW)
    assert (reply.status, reply.rule) == (401, "netstream.token-audience")
    assert "The audience 'https://graph.microsoft.com' is invalid" in challenge(reply)
    await portal.sign_in(scope="api://netstream/.default")
    assert (await portal.post(RAW)).status == 200


async def test_an_application_that_is_gone():
    stranger = Client("app-9", "x")
    portal = Portal.open(story(given=replace(GIVEN, clients=(CLIENT, stranger))))
    await portal.sign_in(stranger)
    left = Portal.open()
    left.token = portal.token
    assert (await left.post(RAW)).rule == "netstream.token-client"


async def test_the_lifetime_of_tokens_by_switch():
    reply = await Portal.open(story(token_lifetime=60)).sign_in()
    assert json.loads(reply.body)["expires_in"] == 60
