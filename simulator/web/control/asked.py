"""What a control resource is asked, and of whom: the only place where a control request is taken apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import msgspec

from simulator.base.http import HttpRequest
from simulator.devca import Certificates
from simulator.web.problems import Problem, ReadBody, bounded, read_json
from simulator.web.scenario_texts import ScenarioTexts

if TYPE_CHECKING:
    from simulator.runtime import Runtime
    from simulator.simulation import Simulation
    from simulator.web.ports import Ports
    from simulator.workspaces import Workspaces

T = TypeVar("T")


@dataclass(slots=True)
class Desk:
    """Whose control API it is: one simulation's. ``runtime`` is None until the journal is replayed.

    ``workspaces`` is None inside a workspace: there are none within one. ``token`` is what it wants beyond loopback.
    """

    certificates: Certificates
    token: str | None = None
    runtime: Runtime | None = None
    workspaces: Workspaces | None = None
    ports: Ports | None = None
    texts: ScenarioTexts = field(default_factory=ScenarioTexts)

    def loaded(self) -> Runtime:
        """The simulation; a `Problem` (503) while there is none."""
        if self.runtime is None:
            raise Problem(503, "the scenario and its journal are still being loaded", "control.loading")
        return self.runtime

    def outside(self) -> Workspaces:
        """The workspaces beside this one; a `Problem` (404) inside one of them."""
        self.loaded()
        if self.workspaces is None:
            raise Problem(404, "workspaces are made and dropped under /_sim/workspaces/ only", "control.nested")
        return self.workspaces


class Asked(msgspec.Struct, frozen=True):
    """One control request at its desk; ``named`` is what its path names."""

    desk: Desk
    request: HttpRequest
    read_body: ReadBody
    named: tuple[str, ...] = ()
    story: Simulation | None = None
    """The one that was told when its head came."""

    @property
    def runtime(self) -> Runtime:
        """The simulation it is about; a `Problem` (503) while it is loading."""
        return self.desk.loaded()

    def parameters(self, known: tuple[str, ...]) -> dict[str, str]:
        """The query; a `Problem` (400) for a name that is not known, or comes twice."""
        query = self.request.query
        for name, _ in query:
            if name not in known:
                raise Problem(
                    400, f"{name[:40]!r} is no parameter here; known are {', '.join(known)}", "control.filter"
                )
        given = dict(query)
        if len(given) < len(query):
            twice = next(name for name in given if [each for each, _ in query].count(name) > 1)
            raise Problem(400, f"{twice!r} is given twice; ask once for each", "control.filter")
        return given

    async def body(self, limit: int, rule: str) -> bytes:
        """The whole body; a `Problem` (413) when it is larger than ``limit`` bytes."""
        return await bounded(self.read_body, limit, rule)

    async def json(self, kind: type[T], rule: str) -> T:
        """The body as a value of that kind; a `Problem` (400) when it is something else."""
        return await read_json(self.read_body, kind, rule)
