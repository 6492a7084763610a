"""What faults make of JSON that goes out: Netstream's. Pure: bytes in, other bytes out, None where it is no JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from simulator.scenario.faults import Mishap

_LOCAL = re.compile(rb'("\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)"')
_PAGE = b"<html><body>Service busy</body></html>"


def changed(mishap: Mishap, body: bytes) -> bytes | None:
    """A document as the fault has it; None where the fault is no fault of JSON, or the body is none."""
    name = mishap.fault.name
    if name in _TEXTS:
        made = _TEXTS[name](body) if body[:1] in (b"{", b"[") else body
        return None if made == body else made
    if name not in _TREES:
        return None
    try:
        tree = json.loads(body, parse_float=Decimal)
    except ValueError:
        return None
    return json.dumps(_TREES[name](tree), default=str, separators=(",", ":")).encode()


def _trailing_comma(body: bytes) -> bytes:
    head, brace, tail = body.rpartition(b"}")
    return head + b"," + brace + tail


def _twice(body: bytes) -> bytes:
    key = body.partition(b":")[0].removeprefix(b"{")
    return b"{" + key + b":null," + body[1:]


_TEXTS: Mapping[str, Callable[[bytes], bytes]] = {
    "cut off JSON": lambda body: body[: len(body) * 2 // 3],
    "not JSON": lambda body: _PAGE,
    "trailing comma": _trailing_comma,
    "duplicate keys": _twice,
    "empty object": lambda body: b"{}",
    "local times as UTC": lambda body: _LOCAL.sub(rb'\1Z"', body),
}


def _leaves(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Every value that is neither list nor object, changed."""

    def walk(tree: Any) -> Any:
        if isinstance(tree, dict):
            return {key: walk(value) for key, value in tree.items()}
        if isinstance(tree, list):
            return [walk(value) for value in tree]
        return change(tree)

    return walk


def _number(leaf: Any) -> bool:
    return isinstance(leaf, int | Decimal) and not isinstance(leaf, bool)


def _other_type(leaf: Any) -> Any:
    if _number(leaf):
        return str(leaf)
    return int(leaf) if isinstance(leaf, str) and leaf.isdecimal() and len(leaf) < 16 else leaf


def _without_list(tree: Any) -> Any:
    """Without the first member that is a list."""
    if not isinstance(tree, dict):
        return tree
    name = next((key for key, value in tree.items() if isinstance(value, list)), None)
    return {key: value for key, value in tree.items() if key != name}


def _surprised(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {**{key: _surprised(value) for key, value in tree.items()}, "surprise": {"depth": 1}}
    return [_surprised(value) for value in tree] if isinstance(tree, list) else tree


_TREES: Mapping[str, Callable[[Any], Any]] = {
    "wrong types": _leaves(_other_type),
    "NaN": _leaves(lambda leaf: float("nan") if _number(leaf) else leaf),
    "nulls": _leaves(lambda leaf: None if _number(leaf) or isinstance(leaf, str) else leaf),
    "missing member": _without_list,
    "unexpected member": _surprised,
}
NAMES = frozenset((*_TEXTS, *_TREES))
