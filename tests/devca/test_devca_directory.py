from __future__ import annotations

import io
import os
import stat
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from simulator.base.clock import wall_time
from simulator.base.errors import BadValue
from simulator.devca import Certificates, bundle, ensure
from simulator.devca.authority import Issued, Leaf, issue, new_authority

NOW = datetime(2026, 3, 2, tzinfo=UTC)
YEAR = timedelta(days=365)


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def names(path: Path) -> set[str]:
    sans = certificate(path).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(name.value) for name in sans}


def changed(before: dict[str, bytes], directory: Path) -> set[str]:
    after = contents(directory)
    return {name for name in after if before.get(name) != after[name]} - {".issued.json"}


def test_everything_is_made_once(tmp_path: Path) -> None:
    directory = tmp_path / "deep" / "certs"
    certificates = ensure(directory, ["RETAILA", "MDP_1"], [], NOW)
    assert certificates == Certificates(directory, ("RETAILA", "MDP_1"))
    made = contents(directory)
    assert {
        "ca.pem",
        "ca.key",
        "server.pem",
        "server.key",
        "RETAILA.pem",
        "RETAILA.key",
        "MDP_1.pem",
        "MDP_1.key",
    } <= set(made)
    assert not [name for name in made if name.endswith(".new")]
    ensure(directory, ["RETAILA", "MDP_1"], [], NOW + YEAR)
    assert contents(directory) == made


def test_paths_name_the_files_made(tmp_path: Path) -> None:
    got = ensure(tmp_path, ["RETAILA"], [], NOW)
    for path in (got.ca, got.server, got.server_key, got.client("RETAILA"), got.client_key("RETAILA")):
        assert path.is_file()


def test_keys_and_a_new_directory_are_the_owners_alone(tmp_path: Path) -> None:
    directory = tmp_path / "certs"
    ensure(directory, ["RETAILA"], [], NOW)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert {stat.S_IMODE((directory / name).stat().st_mode) for name in ("ca.key", "server.key", "RETAILA.key")} == {
        0o600
    }


def test_validity_is_long_and_starts_earlier(tmp_path: Path) -> None:
    got = ensure(tmp_path, ["RETAILA"], [], NOW)
    assert certificate(got.ca).not_valid_after_utc - NOW > 19.9 * YEAR
    assert certificate(got.client("RETAILA")).not_valid_after_utc - NOW > 9.9 * YEAR
    assert 2.2 * YEAR < certificate(got.server).not_valid_after_utc - NOW < timedelta(days=825)
    for path in (got.server, got.client("RETAILA")):
        assert certificate(path).not_valid_before_utc < NOW


def test_a_new_participant_leaves_the_rest_alone(tmp_path: Path) -> None:
    ensure(tmp_path, ["RETAILA"], [], NOW)
    before = contents(tmp_path)
    ensure(tmp_path, ["RETAILB"], [], NOW)
    assert changed(before, tmp_path) == {"RETAILB.pem", "RETAILB.key"}


def test_names_are_added_and_never_taken_away(tmp_path: Path) -> None:
    server = ensure(tmp_path, [], [], NOW).server
    assert names(server) == {"localhost", "127.0.0.1", "::1"}
    before = contents(tmp_path)
    ensure(tmp_path, [], ["Hub.", "10.0.0.1"], NOW)
    assert changed(before, tmp_path) == {"server.pem"}
    ensure(tmp_path, [], ["other"], NOW)
    before = contents(tmp_path)
    ensure(tmp_path, [], ["hub", "0:0::1"], NOW)
    assert names(server) == {"localhost", "127.0.0.1", "::1", "hub", "10.0.0.1", "other"}
    assert changed(before, tmp_path) == set()


def test_leaves_are_renewed_in_their_last_year_and_keep_their_keys(tmp_path: Path) -> None:
    got = ensure(tmp_path, ["RETAILA"], ["hub"], NOW)
    before = contents(tmp_path)
    ensure(tmp_path, ["RETAILA"], [], NOW + 1.2 * YEAR)
    assert changed(before, tmp_path) == set()
    ensure(tmp_path, ["RETAILA"], [], NOW + 1.3 * YEAR)
    assert changed(before, tmp_path) == {"server.pem"}
    ensure(tmp_path, ["RETAILA"], [], NOW + 9.1 * YEAR)
    assert changed(before, tmp_path) == {"server.pem", "RETAILA.pem"}
    assert "hub" in names(got.server)


