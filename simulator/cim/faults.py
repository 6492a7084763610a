"""What is wrong with a CIM message, and where: ``GetMeterReadings.Reading[0].timePeriod.start`` in JSON and XML."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from simulator.base.errors import BadValue

MOST_FAULTS = 100


class Fault(msgspec.Struct, frozen=True):
    """One thing wrong: the path of the member, the rule (``cim.…``), and what would be right."""

    path: str
    rule: str
    explanation: str

    def __str__(self) -> str:
        return f"{self.path}: {self.explanation}"


class CimError(BadValue):
    """A message that cannot be read, with all of its faults (the first hundred)."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("; ".join(map(str, faults[:5])), rule=faults[0].rule)
        self.faults = faults


class Faults:
    """Gathers faults while a message is read."""

    __slots__ = ("_faults",)

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, path: str, rule: str, explanation: str) -> None:
        """Note a fault; beyond the first hundred they are left out."""
        if len(self._faults) < MOST_FAULTS:
            self._faults.append(Fault(path, rule, explanation))

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._faults)

    def __bool__(self) -> bool:
        return bool(self._faults)

    def check(self) -> None:
        """Raise `CimError` when there are any."""
        if self._faults:
            raise CimError(tuple(self._faults))
