"""Waiting for something to be seen in a workspace: the only place where a request is held back on purpose."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from simulator.base.clock import market_time
from simulator.runtime import Runtime
from simulator.web.problems import Problem

LONGEST = timedelta(seconds=60)
_SOON = 0.001
_OFFSET = re.compile(r"(?<=[0-9]) (?=[0-9]{2}:[0-9]{2}$)")
"""An offset whose plus sign was not escaped: in a query it is a space."""
T = TypeVar("T")


def duration(text: str | None) -> float:
    """``PT5S`` → 5.0 seconds of real time; None → 0. A `Problem` (400) for what is none, or is too long."""
    if text is None:
        return 0.0
    try:
        given = msgspec.convert(text, timedelta)
    except msgspec.ValidationError:
        given = timedelta(-1)
    if not timedelta(0) <= given <= LONGEST:
        raise Problem(400, f"wait={text[:40]!r} is no duration from PT0S to PT60S", "control.wait")
    return given.total_seconds()


def cursor(text: str | None) -> int:
    """Where an earlier answer ended; None → the beginning. A `Problem` (400) for what is none."""
    if text is None:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Problem(400, f"after={text[:40]!r} is no cursor of an earlier answer", "control.cursor")
    return int(text)


def moment(text: str | None, name: str) -> datetime | None:
    """A point in market time, also one whose ``+`` came as a space. A `Problem` (400) for what is none."""
    if text is None:
        return None
    try:
        return market_time(msgspec.convert(_OFFSET.sub("+", text), datetime))
    except (msgspec.ValidationError, OverflowError):
        why = f"{name}={text[:40]!r} is no time such as 2026-03-02T09:00:00+10:00"
        raise Problem(400, why, "control.filter") from None


async def until(runtime: Runtime, look: Callable[[], list[T]], seconds: float) -> list[T]:
    """What ``look`` finds, as soon as it finds something, the time is over or the workspace ends.

    Due events happen meanwhile.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while True:
        await runtime.wake()
        found, left = look(), end - loop.time()
        if found or left <= 0 or runtime.ending:
            return found
        due = runtime.simulation.heap.next_due()
        until_due = None if due is None else runtime.clock.seconds_until(due)
        await _something_new(runtime, left if until_due is None else min(left, max(until_due, _SOON)))


async def _something_new(runtime: Runtime, seconds: float) -> None:
    told = asyncio.Event()
    runtime.watchers.add(told.set)
    try:
        async with asyncio.timeout(seconds):
            await told.wait()
    except TimeoutError:
        return
    finally:
        runtime.watchers.discard(told.set)
