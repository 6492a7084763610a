"""Mistakes of the timeline that no single value shows: who acts for themselves, what is released, what is too early."""

from __future__ import annotations

from simulator.scenario.mistakes import Notes, listed, nearest, shown
from simulator.scenario.shapes import Fields

_ACTIONS = ("object", "withdraw objection", "submit", "supply read")


def check_timeline(file: Fields, participants: list[Fields], notes: Notes) -> None:
    """Note every such mistake."""
    acting = {each["id"] for each in participants if "id" in each and not each.get("played")}
    answers = (answer for rule in file.get("when", []) for answer in rule.get("answer", []))
    held = [answer["hold"] for answer in answers if isinstance(answer, Fields) and "hold" in answer]
    beginning = file.get("clock")
    for entry in file.get("at", []):
        _acts(entry, acting, notes)
        if "release" in entry and entry["release"] not in held:
            right = nearest(entry["release"], held) if held else "add a rule with 'hold', or leave this out"
            notes.add(entry.at("release"), f"no rule holds {shown(entry['release'])}", right)
        if beginning is not None and "at" in entry and entry["at"] < beginning:
            notes.add(entry.at("at"), "before the story begins", f"it begins at {beginning.isoformat()}")


def _acts(entry: Fields, acting: set[str], notes: Notes) -> None:
    for action in _ACTIONS:
        given = entry.get(action, {})
        if given and given.get("participant") in acting:
            others = listed(sorted(acting))
            what = f"{given['participant']} is not played: its own system acts for it"
            notes.add(given.at("participant"), what, f"name a played one, not {others}")
