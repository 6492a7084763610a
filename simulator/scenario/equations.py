"""What an XPath cannot be without, by which rules are looked up: what the texts at the end of a path must be.

``//NMI = '1'`` and ``'1' = //NMI``, ``//NMI[. = '1']``, ``//Role[Party = 'A']/Code``, ``contains(//NMI, '1')``,
``starts-with(//NMI, '1')``, ``//NMI``, ``not(//NMI)``, ``not(//NMI = '1')``, and what is joined by ``and``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from simulator.scenario.criteria import Absent
from simulator.scenario.xpaths import Unsafe, problem, tokens

Token = tuple[str, str]
"""The kind of a sign, and the sign."""


class Holds(msgspec.Struct, frozen=True):
    """A text must have this inside."""

    text: str


class Begins(msgspec.Struct, frozen=True):
    """A text must begin so."""

    text: str


class Other(msgspec.Struct, frozen=True):
    """No text may be this one."""

    text: str


class Present(msgspec.Struct, frozen=True):
    """There must be a text, were it an empty one."""


Implied = str | Holds | Begins | Other | Present | Absent
Equation = tuple[str, Implied]
"""A path, and what the texts of what it selects must be, to the letter; a text: one of them is this."""
_PATH = re.compile("(//)?@?n(//?@?n)*")
_BEHIND = re.compile("(/@?n)*")
_OF_PARTS: dict[str, type[Holds | Begins]] = {"contains": Holds, "starts-with": Begins}


@lru_cache(4096)
def equations(expression: str) -> tuple[Equation, ...]:
    """Each of which holds wherever the expression finds something, or is true; none where that is not certain."""
    try:
        written = [(kind, sign) for kind, sign, _ in tokens(expression)]
    except Unsafe:
        return ()
    return tuple(each for each in _joined(written) if problem(each[0]) is None)


def _joined(written: list[Token]) -> Iterator[Equation]:
    parts = list(_parts(written))
    return (each for part in parts for each in (*_equation(part), *_called(part), *_there(part)))


def _parts(written: list[Token]) -> Iterator[list[Token]]:
    """What is joined by ``and``; nothing where one of two would do."""
    depth, begun, found = 0, 0, []
    for place, (kind, sign) in enumerate(written):
        depth += {"[": 1, "]": -1, "(": 1, ")": -1}.get(sign, 0) if kind == "sign" else 0
        if depth == 0 and sign in ("or", "|"):
            return
        if depth == 0 and sign == "and":
            found.append(written[begun:place])
            begun = place + 1
    yield from (*found, written[begun:])


def _there(part: list[Token]) -> Iterator[Equation]:
    """A path alone."""
    if _PATH.fullmatch(_shape(part)):
        yield _spelt(part), Present()


def _called(part: list[Token]) -> Iterator[Equation]:
    """A function of a path, and nothing around it."""
    if len(part) < 4 or part[1] != ("sign", "(") or part[-1] != ("sign", ")"):
        return
    name, inside = part[0][1], part[2:-1]
    if name == "not":
        yield from ((path, Absent()) for path, wanted in _there(inside))
        yield from ((path, Other(wanted)) for path, wanted in _compared(inside))
    elif name in _OF_PARTS and inside[-2:-1] == [("sign", ",")] and inside[-1][0] == "text" and len(inside[-1][1]) > 2:
        yield from ((path, _OF_PARTS[name](inside[-1][1][1:-1])) for path, wanted in _there(inside[:-2]))


def _compared(part: list[Token]) -> Iterator[tuple[str, str]]:
    """A path and the text it is compared with."""
    if len(part) > 2:
        for text, sign, path in ((part[-1], part[-2], part[:-2]), (part[0], part[1], part[2:])):
            if text[0] == "text" and sign == ("sign", "=") and _PATH.fullmatch(_shape(path)):
                yield _spelt(path), text[1][1:-1]


def _equation(part: list[Token]) -> Iterator[Equation]:
    if ("sign", "[") in part and ("sign", "]") in part:
        yield from _condition(part)
    else:
        yield from _compared(part)


def _condition(part: list[Token]) -> Iterator[Equation]:
    """Where a path has a condition, something it selects must be as that wants it. What it refuses may be elsewhere."""
    begun, end = part.index(("sign", "[")), part.index(("sign", "]"))
    path = part[:begun]
    if _PATH.fullmatch(_shape(path)) and _BEHIND.fullmatch(_shape(part[end + 1 :])):
        for inside, wanted in _joined(part[begun + 1 : end]):
            if not isinstance(wanted, Absent | Other):
                yield f"{_spelt(path)}/{inside}", wanted


def _shape(path: list[Token]) -> str:
    """``n`` for each name, slashes and ``@`` as they are; anything else as what no path has."""
    plain = "".join("n" if kind in ("name", "up") or sign in (".", "*") else sign for kind, sign in path)
    return plain if all(kind in ("name", "up", "deep") or sign in "/@.*" for kind, sign in path) else "?"


def _spelt(path: list[Token]) -> str:
    return "".join(sign for _, sign in path)