def test_a_leaf_does_not_outlive_its_ca_and_is_not_renewed_for_ever(tmp_path: Path) -> None:
    got = ensure(tmp_path, ["RETAILA"], [], NOW + 0 * YEAR)
    ensure(tmp_path, ["RETAILA"], [], NOW + 18 * YEAR)
    assert certificate(got.server).not_valid_after_utc == certificate(got.ca).not_valid_after_utc
    before = contents(tmp_path)
    ensure(tmp_path, ["RETAILA"], [], NOW + 18.5 * YEAR)
    assert changed(before, tmp_path) == set()


def test_the_ca_is_renewed_with_its_key_and_the_leaves_with_it(tmp_path: Path) -> None:
    ensure(tmp_path, ["RETAILA"], [], NOW)
    before = contents(tmp_path)
    later = NOW + 19.5 * YEAR
    got = ensure(tmp_path, ["RETAILA"], [], later)
    assert changed(before, tmp_path) == {"ca.pem", "server.pem", "RETAILA.pem"}
    certificate(got.server).verify_directly_issued_by(certificate(got.ca))


def test_another_ca_issues_all_leaves_anew(tmp_path: Path) -> None:
    ensure(tmp_path, ["RETAILA"], [], NOW)
    other = new_authority(NOW)
    (tmp_path / "ca.pem").write_bytes(other.certificate)
    (tmp_path / "ca.key").write_bytes(other.key)
    before = contents(tmp_path)
    got = ensure(tmp_path, ["RETAILA"], [], NOW)
    assert changed(before, tmp_path) == {"server.pem", "RETAILA.pem"}
    certificate(got.client("RETAILA")).verify_directly_issued_by(certificate(got.ca))


@pytest.mark.parametrize("note", [None, b"", b"{]", b'{"ca": 1}', b"{}"])
def test_without_its_note_what_serves_is_recognised(tmp_path: Path, note: bytes | None) -> None:
    ensure(tmp_path, ["RETAILA"], ["hub"], NOW)
    before = contents(tmp_path)
    (tmp_path / ".issued.json").unlink()
    if note is not None:
        (tmp_path / ".issued.json").write_bytes(note)
    ensure(tmp_path, ["RETAILA"], [], NOW)
    assert changed(before, tmp_path) == set()
    assert b"hub" in (tmp_path / ".issued.json").read_bytes()


@pytest.mark.parametrize("name", ["server.pem", "server.key", "RETAILA.pem", "RETAILA.key"])
@pytest.mark.parametrize("damage", ["gone", "garbage", "another's"])
def test_a_damaged_leaf_is_issued_anew(tmp_path: Path, name: str, damage: str) -> None:
    got = ensure(tmp_path, ["RETAILA"], [], NOW)
    other = new_authority(NOW)
    match damage:
        case "gone":
            (tmp_path / name).unlink()
        case "garbage":
            (tmp_path / name).write_bytes(b"-----BEGIN CERTIFICATE-----\nnot at all\n")
        case _:
            (tmp_path / name).write_bytes(other.certificate if name.endswith(".pem") else other.key)
    before = contents(tmp_path)
    ensure(tmp_path, ["RETAILA"], [], NOW)
    assert changed(before, tmp_path) <= {name, name.replace(".key", ".pem")}
    for pem, key in ((got.server, got.server_key), (got.client("RETAILA"), got.client_key("RETAILA"))):
        certificate(pem).verify_directly_issued_by(certificate(got.ca))
        assert certificate(pem).public_key() == public_key(key)
    assert changed(contents(tmp_path), tmp_path) == set()


def public_key(path: Path) -> object:
    return load_pem_private_key(path.read_bytes(), None).public_key()


def test_a_missing_ca_certificate_is_made_for_its_key(tmp_path: Path) -> None:
    ensure(tmp_path, [], [], NOW)
    (tmp_path / "ca.pem").unlink()
    before = contents(tmp_path)
    ensure(tmp_path, [], [], NOW)
    assert changed(before, tmp_path) <= {"ca.pem", "server.pem"}


def test_a_ca_of_the_users_own_is_used_and_never_replaced(tmp_path: Path) -> None:
    brought = trustme.CA(key_type=trustme.KeyType.RSA)
    (tmp_path / "ca.pem").write_bytes(brought.cert_pem.bytes())
    (tmp_path / "ca.key").write_bytes(brought.private_key_pem.bytes())
    now = wall_time()
    got = ensure(tmp_path, ["RETAILA"], [], now)
    assert got.ca.read_bytes() == brought.cert_pem.bytes()
    certificate(got.server).verify_directly_issued_by(certificate(got.ca))
    before = contents(tmp_path)
    ensure(tmp_path, ["RETAILA"], [], certificate(got.ca).not_valid_after_utc - timedelta(days=1))
    assert "ca.pem" not in changed(before, tmp_path)
    with pytest.raises(BadValue, match=r"ca\.pem has expired"):
        ensure(tmp_path, ["RETAILA"], [], certificate(got.ca).not_valid_after_utc + timedelta(days=1))


