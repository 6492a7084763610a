"""A workspace as tests use it: where it answers, its clock, what happened in it, and clients for its participants.

Everything goes through the control API, so it is the same for a server in this process, another one, or a target
elsewhere. Calls block for a moment and suit synchronous and asynchronous tests alike.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

import msgspec

from simulator.harness.line import ControlError, Line
from simulator.register import register
from simulator.scenario.verdict import Verdict, read_verdict
from simulator.web.scenario_files import read_scenario, scenario_text

if TYPE_CHECKING:
    from simulator.client.account import Options
    from simulator.client.aio import HubClient
    from simulator.client.blocking import HubClient as BlockingHubClient
    from simulator.scenario.model import Participant, Scenario

UNMET = frozenset({"http.path", "http.verb", "runtime.bug", "runtime.halted"})
"""Rules of refusals that no participant's system should meet: nobody answers there, or the simulator is at fault."""
UNITS = ("weeks", "days", "hours", "minutes", "seconds", "milliseconds", "microseconds")
"""Units of time that a clock is advanced by."""
W = TypeVar("W", bound="Workspace")


class WorkspaceClock:
    """Market time of a workspace."""

    def __init__(self, line: Line) -> None:
        self._line = line

    @property
    def now(self) -> datetime:
        """Market time, +10:00."""
        return datetime.fromisoformat(self._line.get("clock")["now"])

    def advance(self, by: timedelta | str | None = None, **duration: float) -> list[dict[str, Any]]:
        """Let time pass: ``advance(days=14)``, ``advance("P14D")``; returns the events that came of it, in order.

        Raises `TypeError` for a unit that is none of `UNITS`.
        """
        if by is not None and duration:
            raise TypeError(f"either one duration or units such as {next(iter(duration))}=1, not both")
        return self._moved({"advance": _span(duration) if by is None else by})

    def set(self, to: datetime | str) -> list[dict[str, Any]]:
        """Let time pass until a moment; a naive one is market time. Returns the events that came of it, in order."""
        return self._moved({"set": to})

    def _moved(self, move: dict[str, object]) -> list[dict[str, Any]]:
        fired: list[dict[str, Any]] = self._line.call("POST", "clock", msgspec.json.encode(move))["fired"]
        return fired


def _span(duration: dict[str, float]) -> timedelta:
    for unit in duration:
        if unit not in UNITS:
            raise TypeError(f"{unit!r} is no unit of time; known are {', '.join(UNITS)}")
    return timedelta(**duration)


