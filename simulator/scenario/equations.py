"""What an XPath cannot be without, by which rules are looked up: what the texts at the end of a path must be.

``//NMI = '1'`` and ``'1' = //NMI``, ``//NMI[. = '1']``, ``//Role[Party = 'A']/Code``, ``contains(//NMI, '1')``,
``starts-with(//NMI, '1')``, ``//NMI``, ``not(//NMI)``, ``not(//NMI = '1')``, what is joined by ``and``; and what is
compared with a number (``//Quantity > 10``, ``count(//Role) = 2``). For ``//NMI`` there may be a path with conditions,
which something must meet, or what makes a text of it: ``substring(//NMI, 1, 2) = '41'``, and where that cuts from it,
``//NMI`` must have the letters inside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from simulator.scenario.criteria import Absent
from simulator.scenario.xpaths import COMPARING, number, problem, tokens

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


class Compares(msgspec.Struct, frozen=True):
    """A number must be so: ``sign`` (``<``, ``<=``, ``=``, ``>=`` or ``>``) this one."""

    sign: str
    number: float


Implied = str | Holds | Begins | Other | Present | Absent | Compares
Equation = tuple[str, Implied]
"""A path, and what the texts of what it selects must be, to the letter; a text: one of them is this.
With `Compares` it is their numbers; and for a path there may be an expression that makes one text or number."""
_PATH = re.compile("(//)?@?n(//?@?n)*")
_BEHIND = re.compile("(/(@?n|u))*")
_NAMES_ALONE = re.compile(r"[\w./@*-]+")
_OF_PARTS: dict[str, type[Holds | Begins]] = {"contains": Holds, "starts-with": Begins}
_TURNED = {"<": ">", "<=": ">=", "=": "=", ">=": "<=", ">": "<"}
_CUTTING = frozenset(("normalize-space", "string", "substring", "substring-after", "substring-before"))
_TEXTS = _CUTTING | {"concat", "translate"}
_NUMBERS = frozenset(("ceiling", "count", "floor", "number", "round", "string-length", "sum"))


@lru_cache(4096)
def equations(expression: str) -> tuple[Equation, ...]:
    """Each of which holds wherever the expression finds something, or is true; none where that is not certain."""
    return tuple(each for each in _joined(_written(expression)) if problem(each[0]) is None)


@lru_cache(4096)
def cut_from(expression: str, letters: str) -> tuple[Equation, ...]:
    """What holds wherever an expression makes a text with these letters inside; none where that is not certain."""
    return tuple(each for each in _cut(_written(expression), letters) if problem(each[0]) is None)


@lru_cache(4096)
def conditions(expression: str) -> tuple[Equation, ...]:
    """What holds wherever a path with a condition finds something; none where that is not certain."""
    return tuple(each for each in _condition(_written(expression)) if problem(each[0]) is None)


def _written(expression: str) -> list[Token]:
    return [] if problem(expression) is not None else [(kind, sign) for kind, sign, _ in tokens(expression)]


def _joined(written: list[Token]) -> Iterator[Equation]:
    parts = list(_parts(written))
    return (each for part in parts for each in (*_equation(part), *_called(part), *_there(part), *_bracketed(part)))


def _bracketed(part: list[Token]) -> Iterator[Equation]:
    """Brackets around what is joined, or ``boolean()``."""
    name, inside = _call(part)
    if name == "boolean":
        yield from _joined(inside)
    elif part[:1] == [("sign", "(")] and [sign for _, sign in _outside(part)] == [")"]:
        yield from _joined(part[1:-1])


def _outside(written: list[Token]) -> Iterator[tuple[int, str]]:
    """The signs and names that no brackets are around, and where they are; of brackets those that close."""
    depth = 0
    for place, (kind, sign) in enumerate(written):
        depth += {"[": 1, "]": -1, "(": 1, ")": -1}.get(sign, 0) if kind == "sign" else 0
        if depth == 0 and kind != "text":
            yield place, sign


def _parts(written: list[Token]) -> Iterator[list[Token]]:
    """What is joined by ``and``; nothing where one of two would do."""
    begun, found = 0, []
    for place, sign in _outside(written):
        if sign in ("or", "|"):
            return
        if sign == "and":
            found.append(written[begun:place])
            begun = place + 1
    yield from (*found, written[begun:])


def _there(part: list[Token]) -> Iterator[Equation]:
    """A path alone."""
    if _is_path(part):
        yield _spelt(part), Present()


def _called(part: list[Token]) -> Iterator[Equation]:
    """A function of a path or of a text, and nothing around it."""
    name, inside = _call(part)
    if name == "not":
        yield from ((path, Absent()) for path, _ in _there(inside))
        yield from ((_spelt(value), Other(one)) for value, one in _compared(inside) if isinstance(one, str))
    elif name in _OF_PARTS and inside[-2:-1] == [("sign", ",")] and inside[-1][0] == "text" and len(inside[-1][1]) > 2:
        value, letters = inside[:-2], inside[-1][1][1:-1]
        if _makes(value) in ("path", "text"):
            yield _spelt(value), _OF_PARTS[name](letters)
        yield from _condition(value)
        yield from _cut(value, letters)


def _call(part: list[Token]) -> tuple[str, list[Token]]:
    """The function that a part calls, and what it is told; no name where a part is anything else."""
    if len(part) < 3 or part[0][0] != "name" or part[1] != ("sign", "("):
        return "", []
    alone = [place for place, _ in _outside(part)] == [0, len(part) - 1]
    return (part[0][1], part[2:-1]) if alone else ("", [])


def _makes(part: list[Token]) -> str:
    """What a part selects or makes: ``path``, ``text``, ``number``; nothing where that is not certain."""
    name, _ = _call(part)
    outside = {sign for _, sign in _outside(part)}
    if name:
        return "text" if name in _TEXTS else "number" if name in _NUMBERS else ""
    if outside & {"+", "-", "div", "mod"}:
        return "number"
    return "path" if _is_path(_without_conditions(part)) else ""


def _compared(part: list[Token]) -> Iterator[tuple[list[Token], str | Compares]]:
    """What is compared once, with a text or a number, and with which."""
    compared = [(place, sign) for place, sign in _outside(part) if sign in COMPARING]
    if len(compared) != 1:
        return
    ((place, sign),) = compared
    before, after = part[:place], part[place + 1 :]
    for value, other, way in ((before, after, sign), (after, before, _TURNED.get(sign, ""))):
        wanted, made = _wanted(other, way), _makes(value)
        if wanted is not None and made and (made != "number" or isinstance(wanted, Compares)):
            yield value, wanted


def _wanted(other: list[Token], sign: str) -> str | Compares | None:
    """What is compared with a text or a number must be so."""
    kinds = [kind for kind, _ in other]
    if kinds == ["text"] and sign == "=":
        return other[0][1][1:-1]
    if kinds[-1:] == ["number"] and other[:-1] in ([], [("sign", "-")]) and sign in _TURNED:
        return Compares(sign, number(_spelt(other)))
    return None


def _cut(part: list[Token], letters: str) -> Iterator[Equation]:
    """What is cut from a text with these letters inside had them inside."""
    name, inside = _call(part)
    if name not in _CUTTING or not letters or (name == "normalize-space" and not letters.isalnum()):
        return
    commas = [place for place, sign in _outside(inside) if sign == ","]
    first = inside[: commas[0]] if commas else inside
    if _makes(first) == "path":
        yield _spelt(first), Holds(letters)
    yield from _condition(first)
    yield from _cut(first, letters)


def _equation(part: list[Token]) -> Iterator[Equation]:
    for value, wanted in _compared(part):
        yield _spelt(value), wanted
        yield from _condition(value)
        if isinstance(wanted, str):
            yield from _cut(value, wanted)
    yield from _condition(part)


def _condition(part: list[Token]) -> Iterator[Equation]:
    """Where a path has conditions, something there must be as each wants it. What it refuses may be elsewhere."""
    path, begun, told = list[Token](), 0, list[tuple[str, list[Token]]]()
    for end in [place for place, sign in _outside(part) if sign == "]"]:
        opened = part.index(("sign", "["), begun)
        path += part[begun:opened]
        if not _is_path(path):
            return
        told.append((_spelt(path), part[opened + 1 : end]))
        begun = end + 1
    if _BEHIND.fullmatch(_shape(part[begun:])):
        for before, condition in told:
            for inside, wanted in _joined(condition):
                if not isinstance(wanted, Absent | Other) and _NAMES_ALONE.fullmatch(inside):
                    yield f"{before}/{inside}", wanted


def _without_conditions(part: list[Token]) -> list[Token]:
    return [part[place] for place, sign in _outside(part) if sign not in ("]", ")")]


def _is_path(part: list[Token]) -> bool:
    """Whether it is one of names, without conditions and without ``..``: that finds a document too, which has no text
    that `simulator.scenario.xpaths.values` could read.
    """
    return _PATH.fullmatch(_shape(part)) is not None


def _shape(path: list[Token]) -> str:
    """``n`` for each name, ``u`` for ``..``, slashes and ``@`` as they are; anything else as what no path has."""
    short = {"name": "n", "up": "u"}
    plain = "".join("n" if sign in (".", "*") else short.get(kind, sign) for kind, sign in path)
    return plain if all(kind in ("name", "up", "deep") or sign in "/@.*" for kind, sign in path) else "?"


def _spelt(part: list[Token]) -> str:
    """With blanks only where names, numbers and operators meet."""
    spelt = ""
    for _, sign in part:
        apart = spelt != "" and spelt[-1] not in "([/@" and sign[0] not in "()[]/,"
        spelt += f" {sign}" if apart else sign
    return spelt
