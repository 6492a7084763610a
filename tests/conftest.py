"""For every test: names that are the same in every process; and no answer and no event of an unregistered rule."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from simulator.base.http import HttpReply
from simulator.base.turn import Event, Turn
from simulator.register import register
from simulator.runtime import Runtime
from simulator.scenario.counts import RulePassed, RuleUsed
from simulator.web.control import Control

# A busy machine fails no test: none compares wall time. Whatever else Hypothesis does on a build server stays.
settings.register_profile("untimed", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

_OF_THE_SCENARIO = (RuleUsed, RulePassed)
"""Events whose rule is one of the scenario's, by the name it has there."""
_UNREGISTERED: list[str] = []


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Bytes are no name: they are long, and some (gzip's time stamp) differ from process to process."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(autouse=True)
def every_rule_is_registered() -> Iterator[list[str]]:
    """Fails the test in which the simulator answered, or noted, what the register of behaviour does not know."""
    _UNREGISTERED.clear()
    yield _UNREGISTERED
    assert not _UNREGISTERED, "not in the register of behaviour: see simulator/register"


def _watch_answers(kind: Any, method: str) -> None:
    answer: Callable[..., Awaitable[HttpReply]] = getattr(kind, method)

    async def watched(self: object, *given: object) -> HttpReply:
        reply = await answer(self, *given)
        if reply.rule not in register():
            _UNREGISTERED.append(f"{reply.status} {reply.rule!r}")
        return reply

    setattr(kind, method, watched)


def _watch_events() -> None:
    emit = Turn.emit

    def watched(self: Turn, event: Event) -> None:
        rule = getattr(event, "rule", None)
        if rule and rule not in register() and not isinstance(event, _OF_THE_SCENARIO):
            _UNREGISTERED.append(f"{event!r}")
        emit(self, event)

    Turn.emit = watched  # type: ignore[method-assign]


for _kind, _method in ((Runtime, "exchange"), (Control, "exchange")):
    _watch_answers(_kind, _method)
_watch_events()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two tests of one name are one to the scheduler that spreads them over processes: all but one would not run."""
    names = [item.nodeid for item in items]
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise pytest.UsageError(f"tests of the same name: {', '.join(twice)}")