class WorkspaceMessages:
    """The ledger of a workspace: iterable, oldest first; ``messages[id]`` is one of them with its body."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.find())

    def __len__(self) -> int:
        return len(self.find())

    def __getitem__(self, name: str) -> dict[str, Any]:
        """By id, MessageID or context id; raises `KeyError`."""
        try:
            found: dict[str, Any] = self._line.get(f"messages/{name}")
        except ControlError as error:
            if error.status == 404:
                raise KeyError(name) from None
            raise
        return found

    def find(self, **filters: str) -> list[dict[str, Any]]:
        """Those with these values: ``find(to="RETAILA", transactionGroup="CATS")``; ``from_`` stands for ``from``."""
        return self._find(filters)

    def wait(self, within: float = 5.0, **filters: str) -> list[dict[str, Any]]:
        """The same as soon as there is one; ``step="acknowledged"`` names what must have happened to it.

        Raises `TimeoutError` after ``within`` seconds of real time (at most 60) without one.
        """
        found = self._find(filters, wait=f"PT{within:f}S")
        if not found:
            asked = ", ".join(f"{name}={value}" for name, value in filters.items())
            raise TimeoutError(f"no message with {asked or 'any property'} within {within:g} s")
        return found

    async def awaited(self, within: float = 5.0, **filters: str) -> list[dict[str, Any]]:
        """`wait`, for asynchronous tests whose system under test runs in the same loop."""
        return await asyncio.to_thread(self.wait, within, **filters)

    def inject(self, message: bytes | str, context_id: str | None = None) -> str:
        """Queue an aseXML message for the participant it is addressed to; returns its context id."""
        body = message if isinstance(message, bytes) else message.encode()
        told = self._line.call("POST", "messages", body, contextId=context_id)
        return str(told["messageContextId"])

    def _find(self, filters: dict[str, str], **more: str) -> list[dict[str, Any]]:
        named = {name.rstrip("_"): value for name, value in filters.items()}
        found: list[dict[str, Any]] = self._line.get("messages", **named, **more)["messages"]
        return found


class Workspace:
    """One simulation of a server. As a context manager, synchronous or asynchronous, it is dropped at the end.

    ``url`` is the base URL over TLS, ``plain_url`` the one over HTTP on loopback (client certificates waived), if any.
    """

    def __init__(
        self, name: str, line: Line, *, url: str, plain_url: str | None, scenario: Scenario, folder: Path
    ) -> None:
        self.name = name
        self.url = url
        self.plain_url = plain_url
        self.scenario = scenario
        self._line = line
        self._folder = folder
        self._expected: set[str] = set()
        self._earlier: list[str] = []
        self.clock = WorkspaceClock(line)
        self.messages = WorkspaceMessages(line)

    # What happened

    def exchanges(self, **filters: object) -> list[dict[str, Any]]:
        """Every HTTP exchange that is kept, oldest first, with the rule that answered it; or those that match."""
        found: list[dict[str, Any]] = self._line.get("exchanges", **filters)["exchanges"]
        return found

    def evicted(self) -> int:
        """How many exchanges of the story are no longer kept."""
        return int(self._line.get("exchanges")["evicted"])

    def bugs(self) -> list[str]:
        """What the simulator itself did wrong: tracebacks. Please report them."""
        found: list[str] = self._line.get("exchanges")["bugs"]
        return found

    def diagram(self, **filters: str) -> str:
        """A Mermaid sequence diagram of the ledger, or of the messages that match; from ``since``, before ``until``."""
        return self._line.raw("GET", "diagram", query={k.rstrip("_"): v for k, v in filters.items()}).decode()

    def verdict(self) -> Verdict:
        """What the scenario expects of the system under test, judged now; ``outcome`` is pass, fail or cannot know."""
        return read_verdict(self._line.get("verdict"))

    def expect_refusal(self, *rules: str) -> None:
        """Such refusals are part of the test: `complaints` keeps quiet about them.

        A rule is the id of one (``http.path``), or the name of a strict rule of the scenario. `ValueError`: it is none.
        """
        for each in rules:
            if each not in register() and each not in {rule.name for rule in self.scenario.when}:
                raise ValueError(f"there is no rule {each!r}; `ehubsim register` lists all ids")
        self._expected.update(rules)

    def complaints(self) -> list[str]:
        """Bugs of the simulator, requests that it had no answer for, and strict rules of the scenario that were met,
        since the workspace was made; a test that met one should not pass.
        """
        told = self._line.get("exchanges")
        unmet = [
            f"{each['method']} {each['path']} was answered {each['status']}: {each['rule']} {each['why']}"
            for each in told["exchanges"]
            if each["rule"] in UNMET - self._expected
        ]
        gone = [
            f"{count} requests that are no longer kept were answered by {rule}"
            for rule, count in told["evictedRules"].items()
            if rule in UNMET - self._expected
        ]
        strict = [
            f"{each['where']}: strict rule {each['rule']!r} was met, times: {each['times']}"
            for each in told["strict"]
            if each["rule"] not in self._expected
        ]
        return [*self._earlier, *(f"the simulator met a bug:\n{bug}" for bug in told["bugs"]), *gone, *unmet, *strict]

    # What may be done

    def raise_stop_file(self, participant: str, cause: str, alert_type: str = "B2MStopFile") -> str:
        """A stop file stands until it is cleared; returns the id it is cleared by."""
        wanted = {"participant": participant, "cause": cause, "type": alert_type}
        return str(self._line.call("POST", "stop-files", msgspec.json.encode(wanted))["id"])

    def clear_stop_file(self, name: str) -> None:
        """Clear a stop file; one whose count is at its limit rises again. Raises `KeyError` when none stands."""
        try:
            self._line.call("DELETE", f"stop-files/{name}")
        except ControlError as error:
            if error.status == 404:
                raise KeyError(name) from None
            raise

    def reset(self) -> None:
        """Back to the scenario's beginning."""
        self._earlier = self.complaints()
        self._line.call("POST", "reset")

    def tell(self, scenario: Path | str) -> None:
        """From now on the story of another file, from its beginning; one with mistakes changes nothing."""
        path = Path(scenario)
        told, earlier = read_scenario(path), self.complaints()
        self._line.call("PUT", "scenario", scenario_text(path), file=str(path))
        self.scenario, self._earlier = told, earlier

    def drop(self) -> None:
        """Forget this workspace; one that is gone already is fine."""
        try:
            self._line_to_server().call("DELETE", f"workspaces/{self.name}")
        except ControlError as error:
            if error.status != 404:
                raise

    def _line_to_server(self) -> Line:
        return Line(self._line.base, "", self._line.token, self._line.ca)

    # Who takes part

    def client(self, participant: str | None = None, **options: Unpack[Options]) -> HubClient:
        """The reference client (asyncio) of a participant, over TLS with its certificate; by default of the first."""
        from simulator.client.aio import HubClient  # noqa: PLC0415 - brings aiohttp; only who asks for a client pays

        member, given = self._account(participant, options)
        return HubClient(self.url, member.participant_id, member.users[0].name, member.users[0].password, **given)

    def blocking_client(self, participant: str | None = None, **options: Unpack[Options]) -> BlockingHubClient:
        """The same without ``await``."""
        from simulator.client.blocking import HubClient  # noqa: PLC0415 - see `client`

        member, given = self._account(participant, options)
        return HubClient(self.url, member.participant_id, member.users[0].name, member.users[0].password, **given)

    def certificates(self, participant: str) -> tuple[str, str, str]:
        """Paths of the CA, a participant's certificate and its key, all PEM."""
        return self._line.certificates(participant, self._folder)

    def _account(self, participant: str | None, options: Options) -> tuple[Participant, Options]:
        callers = {each.participant_id: each for each in self.scenario.given.participants if each.users}
        member = callers.get(participant) if participant is not None else next(iter(callers.values()), None)
        if member is None:
            known = ", ".join(callers) or "nobody"
            raise LookupError(f"the scenario declares no user of {participant or 'any participant'}; it has {known}")
        ca, certificate, key = self.certificates(member.participant_id)
        given: Options = {"ca": ca, "certificate": certificate, "key": key, "now": lambda: self.clock.now, **options}
        return member, given

    # Beginning and end

    def __enter__(self: W) -> W:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.drop()

    async def __aenter__(self: W) -> W:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.__exit__, kind, error, trace)
