"""Handshakes in memory: who is let in, who is turned away, and by what."""

from __future__ import annotations

import ssl
from datetime import timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509

from simulator.base.clock import wall_time
from simulator.base.http import Peer
from simulator.devca import ENVIRONMENT, Certificates, ensure, peer_of
from simulator.devca.authority import Issued, Leaf, issue, new_authority

NOW = wall_time()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return ensure(tmp_path_factory.mktemp("certs"), ["RETAILA"], ["hub.example"], NOW)


@pytest.fixture(scope="module")
def authority(certificates: Certificates) -> Issued:
    return Issued(certificates.ca.read_bytes(), (certificates.directory / "ca.key").read_bytes())


def server_context(certificates: Certificates) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server, certificates.server_key)
    context.load_verify_locations(certificates.ca)
    context.verify_mode = ssl.CERT_OPTIONAL
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


def client_context(certificates: Certificates) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(certificates.ca))
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def with_leaf(certificates: Certificates, leaf: Issued, tmp_path: Path) -> ssl.SSLContext:
    (tmp_path / "leaf.pem").write_bytes(leaf.certificate)
    (tmp_path / "leaf.key").write_bytes(leaf.key)
    context = client_context(certificates)
    context.load_cert_chain(tmp_path / "leaf.pem", tmp_path / "leaf.key")
    return context


def shake(server: ssl.SSLContext, client: ssl.SSLContext, name: str = "localhost") -> ssl.SSLObject:
    """Both ends of a handshake, pumped by hand; returns the server's end once both are done."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        server.wrap_bio(to_server, to_client, server_side=True),
        client.wrap_bio(to_client, to_server, server_hostname=name),
    ]
    waiting = list(ends)
    for _ in range(20):
        for end in list(waiting):
            try:
                end.do_handshake()
                waiting.remove(end)
            except ssl.SSLWantReadError:
                pass
        if not waiting:
            return ends[0]
    raise AssertionError("the handshake does not end")


def serial(leaf: Issued) -> str:
    digits = f"{x509.load_pem_x509_certificate(leaf.certificate).serial_number:X}"
    return digits.zfill(len(digits) + len(digits) % 2)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", "hub.example"])
def test_the_server_is_trusted_strictly_under_each_of_its_names(certificates: Certificates, name: str) -> None:
    end = shake(server_context(certificates), client_context(certificates), name)
    assert peer_of(end.getpeercert()) is None


def test_the_server_is_not_another_host(certificates: Certificates) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        shake(server_context(certificates), client_context(certificates), "other.example")


def test_a_participant_is_known_by_its_certificate(certificates: Certificates) -> None:
    client = client_context(certificates)
    client.load_cert_chain(certificates.client("RETAILA"), certificates.client_key("RETAILA"))
    end = shake(server_context(certificates), client)
    by_dict, by_der = peer_of(end.getpeercert()), peer_of(end.getpeercert(binary_form=True))
    made = Issued(certificates.client("RETAILA").read_bytes(), b"")
    assert by_dict == by_der == Peer("RETAILA", ENVIRONMENT, serial(made))


@pytest.mark.parametrize(
    ("leaf", "reason"),
    [
        (Leaf("RETAILA", starts=timedelta(days=-9), lasts=timedelta(days=8)), "certificate has expired"),
        (Leaf("RETAILA", starts=timedelta(days=1)), "certificate is not yet valid"),
        (Leaf("RETAILA", purpose="server"), "(unsuitable|unsupported) certificate purpose"),
        (Leaf("RETAILA", environment="production"), "permitted subtree violation"),
    ],
)
def test_bad_client_certificates_end_the_handshake(
    certificates: Certificates, authority: Issued, tmp_path: Path, leaf: Leaf, reason: str
) -> None:
    client = with_leaf(certificates, issue(authority, leaf, NOW), tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError, match=reason):
        shake(server_context(certificates), client)


def test_certificates_of_other_authorities_end_the_handshake(certificates: Certificates, tmp_path: Path) -> None:
    foreign = trustme.CA()
    of_trustme = Issued(foreign.cert_pem.bytes(), foreign.private_key_pem.bytes())
    other_environment = new_authority(NOW, environment="production")
    for ca in (of_trustme, other_environment, new_authority(NOW)):
        client = with_leaf(certificates, issue(ca, Leaf("RETAILA"), NOW), tmp_path)
        with pytest.raises(ssl.SSLCertVerificationError, match=r"unable to get (local )?issuer certificate"):
            shake(server_context(certificates), client)


def test_an_independent_client_certificate_of_trustme_is_refused_too(
    certificates: Certificates, tmp_path: Path
) -> None:
    issued = trustme.CA().issue_cert("x@example.org", common_name="RETAILA")
    leaf = Issued(issued.cert_chain_pems[0].bytes(), issued.private_key_pem.bytes())
    with pytest.raises(ssl.SSLCertVerificationError):
        shake(server_context(certificates), with_leaf(certificates, leaf, tmp_path))


def test_a_leaf_signs_nothing(certificates: Certificates, tmp_path: Path) -> None:
    leaf = Issued(certificates.client("RETAILA").read_bytes(), certificates.client_key("RETAILA").read_bytes())
    forged = issue(leaf, Leaf("RETAILB"), NOW)
    chain = Issued(forged.certificate + leaf.certificate, forged.key)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake(server_context(certificates), with_leaf(certificates, chain, tmp_path))


CN, OU = (("commonName", "RETAILA"),), (("organizationalUnitName", "ehubsim"),)


@pytest.mark.parametrize(
    "subject", [(), (CN,), (OU,), (CN, CN, OU), (CN, OU, OU), ((("commonName", "A"), ("commonName", "B")), OU)]
)
def test_a_subject_that_does_not_name_one_participant_is_no_peer(subject: object) -> None:
    assert peer_of({"subject": subject, "serialNumber": "01"}) is None


@pytest.mark.parametrize("certificate", [None, {}, b"", b"not DER", b"\x30\x82"])
def test_no_certificate_is_no_peer(certificate: dict[str, object] | bytes | None) -> None:
    assert peer_of(certificate) is None


def test_the_dict_form_needs_only_its_subject() -> None:
    assert peer_of({"subject": (OU, CN)}) == Peer("RETAILA", "ehubsim", "")
