"""What an XPath cannot be without: equations of a path with a text, by which rules are looked up.

``//NMI = '1'`` and ``'1' = //NMI``, ``//NMI[. = '1']``, ``//Role[Party = 'A']/Code``, and what is joined by ``and``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from simulator.scenario.xpaths import Unsafe, problem, tokens

Token = tuple[str, str]
"""The kind of a sign, and the sign."""
Equation = tuple[str, str]
"""A path, and the text that something it selects must be, to the letter."""
_PATH = re.compile("(//)?@?n(//?@?n)*")
_BEHIND = re.compile("(/@?n)*")


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
    return (each for part in parts for each in _equation(part))


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


def _equation(part: list[Token]) -> Iterator[Equation]:
    if ("sign", "[") in part and ("sign", "]") in part:
        yield from _condition(part)
    elif len(part) > 2:
        for text, sign, path in ((part[-1], part[-2], part[:-2]), (part[0], part[1], part[2:])):
            if text[0] == "text" and sign == ("sign", "=") and _PATH.fullmatch(_shape(path)):
                yield _spelt(path), text[1][1:-1]


def _condition(part: list[Token]) -> Iterator[Equation]:
    """Where a path has a condition, something it selects must be as that wants it."""
    begun, end = part.index(("sign", "[")), part.index(("sign", "]"))
    path = part[:begun]
    if _PATH.fullmatch(_shape(path)) and _BEHIND.fullmatch(_shape(part[end + 1 :])):
        for inside, text in _joined(part[begun + 1 : end]):
            yield f"{_spelt(path)}/{inside}", text


def _shape(path: list[Token]) -> str:
    """``n`` for each name, slashes and ``@`` as they are; anything else as what no path has."""
    plain = "".join("n" if kind in ("name", "up") or sign in (".", "*") else sign for kind, sign in path)
    return plain if all(kind in ("name", "up", "deep") or sign in "/@.*" for kind, sign in path) else "?"


def _spelt(path: list[Token]) -> str:
    return "".join(sign for _, sign in path)
