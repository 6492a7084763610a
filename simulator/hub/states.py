"""Every state of a queued message and every way out of it: one table. What is not in it is refused.

    ┌──────── badack ────────┐ ┌─── fetch, badack ───┐
    ▼                        │ ▼                     │
  QUEUED ───── fetch ─────► DELIVERED ── acknowledge ─► REMOVED
    └───────── acknowledge (switch) ───────────────────►

Sources: a message "will be deleted only when the participant has successfully responded with a corresponding MACK"
(B2B e-Hub API; by analogy B2M); getMessages is repeatable; a badack leaves the message in its slot.
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a message for a participant stands."""

    QUEUED = "QUEUED"
    DELIVERED = "DELIVERED"
    REMOVED = "REMOVED"


class Trigger(StrEnum):
    """What may happen to it."""

    FETCH = "fetch"
    ACKNOWLEDGE = "acknowledge"
    BADACK = "badack"


TABLE: dict[tuple[State, Trigger], State] = {
    (State.QUEUED, Trigger.FETCH): State.DELIVERED,
    (State.QUEUED, Trigger.ACKNOWLEDGE): State.REMOVED,
    (State.QUEUED, Trigger.BADACK): State.QUEUED,
    (State.DELIVERED, Trigger.FETCH): State.DELIVERED,
    (State.DELIVERED, Trigger.ACKNOWLEDGE): State.REMOVED,
    (State.DELIVERED, Trigger.BADACK): State.DELIVERED,
}


def after(state: State, trigger: Trigger) -> State | None:
    """The state a trigger leads to; None when the table has no such way."""
    return TABLE.get((state, trigger))


def mermaid() -> str:
    """The table as a Mermaid state diagram (the README shows it)."""
    ways = [f"    {was} --> {becomes}: {trigger}" for (was, trigger), becomes in TABLE.items()]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {State.QUEUED}", *ways, f"    {State.REMOVED} --> [*]"])
