"""The rule tables a scenario brings: its files read, their mistakes told at their own lines."""

from __future__ import annotations

from datetime import date
from typing import Any

from simulator.market.extracts import Extracts
from simulator.market.own_rules import OwnRules, own_rules
from simulator.scenario.mistakes import Notes, shown
from simulator.scenario.netstream_part import ReadFile
from simulator.scenario.shapes import Fields
from simulator.scenario.where import Where


def rules(file: Fields, notes: Notes, read_file: ReadFile | None, on: date | None) -> OwnRules | None:
    """The rules in force on the first day of a story; None where it brings none, or after noting what is wrong."""
    named: list[str] = file.get("rules", [])
    if not named:
        return None
    node: Any = file.at("rules")
    if read_file is None:
        notes.add(node, "files are named, but this scenario came without files", "start from the scenario's own file")
        return None
    extracts = Extracts()
    for place, name in zip(node.value, named, strict=True):
        try:
            extracts.read(name, read_file(name))
        except (OSError, ValueError) as error:
            notes.add(place, f"{shown(name)} cannot be read", str(error))
    made = own_rules(extracts, on)
    for fault in extracts.faults:
        notes.add(Where(fault.file, fault.line), fault.what, fault.right)
    return made
