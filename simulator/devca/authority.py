"""The only place that makes and reads X.509: a CA, leaves it signs, and what a certificate on disk says.

Keys are P-256. Extensions as OpenSSL's strict verification (Python 3.13's default) asks for: RFC 5280 §4.2.
Importing this loads ``cryptography``; `simulator.devca.directory` does so only when there is something to issue.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from simulator.base.errors import BadValue
from simulator.devca.names import ENVIRONMENT, ORGANIZATION, normal_san

CA_LASTS = timedelta(days=20 * 365)
LEAF_LASTS = {"server": timedelta(days=820), "client": timedelta(days=10 * 365)}
"""Apple's TLS refuses server certificates of more than 825 days; every start renews what ends within a year."""
STARTS = timedelta(days=-2)
"""Certificates start before they are made: clocks of containers and test machines differ."""

_Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
_PURPOSES = {"server": ExtendedKeyUsageOID.SERVER_AUTH, "client": ExtendedKeyUsageOID.CLIENT_AUTH}
_KINDS = {NameOID.COMMON_NAME: "commonName", NameOID.ORGANIZATIONAL_UNIT_NAME: "organizationalUnitName"}


class Issued(msgspec.Struct, frozen=True):
    """A certificate and its private key, both PEM."""

    certificate: bytes
    key: bytes


class Leaf(msgspec.Struct, frozen=True):
    """What a leaf is to say. ``starts`` counts from now; ``purpose`` is ``client`` or ``server``.

    Every field may be set wrongly on purpose: ``starts=timedelta(days=-9), lasts=timedelta(days=8)`` is expired,
    ``starts=timedelta(days=1)`` not yet valid, ``purpose="server"`` no client's, ``environment`` another one's.
    """

    name: str
    purpose: str = "client"
    environment: str = ENVIRONMENT
    sans: tuple[str, ...] = ()
    starts: timedelta = STARTS
    lasts: timedelta | None = None
    """None: as `LEAF_LASTS` says for the purpose."""


class Seen(msgspec.Struct, frozen=True):
    """What a certificate on disk says of itself. ``sans`` as `normal_san` writes them; ``ours`` by its organization."""

    not_after: datetime
    sans: frozenset[str] = frozenset()
    ours: bool = True


def new_key() -> bytes:
    """A fresh P-256 private key, PKCS #8 PEM, not encrypted."""
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def new_weak_key() -> bytes:
    """A fresh RSA key of 1024 bits, which every security level but the lowest refuses."""
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - weak on purpose
    return weak.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def new_authority(
    now: datetime, environment: str = ENVIRONMENT, key: bytes | None = None, lasts: timedelta = CA_LASTS
) -> Issued:
    """A self-signed CA. Each has a name of its own, so that trusting an old and a new one confuses no client.

    It may vouch for names of its environment only: TLS itself refuses a certificate that was issued for another.
    """
    key = key or new_key()
    private = _private_key(key)
    identifier = x509.SubjectKeyIdentifier.from_public_key(private.public_key())
    subject = _name(f"ehubsim development CA {identifier.digest.hex()[:8]}", environment)
    builder = (
        _builder(subject, subject, private, now + STARTS, now + lasts)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(ca=True), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(_within(environment), critical=False)
    )
    return Issued(_pem(builder.sign(private, hashes.SHA256())), key)


def issue(authority: Issued, leaf: Leaf, now: datetime, key: bytes | None = None) -> Issued:
    """A leaf signed by ``authority``, for ``key`` or a new one. It never outlives the authority."""
    key = key or new_key()
    private, signer = _private_key(key), _private_key(authority.key)
    ca = x509.load_pem_x509_certificate(authority.certificate)
    not_before = now + leaf.starts
    not_after = min(not_before + (leaf.lasts or LEAF_LASTS[leaf.purpose]), ca.not_valid_after_utc)
    builder = (
        _builder(_name(leaf.name, leaf.environment), ca.subject, private, not_before, not_after)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([_PURPOSES[leaf.purpose]]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
        .add_extension(_authority_identifier(ca), critical=False)
    )
    if leaf.sans:
        builder = builder.add_extension(x509.SubjectAlternativeName(map(_general_name, leaf.sans)), critical=False)
    return Issued(_pem(builder.sign(signer, hashes.SHA256())), key)


def seen_authority(ca: bytes, key: bytes | None) -> Seen:
    """What a CA says; raises `ValueError` when it is unreadable or its key, if it is there, is another's."""
    certificate = x509.load_pem_x509_certificate(ca)
    if key is not None:
        _same_key(certificate, key)
    organizations = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return Seen(certificate.not_valid_after_utc, ours=[part.value for part in organizations] == [ORGANIZATION])


def seen_leaf(leaf: Issued, ca: bytes, name: str) -> Seen:
    """What a leaf says; raises `ValueError` unless it is readable, ours, that CA's, of that name, and fits its key."""
    certificate = x509.load_pem_x509_certificate(leaf.certificate)
    _same_key(certificate, leaf.key)
    if certificate.subject != _name(name, ENVIRONMENT):
        raise ValueError("another subject")
    try:
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(ca))
    except (InvalidSignature, TypeError) as error:
        raise ValueError("another issuer") from error
    return Seen(certificate.not_valid_after_utc, frozenset(_sans(certificate)))


def subject_of(der: bytes) -> tuple[list[tuple[str, str]], str]:
    """(kind, value) of the subject's parts, and the serial as ``getpeercert()`` writes it; no parts if unreadable."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        parts = [(_KINDS.get(part.oid, part.oid.dotted_string), str(part.value)) for part in certificate.subject]
    except ValueError:
        return [], ""
    digits = f"{certificate.serial_number:X}"
    return parts, digits.zfill(len(digits) + len(digits) % 2)


def _general_name(name: str) -> x509.GeneralName:
    normal = normal_san(name)
    try:
        return x509.IPAddress(ipaddress.ip_address(normal))
    except ValueError:
        return x509.DNSName(normal)


def _sans(certificate: x509.Certificate) -> Iterable[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return [normal_san(str(name.value)) for name in names]


def _builder(
    subject: x509.Name, issuer: x509.Name, key: _Key, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start.astimezone(UTC))
        .not_valid_after(end.astimezone(UTC))
    )


def _within(environment: str) -> x509.NameConstraints:
    """Subjects of that environment. Not critical: a library that knows no such constraint may pass over it."""
    return x509.NameConstraints([x509.DirectoryName(x509.Name(_place(environment)))], excluded_subtrees=None)


def _place(environment: str) -> list[x509.NameAttribute[str]]:
    return [
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANIZATION),
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, environment),
    ]


def _name(common_name: str, environment: str) -> x509.Name:
    return x509.Name([*_place(environment), x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _authority_identifier(ca: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    try:
        own = ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier(
            x509.SubjectKeyIdentifier.from_public_key(ca.public_key()).digest, None, None
        )
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _private_key(pem: bytes) -> _Key:
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except TypeError as error:
        raise BadValue("the private key is encrypted", rule="certs.key") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise BadValue("the private key is neither EC nor RSA", rule="certs.key")
    return key


def is_key(pem: bytes) -> bool:
    """Whether this is a private key that can be used."""
    try:
        _private_key(pem)
    except ValueError:
        return False
    return True


def _same_key(certificate: x509.Certificate, key: bytes) -> None:
    if certificate.public_key() != _private_key(key).public_key():
        raise ValueError("the key belongs to another certificate")


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