def test_without_the_cas_key_what_is_there_serves_and_nothing_is_issued(tmp_path: Path) -> None:
    ensure(tmp_path, ["RETAILA"], [], NOW)
    (tmp_path / "ca.key").unlink()
    ensure(tmp_path, ["RETAILA"], [], NOW)
    with pytest.raises(BadValue, match=r"ca\.key is missing: RETAILB\.pem cannot be issued"):
        ensure(tmp_path, ["RETAILB"], [], NOW)


@pytest.mark.parametrize("name", ["ca.pem", "ca.key"])
@pytest.mark.parametrize("text", [b"", b"rubbish"])
def test_an_unreadable_ca_is_named(tmp_path: Path, name: str, text: bytes) -> None:
    ensure(tmp_path, [], [], NOW)
    (tmp_path / name).write_bytes(text)
    (tmp_path / ".issued.json").unlink()
    with pytest.raises(BadValue, match=r"ca\.pem or its ca\.key is unusable") as caught:
        ensure(tmp_path, [], [], NOW)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("participant", ["CA", "SERVER", "../x", "retaila", "", "A" * 11, "A/B"])
def test_names_that_are_no_participants_or_not_safe_are_refused(tmp_path: Path, participant: str) -> None:
    with pytest.raises(BadValue):
        ensure(tmp_path, [participant], [], NOW)
    with pytest.raises(BadValue):
        bundle(tmp_path, participant)
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BadValue, match="cannot be read or written: Not a directory") as caught:
        ensure(tmp_path / "file" / "certs", [], [], NOW)
    assert caught.value.rule == "certs.directory"


def test_bundle(tmp_path: Path) -> None:
    got = ensure(tmp_path, ["RETAILA"], [], NOW)
    with zipfile.ZipFile(io.BytesIO(bundle(tmp_path, "RETAILA"))) as archive:
        assert archive.namelist() == ["ca.pem", "RETAILA.pem", "RETAILA.key"]
        assert archive.read("RETAILA.key") == got.client_key("RETAILA").read_bytes()
        assert archive.read("ca.pem") == got.ca.read_bytes()
        assert archive.getinfo("RETAILA.key").external_attr >> 16 == 0o600
    assert bundle(tmp_path, "RETAILA") == bundle(tmp_path, "RETAILA")


def test_no_bundle_for_a_stranger(tmp_path: Path) -> None:
    ensure(tmp_path, ["RETAILA"], [], NOW)
    with pytest.raises(BadValue, match="there is no certificate for RETAILB"):
        bundle(tmp_path, "RETAILB")


def test_concurrent_starts_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: ensure(tmp_path, ["RETAILA", f"P{n}"], [f"host{n}"], NOW), range(8)))
    got = ensure(tmp_path, ["RETAILA", *(f"P{n}" for n in range(8))], [], NOW)
    assert names(got.server) >= {f"host{n}" for n in range(8)}
    for stem in ("server", "RETAILA", *(f"P{n}" for n in range(8))):
        certificate(tmp_path / f"{stem}.pem").verify_directly_issued_by(certificate(got.ca))
        assert certificate(tmp_path / f"{stem}.pem").public_key() == public_key(tmp_path / f"{stem}.key")


def test_a_leftover_of_a_killed_start_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / ".ca.key.new").write_text("half a key")
    ensure(tmp_path, [], [], NOW)
    assert not list(tmp_path.glob("*.new"))


def test_a_warm_start_does_not_load_cryptography_nor_write(tmp_path: Path) -> None:
    ensure(tmp_path, ["RETAILA"], [], NOW)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    code = (
        "import sys; from datetime import datetime, UTC; from pathlib import Path;"
        "from simulator.devca import ensure, peer_of;"
        f"ensure(Path({str(tmp_path)!r}), ['RETAILA'], [], datetime(2026, 3, 2, tzinfo=UTC)); peer_of({{}});"
        "sys.exit(any(name.split('.')[0] == 'cryptography' for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ}, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_issued_by_hand_is_recognised(tmp_path: Path) -> None:
    ensure(tmp_path, [], [], NOW)
    ca = Issued((tmp_path / "ca.pem").read_bytes(), (tmp_path / "ca.key").read_bytes())
    made = issue(ca, Leaf("RETAILA"), NOW)
    (tmp_path / "RETAILA.pem").write_bytes(made.certificate)
    (tmp_path / "RETAILA.key").write_bytes(made.key)
    before = contents(tmp_path)
    ensure(tmp_path, ["RETAILA"], [], NOW)
    assert changed(before, tmp_path) == set()
