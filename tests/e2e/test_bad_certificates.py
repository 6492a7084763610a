"""Certificates that never get past TLS: nothing of the request is looked at, and every queue stays what it was."""

from __future__ import annotations

import http.client
import ssl
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from in_thread import NMI, PASSWORD, PULL, RETAILER, USER, Site, served

from kit import transfer
from simulator.base.clock import wall_time
from simulator.devca.authority import Issued, Leaf, issue, new_authority

NOW = wall_time()
EXPIRED = Leaf(RETAILER, starts=timedelta(days=-9), lasts=timedelta(days=8))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(tmp_path_factory.mktemp("certs")) as found:
        yield found


def submitted(site: Site, number: int, certificate: str, key: str) -> int:
    """The status of one submission under a certificate, by the standard library alone."""
    context = ssl.create_default_context(cafile=site.ca)
    context.load_cert_chain(certificate, key)
    url = urlsplit(site.url)
    connection = http.client.HTTPSConnection(url.hostname or "", url.port, context=context, timeout=20)
    headers = {
        "Authorization": "Basic " + b64encode(f"{USER}:{PASSWORD}".encode()).decode(),
        "X-initiatingParticipantID": RETAILER,
        "X-market": "NEM",
        "Accept": "application/xml",
        "messageContextID": f"catsm_retaila_{number}",
    }
    try:
        connection.request("POST", PULL + "submitMessages", transfer(number, nmi=NMI).encode(), headers)
        return connection.getresponse().status
    finally:
        connection.close()


def queue(site: Site) -> list[tuple[str, str, str]]:
    hub = site.served.runtime.simulation.hub
    return [(each.context_id, each.message_id, str(each.state)) for each in hub.queue(RETAILER).entries()]


@pytest.mark.parametrize("kind", ["expired", "foreign"])
def test_a_certificate_that_tls_refuses_changes_nothing(site: Site, tmp_path: Path, kind: str) -> None:
    certificates = site.served.certificates
    ours = Issued(certificates.ca.read_bytes(), (certificates.directory / "ca.key").read_bytes())
    leaf = issue(ours, EXPIRED, NOW) if kind == "expired" else issue(new_authority(NOW), Leaf(RETAILER), NOW)
    (tmp_path / "leaf.pem").write_bytes(leaf.certificate)
    (tmp_path / "leaf.key").write_bytes(leaf.key)
    assert submitted(site, 1, site.certificate(), site.key()) == 200
    before, exchanged = queue(site), site.served.runtime.exchanges.noted
    assert before
    with pytest.raises((ssl.SSLError, ConnectionError)):
        submitted(site, 2, str(tmp_path / "leaf.pem"), str(tmp_path / "leaf.key"))
    assert queue(site) == before
    assert site.served.runtime.exchanges.noted == exchanged
    assert not site.served.runtime.bugs
