"""Every emulated API, written out. A path that is not here is answered 404 without a body."""

from __future__ import annotations

from simulator.apis.b2m_pull import FACE as B2M_PULL
from simulator.apis.face import Face, Service
from simulator.apis.hub_management import FACE as HUB_MANAGEMENT
from simulator.apis.netstream import SERVICE as NETSTREAM
from simulator.base.errors import Refused

FACES: tuple[Face, ...] = (B2M_PULL, HUB_MANAGEMENT)
SERVICES: tuple[Service, ...] = (NETSTREAM,)
_BY_PATH: dict[str, Face] = {path: face for face in FACES for path in face.paths}


def find(path: str) -> Face:
    """The face that answers a path; raises `Refused` (404)."""
    face = _BY_PATH.get(path)
    if face is None:
        raise Refused(404, "http.path", f"no resource at {path[:200]}")
    return face


def service(path: str) -> Service | None:
    """The service that a path belongs to, if it is no face's."""
    if path in _BY_PATH:
        return None
    return next((each for each in SERVICES if each.serves(path)), None)
