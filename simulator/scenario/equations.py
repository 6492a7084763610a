"""What an XPath cannot be without, by which rules are looked up: what the texts at the end of a path must be.

``//NMI = '1'`` and ``'1' = //NMI``, ``//NMI[. = '1']``, ``//Role[Party = 'A']/Code``, ``contains(//NMI, '1')``,
``starts-with(//NMI, '1')``, ``//NMI``, ``not(//NMI)``, ``not(//NMI = '1')``, what is joined by ``and``; and what is
compared with a number (``//Quantity > 10``, ``count(//Role) = 2``). For ``//NMI`` there may be what makes a text of it:
``substring(//NMI, 1, 2) = '41'``, and where that cuts from it, ``//NMI`` must have the letters inside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from simulator.scenario.criteria import Absent
from simulator.scenario.xpaths import COMPARING, Unsafe, number, problem, tokens

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


def _written(expression: str) -> list[Token]:
    try:
        return [(kind, sign) for kind, sign, _ in tokens(expression)]
    except Unsafe:
        return []


def _joined(written: list[Token]) -> Iterator[Equation]:
    parts = list(_parts(written))
    return (each for part in parts for each in (*_equation(part), *_called(part), *_there(part)))


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
        yield from ((path, Other(wanted)) for path, wanted in _compared(inside) if isinstance(wanted, str))
    elif name in _OF_PARTS and inside[-2:-1] == [("sign", ",")] and inside[-1][0] == "text" and len(inside[-1][1]) > 2:
        letters = inside[-1][1][1:-1]
        if _is_path(inside[:-2]) or _makes(inside[:-2]) == "text":
            yield _spelt(inside[:-2]), _OF_PARTS[name](letters)
        yield from _cut(inside[:-2], letters)


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


def _compared(part: list[Token]) -> Iterator[Equation]:
    """What is compared once, with a text or a number."""
    compared = [(place, sign) for place, sign in _outside(part) if sign in COMPARING]
    if len(compared) != 1:
        return
    ((place, sign),) = compared
    before, after = part[:place], part[place + 1 :]
    for value, wanted, way in ((before, after, sign), (after, before, _TURNED.get(sign, ""))):
        yield from _wanted(value, wanted, way)


def _wanted(value: list[Token], wanted: list[Token], sign: str) -> Iterator[Equation]:
    """A value, and the text or the number it is compared with; a path with conditions is worth it for numbers only."""
    kinds = [kind for kind, _ in wanted]
    if kinds == ["text"] and sign == "=" and (_is_path(value) or _makes(value) == "text"):
        yield _spelt(value), wanted[0][1][1:-1]
        yield from _cut(value, wanted[0][1][1:-1])
    elif kinds[-1:] == ["number"] and wanted[:-1] in ([], [("sign", "-")]) and sign in _TURNED and _makes(value):
        yield _spelt(value), Compares(sign, number(_spelt(wanted)))


def _cut(part: list[Token], letters: str) -> Iterator[Equation]:
    """What is cut from a text with these letters inside had them inside."""
    name, inside = _call(part)
    if name not in _CUTTING or not letters or (name == "normalize-space" and not letters.isalnum()):
        return
    commas = [place for place, sign in _outside(inside) if sign == ","]
    first = inside[: commas[0]] if commas else inside
    if _makes(first) == "path":
        yield _spelt(first), Holds(letters)
    yield from _cut(first, letters)


def _equation(part: list[Token]) -> Iterator[Equation]:
    yield from _compared(part)
    if ("sign", "[") in part and ("sign", "]") in part:
        yield from _condition(part)


def _condition(part: list[Token]) -> Iterator[Equation]:
    """Where a path has a condition, something it selects must be as that wants it. What it refuses may be elsewhere."""
    begun, end = part.index(("sign", "[")), part.index(("sign", "]"))
    path = part[:begun]
    if _is_path(path) and _BEHIND.fullmatch(_shape(part[end + 1 :])):
        for inside, wanted in _joined(part[begun + 1 : end]):
            if not isinstance(wanted, Absent | Other) and _NAMES_ALONE.fullmatch(inside):
                yield f"{_spelt(path)}/{inside}", wanted


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
