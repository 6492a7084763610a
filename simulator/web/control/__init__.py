"""The control API under ``/_sim/``: never part of an emulated API. JSON; problem+json (RFC 9457) on error.

Beyond loopback it wants ``Authorization: Bearer <control token>``; ``health`` stays open for container health checks.
A resource is a line of `simulator.web.control.routes` and a function in the module of its subject.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from msgspec.structs import replace as replace_reply

from simulator.base.errors import BadValue, NotReady, Refused, StoryOver
from simulator.base.http import HttpReply, HttpRequest
from simulator.stores.journal import JournalFailed
from simulator.web.control.admission import admit
from simulator.web.control.asked import Asked, Desk
from simulator.web.control.routes import ROUTES
from simulator.web.problems import Problem, ReadBody

if TYPE_CHECKING:
    from simulator.runtime import Runtime

__all__ = ["Control"]


@dataclass(slots=True)
class Control(Desk):
    """Answers control requests for one simulation."""

    def within(self, workspace: str, runtime: Runtime) -> Control:
        """The control API of a workspace."""
        return replace(self, runtime=runtime, workspaces=None)

    async def exchange(self, request: HttpRequest, read_body: ReadBody) -> HttpReply:
        """One control request; never raises for bad input."""
        try:
            return await self._routed(request, read_body)
        except (Problem, Refused, BadValue, StoryOver, NotReady, JournalFailed) as error:
            return _problem(error).reply()
        except (ConnectionError, TimeoutError):
            raise
        except Exception:  # a bug of ours, met by what came due: kept like any other, and shown
            bug = traceback.format_exc()
            if self.runtime is None:
                raise
            self.runtime.bug(bug)
            return Problem(500, bug.strip().rpartition("\n")[2], "runtime.bug").reply()

    async def _routed(self, request: HttpRequest, read_body: ReadBody) -> HttpReply:
        path = request.path.removeprefix("/_sim").removeprefix("/")
        story = None if self.runtime is None else self.runtime.simulation
        for route in ROUTES:
            found = route.pattern.fullmatch(path)
            if found is None:
                continue
            if not route.open:
                admit(request, self.token)
            verb = route.verbs.get("GET" if request.method == "HEAD" else request.method)
            if verb is None:
                allow = ", ".join(route.verbs)
                raise Problem(405, f"{request.method} is not for this; it takes {allow}", "control.verb", allow)
            reply = await verb.handler(Asked(self, request, read_body, found.groups(), story))
            return reply if reply.rule else replace_reply(reply, rule="control.answer")
        admit(request, self.token)
        raise Problem(
            404, f"there is no control resource {request.path!r}; /_sim/openapi.json describes them", "control.unknown"
        )


def _problem(error: Problem | Refused | BadValue | StoryOver | NotReady | JournalFailed) -> Problem:
    """What was raised as the control API says it."""
    match error:
        case Problem():
            return error
        case Refused():
            return Problem(error.status, error.reason, error.rule)
        case BadValue():
            return Problem(422, str(error), error.rule)
        case StoryOver():
            return Problem(409, str(error), "control.story-over")
        case NotReady():
            return Problem(503, str(error), "control.not-ready")
        case _:
            return Problem(503, str(error), "control.journal")
