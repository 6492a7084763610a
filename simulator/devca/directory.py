"""The only place that answers for a directory of certificates: made when missing, renewed in time."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import msgspec

from simulator.base.errors import BadValue
from simulator.base.ids import ParticipantId
from simulator.devca.files import content, locked
from simulator.devca.names import normal_san
from simulator.devca.note import Note, Wanted

SERVER_NAMES = ("localhost", "127.0.0.1", "::1")
_RESERVED = ("CA", "SERVER")


class Certificates(msgspec.Struct, frozen=True):
    """Where the certificates of a directory are. Each of ``participants`` has a client certificate."""

    directory: Path
    participants: tuple[str, ...] = ()

    @property
    def ca(self) -> Path:
        """The CA to trust."""
        return self.directory / "ca.pem"

    @property
    def server(self) -> Path:
        """The server's certificate."""
        return self.directory / "server.pem"

    @property
    def server_key(self) -> Path:
        """The server's private key."""
        return self.directory / "server.key"

    def client(self, participant: str) -> Path:
        """A participant's client certificate."""
        return self.directory / f"{participant}.pem"

    def client_key(self, participant: str) -> Path:
        """A participant's private key."""
        return self.directory / f"{participant}.key"


def ensure(directory: Path, participants: Iterable[str], sans: Iterable[str], now: datetime) -> Certificates:
    """Have a CA, a server leaf for `SERVER_NAMES` and ``sans``, and a client leaf per participant in ``directory``.

    ``now`` is aware and real: certificates are judged by the machine's time, not the market's. What serves is
    left alone; a leaf is issued anew when it has less than a year left, its CA changed, or a name is not covered.
    Several processes may do so at once. Raises `BadValue`, in one line, when the directory cannot be used.
    """
    ids = tuple(dict.fromkeys(_stem(text) for text in participants))
    names = frozenset(normal_san(name) for name in (*SERVER_NAMES, *sans))
    wanted = (Wanted("server", "localhost", "server", names), *(Wanted(text, text) for text in ids))
    try:
        if not Note(directory).vouches_for(wanted, now):
            _complete(directory, wanted, now)
    except OSError as error:
        reason = f"certificates in {directory} cannot be read or written: {error.strerror or error}"
        raise BadValue(reason, rule="certs.directory") from error
    return Certificates(directory, ids)


def _complete(directory: Path, wanted: tuple[Wanted, ...], now: datetime) -> None:
    from simulator.devca.renewal import complete  # noqa: PLC0415 - loads cryptography only when there is work for it

    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(directory):
        complete(directory, wanted, now)


def bundle(directory: Path, participant: str) -> bytes:
    """A zip with ``ca.pem`` and the participant's certificate and key; `BadValue` when there are none."""
    import zipfile  # noqa: PLC0415 - keeps a start light: few ever download a bundle

    stem = _stem(participant)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("ca.pem", f"{stem}.pem", f"{stem}.key"):
            data = content(directory / name)
            if data is None:
                raise BadValue(f"there is no certificate for {stem}", rule="certs.participant")
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o600 if name.endswith(".key") else 0o644) << 16
            archive.writestr(entry, data)
    return target.getvalue()


def _stem(participant: str) -> str:
    text = ParticipantId.parse(participant).text
    if text in _RESERVED:
        # On file systems without case its files would be the CA's or the server's.
        raise BadValue(f"a participant named {text} cannot have a certificate of its own", rule="certs.participant")
    return text
