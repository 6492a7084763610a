"""Keys of a scenario file where a fault is asked for: by one word, or with settings. And what is made of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from yaml.nodes import Node

from simulator.scenario import vocabulary as words
from simulator.scenario.faults import BY_NAME, FAULTS, LONGEST, Fault, Hook, Mishap, Setting
from simulator.scenario.kinds import PERIOD, WRONG, Json, Kind, Timed, Whole
from simulator.scenario.mistakes import Notes
from simulator.scenario.shapes import ByForm, Key, ListOf, Shape

_REAL = re.compile(r"PT(?=\d)(?:(\d)M|10M)?(?:(\d{1,3})S)?")


def _real(text: str) -> timedelta | None:
    """Real time is bounded: a client is not held for ever."""
    found = _REAL.fullmatch(text)
    if found is None:
        return None
    minutes = 10 if "10M" in text else int(found[1] or 0)
    period = timedelta(minutes=minutes, seconds=int(found[2] or 0))
    return period if period <= LONGEST else None


REAL_PERIOD = Timed("a period of real time up to PT10M, such as PT10S", _real, {"pattern": f"^{_REAL.pattern}$"})
KINDS: Mapping[str, Kind] = {
    "real period": REAL_PERIOD,
    "period": PERIOD,
    "count": Whole(0, 100_000_000),
    "status": Whole(200, 599),
    "release": words.RELEASE,
    "text": words.free("a text", 200),
}
"""Kind of a setting → how it is read."""


def _setting(setting: Setting) -> Key:
    return Key(setting.name, KINDS[setting.kind], setting.doc, example=written(setting.default))


def written(value: timedelta | int | str | None) -> Any:
    """A default as a file writes it."""
    if not isinstance(value, timedelta):
        return value
    minutes, seconds = divmod(int(value.total_seconds()), 60)
    return f"PT{minutes}M" if minutes and not seconds else f"PT{minutes * 60 + seconds}S"


def _settings(fault: Fault) -> Kind:
    """The first setting alone, or several by name."""
    shape = Shape(fault.name, tuple(map(_setting, fault.settings)), least=1)
    return ByForm(scalar=KINDS[fault.settings[0].kind], mapping=shape)


class Asked:
    """A fault of some hooks, as ``word`` or ``{word: settings}``; read as a `Mishap`."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        known = tuple(faults)
        named = [fault for fault in known if fault.settings]
        keys = tuple(Key(fault.name, _settings(fault), fault.meaning) for fault in named)
        mapping = Shape("a fault", keys, least=1, most=1) if keys else None
        self._form = ByForm(scalar=words.choice(*(fault.name for fault in known)), mapping=mapping)

    def read(self, node: Node, notes: Notes) -> Any:
        """A `Mishap`."""
        found = self._form.read(node, notes)
        if isinstance(found, str):
            return Mishap(BY_NAME[found])
        if found is WRONG:
            return WRONG
        shaped: Mapping[str, Any] = found
        for name, given in shaped.items():
            fault = BY_NAME[name]
            return Mishap(fault, dict(given) if isinstance(given, Mapping) else {fault.settings[0].name: given})
        return WRONG

    def schema(self) -> Json:
        """A word, or one key with its settings."""
        return self._form.schema()


FAULT = Asked(fault for fault in FAULTS if fault.hook is not Hook.TLS)
"""What stands under ``fault:`` of a rule."""
TLS_FAULT = Asked(fault for fault in FAULTS if fault.hook is Hook.TLS)
"""What stands under ``fault:`` of a TLS port."""

TLS_PORT = Shape(
    "tls port",
    (
        Key("fault", TLS_FAULT, "what is wrong with its TLS", required=True, example="expired certificate"),
        Key("port", Whole(0, 65_535), "its number; left out: any free one", example=9321),
    ),
)
TLS_PORTS = ByForm(mapping=TLS_PORT, sequence=ListOf(TLS_PORT, least=1))
"""One extra port, or several."""
