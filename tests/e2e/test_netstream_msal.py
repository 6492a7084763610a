"""The sign-in with the client library that Netstream's own samples use, over TLS."""

from __future__ import annotations

import json

import msal
import pytest
import requests
from in_thread import served

from simulator.netstream.model import Given, guid

TENANT = Given().tenant
REQUEST = {
    "reading": [{"timePeriod": {"start": "2026-03-02T00:00:00+11:00", "end": "2026-03-03T00:00:00+11:00"}}],
    "readingType": [{"mRID": "0.0.5.4.1.1.12.0.0.0.0.0.0.0.224.3.72.0"}],
    "usagePoint": [{"mRID": guid("usage-point", "4102034567")}],
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with served(tmp_path_factory.mktemp("certs"), "netstream-solar-day.yaml") as found:
        yield found


@pytest.fixture
def session(site):
    with requests.Session() as opened:
        opened.verify = site.ca
        opened.trust_env = False  # a CA bundle named in the environment would win
        yield opened


@pytest.fixture
def application(site, session):
    def made(secret: str = "s3cret", tenant: str = TENANT) -> msal.ConfidentialClientApplication:
        port = site.url.rpartition(":")[2]
        return msal.ConfidentialClientApplication(
            "app-1",
            client_credential=secret,
            authority=f"https://localhost:{port}/{tenant}",
            instance_discovery=False,
            http_client=session,
        )

    return made


@pytest.mark.parametrize("scope", ["https://graph.microsoft.com/.default", "api://6f1e0f3c/.default"])
def test_a_token_and_readings_with_it(site, session, application, scope):
    token = application().acquire_token_for_client([scope])
    assert "error" not in token, token
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    reply = session.post(f"{site.url}/api/cim17/9/MeterReadings2/get", json=REQUEST, headers=headers)
    assert reply.status_code == 200
    assert reply.headers["Content-Encoding"] == "gzip"
    assert reply.headers["Transfer-Encoding"] == "chunked"
    assert len(reply.json()["meterReading"][0]["intervalBlockInts"][0]["values"]) == 48


def test_a_wrong_secret_is_told_as_entra_tells_it(application):
    refused = application("wrong").acquire_token_for_client(["https://graph.microsoft.com/.default"])
    assert refused["error"] == "invalid_client"
    assert refused["error_codes"] == [7000215]


def test_another_tenant_is_not_found(application):
    with pytest.raises(ValueError, match="Unable to get authority configuration"):
        application(tenant="contoso.example")


def test_the_workspace_prefix_is_part_of_the_addresses(site, session):
    url = f"{site.url}/w/default/{TENANT}/v2.0/.well-known/openid-configuration"
    found = session.get(url).json()
    assert found["token_endpoint"].endswith(f"/w/default/{TENANT}/oauth2/v2.0/token")
    form = {
        "grant_type": "client_credentials",
        "client_id": "app-1",
        "client_secret": "s3cret",
        "scope": "api://x/.default",
    }
    token = session.post(found["token_endpoint"], data=form)
    assert token.status_code == 200, token.text
    assert json.loads(token.text)["token_type"] == "Bearer"
