"""What happens in a story by itself, as values: entries of the timeline, and habits of played participants."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import msgspec

from simulator.hub.limits import Limit
from simulator.market.acts import Change
from simulator.scenario.reactions import ChangeWorld, Send, SetFlag

DayOrPeriod = date | timedelta
"""A market day, or a period after the day something is done."""


class Object(msgspec.Struct, frozen=True):
    """``object``: a played participant objects to the change request of a NMI. Left out: whoever holds the role."""

    nmi: str
    role: str
    code: str
    participant: str | None = None
    reason: str | None = None


class WithdrawObjection(msgspec.Struct, frozen=True):
    """``withdraw objection``: objections against the change request of a NMI, all that fit, are taken back."""

    nmi: str
    participant: str | None = None
    role: str | None = None
    code: str | None = None


class Withdraw(msgspec.Struct, frozen=True):
    """``withdraw``: the change request of a NMI is taken back by who lodged it."""

    nmi: str
    reason: str | None = None


class Submit(msgspec.Struct, frozen=True):
    """``submit``: a played participant sends a change request. The days of ``change`` are left to the two here.

    ``answers``: it names the latest unfinished request of its NMI, which it answers or edits.
    """

    participant: str
    change: Change
    proposed: DayOrPeriod | None = None
    actual: DayOrPeriod | None = None
    answers: bool = False


class SupplyRead(msgspec.Struct, frozen=True):
    """``supply read``: the metering data provider gives the actual change date. Left out: the day it does so."""

    nmi: str
    read_on: DayOrPeriod | None = None
    participant: str | None = None


class Release(msgspec.Struct, frozen=True):
    """``release``: what rules hold under a name can be seen."""

    hold: str


class StopFile(msgspec.Struct, frozen=True):
    """``raise stop file`` (``stands``) and ``clear stop file``: flow control by hand."""

    participant: str
    cause: str
    alert_type: str
    stands: bool


class SetLimit(msgspec.Struct, frozen=True):
    """``set limit``: another limit from now on, of a participant (its group's if it is in one) or of everybody."""

    cause: str
    limit: Limit
    participant: str | None = None


class Outage(msgspec.Struct, frozen=True):
    """``outage``: nobody is answered anything but ``status`` for so long."""

    lasts: timedelta
    status: int = 500


class Aemo(msgspec.Struct, frozen=True):
    """``set``, ``send`` and ``change``: what AEMO does by itself. Flags are set for everybody."""

    act: SetFlag | Send | ChangeWorld


Action = Outage | StopFile | SetLimit | Object | WithdrawObjection | Withdraw | Submit | SupplyRead | Release | Aemo


class Entry(msgspec.Struct, frozen=True):
    """One entry of ``at:``. ``when`` is a point in time, or a period after the beginning. ``name``: where it stands."""

    name: str
    when: datetime | timedelta
    action: Action


class Objecting(msgspec.Struct, frozen=True):
    """A habit: object to every change request for these reasons (none: all) of a NMI where one has the role."""

    role: str
    code: str
    reasons: tuple[str, ...] = ()
    withdraws_after: timedelta | None = None
